"""Scores of forecasts: sums by territory and month, from which every figure and its uncertainty follow.

Absolute errors are those of medians, which make them least; means would be marked down for being means.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

SUMS = ("error", "actual", "weight", "scaled", "crps", "in80", "in90", "width", "n")
"""What is summed: |error| and actual times weight, weight, |error| over that of last year's month, CRPS times weight,
outcomes inside the bands, width of the 80 % band times weight, number of figures."""
_BANDS = {"in80": (0.10, 0.90), "in90": (0.05, 0.95)}
_YEAR = 12


@dataclass(frozen=True)
class Tally:
    """Sums of one forecast at one origin.

    Parameters
    ----------
    origin : int, week
    measure, level, method : str
    is_share : bool
    block : (b,) int32
        Territories.
    sums : (b, m, len(SUMS)) float
        By territory and month ahead.
    """

    origin: int
    measure: str
    level: str
    method: str
    is_share: bool
    block: NDArray[np.int32]
    sums: NDArray[np.float64]


def crps(draws: NDArray[np.float64], actual: NDArray[np.float64]) -> NDArray[np.float64]:
    """Continuous ranked probability score of draws: ``mean |x - y| - 0.5 mean |x - x'|`` (Gneiting, Raftery 2007).

    Parameters
    ----------
    draws : (d, ...) float
        In ascending order along the first axis.
    actual : (...) float

    Returns
    -------
    (...) float
    """
    n = len(draws)
    rank = (2.0 * np.arange(1, n + 1) - n - 1) / n**2
    return np.abs(draws - actual).mean(axis=0) - np.tensordot(rank, draws, axes=1)


def usual_step(past: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mean absolute difference from the same month a year before, by which MASE measures: (k,) float.

    Of adjacent months where there is no second year; ``nan`` where nothing ever changed.
    """
    lag = _YEAR if past.shape[1] > _YEAR else 1
    steps = np.abs(past[:, lag:] - past[:, :-lag])
    seen = np.isfinite(steps)
    mean = np.where(seen, steps, 0.0).sum(axis=1) / np.maximum(seen.sum(axis=1), 1)
    return np.where(mean > 0, mean, np.nan)


def tally(
    quantiles: NDArray, levels: NDArray[np.float64], actual: NDArray, weight: NDArray, step: NDArray,
    block: NDArray[np.int32], blocks: NDArray[np.int32],
) -> NDArray[np.float64]:  # fmt: skip
    """Sums by block and month.

    Parameters
    ----------
    quantiles : (q, k, m) float
        In ascending order.
    levels : (q,) float in (0, 1)
    actual, weight : (k, m) float
        An actual figure that is not finite is left out.
    step : (k,) float
        See :func:`usual_step`.
    block : (k,) int32
    blocks : (b,) int32
        Values of ``block``, ascending.

    Returns
    -------
    (b, m, len(SUMS)) float
    """
    q = quantiles.astype(np.float64)
    seen = np.isfinite(actual)
    y, w = np.where(seen, actual, 0.0), np.where(seen, weight, 0.0)
    error = np.abs(quantile(q, levels, 0.5) - y)
    scaled = np.where(seen, error / step[:, None], 0.0)
    inside = {
        name: seen & (quantile(q, levels, low) <= y) & (y <= quantile(q, levels, high))
        for name, (low, high) in _BANDS.items()
    }
    width = quantile(q, levels, 0.9) - quantile(q, levels, 0.1)
    parts = [w * error, w * y, w, np.nan_to_num(scaled), w * crps(q, y)]
    parts += [inside["in80"], inside["in90"], w * width, seen]
    total = np.zeros((len(blocks), actual.shape[1], len(SUMS)))
    np.add.at(total, np.searchsorted(blocks, block), np.stack(parts, axis=2).astype(np.float64))
    return total


def quantile(quantiles: NDArray[np.float64], levels: NDArray[np.float64], at: float) -> NDArray[np.float64]:
    """Quantile between the kept ones: (k, m) float."""
    place = float(np.interp(at, levels, np.arange(len(levels))))
    low = int(place)
    high = min(low + 1, len(levels) - 1)
    return (1.0 - (place - low)) * quantiles[low] + (place - low) * quantiles[high]


def figures(sums: NDArray[np.float64], is_share: bool) -> dict[str, float | None]:
    """Scores from sums over blocks and months: (len(SUMS),) float.

    Returns
    -------
    dict
        ``wape`` (volume weighted), ``mase``, ``crps`` (over the mean figure), ``inside_80``, ``inside_90``, ``points``
        (mean absolute error of a share, percentage points), ``width_80`` (points of share, or over the mean volume).
    """
    of = dict(zip(SUMS, (float(value) for value in sums)))
    if not of["n"] or not of["actual"] > 0:
        return dict.fromkeys(("wape", "mase", "crps", "inside_80", "inside_90", "points", "width_80"))
    return {
        "wape": of["error"] / of["actual"],
        "mase": of["scaled"] / of["n"],
        "crps": of["crps"] / of["actual"],
        "inside_80": of["in80"] / of["n"],
        "inside_90": of["in90"] / of["n"],
        "points": 100.0 * of["error"] / of["weight"] if is_share else None,
        "width_80": 100.0 * of["width"] / of["weight"] if is_share else of["width"] / of["actual"],
    }
