"""Segments of the visit response: how far factors are drawn towards the common one."""

from __future__ import annotations

import numpy as np

from twin.calibration.visits.segment_response import shrink
from twin.response.parameters import PRIORS

NAMES = ["a", "b", "c", "d"]
EVEN = np.full(4, 0.25)
PRIOR = PRIORS["visit_heterogeneity"]


def drawn(raw, sd):
    return shrink(np.array(raw), np.array(sd), EVEN, PRIOR, 500, 3, "kind", NAMES)


def test_equal_estimates_give_equal_factors():
    found = drawn([1.0, 1.0, 1.0, 1.0], [0.2, 0.4, 0.2, 0.1])
    np.testing.assert_allclose(found.mean, 1.0)
    assert found.p_value > 0.99


def test_what_noise_explains_is_drawn_most_of_the_way_to_the_common_factor():
    raw = np.array([0.6, 1.4, 1.1, 0.9])
    found = drawn(raw, np.full(4, 0.5))
    assert (np.abs(found.mean - 1) < 0.4 * np.abs(raw - 1)).all()
    assert found.p_value > 0.05


def test_what_noise_does_not_explain_stands():
    raw = np.array([0.5, 1.5, 1.2, 0.8])
    found = drawn(raw, np.full(4, 0.05))
    np.testing.assert_allclose(found.mean, raw, atol=0.05)
    assert found.p_value < 1e-6


def test_an_unsure_segment_is_drawn_further_than_a_sure_one():
    found = drawn([0.6, 1.4, 0.6, 1.4], [0.1, 0.1, 0.6, 0.6])
    assert abs(found.mean[2] - 1) < abs(found.mean[0] - 1)
    assert found.sd[2] > found.sd[0]


def test_factors_of_every_draw_are_not_negative_and_one_on_average():
    found = drawn([0.1, 1.9, 1.0, 1.0], [0.5, 0.5, 0.5, 0.5])
    assert (found.draws >= 0).all()
    np.testing.assert_allclose(found.draws @ EVEN, 1.0)


def test_draws_have_the_mean_and_spread_that_are_stated():
    """Means of 500 draws miss by three standard errors in one of 100 runs."""
    found = drawn([0.8, 1.2, 1.1, 0.9], [0.1, 0.1, 0.1, 0.1])
    np.testing.assert_allclose(found.draws.mean(axis=0), found.mean, atol=0.03)
    np.testing.assert_allclose(found.draws.std(axis=0), found.sd, rtol=0.35)
