"""The checker finds every kind of fault that is put into a sound plan."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from plan_worlds import Size, planned

from twin.planning.checker import KINDS, Lock, check_plan
from twin.planning.plan import VisitPlan
from twin.planning.settings import Absence, PlanSettings
from twin.scenario.scenario import Frequency, Journey, Scenario, Step, Targeting

SCENARIO = Scenario(
    "x",
    targeting=Targeting(
        drop_small=0.1, frequency=(Frequency(4.0, "outlet_type = 'market' and digital_affinity > 0.7"),)
    ),
    journeys=(Journey((Step("visit"), Step("phone", 3))),),
)
SIZE = Size(customers=300, with_hours=0.4)


@pytest.fixture(scope="module")
def sound():
    return planned(SIZE, SCENARIO)


def _with(plan: VisitPlan, rows, **values) -> VisitPlan:
    changed = {}
    for name, value in values.items():
        column = getattr(plan, name).copy()
        column[rows] = value
        changed[name] = column
    return replace(plan, **changed)


def _moved(plan: VisitPlan, rows, minutes: int) -> VisitPlan:
    step = np.timedelta64(minutes, "m")
    return _with(plan, rows, begin=plan.begin[rows] + step, end=plan.end[rows] + step)


def _on_day(plan: VisitPlan, row: int, day: str) -> VisitPlan:
    shift = np.datetime64(day) - plan.date[row]
    return _with(plan, row, date=np.datetime64(day), begin=plan.begin[row] + shift, end=plan.end[row] + shift)


def _rows(plan, world) -> np.ndarray:
    return np.searchsorted(world.population.ids, plan.customer_id)


def _no_consent(plan, world, conditions):
    return _with(
        plan, 0, customer_id=world.population.ids[~world.population.consent[0] & (world.population.territory == 0)][0]
    )


def _dropped(plan, world, conditions):
    small = conditions.dropped & world.population.consent[0] & ~np.isfinite(conditions.frequency)
    return _with(plan, 0, customer_id=world.population.ids[small & (world.population.territory == 0)][0])


def _shut(plan, world, conditions):
    opens = world.population.available_from[_rows(plan, world)]
    late = np.flatnonzero((opens >= 11.0) & (plan.kind == "visit"))[0]
    day = plan.date[late].astype("datetime64[m]")
    return _with(plan, late, begin=day + np.timedelta64(9 * 60, "m"), end=day + np.timedelta64(9 * 60 + 25, "m"))


def _at_lunch(plan, world, conditions):
    mine = plan.kind == "visit"
    days, counts = np.unique(plan.date[mine & (plan.rep_id == "R1")], return_counts=True)
    rows = np.flatnonzero(mine & (plan.rep_id == "R1") & (plan.date == days[np.argmax(counts)]))
    clock = np.linspace(11 * 60 + 50, 14 * 60 + 5, len(rows)).astype(int).astype("timedelta64[m]")
    begin = plan.date[rows].astype("datetime64[m]") + clock
    return _with(plan, rows, begin=begin, end=begin + np.timedelta64(25, "m"))


def _often(plan, world, conditions):
    mine = np.flatnonzero((plan.rep_id == "R1") & (plan.kind == "visit"))
    weekly = mine[np.unique(plan.date[mine].astype("datetime64[W]"), return_index=True)[1]]
    rare = plan.customer_id[mine][plan.rate[mine] < 0.2][0]
    return _with(plan, weekly, customer_id=rare, rate=plan.rate[plan.customer_id == rare][0])


def _too_close(plan, world, conditions):
    mine = np.flatnonzero((plan.rep_id == "R1") & (plan.kind == "visit") & (plan.rate < 0.2))
    week = (plan.date[mine].astype(int) + 3) // 7
    late = mine[week == week.min()][-1]
    soon = mine[(week == week.min() + 1) & (plan.date[mine] - plan.date[late] < np.timedelta64(14, "D"))][0]
    return _with(plan, soon, customer_id=plan.customer_id[late], rate=plan.rate[late])


def _task(plan) -> int:
    return int(np.flatnonzero(plan.kind == "task")[0])


def _at_night(plan, world, conditions):
    k = _task(plan)
    begin = plan.date[k].astype("datetime64[m]") + np.timedelta64(5 * 60, "m")
    return _with(plan, k, begin=begin, end=begin + np.timedelta64(5, "m"))


def _before_the_visit(plan, world, conditions):
    k = _task(plan)
    visit = np.flatnonzero((plan.customer_id == plan.customer_id[k]) & (plan.kind == "visit"))[0]
    begin = plan.begin[visit] - np.timedelta64(6, "m")
    return _with(plan, k, date=plan.date[visit], begin=begin, end=begin + np.timedelta64(5, "m"))


def _last_of_day(plan) -> int:
    same = (plan.rep_id[1:] == plan.rep_id[:-1]) & (plan.date[1:] == plan.date[:-1])
    return int(np.flatnonzero((plan.kind[:-1] == "visit") & ~same)[0])


FAULTS: dict[str, Callable] = {
    "identity": lambda p, w, c: _with(p, 1, visit_id=p.visit_id[0]),
    "territory": lambda p, w, c: _with(p, 0, rep_id="R2"),
    "consent": _no_consent,
    "dropped": _dropped,
    "holiday": lambda p, w, c: _on_day(p, 0, "2026-02-07"),
    "hours": lambda p, w, c: _moved(p, 0, -12 * 60 + 30),
    "lunch": _at_lunch,
    "window": _shut,
    "length": lambda p, w, c: _with(p, 0, end=p.begin[0] + np.timedelta64(10, "m")),
    "travel": lambda p, w, c: _with(p, 0, travel_min=0),
    "overlap": lambda p, w, c: _moved(p, 1, int((p.end[0] - p.begin[1]).astype(int))),
    "late_home": lambda p, w, c: _with(
        p,
        _last_of_day(p),
        begin=p.date[_last_of_day(p)].astype("datetime64[m]") + np.timedelta64(17 * 60 + 35, "m"),
        end=p.date[_last_of_day(p)].astype("datetime64[m]") + np.timedelta64(18 * 60, "m"),
    ),
    "sequence": lambda p, w, c: _with(p, 0, seq=9),
    "double": lambda p, w, c: _with(p, 1, customer_id=p.customer_id[0]),
    "spacing": _too_close,
    "frequency": _often,
    "channel_hours": _at_night,
    "contact": _before_the_visit,
}
BY_OTHER_RULES = ("capacity", "most_a_day", "absence", "drive", "weekday", "lock", "night")


def test_a_sound_plan_has_no_fault(sound):
    plan, world, _, conditions = sound
    assert check_plan(plan, world, conditions) == ()


@pytest.mark.parametrize("kind", FAULTS)
def test_a_fault_that_is_put_in_is_found(sound, kind):
    plan, world, _, conditions = sound
    found = {violation.kind for violation in check_plan(FAULTS[kind](plan, world, conditions), world, conditions)}
    assert kind in found


@pytest.mark.parametrize(("column", "value"), [("date", "NaT"), ("begin", "NaT"), ("end", "NaT"), ("rate", np.nan)])
def test_a_row_without_its_figures_is_found(sound, column, value):
    plan, world, _, conditions = sound
    found = check_plan(_with(plan, 0, **{column: value}), world, conditions)
    assert ("identity", plan.visit_id[0]) in {(violation.kind, violation.visit_id) for violation in found}


def test_a_rep_who_can_do_less_is_over_capacity(sound):
    plan, world, _, conditions = sound
    less = replace(conditions, rep_visits=conditions.rep_visits * 0.9)
    found = [violation for violation in check_plan(plan, world, less) if violation.kind == "capacity"]
    assert {violation.rep_id for violation in found} == {"R1", "R2", "R3", "R4"}


def test_a_stricter_day_is_noticed(sound):
    plan, world, _, conditions = sound
    kinds = {violation.kind for violation in check_plan(plan, world, conditions, PlanSettings(most_a_day=3))}
    assert kinds == {"most_a_day"}
    slower = check_plan(plan, world, conditions, PlanSettings(road_factor=2.0))
    assert {"travel", "overlap"} <= {violation.kind for violation in slower}


def test_a_task_without_consent_is_found(sound):
    plan, world, _, conditions = sound
    channel = world.channels.index("phone")
    refuse = world.population.consent.copy()
    refuse[channel] = False
    strict = replace(world, population=replace(world.population, consent=refuse))
    found = check_plan(plan, strict, conditions)
    assert {violation.kind for violation in found} == {"consent"} and len(found) == (plan.kind == "task").sum() > 0


def test_every_kind_of_fault_is_tried_here():
    assert {*FAULTS, *BY_OTHER_RULES} == set(KINDS) and len(KINDS) >= 24


def _kinds(*arguments, **keywords) -> set[str]:
    return {violation.kind for violation in check_plan(*arguments, **keywords)}


def test_a_visit_of_a_rep_who_is_away_is_found(sound):
    plan, world, _, conditions = sound
    day = plan.date[0].astype(object)
    away = PlanSettings(absences=(Absence(str(plan.rep_id[0]), day, day),))
    found = check_plan(plan, world, conditions, away)
    assert {violation.kind for violation in found} == {"absence"}
    assert len(found) == ((plan.rep_id == plan.rep_id[0]) & (plan.date == plan.date[0])).sum()


def test_too_long_on_the_road_is_found(sound):
    plan, world, _, conditions = sound
    longest = int(plan.days.drive_min.max())
    assert _kinds(plan, world, conditions, PlanSettings(most_drive_minutes=longest)) == set()
    assert _kinds(plan, world, conditions, PlanSettings(most_drive_minutes=longest - 1)) == {"drive"}


def test_a_visit_on_a_day_that_the_customer_has_excluded_is_found(sound):
    plan, world, _, conditions = sound
    day = int((plan.date[0].astype("datetime64[D]").astype(int) + 3) % 7)
    words = np.full(len(world.population), None, dtype=object)
    words[np.searchsorted(world.population.ids, plan.customer_id[0])] = ",".join(
        str(k + 1) for k in range(7) if k != day
    )
    other = replace(world.population, attributes={**world.population.attributes, "visit_days": words})
    assert _kinds(plan, replace(world, population=other), conditions) == {"weekday"}


def test_a_locked_visit_that_is_not_there_is_found(sound):
    plan, world, _, conditions = sound
    begin = int((plan.begin[0] - plan.date[0].astype("datetime64[m]")).astype(int))
    stands = Lock(str(plan.rep_id[0]), str(plan.customer_id[0]), plan.date[0].astype(object), begin)
    assert _kinds(plan, world, conditions, locks=[stands]) == set()
    assert _kinds(plan, world, conditions, locks=[replace(stands, begin=begin + 5)]) == {"lock"}
    assert _kinds(plan, world, conditions, locks=[replace(stands, rep_id="R3")]) == {"lock"}


def test_a_night_away_that_is_not_allowed_is_found(sound):
    plan, world, _, conditions = sound
    night = np.full(len(plan.days), "", dtype="U20")
    busy = np.flatnonzero(plan.days.visits > 0)[0]
    night[busy] = plan.customer_id[(plan.rep_id == plan.days.rep_id[busy]) & (plan.date == plan.days.date[busy])][0]
    assert "night" in _kinds(replace(plan, days=replace(plan.days, night=night)), world, conditions)


def test_ways_that_were_given_count(sound):
    plan, world, _, conditions = sound
    assert {"travel", "overlap"} <= _kinds(plan, world, conditions, given=lambda a, b: 200.0)
    assert _kinds(plan, world, conditions, given=lambda a, b: None) == set()
