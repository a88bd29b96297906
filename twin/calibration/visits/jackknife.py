"""Jackknife: the regression of one way repeated without the customers of some reps."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from twin.calibration.levels.panel import Panel, stock_regressors
from twin.calibration.visits import bias as visit_bias
from twin.calibration.visits import fixed_effects, unforetold
from twin.calibration.visits.carryover import visits_part
from twin.calibration.visits.channels import Setting
from twin.calibration.visits.fixed_effects import PoissonFit
from twin.calibration.visits.persistence import LEAD_LIMIT
from twin.calibration.visits.way import CONTROLLED, UNFORETOLD, Way
from twin.draws import identity
from twin.market.channels import VISIT
from twin.market.world import World

_GROUPS = 20
_LEAST_GROUPS = 10


class Fitter:
    """The regression of one way, to be repeated without some of the customers.

    With a control function both of its stages are estimated anew each time; what purchases foretell is not.
    """

    def __init__(
        self, setting: Setting, way: Way, at: tuple[float, float], design: NDArray[np.float32],
        start: PoissonFit | None, surprise: NDArray[np.float32] | None,
    ) -> None:  # fmt: skip
        self.panel, self.way, self.design, self.last = setting.panel, way, design, start
        self.n_learnable = len(design) - 1
        self.extra: NDArray = np.empty(0)
        if way.name == CONTROLLED:
            self.extra = visit_bias.capacity_instruments(self.panel, at[0])
        elif way.name == UNFORETOLD:
            self.mirror, seen = visit_bias.mirrored(self.panel, at[0], setting.effects, at[1])
            self.seen = self.panel.mask & seen
            if surprise is not None:
                self.extra = unforetold.stock_of(self.panel, surprise, *at)

    def without(self, rows: NDArray[np.intp]) -> tuple[NDArray[np.float64], PoissonFit]:
        """Coefficients of the stock, then of the learnable channels, on some customers."""
        panel = self.panel
        if self.way.name == CONTROLLED:
            fit = visit_bias.controlled_fit(panel, self.design, self.extra, rows, self.last)
        elif self.way.name == UNFORETOLD and self.extra.size:
            fit = unforetold.fit_on(panel, self.design, self.extra, rows, self.last)
        else:
            fit = fixed_effects.fit(
                panel.working[rows], self.design[:, rows], panel.mask[rows], panel.group[rows], self.last
            )
        if len(rows) == len(panel):
            self.last = fit
        return fit.coefficients[: 1 + self.n_learnable], fit

    def beside(self, rows: NDArray[np.intp]) -> NDArray[np.float64]:
        """Coefficients of the stock beside its mirror, and of that mirror: (2,) float.

        0 where visits do not follow demand or capacity tells how much.
        """
        if self.way.name != UNFORETOLD:
            return np.zeros(2)
        both = np.concatenate([self.design[:1], self.mirror[None]])[:, rows]
        panel = self.panel
        return fixed_effects.fit(panel.working[rows], both, self.seen[rows], panel.group[rows]).coefficients


def jackknife_groups(world: World, panel: Panel) -> NDArray[np.int64]:
    """Who is left out together: (c,) int. Reps, else territories, when there are ten; else customers at random."""
    if (panel.rep >= 0).all() and len(np.unique(panel.rep)) >= _LEAST_GROUPS:
        key = identity(world.reps.ids, "rep")[panel.rep]
    elif len(np.unique(world.population.territory[panel.customer])) >= _LEAST_GROUPS:
        key = identity(world.territories, "territory")[world.population.territory[panel.customer]]
    else:
        key = world.population.entity[panel.customer]
    return np.unique(key, return_inverse=True)[1] % _GROUPS


def jackknife(
    setting: Setting, fitter: Fitter, at: tuple[float, float]
) -> tuple[NDArray[np.float64], NDArray[np.float64], dict[int, tuple[float, float]], int]:
    """Elasticity and what stands beside it, their covariance, worth of each learnable channel, and groups left out.

    The first three are elasticities: of the way, of the stock beside its mirror, and of the mirror.
    """
    panel, learnable = setting.panel, list(setting.learnable)
    (slope,), _ = _visit_slope(setting, at)
    part = visits_part(panel, slope)
    groups = jackknife_groups(setting.world, panel)
    rows = [np.arange(len(panel)), *(np.flatnonzero(groups != group) for group in np.unique(groups))]
    whole, *parts = [np.r_[(found := fitter.without(some)[0])[0], fitter.beside(some), found[1:]] for some in rows]
    n = len(parts)
    worths = [setting.effects[learnable] + one[3:] / (one[0] if one[0] else np.nan) for one in (whole, *parts)]
    every = np.column_stack([np.vstack([whole, *parts])[:, :3] * part, np.array(worths).reshape(n + 1, -1)])
    off = every[1:] - every[1:].mean(axis=0)
    covariance = (n - 1) / n * off.T @ off
    sd = np.sqrt(np.diag(covariance))
    clear = every[0, 0] > LEAD_LIMIT * sd[0]
    worth = {h: (float(every[0, 3 + k]), float(sd[3 + k])) for k, h in enumerate(learnable) if clear}
    return every[0, :3], covariance[:3, :3], worth, n


def _visit_slope(setting: Setting, at: tuple[float, float]) -> tuple[NDArray[np.float32], float]:
    design, stock = stock_regressors(setting.panel, at[0], setting.effects, (VISIT,), at[1])
    return design[1:], stock
