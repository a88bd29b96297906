"""Campaign buyers: the market shows a campaign thinned, and by how much is read off the panel."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from visit_worlds import Plan, planted

from twin.calibration.attraction.learning import _felt
from twin.calibration.calendar.campaign_buyers import buyer_factors
from twin.market.history import Sales
from twin.market.world import Brands
from twin.response.parameters import PRIORS
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
    np.testing.assert_allclose(buyer_factors(world, history.panel).factor, expected, rtol=0.06)


def test_who_came_to_us_lately_has_a_whole_share():
    dice = np.random.default_rng(3)
    ours = (np.arange(WEEKS)[None, :] >= dice.integers(0, WEEKS, (N, 1))).astype(float)
    world, history, share = market(np.zeros((N, 3)), ours)
    np.testing.assert_allclose(buyer_factors(world, history.panel).factor[0], true_factors(share)[0], rtol=0.08)


def test_alike_customers_leave_campaigns_as_they_are():
    world, history, _ = market(np.zeros((N, 3)), np.ones((N, WEEKS)))
    np.testing.assert_allclose(buyer_factors(world, history.panel).factor, 1.0, atol=0.05)


@pytest.mark.parametrize("members", [0, 5])
def test_few_members_tell_nothing(members):
    world, history, _ = market(np.random.default_rng(4).normal(0, 1.5, (N, 3)), np.ones((N, WEEKS)))
    few = history.panel
    keep = few.unit < members
    few = Sales(few.unit[keep], few.period[keep], few.brand[keep], few.volume[keep], few.periods)
    found = buyer_factors(world, few)
    assert (found.factor == 1.0).all() and (found.log_sd == 0.0).all()


def test_the_error_of_a_factor_is_how_far_panels_of_that_size_scatter():
    """Twenty panels of one market: their spread is known to a sixth, the mean error to a tenth."""
    seen = []
    for seed in range(20):
        dice = np.random.default_rng(100 + seed)
        ours = np.repeat(dice.random(N) < 0.6, WEEKS).reshape(N, WEEKS).astype(float)
        world, history, _ = market(dice.normal(0, 1.0, (N, 3)), ours, seed)
        seen.append(buyer_factors(world, history.panel))
    spread = np.log([one.factor for one in seen]).std(axis=0)
    np.testing.assert_allclose(np.mean([one.log_sd for one in seen], axis=0), spread, rtol=0.6)


def test_sums_of_a_brick_are_turned_into_what_a_customer_feels():
    """A small campaign of each brand, by the law, in customers and in the sums of their six bricks."""
    dice = np.random.default_rng(6)
    world, history, share = market(dice.normal(0, 1.2, (N, 3)), np.ones((N, WEEKS)))
    each, brick = share.mean(axis=1), np.arange(N) % 6
    sums = np.stack([each[brick == b].sum(axis=0) for b in range(6)])
    within = sums / sums.sum(axis=1, keepdims=True)
    of_unit = (sums * within).sum(axis=0) / sums.sum(axis=0)
    # what utility does to the odds of a sum, sums weighed by the information that they hold
    thinned = (each * (1 - each)).sum(axis=0) / (sums * (1 - within)).sum(axis=0)
    shown, sd = 0.3 * thinned, np.full(3, 0.01)
    felt, error = _felt(shown, sd, of_unit, buyer_factors(world, history.panel))
    np.testing.assert_allclose(felt, 0.3, rtol=0.06)
    assert (error >= sd).all()


def test_effects_of_customers_take_the_place_of_the_markets(sample):
    """Where shares of customers or bricks tell of a brand, forecasts draw that; the search widens what it found."""
    learned = sample.calibration
    for place, name in enumerate(learned.calendar.brands):
        seen = [(one.effect[place], one.sd[place]) for one in learned.attraction.sources if np.isfinite(one.sd[place])]
        drawn = learned.calendar.promo_effect[place].draws
        if not seen:
            continue
        effect, precision = np.array([one[0] for one in seen]), np.array([one[1] for one in seen]) ** -2
        mean, sd = float(effect @ precision / precision.sum()), float(precision.sum() ** -0.5)
        prior = PRIORS["promotion_own" if name == learned.calendar.brands[0] else "promotion_rival"]
        between = sorted([mean, prior.mean])
        assert between[0] - 0.02 <= drawn.mean() <= between[1] + 0.03
        assert drawn.std() >= 0.7 * min(sd, prior.sd) * prior.sd / np.hypot(sd, prior.sd)
