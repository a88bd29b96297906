"""Health card: planted faults turn the right light, and nothing is averaged away."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from visit_worlds import Plan, planted

from twin.calibration.health.bands import band_checks
from twin.calibration.health.card import FAIL, OPEN, PASS, REVIEW, Check, judged, worst
from twin.calibration.health.certificate import Certificate, Recovered
from twin.calibration.health.data import data_checks
from twin.calibration.health.examination import Depth, examine
from twin.calibration.health.fit import certificate_check, drift_check, predictive_check
from twin.calibration.health.foretold import Cells, judge
from twin.calibration.health.moved import Move
from twin.calibration.health.visits import estimator_gap, footing, form, instrument, lead_test
from twin.calibration.visits.checks import CONTROLLED, VisitChecks
from twin.calibration.visits.reach import Reach, beyond, reach_of
from twin.calibration.visits.response import learn_visit_response


def light(verdict, decides=True):
    return Check("light", "Is it on?", verdict, 1.0, "on", "because", decides=decides)


def test_one_red_light_is_not_outweighed_by_many_green_ones():
    assert worst([light(PASS)] * 20 + [light(FAIL)]) == FAIL


def test_a_fault_that_does_not_decide_asks_for_review():
    assert worst([light(PASS), light(FAIL, decides=False)]) == REVIEW


def test_what_was_not_made_is_neither_good_nor_bad():
    assert worst([light(OPEN), light(PASS)]) == PASS


def test_a_figure_that_is_no_number_fails():
    assert judged(float("nan"), review=False, fail=False) == FAIL


# --- data --------------------------------------------------------------------------------------------------------


def scaled(sales, rows, factor):
    return replace(sales, volume=np.where(rows, sales.volume * factor, sales.volume))


def lights(sample, **changes):
    checks = data_checks(sample.calibration, sample.world, replace(sample.history, **changes))
    return {check.name: check.verdict for check in checks}


def test_sources_that_agree_pass(sample):
    assert set(lights(sample).values()) == {PASS}


def test_books_above_the_audits_fail(sample):
    own = sample.history.own_sales
    assert lights(sample, own_sales=scaled(own, True, 1.5))["own_within_market"] == FAIL


def test_a_panel_that_misses_our_deliveries_fails(sample):
    panel = sample.history.panel
    missed = scaled(panel, panel.brand < sample.world.brands.n_own, 0.5)
    assert lights(sample, panel=missed)["panel_and_books"] == FAIL


def test_a_panel_that_contradicts_the_audit_fails(sample):
    panel = sample.history.panel
    assert lights(sample, panel=scaled(panel, panel.brand == 2, 8.0))["panel_and_audit"] == FAIL


def test_without_market_data_nothing_is_compared(sample):
    none = sample.history.audit.before(np.datetime64("1990-01-01"))
    assert set(lights(sample, audit=none, panel=none).values()) == {OPEN}


# --- effect of visits --------------------------------------------------------------------------------------------


def learned(seed, **plan):
    return SimpleNamespace(visit_response=learn_visit_response(*planted(Plan(**plan), seed), 20, 1))


def test_reps_who_chase_demand_without_an_instrument_fail():
    found = learned(3, customers=400, weeks=104, visits_follow_demand=1.5)
    assert lead_test(found).verdict == FAIL


def test_reps_who_visit_the_large_pass():
    # one seed, fixed beforehand; over seeds the lead test gives a false alarm in one of twenty worlds
    assert lead_test(learned(4, customers=400, weeks=104)).verdict == PASS


def with_checks(sample, **changes):
    """The sample's visit response with other findings."""
    of_checks = {name: changes.pop(name) for name in list(changes) if name in VisitChecks.__dataclass_fields__}
    visit = sample.calibration.visit_response
    return SimpleNamespace(visit_response=replace(visit, checks=replace(visit.checks, **of_checks), **changes))


def test_chasing_that_capacity_controls_is_to_be_reviewed(sample):
    found = with_checks(sample, n_customers=900, lead_test_t=6.0, chasing=True, method=CONTROLLED)
    assert lead_test(found).verdict == REVIEW


