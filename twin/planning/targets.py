"""Targets: how often each customer is to be visited, and whose turn it is in a week.

The scenario's targeting without its luck: everybody gets the visits that the simulated reps make on average. Knows no
dates and no roads.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from twin import draws
from twin.agents.conditions import CYCLE_WEEKS, Conditions
from twin.draws import Key, Purpose
from twin.market.channels import VISIT
from twin.market.world import World
from twin.planning.settings import PlanSettings
from twin.response import journey
from twin.response.market import Market


class Motive(IntEnum):
    """Why a customer is visited. Append only."""

    USUAL = 0
    RANKED = 1
    PROMISED = 2
    JOURNEY = 3
    BY_HAND = 4


@dataclass(frozen=True)
class Aims:
    """What a plan wants of every customer.

    Parameters
    ----------
    rate : (c,) float, visits per week
        Usual, in weeks without holidays.
    eligible : (c,) bool
        May be visited at all.
    promised : (c,) bool
        Under a frequency rule.
    buys : (c,) bool
        Buys from us when the plan begins.
    rank : (c,) float
        Highest first; ``nan`` where turns follow ``rate``.
    begin : (2, c) float in (0, 1)
        Where in its turn a customer begins, for visits and for journeys.
    gap_days : (c,) int, days
        Least time between two visits.
    """

    rate: NDArray[np.float64]
    eligible: NDArray[np.bool_]
    promised: NDArray[np.bool_]
    buys: NDArray[np.bool_]
    rank: NDArray[np.float64]
    begin: NDArray[np.float64]
    gap_days: NDArray[np.int64]


def aims(
    world: World,
    market: Market,
    conditions: Conditions,
    *,
    weeks: slice,
    reachable: NDArray[np.bool_],
    settings: PlanSettings,
) -> Aims:
    """How often each customer is to be visited under a scenario.

    Parameters
    ----------
    world : World
    market : Market
        One representative draw.
    conditions : Conditions
    weeks : slice
        Weeks of the conditions that the plan covers.
    reachable : (c,) bool
        Customers whose hours leave room for a visit.
    settings : PlanSettings

    Returns
    -------
    Aims
    """
    population = world.population
    buys = journey.considers_us(market.start.stage)
    eligible = population.consent[VISIT] & reachable & ~(conditions.dropped & population.known)
    # a frequency that the scenario asks for counts for the smallest customers too, as in the simulated week
    promised = np.isfinite(conditions.frequency) & population.consent[VISIT] & reachable
    rank = np.full(len(population), np.nan)
    for pool, order in ((buys, conditions.known_rank), (~buys, conditions.unknown_rank)):
        if order is not None:
            rank = np.where(pool, order, rank)
    weight = np.where(
        buys,
        1.0 if conditions.known_even else market.rule.known_weight,
        1.0 if conditions.unknown_even else market.rule.unknown_weight,
    )
    eligible &= np.isfinite(rank) | (np.isnan(rank) & (weight > 0.0))
    rate = np.where(promised, np.minimum(np.nan_to_num(conditions.frequency), 1.0), 0.0)
    free = eligible & ~np.isfinite(conditions.frequency)
    capacity = np.bincount(
        conditions.rep_territory, visit_capacity(conditions)[:, weeks].mean(axis=1), len(world.territories)
    )
    spare = np.maximum(capacity - np.bincount(conditions.territory, rate, len(world.territories)), 0.0)
    for members, visits in _pools(conditions, buys, free, spare):
        rate[members] = _rates(weight[members], rank[members], visits)
    start_week = market.first_week + weeks.start
    return Aims(
        rate=rate,
        eligible=free,
        promised=promised,
        buys=buys,
        rank=rank,
        begin=draws.uniforms(Key(), Purpose.VISIT, start_week, population.entity, 2),
        gap_days=gap_days(rate, settings),
    )


def gap_days(rate: NDArray[np.float64], settings: PlanSettings) -> NDArray[np.int64]:
    """Least time between two visits to a customer who gets ``rate`` visits a week: (...) int, days."""
    usual = 7.0 / np.clip(rate, 1e-9, 1.0)
    return np.floor(np.minimum(settings.closest * usual, settings.longest_gap_days) + 1e-9).astype(np.int64)


def race(weight: NDArray[np.float64], visits: float) -> NDArray[np.float64]:
    """Chance of each customer to be among the first ``visits`` drawn without putting back, in proportion to weight.

    Parameters
    ----------
    weight : (n,) float, not negative
    visits : float

    Returns
    -------
    (n,) float in [0, 1]
        Sums to ``visits`` where there are so many customers.

    Notes
    -----
    Drawing with Gumbel scores is a race of exponential clocks; it is over at the time when so many have rung.
    """
    entered = weight > 0.0
    if visits >= entered.sum():
        return entered.astype(np.float64)
    relative = weight / max(weight.max(initial=0.0), 1e-300)
    low, high = 0.0, 1.0
    while -np.expm1(-high * relative).sum() < visits and high < 1e300:
        high *= 2.0
    for _ in range(60):
        middle = 0.5 * (low + high)
        enough = -np.expm1(-middle * relative).sum() >= visits
        low, high = (low, middle) if enough else (middle, high)
    return -np.expm1(-high * relative)


def _pools(
    conditions: Conditions, buys: NDArray[np.bool_], free: NDArray[np.bool_], spare: NDArray[np.float64]
) -> Iterator[tuple[NDArray[np.int64], float]]:
    """Customers without a promise, territory by territory and pool by pool, and the visits a week that are theirs."""
    order = np.argsort(conditions.territory, kind="stable")
    edges = np.searchsorted(conditions.territory[order], np.arange(len(spare) + 1))
    for zone, visits in enumerate(spare):
        here = order[edges[zone] : edges[zone + 1]]
        here = here[free[here]]
        yield here[~buys[here]], visits * conditions.unknown_share
        yield here[buys[here]], visits * (1.0 - conditions.unknown_share)


def _rates(weight: NDArray[np.float64], rank: NDArray[np.float64], visits: float) -> NDArray[np.float64]:
    if not len(rank) or np.isnan(rank[0]):  # a pool is ranked as a whole or not at all
        return race(weight, visits)
    rate = np.zeros(len(rank))
    rate[np.argsort(-rank, kind="stable")[: round(visits * CYCLE_WEEKS)]] = 1.0 / CYCLE_WEEKS
    return rate


def visit_capacity(conditions: Conditions) -> NDArray[np.float64]:
    """Visits that each rep can make: (r, w) float, visits per week."""
    return conditions.rep_visits * conditions.channel_factor[VISIT]


class Turns:
    """Whose turn it is: the running account of a plan in the making.

    Parameters
    ----------
    aims : Aims
    last_visit : (c,) int, week
    """

    def __init__(self, aims: Aims, last_visit: NDArray[np.int32]) -> None:
        self.aims = aims
        self.credit = aims.begin[0].copy()
        self.last_visit = last_visit.copy()
        self.journey_due = np.zeros(len(last_visit), dtype=bool)

    def open_week(self, part: float) -> None:
        """Credit everybody with a week.

        Parameters
        ----------
        part : float in [0, 1]
            Working part of the week; a promise is kept whatever the holidays.
        """
        self.credit += self.aims.rate * np.where(self.aims.promised, 1.0, part)

    def promised(
        self, book: NDArray[np.int64], week: int, visits: int
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
        """Those to whom the scenario promised a visit this week, longest waiting first.

        Parameters
        ----------
        book : (n,) int
            Customers of a rep.
        week : int
        visits : int

        Returns
        -------
        customers, motives : (m,) int
            At most ``visits``.
        left_out : (k,) int
            Promised and due, but beyond capacity.
        """
        due = (self.aims.promised[book] & (self.credit[book] >= 1.0)) | self.journey_due[book]
        waiting = book[due & self._rested(book, week)]
        waiting = waiting[np.argsort(-(self.credit[waiting] + self.journey_due[waiting]), kind="stable")]
        motive = np.where(self.journey_due[waiting], Motive.JOURNEY, Motive.PROMISED).astype(np.int64)
        return waiting[:visits], motive[:visits], waiting[visits:]

    def fill(
        self, book: NDArray[np.int64], week: int, visits: int, buys: bool
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """The customers of one pool whose turn it is.

        Parameters
        ----------
        book : (n,) int
        week : int
        visits : int
        buys : bool
            Whether from those who buy from us, or from the others.

        Returns
        -------
        customers, motives : (m,) int
            At most ``visits``.
        """
        pool = book[self.aims.eligible[book] & (self.aims.buys[book] == buys) & ~self.journey_due[book]]
        ranked = bool(len(pool)) and not np.isnan(self.aims.rank[pool[0]])
        if ranked:
            pool = pool[week - self.last_visit[pool] >= CYCLE_WEEKS]
            urgency = self.aims.rank[pool]
        else:
            pool = pool[self._rested(pool, week)]
            urgency = self.credit[pool]
        chosen = pool[np.lexsort((-self.credit[pool], -urgency))[: max(visits, 0)]]
        return chosen, np.full(len(chosen), Motive.RANKED if ranked else Motive.USUAL, dtype=np.int64)

    def visited(self, customers: NDArray[np.int64], week: int) -> None:
        """Note that these customers are visited in ``week``."""
        self.credit[customers] -= 1.0
        self.last_visit[customers] = week
        self.journey_due[customers] = False

    def _rested(self, customers: NDArray[np.int64], week: int) -> NDArray[np.bool_]:
        # a visit late in one week and one early in another are up to four days closer than the weeks say
        waited = week - self.last_visit[customers].astype(np.int64)
        return waited * 7 >= np.maximum(self.aims.gap_days[customers], 1)
