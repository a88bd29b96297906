"""Day tours: one rep's stops of one day, in order and on time.

Cheapest insertion in the order of worth, then 2-opt and moves of single stops, every change checked against the clock.
Knows neither customers nor dates.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

_DRIVING = 5
"""A minute on the road is as bad as so many minutes by which the day ends later."""


@dataclass(frozen=True)
class Clock:
    """A working day, minutes since midnight.

    Parameters
    ----------
    opens, closes : int
        Leaves home no earlier, is back no later.
    lunch_from, lunch_to : int
        Neither visits nor drives in between; equal for none.
    """

    opens: int
    closes: int
    lunch_from: int
    lunch_to: int

    def after(self, start: int, minutes: int) -> int:
        """Moment at which a drive ends that begins at ``start``; lunch interrupts it."""
        if self.lunch_from <= start < self.lunch_to:
            start = self.lunch_to
        end = start + minutes
        if start < self.lunch_from < end:
            end += self.lunch_to - self.lunch_from
        return end

    def visit_from(self, moment: int, minutes: int) -> int:
        """Earliest start of a visit that lunch does not interrupt."""
        overlaps = self.lunch_from < self.lunch_to and moment < self.lunch_to and moment + minutes > self.lunch_from
        return self.lunch_to if overlaps else moment


@dataclass(frozen=True)
class Stops:
    """Customers who may be visited, numbered from 0.

    Parameters
    ----------
    minutes : (n + 1, n + 1) int
        Ways between them; home is 0, stop ``s`` is ``s + 1``. Equal both ways, but for a constant at every stop.
    windows : sequence of (int, int), minutes of the day
        A visit lies inside the window of its stop.
    service : int, minutes
        Length of a visit.
    """

    minutes: NDArray[np.int64]
    windows: Sequence[tuple[int, int]]
    service: int

    @cached_property
    def way(self) -> list[list[int]]:
        """Ways as plain numbers, which are read one by one faster."""
        return self.minutes.tolist()


@dataclass(frozen=True)
class Tour:
    """Stops of a day, in order.

    Parameters
    ----------
    order : tuple of int
        Stops.
    arrive, start : tuple of int, minutes of the day
        At each of them: the end of the way there, and the start of the visit.
    back : int, minutes of the day
        At home again.
    """

    order: tuple[int, ...]
    arrive: tuple[int, ...]
    start: tuple[int, ...]
    back: int


def timed(order: Sequence[int], stops: Stops, clock: Clock) -> Tour | None:
    """Put an order of stops on the clock.

    Parameters
    ----------
    order : sequence of int
    stops : Stops
    clock : Clock

    Returns
    -------
    Tour or None
        ``None`` when a stop comes too late.
    """
    now, here, arrivals, starts, way, service = clock.opens, 0, [], [], stops.way, stops.service
    for stop in order:
        opens, closes = stops.windows[stop]
        arrival = clock.after(now, way[here][stop + 1])
        begin = clock.visit_from(max(arrival, opens), service)
        if begin + service > min(closes, clock.closes):
            return None
        arrivals.append(arrival)
        starts.append(begin)
        now, here = begin + service, stop + 1
    back = clock.after(now, way[here][0]) if way[here][0] else now
    return Tour(tuple(order), tuple(arrivals), tuple(starts), back) if back <= clock.closes else None


def driven(tour: Tour, stops: Stops) -> int:
    """Ways of a tour, to home and from it included: minutes."""
    path = (0, *(s + 1 for s in tour.order), 0)
    return sum(stops.way[a][b] for a, b in itertools.pairwise(path))


def cost(tour: Tour, stops: Stops) -> int:
    """What a tour is judged by: five times its driving, and when it ends; waiting is bad, but not as bad as driving."""
    return _DRIVING * driven(tour, stops) + tour.back


def inserted(tour: Tour, stop: int, stops: Stops, clock: Clock) -> Tour | None:
    """The tour with one more stop where it costs least, or ``None`` when it fits nowhere."""
    order = tour.order
    places = (timed((*order[:k], stop, *order[k:]), stops, clock) for k in range(len(order) + 1))
    return min((longer for longer in places if longer is not None), key=lambda t: cost(t, stops), default=None)


def shortened(tour: Tour, stops: Stops, clock: Clock) -> Tour:
    """The tour after turning parts of it round and moving single stops, as long as that pays.

    Parameters
    ----------
    tour : Tour
    stops : Stops
    clock : Clock

    Returns
    -------
    Tour
        Never of a higher :func:`cost` than ``tour``.
    """
    while len(tour.order) > 1:
        now = cost(tour, stops)
        idle = tour.back - clock.opens - driven(tour, stops) - stops.service * len(tour.order)
        for order in _other_orders(np.array(tour.order), stops.minutes, max(idle, 0) // _DRIVING):
            better = timed(order, stops, clock)
            if better is not None and cost(better, stops) < now:
                tour = better
                break
        else:
            return tour
    return tour


def _other_orders(order: NDArray[np.int64], minutes: NDArray[np.int64], longer: int) -> Iterator[tuple[int, ...]]:
    """Orders that one change makes, the shortest first; at most ``longer`` minutes more driving."""
    n = len(order)
    path = np.concatenate([[0], order + 1, [0]])
    way = minutes[path[:, None], path]
    i, j = np.triu_indices(n, 1)
    i, j = i + 1, j + 1
    turned = way[i - 1, j] + way[i, j + 1] - way[i - 1, i] - way[j, j + 1]
    s, gap = (grid.ravel() for grid in np.meshgrid(np.arange(1, n + 1), np.arange(n + 1), indexing="ij"))
    apart = (gap != s) & (gap != s - 1)
    s, gap = s[apart], gap[apart]
    taken = way[s - 1, s + 1] - way[s - 1, s] - way[s, s + 1]
    moved = taken + way[gap, s] + way[s, gap + 1] - way[gap, gap + 1]
    change = np.concatenate([turned, moved])
    for k in np.argsort(change, kind="stable"):
        # a change that saves no driving can only save waiting
        if change[k] >= longer:
            return
        m = k - len(turned)
        yield _turned(order, i[k], j[k]) if m < 0 else _moved(order, s[m], gap[m])


def _turned(order: NDArray[np.int64], i: int, j: int) -> tuple[int, ...]:
    return tuple(np.concatenate([order[: i - 1], order[i - 1 : j][::-1], order[j:]]).tolist())


def _moved(order: NDArray[np.int64], s: int, gap: int) -> tuple[int, ...]:
    """Stop at path position ``s`` put between path positions ``gap`` and ``gap + 1``."""
    rest = np.delete(order, s - 1)
    return tuple(np.insert(rest, gap if gap < s else gap - 1, order[s - 1]).tolist())
