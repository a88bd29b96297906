"""Areas to centres: targets met, at hardly more distance than the best possible."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import optimize, sparse

from twin.alignment import transport
from twin.geography.distance import on_sphere


def least_cost(cost: np.ndarray, weight: np.ndarray, target: np.ndarray) -> float:
    """Of the transport problem in which areas may be split: a linear programme."""
    n, k = cost.shape
    once = sparse.kron(sparse.eye_array(n), np.ones((1, k)))
    fill = sparse.kron(weight[None, :], sparse.eye_array(k))
    return optimize.linprog(
        (weight[:, None] * cost).ravel(), A_eq=sparse.vstack([once, fill]), b_eq=np.concatenate([np.ones(n), target])
    ).fun


@pytest.mark.parametrize("seed", [1, 2])
def test_fixed_centres_are_served_at_hardly_more_than_the_least_cost(seed):
    rng = np.random.default_rng(seed)
    xyz = on_sphere(rng.uniform(30, 32, 500), rng.uniform(38, 40, 500))
    weight = rng.lognormal(0, 0.5, 500)
    weight /= weight.sum()
    centre, target = xyz[:8], np.full(8, 1 / 8)
    territory = transport.to_centres(xyz, weight, target, centre, np.zeros(8, dtype=bool))
    cost = ((xyz[:, None] - centre) ** 2).sum(axis=2)
    carried = np.bincount(territory, weight, 8)
    assert np.abs(carried * 8 - 1).max() < 0.12
    found = (weight * cost[np.arange(500), territory]).sum()
    assert found == pytest.approx(least_cost(cost, weight, carried), rel=0.02)


def test_unequal_parts_are_met():
    rng = np.random.default_rng(3)
    xyz = on_sphere(rng.uniform(30, 32, 800), rng.uniform(38, 40, 800))
    target = np.array([0.5, 0.2, 0.2, 0.1])
    territory = transport.to_centres(xyz, np.ones(800), target, xyz[:4], np.ones(4, dtype=bool))
    assert np.bincount(territory, minlength=4) / 800 == pytest.approx(target, abs=0.02)


def test_halves_are_cut_at_the_right_part_and_ends_go_to_who_is_near():
    lon = np.linspace(30, 32, 100)
    xyz = on_sphere(lon, np.full(100, 38.0))
    near = on_sphere(np.array([31.9, 30.1, 31.0]), np.full(3, 38.0))
    territory = transport.cut_in_halves(xyz, np.ones(100), np.array([0.2, 0.5, 0.3]), near)
    assert territory.tolist() == [1] * 50 + [2] * 30 + [0] * 20


def test_hardly_any_areas_and_no_room_between_them_do_not_break_it():
    same = on_sphere(np.full(6, 30.0), np.full(6, 38.0))
    territory = transport.to_centres(same, np.ones(6), np.full(3, 1 / 3), same[:3], np.ones(3, dtype=bool))
    assert set(territory) <= {0, 1, 2}
