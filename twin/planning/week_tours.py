"""Week tours: a rep's customers of one week, spread over the days and put in order.

A sweep around the home gives neighbours the same day; what a day cannot hold is tried on the others. Knows no scenario.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twin.planning import day_tours
from twin.planning.day_tours import Clock, Stops, Tour


@dataclass(frozen=True)
class Wishes:
    """What is asked of each stop.

    Parameters
    ----------
    bearing : (n,) float
        Place in the sweep; ``nan`` when unknown.
    worth : (n,) float
        The highest find their place first.
    first_day : (n,) int
        Index of the first day on which the stop may be visited.
    """

    bearing: NDArray[np.float64]
    worth: NDArray[np.float64]
    first_day: NDArray[np.int64]


@dataclass(frozen=True)
class WeekTours:
    """Tours of a week.

    Parameters
    ----------
    tours : tuple of Tour
        One a day, possibly without stops.
    left_out : tuple of (int, str)
        Stops that no day could hold, with the key of the reason.
    """

    tours: tuple[Tour, ...]
    left_out: tuple[tuple[int, str], ...]


def bearings(place: NDArray[np.float64], home: tuple[float, float]) -> NDArray[np.float64]:
    """Direction in which each place lies, counted from the widest empty sector.

    Parameters
    ----------
    place : (n, 2) float, degrees
        ``nan`` when unknown.
    home : (lon, lat), degrees
        Without it the middle of the places counts.

    Returns
    -------
    (n,) float in [0, 2 pi)
        ``nan`` where the place is unknown.
    """
    known = np.isfinite(place).all(axis=1)
    if not known.any():
        return np.full(len(place), np.nan)
    middle = np.array(home) if np.isfinite(home).all() else place[known].mean(axis=0)
    east, north = ((place - middle) * (np.cos(np.radians(middle[1])), 1.0)).T
    angle = np.mod(np.arctan2(north, east), 2 * np.pi)
    around = np.sort(angle[known])
    gaps = np.diff(np.append(around, around[0] + 2 * np.pi))
    return np.mod(angle - around[(int(np.argmax(gaps)) + 1) % len(around)], 2 * np.pi)


def week_tours(
    stops: Stops, wishes: Wishes, clocks: Sequence[Clock], part: NDArray[np.float64], most: int
) -> WeekTours:
    """Spread stops over the days of a week.

    Parameters
    ----------
    stops : Stops
    wishes : Wishes
    clocks : sequence of Clock
        One a working day.
    part : (n_days,) float
        What each day counts for.
    most : int
        Stops in one day.

    Returns
    -------
    WeekTours
        Every stop is in one tour or in ``left_out``.
    """
    n, days = len(wishes.worth), range(len(clocks))
    preferred = _sweep(wishes.bearing, part)
    tours = [Tour((), (), (), clock.opens) for clock in clocks]
    waiting = []
    by_worth = [int(s) for s in np.argsort(-wishes.worth, kind="stable")]
    for stop in by_worth:
        day = preferred[stop]
        longer = _with(tours[day], stop, stops, clocks[day], most) if day >= wishes.first_day[stop] else None
        if longer is None:
            waiting.append(stop)
        else:
            tours[day] = longer
    tours = [day_tours.shortened(tours[day], stops, clocks[day]) for day in days]
    left_out, touched = [], set()
    for stop in waiting:
        options = [
            (day_tours.cost(longer, stops) - day_tours.cost(tours[day], stops), day, longer)
            for day in days
            if day >= wishes.first_day[stop]
            and (longer := _with(tours[day], stop, stops, clocks[day], most)) is not None
        ]
        if options:
            _, day, longer = min(options, key=lambda option: option[:2])
            tours[day] = longer
            touched.add(day)
        else:
            left_out.append((stop, _reason(stop, stops, wishes.first_day[stop], clocks)))
    for day in touched:
        tours[day] = day_tours.shortened(tours[day], stops, clocks[day])
    if sum(len(tour.order) for tour in tours) + len(left_out) != n:
        raise AssertionError("a stop was lost between the days")
    return WeekTours(tuple(tours), tuple(left_out))


def _sweep(bearing: NDArray[np.float64], part: NDArray[np.float64]) -> NDArray[np.int64]:
    """Day of each stop: equal shares of the round, in proportion to the days; the unplaced come last."""
    n = len(bearing)
    day = np.empty(n, dtype=np.int64)
    share = (np.arange(n) + 0.5) / max(n, 1)
    edges = np.cumsum(part) / part.sum()
    day[np.argsort(bearing, kind="stable")] = np.searchsorted(edges[:-1], share, side="right")
    return day


def _with(tour: Tour, stop: int, stops: Stops, clock: Clock, most: int) -> Tour | None:
    return day_tours.inserted(tour, stop, stops, clock) if len(tour.order) < most else None


def _reason(stop: int, stops: Stops, first_day: int, clocks: Sequence[Clock]) -> str:
    if first_day >= len(clocks):
        return "spacing"
    if any(day_tours.timed((stop,), stops, clock) is not None for clock in clocks[first_day:]):
        return "day_full"
    all_day = Stops(stops.minutes, [(0, 24 * 60)] * len(stops.windows), stops.service)
    alone = any(day_tours.timed((stop,), all_day, clock) is not None for clock in clocks[first_day:])
    return "hours" if alone else "too_far"
