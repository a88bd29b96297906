"""Borders: who lies beside whom, from points and from outlines."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from scipy.sparse import csgraph

from twin.geography import borders


def n_pieces(graph) -> int:
    return csgraph.connected_components(graph, directed=False)[0]


def pairs(graph) -> set[tuple[int, int]]:
    found = graph.tocoo()
    return set(zip(found.row.tolist(), found.col.tolist()))


def test_points_are_joined_in_one_piece_both_ways_and_never_to_themselves():
    rng = np.random.default_rng(1)
    graph = borders.by_points(rng.uniform(26, 45, 400), rng.uniform(36, 42, 400))
    assert n_pieces(graph) == 1
    assert (graph != graph.T).nnz == 0 and not graph.diagonal().any()
    assert 4.5 < graph.nnz / 400 < 6.0


def test_the_order_of_points_changes_nobodys_neighbours():
    rng = np.random.default_rng(2)
    lon, lat = rng.uniform(26, 45, 200), rng.uniform(36, 42, 200)
    order = rng.permutation(200)
    other = borders.by_points(lon[order], lat[order])
    assert {(order[a], order[b]) for a, b in pairs(other)} == pairs(borders.by_points(lon, lat))


def test_a_bay_separates_its_shores():
    """Points along a horseshoe: nobody at one tip is a neighbour of the other tip, though no point lies between."""
    rng = np.random.default_rng(3)
    angle, reach = rng.uniform(0.15 * np.pi, 1.85 * np.pi, 600), rng.uniform(0.8, 1.2, 600)
    lon, lat = 30 + reach * np.cos(angle) / np.cos(np.radians(38)), 38 + reach * np.sin(angle)
    graph = borders.by_points(lon, lat).tocoo()
    assert np.abs(angle[graph.row] - angle[graph.col]).max() < 0.5 * np.pi
    assert n_pieces(borders.by_points(lon, lat)) == 1


@pytest.mark.parametrize("n_places", [1, 2, 40])
def test_points_at_one_place_are_neighbours_of_one_another(n_places):
    rng = np.random.default_rng(4)
    lon, lat = np.repeat(rng.uniform(28, 30, n_places), 10), np.repeat(rng.uniform(38, 40, n_places), 10)
    graph = borders.by_points(lon, lat)
    assert n_pieces(graph) == 1
    same = np.repeat(np.arange(n_places), 10)
    assert all(n_pieces(graph[same == p][:, same == p]) == 1 for p in range(n_places))


@pytest.mark.parametrize("n", [0, 1, 2, 3, 9])
def test_few_points_and_points_in_a_row_make_a_chain(n):
    graph = borders.by_points(np.linspace(29, 30, n), np.full(n, 0.0))
    assert graph.shape == (n, n) and graph.nnz == 2 * max(n - 1, 0)


def squares(gap: float = 0.0) -> np.ndarray:
    """Nine squares in three rows."""
    return np.array(
        [shapely.box(x + gap, y + gap, x + 1 - gap, y + 1 - gap) for y in range(3) for x in range(3)], dtype=object
    )


@pytest.mark.parametrize("gap", [0.0, 4e-5])
def test_areas_share_borders_and_not_corners_whatever_a_simplified_map_leaves_between(gap):
    graph = borders.by_shapes(squares(gap))
    middle = {b for a, b in pairs(graph) if a == 4}
    assert middle == {1, 3, 5, 7} and graph.nnz == 2 * 12


def test_an_island_is_bridged_where_the_way_is_shortest():
    shapes = np.append(squares(), [shapely.box(5, 1, 6, 2), None]).astype(object)
    lon = np.array([0.5, 1.5, 2.5] * 3 + [5.5, 9.0])
    lat = [*np.repeat([0.5, 1.5, 2.5], 3).tolist(), 1.5, 1.5]
    bare = borders.by_shapes(shapes)
    assert n_pieces(bare) == 3
    graph = borders.bridged(bare, lon, np.array(lat))
    assert pairs(graph) - pairs(bare) == {(5, 9), (9, 5), (9, 10), (10, 9)}
