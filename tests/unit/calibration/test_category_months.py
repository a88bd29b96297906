"""Months of the category: what comes every year is carried on, what comes once is noise."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from twin.calibration.levels.category_months import learn_category_months
from twin.calibration.levels.passing_noise import Record, learn_passing, month_of_year
from twin.weeks import periods_covering

FLAT = SimpleNamespace(log_index_draws=lambda weeks: np.zeros((3, len(weeks))))
PLANTED = np.tile([-0.12, 0.12], 6)
YEARS, PLACES = 6, 20


def record(seed: int, months: np.ndarray, noise: float = 0.05, years: int = YEARS) -> Record:
    """Monthly volumes of two brands in twenty places, with noise that all places share."""
    rng = np.random.default_rng(seed)
    days = np.array([np.datetime64("2014-01-01"), np.datetime64(f"{2013 + years}-12-31")], dtype="datetime64[D]")
    periods = periods_covering(days, "month")
    n = len(periods)
    month = month_of_year(periods.mid_week())
    rate = np.exp(months[month] + rng.normal(0, noise, n)) * periods.weeks_in()
    volume = np.outer(rng.uniform(50, 150, PLACES), rate)[:, None, :] * np.array([0.3, 0.7])[:, None]
    year = -((n - 1 - np.arange(n)) // 12)
    return Record(volume, np.zeros((1, 2, n)), periods.mid_week(), year.astype(np.int32), periods, True)


def test_months_that_return_are_found_and_leave_the_noise():
    seen = record(1, PLANTED)
    found = learn_category_months(seen, FLAT, 40, 1)
    assert np.exp(found).mean(axis=1) == pytest.approx(1.0)
    # noise of 0.05 over six years: an error of 0.02 a month
    assert np.abs(found.mean(axis=0) - found.mean() - PLANTED).max() < 0.06
    brands = np.zeros((2, 12))
    before = learn_passing(seen, FLAT, brands).category_sd
    after = learn_passing(seen, FLAT, brands, found.mean(axis=0)).category_sd
    assert before > 0.11 and after < 0.07


def test_a_year_like_no_other_is_no_month_of_the_year():
    # no signal: drawn to less than a third of the noise of one month, in forty records
    sizes = [np.abs(learn_category_months(record(s, np.zeros(12)), FLAT, 10, 1).mean(axis=0)).mean() for s in range(40)]
    assert np.mean(sizes) < 0.05 / 3


def test_one_year_tells_nothing():
    assert not learn_category_months(record(2, PLANTED, years=1), FLAT, 10, 1).any()
