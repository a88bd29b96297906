"""forecast: run the baseline and scenarios from the end of history, and publish what comes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from twin.alignment.of_world import balanced, usual_visits
from twin.calibration.learned_segments import LearnedSegments
from twin.errors import Problem, ScenarioError
from twin.forecast.compare import comparison_columns, forecast_columns, run_columns, segment_columns
from twin.forecast.ensemble import EnsembleSettings, simulate
from twin.forecast.executors import usual_threads
from twin.forecast.forecast import summarise
from twin.forecast.naive import seasonal_naive
from twin.forecast.study import determinants
from twin.market.channels import VISIT
from twin.market.history import History
from twin.market.world import World
from twin.progress import Progress
from twin.scenario import files
from twin.scenario.alignment import read_alignment, territories_after
from twin.scenario.check import check_against
from twin.scenario.facts import MarketFacts, facts_of
from twin.scenario.scenario import ALIGNMENTS, Scenario
from twin.tasks import shelf
from twin.tasks.forecasts import execution
from twin.tasks.forecasts.forecast_blend import looking_back
from twin.tasks.forecasts.forecast_costs import costs
from twin.tasks.forecasts.forecast_flags import flag, health_note, provenance
from twin.tasks.learning.calibration_tables import unknowable
from twin.tasks.learning.examined import reach_in
from twin.tasks.shelf import FORECAST, Twin
from twin.workspace.store import Workspace

DEFAULT_WEEKS = 52


@dataclass(frozen=True)
class ForecastSettings:
    """How far and how finely to forecast.

    Parameters
    ----------
    n_weeks : int, optional
        ``None``: the longest that a scenario names, else a year.
    n_draws, n_replicates, seed : int
        See :class:`twin.forecast.study.EnsembleSettings`.
    n_threads : int, optional
        Of this machine; ``None``: one a core, at most eight.
    cluster : str, optional
        Address of a Dask scheduler whose workers run the draws, instead of threads of this machine.
    """

    n_weeks: int | None = None
    n_draws: int = 40
    n_replicates: int = 2
    n_threads: int | None = None
    seed: int = 0
    cluster: str | None = None


def run_forecast(
    workspace: Workspace,
    paths: Sequence[Path],
    settings: ForecastSettings = ForecastSettings(),
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Forecast and publish.

    Parameters
    ----------
    workspace : Workspace
    paths : sequence of Path
        Scenario files; may be empty, then only the baseline is run.
    settings : ForecastSettings
    progress : Progress, optional

    Returns
    -------
    dict
        The contract's JSON of ``twin forecast``, with ``forecast`` (the version), ``warnings`` and ``taken_up``: what
        is to be said of draws that an interrupted try had finished; also ``made_from``, ``health``, and for each
        scenario ``flags`` with ``flag_reasons``; ``looking_back`` says what the newest backtest makes of it.
    """
    n_threads = settings.n_threads or usual_threads()
    executor = execution.executor(n_threads, settings.cluster)
    twin = shelf.load_twin(workspace)
    scenarios, warnings = read_scenarios(paths, twin, settings.n_weeks)
    alignments = {s.name: where for s in scenarios if (where := alignment_of(s, twin)) is not None}
    weeks = settings.n_weeks or max([s.horizon_weeks or 0 for s in scenarios], default=0) or DEFAULT_WEEKS
    runs = EnsembleSettings(weeks, settings.n_draws, settings.n_replicates, n_threads, settings.seed)
    ledger = execution.ledger(workspace, twin, determinants(scenarios, alignments, runs))
    ensemble = simulate(
        twin.world, twin.history, twin.calibration, scenarios, runs, alignments, progress, executor, ledger
    )
    naive = seasonal_naive(twin.world, twin.history, weeks)
    seen = twin.calibration.market_seen
    result = summarise(ensemble, twin.world, naive, seen, unknowable(twin.calibration))
    flag(result, ensemble, twin.world, reach_in(workspace, twin.version))
    for row, scenario in zip(result["scenarios"], ensemble.scenarios):
        row["costs"] = costs(scenario, alignments.get(scenario.name), twin.world, weeks)
    result |= (made := provenance(workspace, twin.version))
    result["notes"] += health_note(made)
    result["warnings"] = [str(warning) for warning in warnings]
    result["looking_back"] = looking_back(workspace, twin, ensemble, naive)
    version = workspace.publish(
        FORECAST,
        {
            "forecast": result,
            "comparison": pd.DataFrame(comparison_columns(ensemble, twin.world, seen)),
            "runs": pd.DataFrame(run_columns(ensemble, twin.world)),
            "by_segment": pd.DataFrame(segment_columns(ensemble, twin.world)),
            "weekly": pd.DataFrame(forecast_columns(ensemble, twin.world)),
            "by_customer": _by_customer(ensemble.own_by_customer, ensemble.names, twin.world),
            "scenarios": {s.name: files.to_toml(s) for s in scenarios},
        },
        {"n_draws": settings.n_draws, "n_replicates": settings.n_replicates, "seed": settings.seed, "n_weeks": weeks},
        parents=(twin.version.id,),
    )
    ledger.remove()
    return {**result, "forecast": version, "taken_up": list(ledger.notes)}


