"""Day clock: one day's stops in a given order, put on the clock, with lunch where the day ends soonest.

Knows neither customers nor dates.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

_NEVER = 10**9
_NOWHERE = -1


@dataclass(frozen=True)
class Shift:
    """A working day, minutes since midnight.

    Parameters
    ----------
    opens, closes : int
        Leaves home no earlier, is back no later.
    lunch_from, lunch_until, lunch_minutes : int
        Earliest and latest beginning of lunch, and its length; 0 for none.
    """

    opens: int
    closes: int
    lunch_from: int
    lunch_until: int
    lunch_minutes: int


@dataclass(frozen=True)
class Timed:
    """A day on the clock, minutes since midnight.

    Parameters
    ----------
    arrive, start : tuple of int
        At each stop: the end of the way there, and the start of the visit.
    back : int
        At home again.
    lunch : int
        Its beginning; -1 where it is taken at home.
    """

    arrive: tuple[int, ...]
    start: tuple[int, ...]
    back: int
    lunch: int


def timed(
    ways: Sequence[int], windows: Sequence[Sequence[tuple[int, int]]], service: int, shift: Shift
) -> Timed | None:
    """Put a day on the clock.

    Parameters
    ----------
    ways : sequence of int, minutes
        To each stop from the one before, and home from the last.
    windows : sequence of sequence of (int, int)
        Earliest and latest beginnings of each visit, ascending.
    service : int, minutes
    shift : Shift

    Returns
    -------
    Timed or None
        ``None`` when the day cannot be kept.
    """
    options = [_walked(ways, windows, service, shift, _NOWHERE)]
    if shift.lunch_minutes:
        options = [day for day in options if day and day.back <= shift.lunch_until]
        if not options:
            options = [_walked(ways, windows, service, shift, k) for k in range(len(ways))]
    return min((day for day in options if day), key=lambda day: (day.back, day.lunch), default=None)


def _walked(
    ways: Sequence[int], windows: Sequence[Sequence[tuple[int, int]]], service: int, shift: Shift, lunch_before: int
) -> Timed | None:
    """The day with lunch before so many stops are made, or without any."""
    now, lunch, arrivals, starts = shift.opens, -1, [], []
    for k, way in enumerate(ways):
        if k == lunch_before:
            lunch = max(now, shift.lunch_from)
            if lunch > shift.lunch_until:
                return None
            now = lunch + shift.lunch_minutes
        now += way
        if k == len(windows):
            break
        begin = next((max(now, opens) for opens, latest in windows[k] if now <= latest), _NEVER)
        if begin == _NEVER:
            return None
        arrivals.append(now)
        starts.append(begin)
        now = begin + service
    return Timed(tuple(arrivals), tuple(starts), now, lunch) if now <= shift.closes else None
