"""Flags of a scenario's result: what a reader must know before believing it. Compares with the baseline's runs only."""

from __future__ import annotations

from dataclasses import replace

from twin.forecast.ensemble import Ensemble
from twin.market.channels import STANDARD, VISIT
from twin.scenario.scenario import BASELINE, Scenario

TOO_GOOD_PCT = 15.0
"""A simulated gain above this is taken for a fault until it is explained."""
NEW_MAP_PCT = (0.0, 10.0)
"""What a new map of territories is known to bring: +2 to +7 % in 1,500 projects (Zoltners, Sinha 2005)."""
TOO_GOOD, BEYOND, NO_VISITS, NEW_MAP, IDLE = "too_good", "beyond_history", "no_visits", "new_map", "idle_visits"
_FAR_EFFORT = 1.5
_IDLE = 0.9
"""Below this part of the visits that could be made, reps are said to be idle."""


def flags_of(ensemble: Ensemble, a: int, mean_pct: float) -> list[str]:
    """Flags of one scenario: list of str, in the order in which they are to be read.

    Parameters
    ----------
    ensemble : Ensemble
    a : int
        Row of the scenario; above zero.
    mean_pct : float, percent
        Mean difference of our volume from the baseline.
    """
    scenario, flags = ensemble.scenarios[a], []
    if mean_pct > TOO_GOOD_PCT:
        flags.append(TOO_GOOD)
    before, now = ensemble.contacts[0].sum(axis=(1, 2)), ensemble.contacts[a].sum(axis=(1, 2))
    if (now > _FAR_EFFORT * before.clip(min=1.0)).any():
        flags.append(BEYOND)
    if now[VISIT] == 0 and before[VISIT] > 0:
        flags.append(NO_VISITS)
    elif now[VISIT] < _IDLE * _asked(scenario) * before[VISIT]:
        flags.append(IDLE)
    if only_a_new_map(scenario) and not NEW_MAP_PCT[0] <= mean_pct <= NEW_MAP_PCT[1]:
        flags.append(NEW_MAP)
    return flags


def only_a_new_map(scenario: Scenario) -> bool:
    """Whether the scenario draws territories anew and leaves everything else as it is."""
    today = BASELINE.field_force.alignment
    same = replace(scenario, field_force=replace(scenario.field_force, alignment=today))
    return scenario.field_force.alignment != today and same.changes_nothing


def _asked(scenario: Scenario) -> float:
    """Visits that reps could make, as a part of the baseline's; 0 where the scenario itself takes visits away."""
    force, visit = scenario.field_force, STANDARD[VISIT]
    factor = force.capacity_factor * scenario.channels.factor.get(visit, 1.0)
    taken = any(change.reps < 0 for change in force.changes) or any(
        shock.channel_factor.get(visit, 1.0) < 1.0 for shock in scenario.market.shocks
    )
    return 0.0 if taken else factor
