"""Measurements 1 to 5, and 6 as far as visits go: what is learned of visits in worlds with a planted effect."""

from __future__ import annotations

from typing import Any

import numpy as np
from bench_tools import module
from measuring import MONTH, MORE, SEED, Measure, Part, once, part, with_rival

from twin.calibration.calibrate import CalibrationSettings, calibrate
from twin.calibration.visit_response import VisitResponse, learn_visit_response
from twin.forecast.ensemble import EnsembleSettings, simulate
from twin.forecast.forecast import own_and_category

EFFECT = 0.3


def responses(name: str, n: int, **plan: Any) -> list[VisitResponse]:
    """What was learned of visits in n planted worlds."""
    made = module("visit_worlds.py")

    def learn() -> list[VisitResponse]:
        return [learn_visit_response(*made.planted(made.Plan(**plan), SEED + seed), 200, 1) for seed in range(n)]

    return once(f"{name} {n}", learn)


def size_driven(n: int) -> list[VisitResponse]:
    """Worlds in which reps visit the large."""
    return responses("size", n, customers=1500)


def chasing(n: int) -> list[VisitResponse]:
    """Worlds in which reps chase rising demand, and capacity varies."""
    return responses(
        "chasing", n, customers=800, weeks=208, territories=20, visits_follow_demand=1.0, capacity_swing=0.4
    )


def bias(found: list[VisitResponse], effect: float = EFFECT) -> np.ndarray:
    """Relative error of the coefficient in each world."""
    return np.array([one.coefficient.draws.mean() / effect - 1.0 for one in found])


def elasticity_size_driven(n: int) -> list[Part]:
    found = size_driven(n)
    ours, per_b = bias(found), np.array([one.mean_stock / (1 + one.mean_stock) for one in found])
    naive = np.array([one.naive_elasticity for one in found]) / per_b / EFFECT - 1.0
    ratio = abs(ours.mean()) / abs(naive.mean())
    return [
        part("mean bias", ours.mean(), "abs <= 0.05", abs(ours.mean()) <= 0.05),
        part("largest bias of a world", np.abs(ours).max(), "<= 0.15", np.abs(ours).max() <= 0.15),
        part("mean bias of the naive figure", naive.mean(), "> 1", naive.mean() > 1),
        part("bias, ours over naive", ratio, "<= 0.05", ratio <= 0.05),
    ]


def elasticity_chasing(n: int) -> list[Part]:
    ours = bias(chasing(n)).mean()
    alone = bias(responses("fixed effects", n, customers=800, weeks=156, visits_follow_demand=1.0)).mean()
    return [
        part("mean bias with the control function", ours, "abs <= 0.15", abs(ours) <= 0.15),
        part("mean bias of fixed effects alone", alone, "> 0.5", alone > 0.5),
    ]


def lead_test(n: int) -> list[Part]:
    fires = np.mean([abs(one.lead_test_t) > 3 for one in chasing(n)])
    false = np.mean([abs(one.lead_test_t) > 2 for one in size_driven(n)])
    return [
        part("fires where reps chase", fires, ">= 0.95", fires >= 0.95),
        part("false alarms where they do not", false, "<= 0.10", false <= 0.10),
    ]


def elasticity_interval(n: int) -> list[Part]:
    parts = []
    for what, found in (("visits follow size", size_driven(n)), ("reps chase demand", chasing(n))):
        bounds = [np.quantile(one.coefficient.draws, [0.1, 0.9]) for one in found]
        inside = np.mean([low <= EFFECT <= high for low, high in bounds])
        why = f"needs 250 worlds to be judged, {n} were run"
        parts.append(part(f"80 % interval holds the truth, {what}", inside, "0.75 to 0.85", None, why))
    return parts


def carry_over(n: int) -> list[Part]:
    error = np.array([abs((one.rho.draws**MONTH).mean() - 0.75) for one in size_driven(n)])
    close = np.mean(error <= 0.10)
    return [part("worlds within 0.10 a month", close, ">= 0.90", close >= 0.90)]


def placebo(n: int) -> list[Part]:
    found = responses("placebo", n, customers=400, effect=0.0)
    covers = np.mean(
        [np.quantile(one.coefficient.draws, 0.1) <= 0 <= np.quantile(one.coefficient.draws, 0.9) for one in found]
    )
    uplift = placebo_uplift()
    return [
        part("80 % interval of the visit effect holds 0", covers, ">= 0.75", covers >= 0.75),
        part("uplift of a tenth more visits, percent, mean of 2 worlds", uplift, "abs < 0.1", abs(uplift) < 0.1, n=2),
    ]


def placebo_uplift() -> float:
    """What the twin promises for a tenth more visits where visits do nothing."""
    made, found = module("visit_worlds.py"), []
    for seed in range(2):
        world, history = with_rival(*made.planted(made.Plan(customers=800, effect=0.0), SEED + seed))
        learned = calibrate(world, history, CalibrationSettings(20))
        both = simulate(world, history, learned, (MORE,), EnsembleSettings(26, 20, 1, 1))
        base, more = (own_and_category(both, a, 1)[0].sum(axis=(1, 2, 3)) for a in (0, 1))
        found.append(100.0 * float((more / base - 1.0).mean()))
    return float(np.mean(found))


MEASURES = (
    Measure("1", "Visit elasticity where visits follow size", "made up", elasticity_size_driven, 20),
    Measure("2", "Visit elasticity where reps chase demand", "made up", elasticity_chasing, 20),
    Measure("3", "Lead test tells chasing from not chasing", "made up", lead_test, 20),
    Measure("4", "Interval of the visit elasticity", "made up", elasticity_interval, 20),
    Measure("5", "Carry-over is found", "made up", carry_over, 20),
    Measure("6", "Nothing is found where nothing is", "made up", placebo, 20),
)
