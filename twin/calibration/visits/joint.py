"""Joint belief: elasticity, carry-over and curvature together, what the data say weighed with the literature."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import special, stats

from twin.calibration.visits.carryover import Belief
from twin.calibration.visits.chased import View
from twin.calibration.visits.fit import Fitted
from twin.response.parameters import Prior, believed, parameter_uniforms


@dataclass(frozen=True)
class Joint:
    """Draws of the three.

    Parameters
    ----------
    rho : (d,) float, per week
    curvature : (d,) float
    elasticity : (d,) float
        Goes with the other two draw by draw.
    sd : float
        Spread of the elasticity that the data alone leave.
    suffices : float
        Chance that reps know no more of demand than the record, where they chase it and the record foretells visits.
    """

    rho: NDArray[np.float64]
    curvature: NDArray[np.float64]
    elasticity: NDArray[np.float64]
    sd: float
    suffices: float


def drawn(fitted: Fitted, n_draws: int, seed: int, beliefs: Mapping[str, Prior]) -> Joint:
    """Draws of elasticity, carry-over and curvature.

    The estimate of the elasticity hangs on the other two: a pair that asks for an elasticity out of all experience is
    itself less likely. So pairs count by how far the elasticity they ask for agrees with its prior, the estimate's own
    error allowed for, and then the elasticity given the pair is weighed with the prior by precision: Bayes' rule for
    three normal beliefs and one normal estimate.

    Student's t, because few groups, or few customers, carry the error; the more the prior speaks, whose error is
    known, the more degrees of freedom (Satterthwaite 1946). Where reps chase demand there is one estimate for each view
    of what they know, see :mod:`twin.calibration.visits.chased`: each draw takes one of them, by its chance and how far
    what it asks for agrees with all experience.
    """
    every = [_given(view, fitted, n_draws, seed, beliefs) for view in fitted.views(beliefs)]
    chance = special.softmax([one.log_evidence for one in every])
    taken = np.searchsorted(np.cumsum(chance)[:-1], parameter_uniforms("reps_know_more", n_draws, seed))
    rho, curvature, elasticity = (
        np.choose(taken, [getattr(one, name) for one in every]) for name in ("rho", "curvature", "elasticity")
    )
    middle = float(chance @ [one.middle for one in every])
    square = float(chance @ [one.sd**2 + one.middle**2 for one in every])
    return Joint(rho, curvature, elasticity, float(np.sqrt(max(square - middle**2, 0.0))), float(chance[0]))


@dataclass(frozen=True)
class _Given:
    """Draws if one view holds; mean and spread that the data alone leave, and the chance of it all."""

    rho: NDArray[np.float64]
    curvature: NDArray[np.float64]
    elasticity: NDArray[np.float64]
    middle: float
    sd: float
    log_evidence: float


def _given(view: View, fitted: Fitted, n_draws: int, seed: int, beliefs: Mapping[str, Prior]) -> _Given:
    prior, belief = believed("visit_elasticity", beliefs), fitted.belief
    grid = belief.rho[:, None], belief.curvature[None, :]
    asked, error = view.centre + _moved(fitted, *grid), view.noise * _wider(fitted, *grid)
    middle = float((belief.weight * asked).sum())
    sd = float(np.sqrt((belief.weight * ((asked - middle) ** 2 + error**2)).sum()))
    agreed, log_evidence = _agreed(belief, asked, error, prior)
    rho, curvature = agreed.draw(
        *(parameter_uniforms(name, n_draws, seed) for name in ("carryover", "visit_curvature"))
    )
    wider = _wider(fitted, rho, curvature)
    trust = prior.sd**2 / (prior.sd**2 + (view.noise * wider) ** 2)
    degrees = fitted.degrees / np.maximum(trust * view.sampled, 1e-6) ** 2
    luck = view.noise * stats.t.ppf(parameter_uniforms("visit_log_effect", n_draws, seed), degrees)
    elasticity = prior.mean + trust * (view.centre + _moved(fitted, rho, curvature) - prior.mean)
    return _Given(
        rho, curvature, elasticity + np.sqrt(trust) * wider * luck, middle, sd, view.log_chance + log_evidence
    )  # fmt: skip


def _agreed(belief: Belief, asked: NDArray, error: NDArray, prior: Prior) -> tuple[Belief, float]:
    """The belief in carry-over and curvature, told what elasticity each pair asks for, and the log chance of that."""
    with np.errstate(divide="ignore"):
        log_weight = np.log(belief.weight) + stats.norm.logpdf(asked, prior.mean, np.sqrt(error**2 + prior.sd**2))
    total = float(special.logsumexp(log_weight))
    return replace(belief, weight=np.exp(log_weight - total)), total


def _moved(fitted: Fitted, rho: NDArray[np.float64], curvature: NDArray[np.float64]) -> NDArray[np.float64]:
    """Elasticity at pairs less that at the mean of the belief."""
    return fitted.shift.at(rho, curvature) - fitted.shift.at(*_middle(fitted))


def _wider(fitted: Fitted, rho: NDArray[np.float64], curvature: NDArray[np.float64]) -> NDArray[np.float64]:
    """Standard error of the elasticity at pairs over that at the mean of the belief."""
    return np.exp(fitted.log_error.at(rho, curvature) - fitted.log_error.at(*_middle(fitted)))


def _middle(fitted: Fitted) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    rho, curvature = fitted.belief.mean
    return np.array([rho]), np.array([curvature])
