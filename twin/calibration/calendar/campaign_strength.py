"""Strength of campaigns: what they add to a brand's attraction, from totals by period and brand.

A multinomial logit of volumes with period effects. Takes the campaigns as given; see campaign_detection.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy import special, stats

from twin.calibration.calendar.campaign_noise import error_of
from twin.calibration.levels.period_totals import Series
from twin.response.parameters import PRIORS, Estimate, parameter_uniforms
from twin.weeks import year_phase

_KNOT_WEEKS = 26.0
_MOST_STEPS, _MOST_HALVINGS = 50, 12
_RIDGE = 1e-8
_LEAST_SD = 1e-4


SEARCH_ERROR = 0.22
"""What misdated, missed and mistaken campaigns add to the relative error of their effect, where all were found by the
search: measured in made-up markets, see docs/rival-calendar.md."""


class Said(Protocol):
    """What one source says of the brands' campaigns: effect and standard error, (j,) float, utility; ``inf`` unseen."""

    @property
    def effect(self) -> NDArray[np.float64]:
        """Of an average campaign."""

    @property
    def sd(self) -> NDArray[np.float64]:
        """Of ``effect``."""


@dataclass(frozen=True)
class Strength:
    """Attraction that an average campaign of each brand adds.

    Parameters
    ----------
    effect : (j,) float, utility
        ``nan`` where the brand has no campaign in sight.
    sd : (j,) float, utility
        See :func:`twin.calibration.calendar.campaign_noise.error_of`; ``inf`` where there is no campaign.
    baseline : (p, j) float, utility
        Attraction without campaigns: level and natural season.
    noise : (p, j) float, log ratio
        Observed less fitted; ``nan`` where nothing was recorded.
    """

    effect: NDArray[np.float64]
    sd: NDArray[np.float64]
    baseline: NDArray[np.float64]
    noise: NDArray[np.float64]


def fit_strength(series: Series, active: NDArray[np.float64], errors: bool = True) -> Strength:
    """Joint fit of all brands.

    Poisson totals with a free effect for every period are a multinomial logit of the brands' shares. A brand's
    attraction is its level (straight between half-yearly knots), two yearly harmonics, and its campaigns.

    Parameters
    ----------
    series : Series
    active : (p, j) float in [0, 1]
        Part of each period in which a campaign of the brand ran, times its strength.
    errors : bool
        Whether standard errors are wanted; they are infinite else.

    Returns
    -------
    Strength
    """
    design = _nuisance(series)
    scale = series.totals.sum(axis=1).mean()
    # volumes have no natural unit: sized to one a period, so that the ridge means the same everywhere
    totals = series.totals / scale
    shares = totals.sum(axis=0) / totals.sum()
    level = np.log(np.maximum(shares, 1e-9))
    # the largest brand is the yardstick: one brand's level and season are free to choose, its campaigns are not
    yardstick = int(np.argmax(shares))
    columns = [
        np.column_stack([active[:, brand], design]) if share > 0 and brand != yardstick else active[:, [brand]]
        for brand, share in enumerate(shares)
    ]
    fixed = np.where((np.arange(len(shares)) == yardstick) | (shares <= 0), level, 0.0)
    start = [np.zeros(each.shape[1]) for each in columns]
    for brand, beta in enumerate(start):
        beta[1 : design.shape[1] - 3] = level[brand]  # hats sum to one; the four waves begin at rest
    fitted = np.flatnonzero(shares > 0)
    betas = _joint(totals, columns, fixed, start, fitted)
    utility = _utility(columns, fixed, betas)
    others, sd = _log_others(utility), np.full(len(shares), np.inf)
    noise = log_ratio(series) - (utility - others)
    seen = active.any(axis=0) & (shares > 0)
    effect = np.where(seen, [beta[0] for beta in betas], 0.0)
    if errors:
        middle = series.periods.mid_week().astype(float)
        for brand in np.flatnonzero(seen):
            ratio = utility[:, brand] - others[:, brand]
            sd[brand] = _error(totals, brand, columns[brand], ratio, noise[:, brand], middle)
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


