"""Relived: a company's own history lived again by its calibrated twin, and recorded as the company records.

One parameter draw is taken for the truth. The contacts are those that were really made; the records have the real
periods, audited bricks and panel members. What a calibration finds in such a history can be held against the truth.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from twin.agents.conditions import lay_out
from twin.agents.crowd import Week
from twin.agents.model import TwinModel
from twin.agents.replay import ReplayModel
from twin.calibration.calendar.rival_calendar import regional
from twin.calibration.calibration import Calibration
from twin.calibration.market_draw import HALF_YEAR, lay_out_draw
from twin.draws import Key, Purpose, identity, normals
from twin.market.history import History, Sales
from twin.market.world import World
from twin.response.goodwill import PRESSURE_WEEKS
from twin.response.journey import Stage
from twin.response.market import Market, Start
from twin.scenario.scenario import BASELINE
from twin.weeks import NEVER, Periods, mondays

_YEAR = 52
_LONG_AGO = -(2**20)
_FIRST_WEEKS = _HALF_YEAR = 26
_LEAST_CHANGES = 12
_MOST_NOISE = 0.3
_SURE = 0.5
_THURSDAY = np.timedelta64(3, "D")
_REPLICATE = 20_000
"""Replicates from here on are those of relived histories."""


@dataclass(frozen=True)
class Relived:
    """A history that the twin made, and what is true in it.

    Parameters
    ----------
    world, history : World, History
        As the company would have them at the origin.
    truth : dict of str to float
        True value of each parameter that has one, by its name in the calibration.
    """

    world: World
    history: History
    truth: dict[str, float]


class Purchases:
    """Recorder of every order and of every change of stage."""

    single_customers = True

    def __init__(self) -> None:
        self.orders: list[tuple[NDArray, NDArray, NDArray, NDArray]] = []
        self.changes: list[tuple[int, NDArray, NDArray]] = []

    def record(self, model: TwinModel, week: Week) -> None:
        """Write down one week."""
        brand, customer = np.nonzero(week.volume_of_each)
        volume = week.volume_of_each[brand, customer].astype(np.float64)
        self.orders.append((np.full(len(brand), model.week, dtype=np.int32), customer, brand, volume))
        moved = np.flatnonzero(week.moved)
        self.changes.append((model.week, moved, model.crowd.stage[moved].copy()))

    def bound(self) -> tuple[NDArray, NDArray, NDArray, NDArray]:
        """Week, customer, brand and volume of every order."""
        week, customer, brand, volume = (np.concatenate(column) for column in zip(*self.orders))
        return week, customer, brand, volume


def relive(calibration: Calibration, world: World, history: History, draw: int) -> Relived:
    """Live the whole history of one draw again.

    Parameters
    ----------
    calibration : Calibration
    world, history : World, History
        From which it was learned.
    draw : int

    Returns
    -------
    Relived
        Who was ours when history began is ours then; who buys from us later becomes ours with the first order.
    """
    market = past_market(calibration, world, history, draw)
    then = world.as_of(history.first_week)
    purchases = Purchases()
    nobody = replace(lay_out(then, market, BASELINE, history.n_weeks), rep_ids=np.array([], dtype=str))
    key = Key(calibration.seed, draw, _REPLICATE)
    model = ReplayModel(then, market, nobody, key, purchases)
    model.touches = history.touches
    for _ in range(history.n_weeks):
        model.step()
    lived = _as_recorded(world, history, purchases, key)
    demand = np.exp(market.log_demand + model.demand_path)[-_YEAR:].mean()
    unknown = ~lived[0].population.known
    return Relived(*lived, _truth(calibration, draw, float(market.volume[unknown].sum() * demand)))


def past_market(calibration: Calibration, world: World, history: History, draw: int) -> Market:
    """One draw laid out over the weeks of history instead of those to come."""
    today = lay_out_draw(calibration, world, history, draw, 1)
    first, n_weeks, season, levels = history.first_week, history.n_weeks, calibration.season, calibration.levels
    weeks = first + np.arange(n_weeks, dtype=np.int32)
    log_demand = (
        season.log_index(weeks, draw)
        + season.log_trend(weeks - calibration.origin + 1, draw)
        + HALF_YEAR * season.trend_draws[draw]
        + (0.0 if levels is None else levels.demand_noise(first, n_weeks, draw))
    )
    sure = [replace(e, probability=1.0) for e in calibration.calendar.events if e.probability > _SURE]
    return replace(
        today,
        log_demand=log_demand,
        campaigns=_campaigns(calibration, world, history),
        regional=regional(sure, first, n_weeks, len(world.territories), len(world.brands)),
        waves=None if levels is None else levels.waves(first, n_weeks, draw),
        start=_start(today, world, history),
        first_week=first,
        level_age=0.0,
    )


def _campaigns(calibration: Calibration, world: World, history: History) -> NDArray[np.float64]:
    """Campaigns that ran everywhere, each as strong as was learned: (j, w) float; likely chance is left out."""
    first, n_weeks = history.first_week, history.n_weeks
    strength = np.zeros((len(world.brands), n_weeks))
    happened = [
        (e.brand, e.start, e.stop, e.strength)
        for e in calibration.calendar.events
        if e.probability > _SURE and not e.territories
    ]
    happened += [(c.brand, c.start, c.stop, c.strength) for c in history.campaigns if c.brand < world.brands.n_own]
    for brand, start, stop, size in happened:
        span = slice(max(start - first, 0), max(min(stop - first, n_weeks), 0))
        strength[brand, span] = np.maximum(strength[brand, span], size)
    return strength


def _start(today: Market, world: World, history: History) -> Start:
    """The state as history begins: who was ours then, in the rhythm of contacts of the first half year."""
    population, n, touches = world.population, len(world.population), history.touches
    ours = population.known & (population.known_since <= history.first_week)
    gone = ours & (population.left <= history.first_week)
    stage = np.where(gone, Stage.LAPSED, np.where(ours, Stage.REPEAT, Stage.UNAWARE)).astype(np.int8)
    early = touches.where(touches.week < history.first_week + _FIRST_WEEKS)
    worth = today.response.channel_effect[early.channel]
    stock = np.bincount(early.customer, worth, n) / _FIRST_WEEKS / (1.0 - today.response.carryover)
    pressure = np.bincount(early.customer, minlength=n) / _FIRST_WEEKS * PRESSURE_WEEKS
    return Start(stock, pressure, today.start.habit, stage, np.full(n, _LONG_AGO, dtype=np.int32))


def _as_recorded(world: World, history: History, purchases: Purchases, key: Key) -> tuple[World, History]:
    """What the company's own records, audits and panel would hold of the purchases."""
    week, customer, brand, volume = purchases.bound()
    population, n_brands, n_own = world.population, len(world.brands), world.brands.n_own
    ours = brand < n_own
    first = np.full(len(population), NEVER, dtype=np.int32)
    np.minimum.at(first, customer[ours], week[ours])
    start = population.known & (population.known_since <= history.first_week)
    known = start | (first < NEVER)
    since = np.where(start, population.known_since, first).astype(np.int32)
    people = replace(population, known=known, known_since=since, left=_left(world, history, purchases, known))
    day = mondays(week) + _THURSDAY  # a week counts to the month of its Thursday
    own = _sales(customer[ours], day[ours], brand[ours], volume[ours], history.own_sales.periods, n_brands)
    member = np.isin(customer, history.panel_members)
    panel = _sales(customer[member], day[member], brand[member], volume[member], history.panel.periods, n_brands)
    placed = np.isin(population.brick[customer], np.unique(history.audit.unit))
    brick = population.brick[customer[placed]]
    audit = _sales(brick, day[placed], brand[placed], volume[placed], history.audit.periods, n_brands)
    audit = _misread(audit, audit_noise(world, history), key, world)
    return replace(world, population=people), replace(history, own_sales=own, audit=audit, panel=panel)


