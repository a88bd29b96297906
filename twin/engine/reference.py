"""Reference: the NumPy twin of every pass, with the same draws and the same bits; also what runs without a compiler."""

from __future__ import annotations

import numpy as np

from twin.draws import philox, unit
from twin.response import attraction, goodwill, journey, law, orders, visiting
from twin.response.elementary import minimum, where
from twin.response.journey import Stage

_F = np.float32
_LONG_AGO = 255


def who_considers(stage, buys):
    buys[:] = journey.considers_us(stage)


def draw_chance(low, high, call, week, key0, key1, chance):
    chance[:] = visiting.gumbel(unit(block_of_words(low, high, call, week, key0, key1)[0]))


def score_as_usual(coefficients, buys, recent_own, log_known, log_unknown, log_start, chance, score):
    recent = visiting.recent_log(recent_own, coefficients.typical_own)
    known = visiting.usual_score(log_known, recent, log_start, coefficients.follows_sales, chance)
    score[:] = where(buys, known, log_unknown + chance)


def score_evenly(buys, pool, chance, score):
    score[:] = where(buys == pool, chance, score)


def score_by_rank(buys, pool, rank, since_visit, cycle, score):
    ranked = where(since_visit >= cycle, rank, _F(-np.inf))
    score[:] = where(buys == pool, ranked, score)


def bar(consent, excluded, score):
    score[(excluded != 0) | ((consent & np.uint32(1)) == 0)] = -np.inf


def draw_words(low, high, third, week, key0, key1, w0, w1, w2, w3):
    w0[:], w1[:], w2[:], w3[:] = block_of_words(low, high, third, week, key0, key1)


def draw_units(low, high, third, week, key0, key1, u0, u1, u2, u3):
    u0[:], u1[:], u2[:], u3[:] = (unit(word) for word in block_of_words(low, high, third, week, key0, key1))


def run_programme(u, rate, factor, consent, channel, contacts):
    allowed = (consent >> np.uint32(channel)) & np.uint32(1)
    contacts[:] = (u < rate * factor) & (allowed != 0)


def add_asked(asked, channel, contacts):
    contacts |= ((asked >> np.uint32(channel)) & np.uint32(1)).astype(np.uint8)


def weigh(contacts, effect, channel, prefers, mismatch, remote, worth, number, written):
    count = contacts.astype(np.float32)
    fit = goodwill.channel_fit(prefers, channel, mismatch).astype(np.float32)
    worth += effect * fit * count
    number += count
    written |= contacts & remote


def absorb(coefficients, visits, written, worth, number, stock, pressure, since_visit, since_remote):
    met, wrote = visits != 0, written != 0
    seconded = goodwill.is_seconded(met, wrote, since_visit, since_remote)
    added = goodwill.inflow(worth, seconded, coefficients.synergy, coefficients.memory)
    stock[:] = goodwill.advance_goodwill(stock, added, coefficients.carryover)
    pressure[:] = goodwill.advance_pressure(pressure, number, seconded, coefficients.memory)
    since_visit[:] = where(met, 1, minimum(since_visit.astype(np.int32) + 1, _LONG_AGO))
    since_remote[:] = where(wrote, 1, minimum(since_remote.astype(np.int32) + 1, _LONG_AGO))


def hear_word(buys_everywhere, neighbours, hears, word):
    word[:] = buys_everywhere[neighbours].sum(axis=1, dtype=np.int32).astype(np.float32) * hears


def move(coefficients, visits, word, fate, stock, pressure, handover, stage, moved, considers, lift):
    c = coefficients
    finds = journey.discovery(c.discovery_base, c.discovery_visit, c.discovery_word, visits, word)
    found = (stage == Stage.UNAWARE) & (fate < finds)
    lost = journey.considers_us(stage) & (fate < journey.loss(c.loss, c.loss_contact, stock))
    back = (stage == Stage.LAPSED) & (fate < journey.winback(c.winback, visits))
    stage[found], stage[lost], stage[back] = Stage.TRIAL, Stage.LAPSED, Stage.REPEAT
    moved[:] = found | lost | back
    considers[:] = journey.considers_us(stage)
    lift[:] = law.own_lift(c, stock, pressure, stage == Stage.TRIAL, handover)


def attract_ours(base, weight, habit, shift, lift, considers, pull, total):
    pull[:] = attraction.pull(law.utility(base, weight, habit, shift) + lift, considers != 0)
    total += pull


def attract_rival(base, weight, habit, shift, pull, total):
    pull[:] = attraction.pull(law.utility(base, weight, habit, shift), True)
    total += pull


def order(orders_per_week, demand, volume, u, pull, total, habit, ordered):
    share = attraction.part(pull, total)
    probability = orders.ordering_probability(share, orders_per_week)
    ordered[:] = orders.lumpy_volume(share * (volume * demand), probability, u)
    habit[:] = attraction.advance_habit(habit, share)


def add(values, total):
    total += values


def fill(value, column):
    column[:] = value


def settle(own, stage, tried, ordered, recent_own, own_so_far):
    bought = own > 0
    in_trial = (stage == Stage.TRIAL) & bought
    stage[in_trial & (tried != 0)] = Stage.REPEAT
    tried |= in_trial
    ordered[:] = bought
    recent_own[:] = visiting.advance_recent(recent_own, own)
    own_so_far += own


def fade_handover(handover, fade):
    handover[:] = np.maximum(handover - fade, _F(0.0))


def number_active(values, active):
    rows = np.flatnonzero(values > 0)
    active[: len(rows)] = rows
    return len(rows)


def tally_orders(active, volume, at, group, segment, scale, by_group, by_segment):
    for j in range(volume.shape[0]):
        amount = (volume[j, at + active.astype(np.int64)].astype(np.float64) * scale + 0.5).astype(np.int64)
        np.add.at(by_group[:, j], group[active], amount)
        np.add.at(by_segment[:, j], segment[active], amount)


def tally_contacts(active, contacts, at, group, by_territory):
    for h in range(contacts.shape[0]):
        np.add.at(
            by_territory[h], group[active] >> np.uint32(1), contacts[h, at + active.astype(np.int64)].astype(np.int64)
        )


def tally_buyers(stage, group, buyers):
    ours = journey.considers_us(stage)
    unknown = int((ours & ((group & np.uint32(1)) != 0)).sum())
    buyers[0] += int(ours.sum()) - unknown
    buyers[1] += unknown


def block_of_words(low, high, third, week, key0, key1):
    """Four words for each customer: uint64 arrays, each below 2**32."""
    low = low.astype(np.uint64)
    counter = (low, high.astype(np.uint64), np.full_like(low, int(third)), np.full_like(low, int(week)))
    return philox(counter, (int(key0), int(key1)))
