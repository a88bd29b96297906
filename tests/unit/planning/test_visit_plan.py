"""A visit plan keeps what a scenario asks for, tells what it could not, and is the same every time."""

from __future__ import annotations

import datetime as dt
import time
from dataclasses import replace

import numpy as np
import pytest
from plan_worlds import MONDAY, QUICK, Size, conditions_of, planned, small_world

from twin.errors import PlanError
from twin.planning.reasons import CONDITIONS, REASONS, REMARKS, UNSERVED, Reasons, remark, sentences
from twin.planning.visit_plan import make_plan, visit_gain
from twin.scenario.scenario import FieldForce, Frequency, Journey, RepChange, Scenario, Step, Targeting

OPENS = Journey((Step("visit"), Step("whatsapp", 3, "no_order"), Step("email", 4, "opened", 2)), "rep opens")
FOLLOWS = Journey((Step("email"), Step("visit", 7, "opened"), Step("phone", 2)), "rep follows")


def _plan(world, market, settings=QUICK, **keywords):
    conditions = conditions_of(world, market)
    return make_plan(world, market, conditions, visit_gain([market]), start=MONDAY, settings=settings, **keywords)


def test_the_same_inputs_give_the_same_bytes():
    first, second = (planned(scenario=Scenario("x", journeys=(OPENS,)))[0] for _ in range(2))
    for name, column in first.columns().items():
        assert column.tolist() == second.columns()[name].tolist() or np.array_equal(
            column, second.columns()[name], True
        )


def test_a_week_with_a_feast_has_fewer_visits_and_none_on_the_feast():
    plan, *_ = planned(start=dt.date(2026, 3, 9), n_weeks=2, size=Size(customers=800))
    week = (plan.date >= np.datetime64("2026-03-16")).astype(int)
    assert np.bincount(week).tolist() == [80, 56]  # 4 reps, 20 visits, 3.5 days of 5
    assert np.datetime64("2026-03-20") not in plan.date
    assert (plan.end[plan.date == np.datetime64("2026-03-19")] <= np.datetime64("2026-03-19T13:00")).all()
    assert plan.holidays[0][0] == dt.date(2026, 3, 20)


def test_a_plan_may_begin_in_the_middle_of_a_week():
    plan, *_ = planned(start=dt.date(2026, 2, 5), n_weeks=2, size=Size(customers=800))
    assert plan.date.min() == np.datetime64("2026-02-05") and plan.stop == dt.date(2026, 2, 16)
    assert len(plan) == 4 * (8 + 20)


def test_nobody_is_contacted_without_consent():
    plan, world, *_ = planned(Size(consent=0.5), Scenario("x", journeys=(OPENS,)))
    row = np.searchsorted(world.population.ids, plan.customer_id)
    channel = np.array([world.channels.index(name) for name in plan.channel])
    assert (plan.kind == "task").any() and world.population.consent[channel, row].all()
    assert "consent" in plan.unserved.reason


def test_a_journey_that_a_visit_opens_is_followed_up_in_days():
    plan, *_ = planned(scenario=Scenario("x", journeys=(OPENS,)))
    tasks = np.flatnonzero(plan.kind == "task")
    whatsapp = tasks[plan.channel[tasks] == "whatsapp"]
    assert len(whatsapp) > 50 and set(plan.condition[whatsapp]) == {"no_order"}
    first = {}
    for k in np.flatnonzero(plan.kind == "visit"):
        first.setdefault(plan.customer_id[k], plan.date[k])
    waited = [(plan.date[k] - first[plan.customer_id[k]]).astype(int) for k in whatsapp]
    assert min(waited) == 3 and max(waited) <= 5 + 28  # and on to a day without a visit
    email = tasks[plan.channel[tasks] == "email"]
    assert set(plan.condition[email]) == {"opened", ""}  # a repetition asks nothing again


