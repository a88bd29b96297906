"""Laws of the engine, customer by customer. All are exact at fixed keys unless a bound is stated."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
from bench.paired_variance import measure
from test_engine import DIGITAL, FIRST, REP_FIRST, SCENARIOS

from twin.agents.conditions import lay_out
from twin.agents.crowd import lay_ground
from twin.agents.model import TwinModel
from twin.agents.recorder import Diary, Totals
from twin.agents.replay import ReplayModel
from twin.agents.run import live, run
from twin.draws import Key, identity
from twin.market.channels import VISIT
from twin.market.history import Touches
from twin.market.population import Population
from twin.market.world import Bricks
from twin.response.market import Market
from twin.scenario.scenario import (
    BASELINE,
    ChannelPolicy,
    CompetitorPolicy,
    FieldForce,
    Frequency,
    Promotion,
    RepChange,
    Scenario,
    Targeting,
)
from twin.weeks import FAR_PAST, NEVER, monday

KEY, WEEKS = Key(seed=17, draw=2, replicate=1), 26
ALL_AT_ONCE = Scenario(
    name="all at once",
    targeting=Targeting(unknown_rank="potential", frequency=(Frequency(2.0, "size > 0.9"),), drop_small=0.1),
    journeys=(DIGITAL, REP_FIRST),
    field_force=FieldForce(capacity_factor=1.3, changes=(RepChange("T1", -1, FIRST),)),
    promotions=(Promotion("Ours", FIRST, 3),),
)


@pytest.fixture
def pairs(busy):
    """T1 has two reps of unlike strength, T2 none; customers stand in bricks."""
    world, market = busy
    reps = replace(world.reps, territory=np.array([0, 1, 1, 3], dtype=np.int32))
    rng = np.random.default_rng(2)
    zone = rng.integers(0, 4, 12).astype(np.int32)
    bricks = Bricks(np.array([f"B{k}" for k in range(12)]), zone, rng.uniform(30, 32, 12), rng.uniform(38, 40, 12))
    people = replace(world.population, brick=rng.integers(0, 12, 400).astype(np.int32))
    rule = replace(market.rule, rep_visits=np.array([12.0, 9.7, 4.4, 12.0]))
    return replace(world, reps=reps, bricks=bricks, population=people), replace(market, rule=rule)


def picked(people: Population, order: np.ndarray) -> Population:
    """The same people, or some of them, in another order."""
    each = ("ids", "entity", "names", "known", "known_since", "left", "brick", "territory", "lon", "lat", "prefers",
            "available_from", "available_to")  # fmt: skip
    attributes = {name: values[order] for name, values in people.attributes.items()}
    one = {name: getattr(people, name)[order] for name in each}
    return replace(people, **one, consent=people.consent[:, order], attributes=attributes)


def laid_for(market: Market, order: np.ndarray) -> Market:
    """The same draw for some customers, who hear of one another only."""
    rule, start = market.rule, market.start
    place = np.full(len(market.volume) + 1, -1)
    place[order] = np.arange(len(order))

    def some(rows: np.ndarray) -> np.ndarray:
        return np.ascontiguousarray(rows[:, order])  # another layout in memory would be compiled for anew

    return replace(
        market, volume=market.volume[order], base_utility=some(market.base_utility),
        neighbours=place[market.neighbours[order]].astype(np.int32), believed_volume=market.believed_volume[order],
        rule=replace(rule, known_weight=rule.known_weight[order], unknown_weight=rule.unknown_weight[order],
                     contact_rate=some(rule.contact_rate)),
        start=replace(start, goodwill=start.goodwill[order], pressure=start.pressure[order],
                      habit=some(start.habit), stage=start.stage[order], last_visit=start.last_visit[order]),
    )  # fmt: skip


def state_of(model: TwinModel, rows: slice | np.ndarray = slice(None)) -> list[bytes]:
    """Columns that are nothing are left out: what a change of rep costs is there from the first change on."""
    return [column[..., rows].tobytes() for column in model.crowd.state if column.size and column[..., rows].any()]


def told(model: TwinModel) -> list:
    return list(model.histories(model.world.population.ids.tolist()).pages)


@pytest.mark.parametrize("scenario", [*SCENARIOS, ALL_AT_ONCE], ids=lambda scenario: scenario.name)
def test_shares_sum_to_one_for_every_customer(pairs, scenario):
    """Through the habits, which average them: within 26 weeks of rounding in single precision."""
    model = live(*pairs, scenario, KEY, WEEKS, Totals(pairs[0], WEEKS))
    habit = model.crowd.state.habit.astype(float)
    assert (habit >= 0).all() and abs(habit.sum(axis=0) - 1.0).max() < WEEKS * 3 * 2.0**-24


@pytest.mark.parametrize(
    ("scenario", "without"),
    [
        (Scenario(name="p", promotions=(Promotion("Ours", FIRST, 9, 3.0),)), {"promotion": np.zeros(3)}),
        (Scenario(name="c", channels=ChannelPolicy(factor={"email": 3.0, "phone": 0.0})),
         {"channel_effect": np.eye(1, 7)[0], "fatigue": 0.0, "synergy": 0.0}),
        (Scenario(name="f", field_force=FieldForce(capacity_factor=0.3, changes=(RepChange("T1", -1, FIRST),))),
         {"coefficient": 0.0, "fatigue": 0.0, "loss_contact": 1.0, "discovery_visit": 0.0, "winback": 0.0,
          "handover": 0.0}),
    ],
    ids=["promotion", "channels", "reps"],
)  # fmt: skip
def test_without_effect_a_scenario_is_the_baseline(pairs, scenario, without):
    world, market = pairs
    idle = replace(market, response=replace(market.response, **without))
    a, b = run(world, idle, BASELINE, KEY, WEEKS), run(world, idle, scenario, KEY, WEEKS)
    assert np.array_equal(a.volume, b.volume) and np.array_equal(a.own_by_customer, b.own_by_customer)
    acts = run(world, market, scenario, KEY, WEEKS)
    assert not np.array_equal(acts.volume, run(world, market, BASELINE, KEY, WEEKS).volume)


def test_more_visits_never_lower_expected_sales_below_the_point_of_too_many(made_up):
    """Expected, not drawn. Customers alike but for 0 to 7 visits a week; beyond the point, more visits do harm."""
    world, market = made_up(8, 1, WEEKS, loss=0.0, ideal_contacts=50.0, fatigue=20.0)
    alike = replace(
        market, volume=np.full(8, 5.0), rule=replace(market.rule, contact_rate=np.zeros((7, 8))),
        start=replace(market.start, stage=np.full(8, 2, np.int8), goodwill=np.ones(8)),
    )  # fmt: skip
    visits = np.repeat(np.arange(8), np.arange(8))
    weeks = np.repeat(np.arange(WEEKS) + market.first_week, len(visits)).astype(np.int32)
    customer = np.tile(visits, WEEKS).astype(np.int32)
    touches = Touches(customer, np.zeros(len(weeks), np.int8), weeks, np.full(len(weeks), -1, np.int32))
    model = ReplayModel(world, alike, lay_out(world, alike, BASELINE, WEEKS), KEY, Totals(world, WEEKS))
    model.touches = touches
    for _ in range(WEEKS):
        model.step()
    pages = told(model)
    expected = np.array([page.purchases.expected[0] for page in pages])
    calm = np.array([page.moves.pressure for page in pages]).max(axis=0) <= 50.0
    assert calm.tolist() == [True] * 5 + [False] * 3
    assert (np.diff(expected[:, calm], axis=1) > 0).all()
    assert (np.diff(expected[-1, 4:]) < 0).all()


def test_a_common_factor_on_all_attractions_changes_nothing(pairs):
    """Beyond rounding. An order on a knife's edge falls the other way once in some dozens of keys; not at this one."""
    world, market = pairs
    market = replace(market, response=replace(market.response, promotion=np.full(3, 0.3), reaction=0.0))
    louder = replace(market, campaigns=np.full((3, WEEKS), 4.0))
    a, b = (told(live(world, one, ALL_AT_ONCE, KEY, WEEKS, Diary())) for one in (market, louder))
    for mine, theirs in zip(a, b):
        np.testing.assert_allclose(mine.purchases.share, theirs.purchases.share, atol=2e-6)
        assert np.array_equal(mine.purchases.volume > 0, theirs.purchases.volume > 0)
        assert np.array_equal(mine.moves.after, theirs.moves.after)


