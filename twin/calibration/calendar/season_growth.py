"""Season and growth told apart where history is short: a rise within one year is half a season as well as a growth.

Works on a fitted season. Knows neither sales nor dates.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from twin.calibration.levels.category_level import prior_shock_sd, wandering_slope
from twin.calibration.levels.period_totals import LogLinearFit
from twin.response.parameters import PRIORS

_STRAIGHT = 2
"""Columns of a level without bends: its height and its slope."""


def told_from_growth(
    fit: LogLinearFit, years: Sequence[float], n_seasonal: int, widths: Sequence[int]
) -> tuple[NDArray[np.float64], NDArray[np.float64], float]:
    """Season given what is believed of a market's growth: a normal update of all coefficients by each source's slope.

    Parameters
    ----------
    fit : LogLinearFit
        Seasonal coefficients first, then height and slope of each source.
    years : sequence of float
        Length of each source.
    n_seasonal : int
    widths : sequence of int
        Coefficients of each source's level; where one bends, three years and more tell season from growth.

    Returns
    -------
    mean : (k,) float, log volume
    covariance : (k, k) float
    slope_sd : float, log volume per year
        Error that not knowing the season leaves in the first source's slope; 0 where the level bends.
    """
    mean, covariance = fit.coefficients.copy(), fit.covariance.copy()
    inner = slice(0, n_seasonal)
    if max(widths) > _STRAIGHT:
        return mean[inner], covariance[inner, inner], 0.0
    slopes = n_seasonal + np.cumsum([0, *widths[:-1]]) + 1
    slope_sd = float(np.sqrt(max(covariance[slopes[0], slopes[0]], 0.0)))
    prior = PRIORS["market_drift"]
    for place, length in zip(slopes, years):
        believed = prior.sd**2 + wandering_slope(prior_shock_sd(), length)
        shared = covariance[:, place].copy()
        gain = shared / (shared[place] + believed)
        mean = mean + gain * (prior.mean - mean[place])
        covariance = covariance - np.outer(gain, shared)
    return mean[inner], covariance[inner, inner], slope_sd
