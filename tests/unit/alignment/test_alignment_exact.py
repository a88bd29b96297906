"""Exact alignment of small maps, against every possible map."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest
from conftest import force
from scipy.sparse import csgraph

from twin.alignment.exact import SmallMap, frontier, least_disruption, least_distance
from twin.alignment.proven import proven
from twin.errors import TwinError
from twin.geography import borders

BAND = 0.25


def small(seed: int, n: int = 9, k: int = 3, whole: bool = False) -> SmallMap:
    rng = np.random.default_rng(seed)
    lon, lat = rng.uniform(30, 31, n), rng.uniform(38, 39, n)
    load = rng.uniform(0.5, 2.0, (2, n))
    home = rng.choice(n, k, replace=False)
    km = 100 * np.hypot(lon[:, None] - lon[home], lat[:, None] - lat[home])
    target = np.repeat(load.sum(axis=1, keepdims=True) / k, k, axis=1)
    graph = borders.by_points(lon, lat) if whole else None
    return SmallMap(km, load, target, rng.uniform(1, 2, n), km.argmin(axis=1), np.zeros(n, dtype=bool), graph)


def every_map(problem: SmallMap) -> list[tuple[float, float, tuple[int, ...]]]:
    """Distance, disruption and territories of all maps that keep the rules, by trying them all."""
    n, k = problem.km.shape
    found = []
    for territory in itertools.product(range(k), repeat=n):
        where = np.array(territory)
        carried = np.stack([np.bincount(where, row, k) for row in problem.load])
        if (np.abs(carried / problem.target - 1) > BAND + 1e-12).any() or len(set(territory)) < k:
            continue
        if (where != problem.today)[problem.locked].any():
            continue
        if problem.graph is not None and any(
            csgraph.connected_components(problem.graph[where == z][:, where == z])[0] > 1 for z in range(k)
        ):
            continue
        moved = problem.disruption[where != problem.today].sum()
        found.append((float(problem.km[np.arange(n), where].sum()), float(moved), territory))
    return found


@pytest.mark.parametrize("whole", [False, True])
@pytest.mark.parametrize("seed", [1, 3, 4])
def test_least_distance_and_least_disruption_are_those_of_all_maps(seed, whole):
    problem = small(seed, n=8 + (not whole), whole=whole)
    maps = every_map(problem)
    short, calm = least_distance(problem, BAND), least_disruption(problem, BAND)
    assert short.km == pytest.approx(min(one[0] for one in maps)) and short.bound == pytest.approx(short.km)
    assert calm.disruption == pytest.approx(min(one[1] for one in maps)) and calm.bound == pytest.approx(calm.value)
    assert tuple(short.territory) in {one[2] for one in maps}


def test_what_is_locked_stays_and_costs_distance():
    problem = small(3)
    far = replace(problem, locked=np.arange(9) < 4)
    assert least_distance(far, BAND).km == pytest.approx(min(one[0] for one in every_map(far)))
    assert least_distance(far, BAND).km >= least_distance(problem, BAND).km


def test_the_frontier_holds_maps_that_no_map_beats_in_both():
    problem = small(4)
    problem = replace(problem, today=np.random.default_rng(4).permutation(problem.today))
    maps = every_map(problem)
    points = frontier(problem, BAND, 40)
    assert len(points) > 2
    for point in points:
        assert not any(km < point.km - 1e-6 and moved < point.disruption + 1e-6 for km, moved, _ in maps)
        assert not any(km < point.km + 1e-6 and moved < point.disruption - 1e-6 for km, moved, _ in maps)


def test_a_band_that_no_map_keeps_is_said():
    with pytest.raises(TwinError, match="within 0 % of their targets, found none"):
        least_distance(small(1), 0.0)


def test_maps_that_are_too_large_are_refused():
    with pytest.raises(ValueError, match="at most 100 areas"):
        SmallMap(
            np.ones((101, 2)), np.ones((1, 101)), np.ones((1, 2)), np.ones(101), np.zeros(101, int), np.zeros(101, bool)
        )


def test_no_boundary_moves_beat_the_proven_map(made_up):
    from twin.alignment.annealing import Wishes
    from twin.alignment.methods import keep

    areas, _, graph = made_up(n=24, k=3, seed=5)
    territories = force(3)
    (band, fewest), *_ = proven(areas, territories, graph, (0.1,))
    carried = np.bincount(fewest, areas.load[0], 3)
    assert np.abs(carried / carried.mean() - 1).max() <= band + 1e-9
    least = areas.customers[fewest != areas.today].sum()
    for seed in range(3):
        after = keep(areas, territories, graph, Wishes(tolerance=0.01, band=0.1, balance=20.0, seed=seed, n_sweeps=300))
        carried = np.bincount(after, areas.load[0], 3)
        if np.abs(carried / carried.mean() - 1).max() <= band:
            assert areas.customers[after != areas.today].sum() >= least - 1e-9
