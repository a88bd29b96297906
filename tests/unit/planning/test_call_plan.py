"""Call plans keep consent, promises and guardrails, and stand on today's plan."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from plan_worlds import Size, conditions_of, small_world

from twin.errors import PlanError
from twin.market.channels import VISIT
from twin.planning.allocation_field import field_of
from twin.planning.allocation_menu import INTERVALS_WEEKS, Guardrails, admitted, levels_of, offers
from twin.planning.allocation_minutes import minutes_of_visits
from twin.planning.allocation_value import Worth
from twin.planning.call_plan import CallPlan, plan_calls
from twin.planning.call_planning import Aim, Draw, Draws, make_call_plan
from twin.planning.settings import PlanSettings
from twin.scenario.scenario import BASELINE, FieldForce, Frequency, Scenario, Targeting

VOLUME = Worth(np.array([1.0, 0.0]))
HAIR = 1e-9


def laid(scenario: Scenario = BASELINE, size: Size | None = None):
    world, market = small_world(size or Size(territories=2))
    richer = replace(market, volume=market.volume * 1.3)
    draws = [Draw(one, conditions_of(world, one), conditions_of(world, one, scenario)) for one in (market, richer)]
    return world, Draws(draws.__getitem__, 2)


def made(scenario: Scenario = BASELINE, size: Size | None = None, **aim):
    world, draws = laid(scenario, size)
    return world, make_call_plan(world, draws, Aim(VOLUME, **aim))


def within_capacity(field, plan: CallPlan) -> bool:
    used = np.stack([field.sum_of(plan.visits * field.minutes), field.sum_of(plan.visits)])
    return bool((used <= field.capacity * (1 + 1e-7)).all())


def test_a_free_plan_fits_and_is_worth_more_than_todays():
    _, found = made()
    assert within_capacity(found.field, found.plan)
    assert found.plan.gain > 0.01 and found.plan.changed.all()
    assert found.plan.worth.sum() <= found.plan.bound.sum() * (1 + HAIR)
    assert set(np.unique(found.plan.visits)) <= {0.0, *(1 / np.array(INTERVALS_WEEKS))}


def test_nobody_is_visited_or_contacted_against_consent():
    world, found = made()
    refuses = ~world.population.consent[VISIT]
    assert refuses.any() and not found.plan.visits[refuses].any()
    for number, way in enumerate(found.ways, start=1):
        assert world.population.consent[world.channels.index(way.channel), found.plan.way == number].all()


def test_dropped_customers_get_no_visit():
    _, draws = laid(Scenario("s", targeting=Targeting(drop_small=0.3)))
    _, found = made(Scenario("s", targeting=Targeting(drop_small=0.3)))
    dropped = draws[0].laid.dropped
    assert dropped.any() and not found.plan.visits[dropped].any()


def test_service_that_the_scenario_promises_is_the_least_that_is_planned():
    promise = Frequency(0.6, "outlet_type = 'kiosk'")
    world, found = made(Scenario("s", targeting=Targeting(frequency=(promise,))))
    _, free = made()
    kiosk = (world.population.attributes["outlet_type"] == "kiosk") & found.field.may_visit
    least = 0.6 * 12 / 52.1775
    assert (found.plan.visits[kiosk] >= least - HAIR).all() and (free.plan.visits[kiosk] < least).any()
    assert found.plan.worth.sum() < free.plan.worth.sum()
    assert within_capacity(found.field, found.plan)


def test_more_service_than_reps_can_give_is_refused_with_the_figures():
    with pytest.raises(PlanError, match=r"expected promises that reps can keep.*visits and .* minutes"):
        made(Scenario("s", targeting=Targeting(frequency=(Frequency(4.0),))))


def test_no_customer_gets_more_than_the_most():
    _, found = made(most=0.25)
    assert found.plan.visits.max() <= 0.25 + HAIR and found.plan.gain > 0


def test_no_customers_visits_change_by_more_than_allowed():
    _, found = made(change=0.2)
    moved = np.abs(found.plan.visits - found.field.today)
    assert (moved <= 0.2 + HAIR).all() and (moved > 0.05).any()


def test_a_change_too_small_for_any_rhythm_is_refused():
    with pytest.raises(PlanError, match="expected a rhythm of visits"):
        made(change=0.001)


def test_what_is_kept_of_today_stays_with_everybody():
    _, found = made(keep=0.7)
    assert (found.plan.visits >= 0.7 * found.field.today - HAIR).all()
    _, free = made()
    assert 0 < found.plan.gain < free.plan.gain


def test_all_of_today_kept_is_today_itself():
    _, found = made(keep=1.0)
    assert not found.plan.changed.any() and not found.plan.level.any() and not found.plan.way.any()
    np.testing.assert_array_equal(found.plan.visits, found.field.today)


def test_increment_gives_out_only_what_comes_on_top():
    more = Scenario("s", field_force=FieldForce(capacity_factor=1.2))
    _, found = made(more, keep=1.0)
    assert (found.plan.visits >= found.field.today - HAIR).all()
    assert found.field.today.sum() == pytest.approx(found.field.capacity[1].sum() / 1.2)
    assert found.plan.visits.sum() > 1.1 * found.field.today.sum()
    assert within_capacity(found.field, found.plan) and found.plan.gain > 0


def test_more_capacity_is_worth_more_by_about_its_price():
    worth = []
    for factor in (0.98, 1.0, 1.02):
        scenario = Scenario("s", field_force=FieldForce(capacity_factor=factor))
        _, found = made(scenario, channels=False, states=100_000)
        worth.append((found.plan.bound.sum(), (found.plan.price * found.field.capacity[0]).sum()))
    assert worth[0][0] < worth[1][0] < worth[2][0]
    assert worth[2][1] <= (worth[2][0] - worth[0][0]) / 0.04 * 1.02
    assert worth[0][1] >= (worth[2][0] - worth[0][0]) / 0.04 * 0.98


def test_what_is_reserved_for_those_who_do_not_buy_is_theirs():
    _, free = made()
    others = ~free.field.buys
    spent = free.plan.visits * free.field.minutes
    share = free.field.sum_of(spent * others) / free.field.capacity[0]
    part = float(share.max()) + 0.15
    _, found = made(explore=part)
    spent = found.plan.visits * found.field.minutes
    reserved = found.field.sum_of(spent * others) / found.field.capacity[0]
    assert (reserved > share + 0.08).all()
    assert within_capacity(found.field, found.plan)
    assert found.plan.worth.sum() < free.plan.worth.sum()
    assert found.plan.worth.sum() <= found.plan.bound.sum() * (1 + HAIR)


def test_without_any_response_nothing_moves():
    world, draws = laid()
    dull = {"coefficient": 0.0, "fatigue": 0.0, "discovery_visit": 0.0, "winback": 0.0, "loss_contact": 1.0}

    def numb(number: int) -> Draw:
        draw = draws[number]
        return replace(draw, market=replace(draw.market, response=replace(draw.market.response, **dull)))

    found = make_call_plan(world, Draws(numb, 2), Aim(VOLUME))
    assert not found.plan.changed.any() and found.plan.gain == 0.0
    np.testing.assert_array_equal(found.plan.visits, found.field.today)


def test_time_that_costs_more_than_it_brings_is_left():
    _, dear = made(minute_cost=1e6, channels=False)
    assert not dear.plan.visits.any()
    _, cheap = made(minute_cost=1e-9, channels=False)
    _, free = made(channels=False)
    np.testing.assert_allclose(cheap.plan.visits, free.plan.visits)


def test_without_anybody_who_visits_there_is_no_plan():
    with pytest.raises(PlanError, match="expected somebody who visits"):
        made(Scenario("s", field_force=FieldForce(capacity_factor=0.0)))


def test_capacity_is_what_reps_do_today_in_visits_and_in_minutes():
    world, draws = laid()
    field = field_of(world, draws.today(), draws[0].laid, PlanSettings())
    np.testing.assert_allclose(field.sum_of(field.today), [20.0, 20.0])
    np.testing.assert_allclose(field.sum_of(field.today * field.minutes), field.capacity[0])
    assert not field.today[~field.may_visit].any()


def test_a_visit_far_from_home_and_apart_from_others_takes_longer():
    world, _ = small_world(Size(territories=1, placed=1.0))
    people = replace(world.population, lon=world.population.lon.copy(), lat=world.population.lat.copy())
    people.lon[0] += 1.5
    world = replace(world, population=people)
    everybody = np.ones(len(people), dtype=bool)
    minutes = minutes_of_visits(world, people.territory, everybody, np.array([20.0]), np.ones(1), PlanSettings())
    assert minutes[0] > np.median(minutes) + 30
    assert minutes.min() >= PlanSettings().visit_minutes + PlanSettings().parking_minutes
    slow = minutes_of_visits(
        world, people.territory, everybody, np.array([20.0]), np.ones(1), PlanSettings(visit_minutes=60)
    )
    np.testing.assert_allclose(slow - minutes, 35.0)


def test_places_that_nobody_knows_still_take_time():
    world, _ = small_world(Size(territories=1, placed=0.0, homes=False))
    everybody = np.ones(len(world.population), dtype=bool)
    minutes = minutes_of_visits(
        world, world.population.territory, everybody, np.array([20.0]), np.ones(1), PlanSettings()
    )
    assert np.isfinite(minutes).all() and (minutes > PlanSettings().visit_minutes).all()


def test_the_menu_of_somebody_who_may_not_be_visited_is_none_at_all():
    world, draws = laid()
    field = field_of(world, draws.today(), draws[0].laid, PlanSettings())
    guardrails = Guardrails(0.0, np.zeros(len(world.population)))
    fits = admitted(field, guardrails)
    assert fits[0].all() and not fits[1:, ~field.may_visit].any() and fits[1:, field.may_visit].all()


def test_offers_hold_every_admitted_item_once():
    world, draws = laid()
    field = field_of(world, draws.today(), draws[0].laid, PlanSettings())
    guardrails = Guardrails(0.0, np.zeros(len(world.population)))
    fits, visits = admitted(field, guardrails), levels_of(field, guardrails)
    value = np.random.default_rng(1).uniform(size=visits.shape)
    few = np.array([3, 8, 40])
    offered = offers(field, fits, visits, value, [(few, 10 + value[:, few], 5.0)])
    assert len(offered.level) == fits.sum() + fits[:, few].sum()
    plain = plan_calls(field, offered, np.zeros(len(world.population)), guardrails)
    assert (plain.way[few] == 1).all() and (plain.way > 0).sum() == 3
    rate = visits[plain.level, np.arange(len(plain.level))]
    np.testing.assert_allclose(plain.visits, rate)


@pytest.mark.parametrize(
    "wrong", [{"keep": 1.5}, {"keep": 0.0, "explore": -0.1}, {"keep": 0.0, "most": -1.0}, {"keep": 0.0, "change": -1.0}]
)
def test_guardrails_check_themselves(wrong):
    with pytest.raises(ValueError, match="expected"):
        Guardrails(least=np.zeros(3), **wrong)
