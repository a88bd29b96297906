"""Load: how full each rep's days are under a plan, and how the visits stand to what the reps can make."""

from __future__ import annotations

import numpy as np
import pandas as pd

from twin.geography.distance import haversine_km
from twin.planning import travel
from twin.planning.calendar import working_days
from twin.tasks.plans.plan_applied import Desk, without_lost_nights
from twin.tasks.plans.plan_edits import Wishes


def load_of(desk: Desk, wishes: Wishes, rows: pd.DataFrame) -> pd.DataFrame:
    """What every rep does on every working day.

    Parameters
    ----------
    desk : Desk
    wishes : Wishes
    rows : DataFrame
        As from :func:`twin.tasks.plans.plan_applied.applied`.

    Returns
    -------
    DataFrame
        ``rep_id``, ``date``, ``visits``, ``tasks``, ``minutes`` (visits, tasks and roads, the way home included),
        ``open_minutes`` (of the working day without lunch; 0 where the rep is away), ``filled`` (share, may pass 1).
    """
    calendar = working_days(desk.start, desk.stop, desk.heeding(wishes))
    opened = calendar.closes - calendar.opens - calendar.lunch_minutes
    reps = sorted(set(desk.rows["rep_id"]) | set(rows["rep_id"]))
    grid = pd.DataFrame(
        {
            "rep_id": np.repeat(reps, len(calendar)),
            "date": np.tile(calendar.day.astype("datetime64[s]"), len(reps)),
            "open_minutes": np.tile(opened, len(reps)),
        }
    )
    for away in desk.away(wishes):
        off = (grid["rep_id"] == away.rep_id) & grid["date"].between(pd.Timestamp(away.first), pd.Timestamp(away.last))
        grid["open_minutes"] = grid["open_minutes"].mask(off, 0)
    visit = rows["kind"] == "visit"
    spent = rows["travel_min"] + (rows["end"] - rows["start"]).dt.total_seconds() / 60
    told = rows.assign(visits=visit.astype(int), tasks=(~visit).astype(int), minutes=spent)
    sums = told.groupby(["rep_id", "date"], as_index=False)[["visits", "tasks", "minutes"]].sum()
    sums = sums.merge(_ways_home(desk, rows[visit], wishes), on=["rep_id", "date"], how="left")
    sums["minutes"] += sums.pop("home_min").fillna(0.0)
    found = grid.merge(sums, on=["rep_id", "date"], how="left").fillna({"visits": 0, "tasks": 0, "minutes": 0})
    share = np.divide(
        found["minutes"], found["open_minutes"], out=np.zeros(len(found)), where=found["open_minutes"] > 0
    )
    return found.astype({"visits": int, "tasks": int}).assign(filled=share)


def capacity_of(desk: Desk, wishes: Wishes, rows: pd.DataFrame) -> pd.DataFrame:
    """Visits that are planned beside those that the reps can make over the plan.

    Returns
    -------
    DataFrame
        ``rep_id``, ``planned``, ``possible`` (visits over the whole plan, absences taken off).
    """
    conditions, origin = desk.conditions, desk.world.origin
    calendar = working_days(desk.start, desk.stop, desk.heeding(wishes))
    week = calendar.week - origin
    a_day = conditions.rep_visits[:, week] * conditions.channel_factor[0, week] / len(wishes.settings.weekdays)
    works = np.ones_like(a_day)
    row = {str(id): place for place, id in enumerate(conditions.rep_ids)}
    for away in desk.away(wishes):
        if away.rep_id in row:
            off = (calendar.day >= np.datetime64(away.first)) & (calendar.day <= np.datetime64(away.last))
            works[row[away.rep_id], off] = 0.0
    possible = (a_day * works * calendar.part).sum(axis=1)
    planned = rows.loc[rows["kind"] == "visit", "rep_id"].value_counts()
    found = pd.DataFrame({"rep_id": conditions.rep_ids.astype(str), "possible": possible})
    found["planned"] = found["rep_id"].map(planned).fillna(0).astype(int)
    return found[found["possible"] + found["planned"] > 0].reset_index(drop=True)


def _ways_home(desk: Desk, visits: pd.DataFrame, wishes: Wishes) -> pd.DataFrame:
    """Minutes from the last visit of each day to where the rep sleeps; nothing where either place is unknown."""
    desk, _ = without_lost_nights(desk, desk.away(wishes))
    last = visits.sort_values("end").groupby(["rep_id", "date"], as_index=False).tail(1)
    slept = [desk.ends(rep, day.date())[1] for rep, day in zip(last["rep_id"], last["date"], strict=True)]
    home = np.array(slept).reshape(-1, 2)
    lon, lat = (last[name].to_numpy(float) for name in ("lon", "lat"))
    km = wishes.settings.road_factor * haversine_km(lon, lat, home[:, 0], home[:, 1])
    minutes = np.where(np.isfinite(home).all(axis=1), travel.drive_minutes(km, wishes.settings), 0.0)
    return last[["rep_id", "date"]].assign(home_min=minutes)
