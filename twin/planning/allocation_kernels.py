"""Kernels of call allocation, compiled: hulls of menus, and the greedy answer of a group with its bound.

A menu is a customer's items, one behind the other; a group is a run of customers who share one unit of every resource.
Knows neither customers nor reps, see :mod:`twin.planning.allocation`.
"""

from __future__ import annotations

import numpy as np

from twin.engine.compiling import compiled
from twin.planning.allocation_search import search

_NEVER = -np.inf
_HAIR = 1e-9
"""Rounding that does not count against a capacity of one."""
_NEGLIGIBLE = 1e-9
"""Steps that can gain no more than this part are not looked for."""
_BISECTIONS = 30
_ROUNDS = 40


@compiled
def mix(parts, weight, lo, hi, cost):
    """One cost for the items ``lo`` to ``hi``: their parts of the resources, weighed."""
    for k in range(lo, hi):
        cost[k] = 0.0
        for q in range(parts.shape[0]):
            cost[k] += weight[q] * parts[q, k]


@compiled
def sort_menus(start, cost, lo, hi, order):
    """Items of each menu in ascending cost; ``order`` holds an order to begin with."""
    for i in range(lo, hi):
        for k in range(start[i] + 1, start[i + 1]):
            item, at = order[k], k
            while at > start[i] and cost[order[at - 1]] > cost[item]:
                order[at] = order[at - 1]
                at -= 1
            order[at] = item


@compiled
def hulls(start, cost, value, order, lo, hi, point, n_points):
    """Upper concave hull of every menu: its items in ``point`` from ``start`` on, their number in ``n_points``.

    The first is the cheapest item, and of several as cheap the best; each further one is better than the one before.
    """
    for i in range(lo, hi):
        first, m = start[i], 0
        for at in range(first, start[i + 1]):
            k = order[at]
            if m > 0 and value[k] <= value[point[first + m - 1]]:
                continue
            if m > 0 and cost[k] <= cost[point[first + m - 1]]:
                m -= 1
            while m >= 2:
                a, b = point[first + m - 2], point[first + m - 1]
                if (value[b] - value[a]) * (cost[k] - cost[b]) > (value[k] - value[b]) * (cost[b] - cost[a]):
                    break
                m -= 1
            point[first + m] = k
            m += 1
        n_points[i] = m


@compiled
def greedy(start, cost, value, parts, point, n_points, lo, hi, pick, used):
    """Answer of a group: steps along the hulls, the most worth a unit of cost first.

    Parameters
    ----------
    pick : (c,) int
        Item of each customer.
    used : (q,) float
        What the linear relaxation takes of each resource.

    Returns
    -------
    float, float, float
        Value; optimum of the linear relaxation, which no answer exceeds; worth of a unit more of capacity. Minus
        infinity for the value where not even the cheapest items fit.
    """
    left, total = 1.0, 0.0
    for i in range(lo, hi):
        pick[i] = point[start[i]]
        left -= cost[pick[i]]
        total += value[pick[i]]
    room = _room(parts, lo, hi, pick)
    short = left < -_HAIR
    for q in range(room.size):
        used[q] = 1.0 - room[q]
        short = short or room[q] < -_HAIR
    if short:
        return _NEVER, (_NEVER if left < -_HAIR else np.inf), 0.0
    slope, who, size = np.empty(hi - lo), np.empty(hi - lo, np.int64), 0
    place = np.empty(hi - lo, np.int64)
    for i in range(lo, hi):
        place[i - lo] = start[i]
        if n_points[i] > 1:
            size = _push(slope, who, size, _slope(cost, value, point, start[i]), i)
    bound, price, relaxed, relaxed_left = total, 0.0, True, max(left, 0.0)
    while size > 0 and (relaxed or slope[0] * left > _NEGLIGIBLE * abs(total)):
        i, steep = who[0], slope[0]
        at = place[i - lo]
        a, b = point[at], point[at + 1]
        if relaxed:
            part = min(relaxed_left / (cost[b] - cost[a]), 1.0)
            bound += part * (value[b] - value[a])
            relaxed_left -= part * (cost[b] - cost[a])
            for q in range(room.size):
                used[q] += part * (parts[q, b] - parts[q, a])
            if part < 1.0:
                price, relaxed = steep, False
        taken = pick[i] == a and _fits(parts, room, a, b)
        if taken:
            _take(parts, room, a, b)
            left -= cost[b] - cost[a]
            total += value[b] - value[a]
            pick[i] = b
        place[i - lo] = at + 1
        more = at + 2 < start[i] + n_points[i] and (taken or relaxed)
        size = _replace(slope, who, size, _slope(cost, value, point, at + 1) if more else _NEVER, i)
    return total, bound, price


@compiled
def _slope(cost, value, point, at):
    """Value for cost of the step from one point of a hull to the next."""
    a, b = point[at], point[at + 1]
    return (value[b] - value[a]) / (cost[b] - cost[a])


