"""Health of the fit: does the twin foretell last year, find its own truth, and stay where it was."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from twin.calibration.calibration import Calibration
from twin.calibration.health.card import FAIL, OPEN, PASS, REVIEW, Check, judged
from twin.calibration.health.certificate import LEVEL, Certificate, Recovered
from twin.calibration.health.foretold import Predictive
from twin.calibration.health.moved import Move
from twin.calibration.health.next_to_learn import Carried, of_priors

_CHANCE = (0.05, 0.02)
_LEAST_INSIDE = 0.6
_MANY_SDS = (2.0, 4.0)
_HALF = 0.5
_COVERAGE_CHANCE = (0.05, 0.005)
_CLEAR_BIAS = 3.0
_PREDICTIVITY = 0.10
_NAMED = 3
"""Cells that a reason names, the farthest from their bands."""


def predictive_check(found: Predictive | None, why_not: str = "") -> Check:
    """Cells of last year inside their bands."""
    about = "Would the twin have foretold last year, brick by brick and brand by brand?"
    wanted = (
        f"about 80 % of cells inside the 80 % band: chance of so few above {_CHANCE[0]:g} "
        f"(fail: below {_CHANCE[1]:g} and under {_LEAST_INSIDE:.0%} inside)"
    )
    if found is None or not found.cells:
        cure = "" if why_not else "Run `twin calibrate` without --no-predictive."
        return Check("predictive", about, OPEN, None, wanted, why_not or "left out on request", cure)
    verdicts, words = [], []
    for source, inside in found.inside_80.items():
        p = found.p_value[source]
        verdicts.append(judged(inside, review=p < _CHANCE[0], fail=p < _CHANCE[1] and inside < _LEAST_INSIDE))
        words.append(
            f"{source}: {inside:.0%} of cells inside the 80 % band, {found.inside_90[source]:.0%} in 90 % (p {p:.2g})"
        )
    off = sorted(name for name, p in found.p_of_brand.items() if p * len(found.p_of_brand) < _CHANCE[0])
    if off:
        brands = (name.partition(": ") for name in off)
        words.append(f"totals off: {', '.join(f'{brand} ({source})' for source, _, brand in brands)}")
        verdicts.append(REVIEW)
    rows = tuple(
        dict(zip(("source", "place", "brand", "actual", "p10", "p50", "p90"), row, strict=True))
        for row in found.worst()
    )
    verdict = FAIL if FAIL in verdicts else REVIEW if REVIEW in verdicts else PASS
    if verdict != PASS:
        far = (f"{row['place']} / {row['brand']} ({row['source']})" for row in rows[:_NAMED])
        words.append(f"farthest off: {', '.join(far)}")
    cure = "Look at the cells named: what happened there that no table tells? Record campaigns, openings, shortages."
    value = min(found.inside_80.values())
    return Check(
        "predictive", about, verdict, value, wanted, "; ".join(words), cure if verdict != PASS else "", True, rows
    )


def certificate_check(found: Certificate | None) -> Check:
    """Coverage and bias where the truth is known, at this company's own size."""
    about = "Would this calibration find the truth in a company like this one?"
    wanted = (
        "80 % intervals that hold the truth as often as that, up to chance; no bias beyond half a standard deviation"
    )
    if found is None:
        cure = "Make one with `twin calibrate --certificate 20`."
        return Check("certificate", about, OPEN, None, wanted, "not made", cure)
    judged_ones = [one for one in found.parameters if one.identified]
    if not judged_ones:
        reason = f"in {found.n_histories} histories the data identify no parameter: all rests on priors"
        return Check("certificate", about, REVIEW, None, wanted, reason, "Longer history, market data or a test.")
    n = len(judged_ones)
    bad = [one for one in judged_ones if _misses(one, _COVERAGE_CHANCE[1] / n)]
    weak = [one for one in judged_ones if one not in bad and (_misses(one, _COVERAGE_CHANCE[0] / n) or _biased(one))]
    verdict = FAIL if bad or found.n_failed > found.n_histories / 2 else REVIEW if weak or found.n_failed else PASS
    say = f"{found.n_histories} histories, {LEVEL:.0%} intervals held the truth in {found.coverage:.0%} of cases"
    for one in (*bad, *weak):
        say += f"; {one.name}: {one.inside} of {one.n}, off by {one.bias_sds:+.1f} sd ({one.relative_bias:+.0%})"
    if found.n_failed:
        say += f"; {found.n_failed} histories could not be calibrated"
    rows = tuple(
        {
            "parameter": one.name, "identified": one.identified, "n": one.n, "inside": one.inside,
            "bias_sds": one.bias_sds, "relative_bias": one.relative_bias, "p": one.p_coverage,
        }
        for one in found.parameters
    )  # fmt: skip
    cure = "Read the intervals of the parameters named as too narrow, and their means as off by so much."
    return Check(
        "certificate", about, verdict, found.coverage, wanted, say, cure if verdict != PASS else "", True, rows
    )


