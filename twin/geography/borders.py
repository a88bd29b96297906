"""Borders: which areas lie side by side, by their shapes or, without shapes, by the points that stand for them.

Knows places only: no roads, no ferries, no mountains.
"""

from __future__ import annotations

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse import csgraph
from scipy.spatial import Delaunay, cKDTree

from twin.geography.distance import on_sphere

_GOLDEN_ANGLE = np.pi * (3.0 - np.sqrt(5.0))
_APART_KM = 0.05
_FAR = 6.0
"""An edge so many times longer than the way to the nearest, at both its ends, spans a bay and not the land."""
_BLUNT = -0.5
"""Cosine of 120 degrees: a corner as wide as that lies close by the opposite side."""
_CORNER = 6.0
"""Borders shorter than so many times the gap are corners."""


def by_points(lon: NDArray[np.float64], lat: NDArray[np.float64]) -> sparse.csr_matrix:
    """Areas side by side, told from one point in each: edges of the Delaunay triangles.

    The globe is laid flat by the stereographic projection, which turns circles into circles, so that the triangles are
    those of the globe. Two kinds of edges are no borders and left out, as far as all points stay joined: edges along
    the rim that pass by a point, and long ones, which span a bay or a hollow.

    Parameters
    ----------
    lon, lat : (b,) float, degrees
        Finite. Points at one place are spread over some metres, in the order in which they come.

    Returns
    -------
    (b, b) sparse of bool
        Symmetric, without loops; in one piece.
    """
    if len(lon) < 2:
        return sparse.csr_matrix((len(lon), len(lon)), dtype=bool)
    flat = _spread(_flat(on_sphere(lon, lat)))
    triangles = _triangles(flat)
    pairs = _edges(flat, triangles)
    km = np.linalg.norm(flat[pairs[:, 0]] - flat[pairs[:, 1]], axis=1)
    needed = _shortest_tree(pairs, km, len(flat))
    usual = _median_of_each(pairs[needed], km[needed], len(flat))
    near = km <= _FAR * np.maximum(usual[pairs[:, 0]], usual[pairs[:, 1]])
    return _graph(pairs[needed | (near & ~_passes_by(flat, triangles, pairs))], len(flat))


def by_shapes(shapes: NDArray[np.object_], gap_degrees: float = 1e-4) -> sparse.csr_matrix:
    """Areas side by side, told from their outlines: those that share more than a corner.

    Parameters
    ----------
    shapes : (b,) shapely polygons, degrees
        ``None`` or empty: no neighbours.
    gap_degrees : float
        Outlines that run so near to one another share a border; simplified maps leave slits.

    Returns
    -------
    (b, b) sparse of bool
        Symmetric, without loops. Islands stand alone: see :func:`bridged`.
    """
    shapes = np.asarray(shapes, dtype=object)
    drawn = np.flatnonzero(~(shapely.is_missing(shapes) | shapely.is_empty(shapes)))
    tree = shapely.STRtree(shapes[drawn])
    one, other = tree.query(shapes[drawn], predicate="dwithin", distance=gap_degrees)
    once = one < other
    one, other = drawn[one[once]], drawn[other[once]]
    near = shapely.buffer(shapes[other], gap_degrees)
    along = shapely.length(shapely.intersection(shapely.boundary(shapes[one]), near))
    border = along > _CORNER * gap_degrees
    return _graph(np.column_stack([one[border], other[border]]), len(shapes))


def bridged(borders: sparse.csr_matrix, lon: NDArray[np.float64], lat: NDArray[np.float64]) -> sparse.csr_matrix:
    """Borders with the shortest bridges that join islands to the rest, and to one another.

    Parameters
    ----------
    borders : (b, b) sparse of bool
    lon, lat : (b,) float, degrees
        Finite.

    Returns
    -------
    (b, b) sparse of bool
        In one piece; unchanged where it already was.
    """
    n_parts, part = csgraph.connected_components(borders, directed=False)
    if n_parts < 2:
        return borders
    flat = _spread(_flat(on_sphere(lon, lat)))
    # the shortest tree over all points lies within the triangles, and so do the shortest bridges between parts
    pairs = _edges(flat, _triangles(flat))
    pairs = pairs[part[pairs[:, 0]] != part[pairs[:, 1]]]
    km = np.linalg.norm(flat[pairs[:, 0]] - flat[pairs[:, 1]], axis=1) + 1e-6
    ends = np.sort(part[pairs], axis=1)
    order = np.lexsort((pairs[:, 1], pairs[:, 0], km))
    _, first = np.unique(ends[order], axis=0, return_index=True)
    best = order[first]
    between = sparse.coo_matrix((km[best], (ends[best, 0], ends[best, 1])), shape=(n_parts, n_parts))
    chosen = csgraph.minimum_spanning_tree(between.tocsr()).tocoo()
    wanted = set(zip(chosen.row.tolist(), chosen.col.tolist()))
    bridges = [pairs[b] for b in best if tuple(ends[b].tolist()) in wanted]
    return (borders + _graph(np.array(bridges), len(lon))).astype(bool).tocsr()


def _flat(xyz: NDArray[np.float64]) -> NDArray[np.float64]:
    """Stereographic projection around the middle of the points: (n, 2) float, km."""
    unit = xyz / np.linalg.norm(xyz, axis=1, keepdims=True)
    middle = unit.sum(axis=0)
    size = np.linalg.norm(middle)
    middle = middle / size if size > 1e-9 else np.array([1.0, 0.0, 0.0])
    east = np.cross([0.0, 0.0, 1.0] if abs(middle[2]) < 0.9 else [0.0, 1.0, 0.0], middle)
    east /= np.linalg.norm(east)
    plane = np.column_stack([east, np.cross(middle, east)])
    # nothing that is aligned spans half the globe; a point right opposite the middle goes far out, not to infinity
    away = np.maximum(1.0 + unit @ middle, 1e-6)
    return 2.0 * np.linalg.norm(xyz, axis=1)[:, None] * (unit @ plane) / away[:, None]


