"""Spells: when a customer was ours, and when it had left without saying so.

Reps stop visiting who has left; without its spell away, that would pass for an effect of visits. Knows no contacts.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

EXPECTED_ORDERS = 10.0
"""A silence is a spell away when so many periods with orders were due in it: chance makes one in 20,000 so long."""
_ROUNDS = 3


def away(volume: NDArray[np.float64], mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Periods of silence too long to be chance.

    Parameters
    ----------
    volume : (c, p) float, units
    mask : (c, p) bool
        Periods that count.

    Returns
    -------
    (c, p) bool
        Found in rounds, as a customer's usual frequency of orders is that of the time when it was ours.
    """
    ordered = volume > 0
    length = _silence(ordered)
    gone = np.zeros_like(ordered)
    for _ in range(_ROUNDS):
        present = mask & ~gone
        frequency = (ordered & present).sum(axis=1) / np.maximum(present.sum(axis=1), 1)
        gone = ~ordered & (length * frequency[:, None] >= EXPECTED_ORDERS)
    return gone


def _silence(ordered: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Length of the run without orders around each period, in periods: (c, p) int; meaningless where one was placed."""
    n = ordered.shape[1]
    place = np.arange(n)
    before = np.maximum.accumulate(np.where(ordered, place, -1), axis=1)
    after = np.minimum.accumulate(np.where(ordered, place, n)[:, ::-1], axis=1)[:, ::-1]
    return after - before - 1