@compiled
def _push(slope, who, size, steep, i):
    """Put an entry on a heap that has the steepest on top; returns its new size."""
    at = size
    while at > 0 and slope[(at - 1) // 2] < steep:
        slope[at], who[at] = slope[(at - 1) // 2], who[(at - 1) // 2]
        at = (at - 1) // 2
    slope[at], who[at] = steep, i
    return size + 1


@compiled
def _replace(slope, who, size, steep, i):
    """Put an entry in the place of the top of a heap, or take the top away when it is not steep at all."""
    if steep == _NEVER:
        size -= 1
        steep, i = slope[size], who[size]
    at = 0
    while True:
        child = 2 * at + 1
        if child + 1 < size and slope[child + 1] > slope[child]:
            child += 1
        if child >= size or slope[child] <= steep:
            break
        slope[at], who[at] = slope[child], who[child]
        at = child
    slope[at], who[at] = steep, i
    return size


@compiled
def _room(parts, lo, hi, pick):
    """What an answer leaves of each resource."""
    room = np.empty(parts.shape[0])
    for q in range(room.size):
        room[q] = 1.0
        for i in range(lo, hi):
            room[q] -= parts[q, pick[i]]
    return room


@compiled
def _fits(parts, room, a, b):
    """Whether there is room for item ``b`` in the place of ``a``."""
    fits = True
    for q in range(room.size):
        fits = fits and parts[q, b] - parts[q, a] <= room[q] + _HAIR
    return fits


@compiled
def _take(parts, room, a, b):
    """Put item ``b`` in the place of ``a``."""
    for q in range(room.size):
        room[q] -= parts[q, b] - parts[q, a]


@compiled
def fill(start, cost, value, parts, order, lo, hi, pick):
    """Use what is left: exchange one customer's item for the one that gains most and still fits, some times over."""
    gained, room = 0.0, _room(parts, lo, hi, pick)
    for _ in range(_ROUNDS):
        best, chosen, item = 0.0, -1, -1
        for i in range(lo, hi):
            a = pick[i]
            for k in range(start[i], start[i + 1]):
                if value[k] - value[a] > best and _fits(parts, room, a, k):
                    best, chosen, item = value[k] - value[a], i, k
        if chosen < 0:
            return gained
        _take(parts, room, pick[chosen], item)
        pick[chosen] = item
        gained += best
    return gained


@compiled
def solve_group(start, parts, value, lo, hi, states, cost, order, point, n_points, trial, pick, weight):
    """Answer of one group, its bound, its price and whether it is proven; ``weight`` (q,) gets the mix of resources.

    Where two resources bind, the mix of both under which the relaxation is lowest is found by bisection.
    """
    first, last, two = start[lo], start[hi], parts.shape[0] == 2
    used, now = np.zeros(parts.shape[0]), np.zeros(parts.shape[0])
    total, bound, price, low, high = _NEVER, np.inf, 0.0, 0.0, 1.0
    for turn in range(_BISECTIONS if two else 1):
        now[0] = 1.0 if turn == 0 else (0.0 if turn == 1 else 0.5 * (low + high))
        if two:
            now[1] = 1.0 - now[0]
        mix(parts, now, first, last, cost)
        sort_menus(start, cost, lo, hi, order)
        hulls(start, cost, value, order, lo, hi, point, n_points)
        value_now, bound_now, price_now = greedy(start, cost, value, parts, point, n_points, lo, hi, trial, used)
        if value_now > total:
            total = value_now
            for i in range(lo, hi):
                pick[i] = trial[i]
        if bound_now < bound:
            bound, price = bound_now, price_now
            for q in range(weight.size):
                weight[q] = now[q]
        if bound == _NEVER or not two:
            break
        if used[0] <= 1.0 + _HAIR and used[1] <= 1.0 + _HAIR:
            break
        if turn > 1:
            low, high = (now[0], high) if used[0] > 1.0 else (low, now[0])
            if high - low < 1e-6:
                break
    if total == _NEVER:
        return _NEVER, _NEVER, 0.0, False
    if bound > total:
        mix(parts, weight, first, last, cost)
        sort_menus(start, cost, lo, hi, order)
        total += fill(start, cost, value, parts, order, lo, hi, pick)
    if states > 0 and bound > total:
        total, bound = search(start, parts, cost, value, price, total, bound, lo, hi, states, trial, pick)
    return total, bound, price, bound <= total


@compiled
def solve(first, start, parts, value, states, pick, total, bound, price, weight, proven):
    """:func:`solve_group` of every group; ``first`` (g + 1,) is where the customers of each begin."""
    n, m = start.size - 1, value.size
    cost, order, point = np.empty(m), np.arange(m), np.empty(m, np.int64)
    n_points, trial = np.empty(n, np.int64), np.empty(n, np.int64)
    for g in range(first.size - 1):
        total[g], bound[g], price[g], proven[g] = solve_group(
            start, parts, value, first[g], first[g + 1], states, cost, order, point, n_points, trial, pick, weight[g]
        )
