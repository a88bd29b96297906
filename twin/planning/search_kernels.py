"""Kernels of the search over days and tours together, compiled: a turn ruins a part of the tours and builds it anew.

Whether a worse answer is kept is decided by annealing.
"""

from __future__ import annotations

import numpy as np

from twin.planning.compiling import compiled, inner
from twin.planning.rebuild_kernels import rebuilt
from twin.planning.ruin_kernels import missing, ruined, wakened
from twin.planning.tour_kernels import NEVER, clocked, put_in, taken_out, uniform


@inner
def _tour_copied(one, other, r):
    m = one.length[r]
    other.length[r], other.load[r], other.drive[r] = m, one.load[r], one.drive[r]
    for k in range(m):
        other.stop[r, k] = one.stop[r, k]
    for k in range(m + 2):
        for fed in range(2):
            other.early[r, k, fed], other.late[r, k, fed] = one.early[r, k, fed], one.late[r, k, fed]


@inner
def _customer_copied(one, other, c):
    for d in range(one.where.shape[1]):
        other.where[c, d] = one.where[c, d]
    for s in range(one.slot_day.shape[1]):
        other.slot_day[c, s] = one.slot_day[c, s]


@inner
def _copied(one, other, bench, n):
    """Bring ``other`` up to ``one`` where a turn has touched it."""
    for r in range(len(one.length)):
        if bench.dirty[r]:
            _tour_copied(one, other, r)
    for q in range(n):
        _customer_copied(one, other, bench.who[q])
    for g in range(len(one.used)):
        other.used[g] = one.used[g]


@inner
def _kept(tours, best):
    """Remember an answer."""
    for r in range(len(tours.length)):
        best.length[r] = tours.length[r]
        for k in range(tours.length[r]):
            best.stop[r, k] = tours.stop[r, k]
    for c in range(tours.where.shape[0]):
        for s in range(tours.slot_day.shape[1]):
            best.slot_day[c, s] = tours.slot_day[c, s]


@inner
def _laid(land, wish, tours, given):
    """Put visits on the road as they are given, as far as each keeps its tour possible.

    Parameters
    ----------
    land, wish, tours : Land, Wish, Tours
    given : (v, 3) int
        Customer, visit and day, in the order of the tours.

    Returns
    -------
    float
        Cost.
    """
    for r in range(len(tours.length)):
        clocked(land, tours, r)
    for k in range(len(given)):
        c, s, d = given[k]
        r = d * land.vehicles
        full = tours.length[r] >= land.most[d] or tours.used[land.week[d]] >= land.week_most[land.week[d]]
        if full or land.n_windows[c, d] == 0 or tours.where[c, d] >= 0:
            continue
        put_in(land, tours, c, d, r, tours.length[r])
        tours.slot_day[c, s] = d
        if not clocked(land, tours, r) or tours.drive[r] > land.longest[d] + land.parking * tours.length[r] + 1e-9:
            taken_out(land, tours, c, d)
            tours.where[c, d], tours.slot_day[c, s] = -1, -1
            clocked(land, tours, r)
    cost = 0.0
    for r in range(len(tours.length)):
        over = max(tours.length[r] - land.even[r // land.vehicles], 0)
        cost += tours.drive[r] + land.crowd * over * (over + 1) / 2
    for c in range(1, wish.near.shape[1] + 1):
        cost += missing(wish, tours, c)[1]
        for d in range(tours.where.shape[1]):
            if tours.where[c, d] >= 0:
                cost += land.penalty[c, d]
    return cost


@compiled
def searched(land, wish, tours, trial, best, bench, given, account, heat, style, luck):
    """Turns of ruining and rebuilding.

    Parameters
    ----------
    land, wish : Land, Wish
    tours, trial, best : Tours
        The answer to go on from, the same again, and the best so far; all are changed.
    bench : Bench
    given : (v, 3) int
        Where there is no turn: visits to begin with.
    account : (2,) float
        Cost of the answer and of the best.
    heat : (t,) float
        Temperature of each turn.
    style : (6,) float
        Chances of re-routing only, of whole customers, of strings with all their customers' visits; customers a turn
        in the mean; longest strings.
    luck : (1,) uint64
        State of the stream of random numbers.
    """
    if len(heat) == 0:
        account[0] = _laid(land, wish, tours, given)
        account[1] = NEVER
    for t in range(len(heat)):
        for r in range(len(tours.length)):
            bench.dirty[r] = False
        n, cost = wakened(wish, trial, bench, luck)
        n, change = ruined(land, wish, trial, bench, n, style, luck)
        cost += account[0] + change
        sound = True
        for r in range(len(tours.length)):
            if bench.dirty[r]:
                sound = clocked(land, trial, r) and sound
        if sound:
            cost += rebuilt(land, wish, trial, bench, n, luck)
            for q in range(n):
                c = bench.who[q]
                if bench.away[c] > 0:
                    cost += missing(wish, trial, c)[1]
                    bench.away[c] = 0
        if sound and cost < account[0] - heat[t] * np.log(uniform(luck) + 1e-300):
            _copied(trial, tours, bench, n)
            account[0] = cost
            whole = cost
            for c in range(1, wish.near.shape[1] + 1):
                whole += wish.fixed[c] * missing(wish, tours, c)[0]
            if whole < account[1] - 1e-9:
                account[1] = whole
                _kept(tours, best)
        else:
            _copied(tours, trial, bench, n)
