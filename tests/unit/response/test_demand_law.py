"""Demand law: the curve of goodwill, responsiveness and the outside option, one formula at a time. All exact."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from worlds_by_hand import lay_out

from twin.response import attraction, curves, law, steady

STOCK = np.array([0.0, 1e-6, 0.01, 0.3, 1.0, 4.0, 30.0, 500.0])
CURVATURES = [-4.0, -1.0, -0.3, -1e-7, 0.0, 1e-7, 0.4, 1.0]


@pytest.mark.parametrize("q", CURVATURES)
@pytest.mark.parametrize("precision", [np.float64, np.float32])
def test_goodwill_is_felt_from_zero_on_and_more_with_every_contact(q, precision):
    felt = attraction.warmth(STOCK.astype(precision), precision(q))
    assert felt[0] == 0.0 and (np.diff(felt) >= 0).all() and felt.dtype == precision
    assert (np.diff(felt[:6]) > 0).all()


def test_the_curve_has_its_named_forms():
    np.testing.assert_allclose(attraction.warmth(STOCK, -1.0), STOCK / (1.0 + STOCK), rtol=1e-13)
    np.testing.assert_allclose(attraction.warmth(STOCK, 1.0), STOCK, rtol=1e-13)
    assert np.array_equal(attraction.warmth(STOCK, 0.0), np.log1p(STOCK))
    for near in (-1e-9, 1e-9):
        np.testing.assert_allclose(attraction.warmth(STOCK, near), np.log1p(STOCK), rtol=1e-7)


def test_smaller_curvature_saturates_sooner():
    felt = np.array([attraction.warmth(STOCK[1:], q) for q in CURVATURES])
    assert (np.diff(felt, axis=0) >= 0).all()


@pytest.mark.parametrize("q", CURVATURES)
def test_steepness_is_the_slope_against_the_log_of_the_stock(q):
    stock, step = STOCK[2:], 1e-6
    up, down = ((1.0 + stock) * np.exp(by) - 1.0 for by in (step, -step))
    slope = (attraction.contact_utility(up, 0.7, q) - attraction.contact_utility(down, 0.7, q)) / (2 * step)
    np.testing.assert_allclose(attraction.steepness(stock, 0.7, q), slope, rtol=1e-6, atol=1e-9)
    np.testing.assert_allclose(attraction.steepness(stock, 0.7, q), 0.7 * (1.0 + stock) ** q, rtol=1e-9, atol=1e-12)


def test_the_category_is_as_usual_at_the_usual_attraction_and_without_an_outside_option():
    total = np.array([1e-6, 0.3, 1.0, 7.0])
    for outside in (0.0, 0.2, 0.9):
        assert np.array_equal(attraction.category_factor(total, total, outside), np.ones(4)) or outside > 0
        np.testing.assert_allclose(attraction.category_factor(total, total, outside), 1.0, rtol=1e-14)
    assert np.array_equal(attraction.category_factor(total, np.ones(4), 0.0), np.ones(4))
    assert attraction.category_factor(np.zeros(1), np.ones(1), 0.3)[0] == 0.0


@pytest.mark.parametrize("outside", [0.05, 0.4, 0.95])
def test_the_category_grows_with_attraction_by_the_outside_share_and_has_a_ceiling(outside):
    factor = [attraction.category_factor(total, 2.0, outside) for total in (2.0 * np.exp(-1e-6), 2.0 * np.exp(1e-6))]
    assert np.log(factor[1] / factor[0]) / 2e-6 == pytest.approx(outside, rel=1e-5)
    # that of a logit with an option that attracts outside / (1 - outside) times as much as all brands usually do
    nothing = 2.0 * outside / (1.0 - outside)
    for total in (0.1, 2.0, 50.0):
        expected = total / (nothing + total) * (nothing + 2.0) / 2.0
        assert attraction.category_factor(total, 2.0, outside) == pytest.approx(expected)
    assert attraction.category_factor(1e9, 2.0, outside) == pytest.approx(1.0 / (1.0 - outside))


@pytest.mark.parametrize("outside", [0.0, 0.3])
@pytest.mark.parametrize("q", [-1.0, 0.0, 0.3])
def test_the_elasticity_of_our_volume_is_what_the_formula_says(outside, q):
    """d log volume / d log stock = steepness A / (1 + A) (1 - (1 - outside) share) in the usual state."""
    _, market = lay_out(60, curvature=q, outside=outside)
    keen = np.random.default_rng(3).uniform(0.2, 2.0, 60)
    stock = np.random.default_rng(4).uniform(0.1, 9.0, 60)
    buys, zero = np.ones(60, dtype=bool), np.zeros(60)
    start = replace(market.start, goodwill=stock, stage=np.full(60, 2, np.int8))
    market = replace(market, responsiveness=keen, start=start)
    more, less = (np.log(curves.own_volume(market, stock * np.exp(by), buys)) for by in (1e-5, -1e-5))
    lift = law.own_lift(market.response, stock, zero, zero > 0, zero, keen)
    share = law.own_share(market, lift, start.habit, buys)
    steep = attraction.steepness(stock, market.response.coefficient, q) * keen
    if outside:  # the usual state of these customers is the one in which they stand
        np.testing.assert_allclose(curves.own_volume(market, stock, buys), market.volume * share, rtol=1e-12)
    expected = steep * stock / (1.0 + stock) * (1.0 - (1.0 - outside) * share)
    np.testing.assert_allclose((more - less) / 2e-5, expected, rtol=1e-5)


@pytest.mark.parametrize("q", [-1.0, 0.0, 0.4])
def test_an_uneven_stock_sells_what_the_expansion_says(q):
    stock, rival = np.array([2.0, 3.0]), 1.5  # half the time each

    def share(a: np.ndarray) -> np.ndarray:
        pull = np.exp(attraction.contact_utility(a, 0.5, q))
        return pull / (pull + rival)

    mean = stock.mean()
    loss = steady.uneven(stock.var(), mean, attraction.steepness(mean, 0.5, q), q, share(mean))
    even = np.exp(attraction.contact_utility(mean, 0.5, q) - loss)
    assert even / (even + rival) == pytest.approx(share(stock).mean(), rel=2e-4)


def test_responsiveness_of_one_and_none_are_the_same_law():
    _, market = lay_out(60)
    one = replace(market, responsiveness=np.ones(60))
    assert np.array_equal(curves.gain_of_a_visit(market), curves.gain_of_a_visit(one))
    deaf = replace(market, responsiveness=np.zeros(60))
    assert (curves.gain_of_a_visit(deaf)[market.start.stage == 2] == 0.0).all()
    assert (curves.gain_of_a_visit(market)[market.start.stage == 2] > 0.0).all()
