"""Visit fit: channel effects, control of chased demand, and jackknife behind the visit response.

Gives point estimates and standard errors; draws nothing, see :mod:`twin.calibration.visit_response`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from twin.calibration import fixed_effects, visit_bias
from twin.calibration.carryover import Belief, Profile, belief_of, profile_of
from twin.calibration.fixed_effects import PoissonFit
from twin.calibration.panel import Panel, stock_regressors
from twin.draws import identity
from twin.errors import CalibrationError
from twin.market.channels import VISIT
from twin.market.world import World
from twin.response.parameters import PRIORS

MIN_CUSTOMERS = 50
MIN_CONTACTS = 200
"""A channel's worth is estimated from this many contacts with at least ``MIN_CUSTOMERS`` customers, if sharp enough."""
LEAD_LIMIT = 2.0
CHASING_WIDENING = 2.0
"""Least factor on the standard error when visits follow demand and nothing else moves them."""
CHASING_DOUBT = 0.25
"""Least standard error then, as a part of the coefficient: how far it lies too high is not known."""
_GROUPS = 20
_LEAST_GROUPS = 10
_GAUSS_NEWTON = 3
_BLUR = 2.0


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
    learnable = _learnable(panel)
    try:
        return _estimate(_Setting(world, panel, prior_effects(world), learnable))
    except CalibrationError:
        if not learnable:
            raise
        # a channel that always goes with visits cannot be told from them; the visit effect need not suffer
        return _estimate(_Setting(world, panel, prior_effects(world), ()))


def _estimate(setting: _Setting) -> Fitted:
    panel = setting.panel
    profile, fit = profile_of(panel, setting.effects)
    belief = belief_of(profile, fit)
    setting = replace(setting, learnable=_clear_channels(setting, belief.mean, fit))
    if setting.learnable:
        setting = replace(setting, effects=_channel_effects(setting, belief.mean, fit))
        profile, fit = profile_of(panel, setting.effects)
        belief = belief_of(profile, fit)
    design, _ = stock_regressors(panel, belief.mean, setting.effects, setting.learnable)
    full = fixed_effects.fit(panel.volume, design, panel.mask, panel.group, fit)
    lead = visit_bias.lead_test(panel, design, full)
    chasing = abs(lead.t) >= LEAD_LIMIT
    control, reason = False, f"customer and territory-period effects; lead test t = {lead.t:.1f}"
    shift = profile
    if chasing:
        # demand shocks last, and so do stocks that follow them: the profile would mistake one for the other
        belief = belief_of(profile, None)
        design, _ = stock_regressors(panel, belief.mean, setting.effects, setting.learnable)
        control, reason = _control(panel, design, belief.mean, lead.t)
        shift = _controlled_profile(setting) if control else profile
    start = None if control or chasing else full
    b, b_sd, worth = _jackknife(setting, design, start, belief.mean if control else None)
    if chasing and not control:
        b_sd = max(CHASING_WIDENING * b_sd, abs(lead.with_lead - lead.without_lead), CHASING_DOUBT * abs(b))
    return Fitted(panel, profile, belief, b, b_sd, shift, worth, lead, chasing, reason, full.n_customers)


def _learnable(panel: Panel) -> tuple[int, ...]:
    """Channels other than the visit with enough contacts and enough customers."""
    channel, customer = panel.touches.channel, panel.touches.customer
    enough = (
        (channel == h).sum() >= MIN_CONTACTS and len(np.unique(customer[channel == h])) >= MIN_CUSTOMERS
        for h in range(1, panel.n_channels)
    )
    return tuple(h for h, holds in enumerate(enough, start=1) if holds)


def _clear_channels(setting: _Setting, rho: float, fit: PoissonFit) -> tuple[int, ...]:
    """Channels that the data see at least half as sharply as their priors; the others would only blur the visit."""
    if not setting.learnable or fit.coefficients[0] < LEAD_LIMIT * np.sqrt(fit.robust[0, 0]):
        return ()  # without a visit effect there is nothing to be relative to
    panel = setting.panel
    design, _ = stock_regressors(panel, rho, setting.effects, setting.learnable)
    wide = fixed_effects.fit(panel.volume, design, panel.mask, panel.group, fit)
    sd = np.sqrt(np.diag(wide.robust))[1:] / fit.coefficients[0]
    return tuple(
        h for h, blur in zip(setting.learnable, sd) if blur < _BLUR * PRIORS[effect_name(setting.world.channels[h])].sd
    )


def _channel_effects(setting: _Setting, rho: float, fit: PoissonFit) -> NDArray[np.float64]:
    """Gauss-Newton on b log(1 + sum e_h A_h): the slope of regressor A_h / (1 + A) is b times the error of e_h."""
    panel, effects = setting.panel, setting.effects.copy()
    for _ in range(_GAUSS_NEWTON):
        design, _ = stock_regressors(panel, rho, effects, setting.learnable)
        fit = fixed_effects.fit(panel.volume, design, panel.mask, panel.group, fit)
        if fit.coefficients[0] < LEAD_LIMIT * np.sqrt(fit.robust[0, 0]):
            return setting.effects
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
    if (panel.rep >= 0).all() and len(np.unique(panel.rep)) >= _LEAST_GROUPS:
        key = identity(world.reps.ids, "rep")[panel.rep]
    elif len(np.unique(world.population.territory[panel.customer])) >= _LEAST_GROUPS:
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
