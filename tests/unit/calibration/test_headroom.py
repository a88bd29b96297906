"""Headroom: customers who buy nearly all from us have little left to respond with."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import special
from visit_worlds import Plan, planted

from twin.calibration.levels.panel import Panel, build, stock_regressors
from twin.calibration.visits.carryover import belief_of, profile_of
from twin.calibration.visits.headroom import with_headroom
from twin.response.attraction import HABIT_WEEKS

RHO = 0.93
WORTH = np.r_[1.0, np.zeros(6)]


@pytest.fixture(scope="module")
def market() -> tuple[Panel, np.ndarray]:
    """Sales without any noise by the logit, reps go where we sell much; and our share of each customer."""
    world, history = planted(Plan(customers=240, weeks=156, territories=3), 3)
    panel = build(world, history)
    (warmth,), _ = stock_regressors(panel, RHO, WORTH)
    usual = warmth.mean(axis=1, keepdims=True)
    share = special.expit(0.4 + 0.9 * warmth - 0.1 * usual - 0.8 * usual.mean())
    volume = np.where(panel.mask, 40.0 * share, 0.0)
    of_everybody = np.full(len(world.population), np.nan)
    of_everybody[panel.customer] = share.mean(axis=1)
    return replace(panel, volume=volume), of_everybody


def felt(panel: Panel) -> np.ndarray:
    return stock_regressors(panel, RHO, WORTH)[0][0]


def learned_curvature(panel: Panel) -> float:
    return belief_of(*profile_of(panel, WORTH), {}).mean[1]


def test_share_that_goes_with_goodwill_does_not_pass_for_curvature(market):
    panel, share = market
    assert learned_curvature(panel) < -0.25  # the truth is the logarithm: 0
    assert abs(learned_curvature(with_headroom(panel, felt(panel), share))) < 0.12


def test_headroom_is_relative_and_falls_with_goodwill(market):
    panel, share = market
    found = with_headroom(panel, felt(panel), share).headroom
    (warmth,), _ = stock_regressors(panel, RHO, WORTH)
    assert (np.diff(found[np.argsort(warmth.mean(axis=1))]) <= 1e-9).mean() > 0.99
    assert found.min() < 1.0 < found.max()
    left = 1.0 - share[panel.customer]
    np.testing.assert_allclose(found / found.mean(), left / left.mean(), rtol=0.15)


def test_a_single_uncertain_share_moves_nobody_by_itself(market):
    panel, share = market
    noisy = np.clip(share + np.random.default_rng(1).normal(0, 0.15, len(share)), 0.02, 0.95)
    one, two = (with_headroom(panel, felt(panel), each).headroom for each in (share, noisy))
    assert np.corrcoef(one, two)[0, 1] > 0.99
    np.testing.assert_allclose(one, two, rtol=0.2)


@pytest.mark.parametrize("share", [None, np.nan, 0.0])
def test_without_a_market_all_are_alike(market, share):
    panel, known = market
    said = None if share is None else np.full(len(known), share)
    assert (with_headroom(panel, felt(panel), said).headroom == 1.0).all()


def test_habit_does_not_pass_for_goodwill_that_lasts():
    """Sales that answer to goodwill at once in part, and in full when habit has followed; no noise."""
    world, history = planted(Plan(customers=240, weeks=156, territories=3), 4)
    panel, echo = build(world, history), 0.12
    rows = np.zeros(panel.volume.shape)
    for block, (stock,) in panel.stocks(RHO, [0]):
        warmth, habit = np.log1p(stock), np.log1p(stock)[:, :52].mean(axis=1) / (1 - echo)
        gain = np.zeros_like(warmth)
        for week in range(panel.n_weeks):  # the law's own recursion, a week at a time
            gain[:, week] = warmth[:, week] + echo * habit
            habit = habit + (gain[:, week] - habit) / HABIT_WEEKS
        rows[block] = panel.mean_by_period(np.exp(0.4 * gain))
    panel = replace(panel, volume=np.where(panel.mask, rows, 0.0))
    without, knowing = (belief_of(*profile_of(each, WORTH), {}) for each in (panel, replace(panel, echo=echo)))
    assert without.mean[0] > RHO + 0.004
    assert abs(knowing.mean[0] - RHO) < 0.002
    assert abs(knowing.mean[1]) < 0.05


def test_all_of_a_lasting_gain_comes_in_the_long_run():
    world, history = planted(Plan(customers=120, weeks=104, territories=3), 5)
    panel = build(world, history)
    plain, echoed = (stock_regressors(each, RHO, WORTH)[0][0] for each in (panel, replace(panel, echo=0.15)))
    assert np.abs(plain - echoed).max() > 0.005
    assert echoed.mean() == pytest.approx(plain.mean(), rel=0.01)
    assert np.corrcoef(echoed.mean(axis=1), plain.mean(axis=1))[0, 1] > 0.999
