"""Evidence on size: weekly volumes of the last year, from our own sales, the panel and the audit, each with its noise.

Knows what was observed; not what it means for those who were not, see :mod:`twin.potential.level`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from twin.market.history import History, Sales
from twin.market.world import World
from twin.weeks import week_of

YEAR_DAYS = 365
_PSEUDO_PERIODS = 3.0  # weight of everybody's lumpiness in anybody's


@dataclass(frozen=True)
class Window:
    """The days over which volumes are averaged: the last year of a source, or all there is.

    Parameters
    ----------
    start, stop : datetime64[D]
        Half-open.
    """

    start: np.datetime64
    stop: np.datetime64

    @property
    def weeks(self) -> float:
        """Length, weeks."""
        return float((self.stop - self.start).astype(np.int64)) / 7

    @property
    def whole_year(self) -> bool:
        """Whether the season averages out."""
        return self.weeks > 51.5

    def weights(self, sales: Sales) -> NDArray[np.float64]:
        """Part of each period that lies inside: (p,) float in [0, 1]."""
        start, stop = sales.periods.start, sales.periods.stop
        inside = np.minimum(stop, self.stop) - np.maximum(start, self.start)
        return np.clip(inside.astype(np.int64) / (stop - start).astype(np.int64), 0.0, 1.0)


def last_year(sales: Sales) -> Window | None:
    """Last year of a source, up to its last period with any record; ``None`` without records."""
    if not len(sales):
        return None
    stop = sales.periods.stop[sales.period.max()]
    return Window(max(sales.periods.start[sales.period.min()], stop - YEAR_DAYS), stop)


def weekly(sales: Sales, n_units: int, brands: NDArray[np.bool_], window: Window) -> NDArray[np.float64]:
    """Mean weekly volume of the chosen brands inside the window: (unit,) float, units per week."""
    keep = brands[sales.brand]
    part = window.weights(sales)[sales.period[keep]]
    return np.bincount(sales.unit[keep], sales.volume[keep] * part, n_units) / window.weeks


def lumpiness(sales: Sales, n_units: int, brands: NDArray[np.bool_], window: Window) -> NDArray[np.float64]:
    """Relative variance of each unit's volume of the window, from how unevenly it came; its inverse counts orders.

    The common season is taken out first, and each unit's own figure is shrunk towards the median one.

    Returns
    -------
    (unit,) float, positive
        The median of all where nothing was bought.
    """
    part = window.weights(sales)
    periods = np.flatnonzero(part > 0)
    n = len(periods)
    keep = brands[sales.brand] & (part[sales.period] > 0)
    column = np.searchsorted(periods, sales.period[keep])
    season = np.bincount(column, sales.volume[keep], n)
    season = np.where(season > 0, season / max(season.mean(), 1e-300), 1.0)
    table = sparse.csr_matrix((sales.volume[keep] / season[column], (sales.unit[keep], column)), shape=(n_units, n))
    total = np.asarray(table.sum(axis=1)).ravel()
    squares = np.asarray(table.multiply(table).sum(axis=1)).ravel()
    bought = total > 0
    relative = np.ones(n_units)
    if n > 1:
        spread = n / (n - 1) * (squares - total**2 / n)
        relative[bought] = np.clip(spread[bought] / total[bought] ** 2, 1e-4, 1.0)
    usual = float(np.median(relative[bought])) if bought.any() else 1.0
    shrunk = ((n - 1) * relative + _PSEUDO_PERIODS * usual) / (n - 1 + _PSEUDO_PERIODS)
    return np.where(bought, shrunk, usual)


NEW_WEEKS = 104
"""Customers known for a shorter time are newcomers."""
_SEEN_WITHOUT_WEEKS = 26


def settled(world: World, history: History) -> NDArray[np.bool_]:
    """Known customers who are no newcomers: (c,) bool.

    Who is known is not drawn at random: at the same attributes the known are larger. Whoever was found lately was
    unknown until then, and has that level still. Where the data do not show an arrival (everybody came when the records
    begin), or nearly all are new, all the known count as settled.
    """
    people = world.population
    new = people.known & (people.known_since >= history.origin - NEW_WEEKS)
    new &= people.known_since >= history.first_week + _SEEN_WITHOUT_WEEKS
    few = 2 * new.sum() <= people.known.sum()
    return people.known & ~new if few else people.known.copy()


@dataclass(frozen=True)
class Evidence:
    """What was observed of size in the last year.

    Parameters
    ----------
    own : (c,) float, units per week
        Our volume of each known customer over the weeks in which it was ours; 0 for the unknown.
    own_noise, panel_noise : (c,) float
        Relative variance of that volume, see :func:`lumpiness`.
    own_total : (n_own,) float, units per week
        Our volume to known customers, by brand, as it stands in the books.
    lost : (c,) bool
        Known customers who have left us.
    members : (k,) int
        Panel members, ascending.
    panel : (c,) float, units per week
        Category volume of panel members; 0 for others.
    panel_brands : (2, j) float, units per week
        Volume of unknown (row 0) and known (row 1) panel members by brand.
    brick_total : (b,) float, units per week
        Category volume; ``nan`` where not audited.
    brick_sd : (b,) float, log
        Its noise.
    brick_brands : (b, j) float, units per week
        Volume by brand; 0 where not audited.
    brick_known : (b, j) float, units per week
        What known customers bought of our brands, in the audit's window; 0 for rivals' brands.
    years : tuple of str
        Sources that do not cover a whole year.
    """

    own: NDArray[np.float64]
    own_noise: NDArray[np.float64]
    own_total: NDArray[np.float64]
    lost: NDArray[np.bool_]
    members: NDArray[np.int64]
    panel: NDArray[np.float64]
    panel_noise: NDArray[np.float64]
    panel_brands: NDArray[np.float64]
    brick_total: NDArray[np.float64]
    brick_sd: NDArray[np.float64]
    brick_brands: NDArray[np.float64]
    brick_known: NDArray[np.float64]
    years: tuple[str, ...]

    @property
    def audited(self) -> bool:
        """Whether any brick's category volume is known."""
        return bool((self.brick_total > 0).any())


