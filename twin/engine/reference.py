"""Reference: the NumPy twin of every pass, with the same draws and the same bits; also what runs without a compiler."""

from __future__ import annotations

import numpy as np

from twin.draws import half, philox, unit
from twin.response import attraction, goodwill, journey, law, orders, visiting
from twin.response.elementary import minimum, where
from twin.response.journey import Stage

_F = np.float32
_LONG_AGO = 255


def see(stage, start, listener, buys, heard):
    """Who buys from us as the week begins, and how many of each customer's neighbours do."""
    now = journey.considers_us(stage).astype(np.uint8)
    more = now.astype(np.int8) - buys.astype(np.int8)
    buys[:] = now
    told = np.repeat(more, np.diff(start.astype(np.int64)))
    heard[:] = heard + np.bincount(listener, told, len(heard)).astype(np.int64)


def listeners(neighbours, n_customers, start, listener):
    """Turn round who hears from whom: rows of those who listen to each customer, by counting."""
    who, place = np.nonzero(neighbours >= 0)
    heard_from = neighbours[who, place]
    start[1:] = np.cumsum(np.bincount(heard_from, minlength=n_customers))
    listener[:] = who[np.argsort(heard_from, kind="stable")]


def draw_week(low, high, third, week, key0, key1, chance, fate, first):
    """Chance of a visit as a Gumbel number, fate of the stage, and order of the first brand."""
    block = block_of_words(low, high, third, week, key0, key1)
    chance[:], fate[:], first[:] = visiting.gumbel(unit(block[0])), unit(block[1]), unit(block[3])


def score_as_usual(coefficients, buys, recent_own, log_known, log_unknown, log_start, chance, score):
    """Score by the learned rule: buyers by size and recent sales, others by size."""
    recent = visiting.recent_log(recent_own, coefficients.typical_own)
    known = visiting.usual_score(log_known, recent, log_start, coefficients.follows_sales, chance)
    score[:] = where(buys, known, log_unknown + chance)


def score_evenly(buys, pool, chance, score):
    """Everybody in a pool has the same chance."""
    score[:] = where(buys == pool, chance, score)


def score_by_rank(buys, pool, rank, since_visit, cycle, score):
    """The highest rank in a pool first, among those not visited for a cycle."""
    ranked = where(since_visit >= cycle, rank, _F(-np.inf))
    score[:] = where(buys == pool, ranked, score)


def bar(consent, excluded, score):
    """Nobody calls on those who are excluded or refuse visits."""
    score[(excluded != 0) | ((consent & np.uint32(1)) == 0)] = -np.inf


def draw_words(low, high, third, week, key0, key1, w0, w1, w2, w3):
    """Four words for each customer."""
    w0[:], w1[:], w2[:], w3[:] = block_of_words(low, high, third, week, key0, key1)


def draw_units(low, high, third, week, key0, key1, u0, u1, u2, u3):
    """Four uniform numbers for each customer."""
    u0[:], u1[:], u2[:], u3[:] = (unit(word) for word in block_of_words(low, high, third, week, key0, key1))


def run_programme(
    words, shift, rate, factor, consent, channel, effect, prefers, mismatch, contacts, worth, number, written
):
    """Contacts of a channel programme, with a chance of its rate and with consent, and their weight."""
    allowed = ((consent >> np.uint32(channel)) & np.uint32(1)) != 0
    contacts[:] = (half(words.astype(np.uint64), int(shift)) < rate * factor) & allowed
    weigh(contacts, effect, channel, prefers, mismatch, worth, number, written)


def add_asked(asked, channel, contacts, extra):
    """Contacts that a journey asks for on a channel; one of both kinds is enough, so ``extra`` is what is new."""
    extra[:] = ((asked >> np.uint32(channel)) & np.uint32(1)).astype(np.uint8) & (contacts ^ 1)
    contacts |= extra


def weigh_visits(contacts, effect, channel, prefers, mismatch, worth, number, written):
    """Start the worth and the number of all contacts with the visits."""
    worth[:], number[:], written[:] = 0.0, 0.0, 0
    weigh(contacts, effect, channel, prefers, mismatch, worth, number, written)
    written[:] = 0


def weigh(contacts, effect, channel, prefers, mismatch, worth, number, written):
    """Add another channel's contacts to the worth and the number of all."""
    count = contacts.astype(np.float32)
    fit = goodwill.channel_fit(prefers, channel, mismatch).astype(np.float32)
    worth += effect * fit * count
    number += count
    written |= contacts


