"""Attribution: parts sum to the whole in every run, and order decides nothing."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from itertools import permutations
from pathlib import Path

import numpy as np
import pytest

from twin.errors import TwinError
from twin.forecast.attribution import LEVERS, attribute, levers_of, orders_of, selections
from twin.scenario import files
from twin.scenario.scenario import BASELINE, FieldForce, Promotion, RepChange, Scenario, Targeting

SHIPPED = sorted((Path(__file__).resolve().parents[3] / "scenarios").glob("*.toml"))


def runs(scenario, value, n_runs=5):
    """What selections would bring if ``value`` of the set of parts were the truth; runs differ by a factor."""
    factor = np.linspace(1.0, 2.0, n_runs)
    lived = {chosen: (factor * value(chosen), factor * 400.0) for chosen in selections(scenario)}
    return lived | {frozenset(): (factor * value(frozenset()), factor * 400.0)}


def scenario_of(n):
    """A scenario with the first ``n`` of six parts."""
    parts = (
        {"field_force": FieldForce(1.2, "balanced", (RepChange("T1", 1),))},
        {"targeting": Targeting(0.3, known_rank="potential")},
        {"promotions": (Promotion("Ours", dt.date(2026, 3, 2), 2),)},
    )
    made = Scenario("x", **{key: value for part in parts for key, value in part.items()})
    left = levers_of(made)[:n]
    so_far = replace(BASELINE, name="x")
    for lever in left:
        so_far = lever.pick(made, so_far)
    return so_far


@pytest.mark.parametrize("n", [1, 2, 4, 5, 6])
def test_contributions_sum_to_the_whole_in_mean_even_where_parts_work_together(n):
    scenario = scenario_of(n)
    weights = np.arange(1.0, n + 1)

    def value(chosen):
        linear = sum(weights[k] for k in chosen)
        return 100.0 + linear + 0.5 * linear**2

    rows = attribute(levers_of(scenario), runs(scenario, value), True)
    assert [row["lever"] for row in rows] == [lever.name for lever in levers_of(scenario)] + ["whole"]
    for measure in ("own_volume_pct", "own_share_points"):
        assert np.isclose(sum(row[measure]["mean"] for row in rows[:-1]), rows[-1][measure]["mean"])


def test_a_part_that_brings_nothing_gets_exactly_nothing():
    scenario = scenario_of(5)
    rows = attribute(levers_of(scenario), runs(scenario, lambda chosen: 100.0 + 3.0 * len(chosen - {2})), True)
    assert rows[2]["own_volume_pct"]["mean"] == rows[2]["own_volume_pct"]["p95"] == 0.0
    assert rows[2]["probability_of_gain"] == 0.0


def test_parts_that_bring_the_same_get_the_same_wherever_they_stand():
    scenario = scenario_of(4)
    rows = attribute(levers_of(scenario), runs(scenario, lambda chosen: 100.0 + len(chosen) ** 2), True)
    assert len({round(row["own_volume_pct"]["mean"], 9) for row in rows[:-1]}) == 1


@pytest.mark.parametrize("n", [5, 6, 9])
def test_beyond_a_few_parts_each_takes_every_place_equally_often(n):
    orders = orders_of(n)
    places = np.array([[order.index(part) for part in range(n)] for order in orders])
    assert (np.sort(places, axis=0) == np.repeat(np.arange(n), 2)[:, None]).all()
    assert len({frozenset(o[:k]) for o in orders for k in range(n + 1)}) == n * (n - 1) + 2


def test_up_to_four_parts_every_order_counts():
    assert sorted(orders_of(3)) == sorted(permutations(range(3)))


@pytest.mark.parametrize("file", SHIPPED, ids=lambda file: file.stem)
def test_all_parts_together_are_the_scenario_itself(file):
    scenario = files.load(file)
    levers, made = levers_of(scenario), selections(scenario)
    assert bool(levers) != scenario.changes_nothing
    if levers:
        assert replace(made[frozenset(range(len(levers)))], name=scenario.name) == scenario
    assert len({each.name for each in made.values()}) == len(made)


def test_every_part_of_the_grammar_belongs_to_a_lever():
    touched = set()
    whole = files.loads(EVERYTHING)
    for lever in LEVERS:
        picked = lever.pick(whole, replace(BASELINE, name="x"))
        touched |= {name for name in vars(whole) if getattr(picked, name) != getattr(BASELINE, name)}
    assert touched - {"name"} == set(vars(whole)) - {"name", "note", "horizon_weeks", "goal"}
    assert replace(selections(whole)[frozenset(range(len(levers_of(whole))))], name="x") == whole


def test_without_market_data_points_of_share_are_not_known():
    scenario = scenario_of(2)
    rows = attribute(levers_of(scenario), runs(scenario, lambda chosen: 100.0 + len(chosen)), False)
    assert {row["own_share_points"]["mean"] for row in rows} == {None}


def test_a_baseline_that_sells_nothing_is_refused():
    scenario = scenario_of(1)
    with pytest.raises(TwinError, match="baseline"):
        attribute(levers_of(scenario), runs(scenario, lambda chosen: 0.0 if not chosen else 1.0), True)


EVERYTHING = """
name = "x"
[field_force]
capacity_factor = 1.2
alignment = "balanced"
[[field_force.change]]
territory = "T1"
reps = 1
[targeting]
unknown_share = 0.3
unknown_rank = "potential"
known_rank = "potential"
drop_small = 0.1
[[targeting.frequency]]
visits_per_month = 2
[channels]
mode = "omnichannel"
factor = {email = 1.5}
[[journey]]
steps = [{channel = "visit"}]
[[promotion]]
brand = "Ours"
from = 2026-09-07
weeks = 3
[[competitor_campaign]]
brand = "R"
from = 2026-05-04
weeks = 6
[competitors]
learned_campaigns = false
reaction = "passive"
[market]
demand_factor = 0.9
[[market.shock]]
from = 2026-03-16
weeks = 10
demand_factor = 0.7
"""
