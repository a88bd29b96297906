"""The rhythm of orders, by size, is read off how uneven purchases are, as surely as customers tell it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from worlds_by_hand import lay_out

from twin.calibration.lives.ordering import expected_unevenness, learn_ordering, unevenness
from twin.market.history import History, Sales, Touches
from twin.response.orders import RHYTHMS, lumpy_volume, ordering_probability, ordering_rhythm
from twin.response.parameters import PRIORS
from twin.weeks import FAR_PAST, NEVER, monday, periods_covering

OFTEN, BY_SIZE, WEEKS = 1.4, 0.4, 104


def lived(seed: int, n: int = 150, by_size: float = BY_SIZE, tail: float = 0.0, spread: float = 0.0) -> tuple:
    """Two years of weeks under the law of lumpy orders.

    ``tail`` is the log sd of the size of orders beyond the law, ``spread`` how far rhythms of equal size differ.
    """
    world, _ = lay_out(n=n, n_territories=2)
    rng, origin, nobody = np.random.default_rng(seed), world.origin, np.zeros(0, np.int32)
    population = replace(
        world.population,
        known=np.ones(n, dtype=bool),
        known_since=np.full(n, FAR_PAST, dtype=np.int32),
        left=np.full(n, NEVER, dtype=np.int32),
    )
    share, size = rng.uniform(0.2, 0.8, n), np.exp(rng.standard_normal(n))
    rhythm = ordering_rhythm(OFTEN, by_size, size / np.exp(np.log(size).mean()))
    chance = ordering_probability(share, rhythm * np.exp(spread * rng.standard_normal(n)))
    wanted = np.repeat((share * size)[:, None], WEEKS, axis=1)
    bought = lumpy_volume(wanted, np.repeat(chance[:, None], WEEKS, axis=1), rng.uniform(1e-9, 1.0, wanted.shape))
    bought *= np.exp(tail * rng.standard_normal(wanted.shape) - 0.5 * tail**2)
    unit, period = np.nonzero(bought)
    weeks = periods_covering(np.array([monday(origin - WEEKS), monday(origin - 1)], dtype="datetime64[D]"), "week")
    brand = np.zeros(len(unit), np.int16)
    own = Sales(unit.astype(np.int32), period.astype(np.int32), brand, bought[unit, period], weeks)
    none = Sales(nobody, nobody, np.zeros(0, np.int16), np.zeros(0), weeks)
    visits = Touches(nobody, np.zeros(0, np.int8), nobody, nobody)
    history = History(origin - WEEKS, origin, visits, own, none, none, nobody, ())
    return replace(world, population=population), history, size, share


def test_rhythm_and_elasticity_come_back_within_their_intervals():
    """Of forty markets 80 % hold the truth; fewer than 25 or all forty: by chance one time in a hundred."""
    held, z = np.zeros(2), []
    for seed in range(40):
        found = learn_ordering(*lived(seed, 400), 400, 1)
        for k, (draws, truth) in enumerate(
            ((np.log(found.orders_per_week.draws), np.log(OFTEN)), (found.orders_by_size.draws, BY_SIZE))
        ):
            low, high = np.quantile(draws, [0.1, 0.9])
            held[k] += low <= truth <= high
            z.append((draws.mean() - truth) / draws.std())
    assert (held >= 25).all() and (held <= 39).all()
    assert np.abs(np.reshape(z, (40, 2)).mean(axis=0)).max() < 0.6


@pytest.mark.parametrize("by_size", [0.0, 1.0])
def test_who_orders_alike_and_who_orders_by_size_are_told_apart(by_size: float):
    found = learn_ordering(*lived(50, 400, by_size), 200, 1).orders_by_size
    assert found.identified
    assert found.draws.mean() == pytest.approx(by_size, abs=0.15)


def test_what_sums_owe_to_luck_comes_out_whatever_the_tails_of_orders():
    """Sums are what bands are drawn for: the variance of the market's purchases is that of the books."""
    for tail in (0.0, 0.8):
        world, history, size, share = lived(7, 600, tail=tail)
        found = learn_ordering(world, history, size, share, 200, 1)
        seen, _ = unevenness(world, history, size, share)
        weight = (size * share) ** 2
        at = float(found.orders_per_week.draws.mean()), float(found.orders_by_size.draws.mean())
        said, shown = (float((weight * one).sum()) for one in (expected_unevenness(seen, *at), seen.relative))
        assert said == pytest.approx(shown, rel=0.25)


def test_heavier_tails_pass_for_fewer_orders():
    plain, heavy = (learn_ordering(*lived(3, tail=one), 200, 1).orders_per_week.draws.mean() for one in (0.0, 0.8))
    assert heavy < 0.8 * plain


def test_customers_who_differ_make_the_rhythm_less_sure():
    alike, unlike = (learn_ordering(*lived(3, spread=one), 200, 1).orders_per_week.draws for one in (0.0, 1.0))
    assert np.log(unlike).std() > 1.3 * np.log(alike).std()


def test_the_same_data_give_the_same_draws_and_few_customers_the_prior():
    first, again = (learn_ordering(*lived(5), 50, 2) for _ in range(2))
    assert (first.orders_per_week.draws == again.orders_per_week.draws).all()
    assert (first.orders_by_size.draws == again.orders_by_size.draws).all()
    few = learn_ordering(*lived(5, n=6), 50, 2)
    for one in (few.orders_per_week, few.orders_by_size):
        assert not one.identified and one.prior and one.draws.std() > 0
    assert few.usual_volume > 0


def test_a_belief_about_size_stands_in_the_place_of_the_prior():
    sure = {"orders_by_size": replace(PRIORS["orders_by_size"], mean=1.0, sd=1e-4)}
    found = learn_ordering(*lived(5), 50, 2, sure).orders_by_size
    assert found.draws == pytest.approx(1.0, abs=0.01)


def test_rhythm_is_one_for_all_where_size_says_nothing_and_stays_within_bounds():
    size = np.array([1e-12, 0.5, 1.0, 1e12])
    assert (ordering_rhythm(2.0, 0.0, size) == 2.0).all()
    assert ordering_rhythm(2.0, 1.0, size).tolist() == [RHYTHMS[0], 1.0, 2.0, RHYTHMS[1]]
