"""Ground: what a plan stands on: places, hours, working days of every rep, and what is wanted of each customer.

Made once for a plan; decides nothing about single visits.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twin.agents.conditions import Conditions
from twin.market.world import World
from twin.planning import books
from twin.planning.calendar import WorkDays
from twin.planning.gain import VisitGain
from twin.planning.hours import Hours, hours_of_customers
from twin.planning.roads import Roads
from twin.planning.settings import PlanSettings
from twin.planning.targets import Aims, aims, visit_capacity
from twin.planning.travel import homes, places
from twin.response.market import Market


@dataclass(frozen=True)
class Ground:
    """What a plan stands on.

    Parameters
    ----------
    world : World
    market : Market
    conditions : Conditions
    settings : PlanSettings
    calendar : WorkDays
        Of the plan alone.
    works : (r, n) bool
        Whether each rep works on each of those days.
    weeks : (w,) int32
    place : (c, 2) float, degrees
        Longitude and latitude; ``nan`` when unknown.
    home : (r, 2) float, degrees
    hours : Hours
        Of the customers.
    reachable : (c,) bool
        Customers whose hours leave room for a visit.
    worth : (c,) float, units
        Expected gain of a visit.
    aims : Aims
    rep : (c,) int
        Who looks after each customer; -1 for nobody.
    roads : Roads
    """

    world: World
    market: Market
    conditions: Conditions
    settings: PlanSettings
    calendar: WorkDays
    works: NDArray[np.bool_]
    weeks: NDArray[np.int32]
    place: NDArray[np.float64]
    home: NDArray[np.float64]
    hours: Hours
    reachable: NDArray[np.bool_]
    worth: NDArray[np.float64]
    aims: Aims
    rep: NDArray[np.int64]
    roads: Roads


def ground_of(
    world: World,
    market: Market,
    conditions: Conditions,
    gain: VisitGain,
    *,
    calendar: WorkDays,
    weeks: NDArray[np.int32],
    settings: PlanSettings,
    roads: Roads | None = None,
) -> Ground:
    """Everything that a plan of these days stands on.

    Parameters
    ----------
    world : World
    market : Market
    conditions : Conditions
    gain : VisitGain
    calendar : WorkDays
    weeks : (w,) int32
    settings : PlanSettings
    roads : Roads, optional
        Great circles when missing.

    Returns
    -------
    Ground
    """
    place = np.column_stack(places(world))
    hours = hours_of_customers(world.population, settings)
    reachable = hours.reachable(settings)
    index = slice(int(weeks[0]) - market.first_week, int(weeks[-1]) + 1 - market.first_week)
    wanted = aims(world, market, conditions, weeks=index, reachable=reachable, settings=settings)
    home = homes(world, conditions)
    team = books.Team(home, visit_capacity(conditions)[:, index].mean(axis=1), conditions.rep_territory)
    rep = books.assign(books.Customers(place, wanted.rate, conditions.territory), team)
    return Ground(
        world=world,
        market=market,
        conditions=conditions,
        settings=settings,
        calendar=calendar,
        works=works_on(conditions.rep_ids, calendar, settings),
        weeks=weeks,
        place=place,
        home=home,
        hours=hours,
        reachable=reachable,
        worth=np.nan_to_num(gain.mean),
        aims=wanted,
        rep=rep,
        roads=roads or Roads(settings),
    )


def works_on(rep_ids: NDArray[np.str_], calendar: WorkDays, settings: PlanSettings) -> NDArray[np.bool_]:
    """Whether each rep works on each day: (r, n) bool."""
    works = np.ones((len(rep_ids), len(calendar)), dtype=bool)
    for absence in settings.absences:
        away = (calendar.day >= np.datetime64(absence.first)) & (calendar.day <= np.datetime64(absence.last))
        works[np.ix_(rep_ids == absence.rep_id, away)] = False
    return works
