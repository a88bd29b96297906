"""Market figures: what a calibration knows of the market in a few numbers, whole or of some territories."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from twin.calibration.calibration import Calibration
from twin.forecast.naive import weekly_totals
from twin.market.history import History, Sales
from twin.market.world import World
from twin.tasks.shelf import load_twin
from twin.workspace.store import Workspace

_YEAR_WEEKS = 52
_HISTORY_WEEKS = 156


def figures(workspace: Path, calibration: str, territories: Collection[str] | None = None) -> dict[str, Any]:
    """Figures of the market as a calibration knows it.

    Parameters
    ----------
    workspace : Path
    calibration : str
        Version.
    territories : collection of str, optional
        Only what lies there; the whole market when missing. The unknown category is then the part that the customers'
        means have there, with the relative width of the whole.

    Returns
    -------
    dict
        ``n_known``, ``n_unknown``, ``n_territories``, ``n_reps``; ``own_volume_last_year`` (units),
        ``own_share_last_year`` (``None`` without market data), ``unknown_category`` (units a year: ``mean``, ``p10``,
        ``p90``), ``unknown_identified``, ``unknown_source``, ``market_seen``.
    """
    world, history, learned = _learned(workspace, calibration)
    people, total = world.population, learned.potential.total_unknown
    seen = _seen(world, territories)
    known = int((people.known & seen.customers).sum())
    own, category = _last_year(world, seen.history(history))
    draws = total.draws * _part_of_unknown(workspace, calibration, territories)
    low, high = np.percentile(draws, [10, 90]) * _YEAR_WEEKS
    return {
        "n_known": known,
        "n_unknown": int(seen.customers.sum()) - known,
        "n_territories": int(seen.territories.sum()),
        "n_reps": int(seen.territories[world.reps.territory].sum()) if world.reps.listed else 0,
        "own_volume_last_year": own,
        "own_share_last_year": own / category if category > 0 else None,
        "unknown_category": {"mean": float(draws.mean()) * _YEAR_WEEKS, "p10": float(low), "p90": float(high)},
        "unknown_identified": bool(total.identified),
        "unknown_source": learned.potential.source,
        "market_seen": learned.market_seen,
    }


def past(workspace: Path, calibration: str) -> pd.DataFrame:
    """Own volume and share before the origin, from audits where there are any, else from our own books.

    Parameters
    ----------
    workspace : Path
    calibration : str
        Version.

    Returns
    -------
    DataFrame
        ``start``, ``end`` (dates), ``own_volume`` (units a week), ``own_share`` (``nan`` without market data): the last
        three years, one row a period.
    """
    world, history, _ = _learned(workspace, calibration)
    sales = history.audit if len(history.audit) else history.own_sales
    totals, n_own = sales.totals(len(world.brands)), world.brands.n_own
    own, category = totals[:, :n_own].sum(axis=1), totals.sum(axis=1)
    seen = bool(len(history.audit))
    share = np.divide(own, category, out=np.full_like(own, np.nan), where=(category > 0) & seen)
    periods = sales.periods
    frame = pd.DataFrame(
        {"start": periods.start, "end": periods.stop, "own_volume": own / periods.weeks_in(), "own_share": share}
    )
    return frame[frame["end"] > frame["end"].max() - pd.Timedelta(weeks=_HISTORY_WEEKS)].reset_index(drop=True)


@dataclass(frozen=True)
class _Seen:
    """What lies in some territories: (z,), (c,) and (b,) bool."""

    territories: NDArray[np.bool_]
    customers: NDArray[np.bool_]
    bricks: NDArray[np.bool_]

    def history(self, history: History) -> History:
        """Sales and audits there."""
        return replace(
            history,
            own_sales=_cut(history.own_sales, self.customers),
            audit=_cut(history.audit, self.bricks),
        )


def _seen(world: World, territories: Collection[str] | None) -> _Seen:
    zones = np.ones(len(world.territories), bool)
    if territories is not None:
        zones = np.isin(world.territories.astype(str), list(territories))
    return _Seen(zones, zones[world.population.territory], zones[world.bricks.territory])


def _cut(sales: Sales, units: NDArray[np.bool_]) -> Sales:
    if units.all() or not len(sales):
        return sales
    keep = units[sales.unit]
    return Sales(sales.unit[keep], sales.period[keep], sales.brand[keep], sales.volume[keep], sales.periods)


def _part_of_unknown(workspace: Path, calibration: str, territories: Collection[str] | None) -> float:
    """Part of the unknown customers' category that lies in some territories."""
    if territories is None:
        return 1.0
    store = Workspace.open(workspace, create=False)
    rows = store.table(store.version(calibration), "potential", ["known", "category_mean", "territory_id"])
    rows = rows[~rows["known"].astype(bool)]
    whole = float(rows["category_mean"].sum())
    return (
        float(rows.loc[rows["territory_id"].isin(list(territories)), "category_mean"].sum()) / whole if whole else 0.0
    )


def _learned(workspace: Path, calibration: str) -> tuple[World, History, Calibration]:
    store = Workspace.open(workspace, create=False)
    twin = load_twin(store, store.version(calibration))
    return twin.world, twin.history, twin.calibration


def _last_year(world: World, history: History) -> tuple[float, float]:
    """Own volume of the year before the origin, and the category's; 0 for the category without audits."""
    sales = history.audit if len(history.audit) else history.own_sales
    totals = weekly_totals(sales, history.origin - _YEAR_WEEKS, _YEAR_WEEKS, len(world.brands)).sum(axis=1)
    own = float(totals[: world.brands.n_own].sum())
    return own, float(totals.sum()) if len(history.audit) else 0.0
