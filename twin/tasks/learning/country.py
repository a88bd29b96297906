"""Country: whose moving feasts to try, and whose clock calendars show, when nobody says."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from twin.market.world import World

HOME, HOME_ZONE = "TR", "Europe/Istanbul"
_BOX = (25.5, 35.5, 45.0, 42.5)
"""West, south, east, north of the home market, degrees."""


def country_of(world: World, named: str | None) -> str:
    """Two-letter code.

    Parameters
    ----------
    world : World
    named : str or None
        What the person says; believed.

    Returns
    -------
    str
        The home market when most customers lie there, or none has a place; empty, and so without feasts, elsewhere.
    """
    if named:
        return named.upper()
    people = world.population
    if not people.placed.any():
        return HOME
    return HOME if _at_home(people.lon[people.placed], people.lat[people.placed]) else ""


def zone_of(plan: pd.DataFrame) -> str:
    """Time zone of a plan's local times: the home market's where its visits lie there or nowhere, else empty."""
    if not {"lon", "lat"} <= set(plan.columns):
        return HOME_ZONE
    placed = plan[["lon", "lat"]].dropna()
    return HOME_ZONE if placed.empty or _at_home(placed["lon"].to_numpy(), placed["lat"].to_numpy()) else ""


def _at_home(lon: NDArray[np.float64], lat: NDArray[np.float64]) -> bool:
    west, south, east, north = _BOX
    return bool(west <= np.median(lon) <= east and south <= np.median(lat) <= north)
