"""Making a visit plan: from a scenario's targeting to dated, timed stops of every rep.

Puts the parts together; each of them stands in a module of its own.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from twin.agents.conditions import Conditions
from twin.errors import PlanError
from twin.market.world import World
from twin.planning import assembly, books, travel
from twin.planning.calendar import WorkDays, working_days
from twin.planning.day_tours import Clock
from twin.planning.drafting import Drafter, Ground
from twin.planning.follow_ups import hours_of
from twin.planning.gain import VisitGain, visit_gain
from twin.planning.plan import RepDays, Unserved, VisitPlan
from twin.planning.settings import PlanSettings
from twin.planning.targets import aims, visit_capacity
from twin.response.market import Market
from twin.scenario.scenario import Journey
from twin.weeks import monday, week_of_date

__all__ = ["PlanSettings", "RepDays", "Unserved", "VisitGain", "VisitPlan", "make_plan", "visit_gain"]


def make_plan(
    world: World,
    market: Market,
    conditions: Conditions,
    gain: VisitGain,
    *,
    start: dt.date,
    n_weeks: int = 4,
    settings: PlanSettings | None = None,
    journeys: Sequence[Journey] = (),
) -> VisitPlan:
    """Plan dated visits, and the contacts that follow them.

    Parameters
    ----------
    world : World
    market : Market
        One representative draw: state of the customers, learned visit rule, figures of the reasons.
    conditions : Conditions
        The scenario, laid out from ``market.first_week`` on; must cover the weeks of the plan.
    gain : VisitGain
    start : datetime.date
        First day. Weeks run from Monday to Sunday; the first may be a part of one.
    n_weeks : int
    settings : PlanSettings, optional
    journeys : sequence of Journey
        The scenario's, for days between contacts; without them the weeks of the conditions count seven days each.

    Returns
    -------
    VisitPlan
        Empty, with a remark, when nobody may be visited.

    Raises
    ------
    PlanError
        When no rep is listed, no day is worked, or the weeks are not covered.
    """
    settings = settings or PlanSettings()
    _check_reps(world, conditions)
    weeks = _weeks(market, conditions, start, n_weeks)
    stop = monday(int(weeks[-1]) + 1)
    ground = _ground(world, market, conditions, settings, _calendar(start, stop, settings), weeks, gain)
    return assembly.assemble(ground, Drafter(ground).draft(), gain, (start, stop), journeys)


def _ground(
    world: World,
    market: Market,
    conditions: Conditions,
    settings: PlanSettings,
    calendar: WorkDays,
    weeks: NDArray[np.int32],
    gain: VisitGain,
) -> Ground:
    """What the drafting stands on: places, hours, wanted visits and who makes them."""
    place = np.column_stack(travel.places(world))
    population = world.population
    usual = _usual_day(settings)
    opens, closes = hours_of(population.available_from, population.available_to, usual.opens, usual.closes)
    index = slice(int(weeks[0]) - market.first_week, int(weeks[-1]) + 1 - market.first_week)
    reachable = _reachable(opens, closes, usual, settings.visit_minutes)
    wanted = aims(world, market, conditions, weeks=index, reachable=reachable, settings=settings)
    home = _homes(world, conditions)
    team = books.Team(home, visit_capacity(conditions)[:, index].mean(axis=1), conditions.rep_territory)
    rep = books.assign(books.Customers(place, wanted.rate, conditions.territory), team)
    return Ground(
        world=world,
        market=market,
        conditions=conditions,
        settings=settings,
        calendar=calendar,
        weeks=weeks,
        place=place,
        home=home,
        opens=opens,
        closes=closes,
        reachable=reachable,
        worth=np.nan_to_num(gain.mean),
        aims=wanted,
        rep=rep,
    )


def _calendar(start: dt.date, stop: dt.date, settings: PlanSettings) -> WorkDays:
    """Days of work from ``start`` until before ``stop``; none is an error."""
    calendar = working_days(start, stop, settings)
    if not len(calendar):
        closed = ", ".join(f"{day} {name}" for day, name in calendar.holidays) or "no working weekday"
        raise PlanError(
            f"start, weeks: expected at least one working day from {start} to {stop - dt.timedelta(days=1)}, "
            f"found none ({closed}). Plan more weeks or begin on another day."
        )
    return calendar


def _check_reps(world: World, conditions: Conditions) -> None:
    if len(world.reps) and not world.reps.listed:
        raise PlanError(
            "reps: expected a table of reps, found only visits without one. "
            "Add the table reps with rep_id, territory_id and visits_per_week."
        )
    if not len(conditions.rep_ids):
        raise PlanError(
            "reps: expected at least one rep, found none. "
            "Add the table reps with rep_id, territory_id and visits_per_week."
        )


def _weeks(market: Market, conditions: Conditions, start: dt.date, n_weeks: int) -> NDArray[np.int32]:
    """Weeks of the plan: (w,) int32."""
    if n_weeks < 1:
        raise PlanError(f"weeks: expected at least 1, found {n_weeks}.")
    first, covered = week_of_date(start), market.first_week + conditions.rep_visits.shape[1]
    if first < market.first_week:
        raise PlanError(
            f"start: expected {monday(market.first_week)} or later, the end of history, found {start}. Begin later."
        )
    if first + n_weeks > covered:
        raise PlanError(
            f"start, weeks: expected to end by {monday(covered) - dt.timedelta(days=1)}, as far as the forecast "
            f"reaches, found {n_weeks} weeks from {start}. Begin earlier, plan fewer weeks, or calibrate on newer data."
        )
    return first + np.arange(n_weeks, dtype=np.int32)


def _usual_day(settings: PlanSettings) -> Clock:
    hours = (settings.day_start, settings.day_end, settings.lunch_start, settings.lunch_end)
    return Clock(*(round(60 * hour) for hour in hours))


def _reachable(opens: NDArray[np.int64], closes: NDArray[np.int64], day: Clock, minutes: int) -> NDArray[np.bool_]:
    """Customers whose hours leave room for a visit on a usual day: (c,) bool."""
    begin = np.maximum(opens, day.opens)
    lunch = (begin < day.lunch_to) & (begin + minutes > day.lunch_from) & (day.lunch_from < day.lunch_to)
    return np.where(lunch, day.lunch_to, begin) + minutes <= np.minimum(closes, day.closes)


def _homes(world: World, conditions: Conditions) -> NDArray[np.float64]:
    """Homes of the reps, longitude and latitude: (r, 2) float; ``nan`` for those whom the scenario adds."""
    home = np.full((len(conditions.rep_ids), 2), np.nan)
    home[: len(world.reps)] = np.column_stack([world.reps.home_lon, world.reps.home_lat])
    home[~np.isfinite(home).all(axis=1)] = np.nan
    return home
