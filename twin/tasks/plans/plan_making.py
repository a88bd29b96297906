"""Making of a plan: the calibrated twin and a planner's wishes become a visit plan of which every rule is kept."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace

import pandas as pd

from twin.agents.conditions import lay_out
from twin.calibration.market_draw import lay_out_draw
from twin.errors import PlanError
from twin.market.channels import STANDARD
from twin.planning.checker import Lock, Violation, check_plan
from twin.planning.decisions import Decision
from twin.planning.kept import Kept
from twin.planning.settings import Absence, PlanSettings
from twin.planning.visit_plan import VisitPlan, make_plan, visit_gain
from twin.progress import Progress
from twin.scenario.scenario import Scenario
from twin.tasks import shelf
from twin.tasks.forecasts.forecast import alignment_of
from twin.tasks.plans.plan_country import in_market
from twin.tasks.plans.plan_edits import DROP, Edit, Wishes
from twin.tasks.plans.plan_roads import RoadsAsked, lookup_of, roads_of
from twin.tasks.privacy.consent import WITHDRAWN, still_agreed
from twin.weeks import monday, week_of_date
from twin.workspace.store import Workspace

_DRAWS = 16
VISIT = STANDARD[0]


@dataclass(frozen=True)
class Order:
    """What kind of plan is asked for.

    Parameters
    ----------
    scenario : Scenario
    first : datetime.date
    n_weeks : int
    wishes : Wishes
    asked : RoadsAsked, optional
    kept : Kept, optional
        An announced plan of which as much as possible stays.
    edits : tuple of Edit, optional
        Those that are new; all of the wishes when missing.
    """

    scenario: Scenario
    first: dt.date
    n_weeks: int
    wishes: Wishes
    asked: RoadsAsked | None = None
    kept: Kept | None = None
    edits: tuple[Edit, ...] | None = None


def checked_plan(twin: shelf.Twin, order: Order, tell: Progress) -> VisitPlan:
    """A plan of which the checker finds every rule kept.

    Raises
    ------
    PlanError
        When there are no listed reps, or a rule cannot be kept.
    """
    origin = twin.calibration.origin
    if order.first < monday(origin):
        raise PlanError(
            f"--start: expected {monday(origin)} or later, where history ends, found {order.first}. "
            "Choose a later day, or ingest newer data and calibrate."
        )
    settings = in_market(settings_in(order.wishes), twin.world)
    _known_reps(settings, twin)
    horizon = week_of_date(order.first) - origin + order.n_weeks + 1
    tell(1, 3, "choose whom to visit")
    draws = range(min(_DRAWS, twin.calibration.n_draws))
    markets = [lay_out_draw(twin.calibration, twin.world, twin.history, draw, horizon) for draw in draws]
    conditions = lay_out(twin.world, markets[0], order.scenario, horizon, alignment_of(order.scenario, twin))
    roads = roads_of(order.asked, settings)
    edits = order.wishes.edits if order.edits is None else order.edits
    plan = make_plan(
        twin.world,
        markets[0],
        conditions,
        visit_gain(markets),
        start=order.first,
        n_weeks=order.n_weeks,
        settings=settings,
        journeys=order.scenario.journeys,
        roads=roads,
        kept=order.kept,
        decisions=[decision_of(edit) for edit in edits],
        tell=_rep_by_rep(tell),
    )
    locks = [_lock(edit) for edit in edits if edit.kind != DROP]
    given = lookup_of(order.asked, roads, twin.world)
    _refuse(check_plan(plan, twin.world, conditions, settings, locks, given))
    return plan


def settings_in(wishes: Wishes) -> PlanSettings:
    """Settings of a planner's wishes, absences included."""
    return replace(wishes.settings, absences=tuple(dict.fromkeys((*wishes.settings.absences, *wishes.absences))))


def with_listed(wishes: Wishes, listed: Sequence[Absence]) -> Wishes:
    """The wishes with the absences that the dataset lists, which are kept with the dataset and not with the plan."""
    return replace(wishes, settings=replace(wishes.settings, absences=tuple(listed)))


def with_agreed(workspace: Workspace, wishes: Wishes) -> tuple[Wishes, pd.DataFrame]:
    """The wishes without visits that were fixed to people who have withdrawn their consent, and those visits."""
    fixed = [edit for edit in wishes.edits if edit.kind != DROP]
    told = pd.DataFrame([(edit.date, edit.rep_id, edit.customer_id, VISIT) for edit in fixed], columns=WITHDRAWN)
    _, gone = still_agreed(workspace, told.assign(date=pd.to_datetime(told["date"])))
    lost = {id(fixed[row]) for row in gone.index}
    return replace(wishes, edits=tuple(edit for edit in wishes.edits if id(edit) not in lost)), gone


def decision_of(edit: Edit) -> Decision:
    """An edit as the planner's search takes it."""
    return Decision(edit.kind, edit.customer_id, edit.rep_id, edit.date, minute_of(edit.begin), edit.visit_id)


def minute_of(clock: str) -> int:
    """``09:30`` as a minute of the day; -1 for none.

    Raises
    ------
    PlanError
        For what is no time of the day.
    """
    if not clock:
        return -1
    try:
        time = dt.time.fromisoformat(clock)
    except ValueError as error:
        raise PlanError(f"edit, begin: expected a time like 09:30, found {clock!r}. Correct it.") from error
    return 60 * time.hour + time.minute


def _lock(edit: Edit) -> Lock:
    return Lock(edit.rep_id, edit.customer_id, edit.date, minute_of(edit.begin))


def _known_reps(settings: PlanSettings, twin: shelf.Twin) -> None:
    listed = set(twin.world.reps.ids.tolist())
    strange = sorted({absence.rep_id for absence in settings.absences} - listed)
    if strange and listed:
        raise PlanError(f"absences: expected reps of the list, found {', '.join(strange)}. Correct the rep_id.")


def _rep_by_rep(tell: Progress) -> Progress:
    """Progress of the search: told at every tenth, listened to at every rep."""

    def told(done: int, total: int, phrase: str) -> None:
        tell(2, 3, f"{phrase}: {10 * (10 * done // max(total, 1))} %")

    return told


def _refuse(faults: tuple[Violation, ...]) -> None:
    if not faults:
        return
    locked = [each for each in faults if each.kind == "lock"]
    if locked:
        some = "; ".join(f"{each.rep_id}: {each.found}" for each in locked[:5])
        raise PlanError(
            f"plan: expected every decided visit to fit, found {len(locked)} that cannot be kept ({some}). "
            "Choose another day or hour for them. Nothing is published."
        )
    raise PlanError(
        f"plan: expected every rule kept, found {len(faults)} breaches, first {faults[0]}. Nothing is published."
    )
