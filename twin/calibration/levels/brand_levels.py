"""Brand levels: where shares stand brick by brick, in which months brands are bought, and how far all that is sure.

Campaigns are taken out first. Levels and months are utilities: the shares of a logit move by them, and sums over places
stay sums. Without an audit or a panel there is nothing to learn, and nothing is laid out.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twin import draws
from twin.calibration.calendar.rival_calendar import RivalCalendar
from twin.calibration.calendar.season import Season
from twin.calibration.levels.category_months import learn_category_months
from twin.calibration.levels.months import LEAST_YEARS, MONTHS, drawn_months
from twin.calibration.levels.passing_noise import Passing, Record, learn_passing, local_spread, month_of_year, record_of
from twin.draws import Key, Purpose, identity
from twin.market.history import History
from twin.market.world import World
from twin.potential.evidence import gather
from twin.potential.potential import Potential

_CELL_WEIGHT = 5.0
"""Unknown customers whose worth of evidence the whole market has against a brick."""
_LARGEST_SHARE = 0.9
_LEAST_DIFFERENCES = 3


@dataclass(frozen=True)
class BrandLevels:
    """What is known of shares by place and by month of the year.

    Parameters
    ----------
    hidden_own : (b + 1,) float, units per week
        Our volume at customers whom we do not know, by brick; last those without a brick.
    months : (d, j, 12) float, utility
        Of each brand in each month of the year, around its yearly mean; 0 where years do not agree.
    local_sd : (b + 1, j) float, utility
        How far a brick's level may lie from last year's a year on, beyond luck and what moves the whole market.
    passing : Passing
        Noise that passes within weeks and is shared by all places.
    brick_entity : (b + 1,) uint64
    seed : int
    source : str
    growth : tuple of (float, int), optional
        Mean yearly growth of our log share in the audits, and the number of yearly differences behind it.
    category : (d, 12) float, log volume, optional
        Of the category in each month of the year, beyond the season.
    """

    hidden_own: NDArray[np.float64]
    months: NDArray[np.float64]
    local_sd: NDArray[np.float64]
    passing: Passing
    brick_entity: NDArray[np.uint64]
    seed: int
    source: str
    growth: tuple[float, int] | None = None
    category: NDArray[np.float64] | None = None

    def local(self, draw: int) -> NDArray[np.float64]:
        """Shift of every brand in every brick in one draw: (b + 1, j) float, utility."""
        z = draws.normals(Key(self.seed, draw), Purpose.TRAIT, 0, self.brick_entity, self.local_sd.shape[1])
        return self.local_sd * z.T

    def waves(self, first_week: int, n_weeks: int, draw: int) -> NDArray[np.float64]:
        """Months of the year and passing noise of every brand in one draw: (j, w) float, utility."""
        weeks = first_week + np.arange(n_weeks, dtype=np.int32)
        season = self.months[draw % len(self.months)][:, month_of_year(weeks)]
        return season + self.passing.of_brands(weeks, draw, self.seed)

    def demand_noise(self, first_week: int, n_weeks: int, draw: int) -> NDArray[np.float64]:
        """Months of the year and passing noise of the category in one draw: (w,) float, log volume."""
        weeks = first_week + np.arange(n_weeks, dtype=np.int32)
        noise = self.passing.of_category(weeks, draw, self.seed)
        if self.category is None:
            return noise
        return noise + self.category[draw % len(self.category)][month_of_year(weeks)]

    def hidden_part(
        self,
        volume: NDArray[np.float64],
        won: NDArray[np.float64],
        unknown: NDArray[np.bool_],
        brick: NDArray[np.int32],
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Chance that an unknown customer buys from us already, and the share it then gives: two (c,) arrays.

        Such that brick by brick the expected volume is what the audit shows beyond our books.

        Parameters
        ----------
        volume : (c,) float, units per week
        won : (c,) float
            Share that a customer would give.
        unknown : (c,) bool
        brick : (c,) int32
            -1 reads the last row.
        """
        row = np.where(brick >= 0, brick, len(self.hidden_own) - 1)
        there = np.bincount(row[unknown], (volume * won)[unknown], len(self.hidden_own))
        ratio = (self.hidden_own / np.maximum(there, 1e-300))[row]
        ratio = np.where(there[row] > 0, ratio, 0.0)
        return np.clip(ratio, 0.0, 1.0), np.clip(won * np.maximum(ratio, 1.0), 1e-3, _LARGEST_SHARE)


