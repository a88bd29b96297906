"""Visit response: what one more contact does to a customer's purchases, learned from visits that were not random.

Knows own sales and contacts only: neither rivals nor the simulator. The model is

    log E(own sales of customer i in period p) = customer + (territory, period) + b mean over weeks of warmth(A_it),
    A_it = rho A_i,t-1 + sum over channels of e_h contacts_iht,   e_visit = 1,   warmth(A) = ((1 + A)^q - 1) / q.

A negative effect is kept: it says that the data show no benefit, and cutting it at 0 would turn noise into a promise.
The simulator takes the draws as they are.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from twin.calibration.levels.panel import Panel, build, stock_regressors
from twin.calibration.visits import joint as joint_belief
from twin.calibration.visits.carryover import WEEKS_PER_MONTH, visits_part
from twin.calibration.visits.channels import MIN_CUSTOMERS, effect_name, prior_effects
from twin.calibration.visits.checks import VisitChecks, inspect, unchecked
from twin.calibration.visits.fit import Fitted, estimate
from twin.calibration.visits.naive import pooled_log_effect, pooled_poisson
from twin.calibration.visits.segment_response import SegmentResponse, alike, learn_segments
from twin.calibration.visits.statements import stated
from twin.calibration.visits.way import ALONE, UNFORETOLD
from twin.errors import CalibrationError
from twin.market.channels import VISIT
from twin.market.history import History
from twin.market.world import World
from twin.response.parameters import Estimate, Prior, believed, from_prior, shrunk


@dataclass(frozen=True)
class VisitResponse:
    """What contacts do to own sales.

    Parameters
    ----------
    rho : Estimate
        ``carryover``, per week.
    curvature : Estimate
        ``visit_curvature``: q of :func:`twin.response.attraction.warmth`.
    coefficient : Estimate
        ``visit_coefficient``: b, change of log own sales per unit of warmth. May be negative. It goes with
        ``curvature`` draw by draw: alone it says little.
    log_effect : Estimate
        ``visit_log_effect``: d log(own sales) / d log(1 + A) at the mean stock.
    channel_effects : tuple of Estimate
        ``effect_<channel>`` in visits, for the channels 1, 2, ... of the world.
    elasticity : Estimate
        ``visit_elasticity``: of a lasting change of all visits, other contacts held, at volume-weighted stocks.
    channel_elasticities : tuple of Estimate
        ``elasticity_<channel>``: the same for each other channel.
    effect_of_one_visit : Estimate
        Change of a month's log sales by one more visit somewhere in that month, at the mean stock.
    long_run_effect : Estimate
        Change of log sales by one more visit in every month, at the mean stock.
    segments : SegmentResponse
        How segments differ from the mean.
    checks : VisitChecks
        What an expert would ask.
    naive_elasticity : float
        The same elasticity from pooled Poisson regression without effects; ``nan`` without visits.
    naive_log_effect_per_visit : float
        Slope of log(1 + monthly sales) on monthly visits, pooled: the association that is usually quoted.
    lead_test_t : float
        t of next quarter's visits; beyond 2 in size, visits answer to demand.
    chasing : bool
    identified : bool
        Of the elasticity.
    reason : str
    deviance_profile : tuple of two (n,) float
        Carry-over per week, deviance. Empty when nothing was fitted.
    mean_stock : float, visits
    n_customers : int
        Customers that the estimate rests on.
    """

    rho: Estimate
    curvature: Estimate
    coefficient: Estimate
    log_effect: Estimate
    channel_effects: tuple[Estimate, ...]
    elasticity: Estimate
    channel_elasticities: tuple[Estimate, ...]
    effect_of_one_visit: Estimate
    long_run_effect: Estimate
    segments: SegmentResponse
    checks: VisitChecks
    naive_elasticity: float
    naive_log_effect_per_visit: float
    lead_test_t: float
    chasing: bool
    identified: bool
    reason: str
    deviance_profile: tuple[NDArray[np.float64], NDArray[np.float64]]
    mean_stock: float
    n_customers: int


def learn_visit_response(
    world: World, history: History, n_draws: int, seed: int, beliefs: Mapping[str, Prior] | None = None,
    share: NDArray[np.float64] | None = None,
) -> VisitResponse:  # fmt: skip
    """Estimate carry-over, curvature, visit effect and channel effects, or fall back to their priors and say so.

    Customer and (territory, period) effects always stand in the regression, so neither a customer's size nor a
    territory's season passes for an effect of visits. ``share`` is ours of each customer, (n,) float, where the market
    is seen: who buys nearly all from us has little left to respond with.
    """
    panel = build(world, history)
    shortfall = _shortfall(panel)
    if not shortfall:
        try:
            fitted = estimate(world, panel, beliefs, share)
        except CalibrationError as error:
            shortfall = str(error)
    if shortfall:
        return _from_priors(world, panel, shortfall, n_draws, seed, beliefs or {})
    return _drawn(world, fitted, n_draws, seed, beliefs or {})


def _shortfall(panel: Panel) -> str:
    """Why the data cannot tell; empty when they may."""
    if not (panel.touches.channel == VISIT).any():
        return "no visits recorded among customers with sales: literature prior"
    both = int(((panel.visit_counts() > 0) & (panel.volume.sum(axis=1) > 0)).sum())
    if both < MIN_CUSTOMERS:
        return f"{both} customers with visits and sales, at least {MIN_CUSTOMERS} needed: literature prior"
    if len(panel.periods) < 3:
        return f"{len(panel.periods)} periods with visits and sales, at least 3 needed: literature prior"
    return ""


def _drawn(world: World, fitted: Fitted, n_draws: int, seed: int, beliefs: Mapping[str, Prior]) -> VisitResponse:
    """Draws from what the data say; weighed with the literature, which matters where they say little."""
    belief, prior = fitted.belief, believed("visit_elasticity", beliefs)
    joint = joint_belief.drawn(fitted, n_draws, seed, beliefs)
    rho, q, elasticity, sd = joint.rho, joint.curvature, joint.elasticity, joint.sd
    identified, reason = bool(sd < prior.sd), fitted.way.reason
    if fitted.way.name == UNFORETOLD:
        known = f"chance that reps know no more of demand than purchases tell: {joint.suffices:.0%}"
        short = "the record is too short to foretell visits, so that contacts to come alone correct the estimate"
        reason = f"{reason}; {known if fitted.foretold else short}"
    if not identified:
        reason = f"standard error {sd:.2f} exceeds the prior's: weighed with it; {reason}"
        elasticity = np.clip(elasticity, prior.low, prior.high)
    blank = Estimate("", "", elasticity, identified, reason, str(prior))
    channels = tuple(
        _channel(name, fitted.worth.get(h), n_draws, seed, beliefs) for h, name in enumerate(world.channels) if h
    )
    stock = fitted.profile.stock.at(rho, q)
    of_rho, of_curve = believed("carryover", beliefs), believed("visit_curvature", beliefs)
    segments, factor = learn_segments(world, fitted, elasticity, n_draws, seed, beliefs)
    blank = replace(blank, draws=elasticity * factor)
    said = stated(blank, rho, q, stock, np.exp(fitted.profile.log_part.at(rho, q)))
    return VisitResponse(
        Estimate("carryover", of_rho.unit, rho, belief.rho_identified, belief.rho_reason, str(of_rho)),
        Estimate("visit_curvature", of_curve.unit, q, belief.curvature_identified, belief.curvature_reason,
                 str(of_curve)),
        **said,
        channel_effects=channels,
        channel_elasticities=_by_channel(world, fitted.panel, belief.mean, blank, channels),
        segments=segments,
        checks=inspect(fitted, segments, blank.draws),
        **_naive(fitted.panel, belief.mean, channels),
        lead_test_t=fitted.way.lead,
        chasing=fitted.way.name != ALONE,
        identified=identified,
        reason=reason,
        deviance_profile=(fitted.profile.deviance.rho, fitted.profile.deviance.level),
        mean_stock=float(fitted.profile.stock.at(*np.array([belief.mean]).T)[0]),
        n_customers=fitted.fit.n_customers,
    )  # fmt: skip


def _channel(
    name: str, learned: tuple[float, float] | None, n_draws: int, seed: int, beliefs: Mapping[str, Prior]
) -> Estimate:
    if learned is None:
        why = "too few contacts, too little variation, or no visit effect to compare with"
        found = from_prior(effect_name(name), n_draws, seed, why, beliefs)
    else:
        why = "beside visits, weighed with the prior"
        found = shrunk(effect_name(name), *learned, n_draws, seed, why, beliefs)
    return replace(found, name=f"effect_{name}")


def _by_channel(
    world: World, panel: Panel, at: tuple[float, float], elasticity: Estimate, channels: tuple[Estimate, ...]
) -> tuple[Estimate, ...]:
    """Elasticity of own sales to the contacts of each channel but the visit."""
    worth = np.r_[1.0, [one.draws.mean() for one in channels]]
    every = tuple(range(len(worth)))
    parts = np.zeros(len(worth))
    if len(panel):
        design, _ = stock_regressors(panel, at[0], worth, every, at[1])
        weight = panel.volume / max(float(panel.volume.sum()), 1e-300)
        parts = np.array([float((slope * weight).sum()) for slope in design[1:]])
    per_visit = elasticity.draws / max(parts[VISIT], 1e-6)
    return tuple(
        replace(one, name=f"elasticity_{name}", unit="elasticity", draws=per_visit * one.draws * parts[h],
                identified=one.identified and elasticity.identified)
        for h, (name, one) in enumerate(zip(world.channels[1:], channels), start=1)
    )  # fmt: skip


def _naive(panel: Panel, at: tuple[float, float], channels: tuple[Estimate, ...]) -> dict[str, float]:
    """Elasticity and log effect of a visit as pooled regressions have them."""
    if not len(panel):
        return {"naive_elasticity": np.nan, "naive_log_effect_per_visit": np.nan}
    effects = np.r_[1.0, [channel.draws.mean() for channel in channels]]
    panel = replace(panel, headroom=np.ones(len(panel)))  # it compares customers, who differ in share for that reason
    design, _ = stock_regressors(panel, at[0], effects, (VISIT,), at[1])
    return {
        "naive_elasticity": float(pooled_poisson(panel.volume, design[0], panel.mask) * visits_part(panel, design[1])),
        "naive_log_effect_per_visit": pooled_log_effect(panel),
    }


def _from_priors(
    world: World, panel: Panel, reason: str, n_draws: int, seed: int, beliefs: Mapping[str, Prior]
) -> VisitResponse:
    """Literature throughout. Without any recorded contact A is what one visit a month would keep up."""
    rho = from_prior("carryover", n_draws, seed, reason, beliefs)
    curvature = from_prior("visit_curvature", n_draws, seed, reason, beliefs)
    elasticity = from_prior("visit_elasticity", n_draws, seed, reason, beliefs)
    channels = tuple(_channel(name, None, n_draws, seed, beliefs) for name in world.channels[1:])
    at, q = (float(rho.draws.mean()), 0.0), curvature.draws
    recorded = stock_regressors(panel, at[0], prior_effects(world))[1] if len(panel) else 0.0
    # the stock that a given flow of contacts keeps up is proportional to 1 / (1 - rho)
    flow = recorded * (1 - at[0]) if recorded > 0 else 1 / WEEKS_PER_MONTH
    stock = flow / (1 - rho.draws)
    part = stock * (1 + stock) ** (q - 1)
    if recorded > 0:
        design, _ = stock_regressors(panel, at[0], prior_effects(world), (VISIT,))
        part = part * visits_part(panel, design[1]) * (1 + flow / (1 - at[0])) / (flow / (1 - at[0]))
    said = stated(elasticity, rho.draws, q, stock, part)
    return VisitResponse(
        rho,
        curvature,
        **said,
        channel_effects=channels,
        channel_elasticities=_by_channel(world, panel, at, elasticity, channels),
        segments=alike(world, n_draws, reason),
        checks=unchecked(reason),
        **_naive(panel, at, channels),
        lead_test_t=0.0,
        chasing=False,
        identified=False,
        reason=reason,
        deviance_profile=(np.empty(0), np.empty(0)),
        mean_stock=flow / (1 - at[0]),
        n_customers=0,
    )
