"""Benchmarks: forecasts that need no model of the market, with bands of their own, for months ahead.

They see nothing but the past of the series itself. Shares are forecast on the logit, volumes on the logarithm.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

from twin.forecast.smoothing import smooth

YEAR = 12
QUANTILES = (np.arange(49) + 0.5) / 49
"""Levels at which every forecast is kept, so that all are scored alike."""
SEASONAL, LAST_YEAR, MEAN, SMOOTHED, ETS, POOLED = (
    "seasonal_naive",
    "last_year_share",
    "mean_of_12",
    "smoothed_level",
    "ets",
    "lightgbm",
)
_POOLED_MONTHS = 12.0
"""Weight of the level's mean error variance in that of one series, in months."""
_FLOOR = 0.02


@dataclass(frozen=True)
class Foreseen:
    """One forecast: quantiles at :data:`QUANTILES`.

    Parameters
    ----------
    method : str
    quantiles : (q, k, m) float32
    """

    method: str
    quantiles: NDArray[np.float32]


@dataclass(frozen=True)
class Scale:
    """Where sums and spreads are even: the logit of a share, the logarithm of a volume.

    Parameters
    ----------
    is_share : bool
    floor : (k, 1) float
        Smaller figures are taken for this: an empty month has no logarithm.
    """

    is_share: bool
    floor: NDArray[np.float64]

    @staticmethod
    def of(past: NDArray[np.float64], is_share: bool) -> Scale:
        """Scale for series with this past, (k, t)."""
        usual = np.nan_to_num(np.nanmean(np.where(np.isfinite(past), past, np.nan), axis=1, keepdims=True)) + 1e-9
        return Scale(is_share, np.minimum(_FLOOR * usual, 0.4) if is_share else _FLOOR * usual)

    def to(self, values: NDArray) -> NDArray[np.float64]:
        """Onto the scale."""
        if self.is_share:
            return special.logit(np.clip(values, self.floor, 1.0 - 1e-6))
        return np.log(np.maximum(values, self.floor))

    def back(self, values: NDArray) -> NDArray[np.float64]:
        """From the scale."""
        return special.expit(values) if self.is_share else np.exp(np.minimum(values, 500.0))


def filled(past: NDArray[np.float64]) -> NDArray[np.float64]:
    """Gaps take the value before them, those at the beginning the first one there is: (k, t) float."""
    seen = np.isfinite(past)
    index = np.maximum.accumulate(np.where(seen, np.arange(past.shape[1]), -1), axis=1)
    first = np.where(seen.any(axis=1), seen.argmax(axis=1), 0)
    return np.nan_to_num(np.take_along_axis(past, np.where(index < 0, first[:, None], index), axis=1))


def benchmarks(past: NDArray, past_weight: NDArray, is_share: bool, n_ahead: int) -> list[Foreseen]:
    """Every benchmark that so long a past allows.

    Parameters
    ----------
    past : (k, t) float
        Oldest first; ``nan`` where nothing was recorded.
    past_weight : (k, t) float, units
        What a share is a share of.
    is_share : bool
    n_ahead : int
        Months ahead, at most a year.

    Returns
    -------
    list of Foreseen
        Seasonal ones need a year at least; smoothing two.
    """
    if past.shape[1] < 3:
        return []
    scale = Scale.of(past, is_share)
    values = scale.to(filled(past))
    weight = np.maximum(past_weight, 0.0)
    found = [_from_rule(MEAN, scale, values, lambda x: _last_mean(x, None), n_ahead)]
    if is_share:
        share = _pooled_share(filled(past), weight, scale)
        found.append(_from_rule(LAST_YEAR, scale, values, share, n_ahead))
    if past.shape[1] >= YEAR:
        found.append(_from_rule(SEASONAL, scale, values, None, n_ahead))
    if past.shape[1] >= 2 * YEAR:
        found += [_smoothed(SMOOTHED, scale, values, 1, n_ahead), _smoothed(ETS, scale, values, YEAR, n_ahead)]
    return found


def _last_mean(values: NDArray, weight: NDArray | None) -> NDArray[np.float64]:
    """Mean of up to the last twelve values at each origin: (k, t + 1) float, ``nan`` before the first."""
    ones = np.ones_like(values) if weight is None else weight
    tops = _running(values * ones)
    below = _running(ones)
    return np.divide(tops, below, out=np.full_like(tops, np.nan), where=below > 0)


def _running(values: NDArray) -> NDArray[np.float64]:
    """Sum of up to the last twelve values before each origin 0 .. t: (k, t + 1)."""
    total = np.concatenate([np.zeros((len(values), 1)), np.cumsum(values, axis=1)], axis=1)
    return total - np.concatenate([np.repeat(total[:, :1], YEAR, axis=1), total], axis=1)[:, : total.shape[1]]


def _pooled_share(past: NDArray, weight: NDArray, scale: Scale) -> Callable[[NDArray], NDArray[np.float64]]:
    """Last year's share as a ratio of sums, on the scale."""
    pooled = _last_mean(past, weight)
    return lambda _: np.where(np.isfinite(pooled), scale.to(np.nan_to_num(pooled)), np.nan)


def _from_rule(
    method: str, scale: Scale, values: NDArray, rule: Callable[[NDArray], NDArray] | None, n_ahead: int
) -> Foreseen:
    """A rule of thumb with bands from its own past errors; without a rule the same month of the year before."""
    t = values.shape[1]
    if rule is None:
        centre = values[:, t - YEAR : t - YEAR + n_ahead]
        errors = values[:, YEAR:] - values[:, :-YEAR]
        sd = np.repeat(_spread(errors, values)[:, None], n_ahead, axis=1)
        return _normal(method, scale, centre, sd)
    level = rule(values)
    centre = np.repeat(level[:, -1:], n_ahead, axis=1)
    least = min(YEAR, t - 1)
    sd = [_spread(values[:, least + lead :] - level[:, least : t - lead], values) for lead in range(n_ahead)]
    return _normal(method, scale, centre, np.stack(sd, axis=1))


def _spread(errors: NDArray, values: NDArray) -> NDArray[np.float64]:
    """Root mean square of each row's errors, drawn towards that of all rows: (k,) float.

    Under half a year of errors the spread of the values themselves stands in.
    """
    if errors.shape[1] < YEAR // 2:
        errors = np.sqrt(2.0) * (values - values.mean(axis=1, keepdims=True))
    square = np.square(errors).mean(axis=1)
    n = errors.shape[1]
    return np.sqrt((n * square + _POOLED_MONTHS * square.mean()) / (n + _POOLED_MONTHS))


def _smoothed(method: str, scale: Scale, values: NDArray, season: int, n_ahead: int) -> Foreseen:
    centre, sd = smooth(values, season, n_ahead)
    return _normal(method, scale, centre, sd)


def _normal(method: str, scale: Scale, centre: NDArray, sd: NDArray) -> Foreseen:
    """Normal on the scale, carried back quantile by quantile."""
    z = special.ndtri(QUANTILES)[:, None, None]
    return Foreseen(method, scale.back(centre + z * sd).astype(np.float32))
