"""Columns: the arrays that the passes of alignment read and write. Areas stand in the order of their ids."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


class Ground(NamedTuple):
    """What does not change while areas change hands.

    Parameters
    ----------
    today : (n,) int32
        Territory of each area.
    free : (n,) bool
        Areas that may move.
    takes_part : (z,) bool
        Territories that may give and take.
    start, near : (n + 1,), (e,) int32
        Neighbours of each area.
    load : (m, n) float
        In parts of the whole market, one row an attribute; the first is the workload.
    target : (m, z) float
        What each territory should carry, in the same parts.
    customers : (n,) float
        In parts of the whole: what a move disrupts, and what a distance is weighed by.
    xyz : (n, 3) float, km
    sells : (n,) float
        Our sales in the area at even visiting, in parts of the whole.
    loses : (n,) float
        Sales lost in the year in which the area changes hands, in the same parts.
    """

    today: NDArray[np.int32]
    free: NDArray[np.bool_]
    takes_part: NDArray[np.bool_]
    start: NDArray[np.int32]
    near: NDArray[np.int32]
    load: NDArray[np.float64]
    target: NDArray[np.float64]
    customers: NDArray[np.float64]
    xyz: NDArray[np.float64]
    sells: NDArray[np.float64]
    loses: NDArray[np.float64]


class Price(NamedTuple):
    """What is paid for what, in one measure, when an area changes hands.

    Parameters
    ----------
    attribute : (m,) float
        Of the squared relative deviation of each attribute, beyond ``band``.
    band : float
    move : float
        Of all customers.
    distance : float, per km
        Of the mean distance.
    border : float
        Of one pair of neighbours in two territories.
    profit : float
        Of a year's sales.
    elasticity : float
        Of sales to visits.
    most_moved : float
        Part of the customers that may have changed hands.
    """

    attribute: NDArray[np.float64]
    band: float
    move: float
    distance: float
    border: float
    profit: float
    elasticity: float
    most_moved: float


class Standing(NamedTuple):
    """A map in the making, and the sums that are kept up to date with it.

    Parameters
    ----------
    territory : (n,) int32
    carried : (m, z) float
    count : (z,) int64
        Areas.
    promise : (z,) float
        Sum of ``Ground.sells``.
    moved : (1,) float
        Part of the customers not where they are today.
    centre : (z, 3) float, km
    mark, clock, stack : (n,) int64, (1,) int64, (n,) int32
        Room to search in.
    """

    territory: NDArray[np.int32]
    carried: NDArray[np.float64]
    count: NDArray[np.int64]
    promise: NDArray[np.float64]
    moved: NDArray[np.float64]
    centre: NDArray[np.float64]
    mark: NDArray[np.int64]
    clock: NDArray[np.int64]
    stack: NDArray[np.int32]
