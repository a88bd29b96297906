"""Brand drift against planted random walks. Seeds are fixed."""

import numpy as np
import pytest
from calendar_worlds import FIRST, SIX_YEARS, bare_world, history_of, sales_of

from twin.calibration.levels.brand_drift import learn_brand_drift
from twin.response.parameters import PRIORS


def totals(seed, walk, n_brands=5, n_weeks=SIX_YEARS, noise=0.04):
    r = np.random.default_rng(seed)
    utility = np.log(np.arange(1, n_brands + 1)) + np.cumsum(r.normal(0, walk, (n_weeks, n_brands)), axis=0)
    attraction = np.exp(utility + r.normal(0, noise, utility.shape))
    return 1e4 * attraction / attraction.sum(axis=1, keepdims=True)


def learn(weekly, kind="month"):
    return learn_brand_drift(
        bare_world(weekly.shape[1], FIRST + len(weekly)), history_of(len(weekly), sales_of(weekly, kind))
    )


@pytest.mark.parametrize("kind", ["week", "month"])
@pytest.mark.parametrize("walk", [0.004, 0.012])
def test_the_walk_is_recovered_on_average_over_worlds(kind, walk):
    sd = np.mean([learn(totals(seed, walk), kind).shock_sd for seed in range(12)])
    assert sd == pytest.approx(walk, rel=0.2)


def test_two_brands_share_the_walk_of_their_ratio():
    drift = learn(totals(1, 0.01, n_brands=2))
    assert drift.shock_sd[0] == pytest.approx(drift.shock_sd[1], rel=0.02)
    sd = np.mean([learn(totals(seed, 0.01, n_brands=2)).shock_sd for seed in range(12)])
    assert sd == pytest.approx(0.01, rel=0.25)


def test_shares_sum_to_one_and_follow_the_recent_market_when_it_wanders():
    weekly = totals(2, 0.015)
    drift = learn(weekly)
    recent = weekly[-13:].sum(axis=0) / weekly[-13:].sum()
    old = weekly.sum(axis=0) / weekly.sum()
    assert drift.shares.sum() == pytest.approx(1)
    assert np.abs(drift.shares - recent).sum() < np.abs(old - recent).sum()


def test_past_error_prefers_short_memory_where_shares_wander_and_long_memory_where_they_stand():
    wandering, standing = learn(totals(3, 0.015)), learn(totals(3, 0.0, noise=0.1))
    assert wandering.method in ("half-life 8 weeks", "half-life 17 weeks")
    assert standing.method in ("half-life 70 weeks", "half-life 35 weeks", "mean of 52 weeks")
    assert len(wandering.past_errors) == 5


def test_a_standing_market_hardly_shocks():
    assert (learn(totals(4, 0.0)).shock_sd < 0.002).all()


def test_a_brands_natural_season_is_no_drift_and_no_bias():
    weekly = totals(5, 0.0)
    weekly[:, 0] *= np.exp(0.4 * np.cos(2 * np.pi * np.arange(SIX_YEARS) / 52.18))
    drift = learn(weekly)
    year = weekly[-52:].sum(axis=0) / weekly[-52:].sum()
    assert (drift.shock_sd < 0.003).all() and np.abs(drift.shares - year).max() < 0.01


def test_under_two_years_the_drift_is_a_prior():
    drift = learn(totals(6, 0.01, n_weeks=80))
    assert not drift.identified and "prior" in drift.source and drift.shares.sum() == pytest.approx(1)


def test_without_a_market_shares_are_the_prior():
    drift = learn_brand_drift(bare_world(3, FIRST + 100), history_of(100))
    assert drift.shares[0] == PRIORS["own_share"].mean and drift.shares.sum() == pytest.approx(1)
    assert not drift.identified and drift.method == "prior"
