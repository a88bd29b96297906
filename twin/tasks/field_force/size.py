"""size: how many reps, and where, with the flat optimum and its band; the best is lived through and written down."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from twin.alignment.sizing import SizeCurve, best_size, size_curve
from twin.alignment.staffing import sales_by_heads
from twin.calibration.market_draw import lay_out_draw
from twin.errors import PlanError
from twin.forecast.compare import comparison_columns
from twin.forecast.earnings import Earnings, earnings_of
from twin.forecast.ensemble import Ensemble, EnsembleSettings, simulate
from twin.forecast.executors import usual_threads
from twin.progress import Progress, silent
from twin.scenario import files
from twin.scenario.scenario import BASELINE, RepChange, Scenario
from twin.tasks import shelf
from twin.tasks.field_force.align_settings import YEARS_WEEKS, RunSettings, SizeSettings
from twin.tasks.forecasts import execution, written_scenario
from twin.tasks.forecasts.forecast import read_scenarios
from twin.tasks.shelf import SIZING, Twin
from twin.workspace.store import Workspace

MARK = "Written by twin size."
_YEAR_WEEKS = 52.0
_DRAWS = 40
_LIVED = 5
"""Sizes that the twin lives through, today's and the best among them."""
_MOST_OF_TODAY = 2.0


def run_size(
    workspace: Workspace, path: Path | None, settings: SizeSettings, progress: Progress | None = None
) -> dict[str, Any]:
    """Size the force, live through sizes around the best one, write that one as a scenario, publish.

    Parameters
    ----------
    workspace : Workspace
    path : Path, optional
        Scenario that holds beside the size.
    settings : SizeSettings
    progress : Progress, optional

    Returns
    -------
    dict
        ``sizing`` (version), ``today``, ``best``, ``best_band`` (10 to 90 % of parameter draws), ``flat`` (sizes that
        are as good), ``curve`` (one row a size: profit as read off the law, and as the twin has it where it was lived
        through), ``reps`` (territory by territory), ``scenario``, ``file``, ``notes``.

    Raises
    ------
    TwinError
        No list of reps, or sizes that cannot be placed.
    """
    tell = progress or silent
    twin = shelf.load_twin(workspace)
    heads = _heads(twin)
    scenario, warnings = _asked(path, twin, settings)
    name = settings.name.strip() or (f"{scenario.name[:100]}, resized" if path else "Size of the force")
    place = written_scenario.place_for(workspace, name, MARK, "twin size", "size")
    curve, price = _curve(twin, heads, settings, tell)
    found = best_size(curve, settings.runs.margin * price, settings.rep_cost)
    sizes = _to_live(curve, found.best)
    ensemble = _lived(twin, scenario, curve, heads, sizes, settings.runs, tell)
    weeks = ensemble.volume.shape[-1]
    gains = _gains(twin, ensemble, curve, sizes, settings, weeks)
    rows = _rows(curve, found.profit, gains, weeks)
    best = curve.heads[int(np.searchsorted(curve.size, found.best))]
    result = {
        "today": curve.today,
        "best": found.best,
        "best_band": [found.low, found.high],
        "flat": [found.flat_low, found.flat_high],
        "at_the_edge": found.at_the_edge,
        "horizon_weeks": weeks,
        "curve": rows,
        "reps": [
            {"territory_id": str(zone), "today": int(now), "best": int(then)}
            for zone, now, then in zip(twin.world.territories, heads, best)
        ],
        "notes": _notes(twin, curve, found.best, found.at_the_edge, gains),
        "warnings": [str(warning) for warning in warnings],
    }
    return _published(workspace, twin, replace(scenario, name=name), heads, best, ensemble, place, result)


def _heads(twin: Twin) -> NDArray[np.int64]:
    world = twin.world
    if not world.reps.listed:
        raise PlanError("reps: expected a list of reps to size the force, found none. Add the table reps.")
    return world.reps.heads(world.origin, len(world.territories))


def _asked(path: Path | None, twin: Twin, settings: SizeSettings) -> tuple[Scenario, list[Any]]:
    if path is None:
        return replace(BASELINE, name="as today"), []
    (scenario,), warnings = read_scenarios([path], twin, settings.runs.n_weeks)
    if scenario.field_force.changes:
        raise PlanError(f"{path.name}: expected no field_force.change, found some. twin size decides on reps itself.")
    return scenario, warnings


