"""Months of the year: how each differs from its own year, drawn towards none as far as years disagree."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import special

from twin.response.parameters import parameter_uniforms

MONTHS = 12
LEAST_YEARS = 2
"""Whole years from which on they can disagree."""


def drawn_months(logs: NDArray[np.float64], names: Sequence[str], n_draws: int, seed: int) -> NDArray[np.float64]:
    """Draws of what months add: (d, j, 12) float, in the unit of ``logs``.

    Mean over years of each month's deviation from its own year, times ``signal / (signal + noise)``; the noise is how
    much years disagree.

    Parameters
    ----------
    logs : (y, 12, j) float
        At least :data:`LEAST_YEARS` whole years.
    names : sequence of j str
        Whose months they are: they key the draws.
    n_draws, seed : int
    """
    deviation = logs - logs.mean(axis=1, keepdims=True)
    mean = deviation.mean(axis=0).T
    noise = deviation.var(axis=0, ddof=1).mean(axis=0)[:, None] / len(logs)
    signal = np.maximum(np.square(mean).mean(axis=1, keepdims=True) - noise, 0.0)
    part = np.divide(signal, signal + noise, out=np.zeros_like(signal), where=signal > 0)
    keys = [f"month:{name}:{m + 1}" for name in names for m in range(MONTHS)]
    z = np.stack([special.ndtri(parameter_uniforms(key, n_draws, seed)) for key in keys], axis=1)
    return part * mean + np.sqrt(part * noise) * z.reshape(n_draws, len(names), MONTHS)
