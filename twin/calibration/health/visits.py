"""Health of the visit effect: do visits follow demand, can anything tell, and do the ways of estimating agree."""

from __future__ import annotations

import numpy as np

from twin.calibration.calibration import Calibration
from twin.calibration.health.card import FAIL, OPEN, PASS, REVIEW, Check, judged, number
from twin.calibration.visits.bias import MIN_CAPACITY_CV, MIN_FIRST_STAGE_F, MIN_REPS
from twin.calibration.visits.checks import (
    CONTROLLED,
    CURVED,
    FEW_CUSTOMERS,
    FEW_GROUPS,
    LEAD_LIMIT,
    VisitChecks,
)
from twin.calibration.visits.persistence import LASTING_LIMIT

_GAP = (2.0, 4.0)
_FORM_CHANCE, _FORM_T = 0.01, 3.0
_OPEN_T = LASTING_LIMIT - 0.84
"""Lasting demand that the test would just notice, at its limit on average, falls below this in one of five worlds."""
_TEST = "Plan a test: leave a random tenth of the customers unvisited for a quarter, or vary visits by lot."


def visit_checks(calibration: Calibration) -> tuple[Check, ...]:
    """Lead test, instrument, the gap between estimators, the form of the response, and how many customers carry it."""
    makers = (lead_test, instrument, estimator_gap, form, footing)
    return tuple(make(calibration) for make in makers)


def lead_test(calibration: Calibration) -> Check:
    """Next quarter's visits cannot cause this quarter's sales."""
    visit = calibration.visit_response
    about = "Do reps visit because sales rise, rather than the other way round?"
    wanted = (
        f"t of next quarter's visits below {LEAD_LIMIT:g} in size, or demand that does not last a quarter "
        f"(t below {_OPEN_T:g}), or capacity that tells cause from consequence"
    )
    if not visit.n_customers:
        reason = f"the effect of visits is not learned here: {visit.reason}"
        return Check("lead_test", about, REVIEW, None, wanted, reason, f"The effect is a literature prior. {_TEST}")
    t = float(visit.lead_test_t)
    if not visit.chasing:
        reason = "visits of the next quarter say nothing about sales of this"
        lasting = float(visit.checks.lasting_t)
        if abs(t) >= LEAD_LIMIT and lasting >= _OPEN_T:
            reason = f"visits follow past purchases, and whether what customers buy lasts is open (t = {lasting:.1f})"
            return Check("lead_test", about, REVIEW, t, wanted, reason, _TEST)
        if abs(t) >= LEAD_LIMIT:
            reason = (
                f"visits follow past purchases, but what customers buy more or less does not last (t = {lasting:.1f})"
            )
        return Check("lead_test", about, PASS, t, wanted, reason)
    if visit.checks.method == CONTROLLED:
        reason = "visits answer to demand; the estimate rests on ups and downs of reps' capacity instead"
        return Check("lead_test", about, REVIEW, t, wanted, reason, _TEST)
    reason = "visits answer to demand and nothing in the data tells cause from consequence: the effect is an assumption"
    return Check("lead_test", about, FAIL, t, wanted, reason, f"Do not act on the effect of visits alone. {_TEST}")


def instrument(calibration: Calibration) -> Check:
    """Capacity that varies by leave, vacancy and illness: needed where visits follow demand."""
    visit = calibration.visit_response
    about = "Would ups and downs of reps' capacity reveal the effect of visits?"
    wanted = (
        f"F >= {MIN_FIRST_STAGE_F:g} in the first stage, capacity varies by {MIN_CAPACITY_CV:.0%}, {MIN_REPS} reps; "
        "needed only where visits follow demand"
    )
    facts = visit.checks
    f, variation, reps = float(facts.first_stage_f), float(facts.capacity_cv), int(facts.n_reps)
    if not visit.n_customers or not (np.isfinite(variation) or visit.chasing):
        return Check("instrument", about, OPEN, None, wanted, "there is no visit panel to look at")
    strong = f >= MIN_FIRST_STAGE_F and variation >= MIN_CAPACITY_CV and reps >= MIN_REPS
    found = f"F = {f:.1f}" if np.isfinite(f) else "no first stage"
    say = f"{found}, capacity varies by {variation:.0%}, {reps} reps"
    if strong or not visit.chasing:
        return Check("instrument", about, PASS, number(f), wanted, say if strong else f"{say}; not needed here")
    cure = "List reps with start and end, and visits with rep_id: leave and vacancies are what tells. Or run a test."
    return Check("instrument", about, FAIL, number(f), wanted, f"{say}: too weak, and it is needed", cure)


