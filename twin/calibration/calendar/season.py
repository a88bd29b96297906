"""Season: when the category is bought, its trend, and how far its level wanders.

Learned from category totals; brands, customers and campaigns are not its concern.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from twin.calibration.calendar.feasts import FEASTS, PHASES, feast_regressors
from twin.calibration.calendar.season_growth import told_from_growth
from twin.calibration.levels.category_level import level_shock, level_trend, prior_shock_sd, quarter, shock_estimate
from twin.calibration.levels.period_totals import Block, LogLinearFit, Series, category_series, fit_log_linear
from twin.market.history import History
from twin.market.world import World
from twin.response.parameters import Estimate, from_prior, parameter_uniforms
from twin.weeks import WEEKS_PER_YEAR, Periods, year_phase

_MOST_HARMONICS = 4
# a trend fades in a forecast: half of its weekly step is left after this long, as damped trends do better at long range
_TREND_HALF_LIFE_WEEKS = 104.0
_FEAST_CYCLE_YEARS = 33


@dataclass(frozen=True)
class Season:
    """What the calendar does to the category.

    Parameters
    ----------
    harmonics : int
        Number of yearly harmonics; 0 where the season is flat or unknown.
    feasts : tuple of str
        Moving feasts that help to explain the totals.
    country : str
        Whose feasts.
    coefficients : (d, k) float, log volume
        Cosine and sine of each harmonic, then before, during and after each feast.
    log_norm : (d,) float
        Log of the mean of the raw index over the years.
    trend_draws : (d,) float, log volume per week
        Growth at the origin.
    level_shock_sd : float, log volume per square root of a week
        Of the random walk of the category's level.
    periods : Periods
        Of :attr:`observed`; empty without sales.
    observed, fitted : (p,) float, units
        Category totals and their fit.
    estimates : tuple of Estimate
    source : str
        What was used, and what could not be learned.
    """

    harmonics: int
    feasts: tuple[str, ...]
    country: str
    coefficients: NDArray[np.float64]
    log_norm: NDArray[np.float64]
    trend_draws: NDArray[np.float64]
    level_shock_sd: float
    periods: Periods
    observed: NDArray[np.float64]
    fitted: NDArray[np.float64]
    estimates: tuple[Estimate, ...]
    source: str

    def log_index(self, weeks: NDArray[np.int32], draw: int) -> NDArray[np.float64]:
        """Log of the seasonal index in one parameter draw: (w,) float; its exponential averages 1 over the years."""
        columns = seasonal_columns(weeks, self.harmonics, self.feasts, self.country)
        return columns @ self.coefficients[draw] - self.log_norm[draw]

    def log_index_draws(self, weeks: NDArray[np.int32]) -> NDArray[np.float64]:
        """:meth:`log_index` of every draw: (d, w) float."""
        columns = seasonal_columns(weeks, self.harmonics, self.feasts, self.country)
        return self.coefficients @ columns.T - self.log_norm[:, None]

    def log_trend(self, weeks_from_origin: NDArray[np.int32], draw: int) -> NDArray[np.float64]:
        """Log level relative to the origin in one parameter draw.

        Parameters
        ----------
        weeks_from_origin : (w,) int32, weeks
        draw : int

        Returns
        -------
        (w,) float, log volume
            Straight in the past. Ahead the weekly step shrinks by a constant factor, to one half after two years, so
            that the sum is bounded: ``trend * f * (1 - f**h) / (1 - f)``.
        """
        ahead = np.maximum(weeks_from_origin, 0)
        fade = 0.5 ** (1 / _TREND_HALF_LIFE_WEEKS)
        damped = fade * (1 - fade**ahead) / (1 - fade)
        return self.trend_draws[draw] * np.where(np.asarray(weeks_from_origin) > 0, damped, weeks_from_origin)


def seasonal_columns(
    weeks: NDArray[np.int32], harmonics: int, feasts: tuple[str, ...], country: str
) -> NDArray[np.float64]:
    """Columns of the seasonal design: cosine and sine of each harmonic, three phases of each feast: (w, k) float."""
    angle = 2 * np.pi * year_phase(np.asarray(weeks))[:, None] * np.arange(1, harmonics + 1)
    waves = np.stack([np.cos(angle), np.sin(angle)], axis=2).reshape(len(angle), 2 * harmonics)
    return np.hstack([waves, *(feast_regressors(weeks, feast, country) for feast in feasts)])


def learn_season(world: World, history: History, n_draws: int, seed: int, country: str = "TR") -> Season:
    """Season, trend and wandering of the category.

    Category totals of all sources share one season; each has a level of its own, straight with a bend every year, so
    that a slow change of level is not taken for a season. Harmonics are chosen by BIC and feasts kept by AIC, both on
    deviances over the long-run dispersion. The trend is the slope of a straight level, drawn towards its prior.

    Parameters
    ----------
    world : World
    history : History
    n_draws : int
    seed : int
    country : str
        Whose moving feasts are tried.

    Returns
    -------
    Season
        Flat, and saying so, when less than a year is observed.
    """
    series = category_series(world, history)
    if not series or max(one.years for one in series) < 0.98:
        return _flat(series, n_draws, seed, country)
    harmonics, feasts, fit = _choose(series, country)
    n_seasonal = 2 * harmonics + len(PHASES) * len(feasts)
    names = _coefficient_names(harmonics, feasts)
    widths = [_level_columns(one).shape[1] for one in series]
    mean, covariance, slope_sd = told_from_growth(fit, [one.years for one in series], n_seasonal, widths)
    coefficients = _normal_draws(mean, covariance, names, n_draws, seed)
    main = series[0]
    index = np.exp(seasonal_columns(main.weeks, harmonics, feasts, country) @ mean)
    level = np.log(_category(main)) - np.log(main.weights @ index)
    shock_sd, shock_years = level_shock(main, level)
    trend = level_trend(main, level, shock_sd, n_draws, seed, slope_sd)
    swing = _season_estimates(coefficients, names, harmonics, country)
    return Season(
        harmonics=harmonics,
        feasts=feasts,
        country=country,
        coefficients=coefficients,
        log_norm=_log_norm(coefficients, harmonics, feasts, country, main),
        trend_draws=trend.draws / WEEKS_PER_YEAR,
        level_shock_sd=shock_sd,
        periods=main.periods,
        observed=_category(main),
        fitted=fit.fitted[0],
        estimates=(trend, shock_estimate(shock_sd, shock_years, n_draws, seed), *swing),
        source=_source(series, harmonics, feasts),
    )


def _flat(series: tuple[Series, ...], n_draws: int, seed: int, country: str) -> Season:
    """No season is learned from less than a year."""
    reason = "less than one year of sales: no season, no trend"
    trend = from_prior("market_drift", n_draws, seed, reason)
    sd, empty = prior_shock_sd(), np.array([], dtype="datetime64[D]")
    observed = _category(series[0]) if series else np.array([])
    periods = series[0].periods if series else Periods("month", empty, empty)
    return Season(
        harmonics=0,
        feasts=(),
        country=country,
        coefficients=np.zeros((n_draws, 0)),
        log_norm=np.zeros(n_draws),
        trend_draws=trend.draws / WEEKS_PER_YEAR,
        level_shock_sd=sd,
        periods=periods,
        observed=observed,
        fitted=np.nanmean(observed / periods.weeks_in()) * periods.weeks_in() if series else observed,
        estimates=(trend, shock_estimate(sd, 0, n_draws, seed)),
        source=f"{series[0].name}; {reason}" if series else "no sales; " + reason,
    )


def _category(series: Series) -> NDArray[np.float64]:
    """Volume of all brands; a period without any row was not recorded: (p,) float, ``nan`` there."""
    total = series.totals.sum(axis=1)
    return np.where(total > 0, total, np.nan)


def _level_columns(series: Series) -> NDArray[np.float64]:
    """Constant, slope, and a bend at each inner year of three years and more: (w, m) float, time in years."""
    time = np.arange(series.n_weeks) / WEEKS_PER_YEAR
    whole = round(series.years)
    bends = np.linspace(0, time[-1], whole + 1)[1:-1] if whole >= 3 else np.array([])
    return np.column_stack([np.ones_like(time), time, *(np.maximum(time - bend, 0) for bend in bends)])


def _fit(
    series: tuple[Series, ...],
    harmonics: int,
    feasts: tuple[str, ...],
    country: str,
    dispersions: tuple[float, ...] | None = None,
) -> LogLinearFit:
    """All sources at once: seasonal columns are shared, levels are each source's own."""
    levels = [_level_columns(one) for one in series]
    place = np.cumsum([0, *(level.shape[1] for level in levels)])
    blocks, start = [], np.zeros(2 * harmonics + len(PHASES) * len(feasts) + place[-1])
    shared = len(start) - place[-1]
    for one, level, (first, last) in zip(series, levels, pairwise(place)):
        design = np.zeros((one.n_weeks, len(start)))
        design[:, :shared] = seasonal_columns(one.weeks, harmonics, feasts, country)
        design[:, shared + first : shared + last] = level
        blocks.append(Block(_category(one), one.weights, design))
        start[shared + first] = np.log(np.nansum(blocks[-1].observed) / one.n_weeks)
    return fit_log_linear(tuple(blocks), start, tuple(quarter(one) for one in series), dispersions)


