"""Record: what a company's books show of a window of its history, whether the window was lived or is simulated.

Knows no parameter and no statistic; see :mod:`twin.calibration.simulation.summaries`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twin.agents.crowd import Week
from twin.agents.model import TwinModel
from twin.market.channels import VISIT
from twin.market.history import History, Sales
from twin.market.world import World
from twin.response.journey import Stage, considers_us
from twin.response.market import Market
from twin.weeks import NEVER, Periods

SPELL_WEEKS = 4
"""Weekly books are read in spells of so many weeks, monthly ones in months."""
MOST_ORDERS = 4
"""So many first orders of a newcomer are dated."""


@dataclass(frozen=True)
class Frame:
    """What is fixed before a window is lived, and how its books are kept.

    Parameters
    ----------
    first, n_weeks : int
        First week, and length in weeks.
    spell_of_week : (w,) int32
        Spell to which each week belongs; -1 for none.
    n_spells : int
    weekly : bool
        Whether orders are dated to the week.
    visits_seen : bool
        Whether contacts are on record.
    known : (c,) bool
        At the first week.
    known_since, left : (c,) int32, week
        As known at the first week.
    silent : (c,) bool
        Known, bought regularly, and had bought nothing for half a year when the window begins.
    neighbours : (c, k) int32
    n_own : int
    worth : (h,) float, visits
        Of a contact, the same for all rows: a measuring rod and no estimate.
    carryover : float, per week
        Of the same measuring rod.
    stock : (c,) float, visits
        At the first week, by the same rod.
    market : Periods or None
        Of the audit, else the panel, inside the window.
    members : (c,) bool or None
        Whose volumes the market's figures hold; everybody's when missing.
    campaigns : (j, w) float
        Strength of the campaigns that were seen.
    """

    first: int
    n_weeks: int
    spell_of_week: NDArray[np.int32]
    n_spells: int
    weekly: bool
    visits_seen: bool
    known: NDArray[np.bool_]
    known_since: NDArray[np.int32]
    left: NDArray[np.int32]
    silent: NDArray[np.bool_]
    neighbours: NDArray[np.int32]
    n_own: int
    worth: NDArray[np.float64]
    carryover: float
    stock: NDArray[np.float64]
    market: Periods | None
    members: NDArray[np.bool_] | None
    campaigns: NDArray[np.float64]

    @property
    def stop(self) -> int:
        """Week after the last."""
        return self.first + self.n_weeks


@dataclass(frozen=True)
class Record:
    """What the books show of a window. Axis s: spells.

    Parameters
    ----------
    own : (s, c) float32, units
        Own sales.
    visits, early_visits : (s, c) uint8
        Visits in person: all, and those made up to the week of the first purchase, by whom nobody knew before.
    warmth : (s, c) float32
        Logarithm of one more than the stock of contacts, mean of the spell.
    known_since, left : (c,) int32, week
    orders : (4, c) int32, week
        First weeks with an order of those unknown at the first week; ``NEVER`` for none. Empty for monthly books.
    market : (q, j) float, units
        By the market's own periods; no rows where nobody sees the market.
    """

    own: NDArray[np.float32]
    visits: NDArray[np.uint8]
    early_visits: NDArray[np.uint8]
    warmth: NDArray[np.float32]
    known_since: NDArray[np.int32]
    left: NDArray[np.int32]
    orders: NDArray[np.int32]
    market: NDArray[np.float64]


def observed_record(frame: Frame, world: World, history: History) -> Record:
    """What the real books show of the window.

    Parameters
    ----------
    frame : Frame
    world, history : World, History
        As known when the window is over.
    """
    population, own, n = world.population, history.own_sales, len(world.population)
    shape = (frame.n_spells, n)
    spell = frame.spell_of_week
    sold = _spell_of(frame, own.periods.mid_week()[own.period])
    ours = (sold >= 0) & world.brands.own[own.brand]
    flat = sold[ours].astype(np.int64) * n + own.unit[ours]
    touches = history.touches.where((history.touches.week >= frame.first) & (history.touches.week < frame.stop))
    since = np.where(population.known, population.known_since, NEVER).astype(np.int32)
    in_person = touches.where(touches.channel == VISIT)
    cell = spell[in_person.week - frame.first]
    early = (cell >= 0) & (in_person.week <= since[in_person.customer]) & ~frame.known[in_person.customer]
    cells = cell.astype(np.int64) * n + in_person.customer
    counted = [np.bincount(cells[keep], minlength=shape[0] * n).reshape(shape) for keep in (cell >= 0, early)]
    inflow = np.bincount(
        (touches.week - frame.first).astype(np.int64) * n + touches.customer,
        frame.worth[touches.channel],
        frame.n_weeks * n,
    ).reshape(frame.n_weeks, n)
    return Record(
        own=np.bincount(flat, own.volume[ours], shape[0] * n).reshape(shape).astype(np.float32),
        visits=np.minimum(counted[0], 255).astype(np.uint8),
        early_visits=np.minimum(counted[1], 255).astype(np.uint8),
        warmth=_warmth(frame, inflow),
        known_since=since,
        left=population.left,
        orders=_first_orders(frame, own, world) if frame.weekly else np.zeros((0, n), np.int32),
        market=_market(frame, history, len(world.brands)),
    )


def _spell_of(frame: Frame, week: NDArray[np.int32]) -> NDArray[np.int32]:
    place = week - frame.first
    inside = (place >= 0) & (place < frame.n_weeks)
    return np.where(inside, frame.spell_of_week[np.clip(place, 0, frame.n_weeks - 1)], -1)


def _warmth(frame: Frame, inflow: NDArray[np.float64]) -> NDArray[np.float32]:
    stock = frame.stock.astype(np.float32)
    total = np.zeros((frame.n_spells, len(stock)), dtype=np.float32)
    for t, spell in enumerate(frame.spell_of_week):  # weeks follow one another: no way around the loop, once a history
        stock = np.float32(frame.carryover) * stock + inflow[t].astype(np.float32)
        if spell >= 0:
            total[spell] += np.log1p(stock)
    return total / _weeks_of_spells(frame)[:, None]


def _weeks_of_spells(frame: Frame) -> NDArray[np.float32]:
    inside = frame.spell_of_week[frame.spell_of_week >= 0]
    return np.maximum(np.bincount(inside, minlength=frame.n_spells), 1).astype(np.float32)


def _first_orders(frame: Frame, own: Sales, world: World) -> NDArray[np.int32]:
    week = own.periods.mid_week()[own.period]
    keep = (week >= frame.first) & ~frame.known[own.unit] & world.brands.own[own.brand]
    cells = np.unique(own.unit[keep].astype(np.int64) * frame.n_weeks + week[keep] - frame.first)
    unit, at = cells // frame.n_weeks, cells % frame.n_weeks
    place = np.arange(len(unit)) - np.searchsorted(unit, unit)
    orders = np.full((MOST_ORDERS, len(frame.known)), NEVER, dtype=np.int32)
    early = place < MOST_ORDERS
    orders[place[early], unit[early]] = at[early] + frame.first
    return orders


def _market(frame: Frame, history: History, n_brands: int) -> NDArray[np.float64]:
    if frame.market is None:
        return np.zeros((0, n_brands))
    source = history.audit if frame.members is None else history.panel
    return source.totals(n_brands)[-len(frame.market) :]


class Books:
    """Recorder of a simulated window: keeps what :func:`observed_record` reads off real books.

    Parameters
    ----------
    frame : Frame
    market : Market
        With the state at the first week.
    """

    single_customers = True

    def __init__(self, frame: Frame, market: Market) -> None:
        n = len(frame.known)
        self.frame = frame
        # who buys from us unknown to our books goes on doing so
        self.seen = frame.known | ~considers_us(market.start.stage)
        self.own = np.zeros((frame.n_spells, n), np.float32)
        self.visits, self.early = np.zeros((2, frame.n_spells, n), np.uint8)
        self.warmth = np.zeros((frame.n_spells, n), np.float32)
        self.stock, self.worth = frame.stock.astype(np.float32), frame.worth.astype(np.float32)
        self.since, self.left = frame.known_since.copy(), frame.left.copy()
        self.orders = np.full((MOST_ORDERS if frame.weekly else 0, n), NEVER, np.int32)
        self.n_orders = np.zeros(n, np.int8)
        self.market = np.zeros((frame.n_weeks, len(market.base_utility)))

    def record(self, model: TwinModel, week: Week) -> None:
        """Enter one week."""
        t, now = model.week_index, model.week
        own = week.volume_of_each[: self.frame.n_own].sum(axis=0)
        contacts = week.contacts_of_each
        self.stock *= np.float32(self.frame.carryover)
        self.stock += self.worth @ contacts.astype(np.float32)
        members = self.frame.members
        if self.frame.market is not None:
            self.market[t] = (
                week.volume.sum(axis=(0, 1)) if members is None else week.volume_of_each[:, members].sum(axis=1)
            )
        self._date(now, np.flatnonzero((own > 0) & self.seen & ~self.frame.known))
        spell = self.frame.spell_of_week[t]
        if spell >= 0:
            self.own[spell] += np.where(self.seen, own, np.float32(0.0))
            self.visits[spell] += contacts[VISIT]
            self.early[spell] += contacts[VISIT] * ((self.since >= now) & ~self.frame.known)
            self.warmth[spell] += np.log1p(self.stock)
        moved = np.flatnonzero(week.moved)
        self.left[moved] = np.where(model.crowd.stage[moved] == Stage.LAPSED, now, NEVER)

    def _date(self, now: int, who: NDArray[np.intp]) -> None:
        """Note the first orders of those who were unknown when the window began."""
        self.since[who] = np.minimum(self.since[who], now)
        if len(self.orders):
            who = who[self.n_orders[who] < MOST_ORDERS]
            self.orders[self.n_orders[who], who] = now
            self.n_orders[who] += 1

    def finished(self) -> Record:
        """Everything entered."""
        frame = self.frame
        market = np.zeros((0, self.market.shape[1]))
        if frame.market is not None:
            market = frame.market.weights(frame.first, frame.n_weeks) @ self.market
        warmth = self.warmth / _weeks_of_spells(frame)[:, None]
        left = np.where((self.since < NEVER) & self.seen, self.left, NEVER).astype(np.int32)
        return Record(self.own, self.visits, self.early, warmth, self.since, left, self.orders, market)
