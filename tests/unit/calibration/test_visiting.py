"""What reps and channels do is carried on as it was."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from worlds_by_hand import lay_out

from twin.calibration.visits.rule import _contact_rates, _rep_visits, learn_visit_rule
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
    _, (share, _) = learn_visit_rule(world, history_of(world, visits), np.ones(n))
    assert share.draws.mean() == pytest.approx(0.5)


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
    rule, _ = learn_visit_rule(world, history_of(world, visits, 0.3 * size[:30]), size)
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
    _, (_, follows) = learn_visit_rule(world, replace(history, own_sales=same), np.ones(n))
    assert not follows.identified and not follows.draws.any()


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
