"""Customers' hours and measured ways are read as they are written, by planner and checker alike."""

from __future__ import annotations

import datetime as dt
import http.server
import json
import threading
from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest
from plan_worlds import QUICK, Size, conditions_of, planned, small_world

from twin.errors import InputError, PlanError
from twin.planning.checker import check_plan
from twin.planning.checker_calendar import stretches_of, weekdays_of
from twin.planning.hours import hours_of_customers
from twin.planning.roads import Roads, Ways
from twin.planning.settings import Absence, PlanSettings
from twin.planning.visit_plan import make_plan, visit_gain
from twin.tasks.plans.plan_absences import read_absences
from twin.tasks.plans.plan_roads import RoadsAsked, lookup_of, roads_of

DAYS = {
    "Mon-Wed, Fri": {0, 1, 2, 4}, "Pzt Sal": {0, 1}, "1,2,5": {0, 1, 4}, "ÇARŞAMBA": {2}, "SALI": {1},
    "fri-mon": {0, 4, 5, 6},
    "Paz": {6}, "someday": set(range(7)), "": set(range(7)), "3": {2},
}  # fmt: skip
HOURS = {
    "09:00-11:30; 14-17": [(540, 690), (840, 1020)], "9.30-10": [(570, 600)], "13:00–14:00": [(780, 840)], "late": [],
    "17-9": [], "": [], "8-9,10-11": [(480, 540), (600, 660)],
}  # fmt: skip


def _world_saying(column: str, words: list[str]):
    world, market = small_world(Size(customers=len(words), with_hours=0.0))
    said = np.array([word or None for word in words], dtype=object)
    people = replace(world.population, attributes={**world.population.attributes, column: said})
    return replace(world, population=people), market


def test_days_are_read_in_both_languages_by_planner_and_checker():
    world, _ = _world_saying("visit_days", list(DAYS))
    hours = hours_of_customers(world.population, PlanSettings())
    for k, expected in enumerate(DAYS.values()):
        assert set(np.flatnonzero(hours.days[k])) == expected == weekdays_of(world, k)
    assert hours.unread == 1


def test_hours_are_read_by_planner_and_checker():
    world, _ = _world_saying("visit_hours", list(HOURS))
    hours = hours_of_customers(world.population, PlanSettings())
    for k, expected in enumerate(HOURS.values()):
        mine = list(zip(hours.opens[k].tolist(), hours.closes[k].tolist(), strict=True))[: hours.n[k]]
        assert (mine if hours.stated[k] else []) == expected
        assert [(int(a), int(b)) for a, b in stretches_of(world, k)] == expected
    assert hours.unread == 2


def test_days_hours_absences_driving_and_nights_together_break_no_rule():
    size = Size(customers=400, radius_km=60, visits_per_week=25)
    world, market = small_world(size)
    rng = np.random.default_rng(3)
    people = world.population
    extra = {
        "visit_days": rng.choice(np.array([None, "Mon-Thu", "Sal Per", "5"], dtype=object), len(people)),
        "visit_hours": rng.choice(np.array([None, "09:30-11:00; 14-17", "13-18"], dtype=object), len(people)),
    }
    world = replace(world, population=replace(people, attributes={**people.attributes, **extra}))
    conditions = conditions_of(world, market)
    away = (Absence("R1", dt.date(2026, 3, 11), dt.date(2026, 3, 13)),)
    settings = replace(QUICK, absences=away, most_drive_minutes=240, overnight=True, night_minutes=30)
    plan = make_plan(
        world, market, conditions, visit_gain([market]), start=dt.date(2026, 3, 9), n_weeks=3, settings=settings
    )
    assert check_plan(plan, world, conditions, settings) == ()
    assert len(plan) > 100 and (plan.days.night != "").any()
    assert "night" in {each.kind for each in check_plan(plan, world, conditions, replace(settings, overnight=False))}


