"""Reps rest on public holidays and stop at one o'clock on the eves of feasts."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest

from twin.errors import PlanError
from twin.planning.calendar import working_days
from twin.planning.checker_calendar import CheckedCalendar
from twin.planning.settings import PlanSettings


def test_a_usual_week_has_five_days_from_nine_to_six_with_lunch():
    days = working_days(dt.date(2026, 2, 2), dt.date(2026, 2, 9))
    assert days.day.astype(str).tolist() == [f"2026-02-{d:02d}" for d in range(2, 7)]
    assert (days.opens == 540).all() and (days.closes == 1080).all()
    assert (days.lunch_minutes == 45).all() and (days.lunch_from == 720).all() and days.part.sum() == 5.0


def test_the_feast_of_ramadan_takes_one_day_and_an_afternoon():
    days = working_days(dt.date(2026, 3, 16), dt.date(2026, 3, 23), PlanSettings("TR"))
    assert days.day.astype(str).tolist() == ["2026-03-16", "2026-03-17", "2026-03-18", "2026-03-19"]
    assert days.half.tolist() == [False, False, False, True] and days.part.sum() == 3.5
    assert days.closes[-1] == 13 * 60 and days.lunch_from[-1] == days.lunch_to[-1]
    assert [day for day, _ in days.holidays] == [dt.date(2026, 3, 20)]


def test_days_may_be_closed_by_hand_and_weekdays_chosen():
    settings = PlanSettings(weekdays=(0, 1, 5), also_closed=(dt.date(2026, 2, 3),))
    days = working_days(dt.date(2026, 2, 2), dt.date(2026, 2, 9), settings)
    assert days.day.astype(str).tolist() == ["2026-02-02", "2026-02-07"]


def test_a_country_without_half_days_has_none():
    days = working_days(dt.date(2026, 1, 1), dt.date(2027, 1, 1), PlanSettings(country="FR"))
    assert not days.half.any() and np.datetime64("2026-07-14") not in days.day


def test_where_no_country_is_named_only_weekends_and_what_is_closed_by_hand_are_kept():
    monday, closed = dt.date(2026, 3, 16), dt.date(2026, 3, 18)
    settings = PlanSettings(also_closed=(closed,))
    days = working_days(monday, monday + dt.timedelta(weeks=1), settings)
    checked = CheckedCalendar(settings, range(2026, 2027))
    week = [monday + dt.timedelta(days=k) for k in range(7)]
    assert days.day.tolist() == [day for day in week if checked.works(day)] == [*week[:2], *week[3:5]]
    assert not days.half.any() and checked.lunch(week[3]) == (720.0, 840.0, 45.0)


def test_an_unknown_country_is_named():
    with pytest.raises(PlanError, match="'XX'"):
        working_days(dt.date(2026, 1, 1), dt.date(2026, 1, 8), PlanSettings(country="XX"))


def test_settings_that_contradict_each_other_are_refused():
    for wrong in (
        {"day_start": 19.0},
        {"lunch_end": 19.0},
        {"half_day_end": 8.0},
        {"road_factor": 0.9},
        {"closest": 2.0},
    ):
        with pytest.raises(ValueError, match="expected"):
            PlanSettings(**wrong)
