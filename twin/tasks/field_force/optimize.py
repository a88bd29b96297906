"""optimize: the best call plan within limits, written as a scenario and run in the twin against the status quo."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from twin.agents.conditions import lay_out
from twin.calibration.market_draw import lay_out_draw
from twin.errors import PlanError, Problem
from twin.forecast.compare import comparison_columns
from twin.forecast.ensemble import Ensemble, EnsembleSettings, believed_gain, simulate
from twin.forecast.executors import usual_threads
from twin.forecast.forecast import summarise
from twin.forecast.naive import seasonal_naive
from twin.market.world import World
from twin.planning.allocation_rules import as_rules
from twin.planning.allocation_scenario import MONTHS_PER_WEEK, as_list
from twin.planning.allocation_value import Worth
from twin.planning.call_gain import Money, customer_columns, territory_columns, who_is_visited
from twin.planning.call_planning import Aim, Draw, Draws, Made, make_call_plan
from twin.progress import Progress, silent
from twin.scenario import files
from twin.scenario.check import check_against
from twin.scenario.facts import customer_columns as condition_columns
from twin.scenario.scenario import BASELINE, Goal, Scenario
from twin.tasks import shelf
from twin.tasks.field_force.optimize_report import figures, notes_on
from twin.tasks.field_force.optimize_settings import OptimizeSettings
from twin.tasks.forecasts import execution, written_scenario
from twin.tasks.forecasts.forecast import DEFAULT_WEEKS, alignment_of, facts_under, read_scenarios
from twin.tasks.learning.calibrate import unknowable
from twin.tasks.privacy.consent import agreed_now
from twin.tasks.shelf import ALLOCATION, Twin
from twin.workspace.store import Workspace

MARK = "Written by twin optimize."
_ROOM = 3_000_000
"""Customers times draws that are kept in memory, and at least as many draws as this leaves are gone through."""
_FEWEST_DRAWS = 16
_STATES_PER_SECOND = 10_000_000
_MOST_STATES = 20_000_000


def run_optimize(
    workspace: Workspace,
    path: Path | None = None,
    settings: OptimizeSettings | None = None,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Optimise, write the scenario, run it against the status quo, publish.

    Parameters
    ----------
    workspace : Workspace
    path : Path, optional
        Scenario whose goal, horizon, field force, alignment, promotions, ... hold; its frequencies are service
        promised, its ``unknown_share`` is reserved for those who do not buy, and its ``drop_small`` gets no visit.
    settings : OptimizeSettings, optional
    progress : Progress, optional

    Returns
    -------
    dict
        ``scenario``, ``file``, ``goal``, ``mode``, ``horizon_weeks``; ``optimiser`` (its own figures), ``twin`` (the
        gain), ``expression`` (what the words of the scenario lose), ``visits``, ``who``, ``territories``, ``forecast``
        (the contract's JSON), ``notes``, ``warnings``, ``allocation`` (version).

    Raises
    ------
    PlanError
        When nobody visits, the limits leave no plan, or the file would overwrite another's.
    ScenarioError
        When the scenario does not suit the market.
    """
    tell, settings = progress or silent, settings or OptimizeSettings()
    twin = agreed_now(workspace, shelf.load_twin(workspace))
    scenario, warnings = _asked(path, twin, settings)
    file = written_scenario.place_for(workspace, scenario.name, MARK, "twin optimize", "optimised")
    weeks = settings.n_weeks or scenario.horizon_weeks or DEFAULT_WEEKS
    made, draws = _plan(twin, scenario, settings, weeks, tell)
    optimised, expression = _expressed(made, twin, scenario, settings)
    again = files.loads(files.to_toml(optimised), file.name)
    warnings += check_against(again, facts_under(twin), file.name).warnings
    ensemble = _lived(twin, again, settings, weeks, tell)
    naive = seasonal_naive(twin.world, twin.history, weeks)
    forecast = summarise(ensemble, twin.world, naive, twin.calibration.market_seen, unknowable(twin.calibration))
    result = {
        "scenario": again.name,
        "file": str(file),
        "goal": scenario.goal.maximise,
        "mode": settings.mode,
        "keep_pct": 100.0 * settings.keep,
        "horizon_weeks": weeks,
        **figures(made, twin, ensemble, scenario, settings, forecast),
        "expression": expression,
        "who": who_is_visited(made, draws[0].market),
        "territories": pd.DataFrame(territory_columns(made, twin.world)).to_dict("records"),
        "forecast": forecast,
        "notes": notes_on(made, twin, settings, scenario, len(draws)),
        "warnings": [str(warning) for warning in warnings],
    }
    return {**result, "allocation": _published(workspace, twin, made, ensemble, again, file, result)}


def _published(
    workspace: Workspace, twin: Twin, made: Made, ensemble: Ensemble, scenario: Scenario, file: Path,
    result: dict[str, Any],
) -> str:  # fmt: skip
    """Version of the result; the scenario's file is written when it stands."""
    text = files.to_toml(scenario)
    version = workspace.publish(
        ALLOCATION,
        {
            "summary": result,
            "allocation": pd.DataFrame(customer_columns(made, twin.world)),
            "territories": pd.DataFrame(territory_columns(made, twin.world)),
            "comparison": pd.DataFrame(comparison_columns(ensemble, twin.world, twin.calibration.market_seen)),
            "scenarios": {scenario.name: text},
        },
        {name: result[name] for name in ("mode", "goal", "keep_pct", "horizon_weeks")},
        parents=(twin.version.id,),
    )
    written_scenario.write(file, text)
    return version


