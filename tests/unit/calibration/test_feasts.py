"""Feasts against dates that can be looked up."""

import datetime as dt

import numpy as np
import pytest

from twin.calibration.calendar.feasts import FAR, FEASTS, days_to_feast, feast_days, feast_regressors, feast_spans
from twin.errors import CalibrationError
from twin.weeks import week_of_date


def test_feasts_fall_on_their_published_days_and_begin_with_the_half_day():
    days = feast_days("TR", [2024])
    assert days["ramazan"][0] == np.datetime64("2024-04-09") and days["ramazan"][-1] == np.datetime64("2024-04-12")
    assert days["kurban"][0] == np.datetime64("2024-06-15") and days["kurban"][-1] == np.datetime64("2024-06-19")


def test_a_feast_moves_about_eleven_days_a_year():
    weeks = np.arange(week_of_date(dt.date(2010, 1, 4)), week_of_date(dt.date(2030, 1, 7)))
    start, _ = feast_spans("TR", weeks, "ramazan")
    gaps = np.diff(start).astype(int)
    assert ((gaps >= 353) & (gaps <= 356)).all()


def test_far_years_are_estimated_and_may_hold_a_feast_twice():
    days = feast_days("TR", [2033])["ramazan"]
    assert (np.diff(days).astype(int) > 300).sum() == 1


def test_days_to_a_feast_are_positive_before_and_negative_after_it():
    weeks = np.array(
        [week_of_date(dt.date(2024, 4, 1)), week_of_date(dt.date(2024, 4, 8)), week_of_date(dt.date(2024, 4, 15))]
    )
    assert days_to_feast(weeks, "ramazan").tolist() == [5, -2, -9]


def test_regressors_share_the_days_of_fortnight_feast_and_week_after():
    weeks = np.arange(week_of_date(dt.date(2024, 3, 11)), week_of_date(dt.date(2024, 5, 13)))
    columns = feast_regressors(weeks, "ramazan")
    assert columns.sum(axis=0) * 7 == pytest.approx([14, 4, 7])
    assert (columns.sum(axis=1) <= 1 + 1e-12).all()


def test_a_feast_over_new_years_eve_is_one_occurrence():
    # Kurban Bayramı of 2006/2007 began on 30 December
    start, stop = feast_spans(
        "TR", np.arange(week_of_date(dt.date(2006, 12, 4)), week_of_date(dt.date(2007, 1, 29))), "kurban"
    )
    at = np.flatnonzero(start == np.datetime64("2006-12-30"))
    assert at.size == 1 and stop[at[0]] > np.datetime64("2007-01-01")


@pytest.mark.parametrize("feast", FEASTS)
def test_a_country_without_the_feast_has_no_days_and_zero_columns(feast):
    weeks = np.arange(2800, 2900)
    assert not feast_days("US", [2024])[feast].size
    assert (days_to_feast(weeks, feast, "US") == FAR).all() and not feast_regressors(weeks, feast, "US").any()


def test_an_unknown_country_is_named_in_the_error():
    with pytest.raises(CalibrationError, match="XX"):
        feast_days("XX", [2024])
