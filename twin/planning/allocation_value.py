"""Value: what each programme of contacts is expected to bring from each customer, the mean over parameter draws.

Puts customers, draws and programmes before :mod:`twin.planning.allocation_paths`. Left out on purpose, as they belong
to no single customer: rivals' reaction, and the word of mouth that new customers spread.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from twin.agents.conditions import Conditions
from twin.engine.columns import best_rival, coefficients_of, usual_attraction
from twin.market.channels import VISIT
from twin.market.world import World
from twin.response import goodwill, journey, steady
from twin.response.journey import Stage
from twin.response.market import Market

if TYPE_CHECKING:
    from twin.planning.allocation_paths import Calendar, Customers

STEP_WEEKS = 4
"""Paths are followed in steps of so many weeks, the stages of the journey week by week."""


@dataclass(frozen=True)
class Programmes:
    """What customers may be offered: levels of visits, each with every way of using the other channels.

    Parameters
    ----------
    visits : (l, n) float in [0, 1], visits per week
    by_chance : (l,) bool
        Whether visits of a level come by chance, as they do when reps choose, and not in an even rhythm.
    extra : (o, h) float in [0, 1], contacts per week
        Beyond those that the channels make anyway.
    """

    visits: NDArray[np.float64]
    by_chance: NDArray[np.bool_]
    extra: NDArray[np.float64]


@dataclass(frozen=True)
class Worth:
    """What is to be maximised, as worth of a unit sold.

    Parameters
    ----------
    by_brand : (j,) float
        Zero for rivals' brands.
    as_share : bool
        Whether each draw counts as a part of that draw's whole category.
    """

    by_brand: NDArray[np.float64]
    as_share: bool = False


def expected_worth(
    world: World,
    draws: Iterable[tuple[Market, Conditions]],
    rows: NDArray[np.int64],
    programmes: Programmes,
    worth: Worth,
) -> NDArray[np.float64]:
    """Expected worth of every programme over the horizon of the conditions.

    Parameters
    ----------
    world : World
    draws : iterable of (Market, Conditions)
        Parameter draws of equal weight, each with the scenario laid out over it.
    rows : (n,) int
        Customers that are asked for.
    programmes : Programmes
    worth : Worth

    Returns
    -------
    (o, l, n) float
        In units of ``worth``; the mean over draws.
    """
    from twin.planning import allocation_paths as paths

    total = np.zeros((len(programmes.extra), *programmes.visits.shape))
    n_draws = 0
    for market, laid in draws:
        calendar = _calendar(market, laid, worth)
        carry = market.response.carryover
        spread = np.empty(programmes.visits.shape, dtype=np.float32)
        for level, visits in enumerate(programmes.visits):
            of = steady.spread_of_chance if programmes.by_chance[level] else steady.spread_of_rhythm
            spread[level] = of(visits, carry)
        value = np.zeros_like(total)
        people = _customers(world, market, laid, rows, programmes.extra)
        visits = programmes.visits.astype(np.float32)
        c = coefficients_of(market, laid.memory, np.zeros(1))  # reps' habits of following sales play no part
        paths.price(c, people, calendar, market.n_own, visits, spread, value)
        total += value
        n_draws += 1
    return total / max(n_draws, 1)


def _calendar(market: Market, laid: Conditions, worth: Worth) -> Calendar:
    from twin.planning import allocation_paths as paths

    n_weeks = laid.demand.shape[0]
    first = np.arange(0, n_weeks, STEP_WEEKS)
    weeks = np.diff(np.append(first, n_weeks))
    demand = laid.demand * np.exp(market.log_demand[:n_weeks])
    shift = market.response.promotion[:, None] * laid.campaigns[:, :n_weeks]
    if laid.regional is not None:  # a customer meets the mean of all territories here
        shift += market.response.promotion[:, None] * laid.regional[:, :, :n_weeks].mean(axis=0)
    middle, carry = first + (weeks + 1) / 2.0, market.response.carryover
    category = float(market.volume.sum() * demand.sum()) if worth.as_share else 1.0
    f = np.float32
    return paths.Calendar(
        weeks=weeks.astype(np.int64),
        demand=(np.add.reduceat(demand, first) / weeks).astype(f),
        shift=np.ascontiguousarray((np.add.reduceat(shift, first, axis=1) / weeks).T, dtype=f),
        stock_gone=(1.0 - carry**middle).astype(f),
        pressure_gone=(1.0 - (1.0 - 1.0 / goodwill.PRESSURE_WEEKS) ** middle).astype(f),
        spread_gone=(1.0 - carry ** (2.0 * middle)).astype(f),
        goal=(worth.by_brand / category).astype(f),
    )


def _customers(
    world: World, market: Market, laid: Conditions, rows: NDArray[np.int64], extra: NDArray[np.float64]
) -> Customers:
    from twin.planning import allocation_paths as paths

    people, start, n_own = world.population, market.start, market.n_own
    base, habit, best = market.base_utility[:, rows], start.habit[:, rows], best_rival(market)
    newcomer = np.where(np.arange(len(habit))[:, None] < n_own, 0.0, habit)
    listed = market.neighbours[rows] >= 0
    heard = journey.considers_us(start.stage)[market.neighbours[rows]] & listed
    effect = market.response.channel_effect[:, None] * goodwill.channel_fits(
        people.prefers[rows], len(world.channels), market.response.mismatch
    )
    usual = usual_contacts(market, laid, people.consent)[:, rows]
    rate = usual + extra[:, :, None] * (1.0 - usual)
    spread = (steady.spread_of_chance(rate, market.response.carryover) * effect**2).sum(axis=1)
    word = heard.sum(axis=1) / np.maximum(listed.sum(axis=1), 1)
    return paths.Customers(
        _single(
            [
                effect[VISIT],
                word,
                start.goodwill[rows],
                start.pressure[rows],
                market.volume[rows],
                np.broadcast_to(market.keen, market.volume.shape)[rows],
                usual_attraction(market)[rows],
                market.orders[rows],
            ]
        ),
        _single(start.stage[rows] == np.arange(len(Stage))[:, None]),
        _single(np.stack([base - best[rows], newcomer / np.maximum(newcomer.sum(axis=0), 1e-9), habit], axis=1)),
        _single(
            np.stack([(rate * effect).sum(axis=1), spread, 1.0 - (1.0 - rate).prod(axis=1), rate.sum(axis=1)], axis=1)
        ),
    )


def _single(columns: ArrayLike) -> NDArray[np.float32]:
    return np.ascontiguousarray(columns, dtype=np.float32)


def usual_contacts(market: Market, laid: Conditions, consent: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Contacts that the other channels make anyway: (h, c) float, per week; the row of visits is zero."""
    rate = market.rule.contact_rate * laid.channel_factor.mean(axis=1)[:, None] * consent
    rate[VISIT] = 0.0
    return np.minimum(rate, 1.0)