def _asked(path: Path | None, twin: Twin, settings: OptimizeSettings) -> tuple[Scenario, list[Problem]]:
    """The scenario that is to be improved, with the goal that counts and the name that it will have."""
    scenario, warnings = Scenario(name="Call plan"), []
    if path is not None:
        (scenario,), warnings = read_scenarios([path], twin, settings.n_weeks)
    name = settings.name.strip() or f"{scenario.name[:100]}, optimised"
    goal = replace(scenario.goal, maximise=settings.goal or scenario.goal.maximise)
    asked = replace(scenario, name=name, goal=goal)
    bare = Scenario(name=name, goal=Goal(goal.maximise))
    found = check_against(bare, facts_under(twin), path.name if path else "--goal")
    found.raise_errors()
    return asked, [*warnings, *(warning for warning in found.warnings if path is None or settings.goal)]


def _plan(twin: Twin, scenario: Scenario, settings: OptimizeSettings, weeks: int, tell: Progress) -> tuple[Made, Draws]:
    world, calibration = twin.world, twin.calibration
    alignment = alignment_of(scenario, twin)
    wished = replace(
        scenario.targeting, unknown_share=None, unknown_rank=BASELINE.targeting.unknown_rank,
        known_rank=BASELINE.targeting.known_rank,
    )  # fmt: skip
    kept = replace(scenario, targeting=wished)
    # all draws, or as many as are gone through in reasonable time
    n_draws = min(calibration.n_draws, max(_ROOM // max(len(world.population), 1), _FEWEST_DRAWS))

    def draw(number: int) -> Draw:
        market = lay_out_draw(calibration, world, twin.history, number, weeks)
        laid = lay_out(world, market, kept, weeks, alignment)
        return Draw(market, lay_out(world, market, BASELINE, weeks), laid)

    draws = Draws(draw, n_draws, n_draws * len(world.population) <= _ROOM)
    goal = scenario.goal.maximise
    states = int(min(settings.time_budget * _STATES_PER_SECOND / max(len(world.territories), 1), _MOST_STATES))
    aim = Aim(
        worth=_worth(world, goal, settings.money),
        minute_cost=settings.money.hour_cost / 60.0 if goal == "contribution" else 0.0,
        keep=settings.keep,
        most=1.0 if settings.most_visits is None else min(settings.most_visits * MONTHS_PER_WEEK, 1.0),
        change=np.inf if settings.most_change is None else settings.most_change * MONTHS_PER_WEEK,
        explore=max(settings.explore, scenario.targeting.unknown_share or 0.0),
        channels=settings.channels,
        states=states,
    )
    return make_call_plan(world, draws, aim, progress=tell), draws


def _worth(world: World, goal: str, money: Money) -> Worth:
    """Worth of a unit sold, by brand."""
    own = world.brands.own.astype(np.float64)
    if goal == "own_value":
        own[world.brands.own] = world.brands.unit_price[world.brands.own]
    if goal == "contribution":
        own[world.brands.own] = money.margin * world.brands.unit_price[world.brands.own]
    return Worth(own, as_share=goal == "own_share")


def _expressed(
    made: Made, twin: Twin, scenario: Scenario, settings: OptimizeSettings
) -> tuple[Scenario, dict[str, Any]]:
    """The plan as a scenario, and what its words lose."""
    world, plan, free = twin.world, made.plan, float(made.plan.worth.sum())
    listed = as_list(plan, made.field, world, scenario, made.ways, settings.keep)
    if listed is None and settings.form == "list":
        raise PlanError(
            "--form list: expected so few customers that a scenario has room for their names, found "
            f"{int((plan.level > 0).sum())} with visits of their own. Use --form rules."
        )
    form, worth, visits = "list", free, plan.visits
    optimised = listed
    if listed is None or settings.form == "rules":
        gain = believed_gain(world, twin.history, twin.calibration)
        rules = as_rules(made, condition_columns(world), gain, scenario, settings.keep)
        form, worth, visits, optimised = "rules", rules.worth, rules.visits, rules.scenario
    assert optimised is not None
    today = float(plan.worth_today.sum())
    minutes = float((visits * made.field.minutes).sum())
    note = f"{MARK} {scenario.note}".strip()[:4000]
    return replace(optimised, note=note), {
        "form": form,
        "rules": len(optimised.targeting.frequency),
        "journeys": len(optimised.journeys) - len(scenario.journeys),
        "lost_pct": 100.0 * (free - worth) / max(abs(free), 1e-300),
        "lost_pct_of_gain": 100.0 * (free - worth) / (free - today) if free > today else 0.0,
        "minutes_per_week": minutes,
        "minutes_per_week_capacity": float(made.field.capacity[0].sum()),
    }


def _lived(twin: Twin, scenario: Scenario, settings: OptimizeSettings, weeks: int, tell: Progress) -> Ensemble:
    """The scenario beside the status quo, on the same draws and the same luck."""
    n_threads = settings.n_threads or usual_threads()
    alignment = alignment_of(scenario, twin)
    return simulate(
        twin.world,
        twin.history,
        twin.calibration,
        [scenario],
        EnsembleSettings(weeks, settings.n_draws, settings.n_replicates, n_threads, settings.seed),
        {} if alignment is None else {scenario.name: alignment},
        tell,
        execution.executor(n_threads, settings.cluster),
    )
