"""Field: who may be visited, what is done today, and what the reps of each territory can do.

Today's plan is the learned visit rule without its luck. Knows no worth, see :mod:`twin.planning.allocation_value`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twin.agents.conditions import Conditions
from twin.market.channels import VISIT
from twin.market.world import World
from twin.planning.allocation_minutes import minutes_of_visits
from twin.planning.settings import PlanSettings
from twin.planning.targets import aims, visit_capacity
from twin.response import journey
from twin.response.market import Market


@dataclass(frozen=True)
class Field:
    """What an allocation stands on.

    Parameters
    ----------
    zone : (c,) int
        Territory that serves the customer.
    may_visit : (c,) bool
        Consents to visits, and is not left out by the scenario.
    buys : (c,) bool
        Buys from us at the start, in most draws.
    today : (c,) float, visits per week
        Today's plan, as far as the scenario's capacity goes.
    minutes : (c,) float, minutes
        Of a visit, with its share of the way.
    capacity : (2, z) float
        Minutes a week, and visits a week, of each territory's reps; means over the horizon.
    """

    zone: NDArray[np.int64]
    may_visit: NDArray[np.bool_]
    buys: NDArray[np.bool_]
    today: NDArray[np.float64]
    minutes: NDArray[np.float64]
    capacity: NDArray[np.float64]

    @property
    def order(self) -> NDArray[np.int64]:
        """Customers territory by territory: (c,) int, rows."""
        return np.argsort(self.zone, kind="stable")

    def sum_of(self, amount: NDArray[np.float64]) -> NDArray[np.float64]:
        """Sum of an amount of each customer over the territories: (z,) float."""
        return np.bincount(self.zone, amount, self.capacity.shape[1])


def field_of(
    world: World,
    draws: Iterable[tuple[Market, Conditions]],
    laid: Conditions,
    settings: PlanSettings,
) -> Field:
    """What there is to allocate.

    Parameters
    ----------
    world : World
    draws : iterable of (Market, Conditions)
        Parameter draws, each with the baseline laid out over it.
    laid : Conditions
        The scenario for which visits are allocated; only its field force, alignment and dropped customers count.
    settings : PlanSettings

    Returns
    -------
    Field
    """
    people, n_zones = world.population, len(world.territories)
    everybody = np.ones(len(people), dtype=bool)
    today, buys, n_draws = np.zeros(len(people)), np.zeros(len(people)), 0
    for market, baseline in draws:
        weeks = slice(0, baseline.rep_visits.shape[1])
        today += aims(world, market, baseline, weeks=weeks, reachable=everybody, settings=settings).rate
        buys += journey.considers_us(market.start.stage)
        n_draws += 1
    today /= max(n_draws, 1)
    zone = laid.territory.astype(np.int64)
    may_visit = people.consent[VISIT] & ~(laid.dropped & people.known)
    today = np.where(may_visit, today, 0.0)
    per_rep = visit_capacity(laid).mean(axis=1)
    visits = np.bincount(laid.rep_territory, per_rep, n_zones)
    reps = np.bincount(laid.rep_territory, per_rep > 0.0, n_zones)
    minutes = minutes_of_visits(world, zone, may_visit, visits, reps, settings)
    made = np.bincount(zone, today, n_zones)
    # more than the scenario's reps can do of today's plan cannot be kept
    today *= np.minimum(visits / np.maximum(made, 1e-300), 1.0)[zone]
    usual = float((today * minutes).sum() / today.sum()) if today.sum() > 0.0 else float(minutes.mean())
    made, spent = np.bincount(zone, today, n_zones), np.bincount(zone, today * minutes, n_zones)
    of_a_visit = np.divide(spent, made, out=np.full(n_zones, usual), where=made > 0.0)
    return Field(zone, may_visit, buys > 0.5 * n_draws, today, minutes, np.stack([visits * of_a_visit, visits]))
