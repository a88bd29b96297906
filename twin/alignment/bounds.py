"""Bounds: how little must change hands, whatever the method, for a wished balance. Knows loads only, no geography."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

_HALVINGS = 60


def least_moved(part: NDArray[np.float64], target: NDArray[np.float64], band: float) -> float:
    """Part of the load that must change hands before every territory is within the band.

    What territories have beyond it must leave, and what others lack must come; the same load can do both.

    Parameters
    ----------
    part, target : (z,) float
        Of the whole; a territory with target 0 gives all away.
    band : float

    Returns
    -------
    float
        No map moves less; where loads must pass through neighbours, the least possible is more.
    """
    too_much = np.maximum(part - (1.0 + band) * target, 0.0).sum()
    too_little = np.maximum((1.0 - band) * target - part, 0.0).sum()
    return float(max(too_much, too_little))


def least_moved_for_cv(part: NDArray[np.float64], target: NDArray[np.float64], cv: float) -> float:
    """Part of the load that must change hands before loads over targets vary by no more than ``cv``.

    Load that leaves is best taken from the fullest territories and best brought to the emptiest; for each amount the
    variation that remains is known, and it falls as the amount grows.

    Parameters
    ----------
    part, target : (z,) float
        Of the whole.
    cv : float
        Standard deviation of ``part / target`` over its mean, among territories with a target.

    Returns
    -------
    float
    """
    staffed = target > 0
    must = float(part[~staffed].sum())
    fill, weight = part[staffed] / target[staffed], target[staffed]
    allowed = cv * cv * len(fill)

    def variation(amount: float) -> float:
        lower = np.minimum(fill, 1.0 + weight * _level(fill - 1.0, weight, amount))
        higher = np.maximum(lower, 1.0 - weight * _level(1.0 - fill, weight, amount))
        return float(((higher - 1.0) ** 2).sum())

    if variation(0.0) <= allowed:
        return must
    return max(must, _crossing(variation, 0.0, 1.0, allowed))


def _level(excess: NDArray[np.float64], weight: NDArray[np.float64], amount: float) -> float:
    """Level, in excess over weight, to which the highest are cut when so much is taken from them in all.

    Not below zero. With the first t cut, sum of w (e - w level) over them is the amount: solved for each t, the level
    that lies between the t-th and the next is the one.
    """
    rate = excess / weight
    order = np.argsort(-rate, kind="stable")
    taken, slope = np.cumsum((weight * excess)[order]), np.cumsum((weight * weight)[order])
    level = (taken - amount) / slope
    following = np.append(rate[order][1:], -np.inf)
    return max(float(level[np.flatnonzero(level >= following)[0]]), 0.0)


def _crossing(falling: Callable[[float], float], low: float, high: float, goal: float) -> float:
    """Where a falling function reaches a goal, from below: by halving."""
    for _ in range(_HALVINGS):
        middle = (low + high) / 2.0
        if falling(middle) > goal:
            low = middle
        else:
            high = middle
    return low
