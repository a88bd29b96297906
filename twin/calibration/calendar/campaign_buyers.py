"""Campaign buyers: what a campaign does to each customer's choice; the market shows it thinned.

Reads shares of panel members. Estimates no effect; see campaign_strength.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from twin.calibration.calendar.campaign_strength import Strength
from twin.market.history import Sales
from twin.market.world import World
from twin.weeks import WEEKS_PER_YEAR

_LEAST_MEMBERS = 10
_MOST = 3.0
_GROUPS = 10


@dataclass(frozen=True)
class BuyerFactors:
    """Utility of a campaign over its effect on the brand's log ratio in all customers together.

    Parameters
    ----------
    factor : (j,) float
        1 where fewer than ten members of a panel buy the brand.
    log_sd : (j,) float
        Error of its logarithm, jackknifed over members.
    loyal : (j,) float in [0, 1]
        Share that the brand has of those who buy it, weighed by what they buy of it; ``nan`` where that is not known.
    """

    factor: NDArray[np.float64]
    log_sd: NDArray[np.float64]
    loyal: NDArray[np.float64]


def buyer_factors(world: World, panel: Sales) -> BuyerFactors:
    """What turns the effect of a campaign on a brand's log ratio into its effect on a customer's choice, by brand.

    A customer's choice answers by ``s (1 - s)``, so those who hardly buy a brand, or nearly only it, hardly answer, and
    customers together answer less than one of the mean share would. Of our campaigns most customers, who do not
    consider us, feel nothing.

    Parameters
    ----------
    world : World
    panel : Sales
        In the volumes in which the log ratio is measured: members that count alike there count alike here.

    Returns
    -------
    BuyerFactors
        ``(1 - S) / (1 - s)``: S the brand's share of the panel (of ours, all our brands'), s the share that it has of
        its members, weighed by what they buy of it. A member's share is read off the even periods of a year and its
        weight off the odd ones, so that chance orders do not make it look loyal; year by year, because who came to us
        last year has a whole share, not a quarter of one.
    """
    n_brands, n_people = len(world.brands), len(world.population)
    if not len(panel) or not n_people:
        return BuyerFactors(np.ones(n_brands), np.zeros(n_brands), np.full(n_brands, np.nan))
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
    # members in ten groups, by their rank among members, so that one year's rows of a member go together
    rank = np.searchsorted(np.unique(panel.unit), np.arange(n_people)) % _GROUPS
    group, volume = np.tile(rank, n // n_people)[seen], np.zeros((_GROUPS, n_brands))
    np.add.at(volume, (rank[panel.unit], brand), panel.volume)
    loyal, bulk = np.zeros((_GROUPS, n_brands)), np.zeros((_GROUPS, n_brands))
    np.add.at(loyal, group, weight[seen] * within)
    np.add.at(bulk, group, weight[seen])
    whole = _factor(loyal.sum(axis=0), bulk.sum(axis=0), volume.sum(axis=0))
    without = np.log([_factor(*(part.sum(axis=0) - part[g] for part in (loyal, bulk, volume))) for g in range(_GROUPS)])
    log_sd = np.sqrt((_GROUPS - 1) / _GROUPS * ((without - without.mean(axis=0)) ** 2).sum(axis=0))
    members = (weight.reshape(-1, n_people, n_brands) > 0).any(axis=0).sum(axis=0)
    few = members < _LEAST_MEMBERS
    mean = loyal.sum(axis=0) / np.maximum(bulk.sum(axis=0), 1e-12)
    return BuyerFactors(
        np.where(few, 1.0, whole)[block], np.where(few, 0.0, log_sd)[block], np.where(few, np.nan, mean)[block]
    )


def _factor(loyal: NDArray, bulk: NDArray, volume: NDArray) -> NDArray[np.float64]:
    within = loyal / np.maximum(bulk, 1e-12)
    share = volume / max(float(volume.sum()), 1e-12)
    return np.asarray(np.clip((1 - share) / np.maximum(1 - within, 1e-6), 1.0, _MOST))


def for_buyers(fit: Strength, buyers: BuyerFactors) -> Strength:
    """A fit whose effects are those on the choice of each customer, not of the market, with what is not known of it."""
    effect = fit.effect * buyers.factor
    sd = np.hypot(fit.sd * buyers.factor, np.nan_to_num(effect) * buyers.log_sd)
    return replace(fit, effect=effect, sd=sd)
