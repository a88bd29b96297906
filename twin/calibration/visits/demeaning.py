"""Demeaning: linear regression with an effect for every customer and for every (group, period) cell.

Knows arrays only; the counterpart for volumes is :mod:`twin.calibration.visits.fixed_effects`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import linalg

_RIDGE = 1e-10


def factor(laplacian: NDArray[np.float64], scale: NDArray[np.float64]) -> tuple[NDArray[np.float64], bool]:
    """Cholesky factor of a weighted Laplacian over periods, for :func:`scipy.linalg.cho_solve`.

    Effects are only defined up to a constant; a ridge relative to ``scale`` settles it without moving any contrast.

    Parameters
    ----------
    laplacian : (p, p) float
        Overwritten.
    scale : (p,) float
        Its diagonal before customer effects were eliminated.
    """
    laplacian[np.diag_indices_from(laplacian)] += _RIDGE * scale + np.finfo(float).tiny
    return linalg.cho_factor(laplacian, check_finite=False)


def residuals(
    target: NDArray[np.float64], regressors: NDArray[np.float64], mask: NDArray[np.bool_],
    time_group: NDArray[np.int32], cluster: NDArray[np.int64] | None = None,
) -> tuple[NDArray[np.float64], float]:  # fmt: skip
    """What linear regression with the same two-way effects leaves of ``target``, and how much the regressors explain.

    Parameters
    ----------
    target : (c, p) float
    regressors : (k, c, p) float
    mask : (c, p) bool
    time_group : (c,) int
    cluster : (c,) int, optional
        Customers whose errors depend on one another; each on its own when missing.

    Returns
    -------
    (c, p) float
        Residuals, 0 outside the mask.
    float
        F statistic of the regressors jointly, clustered, with the usual correction for few clusters.
    """
    values = np.concatenate([target[None], regressors]).astype(np.float64)
    for group in np.unique(time_group):
        rows = np.flatnonzero((time_group == group) & mask.any(axis=1))
        periods = np.flatnonzero(mask[rows].any(axis=0))
        if len(rows):
            box = np.ix_(rows, periods)
            values[:, box[0], box[1]] = _demeaned(values[:, box[0], box[1]], mask[box].astype(np.float64))
    values *= mask
    z = values[1:]
    gram = np.einsum("kcp,lcp->kl", z, z)
    slopes = np.linalg.lstsq(gram, np.einsum("kcp,cp->k", z, values[0]), rcond=1e-10)[0]
    left = values[0] - np.tensordot(slopes, z, 1)
    scores = np.einsum("kcp,cp->ck", z, left)
    correction = 1.0
    if cluster is not None:
        label = np.unique(cluster, return_inverse=True)[1]
        n = int(label.max(initial=0)) + 1
        scores = np.stack([np.bincount(label, column, n) for column in scores.T], axis=1)
        correction = max(n - len(slopes), 1) / max(n - 1, 1)
    bread = np.linalg.pinv(gram, rcond=1e-10)
    spread = bread @ (scores.T @ scores) @ bread
    wald = float(slopes @ np.linalg.pinv(spread, rcond=1e-10) @ slopes)
    return left, correction * wald / max(len(slopes), 1)


def _demeaned(values: NDArray, weight: NDArray) -> NDArray:
    """Values (k, n, p) less their weighted customer and period effects."""
    rows = weight.sum(axis=1)
    centred = values - ((values * weight).sum(axis=2) / rows)[:, :, None]
    laplacian = np.diag(weight.sum(axis=0)) - weight.T @ (weight / rows[:, None])
    slopes = linalg.cho_solve(factor(laplacian, weight.sum(axis=0)), (centred * weight).sum(axis=1).T)
    return centred - (slopes.T[:, None, :] - ((weight @ slopes) / rows[:, None]).T[:, :, None])
