"""Relived: the twin writes books as the company does, and is asked to find its own truth in them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from twin.calibration.calibrate import calibrate
from twin.calibration.health.certificate import certify
from twin.calibration.health.next_to_learn import carried_variance, of_priors
from twin.calibration.health.predictive import foretell, long_enough
from twin.calibration.health.sanity import vacated
from twin.calibration.simulation.relived import audit_noise, relive
from twin.response.parameters import Estimate


@pytest.fixture(scope="module")
def lived(sample):
    return relive(sample.calibration, sample.world, sample.history, 3)


def test_the_books_have_the_form_of_the_real_ones(sample, lived):
    real, made = sample.history, lived.history
    assert (made.first_week, made.origin, len(made.touches)) == (real.first_week, real.origin, len(real.touches))
    for name in ("own_sales", "audit", "panel"):
        here, there = getattr(made, name), getattr(real, name)
        assert np.array_equal(here.periods.start, there.periods.start)
        assert set(np.unique(here.unit)) <= set(np.unique(there.unit)) or name == "own_sales"
    assert np.array_equal(made.panel_members, real.panel_members)


def test_the_books_are_of_the_size_of_the_real_ones(sample, lived):
    for name in ("own_sales", "audit"):
        ratio = getattr(lived.history, name).volume.sum() / getattr(sample.history, name).volume.sum()
        assert 0.6 < ratio < 1.6


def test_only_who_is_ours_stands_in_our_books_and_only_our_brands(sample, lived):
    own, people = lived.history.own_sales, lived.world.population
    assert people.known[own.unit].all()
    assert (own.brand < sample.world.brands.n_own).all()
    assert (people.known_since[own.unit] <= own.periods.mid_week()[own.period]).all()


def test_the_same_draw_lives_the_same_history(sample, lived):
    again = relive(sample.calibration, sample.world, sample.history, 3)
    assert np.array_equal(again.history.own_sales.volume, lived.history.own_sales.volume)
    assert again.truth == lived.truth


def test_the_truth_is_the_draw_that_was_lived(sample, lived):
    drawn = {e.name: e.draws for e in sample.calibration.estimates()}
    for name in ("visit_log_effect", "carryover", "loss"):
        assert lived.truth[name] == drawn[name][3]
    unknown = ~lived.world.population.known
    assert lived.truth["unknown_category_volume"] > 0 and unknown.any()


def test_an_audit_without_error_shows_hardly_any(sample):
    assert 0.0 <= audit_noise(sample.world, sample.history) <= 0.3


def test_a_certificate_counts_every_history_once_and_can_be_interrupted(sample):
    told = []
    found = certify(
        sample.calibration, sample.world, sample.history, 2, sample.settings, lambda *step: told.append(step)
    )
    assert found.n_histories == 2 and found.n_failed == 0
    assert all(one.n == 2 and 0 <= one.inside <= 2 for one in found.parameters)
    assert {"visit_log_effect", "unknown_category_volume"} <= {one.name for one in found.parameters}
    assert [step[0] for step in told] == [0, 1, 2]

    def stop(done: int, total: int, phrase: str) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        certify(sample.calibration, sample.world, sample.history, 2, sample.settings, stop)


@pytest.fixture(scope="module")
def a_year_ago(sample):
    """What was learned as of a year ago."""
    week = sample.history.origin - 52
    few = replace(sample.settings, n_draws=10)
    return calibrate(sample.world.as_of(week), sample.history.before(week), few)


def test_last_year_is_foretold_from_what_came_before_it(sample, a_year_ago):
    assert long_enough(sample.history)
    found = foretell(sample.world, sample.history, sample.settings, learned=a_year_ago)
    assert found.origin == sample.history.origin - 52
    assert {cells.source for cells in found.cells} == {"audit", "books"}
    for cells in found.cells:
        assert cells.foretold.shape == (10, len(cells))
        assert (cells.actual >= 0).all()


def test_what_is_foretold_does_not_know_the_sales_of_the_year(sample, a_year_ago):
    own = sample.history.own_sales
    later = own.periods.mid_week()[own.period] >= sample.history.origin - 52
    doubled = replace(own, volume=np.where(later, 2.0 * own.volume, own.volume))
    histories = sample.history, replace(sample.history, own_sales=doubled)
    books = [
        next(c for c in foretell(sample.world, one, sample.settings, learned=a_year_ago).cells if c.source == "books")
        for one in histories
    ]
    assert np.array_equal(books[0].foretold, books[1].foretold)
    assert np.allclose(books[1].actual, 2.0 * books[0].actual)


def test_vacant_posts_hold_about_a_quarter_of_our_sales(sample):
    zones = vacated(sample.calibration, sample.world)
    assert 1 <= len(zones) < len(sample.world.territories)


# --- what to learn next ------------------------------------------------------------------------------------------


def parameter(name, draws, identified=False):
    return Estimate(name, "", draws, identified, "")


def test_variance_is_laid_to_the_parameter_that_makes_it():
    rng = np.random.default_rng(3)
    x, y, z = rng.normal(size=(3, 200))
    found = carried_variance(2.0 * x + y, (parameter("x", x), parameter("y", y, True), parameter("z", z)))
    assert [one.parameter for one in found] == ["x", "y"]
    assert found[0].share == pytest.approx(0.8, abs=0.1)
    assert of_priors(found) == pytest.approx(found[0].share)


def test_chance_is_not_taken_for_a_cause():
    # Bonferroni at one in a hundred: over 30 worlds of 20 idle parameters 0.3 false ones are expected
    rng = np.random.default_rng(4)
    false = 0
    for _ in range(30):
        idle = tuple(parameter(f"p{k}", rng.normal(size=60)) for k in range(20))
        false += len(carried_variance(rng.normal(size=60), idle))
    assert false <= 3
