"""Journeys in a plan: which visits open a chain of contacts, and which visits a chain asks for later.

What comes of a contact is not known when a plan is made, so a visit that waits for an outcome is planned for as many
customers as are expected to show it, and carries its condition. Knows no dates.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twin.agents.conditions import Conditions
from twin.engine.chains import CONDITIONS, Steps
from twin.market.channels import VISIT
from twin.planning.targets import Turns
from twin.response import curves, orders
from twin.response.market import Market
from twin.scenario.scenario import Journey

_NOT_DUE = 2**30
_WHEN = {number: name for name, number in CONDITIONS.items()}


@dataclass(frozen=True)
class Course:
    """A chain with its repetitions written out: one entry a contact.

    Parameters
    ----------
    channel, weeks, days : tuple of int
        Channel of each contact, and the time since the contact before it.
    when : tuple of str
        Outcome that each contact waits for.
    """

    channel: tuple[int, ...]
    weeks: tuple[int, ...]
    days: tuple[int, ...]
    when: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.channel)

    def next_visit(self, made: int) -> int:
        """First visit after contact ``made``; -1 when there is none."""
        return next((s for s in range(made + 1, len(self)) if self.channel[s] == VISIT), -1)


def courses(chains: Sequence[Steps], journeys: Sequence[Journey] = ()) -> tuple[Course, ...]:
    """Chains with their repetitions written out.

    Parameters
    ----------
    chains : sequence of Steps
        In weeks, as the simulator lives them.
    journeys : sequence of Journey
        The same ones in days, as the scenario has them; without them a week counts seven days.

    Returns
    -------
    tuple of Course
    """
    if journeys and len(journeys) != len(chains):
        raise ValueError(f"journeys: expected {len(chains)} as in the conditions, got {len(journeys)}")
    out = []
    for number, chain in enumerate(chains):
        rows = []
        for s in range(len(chain.channel)):
            weeks = int(chain.wait[s])
            days = journeys[number].steps[s].after_days if journeys else 7 * weeks
            rows.append((int(chain.channel[s]), weeks, days, _WHEN[chain.when[s]]))
            rows += [(int(chain.channel[s]), max(weeks, 1), max(days, 1), "always")] * (int(chain.times[s]) - 1)
        channel, weeks_, days_, when = zip(*rows)
        out.append(Course(channel, weeks_, days_, when))
    return tuple(out)


class JourneyDiary:
    """Where each customer stands in its journey: the running account of a plan in the making.

    Parameters
    ----------
    market : Market
    conditions : Conditions
    turns : Turns
        Told when a journey's visit comes due.
    first_week : int
        First week of the plan, in which journeys begin that no visit opens.

    Notes
    -----
    Journeys without any visit are run by the channel programmes, not by reps.
    """

    def __init__(self, market: Market, conditions: Conditions, turns: Turns, first_week: int) -> None:
        n = len(market.volume)
        self.turns, self.courses = turns, courses(conditions.chains)
        self.chain = np.full(n, -1, dtype=np.int64)
        for number, chain in enumerate(conditions.chains):
            self.chain[chain.member] = number
        self.step, self.due, self.free_from = np.full(n, -1), np.full(n, _NOT_DUE), np.full(n, -_NOT_DUE)
        self.credit = turns.aims.begin[1].copy()
        self.allowed = turns.aims.eligible | turns.aims.promised
        self.opening, self.order_chance = market.response.opening, _order_chance(market, turns.aims.buys)
        for number, course in enumerate(self.courses):
            if course.channel[0] != VISIT:
                self._await(number, np.flatnonzero(self.chain == number), -1, first_week)

    def open_week(self, week: int) -> None:
        """Tell the turns which journeys want a visit this week."""
        self.turns.journey_due |= self.due <= week

    def visited(self, customers: NDArray[np.int64], week: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Note visits, and what they set going.

        Parameters
        ----------
        customers : (n,) int
        week : int

        Returns
        -------
        chain, step : (n,) int
            The contact of a journey that each visit is; -1 for a visit outside journeys.
        """
        asked = self.due[customers] <= week
        # a chain under way waits for its own visit
        idle = (self.due[customers] == _NOT_DUE) & (self.free_from[customers] <= week)
        by_visit = np.array([course.channel[0] == VISIT for course in self.courses] + [False])
        opened = ~asked & idle & by_visit[self.chain[customers]]
        step = np.where(asked, self.step[customers], np.where(opened, 0, -1))
        self.due[customers[asked]] = _NOT_DUE
        for number in range(len(self.courses)):
            mine = (self.chain[customers] == number) & (step >= 0)
            for made in np.unique(step[mine]):
                self._await(number, customers[mine & (step == made)], int(made), week)
        return np.where(step >= 0, self.chain[customers], -1), step

    def _await(self, number: int, customers: NDArray[np.int64], made: int, week: int) -> None:
        """Enter the next visit that a chain asks of these customers, or its end."""
        course = self.courses[number]
        self.free_from[customers] = week + sum(course.weeks[made + 1 :])
        visit = course.next_visit(made)
        if visit < 0:
            return
        self.credit[customers] += self._chance(course, made, visit, customers)
        asks = customers[(self.credit[customers] >= 1.0) & self.allowed[customers]]
        self.credit[asks] -= 1.0
        self.step[asks] = visit
        self.due[asks] = week + sum(course.weeks[made + 1 : visit + 1])

    def _chance(self, course: Course, made: int, visit: int, customers: NDArray[np.int64]) -> NDArray[np.float64]:
        """Chance that every condition between two contacts of a chain holds: (n,) float."""
        chance = np.ones(len(customers))
        for s in range(made + 1, visit + 1):
            ordered = 1.0 - (1.0 - self.order_chance[customers]) ** max(course.weeks[s], 1)
            chance = (
                chance
                * {
                    "always": np.ones(len(customers)),
                    "order": ordered,
                    "no_order": 1.0 - ordered,
                    "opened": np.full(len(customers), self.opening),
                    "not_opened": np.full(len(customers), 1.0 - self.opening),
                }[course.when[s]]
            )
        return chance


def _order_chance(market: Market, buys: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Chance that a customer orders from us in a week: (c,) float."""
    ours = curves.own_volume(market, market.start.goodwill, np.ones(len(buys), dtype=bool))
    share = np.clip(ours / np.maximum(market.volume, 1e-12), 0.0, 1.0)
    return orders.ordering_probability(np.where(buys, share, 0.0), market.orders)
