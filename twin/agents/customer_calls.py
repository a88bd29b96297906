"""Calls on single customers: what they were owed, where they stood among those who compete for a visit, who came."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.engine.chains import PROMISED
from twin.market.channels import VISIT

if TYPE_CHECKING:
    from twin.agents.calling import Calling
    from twin.agents.model import TwinModel

BARRED = 3
"""Pool of those whom nobody may visit this week; the others are the pools of :mod:`twin.engine.chains`."""


class Calls(NamedTuple):
    """One week of calls on some customers, axis i.

    Parameters
    ----------
    who_calls : str
        ``rule``, ``plan`` or ``record``; see :attr:`twin.agents.model.TwinModel.who_calls`. What follows is the rule's.
    rep : (i,) str
        Who came; empty for nobody.
    pool : (i,) int64
        Those who compete for the same visits: promised ones, customers who do not buy from us, those who do; or barred.
    place, of, visited : (i,) int64
        Place in the pool, counted from one; how many there were, and how many of them were visited.
    in_territory : (i,) int64
        Visits in the customer's territory this week.
    due : (i,) float32, visits
        Owed as the week began; from one on a visit is promised.
    promised : (i,) bool
        Whether the scenario sets a frequency.
    journey, step : (i,) int64
        The journey and the step that waits for a visit; -1 for none.
    agrees : (i,) bool
        To visits.
    dropped : (i,) bool
    ranked : (i,) bool
        By a rank that rests a customer for a cycle after a visit.
    score : (i,) float32
    since_visit : (i,) uint8, weeks
    """

    who_calls: str
    rep: NDArray[np.str_]
    pool: NDArray[np.int64]
    place: NDArray[np.int64]
    of: NDArray[np.int64]
    visited: NDArray[np.int64]
    in_territory: NDArray[np.int64]
    due: NDArray[np.float32]
    promised: NDArray[np.bool_]
    journey: NDArray[np.int64]
    step: NDArray[np.int64]
    agrees: NDArray[np.bool_]
    dropped: NDArray[np.bool_]
    ranked: NDArray[np.bool_]
    score: NDArray[np.float32]
    since_visit: NDArray[np.uint8]


def calls_of(model: TwinModel, rows: NDArray[np.int64]) -> Calls:
    """Look at the calls of this week, chosen and not yet felt."""
    calling, crowd, conditions = model.calling, model.crowd, model.conditions
    buys = crowd.state.buys[rows] != 0
    journey, step = _waiting(model, rows)
    pool, place, of, visited, in_territory = _places(calling, rows)
    return Calls(
        who_calls=model.who_calls,
        rep=np.append(conditions.rep_ids.astype(str), "")[calling.visited_by[rows]],
        pool=pool, place=place, of=of, visited=visited, in_territory=in_territory,
        due=calling.due[rows],
        promised=calling.promised[rows],
        journey=journey, step=step,
        agrees=((crowd.terrain.consent[rows] >> np.uint32(VISIT)) & np.uint32(1)) != 0,
        dropped=conditions.dropped[rows],
        ranked=np.where(buys, conditions.known_rank is not None, conditions.unknown_rank is not None),
        score=crowd.score[rows],
        since_visit=crowd.state.since_visit[rows],
    )  # fmt: skip


def _waiting(model: TwinModel, rows: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Journey and step that wait for a visit to each customer: (i,), (i,); -1 for none."""
    journey, step = np.full(len(rows), -1), np.full(len(rows), -1)
    for number, (chain, standing) in enumerate(zip(model.conditions.chains, model.calling.standing)):
        place = np.minimum(np.searchsorted(chain.member, rows), max(len(chain.member) - 1, 0))
        if not len(chain.member):
            continue
        at = standing.step[place].astype(np.int64)
        waits = (chain.member[place] == rows) & (at >= 0) & (standing.due[place] <= model.week_index)
        waits &= chain.channel[at] == VISIT
        journey[waits], step[waits] = number, at[waits]
    return journey, step


def _places(calling: Calling, rows: NDArray[np.int64]) -> tuple[NDArray[np.int64], ...]:
    """Pool, place, size of the pool, visits in it, and visits in the territory: five (i,) arrays.

    One sort of those who share a territory with somebody who is asked for.
    """
    zone_of = calling.conditions.territory
    zones, asked = np.unique(zone_of[rows], return_inverse=True)
    start, stop = calling.book_start[zones], calling.book_start[zones + 1]
    size = stop - start
    shift = np.repeat(start - (np.cumsum(size) - size), size)
    everyone = calling.book[np.arange(len(shift)) + shift].astype(np.int64)
    key = _queue(calling, everyone, np.repeat(np.arange(len(zones)), size))
    met = calling.visited[everyone] != 0
    mine = _queue(calling, rows, asked)
    line = np.sort(key)
    group, mine_group = (key >> np.uint64(32)).astype(np.int64), (mine >> np.uint64(32)).astype(np.int64)
    first = np.searchsorted(line, np.uint64(1 << 32) * mine_group.astype(np.uint64))
    place = 1 + np.searchsorted(line, mine) - first
    place += _ahead_among_equals(calling, everyone, key, rows, mine)
    of = np.bincount(group, minlength=4 * len(zones))[mine_group]
    visited = np.bincount(group[met], minlength=4 * len(zones))
    in_territory = visited.reshape(-1, 4).sum(axis=1)[asked]
    return mine_group % 4, place, of, visited[mine_group], in_territory


def _queue(calling: Calling, rows: NDArray[np.int64], zone: NDArray[np.int64]) -> NDArray[np.uint64]:
    """A number for each customer, the smaller the earlier its turn: territory, pool, then the value that ranks it."""
    due, score = calling.due[rows], calling.crowd.score[rows]
    promised = due >= 1.0
    pool = np.where(score > -np.inf, 1 + calling.crowd.state.buys[rows].astype(np.int64), BARRED)
    pool = np.where(promised, PROMISED, pool)
    value = np.where(promised, due, score) + np.float32(0.0)  # minus zero and zero are the same
    bits = value.view(np.uint32).astype(np.uint64)
    sign = np.uint64(1 << 31)
    # the bits of a positive number grow with it, and those of a negative one against it
    falling = np.where(bits < sign, np.uint64((1 << 31) - 1) - bits, bits)
    return ((4 * zone + pool).astype(np.uint64) << np.uint64(32)) | falling


def _ahead_among_equals(
    calling: Calling, everyone: NDArray[np.int64], key: NDArray[np.uint64], rows: NDArray[np.int64],
    mine: NDArray[np.uint64],
) -> NDArray[np.int64]:  # fmt: skip
    """How many of the same value come first, by their entity numbers: (i,) int."""
    equal = np.flatnonzero(np.isin(key, mine))
    low, high = calling.crowd.terrain.low, calling.crowd.terrain.high
    who = everyone[equal]
    order = np.lexsort((low[who], high[who], key[equal]))
    line, who = key[equal][order], who[order]
    ahead = np.arange(len(who)) - np.searchsorted(line, line)
    by_row = np.argsort(who)
    return ahead[by_row][np.searchsorted(who[by_row], rows)]