@pytest.mark.parametrize("what", ["customers", "bricks", "territories", "reps"])
def test_the_order_of_things_changes_nothing(pairs, what):
    world, market = pairs
    people, reps, bricks = world.population, world.reps, world.bricks
    n = {"customers": 400, "bricks": 12, "territories": 4, "reps": 4}[what]
    order = np.random.default_rng(9).permutation(n)
    back = np.argsort(order).astype(np.int32)
    other, draw, rows, zones = world, market, np.arange(400), np.arange(4)
    if what == "customers":
        other, draw, rows = replace(world, population=picked(people, order)), laid_for(market, order), order
    elif what == "bricks":
        moved = Bricks(bricks.ids[order], bricks.territory[order], bricks.lon[order], bricks.lat[order])
        other = replace(world, bricks=moved, population=replace(people, brick=back[people.brick]))
    elif what == "territories":
        zones = order
        other = replace(
            world, territories=world.territories[order], reps=replace(reps, territory=back[reps.territory]),
            bricks=replace(bricks, territory=back[bricks.territory]),
            population=replace(people, territory=back[people.territory]),
        )  # fmt: skip
    else:
        each = ("ids", "names", "territory", "home_lon", "home_lat", "visits_per_week", "start", "end")
        other = replace(world, reps=replace(reps, **{name: getattr(reps, name)[order] for name in each}))
        draw = replace(market, rule=replace(market.rule, rep_visits=market.rule.rep_visits[order]))
    scenario = ALL_AT_ONCE
    a, b = run(world, market, scenario, KEY, WEEKS), run(other, draw, scenario, KEY, WEEKS)
    assert a.own_by_customer[rows].tobytes() == b.own_by_customer.tobytes()
    assert np.array_equal(a.volume[zones], b.volume) and np.array_equal(a.contacts[:, zones], b.contacts)
    assert np.array_equal(a.buyers, b.buyers) and np.array_equal(a.by_segment, b.by_segment)


