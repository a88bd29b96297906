"""Visit response: its panel, its fallbacks, and the ways in which the coefficient is stated."""

from __future__ import annotations

import csv
from dataclasses import replace

import numpy as np
import pytest
from visit_worlds import FIRST, Plan, planted, world_of

from twin.calibration.levels.panel import SETTLING_SHARE, STARTING_WEEKS, build, stock_regressors
from twin.calibration.levels.visit_counts import visits_after, visits_by_period
from twin.calibration.visits import bias as visit_bias
from twin.calibration.visits.jackknife import jackknife_groups
from twin.calibration.visits.response import learn_visit_response
from twin.calibration.visits.statements import one_visit
from twin.market.history import History, Sales, Touches
from twin.response.parameters import PRIORS
from twin.weeks import Periods, monday, periods_covering, week_of

SMALL = Plan(customers=120, weeks=104, territories=3)


@pytest.fixture(scope="module")
def small():
    return planted(SMALL, 1)


@pytest.fixture(scope="module")
def learned(small):
    return learn_visit_response(*small, 100, 7)


def weekly_stock(history: History, customer: int, rho: float, weeks: int) -> np.ndarray:
    """The recursion of the model, spelt out for one customer who was ours before the record began."""
    touches = history.touches
    counts = np.bincount(touches.week[touches.customer == customer] - touches.week.min(), minlength=weeks)[:weeks]
    stock, out = counts[:STARTING_WEEKS].mean() / (1 - rho), []
    for count in counts:
        stock = rho * stock + count
        out.append(stock)
    return np.array(out)


def test_stock_follows_the_recursion_week_by_week_though_sales_are_monthly(small):
    world, history = small
    panel = build(world, history)
    (x,), _ = stock_regressors(panel, 0.9, np.r_[1.0, np.zeros(6)])
    row = 17
    weekly = np.log1p(weekly_stock(history, panel.customer[row], 0.9, panel.n_weeks))
    weights = panel.periods.weights(panel.first_week, panel.n_weeks).toarray()
    expected = weights @ weekly / weights.sum(axis=1)
    np.testing.assert_allclose(x[row], expected, rtol=1e-4)


def test_slope_of_a_channel_is_the_derivative_of_the_stock_regressor():
    panel = build(*planted(replace(SMALL, email_worth=0.3), 1))
    worth = np.r_[1.0, 0.0, 0.0, 0.3, 0.0, 0.0, 0.0]
    step = np.eye(7)[3] * 1e-2
    for q in (0.0, -0.7):
        (_, slope), _ = stock_regressors(panel, 0.9, worth, (3,), q)
        up, down = (stock_regressors(panel, 0.9, moved, (), q)[0][0] for moved in (worth + step, worth - step))
        np.testing.assert_allclose(slope, (up - down) / 2e-2, atol=2e-3)


def test_visits_add_up_within_periods_and_after_them(small):
    world, history = small
    panel = build(world, history)
    touches, row = history.touches, 5
    mine = touches.week[touches.customer == panel.customer[row]]
    ahead, seen = visits_after(panel, 13)
    begin = week_of(panel.periods.stop[3:4] - 1)[0] + 1
    assert seen[3]
    assert not seen[-1]
    assert ahead[row, 3] == ((mine >= begin) & (mine < begin + 13)).sum()
    inside = (mine >= week_of(panel.periods.start[:1])[0] + 1) & (mine < week_of(panel.periods.stop[-1:])[0])
    assert abs(visits_by_period(panel)[row].sum() - inside.sum()) <= 6


def test_customers_are_observed_from_when_they_are_known_until_they_leave(small):
    world, history = small
    people = world.population
    since, left = people.known_since.copy(), people.left.copy()
    since[3], left[4] = FIRST + 60, FIRST + 80
    panel = build(replace(world, population=replace(people, known_since=since, left=left)), history)
    newcomer, leaver = (int(np.flatnonzero(panel.customer == customer)[0]) for customer in (3, 4))
    first = panel.periods.start[panel.mask[newcomer]][0].astype(object)
    last = panel.periods.stop[panel.mask[leaver]][-1].astype(object)
    settled = FIRST + 60 + int(SETTLING_SHARE * panel.n_weeks)
    assert monday(settled) <= first < monday(settled + 5)  # trial purchases are not the stock's doing
    assert monday(FIRST + 75) < last <= monday(FIRST + 80)
    assert not panel.established[newcomer]
    assert (panel.volume[~panel.mask] == 0).all()


def test_sales_from_before_visits_were_recorded_are_left_out(small):
    world, history = small
    late = history.touches.where(history.touches.week >= FIRST + 40)
    panel = build(world, replace(history, touches=late))
    assert panel.periods.start[0].astype(object) >= monday(FIRST + 40)


