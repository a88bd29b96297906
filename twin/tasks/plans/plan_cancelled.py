"""Cancelled: which visits of an announced plan fell away, and how often each one that stands has changed since.

Calendars take both: of two events of one name the one with the higher sequence counts, and a cancelled one goes.
"""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd

from twin.tasks.shelf import PLAN
from twin.workspace.catalogue import Version
from twin.workspace.store import Workspace

CANCELLED = "cancelled"
"""Part of a plan: what calendars that hold an older one should take out."""
COLUMNS = ("visit_id", "kind", "rep_id", "territory_id", "channel", "date", "start", "end", "revision")
"""Of a cancelled event; whom it was to meet is not among them."""


def announced_before(workspace: Workspace, start: str) -> tuple[pd.DataFrame, pd.DataFrame] | None:
    """Rows of the newest plan and what it cancelled; ``None`` unless it began on the same day, as its names do.

    Parameters
    ----------
    workspace : Workspace
    start : str
        First day of the plan that is made now, ISO 8601.
    """
    head = workspace.head(PLAN)
    if head is None or head.meta.get("start") != start:
        return None
    return workspace.table(head, "plan"), cancelled_in(workspace, head)


def cancelled_in(workspace: Workspace, version: Version) -> pd.DataFrame:
    """What a plan cancels; nothing where an older version of the program made it."""
    return workspace.table(version, CANCELLED) if workspace.has(version, CANCELLED) else nothing()


def nothing() -> pd.DataFrame:
    """No cancelled event."""
    return pd.DataFrame({name: pd.Series(dtype=_KINDS.get(name, "str")) for name in COLUMNS})


_KINDS = {**dict.fromkeys(("date", "start", "end"), "datetime64[us]"), "revision": "int64"}


def revised(table: pd.DataFrame, before: pd.DataFrame | None, cancelled: pd.DataFrame) -> pd.DataFrame:
    """A plan's rows with their ``revision``: how often a row of that name has changed its day, hour or owner.

    Parameters
    ----------
    table : DataFrame
        Rows of the plan that is made now.
    before : DataFrame or None
        Rows of the one before.
    cancelled : DataFrame
        What that one had cancelled.

    Returns
    -------
    DataFrame
        A change of owner counts twice: between the two lies the cancellation in the calendar of the rep before.
    """
    revision = np.zeros(len(table), dtype=np.int64)
    if before is not None and len(before) and {"visit_id", "start", "rep_id"} <= set(before.columns):
        old = before.drop_duplicates("visit_id").set_index("visit_id").reindex(table["visit_id"])
        count = _counts(old)
        there = old["start"].notna().to_numpy()
        owner = old["rep_id"].to_numpy() != table["rep_id"].to_numpy()
        moved = owner | (old["start"].to_numpy() != table["start"].to_numpy().astype(old["start"].dtype))
        revision = np.where(there, count + moved + owner, 0)
    # one that comes back must pass its own cancellation
    gone = cancelled.groupby("visit_id")["revision"].max().reindex(table["visit_id"]).to_numpy(float)
    revision = np.where(np.isnan(gone), revision, np.maximum(revision, np.nan_to_num(gone) + 1))
    return table.assign(revision=revision.astype("int64"))


def fell_away(
    before: pd.DataFrame, cancelled: pd.DataFrame, table: pd.DataFrame, since: dt.date | None = None
) -> pd.DataFrame:
    """Events of an announced plan that are not made any more, or by another rep.

    Parameters
    ----------
    before : DataFrame
        Rows of the announced plan.
    cancelled : DataFrame
        What it had cancelled; it stays cancelled, for whoever did not import that one.
    table : DataFrame
        Rows of the plan that is made now.
    since : datetime.date, optional
        What lies before has happened and is not cancelled.

    Returns
    -------
    DataFrame
        Columns :data:`COLUMNS`; the revision is one more than that of the event.
    """
    standing = _named(table)
    gone = before[~_named(before).isin(standing)]
    if since is not None:
        gone = gone[gone["date"] >= pd.Timestamp(since)]
    told = as_cancelled(gone)
    earlier = cancelled[~_named(cancelled).isin(standing) & ~_named(cancelled).isin(_named(told))]
    return pd.concat([part for part in (told, earlier) if len(part)] or [nothing()], ignore_index=True)


def as_cancelled(rows: pd.DataFrame) -> pd.DataFrame:
    """Rows of a plan as events that are taken back."""
    known = {name: rows.get(name, "") for name in COLUMNS[:-1]}
    return pd.DataFrame({**known, "revision": _counts(rows) + 1}, index=rows.index)


def _counts(rows: pd.DataFrame) -> np.ndarray:
    count = rows["revision"] if "revision" in rows else pd.Series(0, index=rows.index)
    return count.fillna(0).to_numpy().astype(np.int64)


def _named(rows: pd.DataFrame) -> pd.Series:
    """An event and the calendar in which it stands."""
    return rows["visit_id"].astype(str) + "\x1f" + rows["rep_id"].astype(str)
