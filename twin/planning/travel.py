"""Travel: where customers and reps are, and minutes on the road for kilometres.

An assumption about roads, not a road network: bridges, ferries and rush hours are unknown to it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from twin.agents.conditions import Conditions
from twin.geography.distance import haversine_km
from twin.market.world import World
from twin.planning.settings import PlanSettings


def drive_minutes(km: NDArray[np.float64], settings: PlanSettings) -> NDArray[np.float64]:
    """Whole minutes on the road, rounded up.

    Parameters
    ----------
    km : (...) float, km
        Road, not great circle; ``nan`` when a place is unknown.
    settings : PlanSettings

    Returns
    -------
    (...) float, minutes
        Slow on the first kilometres, faster on the rest: concave, so that a detour never saves time.
    """
    in_town = np.minimum(km, settings.town_km)
    hours = in_town / settings.town_kmh + (km - in_town) / settings.road_kmh
    # a hair of rounding must not cost a minute
    minutes = np.ceil(60.0 * hours - 1e-6)
    return np.where(np.isfinite(km), minutes, float(settings.unplaced_minutes))


def matrix(
    lon: NDArray[np.float64], lat: NDArray[np.float64], home: tuple[float, float], settings: PlanSettings
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Ways between the stops of a tour and the home in which it begins and ends.

    Parameters
    ----------
    lon, lat : (n,) float, degrees
        ``nan`` when unknown.
    home : (lon, lat), degrees
        ``nan`` when unknown: ways from and to it then count nothing.
    settings : PlanSettings

    Returns
    -------
    minutes : (n + 1, n + 1) int
        Home first; parking is part of the way to a stop.
    km : (n + 1, n + 1) float
        ``nan`` where a place is unknown.
    """
    x, y = np.concatenate([[home[0]], lon]), np.concatenate([[home[1]], lat])
    km = settings.road_factor * haversine_km(x[:, None], y[:, None], x, y)
    minutes = drive_minutes(km, settings)
    if not np.isfinite(home).all():
        minutes[0, :] = minutes[:, 0] = 0.0
    minutes[:, 1:] += settings.parking_minutes
    np.fill_diagonal(minutes, 0.0)
    return minutes.astype(np.int64), km


def places(world: World) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Where each customer is met, its own place or else its brick's: lon and lat, (c,) float; ``nan`` when unknown."""
    population = world.population
    lon, lat = population.lon.astype(np.float64), population.lat.astype(np.float64)
    lost = ~population.placed & (population.brick >= 0)
    if len(world.bricks) and lost.any():
        lon = np.where(lost, world.bricks.lon[population.brick], lon)
        lat = np.where(lost, world.bricks.lat[population.brick], lat)
    known = np.isfinite(lon) & np.isfinite(lat)
    return np.where(known, lon, np.nan), np.where(known, lat, np.nan)


def homes(world: World, conditions: Conditions) -> NDArray[np.float64]:
    """Homes of the reps, longitude and latitude: (r, 2) float; ``nan`` for those whom the scenario adds."""
    home = np.full((len(conditions.rep_ids), 2), np.nan)
    home[: len(world.reps)] = np.column_stack([world.reps.home_lon, world.reps.home_lat])
    home[~np.isfinite(home).all(axis=1)] = np.nan
    return home
