"""twin optimize, end to end on the sample."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from walking import SCENARIOS, marks, twin

from twin.scenario import files
from twin.scenario.scenario import GOALS
from twin.tasks.field_force.optimize_settings import MODES, OptimizeSettings
from twin.tasks.terminal import arguments

QUICK = ("--draws", 3, "--replicates", 1, "--weeks", 26, "--threads", 1)


@pytest.fixture(scope="module")
def optimised(standing, tmp_path_factory):
    """A copy of the calibrated sample with one call plan in it, and what was said of it."""
    import shutil

    workspace = tmp_path_factory.mktemp("optimised") / "workspace"
    shutil.copytree(standing.workspace, workspace)
    return workspace, twin("optimize", "-w", workspace, "--json", *QUICK)


def test_the_result_has_the_optimisers_figures_beside_the_gain_of_the_twin(optimised):
    _, ran = optimised
    said = ran.json
    own, seen = said["optimiser"], said["twin"]
    assert own["worth_today"] <= own["worth"] <= own["bound"] * (1 + 1e-9) and own["gap_pct"] <= 0.5
    assert set(seen["gain"]) >= {"mean", "p05", "p50", "p95", "unit", "probability_of_gain"}
    assert seen["gain"]["mean"] == pytest.approx(seen["versus_baseline"]["own_volume_pct"]["mean"], abs=1e-6)
    names = [row["name"] for row in said["forecast"]["scenarios"]]
    assert names == ["baseline", said["scenario"]]
    assert said["visits"]["per_week"] <= said["visits"]["per_week_capacity"] * (1 + 1e-7)
    assert said["visits"]["minutes_per_week"] <= said["visits"]["minutes_per_week_capacity"] * (1 + 1e-7)
    assert all(row["worth_of_a_minute_per_week"] >= 0 for row in said["territories"])
    assert sum(row["number"] for row in said["who"]) > 0 and said["notes"]


def test_the_scenario_is_a_file_that_the_other_verbs_take(optimised):
    workspace, ran = optimised
    file = Path(ran.json["file"])
    assert file.parent == workspace / "scenarios" and tomllib.loads(file.read_text(encoding="utf-8"))
    assert files.load(file).targeting.frequency
    again = twin("forecast", file, "-w", workspace, "--json", "--weeks", 26, "--draws", 3, "--replicates", 1)
    gain = again.json["scenarios"][1]["versus_baseline"]["own_volume_pct"]["mean"]
    assert gain == pytest.approx(ran.json["twin"]["gain"]["mean"], abs=1e-6)


def test_the_tables_can_be_taken_away(optimised, tmp_path):
    workspace, ran = optimised
    for table, least in (("allocation", 150), ("allocation_territories", 2)):
        out = twin("export", table, "-w", workspace, "--out", tmp_path / f"{table}.csv", "--json")
        assert out.json["rows"] >= least
    head = (tmp_path / "allocation.csv").read_text(encoding="utf-8-sig").splitlines()[0]
    assert head.startswith("customer_id") and "visits_per_month" in head
    assert ran.json["allocation"].startswith("allocation-")


def test_the_same_question_has_the_same_answer(optimised):
    workspace, ran = optimised
    file = Path(ran.json["file"])
    before = file.read_bytes()
    again = twin("optimize", "-w", workspace, "--json", *QUICK)
    assert file.read_bytes() == before and again.json["optimiser"] == ran.json["optimiser"]


def test_all_of_today_kept_differs_by_exactly_zero(optimised):
    workspace, _ = optimised
    for asked in (("--keep", 100), ("--mode", "increment")):
        said = twin("optimize", "-w", workspace, "--json", "--name", "still", *asked, *QUICK).json
        gain = said["twin"]["gain"]
        assert {gain[level] for level in ("mean", "p05", "p50", "p95")} == {0.0}
        assert any("nothing changes" in note for note in said["notes"])


def test_goal_limits_and_service_of_a_scenario_are_kept(optimised, tmp_path):
    workspace, _ = optimised
    asked = tmp_path / "asked.toml"
    asked.write_text(
        'name = "Asked"\n[goal]\nmaximise = "own_value"\n[field_force]\ncapacity_factor = 1.2\n'
        '[[targeting.frequency]]\nwhere = "known and size_class >= 4"\nvisits_per_month = 0.5\n',
        encoding="utf-8",
    )
    ran = twin("optimize", asked, "-w", workspace, "--json", "--max-visits", 2.5, "--explore", 0.3, *QUICK)
    said = ran.json
    assert said["goal"] == "own_value" and said["scenario"] == "Asked, optimised"
    scenario = files.load(Path(said["file"]))
    assert scenario.field_force.capacity_factor == 1.2
    assert max(rule.visits_per_month for rule in scenario.targeting.frequency) <= 2.5
    others = [row["visits_per_week"] for row in said["who"] if row["customers"] != "buying"]
    assert sum(others) >= 0.25 * said["visits"]["per_week_capacity"]


def test_rules_in_place_of_names_say_what_they_lose(optimised):
    workspace, ran = optimised
    said = twin("optimize", "-w", workspace, "--json", "--form", "rules", "--name", "in rules", *QUICK).json
    assert said["expression"]["form"] == "rules" and 0.0 <= said["expression"]["lost_pct"] < 10.0
    assert "customer_id" not in Path(said["file"]).read_text(encoding="utf-8")
    assert said["optimiser"] == ran.json["optimiser"]


def test_words_for_a_person_name_the_gain_and_not_the_optimisers_figure(optimised):
    workspace, _ = optimised
    ran = twin("optimize", "-w", workspace, "--goal", "contribution", "--margin", 0.4, *QUICK, "--name", "money")
    assert ran.status == 0 and "Gain in the twin:" in ran.out and "not the gain" in ran.out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--mode", "keep"), ("--mode keep", "--keep")),
        (("--mode", "fresh", "--keep", 50), ("--keep", "--mode")),
        (("nowhere.toml",), ("nowhere.toml",)),
        (("--max-change", 0.001), ("--max-change",)),
        (("--form", "list", "--name", "x" * 300), ("name",)),
    ],
)
def test_what_cannot_be_done_is_said_and_changes_nothing(optimised, arguments, words):
    workspace, _ = optimised
    before = marks(workspace)
    ran = twin("optimize", "-w", workspace, *arguments, *QUICK)
    assert ran.status == 1 and ran.out == ""
    assert all(word in " ".join(ran.messages) for word in words)
    assert "Traceback" not in ran.err and marks(workspace) == before


@pytest.mark.parametrize("wrong", [("--keep", 101), ("--explore", "half"), ("--goal", "fame"), ("--time-budget", -1)])
def test_wrong_usage_ends_with_two(optimised, wrong):
    assert twin("optimize", "-w", optimised[0], *wrong).status == 2


def test_a_file_that_a_person_wrote_is_left_alone(optimised):
    workspace, _ = optimised
    mine = workspace / "scenarios" / "mine.toml"
    mine.write_text('name = "mine"\n', encoding="utf-8")
    ran = twin("optimize", "-w", workspace, "--name", "mine", *QUICK)
    assert ran.status == 1 and "mine.toml" in ran.err
    assert mine.read_text(encoding="utf-8") == 'name = "mine"\n'


def test_where_nobody_visits_there_is_nothing_to_plan(least, copied):
    ran = twin("optimize", "-w", copied(least), *QUICK)
    assert ran.status == 1 and "expected somebody who visits" in ran.err


def test_value_without_prices_is_refused(least, copied):
    ran = twin("optimize", "-w", copied(least), "--goal", "own_value", *QUICK)
    assert ran.status == 1 and "prices" in ran.err


def test_the_shipped_scenarios_can_be_optimised_in_principle():
    for path in sorted(SCENARIOS.glob("*.toml")):
        assert OptimizeSettings(goal=files.load(path).goal.maximise).keep == 0.0


def test_the_command_line_knows_every_goal_and_mode():
    import argparse

    verb = argparse.ArgumentParser()
    arguments.of_optimize(verb)
    choices = {action.dest: action.choices for action in verb._actions}
    assert tuple(choices["goal"]) == GOALS and tuple(choices["mode"]) == MODES
