"""Visit response: what one more contact does to a customer's purchases, learned from visits that were not random.

Knows own sales and contacts only: neither rivals nor the simulator. The model is

    log E(own sales of customer i in period p) = customer + (territory, period) + b mean over weeks of log(1 + A_it),
    A_it = rho A_i,t-1 + sum over channels of e_h contacts_iht,   e_visit = 1.

A negative b is kept: it says that the data show no benefit, and cutting it at 0 would turn noise into a promise. The
simulator takes the draws as they are.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from twin.calibration import visit_bias
from twin.calibration.carryover import WEEKS_PER_MONTH
from twin.calibration.panel import Panel, build, stock_regressors
from twin.calibration.visit_fit import MIN_CUSTOMERS, Fitted, effect_name, estimate, prior_effects
from twin.errors import CalibrationError
from twin.market.channels import VISIT
from twin.market.history import History
from twin.market.world import World
from twin.response.parameters import PRIORS, Estimate, from_prior, parameter_uniforms, shrunk


@dataclass(frozen=True)
class VisitResponse:
    """What contacts do to own sales.

    Parameters
    ----------
    rho : Estimate
        ``carryover``, per week.
    coefficient : Estimate
        ``visit_log_effect``: b, d log(own sales) / d log(1 + A). May be negative, see the module.
    channel_effects : tuple of Estimate
        ``effect_<channel>`` in visits, for the channels 1, 2, ... of the world.
    elasticity : Estimate
        ``visit_elasticity``: b times the volume-weighted mean of A_visit / (1 + A); of a lasting change of all visits,
        other contacts held.
    effect_of_one_visit : Estimate
        Change of a month's log sales by one more visit somewhere in that month, at the mean stock.
    long_run_effect : Estimate
        Change of log sales by one more visit in every month, at the mean stock.
    naive_elasticity : float
        The same elasticity from pooled Poisson regression without effects; ``nan`` without visits.
    naive_log_effect_per_visit : float
        Slope of log(1 + monthly sales) on monthly visits, pooled: the association that is usually quoted.
    lead_test_t : float
        t of next quarter's visits; beyond 2 in size, visits answer to demand.
    chasing : bool
    identified : bool
        Of the coefficient.
    reason : str
    deviance_profile : tuple of two (n,) float
        Carry-over per week, deviance. Empty when nothing was fitted.
    mean_stock : float, visits
    n_customers : int
        Customers that the estimate rests on.
    """

    rho: Estimate
    coefficient: Estimate
    channel_effects: tuple[Estimate, ...]
    elasticity: Estimate
    effect_of_one_visit: Estimate
    long_run_effect: Estimate
    naive_elasticity: float
    naive_log_effect_per_visit: float
    lead_test_t: float
    chasing: bool
    identified: bool
    reason: str
    deviance_profile: tuple[NDArray[np.float64], NDArray[np.float64]]
    mean_stock: float
    n_customers: int


def learn_visit_response(world: World, history: History, n_draws: int, seed: int) -> VisitResponse:
    """Estimate carry-over, visit effect and channel effects, or fall back to their priors and say so.

    Customer and (territory, period) effects always stand in the regression, so neither a customer's size nor a
    territory's season passes for an effect of visits.
    """
    panel = build(world, history)
    shortfall = _shortfall(panel)
    if not shortfall:
        try:
            fitted = estimate(world, panel)
        except CalibrationError as error:
            shortfall = str(error)
    if shortfall:
        return _from_priors(world, panel, shortfall, n_draws, seed)
    return _drawn(world, fitted, n_draws, seed)


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


def one_visit(rho: NDArray[np.float64], stock: NDArray[np.float64]) -> NDArray[np.float64]:
    """Change of a month's mean log(1 + A) by one more visit in it, any week alike: (d,) float.

    A visit late in the month has little of it left, so about three fifths of a visit's first effect count.
    """
    lag = np.arange(int(np.ceil(WEEKS_PER_MONTH)))
    weight = np.maximum(WEEKS_PER_MONTH - lag, 0) / WEEKS_PER_MONTH**2
    return np.log1p(rho[:, None] ** lag / (1 + stock[:, None])) @ weight


def _drawn(world: World, fitted: Fitted, n_draws: int, seed: int) -> VisitResponse:
    """Draws from what the data say; a coefficient less certain than the literature's is weighed with it."""
    belief, prior, here = fitted.rho, PRIORS["visit_elasticity"], np.array([fitted.rho.mean])
    rho = np.interp(parameter_uniforms("carryover", n_draws, seed), belief.cumulative, belief.grid)
    stock = fitted.profile.at(rho, "mean_stock")
    by_visits = _visits_part(fitted.panel, belief.mean, world)
    mean_stock = float(fitted.profile.at(here, "mean_stock")[0])
    per_b = by_visits
    identified = fitted.b_sd * per_b < prior.sd
    if identified:
        z = stats.norm.ppf(parameter_uniforms("visit_log_effect", n_draws, seed))
        moved = fitted.b_shift.at(rho, "coefficient") - fitted.b_shift.at(here, "coefficient")
        reason, b = fitted.reason, fitted.b + moved + fitted.b_sd * z
    else:
        reason = f"standard error {fitted.b_sd * per_b:.2f} exceeds the prior's: weighed with it; {fitted.reason}"
        b = shrunk("visit_elasticity", fitted.b * per_b, fitted.b_sd * per_b, n_draws, seed, reason).draws
        b /= by_visits
    unit, text = PRIORS["carryover"].unit, str(PRIORS["carryover"])
    blank = Estimate("", "", b, identified, reason, "" if identified else str(prior))
    channels = tuple(
        _channel(name, fitted.worth.get(h), n_draws, seed) for h, name in enumerate(world.channels) if h != VISIT
    )
    return VisitResponse(
        Estimate("carryover", unit, rho, belief.identified, belief.reason, text),
        **_of_coefficient(blank, rho, stock, by_visits),
        channel_effects=channels,
        **_naive(fitted.panel, belief.mean, channels),
        lead_test_t=fitted.lead.t,
        chasing=fitted.chasing,
        identified=identified,
        reason=reason,
        deviance_profile=(fitted.profile.rho, fitted.profile.deviance),
        mean_stock=mean_stock,
        n_customers=fitted.n_customers,
    )


