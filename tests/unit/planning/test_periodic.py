"""The search finds the best days and tours of small problems, keeps every limit, and repeats itself exactly."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from twin.planning.periodic import PATTERNS, SLOTS, Problem, neighbours, open_land, pattern_wish, solve
from twin.planning.ruin_kernels import Wish


def _way(n: int, seed: int = 0) -> np.ndarray:
    place = np.random.default_rng(seed).uniform(0, 100, (n + 1, 2))
    return np.hypot(*(place[:, None] - place).transpose(2, 0, 1))


def _length(way: np.ndarray, tour) -> float:
    return sum(way[a, b] for a, b in itertools.pairwise((0, *tour, 0))) if tour else 0.0


def _best(way: np.ndarray, customers) -> float:
    return min((_length(way, order) for order in itertools.permutations(customers)), default=0.0)


def _slot_wish(land, ranges: list[list[tuple[int, int]]], gap: int = 0, prize: float = 1e4) -> Wish:
    n, most = len(ranges), max(map(len, ranges))
    slot_from, slot_to = np.zeros((n + 1, most), np.int64), np.full((n + 1, most), -1)
    for c, mine in enumerate(ranges, start=1):
        for s, (first, last) in enumerate(mine):
            slot_from[c, s], slot_to[c, s] = first, last
    zero = np.zeros(n + 1, np.int64)
    return Wish(
        patterns=np.zeros((n + 1, 1, 1), np.int64), n_patterns=zero, slots=np.array([0, *map(len, ranges)]),
        slot_from=slot_from, slot_to=slot_to, prize=np.full((n + 1, most), prize), fixed=np.zeros(n + 1),
        ordinal=np.arange(len(land.shift)), gap=zero + gap, apart=zero, near=neighbours(land.way, n),
    )  # fmt: skip


@pytest.mark.parametrize("seed", range(3))
def test_the_best_days_of_a_small_problem_are_found(seed):
    way = _way(7, seed)
    land = open_land(way, 2)._replace(most=np.array([4, 4]))
    answer = solve(Problem(land, pattern_wish(land, [[[0], [1]]] * 7), must=True, style=PATTERNS), 3000, "x")
    best = min(
        _best(way, first) + _best(way, [c for c in range(1, 8) if c not in first])
        for size in (3, 4)
        for first in itertools.combinations(range(1, 8), size)
    )
    assert answer.cost == pytest.approx(best)


def test_the_same_seed_gives_the_same_answer_and_the_best_of_several_starts_counts():
    land = open_land(_way(25), 3)._replace(most=np.full(3, 10))
    problem = Problem(land, _slot_wish(land, [[(0, 2)]] * 25), style=SLOTS)
    one, two = (solve(problem, 400, "a") for _ in range(2))
    assert one.tours == two.tours and one.cost == two.cost
    assert solve(problem, 400, "a", starts=3).cost <= one.cost


def test_visits_keep_their_ranges_and_their_distance():
    land = open_land(_way(12), 10)._replace(week=np.repeat([0, 1], 5), week_most=np.array([40, 40]))
    problem = Problem(land, _slot_wish(land, [[(0, 4), (3, 9)]] * 12, gap=5), style=SLOTS)
    days = solve(problem, 2000, "x").slot_day[1:]
    assert (days >= 0).all() and (days[:, 1] - days[:, 0] >= 5).all()
    assert (days[:, 0] <= 4).all() and (days[:, 1] >= 3).all()


def test_what_a_week_cannot_hold_is_left_out_and_the_dearest_stays():
    land = open_land(_way(10), 2)._replace(week_most=np.array([6]))
    wish = _slot_wish(land, [[(0, 1)]] * 10)
    prize = wish.prize.copy()
    prize[1:, 0] = 1000.0 * np.arange(1, 11)
    answer = solve(Problem(land, wish._replace(prize=prize), style=SLOTS), 2000, "x")
    assert np.flatnonzero(answer.slot_day[1:, 0] >= 0).tolist() == [4, 5, 6, 7, 8, 9]


def test_windows_lunch_and_ways_that_no_triangle_binds_are_kept():
    """A walk through every tour on its own, with lunch tried at every stop."""
    rng = np.random.default_rng(5)
    n, days = 24, 3
    way = rng.integers(5, 60, (n + 1, n + 1)).astype(float)
    np.fill_diagonal(way, 0)
    land = open_land(way, days)
    opens = rng.integers(540, 900, (n + 1, 1)) * np.ones((1, days))
    window = np.stack([opens, opens + 120], axis=-1)[:, :, None]
    land = land._replace(
        window=window, service=np.full(n + 1, 20.0), shift=np.tile([540.0, 1080.0], (days, 1)),
        lunch=np.tile([720.0, 840.0, 45.0], (days, 1)),
    )  # fmt: skip
    answer = solve(Problem(land, _slot_wish(land, [[(0, days - 1)]] * n), style=SLOTS), 4000, "x")

    def back(tour, lunch_before) -> float:
        now = 540.0
        for k, (a, b) in enumerate(itertools.pairwise((0, *tour, 0))):
            if k == lunch_before:
                now = max(now, 720.0)
                if now > 840.0:
                    return np.inf
                now += 45.0
            now += way[a, b]
            if b:
                if now > window[b, 0, 0, 1]:
                    return np.inf
                now = max(now, window[b, 0, 0, 0]) + 20.0
        return now

    assert sum(map(len, answer.tours)) >= 15
    for tour in filter(None, answer.tours):
        fed = min(back(tour, k) for k in range(len(tour) + 1))
        assert fed <= 1080.0 or back(tour, -1) <= 840.0
    total = sum(_length(way, tour) for tour in answer.tours) + 1e4 * (answer.slot_day[1:, 0] < 0).sum()
    assert answer.cost == pytest.approx(total)


def test_too_much_driving_in_a_day_is_refused():
    way = _way(12, 3)
    land = open_land(way, 3)._replace(longest=np.full(3, 220.0))
    answer = solve(Problem(land, _slot_wish(land, [[(0, 2)]] * 12), style=SLOTS), 2000, "x")
    assert max(_length(way, tour) for tour in answer.tours) <= 220.0 and any(answer.tours)


def test_a_search_that_is_told_to_stop_stops():
    land = open_land(_way(10), 2)

    def enough() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        solve(Problem(land, _slot_wish(land, [[(0, 1)]] * 10)), 10**6, "x", heard=enough)
