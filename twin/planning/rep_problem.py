"""A rep's problem: the claims on one rep as days, windows, prizes and ways for the search.

Each rep is a problem of its own. Knows no scenario and no answer.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twin.planning import periodic
from twin.planning.claims import Claims
from twin.planning.counting import count_in
from twin.planning.ground import Ground
from twin.planning.periodic import SLOTS, Problem
from twin.planning.ruin_kernels import Wish
from twin.planning.targets import Motive
from twin.planning.tour_kernels import NEVER, Land
from twin.weeks import monday

_FADES = 0.9
"""Worth of a customer's next visit beside that of the one before: a full plan thins out before it drops anybody."""
_LOCKED = 1e7


@dataclass(frozen=True)
class RepCase:
    """Everything about one rep that the search needs.

    Parameters
    ----------
    rep : int
    claims : Claims
        On this rep.
    most : (w,) int, visits
        Of each week of the plan.
    days : (d,) int
        Working days, as indices into the calendar.
    customer : (n,) int
        Whom the claims are for, each once.
    who, slot : (v,) int
        Number of each claim's customer, from 1, and of the visit to it.
    minutes, km : (n + 1, n + 1)
        Ways, home first; parking is part of the way to a stop.
    """

    rep: int
    claims: Claims
    most: NDArray[np.int64]
    days: NDArray[np.int64]
    customer: NDArray[np.int64]
    who: NDArray[np.int64]
    slot: NDArray[np.int64]
    minutes: NDArray[np.int64]
    km: NDArray[np.float64]


def case_of(ground: Ground, rep: int, claims: Claims, most: NDArray[np.int64]) -> RepCase:
    """Gather what the search needs for one rep.

    Parameters
    ----------
    ground : Ground
    rep : int
    claims : Claims
        On this rep.
    most : (w,) int, visits

    Returns
    -------
    RepCase
    """
    customer, who = np.unique(claims.customer, return_inverse=True)
    turn = np.where(np.isnat(claims.day), claims.week * 7, claims.day.astype(np.int64) + 3)
    slot = count_in(who, order=turn) - 1
    home = ground.home[rep]
    names = np.concatenate([[ground.conditions.rep_ids[rep]], ground.world.population.ids[customer]])
    place = np.vstack([home, ground.place[customer]])
    minutes, km = ground.roads.between(names, *place.T)
    if not np.isfinite(home).all():
        minutes[0, :] = minutes[:, 0] = 0
    minutes[:, 1:] += ground.settings.parking_minutes
    # a night near a customer may come before the visit to it
    np.fill_diagonal(minutes, ground.settings.parking_minutes)
    minutes[0, 0] = 0
    days = np.flatnonzero(ground.works[rep])
    return RepCase(rep, claims, most, days, customer, who + 1, slot, minutes, km)


def problem_of(ground: Ground, case: RepCase) -> Problem:
    """The claims on a rep as a problem of the search: nodes are home and customers, slots are claims."""
    settings, calendar, n, d = ground.settings, ground.calendar, len(case.customer), len(case.days)
    window, n_windows = _windows(ground, case)
    weeks = calendar.week[case.days] - ground.weeks[0]
    begins = np.full(d, 60.0 * settings.lunch_start), np.full(d, float(settings.lunch_latest))
    lunch = np.column_stack([*begins, calendar.lunch_minutes[case.days].astype(np.float64)])
    part = calendar.part[case.days]
    share = part / np.maximum(np.bincount(weeks, part)[weeks], 1e-9)
    even = np.ceil(np.bincount(case.claims.week - ground.weeks[0], minlength=len(case.most))[weeks] * share - 1e-9)
    limit = float(settings.most_drive_minutes) or NEVER
    nowhere = np.zeros(d, np.int64)
    land = Land(
        way=case.minutes.astype(np.float64), service=np.append(0.0, np.full(n, float(settings.visit_minutes))),
        demand=np.zeros(n + 1), capacity=np.full(d, NEVER), most=np.full(d, settings.most_a_day),
        longest=np.full(d, limit), vehicles=1, parking=float(settings.parking_minutes), leaves=nowhere,
        returns=nowhere, shift=np.column_stack([calendar.opens[case.days], calendar.closes[case.days]]).astype(float),
        lunch=lunch, window=window, n_windows=n_windows, week=weeks.astype(np.int64),
        week_most=case.most.astype(np.int64), penalty=_penalty(ground, case),
        even=even.astype(np.int64), crowd=float(settings.crowd_minutes),
    )  # fmt: skip
    return Problem(land, _wish(ground, case, land), style=SLOTS)


