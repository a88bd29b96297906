"""Exponential smoothing of many series at once: ETS(A,N,A) and ETS(A,N,N), additive errors.

The recursions of Hyndman, Koehler, Ord, Snyder 2008, *Forecasting with Exponential Smoothing*. Smoothing constants are
chosen on a grid for each series by the squared one-step errors, so that thousands of bricks take no longer than one.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

ALPHAS = (0.01, 0.05, 0.1, 0.2, 0.3, 0.45, 0.6, 0.8, 0.99)
GAMMAS = (0.0, 0.05, 0.1, 0.2, 0.4)
"""As parts of 1 - alpha."""
_INITIAL_YEARS = 3


def smooth(values: NDArray[np.float64], season: int, n_ahead: int) -> tuple[NDArray, NDArray]:
    """Forecast every series.

    Parameters
    ----------
    values : (k, t) float
        At least two seasons, without gaps.
    season : int
        Length of the season; 1 for none.
    n_ahead : int

    Returns
    -------
    mean, sd : (k, n_ahead) float
        sd of a forecast ``h`` ahead: ``s sqrt(1 + sum over j < h of c_j^2)``, with ``c_j = alpha``, and ``alpha +
        gamma`` where j is a whole number of seasons.
    """
    grid = [(a, g * (1 - a)) for a in ALPHAS for g in (GAMMAS if season > 1 else (0.0,))]
    alpha, gamma = (np.array(column)[:, None] for column in zip(*grid))
    level, wave = _initial(values, season)
    level = np.repeat(level[None], len(grid), axis=0)
    wave = np.repeat(wave[None], len(grid), axis=0)
    squares = np.zeros(level.shape)
    for t in range(values.shape[1]):
        place = t % season
        error = values[:, t] - level - wave[:, :, place]
        squares += error**2
        level = level + alpha * error
        wave[:, :, place] += gamma * error
    best = squares.argmin(axis=0)
    rows = np.arange(len(values))
    ahead = (values.shape[1] + np.arange(n_ahead)) % season
    mean = level[best, rows][:, None] + wave[best, rows][:, ahead]
    free = 2 + (season if season > 1 else 0)
    variance = squares[best, rows] / np.maximum(values.shape[1] - free, values.shape[1] / 4)
    carried = np.repeat(alpha[best, 0][:, None], n_ahead, axis=1) ** 2
    if season > 1:
        carried[:, season - 1 :: season] = (alpha[best, 0] + gamma[best, 0])[:, None] ** 2
    grown = 1.0 + np.concatenate([np.zeros((len(values), 1)), np.cumsum(carried, axis=1)[:, : n_ahead - 1]], axis=1)
    return mean, np.sqrt(variance[:, None] * grown)


def _initial(values: NDArray, season: int) -> tuple[NDArray, NDArray]:
    """Level and season to begin with, from the first years: (k,), (k, season)."""
    if season == 1:
        return values[:, :12].mean(axis=1), np.zeros((len(values), 1))
    n_years = min(values.shape[1] // season, _INITIAL_YEARS)
    years = values[:, : n_years * season].reshape(len(values), n_years, season)
    means = years.mean(axis=2, keepdims=True)
    # what the level gains in the course of the years is no season
    slope = (means[:, -1] - means[:, 0]) / max(season * (n_years - 1), 1)
    drift = slope[:, None] * (np.arange(season) - (season - 1) / 2)
    wave = (years - means - drift).mean(axis=1)
    return years[:, 0].mean(axis=1) - slope[:, 0] * (season - 1) / 2, wave
