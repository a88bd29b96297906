"""Two states: the probability that a campaign runs in each period, when campaigns begin and end.

A chain with a quiet and a busy state. Takes the evidence of each period as it is given.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def busy_probability(log_odds: NDArray[np.float64], rate: float, stay: float) -> NDArray[np.float64]:
    """Probability of the busy state in each period given all periods.

    Parameters
    ----------
    log_odds : (p,) float
        Log likelihood ratio of busy against quiet.
    rate : float in (0, 1)
        Part of all periods that is busy.
    stay : float in (0, 1)
        Probability that a busy period is followed by another.

    Returns
    -------
    (p,) float in [0, 1]

    Notes
    -----
    Forward and backward products of 2 x 2 matrices, built by doubling: no walk over periods.
    """
    begin = (1 - stay) * rate / (1 - rate)
    chain = np.array([[1 - begin, begin], [1 - stay, stay]])
    step = chain * np.stack([np.ones_like(log_odds), np.exp(log_odds)], axis=1)[:, None, :]
    forward = np.array([1 - rate, rate]) @ _prefix_products(step)
    after = _prefix_products(step[::-1].transpose(0, 2, 1))[::-1].transpose(0, 2, 1).sum(axis=2)
    joint = forward * np.vstack([after[1:], np.ones((1, 2))])
    return joint[:, 1] / joint.sum(axis=1)


def _prefix_products(matrices: NDArray[np.float64]) -> NDArray[np.float64]:
    """Products of the first 1, 2, ... matrices, each up to a factor: (p, 2, 2) float."""
    result, step = matrices / matrices.sum(axis=(1, 2), keepdims=True), 1
    while step < len(result):
        longer = result[:-step] @ result[step:]
        result = np.concatenate([result[:step], longer / longer.sum(axis=(1, 2), keepdims=True)])
        step *= 2
    return result
