"""Making a call plan: from a scenario's goal and limits to visits and contacts of every customer.

Puts the parts together; each of them stands in a module of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twin.agents.conditions import Conditions
from twin.errors import PlanError
from twin.market.world import World
from twin.planning.allocation_channels import EVERY_WEEKS, ways_offered
from twin.planning.allocation_field import Field, field_of
from twin.planning.allocation_menu import Guardrails, admitted, levels_of, offers
from twin.planning.allocation_scenario import Way
from twin.planning.allocation_value import Programmes, Worth, expected_worth
from twin.planning.call_plan import CallPlan, plan_calls
from twin.planning.settings import PlanSettings
from twin.progress import Progress, silent
from twin.response.market import Market


@dataclass(frozen=True)
class Aim:
    """What a call plan is to reach, and how far it may go.

    Parameters
    ----------
    worth : Worth
    minute_cost : float
        Of a rep's time, in units of worth; 0 where time is paid for anyway.
    keep, most, change, explore : float
        See :class:`twin.planning.allocation_menu.Guardrails`.
    channels : bool
        Whether contacts on other channels are planned as well.
    states : int
        Of the exact search, in each territory.
    """

    worth: Worth
    minute_cost: float = 0.0
    keep: float = 0.0
    most: float = 1.0
    change: float = np.inf
    explore: float = 0.0
    channels: bool = True
    states: int = 0


@dataclass(frozen=True)
class Made:
    """A call plan with what it stands on.

    Parameters
    ----------
    plan : CallPlan
    field : Field
    ways : tuple of Way
        Behind :attr:`CallPlan.way`, from 1 on.
    visits : (l, c) float, visits per week
        Of each level.
    value : (l, c) float
        Expected worth of each level, other channels as they are.
    fits : (l, c) bool
        Levels that each customer may be given.
    """

    plan: CallPlan
    field: Field
    ways: tuple[Way, ...]
    visits: NDArray[np.float64]
    value: NDArray[np.float64]
    fits: NDArray[np.bool_]


@dataclass(frozen=True)
class Draw:
    """One parameter draw, with today and the scenario laid out over it."""

    market: Market
    today: Conditions
    laid: Conditions


class Draws:
    """Parameter draws that can be gone through several times; kept where there is room for them.

    Parameters
    ----------
    make : callable
        Makes one, by its number.
    n_draws : int
        At least one.
    keep : bool
    """

    def __init__(self, make: Callable[[int], Draw], n_draws: int, keep: bool = True) -> None:
        self.make, self.n_draws, self.keep = make, n_draws, keep
        self.kept: dict[int, Draw] = {}

    def __len__(self) -> int:
        return self.n_draws

    def __getitem__(self, number: int) -> Draw:
        draw = self.kept.get(number) or self.make(number)
        if self.keep:
            self.kept[number] = draw
        return draw

    def today(self) -> Iterator[tuple[Market, Conditions]]:
        """Every draw with the baseline."""
        for number in range(self.n_draws):
            draw = self[number]
            yield draw.market, draw.today

    def __iter__(self) -> Iterator[tuple[Market, Conditions]]:
        """Every draw with the scenario."""
        for number in range(self.n_draws):
            draw = self[number]
            yield draw.market, draw.laid


def make_call_plan(
    world: World,
    draws: Draws,
    aim: Aim,
    settings: PlanSettings | None = None,
    progress: Progress = silent,
) -> Made:
    """Plan visits and contacts.

    Parameters
    ----------
    world : World
    draws : Draws
        Gone through more than once. Frequencies of the scenario are service promised, its dropped customers get no
        visit.
    aim : Aim
    settings : PlanSettings, optional
    progress : callable

    Returns
    -------
    Made

    Raises
    ------
    PlanError
        When nobody visits, or the limits leave no plan.
    """
    settings = settings or PlanSettings()
    progress(0, 4, "today's plan")
    laid = draws[0].laid
    field = field_of(world, draws.today(), laid, settings)
    if not field.capacity[1].any():
        raise PlanError(
            "reps: expected somebody who visits customers over the horizon, found nobody. "
            "Add the table reps or visits, or raise field_force.capacity_factor."
        )
    least = np.where(field.may_visit, np.minimum(np.nan_to_num(laid.frequency), 1.0), 0.0)
    guardrails = Guardrails(aim.keep, least, aim.most, aim.change, aim.explore)
    fits, visits = admitted(field, guardrails), levels_of(field, guardrails)
    progress(1, 4, "worth of every programme")
    weeks = laid.demand.shape[0]
    everybody = np.arange(len(world.population))
    by_chance = np.arange(len(visits) + 1) < 2
    programmes = Programmes(np.vstack([field.today, visits]), by_chance, np.zeros((1, len(world.channels))))
    minute = aim.minute_cost * weeks
    value = expected_worth(world, draws, everybody, programmes, aim.worth)[0]
    value -= minute * programmes.visits * field.minutes
    progress(2, 4, "contacts on other channels")
    ways = _ways(world, draws, field, visits, aim, settings) if aim.channels else []
    progress(3, 4, "the best plan")
    further = [(rows, worth, minutes) for _, rows, worth, minutes in ways]
    offered = offers(field, fits, visits, value[1:], further)
    plan = plan_calls(field, offered, value[0], guardrails, aim.states)
    progress(4, 4, "done")
    return Made(plan, field, tuple(way for way, *_ in ways), visits, value[1:], fits)


def _ways(
    world: World, draws: Draws, field: Field, visits: NDArray[np.float64], aim: Aim, settings: PlanSettings
) -> list[tuple[Way, NDArray[np.int64], NDArray[np.float64], float]]:
    """Further contacts on other channels: to whom, their worth at every level of visits, and their minutes a week."""
    laid = draws[0].laid
    minute = aim.minute_cost * laid.demand.shape[0]
    busy = np.zeros(len(field.zone), dtype=bool)
    for chain in laid.chains:
        busy[chain.member] = True
    found = []
    for way, rows in ways_offered(world, draws, field, aim.worth, busy, minute * settings.task_minutes / EVERY_WEEKS):
        extra = np.zeros((1, len(world.channels)))
        extra[0, world.channels.index(way.channel)] = 1.0 / way.every_weeks
        spent = settings.task_minutes / way.every_weeks
        levels = Programmes(visits[:, rows], np.arange(len(visits)) == 0, extra)
        worth = expected_worth(world, draws, rows, levels, aim.worth)[0]
        found.append((way, rows, worth - minute * (visits[:, rows] * field.minutes[rows] + spent), spent))
    return found
