"""Campaign buyers: our promotions act on those who consider us; the market shows their effect thinned by all others.

Reads shares of panel members. Estimates no effect; see campaign_strength.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from twin.calibration.calendar.campaign_strength import Strength
from twin.market.history import History
from twin.market.world import World

_LEAST_MEMBERS = 10
_MOST = 3.0


def buyer_factor(world: World, history: History) -> float:
    """Utility of our promotion over its effect on our log ratio in the whole market.

    Returns
    -------
    float
        ``(1 - S) / (1 - s)``: S our share of the panel, s the share that we have of its members, weighed by what they
        buy from us; 1 where fewer than ten members buy from us. A member's share is read off the even periods and its
        weight off the odd ones, so that chance orders do not make it look loyal.
    """
    panel = history.panel
    if not len(panel):
        return 1.0
    ours, n = world.brands.own[panel.brand], len(world.population)
    odd = panel.period % 2 == 1
    weight = np.bincount(panel.unit[ours & odd], panel.volume[ours & odd], n)
    own = np.bincount(panel.unit[ours & ~odd], panel.volume[ours & ~odd], n)
    every = np.bincount(panel.unit[~odd], panel.volume[~odd], n)
    if (weight > 0).sum() < _LEAST_MEMBERS:
        return 1.0
    seen = every > 0
    loyal = float(weight[seen] @ (own[seen] / every[seen]) / max(weight[seen].sum(), 1e-12))
    share = float(panel.volume[ours].sum() / panel.volume.sum())
    return float(np.clip((1 - share) / max(1 - loyal, 1e-6), 1.0, _MOST))


def for_buyers(fit: Strength, n_own: int, factor: float) -> Strength:
    """A fit whose effects of our promotions are those on customers who consider us."""
    effect, sd = fit.effect.copy(), fit.sd.copy()
    effect[:n_own] *= factor
    sd[:n_own] *= factor
    return replace(fit, effect=effect, sd=sd)
