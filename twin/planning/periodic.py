"""Periodic tours: whom to visit on which days of some weeks, and in which order, searched together.

Simulated annealing over ruin and recreate. The answer depends on the problem, the number of turns and the seed, never
on the clock. Knows neither dates nor names.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from twin.draws import identity
from twin.planning import search_kernels
from twin.planning.ruin_kernels import Bench, Wish
from twin.planning.tour_kernels import NEVER, Land, Tours

_CHUNK = 200
_HEAT = (0.3, 0.003)
"""First and last temperature, in parts of the mean way."""
_WARM = (0.05, 0.002)
"""The same when an answer is only to be mended."""
_GROWS, _SHRINKS, _AT_MOST = 1.02, 0.99, 4.0
_HARD = 100.0


@dataclass(frozen=True)
class Style:
    """How the search goes about it.

    Parameters
    ----------
    same_day, customers, visits : float
        Chances to take visits off that keep their days, all visits of neighbours, or all visits of those in a part
        of a tour; else single visits.
    size : float
        Customers a turn, in the mean.
    longest, shortest : int
        Longest part of a tour that is taken off, where days are kept and where they are chosen anew.
    """

    same_day: float = 0.35
    customers: float = 0.35
    visits: float = 0.30
    size: float = 5.0
    longest: int = 10
    shortest: int = 4


PATTERNS, SLOTS = Style(visits=0.65, customers=0.0), Style(customers=0.25, visits=0.15)


@dataclass(frozen=True)
class Problem:
    """Days, customers, and what is wanted of them.

    Parameters
    ----------
    land : Land
    wish : Wish
    must : bool
        Whether prizes are only means to serve everybody, and grow until everybody is served.
    style : Style
    """

    land: Land
    wish: Wish
    must: bool = False
    style: Style = field(default_factory=Style)


@dataclass(frozen=True)
class Answer:
    """Tours.

    Parameters
    ----------
    cost : float
        Ways, penalties and the prizes of visits that are not made.
    tours : tuple of tuple of int
        Customers in order, one a day and vehicle.
    slot_day : (n + 1, s) int
        Day of each visit; -1 for none. Of a pattern, its number in the first place.
    """

    cost: float
    tours: tuple[tuple[int, ...], ...]
    slot_day: NDArray[np.int64]


def solve(
    problem: Problem,
    turns: int,
    seed: str,
    starts: int = 1,
    given: NDArray[np.int64] | None = None,
    heard: Callable[[], None] | None = None,
) -> Answer:
    """Search for tours.

    Parameters
    ----------
    problem : Problem
    turns : int
        Of every start.
    seed : str
        Names the stream of random numbers.
    starts : int
        The best of so many searches is taken.
    given : (v, 3) int, optional
        Customer, visit and day of the visits to begin with, in the order of the tours.
    heard : callable, optional
        Called now and then; may raise to end the search.

    Returns
    -------
    Answer
    """
    answers = (_solve(problem, turns, f"{seed}/{k}", given, heard) for k in range(starts))
    return min(answers, key=lambda answer: answer.cost)


def _solve(
    problem: Problem, turns: int, seed: str, given: NDArray[np.int64] | None, heard: Callable[[], None] | None
) -> Answer:
    land, wish, style = problem.land, problem.wish, problem.style
    if problem.must:
        wish = wish._replace(prize=wish.prize.copy(), fixed=np.full(len(wish.fixed), _HARD * land.way.max()))
    least = wish.prize.copy()
    nothing = np.zeros((0, 3), dtype=np.int64)
    tours, trial, best = (_empty(land, wish) for _ in range(3))
    bench, account, cold = _bench(land, wish), np.zeros(2), np.zeros(0)
    nothing = np.zeros((0, 3), dtype=np.int64)
    luck = identity(np.array([seed]), "tours") | np.uint64(1)
    first, last = (part * land.way.mean() for part in (_HEAT if given is None else _WARM))
    numbers = np.array(
        [style.same_day, style.customers, style.visits, style.size, style.longest, style.shortest], dtype=np.float64
    )
    begin = nothing if given is None else given
    search_kernels.searched(land, wish, tours, trial, best, bench, begin, account, cold, numbers, luck)
    for there in (trial, best):
        for to, of in zip(there, tours, strict=True):
            to[...] = of
    account[1] = account[0] + (wish.fixed * _lacking(wish, tours.slot_day)).sum()
    for done in range(0, turns, _CHUNK):
        part = np.arange(done, min(done + _CHUNK, turns)) / max(turns, 1)
        heat = first * (last / first) ** part
        search_kernels.searched(land, wish, tours, trial, best, bench, nothing, account, heat, numbers, luck)
        if problem.must:
            _grow(wish, least, tours.slot_day, account)
        if heard is not None:
            heard()
    return Answer(float(account[1]), _as_lists(best), best.slot_day)


def _lacking(wish: Wish, slot_day: NDArray[np.int64]) -> NDArray[np.int64]:
    """Visits of each customer without a day: (n + 1,) int."""
    counted = np.arange(slot_day.shape[1]) < np.where(wish.n_patterns > 0, 1, wish.slots)[:, None]
    return ((slot_day < 0) & counted).sum(axis=1)


def _grow(wish: Wish, least: NDArray[np.float64], slot_day: NDArray[np.int64], account: NDArray[np.float64]) -> None:
    """Raise the prizes of those who are not served; let them sink again when everybody is."""
    lacks = _lacking(wish, slot_day) > 0
    lacks[0] = False
    before = wish.prize[lacks, 0].sum()
    if lacks.any():
        wish.prize[lacks] = np.minimum(wish.prize[lacks] * _GROWS, least[lacks] * _AT_MOST)
        account[0] += wish.prize[lacks, 0].sum() - before
    else:
        np.maximum(wish.prize * _SHRINKS, least, out=wish.prize)


def _empty(land: Land, wish: Wish) -> Tours:
    days, customers = len(land.shift), len(wish.gap)
    n = days * land.vehicles
    room = int(min(land.most.max(), customers - 1)) + 2
    return Tours(
        stop=np.zeros((n, room), np.int64),
        length=np.zeros(n, np.int64),
        load=np.zeros(n),
        drive=np.zeros(n),
        early=np.zeros((n, room + 2, 2)),
        late=np.zeros((n, room + 2, 2)),
        where=np.full((customers, days), -1, np.int64),
        slot_day=np.full((customers, wish.slot_from.shape[1]), -1, np.int64),
        used=np.zeros(len(land.week_most), np.int64),
    )


def _bench(land: Land, wish: Wish) -> Bench:
    days, customers, slots = len(land.shift), len(wish.gap), wish.slot_from.shape[1]
    return Bench(
        who=np.empty(customers * (days + 2), np.int64),
        day=np.empty(customers * (days + 2), np.int64),
        key=np.empty(customers * (days + 2)),
        away=np.zeros(customers, np.int64),
        dirty=np.zeros(days * land.vehicles, np.bool_),
        cost=np.empty(days),
        place=np.empty((days, 2), np.int64),
        value=np.empty((slots + 1, days + 1)),
        back=np.empty((slots, days + 1), np.int64),
    )


def _as_lists(tours: Tours) -> tuple[tuple[int, ...], ...]:
    return tuple(tuple(row[:n].tolist()) for row, n in zip(tours.stop, tours.length, strict=True))


def neighbours(way: NDArray[np.float64], n: int) -> NDArray[np.int64]:
    """Customers by nearness to each: (n + 1, n) int; the row of node 0 is that of customer 1."""
    near = np.argsort(way[1 : n + 1, 1 : n + 1] + way[1 : n + 1, 1 : n + 1].T, axis=1, kind="stable") + 1
    return np.vstack([near[:1], near])


def open_land(way: NDArray[np.float64], days: int, vehicles: int = 1) -> Land:
    """Days without any limit, all customers open at any time: what a problem narrows."""
    k = len(way)
    return Land(
        way=np.ascontiguousarray(way, dtype=np.float64),
        service=np.zeros(k), demand=np.zeros(k), capacity=np.full(days, NEVER), most=np.full(days, k),
        vehicles=vehicles,
        longest=np.full(days, NEVER), parking=0.0, leaves=np.zeros(days, np.int64), returns=np.zeros(days, np.int64),
        shift=np.tile([0.0, NEVER / 10], (days, 1)), lunch=np.zeros((days, 3)),
        window=np.tile([0.0, NEVER / 10], (k, days, 1, 1)), n_windows=np.ones((k, days), np.int64),
        week=np.zeros(days, np.int64), week_most=np.full(1, 2**40), penalty=np.zeros((k, days)),
        even=np.full(days, k), crowd=0.0,
    )  # fmt: skip


def pattern_wish(land: Land, patterns: Sequence[Sequence[Sequence[int]]]) -> Wish:
    """Customers who are visited on the days of one of their patterns.

    Parameters
    ----------
    land : Land
    patterns : sequence of sequence of sequence of int
        Days of each pattern of each customer, from customer 1 on.

    Returns
    -------
    Wish
        With prizes of two longest ways.
    """
    n, days = len(patterns), len(land.shift)
    width, longest = max(map(len, patterns)), max(len(p) for mine in patterns for p in mine)
    table = np.full((n + 1, width, longest), -1, np.int64)
    for c, mine in enumerate(patterns, start=1):
        for k, pattern in enumerate(mine):
            table[c, k, : len(pattern)] = pattern
    zero = np.zeros(n + 1, np.int64)
    return Wish(
        patterns=table, n_patterns=np.array([0, *map(len, patterns)]), slots=zero,
        slot_from=np.zeros((n + 1, 1), np.int64), slot_to=np.zeros((n + 1, 1), np.int64),
        prize=np.full((n + 1, 1), 2.0 * land.way.max() + 1.0), fixed=np.zeros(n + 1), ordinal=np.arange(days), gap=zero,
        apart=zero, near=neighbours(land.way, n),
    )  # fmt: skip
