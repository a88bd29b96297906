"""Words on who is who in a workspace: every one ever said, dated, and the last of each pair.

A decision is published by itself and never replaced, so that two people who decide at once lose nothing. It holds ids,
who spoke and why; no name of a customer.
"""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from twin.intake.identity import pair_id
from twin.tasks.shelf import LINKS
from twin.workspace.store import Workspace

COLUMNS = ("id", "action", "list_a", "id_a", "list_b", "id_b", "keep", "noted", "who", "why")
MERGE, KEEP_APART, LEAVE_OPEN, UNDO = "merge", "keep-apart", "undecided", "undo"
ACTIONS = (MERGE, KEEP_APART, LEAVE_OPEN, UNDO)


def log_of(workspace: Workspace) -> pd.DataFrame:
    """Everything that was ever said, in order; columns :data:`COLUMNS`."""
    tables = [workspace.table(version, "decisions", list(COLUMNS)) for version in reversed(workspace.versions(LINKS))]
    rows = pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=list(COLUMNS))
    return rows.astype(dict.fromkeys(COLUMNS, "str")).sort_values("noted", kind="stable", ignore_index=True)


def keep(workspace: Workspace, rows: Sequence[dict[str, str]]) -> str:
    """Publish decisions; the version's id."""
    table = pd.DataFrame(list(rows), columns=list(COLUMNS)).astype(dict.fromkeys(COLUMNS, "str"))
    head = workspace.head(LINKS)
    meta = {"noted": str(table["noted"].max()), "rows": len(table)}
    return workspace.publish(LINKS, {"decisions": table}, meta, parents=() if head is None else (head.id,))


def standing(log: pd.DataFrame) -> pd.DataFrame:
    """What holds of each pair: the last word that was not taken back; each ``undo`` takes back the one before it."""
    if not len(log):
        return log
    undo = log["action"] == UNDO
    if undo.any():
        # words of a pair lie on a stack: +1 for a word, -1 for an undo; a word stands while nothing has gone below it
        height = pd.Series(1, index=log.index).where(~undo, -1).groupby(log["id"]).cumsum()
        lowest_later = height[::-1].groupby(log["id"][::-1]).cummin()[::-1]
        log = log[~undo & (lowest_later >= height)]
    return log.groupby("id", sort=False).tail(1).reset_index(drop=True)


def standing_words(workspace: Workspace) -> pd.DataFrame | None:
    """What the next ingest is to honour, see :func:`twin.intake.identity.identify`; ``None`` without a word."""
    last = standing(log_of(workspace))
    if not len(last):
        return None
    return last.rename(columns={"action": "decision"})[["list_a", "id_a", "list_b", "id_b", "decision", "keep"]]


__all__ = ("ACTIONS", "COLUMNS", "keep", "log_of", "pair_id", "standing", "standing_words")
