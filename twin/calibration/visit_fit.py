"""Visit fit: carry-over profile, channel effects and jackknife behind the visit response.

Gives point estimates and standard errors; draws nothing, see :mod:`twin.calibration.visit_response`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import interpolate, stats

from twin.calibration import fixed_effects, visit_bias
from twin.calibration.fixed_effects import PoissonFit
from twin.calibration.panel import Panel, stock_regressors
from twin.draws import identity
from twin.market.channels import VISIT
from twin.market.world import World
from twin.response.parameters import PRIORS
from twin.weeks import WEEKS_PER_YEAR

WEEKS_PER_MONTH = WEEKS_PER_YEAR / 12
MIN_CUSTOMERS = 50
MIN_CONTACTS = 200
"""A channel's worth is estimated from this many contacts with at least ``MIN_CUSTOMERS`` customers."""
LEAD_LIMIT = 2.0
CHASING_WIDENING = 2.0
"""Least factor on the standard error when visits follow demand and nothing else moves them."""
_GROUPS = 20
_MONTHLY_RHO = (0.30, 0.95)
_COARSE, _REFINE = 8, 2
_GAUSS_NEWTON = 3
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


@dataclass(frozen=True)
class Fitted:
    """Point estimates and their standard errors.

    Parameters
    ----------
    panel : Panel
    profile : Profile
    rho : Belief
    b, b_sd : float
        Visit coefficient at the mean of ``rho``.
    b_shift : Profile
        Its ``coefficient`` tells how b moves with rho.
    worth : mapping of channel to (estimate, standard error)
        Only channels that the data can compare with a visit.
    lead : visit_bias.LeadTest
    chasing : bool
    reason : str
    n_customers : int
    """

    panel: Panel
    profile: Profile
    rho: Belief
    b: float
    b_sd: float
    b_shift: Profile
    worth: dict[int, tuple[float, float]]
    lead: visit_bias.LeadTest
    chasing: bool
    reason: str
    n_customers: int


@dataclass(frozen=True)
class _Setting:
    """What the regressions share."""

    world: World
    panel: Panel
    effects: NDArray[np.float64]
    learnable: tuple[int, ...]


def effect_name(channel: str) -> str:
    """Parameter whose prior speaks for a channel."""
    return f"effect_{channel}" if f"effect_{channel}" in PRIORS else "effect_other"


def prior_effects(world: World) -> NDArray[np.float64]:
    """Prior mean worth of one contact of each channel: (h,) float, visits."""
    return np.array([1.0 if h == VISIT else PRIORS[effect_name(name)].mean for h, name in enumerate(world.channels)])


def estimate(world: World, panel: Panel) -> Fitted:
    """Carry-over, visit coefficient and channel effects with their errors.

    Raises
    ------
    CalibrationError
        When the panel carries no information on the visit effect.
    """
    setting = _Setting(world, panel, prior_effects(world), _learnable(panel))
    profile, fit = _profile(setting)
    belief = _belief(profile, fit)
    if setting.learnable:
        setting = _Setting(world, panel, _channel_effects(setting, belief.mean, fit), setting.learnable)
        profile, fit = _profile(setting)
        belief = _belief(profile, fit)
    design, _ = stock_regressors(panel, belief.mean, setting.effects, setting.learnable)
    full = fixed_effects.fit(panel.volume, design, panel.mask, panel.group, fit)
    lead = visit_bias.lead_test(panel, design, full)
    chasing = abs(lead.t) >= LEAD_LIMIT
    control, reason = False, f"customer and territory-period effects; lead test t = {lead.t:.1f}"
    shift = profile
    if chasing:
        # demand shocks last, and so do stocks that follow them: the profile would mistake one for the other
        belief = _belief(profile, None)
        design, _ = stock_regressors(panel, belief.mean, setting.effects, setting.learnable)
        control, reason = _control(panel, design, belief.mean, lead.t)
        shift = _controlled_profile(setting) if control else profile
    start = None if control or chasing else full
    b, b_sd, worth = _jackknife(setting, design, start, belief.mean if control else None)
    if chasing and not control:
        b_sd = max(CHASING_WIDENING * b_sd, abs(lead.with_lead - lead.without_lead))
    return Fitted(panel, profile, belief, b, b_sd, shift, worth, lead, chasing, reason, full.n_customers)


def _pace(rho: NDArray[np.float64]) -> NDArray[np.float64]:
    """Logarithm of the half-life, up to a constant."""
    return -np.log(-np.log(rho))


def _profile(setting: _Setting) -> tuple[Profile, PoissonFit]:
    """Deviance along the carry-over: a coarse grid in half-life, then twice finer around the best point."""
    panel = setting.panel
    found: dict[float, tuple[PoissonFit, float]] = {}
    fit: PoissonFit | None = None

    def visit(pace: float) -> None:
        nonlocal fit
        design, stock = stock_regressors(panel, float(np.exp(-np.exp(-pace))), setting.effects)
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


def _belief(profile: Profile, fit: PoissonFit | None) -> Belief:
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


def _learnable(panel: Panel) -> tuple[int, ...]:
    """Channels other than the visit with enough contacts and enough customers."""
    channel, customer = panel.touches.channel, panel.touches.customer
    enough = (
        (channel == h).sum() >= MIN_CONTACTS and len(np.unique(customer[channel == h])) >= MIN_CUSTOMERS
        for h in range(1, panel.n_channels)
    )
    return tuple(h for h, holds in enumerate(enough, start=1) if holds)