@pytest.mark.parametrize(("lasting", "verdict"), [(-0.3, PASS), (1.8, REVIEW)])
def test_visits_that_follow_purchases_pass_only_where_demand_clearly_does_not_last(sample, lasting, verdict):
    found = with_checks(sample, n_customers=900, lead_test_t=3.8, chasing=False, lasting_t=lasting)
    assert lead_test(found).verdict == verdict


def test_an_effect_that_nobody_learned_is_to_be_reviewed(sample):
    assert lead_test(with_checks(sample, n_customers=0, reason="no visits recorded")).verdict == REVIEW


@pytest.mark.parametrize(("chasing", "verdict"), [(True, FAIL), (False, PASS)])
def test_a_weak_instrument_matters_only_where_it_is_needed(sample, chasing, verdict):
    facts = {"first_stage_f": 2.0, "capacity_cv": 0.05, "n_reps": 6}
    assert instrument(with_checks(sample, n_customers=900, chasing=chasing, **facts)).verdict == verdict


@pytest.mark.parametrize(("chasing", "verdict"), [(True, FAIL), (False, REVIEW)])
def test_estimates_that_disagree_are_shown(sample, chasing, verdict):
    facts = {"fixed_effects": (0.9, 0.05), "control": (0.2, 0.05), "mundlak": np.nan, "method": "unforetold visits"}
    facts |= {"hausman_t": np.nan}
    assert estimator_gap(with_checks(sample, chasing=chasing, **facts)).verdict == verdict


def test_estimates_of_the_same_sales_are_compared_by_the_error_of_their_difference(sample):
    facts = {"fixed_effects": (0.36, 0.05), "control": (0.30, 0.05), "mundlak": np.nan}
    assert estimator_gap(with_checks(sample, chasing=False, hausman_t=0.5, **facts)).verdict == PASS
    assert estimator_gap(with_checks(sample, chasing=False, hausman_t=-3.5, **facts)).verdict == REVIEW


def test_a_curve_that_does_not_fit_is_to_be_reviewed(sample):
    fits = {"halves_t": 0.5, "capacity_lead_t": 0.5, "curvature_z": 0.5}
    assert form(with_checks(sample, misfit_p=0.4, **fits)).verdict == PASS
    assert form(with_checks(sample, misfit_p=0.001, **fits)).verdict == REVIEW
    assert form(with_checks(sample, misfit_p=0.4, **fits | {"curvature_z": -2.6})).verdict == REVIEW


@pytest.mark.parametrize(("customers", "groups", "verdict"), [(57.0, 20, PASS), (9.1, 20, REVIEW), (57.0, 6, REVIEW)])
def test_an_effect_that_a_few_customers_carry_is_to_be_reviewed(sample, customers, groups, verdict):
    found = footing(with_checks(sample, effective_customers=customers, n_groups=groups))
    assert found.verdict == verdict
    assert bool(found.action) == (verdict != PASS)


# --- fit ---------------------------------------------------------------------------------------------------------


def cells(actual_shift, seed, n=60, runs=60):
    """Cells whose runs share a shock: the truth is one more run, moved by a shift in log units."""
    rng = np.random.default_rng(seed)
    logs = rng.normal(0, 0.1, (runs + 1, 1)) + rng.normal(0, 0.1, (runs + 1, n))
    logs[0] += actual_shift
    place = np.array([f"B{k}" for k in range(n)])
    return (Cells("audit", place, np.full(n, "Ours"), np.exp(logs[0]), np.exp(logs[1:])),)


def test_a_year_like_the_runs_seldom_alarms():
    # p is that of one more run among sixty: below 0.05 in one of twenty; 40 seeds, at most 6 with p = 0.014
    p = [judge(2900, cells(0.0, seed)).p_value["audit"] for seed in range(40)]
    assert np.mean(np.array(p) < 0.05) <= 0.15


def test_the_total_of_a_brand_seldom_alarms_and_can():
    # a brand's total is off at p = 0.05 in one of twenty; 40 seeds, at most 6 with p = 0.014
    p = [judge(2900, cells(0.0, seed)).p_of_brand["audit: Ours"] for seed in range(40)]
    assert np.mean(np.array(p) < 0.05) <= 0.15
    found = judge(2900, cells(0.4, 2))
    assert found.p_of_brand["audit: Ours"] < 0.01  # ranks of 60 runs would say 0.03 at the least
    reason = predictive_check(found).reason
    assert "totals off: Ours (audit)" in reason
    # the cure asks to look at the cells named: they are
    assert all(f"{row[1]} / Ours (audit)" in reason.partition("farthest off: ")[2] for row in found.worst(3))


