"""Week: one week of a range of customers, block by block; the order of the passes stands here once.

As it stands it runs the NumPy passes; :func:`compiled_live` is the same text over the compiled ones.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.draws import Purpose, counter_word
from twin.engine import reference as passes
from twin.engine.columns import Coefficients, State, Terrain
from twin.market.channels import VISIT

BLOCK = 512
"""Customers a block: their columns stay in the nearest cache."""
WEEK, _CONTACT = np.uint32(counter_word(Purpose.WEEK, 0)), np.uint32(counter_word(Purpose.CONTACT, 0))
_NONE, _ZERO = np.uint8(0), np.float32(0.0)


class Brought(NamedTuple):
    """What a week brings.

    Parameters
    ----------
    week, key0, key1 : uint32
    demand : float32
        Factor on every customer's category volume.
    shift : (j,) float32, utility
        Campaigns, reaction and drift.
    factor : (h,) float32
        On the contact rate of each channel.
    visited : (c,) uint8
    fate, first : (c,) float32 in (0, 1]
        Drawn for the stage, and for the order of the first brand.
    asked : (c,) uint32
        Channels on which a journey contacts the customer, one bit each. Empty when no journey runs.
    given : (h, c) uint8, contacts
        Contacts as recorded, instead of programmes and visits. Empty in a forecast.
    """

    week: np.uint32
    key0: np.uint32
    key1: np.uint32
    demand: np.float32
    shift: NDArray[np.float32]
    factor: NDArray[np.float32]
    visited: NDArray[np.uint8]
    fate: NDArray[np.float32]
    first: NDArray[np.float32]
    asked: NDArray[np.uint32]
    given: NDArray[np.uint8]


class Left(NamedTuple):
    """What a week leaves behind, beside the state.

    Parameters
    ----------
    contacts : (h, w) uint8
    volume : (j, w) float32, units
    moved : (w,) uint8
        Whether the stage changed. The axis w is the customers, or one block when nobody asks for single customers.
    own_so_far : (c,) float32, units
        Our volume since the start of the run.
    by_cell : (z * s * g, j) int64
        Orders in whole numbers of ``1 / terrain.scale`` units; by territory, known or unknown, segment.
    by_territory : (h, z) int64, contacts
    buyers : (2,) int64
        Known and unknown customers who buy from us at the end of the week.
    """

    contacts: NDArray[np.uint8]
    volume: NDArray[np.float32]
    moved: NDArray[np.uint8]
    own_so_far: NDArray[np.float32]
    by_cell: NDArray[np.int64]
    by_territory: NDArray[np.int64]
    buyers: NDArray[np.int64]


class Scratch(NamedTuple):
    """Room for the columns of one block: one for each thread. Nobody writes to the last two columns: 0 and 1."""

    words: NDArray[np.uint32]
    units: NDArray[np.float32]
    pull: NDArray[np.float32]
    columns: NDArray[np.float32]
    flags: NDArray[np.uint8]


def scratch_for(n_brands: int, block: int) -> Scratch:
    """Room for blocks of so many customers."""
    columns = np.zeros((7, block), np.float32)
    columns[6] = 1.0
    return Scratch(
        words=np.zeros((4, block), np.uint32),
        units=np.zeros((4 * ((n_brands + 2) // 4), block), np.float32),
        pull=np.zeros((n_brands, block), np.float32),
        columns=columns,
        flags=np.zeros((3, block), np.uint8),
    )


def live(
    lo: int, hi: int, block: int, keep: bool, terrain: Terrain, state: State, c: Coefficients, brought: Brought,
    left: Left, room: Scratch,
) -> None:  # fmt: skip
    """Let a week pass over customers ``lo`` to ``hi``; ``keep``: single customers are written to ``left``."""
    for q in range((hi - lo + block - 1) // block):
        a = lo + q * block
        b = min(a + block, hi)
        at = a if keep else 0
        contact(a, b, at, terrain, c, brought, left, room)
        respond(a, b, at, terrain, state, c, brought, left, room)
        choose(a, b, at, terrain, state, c, brought, left, room)
        note(a, b, at, terrain, state, left, room)


def contact(
    a: int, b: int, at: int, terrain: Terrain, c: Coefficients, brought: Brought, left: Left, room: Scratch
) -> None:
    """Contacts of the week and their weight: visits, programmes, journeys; or those on record.

    Rows of channels on which nobody contacts anybody stay zero.
    """
    end, n = at + b - a, b - a
    recorded, asked = brought.given.shape[1] > 0, brought.asked.size > 0
    passes.copy(brought.given[VISIT, a:b] if recorded else brought.visited[a:b], left.contacts[VISIT, at:end])
    worth, number, written, extra = room.columns[0, :n], room.columns[1, :n], room.flags[0, :n], room.flags[2, :n]
    prefers, w, drawn = terrain.prefers[a:b], room.words, -1
    passes.weigh_visits(
        left.contacts[VISIT, at:end], terrain.effect[VISIT], np.int32(VISIT), prefers, c.mismatch, worth, number,
        written,
    )  # fmt: skip
    for q in range(0 if recorded else terrain.live.size):
        h = terrain.live[q]
        if h // 8 != drawn:
            drawn = h // 8
            passes.draw_words(
                terrain.low[a:b], terrain.high[a:b], np.uint32(_CONTACT + np.uint32(drawn)), brought.week,
                brought.key0, brought.key1, w[0, :n], w[1, :n], w[2, :n], w[3, :n],
            )  # fmt: skip
        passes.run_programme(
            w[(h % 8) // 2, :n], np.uint32(16 * (h % 2)), terrain.rate[q, a:b], brought.factor[h],
            terrain.consent[a:b], np.int32(h), terrain.effect[h], prefers, c.mismatch, left.contacts[h, at:end],
            worth, number, written,
        )  # fmt: skip
    for h in range(VISIT + 1, left.contacts.shape[0] if recorded or asked else VISIT + 1):
        row = left.contacts[h, at:end]
        if recorded:
            passes.copy(brought.given[h, a:b], row)
            passes.copy(row, extra)
        else:
            if not terrain.runs[h]:
                passes.fill(_NONE, row)
            passes.add_asked(brought.asked[a:b], np.uint32(h), row, extra)
        passes.weigh(extra, terrain.effect[h], np.int32(h), prefers, c.mismatch, worth, number, written)


def respond(
    a: int, b: int, at: int, terrain: Terrain, state: State, c: Coefficients, brought: Brought, left: Left,
    room: Scratch,
) -> None:  # fmt: skip
    """Customers absorb contacts and move along their journey."""
    end, n = at + b - a, b - a
    worth, number, lift = room.columns[0, :n], room.columns[1, :n], room.columns[2, :n]
    written, considers, visits = room.flags[0, :n], room.flags[1, :n], left.contacts[VISIT, at:end]
    stock, pressure = state.goodwill[a:b], state.pressure[a:b]
    passes.absorb(c, visits, written, worth, number, stock, pressure, state.since_visit[a:b], state.since_remote[a:b])
    stage, handover, keen = state.stage[a:b], room.columns[5, :n], room.columns[6, :n]
    passes.move(
        c, visits, state.heard[a:b], terrain.hears[a:b], brought.fate[a:b], stock, stage, left.moved[at:end], considers
    )
    passes.woo(
        c, stock, pressure, stage, state.handover[a:b] if state.handover.size > 0 else handover,
        terrain.keen[a:b] if terrain.keen.size > 0 else keen, lift,
    )  # fmt: skip


def choose(
    a: int, b: int, at: int, terrain: Terrain, state: State, c: Coefficients, brought: Brought, left: Left,
    room: Scratch,
) -> None:  # fmt: skip
    """Customers choose among the brands and order."""
    end, n = at + b - a, b - a
    lift, total, per_total, wanted = room.columns[2, :n], room.columns[3, :n], room.columns[0, :n], room.columns[1, :n]
    u = room.units
    for q in range(u.shape[0] // 4):
        passes.draw_units(
            terrain.low[a:b], terrain.high[a:b], np.uint32(WEEK + np.uint32(q + 1)), brought.week, brought.key0,
            brought.key1, u[4 * q, :n], u[4 * q + 1, :n], u[4 * q + 2, :n], u[4 * q + 3, :n],
        )  # fmt: skip
    passes.fill(_ZERO, total)
    for j in range(left.volume.shape[0]):
        base, habit, pull = terrain.base[j, a:b], state.habit[j, a:b], room.pull[j, :n]
        if j < terrain.n_own:
            passes.attract_ours(base, c.habit, habit, brought.shift[j], lift, room.flags[1, :n], pull)
            passes.add(pull, total)
        else:
            passes.attract_rival(base, c.habit, habit, brought.shift[j], pull, total)
    passes.compare(total, brought.demand, terrain.volume[a:b], per_total, wanted)
    if terrain.usual.size > 0:
        passes.expand(c.outside, terrain.usual[a:b], total, wanted)
    for j in range(left.volume.shape[0]):
        drawn = brought.first[a:b] if j == 0 else u[j - 1, :n]
        passes.order(
            terrain.orders[a:b], wanted, drawn, room.pull[j, :n], per_total, state.habit[j, a:b], left.volume[j, at:end]
        )


def note(a: int, b: int, at: int, terrain: Terrain, state: State, left: Left, room: Scratch) -> None:
    """What was bought is remembered by the customers, seen by the reps and added to the sums."""
    end, n = at + b - a, b - a
    own = room.columns[4, :n]
    passes.fill(_ZERO, own)
    for j in range(terrain.n_own):
        passes.add(left.volume[j, at:end], own)
    passes.settle(
        own, state.stage[a:b], state.tried[a:b], state.ordered[a:b], state.recent_own[a:b], left.own_so_far[a:b]
    )
    if state.handover.size > 0:
        passes.fade_handover(state.handover[a:b], state.fade[a:b])
    passes.tally(
        a, b, at, terrain.edges, terrain.cell, terrain.n_segments, terrain.scale, left.volume, left.contacts,
        state.stage, left.by_cell, left.by_territory, left.buyers,
    )  # fmt: skip
