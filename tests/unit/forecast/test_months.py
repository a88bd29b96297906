"""Months about an origin: nothing of the future falls into the past, and nothing is counted twice."""

import numpy as np
import pytest

from twin.forecast.months import AHEAD, by_month, months_about
from twin.market.history import Sales
from twin.weeks import mondays, periods_covering, week_of

FIRST = 2400


def sales(kind, n_weeks=260, volume=1.0):
    days = mondays(FIRST + np.arange(n_weeks, dtype=np.int32))
    periods = periods_covering(days[[0, -1]], kind)
    if kind == "month":
        periods = periods.before(days[-1])
    n = len(periods)
    return Sales(
        np.zeros(n, np.int32), np.arange(n, dtype=np.int32), np.zeros(n, np.int16), np.full(n, volume), periods
    )


def test_a_month_of_weeks_is_four_or_five_of_them_and_a_year_is_whole():
    months = months_about(sales("week"), FIRST + 156, 52)
    assert months.weights.sum() == 52 and set(months.weights.sum(axis=1)) == {4.0, 5.0}
    table = by_month(sales("week"), months, np.zeros(1, np.int32), 1, 1)[0, 0]
    assert months.n_past == 36 and months.n_ahead == AHEAD
    assert table.reshape(-1, 12).sum(axis=1) == pytest.approx(52)
    assert table[: months.n_past].sum() == 156


@pytest.mark.parametrize("kind", ["week", "month"])
def test_every_period_counts_once_before_or_after_the_origin(kind):
    made = sales(kind)
    # an origin on the end of a month, as backtests of monthly data have it
    origin = FIRST + 156 if kind == "week" else int(week_of(made.periods.stop[35]))
    months = months_about(made, origin, 54)
    table = by_month(made, months, np.zeros(1, np.int32), 1, 1)[0, 0]
    before = made.before(mondays(np.int32(origin)) + np.timedelta64(6, "D"))
    assert table[: months.n_past].sum() == len(before.periods)
    assert (months.of_period[len(before.periods) :] >= 0).all()


def test_calendar_months_ahead_are_covered_by_the_weeks_that_are_simulated():
    made = sales("month")
    months = months_about(made, int(week_of(made.periods.stop[35])), 54)
    days = made.periods.weeks_in()[36 : 36 + AHEAD]
    assert months.weights.sum(axis=1) == pytest.approx(days)


def test_a_month_that_is_not_over_is_not_scored():
    months = months_about(sales("week", n_weeks=156 + 10), FIRST + 156, 52)
    assert months.n_ahead == 2  # four and four weeks; the fifth month has two of its five


def test_a_month_that_is_under_way_belongs_to_neither_side():
    made = sales("month")
    origin = int(week_of(made.periods.stop[35])) + 2
    months = months_about(made, origin, 54)
    assert months.n_past == 36 and months.of_period[36] < -1000 and months.of_period[37] == 0
    # the twelfth month ahead ends beyond the weeks that are simulated only if it is not wholly covered
    assert months.weights[0].sum() == pytest.approx(made.periods.weeks_in()[37])
