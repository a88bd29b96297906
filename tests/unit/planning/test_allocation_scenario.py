"""A call plan in the words of the grammar says what the plan says; rules say nearly as much, and how much less."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from plan_worlds import Size, conditions_of
from test_call_plan import made

from twin.planning import allocation_scenario
from twin.planning.allocation_rules import as_rules
from twin.planning.allocation_scenario import as_list, listed, visits_per_month
from twin.planning.allocation_tree import grow
from twin.response import curves
from twin.scenario import files, where
from twin.scenario.condition import MAX_LENGTH
from twin.scenario.facts import customer_columns
from twin.scenario.scenario import Scenario, Targeting

SCENARIO = Scenario("plan", targeting=Targeting(known_rank="potential"))
SIZE = Size(customers=600, territories=3)


def spoken(scenario: Scenario) -> Scenario:
    """As a file says it."""
    return files.loads(files.to_toml(scenario))


def test_names_of_any_kind_are_listed_in_conditions_short_enough():
    ids = np.array([*(f"C-{k:06d}" for k in range(700)), "it's", "Şişli 'A'", "  odd", "'"])
    conditions = list(listed(ids))
    assert len(conditions) > 1 and max(map(len, conditions)) <= MAX_LENGTH
    held = np.stack([where.customers(text, {"customer_id": ids}, len(ids)) for text in conditions])
    assert (held.sum(axis=0) == 1).all()
    assert list(listed(np.array([], dtype=str))) == []


def test_the_scenario_promises_every_customer_what_the_plan_has():
    world, found = made(SCENARIO, SIZE)
    scenario = spoken(as_list(found.plan, found.field, world, SCENARIO, found.ways, 0.0))
    frequency = conditions_of(world, *_market(), scenario).frequency
    np.testing.assert_allclose(frequency, found.plan.visits, atol=2e-5)
    assert scenario.targeting.known_rank == "as_history"
    for number, way in enumerate(found.ways, start=1):
        chains = conditions_of(world, *_market(), scenario).chains
        h = world.channels.index(way.channel)
        members = [chain.member for chain in chains if chain.channel[0] == h]
        named = np.sort(np.concatenate([*members, np.zeros(0, np.uint32)]))
        assert np.array_equal(named, np.flatnonzero(found.plan.way == number))


def _market():
    from plan_worlds import small_world

    return (small_world(SIZE)[1],)


def test_what_is_kept_of_today_has_no_rule():
    world, found = made(SCENARIO, SIZE, keep=0.7)
    scenario = spoken(as_list(found.plan, found.field, world, SCENARIO, found.ways, 0.7))
    frequency = conditions_of(world, *_market(), scenario).frequency
    assert np.array_equal(np.isfinite(frequency), found.plan.level > 0)
    free = found.plan.level == 0
    kept = float(found.plan.visits[free & ~found.field.buys].sum() / found.plan.visits[free].sum())
    assert scenario.targeting.unknown_share == pytest.approx(kept, abs=1e-4)


def test_a_plan_that_stays_as_today_is_a_scenario_that_changes_nothing():
    world, found = made(Scenario("same"), SIZE, keep=1.0)
    scenario = as_list(found.plan, found.field, world, Scenario("same"), found.ways, 1.0)
    assert spoken(scenario).changes_nothing


def test_a_territory_that_stays_as_today_keeps_its_habits():
    world, found = made(SCENARIO, SIZE)
    stays = found.field.zone == 1
    plan = replace(
        found.plan,
        changed=np.array([True, False, True]),
        level=np.where(stays, 0, found.plan.level).astype(np.int8),
        way=np.where(stays, 0, found.plan.way).astype(np.int8),
        visits=np.where(stays, found.field.today, found.plan.visits),
    )
    scenario = spoken(as_list(plan, found.field, world, SCENARIO, found.ways, 0.0))
    frequency = conditions_of(world, *_market(), scenario).frequency
    assert np.isnan(frequency[stays]).all() and np.isfinite(frequency[~stays]).all()


def test_too_many_names_are_too_many(monkeypatch):
    world, found = made(SCENARIO, SIZE)
    monkeypatch.setattr(allocation_scenario, "MOST_RULES", 3)
    assert as_list(found.plan, found.field, world, SCENARIO, found.ways, 0.0) is None


def ruled(keep: float = 0.0, **aim):
    world, found = made(SCENARIO, SIZE, keep=keep, channels=False, **aim)
    market = _market()[0]
    columns = customer_columns(world)
    return world, market, found, as_rules(found, columns, curves.gain_of_a_visit(market), SCENARIO, keep)


def test_rules_lose_something_and_say_how_much():
    _, _, found, rules = ruled()
    today, free = found.plan.worth_today.sum(), found.plan.worth.sum()
    assert today < rules.worth < free
    assert rules.worth - today > 0.3 * (free - today)
    field = found.field
    assert (field.sum_of(rules.visits) <= field.capacity[1] * (1 + 1e-9)).all()
    assert not rules.visits[~field.may_visit].any()


def test_the_visits_that_rules_expect_are_those_that_they_promise():
    world, market, found, rules = ruled()
    laid = conditions_of(world, market, spoken(rules.scenario))
    promised = np.isfinite(laid.frequency) & found.field.may_visit
    asked = found.field.sum_of(np.where(promised, laid.frequency, 0.0))
    part = np.minimum(found.field.capacity[1] / np.maximum(asked, 1e-9), 1.0)[found.field.zone]
    np.testing.assert_allclose(rules.visits[promised], (laid.frequency * part)[promised], rtol=1e-4, atol=2e-5)
    assert rules.scenario.targeting.known_rank == "expected_gain"


def test_rules_that_keep_a_part_of_today_really_keep_it():
    world, market, found, rules = ruled(keep=0.5)
    laid = conditions_of(world, market, spoken(rules.scenario))
    free = np.isnan(laid.frequency) & found.field.may_visit
    assert (rules.visits[free] >= 0.5 * found.field.today[free] - 1e-9).all()
    assert rules.worth >= found.plan.worth_today.sum() * (1 - 1e-9)


def test_conditions_of_a_tree_hold_for_its_leaves_and_no_other():
    rng = np.random.default_rng(4)
    n = 500
    columns = {
        "size": np.where(rng.uniform(size=n) < 0.1, np.nan, rng.uniform(size=n)),
        "kind": np.where(rng.uniform(size=n) < 0.1, None, rng.choice(np.array(["a", "b's", "c"], object), n)),
        "chain": rng.uniform(size=n) < 0.4,
        "günlük ciro": rng.normal(size=n),
        "and": rng.uniform(size=n),
        "customer_id": np.array([f"C{k}" for k in range(n)]),
    }
    wanted = (np.nan_to_num(columns["size"]) > 0.5).astype(int) + 2 * columns["chain"] * (columns["günlük ciro"] > 0)
    gain = (np.arange(4)[:, None] == wanted).astype(float)
    leaves = grow(gain, columns, 30).after(30)
    held = np.stack([where.customers(leaf.where, columns, n) for leaf in leaves])
    assert (held.sum(axis=0) == 1).all() and len(leaves) >= 4
    for leaf, holds in zip(leaves, held):
        assert np.array_equal(np.flatnonzero(holds), np.sort(leaf.member))
        assert not any("customer_id" in leaf.where for leaf in leaves)
    assert sum(leaf.gain for leaf in leaves) > 1.2 * gain.sum(axis=1).max()


def test_a_tree_never_gives_what_is_not_allowed():
    rng = np.random.default_rng(5)
    gain = rng.uniform(size=(3, 200))
    gain[2, ::7] = -np.inf
    leaves = grow(gain, {"x": rng.uniform(size=200)}, 20).after(20)
    for leaf in leaves:
        assert np.isfinite(gain[leaf.level, leaf.member]).all()
    assert len(grow(gain, {}, 20).after(20)) == 1


def test_a_frequency_is_rounded_and_comes_back():
    assert visits_per_month(0.25) == 1.087 and visits_per_month(1.0) <= 4.3482
