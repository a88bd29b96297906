"""Carry-over and curvature: how well each pair of them explains sales, and what to believe of the two together.

Knows stocks and sales; whom visits follow, and what to do about it, stands in :mod:`twin.calibration.visits.fit`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import interpolate, stats

from twin.calibration.levels.panel import Panel, stock_regressors
from twin.calibration.visits import fixed_effects
from twin.calibration.visits.fixed_effects import PoissonFit
from twin.market.channels import VISIT
from twin.response.parameters import Prior, believed
from twin.weeks import WEEKS_PER_YEAR

WEEKS_PER_MONTH = WEEKS_PER_YEAR / 12
CURVATURES = (-1.5, -1.0, -0.5, 0.0, 0.5, 1.0)
"""From a stock over one plus itself (Hill) through the logarithm to a straight line."""
_MONTHLY_RHO = (0.30, 0.95)
_COARSE, _FINER, _REFINE = 8, 2, 2
_LAST = (_COARSE - 1) * _FINER**_REFINE
_FINE_RHO, _FINE_CURVATURE = 241, 61
SHARP = 0.7
"""A parameter counts as identified when its spread is below this part of the prior's."""


@dataclass(frozen=True)
class Surface:
    """A figure over carry-over and curvature, smooth between the points where it was worked out.

    Parameters
    ----------
    rho : (n,) float, per week
    level : (n,) float
        The figure at curvature 0.
    near : (3,) float, per week
        Carry-overs at which the other curvatures were tried.
    curvature : (m,) float
        0 among them.
    change : (m, 3) float
        The figure there less that at curvature 0.
    """

    rho: NDArray[np.float64]
    level: NDArray[np.float64]
    near: NDArray[np.float64]
    curvature: NDArray[np.float64]
    change: NDArray[np.float64]

    def at(self, rho: NDArray[np.float64], curvature: NDArray[np.float64]) -> NDArray[np.float64]:
        """Value at pairs: (...) float. Smooth in the logarithm of the half-life; held flat outside of what was tried.

        Between the three carry-overs the change is a parabola, because deviances are one near their lowest point.
        """
        rho, curvature = np.broadcast_arrays(rho, curvature)
        level = interpolate.CubicSpline(_pace(self.rho), self.level)(_pace(np.clip(rho, self.rho[0], self.rho[-1])))
        bounds = self.curvature[0], self.curvature[-1]
        change = interpolate.CubicSpline(self.curvature, self.change)(np.clip(curvature, *bounds))
        x, nodes = _pace(np.clip(rho, self.near[0], self.near[-1])), _pace(self.near)
        for k in range(3):
            others = np.delete(nodes, k)
            level = level + change[..., k] * np.prod([(x - o) / (nodes[k] - o) for o in others], axis=0)
        return level


@dataclass(frozen=True)
class Profile:
    """What was found over carry-over and curvature.

    Parameters
    ----------
    deviance : Surface
    elasticity : Surface
        Of own sales to visits at volume-weighted stocks.
    log_part : Surface
        Logarithm of the elasticity over the coefficient.
    log_error : Surface
        Logarithm of the elasticity's standard error, up to a constant.
    stock : Surface, visits
        Volume-weighted mean stock.
    """

    deviance: Surface
    elasticity: Surface
    log_part: Surface
    log_error: Surface
    stock: Surface


