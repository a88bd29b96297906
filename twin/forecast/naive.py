"""Naive forecasts: what anybody could say without a model, shown beside ours."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twin.market.history import History, Sales
from twin.market.world import World

_YEAR_WEEKS = 52


@dataclass(frozen=True)
class Naive:
    """Seasonal-naive forecast of our volume, and last year's shares.

    Parameters
    ----------
    own_weekly : (w,) float, units
        Our sales of the same week a year before; a month's sales spread evenly where only months are known.
    brand_share : (j,) float
        Shares of the last year; ``nan`` without market data.
    beyond_books : float, at least 1
        Our volume in the audits over that in our books: customers whom we do not know may buy from us.
    """

    own_weekly: NDArray[np.float64]
    brand_share: NDArray[np.float64]
    beyond_books: float


def seasonal_naive(world: World, history: History, n_weeks: int) -> Naive:
    """Repeat last year.

    Parameters
    ----------
    world : World
    history : History
    n_weeks : int

    Returns
    -------
    Naive
        ``own_weekly`` repeats the sales of known customers; times ``beyond_books`` it is the whole market's.
    """
    own = weekly_totals(history.own_sales, history.origin - _YEAR_WEEKS, _YEAR_WEEKS, len(world.brands))
    repeated = own[:, np.arange(n_weeks) % _YEAR_WEEKS]
    market = history.audit if len(history.audit) else history.panel
    share = np.full(len(world.brands), np.nan)
    if len(market):
        total = weekly_totals(market, history.origin - _YEAR_WEEKS, _YEAR_WEEKS, len(world.brands)).sum(axis=1)
        share = total / total.sum() if total.sum() > 0 else share
    own_weekly = repeated[: world.brands.n_own].sum(axis=0)
    booked, beyond = own[: world.brands.n_own].sum(), 1.0
    if len(history.audit) and booked > 0:
        audited = weekly_totals(history.audit, history.origin - _YEAR_WEEKS, _YEAR_WEEKS, len(world.brands))
        beyond = max(float(audited[: world.brands.n_own].sum() / booked), 1.0)
    return Naive(own_weekly, share, beyond)


def weekly_totals(sales: Sales, first_week: int, n_weeks: int, n_brands: int) -> NDArray[np.float64]:
    """Volume by brand and week, a month's even over its days: (j, w) float. For display and naive forecasts only."""
    if not len(sales.periods):
        return np.zeros((n_brands, n_weeks))
    rate = sales.totals(n_brands) / sales.periods.weeks_in()[:, None]
    return (sales.periods.weights(first_week, n_weeks).T @ rate).T
