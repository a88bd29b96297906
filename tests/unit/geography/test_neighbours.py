"""Nearest customers."""

import numpy as np
import pytest

from twin.geography.distance import haversine_km
from twin.geography.neighbours import NOBODY, nearest


def test_neighbours_are_those_that_brute_force_finds():
    rng = np.random.default_rng(0)
    lon, lat = rng.uniform(26, 45, 200), rng.uniform(36, 42, 200)
    apart = haversine_km(lon[:, None], lat[:, None], lon, lat)
    np.fill_diagonal(apart, np.inf)
    found = nearest(lon, lat, 5)
    assert np.array_equal(found.index, np.argsort(apart, axis=1)[:, :5])
    assert found.km == pytest.approx(np.sort(apart, axis=1)[:, :5], abs=1e-6)


def test_nobody_is_the_own_neighbour_even_where_many_share_a_door():
    lon, lat = np.full(20, 30.0), np.full(20, 40.0)
    found = nearest(lon, lat, 3)
    assert (found.index != np.arange(20)[:, None]).all()
    assert (found.index != NOBODY).all()
    assert (found.km == 0).all()


def test_a_customer_without_coordinates_has_no_neighbours_and_is_nobodys():
    found = nearest(np.array([30.0, np.nan, 30.1, 30.2]), np.array([40.0, 40.0, 40.0, np.nan]), 2)
    assert found.index.tolist() == [[2, NOBODY], [NOBODY, NOBODY], [0, NOBODY], [NOBODY, NOBODY]]
    assert np.isinf(found.km[1]).all()


@pytest.mark.parametrize("n", [0, 1])
def test_too_few_customers_have_no_neighbours(n):
    found = nearest(np.full(n, 30.0), np.full(n, 40.0), 3)
    assert found.index.shape == (n, 3)
    assert (found.index == NOBODY).all()
    assert found.graph().nnz == 0


def test_neighbours_lie_across_the_date_line():
    found = nearest(np.array([179.95, -179.95, 170.0]), np.zeros(3), 1)
    assert found.index[:, 0].tolist()[:2] == [1, 0]


def test_the_graph_has_a_row_for_each_customer():
    found = nearest(np.array([0.0, 0.1, 0.3, np.nan]), np.zeros(4), 1)
    assert found.graph().toarray().tolist() == [[0, 1, 0, 0], [1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 0, 0]]
