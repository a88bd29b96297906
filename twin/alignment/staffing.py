"""Staffing: what a territory sells with more or fewer reps, read from the law of demand.

A reading for choosing sizes to try, not a forecast: a year of even visiting, without season, rivals' moves and luck.
What a size brings is what the twin says when it lives through it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from twin.market.channels import VISIT
from twin.market.world import World
from twin.response import curves, goodwill, journey, visiting
from twin.response.market import Market

_YEAR_WEEKS = 52.0
_HALF_YEAR_WEEKS = 26.0
"""What remains of a year, on average, after a customer is won."""


def sales_by_heads(world: World, market: Market, heads: NDArray[np.integer], most: int) -> NDArray[np.float64]:
    """Sales of a year in each territory with 0 to ``most`` reps, each as busy as today's there.

    Buyers' goodwill follows the visits that they get; the rest of it, from other channels, stays. The visits that go to
    others win some of them.

    Parameters
    ----------
    world : World
    market : Market
        One parameter draw.
    heads : (z,) int
        Reps today. A territory without any sells the same whatever comes: nobody knows what its reps would do.
    most : int

    Returns
    -------
    (z, n + 1) float, units
    """
    territory, n_zones = world.population.territory, len(world.territories)
    buys = journey.considers_us(market.start.stage)
    may = world.population.consent[VISIT]
    part = _part_of_visits(world, market)
    win, prize = _chance_and_prize(market, buys)
    own_visits = _prospects_visits(world, market, buys, may)
    served = heads > 0
    sales = np.zeros((n_zones, most + 1))
    for n in range(most + 1):
        ratio = np.where(served, n / np.maximum(heads, 1), 1.0)[territory]
        stock = market.start.goodwill * np.where(may, 1.0 - part + part * ratio, 1.0)
        won = np.where(buys, 0.0, prize * -np.expm1(own_visits * ratio * np.log1p(-win)))
        each = curves.own_volume(market, stock, buys) * _YEAR_WEEKS + won
        sales[:, n] = np.bincount(territory, each, n_zones)
    return sales


def _part_of_visits(world: World, market: Market) -> NDArray[np.float64]:
    """Part of a buyer's goodwill that comes from visits: (c,) float in [0, 1]."""
    rule, response = market.rule, market.response
    fit = goodwill.channel_fits(world.population.prefers, len(world.channels), response.mismatch)
    by_visit = fit[VISIT] * visiting.rate_at(rule.known_weight)
    others = (response.channel_effect[:, None] * fit * rule.contact_rate).sum(axis=0)
    return by_visit / np.maximum(by_visit + others, 1e-12)


def _chance_and_prize(market: Market, buys: NDArray[np.bool_]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Chance that a visit wins who does not buy, and what that is worth in a year, units: two (c,) float."""
    response, lapsed = market.response, market.start.stage == journey.Stage.LAPSED
    chance = np.where(lapsed, response.winback, response.discovery_visit)
    everyone = np.ones(len(buys), dtype=bool)
    volume = curves.own_volume(market, market.start.goodwill + 1.0, everyone)
    return np.clip(chance, 0.0, 1.0 - 1e-9), volume * _HALF_YEAR_WEEKS


def _prospects_visits(
    world: World, market: Market, buys: NDArray[np.bool_], may: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """Visits a year of those who do not buy, by the learned rule: (c,) float."""
    rule, reps, n_zones = market.rule, world.reps, len(world.territories)
    serving = reps.serving(world.origin)
    capacity = np.bincount(reps.territory[serving], rule.rep_visits[serving], n_zones) * _YEAR_WEEKS
    weight = np.where(~buys & may, rule.unknown_weight, 0.0)
    total = np.bincount(world.population.territory, weight, n_zones)
    zone = world.population.territory
    return rule.unknown_share * capacity[zone] * weight / np.maximum(total[zone], 1e-300)
