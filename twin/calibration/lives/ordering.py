"""Ordering rhythm: orders a week of an average customer, read off how often a period passes without one."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import optimize

from twin.market.history import History
from twin.market.world import World

_BOUNDS = (0.05, 50.0)


def learn_orders_per_week(world: World, history: History, own_share: NDArray[np.float64]) -> float:
    """Orders of the whole category per week, such that known customers skip as many periods as they do.

    Parameters
    ----------
    world : World
    history : History
    own_share : (c,) float in [0, 1]
        Our share of each customer.

    Returns
    -------
    float, orders per week
        From P(no order of ours in a period of L weeks) = exp(-orders * share * L), averaged over customers.
    """
    own, since = history.own_sales, history.origin - 52
    buyers = np.flatnonzero(world.population.known & (own_share > 0))
    first = int(np.searchsorted(own.periods.mid_week(), since)) if len(own.periods) else 0
    if not len(buyers) or first >= len(own.periods):
        return 1.0
    bought = own.by_unit(len(world.population), world.brands.own, first)[buyers] > 0
    served = own.periods.mid_week()[first:] >= world.population.known_since[buyers, None]
    served &= bought.any(axis=1)[:, None]
    if not served.any():
        return 1.0
    skipped = float((~bought & served).sum() / served.sum())
    weeks = float(own.periods.weeks_in()[first:].mean())
    weight = served.sum(axis=1)

    def surplus(log_orders: float) -> float:
        silent = np.exp(-np.exp(log_orders) * own_share[buyers] * weeks)
        return float(np.average(silent, weights=weight)) - skipped

    low, high = np.log(_BOUNDS)
    if surplus(low) <= 0:
        return _BOUNDS[0]
    if surplus(high) >= 0:
        return _BOUNDS[1]
    return float(np.exp(optimize.brentq(surplus, low, high, xtol=1e-4)))
