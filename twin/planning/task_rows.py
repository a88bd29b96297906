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
from twin.planning.drafting import Ground
from twin.planning.journeys import courses
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
    ground: Ground, visits: Rows, span: tuple[dt.date, dt.date], journeys: Sequence[Journey]
) -> tuple[Rows, list[tuple[int, int, int, int, str]]]:
    """Rows of the contacts on other channels, and (rep, customer, channel, week, reason) of those without a moment."""
    ways = courses(ground.conditions.chains, journeys)
    wanted = follow_ups.contacts(ways, visits["chain"], visits["step"], visits["date"], np.datetime64(span[0], "D"))
    longest = max((sum(course.days) for course in ways), default=0)
    calendar = working_days(span[0], span[1] + dt.timedelta(days=longest + 28), ground.settings)
    place = np.searchsorted(calendar.day, wanted.day)
    rep, customer = visits["rep"][wanted.visit], visits["customer"][wanted.visit]
    refused = _refusals(ground, visits, wanted, calendar, place)
    busy = _busy(visits)
    placed: list[tuple[int, int, int]] = []
    # the first to wait is the first to be served, so that nothing depends on the order of the rows
    for k in np.lexsort((wanted.channel, customer, wanted.day, rep)):
        if refused[k]:
            continue
        day = int(place[k])
        hours = _task_hours(ground, int(customer[k]), calendar, day)
        taken = busy.setdefault((int(rep[k]), calendar.day[day]), [])
        lunch = (int(calendar.lunch_from[day]), int(calendar.lunch_to[day]))
        begin = follow_ups.first_gap(sorted([*taken, lunch]), *hours, ground.settings.task_minutes)
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


def _refusals(
    ground: Ground, visits: Rows, wanted: follow_ups.Contacts, calendar: WorkDays, place: NDArray[np.int64]
) -> NDArray[np.object_]:
    """Reason why a contact may not be made: (n,) str, empty for none."""
    conditions, customer = ground.conditions, visits["customer"][wanted.visit]
    date = calendar.day[place]
    index = np.minimum(week_of(date) - ground.market.first_week, conditions.channel_factor.shape[1] - 1)
    reason = np.full(len(wanted), "", dtype=object)
    reason[wanted.before & (date >= visits["date"][wanted.visit])] = "late"
    reason[conditions.channel_factor[wanted.channel, index] <= 0.0] = "channel_closed"
    reason[~ground.world.population.consent[wanted.channel, customer]] = "consent"
    return reason


def _busy(visits: Rows) -> dict[tuple[int, np.datetime64], list[tuple[int, int]]]:
    """Minutes of each rep's days that are taken by driving, parking and visiting."""
    busy: dict[tuple[int, np.datetime64], list[tuple[int, int]]] = {}
    minute = {
        name: (visits[name] - visits["date"].astype("datetime64[m]")).astype(int) for name in ("arrive", "begin", "end")
    }
    for k in range(len(visits["rep"])):
        taken = busy.setdefault((int(visits["rep"][k]), visits["date"][k]), [])
        # rows of a day stand in order; the way begins when the visit before ends
        leaves = taken[-1][1] if taken else 0
        taken += [(leaves, int(minute["arrive"][k])), (int(minute["begin"][k]), int(minute["end"][k]))]
    return busy


def _task_hours(ground: Ground, customer: int, calendar: WorkDays, day: int) -> tuple[int, int]:
    """Hours for a contact: the customer's within the working day, or else the customer's."""
    opens, closes = int(ground.opens[customer]), int(ground.closes[customer])
    at_work = max(opens, int(calendar.opens[day])), min(closes, int(calendar.closes[day]))
    return at_work if at_work[1] - at_work[0] >= ground.settings.task_minutes else (opens, closes)


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
    }
    return {name: own[name] if name in own else values[visit] for name, values in visits.items()}


def count_in(*groups: NDArray, order: NDArray) -> NDArray[np.int64]:
    """Place of each row among the rows of its group, from 1: (n,) int."""
    rows = np.lexsort((order, *groups[::-1]))
    sorted_groups = [group[rows] for group in groups]
    new = np.ones(len(rows), dtype=bool)
    if len(rows):
        new[1:] = np.any([group[1:] != group[:-1] for group in sorted_groups], axis=0)
    first = np.maximum.accumulate(np.where(new, np.arange(len(rows)), 0))
    count = np.empty(len(rows), dtype=np.int64)
    count[rows] = np.arange(len(rows)) - first + 1
    return count
