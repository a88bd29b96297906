"""Kernels of recreation, compiled: days and places for visits that have none, where they cost least.

The days of a customer's visits are chosen in the moment of insertion: out of listed patterns, or one day for each visit
within its range and far enough from the others.
"""

from __future__ import annotations

from twin.planning.compiling import inner
from twin.planning.ruin_kernels import all_freed, missing
from twin.planning.tour_kernels import NEVER, best_place, clocked, put_in, uniform


@inner
def _ordered(land, wish, bench, n, luck):
    """Put those who wait into the order in which they are served."""
    u, home = uniform(luck), land.leaves[0]
    for q in range(n):
        c = bench.who[q]
        if u < 0.3:
            bench.key[q] = uniform(luck)
        elif u < 0.5:
            bench.key[q] = -land.demand[c] - land.service[c] * 1e-3 + 1e-6 * uniform(luck)
        elif u < 0.65:
            bench.key[q] = -land.way[home, c]
        elif u < 0.75:
            bench.key[q] = land.way[home, c]
        elif u < 0.9:
            few = wish.n_patterns[c] if wish.n_patterns[c] > 0 else wish.slot_to[c, 0] - wish.slot_from[c, 0]
            bench.key[q] = few + uniform(luck)
        else:
            bench.key[q] = -wish.prize[c, 0] + 1e-3 * uniform(luck)
    for q in range(1, n):
        key, c, d, at = bench.key[q], bench.who[q], bench.day[q], q
        while at > 0 and bench.key[at - 1] > key:
            bench.key[at], bench.who[at], bench.day[at] = bench.key[at - 1], bench.who[at - 1], bench.day[at - 1]
            at -= 1
        bench.key[at], bench.who[at], bench.day[at] = key, c, d


@inner
def _settled(land, tours, bench, c, d):
    """Put a visit where it was found to cost least; returns the change of cost."""
    r = bench.place[d, 0]
    change = put_in(land, tours, c, d, r, bench.place[d, 1])
    clocked(land, tours, r)
    bench.dirty[r] = True
    return change


@inner
def _by_pattern(land, wish, tours, bench, c, luck):
    """Choose the pattern of a customer who has no visit; returns the change of cost."""
    days, best, chosen = tours.where.shape[1], wish.prize[c, 0], -1
    for d in range(days):
        bench.cost[d] = -1.0
    for k in range(wish.n_patterns[c]):
        total = 0.0
        for f in range(wish.patterns.shape[2]):
            d = wish.patterns[c, k, f]
            if d < 0 or total >= best:
                break
            if bench.cost[d] == -1.0:
                bench.cost[d] = best_place(land, tours, c, d, luck, bench.place)
            total += bench.cost[d]
        if total < best:
            best, chosen = total, k
    change = 0.0
    if chosen < 0:
        return change
    for f in range(wish.patterns.shape[2]):
        d = wish.patterns[c, chosen, f]
        if d < 0:
            break
        change += _settled(land, tours, bench, c, d)
    tours.slot_day[c, 0] = chosen
    return change


@inner
def _by_slot(land, wish, tours, bench, c, luck):
    """Choose a day for each visit of a customer that has none, or leave it out; returns the change of cost.

    The cheapest choice of days, given the places that each day has now: shortest way over (visit, last day).
    """
    days, slots = tours.where.shape[1], wish.slots[c]
    for d in range(days):
        bench.cost[d], bench.value[0, d + 1] = -1.0, NEVER
    bench.value[0, 0] = 0.0
    for s in range(slots):
        standing = tours.slot_day[c, s]
        for x in range(days + 1):
            bench.value[s + 1, x] = NEVER if standing >= 0 else bench.value[s, x] + wish.prize[c, s]
            bench.back[s, x] = x
        low, high = (standing, standing) if standing >= 0 else (wish.slot_from[c, s], wish.slot_to[c, s])
        for d in range(low, high + 1):
            if standing < 0 and (land.n_windows[c, d] == 0 or tours.where[c, d] != -1):
                continue
            from_, least = -1, NEVER
            for x in range(d + 1):
                if bench.value[s, x] < least and (
                    x == 0
                    or (
                        wish.ordinal[d] - wish.ordinal[x - 1] >= wish.gap[c]
                        and (wish.apart[c] == 0 or land.week[d] != land.week[x - 1])
                    )
                ):
                    from_, least = x, bench.value[s, x]
            if from_ < 0:
                continue
            if standing >= 0:
                more = 0.0
            else:
                if bench.cost[d] == -1.0:
                    bench.cost[d] = best_place(land, tours, c, d, luck, bench.place)
                more = bench.cost[d]
            if least + more < bench.value[s + 1, d + 1]:
                bench.value[s + 1, d + 1], bench.back[s, d + 1] = least + more, from_
    x = 0
    for d in range(1, days + 1):
        if bench.value[slots, d] < bench.value[slots, x]:
            x = d
    if bench.value[slots, x] >= NEVER:
        return 0.0
    change = 0.0
    for s in range(slots - 1, -1, -1):
        before = bench.back[s, x]
        if before != x and tours.slot_day[c, s] < 0:
            change += _settled(land, tours, bench, c, x - 1)
            tours.slot_day[c, s] = x - 1
        x = before
    return change


@inner
def rebuilt(land, wish, tours, bench, n, luck):
    """Serve those who wait; returns the change of cost."""
    change = 0.0
    _ordered(land, wish, bench, n, luck)
    for q in range(n):
        c, d = bench.who[q], bench.day[q]
        if d >= 0:
            if tours.where[c, d] != -2:
                continue
            if best_place(land, tours, c, d, luck, bench.place) < NEVER:
                change += _settled(land, tours, bench, c, d)
                continue
            if wish.n_patterns[c] > 0:
                change += all_freed(land, wish, tours, bench, c, 1)
            tours.where[c, d] = -1
            for s in range(wish.slots[c]):
                if tours.slot_day[c, s] == d:
                    tours.slot_day[c, s] = -1
        elif missing(wish, tours, c)[0] == 0:
            continue
        if wish.n_patterns[c] > 0:
            change += _by_pattern(land, wish, tours, bench, c, luck)
        else:
            change += _by_slot(land, wish, tours, bench, c, luck)
    return change
