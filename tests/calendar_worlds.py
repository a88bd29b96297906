"""Made-up markets with planted seasons and campaigns, as totals by week or month and brand."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace

import numpy as np

from twin.calibration.calendar.feasts import feast_spans
from twin.market.history import Campaign, History, Sales, Touches
from twin.market.population import Population
from twin.market.world import Brands, Bricks, Reps, World
from twin.weeks import WEEKS_PER_YEAR, Periods, mondays, periods_covering, week_of, week_of_date, year_phase

FIRST = week_of_date(dt.date(2018, 1, 1))
SIX_YEARS = 313
_NONE = np.zeros(0, dtype=np.int32)


def bare_world(n_brands: int, origin: int) -> World:
    """A world of brands alone, the first of them ours."""
    number, text, flag = np.zeros(0), np.array([], dtype=str), np.zeros(0, dtype=bool)
    population = Population(
        text, np.zeros(0, dtype=np.uint64), text, flag, _NONE, _NONE, _NONE, _NONE, number, number,
        np.zeros((1, 0), dtype=bool), np.zeros(0, dtype=np.int8), number, number, {},
    )  # fmt: skip
    names = np.array(["Ours", *(f"Rival {brand}" for brand in range(1, n_brands))])
    owners = np.array(["us", *(f"Owner {brand}" for brand in range(1, n_brands))])
    reps = Reps(text, text, _NONE, number, number, number, _NONE, _NONE)
    brands = Brands(names, owners, np.full(n_brands, np.nan))
    return World(population, Bricks(text, _NONE, number, number), np.array(["T"]), reps, brands, ("visit",), origin)


def no_sales(kind: str = "month") -> Sales:
    """A source without a row."""
    return Sales(_NONE, _NONE, np.zeros(0, dtype=np.int16), np.zeros(0), periods_covering(_NONE.astype("M8[D]"), kind))


def sales_of(weekly: np.ndarray, kind: str = "week", first: int = FIRST) -> Sales:
    """Weekly volumes by brand, carried to whole periods."""
    days = mondays(np.array([first, first + len(weekly)]))
    periods = periods_covering(np.array([days[0], days[1] - np.timedelta64(1, "D")]), kind)
    whole = (periods.start >= days[0]) & (periods.stop <= days[1])
    periods = Periods(kind, periods.start[whole], periods.stop[whole])
    totals = periods.weights(first, len(weekly)) @ weekly
    period, brand = np.indices(totals.shape)
    unit = np.zeros(totals.size, dtype=np.int32)
    return Sales(unit, period.ravel().astype(np.int32), brand.ravel().astype(np.int16), totals.ravel(), periods)


def history_of(
    n_weeks: int = SIX_YEARS, audit: Sales | None = None, panel: Sales | None = None, own: Sales | None = None,
    campaigns: tuple[Campaign, ...] = (),
) -> History:  # fmt: skip
    """A history of sales and recorded campaigns alone."""
    touches = Touches(_NONE, _NONE.astype(np.int8), _NONE, _NONE)
    sources = (own or no_sales(), audit or no_sales(), panel or no_sales())
    return History(FIRST, FIRST + n_weeks, touches, *sources, _NONE, campaigns)


@dataclass(frozen=True)
class Planted:
    """What a made-up market looks like."""

    n_brands: int = 3
    per_year: int = 3
    one_offs: float = 0.5
    uplift: float = 0.25
    skipped: float = 0.1
    noise: float = 0.04
    natural: float = 0.1
    drift: float = 0.002
    feast: str = ""
    own_campaigns: int = 0


def plant(plan: Planted, seed: int) -> tuple[np.ndarray, list[tuple[int, int, int]], tuple[Campaign, ...]]:
    """Six years of weekly totals by brand; rival campaigns (brand, start, stop) of seven years; our own."""
    r = np.random.default_rng(seed)
    true: list[tuple[int, int, int]] = []
    for brand in range(1, plan.n_brands):
        place = np.sort(r.choice(np.arange(2, 46, 12), plan.per_year, replace=False)) + r.integers(0, 4, plan.per_year)
        length = r.integers(3, 6, plan.per_year)
        for year in range(7):
            for week, weeks in zip(place, length):
                start = FIRST + round(year * WEEKS_PER_YEAR + week + r.integers(-1, 2))
                if r.random() >= plan.skipped:
                    true.append((brand, start, start + int(weeks)))
            for _ in range(r.poisson(plan.one_offs)):
                start, weeks = FIRST + round(year * WEEKS_PER_YEAR + r.integers(0, 49)), int(r.integers(2, 5))
                if not any(b == brand and s - 4 < start + weeks and start < e + 4 for b, s, e in true):
                    true.append((brand, start, start + weeks))
    if plan.feast:
        first_days, _ = feast_spans("TR", np.arange(FIRST, FIRST + 365), plan.feast)
        starts = week_of(first_days) - 4 + r.integers(-1, 2, len(first_days))
        true += [(1, int(start), int(start) + 4) for start in starts if start >= FIRST and r.random() >= plan.skipped]
    ours = tuple(Campaign(0, int(s), int(s) + 4) for s in FIRST + r.integers(0, SIX_YEARS - 5, plan.own_campaigns))
    return _totals(plan, r, [*true, *((c.brand, c.start, c.stop) for c in ours)]), true, ours


def _totals(plan: Planted, r: np.random.Generator, spans: list[tuple[int, int, int]]) -> np.ndarray:
    active = np.zeros((SIX_YEARS, plan.n_brands))
    for brand, start, stop in spans:
        active[max(start - FIRST, 0) : max(stop - FIRST, 0), brand] = 1.0
    phase = 2 * np.pi * year_phase(FIRST + np.arange(SIX_YEARS))[:, None]
    shift = r.random(plan.n_brands) * 2 * np.pi
    utility = np.log(np.linspace(1, 2, plan.n_brands)) + np.cumsum(r.normal(0, plan.drift, active.shape), axis=0)
    utility = utility + plan.natural * (np.cos(phase - shift) + 0.5 * np.cos(2 * (phase - shift)))
    utility = utility + np.log1p(plan.uplift) * active + r.normal(0, plan.noise, active.shape)
    attraction = np.exp(utility)
    return 1e4 * (1 + 0.2 * np.cos(phase)) * attraction / attraction.sum(axis=1, keepdims=True)


def f1(found: list[tuple[int, int, int]], true: list[tuple[int, int, int]], reach: int = 1) -> float:
    """Harmonic mean of precision and recall; found means that one of its brand starts within ``reach`` weeks."""
    used: set[int] = set()
    for brand, start, _ in found:
        near = [i for i, t in enumerate(true) if i not in used and t[0] == brand and abs(t[1] - start) <= reach]
        used |= set(near[:1])
    return 2 * len(used) / max(len(found) + len(true), 1)


def region_world(n_brands: int, n_territories: int, origin: int) -> World:
    """As :func:`bare_world`, with one brick in each of some territories."""
    zones = np.arange(n_territories, dtype=np.int32)
    bricks = Bricks(np.array([f"B{z}" for z in zones]), zones, np.full(len(zones), np.nan), np.full(len(zones), np.nan))
    return replace(bare_world(n_brands, origin), bricks=bricks, territories=np.array([f"T{z}" for z in zones]))


def plant_regions(
    plan: Planted, seed: int, n_territories: int, only: tuple[int, ...], noise: float
) -> tuple[np.ndarray, list[tuple[int, int, int]]]:
    """Weekly totals by territory and brand; campaigns of rival 1 run in some territories only, others everywhere.

    Every territory has its own size and noise, and takes part in the market's season and drift.
    """
    r = np.random.default_rng(10_000 + seed)
    _, true, _ = plant(plan, seed)
    market = _totals(plan, np.random.default_rng(seed), [one for one in true if one[0] != 1])
    size = r.dirichlet(np.full(n_territories, 8.0))
    weekly = market[None] * size[:, None, None] * np.exp(r.normal(0, noise, (n_territories, *market.shape)))
    for brand, start, stop in true:
        if brand == 1:
            span = slice(max(start - FIRST, 0), max(stop - FIRST, 0))
            weekly[list(only), span, 1] *= 1 + plan.uplift
    return weekly, true


def sales_of_regions(weekly: np.ndarray, kind: str = "week") -> Sales:
    """Weekly volumes by territory and brand as an audit by brick."""
    parts = [sales_of(one, kind) for one in weekly]
    unit = np.concatenate([np.full(len(part), z, dtype=np.int32) for z, part in enumerate(parts)])
    rows = [np.concatenate([getattr(part, name) for part in parts]) for name in ("period", "brand", "volume")]
    return Sales(unit, *rows, parts[0].periods)
