"""Visit plan: dated stops of every rep over some weeks, what they are for, and what found no place.

The nouns; they are made in :mod:`twin.planning.visit_plan`. Knows no model.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twin.planning.reasons import CONDITIONS, UNSERVED, Reasons, sentences


@dataclass(frozen=True)
class Unserved:
    """What was wanted and found no place.

    Parameters
    ----------
    rep_id, customer_id, channel : (u,) str
        No rep where nobody serves the territory.
    week : (u,) datetime64[D]
        Monday of the week in which it was wanted.
    reason : (u,) str
        One of the keys of :data:`twin.planning.reasons.UNSERVED`.
    lost_gain : (u,) float, units
        Expected gain of a visit that is not made; 0 for other contacts, whose gain is not estimated apart.
    """

    rep_id: NDArray[np.str_]
    customer_id: NDArray[np.str_]
    channel: NDArray[np.str_]
    week: NDArray[np.datetime64]
    reason: NDArray[np.str_]
    lost_gain: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.customer_id)

    def columns(self, language: str = "en") -> dict[str, NDArray]:
        """Long form, for tables and files."""
        words = np.array([UNSERVED[language][key] for key in self.reason.tolist()], dtype=object)
        return {
            "rep_id": self.rep_id,
            "customer_id": self.customer_id,
            "channel": self.channel,
            "week": self.week,
            "reason_key": self.reason,
            "reason": words,
            "lost_gain": self.lost_gain,
        }


@dataclass(frozen=True)
class RepDays:
    """What each rep does each day, one row a rep and working day.

    Parameters
    ----------
    rep_id : (n,) str
    date : (n,) datetime64[D]
    visits, tasks : (n,) int
    minutes : (n,) int, minutes
        Visiting, driving and parking; waiting not counted.
    km : (n,) float, km
        Ways home included; ways to unknown places count nothing.
    back : (n,) datetime64[m]
        At home again, or the end of the last visit where the home is unknown; ``NaT`` on a day without visits.
    lunch : (n,) datetime64[m]
        Beginning of lunch on the road; ``NaT`` where it is taken at home.
    drive_min : (n,) int, minutes
        On the road, parking not counted.
    night : (n,) str
        Customer near whom the night is spent; empty at home.
    """

    rep_id: NDArray[np.str_]
    date: NDArray[np.datetime64]
    visits: NDArray[np.int64]
    tasks: NDArray[np.int64]
    minutes: NDArray[np.int64]
    km: NDArray[np.float64]
    back: NDArray[np.datetime64]
    lunch: NDArray[np.datetime64]
    drive_min: NDArray[np.int64]
    night: NDArray[np.str_]

    def __len__(self) -> int:
        return len(self.date)

    def columns(self) -> dict[str, NDArray]:
        """Long form, for tables and files."""
        return dict(vars(self))


@dataclass(frozen=True)
class VisitPlan:
    """Dated visits, and the contacts on other channels that follow them. Rows by rep, then in order of time.

    Parameters
    ----------
    start, stop : datetime.date
        The visits lie in ``[start, stop)``; a task may follow later.
    visit_id : (n,) str
        The same for the same visit of a plan that is made again: it holds no date of the visit.
    kind : (n,) str
        ``visit``, or ``task`` for a contact on another channel.
    rep_id, rep_name, customer_id, customer_name, territory_id, channel : (n,) str
    date : (n,) datetime64[D]
    begin, end : (n,) datetime64[m], local time
    seq : (n,) int
        Place in the rep's day, from 1; visits and tasks are counted apart.
    travel_min : (n,) int, minutes
        Way from the stop before, or from home, parking included; 0 for a task.
    travel_km : (n,) float, km
        ``nan`` where a place is unknown.
    lon, lat : (n,) float, degrees
        ``nan`` when unknown.
    known, buys : (n,) bool
    condition : (n,) str
        Outcome of the contact before on which the row depends; empty for none.
    locked : (n,) bool
        Made as a person has fixed it.
    journey, step : (n,) int
        Contact of a journey of the scenario that a visit is; -1 for none. A task has those of its visit.
    rate : (n,) float, visits per week
        Usual frequency of visits to the customer under the scenario.
    reason : Reasons
    gain_mean, gain_p10, gain_p90 : (n,) float, units
        What one more visit to the customer brings over a year. A second visit brings less than the first, so that the
        sum over a plan is an upper bound. ``nan`` for a task.
    unserved : Unserved
    days : RepDays
    holidays : tuple of (datetime.date, str)
        Days of rest that fell on working weekdays.
    remarks : tuple of (str, int)
        Keys of :data:`twin.planning.reasons.REMARKS`, with counts.
    """

    start: dt.date
    stop: dt.date
    visit_id: NDArray[np.str_]
    kind: NDArray[np.str_]
    rep_id: NDArray[np.str_]
    rep_name: NDArray[np.object_]
    customer_id: NDArray[np.str_]
    customer_name: NDArray[np.object_]
    territory_id: NDArray[np.str_]
    channel: NDArray[np.str_]
    date: NDArray[np.datetime64]
    begin: NDArray[np.datetime64]
    end: NDArray[np.datetime64]
    seq: NDArray[np.int64]
    travel_min: NDArray[np.int64]
    travel_km: NDArray[np.float64]
    lon: NDArray[np.float64]
    lat: NDArray[np.float64]
    known: NDArray[np.bool_]
    buys: NDArray[np.bool_]
    condition: NDArray[np.str_]
    locked: NDArray[np.bool_]
    journey: NDArray[np.int64]
    step: NDArray[np.int64]
    rate: NDArray[np.float64]
    reason: Reasons
    gain_mean: NDArray[np.float64]
    gain_p10: NDArray[np.float64]
    gain_p90: NDArray[np.float64]
    unserved: Unserved
    days: RepDays
    holidays: tuple[tuple[dt.date, str], ...]
    remarks: tuple[tuple[str, int], ...]

    def __len__(self) -> int:
        return len(self.visit_id)

    def columns(self, language: str = "en") -> dict[str, NDArray]:
        """Long form, for tables and files; reasons and conditions in ``language``."""
        conditions = np.array([CONDITIONS[language][key] for key in self.condition.tolist()], dtype=object)
        return {
            "visit_id": self.visit_id,
            "kind": self.kind,
            "rep_id": self.rep_id,
            "rep_name": self.rep_name,
            "customer_id": self.customer_id,
            "customer_name": self.customer_name,
            "territory_id": self.territory_id,
            "channel": self.channel,
            "date": self.date,
            "start": self.begin,
            "end": self.end,
            "seq": self.seq,
            "travel_min": self.travel_min,
            "travel_km": np.round(self.travel_km, 3),
            "lon": np.round(self.lon, 6),
            "lat": np.round(self.lat, 6),
            "known": self.known,
            "condition": conditions,
            "locked": self.locked,
            "journey": self.journey,
            "step": self.step,
            "reason_key": self.reason.key,
            "reason": sentences(self.reason, language),
            "expected_gain": np.round(self.gain_mean, 4),
            "expected_gain_p10": np.round(self.gain_p10, 4),
            "expected_gain_p90": np.round(self.gain_p90, 4),
        }
