"""Roads as the checker reckons them: where a customer is, and how long the way between two places takes.

Shares no code with the planner's roads, so that no mistake is made twice.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from twin.market.world import World
from twin.planning.settings import PlanSettings

Lookup = Callable[[str, str], float | None]
"""Minutes from one name to another, as a table or an engine has them; ``None`` where it has none."""


def place_of(world: World, customer: int) -> tuple[float, float]:
    """Longitude and latitude of a customer, else of its brick: degrees, ``nan`` where neither is known."""
    population, bricks = world.population, world.bricks
    lon, lat = float(population.lon[customer]), float(population.lat[customer])
    brick = int(population.brick[customer])
    if (math.isnan(lon) or math.isnan(lat)) and 0 <= brick < len(bricks):
        lon, lat = float(bricks.lon[brick]), float(bricks.lat[brick])
    return lon, lat


def minutes_between(a: tuple[float, float], b: tuple[float, float], settings: PlanSettings) -> int:
    """Whole minutes on the road, without parking."""
    if any(math.isnan(x) for x in (*a, *b)):
        return settings.unplaced_minutes
    (x1, y1), (x2, y2) = (tuple(math.radians(v) for v in p) for p in (a, b))
    # the spherical law of cosines loses the digits that short ways need; the chord does not
    p, q = ((math.cos(y) * math.cos(x), math.cos(y) * math.sin(x), math.sin(y)) for x, y in ((x1, y1), (x2, y2)))
    km = 2 * 6371.0088 * math.asin(min(math.dist(p, q) / 2, 1.0)) * settings.road_factor
    town = min(km, settings.town_km)
    hours = town / settings.town_kmh + (km - town) / settings.road_kmh
    return math.ceil(60 * hours - 1e-3)
