"""Drafting: every rep's claims are searched for days and tours, several reps at a time.

What comes out depends on the claims, the settings and the seed, not on the number of threads. Knows no sentence.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twin.forecast.executors import usual_threads
from twin.planning.claims import Claims, Wanted
from twin.planning.ground import Ground
from twin.planning.rep_problem import case_of
from twin.planning.rep_tours import DayEnd, RepTours, toured
from twin.progress import Progress, silent


@dataclass(frozen=True)
class Draft:
    """Visits with their days and hours. Rows by rep, then in order of time.

    Parameters
    ----------
    claims : Claims
        Those that are served.
    day : (v,) int
        Index into the calendar.
    arrive, start : (v,) int, minutes of the day
    travel_min : (v,) int, minutes
    km : (v,) float
    seq : (v,) int
    left_out : tuple of (rep, customer, week, reason)
    ends : tuple of (rep, DayEnd)
    spare : int
        Visits for which there is capacity, but nobody whose turn it is.
    """

    claims: Claims
    day: NDArray[np.int64]
    arrive: NDArray[np.int64]
    start: NDArray[np.int64]
    travel_min: NDArray[np.int64]
    km: NDArray[np.float64]
    seq: NDArray[np.int64]
    left_out: tuple[tuple[int, int, int, str], ...]
    ends: tuple[tuple[int, DayEnd], ...]
    spare: int


def drafted(ground: Ground, wanted: Wanted, tell: Progress | None = None, n_threads: int | None = None) -> Draft:
    """Find days and tours for everything that is wanted.

    Parameters
    ----------
    ground : Ground
    wanted : Wanted
    tell : Progress, optional
        Told of every rep; may raise to end the work.
    n_threads : int, optional
        One a core, at most eight, when missing.

    Returns
    -------
    Draft
    """
    rows = [np.flatnonzero(wanted.claims.rep == r) for r in range(len(ground.conditions.rep_ids))]
    reps = [r for r, mine in enumerate(rows) if len(mine)]
    cases = (case_of(ground, r, wanted.claims.take(rows[r]), wanted.most[r]) for r in reps)
    found = _together(lambda case, heard: toured(ground, case, heard), list(cases), tell or silent, n_threads)
    parts = list(zip(reps, found, strict=True))
    left = list(wanted.left_out)
    for r, tours in parts:
        mine = wanted.claims.take(rows[r])
        left += [(r, int(mine.customer[k]), int(mine.week[k]), reason) for k, reason in tours.left_out]
    order = np.concatenate([rows[r][tours.row] for r, tours in parts] + [np.zeros(0, np.int64)]).astype(np.int64)

    def joined(name: str, kind: type) -> NDArray:
        return np.concatenate([getattr(tours, name) for tours in found] + [np.zeros(0)]).astype(kind)

    return Draft(
        claims=wanted.claims.take(order),
        day=joined("day", np.int64),
        arrive=joined("arrive", np.int64),
        start=joined("start", np.int64),
        travel_min=joined("travel_min", np.int64),
        km=joined("km", np.float64),
        seq=joined("seq", np.int64),
        left_out=tuple(left),
        ends=tuple((r, end) for r, tours in parts for end in tours.days),
        spare=wanted.spare,
    )


class _Stopped(Exception):
    """Somebody has ended the work."""


def _together(work: Callable, cases: list, tell: Progress, n_threads: int | None) -> list[RepTours]:
    """Work on several reps at a time, and tell of each; an exception ends all of them."""
    stop = threading.Event()

    def heard() -> None:
        if stop.is_set():
            raise _Stopped

    found: list[RepTours] = []
    with ThreadPoolExecutor(n_threads or usual_threads(), "reps") as pool:
        waiting = [pool.submit(work, case, heard) for case in cases]
        try:
            for done, each in enumerate(waiting):
                tell(done, len(cases), "days and tours, rep by rep")
                found.append(each.result())
        except BaseException:
            stop.set()
            for each in waiting:
                each.cancel()
            raise
    return found
