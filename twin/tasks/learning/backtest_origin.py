"""One origin of a backtest: calibrated with what was known then, lived ahead, and set against what came.

Who was known, calendar and levels all come from inside the fold. Every benchmark sees the same past.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin.calibration.calibrate import CalibrationSettings, calibrate
from twin.draws import band
from twin.forecast.benchmarks import QUANTILES, Foreseen, benchmarks
from twin.forecast.blend import TWIN, mixtures
from twin.forecast.executors import Executor
from twin.forecast.forecast import LEVELS
from twin.forecast.look_back import LookBack, PastChunk, Places, places_of
from twin.forecast.months import months_about
from twin.forecast.naive import seasonal_naive, weekly_totals
from twin.forecast.past_cells import Cells, Records, cells_of
from twin.forecast.pooled import pooled
from twin.forecast.scores import Tally, crps, tally, usual_step
from twin.market.history import History
from twin.market.world import World
from twin.weeks import monday

YEAR = 52
_CALENDAR_WEEKS = 54
"""Twelve calendar months from a day of the first week touch so many weeks."""
_SHOWN = ("all", "territory")


@dataclass(frozen=True)
class Fold:
    """How each origin is run.

    Parameters
    ----------
    n_draws, n_replicates, seed : int
    country : str
        Whose moving feasts.
    """

    n_draws: int
    n_replicates: int
    seed: int
    country: str


@dataclass(frozen=True)
class OriginScores:
    """What came of one origin.

    Parameters
    ----------
    rows : tuple of dict
        Sums over the whole time ahead: one a measure.
    tallies : tuple of Tally
        Scores of the twin and of every benchmark.
    months : tuple of dict of lists
        Single figures by month, as columns.
    """

    rows: tuple[dict[str, Any], ...]
    tallies: tuple[Tally, ...]
    months: tuple[dict[str, Any], ...]


def look_back(world: World, history: History, week: int, fold: Fold, by: Executor) -> OriginScores:
    """Calibrate, run and score one origin.

    Parameters
    ----------
    world, history : World, History
        Of the whole dataset.
    week : int
        The origin.
    fold : Fold
    by : Executor
        Who runs the draws; it changes no bit.

    Returns
    -------
    OriginScores
    """
    found, rows = foresee(world, history, week, fold, by)
    tallies, months = [], []
    for cells in found:
        foreseen = all_foreseen(cells)
        tallies += tallies_of(cells, foreseen, week)
        if cells.level in _SHOWN:
            months.append(_months(cells, foreseen, week))
    return OriginScores(tuple(rows), tuple(tallies), tuple(months))


def foresee(
    world: World, history: History, week: int, fold: Fold, by: Executor
) -> tuple[list[Cells], list[dict[str, Any]]]:
    """What the twin would have said at one origin, beside what came.

    Parameters
    ----------
    world, history, week, fold, by
        See :func:`look_back`.

    Returns
    -------
    cells : list of Cells
    rows : list of dict
        See :attr:`OriginScores.rows`.
    """
    then_world, then = world.as_of(week), history.before(week)
    learned = calibrate(then_world, then, CalibrationSettings(fold.n_draws, fold.seed, fold.country))
    records, places = _records(then_world, history, week)
    touches = history.touches if len(then.touches) else then.touches
    task = LookBack(
        then_world, then, learned, places, touches, places.own_months.shape[1], fold.n_replicates, fold.seed
    )  # fmt: skip
    chunks = [chunk for _, chunk in sorted(by.run(task, range(fold.n_draws)), key=lambda pair: pair[0])]
    found = cells_of(then_world, then, records, places, chunks)
    return found, _rows(then_world, then, history, chunks)


def _records(world: World, history: History, week: int) -> tuple[Records, Places]:
    """Sources as they were recorded, and where their units lie."""
    audited, n = bool(len(history.audit)), len(world.population)
    market = history.audit if audited else history.panel
    seen = np.ones(n, dtype=bool)
    if not audited:
        seen = np.zeros(n, dtype=bool)
        seen[history.panel_members] = True
    of_market, of_own, n_places = places_of(world, seen)
    sources = (market, history.own_sales)
    n_weeks = _CALENDAR_WEEKS if "month" in {sales.periods.kind for sales in sources} else YEAR
    months = [months_about(sales, week, n_weeks) for sales in sources]
    units = np.arange(len(world.bricks), dtype=np.int32) if audited else of_market
    records = Records(market, history.own_sales, units, *months)
    return records, Places(of_market, of_own, n_places, months[0].weights, months[1].weights)


# --- scores ------------------------------------------------------------------------------------------------------


def all_foreseen(cells: Cells) -> list[Foreseen]:
    """What the twin, every benchmark and their mixtures said of the same figures."""
    ahead = cells.actual.shape[1]
    ours = Foreseen(TWIN, band(cells.runs, QUANTILES).astype(np.float32))
    theirs = benchmarks(cells.past, cells.past_weight, cells.is_share, ahead)
    foreseen = [ours, *theirs, *pooled(cells.past, cells.is_share, ahead)]
    return [*foreseen, *mixtures(foreseen)]


def tallies_of(cells: Cells, foreseen: list[Foreseen], week: int) -> list[Tally]:
    """Scores of each forecast, by territory and month ahead."""
    step, blocks = usual_step(cells.past), np.unique(cells.block)
    return [
        Tally(
            week, cells.measure, cells.level, one.method, cells.is_share, blocks,
            tally(one.quantiles, QUANTILES, cells.actual, cells.weight, step, cells.block, blocks),
        )
        for one in foreseen
    ]  # fmt: skip


def _months(cells: Cells, foreseen: list[Foreseen], week: int) -> dict[str, Any]:
    """Single figures with the twin's band and every benchmark's median, as columns."""
    k, m = (place.ravel() for place in np.indices(cells.actual.shape))
    columns: dict[str, Any] = {
        "origin": [monday(week).isoformat()] * len(k),
        "measure": [cells.measure] * len(k),
        "level": [cells.level] * len(k),
        "place": cells.place[k].tolist(),
        "of": cells.of[k].tolist(),
        "months_ahead": (m + 1).tolist(),
        "actual": cells.actual.ravel().tolist(),
        "forecast": cells.runs.mean(axis=0).astype(float).ravel().tolist(),
    }
    quantiles = band(cells.runs, list(LEVELS.values()))
    columns |= {name: values.astype(float).ravel().tolist() for name, values in zip(LEVELS, quantiles)}
    middle = len(QUANTILES) // 2
    for one in foreseen:
        if one.method != TWIN and " + " not in one.method:
            columns[one.method] = one.quantiles[middle].astype(float).ravel().tolist()
    return columns


# --- sums over the time ahead ------------------------------------------------------------------------------------


def _rows(world: World, then: History, history: History, chunks: list[PastChunk]) -> list[dict[str, Any]]:
    """One row a measure: sums over a year, or over what there is of it, against last year's same weeks."""
    week, ahead = then.origin, min(YEAR, history.origin - then.origin)
    n_own, n_brands = world.brands.n_own, len(world.brands)
    naive = seasonal_naive(world, then, ahead)
    runs = np.concatenate([chunk.weekly for chunk in chunks]).astype(np.float64)[..., :ahead]
    hidden = np.concatenate([chunk.hidden for chunk in chunks]).astype(np.float64).sum(axis=1) * ahead
    sold = float(weekly_totals(history.own_sales, week, ahead, n_brands)[:n_own].sum())
    last_year = float(naive.own_weekly.sum())

    def row(measure: str, of: str, actual: float, values: NDArray, before: float) -> dict[str, Any]:
        return _row(monday(week).isoformat(), measure, of, actual, values, before, round(ahead * 12 / YEAR))

    rows = [row("own_volume", "all", sold, runs[:, :, :n_own].sum(axis=(1, 2, 3)) - hidden, last_year)]
    again = [chunk.replayed_weekly for chunk in chunks if len(chunk.replayed_weekly)]
    if again:
        lived = np.stack(again).astype(np.float64)[:, :ahead].sum(axis=1) - hidden.mean()
        rows.append(row("own_volume_with_real_contacts", "all", sold, lived, last_year))
    if len(history.audit):
        actual = weekly_totals(history.audit, week, ahead, n_brands).sum(axis=1)
        volume = runs.sum(axis=(1, 3))
        share = volume / volume.sum(axis=1, keepdims=True)
        for j, name in enumerate(world.brands.names):
            last = float(naive.brand_share[j])
            rows.append(row("brand_share", str(name), float(actual[j] / actual.sum()), share[:, j], last))
        before = float(weekly_totals(then.audit, week - YEAR, ahead, n_brands).sum())
        rows.append(row("category_volume", "all", float(actual.sum()), volume.sum(axis=1), before))
    return rows


def _row(
    origin: str, measure: str, of: str, actual: float, runs: NDArray, naive: float, months: int
) -> dict[str, Any]:  # fmt: skip
    levels = dict(zip(LEVELS, (float(value) for value in band(runs, list(LEVELS.values())))))
    mean = float(runs.mean())
    return {
        "origin": origin,
        "measure": measure,
        "of": of,
        "actual": actual,
        "forecast": mean,
        "p10": levels["p10"],
        "p90": levels["p90"],
        "naive": naive,
        "error_pct": 100.0 * (mean / actual - 1.0) if actual else None,
        "naive_error_pct": 100.0 * (naive / actual - 1.0) if actual else None,
        "inside_80": bool(levels["p10"] <= actual <= levels["p90"]),
        "p05": levels["p05"],
        "p50": levels["p50"],
        "p95": levels["p95"],
        "inside_90": bool(levels["p05"] <= actual <= levels["p95"]),
        "crps": float(crps(np.sort(runs), np.float64(actual))),
        "months": months,
    }