@pytest.mark.parametrize("buys", [False, True])
def test_one_more_customer_changes_nobody_elses_path(pairs, buys):
    """Nobody's neighbour, where no rep calls, and rivals do not react. One who buys shifts what is a typical purchase,
    by which reps who follow sales calm their logarithm: without that habit of reps it changes nothing either.
    """  # fmt: skip
    world, market = pairs
    market = replace(market, response=replace(market.response, reaction=0.0))
    if buys:
        market = replace(market, rule=replace(market.rule, follows_sales=0.0))
    order = np.append(np.arange(400), 0)
    people, draw = picked(world.population, order), laid_for(market, order)
    ids = np.append(world.population.ids, "newcomer")
    zone = np.append(world.population.territory, 2).astype(np.int32)
    people = replace(people, ids=ids, entity=identity(ids, "customer"), territory=zone)
    stage = np.append(market.start.stage, 2 if buys else 0).astype(np.int8)
    neighbours = np.where(draw.neighbours == 400, 0, draw.neighbours)
    draw = replace(draw, neighbours=neighbours, start=replace(draw.start, stage=stage))
    alone = live(world, market, BASELINE, KEY, WEEKS, Totals(world, WEEKS))
    more = replace(world, population=people)
    together = live(more, draw, BASELINE, KEY, WEEKS, Totals(more, WEEKS))
    assert state_of(together, slice(0, 400)) == state_of(alone)
    assert together.crowd.left.own_so_far[:400].tobytes() == alone.crowd.left.own_so_far.tobytes()
    assert together.crowd.state.recent_own[400] > 0 or not buys


@pytest.mark.parametrize("block", [1, 64, 512, 4096])
def test_the_size_of_a_block_changes_no_byte(pairs, block):
    world, market = pairs
    ground = lay_ground(world, market)
    other = replace(ground, machine=replace(ground.machine, block=block))
    a, b = (run(world, market, ALL_AT_ONCE, KEY, WEEKS, ground=one) for one in (ground, other))
    for name in ("volume", "contacts", "buyers", "own_by_customer", "by_segment"):
        assert getattr(a, name).tobytes() == getattr(b, name).tobytes(), name


def test_two_runs_in_two_threads_do_not_disturb_one_another(pairs):
    world, market = pairs
    ground, keys = lay_ground(world, market), [Key(seed) for seed in range(8)]
    one_by_one = [run(world, market, ALL_AT_ONCE, key, WEEKS) for key in keys]
    with ThreadPoolExecutor(2) as pool:
        at_once = list(pool.map(lambda key: run(world, market, ALL_AT_ONCE, key, WEEKS, ground=ground), keys))
    for a, b in zip(one_by_one, at_once):
        assert a.volume.tobytes() == b.volume.tobytes() and a.contacts.tobytes() == b.contacts.tobytes()
        assert a.own_by_customer.tobytes() == b.own_by_customer.tobytes()


