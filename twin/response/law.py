"""The weekly law of demand: utilities and expected volumes of every customer.

The only place where effort becomes sales; simulator, calibrator and optimiser read it here. Laws that depend on drawn
outcomes (journey, word of mouth) act through the ``considers_us`` flag and stand in :mod:`twin.response.journey`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from twin.response import attraction, goodwill, journey
from twin.response.elementary import where
from twin.response.market import Market, Response


def own_lift(
    response: Response,
    stock: NDArray[np.float64],
    pressure: NDArray[np.float64],
    in_trial: NDArray[np.bool_],
    handover: NDArray[np.float64],
    keen: NDArray[np.float64] | float = 1.0,
) -> NDArray[np.float64]:
    """Utility that our own acts add to our brands: (c,) float.

    Parameters
    ----------
    response : Response
    stock : (c,) float, visits
    pressure : (c,) float, contacts per 13 weeks
    in_trial : (c,) bool
        First purchases: not yet convinced.
    handover : (c,) float, utility
        What is still lost by a change of rep.
    keen : (c,) float
        Responsiveness: factor on what goodwill is worth.
    """
    return (
        attraction.contact_utility(stock, response.coefficient, response.curvature) * keen
        - goodwill.fatigue(pressure, response.ideal_contacts, response.fatigue)
        - where(in_trial, response.trial_discount, 0.0)
        - handover
    )


def utilities(
    market: Market, lift: NDArray[np.float64], habit: NDArray[np.float64], brand_shift: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Utility of each brand for each customer: (j, c) float.

    Parameters
    ----------
    market : Market
    lift : (c,) float
        See :func:`own_lift`; the same for each of our brands.
    habit : (j, c) float in [0, 1]
    brand_shift : (j,) float
        Campaigns, reaction and drift of this week.
    """
    total = utility(market.base_utility, market.response.habit, habit, brand_shift[:, None])
    total[: market.n_own] += lift
    return total


def utility(base: NDArray[np.float64], weight: float, habit: NDArray[np.float64], shift: float) -> NDArray[np.float64]:
    """Utility of a brand without what our own acts add: (...) float.

    Parameters
    ----------
    base : (...) float
    weight : float
        Utility of a habit of one.
    habit : (...) float in [0, 1]
    shift : float
        Campaigns, reaction and drift of this week.
    """
    return base + weight * habit + shift


def own_share(
    market: Market, lift: NDArray[np.float64], habit: NDArray[np.float64], considers_us: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """Share of our brands together, campaigns apart: (c,) float in [0, 1]. See :func:`utilities`."""
    utility_of_each = utilities(market, lift, habit, np.zeros(len(habit)))
    return attraction.shares(utility_of_each, considers_us, market.n_own)[: market.n_own].sum(axis=0)


def own_volume(
    market: Market, lift: NDArray[np.float64], habit: NDArray[np.float64], considers_us: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """Expected weekly volume of our brands together, season and campaigns apart: (c,) float, units."""
    volume = market.volume * own_share(market, lift, habit, considers_us)
    if market.response.outside == 0.0:
        return volume
    total = np.exp(_inclusive(market, lift, habit, considers_us) - usual_utility(market))
    return volume * attraction.category_factor(total, np.ones_like(total), market.response.outside)


def usual_utility(market: Market) -> NDArray[np.float64]:
    """Inclusive value, the log of all brands' attractions, at which customers buy ``market.volume``: (c,) float."""
    if market.usual_utility is not None:
        return market.usual_utility
    start, nothing = market.start, np.zeros(len(market.volume))
    trial = start.stage == journey.Stage.TRIAL
    lift = own_lift(market.response, start.goodwill, start.pressure, trial, nothing, market.keen)
    return _inclusive(market, lift, start.habit, journey.considers_us(start.stage))


def _inclusive(
    market: Market, lift: NDArray[np.float64], habit: NDArray[np.float64], considers_us: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """Log of the attraction of all brands together: (c,) float; campaigns apart."""
    each = utilities(market, lift, habit, np.zeros(len(habit)))
    best = each.max(axis=0)
    ours = np.arange(len(each))[:, None] < market.n_own
    total = attraction.pull(each - best, considers_us | ~ours).sum(axis=0)
    return best + np.log(np.maximum(total, 1e-30))


def handover_utility(loss: float, share: NDArray[np.float64]) -> NDArray[np.float64]:
    """Utility drop in the first week after a change of rep that loses ``loss`` of the first year's sales.

    Parameters
    ----------
    loss : float in [0, 1)
        Part of the customer's sales with us lost over 52 weeks.
    share : (c,) float
        Our share of the customer.

    Returns
    -------
    (c,) float, utility
        The drop fades linearly over the year, so it starts at twice its mean; the logit maps a small change of
        utility to ``(1 - share)`` times as large a change of log sales.
    """
    return -2.0 * np.log1p(-loss) / np.maximum(1.0 - share, 0.1)
