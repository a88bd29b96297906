"""Gain of a call plan as the twin sees it: paired differences of the goal, and who gets the visits.

The optimiser's own figure is never the gain. Knows no optimiser.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin.forecast.ensemble import Ensemble
from twin.forecast.forecast import spread
from twin.market.channels import VISIT
from twin.market.world import World
from twin.planning.call_planning import Made
from twin.planning.settings import PlanSettings
from twin.response.journey import Stage
from twin.response.market import Market


@dataclass(frozen=True)
class Money:
    """What a goal counts in money.

    Parameters
    ----------
    margin : float
        Part of the price that is left before the field force's cost.
    hour_cost : float, money per hour
        Of a rep's time.
    """

    margin: float = 1.0
    hour_cost: float = 0.0


def gain_of(
    ensemble: Ensemble, a: int, world: World, goal: str, money: Money, minutes: tuple[float, float]
) -> dict[str, Any]:
    """Paired gain of a scenario on the baseline in its goal, run by run.

    Parameters
    ----------
    ensemble : Ensemble
    a : int
        Place of the scenario.
    world : World
    goal : str
        One of :data:`twin.scenario.scenario.GOALS`.
    money : Money
    minutes : (float, float), minutes
        Of a rep's time that a visit takes on average, today and under the plan; other contacts take what the plan's
        settings say.

    Returns
    -------
    dict
        ``unit`` (``percent``, or ``points`` of share), its spread, and ``probability_of_gain``.
    """
    n_own = world.brands.n_own
    volume = ensemble.volume[[0, a]].astype(np.float64).sum(axis=(3, 4, 6)).reshape(2, -1, len(world.brands))
    own = volume[:, :, :n_own]
    if goal == "own_share":
        share = own.sum(axis=2) / np.maximum(volume.sum(axis=2), 1e-300)
        gain, unit = 100.0 * (share[1] - share[0]), "points"
    else:
        price = np.ones(n_own) if goal == "own_volume" else world.brands.unit_price[:n_own]
        reached = own @ price
        if goal == "contribution":
            contacts = ensemble.contacts[[0, a]].sum(axis=(2, 3))
            tasks = contacts.sum(axis=1) - contacts[:, VISIT]
            spent = contacts[:, VISIT] * np.array(minutes) + tasks * PlanSettings().task_minutes
            reached = money.margin * reached - (money.hour_cost / 60.0 * spent)[:, None]
        gain, unit = 100.0 * (reached[1] - reached[0]) / np.maximum(np.abs(reached[0]), 1e-300), "percent"
    return {"unit": unit, **spread(gain), "probability_of_gain": float((gain > 0).mean())}


def who_is_visited(made: Made, market: Market) -> list[dict[str, Any]]:
    """Visits and expected gain by where customers stand with us at the start: buying, left us, never bought."""
    plan, stage = made.plan, market.start.stage
    groups: dict[str, NDArray[np.bool_]] = {
        "buying": made.field.buys,
        "left_us": ~made.field.buys & (stage == Stage.LAPSED),
        "never_bought": ~made.field.buys & (stage != Stage.LAPSED),
    }
    return [
        {
            "customers": name,
            "number": int(who.sum()),
            "visited": int((plan.visits[who] > 0.0).sum()),
            "visits_per_week_today": float(made.field.today[who].sum()),
            "visits_per_week": float(plan.visits[who].sum()),
            "worth_today": float(plan.worth_today[who].sum()),
            "worth": float(plan.worth[who].sum()),
        }
        for name, who in groups.items()
    ]


def customer_columns(made: Made, world: World) -> dict[str, Any]:
    """The ``allocation`` table: one row a customer."""
    plan, field = made.plan, made.field
    month = 52.1775 / 12.0
    channels = np.array(["", *(way.channel for way in made.ways)], dtype=object)
    return {
        "customer_id": world.population.ids,
        "territory_id": world.territories[field.zone],
        "known": world.population.known,
        "visits_per_month_today": field.today * month,
        "visits_per_month": plan.visits * month,
        "by_rule": plan.level > 0,
        "extra_channel": channels[plan.way],
        "minutes_a_visit": field.minutes,
        "worth_today": plan.worth_today,
        "worth": plan.worth,
    }


def territory_columns(made: Made, world: World) -> dict[str, Any]:
    """The ``allocation_territories`` table: one row a territory, with the shadow price of a rep's minute."""
    plan, field = made.plan, made.field
    return {
        "territory_id": world.territories,
        "visits_per_week_capacity": field.capacity[1],
        "visits_per_week": field.sum_of(plan.visits),
        "minutes_per_week_capacity": field.capacity[0],
        "minutes_per_week": field.sum_of(plan.visits * field.minutes),
        "worth_today": field.sum_of(plan.worth_today),
        "worth": field.sum_of(plan.worth),
        "bound": plan.bound,
        "worth_of_a_minute_per_week": plan.price,
        "time_binds": plan.weight,
        "proven": plan.proven,
        "changed": plan.changed,
    }