def _exposure(world: World, window: Window) -> NDArray[np.float64]:
    """Part of the window in which each known customer was ours: (c,) float in (0, 1]."""
    start, stop = week_of(np.array([window.start, window.stop]))
    ours = np.minimum(world.population.left, stop) - np.maximum(world.population.known_since, start)
    # a month at least: a first order is no yearly rate
    return np.clip(ours / max(stop - start, 1), min(4 / max(stop - start, 4), 1.0), 1.0)


def _own_by_brick(world: World, sales: Sales, window: Window, own: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Our sales to known customers by brick and brand inside a window: (b, j) float, units per week."""
    b, j = len(world.bricks), len(world.brands)
    brick = world.population.brick[sales.unit]
    keep = own[sales.brand] & (brick >= 0) & world.population.known[sales.unit]
    part = window.weights(sales)[sales.period[keep]]
    flat = np.bincount(brick[keep].astype(np.int64) * j + sales.brand[keep], sales.volume[keep] * part, b * j)
    return flat.reshape(b, j) / window.weeks


def gather(world: World, history: History) -> Evidence:
    """Weekly volumes of the last year by source."""
    c, b, j = len(world.population), len(world.bricks), len(world.brands)
    every, ours, known = np.ones(j, dtype=bool), world.brands.own, world.population.known
    short = []
    own, own_noise, own_total = np.zeros(c), np.ones(c), np.zeros(world.brands.n_own)
    if (window := last_year(history.own_sales)) is not None:
        booked = np.where(known, weekly(history.own_sales, c, ours, window), 0.0)
        own, own_noise = booked / _exposure(world, window), lumpiness(history.own_sales, c, ours, window)
        part = window.weights(history.own_sales)[history.own_sales.period] * known[history.own_sales.unit]
        own_total = np.bincount(history.own_sales.brand, history.own_sales.volume * part, j)[: len(own_total)]
        own_total = own_total / window.weeks
        short += [] if window.whole_year else ["own sales"]

    # whoever has no row yet as of the origin had not joined the panel, or did not exist: that is no silence
    members = np.intersect1d(history.panel_members, history.panel.unit).astype(np.int64)
    panel, panel_noise, panel_brands = np.zeros(c), np.ones(c), np.zeros((2, j))
    if len(members) and (window := last_year(history.panel)) is not None:
        panel, panel_noise = (what(history.panel, c, every, window) for what in (weekly, lumpiness))
        part = window.weights(history.panel)[history.panel.period]
        row = known[history.panel.unit].astype(np.int64) * j + history.panel.brand
        panel_brands = np.bincount(row, history.panel.volume * part, 2 * j).reshape(2, j) / window.weeks
        short += [] if window.whole_year else ["panel"]
    else:
        members = members[:0]

    brick_total, brick_sd = np.full(b, np.nan), np.zeros(b)
    brick_brands, brick_known = np.zeros((b, j)), np.zeros((b, j))
    if b and (window := last_year(history.audit)) is not None:
        brick_brands = np.stack([weekly(history.audit, b, np.arange(j) == k, window) for k in range(j)], axis=1)
        total = brick_brands.sum(axis=1)
        brick_total = np.where(total > 0, total, np.nan)
        brick_sd = np.sqrt(lumpiness(history.audit, b, every, window))
        if len(history.own_sales):
            brick_known = _own_by_brick(world, history.own_sales, window, ours)
        short += [] if window.whole_year else ["audit"]
    lost = known & (world.population.left < world.origin)
    return Evidence(
        own,
        own_noise,
        own_total,
        lost,
        members,
        panel,
        panel_noise,
        panel_brands,
        brick_total,
        brick_sd,
        brick_brands,
        brick_known,
        tuple(short),
    )
