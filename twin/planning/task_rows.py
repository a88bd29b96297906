"""Task rows: a plan's contacts on other channels, each on a working day and at a moment that is free.

Decides nothing about visits: it finds its moments around them.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from twin.planning import follow_ups
from twin.planning.calendar import WorkDays, working_days
from twin.planning.counting import count_in
from twin.planning.ground import Ground, works_on
from twin.planning.journeys import courses
from twin.planning.rep_tours import DayEnd
from twin.scenario.scenario import Journey
from twin.weeks import week_of

Rows = dict[str, NDArray]


def condition(when: str) -> str:
    """The outcome that a contact waits for; empty when it waits for none."""
    return "" if when == "always" else when


def moment(day: NDArray[np.datetime64], minute: NDArray[np.int64]) -> NDArray[np.datetime64]:
    """Minutes of a day as local time: (n,) datetime64[m]."""
    return day.astype("datetime64[m]") + minute.astype("timedelta64[m]")


def tasks(
    ground: Ground,
    visits: Rows,
    ends: Sequence[tuple[int, DayEnd]],
    span: tuple[dt.date, dt.date],
    journeys: Sequence[Journey],
) -> tuple[Rows, list[tuple[int, int, int, int, str]]]:
    """Rows of the contacts on other channels, and (rep, customer, channel, week, reason) of those without a moment."""
    ways = courses(ground.conditions.chains, journeys)
    wanted = follow_ups.contacts(ways, visits["chain"], visits["step"], visits["date"], np.datetime64(span[0], "D"))
    longest = max((sum(course.days) for course in ways), default=0)
    calendar = working_days(span[0], span[1] + dt.timedelta(days=longest + 42), ground.settings)
    rep, customer = visits["rep"][wanted.visit], visits["customer"][wanted.visit]
    place = _days(ground, visits, wanted, calendar)
    refused = _refusals(ground, visits, wanted, calendar, place)
    busy = _busy(ground, visits, ends)
    placed: list[tuple[int, int, int]] = []
    # the first to wait is the first to be served, so that nothing depends on the order of the rows
    for k in np.lexsort((wanted.channel, customer, wanted.day, rep)):
        if refused[k]:
            continue
        day = int(place[k])
        taken = busy.setdefault((int(rep[k]), calendar.day[day]), [])
        after = _after_visit(visits, wanted, int(k), calendar.day[day])
        begin = _moment(ground, int(customer[k]), int(wanted.channel[k]), sorted([*taken, (0, after)]))
        if begin is None:
            refused[k] = "hours"
            continue
        taken.append((begin, begin + ground.settings.task_minutes))
        placed.append((int(k), day, begin))
    left = [
        (int(rep[k]), int(customer[k]), int(wanted.channel[k]), int(week_of(wanted.day[k])), refused[k])
        for k in range(len(wanted))
        if refused[k]
    ]
    return _task_rows(ground, visits, wanted, calendar, placed), left


def _days(ground: Ground, visits: Rows, wanted: follow_ups.Contacts, calendar: WorkDays) -> NDArray[np.int64]:
    """Working day of each contact: the first on which the rep works and nobody calls on the customer: (n,) int.

    A message of the day of its own visit stays there.
    """
    rep, customer = visits["rep"][wanted.visit], visits["customer"][wanted.visit]
    works = works_on(ground.conditions.rep_ids, calendar, ground.settings)
    same_day = ~wanted.before & (wanted.day == visits["date"][wanted.visit])
    visited = np.unique(visits["customer"] * 10**6 + visits["date"].astype(np.int64))
    place = np.searchsorted(calendar.day, wanted.day)
    last = len(calendar) - 1
    for _ in range(len(calendar)):
        place = np.minimum(place, last)
        there = np.isin(customer * 10**6 + calendar.day[place].astype(np.int64), visited) & ~same_day
        wait = (~works[rep, place] | there) & (place < last)
        if not wait.any():
            break
        place = place + wait
    return place


def _refusals(
    ground: Ground, visits: Rows, wanted: follow_ups.Contacts, calendar: WorkDays, place: NDArray[np.int64]
) -> NDArray[np.object_]:
    """Reason why a contact may not be made: (n,) str, empty for none."""
    conditions, customer = ground.conditions, visits["customer"][wanted.visit]
    date = calendar.day[place]
    index = np.minimum(week_of(date) - ground.market.first_week, conditions.channel_factor.shape[1] - 1)
    reason = np.full(len(wanted), "", dtype=object)
    works = works_on(conditions.rep_ids, calendar, ground.settings)
    reason[~works[visits["rep"][wanted.visit], place]] = "absent"
    reason[wanted.before & (date >= visits["date"][wanted.visit])] = "late"
    reason[conditions.channel_factor[wanted.channel, index] <= 0.0] = "channel_closed"
    reason[~ground.world.population.consent[wanted.channel, customer]] = "consent"
    return reason


def _busy(
    ground: Ground, visits: Rows, ends: Sequence[tuple[int, DayEnd]]
) -> dict[tuple[int, np.datetime64], list[tuple[int, int]]]:
    """Minutes of each rep's days that are taken by driving, parking, visiting and lunch."""
    busy: dict[tuple[int, np.datetime64], list[tuple[int, int]]] = {}
    minute = {
        name: (visits[name] - visits["date"].astype("datetime64[m]")).astype(int) for name in ("arrive", "begin", "end")
    }
    for k in range(len(visits["rep"])):
        taken = busy.setdefault((int(visits["rep"][k]), visits["date"][k]), [])
        arrive = int(minute["arrive"][k])
        taken += [
            (arrive - int(visits["travel_min"][k]), arrive),
            (int(minute["begin"][k]), int(minute["end"][k])),
        ]
    for r, end in ends:
        taken = busy.setdefault((r, ground.calendar.day[end.day]), [])
        taken.append((end.back - end.home_min, end.back))
        if end.lunch >= 0:
            taken.append((end.lunch, end.lunch + ground.settings.lunch_length))
    return busy


