"""Gain: what one more visit to each customer is worth, with its band over the parameter draws.

Formulas stand in :mod:`twin.response.curves`; nothing is added to them here.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twin.response import curves
from twin.response.market import Market


@dataclass(frozen=True)
class VisitGain:
    """Volume that one more visit now brings over a year.

    Parameters
    ----------
    mean, p10, p90 : (c,) float, units
    """

    mean: NDArray[np.float64]
    p10: NDArray[np.float64]
    p90: NDArray[np.float64]

    def __post_init__(self) -> None:
        if not len(self.mean) == len(self.p10) == len(self.p90):
            raise ValueError("gain: expected mean, p10 and p90 of equal length")


def visit_gain(markets: Iterable[Market]) -> VisitGain:
    """Gain of a visit over several draws of the parameters.

    Parameters
    ----------
    markets : iterable of Market
        At least one; of equal weight.

    Returns
    -------
    VisitGain
    """
    draws = np.stack([curves.gain_of_a_visit(market) for market in markets])
    low, high = np.quantile(draws, [0.1, 0.9], axis=0)
    return VisitGain(draws.mean(axis=0), low, high)
