"""twin align and twin size, end to end on the sample."""

from __future__ import annotations

import csv
import json
import shutil
from xml.etree import ElementTree

import pytest
from walking import twin

from twin.scenario import files

QUICK = ("--draws", 3, "--weeks", 26, "--threads", 1, "--json")
REP_COST = 20_000


@pytest.fixture(scope="module")
def aligned(standing, tmp_path_factory):
    """A copy of the calibrated sample with one new map in it, what was said of it, and the folder of its pictures."""
    folder = tmp_path_factory.mktemp("aligned")
    workspace = folder / "workspace"
    shutil.copytree(standing.workspace, workspace)
    first = twin("align", "-w", workspace, *QUICK)
    other = next(row["map"] for row in first.json["frontier"] if row["map"] != "today")
    return workspace, twin("align", "-w", workspace, "--choose", other, "--out", folder / "map", *QUICK), folder / "map"


@pytest.fixture(scope="module")
def sized(standing, tmp_path_factory):
    workspace = tmp_path_factory.mktemp("sized") / "workspace"
    shutil.copytree(standing.workspace, workspace)
    return workspace, twin("size", "-w", workspace, "--rep-cost", REP_COST, *QUICK)


def test_the_frontier_begins_with_today_which_gains_exactly_nothing_on_itself(aligned):
    _, ran, _ = aligned
    today, *others = ran.json["frontier"]
    assert today["map"] == "today" and today["moved_customers_pct"] == 0.0
    assert {today[f"own_volume_pct_{level}"] for level in ("mean", "p10", "p90")} == {0.0} and today[
        "profit_mean"
    ] == 0.0
    assert others and all(row["moved_customers_pct"] > 0 for row in others)
    spread = {row["map"]: row["cv_workload_pct"] ** 2 + row["cv_potential_pct"] ** 2 for row in ran.json["frontier"]}
    balanced = [row["map"] for row in others if row["map"] != "most_profit"]
    assert all(spread[name] <= spread["today"] + 1e-9 for name in balanced)


def test_the_new_map_is_a_scenario_that_other_verbs_take(aligned):
    workspace, ran, _ = aligned
    said = ran.json
    row = next(row for row in said["frontier"] if row["map"] == said["chosen"])
    scenario = files.load(workspace / "scenarios" / "new_territories.toml")
    assert scenario.field_force.alignment.endswith("new_territories_areas.csv")
    again = twin("forecast", said["file"], "-w", workspace, "--weeks", 26, "--draws", 3, "--replicates", 1, "--json")
    gain = again.json["scenarios"][1]["versus_baseline"]["own_volume_pct"]["mean"]
    assert gain == pytest.approx(row["own_volume_pct_mean"], abs=1e-3)
    with open(said["areas_file"], encoding="utf-8-sig") as file:
        listed = list(csv.DictReader(file))
    assert list(listed[0]) == [said["key"], "territory_id"]


def test_the_map_is_drawn_before_and_after(aligned):
    _, ran, folder = aligned
    areas = json.loads((folder / "areas.geojson").read_text(encoding="utf-8"))["features"]
    moved = [area for area in areas if area["properties"]["moved"]]
    row = next(row for row in ran.json["frontier"] if row["map"] == ran.json["chosen"])
    assert len(moved) == row["moved_areas"] > 0
    assert all(area["properties"]["before"] != area["properties"]["after"] for area in moved)
    drawing = ElementTree.parse(folder / "map.svg").getroot()
    titles = [text.text for text in drawing.iter("{http://www.w3.org/2000/svg}text")]
    assert titles[:1] == ["Before"] and "After" in titles
    hatched = [shape for shape in drawing.iter() if shape.get("fill") == "url(#moved)"]
    assert len(hatched) == len(moved)


def test_customers_who_change_hands_are_listed_with_what_is_at_stake(aligned, tmp_path):
    workspace, *_ = aligned
    out = tmp_path / "moved.csv"
    rows = twin("export", "alignment_customers", "-w", workspace, "--out", out, "--json").json["rows"]
    with open(out, encoding="utf-8-sig") as file:
        listed = list(csv.DictReader(file))
    assert len(listed) == rows > 0
    sales = [float(row["own_sales_a_year"]) for row in listed]
    assert sales == sorted(sales, reverse=True)
    assert all(0 <= float(row["at_risk_first_year"]) <= float(row["own_sales_a_year"]) for row in listed)
    assert all(row["territory_before"] != row["territory_id"] for row in listed)


@pytest.mark.parametrize(
    ("asked", "word"),
    [
        (("--choose", "the_best"), "today"),
        (("--lock-territory", "nowhere"), "nowhere"),
        (("--lock-area", "B999x"), "B999x"),
    ],
)
def test_unknown_names_are_refused_with_a_cure(aligned, asked, word):
    workspace, _, _ = aligned
    ran = twin("align", "-w", workspace, *asked, *QUICK)
    assert ran.status == 1 and len(ran.messages) == 1 and word in ran.err


def test_locked_territories_keep_what_they_have(aligned):
    workspace, _, _ = aligned
    zones = [row["territory_id"] for row in twin("align", "-w", workspace, *QUICK).json["territories"]]
    locked = [word for zone in zones for word in ("--lock-territory", zone)]
    said = twin("align", "-w", workspace, *locked, *QUICK).json
    assert {row["moved_areas"] for row in said["frontier"]} == {0} and said["file"] is None


def test_sizes_are_lived_through_and_todays_gains_nothing(sized):
    _, ran = sized
    said = ran.json
    lived = {row["reps"]: row for row in said["curve"] if row["twin_profit_mean"] is not None}
    assert {said["today"], said["best"]} <= set(lived)
    assert lived[said["today"]]["twin_profit_mean"] == 0.0 == lived[said["today"]]["twin_own_volume_pct_mean"]
    volume = [lived[size]["twin_own_volume_pct_mean"] for size in sorted(lived)]
    assert volume == sorted(volume)
    low, high = said["best_band"]
    assert low <= high and said["flat"][0] <= said["best"] <= said["flat"][1]
    assert sum(row["best"] for row in said["reps"]) == said["best"]


def test_what_a_rep_costs_decides_how_many_there_are(sized):
    workspace, ran = sized
    dear = twin("size", "-w", workspace, "--rep-cost", 1e9, "--name", "dear", *QUICK).json
    assert dear["best"] == min(row["reps"] for row in dear["curve"]) <= ran.json["best"]
    cost = {row["reps"]: row["twin_profit_mean"] for row in dear["curve"] if row["twin_profit_mean"] is not None}
    more = max(cost)
    assert cost[more] == pytest.approx(-1e9 * (more - dear["today"]) * 26 / 52, rel=1e-2)


def test_a_range_without_todays_force_is_refused(sized):
    workspace, _ = sized
    ran = twin("size", "-w", workspace, "--rep-cost", 1, "--from", 50, "--to", 60, *QUICK)
    assert ran.status == 1 and "--from" in ran.err
