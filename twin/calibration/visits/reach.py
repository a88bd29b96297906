"""Reach: how much effort history has seen, by segment and by territory. What lies beyond is extrapolation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from twin.calibration.visits.carryover import WEEKS_PER_MONTH
from twin.calibration.visits.goodwill_state import stock_at
from twin.market.channels import VISIT
from twin.market.history import History
from twin.market.world import World

QUARTER = 13
_YEARS = 3
_FEW = 1.0
"""Contacts a week in a territory below which a share of "how much more" says nothing."""


@dataclass(frozen=True)
class Reach:
    """The most that was ever done.

    Parameters
    ----------
    visits_a_month : dict of segment to float
        Greatest rate of a single customer over a quarter.
    stock : dict of segment to float, visits
        Greatest goodwill stock of a customer at the origin.
    rate : (h, z) float, contacts a week
        Greatest mean of a quarter, by channel and territory.
    """

    FAR: ClassVar[float] = 1.5
    visits_a_month: dict[str, float]
    stock: dict[str, float]
    rate: NDArray[np.float64]


def reach_of(world: World, history: History, carryover: float) -> Reach:
    """What the last three years have seen.

    Parameters
    ----------
    world, history : World, History
    carryover : float, per week
    """
    n_channels, n_zones, n = len(world.channels), len(world.territories), len(world.population)
    first = max(history.first_week, history.origin - 52 * _YEARS)
    n_weeks = max(history.origin - first, 1)
    touches = history.touches.where(history.touches.week >= first)
    zone = world.population.territory[touches.customer]
    flat = (touches.channel.astype(np.int64) * n_zones + zone) * n_weeks + touches.week - first
    weekly = np.bincount(flat, minlength=n_channels * n_zones * n_weeks).reshape(n_channels, n_zones, n_weeks)
    visits = touches.where(touches.channel == VISIT)
    if not len(visits):
        return Reach({}, {}, _quarterly(weekly))
    quarters = -(-n_weeks // QUARTER)
    # quarters are counted back from the origin, so that the last one is whole
    quarter = (history.origin - 1 - visits.week) // QUARTER
    counts = np.bincount(visits.customer.astype(np.int64) * quarters + quarter, minlength=n * quarters)
    most = counts.reshape(n, quarters).max(axis=1) / QUARTER * WEEKS_PER_MONTH
    stock = stock_at(visits, np.ones(len(visits)), n, history.origin, carryover)[0]
    segments = world.population.segments
    greatest, stocks = (np.zeros(len(segments.names)) for _ in range(2))
    np.maximum.at(greatest, segments.code, most)
    np.maximum.at(stocks, segments.code, stock)
    names = [str(name) for name in segments.names]
    return Reach(dict(zip(names, greatest.tolist())), dict(zip(names, stocks.tolist())), _quarterly(weekly))


def beyond(reach: Reach, contacts: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Where a scenario leaves history behind: (h, z) bool.

    Parameters
    ----------
    reach : Reach
    contacts : (h, z, w) float, contacts
        Of the scenario, by week.
    """
    asked = _quarterly(contacts)
    return (asked > Reach.FAR * reach.rate) & (asked > _FEW)


def _quarterly(weekly: NDArray) -> NDArray[np.float64]:
    """Greatest mean over a quarter: (...) float; over all weeks where there are fewer."""
    n = weekly.shape[-1]
    if n <= QUARTER:
        return weekly.mean(axis=-1) if n else np.zeros(weekly.shape[:-1])
    means = ndimage.uniform_filter1d(weekly.astype(np.float64), QUARTER, axis=-1, mode="nearest")
    half = QUARTER // 2
    return means[..., half : n - half].max(axis=-1)