def _left(world: World, history: History, purchases: Purchases, known: NDArray[np.bool_]) -> NDArray[np.int32]:
    """Departures, where the company records departures at all."""
    left = np.full(len(known), NEVER, dtype=np.int32)
    recorded = world.population.known & (world.population.left < history.origin)
    if not recorded.any():
        return left
    for week, who, stage in purchases.changes:
        left[who] = np.where(stage == Stage.LAPSED, week, NEVER)
    before = recorded & (world.population.left <= history.first_week)
    return np.where(before, world.population.left, np.where(known, left, NEVER)).astype(np.int32)


def _sales(
    unit: NDArray, day: NDArray[np.datetime64], brand: NDArray, volume: NDArray, periods: Periods, n_brands: int
) -> Sales:
    """Volumes by unit, period and brand."""
    period = periods.index_of(day)
    keep = (unit >= 0) & (period >= 0)
    key = (unit[keep].astype(np.int64) * max(len(periods), 1) + period[keep]) * n_brands + brand[keep]
    cell, place = np.unique(key, return_inverse=True)
    rest, j = np.divmod(cell, n_brands)
    i, p = np.divmod(rest, max(len(periods), 1))
    total = np.bincount(place, volume[keep], len(cell))
    return Sales(i.astype(np.int32), p.astype(np.int32), j.astype(np.int16), total, periods)


