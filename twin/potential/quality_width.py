"""Width by quality: a customer whose record is poor has a wider interval.

How much wider is estimated where it can be: from how far our known customers' sales lie from what was predicted for
them, at good and at poor scores; else it is a prior, and is marked as one. A lower score never narrows.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from twin.potential.size import Size
from twin.response.parameters import Estimate, from_prior, shrunk

NAME = "quality_width"
_LEAST_ROWS = 60
_LEAST_SPREAD = 0.02
_LOG_SQUARE_VARIANCE = np.pi**2 / 2
"""Variance of the logarithm of a squared standard normal."""
_ENOUGH_MEMBERS = 10


def learn_width(quality: NDArray[np.float64] | None, size: Size, n_draws: int, seed: int) -> Estimate:
    """Rise of the log sd for each unit that the score falls.

    The log of a squared residual rises as the score falls; half that slope is weighed with the prior.

    Parameters
    ----------
    quality : (c,) float in [0, 1] or None
        See :class:`twin.market.population.Population`.
    size : Size
        With residuals of known customers, each predicted by a model that had not seen its brick.
    n_draws, seed : int
    """
    if quality is None:
        return from_prior(NAME, n_draws, seed, "not identified: nobody has scored the records")
    residual = size.own.residual
    score = quality[size.buyers]
    use = np.isfinite(residual) & (residual != 0) & np.isfinite(score)
    if use.sum() < _LEAST_ROWS or np.std(score[use]) < _LEAST_SPREAD:
        return from_prior(NAME, n_draws, seed, "not identified: too few known customers, or their scores are all alike")
    poor = (1.0 - score[use]) - np.mean(1.0 - score[use])
    log_square = np.log((residual[use] - np.median(residual[use])) ** 2 + 1e-6)
    information = float((poor**2).sum())
    slope = float((poor * log_square).sum()) / information / 2.0
    spread = max(float(np.var(log_square)), _LOG_SQUARE_VARIANCE)
    sd = float(np.sqrt(spread / information)) / 2.0
    return shrunk(NAME, slope, sd, n_draws, seed, f"residuals of {int(use.sum())} known customers at their scores")


def reference_of(
    quality: NDArray[np.float64], settled: NDArray[np.bool_], members: NDArray[np.int64], buyers: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Score at which the width stands as it was measured, of the unknown and of the known half: (2,) float.

    Panel members set the width of their half; where there are few of them, our buyers set it for both.
    """
    found = np.full(2, float(quality[buyers].mean()) if len(buyers) else float(quality.mean()))
    for half in (0, 1):
        mine = members[settled[members].astype(int) == half]
        if len(mine) >= _ENOUGH_MEMBERS:
            found[half] = float(quality[mine].mean())
    return found


def widening(quality: NDArray[np.float64], reference: NDArray[np.float64] | float, rise: float) -> NDArray[np.float64]:
    """Factor on a customer's sd, at least 1: (c,) float.

    Parameters
    ----------
    quality : (c,) float in [0, 1]
    reference : float or (c,) float
    rise : float
        Log sd for each unit that the score lies below the reference.
    """
    return np.exp(max(rise, 0.0) * np.maximum(reference - quality, 0.0))
