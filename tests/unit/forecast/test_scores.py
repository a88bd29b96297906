"""Scores and skill: known values, and what they must never reward. Random figures have fixed seeds."""

import numpy as np
import pytest

from twin.forecast.benchmarks import QUANTILES
from twin.forecast.scores import SUMS, Tally, crps, figures, quantile, tally, usual_step
from twin.forecast.skill import skill

ONE = np.zeros(1, dtype=np.int32)


def summed(quantiles, actual, weight=None, step=1.0):
    k = len(actual)
    weight = np.ones_like(actual) if weight is None else weight
    sums = tally(quantiles, QUANTILES, actual, weight, np.full(k, step), np.zeros(k, np.int32), ONE)
    return figures(sums.sum(axis=(0, 1)), False)


def normal(mean, sd, shape):
    from scipy import special

    return (mean + sd * special.ndtri(QUANTILES))[:, None, None] * np.ones(shape)


def test_crps_of_draws_is_that_of_the_normal_they_stand_for():
    draws = normal(0.0, 1.0, (1, 1))
    # closed form at 0: (2 / sqrt(2 pi) - 1 / sqrt(pi)) = 0.2337
    assert crps(draws, np.zeros((1, 1)))[0, 0] == pytest.approx(0.2337, rel=0.02)


def test_crps_of_one_draw_is_the_absolute_error():
    assert crps(np.full((1, 1, 1), 3.0), np.array([[5.0]]))[0, 0] == 2.0


def test_neither_too_wide_nor_too_narrow_a_band_scores_better_than_the_true_one():
    r = np.random.default_rng(1)
    actual = 10.0 + r.normal(0.0, 1.0, (400, 12))
    scores = {sd: summed(normal(10.0, sd, actual.shape), actual)["crps"] for sd in (0.5, 1.0, 2.0)}
    assert min(scores, key=scores.get) == 1.0


def test_coverage_of_a_true_band_is_its_level():
    """4,800 independent figures: three binomial sd are 0.017; false alarms under 3 in 1,000 each."""
    actual = np.random.default_rng(2).normal(5.0, 1.0, (400, 12))
    found = summed(normal(5.0, 1.0, actual.shape), actual)
    assert found["inside_80"] == pytest.approx(0.80, abs=0.02)
    assert found["inside_90"] == pytest.approx(0.90, abs=0.02)


def test_wape_weighs_by_volume_and_leaves_out_what_was_not_seen():
    quantiles = np.full((len(QUANTILES), 2, 2), 1.0)
    actual, weight = np.array([[2.0, np.nan], [1.0, 1.0]]), np.array([[3.0, 9.0], [1.0, 1.0]])
    found = summed(quantiles, actual, weight)
    assert found["wape"] == pytest.approx(3.0 / 8.0)


def test_mase_measures_in_steps_of_last_year():
    past = np.tile(np.r_[np.zeros(12), np.full(12, 2.0)], (1, 1))
    assert usual_step(past)[0] == 2.0
    quantiles = np.full((len(QUANTILES), 1, 1), 3.0)
    assert summed(quantiles, np.array([[4.0]]), step=2.0)["mase"] == 0.5


def test_the_median_between_kept_quantiles_is_interpolated():
    levels = np.array([0.25, 0.75])
    assert quantile(np.array([[[1.0]], [[3.0]]]), levels, 0.5)[0, 0] == 2.0


def tallies(errors, method):
    """One tally an origin, one block a territory: (origins, blocks) errors."""
    found = []
    for origin, row in enumerate(errors):
        sums = np.zeros((len(row), 12, len(SUMS)))
        sums[:, 0, 0] = row
        found.append(Tally(origin, "m", "l", method, False, np.arange(len(row), dtype=np.int32), sums))
    return found


def test_skill_is_paired_and_sees_a_small_lasting_difference():
    errors = np.random.default_rng(3).gamma(2.0, 1.0, (5, 8))
    found = skill(tallies(0.95 * errors, "a"), tallies(errors, "b"), slice(0, 12))
    assert found.ratio == pytest.approx(0.95) and found.high < 1.0 and found.better == 1.0


def test_skill_does_not_call_luck_a_difference():
    """Two forecasts equally good: the 80 % band holds 1 in most worlds. Binomial, 60 worlds: 0.62 at 3 sd below."""
    held = []
    for seed in range(60):
        one, two = np.random.default_rng(seed).gamma(2.0, 1.0, (2, 6, 8))
        found = skill(tallies(one, "a"), tallies(two, "b"), slice(0, 12))
        held.append(found.low <= 1.0 <= found.high)
    assert 0.62 <= np.mean(held) <= 1.0


def test_one_figure_has_a_ratio_and_no_band():
    found = skill(tallies(np.ones((1, 1)), "a"), tallies(np.full((1, 1), 2.0), "b"), slice(0, 12))
    assert found.ratio == 0.5 and np.isnan(found.low) and np.isnan(found.better)