def _after_visit(visits: Rows, wanted: follow_ups.Contacts, k: int, day: np.datetime64) -> int:
    """Minute of the day from which a contact may be made: the end of its own visit, on the day of that."""
    own = wanted.visit[k]
    if visits["date"][own] != day:
        return 0
    return int((visits["end"][own] - day.astype("datetime64[m]")).astype(int))


def _moment(ground: Ground, customer: int, channel: int, busy: list[tuple[int, int]]) -> int | None:
    """First free moment in the customer's hours, those of the channel first; within the hours of contact always."""
    settings, hours = ground.settings, ground.hours
    low, high = round(60 * settings.contact_from), round(60 * settings.contact_until)
    name = ground.world.channels[channel]
    usual = next(((round(60 * a), round(60 * b)) for each, a, b in settings.channel_hours if each == name), (low, high))
    said = list(zip(hours.opens[customer].tolist(), hours.closes[customer].tolist(), strict=True))
    said = said[: int(hours.n[customer])] if hours.stated[customer] else []
    for begins, ends in [usual, *([(low, high)] if said else [])]:
        for opens, closes in said or [(begins, ends)]:
            stretch = max(opens, begins, low), min(closes, ends, high)
            begin = follow_ups.first_gap(busy, *stretch, settings.task_minutes)
            if begin is not None:
                return begin
    return None


def _task_rows(
    ground: Ground, visits: Rows, wanted: follow_ups.Contacts, calendar: WorkDays, placed: list[tuple[int, int, int]]
) -> Rows:
    table = np.array(placed, dtype=np.int64).reshape(-1, 3)
    k, day, minute = table.T
    visit, date = wanted.visit[k], calendar.day[day]
    begin = moment(date, minute)
    nothing = np.zeros(len(k), dtype=np.int64)
    own = {
        "channel": wanted.channel[k],
        "date": date,
        "arrive": begin,
        "begin": begin,
        "end": begin + np.timedelta64(ground.settings.task_minutes, "m"),
        "seq": count_in(visits["rep"][visit], date.astype(np.int64), order=minute),
        "travel_min": nothing,
        "km": nothing.astype(float),
        "condition": np.array([condition(when) for when in wanted.when[k].tolist()], dtype="U12"),
        "motive": np.full(len(k), -1),
        "visit_id": np.full(len(k), "", dtype="U20"),
        "locked": np.zeros(len(k), dtype=bool),
    }
    return {name: own[name] if name in own else values[visit] for name, values in visits.items()}
