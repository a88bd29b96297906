"""Published forecasts against what came: each is kept with its calibration and dataset until figures score it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from twin.market.history import History, Sales
from twin.market.world import World
from twin.tasks.forecasts.published import Published, published_forecasts
from twin.weeks import mondays, week_of
from twin.workspace.store import Workspace

_BASELINE = "baseline"


def score_published(workspace: Workspace, world: World, history: History) -> list[dict[str, Any]]:
    """Score the baseline of every forecast of which a part has come.

    Parameters
    ----------
    workspace : Workspace
    world, history : World, History
        Of the newest dataset.

    Returns
    -------
    list of dict
        One row a forecast: ``forecast``, ``calibration``, ``dataset``, ``origin``, ``measure``, ``periods`` (weeks or
        months that have come), ``whole`` (nothing is missing yet), ``actual``, ``said``, ``p10``, ``p90`` (of the
        whole horizon only), ``error_pct``, ``inside_80``, ``naive``, ``naive_error_pct``, ``weeks_inside_80`` (part of
        single weeks inside their bands; where sales are known by week). Audits are compared with the whole market,
        our books, where there are no audits, with customers known at the forecast's origin and since.
    """
    audited = bool(len(history.audit))
    sales = history.audit if audited else history.own_sales
    return [row for one in published_forecasts(workspace) if (row := _score(workspace, one, sales, world, audited))]


def _score(
    workspace: Workspace, one: Published, sales: Sales, world: World, audited: bool
) -> dict[str, Any] | None:  # fmt: skip
    first, n_weeks = int(week_of(np.datetime64(one.origin))), one.horizon_weeks
    ahead = _ahead(sales, first, n_weeks)
    if not ahead.any():
        return None
    said = one.result(workspace)
    weekly = workspace.table(one.version, "weekly")
    ours = weekly[(weekly["scenario"] == _BASELINE) & weekly["brand"].isin(world.brands.names[: world.brands.n_own])]
    mean = _by_week(ours, first, n_weeks)
    weights = sales.periods.weights(first, n_weeks)[ahead]
    actual = sales.totals(len(world.brands))[ahead, : world.brands.n_own].sum(axis=1)
    foretold, naive = float((weights @ mean).sum()), float((weights @ _naive(said, n_weeks)).sum())
    total, whole = float(actual.sum()), int(ahead.sum()) == _expected(sales, first, n_weeks)
    totals = said["scenarios"][0]["totals"]["own_volume"]
    band = (totals["p10"], totals["p90"]) if whole else (None, None)
    return {
        "forecast": one.version.id,
        "calibration": one.calibration.id,
        "dataset": one.dataset.id,
        "origin": one.origin.isoformat(),
        "measure": "own_volume" if audited else "own_volume_in_books",
        "periods": int(ahead.sum()),
        "whole": whole,
        "actual": total,
        "said": foretold,
        "p10": band[0],
        "p90": band[1],
        "error_pct": 100.0 * (foretold / total - 1.0) if total else None,
        "inside_80": bool(band[0] <= total <= band[1]) if whole else None,
        "naive": naive,
        "naive_error_pct": 100.0 * (naive / total - 1.0) if total else None,
        "weeks_inside_80": _weeks_inside(said, actual, sales, ahead, first),
    }


def _ahead(sales: Sales, first: int, n_weeks: int) -> NDArray[np.bool_]:
    """Periods that lie wholly inside the forecast: (p,) bool."""
    start, stop = mondays(np.array([first, first + n_weeks]))
    return (sales.periods.start >= start) & (sales.periods.stop <= stop)


def _expected(sales: Sales, first: int, n_weeks: int) -> int:
    """Periods that lie inside the forecast once all have come."""
    start, stop = mondays(np.array([first, first + n_weeks]))
    if sales.periods.kind == "week":
        return n_weeks
    begins = np.arange(start.astype("datetime64[M]"), stop.astype("datetime64[M]") + 1)
    return int(((begins.astype("datetime64[D]") >= start) & ((begins + 1).astype("datetime64[D]") <= stop)).sum())


def _by_week(rows: pd.DataFrame, first: int, n_weeks: int) -> NDArray[np.float64]:
    """Mean volume by week of the forecast: (w,) float."""
    week = week_of(rows["week_start"].to_numpy().astype("datetime64[D]")) - first
    return np.bincount(week, rows["volume_mean"].to_numpy(dtype=float), n_weeks)


def _naive(said: dict[str, Any], n_weeks: int) -> NDArray[np.float64]:
    return np.asarray(said["naive"]["weekly"], dtype=float)[:n_weeks]


def _weeks_inside(
    said: dict[str, Any], actual: NDArray, sales: Sales, ahead: NDArray[np.bool_], first: int
) -> float | None:  # fmt: skip
    """Part of the single weeks that came inside their own 80 % bands."""
    if sales.periods.kind != "week":
        return None
    bands = [row["own_volume"] for row in said["scenarios"][0]["weekly"]]
    place = week_of(sales.periods.start[ahead]) - first
    low, high = (np.array([bands[t][level] for t in place], dtype=float) for level in ("p10", "p90"))
    return float(((low <= actual) & (actual <= high)).mean())