def test_groups_of_the_jackknife_follow_reps_only_when_there_are_ten(small):
    few = jackknife_groups(small[0], build(*small))
    many_world = planted(replace(SMALL, territories=12), 1)
    panel = build(*many_world)
    many = jackknife_groups(many_world[0], panel)
    assert len(np.unique(few)) == 20
    assert len(np.unique(many)) == 12
    assert all(len(np.unique(many[panel.rep == rep])) == 1 for rep in range(12))


def test_every_statement_of_the_effect_comes_from_the_same_draws(learned):
    b, rho, q = learned.coefficient.draws, learned.rho.draws, learned.curvature.draws
    assert learned.identified
    stock = np.full_like(rho, learned.mean_stock)
    np.testing.assert_allclose(learned.effect_of_one_visit.draws, b * one_visit(rho, stock, q), rtol=0.5)
    np.testing.assert_allclose(learned.log_effect.draws, b * (1 + learned.mean_stock) ** q, rtol=0.4)
    # at volume-weighted stocks the elasticity lies below the effect at a stock without end
    part = learned.elasticity.draws / b
    assert (part > 0).all()
    flat = np.abs(q) < 0.1
    assert (part[flat] < 1.3).all()
    assert (np.abs(learned.long_run_effect.draws) > np.abs(learned.effect_of_one_visit.draws)).all()


def test_one_visit_equals_the_simulated_mean_over_its_month():
    """Weeks of a month are tried one by one for the visit: four whole weeks, in place of the mean length of a month."""
    rho, stock, weeks = 0.9, 3.0, 4
    lift = [
        sum(np.log1p(rho ** (week - visit) / (1 + stock)) for week in range(visit, weeks)) / weeks
        for visit in range(weeks)
    ]
    assert one_visit(np.array([rho]), np.array([stock]))[0] == pytest.approx(np.mean(lift), rel=0.03)


def test_same_seed_same_draws_and_another_seed_others(small, learned):
    again, other = (learn_visit_response(*small, 100, seed) for seed in (7, 8))
    assert (again.coefficient.draws == learned.coefficient.draws).all()
    assert (other.coefficient.draws != learned.coefficient.draws).any()
    assert [effect.name for effect in learned.channel_effects] == [f"effect_{h}" for h in small[0].channels[1:]]


def test_order_of_customers_changes_nothing(small, learned):
    world, history = small
    order = np.random.default_rng(3).permutation(SMALL.customers)
    place = np.argsort(order).astype(np.int32)
    people = world.population
    shuffled = replace(people, ids=people.ids[order], entity=people.entity[order], territory=people.territory[order])
    touches, sales = history.touches, history.own_sales
    moved = replace(
        history, touches=replace(touches, customer=place[touches.customer]),
        own_sales=replace(sales, unit=place[sales.unit]),
    )  # fmt: skip
    again = learn_visit_response(replace(world, population=shuffled), moved, 100, 7)
    np.testing.assert_allclose(again.elasticity.draws, learned.elasticity.draws, atol=1e-4)
    assert again.lead_test_t == pytest.approx(learned.lead_test_t, abs=1e-3)


def test_unit_of_volume_changes_nothing(small, learned):
    world, history = small
    litres = replace(history.own_sales, volume=history.own_sales.volume * 0.33)
    again = learn_visit_response(world, replace(history, own_sales=litres), 100, 7)
    np.testing.assert_allclose(again.elasticity.draws, learned.elasticity.draws, atol=1e-4)
    np.testing.assert_allclose(again.rho.draws, learned.rho.draws, atol=1e-4)


def test_without_visits_the_literature_speaks_and_says_so(small):
    world, history = small
    found = learn_visit_response(
        world, replace(history, touches=history.touches.where(np.zeros(len(history.touches), bool))), 400, 1
    )
    assert not found.identified
    assert not any(e.identified for e in (found.rho, found.coefficient, found.elasticity, *found.channel_effects))
    assert "no visits" in found.reason
    assert found.elasticity.prior == str(PRIORS["visit_elasticity"])
    assert found.elasticity.draws.mean() == pytest.approx(PRIORS["visit_elasticity"].mean, abs=0.03)
    # one visit a month stands for visits that nobody recorded
    stock = 12 / 52.1775 / (1 - found.rho.draws)
    part = stock * (1 + stock) ** (found.curvature.draws - 1)
    np.testing.assert_allclose(found.elasticity.draws / found.coefficient.draws, part, rtol=1e-6)
    assert found.checks.verdict == "prior"
    assert (found.segments.factor(3) == 1).all()


def test_too_few_visited_customers_are_not_enough(small):
    world, history = small
    few = history.touches.where(history.touches.customer < 30)
    found = learn_visit_response(world, replace(history, touches=few), 50, 1)
    assert not found.identified
    assert "customers with visits and sales" in found.reason


