"""Unforetold visits: what past purchases do not tell of visits, and how the estimate rests on it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import sparse
from visit_worlds import Plan, planted, planted_truth

from twin.calibration.levels.panel import build
from twin.calibration.visits import unforetold
from twin.calibration.visits.fit import estimate
from twin.calibration.visits.response import learn_visit_response
from twin.calibration.visits.unforetold import surprises
from twin.calibration.visits.way import UNFORETOLD
from twin.weeks import mondays, week_of

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
    """Half a year of purchases; the record of these is as old as that of contacts."""
    bought = (followed.record.sold @ followed.record.periods.weights(followed.first_week, followed.n_weeks)).toarray()
    first = (bought > 0).argmax(axis=1)
    early = np.arange(followed.n_weeks) < first[:, None] + 26
    found = surprises(followed)
    assert not found[early].any()
    assert (np.abs(found) > 0)[~early].mean() > 0.8


@pytest.mark.parametrize("kind", ["week", "month"])
def test_purchases_of_a_period_foretell_no_visit_before_it_is_over(kind: str):
    """Purchases from a period on are made up anew; a month's are known when the next one begins."""
    panel = build(*planted(replace(FOLLOWED, kind=kind), 71))
    periods = panel.record.periods
    middle = len(periods) // 2
    sold = panel.record.sold.multiply(np.where(np.arange(len(periods)) >= middle, 7.0, 1.0)[None, :]).tocsr()
    other = replace(panel, record=replace(panel.record, sold=sparse.csr_matrix(sold)))
    mondays_in = mondays(panel.first_week + np.arange(panel.n_weeks))
    known = mondays_in < periods.start[middle + 1]
    changed = 0.0
    for (_, _, one, _), (_, _, two, _) in zip(unforetold._blocks(panel), unforetold._blocks(other)):
        np.testing.assert_array_equal(one[:, :, known], two[:, :, known])
        changed = max(changed, float(np.abs(one - two)[:, :, ~known].max()))
    assert changed > 0.5


def test_purchases_before_the_first_contact_are_heeded():
    """Contacts of the first year are lost; visits of the second year's beginning are foretold all the same."""
    world, history = planted(replace(FOLLOWED, weeks=208), 75)
    touches = history.touches
    late = touches.where(touches.week >= touches.week.min() + 52)
    panel = build(world, replace(history, touches=late))
    assert panel.first_week > week_of(panel.record.periods.start[0]) + 40
    told = next(unforetold._blocks(panel))[3]
    assert told[:, panel.mask.argmax() + 30].mean() > 0.9


@pytest.mark.parametrize(("follows", "least", "most"), [(1.0, 0.8, 4.0), (0.0, -0.6, 0.6)])
def test_the_rule_of_reps_is_found(follows: float, least: float, most: float):
    """1 is planted relative to each customer's own purchases, here they stand beside all's. With 0, twenty panels have
    a mean sum of slopes of 0.02 and a spread of 0.12: five spreads."""
    plan = replace(FOLLOWED, visits_follow_sales=follows)
    slopes, _ = unforetold._rule(build(*planted(plan, 72)))
    assert least < slopes.sum() < most


def test_a_sample_of_customers_teaches_about_the_same_rule(followed, monkeypatch):
    whole, _ = unforetold._rule(followed)
    monkeypatch.setattr(unforetold, "_MOST_CUSTOMERS", 150)
    half, cells = unforetold._rule(followed)
    assert half.sum() == pytest.approx(whole.sum(), abs=0.8)
    assert cells.shape == (int(followed.group.max()) + 1, followed.n_weeks)


def test_a_short_record_teaches_no_rule_and_says_so():
    assert surprises(build(*planted(replace(FOLLOWED, weeks=60), 76))) is None


def test_where_territories_stand_still_nothing_is_foretold(followed):
    """Weeks without a single visit in a territory: no surprise that nobody came."""
    week = followed.n_weeks - 10
    touches = followed.touches
    quiet = replace(followed, touches=touches.where(touches.week != week))
    assert not surprises(quiet)[:, week].any()


def test_unforetold_visits_bear_the_effect_where_reps_follow_the_record():
    """Mean of six panels; one panel has a spread of 0.05, so that 0.05 is two and a half spreads of the mean."""
    off = []
    for seed in range(80, 86):
        world, history, truth = planted_truth(replace(FOLLOWED, visits_follow_sales=1.5, effect=0.2), seed)
        found = estimate(world, build(world, history))
        assert found.way.name == UNFORETOLD and found.foretold
        checks = learn_visit_response(world, history, 100, 1).checks
        off.append([found.elasticity - truth.elasticity, checks.fixed_effects[0] - truth.elasticity])
    ours, alone = np.mean(off, axis=0)
    assert alone > 0.04 and abs(ours) < 0.05 and abs(ours) < 0.7 * alone