@dataclass(frozen=True)
class Belief:
    """What is believed of carry-over and curvature together.

    Parameters
    ----------
    rho : (n,) float, per week
    curvature : (m,) float
    weight : (n, m) float
        Sums to one.
    rho_reason, curvature_reason : str
    rho_identified, curvature_identified : bool
    """

    rho: NDArray[np.float64]
    curvature: NDArray[np.float64]
    weight: NDArray[np.float64]
    rho_reason: str
    curvature_reason: str
    rho_identified: bool
    curvature_identified: bool

    @property
    def mean(self) -> tuple[float, float]:
        """Mean carry-over per week, and mean curvature."""
        return float(self.weight.sum(axis=1) @ self.rho), float(self.weight.sum(axis=0) @ self.curvature)

    def draw(self, u: NDArray[np.float64], v: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Pairs at uniform numbers: (d,) and (d,) float."""
        rows = self.weight.sum(axis=1)
        rho = np.interp(u, rows.cumsum() - rows / 2, self.rho)
        row = np.clip(np.searchsorted(rows.cumsum(), u), 0, len(rows) - 1)
        given = self.weight[row] / np.maximum(rows[row], 1e-300)[:, None]
        middle = given.cumsum(axis=1) - given / 2
        curvature = np.array([np.interp(one, place, self.curvature) for one, place in zip(v, middle)])
        return rho, curvature


def _pace(rho: NDArray[np.float64]) -> NDArray[np.float64]:
    """Logarithm of the half-life, up to a constant."""
    return -np.log(-np.log(rho))


def _rho(place: int) -> float:
    """Carry-over per week at a place of the lattice."""
    low, high = _pace(np.array(_MONTHLY_RHO) ** (1 / WEEKS_PER_MONTH))
    return float(np.exp(-np.exp(-(low + (high - low) * place / _LAST))))


def profile_of(panel: Panel, effects: NDArray[np.float64]) -> tuple[Profile, PoissonFit]:
    """Deviance over carry-over and curvature.

    Along the carry-over at curvature 0 a coarse grid in half-life, then twice finer around the best point; the other
    curvatures at three carry-overs around it.

    Parameters
    ----------
    panel : Panel
    effects : (h,) float, visits
        Worth of one contact of each channel.

    Returns
    -------
    Profile
    PoissonFit
        The best of the fits at curvature 0.
    """
    walk = _Walk(panel, effects)
    best, near = walk.along_carryover()
    straight = walk.found[best, 0.0]
    for curvature in CURVATURES:
        walk.last = straight
        for place in near:
            walk.visit(place, curvature)
    return Profile(
        walk.surface(near, [one.fit.deviance for one in walk.found.values()]),
        walk.surface(near, [float(one.fit.coefficients[0]) * one.part for one in walk.found.values()]),
        walk.surface(near, [float(np.log(one.part)) for one in walk.found.values()]),
        walk.surface(near, [log_error_of(one.fit, one.part) for one in walk.found.values()]),
        walk.surface(near, [one.stock for one in walk.found.values()]),
    ), straight.fit


@dataclass(frozen=True)
class _Step:
    """One pair of carry-over and curvature, tried."""

    fit: PoissonFit
    part: float
    stock: float


class _Walk:
    """Pairs tried one after another, each from the fit before; carry-overs are places on a lattice in half-life."""

    def __init__(self, panel: Panel, effects: NDArray[np.float64]) -> None:
        self.panel, self.effects = panel, effects
        self.found: dict[tuple[int, float], _Step] = {}
        self.last: _Step | None = None

    def visit(self, place: int, curvature: float = 0.0) -> None:
        """Try a pair that was not tried before."""
        if (place, curvature) in self.found:
            return
        panel, start = self.panel, None
        design, stock = stock_regressors(panel, _rho(place), self.effects, (VISIT,), curvature)
        part = visits_part(panel, design[1])
        if self.last is not None:  # the elasticity hardly moves, the coefficient may by orders
            fit = self.last.fit
            start = replace(fit, coefficients=fit.coefficients * self.last.part / part)
        fit = fixed_effects.fit(panel.working, design[:1], panel.mask, panel.group, start)
        self.last = self.found[place, curvature] = _Step(fit, part, stock)

    def along_carryover(self) -> tuple[int, list[int]]:
        """The best at curvature 0, and three around it for the other curvatures."""
        gap = _FINER**_REFINE
        for place in range(0, _LAST + 1, gap):
            self.visit(place)
        while gap > 1:
            gap //= _FINER
            best = self._best()
            for place in (best - gap, best + gap):
                if 0 < place < _LAST:
                    self.visit(place)
        wide = _FINER**_REFINE
        middle = min(max(self._best(), wide), _LAST - wide)
        return self._best(), [middle - wide, middle, middle + wide]

    def _best(self) -> int:
        return min((place for place, q in self.found if q == 0.0), key=lambda one: self.found[one, 0.0].fit.deviance)

    def surface(self, near: list[int], figures: list[float]) -> Surface:
        """A figure of each pair as a surface."""
        values = dict(zip(self.found, figures))
        levels = sorted((_rho(place), value) for (place, curvature), value in values.items() if curvature == 0.0)
        change = [[values[place, q] - values[place, 0.0] for place in near] for q in CURVATURES]
        return surface_of(levels, [_rho(place) for place in near], change)


def surface_of(
    levels: Sequence[tuple[float, float]], near: Sequence[float], change: Sequence[Sequence[float]],
    curvature: Sequence[float] = CURVATURES,
) -> Surface:  # fmt: skip
    """A surface from (carry-over, figure) at curvature 0, and the changes by curvature at three carry-overs."""
    rho, level = np.array(levels).T
    return Surface(rho, level, np.array(near), np.array(curvature), np.array(change))


def visits_part(panel: Panel, slope: NDArray[np.float32]) -> float:
    """Volume-weighted mean of A_visit (1 + A)^(q - 1): change of the regressor by a relative change of visits."""
    return max(float((slope * panel.volume).sum() / max(float(panel.volume.sum()), 1e-300)), 1e-6)


def log_error_of(fit: PoissonFit, part: float) -> float:
    """Logarithm of the elasticity's standard error, clustered as the fit is."""
    return float(0.5 * np.log(max(float(fit.robust[0, 0]), 1e-300)) + np.log(part))


def belief_of(profile: Profile, fit: PoissonFit | None, beliefs: Mapping[str, Prior] | None = None) -> Belief:
    """Prior times likelihood of carry-over and curvature; the priors alone without a fit that can be trusted.

    The deviance is divided by the dispersion, and by the design effect where sales of one customer depend over time.
    """
    of_rho, of_curvature = believed("carryover", beliefs), believed("visit_curvature", beliefs)
    rho = np.linspace(of_rho.low, of_rho.high, _FINE_RHO)
    curvature = np.linspace(of_curvature.low, of_curvature.high, _FINE_CURVATURE)
    log_weight = _log_density(of_rho, rho)[:, None] + _log_density(of_curvature, curvature)[None, :]
    if fit is not None:
        deviance = profile.deviance.at(rho[:, None], curvature[None, :])
        log_weight = log_weight - (deviance - deviance.min()) / (2 * scale_of(fit))
    weight = np.exp(log_weight - log_weight.max())
    weight /= weight.sum()
    spread = [_spread(rho, weight.sum(axis=1)), _spread(curvature, weight.sum(axis=0))]
    sharp = [
        fit is not None and bool(one < SHARP * prior.sd) for one, prior in zip(spread, (of_rho, of_curvature))
    ]  # fmt: skip
    if fit is None:
        why = ["visits follow demand, which lasts as stocks do: prior"] * 2
    else:
        words = {
            True: "deviance profile and prior",
            False: "not identified: deviance profile is flat, mostly the prior",
        }
        why = [words[one] for one in sharp]
    return Belief(rho, curvature, weight, *why, *sharp)


def scale_of(fit: PoissonFit) -> float:
    """Deviance of one unit of evidence: dispersion times design effect."""
    design_effect = max(1.0, float(fit.robust[0, 0] / fit.covariance[0, 0]))
    return max(fit.dispersion * design_effect, 1e-300)


def _log_density(prior: Prior, x: NDArray[np.float64]) -> NDArray[np.float64]:
    return stats.norm.logpdf(x, prior.mean, prior.sd)


def _spread(x: NDArray[np.float64], weight: NDArray[np.float64]) -> float:
    return float(np.sqrt(weight @ (x - weight @ x) ** 2))
