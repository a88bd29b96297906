"""Raking and levels."""

import numpy as np
import pytest

from twin.potential.level import BrickSums, fit_shift, loads, pinned_variance, rake

RNG = np.random.default_rng(3)
BRICK = RNG.integers(0, 6, 200).astype(np.int32)
MEAN, VARIANCE = RNG.lognormal(1, 1, 200), RNG.uniform(0.01, 0.8, 200)


def raked(total, alike=0.1):
    load = loads(MEAN, VARIANCE, BRICK, alike, 6)
    return MEAN * np.exp(rake(MEAN, load, BRICK, total))


@pytest.mark.parametrize("factor", [1e-3, 0.5, 1.0, 3.0, 1e3])
def test_every_brick_adds_up_however_far_off_it_was(factor):
    total = np.bincount(BRICK, MEAN) * factor * np.array([1, 1.5, 0.7, 1, 2, 1])
    assert np.bincount(BRICK, raked(total)) == pytest.approx(total, rel=1e-8)


def test_bricks_without_a_total_and_customers_without_a_brick_stay():
    brick = BRICK.copy()
    brick[:10] = -1
    total = np.array([np.nan, 10.0, 0.0, np.nan, 5.0, 7.0])
    change = rake(MEAN, loads(MEAN, VARIANCE, brick, 0.1, 6), brick, total)
    assert (change[np.isin(brick, [-1, 0, 2, 3])] == 0).all()
    assert np.isfinite(change).all()


def test_without_bricks_nothing_moves():
    none = np.full(200, -1, np.int32)
    assert (rake(MEAN, loads(MEAN, VARIANCE, none, 0.1, 0), none, np.zeros(0)) == 0).all()


def test_a_large_and_uncertain_customer_gives_way_first():
    mean, variance = np.array([10.0, 10.0, 1.0]), np.array([0.01, 0.5, 0.5])
    brick = np.zeros(3, np.int32)
    change = rake(mean, loads(mean, variance, brick, 0.0, 1), brick, np.array([30.0]))
    assert change[1] == pytest.approx(50 * change[0])
    assert change[1] == pytest.approx(10 * change[2])


def test_levels_of_both_halves_come_back_from_brick_totals():
    halves = RNG.lognormal(3, 0.8, (2, 400))
    truth = np.array([-0.6, 0.2])
    total = (halves * np.exp(truth)[:, None]).sum(axis=0) * np.exp(RNG.normal(0, 0.1, 400))
    nothing = np.zeros(400)
    shift = fit_shift(np.zeros(2), np.eye(2) * 1e-3, BrickSums(nothing, halves, nothing, nothing + 1), total, nothing)
    # four standard errors: fails by luck less than once in 10,000
    assert (abs(shift.mean - truth) < 4 * np.sqrt(np.diag(shift.cov))).all()
    assert np.sqrt(np.diag(shift.cov)).max() < 0.05


def test_without_totals_the_belief_stays():
    belief, precision = np.array([-0.3, 0.1]), np.array([[40.0, -30.0], [-30.0, 60.0]])
    nothing = np.zeros(3)
    shift = fit_shift(
        belief, precision, BrickSums(nothing, np.ones((2, 3)), nothing, nothing), nothing * np.nan, nothing
    )
    assert shift.mean == pytest.approx(belief)
    assert shift.cov == pytest.approx(np.linalg.inv(precision))


def test_a_lone_customer_is_as_sure_as_its_bricks_total():
    mean, variance, brick = np.ones(101), np.full(101, 0.5), np.append(0, np.ones(100)).astype(np.int32)
    load = loads(mean, variance, brick, 0.0, 2)
    left = pinned_variance(mean, variance, load, brick, np.array([1.0, 100.0]), np.full(2, 0.1), np.zeros(101))
    assert left[0] == pytest.approx(0.01)
    assert left[1] == pytest.approx(0.5 * 0.99 + 0.01)
