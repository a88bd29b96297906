"""Category level: how fast it grows, and how far it wanders, once the season is out.

Takes the level as it is given. Knows no season and no brand.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from twin.calibration.levels.period_totals import Series, newey_west
from twin.response.parameters import PRIORS, Estimate, parameter_uniforms, shrunk
from twin.weeks import WEEKS_PER_YEAR

QUARTER_WEEKS = 13.0
# the prior's weight in the variance of the level, counted in yearly differences
_PRIOR_YEARS = 2.0


def prior_shock_sd() -> float:
    """Weekly sd of the level before any data: the prior's yearly drift, spread over its weeks."""
    return float(PRIORS["market_drift"].sd / np.sqrt(WEEKS_PER_YEAR))


def quarter(series: Series) -> int:
    """A quarter of a year, in periods, at least one."""
    return max(1, round(QUARTER_WEEKS * len(series.periods) / series.n_weeks))


def level_shock(series: Series, level: NDArray[np.float64]) -> tuple[float, int]:
    """Weekly sd of the level's random walk, and the number of yearly differences behind it.

    Squared differences of a random walk in noise grow by one weekly variance a week: those of a year less those of a
    quarter, over the time between, leave the noise out. Weighed with the prior, which stands alone under two years.

    Parameters
    ----------
    series : Series
    level : (p,) float, log volume
        Without season; ``nan`` where nothing was recorded.

    Returns
    -------
    sd : float, log volume per square root of a week
    n_years : int
    """
    n_years = int(series.years + 0.02) - 1
    if n_years < 1:
        return prior_shock_sd(), 0
    time, seen = np.arange(len(level)), np.isfinite(level)
    if n_years >= 2:
        level = level - np.polyval(np.polyfit(time[seen], level[seen], 1), time)
    per_week = len(level) / series.n_weeks
    lags = round(WEEKS_PER_YEAR * per_week), quarter(series)
    pairs = [(level[lag:] - level[:-lag]) ** 2 for lag in lags]
    if not all(np.isfinite(squares).any() for squares in pairs):
        return prior_shock_sd(), 0
    of_year, of_quarter = (float(np.nanmean(squares)) for squares in pairs)
    # the fitted slope has eaten one of the yearly differences
    found = max(of_year - of_quarter, 0.0) * per_week / (lags[0] - lags[1]) * n_years / max(n_years - 1, 1)
    variance = (_PRIOR_YEARS * prior_shock_sd() ** 2 + n_years * found) / (_PRIOR_YEARS + n_years)
    return float(np.sqrt(variance)), n_years


def wandering_slope(shock_sd: float, years: float) -> float:
    """Variance of the least-squares slope of a random walk over so many years, per year squared: 6/5 of its own."""
    return 1.2 * shock_sd**2 * WEEKS_PER_YEAR / years


def level_trend(
    series: Series, level: NDArray[np.float64], shock_sd: float, n_draws: int, seed: int, season_sd: float = 0.0
) -> Estimate:
    """Yearly growth, drawn towards its prior: slope of the level without season.

    Its error includes what a wandering level does to a slope, and at least ``season_sd``: what is left open by not
    knowing the season, where few years cannot tell one from the other.
    """
    seen = np.isfinite(level)
    time = ((series.periods.mid_week() - series.first_week) / WEEKS_PER_YEAR)[seen]
    centred = time - time.mean()
    spread = centred @ centred
    slope = centred @ level[seen] / spread
    residual = level[seen] - level[seen].mean() - slope * centred
    noise = max(float(newey_west((centred * residual)[:, None], quarter(series))[0, 0]), 0.0) / spread**2
    noise = max(noise, season_sd**2)
    wander = wandering_slope(shock_sd, series.years)
    reason = f"slope of {series.name} over {series.years:.1f} years"
    return shrunk("market_drift", float(slope), float(np.sqrt(noise + wander)), n_draws, seed, reason)


def shock_estimate(sd: float, n_years: int, n_draws: int, seed: int) -> Estimate:
    """The sd as an estimate, with the spread that so few years leave."""
    freedom = _PRIOR_YEARS + n_years
    draws = sd * np.sqrt(freedom / stats.chi2.ppf(parameter_uniforms("market_shock", n_draws, seed), freedom))
    reason = f"{n_years} yearly differences of the level" if n_years else "under two years of sales"
    unit, prior = "log volume per sqrt(week)", str(PRIORS["market_drift"])
    return Estimate("market_shock", unit, draws, n_years > 0, reason, prior)