def read_scenarios(
    paths: Sequence[Path], twin: Twin, n_weeks: int | None = None
) -> tuple[tuple[Scenario, ...], list[Problem]]:
    """Load and check scenario files against the twin; all problems of all files at once.

    ``n_weeks`` is the horizon when it is fixed from outside; dates are then checked against it, or against a year
    where it is shorter.
    """
    problems: list[Problem] = []
    warnings: list[Problem] = []
    scenarios: list[Scenario] = []
    facts = facts_under(twin)
    for path in paths:
        try:
            scenario = files.load(path)
        except ScenarioError as error:
            problems.extend(error.problems)
            continue
        # who looks less far than a year cuts a scenario short and need not rewrite it
        lived = scenario if n_weeks is None else replace(scenario, horizon_weeks=max(n_weeks, DEFAULT_WEEKS))
        findings = check_against(lived, facts, Path(path).name)
        problems.extend(findings.errors)
        warnings.extend(findings.warnings)
        scenarios.append(scenario)
    if problems:
        raise ScenarioError(problems)
    return tuple(scenarios), warnings


def facts_under(twin: Twin) -> MarketFacts:
    """What a scenario must fit, with the segments that a calibration has learned."""
    return scenario_facts(twin.world, twin.history, twin.calibration.segments)


def scenario_facts(world: World, history: History, learned: LearnedSegments | None = None) -> MarketFacts:
    """What a scenario must fit."""
    return facts_of(
        world,
        None if learned is None else learned.values(),
        has_market_sales=bool(len(history.audit) or len(history.panel)),
        has_visits=bool((history.touches.channel == VISIT).any()),
    )


def alignment_of(scenario: Scenario, twin: Twin) -> NDArray[np.int32] | None:
    """Territory of each customer under a scenario, (c,) int32; ``None`` where it stays as today."""
    if scenario.field_force.alignment == "current":
        return None
    if scenario.field_force.alignment in ALIGNMENTS:
        potential = twin.calibration.potential.mean
        load = np.stack([usual_visits(twin.world, twin.calibration.rule, potential), potential])
        return balanced(twin.world, load[load.any(axis=1)], heads_under(scenario, twin.world))
    return territories_after(read_alignment(scenario.field_force.alignment), twin.world)


def heads_under(scenario: Scenario, world: World) -> NDArray[np.int64]:
    """Reps of each territory today, with those whom the scenario adds or takes away: (z,) int."""
    heads = world.reps.heads(world.origin, len(world.territories))
    for change in scenario.field_force.changes:
        heads[list(world.territories).index(change.territory)] += change.reps
    return np.maximum(heads, 0)


def _by_customer(own: NDArray[np.float64], names: Sequence[str], world: World) -> pd.DataFrame:
    return pd.DataFrame({"customer_id": world.population.ids, **{name: own[a] for a, name in enumerate(names)}})
