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
from twin.calibration.visits import fixed_effects
from twin.calibration.visits.carryover import Belief, Profile, Surface, belief_of, profile_of, surface_of, visits_part
from twin.calibration.visits.channels import (
    Setting,
    channel_effects,
    clear_channels,
    learnable_channels,
    prior_effects,
)
from twin.calibration.visits.fixed_effects import PoissonFit
from twin.calibration.visits.headroom import with_headroom
from twin.calibration.visits.persistence import LEAD_LIMIT, chases, lasting_demand
from twin.calibration.visits.weights import weighed
from twin.draws import identity
from twin.errors import CalibrationError
from twin.market.channels import VISIT
from twin.market.world import World
from twin.response.parameters import Prior, believed

ALONE, CONTROLLED, MIRRORED = "customer effects", "control function", "mirrored stock"
"""Ways to the estimate: visits that do not follow demand; that do, with capacity to tell; that do, without."""
_GROUPS = 20
_LEAST_GROUPS = 10


@dataclass(frozen=True)
class Way:
    """How the estimate is reached.

    Parameters
    ----------
    name : str
        ``ALONE``, ``CONTROLLED`` or ``MIRRORED``.
    reason : str
    lead : float
        t of the lead test.
    lasting : float
        t of demand that outlasts a quarter; ``nan`` where history is too short to tell.
    first_stage : float
        F of capacity, clustered by rep; ``nan`` without an instrument.
    n_reps : int
    capacity_cv : float
    capacity_lead : float
        t of capacity to come; ``nan`` without an instrument.
    """

    name: str
    reason: str
    lead: float
    lasting: float
    first_stage: float
    n_reps: int
    capacity_cv: float
    capacity_lead: float


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
        At the mean of ``belief``; with ``MIRRORED``, as visits and sales go together.
    covariance : (2, 2) float
        Of elasticity and ``mirror``, jackknifed.
    mirror : float
        What contacts to come show, as an elasticity; 0 unless ``MIRRORED``.
    n_groups : int
        Groups of the jackknife.
    shift : Surface
        Elasticity over carry-over and curvature.
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
    covariance: NDArray[np.float64]
    mirror: float
    n_groups: int
    shift: Surface
    worth: dict[int, tuple[float, float]]
    design: NDArray[np.float32]
    fit: PoissonFit

    @property
    def sd(self) -> float:
        """Standard error of the elasticity."""
        return float(np.sqrt(self.covariance[0, 0]))


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
    if chases(lead, lasting):
        # demand shocks last, and so do stocks that follow them: the profile would mistake one for the other
        belief = belief_of(profile, None, setting.beliefs)
        design, _ = stock_regressors(panel, belief.mean[0], setting.effects, setting.learnable, belief.mean[1])
        full = fixed_effects.fit(panel.working, design, panel.mask, panel.group)
    way = _way(panel, design, belief.mean[0], lead, lasting)
    shift = profile.elasticity if way.name == ALONE else _shift(setting, way, belief)
    whole, covariance, worth, n_groups = _jackknife(setting, way, belief.mean, design, full)
    return Fitted(
        panel, setting.effects, profile, belief, way, whole[0], covariance, whole[1], n_groups, shift, worth,
        design[:1], full,
    )  # fmt: skip


def _way(panel: Panel, design: NDArray[np.float32], rho: float, t: float, lasting: float) -> Way:
    """Whether visits follow demand, whether capacity can bear the estimate then, and the reason in words."""
    n_reps, variation = visit_bias.capacity_variation(panel)
    strength = answers = np.nan
    if n_reps >= visit_bias.MIN_REPS and variation >= visit_bias.MIN_CAPACITY_CV:
        instruments = visit_bias.capacity_instruments(panel, rho)
        strength = visit_bias.first_stage(panel, design, instruments, np.arange(len(panel)))[1]
        answers = visit_bias.capacity_lead(panel, design)
    bias = "reps may chase rising demand: upper bound" if t > 0 else "visits may follow falling demand: lower bound"
    if abs(t) < LEAD_LIMIT:
        name, reason = ALONE, f"customer and territory-period effects; lead test t = {t:.1f}"
    elif not chases(t, lasting):
        name = ALONE
        reason = (
            f"customer and territory-period effects; visits follow past purchases (lead test t = {t:.1f}), but what "
            f"customers buy more or less does not last a quarter (t = {lasting:.1f})"
        )
    elif np.isnan(strength):
        why = f"{n_reps} reps, capacity varies by {variation:.0%}"
        name, reason = MIRRORED, f"{bias}, corrected by what visits to come show (lead test t = {t:.1f}; {why})"
    elif strength < visit_bias.MIN_FIRST_STAGE_F or abs(answers) >= visit_bias.CAPACITY_LEAD_LIMIT:
        why = f"capacity explains too little, F = {strength:.1f}"
        if strength >= visit_bias.MIN_FIRST_STAGE_F:
            why = f"capacity goes with demand itself, t = {answers:.1f}"
        name, reason = MIRRORED, f"{bias}, corrected by what visits to come show (lead test t = {t:.1f}; {why})"
    else:
        name = CONTROLLED
        reason = f"visits follow demand (lead test t = {t:.1f}): capacity control function, F = {strength:.0f}"
    return Way(name, reason, t, lasting, float(strength), n_reps, variation, float(answers))


