"""Balanced alignment of a world: equal load a rep, few moves, whole bricks."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.sparse import csgraph
from worlds_by_hand import lay_out

from twin.alignment.of_world import balanced, lot_of, usual_visits
from twin.errors import TwinError
from twin.market.world import Bricks
from twin.response.market import VisitRule


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


def grid(n: int = 10):
    """Who shares a corner or a side on the grid: the widest notion of beside."""
    x, y = np.meshgrid(np.arange(n), np.arange(n))
    x, y = x.ravel(), y.ravel()
    return (np.abs(x[:, None] - x) <= 1) & (np.abs(y[:, None] - y) <= 1)


def test_every_rep_carries_about_the_same_bricks_stay_whole_and_territories_too(mapped):
    load = np.random.default_rng(1).uniform(0.5, 1.5, 400)
    territory = balanced(mapped, load, np.ones(4, dtype=int))
    carried = np.bincount(territory, load, 4) / load.sum()
    assert np.abs(carried / 0.25 - 1).max() < 0.07  # a brick is four percent of a territory
    of_brick = territory[:100]
    assert all((territory[mapped.population.brick == b] == of_brick[b]).all() for b in range(100))
    beside = grid()
    for z in range(4):
        inside = of_brick == z
        assert csgraph.connected_components(beside[inside][:, inside])[0] == 1


def test_no_more_moves_than_the_imbalance_asks_for(mapped):
    load = np.ones(400)
    territory = balanced(mapped, load, np.ones(4, dtype=int))
    before = np.bincount(mapped.population.territory, minlength=4) / 400
    surplus = np.maximum(before - 0.25 * 1.05, 0).sum()
    moved = (territory != mapped.population.territory).mean()
    assert surplus - 0.02 <= moved <= 2 * surplus


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


def test_a_territory_without_reps_gives_all_its_bricks_away(mapped):
    territory = balanced(mapped, np.ones(400), np.array([1, 1, 0, 1]))
    assert set(territory) == {0, 1, 3}


def test_without_bricks_single_customers_are_aligned_and_who_has_no_place_stays():
    world, market = lay_out(400, 4)
    nowhere = np.arange(400) % 10 == 0
    people = replace(world.population, lon=np.where(nowhere, np.nan, world.population.lon))
    territory = balanced(replace(world, population=people), market.volume, np.ones(4, dtype=int))
    assert np.array_equal(territory[nowhere], people.territory[nowhere])
    carried = np.bincount(territory, market.volume, 4) / market.volume.sum() * 4
    assert np.abs(carried - 1).max() < 0.08


def test_without_places_or_reps_it_says_what_is_missing(mapped):
    none = Bricks(np.array([], dtype=str), np.array([], dtype=np.int32), np.array([]), np.array([]))
    lost = replace(mapped.population, lon=np.full(400, np.nan), brick=np.full(400, -1, dtype=np.int32))
    with pytest.raises(TwinError, match="expected bricks or customers with places and a list of reps"):
        balanced(replace(mapped, bricks=none, population=lost), np.ones(400), np.ones(4, dtype=int))
    with pytest.raises(TwinError, match="0 territories with reps"):
        balanced(mapped, np.ones(400), np.zeros(4, dtype=int))


def test_names_to_lock_must_be_names_of_the_data(mapped):
    with pytest.raises(TwinError, match="B999"):
        lot_of(mapped, np.ones((1, 400)), np.ones(400), np.ones(4), locked_areas=frozenset({"B999"}))


def test_workload_is_what_customers_of_a_size_get_everywhere_not_what_a_busy_rep_leaves_them():
    world, market = lay_out(400, 4)
    potential = np.ones(400)
    starved = np.where(world.population.territory == 0, 0.2, 1.0)  # the rep of the first territory has too much to do
    rule = VisitRule(starved, starved, 0.1, 0.3, np.full(4, 12.0), market.rule.contact_rate)
    visits = usual_visits(world, rule, potential)
    mine = world.population.known & (world.population.territory == 0)
    others = world.population.known & (world.population.territory != 0)
    assert visits[mine].mean() == pytest.approx(visits[others].mean(), rel=0.15)
    assert visits.sum() == pytest.approx(48.0)


def test_who_may_not_be_visited_makes_no_work():
    world, market = lay_out(400, 4)
    refuses = np.arange(400) % 3 == 0
    consent = world.population.consent.copy()
    consent[0] = ~refuses
    world = replace(world, population=replace(world.population, consent=consent))
    visits = usual_visits(world, market.rule, market.volume)
    assert not visits[refuses].any() and (visits[~refuses] > 0).all()
