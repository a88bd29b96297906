"""drivers: what part of a scenario's difference comes from which of its parts, by living through it part by part."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from twin.forecast.attribution import EXACT_UP_TO, Runs, attribute, levers_of, orders_of, runs_of, selections
from twin.forecast.ensemble import EnsembleSettings, simulate
from twin.forecast.executors import usual_threads
from twin.progress import Progress, silent
from twin.scenario import files
from twin.scenario.scenario import Scenario
from twin.tasks import shelf
from twin.tasks.forecasts import execution
from twin.tasks.forecasts.forecast import DEFAULT_WEEKS, ForecastSettings, alignment_of, read_scenarios
from twin.tasks.shelf import DRIVERS, Twin
from twin.weeks import monday
from twin.workspace.store import Workspace

_USUAL = ForecastSettings(n_draws=24, n_replicates=1)
_AT_ONCE = 8
"""Selections that are run together: what is kept of them is small, what they need meanwhile is not."""


def run_drivers(
    workspace: Workspace,
    path: Path,
    settings: ForecastSettings = _USUAL,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Attribute one scenario's difference to its parts, and publish.

    Parameters
    ----------
    workspace : Workspace
    path : Path
        Scenario file.
    settings : ForecastSettings
    progress : Progress, optional

    Returns
    -------
    dict
        ``drivers`` (version), ``scenario``, ``origin``, ``horizon_weeks``, ``runs``, ``orders``, ``exact`` (every order
        was run), ``rows``: see :func:`twin.forecast.attribution.attribute`.

    Raises
    ------
    ScenarioError
        When the file is at fault.
    """
    twin = shelf.load_twin(workspace)
    (scenario,), warnings = read_scenarios([path], twin, settings.n_weeks)
    weeks = settings.n_weeks or scenario.horizon_weeks or DEFAULT_WEEKS
    n_threads = settings.n_threads or usual_threads()
    runs = EnsembleSettings(weeks, settings.n_draws, settings.n_replicates, n_threads, settings.seed)
    levers = levers_of(scenario)
    lived = _lived(scenario, twin, runs, settings.cluster, progress or silent)
    seen = twin.calibration.market_seen
    rows = attribute(levers, lived, seen) if levers else []
    n_orders = len(orders_of(len(levers))) if levers else 0
    result = {
        "scenario": scenario.name,
        "text": files.to_toml(scenario),
        "origin": monday(twin.calibration.origin).isoformat(),
        "horizon_weeks": weeks,
        "runs": len(next(iter(lived.values()))[0]),
        "orders": n_orders,
        "exact": len(levers) <= EXACT_UP_TO,
        "rows": rows,
        "warnings": [str(warning) for warning in warnings],
    }
    meta = {"scenario": scenario.name, "n_draws": settings.n_draws, "n_replicates": settings.n_replicates,
            "seed": settings.seed, "n_weeks": weeks}  # fmt: skip
    parts = {"drivers": drivers_table(scenario.name, rows), "summary": result}
    return {**result, "drivers": workspace.publish(DRIVERS, parts, meta, parents=(twin.version.id,))}


def drivers_table(name: str, rows: list[dict[str, Any]]) -> pd.DataFrame:
    """The table ``drivers``: one row a part of the scenario, the whole last."""
    flat = [
        {"scenario": name, "lever": row["lever"]}
        | {f"{measure}_{level}": value for measure in ("own_volume_pct", "own_share_points")
           for level, value in row[measure].items()}
        | {"probability_of_gain": row["probability_of_gain"]}
        for row in rows
    ]  # fmt: skip
    return pd.DataFrame(flat)


def newest_drivers(workspace: Workspace, scenario_text: str, calibration: str) -> dict[str, Any] | None:
    """The newest attribution of exactly this scenario from this calibration; ``None`` where there is none."""
    for version in workspace.versions(DRIVERS):
        if calibration not in version.parents:
            continue
        found = workspace.document(version, "summary")
        if isinstance(found, dict) and found["text"] == scenario_text:
            return {**found, "drivers": version.id}
    return None


def _lived(
    scenario: Scenario, twin: Twin, runs: EnsembleSettings, cluster: str | None, tell: Progress
) -> dict[frozenset[int], Runs]:
    """Every selection lived through, and the baseline as the empty one."""
    executor = execution.executor(runs.n_threads, cluster)
    wanted = list(selections(scenario).items())
    alignment = alignment_of(scenario, twin)
    lived: dict[frozenset[int], Runs] = {}
    n_draws = min(runs.n_draws, twin.calibration.n_draws)
    batches = [wanted[k : k + _AT_ONCE] for k in range(0, len(wanted), _AT_ONCE)] or [[]]
    for place, batch in enumerate(batches):
        moved = {part.name: alignment for _, part in batch if alignment is not None and _is_moved(part)}

        def told(done: int, total: int, phrase: str, start: int = place * n_draws) -> None:
            tell(start + done, len(batches) * n_draws, "drivers" if phrase == "forecast" else phrase)

        ensemble = simulate(
            twin.world, twin.history, twin.calibration, [part for _, part in batch], runs, moved, told, executor
        )
        lived[frozenset()] = runs_of(ensemble, 0, twin.world)
        lived |= {chosen: runs_of(ensemble, a, twin.world) for a, (chosen, _) in enumerate(batch, start=1)}
    return lived


def _is_moved(part: Scenario) -> bool:
    return part.field_force.alignment != "current"
