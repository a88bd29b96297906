"""Levels by place and month of the year against planted ones. Seeds are fixed."""

import numpy as np
import pytest

from twin.calibration.levels.brand_levels import BrandLevels, _months
from twin.calibration.levels.passing_noise import Passing, Record, _common, local_spread, month_of_year
from twin.market.world import Brands
from twin.weeks import mondays, periods_covering

FIRST, YEARS = 2400, 6


class Named:
    brands = Brands(np.array(["Ours", "A", "B"]), np.array(["us", "A", "B"]), np.ones(3))


def months_table(seed, season, noise=0.03):
    r = np.random.default_rng(seed)
    logs = np.log([0.3, 0.5, 0.2]) + r.normal(0, noise, (12 * YEARS, 3))
    logs[:, 1] += np.tile(season, YEARS)
    share = np.exp(logs)
    month = np.tile(np.arange(12), YEARS)
    return share / share.sum(axis=1, keepdims=True), month, np.repeat(np.arange(YEARS), 12)


def test_months_in_which_a_brand_is_bought_are_found():
    season = 0.3 * np.sin(2 * np.pi * np.arange(12) / 12)
    found, n_years = _months(*months_table(1, season), 200, 1, Named())
    assert n_years == YEARS
    mean = found.mean(axis=0)
    assert np.corrcoef(mean[1] - mean[0], season)[0, 1] > 0.98
    assert np.ptp(mean[1] - mean[0]) == pytest.approx(0.6, rel=0.15)


def test_months_that_differ_by_chance_alone_are_drawn_to_none():
    """Mean over 20 worlds without a season: what is left is below a third of the noise of a month's mean."""
    left = [_months(*months_table(seed, np.zeros(12)), 20, 1, Named())[0].mean(axis=0).std() for seed in range(20)]
    assert np.mean(left) < 0.03 / np.sqrt(YEARS) / 3


def test_one_year_shows_no_months():
    share, month, year = months_table(2, np.zeros(12))
    found, n_years = _months(share[:12], month[:12], year[:12], 5, 1, Named())
    assert n_years == 1 and not found.any()


def test_noise_that_places_share_is_told_from_their_own():
    r = np.random.default_rng(3)
    expected = np.full((40, 300), 10.0)
    own, common = r.normal(0, 2.0, (40, 300)), 0.05 * r.normal(0, 1.0, 300)
    sd, lasting = _common(own + expected * common, expected)
    assert sd == pytest.approx(0.05, rel=0.2) and lasting < 0.2
    assert _common(own, expected)[0] < 0.03


def test_few_large_places_do_not_hide_what_they_share():
    r = np.random.default_rng(5)
    expected = np.array([40.0, 10.0, 5.0, 5.0])[:, None] * np.ones(2000)  # the first holds two thirds
    own, common = expected * r.normal(0, 0.05, expected.shape), 0.05 * r.normal(0, 1.0, 2000)
    sd, _ = _common(own + expected * common, expected)
    assert sd == pytest.approx(0.05, rel=0.1)  # four standard errors; 0.036 without the correction
    half, _ = _common(own + expected * common, expected, 0.5)
    assert half == pytest.approx(sd * np.sqrt(2))


def record(seed, wander):
    r = np.random.default_rng(seed)
    utility = np.cumsum(r.normal(0, wander, (50, 3, YEARS)), axis=2)
    attraction = np.exp(np.log([0.3, 0.5, 0.2])[None, :, None] + np.repeat(utility, 12, axis=2))
    share = attraction / attraction.sum(axis=1, keepdims=True)
    volume = r.poisson(400 * share).astype(float)
    days = mondays(FIRST + np.arange(YEARS * 52, dtype=np.int32))
    periods = periods_covering(days[[0, -1]], "month")
    return Record(volume, np.zeros((1, 3, 12 * YEARS)), periods.mid_week()[: 12 * YEARS], np.zeros(72), periods, True)


def test_bricks_that_wander_have_levels_that_are_less_sure():
    still, moving = (np.median(local_spread(record(4, w), 50, 1), axis=0) for w in (0.0, 0.15))
    assert still[0] < 0.03 and (moving > 3 * still).all()


def levels(hidden):
    quiet = Passing("week", np.zeros(3), np.zeros(3), 0.0, 0.0)
    entity = np.arange(3, dtype=np.uint64)
    return BrandLevels(np.array(hidden), np.zeros((1, 3, 12)), np.full((3, 3), 0.1), quiet, entity, 1, "")


def test_hidden_buyers_hold_what_the_audit_shows_brick_by_brick():
    volume, won = np.array([10.0, 10.0, 10.0, 10.0]), np.full(4, 0.2)
    brick, unknown = np.array([0, 0, 1, 1]), np.array([True, True, True, False])
    part, held = levels([2.0, 3.0, 0.0]).hidden_part(volume, won, unknown, brick)
    expected = part * held * volume
    assert expected[:2].sum() == pytest.approx(2.0)
    # one customer cannot hold 3 of 2 at the usual share: all buy, and more of us
    assert expected[2] == pytest.approx(3.0) and part[2] == 1.0


def test_draws_of_a_brick_do_not_depend_on_other_bricks_and_waves_not_on_the_horizon():
    some, passing = levels([1.0, 1.0, 0.0]), Passing("month", np.full(3, 0.1), np.full(3, 0.5), 0.05, 0.3)
    assert (some.local(3)[0] != some.local(4)[0]).all()
    weeks = FIRST + np.arange(60, dtype=np.int32)
    assert np.array_equal(passing.of_brands(weeks, 2, 1)[:, :26], passing.of_brands(weeks[:26], 2, 1))
    assert np.array_equal(passing.of_category(weeks, 2, 1)[:26], passing.of_category(weeks[:26], 2, 1))


def test_noise_by_month_is_one_figure_a_month():
    passing = Passing("month", np.full(3, 0.1), np.zeros(3), 0.05, 0.0)
    weeks = FIRST + np.arange(52, dtype=np.int32)
    noise, month = passing.of_category(weeks, 1, 1), month_of_year(weeks)
    assert all(len(set(noise[month == m])) <= 2 for m in range(12)) and len(set(noise)) <= 14
