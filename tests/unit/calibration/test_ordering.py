"""The rhythm of orders is read off silences, as surely as customers tell it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from worlds_by_hand import lay_out

from twin.calibration.lives.ordering import learn_orders_per_week
from twin.market.history import History, Sales, Touches
from twin.weeks import FAR_PAST, NEVER, monday, periods_covering

TRUTH = 1.4


def lived(seed: int, n: int = 150, spread: float = 0.0) -> tuple:
    """A year of weeks in which each customer orders by chance; ``spread`` is how far rhythms differ, log sd."""
    world, _ = lay_out(n=n, n_territories=2)
    rng, origin, nobody = np.random.default_rng(seed), world.origin, np.zeros(0, np.int32)
    population = replace(
        world.population,
        known=np.ones(n, dtype=bool),
        known_since=np.full(n, FAR_PAST, dtype=np.int32),
        left=np.full(n, NEVER, dtype=np.int32),
    )
    share = rng.uniform(0.2, 0.8, n)
    rhythm = TRUTH * np.exp(spread * rng.standard_normal(n))
    orders = rng.poisson((rhythm * share)[:, None], (n, 52))
    unit, period = np.nonzero(orders)
    weeks = periods_covering(np.array([monday(origin - 52), monday(origin - 1)], dtype="datetime64[D]"), "week")
    volume = orders[unit, period].astype(float)
    own = Sales(unit.astype(np.int32), period.astype(np.int32), np.zeros(len(unit), np.int16), volume, weeks)
    none = Sales(nobody, nobody, np.zeros(0, np.int16), np.zeros(0), weeks)
    visits = Touches(nobody, np.zeros(0, np.int8), nobody, nobody)
    history = History(origin - 52, origin, visits, own, none, none, nobody, ())
    return replace(world, population=population), history, share


def test_the_rhythm_comes_back_within_its_interval():
    """Of forty markets 80 % hold the truth; fewer than 25 or more than 39 come by chance once in five hundred."""
    held, z = 0, []
    for seed in range(40):
        found = learn_orders_per_week(*lived(seed), 400, 1)
        low, high = np.quantile(found.draws, [0.1, 0.9])
        held += low <= TRUTH <= high
        z.append((np.log(found.draws).mean() - np.log(TRUTH)) / np.log(found.draws).std())
    assert 25 <= held <= 39
    assert np.mean(z) == pytest.approx(0.0, abs=0.6)


def test_customers_who_differ_make_the_rhythm_less_sure():
    alike, unlike = (learn_orders_per_week(*lived(3, spread=one), 200, 1).draws for one in (0.0, 1.0))
    assert np.log(unlike).std() > 1.5 * np.log(alike).std()


def test_the_same_data_give_the_same_draws_and_few_customers_the_prior():
    world, history, share = lived(5)
    assert (learn_orders_per_week(world, history, share, 50, 2).draws ==
            learn_orders_per_week(world, history, share, 50, 2).draws).all()  # fmt: skip
    few = learn_orders_per_week(*lived(5, n=6), 50, 2)
    assert not few.identified and few.prior and few.draws.std() > 0
