"""Calling: whom the field force visits in a week, and which journeys contact whom: the books of all reps at once."""

from __future__ import annotations

import copy

import numpy as np
from numpy.typing import NDArray

from twin import draws
from twin.agents.branching import rows_before, standing_kept
from twin.agents.conditions import CYCLE_WEEKS, Conditions
from twin.agents.crowd import CustomerCrowd
from twin.draws import Key, Purpose
from twin.engine.chains import Standing, standing_at_start
from twin.market.world import World
from twin.response.market import Market

PART_OF_A_PROMISE = 2.0**-16
"""Promised visits are counted in such parts, which add up exactly: who is owed equally much is owed the same."""


class Calling:
    """Visits and journeys of one run.

    Parameters
    ----------
    world : World
    market : Market
    conditions : Conditions
    crowd : CustomerCrowd

    Attributes
    ----------
    visited : (c,) uint8
        Visited this week.
    visited_by : (c,) int32
        Row of the rep; -1 for nobody.
    due : (c,) float32, visits
        Promised to the customer and not yet made; from one on a visit is due.
    asked : (c,) uint32 or None
        Channels on which journeys contact this week, one bit each.
    calls : (r, 3) int64
        This week's visits of each rep: promised, to those who do not buy, to those who do.
    """

    def __init__(self, world: World, market: Market, conditions: Conditions, crowd: CustomerCrowd) -> None:
        self.crowd, self.opening = crowd, np.float32(market.response.opening)
        self.known, self.n_zones = world.population.known, len(world.territories)
        self._study(conditions)
        n, n_reps = len(crowd), len(conditions.rep_ids)
        self.credit, self.unknown_credit = np.zeros(n_reps), np.zeros(n_reps)
        self.calls = np.zeros((n_reps, 3), dtype=np.int64)
        self.visited, self.visited_by = np.zeros(n, dtype=np.uint8), np.full(n, -1, dtype=np.int32)
        self.first_week, self.due = market.first_week, np.zeros(n, dtype=np.float32)
        self._take_turns(self.promised)
        self.standing = [standing_at_start(chain) for chain in conditions.chains]
        self.asked = np.zeros(n, dtype=np.uint32) if conditions.chains else None

    def _study(self, conditions: Conditions) -> None:
        """Note what the conditions say of whom to visit; nothing of it changes with the weeks."""
        self.conditions = conditions
        n_reps = len(conditions.rep_ids)
        self.book, self.book_start = _by_zone(conditions.territory, self.n_zones, np.uint32)
        # reps of one territory choose one after the other: in the order of their names, whatever their rows
        by_name = np.argsort(conditions.rep_ids, kind="stable")
        place, self.rep_start = _by_zone(conditions.rep_territory[:n_reps][by_name], self.n_zones, np.int64)
        self.rep = by_name[place]
        self.promised = np.isfinite(conditions.frequency)
        self.excluded = ((conditions.dropped & self.known) | self.promised).astype(np.uint8)
        self.owes = bool(self.promised.any() or conditions.chains)
        self.ranks = [
            (pool, None if rank is None else rank.astype(np.float32), even)
            for pool, rank, even in (
                (1, conditions.known_rank, conditions.known_even),
                (0, conditions.unknown_rank, conditions.unknown_even),
            )
        ]

    def score(self, t: int) -> None:
        """Set how much each customer calls for a visit this week; the highest are visited."""
        crowd, passes = self.crowd, self.crowd.machine.passes
        self.visited[:], self.visited_by[:] = 0, -1
        crowd.score_as_usual()
        for pool, rank, even in self.ranks:
            if even:
                passes.score_evenly(crowd.state.buys, pool, crowd.chance, crowd.score)
            elif rank is not None:
                passes.score_by_rank(crowd.state.buys, pool, rank, crowd.state.since_visit, CYCLE_WEEKS, crowd.score)
        passes.bar(crowd.terrain.consent, self.excluded, crowd.score)
        if self.owes:
            self._call_due(t)

    def choose(self, t: int, reps: NDArray[np.integer] | None = None) -> None:
        """Let reps choose their visits of week ``t``, one after the other; all of them when ``reps`` is missing."""
        visits = self._budget(t, reps)
        wanted = np.bincount(self.conditions.rep_territory[: len(visits)], visits, len(self.book_start) - 1)
        if not wanted.any():
            return
        terrain = self.crowd.terrain
        self.crowd.machine.calls.choose_visits(
            self.book_start, self.book, self.rep_start, self.rep, visits, self.conditions.unknown_share, terrain.low,
            terrain.high, self.crowd.state.buys, self.crowd.score, self.due, self.owes, int(wanted.max()),
            self.unknown_credit, self.calls, self.visited, self.visited_by,
        )  # fmt: skip

    def advance_journeys(self, t: int, week: int) -> None:
        """Visits answer what was due; journeys move on and contact their members."""
        if not self.owes:
            return
        self.due[self.visited != 0] = np.maximum(self.due[self.visited != 0] - 1.0, 0.0)
        if self.asked is None:
            return
        self.asked[:] = 0
        crowd = self.crowd
        factor = self.conditions.channel_factor[:, t].astype(np.float32)
        for chain, standing in zip(self.conditions.chains, self.standing):
            crowd.machine.calls.advance_chain(
                chain, standing, t, np.uint32(week), *crowd.key, crowd.terrain.low, crowd.terrain.high,
                crowd.terrain.consent, factor, self.opening, self.visited, crowd.state.ordered, self.asked,
            )  # fmt: skip

    def branch(self, crowd: CustomerCrowd, conditions: Conditions) -> Calling:
        """A copy that goes its own way with a branch of the crowd, from now on under these conditions."""
        twin = copy.copy(self)
        twin.crowd = crowd
        for name in ("credit", "unknown_credit", "calls", "visited", "visited_by", "due"):
            setattr(twin, name, getattr(self, name).copy())
        twin.standing = [Standing(*(column.copy() for column in standing)) for standing in self.standing]
        twin.asked = None if self.asked is None else self.asked.copy()
        if conditions is not self.conditions:
            twin._go_over_to(conditions)
        return twin

    def _go_over_to(self, conditions: Conditions) -> None:
        """Other conditions: reps who stay keep their fractions of a visit, journeys that stay go on."""
        past = self.conditions
        before = rows_before(past.rep_ids, conditions.rep_ids)
        stays = np.flatnonzero(before >= 0)
        row_now = np.full(len(past.rep_ids) + 1, -1, dtype=np.int32)  # the last one is nobody
        row_now[before[stays]] = stays
        for name in ("credit", "unknown_credit", "calls"):
            column = getattr(self, name)
            kept = np.zeros((len(before), *column.shape[1:]), dtype=column.dtype)
            kept[stays] = column[before[stays]]
            setattr(self, name, kept)
        self.visited_by = row_now[self.visited_by]
        self.standing = [standing_kept(chain, past.chains, self.standing) for chain in conditions.chains]
        self.asked = np.zeros(len(self.visited), dtype=np.uint32) if conditions.chains else None
        before = self.promised
        self._study(conditions)
        self._take_turns(self.promised & ~before)
        if not self.owes:
            self.due[:] = 0.0

    def _take_turns(self, who: NDArray[np.bool_]) -> None:
        """Customers to whom visits are promised from now on begin somewhere in their turn."""
        if who.any():
            self.due[who] = place_in_turn(self.crowd.entity[who], self.first_week)

    def _budget(self, t: int, reps: NDArray[np.integer] | None) -> NDArray[np.int64]:
        """Visits of each rep this week; fractions of a visit are kept for the next one: (r,) int."""
        who = slice(None) if reps is None else reps
        self.credit[who] += self.conditions.rep_visits[who, t] * self.conditions.channel_factor[0, t]
        visits = np.zeros(len(self.credit), dtype=np.int64)
        visits[who] = np.floor(self.credit[who] + 1e-9)
        self.credit -= visits
        return visits

    def _call_due(self, t: int) -> None:
        """What was promised comes due: frequencies bit by bit, a journey's visit at once."""
        refused = (self.crowd.terrain.consent & 1) == 0
        more = np.nan_to_num(np.round(self.conditions.frequency / PART_OF_A_PROMISE) * PART_OF_A_PROMISE)
        self.due = np.where(self.promised & ~refused, self.due + more.astype(np.float32), np.float32(0.0))
        barred = (refused | self.conditions.dropped).astype(np.uint8)
        for chain, standing in zip(self.conditions.chains, self.standing):
            self.crowd.machine.calls.wish_visits(chain, standing, t, barred, self.due)


def place_in_turn(entity: NDArray[np.uint64], week: int) -> NDArray[np.float32]:
    """Where in its turn each customer stands to whom visits are promised from the first ``week`` on: (c,) float32.

    In [0, 1): without it, all who are promised one visit in eight weeks would wait eight weeks, and then call on the
    same day. The visit plan begins in the same places. In whole parts of :data:`PART_OF_A_PROMISE`.
    """
    place = draws.uniforms(Key(), Purpose.VISIT, week, entity, 1)[0]
    return (np.floor(place / PART_OF_A_PROMISE) * PART_OF_A_PROMISE).astype(np.float32)


def _by_zone(zone: NDArray[np.integer], n_zones: int, kind: type) -> tuple[NDArray, NDArray[np.int64]]:
    """Rows in order of their territory, and where each territory begins: (n,) and (z + 1,)."""
    order = np.argsort(zone, kind="stable").astype(kind)
    return order, np.concatenate([[0], np.cumsum(np.bincount(zone, minlength=n_zones))]).astype(np.int64)
