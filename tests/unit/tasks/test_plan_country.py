"""A plan keeps the public holidays of the country in which the market lies, on the desk and before the checker too."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from plan_worlds import QUICK, Size, conditions_of, small_world

from twin.market.world import World
from twin.planning import travel
from twin.planning.settings import PlanSettings
from twin.planning.visit_plan import make_plan, visit_gain
from twin.tasks.plans import plan_desk, plan_load
from twin.tasks.plans.plan_applied import Desk, applied
from twin.tasks.plans.plan_country import WITHOUT_HOLIDAYS, in_market, on_holidays
from twin.tasks.plans.plan_edits import MOVE, Edit, Wishes

FEAST = dt.date(2026, 3, 20)
MONDAY = dt.date(2026, 3, 16)
STATED = replace(QUICK, country="")
IOWA = (-123.0, 1.0)
"""Degrees from the world of the tests to Iowa."""


def desk_at(east: float, north: float, settings: PlanSettings = STATED) -> Desk:
    """A plan of the week of the feast of Ramadan, made in a market that lies elsewhere."""
    world, market = small_world(Size(customers=160))
    people, reps = world.population, world.reps
    people = replace(people, lon=people.lon + east, lat=people.lat + north)
    reps = replace(reps, home_lon=reps.home_lon + east, home_lat=reps.home_lat + north)
    world = replace(world, population=people, reps=reps)
    conditions = conditions_of(world, market)
    kept = in_market(settings, world)
    plan = make_plan(world, market, conditions, visit_gain([market]), start=MONDAY, n_weeks=1, settings=kept)
    return Desk(
        rows=pd.DataFrame(plan.columns()), start=plan.start, stop=plan.stop, world=world, conditions=conditions,
        settings=kept, place=np.column_stack(travel.places(world)),
        home={str(id): (float(x), float(y)) for id, x, y in zip(reps.ids, reps.home_lon, reps.home_lat, strict=True)},
        customer={str(id): row for row, id in enumerate(people.ids)},
    )  # fmt: skip


def unplaced_world() -> World:
    world, _ = small_world()
    nowhere = np.full(len(world.population), np.nan)
    return replace(world, population=replace(world.population, lon=nowhere, lat=nowhere))


@pytest.mark.parametrize(
    ("shift", "named", "country"),
    [((0.0, 0.0), "", "TR"), (IOWA, "", ""), (IOWA, "US", "US"), ((0.0, 0.0), "de", "DE")],
    ids=["at home", "Iowa", "named in Iowa", "named at home"],
)
def test_the_country_is_the_one_that_is_named_or_that_of_the_market(shift, named, country):
    desk = desk_at(*shift)
    settings = replace(STATED, country=named)
    assert in_market(settings, desk.world).country == desk.heeding(Wishes(settings)).country == country
    assert on_holidays(settings, desk.world) == ([] if country else [WITHOUT_HOLIDAYS])


def test_a_market_without_places_keeps_the_holidays_of_home():
    assert in_market(PlanSettings(), unplaced_world()).country == "TR"


@pytest.mark.parametrize(("shift", "works"), [((0.0, 0.0), False), (IOWA, True)], ids=["at home", "Iowa"])
def test_plan_desk_load_and_checker_agree_on_a_feast(shift, works):
    desk, wishes = desk_at(*shift), Wishes(STATED)
    rep = str(desk.conditions.rep_ids[0])
    assert works or pd.Timestamp(FEAST) not in set(desk.rows["date"])
    assert (FEAST in plan_desk.open_days(desk, wishes, rep)) == works
    assert (pd.Timestamp(FEAST) in set(plan_load.load_of(desk, wishes, applied(desk, wishes))["date"])) == works
    row = desk.rows[(desk.rows["rep_id"] == rep) & (desk.rows["date"] < pd.Timestamp(FEAST))].iloc[0]
    move = Edit(MOVE, row["customer_id"], rep, FEAST, row["visit_id"], row["date"].date())
    moved = replace(wishes, edits=(move,))
    kinds = {each["kind"] for each in plan_desk.breaches(desk, applied(desk, moved), moved)}
    assert ("holiday" in kinds) == (not works)