def _shift(setting: Setting, way: Way, belief: Belief) -> Surface:
    """How the corrected elasticity moves over what is believed of carry-over and curvature."""
    panel, everyone = setting.panel, np.arange(len(setting.panel))
    of_rho, of_curve = believed("carryover", setting.beliefs), believed("visit_curvature", setting.beliefs)
    rhos = np.clip(of_rho.mean + 1.5 * of_rho.sd * np.array([-1, 0, 1]), of_rho.low, of_rho.high)
    curves = np.clip(of_curve.mean + 1.5 * of_curve.sd * np.array([-1, 0, 1]), of_curve.low, of_curve.high)
    found = np.zeros((3, 3))
    for k, rho in enumerate(rhos):
        start = None
        for m, curvature in enumerate(curves):
            design, _ = stock_regressors(panel, rho, setting.effects, (VISIT,), curvature)
            fitter = _Fitter(setting, way, (float(rho), float(curvature)), design[:1], start)
            (b, mirror), start = fitter.without(everyone)[0][:2], fitter.last
            found[m, k] = (b - symmetry(setting.beliefs).mean * mirror) * visits_part(panel, design[1])
    middle = found[1]
    return surface_of(list(zip(rhos, middle)), list(rhos), (found - middle).tolist(), list(curves))


def symmetry(beliefs: Mapping[str, Prior]) -> Prior:
    """Part of the coefficient of contacts to come that contacts gone by owe to demand as well."""
    return believed("chasing_symmetry", beliefs)


class _Fitter:
    """The regression of one way, to be repeated without some of the customers.

    With the control function both of its stages are estimated anew each time.
    """

    def __init__(
        self, setting: Setting, way: Way, at: tuple[float, float], design: NDArray[np.float32],
        start: PoissonFit | None,
    ) -> None:  # fmt: skip
        self.panel, self.way, self.design, self.last = setting.panel, way, design, start
        self.n_learnable = len(design) - 1
        self.mask = setting.panel.mask
        self.extra: NDArray = np.empty(0)
        if way.name == CONTROLLED:
            self.extra = visit_bias.capacity_instruments(self.panel, at[0])
        elif way.name == MIRRORED:
            mirror, seen = visit_bias.mirrored(self.panel, at[0], setting.effects, at[1])
            self.design, self.mask = np.concatenate([design, mirror[None]]), self.mask & seen

    def without(self, rows: NDArray[np.intp]) -> tuple[NDArray[np.float64], PoissonFit]:
        """Coefficients of the stock and of its mirror, then of the learnable channels, on some customers."""
        panel = self.panel
        if self.way.name == CONTROLLED:
            fit = visit_bias.controlled_fit(panel, self.design, self.extra, rows, self.last)
        else:
            fit = fixed_effects.fit(
                panel.working[rows], self.design[:, rows], self.mask[rows], panel.group[rows], self.last
            )
        b = fit.coefficients
        if len(rows) == len(panel):
            self.last = fit
        mirror = b[-1] if self.way.name == MIRRORED else 0.0
        return np.r_[b[0], mirror, b[1 : 1 + self.n_learnable]], fit


def jackknife_groups(world: World, panel: Panel) -> NDArray[np.int64]:
    """Who is left out together: (c,) int. Reps, else territories, when there are ten; else customers at random."""
    if (panel.rep >= 0).all() and len(np.unique(panel.rep)) >= _LEAST_GROUPS:
        key = identity(world.reps.ids, "rep")[panel.rep]
    elif len(np.unique(world.population.territory[panel.customer])) >= _LEAST_GROUPS:
        key = identity(world.territories, "territory")[world.population.territory[panel.customer]]
    else:
        key = world.population.entity[panel.customer]
    return np.unique(key, return_inverse=True)[1] % _GROUPS


def _jackknife(
    setting: Setting, way: Way, at: tuple[float, float], design: NDArray[np.float32], start: PoissonFit
) -> tuple[NDArray[np.float64], NDArray[np.float64], dict[int, tuple[float, float]], int]:
    """Elasticity and mirror, their covariance, worth of each learnable channel, and the number of groups left out."""
    panel, learnable = setting.panel, list(setting.learnable)
    (slope,), _ = _visit_slope(setting, at)
    part = visits_part(panel, slope)
    fitter = _Fitter(setting, way, at, design, start if way.name == ALONE else None)
    whole = fitter.without(np.arange(len(panel)))[0]
    groups = jackknife_groups(setting.world, panel)
    parts = np.array([fitter.without(np.flatnonzero(groups != group))[0] for group in np.unique(groups)])
    n = len(parts)
    worths = [setting.effects[learnable] + one[2:] / (one[0] if one[0] else np.nan) for one in (whole, *parts)]
    every = np.column_stack([np.vstack([whole, parts])[:, :2] * part, np.array(worths).reshape(n + 1, -1)])
    off = every[1:] - every[1:].mean(axis=0)
    covariance = (n - 1) / n * off.T @ off
    sd = np.sqrt(np.diag(covariance))
    clear = every[0, 0] > LEAD_LIMIT * sd[0]
    worth = {h: (float(every[0, 2 + k]), float(sd[2 + k])) for k, h in enumerate(learnable) if clear}
    return every[0, :2], covariance[:2, :2], worth, n


def _visit_slope(setting: Setting, at: tuple[float, float]) -> tuple[NDArray[np.float32], float]:
    design, stock = stock_regressors(setting.panel, at[0], setting.effects, (VISIT,), at[1])
    return design[1:], stock
