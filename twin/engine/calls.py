"""Calls, compiled: whom the reps of each territory visit, and where contact chains go. Twins: :mod:`reference_calls`."""

from __future__ import annotations

import numpy as np

from twin.engine.chains import (
    BUYERS, NO_ORDER, NOT_OPENED, OPENED, ORDER, OTHERS, PATIENCE_WEEKS, PROMISED, REST_WEEKS,
)  # fmt: skip
from twin.engine.compiling import compiled, written_in
from twin.engine.philox import WEEK, half, philox
from twin.market.channels import VISIT

_F, _U, _U8 = np.float32, np.uint32, np.uint8
_LEAST = np.float32(-np.inf)


@written_in
def _worse(score_a, a, score_b, b, low, high):
    """Whether a comes after b; equal scores are told apart by the entities' numbers, never by rows."""
    if score_a != score_b:
        return score_a < score_b
    if high[a] != high[b]:
        return high[a] > high[b]
    return low[a] > low[b]


@written_in
def _sink(scores, rows, root, size, low, high):
    """Restore a heap, whose root is its worst entry, below ``root``."""
    score, row = scores[root], rows[root]
    while True:
        child = 2 * root + 1
        if child >= size:
            break
        right = child + 1
        if right < size and _worse(scores[right], rows[right], scores[child], rows[child], low, high):
            child = right
        if not _worse(scores[child], rows[child], score, row, low, high):
            break
        scores[root], rows[root] = scores[child], rows[child]
        root = child
    scores[root], rows[root] = score, row


@written_in
def _offer(scores, rows, size, room, score, row, low, high):
    """Offer an entry to the best ``room`` so far; returns how many there are now."""
    if size < room:
        at = size
        while at > 0:
            parent = (at - 1) // 2
            if not _worse(score, row, scores[parent], rows[parent], low, high):
                break
            scores[at], rows[at] = scores[parent], rows[parent]
            at = parent
        scores[at], rows[at] = score, row
        return size + 1
    if _worse(scores[0], rows[0], score, row, low, high):
        scores[0], rows[0] = score, row
        _sink(scores, rows, 0, size, low, high)
    return size


@written_in
def _sort(scores, rows, size, low, high):
    """Order a heap from the best to the worst."""
    for end in range(size - 1, 0, -1):
        scores[0], scores[end] = scores[end], scores[0]
        rows[0], rows[end] = rows[end], rows[0]
        _sink(scores, rows, 0, end, low, high)


@compiled
def choose_visits(
    book_start, book, rep_start, rep, visits, unknown_share, low, high, buys, score, due, room,
    unknown_credit, calls, visited, visited_by,
):  # fmt: skip
    """Visits of all reps: promised customers first, then the best of those who do not buy, and of those who do.

    Reps of one territory share its book and choose one after the other, the best first.
    """
    scores, rows = np.empty((3, room), np.float32), np.empty((3, room), np.uint32)
    size, wanted = np.zeros(3, np.int64), np.zeros(3, np.int64)
    for z in range(book_start.size - 1):
        size[:], wanted[:] = 0, 0
        for k in range(rep_start[z], rep_start[z + 1]):
            wanted[PROMISED] += visits[rep[k]]
        if wanted[PROMISED] == 0:
            continue
        for b in range(book_start[z], book_start[z + 1]):
            i = book[b]
            if due[i] >= _F(1.0):
                size[0] = _offer(scores[0], rows[0], size[0], wanted[0], due[i], i, low, high)
        _sort(scores[PROMISED], rows[PROMISED], size[PROMISED], low, high)
        for q in range(size[PROMISED]):
            visited[rows[PROMISED, q]] = _U8(1)
        _share_out(rep[rep_start[z] : rep_start[z + 1]], visits, unknown_share, size[PROMISED], unknown_credit, calls)
        for k in range(rep_start[z], rep_start[z + 1]):
            wanted[OTHERS] += calls[rep[k], OTHERS]
            wanted[BUYERS] += calls[rep[k], BUYERS]
        for b in range(book_start[z], book_start[z + 1]):
            i = book[b]
            pool = OTHERS + np.int64(buys[i])
            if wanted[pool] > 0 and score[i] > _LEAST and visited[i] == _U8(0):
                size[pool] = _offer(scores[pool], rows[pool], size[pool], wanted[pool], score[i], i, low, high)
        for pool in range(3):
            if pool != PROMISED:
                _sort(scores[pool], rows[pool], size[pool], low, high)
            q = 0
            for k in range(rep_start[z], rep_start[z + 1]):
                for _ in range(min(calls[rep[k], pool], size[pool] - q)):
                    visited[rows[pool, q]], visited_by[rows[pool, q]] = _U8(1), rep[k]
                    q += 1


