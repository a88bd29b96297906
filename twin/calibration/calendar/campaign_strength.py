"""Strength of campaigns: what they add to a brand's attraction, from totals by period and brand.

A multinomial logit of volumes with period effects. Takes the campaigns as given; see campaign_detection.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from twin.calibration.levels.period_totals import Series, newey_west
from twin.response.parameters import PRIORS, Estimate, parameter_uniforms
from twin.weeks import year_phase

_KNOT_WEEKS = 26.0
_BANDWIDTH_WEEKS = 8.0
_MOST_SWEEPS, _MOST_STEPS = 30, 25
_RIDGE = 1e-8
_LEAST_SD = 1e-4


@dataclass(frozen=True)
class Strength:
    """Attraction that an average campaign of each brand adds.

    Parameters
    ----------
    effect : (j,) float, utility
        ``nan`` where the brand has no campaign in sight.
    sd : (j,) float, utility
        Robust to over-dispersion and autocorrelation; ``inf`` where there is no campaign.
    baseline : (p, j) float, utility
        Attraction without campaigns: level and natural season.
    noise : (p, j) float, log ratio
        Observed less fitted; ``nan`` where nothing was recorded.
    """

    effect: NDArray[np.float64]
    sd: NDArray[np.float64]
    baseline: NDArray[np.float64]
    noise: NDArray[np.float64]


def fit_strength(series: Series, active: NDArray[np.float64]) -> Strength:
    """Joint fit of all brands.

    Poisson totals with a free effect for every period are a multinomial logit of the brands' shares. A brand's
    attraction is its level (straight between half-yearly knots), two yearly harmonics, and its campaigns. Brand after
    brand is fitted as a binomial logit against all others at their present fit, which climbs the joint likelihood,
    until nothing moves.

    Parameters
    ----------
    series : Series
    active : (p, j) float in [0, 1]
        Part of each period in which a campaign of the brand ran.

    Returns
    -------
    Strength
    """
    design = _nuisance(series)
    shares = series.totals.sum(axis=0) / series.totals.sum()
    utility = np.tile(np.log(np.maximum(shares, 1e-9)), (len(series.periods), 1))
    coefficients = [np.zeros(design.shape[1] + 1) for _ in shares]
    # the largest brand is the yardstick: one brand's level and season are free to choose, its campaigns are not
    yardstick = int(np.argmax(shares))
    lag = max(1, round(_BANDWIDTH_WEEKS * len(series.periods) / series.n_weeks))
    sd, fitted = np.full(len(shares), np.inf), [brand for brand in range(len(shares)) if shares[brand] > 0]
    for sweep in range(_MOST_SWEEPS):
        moved = 0.0
        for brand in fitted:
            columns = np.column_stack([active[:, brand], design if brand != yardstick else np.zeros((len(design), 0))])
            offset = -np.log(np.exp(np.delete(utility, brand, axis=1)).sum(axis=1))
            fixed = offset + (np.log(shares[brand]) if brand == yardstick else 0.0)
            start = coefficients[brand][: columns.shape[1]]
            if sweep == 0 and brand != yardstick:
                start = np.r_[0.0, np.full(design.shape[1] - 4, np.log(shares[brand])), np.zeros(4)]
            beta, sd[brand] = _binomial(series.totals, brand, columns, fixed, start, lag)
            utility[:, brand] = columns @ beta + fixed - offset
            moved = max(moved, abs(beta[0] - coefficients[brand][0]))
            coefficients[brand] = beta
        if moved < 1e-6:
            break
    seen = active.any(axis=0) & (shares > 0)
    effect = np.where(seen, [beta[0] for beta in coefficients], 0.0)
    noise = log_ratio(series) - (utility - _log_others(utility))
    return Strength(np.where(seen, effect, np.nan), np.where(seen, sd, np.inf), utility - effect * active, noise)


def log_ratio(series: Series) -> NDArray[np.float64]:
    """Log of each brand over all others by period: (p, j) float; ``nan`` where a brand sold nothing."""
    total = series.totals.sum(axis=1, keepdims=True)
    usable = (series.totals > 0) & (series.totals < total)
    return np.log(np.where(usable, series.totals, np.nan) / np.where(usable, total - series.totals, 1.0))


def attraction_of_others(
    baseline: NDArray[np.float64], effect: NDArray[np.float64], active: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Log attraction of all other brands, their levels, seasons and campaigns included: (p, j) float.

    Added to a log ratio it leaves the brand's own attraction, whose natural season is not bent by theirs.
    """
    return _log_others(baseline + np.nan_to_num(effect) * active)


