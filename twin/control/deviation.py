"""Deviation: what came against what was expected, and which part of the difference is known to come from where."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twin.draws import band


@dataclass(frozen=True)
class Deviation:
    """One figure against its target.

    Parameters
    ----------
    where : str
        Territory, or ``all``.
    measure : str
    actual : float
    target : float
        Mean of the runs.
    p05, p10, p90, p95 : float
    percentile : float in [0, 100]
        Part of the runs below what came.
    """

    where: str
    measure: str
    actual: float
    target: float
    p05: float
    p10: float
    p90: float
    p95: float
    percentile: float

    @property
    def inside_80(self) -> bool:
        """Whether what came lies in the 80 % band."""
        return self.p10 <= self.actual <= self.p90

    @property
    def inside_90(self) -> bool:
        """Whether what came lies in the 90 % band."""
        return self.p05 <= self.actual <= self.p95

    @property
    def pct(self) -> float:
        """Deviation in percent of the target."""
        return 100.0 * (self.actual / self.target - 1.0) if self.target else float("nan")


def deviation(where: str, measure: str, actual: float, runs: NDArray[np.float64]) -> Deviation:
    """What came against runs of the target: (runs,) float."""
    p05, p10, p90, p95 = (float(value) for value in band(runs, [0.05, 0.1, 0.9, 0.95]))
    below = 100.0 * float((runs < actual).mean())
    return Deviation(where, measure, float(actual), float(runs.mean()), p05, p10, p90, p95, below)


@dataclass(frozen=True)
class Causes:
    """Parts of a difference, units; they add up to it.

    Parameters
    ----------
    visits : float
        Other contacts than expected, as the law reads them.
    visits_p10, visits_p90 : float
    market : float
        Another category demand than expected; ``nan`` without audits.
    rest : float
        Everything else: rivals, prices, luck, faults of the model.
    """

    visits: float
    visits_p10: float
    visits_p90: float
    market: float
    rest: float


def causes(
    actual: float, target: NDArray[np.float64], lived: NDArray[np.float64], category: tuple[float, float] | None
) -> Causes:
    """Split the difference between what came and the target.

    Parameters
    ----------
    actual : float, units
    target : (runs,) float, units
        With the contacts that were expected.
    lived : (runs,) float, units
        The same draws and luck with the contacts that were made.
    category : (float, float), optional
        Category volume that came, and that was expected; ``None`` where nobody saw it.

    Returns
    -------
    Causes
        Visits first, then the market on what visits left, then the rest; another order would split a little otherwise.
    """
    step = lived - target
    low, high = band(step, [0.1, 0.9])
    market = float("nan")
    if category is not None and category[1] > 0:
        market = float(lived.mean()) * (category[0] / category[1] - 1.0)
    rest = actual - float(target.mean()) - float(step.mean()) - (0.0 if np.isnan(market) else market)
    return Causes(float(step.mean()), float(low), float(high), market, rest)
