"""Reference of the calls: NumPy twins of :mod:`twin.engine.calls`, with the same draws and the same outcome."""

from __future__ import annotations

import numpy as np

from twin.draws import Purpose, counter_word, half
from twin.engine.chains import (
    ALWAYS,
    BUYERS,
    NO_ORDER,
    NOT_OPENED,
    OPENED,
    ORDER,
    OTHERS,
    PATIENCE_WEEKS,
    REST_WEEKS,
)  # fmt: skip
from twin.engine.reference import block_of_words
from twin.market.channels import VISIT


def choose_visits(
    book_start, book, rep_start, rep, visits, unknown_share, low, high, buys, score, due, owes, room,
    unknown_credit, calls, visited, visited_by,
):  # fmt: skip
    """Visits of all reps: promised customers first, then the best of those who do not buy, and of those who do."""
    for z in range(len(book_start) - 1):
        rows = book[book_start[z] : book_start[z + 1]]
        for r in rep[rep_start[z] : rep_start[z + 1]]:
            free = rows[visited[rows] == 0]
            promised = _best(free[due[free] >= 1.0], due, visits[r], low, high)
            visited[promised], visited_by[promised] = 1, r
            rest = visits[r] - len(promised)
            unknown_credit[r] += rest * unknown_share
            calls[r] = len(promised), min(int(unknown_credit[r] + 1e-9), rest), 0
            calls[r, BUYERS] = rest - calls[r, OTHERS]
            unknown_credit[r] -= calls[r, OTHERS]
            free = rows[(visited[rows] == 0) & (score[rows] > -np.inf)]
            for pool in (OTHERS, BUYERS):
                mine = _best(free[buys[free] == pool - OTHERS], score, calls[r, pool], low, high)
                visited[mine], visited_by[mine] = 1, r


def _best(rows, value, n, low, high):
    """The ``n`` rows of the highest value; equal ones are told apart by the entities' numbers."""
    order = np.lexsort((low[rows], high[rows], -value[rows]))
    return rows[order[:n]]


def wish_visits(chain, state, now, barred, due):
    """Customers whose journey waits for a visit call for one."""
    waits = (state.step >= 0) & (chain.channel[state.step] == VISIT) & (state.due <= now)
    due[chain.member[waits & (barred[chain.member] == 0)]] += 1.0


def advance_chain(chain, state, now, week, key0, key1, low, high, consent, factor, opening, visited, ordered, asked):
    """Move the members of a journey on by a week; channels on which they are contacted are set in ``asked``."""
    who = chain.member
    state.ordered[:] |= ordered[who]
    met = visited[who] != 0
    word = block_of_words(low[who], high[who], counter_word(Purpose.WEEK, 0), week, key0, key1)[2]
    opens = (half(word, 0) < opening).astype(np.uint8)
    idle = state.step < 0
    if chain.channel[0] == VISIT:
        _reach(chain, state, idle & met, np.zeros(len(who), np.int64), now, opens)
    else:
        begins = idle & (state.due <= now)
        state.step[begins], state.due[begins], state.left[begins] = 0, now, chain.times[0]
    ready = (state.step >= 0) & (state.due <= now)
    again = state.left < chain.times[state.step]
    fails = ready & ~again & ~_holds(chain.when[state.step], state)
    ready &= ~fails
    channel = np.where(ready, chain.channel[state.step], -1)
    late = (channel == VISIT) & ~met & (now - state.due >= PATIENCE_WEEKS)
    state.step[fails | late], state.due[fails | late] = -1, now + REST_WEEKS
    remote = channel > VISIT
    agreed = ((consent[who] >> np.maximum(channel, 0).astype(np.uint32)) & np.uint32(1)) != 0
    allowed = remote & agreed & (half(word, 16) < factor[channel])
    _reach(chain, state, ((channel == VISIT) & met) | remote, state.step.astype(np.int64), now, opens)
    asked[who[allowed]] |= (np.uint32(1) << channel[allowed].astype(np.uint32)).astype(np.uint32)
    state.opened[remote & ~allowed] = 0


def _holds(when, state):
    verdict = {
        ALWAYS: np.ones(len(when), dtype=bool),
        NO_ORDER: state.ordered == 0,
        ORDER: state.ordered != 0,
        OPENED: state.opened != 0,
        NOT_OPENED: state.opened == 0,
    }
    return np.choose(when, [verdict[condition] for condition in range(len(verdict))])


def _reach(chain, state, who, step, now, opens):
    state.left[who & (state.step < 0)] = chain.times[0]
    state.opened[who], state.ordered[who] = opens[who], 0
    state.left[who] -= 1
    repeats = who & (state.left > 0)
    state.step[repeats], state.due[repeats] = step[repeats], now + np.maximum(chain.wait[step[repeats]], 1)
    following = step + 1
    ends = who & ~repeats & (following >= len(chain.channel))
    state.step[ends], state.due[ends] = -1, now + REST_WEEKS
    onward = who & ~repeats & ~ends
    to = following[onward]
    state.step[onward], state.due[onward], state.left[onward] = to, now + chain.wait[to], chain.times[to]