def learn_brand_levels(
    world: World, history: History, calendar: RivalCalendar, season: Season, potential: Potential, n_draws: int,
    seed: int,
) -> BrandLevels | None:  # fmt: skip
    """Learn from the audit, else from the panel; ``None`` without either.

    Parameters
    ----------
    world, history : World, History
    calendar : RivalCalendar
        Whose campaigns are taken out.
    season : Season
        Of the category.
    potential : Potential
    n_draws, seed : int

    Returns
    -------
    BrandLevels or None
    """
    record = record_of(world, history, calendar)
    if record is None:
        return None
    months, n_years = _months(record.plain_shares(), month_of_year(record.middle), record.year, n_draws, seed, world)
    category = learn_category_months(record, season, n_draws, seed)
    spread = (
        local_spread(record, len(world.bricks), world.brands.n_own)
        if record.audited
        else np.zeros((len(world.bricks), len(months[0])))
    )
    ids = np.concatenate([world.bricks.ids.astype(str), ["(none)"]])
    return BrandLevels(
        hidden_own=_hidden_own(world, history, potential),
        months=months,
        local_sd=np.vstack([spread, np.zeros(spread.shape[1])]),
        passing=learn_passing(record, season, months.mean(axis=0), category.mean(axis=0)),
        brick_entity=identity(ids, "brick"),
        seed=seed,
        source=f"{'audit' if record.audited else 'panel'}; months of the year from {n_years} years",
        growth=_growth(record, world.brands.n_own) if record.audited else None,
        category=category,
    )


def _growth(record: Record, n_own: int) -> tuple[float, int] | None:
    """Mean yearly growth of our log share; ``None`` under four whole years."""
    brands = record.volume.sum(axis=0)
    years = brands.shape[1] // record.per_year
    if years <= _LEAST_DIFFERENCES:
        return None
    whole = brands[:, brands.shape[1] - years * record.per_year :].reshape(len(brands), years, -1).sum(axis=2)
    ours = whole[:n_own].sum(axis=0) / np.maximum(whole.sum(axis=0), 1e-300)
    if (ours <= 0).any():
        return None
    return float(np.log(ours[-1] / ours[0]) / (years - 1)), years - 1


def _hidden_own(world: World, history: History, potential: Potential) -> NDArray[np.float64]:
    """Audit less books by brick, drawn towards the market's share of the unknown where a brick holds few of them."""
    people, evidence, n = world.population, gather(world, history), len(world.bricks)
    unknown = ~people.known
    row = np.where(people.brick >= 0, people.brick, n)
    there = np.bincount(row[unknown], potential.mean[unknown], n + 1)
    usual = potential.unknown_own_share
    if not n:
        return usual * there
    count = np.bincount(row[unknown], minlength=n + 1)[:n]
    surplus = np.maximum(evidence.brick_brands[:, world.brands.own].sum(axis=1) - evidence.brick_known.sum(axis=1), 0.0)
    seen = (np.nan_to_num(evidence.brick_total) > 0) & (there[:n] > 0)
    share = np.where(seen, np.minimum(surplus / np.maximum(there[:n], 1e-300), _LARGEST_SHARE), usual)
    drawn = (count * share + _CELL_WEIGHT * usual) / (count + _CELL_WEIGHT)
    volume = drawn * there[:n]
    # noise that was cut off at nought must not add up
    goal = usual * there[:n][seen].sum()
    volume[seen] *= goal / max(volume[seen].sum(), 1e-300)
    return np.append(volume, usual * there[n])


def _months(
    shares: NDArray, month: NDArray, year: NDArray, n_draws: int, seed: int, world: World
) -> tuple[NDArray[np.float64], int]:
    """Months of the year of each brand: (d, j, 12), and the number of whole years behind them.

    Mean over years of each month's deviation from its own year, drawn towards none as far as years disagree.
    """
    table = [[shares[(year == y) & (month == m)].sum(axis=0) for m in range(MONTHS)] for y in np.unique(year)]
    whole = np.array([rows for rows in table if all(np.sum(one) > 0 for one in rows)])
    if len(whole) < LEAST_YEARS:
        return np.zeros((n_draws, shares.shape[1], MONTHS)), len(whole)
    little = 1e-3 * whole.mean(axis=(0, 1))
    logs = np.log((whole + little) / whole.sum(axis=2, keepdims=True))
    return drawn_months(logs, [str(name) for name in world.brands.names], n_draws, seed), len(whole)