def _utility(columns: Sequence[NDArray], fixed: NDArray, betas: Sequence[NDArray]) -> NDArray[np.float64]:
    """Attraction of every brand in every period: (p, j) float."""
    return np.column_stack([each @ beta + base for each, beta, base in zip(columns, betas, fixed)])


def _joint(
    totals: NDArray, columns: Sequence[NDArray], fixed: NDArray, start: Sequence[NDArray], fitted: NDArray[np.intp]
) -> list[NDArray[np.float64]]:
    """Newton's method with step halving on the multinomial likelihood of all brands at once, which is concave."""
    size = totals.sum(axis=1, keepdims=True)
    ends = np.cumsum([columns[brand].shape[1] for brand in fitted])
    parts = [slice(end - columns[brand].shape[1], end) for brand, end in zip(fitted, ends)]

    def at(flat: NDArray) -> tuple[list[NDArray], NDArray, float]:
        betas = list(start)
        for brand, part in zip(fitted, parts):
            betas[brand] = flat[part]
        utility = _utility(columns, fixed, betas)
        norm = special.logsumexp(utility, axis=1, keepdims=True)
        gained = float((totals * utility).sum() - (size * norm).sum()) - 0.5 * _RIDGE * float(flat @ flat)
        return betas, np.exp(utility - norm), gained

    flat = np.concatenate([start[brand] for brand in fitted])
    betas, share, gained = at(flat)
    for _ in range(_MOST_STEPS):
        missed = totals - size * share
        score = np.concatenate([columns[brand].T @ missed[:, brand] for brand in fitted]) - _RIDGE * flat
        information = _RIDGE * np.eye(len(flat))
        for j, here in zip(fitted, parts):
            for k, there in zip(fitted, parts):
                weight = size[:, 0] * share[:, j] * ((j == k) - share[:, k])
                information[here, there] += (columns[j] * weight[:, None]).T @ columns[k]
        step = np.clip(np.linalg.solve(information, score), -2, 2)
        for halving in range(_MOST_HALVINGS):
            ahead = at(flat + step * 0.5**halving)
            if ahead[2] >= gained - 1e-12 * abs(gained):
                break
        else:
            return betas
        flat, (betas, share, gained) = flat + step * 0.5**halving, ahead
        if np.abs(step).max() < 1e-9:
            break
    return betas


def _error(totals: NDArray, brand: int, columns: NDArray, ratio: NDArray, noise: NDArray, middle: NDArray) -> float:
    """Standard error of a brand's first coefficient, as a binomial logit against all others at their fit."""
    size, share = totals.sum(axis=1), special.expit(np.clip(ratio, -40, 40))
    weight = size * share * (1 - share)
    bread = (columns * weight[:, None]).T @ columns + _RIDGE * np.eye(columns.shape[1])
    influence = np.linalg.solve(bread, columns.T)[0] * weight
    return error_of(influence, noise, columns, weight, middle)


def promo_effect(
    name: str, brand: int, prior_name: str, fits: Sequence[Said], what: str, n_draws: int, seed: int,
    searched: float = 0.0,
) -> Estimate:  # fmt: skip
    """Strength of a brand's average campaign, from one fit a source, weighed by precision.

    Data alone where they are sharp, weighed with the prior where they are dim, the prior where they are silent.

    Parameters
    ----------
    name : str
        The brand's.
    brand : int
    prior_name : str
        ``promotion_own`` or ``promotion_rival``.
    fits : sequence of Said
    what : str
        What was seen, in words.
    n_draws : int
    seed : int
    searched : float in [0, 1]
        Part of the campaigns' weeks that nobody recorded, see :data:`SEARCH_ERROR`.

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
    search = SEARCH_ERROR * searched * abs(mean)
    z = stats.norm.ppf(u)
    if sd <= prior.sd / 2:
        # no upper bound here: sharp data may show more than the prior deems possible
        return Estimate(label, prior.unit, np.maximum(mean + np.hypot(sd, search) * z, prior.low), True, what)
    total = prior.sd**-2 + sd**-2
    centre = (prior.mean * prior.sd**-2 + mean * sd**-2) / total
    draws = np.clip(centre + np.hypot(total**-0.5, search) * z, prior.low, prior.high)
    return Estimate(label, prior.unit, draws, sd < prior.sd, what, str(prior))