@written_in
def _share_out(reps, visits, unknown_share, n_promised, unknown_credit, calls):
    """Each rep's visits by pool; fractions of a visit to those who do not buy are kept for the next week."""
    given = 0
    for r in reps:
        promised = min(visits[r], n_promised - given)
        given += promised
        rest = visits[r] - promised
        unknown_credit[r] += rest * unknown_share
        calls[r, OTHERS] = min(np.int64(unknown_credit[r] + 1e-9), rest)
        unknown_credit[r] -= calls[r, OTHERS]
        calls[r, PROMISED], calls[r, BUYERS] = promised, rest - calls[r, OTHERS]


@compiled
def wish_visits(chain, state, now, barred, due):
    """Customers whose journey waits for a visit call for one."""
    for m in range(chain.member.size):
        i = chain.member[m]
        step = state.step[m]
        if step >= 0 and chain.channel[step] == VISIT and state.due[m] <= now and barred[i] == _U8(0):
            due[i] += _F(1.0)


@compiled
def advance_chain(chain, state, now, week, key0, key1, low, high, consent, factor, opening, visited, ordered, asked):
    """Move the members of a journey on by a week; channels on which they are contacted are set in ``asked``."""
    for m in range(chain.member.size):
        i = chain.member[m]
        state.ordered[m] |= ordered[i]
        met, step = visited[i] != _U8(0), state.step[m]
        _, _, word, _ = philox(low[i], high[i], WEEK, week, key0, key1)
        opens = _U8(half(word, 0) < opening)
        if step < 0 and chain.channel[0] == VISIT and met:
            _reach(chain, state, m, 0, now, opens)
        elif step < 0 and chain.channel[0] != VISIT and state.due[m] <= now:
            state.step[m], state.due[m], state.left[m] = 0, now, chain.times[0]
        step = state.step[m]
        if step < 0 or state.due[m] > now:
            continue
        again = state.left[m] < chain.times[step]  # a repetition of the same step asks nothing again
        if not (again or _holds(chain.when[step], state.ordered[m], state.opened[m])):
            state.step[m], state.due[m] = -1, now + REST_WEEKS
        elif chain.channel[step] == VISIT:
            if met:
                _reach(chain, state, m, step, now, opens)
            elif now - state.due[m] >= PATIENCE_WEEKS:
                state.step[m], state.due[m] = -1, now + REST_WEEKS
        else:
            h = chain.channel[step]
            # a channel at a part of its strength carries that part of the steps; each is taken once, however strong
            allowed = ((consent[i] >> _U(h)) & _U(1)) != _U(0) and half(word, 16) < factor[h]
            _reach(chain, state, m, step, now, opens)
            if allowed:
                asked[i] |= _U(1) << _U(h)
            else:
                state.opened[m] = _U8(0)


@written_in
def _holds(when, ordered, opened):
    """Whether a step's condition on what came of the last one holds."""
    if when == NO_ORDER:
        return ordered == _U8(0)
    if when == ORDER:
        return ordered != _U8(0)
    if when == OPENED:
        return opened != _U8(0)
    if when == NOT_OPENED:
        return opened == _U8(0)
    return True


@written_in
def _reach(chain, state, m, step, now, opens):
    """Note that a member was contacted, and set what comes next."""
    if state.step[m] < 0:
        state.left[m] = chain.times[0]
    state.opened[m], state.ordered[m] = opens, _U8(0)
    state.left[m] -= 1
    following = step + 1
    if state.left[m] > 0:
        state.step[m], state.due[m] = step, now + max(chain.wait[step], 1)
    elif following >= chain.channel.size:
        state.step[m], state.due[m] = -1, now + REST_WEEKS
    else:
        state.step[m], state.due[m], state.left[m] = following, now + chain.wait[following], chain.times[following]
