"""Passes: the weekly law in short compiled loops over one block of customers, that stay in the nearest cache.

Every pass is one loop without branches over contiguous columns, which compilers turn into vector instructions; its
NumPy twin of the same name stands in :mod:`twin.engine.reference`. Arguments: what is read, then what is written.
"""

from __future__ import annotations

import numpy as np

from twin.engine.compiling import compiled, inner
from twin.engine.philox import half, philox, unit
from twin.engine.tallies import add, copy, fill, tally
from twin.response import attraction, goodwill, journey, law, orders, visiting
from twin.response.elementary import minimum
from twin.response.journey import Stage

__all__ = ["add", "copy", "fill", "tally"]
_F, _I, _U = np.float32, np.int32, np.uint32
_U8 = np.uint8
_UNAWARE, _TRIAL = np.int32(Stage.UNAWARE), np.int32(Stage.TRIAL)
_REPEAT, _LAPSED = np.int32(Stage.REPEAT), np.int32(Stage.LAPSED)
_LONG_AGO = np.int32(255)
_NEVER = np.float32(-np.inf)
_GLANCE = 512


@compiled
def see(stage, start, listener, buys, heard):
    """Who buys from us as the week begins, and how many of each customer's neighbours do.

    Few change in a week, so those who listen to them are told of the change instead of everybody asking everybody.
    """
    for q in range((stage.size + _GLANCE - 1) // _GLANCE):
        first = q * _GLANCE
        last = min(first + _GLANCE, stage.size)
        if _any_change(stage[first:last], buys[first:last]):
            for i in range(first, last):
                now = _U8(journey.considers_us(_I(stage[i])))
                if now != buys[i]:
                    change = now - buys[i]  # one more, or by overflow one less
                    buys[i] = now
                    for k in range(start[i], start[i + 1]):
                        heard[listener[k]] += _U8(change)


@inner
def _any_change(stage, buys):
    changes = _I(0)
    for i in range(stage.size):
        changes += _I(_U8(journey.considers_us(_I(stage[i]))) != buys[i])
    return changes != _I(0)


@compiled
def listeners(neighbours, n_customers, start, listener):
    """Turn round who hears from whom: rows of those who listen to each customer, by counting."""
    for i in range(neighbours.shape[0]):
        for k in range(neighbours.shape[1]):
            if neighbours[i, k] >= 0:
                start[neighbours[i, k] + 1] += _U(1)
    for i in range(n_customers):
        start[i + 1] += start[i]
    place = start.copy()
    for i in range(neighbours.shape[0]):
        for k in range(neighbours.shape[1]):
            if neighbours[i, k] >= 0:
                listener[place[neighbours[i, k]]] = _U(i)
                place[neighbours[i, k]] += _U(1)


@compiled
def draw_week(low, high, third, week, key0, key1, chance, fate, first):
    """Chance of a visit as a Gumbel number, fate of the stage, and order of the first brand."""
    for q in range((chance.size + _GLANCE - 1) // _GLANCE):
        a, b = q * _GLANCE, min((q + 1) * _GLANCE, chance.size)
        _draw_three(low[a:b], high[a:b], third, week, key0, key1, chance[a:b], fate[a:b], first[a:b])
        _make_gumbel(chance[a:b])


@inner
def _draw_three(low, high, third, week, key0, key1, chance, fate, first):
    for i in range(chance.size):
        a, b, _, d = philox(low[i], high[i], third, week, key0, key1)
        chance[i], fate[i], first[i] = unit(a), unit(b), unit(d)


@inner
def _make_gumbel(chance):
    # a loop of its own: together with the draws it would need more registers than there are
    for i in range(chance.size):
        chance[i] = visiting.gumbel(chance[i])


@compiled
def score_as_usual(coefficients, buys, recent_own, log_known, log_unknown, log_start, chance, score):
    """Score by the learned rule: buyers by size and recent sales, others by size."""
    for i in range(score.size):
        recent = visiting.recent_log(recent_own[i], coefficients.typical_own)
        known = visiting.usual_score(log_known[i], recent, log_start[i], coefficients.follows_sales, chance[i])
        score[i] = known if buys[i] else log_unknown[i] + chance[i]


@compiled
def score_evenly(buys, pool, chance, score):
    """Everybody in a pool has the same chance."""
    for i in range(score.size):
        score[i] = chance[i] if buys[i] == pool else score[i]


@compiled
def score_by_rank(buys, pool, rank, since_visit, cycle, score):
    """The highest rank in a pool first, among those not visited for a cycle."""
    for i in range(score.size):
        ranked = rank[i] if _I(since_visit[i]) >= cycle else _NEVER
        score[i] = ranked if buys[i] == pool else score[i]


@compiled
def bar(consent, excluded, score):
    """Nobody calls on those who are excluded or refuse visits."""
    for i in range(score.size):
        open_to = (excluded[i] == _U8(0)) & ((consent[i] & _U(1)) != _U(0))
        score[i] = score[i] if open_to else _NEVER


@inner
def draw_words(low, high, third, week, key0, key1, w0, w1, w2, w3):
    """Four words for each customer."""
    for i in range(low.size):
        w0[i], w1[i], w2[i], w3[i] = philox(low[i], high[i], third, week, key0, key1)


@inner
def draw_units(low, high, third, week, key0, key1, u0, u1, u2, u3):
    """Four uniform numbers for each customer."""
    for i in range(low.size):
        a, b, c, d = philox(low[i], high[i], third, week, key0, key1)
        u0[i], u1[i], u2[i], u3[i] = unit(a), unit(b), unit(c), unit(d)


@inner
def run_programme(
    words, shift, rate, factor, consent, channel, effect, prefers, mismatch, contacts, worth, number, written
):
    """Contacts of a channel programme, with a chance of its rate and with consent, and their weight."""
    for i in range(contacts.size):
        allowed = ((consent[i] >> _U(channel)) & _U(1)) != _U(0)
        reached = _U8((half(words[i], shift) < rate[i] * factor) & allowed)
        contacts[i] = reached
        count = _F(reached)
        worth[i] = worth[i] + effect * goodwill.channel_fit(_I(prefers[i]), channel, mismatch) * count
        number[i] = number[i] + count
        written[i] = written[i] | reached


@inner
def add_asked(asked, channel, contacts, extra):
    """Contacts that a journey asks for on a channel; one of both kinds is enough, so ``extra`` is what is new."""
    for i in range(contacts.size):
        more = _U8((asked[i] >> channel) & _U(1)) & (contacts[i] ^ _U8(1))
        contacts[i] = contacts[i] | more
        extra[i] = more


@inner
def weigh_visits(contacts, effect, channel, prefers, mismatch, worth, number, written):
    """Start the worth and the number of all contacts with the visits."""
    for i in range(worth.size):
        count = _F(contacts[i])
        fit = goodwill.channel_fit(_I(prefers[i]), channel, mismatch)
        worth[i], number[i], written[i] = effect * fit * count, count, _U8(0)


@inner
def weigh(contacts, effect, channel, prefers, mismatch, worth, number, written):
    """Add another channel's contacts to the worth and the number of all."""
    for i in range(worth.size):
        count = _F(contacts[i])
        fit = goodwill.channel_fit(_I(prefers[i]), channel, mismatch)
        worth[i] = worth[i] + effect * fit * count
        number[i] = number[i] + count
        written[i] = written[i] | contacts[i]


@inner
def absorb(coefficients, visits, written, worth, number, stock, pressure, since_visit, since_remote):
    """Goodwill and pressure after this week's contacts."""
    for i in range(stock.size):
        met, wrote = visits[i] != _U8(0), written[i] != _U8(0)
        visit_ago, remote_ago = _I(since_visit[i]), _I(since_remote[i])
        seconded = goodwill.is_seconded(met, wrote, visit_ago, remote_ago)
        added = goodwill.inflow(worth[i], seconded, coefficients.synergy, coefficients.memory)
        stock[i] = goodwill.advance_goodwill(stock[i], added, coefficients.carryover)
        pressure[i] = goodwill.advance_pressure(pressure[i], number[i], seconded, coefficients.memory)
        since_visit[i] = _U8(_I(1) if met else minimum(visit_ago + _I(1), _LONG_AGO))
        since_remote[i] = _U8(_I(1) if wrote else minimum(remote_ago + _I(1), _LONG_AGO))


@inner
def move(coefficients, visits, heard, hears, fate, stock, stage, moved, considers):
    """Move customers along their journey."""
    c = coefficients
    for i in range(stage.size):
        before, times, word = _I(stage[i]), _I(visits[i]), _F(heard[i]) * hears[i]
        finds = journey.discovery(c.discovery_base, c.discovery_visit, c.discovery_word, times, word)
        found = (before == _UNAWARE) & (fate[i] < finds)
        lost = journey.considers_us(before) & (fate[i] < journey.loss(c.loss, c.loss_contact, stock[i]))
        back = (before == _LAPSED) & (fate[i] < journey.winback(c.winback, times))
        after = _TRIAL if found else (_LAPSED if lost else (_REPEAT if back else before))
        stage[i] = _U8(after)
        moved[i] = _U8(found | lost | back)
        considers[i] = _U8(journey.considers_us(after))


@inner
def woo(coefficients, stock, pressure, stage, handover, keen, lift):
    """Set what our acts add to our brands."""
    if coefficients.curvature == _F(0.0):  # the same loop twice: the law asks the same once more, and is told outside
        for i in range(lift.size):
            trial = _I(stage[i]) == _TRIAL
            lift[i] = law.own_lift(coefficients, stock[i], pressure[i], trial, handover[i], keen[i])
    else:
        for i in range(lift.size):
            trial = _I(stage[i]) == _TRIAL
            lift[i] = law.own_lift(coefficients, stock[i], pressure[i], trial, handover[i], keen[i])


@inner
def attract_ours(base, weight, habit, shift, lift, considers, pull):
    """Attraction of a brand of ours."""
    for i in range(pull.size):
        utility = law.utility(base[i], weight, habit[i], shift) + lift[i]
        pull[i] = attraction.pull(utility, considers[i] != _U8(0))


@inner
def attract_rival(base, weight, habit, shift, pull, total):
    """Attraction of a rival's brand, added to the total."""
    for i in range(total.size):
        pull[i] = attraction.pull(law.utility(base[i], weight, habit[i], shift), True)
        total[i] = total[i] + pull[i]


@inner
def compare(total, demand, volume, per_total, wanted):
    """What turns attractions into shares, and the volume to be shared."""
    for i in range(total.size):
        per_total[i] = attraction.one_over(total[i])
        wanted[i] = volume[i] * demand


@inner
def expand(outside, usual, total, wanted):
    """Let the volume to be shared grow and shrink with all attraction."""
    for i in range(wanted.size):
        wanted[i] = wanted[i] * attraction.category_factor(total[i], usual[i], outside)


@inner
def order(orders_per_week, wanted, u, pull, per_total, habit, ordered):
    """Orders of one brand, and the habit that they leave."""
    for i in range(ordered.size):
        share = pull[i] * per_total[i]
        probability = orders.ordering_probability(share, orders_per_week[i])
        ordered[i] = orders.lumpy_volume(share * wanted[i], probability, u[i])
        habit[i] = attraction.advance_habit(habit[i], share)


@inner
def settle(own, stage, tried, ordered, recent_own, own_so_far):
    """After the orders: the second purchase makes a customer, and reps see what was bought."""
    for i in range(own.size):
        bought, before = own[i] > _F(0.0), _I(stage[i])
        in_trial = (before == _TRIAL) & bought
        stage[i] = _U8(_REPEAT if in_trial & (tried[i] != _U8(0)) else before)
        tried[i] = tried[i] | _U8(in_trial)
        ordered[i] = _U8(bought)
        recent_own[i] = visiting.advance_recent(recent_own[i], own[i])
        own_so_far[i] = own_so_far[i] + own[i]


@inner
def fade_handover(handover, fade):
    """What a change of rep costs grows less."""
    for i in range(fade.size):
        handover[i] = max(handover[i] - fade[i], _F(0.0))
