"""Laws that every simulated market obeys. Draws are keyed, so most of them hold exactly, run by run."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import numpy as np
import pytest

from twin import draws
from twin.agents.conditions import lay_out
from twin.agents.model import TwinModel
from twin.agents.recorder import Diary
from twin.agents.run import live, run
from twin.draws import Key, Purpose
from twin.market.channels import VISIT
from twin.scenario.scenario import (
    BASELINE,
    ChannelPolicy,
    CompetitorCampaign,
    CompetitorPolicy,
    FieldForce,
    Frequency,
    Journey,
    MarketEvents,
    Promotion,
    RepChange,
    Scenario,
    Shock,
    Step,
    Targeting,
)
from twin.weeks import monday

KEY = Key(seed=5)
WEEKS = 26
EFFECT_NOBODY_CHOSE = {"drift": np.zeros(3), "demand_shock": 0.0}


def own(one) -> float:
    return float(one.volume[:, :, 0].sum())


def test_an_identical_scenario_differs_by_exactly_zero(made_up):
    world, market = made_up()
    same = Scenario(name="same by another name", note="nothing changes")
    a, b = run(world, market, BASELINE, KEY, WEEKS), run(world, market, same, KEY, WEEKS)
    assert np.array_equal(a.volume, b.volume)
    assert np.array_equal(a.contacts, b.contacts)


def test_the_order_of_customers_changes_nothing(made_up):
    world, market = made_up()
    order = np.random.default_rng(3).permutation(len(world.population))
    people = world.population
    back = np.empty_like(order)
    back[order] = np.arange(len(order))
    shuffled_people = replace(
        people,
        **{name: getattr(people, name)[order] for name in ("ids", "entity", "names", "known", "known_since", "left",
           "brick", "territory", "lon", "lat", "prefers", "available_from", "available_to")},
        consent=people.consent[:, order],
        attributes={name: values[order] for name, values in people.attributes.items()},
    )  # fmt: skip
    rule, start = market.rule, market.start
    shuffled = replace(
        market,
        volume=market.volume[order],
        base_utility=market.base_utility[:, order],
        neighbours=back[market.neighbours[order]].astype(np.int32),
        rule=replace(rule, known_weight=rule.known_weight[order], unknown_weight=rule.unknown_weight[order],
                     contact_rate=rule.contact_rate[:, order]),
        start=replace(start, goodwill=start.goodwill[order], pressure=start.pressure[order],
                      habit=start.habit[:, order], stage=start.stage[order], last_visit=start.last_visit[order]),
    )  # fmt: skip
    a = run(world, market, BASELINE, KEY, WEEKS)
    b = run(replace(world, population=shuffled_people), shuffled, BASELINE, KEY, WEEKS)
    np.testing.assert_allclose(a.own_by_customer[order], b.own_by_customer, rtol=1e-9)


def test_totals_are_the_sum_of_what_customers_ordered(made_up):
    world, market = made_up()
    diary = Diary()
    live(world, market, BASELINE, KEY, WEEKS, diary)
    recorded = run(world, market, BASELINE, KEY, WEEKS)
    for t, (_, _, brand, volume) in enumerate(diary.orders):
        by_brand = np.bincount(brand, volume, 3)
        np.testing.assert_allclose(recorded.volume[:, :, :, t].sum(axis=(0, 1)), by_brand)


def test_doubling_potential_doubles_expected_volume(made_up):
    world, market = made_up()
    double = replace(market, volume=2 * market.volume)
    a, b = run(world, market, BASELINE, KEY, WEEKS), run(world, double, BASELINE, KEY, WEEKS)
    np.testing.assert_allclose(b.volume, 2 * a.volume, rtol=1e-9)


def test_two_halves_of_the_demand_factor_scale_the_whole(made_up):
    world, market = made_up()
    half = Scenario(
        name="half", market=MarketEvents(demand_factor=0.5), competitors=CompetitorPolicy(reaction="passive")
    )
    whole = Scenario(name="whole", competitors=CompetitorPolicy(reaction="passive"))
    a, b = run(world, market, whole, KEY, WEEKS), run(world, market, half, KEY, WEEKS)
    # reps who follow sales look at relative change, so the visits are the same too
    np.testing.assert_allclose(b.volume.sum(), 0.5 * a.volume.sum(), rtol=0.02)


def test_without_an_effect_of_contacts_visits_to_buyers_change_no_order(made_up):
    world, market = made_up(coefficient=0.0, fatigue=0.0, loss_contact=1.0, discovery_visit=0.0, winback=0.0)
    more = Scenario(name="more", field_force=FieldForce(capacity_factor=1.5))
    a, b = run(world, market, BASELINE, KEY, WEEKS), run(world, market, more, KEY, WEEKS)
    assert b.contacts[VISIT].sum() > a.contacts[VISIT].sum()
    assert np.array_equal(a.volume, b.volume)


def test_more_capacity_sells_more_below_the_point_of_fatigue(made_up):
    world, market = made_up(fatigue=0.0, **EFFECT_NOBODY_CHOSE)
    sold = [
        own(run(world, market, Scenario(name=f"x{factor}", field_force=FieldForce(capacity_factor=factor)), KEY, WEEKS))
        for factor in (0.0, 0.5, 1.0, 1.5)
    ]
    assert sold == sorted(sold)


def test_an_unknown_customer_without_contact_or_neighbours_stays_unaware(made_up):
    world, market = made_up(discovery_base=0.0)
    alone = replace(market, neighbours=np.full_like(market.neighbours, -1))
    nobody = Scenario(name="nobody", targeting=Targeting(unknown_share=0.0))
    assert run(world, alone, nobody, KEY, WEEKS).volume[:, 1, 0].sum() == 0.0


def test_dead_reps_visit_nobody(made_up):
    world, market = made_up()
    gone = replace(world, reps=replace(world.reps, end=np.full(len(world.reps), market.first_week, dtype=np.int32)))
    assert run(gone, market, BASELINE, KEY, WEEKS).contacts[VISIT].sum() == 0


def test_visits_never_exceed_capacity(made_up):
    world, market = made_up()
    one = run(world, market, BASELINE, KEY, WEEKS)
    assert (one.contacts[VISIT] <= 12.0).all()
    assert one.contacts[VISIT].sum() == pytest.approx(4 * 12 * WEEKS)


def test_nobody_is_contacted_without_consent(made_up):
    world, market = made_up()
    consent = world.population.consent.copy()
    consent[:, ::2] = False
    careful = replace(world, population=replace(world.population, consent=consent))
    diary = Diary()
    journey = Journey(steps=(Step("visit"), Step("whatsapp", 3), Step("email", 4, times=2)))
    live(careful, market, Scenario(name="j", journeys=(journey,)), KEY, WEEKS, diary)
    contacted = np.concatenate([customer for _, customer, _, _ in diary.contacts])
    assert len(contacted) and (contacted % 2 == 1).all()


def test_a_rivals_campaign_never_raises_anothers_expected_share(made_up):
    world, market = made_up(habit=0.0, **EFFECT_NOBODY_CHOSE)
    start = monday(market.first_week + 4)
    attack = Scenario(
        name="attack",
        competitor_campaigns=(CompetitorCampaign("A", start, 6),),
        competitors=CompetitorPolicy(reaction="passive"),
    )
    calm = Scenario(name="calm", competitors=CompetitorPolicy(reaction="passive"))
    # over many weeks and customers the means must order; common luck makes this sharp
    a, b = run(world, market, calm, KEY, 10), run(world, market, attack, KEY, 10)
    assert b.volume[:, :, 1, 4:].sum() > a.volume[:, :, 1, 4:].sum()
    assert own(b) < own(a)
    assert np.array_equal(a.volume[..., :4], b.volume[..., :4])


def test_our_promotion_sells_more_while_it_runs_and_not_before(made_up):
    world, market = made_up()
    promo = Scenario(name="promo", promotions=(Promotion("Ours", monday(market.first_week + 10), 3),))
    a, b = run(world, market, BASELINE, KEY, WEEKS), run(world, market, promo, KEY, WEEKS)
    assert np.array_equal(a.volume[..., :10], b.volume[..., :10])
    assert b.volume[:, :, 0, 10:13].sum() > a.volume[:, :, 0, 10:13].sum()


def test_a_shock_lowers_demand_and_visits_while_it_lasts(made_up):
    world, market = made_up()
    shock = Shock(monday(market.first_week + 5), 5, demand_factor=0.5, channel_factor={"visit": 0.25})
    hit = run(world, market, Scenario(name="hit", market=MarketEvents(shocks=(shock,))), KEY, WEEKS)
    calm = run(world, market, BASELINE, KEY, WEEKS)
    assert hit.volume[..., 5:10].sum() == pytest.approx(0.5 * calm.volume[..., 5:10].sum(), rel=0.1)
    assert hit.contacts[VISIT, :, 5:10].sum() == pytest.approx(0.25 * calm.contacts[VISIT, :, 5:10].sum(), rel=0.05)


@pytest.mark.parametrize("rank", ["random", "potential", "expected_gain", "size"])
def test_every_rank_moves_the_visits(made_up, rank):
    world, market = made_up()
    ranked = run(
        world, market, Scenario(name=rank, targeting=Targeting(known_rank=rank, unknown_rank=rank)), KEY, WEEKS
    )
    calm = run(world, market, BASELINE, KEY, WEEKS)
    assert ranked.contacts[VISIT].sum() == pytest.approx(calm.contacts[VISIT].sum(), rel=0.02)
    assert not np.array_equal(ranked.own_by_customer, calm.own_by_customer)


def test_the_unknown_share_is_the_share_of_visits_to_those_who_do_not_buy(made_up):
    world, market = made_up(discovery_visit=0.0, discovery_base=0.0, discovery_word=0.0, loss=0.0)
    diary = Diary()
    live(world, market, Scenario(name="light", targeting=Targeting(unknown_share=0.3)), KEY, WEEKS, diary)
    visited = np.concatenate([customer[channel == VISIT] for _, customer, channel, _ in diary.contacts])
    assert (~world.population.known[visited]).mean() == pytest.approx(0.3, abs=0.01)


def test_frequency_and_dropping_small_are_kept(made_up):
    world, market = made_up()
    rules = Targeting(frequency=(Frequency(2.0, "kind = 'market' and size > 0.8"),), drop_small=0.3)
    diary = Diary()
    model = live(world, market, Scenario(name="rules", targeting=rules), KEY, WEEKS, diary)
    visited = np.concatenate([customer[channel == VISIT] for _, customer, channel, _ in diary.contacts])
    visits = np.bincount(visited, minlength=len(world.population))
    promised = np.isfinite(model.conditions.frequency)
    assert promised.any() and np.median(visits[promised]) == pytest.approx(WEEKS * 24 / 52.18, abs=1.0)
    assert visits[model.conditions.dropped & ~promised].sum() == 0


def test_promised_visits_are_spread_from_the_first_week_on(made_up):
    world, market = made_up(n=2000)
    everybody = Scenario(
        name="promised",
        field_force=FieldForce(capacity_factor=50.0),
        targeting=Targeting(frequency=(Frequency(52.1775 / 12.0 / 8.0),)),
    )
    visits = run(world, market, everybody, KEY, WEEKS).contacts[VISIT].sum(axis=0)
    # one in eight weeks: 250 a week; a sum of 2,000 places by chance has a standard deviation of 15
    assert np.abs(visits - 250).max() < 75 and visits.sum() == pytest.approx(WEEKS * 250, rel=0.03)


def test_new_reps_add_visits_and_leaving_reps_cost_sales(made_up):
    world, market = made_up(handover=0.155)
    first = monday(market.first_week + 8)
    calm = run(world, market, BASELINE, KEY, WEEKS)
    more = run(
        world, market, Scenario(name="more", field_force=FieldForce(changes=(RepChange("T1", 1, first),))), KEY, WEEKS
    )
    less = run(
        world, market, Scenario(name="less", field_force=FieldForce(changes=(RepChange("T1", -1, first),))), KEY, WEEKS
    )
    assert more.contacts[VISIT, 1, 8:].sum() == pytest.approx(2 * calm.contacts[VISIT, 1, 8:].sum())
    assert less.contacts[VISIT, 1, 8:].sum() == 0
    assert less.volume[1, 0, 0, 8:].sum() < calm.volume[1, 0, 0, 8:].sum()


def test_reps_who_left_long_ago_do_not_count_when_reps_join_or_leave(made_up):
    world, market = made_up()
    reps = world.reps
    # T1 has two reps in service and, on the list, one who left
    reps = replace(
        reps,
        territory=np.array([0, 1, 1, 1], dtype=np.int32),
        end=np.where(np.arange(4) == 3, world.origin - 10, reps.end).astype(np.int32),
    )
    world = replace(world, reps=reps)
    market = replace(market, rule=replace(market.rule, rep_visits=np.array([12.0, 12.0, 12.0, 0.0])))

    def capacity(*changes: int) -> float:
        force = FieldForce(changes=tuple(RepChange("T1", reps) for reps in changes))
        conditions = lay_out(world, market, Scenario(name="s", field_force=force), 4)
        return float(conditions.rep_visits[conditions.rep_territory == 1, 0].sum())

    assert [capacity(), capacity(1), capacity(-1), capacity(-2), capacity(-1, -1)] == [24.0, 36.0, 12.0, 0.0, 0.0]


def test_the_smallest_are_those_who_bought_least_by_the_books(made_up):
    world, market = made_up()
    books = np.random.default_rng(3).permutation(len(world.population)).astype(float)
    drop = Scenario(name="drop", targeting=Targeting(drop_small=0.25))
    dropped = lay_out(world, replace(market, recent_own=books), drop, 4).dropped
    known = world.population.known
    assert dropped.sum() == round(0.25 * known.sum())
    assert books[dropped].max() < books[known & ~dropped].min()


def test_one_shared_memory_never_sells_less_than_silos(made_up):
    world, market = made_up()
    busy = replace(market, rule=replace(market.rule, contact_rate=4 * market.rule.contact_rate))
    omni = run(world, busy, Scenario(name="o", channels=ChannelPolicy(mode="omnichannel")), KEY, WEEKS)
    silos = run(world, busy, Scenario(name="s", channels=ChannelPolicy(mode="multichannel")), KEY, WEEKS)
    assert own(omni) > own(silos)


def test_a_journey_waits_for_what_came_of_the_last_step(made_up):
    world, market = made_up()
    quiet = replace(market, rule=replace(market.rule, contact_rate=0 * market.rule.contact_rate))
    steps = (Step("visit"), Step("whatsapp", 3, "no_order"), Step("email", 4, "opened", 2))
    diary = Diary()
    live(world, quiet, Scenario(name="j", journeys=(Journey(steps),)), KEY, WEEKS, diary)
    channel = np.concatenate([channel for _, _, channel, _ in diary.contacts])
    visits, whatsapp, email = ((channel == h).sum() for h in (VISIT, 5, 3))
    assert visits > whatsapp > 0 and email > 0
    deaf = replace(quiet, response=replace(quiet.response, opening=0.0))
    live(world, deaf, Scenario(name="j", journeys=(Journey(steps),)), KEY, WEEKS, unopened := Diary())
    assert not (np.concatenate([channel for _, _, channel, _ in unopened.contacts]) == 3).any()


def test_rivals_who_retaliate_take_back_some_of_a_gain(made_up):
    world, market = made_up(**EFFECT_NOBODY_CHOSE)
    promo = (Promotion("Ours", monday(market.first_week), WEEKS, 3.0),)
    sold = {
        reaction: own(
            run(
                world,
                market,
                Scenario(name=reaction, promotions=promo, competitors=CompetitorPolicy(reaction=reaction)),
                KEY,
                WEEKS,
            )
        )
        for reaction in ("retaliate", "passive", "accommodate")
    }
    assert sold["retaliate"] < sold["passive"] < sold["accommodate"]


def test_the_stress_case_is_one_standard_deviation_of_what_is_known(made_up):
    world, market = made_up()

    def push(policy: str, **response: float) -> float:
        laid = replace(market, response=replace(market.response, **response))
        return lay_out(world, laid, Scenario(name=policy, competitors=CompetitorPolicy(reaction=policy)), 4).reaction

    assert push("retaliate", reaction=0.0, reaction_sd=0.1) == pytest.approx(0.1)
    assert push("retaliate", reaction=0.3, reaction_sd=0.1) == pytest.approx(0.4)
    assert push("retaliate", reaction=-0.3, reaction_sd=0.1) == pytest.approx(0.1)  # who gives way does not strike back
    assert push("accommodate", reaction=0.3, reaction_sd=0.1) == pytest.approx(-0.1)
    assert push("learned", reaction=-0.3, reaction_sd=0.1) == pytest.approx(-0.3)
    assert push("passive", reaction=0.3, reaction_sd=0.1) == 0.0


def test_learned_campaigns_can_be_switched_off(made_up):
    world, market = made_up()
    campaigns = np.zeros_like(market.campaigns)
    campaigns[1, 5:9] = 1.0
    expected = replace(market, campaigns=campaigns)
    retreat = Scenario(name="retreat", competitors=CompetitorPolicy(learned_campaigns=False))
    assert own(run(world, expected, retreat, KEY, WEEKS)) > own(run(world, expected, BASELINE, KEY, WEEKS))
    assert np.array_equal(
        run(world, expected, retreat, KEY, WEEKS).volume[..., :5],
        run(world, market, retreat, KEY, WEEKS).volume[..., :5],
    )


def test_one_more_customer_changes_nobody_elses_draws(made_up):
    world, _ = made_up()
    few = world.population.entity[:50]
    alone = draws.units(KEY, Purpose.WEEK, 3, few, 3)
    together = draws.units(KEY, Purpose.WEEK, 3, world.population.entity, 3)
    assert np.array_equal(alone, together[:, :50])


def test_a_customer_can_be_looked_at(made_up):
    world, market = made_up()
    model = TwinModel(world, market, lay_out(world, market, BASELINE, 2), KEY, Diary())
    model.step()
    seen = model.customer("C00003")
    assert seen.stage == "repeat" and seen.goodwill > 0


def test_a_horizon_beyond_the_draw_is_refused(made_up):
    world, market = made_up()
    with pytest.raises(ValueError, match="n_weeks: expected 0 to 26"):
        run(world, market, BASELINE, KEY, 27)
    assert run(world, market, BASELINE, KEY, 0).volume.size == 0


def test_dates_of_a_scenario_count_from_its_own_week(made_up):
    world, market = made_up()
    friday = monday(market.first_week + 10) + dt.timedelta(days=4)
    conditions = lay_out(world, market, Scenario(name="p", promotions=(Promotion("Ours", friday, 2),)), WEEKS)
    assert np.flatnonzero(conditions.campaigns[0]).tolist() == [10, 11]
