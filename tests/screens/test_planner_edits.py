"""A planner's edits: kept beside the plan, applied at once, and judged by the plan's own checker."""

from __future__ import annotations

import datetime as dt
import itertools
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from twin.errors import PlanError
from twin.planning.settings import Absence, PlanSettings
from twin.tasks import results
from twin.tasks.plans import plan_desk, plan_edits, plan_load
from twin.tasks.plans.plan_applied import Desk, applied
from twin.tasks.plans.plan_edits import ADD, DROP, LOCK, MOVE, Edit, Wishes


@pytest.fixture(scope="module")
def desk(full: Path) -> Desk:
    return plan_desk.open_desk(full, results.heads(full)["plan"].id)


def edit_of(row: pd.Series, kind: str, **changed: object) -> Edit:
    day = row["date"].date()
    return replace(Edit(kind, row["customer_id"], row["rep_id"], day, row["visit_id"], day), **changed)


def visits(rows: pd.DataFrame) -> pd.DataFrame:
    return rows[rows["kind"] == "visit"]


def kinds(desk: Desk, *edits: Edit) -> set[str]:
    wishes = Wishes(edits=edits)
    return {each["kind"] for each in plan_desk.breaches(desk, applied(desk, wishes), wishes)}


def another_day(desk: Desk, row: pd.Series) -> dt.date:
    """The first working day of the same week that is not the visit's own."""
    days = plan_desk.open_days(desk, Wishes(), row["rep_id"])
    return next(day for day in days if day != row["date"].date())


def test_wishes_come_back_from_their_document_as_they_were():
    settings = PlanSettings("US", (0, 1, 5), (dt.date(2026, 1, 19),), day_start=8.5, day_end=17.0, most_a_day=7)
    edits = (
        Edit(LOCK, "C1", "R1", dt.date(2026, 1, 6), "v1"),
        Edit(MOVE, "C2", "R1", dt.date(2026, 1, 7), "v2", dt.date(2026, 1, 6), "09:30", "planner", "2026-01-01", "why"),
    )
    wishes = Wishes(settings, (Absence("R1", dt.date(2026, 1, 8), dt.date(2026, 1, 9)),), edits)
    assert plan_edits.from_document(plan_edits.as_document(wishes)) == wishes


def test_the_last_word_on_a_visit_is_the_one_that_counts():
    lock = Edit(LOCK, "C1", "R1", dt.date(2026, 1, 6), "v1")
    both = plan_edits.with_edit(plan_edits.with_edit(Wishes(), lock), replace(lock, kind=DROP))
    assert [each.kind for each in both.edits] == [DROP]
    assert plan_edits.without(both, "v1").edits == ()


@pytest.mark.parametrize(
    "stated", [{"day_start": 18.0, "day_end": 9.0}, {"visit_minutes": 0}, {"day_end": 30.0}, {"no_such": 1}]
)
def test_hours_that_are_none_are_refused_in_words(stated):
    with pytest.raises(PlanError, match="working day"):
        plan_edits.settings_of(stated)


@pytest.mark.parametrize("text", ["R1", "R1:yesterday", "R1:2026-01-09:2026-01-05"])
def test_an_absence_that_is_none_is_refused(text):
    with pytest.raises((PlanError, ValueError)):
        plan_edits.absences_of([text])


def test_an_absence_may_be_one_day_and_a_rep_may_have_a_colon():
    one, two = plan_edits.absences_of(["R1:2026-01-09", "N:1:2026-01-05:2026-01-09"])
    assert (one.first, one.last) == (dt.date(2026, 1, 9),) * 2
    assert two.rep_id == "N:1"


def test_a_plan_without_edits_breaks_nothing(desk):
    everybody = tuple(edit_of(row, LOCK) for _, row in visits(desk.rows).iterrows())
    assert kinds(desk, *everybody) == set()


def test_a_moved_visit_stands_on_its_new_day_and_both_days_keep_the_clock(desk):
    row = visits(desk.rows).iloc[0]
    day = another_day(desk, row)
    rows = visits(applied(desk, Wishes(edits=(edit_of(row, MOVE, date=day),))))
    moved = rows[rows["visit_id"] == row["visit_id"]].iloc[0]
    assert moved["date"].date() == day and moved["change"] == MOVE
    assert len(rows) == len(visits(desk.rows))
    for which in (day, row["date"].date()):
        mine = rows[(rows["rep_id"] == row["rep_id"]) & (rows["date"] == pd.Timestamp(which))].sort_values("start")
        assert mine["seq"].tolist() == list(range(1, len(mine) + 1))
        for (_, before), (_, after) in itertools.pairwise(mine.iterrows()):
            assert after["start"] >= before["end"] + pd.Timedelta(minutes=int(after["travel_min"]))


