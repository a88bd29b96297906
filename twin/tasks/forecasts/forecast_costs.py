"""Forecast costs: what a scenario asks for beside what it brings: people, contacts, moved customers, promotions."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin.market.world import World
from twin.scenario.scenario import Scenario
from twin.weeks import week_of_date


def costs(scenario: Scenario, alignment: NDArray[np.int32] | None, world: World, n_weeks: int) -> dict[str, Any]:
    """What a scenario asks for.

    Parameters
    ----------
    scenario : Scenario
    alignment : (c,) int32, optional
        Territory of each customer where the scenario changes it.
    world : World
    n_weeks : int
        Horizon.

    Returns
    -------
    dict
        ``reps``: those who join less those who leave within the horizon; ``rep_years``: their time in the horizon;
        ``customers_moved``: known customers who change territory, and so most often their rep; ``promotion_weeks``:
        weeks times strength of our promotions.
    """
    last = world.origin + n_weeks
    changes = [change for change in scenario.field_force.changes if change.start_week(world.origin) < last]
    years = sum(change.reps * (last - change.start_week(world.origin)) for change in changes) / 52.0
    moved = 0
    if alignment is not None:
        moved = int(((alignment != world.population.territory) & world.population.known).sum())
    ours = [(week_of_date(each.start), each.weeks, each.strength) for each in scenario.promotions]
    weeks = sum(strength * max(min(s + n, last) - max(s, world.origin), 0) for s, n, strength in ours)
    return {
        "reps": sum(change.reps for change in changes),
        "rep_years": float(years),
        "customers_moved": moved,
        "promotion_weeks": float(weeks),
    }
