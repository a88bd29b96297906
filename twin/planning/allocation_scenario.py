"""Scenario of a call plan: an allocation in the words of the grammar, customer by customer.

Rhythms become frequency rules over customers' names, contacts on other channels become journeys. Exact, but long: see
:mod:`twin.planning.allocation_rules` for what stands in its place where there are too many customers.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from twin.market.world import World
from twin.planning.allocation_field import Field
from twin.planning.allocation_menu import INTERVALS_WEEKS
from twin.planning.call_plan import CallPlan
from twin.scenario.condition import MAX_LENGTH
from twin.scenario.scenario import Frequency, Journey, Scenario, Step, Targeting

MONTHS_PER_WEEK = 12.0 / 52.1775
MOST_RULES = 200
"""So many entries the grammar allows in one list."""
_DIGITS = 4
_FAR = 52
"""Repetitions of a chain's last step: as many as the grammar allows."""


@dataclass(frozen=True)
class Way:
    """A way of using a channel beyond what it does anyway.

    Parameters
    ----------
    channel : str
    every_weeks : int
        One more contact in so many weeks.
    """

    channel: str
    every_weeks: int

    @property
    def steps(self) -> tuple[Step, ...]:
        """The chain of contacts."""
        return Step(self.channel), Step(self.channel, after_days=7 * self.every_weeks, times=_FAR)


def as_list(
    plan: CallPlan, field: Field, world: World, scenario: Scenario, ways: Sequence[Way], keep: float
) -> Scenario | None:
    """The plan as rules over lists of customers.

    Parameters
    ----------
    plan : CallPlan
    field : Field
    world : World
    scenario : Scenario
        What the plan was made for; all but its targeting stays.
    ways : sequence of Way
        Behind :attr:`CallPlan.way`, from 1 on.
    keep : float
        See :class:`twin.planning.allocation_menu.Guardrails`.

    Returns
    -------
    Scenario or None
        ``None`` where the grammar has no room for so many customers.
    """
    ids = world.population.ids
    rules = [
        Frequency(visits_per_month(1.0 / weeks), where)
        for level, weeks in reversed(list(enumerate(INTERVALS_WEEKS, start=1)))
        for where in listed(ids[plan.level == level])
    ]
    left = plan.changed[field.zone] & (plan.level == 0)
    if keep == 0.0 and left.any():
        rules += [Frequency(0.0, where) for where in _remainder(plan, field, world, left)]
    journeys = [
        Journey(way.steps, f"{way.channel} once more in {way.every_weeks} weeks", where)
        for number, way in enumerate(ways, start=1)
        for where in listed(ids[plan.way == number])
    ]
    if len(rules) > MOST_RULES or len(scenario.journeys) + len(journeys) > MOST_RULES:
        return None
    targeting = Targeting(
        unknown_share=_unknown_share(plan, field) if rules and keep > 0.0 else None,
        drop_small=scenario.targeting.drop_small,
        frequency=tuple(rules),
    )
    return replace(scenario, targeting=targeting, journeys=(*scenario.journeys, *journeys))


def visits_per_month(a_week: float) -> float:
    """A frequency as scenarios have it: visits per month of visits per week, rounded."""
    return round(a_week / MONTHS_PER_WEEK, _DIGITS)


def listed(ids: NDArray[np.str_]) -> Iterator[str]:
    """Conditions that hold for these customers, each as long as a condition may be."""
    head, tail = "customer_id in (", ")"
    names: list[str] = []
    letters = room = MAX_LENGTH - len(head) - len(tail)
    for name in sorted(map(str, ids)):
        quoted = "'" + name.replace("'", "''") + "'"
        if len(quoted) > letters and names:
            yield head + ", ".join(names) + tail
            names, letters = [], room
        names.append(quoted)
        letters -= len(quoted) + 2
    if names:
        yield head + ", ".join(names) + tail


def _remainder(plan: CallPlan, field: Field, world: World, left: NDArray[np.bool_]) -> Iterator[str | None]:
    """Conditions for those who get no visit, after all others have their rules."""
    if plan.changed[field.zone].all():
        yield None
        return
    today = world.population.territory
    if np.array_equal(today, field.zone):
        names = [str(world.territories[z]) for z in np.flatnonzero(plan.changed)]
        quoted = ", ".join("'" + name.replace("'", "''") + "'" for name in names)
        if len(quoted) < MAX_LENGTH - 20:
            yield f"territory in ({quoted})"
            return
    yield from listed(world.population.ids[left])


def _unknown_share(plan: CallPlan, field: Field) -> float | None:
    """Part of what stays under the learned rule that goes to those who do not buy, as it does today."""
    free = np.where(plan.level == 0, plan.visits, 0.0)
    total = free.sum()
    return round(float(free[~field.buys].sum() / total), _DIGITS) if total > 0.0 else None
