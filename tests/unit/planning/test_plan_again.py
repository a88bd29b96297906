"""A plan that is made again keeps what it can; what a person has decided stands."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import numpy as np
import pytest
from plan_worlds import QUICK, Size, planned

from twin.errors import PlanError
from twin.planning.checker import Lock, check_plan
from twin.planning.decisions import Decision
from twin.planning.kept import Kept, Unplaced
from twin.planning.plan import VisitPlan
from twin.planning.settings import Absence
from twin.scenario.scenario import Frequency, Scenario, Targeting

SIZE = Size(customers=200, visits_per_week=20)
SICK = dt.date(2026, 2, 10)


@pytest.fixture(scope="module")
def announced() -> VisitPlan:
    return planned(SIZE)[0]


def kept(plan: VisitPlan, from_day: dt.date | None = None) -> Kept:
    left = plan.unserved
    visits = left.channel == "visit"
    unplaced = Unplaced(*(values[visits] for values in (left.rep_id, left.customer_id, left.week, left.reason)))
    mine = plan.kind == "visit"
    begin = (plan.begin - plan.date.astype("datetime64[m]")).astype(np.int64)[mine]
    nothing = np.zeros(int(mine.sum()), np.int64)
    return Kept(
        plan.visit_id[mine], plan.rep_id[mine], plan.customer_id[mine], plan.date[mine], begin, nothing, nothing - 1,
        nothing - 1, nothing.astype(bool), from_day, unplaced,
    )  # fmt: skip


def rows_of(plan: VisitPlan) -> dict[str, tuple]:
    columns = zip(plan.visit_id, plan.rep_id, plan.customer_id, plan.begin, strict=True)
    return {name: (rep, customer, begin) for name, rep, customer, begin in columns}


def test_nothing_changes_without_a_reason(announced):
    again, world, _, conditions = planned(SIZE, kept=kept(announced))
    assert rows_of(again) == rows_of(announced)
    assert check_plan(again, world, conditions) == ()


CROWDED = Scenario("crowded", targeting=Targeting(frequency=(Frequency(3.0),)))
"""Promises more visits than reps can make."""


def wishes_left(plan: VisitPlan) -> list[tuple]:
    left = plan.unserved
    return sorted(zip(left.rep_id, left.customer_id, left.channel, left.week, left.reason, strict=True))


def test_what_found_no_place_is_not_forgotten_when_nothing_changes():
    first = planned(SIZE, CROWDED)[0]
    again = planned(SIZE, CROWDED, kept=kept(first))[0]
    assert {"capacity", "consent"} <= set(first.unserved.reason) and len(first.unserved) > 100
    assert (wishes_left(again), rows_of(again)) == (wishes_left(first), rows_of(first))
    assert again.unserved.lost_gain.tolist() == first.unserved.lost_gain.tolist()
    third = planned(SIZE, CROWDED, kept=kept(again))[0]
    assert wishes_left(third) == wishes_left(first)


def test_a_wish_that_is_granted_by_hand_is_left_out_no_more():
    first = planned(SIZE, CROWDED)[0]
    left, n_visits = first.unserved, int((first.kind == "visit").sum())

    def days_to_a_visit(row: int) -> int:
        """From the middle of the week of a wish."""
        mine = first.date[first.customer_id == left.customer_id[row]]
        return int(np.abs((mine - left.week[row]).astype(int) - 2).min(initial=99))

    row = next(row for row in np.flatnonzero(left.reason == "capacity") if days_to_a_visit(row) > 12)
    near = (first.date - left.week[row]).astype(int)
    spot = np.flatnonzero((first.rep_id == left.rep_id[row]) & (near >= 0) & (near < 5))[3]
    wishes = [
        Decision("drop", str(first.customer_id[spot]), str(first.rep_id[spot]), first.date[spot].astype(object),
                 visit_id=str(first.visit_id[spot])),
        Decision("add", str(left.customer_id[row]), str(left.rep_id[row]), first.date[spot].astype(object)),
    ]  # fmt: skip
    again = planned(SIZE, CROWDED, kept=kept(first), decisions=wishes)[0]
    assert int((again.kind == "visit").sum()) == n_visits and len(again.unserved) == len(left) - 1
    met = [wish for wish in wishes_left(first) if wish not in wishes_left(again)]
    assert met == [(left.rep_id[row], left.customer_id[row], "visit", left.week[row], "capacity")]


def test_wishes_of_whoever_is_gone_or_has_withdrawn_are_dropped():
    first, world, *_ = planned(SIZE, CROWDED)
    withdrew = str(world.population.ids[~world.population.consent[0]][0])
    who, customers = np.array(["R1", "nobody", "R1"]), np.array(["nobody", "C000004", withdrew])
    unplaced = Unplaced(who, customers, first.unserved.week[:1].repeat(3), np.array(["capacity"] * 3))
    strange = replace(kept(first), unplaced=unplaced)
    again = planned(SIZE, CROWDED, kept=strange)[0]
    assert "capacity" not in again.unserved.reason


def test_after_a_sick_day_only_that_rep_changes_and_no_visit_is_lost(announced):
    settings = replace(QUICK, absences=(Absence("R1", SICK, SICK),))
    again, world, _, conditions = planned(SIZE, settings=settings, kept=kept(announced, SICK))
    assert check_plan(again, world, conditions, settings) == ()
    before, after = rows_of(announced), rows_of(again)
    assert not ((again.rep_id == "R1") & (again.date == np.datetime64(SICK))).any()
    assert len(again) == len(announced) and set(before) == set(after)
    moved = {name for name in before if before[name] != after[name]}
    assert {before[name][0] for name in moved} == {"R1"}
    lost = {
        n for n, (rep, _, at) in before.items() if rep == "R1" and at.astype("datetime64[D]") == np.datetime64(SICK)
    }
    assert lost <= moved and len(moved - lost) <= 0.1 * len(before) / 4
    assert all(after[n][2] > before[n][2] for n in lost)
    early = [n for n in before if before[n][2] < np.datetime64(SICK)]
    assert all(before[n] == after[n] for n in early)


def test_a_new_plan_knows_of_absences():
    away = replace(QUICK, absences=(Absence("R2", dt.date(2026, 2, 9), dt.date(2026, 2, 20)),))
    plan, world, _, conditions = planned(SIZE, settings=away)
    mine = plan.date[plan.rep_id == "R2"]
    assert check_plan(plan, world, conditions, away) == () and len(mine) >= 30
    assert not ((mine >= np.datetime64("2026-02-09")) & (mine <= np.datetime64("2026-02-20"))).any()


def test_what_a_person_decides_stands(announced):
    mine = np.flatnonzero((announced.kind == "visit") & (announced.rep_id == "R1"))
    stays, goes, off = mine[2], mine[10], mine[20]
    population = planned(SIZE)[1].population
    free = np.setdiff1d(population.ids[(population.territory == 0) & population.consent[0]], announced.customer_id)[0]
    friday = dt.date(2026, 2, 13)
    decisions = [
        Decision("lock", str(announced.customer_id[stays]), "R1", announced.date[stays].astype(object),
                 visit_id=str(announced.visit_id[stays])),
        Decision("move", str(announced.customer_id[goes]), "R1", friday, 15 * 60, str(announced.visit_id[goes])),
        Decision("drop", str(announced.customer_id[off]), "R1", announced.date[off].astype(object),
                 visit_id=str(announced.visit_id[off])),
        Decision("add", str(free), "R1", dt.date(2026, 2, 19)),
    ]  # fmt: skip
    again, world, _, conditions = planned(SIZE, kept=kept(announced), decisions=decisions)
    locks = [Lock(d.rep_id, d.customer_id, d.day, d.begin) for d in decisions if d.kind != "drop"]
    assert check_plan(again, world, conditions, locks=locks) == ()
    before, after = rows_of(announced), rows_of(again)
    assert after[announced.visit_id[stays]] == before[announced.visit_id[stays]]
    assert after[announced.visit_id[goes]][2] == np.datetime64("2026-02-13T15:00")
    assert announced.visit_id[off] not in after
    added = again.customer_id == free
    assert added.sum() == 1 and again.date[added][0] == np.datetime64("2026-02-19") and again.locked[added].all()
    assert again.reason.key[added].tolist() == ["by_hand"]
    assert {rep for name, (rep, *_) in before.items() if before[name] != after.get(name)} == {"R1"}


def test_a_new_plan_heeds_decisions_too():
    plan, *_ = planned(SIZE)
    row = np.flatnonzero(plan.rep_id == "R3")[5]
    day = plan.date[row].astype(object) + dt.timedelta(days=1 if plan.date[row].astype(object).weekday() < 4 else -1)
    wish = Decision("move", str(plan.customer_id[row]), "R3", day, 14 * 60 + 45)
    again, *_ = planned(SIZE, decisions=[wish])
    at = again.begin[(again.customer_id == wish.customer_id) & (again.date == np.datetime64(day))]
    assert at.tolist() == [np.datetime64(f"{day}T14:45").astype(object)]
    assert (again.customer_id == wish.customer_id).sum() == (plan.customer_id == wish.customer_id).sum()


def test_a_decision_that_cannot_be_kept_is_told():
    free = {"customer_id": "C000000", "rep_id": "R1"}
    saturday = Decision("add", day=dt.date(2026, 2, 14), **free)
    plan, world, _, conditions = planned(Size(consent=1.0), decisions=[saturday])
    assert "locked" in plan.unserved.reason or "absent" in plan.unserved.reason
    locks = [Lock("R1", "C000000", saturday.day)]
    assert "lock" in {each.kind for each in check_plan(plan, world, conditions, locks=locks)}
    for wrong, what in (
        ({"customer_id": "nobody"}, "customer_id"), ({"rep_id": "nobody"}, "rep_id"),
        ({"day": dt.date(2027, 1, 4)}, "day"),
    ):  # fmt: skip
        with pytest.raises(PlanError, match=what):
            planned(Size(consent=1.0), decisions=[replace(saturday, **wrong)])


def test_a_plan_is_the_same_on_any_number_of_threads():
    one, three = (planned(SIZE, n_threads=n)[0] for n in (1, 3))
    assert rows_of(one) == rows_of(three)
