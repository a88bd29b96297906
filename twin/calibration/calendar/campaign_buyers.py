"""Campaign buyers: what a campaign does to each customer's choice; the market shows it thinned.

Reads shares of panel members. Estimates no effect; see campaign_strength.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from twin.calibration.calendar.campaign_strength import Strength
from twin.market.history import History
from twin.market.world import World
from twin.weeks import WEEKS_PER_YEAR

_LEAST_MEMBERS = 10
_MOST = 3.0


def buyer_factors(world: World, history: History) -> NDArray[np.float64]:
    """Utility of a campaign over its effect on the brand's log ratio in the whole market, by brand.

    A customer's choice answers by ``s (1 - s)``, so those who hardly buy a brand, or nearly only it, hardly answer, and
    customers together answer less than one of the mean share would. Of our campaigns most customers, who do not
    consider us, feel nothing.

    Returns
    -------
    (j,) float
        ``(1 - S) / (1 - s)``: S the brand's share of the panel (of ours, all our brands'), s the share that it has of
        its members, weighed by what they buy of it; 1 where fewer than ten members buy it. A member's share is read off
        the even periods of a year and its weight off the odd ones, so that chance orders do not make it look loyal;
        year by year, because who came to us last year has a whole share, not a quarter of one.
    """
    panel, n_brands, n_people = history.panel, len(world.brands), len(world.population)
    if not len(panel) or not n_people:
        return np.ones(n_brands)
    # all our brands are one here: what makes a customer consider us makes it consider each of them
    block = np.where(world.brands.own, 0, np.arange(n_brands))
    year = ((panel.periods.mid_week() - panel.periods.mid_week()[-1]) // WEEKS_PER_YEAR).astype(np.int64)
    year -= year.min()
    n, brand = n_people * (int(year.max()) + 1), block[panel.brand]
    odd = panel.period % 2 == 1
    cell = (year[panel.period] * n_people + panel.unit) * n_brands + brand
    weight = np.bincount(cell[odd], panel.volume[odd], n * n_brands).reshape(n, n_brands)
    bought = np.bincount(cell[~odd], panel.volume[~odd], n * n_brands).reshape(n, n_brands)
    seen = bought.sum(axis=1) > 0
    within = bought[seen] / bought[seen].sum(axis=1, keepdims=True)
    loyal = (weight[seen] * within).sum(axis=0) / np.maximum(weight[seen].sum(axis=0), 1e-12)
    share = np.bincount(brand, panel.volume, n_brands) / panel.volume.sum()
    factor = np.clip((1 - share) / np.maximum(1 - loyal, 1e-6), 1.0, _MOST)
    members = (weight.reshape(-1, n_people, n_brands) > 0).any(axis=0).sum(axis=0)
    return np.where(members < _LEAST_MEMBERS, 1.0, factor)[block]


def for_buyers(fit: Strength, factors: NDArray[np.float64]) -> Strength:
    """A fit whose effects are those on the choice of each customer, not of the market."""
    return replace(fit, effect=fit.effect * factors, sd=fit.sd * factors)
