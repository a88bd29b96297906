"""Curve: what an even rate of contacts does to a customer's purchases, with its band; by the law's own formulas.

Knows parameter draws only. What lies beyond the rates that history has seen is extrapolation, and whoever draws the
curve must mark it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from twin.calibration.visits.carryover import WEEKS_PER_MONTH
from twin.calibration.visits.response import VisitResponse
from twin.response import attraction


def rate_curve(
    response: VisitResponse,
    rates: NDArray[np.float64],
    worth: NDArray[np.float64] | float = 1.0,
    standing: float = 0.0,
) -> NDArray[np.float64]:
    """Own sales at an even rate of contacts, against those of a customer with the mean stock: (d, n) float, 1 = equal.

    Parameters
    ----------
    response : VisitResponse
    rates : (n,) float, contacts a month
    worth : (d,) float or float, visits
        Of one contact; 1 for a visit.
    standing : float, visits
        Stock that stands beside these contacts.

    Notes
    -----
    A lasting rate of r a week holds the stock at ``r / (1 - carryover)`` on average; sales follow ``exp(b warmth)``.
    Other customers, rivals and fatigue stay as they are.
    """
    rho, curvature = response.rho.draws, response.curvature.draws
    weekly = np.asarray(worth, dtype=float).reshape(-1, 1) * rates[None, :] / WEEKS_PER_MONTH
    stock = standing + weekly / (1.0 - rho)[:, None]
    both = np.column_stack([np.full(len(rho), response.mean_stock), stock])
    utility = np.stack([
        attraction.contact_utility(both[d], response.coefficient.draws[d], float(curvature[d]))
        for d in range(len(rho))
    ])  # fmt: skip
    return np.exp(utility[:, 1:] - utility[:, :1])


def mean_rate(response: VisitResponse) -> float:
    """Visits a month that hold the mean stock."""
    return float(response.mean_stock * (1.0 - response.rho.draws.mean()) * WEEKS_PER_MONTH)
