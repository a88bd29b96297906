"""Kernels of ruin, compiled: what is wanted of customers, and taking some of their visits off the road.

Knows no order in which they are served again, see :mod:`twin.planning.rebuild_kernels`.
"""

from __future__ import annotations

from typing import NamedTuple

from numpy.typing import NDArray

from twin.planning.compiling import inner
from twin.planning.tour_kernels import clocked, taken_out, uniform


class Wish(NamedTuple):
    """What is wanted of each customer.

    Parameters
    ----------
    patterns : (n + 1, k, f) int
        Days of each pattern, -1 behind the last; the first axis of ``n_patterns`` 0 means free days.
    n_patterns : (n + 1,) int
    slots : (n + 1,) int
        Visits.
    slot_from, slot_to : (n + 1, s) int
        First and last day of each visit.
    prize : (n + 1, s) float
        Cost of a visit that is not made; of a pattern, the first.
    fixed : (n + 1,) float
        Added to ``prize`` where an answer is compared with the best so far.
    ordinal : (d,) int
        Calendar number of each day.
    gap : (n + 1,) int, days
        Least time between visits.
    apart : (n + 1,) int
        1: never twice in one week.
    near : (n + 1, n) int
        Customers by nearness.
    """

    patterns: NDArray
    n_patterns: NDArray
    slots: NDArray
    slot_from: NDArray
    slot_to: NDArray
    prize: NDArray
    fixed: NDArray
    ordinal: NDArray
    gap: NDArray
    apart: NDArray
    near: NDArray


class Bench(NamedTuple):
    """Scratch of a search."""

    who: NDArray
    day: NDArray
    key: NDArray
    away: NDArray
    dirty: NDArray
    cost: NDArray
    place: NDArray
    value: NDArray
    back: NDArray


@inner
def missing(wish, tours, c):
    """Visits of a customer that have no day, and what they cost."""
    if wish.n_patterns[c] > 0:
        return (0, 0.0) if tours.slot_day[c, 0] >= 0 else (1, wish.prize[c, 0])
    n, cost = 0, 0.0
    for s in range(wish.slots[c]):
        if tours.slot_day[c, s] < 0:
            n += 1
            cost += wish.prize[c, s]
    return n, cost


@inner
def _freed(land, wish, tours, bench, c, d):
    """Take one visit off, day and all; returns the change of cost."""
    r = tours.where[c, d]
    change = taken_out(land, tours, c, d)
    tours.where[c, d] = -1
    bench.dirty[r] = True
    for s in range(wish.slots[c]):
        if tours.slot_day[c, s] == d:
            tours.slot_day[c, s] = -1
    return change


@inner
def all_freed(land, wish, tours, bench, c, on_clock):
    """Take all visits of a customer off the road; returns the change of cost. 1: their tours stay on the clock."""
    change = 0.0
    for d in range(tours.where.shape[1]):
        r = tours.where[c, d]
        if r >= 0:
            change += _freed(land, wish, tours, bench, c, d)
            if on_clock:
                clocked(land, tours, r)
        tours.where[c, d] = -1
    for s in range(tours.slot_day.shape[1]):
        tours.slot_day[c, s] = -1
    return change


@inner
def _touched(wish, tours, bench, c):
    """Take what a customer's missing visits cost out of the account, once; returns the change of cost."""
    return -missing(wish, tours, c)[1] if bench.away[c] == 0 else 0.0


@inner
def _await(bench, n, c, d):
    """Note that a customer waits for a day, or with ``d`` for a place in a day."""
    bench.who[n], bench.day[n] = c, d
    if bench.away[c] != 1:
        bench.away[c] = 1 if d < 0 else 2
    return n + 1


@inner
def ruined(land, wish, tours, bench, n, style, luck):
    """Take neighbours of a customer off the road; returns how many wait then, and the change of cost."""
    customers, days, change, count = wish.near.shape[1], tours.where.shape[1], 0.0, 0
    u = uniform(luck)
    mode = 0 if u < style[0] else (1 if u < style[0] + style[1] else (2 if u < style[0] + style[1] + style[2] else 3))
    target, seed, only = 1 + int(uniform(luck) * style[3] * 2.0), 1 + int(uniform(luck) * customers), -1
    if uniform(luck) < 0.5:
        for _ in range(40):
            d = int(uniform(luck) * days)
            if tours.where[seed, d] >= 0:
                only = d
                break
    for q in range(customers):
        c = wish.near[seed, q]
        if count >= target:
            break
        if bench.away[c] == 1:
            continue
        if mode == 1:
            if q > 0 and uniform(luck) < 0.3:
                continue
            change += _touched(wish, tours, bench, c)
            change += all_freed(land, wish, tours, bench, c, 0)
            n, count = _await(bench, n, c, -1), count + 1
            continue
        for d in range(days):
            r = tours.where[c, d]
            if count >= target or bench.away[c] == 1:
                break
            if (only >= 0 and d != only) or r < 0 or bench.dirty[r]:
                continue
            bench.dirty[r] = True
            longest = min(tours.length[r], int(style[4]) if mode == 0 else int(style[5]))
            size, p = 1 + int(uniform(luck) * longest), 0
            while tours.stop[r, p] != c:
                p += 1
            low, high = max(0, p - size + 1), min(p, tours.length[r] - size)
            first = low + int(uniform(luck) * (high - low + 1))
            for _ in range(size):
                x = tours.stop[r, first]
                count += 1
                change += _touched(wish, tours, bench, x)
                if mode == 0:
                    change += taken_out(land, tours, x, d)
                    tours.where[x, d] = -2
                    n = _await(bench, n, x, d)
                    continue
                if mode == 3 and wish.n_patterns[x] == 0:
                    change += _freed(land, wish, tours, bench, x, d)
                else:
                    change += all_freed(land, wish, tours, bench, x, 0)
                n = _await(bench, n, x, -1)
    return n, change


@inner
def wakened(wish, tours, bench, luck):
    """Let some of those wait who lack visits; returns how many, and the change of cost."""
    customers, lacking, n, change = wish.near.shape[1], 0, 0, 0.0
    for c in range(1, customers + 1):
        bench.away[c] = 0
        if missing(wish, tours, c)[0] > 0:
            lacking += 1
    if lacking == 0:
        return n, change
    for c in range(1, customers + 1):
        # all of them in every turn would make a search slow that has far too much to do
        if uniform(luck) * lacking < 8.0 and missing(wish, tours, c)[0] > 0:
            change += _touched(wish, tours, bench, c)
            n = _await(bench, n, c, -1)
    return n, change
