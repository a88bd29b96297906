"""Attraction: from utilities to brand shares. Knows no time; see :mod:`twin.response.law`."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from twin.response.elementary import exp, expm1, log1p, maximum, where

HABIT_WEEKS = 8.0
"""Memory of habit: a moving average over so many weeks."""


def warmth(stock: NDArray[np.float64], curvature: float) -> NDArray[np.float64]:
    """Goodwill as it is felt: (...) float, zero without any and rising with it.

    The power transform of Box and Cox (1964), ``((1 + stock)**curvature - 1) / curvature``: 0 is the logarithm, 1 the
    straight line, and -1 the saturating ``stock / (1 + stock)`` of Hill.
    """
    if curvature == 0.0:
        return log1p(stock)
    return expm1(curvature * log1p(stock)) * (1.0 / curvature)


def contact_utility(stock: NDArray[np.float64], coefficient: float, curvature: float) -> NDArray[np.float64]:
    """Utility that goodwill gives to our brands: (...) float. See :func:`warmth` and :func:`steepness`."""
    return coefficient * warmth(stock, curvature)


def steepness(stock: NDArray[np.float64], coefficient: float, curvature: float) -> NDArray[np.float64]:
    """What one more unit of ``log(1 + stock)`` gives in utility: (...) float, ``coefficient * (1 + stock)**curvature``.

    The elasticity of our odds at stock A is ``steepness * A / (1 + A)``.
    """
    return coefficient + curvature * contact_utility(stock, coefficient, curvature)


def pull(utility: NDArray[np.float64], considers: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Attraction of a brand: (...) float, not negative; zero for those who do not consider it."""
    return where(considers, exp(utility), 0.0)


def one_over(total: NDArray[np.float64]) -> NDArray[np.float64]:
    """What an attraction is multiplied by to become a share: (...) float; shares are zero where nothing attracts."""
    return 1.0 / maximum(total, 1e-30)


def category_factor(total: NDArray[np.float64], usual: NDArray[np.float64], outside: float) -> NDArray[np.float64]:
    """Category volume over what it usually is, when buying nothing is an option too: (...) float, 1 as usual.

    Parameters
    ----------
    total, usual : (...) float
        Attraction of all brands together, now and in the state in which the volume was learned.
    outside : float in [0, 1)
        Share of the outside option in the usual state; the elasticity of the category to all attraction there.

    Notes
    -----
    An outside option of attraction E leaves the brands ``S / (E + S)``. With E the part ``outside`` of ``E + usual``,
    and scaled to 1 at the usual S, that is ``S / (outside * usual + (1 - outside) * S)``.
    """
    return total / maximum(outside * usual + (1.0 - outside) * total, 1e-30)


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
    ours = np.arange(len(utility))[:, None] < n_own
    attraction = pull(utility - utility.max(axis=0), considers_us | ~ours)
    return attraction * one_over(attraction.sum(axis=0))


def own_utility_for(share: NDArray[np.float64]) -> NDArray[np.float64]:
    """Utility of our brands together at which a customer gives us ``share`` when rivals' attractions sum to one."""
    clipped = np.clip(share, 1e-4, 0.98)
    return np.log(clipped / (1.0 - clipped))


def advance_habit(habit: NDArray[np.float64], share: NDArray[np.float64]) -> NDArray[np.float64]:
    """Habit after one week: moving average of shares, (...) float in [0, 1]."""
    return habit + (share - habit) * (1.0 / HABIT_WEEKS)