def _choose(series: tuple[Series, ...], country: str) -> tuple[int, tuple[str, ...], LogLinearFit]:
    """Number of harmonics by BIC, then each feast by AIC."""
    years = max(one.years for one in series)
    most = _MOST_HARMONICS if years >= 3 else 2
    n_seen = sum(int(np.isfinite(_category(one)).sum()) for one in series)
    # half of the data at least must speak for the level and the noise, or a short history is fitted by its own season
    most = min(most, n_seen // 8)
    every = tuple(FEASTS) if years >= 2.0 else ()
    every = tuple(f for f in every if max(feast_regressors(one.weeks, f, country).sum() for one in series) > 0)
    dispersions = _fit(series, most, every, country).dispersions
    # a feast must not be mistaken for a season nor a season for a feast: harmonics are chosen with all feasts in place
    fits = [_fit(series, count, every, country, dispersions) for count in range(most + 1)]
    harmonics = int(np.argmin([fit.deviance + np.log(n_seen) * 2 * count for count, fit in enumerate(fits)]))
    kept, best = every, fits[harmonics]
    for feast in every:
        fewer = tuple(other for other in kept if other != feast)
        trial = _fit(series, harmonics, fewer, country, dispersions)
        if trial.deviance <= best.deviance + 2 * len(PHASES):
            kept, best = fewer, trial
    return harmonics, kept, best


def _coefficient_names(harmonics: int, feasts: tuple[str, ...]) -> tuple[str, ...]:
    waves = (f"season:{wave}{count}" for count in range(1, harmonics + 1) for wave in ("cos", "sin"))
    return (*waves, *(f"feast:{feast}:{phase}" for feast in feasts for phase in PHASES))


def _normal_draws(
    mean: NDArray, covariance: NDArray, names: tuple[str, ...], n_draws: int, seed: int
) -> NDArray[np.float64]:
    """Joint normal draws, each coefficient keyed by its name: (d, k) float."""
    if not names:
        return np.zeros((n_draws, 0))
    z = np.column_stack([stats.norm.ppf(parameter_uniforms(name, n_draws, seed)) for name in names])
    values, vectors = np.linalg.eigh(covariance)
    root = (vectors * np.sqrt(np.maximum(values, 0))) @ vectors.T
    return mean + z @ root


def _log_norm(
    coefficients: NDArray, harmonics: int, feasts: tuple[str, ...], country: str, series: Series
) -> NDArray[np.float64]:
    """Log mean of the raw index over whole years: (d,) float.

    With feasts, over the years in which they wander once through the calendar.
    """
    years = _FEAST_CYCLE_YEARS if feasts else 8
    last = series.first_week + series.n_weeks
    weeks = np.arange(
        round(last - WEEKS_PER_YEAR * years * 0.75), round(last + WEEKS_PER_YEAR * years * 0.25), dtype=np.int32
    )
    return np.log(np.exp(coefficients @ seasonal_columns(weeks, harmonics, feasts, country).T).mean(axis=1))


def _season_estimates(
    coefficients: NDArray, names: tuple[str, ...], harmonics: int, country: str
) -> tuple[Estimate, ...]:
    """Swing of the natural season, and the effect of each kept feast."""
    found = []
    if harmonics:
        waves = coefficients[:, : 2 * harmonics] @ seasonal_columns(np.arange(53), harmonics, (), country).T
        unit, reason = "log volume, peak less trough", f"{harmonics} harmonics by BIC"
        found.append(Estimate("season_swing", unit, np.ptp(waves, axis=1), True, reason))
    for column, name in enumerate(names):
        if name.startswith("feast:"):
            found.append(Estimate(name, "log volume", coefficients[:, column], True, "kept by AIC"))
    return tuple(found)


def _source(series: tuple[Series, ...], harmonics: int, feasts: tuple[str, ...]) -> str:
    used = ", ".join(f"{one.name} by {one.periods.kind} over {one.years:.1f} years" for one in series)
    shape = f"{harmonics} harmonics" if harmonics else "no season found"
    return f"{used}; {shape}; feasts: {', '.join(feasts) or 'none'}"
