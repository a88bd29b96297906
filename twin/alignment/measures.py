"""Measures: what a map is like. Counted from the map itself, by other means than those that made it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse import csgraph

from twin.alignment.areas import Areas, Territories, targets
from twin.geography.distance import haversine_km


@dataclass(frozen=True)
class Measures:
    """A map in figures.

    Parameters
    ----------
    fill : (m, z) float
        Load of each attribute over its target, 1 where a territory carries its part; ``nan`` without reps.
    cv : (m,) float
        Standard deviation of ``fill`` over its mean.
    highest, lowest : (m,) float
    moved_customers, moved_sales : float
        Parts of the whole that change hands.
    moved_load : (m,) float
    moved_areas : int
    mean_km : float
        Great circle from a customer to its territory's home, or its middle; ``nan`` without places.
    pieces : int
        Pieces beyond one a territory, by the neighbour graph.
    """

    fill: NDArray[np.float64]
    cv: NDArray[np.float64]
    highest: NDArray[np.float64]
    lowest: NDArray[np.float64]
    moved_customers: float
    moved_sales: float
    moved_load: NDArray[np.float64]
    moved_areas: int
    mean_km: float
    pieces: int


def measure(areas: Areas, territories: Territories, graph: sparse.csr_matrix, territory: NDArray[np.int32]) -> Measures:
    """Measure a map of (b,) int32 territories."""
    n = len(territories)
    carried = np.stack([np.bincount(territory, row, n) for row in areas.load]) + territories.fixed
    part = carried / carried.sum(axis=1, keepdims=True)
    target = targets(areas, territories)
    staffed = territories.staffed
    fill = np.where(staffed & (target > 0), part / np.where(target > 0, target, 1.0), np.nan)
    among = fill[:, staffed]
    moved = territory != areas.today
    return Measures(
        fill=fill,
        cv=among.std(axis=1) / np.maximum(among.mean(axis=1), 1e-300),
        highest=among.max(axis=1),
        lowest=among.min(axis=1),
        moved_customers=_part(areas.customers, moved),
        moved_sales=_part(areas.sales, moved),
        moved_load=np.array([_part(row, moved) for row in areas.load]),
        moved_areas=int(moved.sum()),
        mean_km=_mean_km(areas, territories, territory),
        pieces=extra_pieces(graph, territory, areas.placed),
    )


def extra_pieces(graph: sparse.csr_matrix, territory: NDArray[np.int32], counted: NDArray[np.bool_]) -> int:
    """Pieces beyond one a territory, among the areas that are counted."""
    edges = graph.tocoo()
    inside = territory[edges.row] == territory[edges.col]
    same = sparse.csr_matrix((np.ones(inside.sum()), (edges.row[inside], edges.col[inside])), shape=graph.shape)
    piece = csgraph.connected_components(same, directed=False)[1]
    return len(np.unique(piece[counted])) - len(np.unique(territory[counted]))


def _part(weight: NDArray[np.float64], moved: NDArray[np.bool_]) -> float:
    total = float(weight.sum())
    return float(weight[moved].sum()) / total if total > 0 else 0.0


def _mean_km(areas: Areas, territories: Territories, territory: NDArray[np.int32]) -> float:
    placed, n = areas.placed, len(territories)
    weight = areas.customers[placed]
    if not weight.sum() > 0:
        return float("nan")
    zone, lon, lat = territory[placed], areas.lon[placed], areas.lat[placed]
    total = np.maximum(np.bincount(zone, weight, n), 1e-300)
    settled = np.isfinite(territories.home_lon) & np.isfinite(territories.home_lat)
    # within a territory degrees are flat enough for a middle
    to_lon = np.where(settled, territories.home_lon, np.bincount(zone, weight * lon, n) / total)
    to_lat = np.where(settled, territories.home_lat, np.bincount(zone, weight * lat, n) / total)
    km = haversine_km(lon, lat, to_lon[zone], to_lat[zone])
    return float(km @ weight / weight.sum())