def _visits_part(panel: Panel, rho: float, world: World) -> float:
    """Change of mean log(1 + A) by a relative change of visits alone: volume-weighted A_visit / (1 + A)."""
    design, _ = stock_regressors(panel, rho, prior_effects(world), (VISIT,))
    return max(float((design[1] * panel.volume).sum() / max(float(panel.volume.sum()), 1e-300)), 1e-6)


def _of_coefficient(
    b: Estimate, rho: NDArray[np.float64], stock: NDArray[np.float64], by_visits: NDArray[np.float64] | float
) -> dict[str, Estimate]:
    """Every way of stating the coefficient, from one set of draws."""
    lasting = np.log1p(1 / WEEKS_PER_MONTH / (1 - rho) / (1 + stock))
    elasticity = PRIORS["visit_elasticity"].unit

    def stated(name: str, unit: str, factor: NDArray[np.float64] | float) -> Estimate:
        return replace(b, name=name, unit=unit, draws=b.draws * factor)

    return {
        "coefficient": stated("visit_log_effect", "log sales per log(1 + stock)", 1.0),
        "elasticity": stated("visit_elasticity", elasticity, by_visits),
        "effect_of_one_visit": stated("effect_of_one_visit", "log sales of the month", one_visit(rho, stock)),
        "long_run_effect": stated("long_run_effect", "log sales per visit a month", lasting),
    }


def _channel(name: str, learned: tuple[float, float] | None, n_draws: int, seed: int) -> Estimate:
    if learned is None:
        found = from_prior(
            effect_name(name),
            n_draws,
            seed,
            "too few contacts, too little variation, or no visit effect to compare with",
        )
    else:
        found = shrunk(effect_name(name), *learned, n_draws, seed, "beside visits, weighed with the prior")
    return replace(found, name=f"effect_{name}")


def _naive(panel: Panel, rho: float, channels: tuple[Estimate, ...]) -> dict[str, float]:
    """Elasticity and log effect of a visit as pooled regressions have them."""
    if not len(panel):
        return {"naive_elasticity": np.nan, "naive_log_effect_per_visit": np.nan}
    effects = np.r_[1.0, [channel.draws.mean() for channel in channels]]
    design, _ = stock_regressors(panel, rho, effects, (VISIT,))
    slope = visit_bias.pooled_poisson(panel.volume, design[0], panel.mask)
    part = float((design[1] * panel.volume).sum() / max(float(panel.volume.sum()), 1e-300))
    return {
        "naive_elasticity": float(slope * part),
        "naive_log_effect_per_visit": visit_bias.pooled_log_effect(panel),
    }


def _from_priors(world: World, panel: Panel, reason: str, n_draws: int, seed: int) -> VisitResponse:
    """Literature throughout: b = elasticity over the mean of A_visit / (1 + A).

    Without any recorded contact A is what one visit a month would keep up.
    """
    rho = from_prior("carryover", n_draws, seed, reason)
    elasticity = from_prior("visit_elasticity", n_draws, seed, reason)
    channels = tuple(_channel(name, None, n_draws, seed) for name in world.channels[1:])
    at_mean = float(rho.draws.mean())
    recorded = stock_regressors(panel, at_mean, prior_effects(world))[1] if len(panel) else 0.0
    # the stock that a given flow of contacts keeps up is proportional to 1 / (1 - rho)
    flow = recorded * (1 - at_mean) if recorded > 0 else 1 / WEEKS_PER_MONTH
    stock = flow / (1 - rho.draws)
    by_visits = _visits_part(panel, at_mean, world) if recorded > 0 else stock / (1 + stock)
    b = replace(elasticity, draws=elasticity.draws / by_visits)
    return VisitResponse(
        rho,
        **_of_coefficient(b, rho.draws, stock, by_visits),
        channel_effects=channels,
        **_naive(panel, at_mean, channels),
        lead_test_t=0.0,
        chasing=False,
        identified=False,
        reason=reason,
        deviance_profile=(np.empty(0), np.empty(0)),
        mean_stock=flow / (1 - at_mean),
        n_customers=0,
    )
