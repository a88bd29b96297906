"""Calls, compiled: whom reps visit, and where contact chains go. Twins: :mod:`twin.engine.reference_calls`."""

from __future__ import annotations

import numpy as np

from twin.engine.chains import (
    BUYERS,
    NO_ORDER,
    NOT_OPENED,
    OPENED,
    ORDER,
    OTHERS,
    PATIENCE_WEEKS,
    PROMISED,
    REST_WEEKS,
)  # fmt: skip
from twin.engine.compiling import compiled, inner, written_in
from twin.engine.philox import WEEK, half, philox
from twin.market.channels import VISIT

_F, _U, _U8 = np.float32, np.uint32, np.uint8
# as numpy numbers they are values; as plain ones every value would compile a version of its own
_PROMISED, _OTHERS, _BUYERS = np.int64(PROMISED), np.int64(OTHERS), np.int64(BUYERS)
_LEAST = np.float32(-np.inf)


@inner
def keep_best(book, first, last, key, least, pool, buys, visited, room, low, high, scores, rows):
    """The ``room`` customers of a book with the highest key, in no order: how many.

    Equal keys are told apart by the entities' numbers, never by rows.
    ``scores`` is a heap whose root is the worst that is kept, so that most customers cost one comparison. Columns are
    handed over once a book: each time they are counted, which costs more than a comparison.
    """
    for q in range(room):
        scores[q], rows[q] = _LEAST, book[first]
    for b in range(first, last):
        i = book[b]
        score = key[i]
        if score < scores[0] or score < least or visited[i] != _U8(0) or score == _LEAST:
            continue
        if pool != _PROMISED and buys[i] != _U8(pool - _OTHERS):
            continue
        if score == scores[0] and _later(low[i], high[i], low[rows[0]], high[rows[0]]):
            continue
        root = 0
        while True:
            child = 2 * root + 1
            if child >= room:
                break
            if child + 1 < room:
                a, c = rows[child], rows[child + 1]
                if scores[child + 1] < scores[child] or (
                    scores[child + 1] == scores[child] and _later(low[c], high[c], low[a], high[a])
                ):
                    child += 1
            a = rows[child]
            if scores[child] > score or (scores[child] == score and _later(low[i], high[i], low[a], high[a])):
                break
            scores[root], rows[root] = scores[child], rows[child]
            root = child
        scores[root], rows[root] = score, i
    size = 0
    for q in range(room):
        if scores[q] > _LEAST:
            scores[size], rows[size] = scores[q], rows[q]
            size += 1
    return size


@written_in
def _later(low_a, high_a, low_b, high_b):
    """Whether a comes after b when their scores are equal."""
    return high_a > high_b or (high_a == high_b and low_a > low_b)


@inner
def best_first(scores, rows, start, size, k, low, high):
    """Bring the best ``k`` of ``start`` to ``size`` to the front, in no order (Hoare 1961)."""
    lo, hi, last = start, size - 1, start + k - 1
    while lo < hi:
        middle = (lo + hi) // 2
        score, row = scores[middle], rows[middle]
        a, b = lo, hi
        while a <= b:
            while scores[a] > score or (
                scores[a] == score and _later(low[row], high[row], low[rows[a]], high[rows[a]])
            ):
                a += 1
            while scores[b] < score or (
                scores[b] == score and _later(low[rows[b]], high[rows[b]], low[row], high[row])
            ):
                b -= 1
            if a <= b:
                kept_score, kept_row = scores[a], rows[a]
                scores[a], rows[a] = scores[b], rows[b]
                scores[b], rows[b] = kept_score, kept_row
                a, b = a + 1, b - 1
        if last <= b:
            hi = b
        elif last >= a:
            lo = a
        else:
            break


@inner
def give(rep, first, last, calls, pool, scores, rows, size, low, high, visited, visited_by):
    """Give a pool's chosen customers to one rep after the other, the best ones first."""
    start = np.int64(0)
    for k in range(first, last):
        n = min(calls[rep[k], pool], size - start)
        if start + n < size:
            best_first(scores, rows, start, size, n, low, high)
        for q in range(start, start + n):
            visited[rows[q]], visited_by[rows[q]] = _U8(1), rep[k]
        start += n


@compiled
def choose_visits(
    book_start, book, rep_start, rep, visits, unknown_share, low, high, buys, score, due, owes, room,
    unknown_credit, calls, visited, visited_by,
):  # fmt: skip
    """Visits of all reps: promised customers first, then the best of those who do not buy, and of those who do.

    Reps of one territory share its book and choose one after the other, the best first.
    """
    scores, rows = np.empty(room, np.float32), np.empty(room, np.uint32)
    for z in range(book_start.size - 1):
        first, last, rep_a, rep_b = book_start[z], book_start[z + 1], rep_start[z], rep_start[z + 1]
        total = np.int64(0)
        for k in range(rep_a, rep_b):
            total += visits[rep[k]]
        if total == 0 or first == last:
            continue
        n = np.int64(0)
        if owes:
            n = keep_best(book, first, last, due, _F(1.0), _PROMISED, buys, visited, total, low, high, scores, rows)
        others, buyers = _share_out(rep, rep_a, rep_b, visits, unknown_share, n, unknown_credit, calls)
        if n > 0:
            give(rep, rep_a, rep_b, calls, _PROMISED, scores, rows, n, low, high, visited, visited_by)
        if others > 0:
            n = keep_best(book, first, last, score, _LEAST, _OTHERS, buys, visited, others, low, high, scores, rows)
            give(rep, rep_a, rep_b, calls, _OTHERS, scores, rows, n, low, high, visited, visited_by)
        if buyers > 0:
            n = keep_best(book, first, last, score, _LEAST, _BUYERS, buys, visited, buyers, low, high, scores, rows)
            give(rep, rep_a, rep_b, calls, _BUYERS, scores, rows, n, low, high, visited, visited_by)


@inner
def _share_out(rep, first, last, visits, unknown_share, n_promised, unknown_credit, calls):
    """Each rep's visits by pool, and how many go to others and to buyers; fractions are kept for the next week."""
    given, n_others, n_buyers = np.int64(0), np.int64(0), np.int64(0)
    for k in range(first, last):
        r = rep[k]
        promised = min(visits[r], n_promised - given)
        given += promised
        rest = visits[r] - promised
        unknown_credit[r] += rest * unknown_share
        others = min(np.int64(unknown_credit[r] + 1e-9), rest)
        unknown_credit[r] -= others
        calls[r, _PROMISED], calls[r, _OTHERS], calls[r, _BUYERS] = promised, others, rest - others
        n_others += others
        n_buyers += rest - others
    return n_others, n_buyers


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
