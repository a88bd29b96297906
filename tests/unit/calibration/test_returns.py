"""The worth of a visit to a lost customer comes back from silences and how they ended; where it is nothing, nothing."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from worlds_by_hand import lay_out

from twin.calibration.lives.delayed import fit, log_likelihood
from twin.calibration.lives.returns import _BY_ITSELF, absences, learn_winback, watch_absences
from twin.market.channels import VISIT
from twin.market.history import History, Sales, Touches
from twin.response.parameters import PRIORS
from twin.weeks import FAR_PAST, NEVER, monday, periods_covering

WEEKS = 208


def lost_and_won(
    seed: int, by_visit: float, kind: str = "week", by_itself: float = 0.0, n: int = 500, often: float = 0.6
):
    """Buyers leave, are visited now and then, and come back by that; reps follow up on whoever has come back."""
    rng = np.random.default_rng(seed)
    world, _ = lay_out(n=n, n_territories=2)
    first = world.origin - WEEKS
    days = np.array([monday(first), monday(world.origin)], dtype="datetime64[D]")
    periods = periods_covering(days, kind)
    ours, who, when, unit, day = np.ones(n, bool), [], [], [], []
    for week in range(first, world.origin):
        visited = rng.random(n) < np.where(ours, 0.4, 0.05)
        who.append(np.flatnonzero(visited))
        when.append(np.full(visited.sum(), week))
        back = ~ours & (rng.random(n) < by_itself + by_visit * visited)
        ours = np.where(ours, rng.random(n) > 0.004, back)
        bought = np.flatnonzero(ours & (rng.random(n) < often))
        unit.append(bought)
        day.append(np.full(len(bought), np.datetime64(monday(week), "D") + 2))
    customer, week = np.concatenate(who), np.concatenate(when)
    touches = Touches(
        customer.astype(np.int32), np.full(len(week), VISIT, np.int8), week.astype(np.int32), np.full(len(week), -1)
    )
    place = periods.index_of(np.concatenate(day))
    pair = np.unique(np.concatenate(unit)[place >= 0].astype(np.int64) * len(periods) + place[place >= 0])
    unit, period = (pair // len(periods)).astype(np.int32), (pair % len(periods)).astype(np.int32)
    own = Sales(unit, period, np.zeros(len(pair), np.int16), np.ones(len(pair)), periods)
    people = replace(
        world.population, known=np.ones(n, bool), known_since=np.full(n, FAR_PAST, np.int32),
        left=np.full(n, NEVER, np.int32),
    )  # fmt: skip
    none = own.before(days[0])
    return replace(world, population=people), History(
        first, world.origin, touches, own, none, none, np.zeros(0, np.int32), ()
    )


@pytest.mark.parametrize("kind", ["week", "month"])
def test_the_worth_of_a_visit_to_the_lost_comes_back(kind):
    found = [learn_winback(*lost_and_won(seed, 0.10, kind), 200, 1) for seed in range(4)]
    assert all(one.identified for one in found)
    # four worlds of some seventy returns: sd of the mean 6 %, the prior takes a twentieth off
    assert np.mean([one.draws.mean() for one in found]) == pytest.approx(0.10, rel=0.3)


def test_visits_that_bring_nobody_back_are_believed():
    nothing = [learn_winback(*lost_and_won(seed, 0.0), 200, 1) for seed in range(3)]
    assert all(one.identified and one.draws.mean() < 0.005 for one in nothing)


def test_returns_that_need_no_visit_are_not_credited_to_visits():
    # one in a hundred comes back every week whatever reps do; without the constant it would read 0.2 a visit
    found = [learn_winback(*lost_and_won(seed, 0.0, by_itself=0.01), 200, 1).draws.mean() for seed in range(4)]
    assert np.mean(found) < 0.03


def test_a_silence_counts_from_the_week_on_in_which_chance_no_longer_explains_it():
    world, history = lost_and_won(3, 0.10)
    spells = absences(world, history)
    bought = history.own_sales.by_unit(500, world.brands.own) > 0
    starts = history.own_sales.periods.start
    for who, entry, end, back in zip(spells.customer, spells.entry, spells.end, spells.back):
        a, b = (int(np.searchsorted(starts, np.datetime64(monday(int(week)), "D"))) for week in (entry, end - 1))
        assert not bought[who, a:b].any()
        assert bought[who, b] == back
        assert not bought[who, a - 7 : a].any()  # at six orders in ten weeks seven are the least that chance needs


def test_rare_buyers_are_never_called_lost():
    world, history = lost_and_won(4, 0.0, often=0.02)
    assert absences(world, history) is None or len(absences(world, history).customer) < 5
    assert not learn_winback(world, history, 20, 1).identified


def test_the_likelihood_is_highest_where_the_fit_is():
    world, history = lost_and_won(5, 0.08)
    seen = watch_absences(absences(world, history), history)
    flat = [replace(_BY_ITSELF, mean=0.01, sd=1.0), replace(PRIORS["winback"], sd=10.0)]
    # nobody comes back by himself here: that hazard is held at nought, and visits do not make up for less than nothing
    rate, _, delay = fit(seen, flat)
    around = np.maximum(rate, 1e-9) * np.array([[1.0, 0.6], [1.0, 0.8], [1.0, 1.0], [1.0, 1.25], [1.0, 1.6]])
    assert np.argmax(log_likelihood(seen, around, delay)) == 2
    assert rate[1] == pytest.approx(0.08, rel=0.4)  # eighty returns: three standard errors
