"""Edited plan: the rows of a published plan as its planner's edits leave them, changed days timed anew.

Nothing is searched but the place of a visit that is new to its day. Judges nothing.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from twin.agents.conditions import Conditions
from twin.market.world import World
from twin.planning import travel
from twin.planning.calendar import working_days
from twin.planning.edited_day import DayHours, DayStops, on_the_clock, with_stop
from twin.planning.follow_ups import hours_of
from twin.planning.settings import Absence, PlanSettings
from twin.tasks.plans.plan_country import in_market
from twin.tasks.plans.plan_edits import ADD, DROP, MOVE, Edit, Wishes


@dataclass(frozen=True)
class Desk:
    """What edits of a plan are read against.

    Parameters
    ----------
    rows : DataFrame
        The plan as it was published.
    start, stop : datetime.date
        Half-open.
    world : World
    conditions : Conditions
    settings : PlanSettings
        Those that the planner wishes now.
        With the absences that the newest dataset lists.
    place : (c, 2) float, degrees
    home : dict from rep id to (lon, lat)
    customer : dict from customer id to row
    nights : dict from (rep id, day) to customer id
        Near whom the night after that day is spent; home when missing.
    withdrawn : DataFrame, optional
        Rows of the plan to which consent has been withdrawn since; they are not among ``rows``.
    stage : (c,) int, optional
        Where each customer stands with us when history ends, see :class:`twin.response.journey.Stage`.
    """

    rows: pd.DataFrame
    start: dt.date
    stop: dt.date
    world: World
    conditions: Conditions
    settings: PlanSettings
    place: NDArray[np.float64]
    home: dict[str, tuple[float, float]]
    customer: dict[str, int]
    nights: dict[tuple[str, dt.date], str] = field(default_factory=dict)
    withdrawn: pd.DataFrame | None = None
    stage: NDArray[np.int8] | None = None

    def away(self, wishes: Wishes) -> tuple[Absence, ...]:
        """Absences that the dataset lists, and those that the planner has noted."""
        return tuple(dict.fromkeys((*self.settings.absences, *wishes.absences)))

    def heeding(self, wishes: Wishes) -> PlanSettings:
        """Settings of the planner's wishes, with the holidays that the plan itself keeps."""
        return in_market(wishes.settings, self.world)

    def ends(self, rep: str, day: dt.date) -> tuple[tuple[float, float], tuple[float, float]]:
        """Where a rep's day begins and ends, home or near a customer: two times longitude and latitude."""
        begins, stops = (self.nights.get((rep, each), "") for each in (day - dt.timedelta(days=1), day))
        return self._near(rep, begins), self._near(rep, stops)

    def _near(self, rep: str, customer: str) -> tuple[float, float]:
        if customer not in self.customer:
            return self.home.get(rep, (np.nan, np.nan))
        lon, lat = self.place[self.customer[customer]]
        return float(lon), float(lat)


def unheeded(desk: Desk) -> list[Absence]:
    """Absences that the dataset lists and the plan knows nothing of: it has visits on those days."""
    visits = desk.rows[desk.rows["kind"] == "visit"]
    return [each for each in desk.settings.absences if _on(visits, each).any()]


def _on(rows: pd.DataFrame, absence: Absence) -> pd.Series:
    days = rows["date"].between(pd.Timestamp(absence.first), pd.Timestamp(absence.last))
    return (rows["rep_id"] == absence.rep_id) & days


def applied(desk: Desk, wishes: Wishes) -> pd.DataFrame:
    """The plan's rows as its edits leave them, changed days timed anew.

    Parameters
    ----------
    desk : Desk
    wishes : Wishes

    Returns
    -------
    DataFrame
        Columns of the plan, and ``change``: ``lock``, ``move``, ``add`` or empty.
    """
    away = desk.away(wishes)
    desk, touched = without_lost_nights(replace(desk, settings=desk.heeding(wishes)), away)
    rows = desk.rows.assign(change="")
    for edit in wishes.edits:
        rows, days = _edited(desk, rows, edit)
        touched |= days
    for absence in away:
        rows = rows[~_on(rows, absence) | (rows["change"] != "")]
    for rep, day in sorted(touched):
        rows = _timed(desk, rows, rep, day, wishes)
    return rows.sort_values(["rep_id", "start", "visit_id"], kind="stable", ignore_index=True)


def without_lost_nights(desk: Desk, away: Sequence[Absence]) -> tuple[Desk, set[tuple[str, dt.date]]]:
    """The desk without nights before or after which the rep is absent, and the days that begin at home instead."""

    def absent(rep: str, day: dt.date) -> bool:
        return any(each.rep_id == rep and each.first <= day <= each.last for each in away)

    lost = {(rep, day) for rep, day in desk.nights if absent(rep, day) or absent(rep, day + dt.timedelta(days=1))}
    kept = {night: customer for night, customer in desk.nights.items() if night not in lost}
    return replace(desk, nights=kept), {(rep, day + dt.timedelta(days=1)) for rep, day in lost}


