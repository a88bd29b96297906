"""Consent today: what the newest dataset allows, whatever was allowed when a plan was made.

The first gate keeps people out of a plan, the second is the plan's checker, the third stands where a plan is handed
out. Each works alone: none relies on another having done its part.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from twin.intake.codes import codes_of
from twin.intake.consents import begins
from twin.intake.erasure import is_number
from twin.intake.schema import CONSENT
from twin.market.channels import VISIT
from twin.market.population import Population
from twin.tasks.data.versions import TABLE
from twin.tasks.shelf import DATASET, Twin, load_dataset
from twin.workspace.store import Workspace

WITHDRAWN = ("date", "rep_id", "customer_id", "channel")
"""Columns of what was taken out of a plan."""


def agreed_now(workspace: Workspace, twin: Twin) -> Twin:
    """The twin with the consents of the newest dataset: whoever withdrew since the calibration is not contacted.

    A consent given since does not count before the twin has learned from that dataset.
    """
    people = twin.world.population
    newest = workspace.head(DATASET)
    allowed = people.consent & ~_erased(people.ids)
    if newest is not None and newest.id != twin.dataset.id:
        world, _, _ = load_dataset(workspace, newest)
        allowed = allowed & _in_terms_of(world.population, world.channels, people.ids, twin.world.channels)
    if np.array_equal(allowed, people.consent):
        return twin
    return replace(twin, world=replace(twin.world, population=replace(people, consent=allowed)))


def still_agreed(workspace: Workspace, rows: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Rows of a plan that may be handed out today, and those that may not.

    Parameters
    ----------
    workspace : Workspace
    rows : pandas.DataFrame
        With ``customer_id`` and ``channel``; ``date`` where the day of the contact is known.

    Returns
    -------
    (DataFrame, DataFrame)
        Consent is read anew from the newest dataset: whoever withdrew, was erased, or consented from a later day on
        than that of the contact is in the second.
    """
    if "customer_id" not in rows or "channel" not in rows or not len(rows):
        return rows, rows.iloc[:0]
    newest = workspace.head(DATASET)
    ids, channel = (rows[name].fillna("").to_numpy(dtype=str) for name in ("customer_id", "channel"))
    may = ~_erased(ids)
    if newest is not None:
        world, _, _ = load_dataset(workspace, newest)
        distinct, row = np.unique(ids, return_inverse=True)
        allowed = _in_terms_of(world.population, world.channels, distinct, world.channels)
        h = codes_of(pd.Series(channel), np.array(world.channels))
        may &= np.where(h >= 0, allowed[np.maximum(h, 0), row], False)
        if "date" in rows and workspace.has(newest, f"{TABLE}consents"):
            may &= ~_too_early(workspace, rows, ids, channel)
    keep = pd.Series(may, index=rows.index)
    return rows[keep], rows[~keep]


def listed(rows: pd.DataFrame) -> list[dict[str, str]]:
    """Withdrawn contacts in plain form."""
    names = [name for name in WITHDRAWN if name in rows]
    return [{name: str(row[name])[:10] if name == "date" else str(row[name]) for name in names}
            for row in rows[names].to_dict("records")]  # fmt: skip


def _too_early(
    workspace: Workspace, rows: pd.DataFrame, ids: NDArray[np.str_], channel: NDArray[np.str_]
) -> NDArray[np.bool_]:
    """Contacts before the day from which the customer allows them; flags without a day allow any."""
    newest = workspace.head(DATASET)
    assert newest is not None
    since = begins(workspace.table(newest, f"{TABLE}consents"), ids, channel)
    early = since > rows["date"].to_numpy().astype("datetime64[D]")
    customers = workspace.table(newest, f"{TABLE}customers")
    place = codes_of(pd.Series(ids), customers["customer_id"])
    for name in (str(name) for name in customers if str(name).startswith(CONSENT)):
        given = customers[name].astype("boolean").fillna(False).to_numpy(dtype=bool)
        early &= ~((channel == name.removeprefix(CONSENT)) & (place >= 0) & given[np.maximum(place, 0)])
    return early


def _in_terms_of(
    people: Population, channels: Sequence[str], ids: NDArray[np.str_], asked: Sequence[str]
) -> NDArray[np.bool_]:
    """Consent of the ids on the asked channels: (h, c) bool; of people who are not listed, visits alone."""
    place = codes_of(pd.Series(ids), people.ids)
    found = np.zeros((len(asked), len(ids)), dtype=bool)
    found[VISIT] = True
    for h, name in enumerate(asked):
        if name in channels:
            found[h] = np.where(place >= 0, people.consent[list(channels).index(name)][place], found[h])
    return found


def _erased(ids: NDArray[np.str_]) -> NDArray[np.bool_]:
    return np.fromiter((is_number(str(one)) for one in ids), dtype=bool, count=len(ids))
