"""Visit weights: how much one unit of a customer's sales tells of the response to visits."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from twin.calibration.levels.panel import Panel
from twin.calibration.visits import fixed_effects


def weighed(panel: Panel, design: NDArray[np.float32]) -> Panel:
    """The panel with customers weighed by how much one unit of their sales tells.

    A Poisson likelihood takes the error to grow with the mean. Orders are lumpy, so it grows faster, and a few large
    customers would speak for all. With a variance of phi mean + alpha mean**2 a customer counts by 1 / (phi + alpha
    mean); weights that stay the same over time leave the estimate consistent, because customer effects do.

    Parameters
    ----------
    panel : Panel
    design : (k, c, p) float
        Regressors of the response, as they are believed beforehand.
    """
    fit = fixed_effects.fit(panel.volume, design, panel.mask, panel.group)
    mean, spread = np.zeros(len(panel)), np.zeros(len(panel))
    for rows, mask, y, mu in fixed_effects.means(panel.volume, design, panel.mask, panel.group, fit):
        mean[rows] = mu.sum(axis=1) / mask.sum(axis=1)
        spread[rows] = ((y - mu) ** 2 / np.maximum(mu, 1e-300)).sum(axis=1) / mask.sum(axis=1)
    seen = mean > 0
    ratio = np.where(seen, spread, 1.0) / np.where(seen, mean, 1.0)
    noise = np.column_stack([1 / mean[seen], np.ones(seen.sum())])
    phi, alpha = np.maximum(np.linalg.lstsq(noise, ratio[seen], rcond=None)[0], 0.0)
    weight = 1.0 / np.maximum(phi + alpha * mean, 1e-12 + 1e-6 * (phi + alpha * mean[seen].mean()))
    return replace(panel, weight=np.where(seen, weight / weight[seen].max(), 0.0))


def tells(own: NDArray[np.float64], strays: NDArray[np.float64]) -> NDArray[np.float64]:
    """How much each customer tells of the effect of visits: (c,) float, relative.

    By what it buys, less and less so where lumps of orders are the noise, and by how far its goodwill strays.

    Parameters
    ----------
    own : (c,) float, units
    strays : (c,) float
        Variance of goodwill as it is felt.
    """
    typical = float(own.sum()) / max(int((own > 0).sum()), 1)
    return own / (1.0 + own / max(typical, 1e-300)) * (strays + 1e-9)
