"""Response curves: what we sell at a stock of goodwill, and what one more visit is worth, by the law's formulas."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from twin.response import journey, law
from twin.response.market import Market

_REST_OF_YEAR_WEEKS = 26.0
"""What is left of a year, on average, when a visit falls on any of its days."""


def own_volume(market: Market, stock: NDArray[np.float64], considers_us: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Expected weekly volume of our brands at a given stock: (c,) float, units, season averaged out."""
    zero = np.zeros_like(stock)
    lift = law.own_lift(market.response, stock, zero, zero.astype(bool), zero, market.keen)
    return law.own_volume(market, lift, market.start.habit, considers_us)


def gain_of_a_visit(market: Market) -> NDArray[np.float64]:
    """Expected volume that one more visit now brings over a year: (c,) float, units.

    A buyer: difference of the curve times the life of the visit's goodwill. Anybody else: chance that the visit wins
    the customer, times what a customer like this buys in half a year of what remains.
    """
    response, start = market.response, market.start
    everyone = np.ones(len(market.volume), dtype=bool)
    buys = journey.considers_us(start.stage)
    now = own_volume(market, start.goodwill, everyone)
    more = own_volume(market, start.goodwill + 1.0, everyone)
    keep = (more - now) / (1.0 - response.carryover)
    chance = np.where(start.stage == journey.Stage.LAPSED, response.winback, response.discovery_visit)
    return np.where(buys, keep, chance * more * _REST_OF_YEAR_WEEKS)
