"""A rep's tours: the claims on one rep as a problem of the search, and its answer as visits on the clock.

Each rep is a problem of its own. Knows no scenario.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twin.planning import periodic
from twin.planning.day_clock import timed
from twin.planning.ground import Ground
from twin.planning.nights import keeps_nights, visits_of, with_nights
from twin.planning.periodic import Answer, Problem
from twin.planning.rep_problem import RepCase, problem_of
from twin.planning.rep_reasons import reason_of, shift_of, windows_of
from twin.planning.tour_kernels import Land


@dataclass(frozen=True)
class RepTours:
    """What becomes of the claims on one rep.

    Parameters
    ----------
    row : (v,) int
        Claims that are served, in order of time.
    day : (v,) int
        Index into the calendar.
    arrive, start, travel_min : (v,) int, minutes
    km : (v,) float
    seq : (v,) int
        Place in the day, from 1.
    left_out : tuple of (int, str)
        Claims without a place, with the key of the reason.
    days : tuple of DayEnd
        One for every day with visits.
    """

    row: NDArray[np.int64]
    day: NDArray[np.int64]
    arrive: NDArray[np.int64]
    start: NDArray[np.int64]
    travel_min: NDArray[np.int64]
    km: NDArray[np.float64]
    seq: NDArray[np.int64]
    left_out: tuple[tuple[int, str], ...]
    days: tuple[DayEnd, ...]


@dataclass(frozen=True)
class DayEnd:
    """How a day with visits ends.

    Parameters
    ----------
    day : int
        Index into the calendar.
    home_min : int, minutes
        Way home.
    home_km : float
    back : int, minutes of the day
    lunch : int, minutes of the day
        Its beginning; -1 for none on the road.
    drive_min : int, minutes
        On the road in all, parking not counted.
    night : int
        Customer near whom the night is spent; -1 at home.
    """

    day: int
    home_min: int
    home_km: float
    back: int
    lunch: int
    drive_min: int
    night: int = -1


def toured(ground: Ground, case: RepCase, heard: Callable[[], None] | None = None) -> RepTours:
    """Search for a rep's tours.

    Parameters
    ----------
    ground : Ground
    case : RepCase
    heard : callable, optional
        Called now and then; may raise.

    Returns
    -------
    RepTours
    """
    settings = ground.settings
    if not len(case.days) or not len(case.claims):
        return _served(ground, case, None, None)
    problem = problem_of(ground, case)
    given = _announced(ground, case)
    turns = settings.turns_per_visit * len(case.claims)
    starts = settings.starts if given is None else 1
    name = f"{settings.seed}/{ground.conditions.rep_ids[case.rep]}/{ground.weeks[0]}"
    answer = periodic.solve(problem, turns, name, starts, given, heard)
    if settings.overnight and np.isfinite(ground.home[case.rep]).all():
        date = ground.calendar.day[case.days]
        away = with_nights(problem, answer, date, float(settings.night_minutes))
        if away is not None:
            again = periodic.solve(away, turns, f"{name}/nights", 1, visits_of(problem, answer), heard)
            price = settings.night_minutes * int((away.land.returns != 0).sum())
            if keeps_nights(away, again) and again.cost + price < answer.cost:
                problem, answer = away, again
    return _served(ground, case, problem, answer)


def _announced(ground: Ground, case: RepCase) -> NDArray[np.int64] | None:
    """Visits that were announced, to begin the search with: (v, 3) int; ``None`` when none was."""
    claims, days = case.claims, ground.calendar.day[case.days]
    told = np.flatnonzero(~np.isnat(claims.day) & np.isin(claims.day, days))
    if not len(told):
        return None
    order = told[np.lexsort((claims.begin[told], claims.day[told]))]
    return np.column_stack([case.who[order], case.slot[order], np.searchsorted(days, claims.day[order])])


def _served(ground: Ground, case: RepCase, problem: Problem | None, answer: Answer | None) -> RepTours:
    """An answer written out."""
    rows: list[tuple[int, ...]] = []
    km: list[float] = []
    ends: list[DayEnd] = []
    if problem is None or answer is None:
        left = tuple((k, "absent") for k in range(len(case.claims)))
        return _rep_tours(rows, km, left, ends)
    claim = np.full(answer.slot_day.shape, -1, np.int64)
    claim[case.who, case.slot] = np.arange(len(case.claims))
    for d, stops in enumerate(answer.tours):
        if stops:
            _day(ground, case, problem.land, d, stops, claim[answer.slot_day == d], (rows, km, ends))
    missing = np.flatnonzero(answer.slot_day[case.who, case.slot] < 0)
    land, wish = problem.land, problem.wish
    left = tuple(
        (k, reason_of(land, wish, answer.slot_day, int(case.who[k]), int(case.slot[k]), bool(case.claims.locked[k])))
        for k in missing.tolist()
    )
    return _rep_tours(rows, km, left, ends)


def _day(
    ground: Ground, case: RepCase, land: Land, d: int, stops: tuple[int, ...], claims: NDArray[np.int64],
    out: tuple[list[tuple[int, ...]], list[float], list[DayEnd]],
) -> None:  # fmt: skip
    """Put a day on the clock and write it down."""
    of = dict(zip(case.who[claims].tolist(), claims.tolist(), strict=True))
    day, begin = int(case.days[d]), case.claims.begin
    told = {c for c in stops if case.claims.day[of[c]] == ground.calendar.day[day] and begin[of[c]] >= 0}
    service, shift = ground.settings.visit_minutes, shift_of(land, d)
    # what was announced for this day keeps its order and its minute, where the day allows it
    as_told = tuple(sorted(stops, key=lambda c: begin[of[c]])) if told == set(stops) else stops
    for order, fixed in ((as_told, told), (stops, told), (stops, set())):
        legs = list(itertools.pairwise([int(land.leaves[d]), *order, int(land.returns[d])]))
        ways = [int(case.minutes[a, b]) for a, b in legs]
        hours = [[(int(begin[of[c]]),) * 2] if c in fixed else windows_of(land, c, d) for c in order]
        clock = timed(ways, hours, service, shift)
        if clock is not None and sum(ways) - land.parking * len(order) <= land.longest[d]:
            break
    if clock is None:
        raise AssertionError("a tour of the search does not keep its day")
    for k, c in enumerate(order):
        out[0].append((of[c], day, clock.arrive[k], clock.start[k], ways[k], k + 1))
        out[1].append(float(case.km[legs[k]]))
    night = int(land.returns[d])
    driving = sum(ways) - ground.settings.parking_minutes * len(order)
    where = int(case.customer[night - 1]) if night else -1
    out[2].append(DayEnd(day, ways[-1], float(case.km[legs[-1]]), clock.back, clock.lunch, driving, where))


def _rep_tours(
    rows: list[tuple[int, ...]], km: list[float], left: tuple[tuple[int, str], ...], ends: list[DayEnd]
) -> RepTours:
    table = np.array(rows, dtype=np.int64).reshape(-1, 6)
    row, day, arrive, start, travel_min, seq = table.T
    return RepTours(row, day, arrive, start, travel_min, np.array(km, dtype=np.float64), seq, left, tuple(ends))
