"""A year ahead by month: the benchmark gets the part that it has earned, and no other."""

import datetime as dt

import numpy as np
import pytest

from twin.forecast.blend_ahead import mixed_months, months_to_come
from twin.market.history import Sales
from twin.weeks import monday, periods_covering, week_of_date

ORIGIN = week_of_date(dt.date(2026, 1, 5))
OURS = np.array([True, False])


def steady(kind: str, years: int = 4) -> Sales:
    """Two brands that sell 30 and 70 a week."""
    days = np.array([monday(ORIGIN - 52 * years), monday(ORIGIN - 1)], dtype="datetime64[D]")
    periods = periods_covering(days, kind)
    n = len(periods)
    volume = np.concatenate([share * periods.weeks_in() for share in (30.0, 70.0)])
    period, brand = np.tile(np.arange(n), 2).astype(np.int32), np.repeat([0, 1], n).astype(np.int16)
    return Sales(np.zeros(2 * n, np.int32), period, brand, volume, periods)


@pytest.mark.parametrize("kind", ["week", "month"])
def test_months_ahead_follow_the_last_one_and_hold_the_weeks_of_a_year(kind):
    ahead = months_to_come(steady(kind), ORIGIN, 54, 2)
    assert len(ahead.start) == 12 and (np.diff(ahead.start).astype(int) >= 28).all()
    assert ahead.weights.sum(axis=0).max() <= 1 + 1e-9
    assert (ahead.covered[1:-1] > 0.99).all()


@pytest.mark.parametrize("weight", [0.25, 0.75])
def test_a_benchmark_gets_its_part_where_it_has_earned_one(weight):
    ahead = months_to_come(steady("week"), ORIGIN, 52, 2)
    runs = np.full((20, 52), 60.0)  # the twin says twice as much as ever was
    rows = mixed_months(ahead, OURS, runs, None, {"1-3": ("seasonal_naive", weight)})
    assert [row["months_ahead"] for row in rows] == list(range(1, 13))
    for row in rows[:3]:
        twin, naive, blend = (row[name]["p50"] for name in ("twin", "benchmark", "blend"))
        assert naive == pytest.approx(0.5 * twin, rel=0.02)
        assert blend == pytest.approx(weight * twin + (1 - weight) * naive)
    assert all(row["partner"] == "" and row["blend"] == row["twin"] for row in rows[3:])


def test_shares_are_ratios_of_sums_and_what_the_books_do_not_see_is_added():
    ahead = months_to_come(steady("month"), ORIGIN, 52, 2)
    chosen = dict.fromkeys(("1-3", "4-6", "7-12"), ("ets", 0.5))
    share = mixed_months(ahead, OURS, np.full((20, 52), 30.0), np.full((20, 52), 100.0), chosen)
    assert all(row["blend"]["p50"] == pytest.approx(0.3, abs=0.01) for row in share)
    whole = mixed_months(ahead, OURS, np.full((20, 52), 45.0), None, chosen, scale=1.5)
    assert all(row["benchmark"]["p50"] == pytest.approx(row["twin"]["p50"], rel=0.05) for row in whole)