def _curve(
    twin: Twin, heads: NDArray[np.int64], settings: SizeSettings, tell: Progress
) -> tuple[SizeCurve, float]:  # fmt: skip
    """What each size sells, and the mean price of a unit of ours."""
    world, calibration, today = twin.world, twin.calibration, int(heads.sum())
    staffed = heads > 0
    least = np.where(staffed, min(settings.least, int(heads[staffed].min())), 0)
    fewest = max(settings.fewest or today // 2, int(least.sum()))
    most = settings.most or max(int(np.ceil(_MOST_OF_TODAY * today)), fewest + 1)
    if not fewest <= today <= most:
        raise PlanError(f"--from, --to: expected a range with today's {today} reps in it, found {fewest} to {most}.")
    each = max(int(np.ceil(most / max(int(staffed.sum()), 1))) + 2, int(2 * heads.max()) + 1)
    draws = range(min(_DRAWS, calibration.n_draws))
    sales = []
    for draw in draws:
        tell(draw, len(draws), "size")
        market = lay_out_draw(calibration, world, twin.history, draw, 1)
        sales.append(sales_by_heads(world, market, heads, each))
    own = world.brands.own
    price = world.brands.unit_price[own]
    volume = twin.history.own_sales.totals(len(world.brands))[-52:].sum(axis=0)[own]
    mean_price = float(np.average(price, weights=volume + 1e-9)) if np.isfinite(price).all() else 1.0
    return size_curve(np.stack(sales), heads, least, np.arange(fewest, most + 1)), mean_price


def _to_live(curve: SizeCurve, best: int) -> NDArray[np.int64]:
    """Sizes that the twin lives through: evenly over the curve, today's and the best for certain."""
    even = np.linspace(curve.size[0], curve.size[-1], _LIVED).round().astype(np.int64)
    return np.unique(np.r_[even, curve.today, best])


def _resized(scenario: Scenario, twin: Twin, before: NDArray[np.int64], after: NDArray[np.int64]) -> Scenario:
    """The scenario with reps who join and leave at its first week."""
    moves = tuple(
        RepChange(str(zone), int(then - now))
        for zone, now, then in zip(twin.world.territories, before, after)
        if then != now
    )
    return replace(scenario, field_force=replace(scenario.field_force, changes=moves))


def _lived(
    twin: Twin, scenario: Scenario, curve: SizeCurve, heads: NDArray[np.int64], sizes: NDArray[np.int64],
    runs: RunSettings, tell: Progress,
) -> Ensemble:  # fmt: skip
    """The scenario with every chosen size, beside the baseline, on the same draws and the same luck."""
    weeks = runs.n_weeks or scenario.horizon_weeks or YEARS_WEEKS
    n_threads = runs.n_threads or usual_threads()
    rows = np.searchsorted(curve.size, sizes)
    after = [heads if size == curve.today else curve.heads[row] for size, row in zip(sizes, rows)]
    scenarios = [
        replace(_resized(scenario, twin, heads, then), name=f"{size} reps") for size, then in zip(sizes, after)
    ]
    settings = EnsembleSettings(weeks, runs.n_draws, runs.n_replicates, n_threads, runs.seed)
    by = execution.executor(n_threads, runs.cluster)
    return simulate(twin.world, twin.history, twin.calibration, scenarios, settings, {}, tell, by)


def _gains(
    twin: Twin, ensemble: Ensemble, curve: SizeCurve, sizes: NDArray[np.int64], settings: SizeSettings, weeks: int
) -> dict[int, Earnings]:
    """Earnings of every size that was lived through, less those of today's, and less what its reps cost more."""
    earned = [earnings_of(ensemble, a, twin.world, settings.runs.margin) for a in range(1, len(ensemble.names))]
    today = earned[int(np.searchsorted(sizes, curve.today))]
    cost = settings.rep_cost * weeks / _YEAR_WEEKS
    return {
        int(size): one.less(today).after(cost * float(size - curve.today)) for size, one in zip(sizes, earned)
    }  # fmt: skip


def _rows(
    curve: SizeCurve, profit: NDArray[np.float64], gains: dict[int, Earnings], weeks: int
) -> list[dict[str, Any]]:
    """One row a size: profit of a year against today's, as read off the law and as the twin has it."""
    low, high = np.percentile(profit, [10, 90], axis=0)
    marginal = np.r_[curve.marginal().mean(axis=0), np.nan]
    rows = []
    for s, size in enumerate(curve.size.tolist()):
        row: dict[str, Any] = {
            "reps": size,
            "law_profit_mean": float(profit[:, s].mean()),
            "law_profit_p10": float(low[s]),
            "law_profit_p90": float(high[s]),
            "sales_of_one_more_rep": float(marginal[s]) if np.isfinite(marginal[s]) else None,
        }
        lived = gains[size].figures() if size in gains else {}
        names = ("own_volume_pct_mean", "own_volume_pct_p10", "own_volume_pct_p90", "profit_mean", "profit_p10",
                 "profit_p90", "probability_of_gain")  # fmt: skip
        rows.append(row | {f"twin_{name}": lived.get(name) for name in names})
    return rows


def _notes(
    twin: Twin, curve: SizeCurve, best: int, edge: bool, gains: dict[int, Earnings]
) -> list[str]:  # fmt: skip
    notes = ["Profit: margin times sales less pay, against today's size. Sizes of the flat part differ hardly at all."]
    if edge:
        notes.append(f"The best of the sizes looked at is the last one, {best}: look further with --from and --to.")
    if not twin.calibration.visit_response.identified:
        notes.append("The effect of visits is a prior, and with it the worth of a rep.")
    if best != curve.today and gains[best].probability < 0.8:
        notes.append(f"In the twin {best} reps earn more than today's {curve.today} in "
                     f"{gains[best].probability:.0%} of the runs only.")  # fmt: skip
    if best > 1.5 * curve.today:
        notes.append("More than one and a half times today's force: beyond what history has seen.")
    return notes


def _published(
    workspace: Workspace, twin: Twin, scenario: Scenario, heads: NDArray[np.int64], best: NDArray[np.int64],
    ensemble: Ensemble, place: Path, result: dict[str, Any],
) -> dict[str, Any]:  # fmt: skip
    """Version of the result; the scenario's file is written when it stands."""
    changed = bool((best != heads).any())
    written = _resized(scenario, twin, heads, best)
    written = replace(written, note=f"{MARK} {scenario.note}".strip()[:4000])
    result |= {"scenario": written.name if changed else None, "file": str(place) if changed else None}
    version = workspace.publish(
        SIZING,
        {
            "summary": result,
            "sizing": pd.DataFrame(result["curve"]),
            "reps": pd.DataFrame(result["reps"]),
            "comparison": pd.DataFrame(comparison_columns(ensemble, twin.world, twin.calibration.market_seen)),
            "scenarios": {written.name: files.to_toml(written)} if changed else {},
        },
        {"today": result["today"], "best": result["best"]},
        parents=(twin.version.id,),
    )
    if changed:
        written_scenario.write(place, files.to_toml(written))
    return {**result, "sizing": version}
