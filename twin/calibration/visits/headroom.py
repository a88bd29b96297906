"""Headroom: how much of a gain in attraction can still become sales, by what customers are visited.

A logit turns utility into ``1 - share`` as much log volume (Bell, Keeney, Little 1975). Reps go where we sell much, so
customers with much goodwill respond less than others, visit for visit. Left out, that passes for a response that
saturates faster than it does.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy import special

from twin.calibration.levels.panel import Panel
from twin.calibration.visits.weights import tells

_PASSES = 25
_LOOSE = 1.0
"""Spread of the prior of the slope, logits per unit of warmth: mean zero, as if no customer differed."""


def with_headroom(
    panel: Panel, warmth: NDArray[np.float32], share: NDArray[np.float64] | None, habit: float = 0.0
) -> Panel:
    """The panel with each customer's headroom relative to the usual one, and the echo of habit at it.

    The share of a single customer is uncertain, and an uncertain factor on a regressor weakens its coefficient. So the
    share is read off a logit line over the customer's usual goodwill, which is all that the response is mistaken for.

    Parameters
    ----------
    panel : Panel
    warmth : (c, p) float
        Goodwill as it is felt, of a panel without headroom.
    share : (n,) float in [0, 1], optional
        Our share of each customer of the population; ``nan`` where it is not known. Without any, all are alike.
    habit : float, utility
        Of a habit of one, as it is believed.
    """
    if share is None or not len(panel):
        return panel
    n = np.maximum(panel.mask.sum(axis=1), 1)
    usual = np.where(panel.mask, warmth, 0.0).sum(axis=1) / n
    strays = np.where(panel.mask, (warmth - usual[:, None]) ** 2, 0.0).sum(axis=1) / n
    seen, own = share[panel.customer], panel.volume.sum(axis=1) / n
    use = np.isfinite(seen) & (seen > 0) & (own > 0)
    if use.sum() < 2 or np.ptp(usual[use]) <= 0:
        return panel
    size = own[use] / seen[use]
    a, b = _line(seen[use], usual[use], size / (size + np.median(size)))
    left = special.expit(-a - b * usual)
    rest = float(np.average(left, weights=tells(own, strays)))  # customers count as they do in the estimate
    return replace(panel, headroom=left / rest, echo=habit * rest * (1.0 - rest))


def _line(share: NDArray, x: NDArray, weight: NDArray) -> NDArray[np.float64]:
    """Intercept and slope of the logit of a share: weighted quasi-likelihood by Newton's method, slope with a prior."""
    design, found = np.column_stack([np.ones_like(x), x - x.mean()]), np.zeros(2)
    loose = np.diag([0.0, 1.0 / _LOOSE**2])
    for _ in range(_PASSES):
        mean = special.expit(design @ found)
        noise = max(float((weight * (share - mean) ** 2).sum() / (weight * mean * (1 - mean)).sum()), 1e-6)
        score = design.T @ (weight * (share - mean)) / noise - loose @ found
        found = found + np.linalg.solve((design.T * (weight * mean * (1 - mean))) @ design / noise + loose, score)
    return np.array([found[0] - found[1] * x.mean(), found[1]])