def test_measured_ways_count_before_great_circles(tmp_path):
    world, market = small_world(Size(customers=60, with_hours=0.0, placed=1.0))
    ids = [*world.population.ids[world.population.territory == 0], "R1"]
    far = {(a, b): 90 for a in ids[:5] for b in ids if a != b} | {(b, a): 90 for a in ids[:5] for b in ids if a != b}
    path = tmp_path / "ways.csv"
    path.write_text("o;d;min;km\n" + "\n".join(f"{a};{b};{m},5;70" for (a, b), m in far.items()), encoding="utf-8")
    asked = RoadsAsked(path)
    roads, conditions = roads_of(asked, QUICK), conditions_of(world, market)
    plan = make_plan(
        world,
        market,
        conditions,
        visit_gain([market]),
        start=dt.date(2026, 2, 2),
        n_weeks=2,
        settings=QUICK,
        roads=roads,
    )
    given = lookup_of(asked, roads, world)
    assert check_plan(plan, world, conditions, QUICK, given=given) == ()
    there = np.isin(plan.customer_id, ids[:5])
    assert there.any() and (plan.travel_min[there] == 94).all() and (plan.travel_km[there] == 70).all()
    usual = planned(Size(customers=60, with_hours=0.0, placed=1.0), n_weeks=2)[0]
    assert {"travel"} <= {each.kind for each in check_plan(usual, world, conditions, QUICK, given=given)}


def test_ways_are_found_by_name_and_the_last_of_a_pair_counts():
    names = np.array(["a", "b", "a", "a"]), np.array(["b", "a", "c", "b"])
    minutes, km = Ways.of(*names, np.array([1.0, 2.0, 3.0, 4.0]), np.full(4, np.nan)).between(np.array(["b", "x", "a"]))
    assert minutes[2, 0] == 4.0 and minutes[0, 2] == 2.0 and np.isnan(minutes[1]).all() and np.isnan(km).all()
    found, _ = Roads(QUICK).between(np.array(["a", "b"]), np.array([29.0, np.nan]), np.array([40.0, np.nan]))
    assert found.tolist() == [[0, QUICK.unplaced_minutes], [QUICK.unplaced_minutes, 0]]


class _Server(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        url = urlsplit(self.path)
        places = [tuple(map(float, each.split(","))) for each in url.path.rsplit("/", 1)[1].split(";")]
        asked = {name: list(map(int, rows[0].split(";"))) for name, rows in parse_qs(url.query, separator="&").items()
                 if name != "annotations"}  # fmt: skip
        table = [[60.0 * (7 + round(abs(places[a][0] - places[b][0]) * 100)) for b in asked["destinations"]]
                 for a in asked["sources"]]  # fmt: skip
        body = json.dumps({"code": "Ok", "durations": table, "distances": table}).encode()
        self.send_response(200)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments) -> None:
        pass


def test_a_road_engine_is_asked_in_blocks_and_its_answers_are_checked():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Server)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        asked = RoadsAsked(osrm=f"http://127.0.0.1:{server.server_port}/")
        roads = roads_of(asked, QUICK)
        world, market = small_world(Size(customers=280, visits_per_week=18))
        conditions = conditions_of(world, market)
        plan = make_plan(
            world, market, conditions, visit_gain([market]), start=dt.date(2026, 2, 2), settings=QUICK, roads=roads
        )
    finally:
        server.shutdown()
    assert max(len(rows) for rows, _ in roads.engine.answers) > 50
    assert check_plan(plan, world, conditions, QUICK, given=lookup_of(asked, roads, world)) == ()
    assert plan.travel_min[plan.kind == "visit"].min() >= 7


def test_a_road_engine_that_does_not_answer_is_named():
    with pytest.raises(PlanError, match="osrm"):
        roads_of(RoadsAsked(osrm="localhost:5000"), QUICK)
    roads = roads_of(RoadsAsked(osrm="http://127.0.0.1:9"), QUICK)
    with pytest.raises(PlanError, match=r"127\.0\.0\.1:9"):
        roads.engine(np.array([29.0]), np.array([40.0]))


def test_faults_of_the_tables_are_told_all_at_once(tmp_path):
    ways, absences = tmp_path / "ways.csv", tmp_path / "absences.csv"
    ways.write_text("o,d,min\na,b,-3\na,c,\nb,c,4\n", encoding="utf-8")
    with pytest.raises(InputError) as caught:
        roads_of(RoadsAsked(ways), QUICK)
    assert [problem.row for problem in caught.value.problems] == [2, 3]
    absences.write_text("rep_id;from;to\nR1;31.12.2026;30.12.2026\n;1;2026-01-05\n", encoding="utf-8")
    with pytest.raises(InputError) as caught:
        read_absences(absences)
    assert [(problem.row, problem.where) for problem in caught.value.problems] == [
        (2, "to"),
        (3, "rep_id"),
        (3, "from"),
    ]
    absences.write_text("\ufeffrep_id;from;to\nR1;09.02.2026;2026-02-10\n", encoding="utf-8")
    (found,) = read_absences(absences)
    assert (found.first, found.last) == (dt.date(2026, 2, 9), dt.date(2026, 2, 10))
