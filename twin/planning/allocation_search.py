"""Exact search of call allocation, compiled: dynamic programming over what the bound leaves open.

Options whose reduced cost says that no better answer holds them fall away first (Sinha and Zoltners 1979); the rest
are tried as lists of states, none of which costs more and brings less than another (Nemhauser and Ullmann 1969).
"""

from __future__ import annotations

import numpy as np

from twin.engine.compiling import compiled

_NEVER = -np.inf
_HAIR = 1e-9


@compiled
def search(start, parts, cost, value, price, known, bound, lo, hi, room, trial, pick):
    """Best answer of a group under one cost, of which there is one unit.

    Parameters
    ----------
    price, known, bound : float
        Worth of a unit of cost in the relaxation; value of the best answer so far; what no answer exceeds.
    room : int
        Most states in all.
    trial, pick : (c,) int
        Room for an answer; the best answer so far, replaced where a better one is found that fits every resource.

    Returns
    -------
    float, float
        Value of the best answer, and the bound: both the same where the search came to its end and its answer fits.
    """
    n = hi - lo
    begin = np.empty(n + 1, np.int64)
    for i in range(n + 1):
        begin[i] = start[lo + i] - start[lo]
    best, n_kept, keep = np.empty(n), np.empty(n, np.int64), np.empty(begin[n], np.int64)
    _survivors(start, cost, value, price, bound - known, lo, begin, best, keep, n_kept)
    turn, most, least, base, spent = _turns(cost, begin, best, keep, n_kept)
    free, needed = 1.0 - spent, known - base - price * spent
    at, gain = np.empty(room), np.empty(room)
    parent, item = np.empty(room, np.int32), np.empty(room, np.int64)
    at[0], gain[0], parent[0], item[0] = 0.0, 0.0, -1, -1
    begins, ends = 0, 1
    for s in range(turn.size):
        i = turn[s]
        end = _extend(
            keep[begin[i] : begin[i] + n_kept[i]], cost, value, best[i], price, free, needed, most[s + 1],
            least[s + 1], begins, ends, at, gain, parent, item,
        )  # fmt: skip
        if end < 0:
            return known, bound
        if end == ends:
            return known, known  # nothing better is left
        begins, ends = ends, end
    state = ends - 1  # the dearest of the undominated is worth most
    if gain[state] <= needed:
        return known, known
    found = gain[state] + base + price * spent
    for i in range(n):
        trial[lo + i] = keep[begin[i]]
    for s in range(turn.size - 1, -1, -1):
        trial[lo + turn[s]] = item[state]
        state = parent[state]
    if not _within(parts, lo, hi, trial):
        return known, min(found, bound)  # best under the mix of resources, but not within each of them
    for i in range(lo, hi):
        pick[i] = trial[i]
    return found, found


@compiled
def _turns(cost, begin, best, keep, n_kept):
    """Customers in whose menus more than one item survives, in the order in which they are decided.

    Beside them the most and the least that those after each can cost, and value and cost of what is settled already.
    The widest come first: towards the end little can change, and hopeless states are seen early.
    """
    n, n_open, base, spent = n_kept.size, 0, 0.0, 0.0
    low, high, turn = np.empty(n), np.empty(n), np.empty(n, np.int64)
    for i in range(n):
        low[i], high[i] = np.inf, 0.0
        for p in range(begin[i], begin[i] + n_kept[i]):
            low[i], high[i] = min(low[i], cost[keep[p]]), max(high[i], cost[keep[p]])
        base += best[i]
        if n_kept[i] == 1:
            spent += low[i]
            continue
        at = n_open
        while at > 0 and high[turn[at - 1]] - low[turn[at - 1]] < high[i] - low[i]:
            turn[at] = turn[at - 1]
            at -= 1
        turn[at], n_open = i, n_open + 1
    most, least = np.zeros(n_open + 1), np.zeros(n_open + 1)
    for s in range(n_open - 1, -1, -1):
        most[s], least[s] = most[s + 1] + high[turn[s]], least[s + 1] + low[turn[s]]
    return turn[:n_open], most, least, base, spent


@compiled
def _within(parts, lo, hi, pick):
    """Whether an answer fits every resource."""
    fits = True
    for q in range(parts.shape[0]):
        together = 0.0
        for i in range(lo, hi):
            together += parts[q, pick[i]]
        fits = fits and together <= 1.0 + _HAIR
    return fits


@compiled
def _survivors(start, cost, value, price, spare, lo, begin, best, keep, n_kept):
    """Items that an answer better than the known one may hold: those whose reduced cost stays below ``spare``.

    ``best`` gets each customer's largest value less the price of its cost; ``keep`` what survives, the best first.
    """
    for i in range(begin.size - 1):
        first, last = start[lo + i], start[lo + i + 1]
        top, item = _NEVER, first
        for k in range(first, last):
            if value[k] - price * cost[k] > top:
                top, item = value[k] - price * cost[k], k
        best[i], keep[begin[i]] = top, item
        m = 1
        for k in range(first, last):
            if k != item and top - (value[k] - price * cost[k]) < spare:
                keep[begin[i] + m] = k
                m += 1
        n_kept[i] = m


@compiled
def _extend(items, cost, value, best, price, free, needed, most, least, begins, ends, at, gain, parent, item):
    """States after one more customer, in ascending cost and value: where they end, or -1 when there is no room.

    The lists of the customer's items, each in order already, are merged; a state that costs more and is worth no more
    than another is dropped, and so is one that cannot come to more than ``needed``.
    """
    place = np.empty(items.size, np.int64)
    for p in range(items.size):
        place[p] = begins
    end, top = ends, _NEVER
    while True:
        chosen, cheapest, worth = -1, np.inf, 0.0
        for p in range(items.size):
            if place[p] < ends:
                c, v = at[place[p]] + cost[items[p]], gain[place[p]] + value[items[p]] - best
                if c < cheapest or (c == cheapest and v > worth):
                    chosen, cheapest, worth = p, c, v
        if chosen < 0 or cheapest + least > free + _HAIR:
            return end
        state = place[chosen]
        place[chosen] += 1
        if worth <= top or worth + price * min(most, free - cheapest) <= needed:
            continue
        if end == at.size:
            return -1
        at[end], gain[end], parent[end], item[end] = cheapest, worth, state, items[chosen]
        top = worth
        end += 1
