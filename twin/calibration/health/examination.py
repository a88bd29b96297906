"""Examination: every check of a calibration, made and gathered into the health card."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from twin.calibration.calibrate import CalibrationSettings
from twin.calibration.calibration import Calibration
from twin.calibration.health.bands import band_checks
from twin.calibration.health.card import HealthCard
from twin.calibration.health.certificate import Certificate, certify
from twin.calibration.health.data import data_checks
from twin.calibration.health.fit import (
    certificate_check,
    drift_check,
    predictive_check,
    predictivity_check,
    priors_check,
)
from twin.calibration.health.foretold import Predictive
from twin.calibration.health.moved import Move
from twin.calibration.health.next_to_learn import Carried, carried_variance
from twin.calibration.health.predictive import LEAST_RUNS, LEAST_TRAINING, YEAR, foretell, long_enough
from twin.calibration.health.sanity import Answers, ask
from twin.calibration.health.visits import visit_checks
from twin.calibration.visits.reach import Reach, reach_of
from twin.errors import CalibrationError
from twin.market.history import History
from twin.market.world import World
from twin.progress import Progress, silent


@dataclass(frozen=True)
class Depth:
    """How thoroughly to examine.

    Parameters
    ----------
    predictive : bool
        Foretell last year: a second calibration.
    n_histories : int
        Of the recovery certificate; 0: none is made.
    answers : bool
        Ask the twin what the literature knows the order of: a hundred years of simulation.
    """

    predictive: bool = True
    n_histories: int = 0
    answers: bool = True

    def __post_init__(self) -> None:
        if self.n_histories < 0:
            raise ValueError(f"n_histories: expected 0 or more, got {self.n_histories}")


@dataclass(frozen=True)
class Examined:
    """The card, and what it rests on.

    Parameters
    ----------
    card : HealthCard
    answers : Answers or None
    reach : Reach
    carried : dict of answer to tuple of Carried
    predictive : Predictive or None
    certificate : Certificate or None
    """

    card: HealthCard
    answers: Answers | None
    reach: Reach
    carried: dict[str, tuple[Carried, ...]]
    predictive: Predictive | None
    certificate: Certificate | None


def examine(
    calibration: Calibration,
    world: World,
    history: History,
    settings: CalibrationSettings,
    moved: Sequence[Move] | None = None,
    depth: Depth = Depth(),
    progress: Progress | None = None,
) -> Examined:
    """Make every check.

    Parameters
    ----------
    calibration : Calibration
    world, history : World, History
        From which it was learned.
    settings : CalibrationSettings
        With which it was learned.
    moved : sequence of Move, optional
        Against the last calibration of the same company.
    depth : Depth
    progress : Progress, optional

    Returns
    -------
    Examined
    """
    tell = progress or silent
    answers = ask(calibration, world, history, progress=tell) if depth.answers else None
    carried = {} if answers is None else _carried(calibration, answers)
    reach = reach_of(world, history, float(calibration.visit_response.rho.draws.mean()))
    predictive, why_not = _predictive(calibration, world, history, settings, depth, tell)
    certificate = None
    if depth.n_histories:
        certificate = certify(calibration, world, history, depth.n_histories, settings, tell)
    checks = (
        *data_checks(calibration, world, history),
        *visit_checks(calibration),
        predictivity_check(calibration),
        predictive_check(predictive, why_not),
        certificate_check(certificate),
        drift_check(moved),
        *band_checks(calibration, answers, reach),
        priors_check(calibration, carried),
    )
    return Examined(HealthCard(checks), answers, reach, carried, predictive, certificate)


def _carried(calibration: Calibration, answers: Answers) -> dict[str, tuple[Carried, ...]]:
    asked = {
        "sales of next year": answers.own_volume,
        "a tenth more visits": answers.more_visits_pct,
        "a post that is empty for a year": answers.vacancy_pct,
    }
    estimates = calibration.estimates()
    found = {name: carried_variance(figures, estimates) for name, figures in asked.items() if len(figures)}
    return {name: carried for name, carried in found.items() if carried}


def _predictive(
    calibration: Calibration, world: World, history: History, settings: CalibrationSettings, depth: Depth,
    tell: Progress,
) -> tuple[Predictive | None, str]:  # fmt: skip
    """The year foretold, or why it was not."""
    if not depth.predictive:
        return None, ""
    if not long_enough(history):
        return None, f"needs {YEAR + LEAST_TRAINING} weeks of history, there are {history.n_weeks}"
    if calibration.n_draws < LEAST_RUNS:
        return None, f"needs {LEAST_RUNS} draws, there are {calibration.n_draws}"
    try:
        return foretell(world, history, replace(settings, beliefs={}), tell), ""
    except CalibrationError as error:
        return None, f"the twin cannot be calibrated as of a year ago: {error}"
