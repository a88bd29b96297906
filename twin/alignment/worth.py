"""Worth of a map: sales gained where visits match the market better, less sales lost where customers change hands.

A reading for choosing among maps, not a forecast: what a map brings is what the twin says when it lives through it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from twin.alignment.areas import Areas, Territories


def visiting(areas: Areas, territories: Territories, territory: NDArray[np.int32]) -> NDArray[np.float64]:
    """Visits that a unit of workload gets in each territory, 1 where all get the same: (z,) float.

    Reps make as many visits as before wherever they serve. ``nan`` without reps, or without workload.
    """
    carried = np.bincount(territory, areas.load[0], len(territories)) + territories.fixed[0]
    part = carried / max(float(carried.sum()), 1e-300)
    there = territories.staffed & (part > 0)
    share = territories.heads / max(float(territories.heads.sum()), 1e-300)
    return np.where(there, share / np.where(there, part, 1.0), np.nan)


def gain_of_balance(
    areas: Areas, territories: Territories, territory: NDArray[np.int32], elasticity: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Sales a year gained by visits that follow the workload: (d,) float, units.

    Sales of an area go with (visits per workload) ^ elasticity, a concave reading of the response. Areas whose old
    territory has no reps count as they sell today.

    Parameters
    ----------
    areas, territories
    territory : (b,) int32
    elasticity : (d,) float
        Of sales to visits, one for each parameter draw.
    """
    k = len(territories)
    pair, which = np.unique(areas.today.astype(np.int64) * k + territory, return_inverse=True)
    sales = np.bincount(which.ravel(), areas.sales)
    before = visiting(areas, territories, areas.today)[pair // k]
    after = visiting(areas, territories, territory)[pair % k]
    ratio = after / before
    log_ratio = np.where(np.isfinite(ratio) & (ratio > 0), np.log(np.where(ratio > 0, ratio, 1.0)), 0.0)
    return np.expm1(np.asarray(elasticity)[:, None] * log_ratio) @ sales


def loss_by_handover(areas: Areas, territory: NDArray[np.int32], handover: NDArray[np.float64]) -> NDArray[np.float64]:
    """Sales lost in the year after the change, because customers get to know another rep: (d,) float, units.

    Parameters
    ----------
    areas : Areas
    territory : (b,) int32
    handover : (d,) float
        Part of a customer's sales in that year; the prior ``handover`` of :mod:`twin.response.parameters` (Shi and
        others 2017: 13 to 18 %) unless a better figure is at hand.
    """
    return np.asarray(handover) * float(areas.sales[territory != areas.today].sum())
