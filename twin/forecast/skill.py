"""Skill: how much nearer one forecast came than another, with the luck of origins and territories taken into account.

Paired: both are scored on the same figures. Knows sums, not forecasts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twin.forecast.scores import SUMS, Tally
from twin.response.parameters import parameter_uniforms

_RESAMPLES = 400
_ERROR, _CRPS = SUMS.index("error"), SUMS.index("crps")


@dataclass(frozen=True)
class Skill:
    """Sum of errors of one forecast over that of another.

    Parameters
    ----------
    ratio : float
        Below 1: the first came nearer.
    low, high : float
        80 % band of the bootstrap; ``nan`` where there is nothing to resample.
    better : float
        Part of the resamples in which the first came nearer.
    """

    ratio: float
    low: float
    high: float
    better: float


def skill(ours: Sequence[Tally], theirs: Sequence[Tally], months: slice, by: str = "error", seed: int = 0) -> Skill:
    """Compare two forecasts of the same figures.

    Whole origins and whole territories are drawn again, each by itself, and a figure counts as often as both of its
    own were drawn (Owen 2007, the pigeonhole bootstrap): errors of one origin go together, those of one place too.

    Parameters
    ----------
    ours, theirs : sequence of Tally
        One an origin, in the same order, of the same measure and level.
    months : slice
        Months ahead that count.
    by : str
        ``error`` or ``crps``.
    seed : int

    Returns
    -------
    Skill
    """
    kind = _ERROR if by == "error" else _CRPS
    blocks = np.unique(np.concatenate([one.block for one in ours]))
    table = np.zeros((2, len(ours), len(blocks)))
    for side, tallies in enumerate((ours, theirs)):
        for place, one in enumerate(tallies):
            table[side, place, np.searchsorted(blocks, one.block)] = one.sums[:, months, kind].sum(axis=1)
    top, bottom = table.sum(axis=(1, 2))
    ratio = float(top / bottom) if bottom > 0 else float("nan")
    if table.shape[1] < 2 and table.shape[2] < 3:
        return Skill(ratio, float("nan"), float("nan"), float("nan"))
    times = [_times(f"bootstrap {axis}", n, seed) for axis, n in (("origins", len(ours)), ("places", len(blocks)))]
    again = np.einsum("sob,ro,rb->sr", table, *times)
    ratios = again[0] / np.where(again[1] > 0, again[1], np.nan)
    ratios = ratios[np.isfinite(ratios)]
    if not len(ratios):
        return Skill(ratio, float("nan"), float("nan"), float("nan"))
    low, high = np.quantile(ratios, [0.1, 0.9])
    return Skill(ratio, float(low), float(high), float((ratios < 1.0).mean()))


def _times(name: str, n: int, seed: int) -> NDArray[np.float64]:
    """How often each of n is drawn in each resample: (resamples, n) float."""
    drawn = np.floor(parameter_uniforms(name, _RESAMPLES * n, seed) * n).astype(int).reshape(_RESAMPLES, n)
    return np.stack([np.bincount(row, minlength=n) for row in drawn]).astype(np.float64)
