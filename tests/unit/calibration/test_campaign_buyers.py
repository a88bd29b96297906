"""Campaign buyers: the market shows a campaign thinned, and by how much is read off the panel."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from visit_worlds import Plan, planted

from twin.calibration.calendar.campaign_buyers import buyer_factors
from twin.market.history import Sales
from twin.market.world import Brands
from twin.weeks import Periods, mondays

N, WEEKS = 300, 208
BRANDS = Brands(np.array(["Ours", "A", "B"]), np.array(["us", "a", "b"]), np.full(3, np.nan))


def market(utility: np.ndarray, ours: np.ndarray, seed: int = 1):
    """A panel of N members with these utilities (N, 3), who consider us in the weeks ``ours`` (N, WEEKS)."""
    world, history = planted(Plan(customers=N, weeks=WEEKS, territories=3), 1)
    opens = mondays(np.arange(history.first_week, history.first_week + WEEKS + 1))
    periods = Periods("week", opens[:-1], opens[1:])
    pull = np.exp(utility)[:, None, :] * np.stack([ours, np.ones_like(ours), np.ones_like(ours)], axis=2)
    share = pull / pull.sum(axis=2, keepdims=True)
    bought = np.random.default_rng(seed).poisson(1.5 * share[:, : len(periods)])
    unit, period, brand = np.nonzero(bought)
    rows = unit.astype(np.int32), period.astype(np.int32), brand.astype(np.int16)
    panel = Sales(*rows, bought[unit, period, brand].astype(float), periods)
    return replace(world, brands=BRANDS), replace(history, panel=panel), share


def true_factors(share: np.ndarray) -> np.ndarray:
    """What a small campaign does to a customer's odds over what it does to the odds of the sums."""
    total = share.mean(axis=(0, 1))
    moved = (share * (1 - share)).mean(axis=(0, 1))
    return total * (1 - total) / moved


def test_factors_are_those_of_the_customers_who_choose():
    dice = np.random.default_rng(2)
    utility = dice.normal(0, 1.0, (N, 3))
    world, history, share = market(utility, np.repeat(dice.random(N) < 0.6, WEEKS).reshape(N, WEEKS).astype(float))
    expected = true_factors(share)
    assert expected.min() > 1.1
    np.testing.assert_allclose(buyer_factors(world, history), expected, rtol=0.06)


def test_who_came_to_us_lately_has_a_whole_share():
    dice = np.random.default_rng(3)
    ours = (np.arange(WEEKS)[None, :] >= dice.integers(0, WEEKS, (N, 1))).astype(float)
    world, history, share = market(np.zeros((N, 3)), ours)
    np.testing.assert_allclose(buyer_factors(world, history)[0], true_factors(share)[0], rtol=0.08)


def test_alike_customers_leave_campaigns_as_they_are():
    world, history, _ = market(np.zeros((N, 3)), np.ones((N, WEEKS)))
    np.testing.assert_allclose(buyer_factors(world, history), 1.0, atol=0.05)


@pytest.mark.parametrize("members", [0, 5])
def test_few_members_tell_nothing(members):
    world, history, _ = market(np.random.default_rng(4).normal(0, 1.5, (N, 3)), np.ones((N, WEEKS)))
    few = history.panel
    keep = few.unit < members
    few = Sales(few.unit[keep], few.period[keep], few.brand[keep], few.volume[keep], few.periods)
    assert (buyer_factors(world, replace(history, panel=few)) == 1.0).all()
