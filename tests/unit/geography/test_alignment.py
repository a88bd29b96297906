"""Balanced alignment: equal load a rep, few moves, whole bricks."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from worlds_by_hand import lay_out

from twin.errors import TwinError
from twin.geography.alignment import balanced
from twin.market.world import Bricks


@pytest.fixture
def mapped():
    """400 customers on a 10 x 10 grid of bricks, four territories of very unequal width."""
    world, _ = lay_out(400, 4)
    x, y = np.meshgrid(np.arange(10), np.arange(10))
    x, y = x.ravel(), y.ravel()
    zone = np.searchsorted([1, 3, 5], x, side="right").astype(np.int32)
    bricks = Bricks(np.array([f"B{i}" for i in range(100)]), zone, 30 + x / 10, 38 + y / 10)
    brick = np.arange(400, dtype=np.int32) % 100
    people = replace(world.population, brick=brick, territory=zone[brick])
    homes = replace(world.reps, home_lon=30 + np.array([0.5, 2, 4, 7.5]) / 10, home_lat=np.full(4, 38.45))
    return replace(world, population=people, bricks=bricks, reps=homes)


def test_every_rep_carries_about_the_same_and_bricks_stay_whole(mapped):
    load = np.random.default_rng(1).uniform(0.5, 1.5, 400)
    territory = balanced(mapped, load, np.ones(4, dtype=int))
    carried = np.bincount(territory, load, 4) / load.sum()
    assert np.abs(carried - 0.25).max() < 0.04
    assert all(len(set(territory[mapped.population.brick == b])) == 1 for b in range(100))


def test_no_more_moves_than_the_imbalance_asks_for(mapped):
    load = np.ones(400)
    territory = balanced(mapped, load, np.ones(4, dtype=int))
    before = np.bincount(mapped.population.territory, minlength=4) / 400
    surplus = np.maximum(before - 0.25 * 1.05, 0).sum()
    moved = (territory != mapped.population.territory).mean()
    assert surplus - 0.02 <= moved <= 3 * surplus


def test_a_balanced_market_is_left_alone(mapped):
    even = (mapped.bricks.lon * 10 - 300).round().astype(int) * 4 // 10
    calm = replace(
        mapped,
        bricks=replace(mapped.bricks, territory=even.astype(np.int32)),
        population=replace(mapped.population, territory=even[mapped.population.brick].astype(np.int32)),
    )
    load = 1.0 / np.bincount(even[mapped.population.brick])[even[mapped.population.brick]]
    assert np.array_equal(balanced(calm, load, np.ones(4, dtype=int)), calm.population.territory)


def test_a_territory_with_two_reps_carries_twice_as_much(mapped):
    territory = balanced(mapped, np.ones(400), np.array([2, 1, 1, 1]))
    assert np.bincount(territory, minlength=4) / 400 == pytest.approx([0.4, 0.2, 0.2, 0.2], abs=0.04)


def test_without_bricks_or_reps_it_says_what_is_missing(mapped):
    none = Bricks(np.array([], dtype=str), np.array([], dtype=np.int32), np.array([]), np.array([]))
    with pytest.raises(TwinError, match="expected bricks with places and a list of reps"):
        balanced(replace(mapped, bricks=none), np.ones(400), np.ones(4, dtype=int))
