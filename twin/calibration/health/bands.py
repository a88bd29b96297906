"""Health against the literature: answers of the right order, and how far history reaches."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from twin.calibration.calibration import Calibration
from twin.calibration.health.card import FAIL, OPEN, PASS, REVIEW, Check
from twin.calibration.health.sanity import Answers
from twin.calibration.visits.carryover import WEEKS_PER_MONTH
from twin.calibration.visits.reach import Reach

ELASTICITY = (0.05, 0.60)
"""Albers, Mantrala, Sridhar 2010: personal selling, mean 0.31; what lies outside is rare."""
CARRYOVER_A_MONTH = (0.60, 0.90)
"""Mizik, Jacobson 2004: 0.69 and 0.87 a month."""
VACANCY_PCT = (-30.0, -5.0)
"""Shi et al. 2017: 13 to 18 % of sales a year when a rep goes, and a post that stays empty loses more."""
MORE_VISITS_PCT = (0.3, 6.0)
"""A tenth of the elasticity's band."""


def band_checks(calibration: Calibration, answers: Answers | None, reach: Reach) -> tuple[Check, ...]:
    """Four orders of size and the range of history."""
    visit = calibration.visit_response
    learned = bool(visit.identified)
    return (
        _band("elasticity", "Is the elasticity of visits of the order that others found?", visit.elasticity.draws,
              ELASTICITY, "", learned),
        _band("carryover", "Is a visit forgotten as fast as others found?", visit.rho.draws**WEEKS_PER_MONTH,
              CARRYOVER_A_MONTH, "a month", bool(visit.rho.identified)),
        _band("more_visits", "What would a tenth more visits bring?", None if answers is None
              else answers.more_visits_pct, MORE_VISITS_PCT, "%", learned),
        _band("vacancy", "What would a post cost that is empty for a year?", None if answers is None
              else answers.vacancy_pct, VACANCY_PCT, "% of the rep's sales", learned),
        reach_check(reach),
    )  # fmt: skip


def _band(
    name: str, about: str, draws: NDArray[np.float64] | None, band: tuple[float, float], unit: str, learned: bool
) -> Check:
    """Inside: pass. Mean outside: review. The whole 80 % interval outside: fail."""
    low, high = band
    wanted = f"{low:g} to {high:g} {unit}".strip()
    if draws is None or not len(draws):
        return Check(name, about, OPEN, None, wanted, "cannot be asked: nobody visits, or no rep is listed", "", False)
    mean = float(np.mean(draws))
    p10, p90 = np.quantile(draws, [0.1, 0.9])
    say = f"{mean:.3g} [{p10:.3g}, {p90:.3g}] {unit}".strip() + ("" if learned else "; a prior speaks here")
    verdict = PASS if low <= mean <= high else FAIL if p90 < low or p10 > high else REVIEW
    cure = (
        "Outside of what the literature knows: look at the lead test and at how visits were recorded before you use it."
    )
    # a product may truly lie outside: reason to look, not to distrust
    return Check(name, about, verdict, mean, wanted, say, cure if verdict != PASS else "", False)


def reach_check(reach: Reach) -> Check:
    """How much room scenarios have before they leave history behind."""
    about = "How far has history gone, and how far may a scenario go?"
    wanted = f"forecasts up to {reach.FAR:g} times the most that was seen"
    if not reach.visits_a_month:
        return Check("range", about, OPEN, None, wanted, "no visit was ever recorded", "", False)
    most = max(reach.visits_a_month.values())
    rows = tuple(
        {"segment": segment, "visits_a_month": rate, "stock": reach.stock[segment]}
        for segment, rate in reach.visits_a_month.items()
    )
    say = f"no customer saw more than {most:.1f} visits a month over a quarter; {reach.FAR:g} times as much is flagged"
    return Check("range", about, PASS, most, wanted, say, "", False, rows)
