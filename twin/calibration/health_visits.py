"""Health of the visit effect: do visits follow demand, can anything tell, and do the ways of estimating agree."""

from __future__ import annotations

from typing import Any

import numpy as np

from twin.calibration.calibration import Calibration
from twin.calibration.health import FAIL, OPEN, PASS, REVIEW, Check, judged, number
from twin.calibration.visit_bias import MIN_CAPACITY_CV, MIN_FIRST_STAGE_F, MIN_REPS
from twin.calibration.visit_fit import LEAD_LIMIT

_GAP = (2.0, 4.0)
_TEST = "Plan a test: leave a random tenth of the customers unvisited for a quarter, or vary visits by lot."


def visit_checks(calibration: Calibration) -> tuple[Check, ...]:
    """Lead test, instrument, and the gap between estimators."""
    return lead_test(calibration), instrument(calibration), estimator_gap(calibration)


def lead_test(calibration: Calibration) -> Check:
    """Next quarter's visits cannot cause this quarter's sales."""
    visit = calibration.visit_response
    about = "Do reps visit because sales rise, rather than the other way round?"
    wanted = f"t of next quarter's visits below {LEAD_LIMIT:g} in size, or capacity that tells cause from consequence"
    if not visit.n_customers:
        reason = f"the effect of visits is not learned here: {visit.reason}"
        return Check("lead_test", about, REVIEW, None, wanted, reason, f"The effect is a literature prior. {_TEST}")
    t = float(visit.lead_test_t)
    if not visit.chasing:
        return Check("lead_test", about, PASS, t, wanted, "visits of the next quarter say nothing about sales of this")
    if controlled(calibration):
        reason = "visits answer to demand; the estimate rests on ups and downs of reps' capacity instead"
        return Check("lead_test", about, REVIEW, t, wanted, reason, _TEST)
    side = "too high" if t > 0 else "too low"
    reason = (
        f"visits answer to demand and nothing tells cause from consequence: the effect is {side} by an unknown part"
    )
    return Check("lead_test", about, FAIL, t, wanted, reason, f"Do not act on the effect of visits. {_TEST}")


def instrument(calibration: Calibration) -> Check:
    """Capacity that varies by leave, vacancy and illness: needed where visits follow demand."""
    visit = calibration.visit_response
    about = "Would ups and downs of reps' capacity reveal the effect of visits?"
    wanted = (
        f"F >= {MIN_FIRST_STAGE_F:g} in the first stage, capacity varies by {MIN_CAPACITY_CV:.0%}, {MIN_REPS} reps; "
        "needed only where visits follow demand"
    )
    facts = getattr(visit, "checks", None)
    if facts is None or not visit.n_customers:
        return Check("instrument", about, OPEN, None, wanted, "there is no visit panel to look at")
    f, variation, reps = (float(getattr(facts, name)) for name in ("first_stage_f", "capacity_cv", "n_reps"))
    strong = f >= MIN_FIRST_STAGE_F and variation >= MIN_CAPACITY_CV and reps >= MIN_REPS
    say = f"F = {f:.1f}, capacity varies by {variation:.0%}, {reps:.0f} reps"
    value = number(f)
    if strong or not visit.chasing:
        return Check("instrument", about, PASS, value, wanted, say if strong else f"{say}; not needed here")
    cure = "List reps with start and end, and visits with rep_id: leave and vacancies are what tells. Or run a test."
    return Check("instrument", about, FAIL, value, wanted, f"{say}: too weak, and it is needed", cure)


def estimator_gap(calibration: Calibration) -> Check:
    """Fixed effects, Mundlak's regression and the control function ask the same question in three ways."""
    about = "Do different ways of estimating the effect of visits agree?"
    wanted = f"differences below {_GAP[0]:g} standard errors (fail above {_GAP[1]:g} where the estimate has no control)"
    facts = getattr(calibration.visit_response, "checks", None)
    found = _estimates(facts)
    if "fixed effects" not in found or len(found) < 2:
        return Check("estimator_gap", about, OPEN, None, wanted, "there is no second estimate to compare with")
    own, own_sd = found["fixed effects"]
    gaps = {
        name: (value - own) / max(float(np.hypot(sd, own_sd)), 1e-12)
        for name, (value, sd) in found.items()
        if name != "fixed effects"
    }
    name, gap = max(gaps.items(), key=lambda one: abs(one[1]))
    bare = calibration.visit_response.chasing and not controlled(calibration)
    verdict = judged(gap, review=abs(gap) > _GAP[0], fail=bare and abs(gap) > _GAP[1])
    say = ", ".join(f"{one}: {value:.3g} (error {sd:.2g})" for one, (value, sd) in found.items())
    cure = f"{name} differs most: customers differ in how they respond to visits, or visits follow demand. {_TEST}"
    rows = tuple({"estimator": one, "value": value, "error": sd} for one, (value, sd) in found.items())
    return Check("estimator_gap", about, verdict, float(gap), wanted, say, cure if verdict != PASS else "", True, rows)


def controlled(calibration: Calibration) -> bool:
    """Whether chased demand was taken out by the control function."""
    return "capacity control function" in calibration.visit_response.reason


def _estimates(facts: Any) -> dict[str, tuple[float, float]]:
    """Estimates with a finite value and error, by their name."""
    names = {"fixed_effects": "fixed effects", "mundlak": "Mundlak", "control": "control function"}
    found = {}
    for attribute, words in names.items():
        pair = getattr(facts, attribute, None)
        if pair is not None and np.isfinite(pair).all() and pair[1] > 0:
            found[words] = (float(pair[0]), float(pair[1]))
    return found
