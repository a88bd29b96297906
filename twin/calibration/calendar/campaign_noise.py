"""Campaign noise: how far what lasts in the noise, and what does not, may have moved the measured effect of campaigns.

A campaign runs in a few short stretches, so that its own residuals tell little of its error. The noise of the whole
series does: a part that is new in every period, and a part that fades. Knows no campaign; see campaign_strength.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import linalg

_HALF_LIVES = (2.0, 5.0, 13.0, 39.0)
"""Weeks; half of what lasts is left after so many."""
_LASTING = (0.2, 0.4, 0.6, 0.8, 0.95)
"""Parts of the variance that last."""
_LEAST_FREE = 5


def error_of(
    influence: NDArray[np.float64], noise: NDArray[np.float64], columns: NDArray[np.float64],
    weight: NDArray[np.float64], weeks: NDArray[np.float64],
) -> float:  # fmt: skip
    """Standard error of an effect that is a weighted sum of noise.

    ``e_t = u_t + v_t``: u new in every period with a variance that goes with ``1 / weight``, v fading by half in h
    weeks. Restricted likelihood (Patterson, Thompson 1971) of every h and every part of v, averaged over all of them:
    a short record cannot tell which it is.

    Parameters
    ----------
    influence : (p,) float
        What one unit of noise of each period adds to the effect.
    noise : (p,) float
        Observed less fitted; ``nan`` where nothing was recorded.
    columns : (p, k) float
        What was fitted, and has taken up its part of the noise.
    weight : (p,) float
        Relative precision of single periods.
    weeks : (p,) float
        Middle of each period.

    Returns
    -------
    float
        ``inf`` where there are hardly more periods than columns.
    """
    seen = np.isfinite(noise) & (weight > 0)
    if seen.sum() < columns.shape[1] + _LEAST_FREE:
        return float(np.inf)
    y, apart = noise[seen], np.abs(weeks[seen][:, None] - weeks[seen])
    x = _independent(columns[seen])
    fresh = np.diag(weight[seen].mean() / weight[seen])
    found, chance = [], []
    for part, half_life in [(0.0, 1.0), *((part, h) for h in _HALF_LIVES for part in _LASTING)]:
        covariance = (1.0 - part) * fresh + part * 0.5 ** (apart / half_life)
        likelihood, scale = _restricted(covariance, x, y)
        found.append(scale * float(influence[seen] @ covariance @ influence[seen]))
        chance.append(likelihood)
    weights = np.exp(np.array(chance) - max(chance))
    # no lasting part is one case among as many as there are half-lives
    weights[1:] /= len(_LASTING)
    return float(np.sqrt(weights @ np.array(found) / weights.sum()))


def _independent(columns: NDArray[np.float64]) -> NDArray[np.float64]:
    """An orthonormal basis of the columns: (p, r) float."""
    basis, size, _ = np.linalg.svd(columns, full_matrices=False)
    return np.asarray(basis[:, size > 1e-8 * max(float(size[0]), 1e-300)])


def _restricted(covariance: NDArray, x: NDArray, y: NDArray) -> tuple[float, float]:
    """Log restricted likelihood, its scale profiled out, and that scale."""
    root = linalg.cholesky(covariance, lower=True, check_finite=False)
    white = linalg.solve_triangular(root, np.column_stack([x, y]), lower=True, check_finite=False)
    design, left = white[:, :-1], white[:, -1]
    q, r = np.linalg.qr(design)
    rest = left - q @ (q.T @ left)
    free = len(y) - x.shape[1]
    scale = max(float(rest @ rest), 1e-300) / free
    log_determinant = 2.0 * np.log(np.diag(root)).sum() + 2.0 * np.log(np.abs(np.diag(r))).sum()
    return -0.5 * (free * np.log(scale) + log_determinant), scale
