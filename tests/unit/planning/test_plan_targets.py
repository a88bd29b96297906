"""Targets follow the scenario: shares, ranks, frequencies and consent, without luck."""

from __future__ import annotations

import numpy as np
from plan_worlds import Size, conditions_of, planned, small_world

from twin.planning import books
from twin.planning.settings import PlanSettings
from twin.planning.targets import aims, gap_days, race
from twin.scenario.scenario import Frequency, Scenario, Targeting


def _aims(scenario: Scenario, size: Size | None = None):
    size = size or Size()
    world, market = small_world(size)
    conditions = conditions_of(world, market, scenario)
    everyone = np.ones(size.customers, dtype=bool)
    return (
        aims(world, market, conditions, weeks=slice(0, 4), reachable=everyone, settings=PlanSettings()),
        world,
        market,
    )


def test_chances_are_those_of_drawing_by_weight():
    # 40 chances from 6,000 draws, standard error at most 0.0065: 0.03 is beyond 4 of them (false alarm below 1 in 400)
    rng = np.random.default_rng(5)
    weight = rng.lognormal(0, 1, 40)
    score = np.log(weight) + rng.gumbel(size=(6000, 40))
    drawn = np.zeros(40)
    np.add.at(drawn, np.argpartition(-score, 9, axis=1)[:, :10].ravel(), 1 / 6000)
    assert np.abs(race(weight, 10) - drawn).max() < 0.03
    assert np.isclose(race(weight, 10).sum(), 10)


def test_nobody_has_a_chance_above_one_or_without_weight():
    chance = race(np.array([1e9, 1.0, 1.0, 0.0]), 2.0)
    assert chance.max() <= 1.0 and chance[3] == 0.0 and np.isclose(chance.sum(), 2.0)
    assert race(np.array([1.0, 2.0, 0.0]), 5.0).tolist() == [1.0, 1.0, 0.0]
    assert race(np.zeros(0), 3.0).shape == (0,)


def test_rates_add_up_to_capacity_and_shares():
    wanted, world, _ = _aims(Scenario("x", targeting=Targeting(unknown_share=0.4)), Size(customers=800))
    for zone in range(len(world.territories)):
        here = world.population.territory == zone
        assert np.isclose(wanted.rate[here].sum(), 20.0)
        assert np.isclose(wanted.rate[here & ~wanted.buys].sum(), 8.0)
    assert not wanted.rate[~world.population.consent[0]].any()


def test_a_rank_chooses_the_highest_first():
    wanted, world, market = _aims(
        Scenario("x", targeting=Targeting(unknown_share=0.25, unknown_rank="potential")), Size(customers=800)
    )
    here = (world.population.territory == 0) & ~wanted.buys & wanted.eligible
    chosen = here & (wanted.rate > 0)
    assert chosen.sum() == 20 and market.volume[chosen].min() > market.volume[here & ~chosen].max()


def test_the_smallest_are_dropped_even_where_a_frequency_asks_for_them():
    dropped, world, _ = _aims(Scenario("x", targeting=Targeting(drop_small=0.3)))
    rule = (Frequency(2.0, "outlet_type = 'market'"),)
    asked, *_ = _aims(Scenario("x", targeting=Targeting(drop_small=0.3, frequency=rule)))
    market_outlet = world.population.attributes["outlet_type"] == "market"
    small = world.population.known & world.population.consent[0] & (dropped.rate == 0)
    assert small.sum() >= 0.25 * world.population.known.sum()
    assert not asked.rate[small].any()
    assert np.isclose(asked.rate[market_outlet & ~small], 2.0 * 12 / 52.1775).any()


def test_a_gap_is_half_of_the_usual_interval_and_at_most_two_weeks():
    assert gap_days(np.array([1.0, 0.5, 0.25, 0.01, 0.0]), PlanSettings()).tolist() == [3, 7, 14, 14, 14]


def test_plans_follow_the_unknown_share_within_rounding():
    for share in (0.0, 0.3, 1.0):
        plan, *_ = planned(Size(customers=800), Scenario("x", targeting=Targeting(unknown_share=share)))
        for rep in np.unique(plan.rep_id):
            mine = plan.rep_id == rep
            assert abs((~plan.buys[mine]).sum() - share * mine.sum()) <= 1.0
            assert mine.sum() == 80


def test_a_frequency_rule_is_kept_over_the_plan():
    rule = (Frequency(52.1775 / 12 / 2, "outlet_type = 'market'"),)  # every other week
    plan, world, *_ = planned(Size(customers=120), Scenario("x", targeting=Targeting(frequency=rule)))
    asked = (world.population.attributes["outlet_type"] == "market") & world.population.consent[0]
    asked[np.isin(world.population.ids, plan.unserved.customer_id)] = False
    made = np.bincount(np.searchsorted(world.population.ids, plan.customer_id), minlength=120)
    assert asked.sum() > 30 and set(made[asked].tolist()) == {2}


def test_several_reps_share_a_territory_by_place_and_capacity():
    rng = np.random.default_rng(2)
    place = np.column_stack([rng.uniform(29, 30, 600), rng.uniform(40, 40.2, 600)])
    home = np.array([[29.9, 40.1], [29.1, 40.1], [np.nan, np.nan]])
    zero = np.zeros(600, dtype=np.int32)
    team = books.Team(home, np.array([10.0, 10.0, 20.0]), np.zeros(3, dtype=np.int32))
    rep = books.assign(books.Customers(place, np.ones(600), zero), team)
    assert np.bincount(rep, minlength=3).tolist() == [150, 150, 300]
    assert np.ptp(place[rep == 1, 0]) < 0.4  # one compact part
    alone = books.assign(books.Customers(place, np.ones(600), zero + 1), team)
    assert (alone == -1).all()
