"""Hazards of being found come back although the first order follows weeks later; losses are those without goodwill."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from worlds_by_hand import lay_out

from twin.calibration.lives.delayed import fit
from twin.calibration.lives.discovery import learn_discovery, watch
from twin.calibration.lives.journeys import learn_losses
from twin.market.channels import VISIT
from twin.market.history import History, Sales, Touches
from twin.response.parameters import PRIORS
from twin.weeks import FAR_PAST, NEVER, monday, periods_covering

WEEKS, BASE, BY_VISIT, DELAY = 164, 0.0006, 0.05, 4.0


def lived(seed: int, n: int = 3000, delay: float = DELAY, follow_up: float = 0.15):
    """A third is known from the start; the others are visited now and then, and found by that or by themselves."""
    rng = np.random.default_rng(seed)
    world, _ = lay_out(n=n, n_territories=2)
    first = world.origin - WEEKS
    since = np.where(np.arange(n) < n // 3, FAR_PAST, NEVER).astype(np.int64)
    found = np.full(n, NEVER)
    who, when = [], []
    for week in range(first, world.origin):
        fresh, trying = found == NEVER, (found < NEVER) & (since == NEVER)
        # reps follow up on whoever has found us
        visited = (since == NEVER) & (rng.random(n) < np.where(trying, follow_up, 0.015))
        who.append(np.flatnonzero(visited))
        when.append(np.full(visited.sum(), week))
        found[fresh & (since == NEVER) & (rng.random(n) < BASE + BY_VISIT * visited)] = week
        waiting = (found <= week) & (since == NEVER)
        since[waiting & (rng.random(n) < 1.0 / (1.0 + delay))] = week
        later = (since <= week) & (since >= first) & (rng.random(n) < follow_up)
        who.append(np.flatnonzero(later))
        when.append(np.full(later.sum(), week))
    customer, week = np.concatenate(who), np.concatenate(when)
    touches = Touches(
        customer.astype(np.int32), np.full(len(week), VISIT, np.int8), week.astype(np.int32), np.full(len(week), -1)
    )
    known = since < NEVER
    people = replace(
        world.population, known=known, known_since=since.astype(np.int32), left=np.full(n, NEVER, np.int32)
    )
    periods = periods_covering(np.array([monday(first), monday(world.origin)], dtype="datetime64[D]"), "week")
    none = Sales(np.zeros(0, np.int32), np.zeros(0, np.int32), np.zeros(0, np.int16), np.zeros(0), periods)
    history = History(first, world.origin, touches, none, none, none, np.zeros(0, np.int32), ())
    return replace(world, population=people), history, np.full((n, 1), -1, dtype=np.int32)


@pytest.mark.parametrize("delay", [0.0, DELAY])
def test_the_worth_of_a_visit_comes_back_whenever_the_order_follows(delay):
    world, history, neighbours = lived(5, delay=delay)
    base, visit, word = learn_discovery(world, history, neighbours, 200, 1)
    # five standard errors: false alarm below one in a million, had the estimate no bias at all
    assert abs(visit.draws.mean() - BY_VISIT) < 5 * visit.draws.std()
    assert abs(base.draws.mean() - BASE) < 5 * base.draws.std()
    assert visit.draws.mean() == pytest.approx(BY_VISIT, rel=0.3)
    assert visit.identified and base.identified
    assert not word.identified  # nobody has a neighbour


def test_the_delay_is_found():
    world, history, neighbours = lived(6)
    spells = watch(world, history, neighbours)
    priors = [PRIORS[name] for name in ("discovery_base", "discovery_visit", "discovery_word")]
    assert fit(spells, priors)[2] == pytest.approx(DELAY, rel=0.5)


def test_few_who_came_are_a_low_hazard_and_no_reason_to_fall_back():
    world, history, neighbours = lived(8, n=300)
    people, since = world.population, world.population.known_since
    came = np.flatnonzero((since > FAR_PAST) & (since < NEVER))[:6]
    known = (since == FAR_PAST) | np.isin(np.arange(len(since)), came)
    few = replace(people, known=known, known_since=np.where(known, since, NEVER).astype(np.int32))
    found = learn_discovery(replace(world, population=few), history, neighbours, 50, 1)
    # six in 200 over three years, hundreds of visits: the priors would have three in four come
    assert found[1].draws.mean() < 0.3 * PRIORS["discovery_visit"].mean
    assert found[0].draws.mean() < 0.7 * PRIORS["discovery_base"].mean


def test_nobody_found_means_priors():
    world, history, neighbours = lived(7, n=30)
    assert not any(one.identified for one in learn_discovery(world, history, neighbours, 20, 1))


def silent_market(seed: int, kind: str, loss: float = 0.004, n: int = 600):
    """Regular buyers, some of whom stop for good; three years."""
    rng = np.random.default_rng(seed)
    world, _ = lay_out(n=n, n_territories=2)
    first = world.origin - WEEKS
    days = np.array([monday(first), monday(world.origin)], dtype="datetime64[D]")
    periods = periods_covering(days, kind)
    mid = periods.mid_week()
    left = first + rng.geometric(loss, n)
    often = 0.4 if kind == "week" else 0.9
    bought = (mid[None, :] < left[:, None]) & (rng.random((n, len(mid))) < often)
    unit, period = np.nonzero(bought)
    own = Sales(
        unit.astype(np.int32), period.astype(np.int32), np.zeros(len(unit), np.int16), np.ones(len(unit)), periods
    )
    people = replace(
        world.population, known=np.ones(n, bool), known_since=np.full(n, FAR_PAST, np.int32),
        left=np.full(n, NEVER, np.int32),
    )  # fmt: skip
    none = Touches(*(np.zeros(0, np.int32) for _ in range(4)))
    return replace(world, population=people), History(
        first, world.origin, none, own, own.before(days[0]), own.before(days[0]), np.zeros(0, np.int32), ()
    )


@pytest.mark.parametrize("kind", ["week", "month"])
def test_silences_tell_how_fast_buyers_leave_whatever_the_period(kind):
    found = [learn_losses(*silent_market(seed, kind), 100, 1).loss for seed in range(4)]
    assert all(loss.identified for loss in found)
    # four worlds of some hundred departures: sd of the mean 6 %, the prior (0.0015) takes 10 % off
    assert np.mean([loss.draws.mean() for loss in found]) == pytest.approx(0.004, rel=0.3)


def test_the_hazard_of_protected_customers_is_raised_to_that_without_goodwill():
    world, history = silent_market(9, "week")
    visits = SimpleNamespace(rho=SimpleNamespace(draws=np.full(9, 0.93)), channel_effects=())
    rng, n = np.random.default_rng(1), 600
    week = np.repeat(np.arange(world.origin - 104, world.origin), 60)
    touches = Touches(
        rng.integers(0, n, len(week)).astype(np.int32), np.zeros(len(week), np.int8), week.astype(np.int32),
        np.full(len(week), -1, np.int32),
    )  # fmt: skip
    visited = replace(history, touches=touches)
    plain, raised = (learn_losses(world, visited, 100, 1, None, one).loss.draws for one in (None, visits))
    assert raised.mean() > 1.1 * plain.mean()


def test_departures_that_visits_undid_are_counted_again():
    """Records know who is away; who was visited, came back and is away no longer is missing from them."""
    rng, loss, winback, n = np.random.default_rng(12), 0.004, 0.04, 3000
    world, _ = lay_out(n=n, n_territories=2)
    first = world.origin - WEEKS
    visited, left = rng.random((n, WEEKS)) < 0.3, np.full(n, NEVER, dtype=np.int64)
    weeks = first + np.arange(WEEKS)
    for place, week in enumerate(weeks):
        away = left < NEVER
        back = away & visited[:, place] & (rng.random(n) < winback)
        goes = ~away & (rng.random(n) < loss)
        left = np.where(back, NEVER, np.where(goes, week, left))
    left = left.astype(np.int32)
    who, when = np.nonzero(visited)
    touches = Touches(
        who.astype(np.int32), np.zeros(len(who), np.int8), weeks[when].astype(np.int32),
        np.full(len(who), -1, np.int32),
    )  # fmt: skip
    people = replace(
        world.population, known=np.ones(n, bool), known_since=np.full(n, FAR_PAST, np.int32), left=left
    )  # fmt: skip
    _, silent = silent_market(1, "week")
    history = replace(silent, first_week=first, origin=world.origin, touches=touches)
    found = [
        learn_losses(replace(world, population=people), history, 100, 1, None, None, each).loss.draws.mean()
        for each in (0.0, winback)
    ]
    assert found[0] < 0.7 * loss
    # some 500 departures left to count, weighted up to fourfold: sd 6 %; who is away counts as at risk for a while
    assert found[1] == pytest.approx(loss, rel=0.2)
    assert found[1] > 1.3 * found[0]
