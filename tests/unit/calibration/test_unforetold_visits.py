"""Unforetold visits: what past purchases do not tell of visits, and how the estimate rests on it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import sparse
from visit_worlds import Plan, planted, planted_truth

from twin.calibration.levels.panel import build
from twin.calibration.visits import unforetold
from twin.calibration.visits.response import learn_visit_response
from twin.calibration.visits.unforetold import stocks_of, surprises

RHO = 0.936
FOLLOWED = Plan(customers=300, territories=8, visits_follow_sales=1.0, kind="week")


@pytest.fixture(scope="module")
def followed():
    return build(*planted(FOLLOWED, 71))


def test_surprises_of_a_customer_sum_to_nothing(followed):
    """So a customer's size, however much it draws visits, is no surprise."""
    found = surprises(followed)
    assert np.abs(found.sum(axis=1)).max() < 1e-3
    assert (np.abs(found).sum(axis=1) > 0).mean() > 0.95


def test_nothing_is_foretold_before_a_customer_is_known_well(followed):
    found = surprises(followed)
    first = np.asarray(followed.weights().T @ followed.mask.T.astype(float)).T.argmax(axis=1)
    early = np.arange(followed.n_weeks) < first[:, None] + 26
    assert not found[early].any()


def test_purchases_to_come_foretell_nothing(followed):
    """Purchases after a week are made up anew: what had been foretold of it hangs on the pooled slopes alone."""
    slopes, cells = unforetold._rule(followed)
    middle = followed.n_weeks // 2
    late = followed.record.periods.mid_week() >= followed.first_week + middle
    sold = followed.record.sold.multiply(np.where(late, 7.0, 1.0)[None, :]).tocsr()
    other = replace(followed, record=replace(followed.record, sold=sparse.csr_matrix(sold)))
    for (_, _, one, _), (_, _, two, _) in zip(unforetold._blocks(followed), unforetold._blocks(other)):
        np.testing.assert_array_equal(one[:, :, : middle + 1], two[:, :, : middle + 1])
        assert not np.array_equal(one[:, :, middle + 2 :], two[:, :, middle + 2 :])
    assert slopes.shape == (3,) and cells.shape[1] == followed.n_weeks


def test_reps_who_follow_the_record_leave_surprises_that_owe_nothing_to_it(followed):
    """Slopes of the rule: 1 is planted relative to each customer's own purchases, here they stand beside all's."""
    slopes, _ = unforetold._rule(followed)
    assert 0.8 < slopes.sum() < 4.0
    gone, to_come = stocks_of(followed, surprises(followed), RHO, 0.0)
    assert gone.shape == to_come.shape == followed.volume.shape


def test_visits_made_at_random_have_no_slopes():
    """Twenty such panels have a mean sum of slopes of 0.02 and a spread of 0.12: five spreads."""
    slopes, _ = unforetold._rule(build(*planted(Plan(customers=300, territories=8, kind="week"), 72)))
    assert abs(slopes.sum()) < 0.6


def test_a_sample_of_customers_teaches_about_the_same_rule(followed, monkeypatch):
    whole, _ = unforetold._rule(followed)
    monkeypatch.setattr(unforetold, "_MOST_CUSTOMERS", 150)
    half, cells = unforetold._rule(followed)
    assert half.sum() == pytest.approx(whole.sum(), abs=0.5)
    assert cells.shape == (int(followed.group.max()) + 1, followed.n_weeks)


@pytest.mark.parametrize("kind", ["week", "month"])
def test_the_effect_is_found_where_reps_follow_what_was_recorded(kind: str):
    """Customer effects alone are 0.05 to 0.15 too high. Truth lies in the 99 % interval: one false alarm in 100."""
    plan = replace(FOLLOWED, kind=kind, visits_follow_sales=1.5, effect=0.2)
    world, history, truth = planted_truth(plan, 74)
    found = learn_visit_response(world, history, 400, 1)
    assert found.chasing and found.checks.method == "unforetold visits"
    low, high = np.quantile(found.elasticity.draws, [0.005, 0.995])
    assert low < truth.elasticity < high
    assert found.elasticity.draws.mean() < found.checks.fixed_effects[0]
    assert found.checks.ahead[1] > 0
