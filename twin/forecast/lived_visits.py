"""The contacts of a lived history as the company's records have them: dated, timed, with what came of them.

A rep's week is spread over its working days by direction, so that a day's visits lie together. Knows no file.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from twin.forecast.lived_history import Entries, Lived
from twin.market.channels import STANDARD, VISIT
from twin.market.synthetic_calendar import working_days
from twin.weeks import mondays

OPENS, CLOSES = 9 * 60, 17 * 60 + 30
"""Working hours of a rep, minutes of the day."""
_MINUTE = np.timedelta64(1, "m")


def visits(lived: Lived) -> dict[str, NDArray]:
    """Every contact on every channel, in order of time."""
    contacts = lived.contacts
    in_person = contacts.what == VISIT
    when = np.empty(len(contacts), dtype="datetime64[m]")
    when[in_person] = _visit_times(lived, contacts.where(in_person))
    when[~in_person] = _message_times(lived, contacts.where(~in_person))
    rep = contacts.amount.astype(np.int64)
    order = np.lexsort((lived.ids[contacts.outlet], contacts.what, when))
    return {
        "date": when[order],
        "rep_id": np.where(rep >= 0, lived.made.reps.ids.astype(object)[rep], None)[order],
        "customer_id": lived.ids[contacts.outlet[order]],
        "channel": np.array(STANDARD, dtype=object)[contacts.what[order]],
        "brand": np.full(len(order), str(lived.made.brands.names[0]), dtype=object),
        "outcome": _outcomes(lived)[order],
    }


def _visit_times(lived: Lived, contacts: Entries) -> NDArray[np.datetime64]:
    """Day and time of face-to-face visits: (m,) datetime64[m]; a rep is never in two places at once."""
    settings, population, reps = lived.settings, lived.world.population, lived.made.reps
    rep = contacts.amount.astype(np.int64)
    lon, lat = population.lon[contacts.outlet], population.lat[contacts.outlet]
    bearing = np.arctan2(lat - reps.home_lat[rep], lon - reps.home_lon[rep])
    open_days = working_days(settings.first_week, settings.n_weeks)
    open_days[~open_days.any(axis=1)] = True
    n_open = open_days.sum(axis=1)
    nth_open = np.argsort(~open_days, axis=1, kind="stable")
    week = contacts.week - settings.first_week
    turn, of = _ranks(bearing, rep * settings.n_weeks + week)
    day = nth_open[week, turn * n_open[week] // of]
    # within a day, first those who open first
    early = np.nan_to_num(population.available_from[contacts.outlet], nan=12.0)
    turn, of = _ranks(early * 1000.0 + np.arange(len(rep)) / len(rep), (rep * settings.n_weeks + week) * 7 + day)
    slot = (CLOSES - OPENS - 30) / np.maximum(of, 1)
    start = OPENS + 5 * np.floor((turn + 0.5 * settings.dice.uniform("late", len(rep))) * slot / 5.0)
    return (mondays(contacts.week) + day.astype("timedelta64[D]")).astype("datetime64[m]") + start.astype(int) * _MINUTE


def _message_times(lived: Lived, contacts: Entries) -> NDArray[np.datetime64]:
    """Day and time of all other contacts: (m,) datetime64[m], Monday to Friday from ten to eight."""
    u = lived.settings.dice.uniform("message time", _number(lived, contacts), 2)
    days = mondays(contacts.week) + np.floor(u[0] * 5).astype("timedelta64[D]")
    return days.astype("datetime64[m]") + (600 + np.floor(u[1] * 600)).astype(int) * _MINUTE


def _outcomes(lived: Lived) -> NDArray[np.object_]:
    """What came of each contact: (m,) str or None."""
    contacts, orders, n = lived.contacts, lived.orders, len(lived.ids)
    ours = orders.what < lived.made.brands.n_own
    bought = np.unique(orders.week[ours].astype(np.int64) * n + orders.outlet[ours])
    ordered = np.isin(contacts.week.astype(np.int64) * n + contacts.outlet, bought)
    opened = lived.settings.dice.uniform("opened", _number(lived, contacts)) < lived.settings.truth.opening
    written = np.isin(contacts.what, [STANDARD.index(name) for name in ("sms", "email", "whatsapp")])
    spoken = np.where(ordered, "order", "no_order").astype(object)
    read = np.where(opened, "opened", "not_opened").astype(object)
    return np.where(written, read, spoken)


def _number(lived: Lived, contacts: Entries) -> NDArray[np.int64]:
    return (contacts.week.astype(np.int64) * len(lived.ids) + contacts.outlet) * len(STANDARD) + contacts.what


def _ranks(value: NDArray[np.float64], group: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Rank of each value within its group, from 0, and the size of the group: two (m,) int."""
    order = np.lexsort((value, group))
    begins = np.r_[True, np.diff(group[order]) != 0] if len(order) else np.zeros(0, dtype=bool)
    first = np.flatnonzero(begins)
    which = np.cumsum(begins) - 1
    rank, size = np.empty(len(order), dtype=np.int64), np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order)) - first[which]
    size[order] = np.diff(np.r_[first, len(order)])[which]
    return rank, size
