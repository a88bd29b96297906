"""Edited day: one rep's stops put on the clock again after a person has changed them, whether they fit or not.

Decides no order but that of a stop which is new. What does not fit is for the checker to say.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class DayHours:
    """A working day, minutes since midnight.

    Parameters
    ----------
    opens, closes : int
    lunch_from, lunch_to : int
        Stretch in which lunch is taken; equal for none.
    lunch_minutes : int
    """

    opens: int
    closes: int
    lunch_from: int
    lunch_to: int
    lunch_minutes: int = 45


@dataclass(frozen=True)
class DayStops:
    """Stops of a day.

    Parameters
    ----------
    minutes : (n + 1, n + 1) int
        Ways, home first; parking included.
    window : (n, 2) int, minutes of the day
        When each customer may be met.
    fixed : (n,) int, minutes of the day
        Appointments; -1 for none.
    service : int, minutes
    """

    minutes: NDArray[np.int64]
    window: NDArray[np.int64]
    fixed: NDArray[np.int64]
    service: int


def on_the_clock(order: Sequence[int], stops: DayStops, hours: DayHours) -> tuple[list[int], int]:
    """Start of each visit of an order, as early as can be, and when the rep is home again.

    Parameters
    ----------
    order : sequence of int
        Stops, numbered from 0.
    stops : DayStops
    hours : DayHours

    Returns
    -------
    (list of int, int), minutes of the day
        Past the end of the day where the stops do not fit.
    """
    options = [_walked(order, stops, hours, before) for before in range(len(order) + 1)]
    # at home before lunch must begin: none is needed on the road
    plain = _walked(order, stops, hours, -1)
    length = min(hours.lunch_minutes, hours.lunch_to - hours.lunch_from)
    if length <= 0 or plain[1] <= hours.lunch_to - length:
        return plain[:2]
    return min(options, key=lambda option: (option[2], option[1]))[:2]


def _walked(order: Sequence[int], stops: DayStops, hours: DayHours, lunch_before: int) -> tuple[list[int], int, int]:
    """Starts, the moment at home again and minutes too late, with lunch before so many stops; -1 for none."""
    now, here, starts, late = hours.opens, 0, [], 0
    length = min(hours.lunch_minutes, hours.lunch_to - hours.lunch_from)
    for place in range(len(order) + 1):
        if place == lunch_before:
            begin = max(now, hours.lunch_from)
            late += max(begin + length - hours.lunch_to, 0)
            now = begin + length
        if place == len(order):
            break
        stop = order[place]
        begin = max(now + int(stops.minutes[here, stop + 1]), int(stops.window[stop, 0]))
        if stops.fixed[stop] >= 0:
            late += max(begin - int(stops.fixed[stop]), 0)
            begin = int(stops.fixed[stop])
        late += max(begin + stops.service - int(stops.window[stop, 1]), 0)
        starts.append(begin)
        now, here = begin + stops.service, stop + 1
    return starts, now + int(stops.minutes[here, 0]), late


def with_stop(order: Sequence[int], stop: int, stops: DayStops, hours: DayHours) -> list[int]:
    """The order with one more stop: where least is late, and then where the way grows least."""
    ways = [[*order[:place], stop, *order[place:]] for place in range(len(order) + 1)]
    return min(ways, key=lambda way: (_late(way, stops, hours), driven(way, stops)))


def driven(order: Sequence[int], stops: DayStops) -> int:
    """Ways of an order, from home and back: minutes."""
    path = (0, *(stop + 1 for stop in order), 0)
    return int(sum(stops.minutes[a, b] for a, b in itertools.pairwise(path)))


def _late(order: Sequence[int], stops: DayStops, hours: DayHours) -> int:
    """Minutes by which the stops miss their windows, appointments and the end of the day."""
    starts, back = on_the_clock(order, stops, hours)
    late = max(back - hours.closes, 0)
    before = hours.opens
    for stop, begin in zip(order, starts):
        late += max(begin + stops.service - int(stops.window[stop, 1]), 0) + max(before - begin, 0)
        before = begin + stops.service
    return late