def _edited(desk: Desk, rows: pd.DataFrame, edit: Edit) -> tuple[pd.DataFrame, set[tuple[str, dt.date]]]:
    """Rows after one edit, and the days that must be timed anew."""
    mine = rows["visit_id"] == edit.visit_id
    if edit.kind == ADD:
        rows = pd.concat([rows, _added(desk, edit, rows)], ignore_index=True)
        return rows, {(edit.rep_id, edit.date)}
    if not mine.any():
        return rows, set()
    old = rows.loc[mine].iloc[0]
    before = (str(old["rep_id"]), pd.Timestamp(old["date"]).date())
    if edit.kind == DROP:
        return rows[~mine], {before}
    rows = rows.assign(change=rows["change"].mask(mine, edit.kind))
    if edit.kind == MOVE:
        shift = pd.Timestamp(edit.date) - pd.Timestamp(before[1])
        names = dict(zip(rows["rep_id"], rows["rep_name"]))
        rows = rows.assign(
            rep_id=rows["rep_id"].mask(mine, edit.rep_id),
            rep_name=rows["rep_name"].mask(mine, names.get(edit.rep_id, edit.rep_id)),
            **{name: rows[name].mask(mine, rows[name] + shift) for name in ("date", "start", "end")},
        )
        return rows, {before, (edit.rep_id, edit.date)}
    return rows, {before} if edit.begin else set()


def _added(desk: Desk, edit: Edit, rows: pd.DataFrame) -> pd.DataFrame:
    """A row for a customer whom nobody had planned."""
    people, row = desk.world.population, desk.customer[edit.customer_id]
    names = dict(zip(rows["rep_id"], rows["rep_name"]))
    begin = pd.Timestamp(edit.date) + pd.Timedelta(hours=desk.settings.day_start)
    told: dict[str, Any] = {
        "visit_id": edit.key, "kind": "visit", "rep_id": edit.rep_id, "rep_name": names.get(edit.rep_id, edit.rep_id),
        "customer_id": edit.customer_id, "customer_name": people.names[row], "channel": desk.world.channels[0],
        "territory_id": desk.world.territories[desk.conditions.territory[row]], "date": pd.Timestamp(edit.date),
        "start": begin, "end": begin, "seq": 0, "travel_min": 0, "travel_km": 0.0, "lon": desk.place[row, 0],
        "lat": desk.place[row, 1], "known": bool(people.known[row]), "change": ADD, "rate": 0.0, "reason_key": ADD,
    }  # fmt: skip
    made = pd.DataFrame([{name: told.get(name) for name in rows.columns}])
    return made.astype({name: kind for name, kind in rows.dtypes.items() if told.get(str(name)) is not None})


def _timed(desk: Desk, rows: pd.DataFrame, rep: str, day: dt.date, wishes: Wishes) -> pd.DataFrame:
    """Rows with one rep's day put on the clock again: new stops go where they cost least."""
    today = rows[(rows["rep_id"] == rep) & (rows["date"] == pd.Timestamp(day)) & (rows["kind"] == "visit")]
    if not len(today):
        return rows
    today = today.sort_values("start")
    who = np.array([desk.customer[name] for name in today["customer_id"]])
    hours, settings = _hours(desk, day), desk.settings
    lon, lat = desk.place[who].T
    begins, stops_at = desk.ends(rep, day)
    minutes, km = travel.matrix(lon, lat, begins, settings)
    minutes[:, 0] = travel.matrix(lon, lat, stops_at, settings)[0][:, 0]
    people = desk.world.population
    window = hours_of(people.available_from[who], people.available_to[who], hours.opens, hours.closes)
    stops = DayStops(minutes, np.column_stack(window), _appointments(today, wishes), settings.visit_minutes)
    fresh = today["change"].isin([MOVE, ADD]).to_numpy()
    order = [int(stop) for stop in np.flatnonzero(~fresh)]
    for stop in np.flatnonzero(fresh):
        order = with_stop(order, int(stop), stops, hours)
    starts, _ = on_the_clock(order, stops, hours)
    path = np.array([0, *(stop + 1 for stop in order)])
    begin = pd.Timestamp(day) + pd.to_timedelta(np.array(starts), unit="m")
    where = today.index[order]
    rows = rows.copy()
    rows.loc[where, "start"] = begin.to_numpy()
    rows.loc[where, "end"] = (begin + pd.Timedelta(minutes=settings.visit_minutes)).to_numpy()
    rows.loc[where, "seq"] = np.arange(1, len(order) + 1)
    rows.loc[where, "travel_min"] = minutes[path[:-1], path[1:]]
    rows.loc[where, "travel_km"] = km[path[:-1], path[1:]]
    return rows


def _hours(desk: Desk, day: dt.date) -> DayHours:
    """Hours of a day; the usual ones where nobody works, which the checker will say."""
    settings = desk.settings
    found = working_days(day, day + dt.timedelta(days=1), settings)
    if len(found):
        columns = (found.opens, found.closes, found.lunch_from, found.lunch_to, found.lunch_minutes)
        return DayHours(*(int(each[0]) for each in columns))
    usual = (settings.day_start, settings.day_end, settings.lunch_start, settings.lunch_end)
    opens, closes, lunch, after = (round(60 * hour) for hour in usual)
    return DayHours(opens, closes, lunch, after, settings.lunch_length)


def _appointments(today: pd.DataFrame, wishes: Wishes) -> NDArray[np.int64]:
    """Fixed times of a day's visits: (n,) int, minutes of the day; -1 for none."""
    times = {edit.key: edit.begin for edit in wishes.edits if edit.begin}
    clock = (times.get(name, "").split(":") for name in today["visit_id"])
    return np.array([60 * int(time[0]) + int(time[1]) if len(time) == 2 else -1 for time in clock], dtype=np.int64)
