"""Attraction: from utilities to brand shares. Knows no time; see :mod:`twin.response.law`."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def contact_utility(stock: NDArray[np.float64], coefficient: float) -> NDArray[np.float64]:
    """Utility that goodwill gives to our brands: (...) float.

    Logarithmic saturation: the elasticity of our odds at stock A is ``coefficient * A / (1 + A)``.
    """
    return coefficient * np.log1p(stock)


def shares(utility: NDArray[np.float64], considers_us: NDArray[np.bool_], n_own: int) -> NDArray[np.float64]:
    """Multinomial logit over the brands that each customer considers.

    Parameters
    ----------
    utility : (j, c) float
        Our brands first.
    considers_us : (c,) bool
    n_own : int
        How many brands are ours.

    Returns
    -------
    (j, c) float
        Sums to one over brands (Bell, Keeney, Little 1975). When only our brands exist, a customer who does not
        consider us buys nothing.
    """
    attraction = np.exp(utility - utility.max(axis=0))
    attraction[:n_own] *= considers_us
    total = attraction.sum(axis=0)
    return np.divide(attraction, total, out=np.zeros_like(attraction), where=total > 0)


def own_utility_for(share: NDArray[np.float64]) -> NDArray[np.float64]:
    """Utility of our brands together at which a customer gives us ``share`` when rivals' attractions sum to one."""
    clipped = np.clip(share, 1e-4, 0.98)
    return np.log(clipped / (1.0 - clipped))


def advance_habit(habit: NDArray[np.float64], share: NDArray[np.float64], weeks: float = 8.0) -> NDArray[np.float64]:
    """Habit after one week: moving average of shares, (j, c) float in [0, 1]."""
    return habit + (share - habit) / weeks
