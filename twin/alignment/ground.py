"""Ground: areas and territories made ready for the passes, and the way back.

Everything is put in the order of ids, so that the order in which areas are listed decides nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from twin.alignment import columns
from twin.alignment.areas import Areas, Territories, check, targets
from twin.draws import identity
from twin.geography import borders
from twin.geography.distance import on_sphere


@dataclass(frozen=True)
class Prepared:
    """A market made ready to be shared out.

    Parameters
    ----------
    rows : (n,) int
        Rows of the areas that have a place, in the order of their ids.
    entity : (n,) uint64
        Numbers behind the ids, for keyed draws.
    ground : columns.Ground
    fixed : (m, z) float
        Load that stays in each territory, in parts of the whole.
    home : (z, 3) float, km
        ``nan`` where the middle of the areas stands for it.
    """

    rows: NDArray[np.int64]
    entity: NDArray[np.uint64]
    ground: columns.Ground
    fixed: NDArray[np.float64]
    home: NDArray[np.float64]

    @property
    def n_territories(self) -> int:
        """Number of territories, staffed or not."""
        return self.ground.target.shape[1]

    def back(self, areas: Areas, territory: NDArray[np.int32]) -> NDArray[np.int32]:
        """Territory of every area in its own order, those without a place as today: (b,) int32."""
        whole = areas.today.astype(np.int32)
        whole[self.rows] = territory
        return whole


def side_by_side(areas: Areas, shapes: NDArray[np.object_] | None = None) -> sparse.csr_matrix:
    """Neighbours of every area, islands joined by bridges: (b, b) sparse of bool.

    Parameters
    ----------
    areas : Areas
    shapes : (b,) shapely polygons, optional
        Where an area has none, its point tells its neighbours.
    """
    n = len(areas)
    rows = np.flatnonzero(areas.placed)
    rows = rows[np.argsort(areas.ids[rows])]
    if len(rows) < 2:
        return sparse.csr_matrix((n, n), dtype=bool)
    lon, lat = areas.lon[rows], areas.lat[rows]
    points = borders.by_points(lon, lat)
    graph = points
    if shapes is not None:
        mine = np.asarray(shapes, dtype=object)[rows]
        bare = np.array([shape is None or shape.is_empty for shape in mine])
        beside = sparse.diags(bare.astype(float)).astype(bool)
        # an area without an outline has the neighbours that its point has
        graph = (borders.by_shapes(mine) + beside @ points + points @ beside).astype(bool).tocsr()
        graph = borders.bridged(graph, lon, lat)
    found = graph.tocoo()
    return sparse.csr_matrix((found.data, (rows[found.row], rows[found.col])), shape=(n, n))


def prepare(
    areas: Areas, territories: Territories, graph: sparse.csr_matrix, handover: float = 0.0, elasticity: float = 0.0
) -> Prepared:
    """Make a market ready for the passes.

    Parameters
    ----------
    areas : Areas
    territories : Territories
    graph : (b, b) sparse of bool
        See :func:`side_by_side`.
    handover : float
        Part of a year's sales lost in an area that changes hands.
    elasticity : float
        Of sales to visits.

    Returns
    -------
    Prepared

    Raises
    ------
    TwinError
        See :func:`twin.alignment.areas.check`.
    """
    check(areas, territories)
    # sums in the order of ids, so that not even their last digits depend on the order of the list
    order = np.argsort(areas.ids)
    areas = areas.take(order)
    rows = order[areas.placed]
    whole = areas.load.sum(axis=1, keepdims=True) + territories.fixed.sum(axis=1, keepdims=True)
    target = targets(areas, territories)
    some = areas.take(np.flatnonzero(areas.placed))
    takes = territories.staffed & ~territories.locked
    today = some.today.astype(np.int32)
    near = graph[rows][:, rows].tocsr()
    near.sort_indices()
    homes = on_sphere(territories.home_lon, territories.home_lat)
    carried = np.stack([np.bincount(areas.today, row, len(territories)) for row in areas.load]) + territories.fixed
    visiting = _per_load(target[0], carried[0] / whole[0])
    sales = some.sales / max(float(areas.sales.sum()), 1e-300)
    ground = columns.Ground(
        today=today,
        free=~some.locked & ~(territories.locked & territories.staffed)[today],
        takes_part=takes,
        start=near.indptr.astype(np.int32),
        near=near.indices.astype(np.int32),
        load=np.ascontiguousarray(some.load / whole),
        target=np.ascontiguousarray(np.where(target > 0, target, 1e-12)),
        customers=some.customers / max(float(areas.customers.sum()), 1e-300),
        xyz=np.ascontiguousarray(on_sphere(some.lon, some.lat)),
        sells=sales * visiting[today] ** -elasticity,
        loses=sales * handover,
    )
    unplaced = ~areas.placed
    fixed = np.stack([np.bincount(areas.today[unplaced], row[unplaced], len(territories)) for row in areas.load])
    return Prepared(rows, identity(some.ids, "area"), ground, (fixed + territories.fixed) / whole, homes)


def _per_load(target: NDArray[np.float64], carried: NDArray[np.float64]) -> NDArray[np.float64]:
    """Visits that a unit of workload gets, 1 where all get the same: (z,) float."""
    return np.where((carried > 0) & (target > 0), target / np.maximum(carried, 1e-300), 1.0)


def standing(prepared: Prepared, territory: NDArray[np.int32]) -> columns.Standing:
    """A map with all its sums, ready to be changed by the passes."""
    ground, n = prepared.ground, len(territory)
    n_zones = prepared.n_territories
    return columns.Standing(
        territory=territory.astype(np.int32).copy(),
        carried=np.stack([np.bincount(territory, row, n_zones) for row in ground.load]) + prepared.fixed,
        count=np.bincount(territory, minlength=n_zones).astype(np.int64),
        promise=np.bincount(territory, ground.sells, n_zones),
        moved=np.array([ground.customers[territory != ground.today].sum()]),
        centre=centres(prepared, territory),
        mark=np.zeros(n, np.int64),
        clock=np.zeros(1, np.int64),
        stack=np.empty(n, np.int32),
    )


def centres(prepared: Prepared, territory: NDArray[np.int32]) -> NDArray[np.float64]:
    """Where each territory's reps set out: their homes, else the middle of their customers: (z, 3) float, km."""
    ground, n = prepared.ground, prepared.n_territories
    weight = ground.customers + 1e-12
    total = np.maximum(np.bincount(territory, weight, n), 1e-300)
    middle = np.stack([np.bincount(territory, weight * ground.xyz[:, axis], n) / total for axis in range(3)], axis=1)
    nobody = np.bincount(territory, minlength=n) == 0
    middle[nobody] = ground.xyz.mean(axis=0)
    return np.where(np.isfinite(prepared.home), prepared.home, middle)
