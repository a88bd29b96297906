"""Country: whose moving feasts to try, when nobody says."""

from __future__ import annotations

import numpy as np

from twin.market.world import World

HOME = "TR"
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
    lon, lat = np.median(people.lon[people.placed]), np.median(people.lat[people.placed])
    west, south, east, north = _BOX
    return HOME if west <= lon <= east and south <= lat <= north else ""
