"""Brand mix: how rivals share what is not ours, brick by brick."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from twin.market.history import History
from twin.market.world import World

_WINDOW_WEEKS = 52
# a brick's own mix weighs as much as the market's when it holds so many weeks of an average brick's volume
_PRIOR_WEEKS = 4.0


def rival_mix(world: World, history: History) -> NDArray[np.float64]:
    """Share of each rival among all rivals.

    Parameters
    ----------
    world : World
    history : History

    Returns
    -------
    (b + 1, j) float
        Rows sum to one over rivals, our columns are 0; the last row is the whole market, for customers without a brick.
        From the last year of audits, shrunk to the market; else of the panel; else equal parts.
    """
    n_bricks, n_brands, n_own = len(world.bricks), len(world.brands), world.brands.n_own
    by_brick = np.zeros((n_bricks, n_brands))
    audit = history.audit
    if len(audit):
        recent = audit.periods.mid_week()[audit.period] >= history.origin - _WINDOW_WEEKS
        flat = np.bincount(
            audit.unit[recent].astype(np.int64) * n_brands + audit.brand[recent],
            audit.volume[recent],
            n_bricks * n_brands,
        )
        by_brick = flat.reshape(n_bricks, n_brands)
    market = by_brick.sum(axis=0)
    if not market[n_own:].any() and len(history.panel):
        market = history.panel.totals(n_brands).sum(axis=0)
    market = market.copy()
    market[:n_own] = 0.0
    if not market.any():
        market[n_own:] = 1.0
    national = market / max(market.sum(), 1e-300)
    by_brick[:, :n_own] = 0.0
    by_brick = np.maximum(by_brick, 0.0)
    usual = by_brick.sum() / max(n_bricks, 1) * _PRIOR_WEEKS / _WINDOW_WEEKS
    mixed = by_brick + max(usual, 1e-12) * national
    return np.vstack([mixed / mixed.sum(axis=1, keepdims=True), national])
