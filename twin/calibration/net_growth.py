"""Net growth: how our share moves by itself, from the flows that were learned and from what the audits have shown.

Losses, returns and discoveries are each learned from other records, and each a little wrong; audits see their
balance, year by year. Shops that close pass for losses, new ones come from nowhere: flows alone let a share fall that
never fell. Knows no scenario: what it lays out is the same for all.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy import special

from twin.calibration.calibration import Calibration
from twin.market.world import World
from twin.response import journey, steady
from twin.response.journey import Stage
from twin.response.market import Market
from twin.response.parameters import PRIORS, parameter_uniforms
from twin.weeks import WEEKS_PER_YEAR

_FADE = 0.5 ** (1 / 104.0)
"""Growth fades in a forecast, as that of the category: half of its weekly step is left after two years."""
_MOST = 0.2
NAME = "net_growth"


def flows(world: World, market: Market, share: NDArray[np.float64]) -> float:
    """Growth of our volume that losses, returns and discoveries bring about at the origin, per year.

    Parameters
    ----------
    world : World
    market : Market
        With the state at the origin.
    share : (c,) float
        Ours of each customer while it buys from us.
    """
    response, rule, start = market.response, market.rule, market.start
    buys = journey.considers_us(start.stage)
    own = market.volume * share
    total = float(own[buys].sum())
    if total <= 0:
        return 0.0
    gone = journey.loss(response.loss, response.loss_contact, start.goodwill[buys])
    out = float(own[buys] @ gone)
    others = ~buys
    serving = world.reps.serving(market.first_week) if len(world.reps) else np.zeros(0, dtype=bool)
    weight = np.where(others, rule.unknown_weight, 0.0)
    capacity = rule.unknown_share * float(rule.rep_visits[serving].sum())
    visits = np.minimum(capacity * weight / max(float(weight.sum()), 1e-300), 1.0)
    listed = np.where(market.neighbours >= 0, market.neighbours, 0)
    near = (buys[listed] & (market.neighbours >= 0)).sum(axis=1) / np.maximum((market.neighbours >= 0).sum(axis=1), 1)
    found = steady.expected_discovery(
        response.discovery_base, response.discovery_visit, response.discovery_word, visits, near
    )
    back = steady.expected_winback(response.winback, visits)
    come = np.where(start.stage == Stage.LAPSED, back, np.where(others, found, 0.0))
    return (float(own @ come) - out) / total * WEEKS_PER_YEAR


def with_growth(
    calibration: Calibration, world: World, market: Market, share: NDArray[np.float64], draw: int, n_weeks: int
) -> Market:
    """The same market with :func:`own_waves` in the waves of our brands; as it is where there are none."""
    growth = own_waves(calibration, world, market, share, draw, n_weeks)
    if growth is None or market.waves is None:
        return market
    return replace(market, waves=market.waves + np.where(world.brands.own[:, None], growth, 0.0))


def own_waves(
    calibration: Calibration, world: World, market: Market, share: NDArray[np.float64], draw: int, n_weeks: int
) -> NDArray[np.float64] | None:
    """Utility of our brands by week that brings the flows' growth to what flows and audits together make likely.

    Normal mean of two: the flows', as sure as the prior of ``market_drift`` has it, and the audits' growth of n yearly
    differences, as sure as the walk of our brand lets it be.

    Returns
    -------
    (w,) float, utility, or None
        ``None`` where fewer than three yearly differences are known.
    """
    levels = calibration.levels
    if levels is None or levels.growth is None:
        return None
    seen, n_years = levels.growth
    n_own = world.brands.n_own
    weekly = float(np.sqrt(np.square(calibration.drift.shock_sd[:n_own]).mean()))
    error = (weekly**2 * WEEKS_PER_YEAR) / n_years
    told = flows(world, market, share)
    part = PRIORS["market_drift"].sd ** 2 / (PRIORS["market_drift"].sd ** 2 + error)
    z = special.ndtri(parameter_uniforms(NAME, calibration.n_draws, calibration.seed)[draw])
    step = part * (seen - told) + np.sqrt(part * error) * z
    buys = journey.considers_us(market.start.stage)
    own = market.volume * share * buys
    # in a logit, utility moves the log of our volume by what is not ours already
    left = 1.0 - float((own * share).sum() / max(float(own.sum()), 1e-300))
    slope = np.clip(step / max(left, 0.1), -_MOST, _MOST) / WEEKS_PER_YEAR
    ahead = np.arange(n_weeks) + 0.5
    return slope * _FADE * (1.0 - _FADE**ahead) / (1.0 - _FADE)