def estimator_gap(calibration: Calibration) -> Check:
    """Customer effects, Mundlak's regression and the control function ask the same question in three ways."""
    about = "Do different ways of estimating the effect of visits agree?"
    wanted = f"differences below {_GAP[0]:g} standard errors (fail above {_GAP[1]:g} where the estimate has no control)"
    visit = calibration.visit_response
    found = _estimates(visit.checks)
    if "customer effects" not in found or len(found) < 2:
        return Check("estimator_gap", about, OPEN, None, wanted, "there is no second estimate to compare with")
    own, own_sd = found["customer effects"]
    gaps = {
        name: (value - own) / max(float(np.hypot(sd, own_sd)), 1e-12)
        for name, (value, sd) in found.items()
        if name != "customer effects"
    }
    if "control function" in gaps and np.isfinite(visit.checks.hausman_t):
        # both rest on the same sales, so their difference is surer than either: its own t (Hausman 1978) knows
        gaps["control function"] = float(visit.checks.hausman_t)
    name, gap = max(gaps.items(), key=lambda one: abs(one[1]))
    bare = visit.chasing and visit.checks.method != CONTROLLED
    verdict = judged(gap, review=abs(gap) > _GAP[0], fail=bare and abs(gap) > _GAP[1])
    say = ", ".join(f"{one}: {value:.3g} (error {sd:.2g})" for one, (value, sd) in found.items())
    cure = f"{name} differs most: customers differ in how they respond to visits, or visits follow demand. {_TEST}"
    rows = tuple({"estimator": one, "value": value, "error": sd} for one, (value, sd) in found.items())
    return Check("estimator_gap", about, verdict, float(gap), wanted, say, cure if verdict != PASS else "", True, rows)


def form(calibration: Calibration) -> Check:
    """Whether other curves, or another half of history, would tell another effect."""
    about = "Is the form of the response to visits that of the data?"
    wanted = f"misfit of the curve by chance in {_FORM_CHANCE:g} or more, halves of history within t of {_FORM_T:g}"
    facts = calibration.visit_response.checks
    p, halves, capacity = float(facts.misfit_p), float(facts.halves_t), float(facts.capacity_lead_t)
    if not np.isfinite(p):
        return Check(
            "response_form", about, OPEN, None, wanted, "nothing was fitted, or no other curve can be told apart"
        )
    words = [f"chance of the misfit {p:.2g}"]
    if abs(halves) > _FORM_T:
        words.append(f"the effect differs between the halves of history (t = {halves:.1f})")
    if abs(capacity) > _FORM_T:
        words.append(f"reps' capacity may go with their territory's demand (t = {capacity:.1f})")
    if abs(facts.curvature_z) > CURVED:
        words.append("saturation is not the logarithm's: beyond what history has seen the curve alone speaks")
    verdict = REVIEW if p < _FORM_CHANCE or len(words) > 1 else PASS
    cure = "Trust the effect near today's visits, less far from them: the curve between is not that of the data."
    return Check("response_form", about, verdict, p, wanted, "; ".join(words), cure if verdict != PASS else "")


def footing(calibration: Calibration) -> Check:
    """How many customers, weighing alike, would tell as much: where a few speak for all, errors are said too small."""
    about = "Does the effect of visits rest on enough customers?"
    wanted = (
        f"as if on {FEW_CUSTOMERS:g} customers or more that weigh alike, {FEW_GROUPS} groups or more to tell its error"
    )
    facts = calibration.visit_response.checks
    n, groups = float(facts.effective_customers), int(facts.n_groups)
    if not np.isfinite(n):
        return Check("footing", about, OPEN, None, wanted, "there is no visit panel to look at")
    verdict = REVIEW if n < FEW_CUSTOMERS or groups < FEW_GROUPS else PASS
    say = f"as if on {n:.0f} customers that weigh alike, in {groups} groups"
    cure = "Take its interval as too narrow: a few large customers speak for all. Look at their visits, or test by lot."
    return Check("footing", about, verdict, n, wanted, say, cure if verdict != PASS else "")


def _estimates(facts: VisitChecks) -> dict[str, tuple[float, float]]:
    """Elasticities with their errors, by the way they were found; Mundlak's is taken to err as the first does."""
    pairs = {"customer effects": facts.fixed_effects, "control function": facts.control}
    found = {name: pair for name, pair in pairs.items() if np.isfinite(pair).all() and pair[1] > 0}
    if np.isfinite(facts.mundlak) and "customer effects" in found:
        found["Mundlak"] = (float(facts.mundlak), found["customer effects"][1])
    return found
