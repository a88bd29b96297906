"""Two ways to a new map: whole territories, what is locked stays, limits are kept, and order decides nothing."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from conftest import force
from scipy import sparse
from scipy.sparse import csgraph

from twin.alignment.annealing import Wishes
from twin.alignment.areas import Areas
from twin.alignment.ground import side_by_side
from twin.alignment.measures import measure
from twin.alignment.methods import from_scratch, keep
from twin.errors import TwinError

QUICK = Wishes(n_sweeps=150)
FREE = Wishes(tolerance=0.0, distance=0.004, n_sweeps=150)
METHODS = pytest.mark.parametrize("method", [keep, from_scratch])


def all_whole(graph: sparse.csr_matrix, territory: np.ndarray) -> bool:
    """Counted anew, by another library than the methods use."""
    return all(
        csgraph.connected_components(graph[territory == z][:, territory == z], directed=False)[0] == 1
        for z in np.unique(territory)
    )


def spread(areas: Areas, territory: np.ndarray, k: int) -> np.ndarray:
    carried = np.stack([np.bincount(territory, row, k) for row in areas.load])
    return carried.std(axis=1) / carried.mean(axis=1)


@METHODS
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_every_territory_is_in_one_piece(made_up, method, seed):
    areas, territories, graph = made_up(seed=seed)
    assert all_whole(graph, method(areas, territories, graph, QUICK))


@METHODS
def test_where_moving_is_free_loads_are_even(made_up, method):
    areas, territories, graph = made_up(n=600, k=6)
    assert spread(areas, areas.today, 6)[0] > 0.2
    assert spread(areas, method(areas, territories, graph, FREE), 6)[0] < 0.02


def test_two_attributes_are_balanced_at_once(made_up):
    areas, territories, graph = made_up(n=900, k=6, n_attributes=2)
    before, after = spread(areas, areas.today, 6), spread(areas, keep(areas, territories, graph, FREE), 6)
    assert (after < 0.04).all() and (before > 0.15).all()
    only_first = keep(areas, territories, graph, replace(FREE, attribute=(1.0, 0.0)))
    assert spread(areas, only_first, 6)[0] < after[0] + 0.01


def test_a_second_attribute_that_is_ignored_is_ignored(made_up):
    areas, territories, graph = made_up(n_attributes=2)
    bare = replace(areas, load=areas.load[:1])
    one = keep(areas, territories, graph, replace(QUICK, attribute=(1.0, 0.0)))
    assert np.array_equal(one, keep(bare, force(6), graph, QUICK))


@pytest.mark.parametrize("tolerance", [0.0, 0.02, 0.1, 0.4])
def test_balance_is_never_worse_than_todays(made_up, tolerance):
    for seed in (4, 5):
        areas, territories, graph = made_up(n=120, k=5, seed=seed)
        even = keep(areas, territories, graph, FREE)
        for today in (areas.today, even):
            now = replace(areas, today=today)
            after = keep(now, territories, graph, replace(QUICK, tolerance=tolerance))
            assert spread(now, after, 5)[0] <= spread(now, today, 5)[0] + 1e-9


def test_the_dearer_a_move_the_fewer_are_made_and_the_less_even_is_the_map(made_up):
    areas, territories, graph = made_up(n=600)
    maps = [keep(areas, territories, graph, replace(QUICK, tolerance=t)) for t in (0.0, 0.02, 0.1, 0.3)]
    figures = [measure(areas, territories, graph, each) for each in maps]
    moved, cv = [f.moved_customers for f in figures], [f.cv[0] for f in figures]
    assert moved == sorted(moved, reverse=True) and cv == sorted(cv) and moved[0] > 2 * moved[-1]


def test_a_map_within_the_band_is_left_alone(made_up):
    areas, territories, graph = made_up()
    calm = replace(areas, today=keep(areas, territories, graph, FREE))
    assert np.array_equal(keep(calm, territories, graph, replace(QUICK, band=0.05)), calm.today)


@METHODS
def test_what_is_locked_stays(made_up, method):
    areas, territories, graph = made_up(seed=6)
    locked = replace(areas, locked=np.arange(300) % 7 == 0)
    after = method(locked, territories, graph, FREE)
    assert np.array_equal(after[locked.locked], areas.today[locked.locked])
    assert (after != areas.today).any()


@METHODS
def test_a_locked_territory_keeps_what_it_has_and_takes_nothing(made_up, method):
    areas, territories, graph = made_up(seed=6)
    shut = replace(territories, locked=np.arange(6) == 5)
    after = method(areas, shut, graph, FREE)
    assert np.array_equal(after == 5, areas.today == 5)
    others = np.bincount(after, areas.load[0], 6)[:5]
    assert others.std() / others.mean() < 0.03


@pytest.mark.parametrize("limit", [0.0, 0.03, 0.08, 0.2])
def test_the_limit_on_moved_customers_is_kept_and_spent(made_up, limit):
    areas, territories, graph = made_up(n=600, seed=7)
    after = keep(areas, territories, graph, replace(FREE, most_moved=limit))
    moved = areas.customers[after != areas.today].sum() / areas.customers.sum()
    assert moved <= limit + 1e-12
    assert moved >= 0.6 * limit or spread(areas, after, 6)[0] < 0.02


@METHODS
def test_the_order_of_areas_changes_nothing(made_up, shuffled, method):
    areas, territories, graph = made_up(seed=8)
    other, order = shuffled(areas)
    after = method(areas, territories, graph, QUICK)
    assert np.array_equal(method(other, territories, side_by_side(other), QUICK), after[order])


def test_a_seed_gives_its_map_again_and_another_seed_another(made_up):
    areas, territories, graph = made_up(seed=9)
    one = keep(areas, territories, graph, QUICK)
    assert np.array_equal(one, keep(areas, territories, graph, QUICK))
    assert not np.array_equal(one, keep(areas, territories, graph, replace(QUICK, seed=1)))


@METHODS
def test_one_territory_keeps_everything(made_up, method):
    areas, _, graph = made_up(n=40, k=1)
    assert not method(areas, force(1), graph, QUICK).any()


@METHODS
def test_as_many_territories_as_areas_get_one_each(made_up, method):
    areas, _, graph = made_up(n=8, k=2)
    after = method(areas, force(8), graph, FREE)
    assert sorted(after) == list(range(8))


@METHODS
def test_areas_without_a_place_stay_and_their_load_counts(made_up, alone, method):
    areas, territories, _ = made_up(seed=10)
    lost = alone(areas, np.arange(300) % 5 == 0)
    graph = side_by_side(lost)
    after = method(lost, territories, graph, FREE)
    assert np.array_equal(after[~lost.placed], areas.today[~lost.placed])
    assert spread(areas, after, 6)[0] < 0.03
    assert all_whole(graph[lost.placed][:, lost.placed], after[lost.placed])


@METHODS
def test_areas_that_no_border_joins_stay_where_they_are(made_up, method):
    areas, territories, graph = made_up(n=100, k=4, seed=11)
    cut = graph.tolil()
    cut[:10, :], cut[:, :10] = False, False
    after = method(areas, territories, cut.tocsr(), replace(FREE, n_sweeps=60))
    assert set(after) <= set(range(4)) and len(after) == 100
    if method is keep:
        assert np.array_equal(after[:10], areas.today[:10])


def test_a_new_territory_grows_and_one_without_reps_dissolves(made_up):
    areas, _, graph = made_up(n=600, k=5, seed=12)
    heads = replace(force(6), heads=np.array([1.0, 1.0, 0.0, 1.0, 1.0, 1.0]))
    after = keep(areas, heads, graph, FREE)
    carried = np.bincount(after, areas.load[0], 6) / areas.load.sum()
    assert carried[2] == 0 and np.abs(carried[[0, 1, 3, 4, 5]] * 5 - 1).max() < 0.05
    assert all_whole(graph, after)


def test_stray_pieces_are_joined(made_up):
    areas, territories, graph = made_up(n=400, k=4, seed=13)
    torn = replace(areas, today=np.where(np.arange(400) % 17 == 0, 3 - areas.today, areas.today).astype(np.int32))
    assert not all_whole(graph, torn.today)
    assert all_whole(graph, keep(torn, territories, graph, QUICK))


def test_homes_draw_their_territories_around_them(made_up):
    areas, territories, graph = made_up(n=600, k=4, seed=14)
    corners = replace(
        territories, ids=territories.ids[:4], heads=np.ones(4), home_lon=np.array([30.4, 31.6, 30.4, 31.6]),
        home_lat=np.array([38.4, 38.4, 39.6, 39.6]), locked=np.zeros(4, dtype=bool), fixed=np.zeros((1, 4)),
    )  # fmt: skip
    after = from_scratch(areas, corners, graph, FREE)
    own = (areas.lon > 31).astype(int) + 2 * (areas.lat > 39)
    assert (after == own).mean() > 0.75 and spread(areas, after, 4)[0] < 0.02


@METHODS
def test_more_territories_than_areas_and_loads_of_zero_are_refused(made_up, method):
    areas, _, graph = made_up(n=8, k=2)
    with pytest.raises(TwinError, match="found 8 areas with a place for 9 territories"):
        method(areas, force(9), graph, QUICK)
    with pytest.raises(TwinError, match="attribute 1 of 1 to be zero in every area"):
        method(replace(areas, load=np.zeros((1, 8))), force(2), graph, QUICK)
    with pytest.raises(TwinError, match="found 8 places and 0 territories with reps"):
        method(areas, replace(force(2), heads=np.zeros(2)), graph, QUICK)


def test_faulty_columns_are_refused(made_up):
    areas, _, graph = made_up(n=8, k=2)
    for wrong in (
        {"load": -areas.load},
        {"sales": areas.sales * np.nan},
        {"ids": np.full(8, "B1")},
        {"lon": areas.lon[1:]},
    ):
        with pytest.raises(ValueError, match="expected"):
            replace(areas, **wrong)
    with pytest.raises(ValueError, match="attribute"):
        keep(areas, force(2), graph, Wishes(attribute=(1.0, 1.0)))
    with pytest.raises(ValueError, match="most_moved"):
        Wishes(most_moved=-0.1)
