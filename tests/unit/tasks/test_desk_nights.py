"""The planner's desk knows where reps sleep: a plan with nights away is judged as its maker meant it."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from plan_worlds import QUICK, Size, conditions_of, small_world

from twin.planning import travel
from twin.planning.settings import Absence
from twin.planning.visit_plan import make_plan, visit_gain
from twin.tasks.plans import plan_desk, plan_load
from twin.tasks.plans.plan_applied import Desk, applied
from twin.tasks.plans.plan_edits import DROP, LOCK, Edit, Wishes

SETTINGS = replace(QUICK, overnight=True, night_minutes=30)


@pytest.fixture(scope="module")
def desk() -> Desk:
    world, market = small_world(Size(customers=300, radius_km=60, visits_per_week=25))
    conditions = conditions_of(world, market)
    plan = make_plan(
        world, market, conditions, visit_gain([market]), start=dt.date(2026, 3, 9), n_weeks=2, settings=SETTINGS
    )
    reps = world.reps
    return Desk(
        rows=pd.DataFrame(plan.columns()),
        start=plan.start,
        stop=plan.stop,
        world=world,
        conditions=conditions,
        settings=SETTINGS,
        place=np.column_stack(travel.places(world)),
        home={str(id): (float(x), float(y)) for id, x, y in zip(reps.ids, reps.home_lon, reps.home_lat, strict=True)},
        customer={str(id): row for row, id in enumerate(world.population.ids)},
        nights=plan_desk.nights_of(pd.DataFrame(plan.days.columns())),
    )


def locks(desk: Desk) -> Wishes:
    """One locked visit of every rep: all reps are read by the checker."""
    first = desk.rows[desk.rows["kind"] == "visit"].groupby("rep_id").head(1).to_dict("records")
    edits = [Edit(LOCK, row["customer_id"], row["rep_id"], row["date"].date(), row["visit_id"]) for row in first]
    return Wishes(SETTINGS, (), tuple(edits))


def broken(desk: Desk, wishes: Wishes) -> set[str]:
    return {each["kind"] for each in plan_desk.breaches(desk, applied(desk, wishes), wishes)}


def test_a_plan_with_nights_away_is_found_sound(desk):
    assert desk.nights
    assert broken(desk, locks(desk)) == set()
    assert broken(replace(desk, nights={}), locks(desk))  # this is what it was taken for without them


def test_a_changed_day_begins_where_the_rep_has_slept(desk):
    (rep, night), customer = next(iter(desk.nights.items()))
    morrow = night + dt.timedelta(days=1)
    today = desk.rows[(desk.rows["rep_id"] == rep) & (desk.rows["date"] == pd.Timestamp(morrow))]
    today = today[today["kind"] == "visit"].sort_values("seq")
    last = today.iloc[-1]
    wishes = Wishes(SETTINGS, (), (Edit(DROP, last["customer_id"], rep, morrow, last["visit_id"]),))
    after = applied(desk, wishes)
    first = after[(after["rep_id"] == rep) & (after["date"] == pd.Timestamp(morrow)) & (after["seq"] == 1)]
    assert first["travel_min"].iloc[0] == today["travel_min"].iloc[0]
    whole = locks(desk)
    assert broken(desk, replace(whole, edits=(*whole.edits, *wishes.edits))) <= plan_desk.CROWDED
    assert customer in desk.customer


def test_a_rep_who_is_absent_after_a_night_goes_home(desk):
    (rep, night), _ = next(iter(desk.nights.items()))
    morrow = night + dt.timedelta(days=1)
    away = replace(locks(desk), absences=(Absence(rep, morrow, morrow),))
    assert "night" not in broken(desk, away)
    load = [plan_load.load_of(desk, wishes, applied(desk, wishes)).set_index(["rep_id", "date"])["minutes"]
            for wishes in (locks(desk), away)]  # fmt: skip
    at = (rep, pd.Timestamp(night))
    assert load[1][at] > load[0][at]  # the way home instead of the way to the inn
