"""Alignment: which territory each area, and so each customer, belongs to."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, sparse

from twin.errors import TwinError
from twin.geography.distance import haversine_km
from twin.market.world import World

TOLERANCE = 0.05
"""Balanced territories carry at most so much more or less than their reps' part of the whole load."""
_DISTANCE_WEIGHT = 0.5
"""The longest way counts half as much as a change of hands: handovers cost sales, distance costs time."""


def balanced(world: World, load: NDArray[np.float64], heads: NDArray[np.int64]) -> NDArray[np.int32]:
    """Territories with equal load a rep: as little load changes hands, over as little distance, as that allows.

    Whole bricks move; territories keep their reps' homes. A transport problem (load to territory) is solved exactly,
    then a brick that was split goes where most of it went.

    Parameters
    ----------
    world : World
    load : (c,) float
        Workload or potential of each customer.
    heads : (z,) int
        Reps of each territory.

    Returns
    -------
    (c,) int32
        Territory of each customer.

    Raises
    ------
    TwinError
        When there are no placed bricks or no reps to balance.
    """
    bricks = world.bricks
    if not len(bricks) or not heads.any() or not np.isfinite(bricks.lon).all():
        raise TwinError(
            "field_force.alignment: expected bricks with places and a list of reps for a balanced alignment, "
            'found none. Use alignment = "current", or add bricks and reps to the bundle.'
        )
    brick = world.population.brick
    placed = brick >= 0
    weight = np.bincount(brick[placed], load[placed], len(bricks))
    staffed = np.flatnonzero(heads)
    km = _distances(world, staffed)
    cost = km / max(float(km.max()), 1e-9) * _DISTANCE_WEIGHT + (bricks.territory[:, None] != staffed)
    territory = staffed[_territory_of(weight, cost, heads[staffed] / heads.sum())].astype(np.int32)
    return np.where(placed, territory[brick], world.population.territory).astype(np.int32)


def _distances(world: World, staffed: NDArray[np.int64]) -> NDArray[np.float64]:
    """Distance from each brick to each staffed territory's centre: (b, z) float, km."""
    bricks, reps = world.bricks, world.reps
    columns = []
    for zone in staffed:
        homes = (reps.territory == zone) & np.isfinite(reps.home_lon)
        inside = bricks.territory == zone
        if homes.any():
            lon, lat = reps.home_lon[homes].mean(), reps.home_lat[homes].mean()
        else:
            inside = inside if inside.any() else np.ones(len(bricks), dtype=bool)
            lon, lat = bricks.lon[inside].mean(), bricks.lat[inside].mean()
        columns.append(haversine_km(bricks.lon, bricks.lat, lon, lat))
    return np.column_stack(columns)


def _territory_of(
    weight: NDArray[np.float64], cost: NDArray[np.float64], part: NDArray[np.float64]
) -> NDArray[np.int64]:
    """Column of the territory that takes each brick: (b,) int."""
    n_bricks, n_zones = cost.shape
    heavy = np.maximum(weight, weight.sum() * 1e-9 / n_bricks)
    share = heavy / heavy.sum()
    variables = np.arange(n_bricks * n_zones)
    whole = sparse.csr_matrix((np.ones(len(variables)), (variables // n_zones, variables)))
    load = sparse.csr_matrix((np.repeat(share, n_zones), (variables % n_zones, variables)))
    bounds = np.concatenate([part * (1 + TOLERANCE), -part * (1 - TOLERANCE)])
    answer = optimize.linprog(
        (share[:, None] * cost).ravel(), A_ub=sparse.vstack([load, -load]), b_ub=bounds, A_eq=whole,
        b_eq=np.ones(n_bricks), bounds=(0, 1), method="highs",
    )  # fmt: skip
    if answer.x is None:
        raise TwinError(
            "field_force.alignment: expected a balance within 5 %, found none. Bricks are too uneven to balance "
            'without splitting them: give an alignment file instead of "balanced".'
        )
    return answer.x.reshape(n_bricks, n_zones).argmax(axis=1)
