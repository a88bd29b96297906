"""Passing noise: what moves a whole market for weeks and is gone, beside level, season, campaigns, luck of orders.

Common noise is what national residuals have beyond the sum of those of single places, as if these were independent.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from twin import draws
from twin.calibration.calendar.rival_calendar import RivalCalendar, regional
from twin.calibration.calendar.season import Season
from twin.draws import Key, Purpose, identity
from twin.market.history import History, Sales
from twin.market.world import World
from twin.weeks import Periods, mondays, week_of

_LEAST_YEARS = 2
_MOST_LASTING = 0.9


@dataclass(frozen=True)
class Passing:
    """Noise from period to period, of each brand and of the category.

    Parameters
    ----------
    kind : str
        ``week`` or ``month``: how long a period is.
    brand_sd : (j,) float, utility
    brand_lasting : (j,) float
        Part of it that is still there a period later.
    category_sd : float, log volume
    category_lasting : float
    """

    kind: str
    brand_sd: NDArray[np.float64]
    brand_lasting: NDArray[np.float64]
    category_sd: float
    category_lasting: float

    def of_brands(self, weeks: NDArray[np.int32], draw: int, seed: int) -> NDArray[np.float64]:
        """Noise of each brand in consecutive weeks: (j, w) float, utility."""
        z, place = self._normals(weeks, draw, seed, len(self.brand_sd) + 1)
        return (self.brand_sd[:, None] * _lasting(z[:-1], self.brand_lasting))[:, place]

    def of_category(self, weeks: NDArray[np.int32], draw: int, seed: int) -> NDArray[np.float64]:
        """Noise of the category in consecutive weeks: (w,) float, log volume; its exponential averages 1."""
        z, place = self._normals(weeks, draw, seed, len(self.brand_sd) + 1)
        noise = self.category_sd * _lasting(z[-1:], np.array([self.category_lasting]))[0]
        return noise[place] - 0.5 * self.category_sd**2

    def _normals(self, weeks: NDArray, draw: int, seed: int, n: int) -> tuple[NDArray, NDArray]:
        """Normal numbers by period, and the period of each week."""
        period = weeks if self.kind == "week" else mondays(weeks + 1).astype("datetime64[M]").astype(np.int64)
        found, place = np.unique(period, return_inverse=True)
        names = identity(np.array([f"{self.kind} {one}" for one in found]), "passing")
        return draws.normals(Key(seed, draw), Purpose.SHOCK, 0, names, n), place


def _lasting(z: NDArray[np.float64], part: NDArray[np.float64]) -> NDArray[np.float64]:
    """First-order autoregression of unit variance: (k, p) float."""
    out = z.copy()
    for t in range(1, z.shape[1]):
        out[:, t] = part * out[:, t - 1] + np.sqrt(1.0 - part**2) * z[:, t]
    return out


@dataclass(frozen=True)
class Record:
    """The market's record as a table, with the campaigns' lift beside it.

    Parameters
    ----------
    volume : (u, j, p) float, units
        By place (brick, or panel member), brand and period.
    lift : (u or 1, j, p) float, utility
        Of the campaigns that ran; one row where all ran everywhere.
    middle, year : (p,) int
        Week in the middle, and campaign-free year counted back from the end.
    periods : Periods
    audited : bool
        Places are bricks; else panel members.
    """

    volume: NDArray[np.float64]
    lift: NDArray[np.float64]
    middle: NDArray[np.int32]
    year: NDArray[np.int32]
    periods: Periods
    audited: bool

    @property
    def per_year(self) -> int:
        """Periods in a year."""
        return 12 if self.periods.kind == "month" else 52

    def plain_shares(self) -> NDArray[np.float64]:
        """Shares of the whole market without campaigns: (p, j) float."""
        total = (self.volume * np.exp(-self.lift)).sum(axis=0).T
        return total / np.maximum(total.sum(axis=1, keepdims=True), 1e-300)


def record_of(world: World, history: History, calendar: RivalCalendar) -> Record | None:
    """The audit, else the panel, by period; ``None`` without either."""
    audited = bool(len(history.audit))
    sales = history.audit if audited else history.panel
    if not len(sales):
        return None
    volume = _table(sales, len(world.bricks) if audited else len(world.population), len(world.brands))
    kept = np.ones(len(volume), dtype=bool) if audited else volume.sum(axis=(1, 2)) > 0
    zone = (world.bricks.territory if audited else world.population.territory)[kept]
    periods = sales.periods
    first = int(week_of(periods.start[0]))
    n_weeks = int(week_of(periods.stop[-1] - np.timedelta64(1, "D"))) + 1 - first
    strength = _strength(world, history, calendar, first, n_weeks)
    weights = periods.weights(first, n_weeks)
    lift = np.stack([_lift(one, calendar, weights) for one in strength])
    lift = lift if len(lift) == 1 else lift[zone]
    middle = periods.mid_week()
    per_year = 12 if periods.kind == "month" else 52
    year = -((len(periods) - 1 - np.arange(len(periods))) // per_year)
    return Record(volume[kept], lift, middle, year.astype(np.int32), periods, audited)


def _strength(
    world: World, history: History, calendar: RivalCalendar, first: int, n_weeks: int
) -> NDArray[np.float64]:  # fmt: skip
    """Campaigns that ran, rivals' and ours: (z or 1, j, w) float, 1 = the brand's average."""
    strength = calendar.active(first, n_weeks)
    for one in history.campaigns:
        if one.brand < world.brands.n_own:
            strength[one.brand, max(one.start - first, 0) : max(one.stop - first, 0)] += one.strength
    limited = regional(calendar.events, first, n_weeks, len(world.territories), len(world.brands))
    return strength[None] if limited is None else strength[None] + limited


def _lift(strength: NDArray, calendar: RivalCalendar, weights: sparse.csr_matrix) -> NDArray[np.float64]:
    """Utility that campaigns gave on average in each period: (j, p) float."""
    promotion = np.array([float(one.draws.mean()) for one in calendar.promo_effect])
    length = np.maximum(np.asarray(weights.sum(axis=1)).ravel(), 1e-9)
    return np.log((weights @ np.exp(promotion[:, None] * strength).T) / length[:, None]).T


def _table(sales: Sales, n_units: int, n_brands: int) -> NDArray[np.float64]:
    n = len(sales.periods)
    flat = (sales.unit.astype(np.int64) * n_brands + sales.brand) * n + sales.period
    return np.bincount(flat, sales.volume, n_units * n_brands * n).reshape(n_units, n_brands, n)


def month_of_year(weeks: NDArray[np.int32]) -> NDArray[np.int64]:
    """Calendar month in which a week has its Thursday, 0 to 11."""
    return (mondays(weeks) + np.timedelta64(3, "D")).astype("datetime64[M]").astype(np.int64) % 12


def learn_passing(
    record: Record, season: Season, months: NDArray[np.float64], category: NDArray[np.float64] | None = None
) -> Passing:
    """Common noise of brands and of the category; none where under two years or few places cannot show it.

    Parameters
    ----------
    record : Record
    season : Season
        Whose fit of the category is taken out.
    months : (j, 12) float, utility
        Months of the year of each brand.
    category : (12,) float, log volume, optional
        Months of the year of the category, beyond the season.
    """
    j, n = record.volume.shape[1], record.volume.shape[2]
    if n < _LEAST_YEARS * record.per_year:
        return Passing(record.periods.kind, np.zeros(j), np.zeros(j), 0.0, 0.0)
    utility = record.lift + months[:, month_of_year(record.middle)][None]
    expected = _expected(record, utility)
    # what a fit leaves is less than what a forecast misses: each month is part of its own year's mean and of its own
    # month's mean over the years
    whole_year, n_years = 1.0 - 1.0 / record.per_year, n // record.per_year
    kept = [whole_year * (1.0 - months[k].any() / n_years) for k in range(j)]
    sd, lasting = zip(*(_common(record.volume[:, k] - expected[:, k], expected[:, k], kept[k]) for k in range(j)))
    total = record.volume.sum(axis=1)
    usual = expected_category(record, season)
    if category is not None:
        usual = usual * np.exp(category)[month_of_year(record.middle)]
    of_months = category is not None and bool(np.any(category))
    of_all = _common(total - usual, usual, whole_year * (1.0 - of_months / n_years))
    return Passing(record.periods.kind, np.array(sd), np.array(lasting), *of_all)


def _moving(values: NDArray[np.float64], width: int) -> NDArray[np.float64]:
    """Centred moving sum along the last axis, the first and the last whole windows held at the ends."""
    total = np.concatenate([np.zeros((*values.shape[:-1], 1)), np.cumsum(values, axis=-1)], axis=-1)
    start = np.clip(np.arange(values.shape[-1]) - width // 2, 0, values.shape[-1] - width)
    return total[..., start + width] - total[..., start]


def _expected(record: Record, utility: NDArray[np.float64]) -> NDArray[np.float64]:
    """Volume to be expected of each brand from its place's level of the year, campaigns and months: (u, j, p)."""
    plain = record.volume * np.exp(-utility)
    level = _moving(plain / np.maximum(plain.sum(axis=1, keepdims=True), 1e-300), record.per_year)
    attraction = level * np.exp(utility)
    share = attraction / np.maximum(attraction.sum(axis=1, keepdims=True), 1e-300)
    return share * record.volume.sum(axis=1, keepdims=True)


