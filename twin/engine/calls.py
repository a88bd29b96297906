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
from twin.engine.compiling import compiled, inner, select, written_in
from twin.engine.philox import WEEK, half, philox
from twin.market.channels import VISIT
from twin.response.elementary import bits_of

_F, _U, _U8 = np.float32, np.uint32, np.uint8
# as numpy numbers they are values; as plain ones every value would compile a version of its own
_PROMISED, _OTHERS, _BUYERS = np.int64(PROMISED), np.int64(OTHERS), np.int64(BUYERS)
_LEAST, _SIGN, _ALL = np.float32(-np.inf), np.uint32(0x80000000), np.uint32(0xFFFFFFFF)


@written_in
def _sortable(key, least, pool, buys, visited):
    """A key as a whole number in the same order, nought for who is out of the question."""
    bits = _U(bits_of(key))
    upright = bits ^ select(bits >= _SIGN, _ALL, _SIGN)
    stands = (key >= least) & (key > _LEAST) & (visited == _U8(0))
    in_pool = (pool == _PROMISED) | (np.int64(buys) + _OTHERS == pool)
    return select(stands & in_pool, upright, _U(0))


@inner
def sortable_together(key, least, pool, buys, visited, keys):
    """Keys of customers who stand together."""
    for b in range(keys.size):
        keys[b] = _sortable(key[b], least, pool, buys[b], visited[b])


@inner
def sortable_apart(book, key, least, pool, buys, visited, keys):
    """Keys of customers wherever they stand."""
    for b in range(keys.size):
        i = book[b]
        keys[b] = _sortable(key[i], least, pool, buys[i], visited[i])


@inner
def _at_least(keys, threshold):
    n = np.int32(0)
    for b in range(keys.size):
        n = np.int32(n + np.int32(keys[b] >= threshold))
    return np.int64(n)


@inner
def keep_best(book, key, least, pool, buys, visited, room, low, high, keys, rows):
    """The ``room`` customers of a book with the highest key, in no order: how many.

    The threshold is found bit by bit, from the highest: counting who is above is a matter of vector instructions, where
    a heap would branch. Equal keys are told apart by the entities' numbers, never by rows.
    """
    first, last = book[0], book[book.size - 1]
    if np.int64(last) - np.int64(first) == book.size - 1:
        end = np.int64(last) + 1
        sortable_together(key[first:end], least, pool, buys[first:end], visited[first:end], keys)
    else:
        sortable_apart(book, key, least, pool, buys, visited, keys)
    threshold, above = _U(0), np.int64(-1)
    for bit in range(32):
        higher = threshold | (_SIGN >> _U(bit))
        n = _at_least(keys, higher)
        if n >= room:
            threshold, above = higher, n
            if n == room:
                break
    size = np.int64(0)
    lowest = threshold if above == room else threshold + _U(1)
    for b in range(book.size):
        rows[size] = book[b]
        size += np.int64(keys[b] >= lowest)
    if threshold == _U(0) or size == room:
        return size
    while size < room:  # several at the threshold, and not room for all: the first by number, one after the other
        best = np.int64(-1)
        for b in range(book.size):
            if keys[b] == threshold:
                a = book[b]
                if best < 0 or _later(low[book[best]], high[book[best]], low[a], high[a]):
                    best = b
        rows[size], keys[best] = book[best], _U(0)
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
def give(rep, first, last, calls, pool, key, scores, rows, size, low, high, visited, visited_by):
    """Give a pool's chosen customers to one rep after the other, the best ones first."""
    for q in range(size):
        scores[q] = key[rows[q]]
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
    rows, scores = np.empty(room + 1, np.uint32), np.empty(room, np.float32)
    most = np.int64(0)
    for z in range(book_start.size - 1):
        most = max(most, book_start[z + 1] - book_start[z])
    keys_of_all = np.empty(most, np.uint32)
    for z in range(book_start.size - 1):
        first, last, rep_a, rep_b = book_start[z], book_start[z + 1], rep_start[z], rep_start[z + 1]
        total = np.int64(0)
        for k in range(rep_a, rep_b):
            total += visits[rep[k]]
        if total == 0 or first == last:
            continue
        mine, keys, n = book[first:last], keys_of_all[: last - first], np.int64(0)
        if owes:
            n = keep_best(mine, due, _F(1.0), _PROMISED, buys, visited, total, low, high, keys, rows)
        others, buyers = _share_out(rep, rep_a, rep_b, visits, unknown_share, n, unknown_credit, calls)
        if n > 0:
            give(rep, rep_a, rep_b, calls, _PROMISED, due, scores, rows, n, low, high, visited, visited_by)
        if others > 0:
            n = keep_best(mine, score, _LEAST, _OTHERS, buys, visited, others, low, high, keys, rows)
            give(rep, rep_a, rep_b, calls, _OTHERS, score, scores, rows, n, low, high, visited, visited_by)
        if buyers > 0:
            n = keep_best(mine, score, _LEAST, _BUYERS, buys, visited, buyers, low, high, keys, rows)
            give(rep, rep_a, rep_b, calls, _BUYERS, score, scores, rows, n, low, high, visited, visited_by)


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