def test_bands_of_few_runs_hold_one_more_as_often_as_they_say():
    # 40 seeds of 60 cells that share half of their variance: the mean strays by 0.03 (standard error)
    held = [judge(2900, cells(0.0, seed, runs=24)).inside_80["audit"] for seed in range(40)]
    assert abs(np.mean(held) - 0.8) < 0.09


def test_a_year_unlike_the_model_fails():
    found = judge(2900, cells(0.6, 1))
    assert predictive_check(found).verdict == FAIL
    assert len(found.worst(3)) == 3


def test_a_year_that_was_not_foretold_says_why():
    check = predictive_check(None, "needs 104 weeks of history, there are 60")
    assert (check.verdict, check.reason) == (OPEN, "needs 104 weeks of history, there are 60")


def recovered(name="visit_log_effect", inside=16, n=20, bias_sds=0.0):
    p = {16: 1.0, 8: 0.0001}[inside]
    return Recovered(name, True, n, inside, 0.0, bias_sds, 0.1, 0.0, p)


@pytest.mark.parametrize(
    ("changes", "verdict"), [({}, PASS), ({"bias_sds": 0.8}, REVIEW), ({"inside": 8}, FAIL)], ids=str
)
def test_the_certificate_speaks_of_coverage_and_bias(changes, verdict):
    assert certificate_check(Certificate(20, 0, (recovered(), recovered("loss", **changes)))).verdict == verdict


def test_a_certificate_whose_histories_cannot_be_calibrated_fails():
    assert certificate_check(Certificate(20, 12, (recovered(),))).verdict == FAIL


@pytest.mark.parametrize(("sds", "verdict"), [(0.5, PASS), (-3.0, REVIEW), (6.0, FAIL)])
def test_parameters_that_jump_are_named(sds, verdict):
    moved = (Move("loss", 1.0, 1.0 + sds, 1.0, 1.0, sds, True, "new sales"),)
    assert drift_check(moved).verdict == verdict


# --- orders of size and reach ------------------------------------------------------------------------------------


def test_an_elasticity_above_all_that_was_ever_found_is_flagged(sample):
    visit = sample.calibration.visit_response
    wild = replace(visit, elasticity=replace(visit.elasticity, draws=visit.elasticity.draws * 0 + 1.5))
    checks = band_checks(replace(sample.calibration, visit_response=wild), None, Reach({}, {}, np.zeros((1, 1))))
    assert next(c.verdict for c in checks if c.name == "elasticity") == FAIL


def test_twice_the_greatest_effort_of_history_is_beyond_it(sample):
    reach = reach_of(sample.world, sample.history, 0.93)
    as_ever = np.repeat(reach.rate[:, :, None], 26, axis=2)
    assert not beyond(reach, as_ever).any()
    assert beyond(reach, 2.0 * as_ever)[0].all()


def test_the_greatest_rate_of_a_customer_is_that_of_its_visits(sample):
    touches = sample.history.touches
    visits = touches.where(touches.channel == 0)
    most = np.bincount(visits.customer[visits.week >= sample.history.origin - 13]).max()
    found = max(reach_of(sample.world, sample.history, 0.93).visits_a_month.values())
    assert found >= most / 13 * 4.34


# --- all together ------------------------------------------------------------------------------------------------


def test_the_card_of_the_sample_is_complete_and_is_as_bad_as_its_worst_light(sample):
    card = examine(sample.calibration, sample.world, sample.history, sample.settings, None, Depth(False)).card
    assert len({check.name for check in card.checks}) == len(card.checks) >= 15
    assert card.verdict == worst(card.checks)
    assert all(check.action for check in card.checks if check.verdict == FAIL)


def test_a_broken_source_makes_the_whole_card_fail(sample):
    broken = replace(sample.history, own_sales=scaled(sample.history.own_sales, True, 1.5))
    depth = Depth(False, 0, False)
    card = examine(sample.calibration, sample.world, broken, sample.settings, None, depth).card
    assert card.verdict == FAIL
    assert "own_within_market" in card.because