def expected_category(record: Record, season: Season) -> NDArray[np.float64]:
    """Volume to be expected of the category from the season and each place's level of the year: (u, p)."""
    total = record.volume.sum(axis=1)
    weeks = np.asarray(record.middle)
    first = int(week_of(record.periods.start[0])) - 1
    span = first + np.arange(int(weeks[-1]) + 8 - first, dtype=np.int32)
    index = np.exp(season.log_index_draws(span).mean(axis=0))
    shape = np.asarray(record.periods.weights(first, len(span)) @ index).ravel()
    level = _moving(total / shape, record.per_year) / record.per_year
    return level * shape


def _common(residual: NDArray[np.float64], expected: NDArray[np.float64], kept: float = 1.0) -> tuple[float, float]:
    """Relative sd of what places have in common, and how much of it lasts a period.

    Mean square of the summed residuals less the sum of the places' mean squares, over the expected total squared.
    Those of the places hold the common part as well, each by its share squared, so that the difference is too small
    by the sum of squared shares. ``kept`` is the part of the variance that the fit has left.
    """
    total, whole = residual.sum(axis=0), expected.sum(axis=0)
    whole = np.maximum(whole, 1e-300)
    alone = float(np.mean(np.square(residual).sum(axis=0) / whole**2))
    few = float(np.mean(np.square(expected).sum(axis=0) / whole**2))
    relative = total / whole
    common = float(np.mean(relative**2)) - alone
    if common <= 0 or len(residual) < 3 or few >= 0.9:
        return 0.0, 0.0
    next_to = float(np.mean(relative[1:] * relative[:-1]))
    lasting = float(np.clip(next_to / common, 0.0, _MOST_LASTING))
    return float(np.sqrt(common / (1.0 - few) / max(kept, 0.25))), lasting


