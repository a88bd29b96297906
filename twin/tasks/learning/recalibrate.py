"""recalibrate: what the last calibration of the same company knew, and what has moved since."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from twin.calibration.beliefs import Learned, Span, carried
from twin.calibration.health.moved import Causes, Move, TableChange, moves
from twin.errors import WorkspaceError
from twin.response.parameters import Prior
from twin.tasks.shelf import CALIBRATION
from twin.weeks import monday, mondays, week_of_date
from twin.workspace.catalogue import Version
from twin.workspace.store import Workspace

_SAME_COMPANY = 0.5
"""Part of the customers of before who must still be there."""
_DATES = {
    "sales": "date",
    "visits": "date",
    "market_sales": "period_start",
    "campaigns": "start",
    "customers": "known_since",
    "reps": "start_date",
    "prospects": "",
}
"""Column that dates a row of each table; rows of undated tables count as earlier ones."""
_SETTINGS = ("n_draws", "seed", "country", "as_of", "mode")


@dataclass(frozen=True)
class Predecessor:
    """The last calibration of this company.

    Parameters
    ----------
    version : Version
    learned : dict of str to Learned
    span : Span or None
        Weeks that it saw; ``None`` where an older version of the program did not keep them.
    """

    version: Version
    learned: dict[str, Learned]
    span: Span | None

    @property
    def when(self) -> str:
        """Its origin, in words."""
        return str(self.version.meta["origin"])


def predecessor(workspace: Workspace, dataset: Version, meta: Mapping[str, Any]) -> Predecessor | None:
    """The newest calibration of the same company that saw no later week and is not the same calculation.

    Parameters
    ----------
    workspace : Workspace
    dataset : Version
        Of the calibration that is to be made.
    meta : mapping
        What will be written down of it.
    """
    for version in workspace.versions(CALIBRATION):
        same = version.parents[:1] == (dataset.id,) and all(version.meta.get(k) == v for k, v in meta.items())
        if same or str(version.meta.get("origin", "9999")) > str(meta["origin"]):
            continue
        try:
            if not _same_company(workspace, workspace.version(version.parents[0]), dataset):
                continue
            table = workspace.table(version, "parameters")
        except WorkspaceError:
            continue  # what cannot be read teaches nothing
        return Predecessor(version, learned_of(table), _span(version))
    return None


def learned_of(table: pd.DataFrame) -> dict[str, Learned]:
    """The table ``parameters`` as beliefs: it is read in every version of the program."""
    return {
        str(row.name): Learned(str(row.name), float(row.mean), float(row.sd), bool(row.identified), str(row.prior))
        for row in table[["name", "mean", "sd", "identified", "prior"]].itertuples(index=False)
    }


def beliefs_of(last: Predecessor | None, now: Span) -> dict[str, Prior]:
    """Priors that carry over what the data at hand no longer hold; see :mod:`twin.calibration.beliefs`."""
    return carried(last.learned, last.span, now, last.when) if last is not None and last.span is not None else {}


def what_moved(
    workspace: Workspace, last: Predecessor, dataset: Version, meta: Mapping[str, Any], table: pd.DataFrame,
    beliefs: Mapping[str, Prior],
) -> tuple[Move, ...]:  # fmt: skip
    """Parameters before and after, with the reasons."""
    before = last.version
    names = [name for name in _SETTINGS if meta.get(name) != before.meta.get(name)]
    causes = Causes(
        tables=_changes(workspace, before, dataset, str(meta["origin"])),
        settings=tuple(f"{name}: {before.meta.get(name)} to {meta.get(name)}" for name in names),
        other_code=meta.get("code") != before.meta.get("code"),
        beliefs=frozenset(beliefs),
    )
    return moves(last.learned, tuple(learned_of(table).values()), causes)


def moved_table(moved: tuple[Move, ...]) -> pd.DataFrame:
    """The table ``moved``."""
    columns = ("parameter", "before", "after", "sd_before", "sd_after", "sds", "identified", "reason")
    rows = [[getattr(one, name) for name in columns] for one in moved]
    frame = pd.DataFrame(rows, columns=list(columns))
    figures = ["before", "after", "sd_before", "sd_after", "sds"]
    return frame.astype(dict.fromkeys(figures, float) | {"identified": bool, "parameter": str, "reason": str})


def _same_company(workspace: Workspace, earlier: Version, now: Version) -> bool:
    if earlier.id == now.id:
        return True
    then, here = (
        set(workspace.table(version, "table_customers", ["customer_id"])["customer_id"]) for version in (earlier, now)
    )
    return len(then & here) >= _SAME_COMPANY * len(then)


def _span(version: Version) -> Span | None:
    first, origin = (version.meta.get(name) for name in ("first_week", "origin"))
    if first is None or origin is None:
        return None
    return Span(*(week_of_date(pd.Timestamp(day).date()) for day in (first, origin)))


def _changes(workspace: Workspace, before: Version, dataset: Version, origin: str) -> tuple[TableChange, ...]:
    """How the tables differ: rows dated since the last origin, and rows of the time before it."""
    earlier = workspace.version(before.parents[0])
    origins = [np.datetime64(day, "D") for day in (str(before.meta["origin"]), origin)]
    found = []
    for name, column in _DATES.items():
        part = f"table_{name}"
        old, new = ((workspace.table(v, part) if workspace.has(v, part) else None) for v in (earlier, dataset))
        if old is None and new is None:
            continue
        old_days, new_days = _days(old, column), _days(new, column)
        # a table may end before the week of the origin does
        dated = old_days[~np.isnat(old_days)]
        since = min(origins[0], dated.max() + 1) if len(dated) else origins[0]
        fresh = new_days[(new_days >= since) & (new_days < origins[1])]
        changed = _before(old, old_days, since) != _before(new, new_days, since)
        months = f"{str(fresh.min())[:7]} to {str(fresh.max())[:7]}" if len(fresh) else ""
        if len(fresh) or changed:
            found.append(TableChange(name, months, len(fresh), changed))
    return tuple(found)


def _before(frame: pd.DataFrame | None, days: NDArray[np.datetime64], since: np.datetime64) -> int:
    """Rows dated before a day; all rows of a table without dates."""
    if frame is None:
        return 0
    return len(frame) if np.isnat(days).all() else int((days < since).sum())


def _days(frame: pd.DataFrame | None, column: str) -> NDArray[np.datetime64]:
    """Day of each row; NaT, which is neither before nor after, where there is none."""
    if frame is None:
        return np.zeros(0, dtype="datetime64[D]")
    if column not in frame:
        return np.full(len(frame), np.datetime64("NaT", "D"))
    return frame[column].to_numpy().astype("datetime64[D]")


def span_of(first_week: int, origin: int) -> tuple[Span, dict[str, str]]:
    """Weeks of a history, and how they are written down."""
    return Span(first_week, origin), {
        "first_week": monday(first_week).isoformat(),
        "origin": str(mondays(np.int32(origin))),
    }
