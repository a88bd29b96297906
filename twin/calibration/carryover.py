"""Carry-over: how well each rate of forgetting explains sales, and what to believe of it.

Knows stocks and sales; whom visits follow, and what to do about it, stands in :mod:`twin.calibration.visit_fit`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import interpolate, stats

from twin.calibration import fixed_effects
from twin.calibration.fixed_effects import PoissonFit
from twin.calibration.panel import Panel, stock_regressors
from twin.response.parameters import PRIORS
from twin.weeks import WEEKS_PER_YEAR

WEEKS_PER_MONTH = WEEKS_PER_YEAR / 12
_MONTHLY_RHO = (0.30, 0.95)
_COARSE, _REFINE = 8, 2
_FINE = 801
_SHARP = 0.7
"""Carry-over counts as identified when its spread is below this part of the prior's."""


@dataclass(frozen=True)
class Profile:
    """Fit along the grid of carry-over.

    Parameters
    ----------
    rho : (n,) float, per week
    deviance : (n,) float
    coefficient : (n,) float
        b at each rho.
    mean_stock : (n,) float, visits
    """

    rho: NDArray[np.float64]
    deviance: NDArray[np.float64]
    coefficient: NDArray[np.float64]
    mean_stock: NDArray[np.float64]

    def at(self, rho: NDArray[np.float64], what: str) -> NDArray[np.float64]:
        """Smooth interpolation in the logarithm of the half-life, held flat outside the grid."""
        inside = np.clip(rho, self.rho[0], self.rho[-1])
        return interpolate.CubicSpline(_pace(self.rho), getattr(self, what))(_pace(inside))


@dataclass(frozen=True)
class Belief:
    """What is believed of the carry-over.

    Parameters
    ----------
    grid : (n,) float, per week
    cumulative : (n,) float
        Distribution function on the grid.
    reason : str
    identified : bool
    """

    grid: NDArray[np.float64]
    cumulative: NDArray[np.float64]
    reason: str
    identified: bool

    @property
    def mean(self) -> float:
        """Mean carry-over per week."""
        return float(np.diff(self.cumulative, prepend=0.0) @ self.grid)


def _pace(rho: NDArray[np.float64]) -> NDArray[np.float64]:
    """Logarithm of the half-life, up to a constant."""
    return -np.log(-np.log(rho))


def profile_of(panel: Panel, effects: NDArray[np.float64]) -> tuple[Profile, PoissonFit]:
    """Deviance along the carry-over: a coarse grid in half-life, then twice finer around the best point.

    Parameters
    ----------
    panel : Panel
    effects : (h,) float, visits
        Worth of one contact of each channel.

    Returns
    -------
    Profile
    PoissonFit
        The best of the fits.
    """
    found: dict[float, tuple[PoissonFit, float]] = {}
    fit: PoissonFit | None = None

    def visit(pace: float) -> None:
        nonlocal fit
        design, stock = stock_regressors(panel, float(np.exp(-np.exp(-pace))), effects)
        fit = fixed_effects.fit(panel.volume, design, panel.mask, panel.group, fit)
        found[pace] = (fit, stock)

    ends = _pace(np.array(_MONTHLY_RHO) ** (1 / WEEKS_PER_MONTH))
    grid = np.linspace(*ends, _COARSE)
    gap = grid[1] - grid[0]
    for pace in grid:
        visit(float(pace))
    for _ in range(_REFINE):
        gap /= 2
        best = min(found, key=lambda pace: found[pace][0].deviance)
        for pace in (best - gap, best + gap):
            if ends[0] < pace < ends[1]:
                visit(float(pace))
    paces = sorted(found)
    fits = [found[pace][0] for pace in paces]
    profile = Profile(
        np.exp(-np.exp(-np.array(paces))),
        np.array([fit.deviance for fit in fits]),
        np.array([fit.coefficients[0] for fit in fits]),
        np.array([found[pace][1] for pace in paces]),
    )
    return profile, min(fits, key=lambda fit: fit.deviance)


def belief_of(profile: Profile, fit: PoissonFit | None) -> Belief:
    """Prior times likelihood of the carry-over; the prior alone without a fit that can be trusted.

    The deviance is divided by the dispersion, and by the design effect where sales of one customer depend over time.
    """
    prior = PRIORS["carryover"]
    rho = np.linspace(prior.low, prior.high, _FINE)
    log_weight = stats.norm.logpdf(rho, prior.mean, prior.sd)
    if fit is not None:
        design_effect = max(1.0, float(fit.robust[0, 0] / fit.covariance[0, 0]))
        deviance = profile.at(rho, "deviance")
        log_weight -= (deviance - deviance.min()) / (2 * max(fit.dispersion * design_effect, 1e-300))
    weight = np.exp(log_weight - log_weight.max())
    weight /= weight.sum()
    spread = np.sqrt(weight @ (rho - weight @ rho) ** 2)
    sharp = fit is not None and bool(spread < _SHARP * prior.sd)
    reason = "deviance profile and prior" if sharp else "deviance profile is flat: mostly the prior"
    if fit is None:
        reason = "visits follow demand, which lasts as stocks do: prior"
    return Belief(rho, np.cumsum(weight), reason, sharp)
