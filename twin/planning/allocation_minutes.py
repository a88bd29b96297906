"""Minutes: what a visit takes of a rep's time, with its share of the way, before anybody has laid out a tour.

Every figure is an assumption of :class:`twin.planning.settings.PlanSettings`; tours are the visit plan's business.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from twin.geography.distance import haversine_km, on_sphere
from twin.market.world import World
from twin.planning import travel
from twin.planning.settings import PlanSettings

_AROUND = 8
"""How thickly customers lie is told from the distance to so many of them."""
_TOUR = 0.57
"""Way between neighbouring stops, in units of one over the root of their density (Daganzo 1984)."""


def minutes_of_visits(
    world: World,
    zone: NDArray[np.integer],
    may_visit: NDArray[np.bool_],
    visits: NDArray[np.float64],
    reps: NDArray[np.float64],
    settings: PlanSettings,
) -> NDArray[np.float64]:
    """Minutes of a rep's time that a visit to each customer takes.

    Parameters
    ----------
    world : World
    zone : (c,) int
        Territory that serves the customer.
    may_visit : (c,) bool
    visits : (z,) float, visits per week
        What the reps of a territory do together.
    reps : (z,) float
        How many they are.
    settings : PlanSettings

    Returns
    -------
    (c,) float, minutes
        Visit, parking, the customer's part of the way out and home, ``2 r / stops a day``, and the way between stops of
        a week's tours, ``0.57 / sqrt(stops per km2)`` (Daganzo 1984).
    """
    lon, lat = travel.places(world)
    placed = np.isfinite(lon)
    out = travel.drive_minutes(settings.road_factor * _from_home(world, zone, lon, lat), settings)
    stops = np.maximum(visits / np.maximum(reps, 1.0) / len(settings.weekdays), 1.0)
    between = np.full(len(lon), np.nan)
    for z in range(len(world.territories)):
        here = np.flatnonzero((zone == z) & may_visit & placed)
        if len(here) > 1 and visits[z] > 0.0:
            part = min(visits[z] / len(here), 1.0)
            between[here] = _TOUR * _one_over_root_density(lon[here], lat[here]) / np.sqrt(part)
    hop = travel.drive_minutes(settings.road_factor * between, settings)
    return settings.visit_minutes + settings.parking_minutes + hop + 2.0 * out / stops[zone]


def _from_home(
    world: World, zone: NDArray[np.integer], lon: NDArray[np.float64], lat: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Great-circle distance to the nearest home of the territory's reps: (c,) float, km; ``nan`` when unknown."""
    reps = world.reps
    at_home = np.isfinite(reps.home_lon) & np.isfinite(reps.home_lat) & reps.serving(world.origin)
    km = np.full(len(lon), np.nan)
    for r in np.flatnonzero(at_home):
        mine = zone == reps.territory[r]
        km[mine] = np.fmin(km[mine], haversine_km(lon[mine], lat[mine], reps.home_lon[r], reps.home_lat[r]))
    return km


def _one_over_root_density(lon: NDArray[np.float64], lat: NDArray[np.float64]) -> NDArray[np.float64]:
    """Root of the ground that there is for each customer: (n,) float, km."""
    k = min(_AROUND, len(lon) - 1)
    reach, _ = cKDTree(on_sphere(lon, lat)).query(on_sphere(lon, lat), k + 1)
    return np.sqrt(np.pi / k) * reach[:, -1]
