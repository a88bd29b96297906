"""Proven: for small markets, the maps that move the fewest customers while every territory keeps to a band."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from twin.alignment.areas import Areas, Territories, targets
from twin.alignment.exact import SmallMap, just_above, least_disruption, least_distance
from twin.errors import TwinError
from twin.geography.distance import haversine_km

MOST_WHOLE = 40
"""Areas up to which it is offered with whole territories, which take many rounds."""


def proven(
    areas: Areas, territories: Territories, graph: sparse.csr_matrix, bands: tuple[float, ...], seconds: float = 5.0
) -> list[tuple[float, NDArray[np.int32]]]:
    """Maps with whole territories that move the fewest customers for each band, where that can be had.

    Parameters
    ----------
    areas, territories, graph
        See :func:`twin.alignment.methods.keep`.
    bands : tuple of float
    seconds : float
        For each round of each band.

    Returns
    -------
    list of (band, (b,) int32)
        Bands that no map keeps, or that take too long, are left out; all of them above :data:`MOST_WHOLE` areas.
    """
    if len(areas) > MOST_WHOLE or not areas.placed.all():
        return []
    weight, n = areas.customers + 1e-9, len(territories)
    total = np.maximum(np.bincount(areas.today, weight, n), 1e-300)
    middle = [np.bincount(areas.today, weight * axis, n) / total for axis in (areas.lon, areas.lat)]
    settled = np.isfinite(territories.home_lon) & np.isfinite(territories.home_lat)
    somewhere = np.where(np.bincount(areas.today, minlength=n) > 0, middle, [[areas.lon.mean()], [areas.lat.mean()]])
    homes = np.where(settled, [territories.home_lon, territories.home_lat], somewhere).T
    small, found = small_map(areas, territories, graph, homes), []
    for band in bands:
        try:
            fewest = least_disruption(small, band, seconds=seconds)
            found.append((band, least_distance(small, band, just_above(fewest.disruption), seconds).territory))
        except TwinError:
            continue
    return found


def small_map(areas: Areas, territories: Territories, graph: sparse.csr_matrix, km_to: NDArray[np.float64]) -> SmallMap:
    """Areas and territories as a small map, in one piece each.

    Parameters
    ----------
    areas, territories, graph
        See :func:`twin.alignment.methods.keep`; every area has a place.
    km_to : (z, 2) float, degrees
        Longitude and latitude of each territory's home, or of its middle today.
    """
    total = areas.load.sum(axis=1, keepdims=True) + territories.fixed.sum(axis=1, keepdims=True)
    closed = territories.locked | ~territories.staffed
    km = haversine_km(areas.lon[:, None], areas.lat[:, None], km_to[:, 0], km_to[:, 1])
    return SmallMap(
        km=km * (areas.customers / max(float(areas.customers.sum()), 1e-300))[:, None],
        load=areas.load,
        target=targets(areas, territories) * total,
        disruption=areas.customers,
        today=areas.today.astype(np.int64),
        locked=areas.locked | (territories.locked & territories.staffed)[areas.today],
        graph=graph,
        closed=closed,
        fixed=territories.fixed,
    )
