"""Spells: when a customer was ours, and when it had left without saying so.

Reps stop visiting who has left; without its spell away, that would pass for an effect of visits. Knows no contacts.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import special

LOG_CHANCE = 10.0
"""A silence is a spell away when chance makes one in e to this power, 20,000, so long."""
_ROUNDS = 3
_HALVINGS = 40


def away(volume: NDArray[np.float64], mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Periods of silence too long to be chance.

    The finer the periods, the sooner a silence is told from chance: ask before periods are summed.

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
        gone = ~ordered & (length >= longest_pause(ordered, mask & ~gone)[:, None])
    return gone


def longest_pause(ordered: NDArray[np.bool_], present: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Periods without an order from which on chance no longer explains them: (c,) float, infinite for rare buyers.

    With h orders in the n periods between the first and the last, the chance of L periods without one is that of a
    beta-binomial count, B(h, n - h + 1 + L) / B(h, n - h + 1): few orders leave it open how often there should be more.
    """
    n_periods = ordered.shape[1]
    place, counted = np.arange(n_periods), ordered & present
    first = np.where(counted, place, n_periods).min(axis=1, initial=n_periods)
    last = np.where(counted, place, -1).max(axis=1, initial=-1)
    between = present & (place > first[:, None]) & (place <= last[:, None])
    hits = (ordered & between).sum(axis=1).astype(float)
    misses = (~ordered & between).sum(axis=1) + 1.0
    able = hits > 0
    hits = np.where(able, hits, 1.0)
    low, high = np.zeros(len(hits)), np.full(len(hits), 1e6)
    for _ in range(_HALVINGS):
        middle = (low + high) / 2.0
        chance = special.betaln(hits, misses + middle) - special.betaln(hits, misses)
        short = chance > -LOG_CHANCE
        low, high = np.where(short, middle, low), np.where(short, high, middle)
    return np.where(able, high, np.inf)


def _silence(ordered: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Length of the run without orders around each period, in periods: (c, p) int; meaningless where one was placed."""
    n = ordered.shape[1]
    place = np.arange(n)
    before = np.maximum.accumulate(np.where(ordered, place, -1), axis=1)
    after = np.minimum.accumulate(np.where(ordered, place, n)[:, ::-1], axis=1)[:, ::-1]
    return after - before - 1