def absorb(coefficients, visits, written, worth, number, stock, pressure, since_visit, since_remote):
    """Goodwill and pressure after this week's contacts."""
    met, wrote = visits != 0, written != 0
    seconded = goodwill.is_seconded(met, wrote, since_visit, since_remote)
    added = goodwill.inflow(worth, seconded, coefficients.synergy, coefficients.memory)
    stock[:] = goodwill.advance_goodwill(stock, added, coefficients.carryover)
    pressure[:] = goodwill.advance_pressure(pressure, number, seconded, coefficients.memory)
    since_visit[:] = where(met, 1, minimum(since_visit.astype(np.int32) + 1, _LONG_AGO))
    since_remote[:] = where(wrote, 1, minimum(since_remote.astype(np.int32) + 1, _LONG_AGO))


def move(coefficients, visits, heard, hears, fate, stock, stage, moved, considers):
    """Move customers along their journey."""
    c, word = coefficients, heard.astype(np.float32) * hears
    finds = journey.discovery(c.discovery_base, c.discovery_visit, c.discovery_word, visits, word)
    found = (stage == Stage.UNAWARE) & (fate < finds)
    lost = journey.considers_us(stage) & (fate < journey.loss(c.loss, c.loss_contact, stock))
    back = (stage == Stage.LAPSED) & (fate < journey.winback(c.winback, visits))
    stage[found], stage[lost], stage[back] = Stage.TRIAL, Stage.LAPSED, Stage.REPEAT
    moved[:] = found | lost | back
    considers[:] = journey.considers_us(stage)


def woo(coefficients, stock, pressure, stage, handover, keen, lift):
    """Set what our acts add to our brands."""
    lift[:] = law.own_lift(coefficients, stock, pressure, stage == Stage.TRIAL, handover, keen)


def attract_ours(base, weight, habit, shift, lift, considers, pull):
    """Attraction of a brand of ours."""
    pull[:] = attraction.pull(law.utility(base, weight, habit, shift) + lift, considers != 0)


def attract_rival(base, weight, habit, shift, pull, total):
    """Attraction of a rival's brand, added to the total."""
    pull[:] = attraction.pull(law.utility(base, weight, habit, shift), True)
    total += pull


def compare(total, demand, volume, per_total, wanted):
    """What turns attractions into shares, and the volume to be shared."""
    per_total[:], wanted[:] = attraction.one_over(total), volume * demand


def expand(outside, usual, total, wanted):
    """Let the volume to be shared grow and shrink with all attraction."""
    wanted *= attraction.category_factor(total, usual, outside)


def order(orders_per_week, wanted, u, pull, per_total, habit, ordered):
    """Orders of one brand, and the habit that they leave."""
    share = pull * per_total
    probability = orders.ordering_probability(share, orders_per_week)
    ordered[:] = orders.lumpy_volume(share * wanted, probability, u)
    habit[:] = attraction.advance_habit(habit, share)


def add(values, total):
    """Add one column to another."""
    total += values


def copy(values, column):
    """Copy one column to another."""
    column[:] = values


def fill(value, column):
    """Set a column to one value."""
    column[:] = value


def settle(own, stage, tried, ordered, recent_own, own_so_far):
    """After the orders: the second purchase makes a customer, and reps see what was bought."""
    bought = own > 0
    in_trial = (stage == Stage.TRIAL) & bought
    stage[in_trial & (tried != 0)] = Stage.REPEAT
    tried |= in_trial
    ordered[:] = bought
    recent_own[:] = visiting.advance_recent(recent_own, own)
    own_so_far += own


def fade_handover(handover, fade):
    """What a change of rep costs grows less."""
    handover[:] = np.maximum(handover - fade, _F(0.0))


def tally(a, b, at, edges, cell, n_segments, scale, volume, contacts, stage, by_cell, by_territory, buyers):
    """Add orders, contacts and buyers to the sums, run by run of customers of one cell."""
    here = slice(at, at + b - a)
    whose = np.repeat(cell, np.diff(edges))[a:b]
    amount = (volume[:, here].astype(np.float64) * scale + 0.5).astype(np.int64)
    np.add.at(by_cell, whose, amount.T)
    np.add.at(by_territory.T, whose // (2 * n_segments), contacts[:, here].T)
    np.add.at(buyers, (whose // n_segments) % 2, journey.considers_us(stage[a:b]))


def block_of_words(low, high, third, week, key0, key1):
    """Four words for each customer: uint64 arrays, each below 2**32."""
    low = low.astype(np.uint64)
    counter = (low, high.astype(np.uint64), np.full_like(low, int(third)), np.full_like(low, int(week)))
    return philox(counter, (int(key0), int(key1)))