def _log_others(utility: NDArray[np.float64]) -> NDArray[np.float64]:
    """Log of the summed attraction of all other brands: (p, j) float."""
    attraction = np.exp(utility)
    return np.log(np.maximum(attraction.sum(axis=1, keepdims=True) - attraction, 1e-12))


def _nuisance(series: Series) -> NDArray[np.float64]:
    """Hat functions on half-yearly knots, then cosine and sine of two harmonics: (p, k) float."""
    time = (series.periods.mid_week() - series.first_week).astype(float)
    knots = np.linspace(time[0], max(time[-1], time[0] + 1), max(2, round((time[-1] - time[0]) / _KNOT_WEEKS) + 1))
    hats = np.maximum(1 - np.abs(time[:, None] - knots) / (knots[1] - knots[0]), 0)
    angle = 2 * np.pi * year_phase(series.periods.mid_week())[:, None] * np.array([1, 2])
    # under a year and a half, level and season cannot be told apart
    waves = np.hstack([np.cos(angle), np.sin(angle)]) * (series.years >= 1.5)
    return np.hstack([hats, waves])


def _binomial(
    totals: NDArray, brand: int, columns: NDArray, offset: NDArray, beta: NDArray, lag: int
) -> tuple[NDArray[np.float64], float]:
    """Binomial logit of one brand against the rest with an offset: coefficients, and the robust sd of the first."""
    size = totals.sum(axis=1)
    # volumes have no natural unit: sized to one a period, so that the ridge means the same everywhere
    scale = size.mean()
    bought, size = totals[:, brand] / scale, size / scale
    for _ in range(_MOST_STEPS):
        share = 1 / (1 + np.exp(-np.clip(columns @ beta + offset, -40, 40)))
        weight = size * share * (1 - share)
        bread = (columns * weight[:, None]).T @ columns + _RIDGE * np.eye(len(beta))
        step = np.linalg.solve(bread, columns.T @ (bought - size * share))
        beta = beta + np.clip(step, -2, 2)
        if np.abs(step).max() < 1e-9:
            break
    share = 1 / (1 + np.exp(-np.clip(columns @ beta + offset, -40, 40)))
    scores = columns * (bought - size * share)[:, None]
    inverse = np.linalg.inv((columns * (size * share * (1 - share))[:, None]).T @ columns + _RIDGE * np.eye(len(beta)))
    freedom = len(scores) / max(len(scores) - len(beta), 1)
    variance = (inverse @ newey_west(scores, lag) @ inverse)[0, 0] * freedom
    return beta, float(np.sqrt(max(variance, 0.0)))


def promo_effect(
    name: str, brand: int, prior_name: str, fits: Sequence[Strength], what: str, n_draws: int, seed: int
) -> Estimate:
    """Strength of a brand's average campaign, from one fit a source, weighed by precision.

    Data alone where they are sharp, weighed with the prior where they are dim, the prior where they are silent.

    Parameters
    ----------
    name : str
        The brand's.
    brand : int
    prior_name : str
        ``promotion_own`` or ``promotion_rival``.
    fits : sequence of Strength
    what : str
        What was seen, in words.
    n_draws : int
    seed : int

    Returns
    -------
    Estimate
        ``promotion:<brand>``, utility.
    """
    prior, label = PRIORS[prior_name], f"promotion:{name}"
    u = parameter_uniforms(label, n_draws, seed)
    seen = [(fit.effect[brand], fit.sd[brand]) for fit in fits if np.isfinite(fit.sd[brand])]
    if not seen:
        return Estimate(label, prior.unit, prior.quantile(u), False, "no campaign in sight", str(prior))
    effect, sd = np.array(seen).T
    precision = np.maximum(sd, _LEAST_SD) ** -2
    mean, sd = float(effect @ precision / precision.sum()), float(precision.sum() ** -0.5)
    z = stats.norm.ppf(u)
    if sd <= prior.sd / 2:
        # no upper bound here: sharp data may show more than the prior deems possible
        return Estimate(label, prior.unit, np.maximum(mean + sd * z, prior.low), True, what)
    total = prior.sd**-2 + sd**-2
    centre = (prior.mean * prior.sd**-2 + mean * sd**-2) / total
    draws = np.clip(centre + total**-0.5 * z, prior.low, prior.high)
    return Estimate(label, prior.unit, draws, sd < prior.sd, what, str(prior))