def test_a_move_onto_a_day_of_rest_is_told(desk):
    row = visits(desk.rows).iloc[0]
    saturday = row["date"].date() + dt.timedelta(days=(5 - row["date"].weekday()) % 7)
    assert "holiday" in kinds(desk, edit_of(row, MOVE, date=saturday))


def test_a_rep_of_another_territory_is_told(desk):
    row = visits(desk.rows).iloc[0]
    other = next(rep for rep in desk.rows["rep_id"] if rep not in plan_desk.reps_for(desk, row["customer_id"]))
    assert "territory" in kinds(desk, edit_of(row, MOVE, rep_id=other, date=another_day(desk, row)))


def test_a_second_visit_in_a_week_is_told(desk):
    row = visits(desk.rows).iloc[0]
    extra = Edit(ADD, row["customer_id"], row["rep_id"], another_day(desk, row))
    assert kinds(desk, extra) & {"double", "spacing"}


def test_a_day_with_too_much_in_it_is_told(desk):
    row = visits(desk.rows).iloc[0]
    mine = visits(desk.rows)[visits(desk.rows)["rep_id"] == row["rep_id"]]
    all_on_one = [edit_of(each, MOVE, date=row["date"].date()) for _, each in mine.iterrows()]
    assert kinds(desk, *all_on_one) & {"hours", "late_home", "most_a_day"}


def test_a_dropped_visit_is_gone_and_breaks_nothing(desk):
    row = visits(desk.rows).iloc[1]
    rows = applied(desk, Wishes(edits=(edit_of(row, DROP),)))
    assert row["visit_id"] not in set(rows["visit_id"])
    assert kinds(desk, edit_of(row, DROP)) == set()


def test_nobody_without_consent_may_be_added(desk):
    rep = str(desk.rows["rep_id"].iloc[0])
    offered = plan_desk.who_may_be_added(desk, rep)["customer_id"]
    rows = [desk.customer[name] for name in offered]
    assert rows and desk.world.population.consent[0][rows].all()
    assert not set(offered) & set(visits(desk.rows)["customer_id"])


def test_an_edit_for_a_rep_who_is_away_is_told(desk):
    row = visits(desk.rows).iloc[0]
    wishes = Wishes(absences=(Absence(row["rep_id"], row["date"].date(), row["date"].date()),), edits=(
        edit_of(row, LOCK),
    ))  # fmt: skip
    told = plan_desk.breaches(desk, applied(desk, wishes), wishes)
    assert [each for each in told if each["kind"] == "absence" and not each["crowded"]]


def test_every_day_says_whether_a_visit_fits_there(desk):
    row = visits(desk.rows).iloc[0]
    found = plan_desk.days_for(desk, Wishes(), edit_of(row, MOVE), row["rep_id"])
    assert found["date"].tolist() == plan_desk.open_days(desk, Wishes(), row["rep_id"])
    here = found[found["date"] == row["date"].date()].iloc[0]
    assert here["extra_min"] == 0 and here["kinds"] == []


def test_the_load_counts_every_visit_once_and_gives_an_absent_rep_no_room(desk):
    rep = str(desk.rows["rep_id"].iloc[0])
    wishes = Wishes(absences=(Absence(rep, desk.start, desk.stop),))
    rows = applied(desk, Wishes())
    load = plan_load.load_of(desk, Wishes(), rows)
    assert load["visits"].sum() == len(visits(rows))
    assert (load["minutes"] <= load["open_minutes"] + 1e-9).all()
    away = plan_load.load_of(desk, wishes, applied(desk, wishes))
    assert (away.loc[away["rep_id"] == rep, "open_minutes"] == 0).all()
    possible = plan_load.capacity_of(desk, wishes, rows).set_index("rep_id")["possible"]
    assert possible[rep] == 0.0 and (possible.drop(rep) > 0).all()


def test_wishes_are_kept_beside_their_plan(full, tmp_path):
    import shutil

    copy = tmp_path / "copy"
    shutil.copytree(full, copy)
    plan = results.heads(copy)["plan"].id
    wishes = Wishes(edits=(Edit(DROP, "C1", "R1", dt.date(2026, 1, 6), "v1"),))
    plan_edits.keep_wishes(copy, plan, wishes)
    assert plan_edits.wishes_of(copy, plan) == wishes
    assert plan_edits.made_with(copy, plan) == Wishes()
