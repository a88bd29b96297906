"""backtest: forecasts made as of past dates, scored against what came, beside naive forecasts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from twin.agents.replay import replay
from twin.calibration.calibrate import CalibrationSettings, calibrate
from twin.calibration.calibration import Calibration
from twin.calibration.market_draw import lay_out_draw
from twin.draws import Key
from twin.errors import CalibrationError
from twin.forecast.ensemble import Ensemble, EnsembleSettings, simulate
from twin.forecast.executors import Executor, usual_threads
from twin.forecast.forecast import LEVELS, own_and_category
from twin.forecast.naive import seasonal_naive, weekly_totals
from twin.market.history import History
from twin.market.world import World
from twin.progress import Progress
from twin.tasks.country import country_of
from twin.tasks.execution import executor
from twin.tasks.shelf import BACKTEST, load_dataset
from twin.weeks import monday
from twin.workspace.store import Workspace

YEAR = 52
_LEAST_TRAINING = 52


@dataclass(frozen=True)
class BacktestSettings:
    """How to look back.

    Parameters
    ----------
    n_origins : int
        A year apart, the last one a year before the end of history.
    n_draws, seed : int
    n_threads : int, optional
        Of this machine; ``None``: one a core, at most eight.
    country : str
        Empty: found from where the customers are.
    cluster : str, optional
        Address of a Dask scheduler whose workers run the draws, instead of threads of this machine.
    """

    n_origins: int = 1
    n_draws: int = 24
    n_threads: int | None = None
    seed: int = 0
    country: str = ""
    cluster: str | None = None


def run_backtest(
    workspace: Workspace, settings: BacktestSettings = BacktestSettings(), progress: Progress | None = None
) -> dict[str, Any]:
    """Backtest and publish.

    Parameters
    ----------
    workspace : Workspace
    settings : BacktestSettings
    progress : Progress, optional

    Returns
    -------
    dict
        ``rows`` (one a origin and measure) and ``verdict``, which says where the naive forecast wins.

    Raises
    ------
    CalibrationError
        When history is too short for one origin.
    """
    world, history, dataset = load_dataset(workspace)
    origins = [history.origin - YEAR * k for k in range(settings.n_origins, 0, -1)]
    origins = [week for week in origins if week - history.first_week >= _LEAST_TRAINING]
    if not origins:
        raise CalibrationError(
            f"history: expected at least two years for a backtest, found {history.n_weeks} weeks. Add earlier sales."
        )
    by = executor(settings.n_threads or usual_threads(), settings.cluster)
    rows: list[dict[str, Any]] = []
    for done, week in enumerate(origins):
        if progress:
            progress(done, len(origins), "backtest")
        rows.extend(score_origin(world, history, week, settings, by))
    table = pd.DataFrame(rows)
    verdict = _verdict(table)
    version = workspace.publish(
        BACKTEST, {"backtest": table, "verdict": verdict}, {"n_origins": len(origins)}, parents=(dataset.id,)
    )
    return {"backtest": version, "rows": rows, "verdict": verdict}


def score_origin(
    world: World, history: History, week: int, settings: BacktestSettings, by: Executor | None = None
) -> list[dict[str, Any]]:
    """Forecast a year from ``week`` with what was known then, and score it: one row a measure.

    ``by`` runs the draws; threads of this machine when missing.
    """
    then_world, then = world.as_of(week), history.before(week)
    learned = calibrate(
        then_world, then, CalibrationSettings(settings.n_draws, settings.seed, country_of(world, settings.country))
    )
    runs = EnsembleSettings(YEAR, settings.n_draws, 2, settings.n_threads or usual_threads(), settings.seed)
    ensemble = simulate(then_world, then, learned, (), runs, executor=by)
    naive = seasonal_naive(then_world, then, YEAR)
    n_own, n_brands = world.brands.n_own, len(world.brands)
    own, category = own_and_category(ensemble, 0, n_own)
    origin = monday(week).isoformat()
    # our books show what known customers bought, and those who became known
    sold = weekly_totals(history.own_sales, week, YEAR, n_brands)[:n_own].sum()
    of_known = own.sum(axis=(1, 2, 3)) - _hidden_own(ensemble, learned, n_own)
    last_year = float(naive.own_weekly.sum())
    rows = [_row(origin, "own_volume", "all", float(sold), of_known, last_year)]
    if len(then.touches):
        hidden = _hidden_own(ensemble, learned, n_own).mean()
        replayed = _replayed(then_world, then, history, learned, settings) - hidden
        rows.append(_row(origin, "own_volume_with_real_contacts", "all", float(sold), replayed, last_year))
    market = history.audit if len(history.audit) else history.panel
    if len(history.audit):
        actual = weekly_totals(market, week, YEAR, n_brands).sum(axis=1)
        volume = ensemble.volume[0].astype(np.float64).sum(axis=(2, 3, 5)).reshape(-1, n_brands)
        share = volume / volume.sum(axis=1, keepdims=True)
        for j, name in enumerate(world.brands.names):
            last = float(naive.brand_share[j])
            rows.append(_row(origin, "brand_share", str(name), float(actual[j] / actual.sum()), share[:, j], last))
        before = weekly_totals(then.audit, week - YEAR, YEAR, n_brands).sum()
        rows.append(
            _row(origin, "category_volume", "all", float(actual.sum()), category.sum(axis=(1, 2, 3)), float(before))
        )
    return rows


def _replayed(
    world: World, then: History, history: History, learned: Calibration, settings: BacktestSettings
) -> NDArray[np.float64]:
    """Our volume over the year when the contacts really made are lived again: (runs,) float, units."""
    own = []
    for draw in range(min(settings.n_draws, learned.n_draws)):
        market = lay_out_draw(learned, world, then, draw, YEAR)
        run = replay(world, market, history.touches, Key(settings.seed, draw), YEAR)
        own.append(run.volume[:, :, : world.brands.n_own].sum())
    return np.array(own)


def _hidden_own(ensemble: Ensemble, learned: Calibration, n_own: int) -> NDArray[np.float64]:
    """Our volume at customers who buy from us without our knowing: audits show it, our books do not."""
    unknown = ensemble.volume[0, :, :, :, 1, :n_own].astype(np.float64).sum(axis=(2, 3))
    per_run = unknown.reshape(-1, unknown.shape[-1])
    hidden_now = per_run[:, :4].mean(axis=1)
    return hidden_now * unknown.shape[-1] if learned.potential.unknown_own_share > 0.02 else 0.0 * hidden_now


def _row(origin: str, measure: str, of: str, actual: float, runs: np.ndarray, naive: float) -> dict[str, Any]:
    quantiles = dict(zip(LEVELS, np.percentile(runs, list(LEVELS.values()))))
    return {
        "origin": origin,
        "measure": measure,
        "of": of,
        "actual": actual,
        "forecast": float(runs.mean()),
        "p10": float(quantiles["p10"]),
        "p90": float(quantiles["p90"]),
        "naive": naive,
        "error_pct": 100.0 * (float(runs.mean()) / actual - 1.0) if actual else None,
        "naive_error_pct": 100.0 * (naive / actual - 1.0) if actual else None,
        "inside_80": bool(quantiles["p10"] <= actual <= quantiles["p90"]),
    }


def _verdict(table: pd.DataFrame) -> dict[str, Any]:
    """Mean absolute error of both by measure, who wins, and how often the 80 % band held."""
    verdict: dict[str, Any] = {}
    for measure, rows in table.groupby("measure"):
        ours = float((rows["forecast"] - rows["actual"]).abs().mean())
        naive = float((rows["naive"] - rows["actual"]).abs().mean())
        verdict[str(measure)] = {
            "mean_absolute_error": ours,
            "naive_mean_absolute_error": naive,
            "naive_wins": naive < ours,
            "inside_80": float(rows["inside_80"].mean()),
        }
    return verdict
