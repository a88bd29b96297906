"""Call plan: how often each customer is to be visited and contacted, what that promises, and what a minute is worth.

The optimiser's answer and its own figures; what it is really worth, only the twin can say. Knows no file.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twin.errors import PlanError
from twin.planning.allocation import Allocation, Groups, Menus, allocate
from twin.planning.allocation_field import Field
from twin.planning.allocation_menu import Guardrails, Offers, part_of, taken

_HAIR = 1e-9


@dataclass(frozen=True)
class CallPlan:
    """An allocation of visits and contacts.

    Parameters
    ----------
    visits : (c,) float, visits per week
    level : (c,) int8
        0 where the customer stays under the learned rule; else a rhythm, see :mod:`twin.planning.allocation_menu`.
    way : (c,) int8
        Way of using other channels; 0: as they are used anyway.
    worth, worth_today : (c,) float
        Expected over the horizon, by the optimiser's own figures: under the plan, and under today's plan.
    bound : (z,) float
        No plan within the same limits is worth more, territory by territory.
    price : (z,) float
        Worth over the horizon of one more minute of reps' time in each week; the visits that it holds grow in step.
    weight : (z,) float in [0, 1]
        How far time is what binds; the rest is the number of visits.
    proven : (z,) bool
        The exact search found nothing better.
    changed : (z,) bool
        Territories in which the plan is worth more than today's; elsewhere today's stays.
    """

    visits: NDArray[np.float64]
    level: NDArray[np.int8]
    way: NDArray[np.int8]
    worth: NDArray[np.float64]
    worth_today: NDArray[np.float64]
    bound: NDArray[np.float64]
    price: NDArray[np.float64]
    weight: NDArray[np.float64]
    proven: NDArray[np.bool_]
    changed: NDArray[np.bool_]

    @property
    def gap(self) -> float:
        """Part of the bound that the plan may miss."""
        bound = self.bound.sum()
        return float(max(bound - self.worth.sum(), 0.0) / max(abs(bound), 1e-300))

    @property
    def gain(self) -> float:
        """Relative gain on today's plan by the optimiser's own figures."""
        today = self.worth_today.sum()
        return float((self.worth.sum() - today) / max(abs(today), 1e-300))


def plan_calls(
    field: Field, offered: Offers, worth_today: NDArray[np.float64], guardrails: Guardrails, states: int = 0
) -> CallPlan:
    """The best plan of visits and contacts, territory by territory.

    Parameters
    ----------
    field : Field
    offered : Offers
    worth_today : (c,) float
        What today's plan is worth.
    guardrails : Guardrails
    states : int
        Of the exact search in a territory; 0: no search.

    Returns
    -------
    CallPlan

    Raises
    ------
    PlanError
        Where what is promised needs more than there is.
    """
    n_zones = field.capacity.shape[1]
    first = np.append(0, np.cumsum(np.bincount(field.zone, minlength=n_zones)))
    answer = allocate(Groups(first, field.capacity), lambda lo, hi: part_of(offered.menus, lo, hi), states)
    _refuse(field.zone[offered.rows], field.capacity, offered.menus, answer, "")
    solved = Solved(
        offered.menus.start[:-1] + answer.choice, answer.bound, answer.price, answer.weight[0], answer.proven
    )
    if guardrails.explore > 0.0:
        solved = _explored(field, offered, guardrails.explore, states, solved)
    n = len(field.zone)
    visits, worth, level, way = np.empty(n), np.empty(n), np.empty(n, np.int8), np.empty(n, np.int8)
    visits[offered.rows], worth[offered.rows] = offered.menus.takes[1, solved.item], offered.menus.value[solved.item]
    level[offered.rows], way[offered.rows] = offered.level[solved.item], offered.way[solved.item]
    today = field.sum_of(worth_today)
    changed = field.sum_of(worth) > today + 1e-9 * np.abs(today)
    changed |= field.sum_of(_broken_today(field, guardrails)) > 0.0
    changed &= field.sum_of((level > 0) | (way > 0) | (np.abs(visits - field.today) > _HAIR)) > 0.0
    stays = ~changed[field.zone]
    capacity = field.capacity[0]
    return CallPlan(
        visits=np.where(stays, field.today, visits),
        level=np.where(stays, 0, level).astype(np.int8),
        way=np.where(stays, 0, way).astype(np.int8),
        worth=np.where(stays, worth_today, worth),
        worth_today=worth_today,
        bound=np.where(changed, solved.bound, np.maximum(solved.bound, today)),
        price=np.divide(solved.price, capacity, out=np.zeros(n_zones), where=capacity > 0.0),
        weight=solved.weight,
        proven=solved.proven,
        changed=changed,
    )


@dataclass(frozen=True)
class Solved:
    """Answers of all territories: item of each customer, in the order of the offers, and figures by territory."""

    item: NDArray[np.int64]
    bound: NDArray[np.float64]
    price: NDArray[np.float64]
    weight: NDArray[np.float64]
    proven: NDArray[np.bool_]


def _broken_today(field: Field, guardrails: Guardrails) -> NDArray[np.bool_]:
    """Customers for whom today's plan breaks what is asked for: (c,) bool."""
    broken = (guardrails.least > field.today + _HAIR) & field.may_visit
    if guardrails.keep < 1.0:
        broken |= field.today > guardrails.most + _HAIR
    if guardrails.explore > 0.0:
        spent = field.today * field.minutes
        others = field.sum_of(np.where(field.buys, 0.0, spent))
        broken |= (others < guardrails.explore * field.sum_of(spent) - _HAIR)[field.zone]
    return broken


