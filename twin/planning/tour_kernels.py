"""Kernels of tours, compiled: one day's stops on the clock, and where one more stop costs least.

Node 0 is nobody's: customers are 1 to n, ways begin and end at the nodes of each day. A way may be of any length both
ways. Lunch is taken when a stop is left, unless the rep is at home before it falls due.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.planning.compiling import inner

NEVER = 1e15


class Land(NamedTuple):
    """What days and customers are like; minutes, or any unit in which ways are measured.

    Parameters
    ----------
    way : (k, k) float
        Between nodes.
    service, demand : (n + 1,) float
    capacity, most, longest : (d,) float, int, float
        Load, stops and driving of one tour; ``parking`` a stop does not count as driving.
    vehicles : int
        Tours a day.
    parking : float
    leaves, returns : (d,) int
        Nodes at which the tours of a day begin and end.
    shift : (d, 2) float
    lunch : (d, 3) float
        Earliest and latest beginning, length; none where the length is 0.
    window : (n + 1, d, w, 2) float
        Earliest and latest beginning of a visit, ascending.
    n_windows : (n + 1, d) int
        None: the customer is not visited on that day.
    week : (d,) int
    week_most : (g,) int
        Visits in a week.
    penalty : (n + 1, d) float
        Cost of a visit on that day beside its way.
    even : (d,) int
        Stops of a tour beyond which each next one costs ``crowd`` more than the one before.
    crowd : float
    """

    way: NDArray
    service: NDArray
    demand: NDArray
    capacity: NDArray
    most: NDArray
    longest: NDArray
    vehicles: int
    parking: float
    leaves: NDArray
    returns: NDArray
    shift: NDArray
    lunch: NDArray
    window: NDArray
    n_windows: NDArray
    week: NDArray
    week_most: NDArray
    penalty: NDArray
    even: NDArray
    crowd: float


class Tours(NamedTuple):
    """Tours in the making.

    Parameters
    ----------
    stop : (r, m) int
        Customers in order; tour ``r`` runs on day ``r // vehicles``.
    length : (r,) int
    load, drive : (r,) float
    early, late : (r, m + 2, 2) float
        Earliest leaving of each place and latest arrival at it, before and after lunch.
    where : (n + 1, d) int
        Tour of the customer's visit on that day; -1 for none, -2 for one that is off the road for the moment.
    slot_day : (n + 1, s) int
        Day of each of the customer's visits; -1 for none.
    used : (g,) int
        Visits of each week.
    """

    stop: NDArray
    length: NDArray
    load: NDArray
    drive: NDArray
    early: NDArray
    late: NDArray
    where: NDArray
    slot_day: NDArray
    used: NDArray


@inner
def uniform(luck):
    """The next number of a stream, in [0, 1): xorshift64*, whose state is its only memory."""
    x = luck[0]
    x ^= x >> np.uint64(12)
    x ^= x << np.uint64(25)
    x ^= x >> np.uint64(27)
    luck[0] = x
    return ((x * np.uint64(0x2545F4914F6CDD1D)) >> np.uint64(11)) * (1.0 / 9007199254740992.0)


@inner
def served(land, c, d, arrival):
    """When a visit ends that is arrived at; never, when no window is left."""
    for w in range(land.n_windows[c, d]):
        if arrival <= land.window[c, d, w, 1]:
            return max(arrival, land.window[c, d, w, 0]) + land.service[c]
    return NEVER


@inner
def _latest(land, c, d, leaving):
    """Latest arrival from which the visit ends by ``leaving``."""
    begin = leaving - land.service[c]
    for w in range(land.n_windows[c, d] - 1, -1, -1):
        if begin >= land.window[c, d, w, 0]:
            return min(begin, land.window[c, d, w, 1])
    return -NEVER


@inner
def clocked(land, tours, r):
    """Put a tour on the clock; ``False`` when it cannot be kept."""
    d, n = r // land.vehicles, tours.length[r]
    hungry = land.lunch[d, 2] > 0.0
    first, last, length = land.lunch[d, 0], land.lunch[d, 1], land.lunch[d, 2]
    tours.early[r, 0, 0] = land.shift[d, 0] if hungry else NEVER
    tours.early[r, 0, 1] = NEVER if hungry else land.shift[d, 0]
    here, load, drive = land.leaves[d], 0.0, 0.0
    for k in range(1, n + 1):
        c = tours.stop[r, k - 1]
        way, before, after = land.way[here, c], tours.early[r, k - 1, 0], tours.early[r, k - 1, 1]
        load, drive = load + land.demand[c], drive + way
        tours.early[r, k, 0] = served(land, c, d, before + way) if before < NEVER else NEVER
        if before < NEVER and max(before, first) <= last:
            after = min(after, max(before, first) + length)
        tours.early[r, k, 1] = served(land, c, d, after + way) if after < NEVER else NEVER
        here = c
    there = land.returns[d]
    if n > 0:
        drive += land.way[here, there]
    tours.load[r], tours.drive[r] = load, drive
    tours.late[r, n + 1, 1] = land.shift[d, 1]
    tours.late[r, n + 1, 0] = min(land.shift[d, 1], last) if hungry else -NEVER
    for k in range(n, 0, -1):
        c = tours.stop[r, k - 1]
        way = land.way[c, there]
        tours.late[r, k, 1] = _latest(land, c, d, tours.late[r, k + 1, 1] - way)
        leaving = tours.late[r, k + 1, 0] - way
        eats = min(last, tours.late[r, k + 1, 1] - way - length)
        if hungry and eats >= first:
            leaving = max(leaving, eats)
        tours.late[r, k, 0] = _latest(land, c, d, leaving) if leaving > -NEVER / 2 else -NEVER
        there = c
    if n == 0:
        return True
    way = land.way[land.leaves[d], tours.stop[r, 0]]
    begin = land.shift[d, 0]
    if hungry:
        fed = max(begin, first) + length + way <= tours.late[r, 1, 1] and begin <= last
        return begin + way <= tours.late[r, 1, 0] or fed
    return begin + way <= tours.late[r, 1, 1]


@inner
def _fits(land, tours, c, r, d, p, before, after):
    """Whether a stop can be made after the first ``p``, on the way between two nodes."""
    there, on = land.way[before, c], land.way[c, after]
    hungry, fed = tours.early[r, p, 0], tours.early[r, p, 1]
    late_hungry, late_fed = tours.late[r, p + 1, 0], tours.late[r, p + 1, 1]
    first, last, length = land.lunch[d, 0], land.lunch[d, 1], land.lunch[d, 2]
    if hungry < NEVER:
        leaves = served(land, c, d, hungry + there)
        if leaves < NEVER:
            if leaves + on <= late_hungry:
                return True
            if max(leaves, first) <= last and max(leaves, first) + length + on <= late_fed:
                return True
        if max(hungry, first) <= last:
            fed = min(fed, max(hungry, first) + length)
    if fed < NEVER:
        leaves = served(land, c, d, fed + there)
        return leaves < NEVER and leaves + on <= late_fed
    return False


@inner
def best_place(land, tours, c, d, luck, place):
    """Least cost of a visit on a day, its tour and position in ``place``; never, when it fits nowhere.

    One place in a hundred is overlooked, so that the search does not always take the same one.
    """
    best, unused = NEVER, False
    if land.n_windows[c, d] == 0 or tours.used[land.week[d]] >= land.week_most[land.week[d]]:
        return best
    for v in range(land.vehicles):
        r = d * land.vehicles + v
        n = tours.length[r]
        if n == 0:
            if unused:
                continue
            unused = True
        if tours.load[r] + land.demand[c] > land.capacity[d] + 1e-9 or n >= land.most[d]:
            continue
        spare = land.longest[d] + land.parking * (n + 1) - tours.drive[r] + 1e-9
        before, crowd = land.leaves[d], land.crowd * max(n + 1 - land.even[d], 0)
        for p in range(n + 1):
            after = land.returns[d] if p == n else tours.stop[r, p]
            more = land.way[before, c] + land.way[c, after]
            if n > 0:
                more -= land.way[before, after]
            if more < best and more <= spare and uniform(luck) > 0.01 and _fits(land, tours, c, r, d, p, before, after):
                best = more + crowd
                place[d, 0], place[d, 1] = r, p
            before = after
    return best + land.penalty[c, d] if best < NEVER else NEVER


@inner
def taken_out(land, tours, c, d):
    """Take a visit off the road; returns the change of cost. Its tour is off the clock then."""
    r = tours.where[c, d]
    n, p = tours.length[r], 0
    while tours.stop[r, p] != c:
        p += 1
    before = land.leaves[d] if p == 0 else tours.stop[r, p - 1]
    after = land.returns[d] if p == n - 1 else tours.stop[r, p + 1]
    for k in range(p, n - 1):
        tours.stop[r, k] = tours.stop[r, k + 1]
    tours.length[r] = n - 1
    tours.used[land.week[d]] -= 1
    saved = land.way[before, c] + land.way[c, after] + land.penalty[c, d] + land.crowd * max(n - land.even[d], 0)
    return (land.way[before, after] if n > 1 else 0.0) - saved


@inner
def put_in(land, tours, c, d, r, p):
    """Put a visit on the road; returns the change of cost. Its tour is off the clock then."""
    n = tours.length[r]
    before = land.leaves[d] if p == 0 else tours.stop[r, p - 1]
    after = land.returns[d] if p == n else tours.stop[r, p]
    for k in range(n, p, -1):
        tours.stop[r, k] = tours.stop[r, k - 1]
    tours.stop[r, p] = c
    tours.length[r] = n + 1
    tours.where[c, d] = r
    tours.used[land.week[d]] += 1
    added = land.way[before, c] + land.way[c, after] + land.penalty[c, d] + land.crowd * max(n + 1 - land.even[d], 0)
    return added - (land.way[before, after] if n > 0 else 0.0)