def drift_check(moved: Sequence[Move] | None) -> Check:
    """How far the parameters went since the last calibration."""
    about = "Did what was learned stay where it was, now that more is known?"
    wanted = f"identified parameters within {_MANY_SDS[0]:g} standard deviations (fail beyond {_MANY_SDS[1]:g})"
    if moved is None:
        return Check("drift", about, OPEN, None, wanted, "there is no earlier calibration of this company")
    measured = [(abs(one.sds), one) for one in moved if one.identified and one.sds is not None]
    if not measured:
        return Check("drift", about, OPEN, None, wanted, "no parameter is identified in both calibrations")
    far = sorted((pair for pair in measured if pair[0] > _MANY_SDS[0]), key=lambda pair: -pair[0])
    value = max(size for size, _ in measured)
    verdict = judged(value, review=value > _MANY_SDS[0], fail=value > _MANY_SDS[1])
    say = f"{len(measured)} identified parameters, farthest {value:.1f} standard deviations"
    say += "".join(f"; {one.parameter}: {one.before:.3g} to {one.after:.3g} ({one.reason})" for _, one in far[:5])
    cure = "The market has changed, or one of the two datasets is wrong: `twin export moved` gives the reasons."
    # a market may truly change; it is a reason to look, not to distrust the new figures
    return Check("drift", about, verdict, value, wanted, say, cure if verdict != PASS else "", False)


def predictivity_check(calibration: Calibration) -> Check:
    """Whether simulated parameters can be read off simulated records."""
    about = "Can the parameters that nobody sees be read off simulated records?"
    wanted = (
        f"predictivity of {_PREDICTIVITY:g} or more for what is called identified, real records inside the simulated"
    )
    step = calibration.simulation
    if step is None or not step.n_rows:
        return Check("predictivity", about, OPEN, None, wanted, "no simulation-based step was made")
    rows = tuple(
        {"parameter": one.name, "predictivity": float(one.predictivity), "identified": bool(one.identified)}
        for one in step.parameters
    )
    claimed = [row for row in rows if row["identified"]]
    broken = [str(row["parameter"]) for row in claimed if row["predictivity"] < _PREDICTIVITY]
    foreign = step.verdict == REVIEW
    verdict = FAIL if broken else REVIEW if foreign else PASS
    say = f"{len(claimed)} of {len(rows)} parameters are identified by simulation"
    say += f"; without ground: {', '.join(broken)}" if broken else ""
    say += "; the real records lie at the edge of the simulated ones" if foreign else ""
    cure = "The model does not make records like yours: see which summaries were dropped, in the detail of the step."
    value = min((float(row["predictivity"]) for row in claimed), default=None) if claimed else None
    return Check("predictivity", about, verdict, value, wanted, say, cure if verdict != PASS else "", True, rows)


def priors_check(calibration: Calibration, carried: dict[str, tuple[Carried, ...]]) -> Check:
    """How much of the answers' uncertainty rests on what these data never taught."""
    about = "How much of what the twin says rests on priors?"
    wanted = f"priors carry less than {_HALF:.0%} of the variance of any answer"
    estimates = calibration.estimates()
    priors = [e.name for e in estimates if not e.identified]
    say = f"{len(priors)} of {len(estimates)} parameters are priors"
    if not carried:
        return Check("priors", about, OPEN, None, wanted, f"{say}; what they carry was not simulated")
    parts = {answer: of_priors(found) for answer, found in carried.items()}
    rows = tuple(
        {"answer": answer, "parameter": one.parameter, "identified": one.identified, "share": one.share}
        for answer, found in carried.items()
        for one in found
    )
    worst = max(parts, key=lambda answer: parts[answer])
    learn = [one for found in carried.values() for one in found if not one.identified]
    # not by commas: names and figures hold them
    say += "".join(f"; {answer}: {part:.0%} of its variance" for answer, part in parts.items())
    best = max(learn, key=lambda one: one.share).parameter if learn else ""
    verdict = REVIEW if parts[worst] > _HALF else PASS
    cure = f"Learn next: {best}." if best else ""
    return Check("priors", about, verdict, parts[worst], wanted, say, cure, False, rows)


def _misses(one: Recovered, chance: float) -> bool:
    """Too few inside; that an interval is too wide harms nobody."""
    return one.coverage < LEVEL and one.p_coverage < chance


def _biased(one: Recovered) -> bool:
    clear = abs(one.bias_sds) > _CLEAR_BIAS * one.bias_sds_error
    return bool(abs(one.bias_sds) > _HALF and clear and np.isfinite(one.bias_sds_error))
