"""Joint belief: elasticity, carry-over and curvature together, what the data say weighed with the literature."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from twin.calibration.visits.carryover import Belief
from twin.calibration.visits.fit import Fitted, symmetry
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
    """

    rho: NDArray[np.float64]
    curvature: NDArray[np.float64]
    elasticity: NDArray[np.float64]
    sd: float


def drawn(fitted: Fitted, n_draws: int, seed: int, beliefs: Mapping[str, Prior]) -> Joint:
    """Draws of elasticity, carry-over and curvature.

    The estimate of the elasticity hangs on the other two: a pair that asks for an elasticity out of all experience is
    itself less likely. So pairs count by how far the elasticity they ask for agrees with its prior, the estimate's own
    error allowed for, and then the elasticity given the pair is weighed with the prior by precision: Bayes' rule for
    three normal beliefs and one normal estimate.

    Student's t, because few groups, or few customers, carry the error; the more the prior speaks, whose error is
    known, the more degrees of freedom (Satterthwaite 1946). Of what contacts to come show, a part is taken off that the
    data do not tell, see :func:`twin.calibration.visits.fit.symmetry`.
    """
    prior, belief = believed("visit_elasticity", beliefs), fitted.belief
    part = symmetry(beliefs)
    centre = fitted.elasticity - part.mean * fitted.mirror
    noise = np.sqrt(_variance(fitted, part.mean) + (part.sd * fitted.mirror) ** 2)
    grid = belief.rho[:, None], belief.curvature[None, :]
    asked, error = centre + _moved(fitted, *grid), noise * _wider(fitted, *grid)
    middle = float((belief.weight * asked).sum())
    sd = float(np.sqrt((belief.weight * ((asked - middle) ** 2 + error**2)).sum()))
    agreed = _agreed(belief, asked, error, prior)
    rho, curvature = agreed.draw(
        *(parameter_uniforms(name, n_draws, seed) for name in ("carryover", "visit_curvature"))
    )
    wider = _wider(fitted, rho, curvature)
    trust = prior.sd**2 / (prior.sd**2 + (noise * wider) ** 2)
    luck = stats.t.ppf(parameter_uniforms("visit_log_effect", n_draws, seed), fitted.degrees / trust**2)
    taken = part.quantile(parameter_uniforms("chasing_symmetry", n_draws, seed)) if fitted.mirror else part.mean
    off = (part.mean - taken) * fitted.mirror + np.sqrt(_variance(fitted, taken)) * luck
    elasticity = prior.mean + trust * (centre + _moved(fitted, rho, curvature) - prior.mean)
    return Joint(rho, curvature, elasticity + np.sqrt(trust) * wider * off, sd)


def _agreed(belief: Belief, asked: NDArray, error: NDArray, prior: Prior) -> Belief:
    """The belief in carry-over and curvature, told what elasticity each pair asks for."""
    weight = belief.weight * stats.norm.pdf(asked, prior.mean, np.sqrt(error**2 + prior.sd**2))
    total = float(weight.sum())
    return replace(belief, weight=weight / total) if total > 0 else belief


def _variance(fitted: Fitted, part: NDArray[np.float64] | float) -> NDArray[np.float64]:
    """Sampling variance of the elasticity with that part of its mirror taken off."""
    spread = fitted.covariance
    return np.maximum(spread[0, 0] - 2 * part * spread[0, 1] + part**2 * spread[1, 1], 0.0)


def _moved(fitted: Fitted, rho: NDArray[np.float64], curvature: NDArray[np.float64]) -> NDArray[np.float64]:
    """Elasticity at pairs less that at the mean of the belief."""
    return fitted.shift.at(rho, curvature) - fitted.shift.at(*_middle(fitted))


def _wider(fitted: Fitted, rho: NDArray[np.float64], curvature: NDArray[np.float64]) -> NDArray[np.float64]:
    """Standard error of the elasticity at pairs over that at the mean of the belief."""
    return np.exp(fitted.log_error.at(rho, curvature) - fitted.log_error.at(*_middle(fitted)))


def _middle(fitted: Fitted) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    rho, curvature = fitted.belief.mean
    return np.array([rho]), np.array([curvature])
