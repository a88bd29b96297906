"""A day's tour keeps hours, windows and lunch, and drives little."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from twin.planning import day_tours, travel
from twin.planning.day_tours import Clock, Stops, Tour
from twin.planning.settings import PlanSettings
from twin.planning.week_tours import Wishes, bearings, week_tours

DAY = Clock(540, 1080, 750, 810)
EMPTY = Tour((), (), (), DAY.opens)
ALL_DAY = (0, 1440)


def _stops(n: int, seed: int, windows: list | None = None, spread: float = 0.08) -> Stops:
    rng = np.random.default_rng(seed)
    lon, lat = 29.0 + rng.normal(0, spread, n), 40.0 + rng.normal(0, spread, n)
    minutes, _ = travel.matrix(lon, lat, (29.0, 40.0), PlanSettings())
    return Stops(minutes, windows or [ALL_DAY] * n, 25)


def _tour(stops: Stops, clock: Clock = DAY) -> Tour:
    tour = EMPTY
    for stop in range(len(stops.windows)):
        longer = day_tours.inserted(tour, stop, stops, clock)
        tour = tour if longer is None else longer
    return day_tours.shortened(tour, stops, clock)


def test_lunch_interrupts_a_drive_and_delays_a_visit():
    assert DAY.after(740, 30) == 830
    assert DAY.after(740, 10) == 750
    assert DAY.after(760, 10) == 820
    assert DAY.visit_from(740, 25) == 810
    assert DAY.visit_from(725, 25) == 725


def test_a_tour_is_close_to_the_best_of_all_orders():
    excess = []
    for seed in range(12):
        stops = _stops(6, seed)
        best = min(
            day_tours.cost(t, stops)
            for order in itertools.permutations(range(6))
            if (t := day_tours.timed(order, stops, DAY)) is not None
        )
        found = day_tours.cost(_tour(stops), stops)
        assert found >= best
        excess.append(found / best - 1.0)
    assert np.mean(excess) < 0.01 and max(excess) < 0.05


def test_windows_decide_the_order():
    stops = _stops(3, 1, windows=[(900, 1000), (540, 600), ALL_DAY])
    tour = _tour(stops)
    at = dict(zip(tour.order, tour.start, strict=True))
    assert 900 <= at[0] <= 975 and 540 <= at[1] <= 575 and len(at) == 3


def test_what_cannot_be_reached_in_time_is_left_out():
    stops = _stops(2, 1, windows=[(540, 570), (540, 570)], spread=0.3)
    assert len(_tour(stops).order) <= 1


def test_a_rep_without_a_home_loses_no_time_in_the_morning():
    minutes, km = travel.matrix(np.array([29.5]), np.array([40.0]), (np.nan, np.nan), PlanSettings(parking_minutes=3))
    assert minutes.tolist() == [[0, 3], [0, 0]] and np.isnan(km[0, 1])


def test_an_unknown_place_costs_the_assumed_minutes():
    settings = PlanSettings(parking_minutes=0, unplaced_minutes=17)
    minutes, km = travel.matrix(np.array([29.5, np.nan]), np.array([40.0, np.nan]), (29.0, 40.0), settings)
    assert minutes[0, 2] == minutes[2, 1] == minutes[2, 0] == 17 and np.isnan(km[1, 2])


def test_minutes_are_rounded_up_and_slow_in_town():
    settings = PlanSettings(town_kmh=30.0, road_kmh=60.0, town_km=8.0)
    assert travel.drive_minutes(np.array([4.0, 8.0, 8.1, 20.0]), settings).tolist() == [8.0, 16.0, 17.0, 28.0]


def test_a_week_keeps_every_stop_or_says_why():
    stops = _stops(70, 3)
    wishes = Wishes(np.linspace(0, 6, 70), np.arange(70.0), np.zeros(70, dtype=int))
    found = week_tours(stops, wishes, [DAY] * 5, np.ones(5), most=15)
    served = [stop for tour in found.tours for stop in tour.order]
    left = [stop for stop, _ in found.left_out]
    assert sorted(served + left) == list(range(70)) and left
    assert {reason for _, reason in found.left_out} == {"day_full"}
    assert np.mean(left) < np.mean(served)  # the least worth is left out first
    assert max(len(tour.order) for tour in found.tours) <= 15


@pytest.mark.parametrize(
    ("window", "first_day", "reason"), [((540, 545), 0, "hours"), (ALL_DAY, 5, "spacing"), (ALL_DAY, 0, "too_far")]
)
def test_each_reason_is_told(window, first_day, reason):
    minutes = np.array([[0, 600 if reason == "too_far" else 10], [10, 0]])
    stops = Stops(minutes, [window], 25)
    wishes = Wishes(np.zeros(1), np.zeros(1), np.array([first_day]))
    assert week_tours(stops, wishes, [DAY] * 5, np.ones(5), most=15).left_out == ((0, reason),)


def test_neighbours_get_the_same_day():
    angle = np.repeat(np.arange(5) * 2 * np.pi / 5, 6)
    place = np.column_stack([29.0 + 0.1 * np.cos(angle), 40.0 + 0.1 * np.sin(angle)])
    place += np.random.default_rng(0).normal(0, 0.002, place.shape)
    around = bearings(place, (29.0, 40.0))
    minutes, _ = travel.matrix(*place.T, (29.0, 40.0), PlanSettings())
    found = week_tours(
        Stops(minutes, [ALL_DAY] * 30, 25), Wishes(around, np.ones(30), np.zeros(30, int)), [DAY] * 5, np.ones(5), 15
    )
    assert all(len({stop // 6 for stop in tour.order}) == 1 for tour in found.tours)


def test_bearings_begin_at_the_widest_gap():
    angle = np.array([3.0, 0.2, 1.0, 2.0])
    place = np.column_stack([29.0 + np.cos(angle) / np.cos(np.radians(40.0)), 40.0 + np.sin(angle)])
    assert np.argsort(bearings(place, (29.0, 40.0))).tolist() == [1, 2, 3, 0]
    assert np.isnan(bearings(np.full((2, 2), np.nan), (29.0, 40.0))).all()
