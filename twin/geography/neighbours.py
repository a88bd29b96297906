"""Neighbours: the nearest other customers of each customer. Knows places only, not who talks to whom."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.spatial import cKDTree

from twin.geography.distance import chord_to_arc_km, on_sphere

NOBODY = -1
"""Index that stands for a missing neighbour."""


@dataclass(frozen=True)
class Neighbours:
    """The k nearest others, nearest first.

    Parameters
    ----------
    index : (c, k) int32
        :data:`NOBODY` where there is none: no coordinates, or fewer than k others.
    km : (c, k) float64, km
        ``inf`` where there is none.
    """

    index: NDArray[np.int32]
    km: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.index)

    def graph(self) -> sparse.csr_matrix:
        """Who is among whose nearest: (c, c) sparse of ones, row = the customer, column = the neighbour."""
        n = len(self.index)
        there = self.index != NOBODY
        indptr = np.concatenate([[0], np.cumsum(there.sum(axis=1))])
        return sparse.csr_matrix((np.ones(indptr[-1]), self.index[there], indptr), shape=(n, n))


def nearest(lon: NDArray[np.float64], lat: NDArray[np.float64], k: int) -> Neighbours:
    """K nearest customers of each customer, without itself.

    Parameters
    ----------
    lon, lat : (c,) float, degrees
        ``nan`` when unknown: such a customer has no neighbours and is nobody's.
    k : int
        How many.

    Returns
    -------
    Neighbours
    """
    n = len(lon)
    index, km = np.full((n, k), NOBODY, dtype=np.int32), np.full((n, k), np.inf)
    placed = np.flatnonzero(np.isfinite(lon) & np.isfinite(lat))
    if len(placed) < 2 or k < 1:
        return Neighbours(index, km)
    points = on_sphere(lon[placed], lat[placed])
    wanted = min(k + 1, len(placed))
    chord, found = cKDTree(points).query(points, k=wanted)
    # several customers may share one door, so that oneself need not come first, nor be found at all
    itself = found == np.arange(len(placed))[:, None]
    itself[~itself.any(axis=1), -1] = True
    others = ~itself
    width = wanted - 1
    index[placed, :width] = placed[found[others].reshape(-1, width)]
    km[placed, :width] = chord_to_arc_km(chord[others].reshape(-1, width))
    return Neighbours(index, km)