def _windows(ground: Ground, case: RepCase) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Earliest and latest beginnings of visits: (n + 1, d, w, 2), and how many there are on each day."""
    hours, minutes = ground.hours, ground.settings.visit_minutes
    opens, closes = hours.opens[case.customer], hours.closes[case.customer] - minutes
    usable = (np.arange(opens.shape[1]) < hours.n[case.customer][:, None]) & (closes >= opens)
    order = np.argsort(~usable, axis=1, kind="stable")
    opens, closes = np.take_along_axis(opens, order, 1), np.take_along_axis(closes, order, 1)
    weekday = (ground.calendar.day[case.days].astype(np.int64) + 3) % 7
    open_on = hours.days[case.customer][:, weekday]
    n, d = len(case.customer), len(case.days)
    window = np.zeros((n + 1, d, opens.shape[1], 2))
    window[1:] = np.stack([opens, closes], axis=-1)[:, None]
    count = np.zeros((n + 1, d), np.int64)
    count[1:] = np.where(open_on, usable.sum(axis=1)[:, None], 0)
    at = np.searchsorted(ground.calendar.day[case.days], case.claims.day)
    told = (
        ~np.isnat(case.claims.day) & (case.claims.begin >= 0) & np.isin(case.claims.day, ground.calendar.day[case.days])
    )
    c, day, begin = case.who[told], at[told], case.claims.begin[told]
    free = np.where(case.claims.locked[told], 0, ground.settings.shift_minutes)
    # an announced visit keeps to its hour, a locked one to the minute, whatever the customer's list says
    low, high = begin - free, begin + free
    inside = (window[c, day, 0, 0] <= begin) & (begin <= window[c, day, 0, 1]) & (count[c, day] == 1)
    low = np.where(inside & (free > 0), np.maximum(low, window[c, day, 0, 0]), low)
    high = np.where(inside & (free > 0), np.minimum(high, window[c, day, 0, 1]), high)
    window[c, day, 0, 0], window[c, day, 0, 1] = low, high
    count[c, day] = 1
    return window, count


def _penalty(ground: Ground, case: RepCase) -> NDArray[np.float64]:
    """Cost of a visit on a day on which it was not announced: (n + 1, d) float, minutes."""
    penalty = np.zeros((len(case.customer) + 1, len(case.days)))
    told = ~np.isnat(case.claims.day)
    penalty[np.unique(case.who[told])] = ground.settings.change_minutes
    there = told & np.isin(case.claims.day, ground.calendar.day[case.days])
    penalty[case.who[there], np.searchsorted(ground.calendar.day[case.days], case.claims.day[there])] = 0.0
    return penalty


def _wish(ground: Ground, case: RepCase, land: Land) -> Wish:
    claims, n, days = case.claims, len(case.customer), ground.calendar.day[case.days]
    shape = (n + 1, int(case.slot.max()) + 1)
    slot_from, slot_to, prize = np.zeros(shape, np.int64), np.full(shape, -1, np.int64), np.zeros(shape)
    first, last = _ranges(ground, claims)
    slot_from[case.who, case.slot] = np.searchsorted(days, first)
    slot_to[case.who, case.slot] = np.searchsorted(days, last, side="right") - 1
    prize[case.who, case.slot] = _prizes(ground, case, land)
    chosen = _clashing(ground, case)
    gap = np.append(0, ground.aims.gap_days[case.customer])
    return Wish(
        patterns=np.zeros((n + 1, 1, 1), np.int64), n_patterns=np.zeros(n + 1, np.int64),
        slots=np.append(0, np.bincount(case.who, minlength=n + 1)[1:]), slot_from=slot_from, slot_to=slot_to,
        prize=prize, fixed=np.zeros(n + 1), ordinal=days.astype(np.int64),
        # what a person has locked stands even where it comes too close
        gap=np.where(chosen, 0, gap), apart=np.where(chosen, 0, 1), near=periodic.neighbours(land.way, n),
    )  # fmt: skip


def _clashing(ground: Ground, case: RepCase) -> NDArray[np.bool_]:
    """Customers of whose visits a person has locked two too close to each other: (n + 1,) bool."""
    clash = np.zeros(len(case.customer) + 1, bool)
    rows = np.flatnonzero(case.claims.locked & ~np.isnat(case.claims.day))
    rows = rows[np.lexsort((case.claims.day[rows], case.who[rows]))]
    one, other = rows[:-1], rows[1:]
    same = case.who[one] == case.who[other]
    gap = ground.aims.gap_days[case.claims.customer[one]].astype("timedelta64[D]")
    close = (case.claims.day[other] - case.claims.day[one] < gap) | (case.claims.week[one] == case.claims.week[other])
    clash[case.who[one[same & close]]] = True
    return clash


def _ranges(ground: Ground, claims: Claims) -> tuple[NDArray[np.datetime64], NDArray[np.datetime64]]:
    """First and last day on which each claim may be served: (v,) datetime64[D] twice."""
    begin = np.datetime64(monday(0), "D")
    first = begin + (7 * (claims.week - claims.early)).astype("timedelta64[D]")
    last = begin + (7 * (claims.week + claims.late) + 6).astype("timedelta64[D]")
    # not too soon after the last visit on record, of which the week is known; whose turn it is may be visited
    last_visit = ground.market.start.last_visit[claims.customer].astype(np.int64)
    rest = -(-np.maximum(ground.aims.gap_days[claims.customer], 1) // 7)
    soonest = np.minimum(last_visit + rest, claims.week)
    first = np.maximum(first, begin + (7 * soonest).astype("timedelta64[D]"))
    first = np.maximum(first, claims.first_day)
    only = claims.locked & ~np.isnat(claims.day)
    return np.where(only, claims.day, first), np.where(only, claims.day, last)


def _prizes(ground: Ground, case: RepCase, land: Land) -> NDArray[np.float64]:
    """Minutes on the road that each claim is worth: promises first, then the best of either pool alike.

    Gains of the two pools are not compared, so that a full week leaves the scenario's shares as they are.
    """
    claims = case.claims
    rank = np.zeros(len(claims))
    buys = ground.aims.buys[claims.customer]
    for pool in (buys, ~buys):
        members = np.flatnonzero(pool)
        order = members[np.argsort(ground.worth[claims.customer[members]], kind="stable")]
        rank[order] = (np.arange(len(order)) + 0.5) / max(len(order), 1)
    unit = 2.0 * land.way.max() + 60.0
    prize = unit * (1.0 + rank + 2.0 * (claims.motive >= Motive.PROMISED)) * _FADES**case.slot
    return np.where(claims.locked, _LOCKED, prize + ground.settings.change_minutes * ~np.isnat(claims.day))
