"""Visit figures of simpler analyses: pooled regressions without effects, and customer means in their place.

What others would report; knows no prior, and nothing here is believed.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from twin.calibration.levels.panel import Panel
from twin.calibration.levels.visit_counts import visits_by_period


def pooled_poisson(y: NDArray[np.float64], x: NDArray[np.float64], mask: NDArray[np.bool_]) -> float:
    """Slope of log E y = constant + slope x without any effect: what a naive analyst would report."""
    y, x = y[mask], x[mask].astype(np.float64)
    if not y.sum() or not x.std():
        return np.nan
    x = x - x.mean()
    slope = 0.0
    for _ in range(50):
        share = np.exp(slope * x - (slope * x).max())
        share /= share.sum()
        mean = share @ x
        move = ((y @ x) / y.sum() - mean) / (share @ (x - mean) ** 2)
        slope += float(np.clip(move, -1.0, 1.0))
        if abs(move) < 1e-10:
            break
    return slope


def pooled_log_effect(panel: Panel) -> float:
    """Slope of log(1 + a month's sales) on that month's visits, by least squares without any effect."""
    months = (panel.periods.start + (panel.periods.stop - panel.periods.start) // 2).astype("datetime64[M]")
    starts = np.flatnonzero(np.r_[True, months[1:] != months[:-1]])
    whole = np.logical_and.reduceat(panel.mask, starts, axis=1)
    x = np.add.reduceat(visits_by_period(panel), starts, axis=1)[whole].astype(np.float64)
    y = np.log1p(np.add.reduceat(panel.volume, starts, axis=1)[whole])
    if x.size < 2 or not x.std():
        return np.nan
    return float(np.cov(x, y)[0, 1] / x.var(ddof=1))


def mundlak(panel: Panel, x: NDArray[np.float32]) -> float:
    """Coefficient of x where each customer's mean of x stands for its effect, (group, period) effects beside them.

    Mundlak (1978); agrees with customer effects where customers differ in size alone.
    """
    n = np.maximum(panel.mask.sum(axis=1, keepdims=True), 1)
    usual = np.broadcast_to((x * panel.mask).sum(axis=1, keepdims=True) / n, x.shape)
    cell = panel.group[:, None].astype(np.int64) * x.shape[1] + np.arange(x.shape[1])
    label = np.unique(cell[panel.mask], return_inverse=True)[1]
    y, design = panel.working[panel.mask], np.stack([x[panel.mask], usual[panel.mask]]).astype(np.float64)
    total = np.bincount(label, y)
    beta = np.zeros(2)
    for _ in range(50):
        mean = np.exp(np.clip(beta @ design, -50, 50))
        mean *= (total / np.maximum(np.bincount(label, mean), 1e-300))[label]
        centred = (
            design - np.stack([np.bincount(label, mean * one) / np.maximum(total, 1e-300) for one in design])[:, label]
        )
        information = (centred * mean) @ centred.T
        move = np.linalg.lstsq(information, centred @ (y - mean), rcond=1e-12)[0]
        beta = beta + np.clip(move, -1.0, 1.0)
        if np.abs(move).max() < 1e-8:
            break
    return float(beta[0])
