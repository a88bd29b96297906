"""Campaign detection: what a brand did beyond its level and natural season, and how noisy that is.

Works on log ratios by period, given what campaigns lift. Decides nothing; see campaign_search.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from twin.calibration.calendar.campaign_baseline import baseline, running_median
from twin.calibration.levels.period_totals import Series

_WINDOW_WEEKS = {"week": 27, "month": 30}
# limits of the robust baseline, in robust sd
_EVEN_LIMITS = (2.0, 2.0, 2.0)
_HARD_TAIL = 2.5


@dataclass(frozen=True)
class Signal:
    """One brand's log ratio without level and natural season.

    Parameters
    ----------
    brand : int
    excess : (p,) float, log ratio
        ``nan`` where the brand sold nothing.
    scale : float, log ratio
        Robust sd of one quiet period.
    stretch : float, unitless
        What autocorrelation and heavy tails do to the sd of a sum of quiet periods.
    """

    brand: int
    excess: NDArray[np.float64]
    scale: float
    stretch: float


def settled(
    series: Series, brand: int, ratio: NDArray[np.float64], free: NDArray[np.bool_], lift: NDArray[np.float64]
) -> Signal | None:
    """Excess of one brand, given what its campaigns lift each period.

    Parameters
    ----------
    series : Series
    brand : int
    ratio : (p,) float, log ratio
    free : (p,) bool
        Periods that may speak.
    lift : (p,) float, log ratio

    Returns
    -------
    Signal or None
        ``None`` where too few periods are free.
    """
    if free.mean() < 0.6 or free.sum() < 26 / _weeks_per_period(series):
        return None
    calm = np.where(free, ratio - lift, np.nan)
    scale = _first_scale(calm - baseline(series, calm, free, np.inf, (1.0,), 1))
    calm = calm - baseline(series, calm, free, scale, _EVEN_LIMITS, 1)
    calm = calm - running_median(calm, _window(series))
    scale = _scale(calm[free])
    return Signal(brand, calm + lift, scale, _stretch(calm / scale, free))


def _scale(values: NDArray[np.float64]) -> float:
    """Robust sd around the median."""
    return max(1.4826 * float(np.median(np.abs(values - np.median(values)))), 1e-9)


def _first_scale(rest: NDArray[np.float64]) -> float:
    """Robust sd of one period before any campaign is known, from what a plain fit of level and season leaves.

    From changes between neighbours, which long campaigns hardly touch, or from the values, which short ones hardly do.
    """
    change = np.diff(rest)
    scales = [_scale(rest[np.isfinite(rest)]), _scale(change[np.isfinite(change)]) / np.sqrt(2)]
    return min(scales)


def _weeks_per_period(series: Series) -> float:
    return series.n_weeks / len(series.periods)


def _window(series: Series) -> int:
    """Odd number of periods of the running median: 27 weeks or 7 months."""
    return 2 * round(_WINDOW_WEEKS[series.periods.kind] / _weeks_per_period(series) / 2 - 0.5) + 1


def _stretch(z: NDArray, quiet: NDArray) -> float:
    """Factor on the sd of a sum: first three autocorrelations, and the lower tail, which no campaign fattens."""
    values = np.where(quiet, np.nan_to_num(z), np.nan)
    variance = max(float(np.nanmean(values**2)), 1e-12) if quiet.any() else 1.0
    together = 1.0
    for lag in (1, 2, 3):
        pairs = values[lag:] * values[:-lag]
        if np.isfinite(pairs).sum() > 20:
            together += 2 * (1 - lag / 4) * max(float(np.nanmean(pairs) / variance), 0.0)
    tail = -float(np.nanquantile(values, 0.02)) / -float(stats.norm.ppf(0.02))
    return float(np.sqrt(together) * np.clip(tail, 1.0, _HARD_TAIL))
