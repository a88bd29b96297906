"""Campaign evidence: how loudly each stretch of weeks speaks for a campaign of one brand, all sources together.

A source may be weekly or monthly; weeks are summed to its periods, never the other way round. Decides nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from twin.calibration.levels.period_totals import Series

LENGTHS = np.arange(1, 9)
"""Lengths of a campaign that are tried, weeks."""
# one wild period is not worth more than a few
_BOUND = 3.5
# campaigns of one brand differ among themselves by about this part of their mean
UNEVEN = 0.3


@dataclass(frozen=True)
class Source:
    """One series' view of one brand.

    Parameters
    ----------
    first : int, week
        Of the grid, not of the source.
    parts : (p, w) float
        Part of each period that each week of the grid makes up; rows sum to 1 where the source was recording.
    excess : (p,) float, log ratio
        What is left without level, season and what is known; zero where it says nothing.
    weight : (p,) float
        Inverse variance of a quiet period; zero where it says nothing.
    """

    first: int
    parts: NDArray[np.float64]
    excess: NDArray[np.float64]
    weight: NDArray[np.float64]

    def without(self, lift: NDArray[np.float64]) -> Source:
        """The same with a lift by week of the grid taken out."""
        return replace(self, excess=self.excess - self.parts @ lift)

    def pull(self, lift: float) -> NDArray[np.float64]:
        """Weighted excess by week: (w,) float; more than a few sd, or sd above a large campaign, is not believed."""
        bound = _BOUND / np.sqrt(np.maximum(self.weight, 1e-300))
        return self.parts.T @ (self.weight * np.clip(self.excess, -bound, bound + 2 * lift))


def source(
    series: Series, first: int, n_weeks: int, excess: NDArray[np.float64], free: NDArray[np.bool_], sd: float
) -> Source:
    """A source laid out on the grid of weeks ``first .. first + n_weeks - 1``."""
    parts = series.periods.weights(first, n_weeks).toarray()
    parts = parts / np.maximum(parts.sum(axis=1, keepdims=True), 1e-12)
    usable = free & np.isfinite(excess)
    return Source(first, parts, np.where(usable, excess, 0.0), usable / sd**2)


def information(sources: Sequence[Source]) -> NDArray[np.float64]:
    """Precision with which the lift of each stretch is seen: (l, w) float, row a length, column its first week.

    Zero where the stretch does not lie inside the grid.
    """
    total = np.zeros((len(LENGTHS), sources[0].parts.shape[1]))
    for one in sources:
        reach = np.pad(np.cumsum(one.parts, axis=1), ((0, 0), (1, 0)))
        for row, length in enumerate(LENGTHS[: total.shape[1]]):
            filled = reach[:, length:] - reach[:, :-length]
            total[row, : filled.shape[1]] += one.weight @ filled**2
    return total


def pull(sources: Sequence[Source], lift: float) -> NDArray[np.float64]:
    """Precision times estimate of the lift of each stretch: (l, w) float."""
    n_weeks = sources[0].parts.shape[1]
    reach = np.r_[0.0, np.cumsum(sum(one.pull(lift) for one in sources))]
    total = np.zeros((len(LENGTHS), n_weeks))
    for row, length in enumerate(LENGTHS[:n_weeks]):
        total[row, : n_weeks - length + 1] = reach[length:] - reach[:-length]
    return total


def log_odds(drawn: NDArray[np.float64], seen: NDArray[np.float64], lift: float) -> NDArray[np.float64]:
    """Log likelihood ratio of a campaign against none, its lift normal around the brand's usual one.

    Parameters
    ----------
    drawn, seen : (l, w) float
        Of :func:`pull` and :func:`information`.
    lift : float, log ratio

    Returns
    -------
    (l, w) float
        ``b`` precision times estimate, ``q`` precision, ``d`` usual lift with variance ``v``:
        ``((b + d / v)^2 / (q + 1 / v) - d^2 / v - log(1 + q v)) / 2``.
    """
    variance = (UNEVEN * lift) ** 2
    gain = (drawn + lift / variance) ** 2 / (seen + 1 / variance) - lift**2 / variance
    return np.where(seen > 0, 0.5 * (gain - np.log1p(seen * variance)), -np.inf)


def usual_lift(drawn: float, seen: float, lift: float) -> float:
    """Expected lift of one stretch that is taken for a campaign, never negative."""
    variance = (UNEVEN * lift) ** 2
    return max((drawn + lift / variance) / (seen + 1 / variance), 0.0)
