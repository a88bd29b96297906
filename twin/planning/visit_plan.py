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
from twin.planning import assembly
from twin.planning.calendar import WorkDays, working_days
from twin.planning.claims import wanted
from twin.planning.decisions import Decision, decided
from twin.planning.drafting import drafted
from twin.planning.gain import VisitGain, visit_gain
from twin.planning.ground import ground_of
from twin.planning.kept import Kept, still_wanted
from twin.planning.plan import RepDays, Unserved, VisitPlan
from twin.planning.roads import Roads
from twin.planning.settings import PlanSettings
from twin.progress import Progress
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
    roads: Roads | None = None,
    kept: Kept | None = None,
    decisions: Sequence[Decision] = (),
    tell: Progress | None = None,
    n_threads: int | None = None,
) -> VisitPlan:
    """Plan dated visits, and the contacts that follow them.

    Parameters
    ----------
    world, market : World, Market
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
    roads : Roads, optional
        Great circles when missing.
    kept : Kept, optional
        A plan that was announced, of which as much as possible stays; it says what is wanted then.
    decisions : sequence of Decision
        Visits that a person has locked, moved, added or dropped.
    tell : Progress, optional
        Told of every rep; may raise.
    n_threads : int, optional
        One a core, at most eight, when missing; the plan is the same for any number.

    Returns
    -------
    VisitPlan
        Empty, with a remark, when nobody may be visited. A ``PlanError`` says when no rep is listed, no day is worked,
        or the weeks are not covered.
    """
    settings = settings or PlanSettings()
    _check_reps(world, conditions)
    weeks = _weeks(market, conditions, start, n_weeks)
    stop = monday(int(weeks[-1]) + 1)
    ground = ground_of(
        world, market, conditions, gain, calendar=_calendar(start, stop, settings), weeks=weeks, settings=settings,
        roads=roads,
    )  # fmt: skip
    wishes = decided(ground, wanted(ground) if kept is None else still_wanted(ground, kept), decisions)
    return assembly.assemble(ground, drafted(ground, wishes, tell, n_threads), gain, (start, stop), journeys)


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