def test_a_visit_that_a_message_prepares_comes_after_it_for_as_many_as_open_it():
    scenario = Scenario("x", journeys=(FOLLOWS,), targeting=Targeting(unknown_share=0.2))
    plan, *_ = planned(Size(customers=120, visits_per_week=40, consent=1.0), scenario)
    by_journey = plan.reason.key == "journey"
    assert 0.25 * 120 < by_journey.sum() < 0.55 * 120  # opening: 0.4 of those whom a visit may reach
    assert set(plan.condition[by_journey]) == {"opened"}
    day = dict(zip(plan.customer_id[by_journey], plan.date[by_journey], strict=True))
    for k in np.flatnonzero((plan.kind == "task") & (plan.channel == "email")):
        assert plan.date[k] < day[plan.customer_id[k]]
    phone = plan.channel == "phone"
    assert phone.any() and all(plan.date[k] > day[plan.customer_id[k]] for k in np.flatnonzero(phone))


def test_what_is_promised_beyond_capacity_is_listed_with_its_worth():
    scenario = Scenario("x", targeting=Targeting(frequency=(Frequency(4.4),)))
    plan, *_ = planned(scenario=scenario)
    missing = plan.unserved
    assert len(plan) == 4 * 80 and (missing.reason == "capacity").sum() > 400
    assert (missing.lost_gain[missing.channel == "visit"] > 0).all()
    assert set(missing.reason) <= set(UNSERVED["en"])


def test_a_full_week_drops_both_pools_alike():
    plan, *_ = planned(
        Size(customers=600, radius_km=60, visits_per_week=60), Scenario("x", targeting=Targeting(unknown_share=0.3))
    )
    assert (plan.unserved.reason == "day_full").sum() > 0.2 * len(plan)
    assert abs((~plan.buys).mean() - 0.3) < 0.05


def test_capacity_without_a_customer_is_counted():
    plan, *_ = planned(
        Size(customers=40, consent=1.0, with_hours=0.0), Scenario("x", targeting=Targeting(known_rank="potential"))
    )
    assert dict(plan.remarks)["spare_visits"] == 4 * 80 - len(plan) > 0


def test_reps_whom_a_scenario_adds_get_a_plan_and_capacity_is_multiplied():
    change = FieldForce(capacity_factor=0.5, changes=(RepChange("T2", 1),))
    plan, *_ = planned(Size(customers=800), Scenario("x", field_force=change))
    visits = dict(zip(*np.unique(plan.rep_id, return_counts=True), strict=True))
    assert visits == {"R1": 40, "R2": 40, "R3": 40, "R4": 40, "new-T2-1-1": 40}
    assert ("home_unknown", 1) in plan.remarks


def test_a_rep_who_leaves_stops_making_visits():
    world, market = small_world()
    end = world.reps.end.copy()
    end[0] = market.first_week + 2
    plan = _plan(replace(world, reps=replace(world.reps, end=end)), market)
    assert plan.date[plan.rep_id == "R1"].max() < np.datetime64("2026-02-16")


def test_customers_of_a_territory_without_reps_are_counted():
    world, market = small_world()
    keep = world.reps.territory != 3
    reps = replace(world.reps, **{k: v[keep] for k, v in vars(world.reps).items() if k != "listed"})
    market = replace(market, rule=replace(market.rule, rep_visits=market.rule.rep_visits[keep]))
    plan = _plan(replace(world, reps=reps), market)
    assert ("territory_without_rep", 60) in plan.remarks and "T4" not in plan.territory_id


def test_a_world_without_customers_has_an_empty_plan_that_says_so():
    plan, *_ = planned(Size(customers=0))
    assert len(plan) == 0 and len(plan.unserved) == 0 and plan.remarks[0] == ("no_customers", 1)
    assert "empty" in remark(*plan.remarks[0]) and "boş" in remark(*plan.remarks[0], "tr")
    assert all(len(column) == 0 for column in plan.columns().values()) and plan.days.visits.sum() == 0


