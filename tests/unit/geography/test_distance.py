"""Distances on the globe."""

import numpy as np
import pytest

from twin.geography.distance import EARTH_RADIUS_KM, chord_to_arc_km, haversine_km, on_sphere


def test_a_degree_of_latitude_is_111_km():
    assert haversine_km(30.0, 39.0, 30.0, 40.0) == pytest.approx(111.195, abs=0.01)


def test_istanbul_to_ankara():
    assert haversine_km(28.9784, 41.0082, 32.8597, 39.9334) == pytest.approx(349.0, abs=2.0)


def test_antipodes_are_half_a_round_apart():
    assert haversine_km(10.0, 20.0, -170.0, -20.0) == pytest.approx(np.pi * EARTH_RADIUS_KM)


def test_a_missing_coordinate_gives_no_distance():
    assert np.isnan(haversine_km(np.nan, 40.0, 30.0, 40.0))


def test_points_broadcast():
    assert haversine_km(np.zeros((3, 1)), 0.0, np.zeros(4), 1.0).shape == (3, 4)


def test_straight_distance_through_the_globe_has_the_same_arc():
    lon, lat = np.array([28.9, 179.9, 5.0]), np.array([41.0, -10.0, 60.0])
    other_lon, other_lat = np.array([32.8, -179.9, 5.0]), np.array([39.9, -10.0, 60.0])
    chord = np.linalg.norm(on_sphere(lon, lat) - on_sphere(other_lon, other_lat), axis=1)
    assert chord_to_arc_km(chord) == pytest.approx(haversine_km(lon, lat, other_lon, other_lat), abs=1e-6)
    assert chord_to_arc_km(np.inf) == np.inf
