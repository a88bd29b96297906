"""Brand drift: where each brand's share stands at the origin, and how far it wanders.

Works on the log ratio of a brand to all others. Knows no campaigns and no visits: they are part of what wanders here.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from twin.calibration.levels.period_totals import Series, market_series
from twin.market.history import History
from twin.market.world import World
from twin.response.parameters import PRIORS
from twin.weeks import WEEKS_PER_YEAR, year_phase

# candidates for the present level: the mean of the last 52 weeks, and exponential weights of these half-lives
_HALF_LIVES_WEEKS = (8.0, 17.0, 35.0, 70.0)
_MEAN_OF_YEAR = "mean of 52 weeks"
# how many yearly differences the average of all brands counts for in the variance of one
_POOLED_YEARS = 4.0
_TO_TELL_GROWTH = 3
"""Yearly differences from which on steady growth is told from a walk."""
# variance of the difference of two adjacent yearly means of a random walk, in yearly variances
_ADJACENT_MEANS = 2 / 3


@dataclass(frozen=True)
class BrandDrift:
    """Level and wandering of every brand.

    Parameters
    ----------
    shares : (j,) float
        Expected shares of the category at the origin, season averaged out; they sum to 1.
    level : (j,) float, log ratio
        Brand against all others.
    shock_sd : (j,) float, utility per square root of a week
        Of independent random walks of the brands' attractions that make the log ratios wander as they did.
    method : str
        How recent data are weighed.
    past_errors : tuple of (str, float)
        Each method's root mean square error of the log ratio one year ahead, in history; empty where it was too short.
    identified : bool
        ``False``: :attr:`shock_sd` is a prior.
    source : str
        What was used, and what could not be learned.
    """

    shares: NDArray[np.float64]
    level: NDArray[np.float64]
    shock_sd: NDArray[np.float64]
    method: str
    past_errors: tuple[tuple[str, float], ...]
    identified: bool
    source: str


def learn_brand_drift(world: World, history: History) -> BrandDrift:
    """Level of every brand at the origin, and the sd of its random walk.

    The level is the mean of the last year or an exponentially weighted mean, whichever foresaw the next year's mean
    best in this history. The sd comes from differences of adjacent yearly means, which season cannot touch, drawn
    towards the mean of all brands.

    Parameters
    ----------
    world : World
    history : History

    Returns
    -------
    BrandDrift
        From priors, and saying so, without any market data.
    """
    series = market_series(world, history)
    if not series:
        return _unseen(world, history)
    ratio = _log_ratio(series[0])
    smooth = _without_season(ratio, series[0])
    method, errors = _best_method(smooth, series[0])
    level = _level(smooth, method, _per_year(series[0]))
    shares = 1 / (1 + np.exp(-level))
    shares = shares / shares.sum()
    variances, n_years = _yearly_variances(ratio, _per_year(series[0]), world.brands.own, shares)
    source = f"{series[0].name} by {series[0].periods.kind} over {series[0].years:.1f} years"
    if n_years < 1:
        sd = np.full(len(shares), _prior_sd())
        return BrandDrift(shares, level, sd, method, errors, False, f"{source}; under two years: drift is a prior")
    pooled = (_POOLED_YEARS * variances.mean() + n_years * variances) / (_POOLED_YEARS + n_years)
    return BrandDrift(shares, level, np.sqrt(_own_part(pooled, shares) / WEEKS_PER_YEAR), method, errors, True, source)


def _unseen(world: World, history: History) -> BrandDrift:
    """Shares from the prior: our own sales do not show the market."""
    n_own, n_rivals = world.brands.n_own, len(world.brands) - world.brands.n_own
    totals = (
        history.own_sales.totals(len(world.brands)).sum(axis=0)[:n_own] if len(history.own_sales) else np.zeros(n_own)
    )
    ours = totals / totals.sum() if totals.sum() > 0 else np.full(n_own, 1 / n_own)
    share = PRIORS["own_share"].mean if n_rivals else 1.0
    shares = np.r_[share * ours, np.full(n_rivals, (1 - share) / max(n_rivals, 1))]
    bounded = np.clip(shares, 1e-6, 1 - 1e-6)
    return BrandDrift(
        shares,
        np.log(bounded / (1 - bounded)),
        np.full(len(shares), _prior_sd()),
        "prior",
        (),
        False,
        "no market sales: shares and drift are priors",
    )


def _prior_sd() -> float:
    return float(PRIORS["market_drift"].sd / np.sqrt(WEEKS_PER_YEAR))


def _per_year(series: Series) -> int:
    """Periods in a year."""
    return 12 if series.periods.kind == "month" else 52


def _log_ratio(series: Series) -> NDArray[np.float64]:
    """Log of brand over all others by period: (p, j) float, ``nan`` where nothing was recorded."""
    total = series.totals.sum(axis=1, keepdims=True)
    # half a hundredth of the brand's usual volume keeps an empty period finite
    little = 0.005 * series.totals.mean(axis=0) + 1e-12 * total.max()
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.log((series.totals + little) / (total - series.totals + little))
    return np.where(total > 0, ratio, np.nan)


def _without_season(ratio: NDArray, series: Series) -> NDArray[np.float64]:
    """Two yearly harmonics out of each brand where three years show them; gaps take the last value: (p, j) float."""
    filled = ratio.copy()
    seen = np.isfinite(filled).all(axis=1)
    filled = filled[np.maximum.accumulate(np.where(seen, np.arange(len(seen)), 0))]
    if series.years < 3:
        return filled
    angle = 2 * np.pi * year_phase(series.periods.mid_week())[:, None] * np.array([1, 2])
    waves = np.hstack([np.cos(angle), np.sin(angle)])
    # fitted on what is left after the level of the year, so that a drift is not taken for a season
    width = _per_year(series)
    index = np.clip(np.arange(len(filled))[:, None] + np.arange(-(width // 2), width - width // 2), 0, len(filled) - 1)
    inner = slice(width // 2, len(filled) - width // 2)
    effect = np.linalg.lstsq(waves[inner], (filled - filled[index].mean(axis=1))[inner], rcond=None)[0]
    return filled - waves @ effect


def _level(ratio: NDArray, method: str, per_year: int) -> NDArray[np.float64]:
    """Present level by one method from all given periods: (j,) float."""
    if method == _MEAN_OF_YEAR:
        return ratio[-per_year:].mean(axis=0)
    half_life = float(method.split()[-2]) * per_year / 52
    weight = 0.5 ** (np.arange(len(ratio))[::-1] / half_life)
    return weight @ ratio / weight.sum()


def _best_method(ratio: NDArray, series: Series) -> tuple[str, tuple[tuple[str, float], ...]]:
    """The method that foresaw the mean of the following year best, at quarterly origins after the first year."""
    per_year = _per_year(series)
    methods = (_MEAN_OF_YEAR, *(f"half-life {weeks:g} weeks" for weeks in _HALF_LIVES_WEEKS))
    origins = range(per_year, len(ratio) - per_year + 1, per_year // 4)
    # fewer than a year of origins would choose by luck
    if len(origins) < 4:
        return _MEAN_OF_YEAR, ()
    weight = series.totals.mean(axis=0)
    errors = []
    for method in methods:
        misses = [_level(ratio[:at], method, per_year) - ratio[at : at + per_year].mean(axis=0) for at in origins]
        errors.append((method, float(np.sqrt(np.average(np.square(misses).mean(axis=0), weights=weight)))))
    return min(errors, key=lambda pair: pair[1])[0], tuple(errors)


def _yearly_variances(
    ratio: NDArray, per_year: int, own: NDArray[np.bool_], shares: NDArray[np.float64]
) -> tuple[NDArray[np.float64], int]:
    """Yearly variance of each log ratio's random walk, and the number of independent differences behind it.

    Adjacent yearly means of a random walk differ by two thirds of its yearly variance; what noise adds is taken off.
    So is a growth of our own brands that is the same every year, with what it takes from the others: customers who are
    found and visits bring it about, and a forecast has both.
    """
    n_years = len(ratio) // per_year - 1
    if n_years < 1:
        return np.zeros(ratio.shape[1]), 0
    # what a brand gains in its log ratio the others lose by its part of all that they stand against
    against = np.where(own[None, :] & ~own[:, None], shares[None, :] / np.maximum(1 - shares[:, None], 1e-9), 0.0)
    shifts = [start for start in range(0, per_year, max(per_year // 4, 1)) if len(ratio) - start >= 2 * per_year]
    squares = []
    for shift in shifts:
        stop = len(ratio) - shift
        starts = range(stop % per_year, stop, per_year)
        means = [np.nanmean(ratio[start : start + per_year], axis=0) for start in starts]
        differences = np.array([after - before for before, after in pairwise(means)])
        if len(differences) >= _TO_TELL_GROWTH:
            ours = np.where(own, differences.mean(axis=0), 0.0)
            lost = len(differences) / (len(differences) - 1)
            differences = (differences - ours + against @ ours) * np.sqrt(lost)
        squares += list(differences**2)
    steps = ratio[1:] - ratio[:-1]
    noise = np.nanmean(steps**2, axis=0) / per_year
    found = np.mean(squares, axis=0) - noise
    return np.maximum(found, 0.1 * np.mean(squares, axis=0)) / _ADJACENT_MEANS, n_years


def _own_part(variances: NDArray, shares: NDArray) -> NDArray[np.float64]:
    """Variances of independent attractions that give the log ratios their variances: (j,) float.

    A brand's log ratio moves with its own attraction and against the others', each by its part of the rest. Solved by
    multiplicative steps, which stay positive and split evenly what two brands cannot tell apart.
    """
    if len(shares) == 1:
        return np.zeros(1)
    part = shares[None, :] / np.maximum(1 - shares[:, None], 1e-9)
    np.fill_diagonal(part, 1.0)
    mixing, own = part**2, variances.copy()
    for _ in range(200):
        own = own * (mixing.T @ (variances / np.maximum(mixing @ own, 1e-300))) / mixing.sum(axis=0)
    return own
