"""Visit fit: channel effects, control of chased demand, and jackknife behind the visit response.

Gives point estimates and standard errors; draws nothing, see :mod:`twin.calibration.visits.response`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from twin.calibration.levels.panel import Panel, stock_regressors
from twin.calibration.visits import bias as visit_bias
from twin.calibration.visits import chased, fixed_effects, unforetold
from twin.calibration.visits.carryover import (
    Belief,
    Profile,
    Surface,
    belief_of,
    log_error_of,
    profile_of,
    surface_of,
    visits_part,
)
from twin.calibration.visits.channels import (
    Setting,
    channel_effects,
    clear_channels,
    learnable_channels,
    prior_effects,
)
from twin.calibration.visits.fixed_effects import PoissonFit
from twin.calibration.visits.headroom import with_headroom
from twin.calibration.visits.jackknife import Fitter, jackknife
from twin.calibration.visits.persistence import lasting_demand
from twin.calibration.visits.way import ALONE, UNFORETOLD, Way, capacity_of, follows_demand, way_of
from twin.calibration.visits.weights import weighed
from twin.errors import CalibrationError
from twin.market.channels import VISIT
from twin.market.world import World
from twin.response.parameters import Prior, believed

_LEAST = 3.0
"""Groups, or customers of equal weight, that a standard error is taken to rest on at the least."""


@dataclass(frozen=True)
class Fitted:
    """Point estimates and their standard errors.

    Parameters
    ----------
    panel : Panel
    effects : (h,) float, visits
        Worth of a contact of each channel in the stock.
    profile : Profile
    belief : Belief
        Of carry-over and curvature.
    way : Way
    elasticity : float
        At the mean of ``belief``; with ``UNFORETOLD``, that of unforetold visits.
    beside : Beside
        What was found beside it; nothing unless ``UNFORETOLD``.
    foretold : bool
        Whether the record foretells visits; only then is there an elasticity of unforetold ones.
    covariance : (3, 3) float
        Of ``elasticity`` and the figures of ``beside``, jackknifed.
    n_groups : int
        Groups of the jackknife.
    shift : Surface
        Elasticity over carry-over and curvature.
    log_error : Surface
        Logarithm of its standard error, up to a constant.
    worth : mapping of channel to (estimate, standard error)
        Only channels that the data can compare with a visit.
    design : (1, c, p) float32
        Regressor at the mean of ``belief``.
    fit : PoissonFit
        Two-way fixed effects on it.
    """

    panel: Panel
    effects: NDArray[np.float64]
    profile: Profile
    belief: Belief
    way: Way
    elasticity: float
    beside: chased.Beside
    foretold: bool
    covariance: NDArray[np.float64]
    n_groups: int
    shift: Surface
    log_error: Surface
    worth: dict[int, tuple[float, float]]
    design: NDArray[np.float32]
    fit: PoissonFit

    @property
    def sd(self) -> float:
        """Standard error of the elasticity."""
        return float(np.sqrt(self.covariance[0, 0]))

    def views(self, beliefs: Mapping[str, Prior]) -> tuple[chased.View, ...]:
        """What the elasticity may be, by what reps may know."""
        if self.way.name != UNFORETOLD:
            return (chased.alone(self.elasticity, self.sd),)
        kept = chased.RECORD if self.panel.record.periods.kind == "week" else chased.MONTHLY
        return chased.views(self.elasticity, self.beside, self.covariance, kept if self.foretold else None, beliefs)

    @property
    def effective_customers(self) -> float:
        """How many customers of equal weight the effect rests on as much as on these."""
        influence = self.fit.influence[:, 0] ** 2
        return float(influence.sum() ** 2 / max(float((influence**2).sum()), 1e-300))

    @property
    def degrees(self) -> float:
        """Degrees of freedom of the standard error.

        Groups of the jackknife less one, or fewer where few customers carry the effect (Carter, Schnepel and
        Steigerwald 2017).
        """
        return max(min(float(self.n_groups), self.effective_customers), _LEAST) - 1.0


def estimate(
    world: World, panel: Panel, beliefs: Mapping[str, Prior] | None = None, share: NDArray[np.float64] | None = None
) -> Fitted:
    """Carry-over, curvature, elasticity and channel effects with their errors.

    ``share``: ours of each customer, (n,) float, see :func:`twin.calibration.visits.headroom.with_headroom`.

    Raises
    ------
    CalibrationError
        When the panel carries no information on the visit effect.
    """
    effects = prior_effects(world)
    rho, habit = (believed(name, beliefs).mean for name in ("carryover", "habit"))
    before, _ = stock_regressors(panel, rho, effects)
    panel = with_headroom(panel, before[0], share, habit)
    panel = weighed(panel, before * panel.headroom[:, None])
    setting = Setting(world, panel, effects, learnable_channels(panel), beliefs or {})
    try:
        return _estimate(setting)
    except CalibrationError:
        if not setting.learnable:
            raise
        # a channel that always goes with visits cannot be told from them; the visit effect need not suffer
        return _estimate(replace(setting, learnable=()))


def _estimate(setting: Setting) -> Fitted:
    panel = setting.panel
    profile, fit = profile_of(panel, setting.effects)
    belief = belief_of(profile, fit, setting.beliefs)
    setting = replace(setting, learnable=clear_channels(setting, belief.mean[0], fit))
    if setting.learnable:
        setting = replace(setting, effects=channel_effects(setting, belief.mean[0], fit))
        profile, fit = profile_of(panel, setting.effects)
        belief = belief_of(profile, fit, setting.beliefs)
    design, _ = stock_regressors(panel, belief.mean[0], setting.effects, setting.learnable, belief.mean[1])
    full = fixed_effects.fit(panel.working, design, panel.mask, panel.group, fit)
    lead, lasting = visit_bias.lead_test(panel, design, full), lasting_demand(panel, design, full)[1]
    capacity = capacity_of(panel, design, belief.mean[0])
    follows = follows_demand(lead, lasting, capacity)
    if follows:
        # demand shocks last, and so do stocks that follow them: the profile would mistake one for the other
        belief = belief_of(profile, None, setting.beliefs)
        design, _ = stock_regressors(panel, belief.mean[0], setting.effects, setting.learnable, belief.mean[1])
        full = fixed_effects.fit(panel.working, design, panel.mask, panel.group)
        capacity = capacity_of(panel, design, belief.mean[0])
    way = way_of(capacity, lead, lasting, follows)
    shift, log_error = profile.elasticity, profile.log_error
    surprise = unforetold.surprises(panel) if way.name == UNFORETOLD else None
    if way.name != ALONE:
        shift, log_error = _corrected(setting, way, surprise)
    fitter = Fitter(setting, way, belief.mean, design, full if way.name == ALONE else None, surprise)
    whole, covariance, worth, n_groups = jackknife(setting, fitter, belief.mean)
    return Fitted(
        panel, setting.effects, profile, belief, way, whole[0], chased.Beside(*whole[1:]), surprise is not None,
        covariance, n_groups, shift, log_error, worth, design[:1], full,
    )  # fmt: skip


def _corrected(setting: Setting, way: Way, surprise: NDArray[np.float32] | None) -> tuple[Surface, Surface]:
    """How the corrected elasticity, and the logarithm of its error, move over carry-over and curvature."""
    panel, everyone = setting.panel, np.arange(len(setting.panel))
    of_rho, of_curve = believed("carryover", setting.beliefs), believed("visit_curvature", setting.beliefs)
    rhos = np.clip(of_rho.mean + 1.5 * of_rho.sd * np.array([-1, 0, 1]), of_rho.low, of_rho.high)
    curves = np.clip(of_curve.mean + 1.5 * of_curve.sd * np.array([-1, 0, 1]), of_curve.low, of_curve.high)
    found = np.zeros((2, 3, 3))
    for k, rho in enumerate(rhos):
        start = None
        for m, curvature in enumerate(curves):
            design, _ = stock_regressors(panel, rho, setting.effects, (VISIT,), curvature)
            fitter = Fitter(setting, way, (float(rho), float(curvature)), design[:1], start, surprise)
            (b, *_), start = fitter.without(everyone)
            part = visits_part(panel, design[1])
            found[:, m, k] = b * part, log_error_of(start, part)
    elasticity, error = (
        surface_of(list(zip(rhos, one[1])), list(rhos), (one - one[1]).tolist(), list(curves)) for one in found
    )
    return elasticity, error