def _spread(flat: NDArray[np.float64]) -> NDArray[np.float64]:
    """Points at one place laid out as a sunflower's seeds, nearer to one another than to anybody else."""
    places, which, count = np.unique(flat, axis=0, return_inverse=True, return_counts=True)
    which = which.ravel()
    if len(places) == len(flat):
        return flat
    room = np.full(len(places), _APART_KM)
    if len(places) > 1:
        room = np.minimum(room, 0.2 * cKDTree(places).query(places, k=2)[0][:, 1])
    order = np.argsort(which, kind="stable")
    seed = np.empty(len(flat))
    seed[order] = np.arange(len(flat)) - np.repeat(np.cumsum(count) - count, count)
    reach = room[which] * np.sqrt(seed / count[which])
    turn = seed * _GOLDEN_ANGLE
    return flat + np.column_stack([reach * np.cos(turn), reach * np.sin(turn)])


def _triangles(flat: NDArray[np.float64]) -> NDArray[np.int64]:
    """Delaunay triangles: (t, 3) int; none where all points lie in a row."""
    centred = flat - flat.mean(axis=0)
    wide = np.linalg.svd(centred, compute_uv=False)
    if len(flat) < 3 or wide[1] <= 1e-7 * wide[0]:
        return np.empty((0, 3), dtype=np.int64)
    # scaled, for the library tells points apart by their size
    return Delaunay(centred / wide[0], qhull_options="Qbb Qc Qz Q12 Qt").simplices.astype(np.int64)


def _edges(flat: NDArray[np.float64], triangles: NDArray[np.int64]) -> NDArray[np.int64]:
    """Edges of the triangles, lower end first: (e, 2) int. A row of points becomes a chain."""
    if not len(triangles):
        axes = np.linalg.svd(flat - flat.mean(axis=0), full_matrices=False)[2]
        order = np.argsort(flat @ axes[0], kind="stable")
        return np.sort(np.column_stack([order[:-1], order[1:]]), axis=1)
    return np.unique(_sides(triangles).reshape(-1, 2), axis=0)


def _sides(triangles: NDArray[np.int64]) -> NDArray[np.int64]:
    """Side opposite each corner, lower end first: (t, 3, 2) int."""
    return np.sort(triangles[:, [[1, 2], [2, 0], [0, 1]]], axis=2)


def _passes_by(flat: NDArray[np.float64], triangles: NDArray[np.int64], pairs: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Edges along the rim that run close by a point: (e,) bool.

    Flat triangles are peeled off the rim until none is left there.
    """
    gone = np.zeros(len(pairs), dtype=bool)
    if not len(triangles):
        return gone
    n = len(flat)
    number = np.searchsorted(pairs[:, 0] * n + pairs[:, 1], _sides(triangles) @ np.array([n, 1]))
    corner = flat[triangles]
    ahead = np.roll(corner, -1, axis=1) - corner
    back = np.roll(corner, 1, axis=1) - corner
    size = np.linalg.norm(ahead, axis=2) * np.linalg.norm(back, axis=2)
    blunt = (ahead * back).sum(axis=2) < _BLUNT * size
    left = np.ones(len(triangles), dtype=bool)
    while True:
        on_rim = np.bincount(number[left].ravel(), minlength=len(pairs)) == 1
        peeled = blunt & on_rim[number] & left[:, None]
        if not peeled.any():
            return gone
        gone[number[peeled]] = True
        left &= ~peeled.any(axis=1)


def _shortest_tree(pairs: NDArray[np.int64], km: NDArray[np.float64], n: int) -> NDArray[np.bool_]:
    """Edges of the shortest tree that joins all points: (e,) bool."""
    # an edge of no length would be no edge to the library
    weights = sparse.coo_matrix((km + 1e-9, (pairs[:, 0], pairs[:, 1])), shape=(n, n)).tocsr()
    tree = csgraph.minimum_spanning_tree(weights).tocoo()
    ends = np.sort(np.column_stack([tree.row, tree.col]), axis=1)
    return np.isin(pairs[:, 0] * n + pairs[:, 1], ends[:, 0].astype(np.int64) * n + ends[:, 1])


def _median_of_each(pairs: NDArray[np.int64], km: NDArray[np.float64], n: int) -> NDArray[np.float64]:
    """Median length of the edges at each point: (n,) float; 0 where there is none."""
    ends, both = np.concatenate([pairs[:, 0], pairs[:, 1]]), np.concatenate([km, km])
    order = np.lexsort((both, ends))
    count = np.bincount(ends, minlength=n)
    first = np.cumsum(count) - count
    there = count > 0
    median = np.zeros(n)
    median[there] = both[order][first[there] + (count[there] - 1) // 2]
    return median


def _graph(pairs: NDArray[np.int64], n: int) -> sparse.csr_matrix:
    if not len(pairs):
        return sparse.csr_matrix((n, n), dtype=bool)
    half = sparse.coo_matrix((np.ones(len(pairs), dtype=bool), (pairs[:, 0], pairs[:, 1])), shape=(n, n))
    graph = (half + half.T).tocsr().astype(bool)
    graph.sort_indices()
    return graph