def _channel_effects(setting: _Setting, rho: float, fit: PoissonFit) -> NDArray[np.float64]:
    """Gauss-Newton on b log(1 + sum e_h A_h): the slope of regressor A_h / (1 + A) is b times the error of e_h."""
    panel, effects = setting.panel, setting.effects.copy()
    for _ in range(_GAUSS_NEWTON):
        design, _ = stock_regressors(panel, rho, effects, setting.learnable)
        fit = fixed_effects.fit(panel.volume, design, panel.mask, panel.group, fit)
        if fit.coefficients[0] < LEAD_LIMIT * np.sqrt(fit.robust[0, 0]):
            return setting.effects  # without a visit effect there is nothing to be relative to
        for place, h in enumerate(setting.learnable):
            prior = PRIORS[effect_name(setting.world.channels[h])]
            effects[h] = np.clip(effects[h] + fit.coefficients[1 + place] / fit.coefficients[0], prior.low, prior.high)
    return effects


def _control(panel: Panel, design: NDArray[np.float32], rho: float, t: float) -> tuple[bool, str]:
    """Whether capacity can bear the estimate when visits follow demand, and the reason in words."""
    bias = "reps may chase rising demand: upper bound" if t > 0 else "visits may follow falling demand: lower bound"
    n_reps, variation = visit_bias.capacity_variation(panel)
    if n_reps < visit_bias.MIN_REPS or variation < visit_bias.MIN_CAPACITY_CV:
        return False, f"{bias} (lead test t = {t:.1f}; {n_reps} reps, capacity varies by {variation:.0%})"
    instruments = visit_bias.capacity_instruments(panel, rho)
    strength = visit_bias.first_stage(panel, design, instruments, np.arange(len(panel)))[1]
    if strength < visit_bias.MIN_FIRST_STAGE_F:
        return False, f"{bias} (lead test t = {t:.1f}; capacity explains too little, F = {strength:.1f})"
    return True, f"visits follow demand (lead test t = {t:.1f}): capacity control function, F = {strength:.0f}"


def _controlled_profile(setting: _Setting) -> Profile:
    """How b of the control function moves over the carry-over's prior."""
    prior, panel = PRIORS["carryover"], setting.panel
    grid = prior.mean + prior.sd * np.linspace(-2, 2, 5)
    everyone = np.arange(len(panel))
    found = []
    for rho in grid[grid < prior.high]:
        design, stock = stock_regressors(panel, rho, setting.effects, setting.learnable)
        instruments = visit_bias.capacity_instruments(panel, rho)
        fit = visit_bias.controlled_fit(panel, design, instruments, everyone)
        found.append((rho, fit.deviance, fit.coefficients[0], stock))
    return Profile(*np.array(found).T)


def jackknife_groups(world: World, panel: Panel) -> NDArray[np.int64]:
    """Who is left out together: (c,) int. Reps, else territories, when there are ten; else customers at random."""
    if (panel.rep >= 0).all() and len(np.unique(panel.rep)) >= visit_bias.MIN_REPS:
        key = identity(world.reps.ids, "rep")[panel.rep]
    elif len(np.unique(world.population.territory[panel.customer])) >= visit_bias.MIN_REPS:
        key = identity(world.territories, "territory")[world.population.territory[panel.customer]]
    else:
        key = world.population.entity[panel.customer]
    return np.unique(key, return_inverse=True)[1] % _GROUPS


def _jackknife(
    setting: _Setting, design: NDArray[np.float32], start: PoissonFit | None, control_rho: float | None
) -> tuple[float, float, dict[int, tuple[float, float]]]:
    """b, its standard error, and worth and standard error of each learnable channel, by leaving groups out.

    With the control function both of its stages are estimated anew each time.
    """
    panel, learnable = setting.panel, list(setting.learnable)
    instruments = None if control_rho is None else visit_bias.capacity_instruments(panel, control_rho)

    def without(rows: NDArray[np.intp]) -> tuple[NDArray[np.float64], PoissonFit]:
        if instruments is not None:
            found = visit_bias.controlled_fit(panel, design, instruments, rows)
        else:
            found = fixed_effects.fit(panel.volume[rows], design[:, rows], panel.mask[rows], panel.group[rows], start)
        b = found.coefficients[0]
        error = found.coefficients[1 : 1 + len(learnable)] / (b if b else np.nan)
        return np.r_[b, setting.effects[learnable] + error], found

    whole, fit = without(np.arange(len(panel)))
    if instruments is None:
        start = fit
    groups = jackknife_groups(setting.world, panel)
    parts = np.array([without(np.flatnonzero(groups != group))[0] for group in np.unique(groups)])
    n = len(parts)
    sd = np.sqrt((n - 1) / n * ((parts - parts.mean(axis=0)) ** 2).sum(axis=0))
    clear = whole[0] > LEAD_LIMIT * sd[0]
    worth = {h: (float(whole[1 + place]), float(sd[1 + place])) for place, h in enumerate(learnable) if clear}
    return float(whole[0]), float(sd[0]), worth
