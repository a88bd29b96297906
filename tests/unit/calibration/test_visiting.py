"""What reps and channels do is carried on as it was."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from worlds_by_hand import lay_out

from twin.calibration.market_draw import lay_out_draw
from twin.calibration.visits.rule import _contact_rates, _rep_visits, _unknown_share, learn_visit_rule
from twin.market.channels import STANDARD, VISIT
from twin.market.history import History, Sales, Touches
from twin.weeks import FAR_PAST, NEVER, monday, periods_covering

EMAIL = STANDARD.index("email")


def touches(customer: np.ndarray, week: np.ndarray, channel: int) -> Touches:
    n = len(customer)
    return Touches(
        customer=customer.astype(np.int32),
        week=week.astype(np.int32),
        channel=np.full(n, channel, dtype=np.int8),
        rep=np.full(n, -1, dtype=np.int32),
    )


def test_a_year_of_contacts_is_expected_again_from_those_who_consent():
    rng = np.random.default_rng(1)
    consent = np.zeros((len(STANDARD), 300), dtype=bool)
    consent[EMAIL, :60] = True
    recent = touches(rng.integers(0, 60, 400), rng.integers(0, 52, 400), EMAIL)
    rate = _contact_rates(recent, consent)
    assert 52 * rate[EMAIL].sum() == pytest.approx(400)
    assert not rate[~consent].any()


def test_visits_without_a_name_go_to_reps_by_the_weeks_in_which_they_were_there():
    world, _ = lay_out(n=40, n_territories=2)
    reps, origin = world.reps, world.origin
    # the second rep left after half of the last year, and the first took the same territory over
    reps = replace(
        reps,
        territory=np.zeros(2, dtype=np.int32),
        start=np.array([origin - 26, origin - 500], dtype=np.int32),
        end=np.array([origin + 500, origin - 26], dtype=np.int32),
    )
    population = replace(world.population, territory=np.zeros(40, dtype=np.int32))
    week = np.repeat(np.arange(origin - 52, origin), 10)
    visits = touches(np.arange(len(week)) % 40, week, VISIT)
    assert _rep_visits(replace(world, reps=reps, population=population), visits)[0] == pytest.approx(10.0)


def test_visits_to_the_lost_are_visits_to_those_who_do_not_buy():
    world, _ = lay_out(n=40, n_territories=2)
    n, origin = 40, world.origin
    known, left = np.arange(n) < 30, np.full(n, NEVER, dtype=np.int32)
    left[20:30] = origin - 60  # ten are lost, ten were never found, twenty buy
    since = np.where(known, FAR_PAST, NEVER).astype(np.int32)
    population = replace(world.population, known=known, known_since=since, left=left)
    week = np.repeat(np.arange(origin - 52, origin), n)
    visits = touches(np.tile(np.arange(n), 52), week, VISIT)
    world = replace(world, population=population)
    _, (share, _) = learn_visit_rule(world, history_of(world, visits), np.ones(n), 200, 1)
    # everybody is visited every week: nothing varies, and nothing is uncertain
    assert share.draws == pytest.approx(np.full(200, 0.5))


def test_the_share_of_visits_to_strangers_is_as_sure_as_reps_are_alike():
    """The error of a mean of 20 reps; 400 visits each put chance far below their differences."""
    rng = np.random.default_rng(3)
    rep = np.repeat(np.arange(20), 400)
    logit = np.log(0.1 / 0.9) + 0.6 * rng.standard_normal(20)
    cold = rng.uniform(size=len(rep)) < (1 / (1 + np.exp(-logit)))[rep]
    made = touches(np.zeros(len(rep)), rng.integers(0, 52, len(rep)), VISIT)

    def spread(by_rep: np.ndarray) -> np.ndarray:
        draws = _unknown_share(replace(made, rep=by_rep.astype(np.int32)), cold, 0, 400, 1).draws
        return np.log(draws / (1 - draws))

    named, again, unnamed = spread(rep), spread(rep), spread(np.full(len(rep), -1))
    assert 0.6 * 0.6 / np.sqrt(20) < named.std() < 1.7 * 0.6 / np.sqrt(20)
    assert (named == again).all()
    # without names the reps' differences cannot be seen: chance between quarters is all that is left
    assert unnamed.std() < named.std()
    assert unnamed.mean() == pytest.approx(named.mean(), abs=0.02)


@pytest.mark.parametrize("truth", [0.0, 0.8])
def test_the_exponent_with_which_visits_follow_sales_comes_back(truth: float):
    """Of twelve worlds nine to twelve hold the truth in 80 %: by chance fewer than seven come once in a hundred."""
    held, means = [], []
    for seed in range(12):
        world, history = followed(truth, seed)
        _, (_, follows) = learn_visit_rule(world, history, np.ones(len(world.population)), 400, 1)
        low, high = np.quantile(follows.draws, [0.1, 0.9])
        held.append(low <= truth <= high)
        means.append(follows.draws.mean())
    assert np.mean(means) == pytest.approx(truth, abs=0.12)
    assert sum(held) >= 7


def followed(truth: float, seed: int) -> tuple:
    """Three years by the week; demand wanders, and visits, one a week at most, follow what was bought of late."""
    world, _ = lay_out(n=60, n_territories=2)
    n, origin, rng, weeks = 60, world.origin, np.random.default_rng(seed), 156
    population = replace(
        world.population,
        known=np.ones(n, dtype=bool),
        known_since=np.full(n, FAR_PAST, dtype=np.int32),
        left=np.full(n, NEVER, dtype=np.int32),
    )
    wave = np.cumsum(rng.standard_normal((weeks, n)) * 0.12, axis=0)
    wave = np.exp(wave - wave.mean(axis=0))
    sold = np.zeros((n, weeks))
    recent, who, when = wave[0].copy(), [], []
    for week in range(weeks):
        made = (rng.exponential(size=n) < 0.5 * (recent + 1.0) ** truth / 2.0**truth).astype(int)
        who.append(np.repeat(np.arange(n), made))
        when.append(np.full(made.sum(), origin - weeks + week))
        sold[:, week] = wave[week] * rng.gamma(2.0, 0.5, n)
        recent += (sold[:, week] - recent) / 13.0
    periods = periods_covering(np.array([monday(origin - weeks), monday(origin)], dtype="datetime64[D]"), "week")
    unit, period = (part.ravel() for part in np.meshgrid(np.arange(n), np.arange(weeks), indexing="ij"))
    own = Sales(unit.astype(np.int32), period.astype(np.int32), np.zeros(len(unit), np.int16), sold.ravel(), periods)
    history = history_of(world, touches(np.concatenate(who), np.concatenate(when), VISIT))
    return replace(world, population=population), replace(history, first_week=origin - weeks, own_sales=own)


def test_every_draw_of_a_forecast_has_its_own_rule(sample):
    learned, drawn = sample.calibration, {}
    for name in ("unknown_share", "follows_sales", "orders_per_week"):
        drawn[name] = learned.draws_of(name)
        assert len(drawn[name]) == learned.n_draws and drawn[name].std() > 0
    for draw in (0, 7, 29):
        market = lay_out_draw(learned, sample.world, sample.history, draw, 4)
        assert market.rule.unknown_share == drawn["unknown_share"][draw]
        assert market.rule.follows_sales == drawn["follows_sales"][draw]
        assert market.response.orders_per_week == drawn["orders_per_week"][draw]
    shown = {estimate.name for estimate in learned.estimates()}
    assert set(drawn) <= shown


def test_whoever_is_won_will_be_visited_like_a_customer_of_its_expected_size():
    world, _ = lay_out(n=40, n_territories=2)
    n, origin = 40, world.origin
    known = np.arange(n) < 30
    since = np.where(known, FAR_PAST, NEVER).astype(np.int32)
    population = replace(world.population, known=known, known_since=since, left=np.full(n, NEVER, dtype=np.int32))
    world = replace(world, population=population)
    size = 1.0 + np.arange(n) % 10  # the unknown are of the same sizes as the known, of whom the large are visited
    week = np.repeat(np.arange(origin - 52, origin), 30)
    visits = touches(np.tile(np.arange(30), 52), week, VISIT).where(np.tile(size[:30] > 5, 52))
    rule, _ = learn_visit_rule(world, history_of(world, visits, 0.3 * size[:30]), size, 20, 1)
    assert rule.known_weight[30:][size[30:] > 5].mean() > 2 * rule.known_weight[30:][size[30:] <= 5].mean()
    assert rule.known_weight[30:].mean() == pytest.approx(rule.known_weight[:30].mean(), rel=0.5)


def test_sales_that_never_vary_are_not_followed():
    world, _ = lay_out(n=40, n_territories=2)
    n, origin = 40, world.origin
    known = np.arange(n) < 30
    since = np.where(known, FAR_PAST, NEVER).astype(np.int32)
    population = replace(world.population, known=known, known_since=since, left=np.full(n, NEVER, dtype=np.int32))
    world = replace(world, population=population)
    visits = touches(np.tile(np.arange(30), 52), np.repeat(np.arange(origin - 52, origin), 30), VISIT)
    history = history_of(world, visits)
    weeks = periods_covering(np.array([monday(origin - 104), monday(origin)], dtype="datetime64[D]"), "week")
    unit, period = (part.ravel() for part in np.meshgrid(np.arange(30), np.arange(len(weeks)), indexing="ij"))
    same = Sales(
        unit.astype(np.int32), period.astype(np.int32), np.zeros(len(unit), np.int16), np.ones(len(unit)), weeks
    )
    _, (_, follows) = learn_visit_rule(world, replace(history, own_sales=same), np.ones(n), 200, 1)
    assert not follows.identified and follows.prior
    assert abs(np.mean(follows.draws)) < 0.1 < follows.draws.std()


def history_of(world, visits: Touches, weekly: np.ndarray | None = None) -> History:
    """Two years in which each known customer bought its own volume of us every month."""
    first = monday(world.origin - 104)
    periods = periods_covering(np.array([first, monday(world.origin)], dtype="datetime64[D]"), "month")
    weekly = np.ones(30) if weekly is None else weekly
    unit, period = (part.ravel() for part in np.meshgrid(np.arange(30), np.arange(len(periods)), indexing="ij"))
    volume = 4 * weekly[unit] * np.random.default_rng(2).gamma(9.0, 1 / 9.0, len(unit))
    own = Sales(unit.astype(np.int32), period.astype(np.int32), np.zeros(len(unit), np.int16), volume, periods)
    none = Sales(unit[:0], period[:0], np.zeros(0, np.int16), np.zeros(0), periods)
    return History(world.origin - 104, world.origin, visits, own, none, none, np.zeros(0, np.int32), ())
