"""Call plans in the simulated market: what is promised comes, and the optimised plan beats today's."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from twin.agents.conditions import lay_out
from twin.agents.recorder import Diary
from twin.agents.run import live, run
from twin.draws import Key
from twin.market.channels import VISIT
from twin.planning.allocation_field import field_of
from twin.planning.allocation_scenario import as_list, visits_per_month
from twin.planning.allocation_value import Programmes, Worth, expected_worth
from twin.planning.call_planning import Aim, Draw, Draws, make_call_plan
from twin.planning.settings import PlanSettings
from twin.scenario import files
from twin.scenario.scenario import BASELINE, FieldForce, Frequency, Scenario, Targeting

WEEKS = 26
VOLUME = Worth(np.array([1.0, 0.0, 0.0]))
CALM = {"drift": np.zeros(3), "demand_shock": 0.0, "reaction": 0.0, "discovery_word": 0.0}


def draws_of(world, market, scenario: Scenario = BASELINE) -> Draws:
    laid = [lay_out(world, market, one, WEEKS) for one in (BASELINE, scenario)]
    return Draws(lambda _: Draw(market, *laid), 1)


def optimised(world, market, scenario: Scenario = BASELINE, **aim):
    made = make_call_plan(world, draws_of(world, market, scenario), Aim(VOLUME, **aim))
    written = as_list(
        made.plan, made.field, world, replace(scenario, name="optimised"), made.ways, aim.get("keep", 0.0)
    )
    return made, files.loads(files.to_toml(written))


def own(one) -> float:
    return float(one.volume[:, :, 0].sum())


@pytest.fixture
def market_of(made_up):
    """Six hundred customers of unequal response, some of whom left us, who refuse visits, who like one channel."""
    world, market = made_up(n=600, n_weeks=WEEKS, **CALM)
    rng = np.random.default_rng(8)
    people = world.population
    consent = people.consent.copy()
    consent[:, rng.uniform(size=600) < 0.15] = False
    stage = market.start.stage.copy()
    stage[:300][rng.uniform(size=300) < 0.2] = 3
    prefers = np.where(rng.uniform(size=600) < 0.3, 1, -1).astype(np.int8)
    world = replace(world, population=replace(people, consent=consent, prefers=prefers))
    base = market.base_utility + rng.normal(0, 0.8, (3, 600))
    return world, replace(market, base_utility=base, start=replace(market.start, stage=stage))


@pytest.mark.parametrize("every", [0, 26, 4, 1])
def test_the_worth_of_a_programme_is_what_the_simulated_market_buys(market_of, every):
    world, market = market_of
    rate = 1.0 / every if every else 0.0
    scenario = Scenario(
        name="all alike",
        field_force=FieldForce(capacity_factor=60.0),
        targeting=Targeting(frequency=(Frequency(visits_per_month(rate)),)),
    )
    bought = np.mean([own(run(world, market, scenario, Key(1, 0, luck), WEEKS)) for luck in range(20)])
    visits = np.where(world.population.consent[VISIT], rate, 0.0)
    programmes = Programmes(visits[None], np.array([False]), np.zeros((1, len(world.channels))))
    everybody = np.arange(len(visits))
    worth = expected_worth(world, draws_of(world, market, scenario), everybody, programmes, VOLUME)
    # twenty replicates have a standard error of 0.4 %
    assert worth.sum() == pytest.approx(bought, rel=0.02)


def test_the_worth_of_todays_plan_is_what_the_baseline_buys(market_of):
    world, market = market_of
    draws = draws_of(world, market)
    field = field_of(world, draws.today(), draws[0].laid, PlanSettings())
    programmes = Programmes(field.today[None], np.array([True]), np.zeros((1, len(world.channels))))
    worth = expected_worth(world, draws, np.arange(len(field.zone)), programmes, VOLUME).sum()
    bought = np.mean([own(run(world, market, BASELINE, Key(1, 0, luck), WEEKS)) for luck in range(20)])
    assert worth == pytest.approx(bought, rel=0.02)


def test_worth_does_not_depend_on_who_else_is_asked_for(market_of):
    world, market = market_of
    draws, few = draws_of(world, market), np.array([7, 300, 599])
    levels = np.linspace(0, 1, 4)[:, None]
    extra = np.zeros((2, len(world.channels)))
    extra[1, 3] = 0.1
    by_chance = np.zeros(4, dtype=bool)
    every = expected_worth(world, draws, np.arange(600), Programmes(np.tile(levels, 600), by_chance, extra), VOLUME)
    some = expected_worth(world, draws, few, Programmes(np.tile(levels, 3), by_chance, extra), VOLUME)
    np.testing.assert_allclose(every[:, :, few], some, rtol=1e-6)


def test_the_optimised_plan_beats_todays_in_the_twin_as_it_promised(market_of):
    world, market = market_of
    made, scenario = optimised(world, market)
    gains = []
    for luck in range(12):
        key = Key(2, 0, luck)
        gains.append(own(run(world, market, scenario, key, WEEKS)) / own(run(world, market, BASELINE, key, WEEKS)) - 1)
    # a plan without worth would win 11 of 12 once in 315 times
    assert np.sum(np.array(gains) > 0) >= 11
    assert np.mean(gains) == pytest.approx(made.plan.gain, rel=0.25)


def test_the_twin_makes_the_visits_and_contacts_that_were_planned(market_of):
    world, market = market_of
    made, scenario = optimised(world, market)
    diary = Diary()
    live(world, market, scenario, Key(3), WEEKS, diary)
    at, channel = (np.concatenate([week[k] for week in diary.contacts]) for k in (1, 2))
    visits = np.bincount(at[channel == VISIT], minlength=600)
    assert not visits[~world.population.consent[VISIT]].any()
    assert np.abs(visits - made.plan.visits * WEEKS).max() <= 4.0
    assert visits.sum() == pytest.approx(made.plan.visits.sum() * WEEKS, rel=0.03)
    for h in range(1, len(world.channels)):
        assert not np.bincount(at[channel == h], minlength=600)[~world.population.consent[h]].any()


def test_keeping_all_of_today_differs_from_the_baseline_by_exactly_zero(market_of):
    world, market = market_of
    _, scenario = optimised(world, market, keep=1.0)
    a, b = (run(world, market, one, Key(4), WEEKS) for one in (BASELINE, scenario))
    assert scenario.changes_nothing and np.array_equal(a.volume, b.volume)


def test_those_who_stay_under_the_learned_rule_keep_their_part_of_the_visits(market_of):
    world, market = market_of
    made, scenario = optimised(world, market, keep=0.6)
    contacts = np.zeros(600)
    for luck in range(12):
        diary = Diary()
        live(world, market, scenario, Key(5, 0, luck), WEEKS, diary)
        at, channel = (np.concatenate([week[k] for week in diary.contacts]) for k in (1, 2))
        contacts += np.bincount(at[channel == VISIT], minlength=600) / 12
    free = made.plan.level == 0
    assert contacts[free].sum() == pytest.approx(0.6 * made.field.today[free].sum() * WEEKS, rel=0.05)