def test_each_territory_alone_lives_as_among_the_others(pairs):
    """Where nobody hears from another territory, rivals do not react, and reps do not ask what is usual elsewhere."""
    world, market = pairs
    zone = world.population.territory
    strangers = zone[np.maximum(market.neighbours, 0)] != zone[:, None]
    market = replace(
        market, neighbours=np.where(strangers, -1, market.neighbours).astype(np.int32),
        response=replace(market.response, reaction=0.0), rule=replace(market.rule, follows_sales=0.0),
    )  # fmt: skip
    scenario = replace(ALL_AT_ONCE, targeting=replace(ALL_AT_ONCE.targeting, drop_small=0.0))
    together = live(world, market, scenario, KEY, WEEKS, Totals(world, WEEKS))
    for z in range(4):
        rows = np.flatnonzero(zone == z)
        one = replace(world, population=picked(world.population, rows))
        alone = live(one, laid_for(market, rows), scenario, KEY, WEEKS, Totals(one, WEEKS))
        assert state_of(alone) == state_of(together, rows)
        assert alone.crowd.left.own_so_far.tobytes() == together.crowd.left.own_so_far[rows].tobytes()


def test_doubling_potential_doubles_what_every_customer_is_expected_to_order(pairs):
    world, market = pairs
    market = replace(market, rule=replace(market.rule, follows_sales=0.0))
    double = replace(market, volume=2 * market.volume)
    a, b = (told(live(world, one, BASELINE, KEY, WEEKS, Diary())) for one in (market, double))
    for mine, theirs in zip(a, b):
        assert np.array_equal(2 * mine.purchases.expected, theirs.purchases.expected)
        assert np.array_equal(mine.purchases.probability, theirs.purchases.probability)


@pytest.mark.parametrize("scenario", [*SCENARIOS, ALL_AT_ONCE], ids=lambda scenario: scenario.name)
def test_orders_and_contacts_are_conserved_between_the_levels_of_the_record(pairs, scenario):
    """To the last unit in which they are counted."""
    world, market = pairs
    totals = run(world, market, scenario, KEY, WEEKS)
    model = live(world, market, scenario, KEY, WEEKS, diary := Diary())
    scale, known, zone = model.crowd.terrain.scale, world.population.known, world.population.territory
    segment = world.population.segments.code
    for t in range(WEEKS):
        _, customer, brand, volume = diary.orders[t]
        units = np.floor(volume * scale + 0.5).astype(np.int64)
        by_group = np.zeros((4, 2, 3), dtype=np.int64)
        np.add.at(by_group, (zone[customer], 1 - known[customer].astype(int), brand), units)
        assert np.array_equal(totals.volume[..., t], by_group / scale)
        by_segment = np.zeros((2, 3), dtype=np.int64)
        np.add.at(by_segment, (segment[customer], brand), units)
        assert np.array_equal(totals.by_segment[..., t], by_segment / scale)
        _, contacted, channel, _ = diary.contacts[t]
        by_zone = np.zeros((7, 4))
        np.add.at(by_zone, (channel, zone[contacted]), 1)
        assert np.array_equal(totals.contacts[..., t], by_zone)
    ours = (model.crowd.stage == 1) | (model.crowd.stage == 2)
    assert totals.buyers[:, -1].tolist() == [int(ours[known].sum()), int(ours[~known].sum())]


def test_reps_who_have_left_visit_nobody_and_those_to_come_wait(pairs):
    world, market = pairs
    end = np.array([NEVER, market.first_week + 7, NEVER, FAR_PAST], dtype=np.int32)
    start = np.array([FAR_PAST, FAR_PAST, market.first_week + 7, FAR_PAST], dtype=np.int32)
    shift = replace(world, reps=replace(world.reps, start=start, end=end))
    live(shift, market, BASELINE, KEY, 14, diary := Diary())
    visits = np.zeros((14, 4), dtype=int)
    for t, (_, _, channel, rep) in enumerate(diary.contacts):
        np.add.at(visits[t], rep[channel == VISIT], 1)
    assert visits[:, 0].tolist() == [12] * 14 and not visits[:, 3].any()
    assert visits[:7, 1].all() and not visits[7:, 1].any()
    assert not visits[:7, 2].any() and visits[7:, 2].all()


def test_calm_rivals_do_not_move_whatever_we_do(pairs):
    world, market = pairs
    seen = []
    for factor in (1.0, 1.5):
        scenario = Scenario(
            name="x", field_force=FieldForce(capacity_factor=factor), competitors=CompetitorPolicy(reaction="passive"),
            promotions=(Promotion("Ours", monday(market.first_week), 4, factor),),
        )  # fmt: skip
        model = live(world, market, scenario, KEY, 6, Totals(world, 6))
        seen.append(model.brand_shift[1:].copy())
    assert np.array_equal(*seen)


def test_shared_luck_makes_a_difference_sharp():
    """40 pairs. The true ratio is about 40 (tests/bench/paired_variance.py, 600 pairs): chance alone takes a measured
    one below 10 less than once in ten thousand keys.
    """
    found = measure(40)
    assert 0.01 < found.effect < 0.03
    assert found.ratio >= 10
