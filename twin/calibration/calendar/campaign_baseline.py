"""Baseline under campaigns: level and natural season of a brand's log ratio, with what stands out above them left out.

Fits and smooths; what is a campaign is for campaign_detection to say.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from twin.calibration.levels.period_totals import Series
from twin.weeks import WEEKS_PER_YEAR, year_phase


def baseline(
    series: Series, ratio: NDArray, quiet: NDArray, scale: float, limits: tuple[float, ...], fall: int
) -> NDArray[np.float64]:
    """Level (straight between half-yearly knots) and natural season (two harmonics) under the campaigns: (p,) float.

    Weights fall off beyond limits that go from wide to narrow; above the fit with power ``fall``. Campaigns only ever
    lift: while none is known, a fast fall lets the fit settle on the floor of quiet periods.
    """
    design, value, weight = columns(series), np.where(quiet, ratio, 0.0), quiet.astype(float)
    for limit in limits:
        root = np.sqrt(weight)
        effect = np.linalg.lstsq(design * root[:, None], value * root, rcond=1e-8)[0]
        miss = (value - design @ effect) / (limit * scale)
        above = 1 / np.maximum(miss, 1.0) ** fall
        below = 1 / np.maximum(-miss, 1.0)
        weight = quiet * np.minimum(above, below)
    return design @ effect


def columns(series: Series) -> NDArray[np.float64]:
    """Two yearly harmonics, and hats on half-yearly knots: (p, k) float."""
    middle = series.periods.mid_week()
    angle = 2 * np.pi * year_phase(middle)[:, None] * np.array([1, 2])
    # under two years a season cannot be told from a change of level
    waves = np.hstack([np.cos(angle), np.sin(angle)]) * (series.years >= 1.9)
    time = (middle - middle[0]) / WEEKS_PER_YEAR
    knots = np.linspace(0, time[-1], max(2, round(2 * series.years) + 1))
    gap = max(knots[1] - knots[0], 1.0 / WEEKS_PER_YEAR)  # a single period has no stretch between knots
    return np.hstack([waves, np.maximum(1 - np.abs(time[:, None] - knots) / gap, 0)])


def running_median(values: NDArray[np.float64], window: int) -> NDArray[np.float64]:
    """Median of the finite values in a centred window: (p,) float; straight lines over empty stretches."""
    half = min(window // 2, len(values) - 1)
    padded = np.r_[np.full(half, np.nan), values, np.full(half, np.nan)]
    views = np.lib.stride_tricks.sliding_window_view(padded, 2 * half + 1)
    known = np.flatnonzero(np.isfinite(views).sum(axis=1) >= 3)
    if not known.size:
        return np.zeros(len(values))
    return np.interp(np.arange(len(values)), known, np.nanmedian(views[known], axis=1))
