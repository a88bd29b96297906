"""Distances on the globe: great circles between points in degrees. Knows no road and no traffic."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

EARTH_RADIUS_KM = 6371.0088
"""Mean radius of the earth."""


def haversine_km(lon_a: ArrayLike, lat_a: ArrayLike, lon_b: ArrayLike, lat_b: ArrayLike) -> NDArray[np.float64]:
    """Great-circle distance.

    Parameters
    ----------
    lon_a, lat_a, lon_b, lat_b : (...) float, degrees WGS84
        Broadcast against each other.

    Returns
    -------
    (...) float, km
        ``nan`` where a coordinate is missing.
    """
    lon_a, lat_a, lon_b, lat_b = (np.radians(np.asarray(x, dtype=np.float64)) for x in (lon_a, lat_a, lon_b, lat_b))
    half = np.sin((lat_b - lat_a) / 2) ** 2 + np.cos(lat_a) * np.cos(lat_b) * np.sin((lon_b - lon_a) / 2) ** 2
    # rounding can push antipodes a hair above 1
    return 2 * EARTH_RADIUS_KM * np.arcsin(np.sqrt(np.minimum(half, 1.0)))


def on_sphere(lon: ArrayLike, lat: ArrayLike) -> NDArray[np.float64]:
    """Points of the globe in three dimensions, where straight distance has the order of the great circle.

    Unlike a flat projection this holds for a whole country, and across the date line.

    Parameters
    ----------
    lon, lat : (n,) float, degrees

    Returns
    -------
    (n, 3) float, km
    """
    lon, lat = np.radians(np.asarray(lon, dtype=np.float64)), np.radians(np.asarray(lat, dtype=np.float64))
    return EARTH_RADIUS_KM * np.stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)], axis=-1)


def chord_to_arc_km(chord: ArrayLike) -> NDArray[np.float64]:
    """Great-circle distance from the straight one of :func:`on_sphere`: (...) float, km; infinite stays infinite."""
    chord = np.asarray(chord, dtype=np.float64)
    arc = 2 * EARTH_RADIUS_KM * np.arcsin(np.minimum(chord / (2 * EARTH_RADIUS_KM), 1.0))
    return np.where(np.isfinite(chord), arc, chord)