def local_spread(record: Record, n_bricks: int, n_own: int) -> NDArray[np.float64]:
    """How far each brick's share of a brand lies from last year's, the market's own change and luck taken off.

    Squared changes of the log share from year to year, weighed by volume, less what the residuals of single periods
    explain. The luck of last year itself stays, because it is the level that forecasts begin with; not for our brands,
    whose luck is drawn customer by customer.

    Returns
    -------
    (b, j) float, utility
    """
    j, n = record.volume.shape[1], record.volume.shape[2]
    n_years = n // record.per_year
    if n_years < _LEAST_YEARS or n_bricks < 3:
        return np.zeros((n_bricks, j))
    years = record.volume[:, :, n - n_years * record.per_year :].reshape(n_bricks, j, n_years, record.per_year)
    volume = years.sum(axis=3)
    total = np.maximum(volume.sum(axis=1, keepdims=True), 1e-300)
    floor = 0.02 * volume.sum(axis=0) / np.maximum(volume.sum(axis=(0, 1)), 1e-300)
    share = np.log(np.maximum(volume / total, floor[None]))
    weight = np.maximum(volume, 0.0)
    weight = weight / np.maximum(weight.sum(axis=0, keepdims=True), 1e-12)
    change = share[:, :, 1:] - share[:, :, :-1]
    change = change - (weight[:, :, 1:] * change).sum(axis=0, keepdims=True)
    residual = record.volume - _expected(record, record.lift)
    square = np.square(residual).mean(axis=2) * record.per_year
    usual = volume.mean(axis=2)
    luck = np.minimum(np.divide(square, usual**2, out=np.ones_like(usual), where=usual > 0), 1.0)
    recent = weight[:, :, 1:].mean(axis=2)
    wander = (recent * (np.square(change).mean(axis=2) - 2 * luck)).sum(axis=0)
    luck[:, :n_own] = 0.0
    return np.sqrt(np.maximum(wander, 0.0)[None] + luck)
