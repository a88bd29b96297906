"""Goodwill state: the stock that past contacts have left with each customer at the origin, and over the last year."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import signal

from twin.market.channels import VISIT
from twin.market.history import Touches
from twin.response import attraction, goodwill
from twin.weeks import FAR_PAST

_YEAR, _LEAST_WEEKS = 52, 4
_BLOCK_CELLS = 1 << 22


def stock_at(
    touches: Touches,
    worth: NDArray[np.float64],
    n_customers: int,
    origin: int,
    carryover: float,
    curvature: float = 0.0,
    since: int | None = None,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Stock at the origin, and its usual level: the first two of :func:`felt_at`."""
    last, usual, _ = felt_at(touches, worth, n_customers, origin, carryover, curvature, since)
    return last, usual


def felt_at(
    touches: Touches,
    worth: NDArray[np.float64],
    n_customers: int,
    origin: int,
    carryover: float,
    curvature: float = 0.0,
    since: int | None = None,
    known_since: NDArray[np.int32] | None = None,
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Stock at the origin, its usual level, and how far it strays.

    Parameters
    ----------
    touches : Touches
    worth : (m,) float, visits
        Of each contact.
    n_customers : int
    origin : int, week
    carryover : float, per week
    curvature : float
        See :func:`twin.response.attraction.warmth`.
    since : int, week, optional
        First week whose contacts are on record. Earlier ones were made as well: each customer's stock of that week is
        what its usual contacts since then leave in the long run, not nought.
    known_since : (c,) int, week, optional
        Who has been ours for a part of the last year only is looked at in that part, as its sales are; those who are
        not ours yet, in all of it.

    Returns
    -------
    three (c,) float
        Stock at the end of the week before the origin, visits; mean and variance over the last year of the stock as it
        is felt, without curvature log(1 + stock).
    """
    start = origin - 2 * _YEAR
    unseen = min(max((start if since is None else since) - start, 0), 2 * _YEAR - 1)
    keep = touches.week >= start
    customer, week, weight = touches.customer[keep], touches.week[keep] - start, worth[keep]
    order = np.argsort(customer, kind="stable")
    customer, week, weight = customer[order].astype(np.int64), week[order], weight[order]
    last, usual, spread = np.zeros((3, n_customers))
    arrived = np.full(n_customers, start) if known_since is None else np.where(known_since < origin, known_since, start)
    passed = np.clip(arrived - start - _YEAR, 0, _YEAR - _LEAST_WEEKS)[:, None]
    size = max(_BLOCK_CELLS // (2 * _YEAR), 1)
    for begin in range(0, n_customers, size):
        rows = slice(begin, min(begin + size, n_customers))
        low, high = np.searchsorted(customer, [rows.start, rows.stop])
        flat = (customer[low:high] - begin) * 2 * _YEAR + week[low:high]
        inflow = np.bincount(flat, weight[low:high], (rows.stop - rows.start) * 2 * _YEAR).reshape(-1, 2 * _YEAR)
        if unseen:
            inflow[:, unseen] += carryover / (1.0 - carryover) * inflow[:, unseen:].mean(axis=1)
        stock = signal.lfilter([1.0], [1.0, -carryover], inflow, axis=1)
        last[rows] = stock[:, -1]
        felt = attraction.warmth(stock[:, _YEAR:], curvature)
        ours = np.arange(_YEAR) >= passed[rows]
        usual[rows] = felt.mean(axis=1, where=ours)
        spread[rows] = felt.var(axis=1, where=ours)
    return last, usual, spread


def pressure_at(touches: Touches, n_customers: int, origin: int, memory: float = 1.0) -> NDArray[np.float64]:
    """Contact pressure at the origin: (c,) float, contacts per 13 weeks.

    Without ``memory`` between channels, contacts that repeat what another one just said weigh more.
    """
    recent = touches.where(touches.week >= origin - 2 * _YEAR)
    keep = goodwill.advance_pressure(np.zeros(1), np.ones(1), np.array([False, True]), memory)
    weight = keep[_seconded(recent, n_customers).astype(np.int64)]
    fade = 1.0 - 1.0 / goodwill.PRESSURE_WEEKS
    return np.bincount(recent.customer, weight * fade ** (origin - 1 - recent.week), n_customers)


def _seconded(touches: Touches, n_customers: int) -> NDArray[np.bool_]:
    """Whether rep or channels take up what the other side said within the last weeks: (m,) bool."""
    found = np.zeros(len(touches), dtype=bool)
    if not len(touches):
        return found
    # a sheet of weeks for every customer, with room for the weeks that are looked back upon
    width = int(np.ptp(touches.week)) + 1 + goodwill.SECONDED_WEEKS
    place = touches.customer.astype(np.int64) * width + (touches.week - touches.week.min() + goodwill.SECONDED_WEEKS)
    in_person = touches.channel == VISIT
    for side in (in_person, ~in_person):
        said = np.zeros(n_customers * width, dtype=bool)
        said[place[~side]] = True
        for ago in range(goodwill.SECONDED_WEEKS + 1):
            found[side] |= said[place[side] - ago]
    return found


def last_visit(touches: Touches, n_customers: int) -> NDArray[np.int32]:
    """Week of each customer's last visit; ``FAR_PAST`` for none: (c,) int32."""
    last = np.full(n_customers, FAR_PAST, dtype=np.int32)
    visits = touches.where(touches.channel == VISIT)
    np.maximum.at(last, visits.customer, visits.week.astype(np.int32))
    return last