def test_a_history_without_sales_does_not_fail(small):
    world, history = small
    nothing = replace(history.own_sales, **{
        name: getattr(history.own_sales, name)[:0] for name in ("unit", "period", "brand", "volume")
    })  # fmt: skip
    found = learn_visit_response(world, replace(history, own_sales=nothing), 50, 1)
    assert not found.identified
    assert np.isnan(found.naive_elasticity)


def test_a_channel_that_always_goes_with_visits_gets_its_prior_and_visits_their_estimate(small):
    world, history = small
    calls = history.touches
    twice = Touches(*(np.concatenate([one, one]) for one in (calls.customer, calls.channel, calls.week, calls.rep)))
    twice.channel[len(calls) :] = 1
    found = learn_visit_response(world, replace(history, touches=twice), 100, 1)
    assert found.identified
    assert not found.channel_effects[0].identified


def test_visits_that_never_vary_identify_nothing():
    n, weeks = 80, 104
    world = world_of(np.zeros(n, int), 1, FIRST + weeks)
    who, when = (axis.ravel().astype(np.int32) for axis in np.meshgrid(np.arange(n), np.arange(weeks)))
    touches = Touches(who, np.zeros(len(who), np.int8), when + FIRST, np.zeros(len(who), np.int32))
    days = np.array([monday(FIRST), monday(FIRST + weeks - 1)], dtype="datetime64[D]")
    periods = periods_covering(days, "week")
    volume = np.random.default_rng(0).poisson(3, len(who)).astype(float)
    sales = Sales(who, when, np.zeros(len(who), np.int16), volume, periods)
    found = learn_visit_response(world, empty_history(touches, sales, weeks), 50, 1)
    assert not found.identified
    assert "vary" in found.reason


def test_a_noisy_estimate_is_weighed_with_the_prior():
    world, history = planted(Plan(customers=60, weeks=30, territories=1, level=-1.5), 2)
    found = learn_visit_response(world, history, 200, 1)
    assert not found.identified
    assert found.elasticity.draws.std() < PRIORS["visit_elasticity"].sd
    assert found.elasticity.prior


def test_capacity_that_varies_by_chance_alone_is_not_called_variation():
    """False-alarm rate: none in 20 worlds; counts of 40 a month vary by 16 % without any leave or vacancy."""
    steady = build(*planted(replace(SMALL, territories=12, customers=360), 1))
    swinging = build(*planted(replace(SMALL, territories=12, customers=360, capacity_swing=0.4), 1))
    assert visit_bias.capacity_variation(steady)[1] < visit_bias.MIN_CAPACITY_CV
    assert visit_bias.capacity_variation(swinging)[1] > 0.2


def empty_history(touches: Touches, sales: Sales, weeks: int) -> History:
    none = np.empty(0, np.int32)
    days = np.empty(0, "datetime64[D]")
    empty = Sales(none, none, none.astype(np.int16), np.empty(0), Periods("month", days, days))
    return History(FIRST, FIRST + weeks, touches, sales, empty, empty, none, ())


def test_physicians_respond_far_less_than_the_pooled_association_says(shared_bundle):
    """Within-physician evidence has 0.005 to 0.03 log prescriptions for one more visit in the month."""
    folder = shared_bundle("detailing")

    def rows(name):
        with (folder / name).open(encoding="utf-8") as file:
            return list(csv.DictReader(file))

    row_of = {line["customer_id"]: row for row, line in enumerate(rows("customers.csv"))}
    sold, made = rows("sales.csv"), rows("visits.csv")
    days = np.array([line["date"] for line in sold], dtype="datetime64[D]")
    periods = periods_covering(days, "month")
    sales = Sales(
        np.array([row_of[line["customer_id"]] for line in sold], np.int32), periods.index_of(days),
        np.zeros(len(sold), np.int16), np.array([float(line["volume"]) for line in sold]), periods,
    )  # fmt: skip
    weeks = week_of(np.array([line["date"] for line in made], dtype="datetime64[D]"))
    who = np.array([row_of[line["customer_id"]] for line in made], np.int32)
    touches = Touches(who, np.zeros(len(who), np.int8), weeks, np.full(len(who), -1, np.int32))
    first, origin = int(week_of(periods.start[:1])[0]), int(week_of(periods.stop[-1:])[0])
    world = world_of(np.zeros(len(row_of), int), 1, origin)
    history = replace(empty_history(touches, sales, origin - first), first_week=first, origin=origin)
    found = learn_visit_response(world, history, 200, 1)
    assert found.identified
    assert 0.005 < found.effect_of_one_visit.draws.mean() < 0.03
    assert found.naive_log_effect_per_visit > 5 * found.effect_of_one_visit.draws.mean()
    assert found.chasing
    assert "upper bound" in found.reason
