"""Weights of the visit rule: drawn without putting back, reps visit whom they did, as often as they did."""

import numpy as np
import pytest

from twin.calibration.visits.rule import _usual_weight
from twin.planning.targets import race
from twin.response.visiting import MOST_RATE, rate_at, weight_for

WEEKS = 52


def drawn(weight: np.ndarray, visits: int, rng: np.random.Generator) -> np.ndarray:
    """Visits in a year to each customer of one rep, who sees the highest Gumbel scores every week."""
    scores = np.log(weight) + rng.gumbel(size=(WEEKS, len(weight)))
    return np.bincount(np.argsort(-scores, axis=1)[:, :visits].ravel(), minlength=len(weight)).astype(float)


def test_weight_and_rate_are_inverse():
    rate = np.array([0.0, 0.01, 0.5, MOST_RATE])
    assert rate_at(weight_for(rate)) == pytest.approx(rate)
    assert np.isfinite(weight_for(np.array([1.0, 3.0]))).all()


def test_reps_who_can_see_half_of_their_customers_are_learned_as_uneven_as_they_are():
    """400 customers, sixty visits in a hundred: means of thirds within 0.02 of 0.3 to 0.9, whose error is 0.005."""
    rng = np.random.default_rng(3)
    size = rng.normal(size=400)
    weight = np.exp(0.8 * size + 0.3 * rng.normal(size=400))
    visits = drawn(weight, 240, rng)
    learned = _usual_weight(visits, np.full(400, float(WEEKS)), np.ones(400, bool), size)
    true, again = race(weight, 240.0), race(learned, 240.0)
    thirds = np.array_split(np.argsort(size), 3)
    for third in thirds:
        assert again[third].mean() == pytest.approx(true[third].mean(), abs=0.02)
    # rates taken for weights would be a third too even, with a slope of 0.6
    assert np.polyfit(true, again, 1)[0] == pytest.approx(1.0, abs=0.08)


def test_customers_who_were_not_looked_at_get_what_their_size_gets():
    rng = np.random.default_rng(4)
    size, members = rng.normal(size=600), np.arange(600) < 400
    visits = np.where(members, drawn(np.exp(0.8 * size), 240, rng), 0.0)
    learned = _usual_weight(visits, np.full(600, float(WEEKS)), members, size)
    slope = np.polyfit(size[~members], np.log(learned[~members]), 1)[0]
    assert 0.6 < slope < 1.0 and np.ptp(learned[~members & (np.abs(size - 0.5) < 0.01)]) < 0.1


def test_more_than_a_visit_a_week_is_no_fault():
    """Companies that call daily: nobody's weight is infinite, and order is kept."""
    size = np.linspace(-2.0, 2.0, 50)
    learned = _usual_weight(52.0 * np.exp(size), np.full(50, float(WEEKS)), np.ones(50, bool), size)
    assert np.isfinite(learned).all() and (np.diff(learned) >= -1e-9).all() and (learned > 0).all()