def test_a_world_in_which_nobody_consents_has_an_empty_plan():
    plan, *_ = planned(Size(consent=0.0))
    assert len(plan) == 0 and ("nobody_due", 1) in plan.remarks


@pytest.mark.parametrize(
    ("start", "weeks", "what"),
    [
        (dt.date(2026, 1, 26), 4, "end of history"),
        (dt.date(2026, 8, 17), 4, "as far as the forecast reaches"),
        (MONDAY, 0, "at least 1"),
        (dt.date(2026, 2, 7), 1, "working day"),
    ],
)
def test_a_plan_that_cannot_be_made_says_why(start, weeks, what):
    with pytest.raises(PlanError, match=what):
        planned(start=start, n_weeks=weeks)


def test_without_listed_reps_the_cure_is_named():
    world, market = small_world()
    with pytest.raises(PlanError, match="table reps"):
        _plan(replace(world, reps=replace(world.reps, listed=False)), market)
    none = replace(world.reps, **{k: v[:0] for k, v in vars(world.reps).items() if k != "listed"})
    nobody = replace(market, rule=replace(market.rule, rep_visits=np.zeros(0)))
    with pytest.raises(PlanError, match="at least one rep"):
        _plan(replace(world, reps=none), nobody)


def test_names_of_visits_hold_when_the_plan_is_made_again_with_other_hours():
    early, *_ = planned()
    late, *_ = planned(settings=replace(QUICK, day_start=9.5))
    assert set(early.visit_id) == set(late.visit_id) and (early.begin != late.begin).any()


def test_sums_of_days_are_those_of_the_rows():
    plan, *_ = planned(scenario=Scenario("x", journeys=(OPENS,)))
    inside = plan.date < np.datetime64(plan.stop)
    assert plan.days.visits.sum() == (plan.kind == "visit").sum()
    assert plan.days.tasks.sum() == ((plan.kind == "task") & inside).sum()
    assert plan.days.km.sum() >= np.nansum(plan.travel_km) and len(plan.days) == 4 * 20
    busy = plan.days.visits > 0
    assert np.isnat(plan.days.back[~busy]).all() and not np.isnat(plan.days.back[busy]).any()


def test_reasons_speak_both_languages_with_figures_of_the_model():
    plan, world, market, _ = planned()
    unknown = np.flatnonzero(plan.reason.key == "unknown")[0]
    volume = market.volume[np.searchsorted(world.population.ids, plan.customer_id[unknown])]
    assert plan.reason.volume[unknown] == volume and np.isclose(plan.reason.one_in[unknown], 1 / 0.07)
    assert "1 in 14 chance" in sentences(plan.reason.take(np.array([unknown])))[0]
    for language in ("en", "tr"):
        assert not any("{" in line for line in plan.columns(language)["reason"])
    for book in (REASONS, UNSERVED, REMARKS, CONDITIONS):
        assert book["en"].keys() == book["tr"].keys()


def test_one_week_is_said_in_the_singular_and_turkish_figures_have_commas():
    key = np.array(["buys_usual", "buys_usual", "unknown"])
    figures = np.array([1.0, 2.0, 3.44])
    lines = Reasons(key, np.array([1, 5, -1]), figures, np.full(3, 14.3), np.full(3, np.nan))
    assert sentences(lines)[:2].tolist() == [
        "Buys from us: usual visit, last seen 1 week ago",
        "Buys from us: usual visit, last seen 5 weeks ago",
    ]
    assert "3,4 birim" in sentences(lines, "tr")[2]


def test_eight_reps_for_four_weeks_are_planned_in_seconds():
    size = Size(territories=8, customers=4000, visits_per_week=50)
    world, market = small_world(size)
    begin = time.process_time()
    plan = _plan(world, market, settings=QUICK)
    assert time.process_time() - begin < 10.0 and len(plan) > 1500