def _explored(field: Field, offered: Offers, part: float, states: int, solved: Solved) -> Solved:
    """Solve anew, in two, territories that would give those who do not buy less than what is reserved for them."""
    zone, buys = field.zone[offered.rows], field.buys[offered.rows]
    n_zones = field.capacity.shape[1]
    others = np.bincount(zone, np.where(buys, 0.0, offered.menus.takes[0, solved.item]), n_zones)
    again = np.flatnonzero(others < part * field.capacity[0] - _HAIR)
    if not len(again):
        return solved
    number = np.full(n_zones, -1)
    number[again] = np.arange(len(again))
    group = 2 * number[zone] + buys
    place = np.flatnonzero(number[zone] >= 0)
    place = place[np.argsort(group[place], kind="stable")]
    menus, items = taken(offered.menus, place)
    capacity = np.repeat(field.capacity[:, again], 2, axis=1) * np.tile([part, 1.0 - part], len(again))
    first = np.append(0, np.cumsum(np.bincount(group[place], minlength=2 * len(again))))
    answer = allocate(Groups(first, capacity), lambda lo, hi: part_of(menus, lo, hi), states)
    _refuse(group[place], capacity, menus, answer, " beside what is reserved for those who do not buy")
    item = solved.item.copy()
    item[place] = items[menus.start[:-1] + answer.choice]

    def joined(old: NDArray, new: NDArray) -> NDArray:
        figure = old.copy()
        figure[again] = new
        return figure

    return Solved(
        item,
        joined(solved.bound, answer.bound.reshape(-1, 2).sum(axis=1)),
        joined(solved.price, answer.price.reshape(-1, 2).sum(axis=1)),
        joined(solved.weight, answer.weight[0].reshape(-1, 2) @ np.array([part, 1.0 - part])),
        joined(solved.proven, answer.proven.reshape(-1, 2).all(axis=1)),
    )


def _refuse(
    group: NDArray[np.int64], capacity: NDArray[np.float64], menus: Menus, answer: Allocation, beside: str
) -> None:
    if answer.feasible.all():
        return
    least = [np.bincount(group, np.minimum.reduceat(row, menus.start[:-1]), len(answer.value)) for row in menus.takes]
    g = int(np.flatnonzero(~answer.feasible)[0])
    raise PlanError(
        f"guardrails: expected promises that reps can keep{beside}, found {int((~answer.feasible).sum())} territories "
        f"where they cannot. The first needs {least[1][g]:.1f} visits and {least[0][g]:.0f} minutes a week, and has "
        f"{capacity[1, g]:.1f} and {capacity[0, g]:.0f}. Promise or keep less, allow more change, or add capacity."
    )