def audit_noise(world: World, history: History) -> float:
    """Error of an audited figure of our own brands against our books, log sd; 0 where it cannot be seen.

    From changes of the log ratio of audit and books, brick by brick from half year to half year (by the week, orders
    on the edge of a month would pass for errors): half of their variance, by the median absolute deviation, spread over
    the periods of a half year. What unknown customers buy from us makes it a little too large.
    """
    audit, own = history.audit, history.own_sales
    if not len(audit) or not len(own):
        return 0.0
    per_block = max(round(_HALF_YEAR / float(audit.periods.weeks_in().mean())), 1)
    block = np.arange(len(audit.periods)) // per_block
    n_blocks = len(audit.periods) // per_block
    period = audit.periods.index_of(mondays(own.periods.mid_week()))[own.period]
    brick = world.population.brick[own.unit]
    keep = (brick >= 0) & (period >= 0)
    ours = audit.brand < world.brands.n_own
    books, seen = (
        np.bincount(
            where.astype(np.int64) * (n_blocks + 1) + block[when], volume, len(world.bricks) * (n_blocks + 1)
        ).reshape(len(world.bricks), n_blocks + 1)[:, :n_blocks]
        for where, when, volume in (
            (brick[keep], period[keep], own.volume[keep]),
            (audit.unit[ours], audit.period[ours], audit.volume[ours]),
        )
    )
    both = (books > 0) & (seen > 0)
    ratio = np.where(both, np.log(np.where(both, seen, 1.0) / np.where(both, books, 1.0)), np.nan)
    change = np.diff(ratio, axis=1)
    change = change[np.isfinite(change)]
    if len(change) < _LEAST_CHANGES:
        return 0.0
    spread = 1.4826 * np.median(np.abs(change - np.median(change))) / np.sqrt(2.0)
    return float(min(spread * np.sqrt(per_block), _MOST_NOISE))


def _misread(audit: Sales, sd: float, key: Key, world: World) -> Sales:
    cells = np.array([f"{i}/{p}/{j}" for i, p, j in zip(audit.unit, audit.period, audit.brand)], dtype=str)
    if not len(cells) or sd == 0.0:
        return audit
    error = normals(key, Purpose.WORLD, 0, identity(cells, "audit error"), 1)[0]
    return replace(audit, volume=audit.volume * np.exp(sd * error))


def _truth(calibration: Calibration, draw: int, unknown_volume: float) -> dict[str, float]:
    """True values of what a calibration would estimate anew."""
    channels = {e.name for e in calibration.visit_response.channel_effects}
    happened = {calibration.calendar.brands[e.brand] for e in calibration.calendar.events if e.probability > _SURE}
    ours = calibration.calendar.brands[0]
    names = _HAVE_A_TRUTH | channels | {f"promotion:{brand}" for brand in {*happened, ours}}
    drawn = {e.name: float(e.draws[draw]) for e in calibration.estimates() if e.name in names}
    return drawn | {"unknown_category_volume": unknown_volume}


_HAVE_A_TRUTH = frozenset(
    ("visit_log_effect", "carryover", "market_drift", "discovery_base", "discovery_visit", "discovery_word", "loss")
)
