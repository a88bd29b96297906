"""Consents: who may be contacted on which channel, as the flags of our list and the dated table ``consents`` say.

Whoever said no on one of the two is not contacted, whatever the other says. A dated word holds until the next one on
the same channel. Knows no law: which channels need a consent is in docs/privacy.md.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from twin.errors import Problem
from twin.intake.codes import codes_of
from twin.intake.schema import CONSENT, ERASED
from twin.intake.seasons import lines_of
from twin.intake.tables import Table
from twin.market.channels import VISIT

_EARLIEST = np.datetime64("1900-01-01", "s")
UNSAID, NO, YES = -1, 0, 1
"""What an event says, as :func:`last_words` codes it."""


def consent(
    people: pd.DataFrame, ids: NDArray[np.str_], channels: tuple[str, ...], events: pd.DataFrame | None = None
) -> NDArray[np.bool_]:
    """Who may be contacted on which channel.

    Parameters
    ----------
    people : DataFrame
        Columns ``consent_<channel>`` where our list has them.
    ids : (c,) str
        Of the same people.
    channels : (h,) str
        Visits first.
    events : DataFrame, optional
        The table ``consents``.

    Returns
    -------
    (h, c) bool
        An empty flag is no consent, except for visits. A channel on which neither a flag nor an event speaks of
        anybody is left to history; one on which events speak of some is closed to all others, visits excepted.
    """
    allowed = np.ones((len(channels), len(ids)), dtype=bool)
    said = np.full((len(channels), len(ids)), UNSAID, dtype=np.int8)
    if events is not None:
        said = last_words(events, ids, channels)
    for h, channel in enumerate(channels):
        flagged = CONSENT + channel in people
        if flagged:
            given = people[CONSENT + channel].astype("boolean")
            refused = (~given).fillna(False).to_numpy(dtype=bool)
            blank = given.isna().to_numpy(dtype=bool)
            allowed[h] = ~refused & (~blank | (h == VISIT) | (said[h] == YES))
        elif (said[h] != UNSAID).any() and h != VISIT:
            allowed[h] = said[h] == YES
        allowed[h] &= said[h] != NO
    return allowed & ~np.char.startswith(np.asarray(ids, dtype=str), ERASED)


def last_words(events: pd.DataFrame, ids: NDArray[np.str_], channels: tuple[str, ...]) -> NDArray[np.int8]:
    """What the last event of each customer and channel says; a withdrawal of tomorrow counts already.

    Parameters
    ----------
    events : DataFrame
        The table ``consents``.
    ids : (c,) str
    channels : (h,) str

    Returns
    -------
    (h, c) int8
        :data:`YES`, :data:`NO` or :data:`UNSAID`. Of two words of one day the no counts.
    """
    who, where = codes_of(events["customer_id"], ids), codes_of(events["channel"], np.array(channels))
    state = events["state"] if "state" in events else pd.Series(pd.NA, index=events.index)
    yes = state.astype("boolean").fillna(False).to_numpy(dtype=bool)
    since = events["from"].to_numpy().astype("datetime64[D]")
    keep = (who >= 0) & (where >= 0)
    who, where, yes, since = who[keep], where[keep], yes[keep], since[keep]
    order = np.lexsort((~yes, since))  # the last assignment stands: latest day, and no after yes
    found = np.full((len(channels), len(ids)), UNSAID, dtype=np.int8)
    found[where[order], who[order]] = np.where(yes[order], YES, NO)
    return found


def begins(events: pd.DataFrame, ids: NDArray[np.str_], channel: NDArray[np.str_]) -> NDArray[np.datetime64]:
    """First day on which an event allows each pair of customer and channel: (m,) datetime64[D]; NaT without one.

    Parameters
    ----------
    events : DataFrame
        The table ``consents``.
    ids, channel : (m,) str
    """
    state = events["state"] if "state" in events else pd.Series(pd.NA, index=events.index)
    yes = events[state.astype("boolean").fillna(False).to_numpy(dtype=bool)]
    first = yes.groupby(["customer_id", "channel"])["from"].min()
    asked = pd.MultiIndex.from_arrays([ids, channel])
    return first.reindex(asked).to_numpy().astype("datetime64[D]")


def checked(table: Table, today: dt.date) -> tuple[Table, list[Problem], list[Problem]]:
    """The table without consents that do not hold yet, errors, and warnings.

    A withdrawal of a later day counts at once; a consent of a later day when that day has come and the bundle is read
    again.
    """
    since, errors, warnings = table.frame["from"].to_numpy(), [], []
    title = table.raw.title_of("from")
    early = since < _EARLIEST
    if early.any():
        row = int(np.argmax(early))
        errors.append(Problem(table.file, title, "a date from 1900 on", str(table.frame["from"].iloc[row])[:10],
                              "Correct the date.", row=table.line_of(row), count=int(early.sum())))  # fmt: skip
    state = table.frame["state"] if "state" in table.frame else pd.Series(pd.NA, index=table.frame.index)
    yes = state.astype("boolean").fillna(False).to_numpy(dtype=bool)
    ahead = yes & (since >= np.datetime64(today + dt.timedelta(days=1), "s"))
    if ahead.any():
        row = int(np.argmax(ahead))
        cure = "Nothing to do; it is left aside. Read the bundle again when it holds."
        warnings.append(Problem(table.file, title, f"a consent that holds today ({today})",
                                str(table.frame["from"].iloc[row])[:10], cure, row=table.line_of(row),
                                count=int(ahead.sum())))  # fmt: skip
        lines = lines_of(table)[~ahead]
        frame = table.frame[~ahead].reset_index(drop=True)
        table = replace(table, frame=frame, raw=replace(table.raw, columns={}, lines=lines))
    return table, errors, warnings
