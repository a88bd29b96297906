"""The whole walk over the sample, verb by verb, as a person or a program at the command line sees it."""

from __future__ import annotations

import csv
import datetime as dt
import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import icalendar
import numpy as np
import pandas as pd
import pytest
from walking import SAMPLE, SCENARIOS, Ran, marks, twin

from twin.tasks.export import ONLY_WITH, TABLES
from twin.workspace.store import Workspace

VERBS = (
    "demo",
    "ingest",
    "check",
    "calibrate",
    "backtest",
    "forecast",
    "optimize",
    "align",
    "size",
    "plan",
    "review",
    "calendar",
    "drivers",
    "versions",
    "erase",
    "privacy",
    "links",
    "export",
    "dashboard",
)
APART = {"worth", *(name for name in TABLES if name.startswith("review"))}
WALKED = sorted(set(TABLES) - APART - set(ONLY_WITH))
"""Tables of one walk; a review needs newer data than its calibration, the worth of gaps has a test of its own."""
LEVELS = ("p05", "p10", "p50", "p90", "p95")
TOTALS = ("own_volume", "own_share", "category_volume", "own_volume_unknown", "category_volume_unknown")
WEEKS, DRAWS = 26, 4
RUNS = ("--draws", DRAWS, "--replicates", 1, "--weeks", WEEKS, "--threads", 1, "--json")
COLUMNS = {
    "potential": {
        "customer_id",
        "known",
        "category_mean",
        "category_p10",
        "category_p90",
        "own_mean",
        "own_potential_mean",
    },
    "parameters": {"name", "unit", "mean", "sd", "p05", "p95", "prior", "identified"},
    "rival_calendar": {"brand", "start", "end", "strength", "probability", "recurring", "next_start"},
    "comparison": {
        "scenario",
        "territory_id",
        "probability_of_gain",
        *(f"own_volume_pct_{level}" for level in ("mean", *LEVELS)),
        *(f"own_share_points_{level}" for level in ("mean", *LEVELS)),
    },
}


@dataclass(frozen=True)
class Walk:
    """A workspace in which every verb has run, and what the verbs said."""

    workspace: Path
    out: Path
    scenarios: tuple[Path, ...]
    forecast: Ran
    backtest: Ran
    plan: Ran


def shipped(folder: Path) -> tuple[Path, ...]:
    """Four of the scenarios that come with the twin; the sample has two territories only."""
    folder.mkdir()
    for name in ("status_quo", "light_the_dark_side", "rival_attack_at_the_feast", "more_reps"):
        text = (SCENARIOS / f"{name}.toml").read_text(encoding="utf-8")
        for missing in ("T3", "T5", "T7"):
            text = text.replace(f'"{missing}"', '"T1"')
        text = text.replace("2026-09-07", "2026-05-04")  # nor does the forecast here reach into the autumn
        (folder / f"{name}.toml").write_text(text, encoding="utf-8")
    return tuple(
        folder / f"{name}.toml"
        for name in ("status_quo", "light_the_dark_side", "rival_attack_at_the_feast", "more_reps")
    )


@pytest.fixture(scope="module")
def walk(standing: Any, tmp_path_factory: pytest.TempPathFactory) -> Walk:
    folder = tmp_path_factory.mktemp("walk")
    workspace = Path(shutil.copytree(standing.workspace, folder / "workspace"))
    scenarios = shipped(folder / "scenarios")
    forecast = twin("forecast", *scenarios, "-w", workspace, *RUNS)
    backtest = twin("backtest", "-w", workspace, "--draws", 3, "--origins", 1, "--json")
    optimised = twin("optimize", scenarios[0], "-w", workspace, "--time-budget", 0, *RUNS)
    aligned = twin("align", "-w", workspace, *RUNS)
    sized = twin("size", "--rep-cost", 20_000, "-w", workspace, *RUNS)
    driven = twin("drivers", scenarios[1], "-w", workspace, "--draws", 2, "--weeks", 8, "--threads", 1, "--json")
    others = (optimised, aligned, sized, driven)
    assert not any(ran.status for ran in others), [ran.err for ran in others]
    plan = twin("plan", scenarios[1], "-w", workspace, "--weeks", 2, "--out", folder / "plan", "--json")
    return Walk(workspace, folder / "plan", scenarios, forecast, backtest, plan)


@pytest.fixture(scope="module")
def result(walk: Walk) -> dict[str, Any]:
    return walk.forecast.json


# --- usage -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_helps_itself(verb: str) -> None:
    ran = twin(verb, "--help")
    assert ran.status == 0 and not ran.err
    assert all(option in ran.out for option in ("--json", "--seed", "--workspace"))


def test_help_names_every_verb() -> None:
    ran = twin("--help")
    assert ran.status == 0 and set(VERBS) <= set(ran.out.split())


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("divine",),
        ("ingest",),
        ("check", "--colour"),
        ("calibrate", "--draws", "1"),
        ("calibrate", "--as-of", "31.12.2025"),
        ("calibrate", "--seed", "-1"),
        ("forecast", "--weeks", "0"),
        ("forecast", "--threads", "none"),
        ("plan",),
        ("export", "potential"),
        ("export", "potential", "--out", "x.csv", "--locale", "de"),
        ("dashboard", "--port", "70000"),
    ],
)
def test_wrong_usage_ends_with_two_and_says_how_it_is_used(arguments: tuple[str, ...]) -> None:
    ran = twin(*arguments)
    assert ran.status == 2 and not ran.out
    assert "usage: twin" in ran.err and "Traceback" not in ran.err


# --- ingest, check, calibrate ------------------------------------------------------------------------------------


def test_ingest_says_what_it_took_in(standing: Any) -> None:
    said = standing.ingest.json
    for name in ("customers", "prospects", "sales", "visits", "market_sales"):
        with (SAMPLE / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            listed = sum(1 for _ in csv.reader(file)) - 1
        # linked prospects become the customer; a row repeated exactly is dropped with a warning
        merged = said["links"] if name == "prospects" else 0
        assert listed - 5 <= said["rows"][name] + merged <= listed
    assert said["links"] > 0
    assert dt.date.fromisoformat(said["origin"]).weekday() == 0
    assert all(isinstance(warning, str) for warning in said["warnings"])


def test_the_same_bundle_is_the_same_version(standing: Any, tmp_path: Path) -> None:
    again = twin("ingest", SAMPLE, "-w", tmp_path / "other", "--json").json
    assert again["dataset"] == standing.ingest.json["dataset"]


def test_check_scores_readiness(standing: Any) -> None:
    said = standing.check.json
    assert said["verdict"] in ("ready", "partly ready", "not ready")
    assert said["criteria"] and all(0 <= row["score"] <= 1 for row in said["criteria"])
    assert {row["name"] for row in said["capabilities"]}


def test_every_parameter_is_estimated_or_says_why_not(standing: Any) -> None:
    rows = standing.calibrate.json["parameters"]
    assert COLUMNS["parameters"] <= set(rows[0])
    assert len({row["name"] for row in rows}) == len(rows)
    for row in rows:
        assert row["p05"] <= row["p95"] and row["sd"] >= 0
        assert isinstance(row["identified"], bool)
        assert row["identified"] or row["reason"], f"{row['name']} does not say why it is not identified"


def test_the_same_seed_calibrates_to_the_same_numbers_and_another_to_others(standing: Any, copied: Callable) -> None:
    workspace = copied(standing)
    first = standing.calibrate.json
    again = twin("calibrate", "-w", workspace, "--draws", 6, "--seed", 3, "--json").json
    assert again["parameters"] == first["parameters"]
    assert again["calibration"] == first["calibration"]
    other = twin("calibrate", "-w", workspace, "--draws", 6, "--seed", 4, "--json").json
    assert other["parameters"] != first["parameters"]


def test_as_of_hides_later_data_and_later_customers(standing: Any, copied: Callable) -> None:
    workspace, day = copied(standing), dt.date(2025, 3, 30)
    now = known(workspace)
    then = twin("calibrate", "-w", workspace, "--draws", 3, "--as-of", day, "--json").json
    assert dt.date.fromisoformat(then["origin"]) == dt.date(2025, 3, 31)
    before = known(workspace)
    assert len(before) < len(now) and before <= now
    since = pd.read_csv(SAMPLE / "customers.csv", parse_dates=["known_since"])
    assert set(since.loc[since["known_since"] > pd.Timestamp(day), "customer_id"]).isdisjoint(before)
    later = twin("forecast", "-w", workspace, "--draws", 2, "--replicates", 1, "--weeks", 4, "--json").json
    assert later["origin"] == then["origin"]


def known(workspace: Path) -> set[str]:
    store = Workspace.open(workspace, create=False)
    table = store.table(store.head("calibration"), "potential")
    return set(table.loc[table["known"], "customer_id"])


# --- forecast ----------------------------------------------------------------------------------------------------


def test_forecast_has_the_baseline_first_and_every_scenario(result: dict[str, Any], standing: Any) -> None:
    assert result["origin"] == standing.calibrate.json["origin"]
    assert result["horizon_weeks"] == WEEKS
    names = [row["name"] for row in result["scenarios"]]
    assert names == ["baseline", "Status quo", "Light the dark side", "Rival attack at the feast", "More reps"]
    assert ["versus_baseline" in row for row in result["scenarios"]] == [False, True, True, True, True]


def test_totals_are_ordered_and_inside_one_another(result: dict[str, Any]) -> None:
    for row in result["scenarios"]:
        totals = row["totals"]
        assert set(TOTALS) <= set(totals)
        for name in TOTALS:
            assert set(totals[name]) == {"mean", *LEVELS}
            ordered(totals[name], LEVELS)
        assert totals["own_share"]["p05"] > 0 and totals["own_share"]["p95"] < 1
        assert 0 < totals["own_volume_unknown"]["mean"] < totals["own_volume"]["mean"]
        assert totals["own_volume"]["mean"] < totals["category_volume"]["mean"]
        assert totals["category_volume_unknown"]["mean"] < totals["category_volume"]["mean"]
        assert sum(row["brand_share"].values()) == pytest.approx(1.0)
        assert set(row["brand_share"]) == set(pd.read_csv(SAMPLE / "brands.csv")["brand"])
        assert row["brand_share"]["Ours"] == pytest.approx(totals["own_share"]["mean"])


def test_weeks_follow_one_another_from_the_origin(result: dict[str, Any]) -> None:
    first = dt.date.fromisoformat(result["origin"])
    for row in result["scenarios"]:
        assert [week["week_start"] for week in row["weekly"]] == [
            str(first + dt.timedelta(7 * w)) for w in range(WEEKS)
        ]
        for week in row["weekly"]:
            ordered(week["own_volume"], ("p10", "p50", "p90"))
            ordered(week["own_share"], ("p10", "p50", "p90"))


def ordered(quantiles: dict[str, float], levels: tuple[str, ...]) -> None:
    values = [quantiles[level] for level in levels]
    assert values == sorted(values), quantiles
    assert set(levels) <= set(quantiles)


def test_differences_from_the_baseline_are_paired(result: dict[str, Any]) -> None:
    for row in result["scenarios"][1:]:
        versus = row["versus_baseline"]
        assert {"own_volume_pct", "own_share_points", "probability_of_gain"} <= set(versus)
        assert 0 <= versus["probability_of_gain"] <= 1
        for measure in ("own_volume_pct", "own_share_points"):
            assert set(versus[measure]) == {"mean", *LEVELS}
            ordered(versus[measure], LEVELS)
        assert (versus["own_volume_pct"]["p05"] > 0) <= (versus["probability_of_gain"] >= 0.9)


def test_a_scenario_that_changes_nothing_differs_by_exactly_zero(result: dict[str, Any]) -> None:
    base, same = result["scenarios"][:2]
    versus = same["versus_baseline"]
    assert set(versus["own_volume_pct"].values()) == set(versus["own_share_points"].values()) == {0.0}
    assert versus["probability_of_gain"] == 0
    assert same["totals"] == base["totals"] and same["weekly"] == base["weekly"]


def test_scenarios_that_change_something_differ(result: dict[str, Any]) -> None:
    for row in result["scenarios"][2:]:
        assert row["versus_baseline"]["own_volume_pct"]["mean"] != 0


def test_the_same_seed_forecasts_the_same_numbers_and_another_seed_others(walk: Walk, result: dict[str, Any]) -> None:
    again = twin("forecast", *walk.scenarios, "-w", walk.workspace, *RUNS).json
    since = {"forecast", "looking_back"}  # a backtest was made in between, and forecasts carry what it says
    assert {key: again[key] for key in set(again) - since} == {key: result[key] for key in set(result) - since}
    short = ("forecast", "-w", walk.workspace, "--draws", 2, "--replicates", 1, "--weeks", 4, "--json")
    one, other = twin(*short).json, twin(*short, "--seed", 1).json
    assert one["scenarios"][0]["totals"] != other["scenarios"][0]["totals"]
    assert (
        twin("forecast", *walk.scenarios, "-w", walk.workspace, *RUNS).json == again
    )  # its tables are the newest again


def test_two_threads_give_the_numbers_of_one(walk: Walk) -> None:
    arguments = ("forecast", walk.scenarios[1], "-w", walk.workspace, "--draws", 3, "--replicates", 2, "--weeks", 8)
    one, two = (twin(*arguments, "--threads", n, "--json").json for n in (1, 2))
    assert one == two
    assert twin("forecast", *walk.scenarios, "-w", walk.workspace, *RUNS).status == 0


def test_the_baseline_alone_can_be_forecast_and_exported(walk: Walk, tmp_path: Path) -> None:
    workspace = Path(shutil.copytree(walk.workspace, tmp_path / "alone"))
    said = twin("forecast", "-w", workspace, "--draws", 2, "--replicates", 1, "--weeks", 4, "--json").json
    assert [row["name"] for row in said["scenarios"]] == ["baseline"]
    for form in ("csv", "xlsx", "parquet", "json"):
        ran = twin("export", "comparison", "-w", workspace, "--out", tmp_path / f"c.{form}", "--json")
        assert ran.json["rows"] == 0


# --- backtest and plan -------------------------------------------------------------------------------------------


def test_backtest_stands_beside_the_naive_forecast(walk: Walk) -> None:
    said = walk.backtest.json
    assert {"own_volume", "brand_share", "category_volume"} <= set(said["verdict"])
    for row in said["rows"]:
        assert row["p10"] <= row["p90"]
        assert np.isfinite([row["actual"], row["forecast"], row["naive"]]).all()
        assert row["inside_80"] == (row["p10"] <= row["actual"] <= row["p90"])
    for origin in said["origins"]:
        shares = [row for row in said["rows"] if (row["measure"], row["origin"]) == ("brand_share", origin)]
        for figure in ("actual", "forecast", "naive"):
            assert sum(row[figure] for row in shares) == pytest.approx(1.0)


def test_plan_is_written_in_every_format(walk: Walk) -> None:
    said = walk.plan.json
    assert said["visits"] > 0 and said["reps"] > 0
    assert {Path(file).suffix for file in said["files"]} == {".csv", ".xlsx", ".ics", ".geojson"}
    assert all(Path(file).is_file() for file in said["files"])
    rows = pd.read_csv(walk.out / "plan.csv")
    assert (rows["kind"] == "visit").sum() == said["visits"] and (rows["kind"] == "task").sum() == said["tasks"]
    days = pd.to_datetime(rows["date"])
    assert str(days.min().date()) >= said["start"] and str(days.max().date()) <= said["end"]
    places = json.loads((walk.out / "plan.geojson").read_text(encoding="utf-8"))
    assert places["type"] == "FeatureCollection" and places["features"]


def test_calendars_hold_every_visit_of_their_rep(walk: Walk) -> None:
    rows = pd.read_csv(walk.out / "plan.csv")
    files = sorted(walk.out.glob("*.ics"))
    assert len(files) == rows["rep_id"].nunique()
    for file in files:
        calendar = icalendar.Calendar.from_ical(file.read_bytes())
        events = [event for event in calendar.walk("VEVENT") if isinstance(event.decoded("dtstart"), dt.datetime)]
        visits = rows[(rows["rep_id"] == file.stem.removeprefix("plan-")) & (rows["kind"] == "visit")]
        assert len(visits) and len(events) >= len(visits)
        starts = {event.decoded("dtstart").strftime("%Y-%m-%dT%H:%M") for event in events}
        assert set(pd.to_datetime(visits["start"]).dt.strftime("%Y-%m-%dT%H:%M")) <= starts
        assert len({str(event["uid"]) for event in events}) == len(events)
        assert all(event.decoded("dtstart").tzinfo is not None for event in events)


# --- tables ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("table", WALKED)
def test_every_table_can_be_had_in_every_form(walk: Walk, tmp_path: Path, table: str) -> None:
    files = {form: tmp_path / f"{table}.{form}" for form in ("csv", "xlsx", "parquet", "json")}
    rows = {
        form: twin("export", table, "-w", walk.workspace, "--out", file, "--json").json for form, file in files.items()
    }
    whole = pd.read_parquet(files["parquet"])
    assert {said["rows"] for said in rows.values()} == {len(whole)}
    assert COLUMNS.get(table, set()) <= set(whole.columns)
    listed = json.loads(files["json"].read_text(encoding="utf-8"))
    assert len(listed) == len(whole)
    if len(whole):
        assert list(listed[0]) == list(whole.columns)
    for read in (pd.read_csv(files["csv"]), pd.read_excel(files["xlsx"], engine="calamine")):
        assert len(read) == len(whole)
        assert [str(name) for name in read.columns] == list(whole.columns)


@pytest.mark.parametrize("table", sorted(ONLY_WITH))
def test_a_table_that_was_not_made_says_how_it_is_made(walk: Walk, tmp_path: Path, table: str) -> None:
    ran = twin("export", table, "-w", walk.workspace, "--out", tmp_path / "table.csv")
    assert ran.status == 1 and len(ran.messages) == 1 and ONLY_WITH[table] in ran.err


@pytest.mark.parametrize("table", WALKED)
def test_tables_with_places_become_maps_and_others_say_why_not(walk: Walk, tmp_path: Path, table: str) -> None:
    file = tmp_path / f"{table}.geojson"
    ran = twin("export", table, "-w", walk.workspace, "--out", file, "--json")
    if table in ("potential", "plan", "alignment", "alignment_customers", "probe_plan"):
        features = json.loads(file.read_text(encoding="utf-8"))["features"]
        assert len(features) == ran.json["rows"] and (features or table in ("alignment_customers", "probe_plan"))
    else:
        assert ran.status == 1 and len(ran.messages) == 1 and "lon" in ran.err
        assert not file.exists()


def test_comparison_has_a_row_a_scenario_and_territory(walk: Walk, result: dict[str, Any], tmp_path: Path) -> None:
    table = exported(walk.workspace, "comparison", tmp_path)
    pairs = set(zip(table["scenario"], table["territory_id"]))
    names = [row["name"] for row in result["scenarios"][1:]]
    assert pairs == {(name, place) for name in names for place in ("all", "T1", "T2")} and len(pairs) == len(table)
    whole = table[table["territory_id"] == "all"].set_index("scenario")
    for row in result["scenarios"][1:]:
        versus = row["versus_baseline"]
        assert whole.loc[row["name"], "own_volume_pct_mean"] == pytest.approx(versus["own_volume_pct"]["mean"])
        assert whole.loc[row["name"], "probability_of_gain"] == pytest.approx(versus["probability_of_gain"])


def test_potential_has_every_customer_once_with_a_sound_interval(walk: Walk, standing: Any, tmp_path: Path) -> None:
    table = exported(walk.workspace, "potential", tmp_path)
    rows = standing.ingest.json["rows"]
    assert len(table) == table["customer_id"].nunique() == rows["customers"] + rows["prospects"]
    assert table["known"].sum() == rows["customers"]
    assert (table["category_p10"] <= table["category_p90"]).all()
    assert (table[["category_mean", "own_mean", "own_potential_mean"]] >= 0).all().all()
    assert (table.loc[~table["known"], "own_mean"] == 0).all() or table["own_mean"].notna().all()


def test_the_rival_calendar_names_rivals_and_real_dates(walk: Walk, tmp_path: Path) -> None:
    table = exported(walk.workspace, "rival_calendar", tmp_path)
    assert len(table) and "Ours" not in set(table["brand"])
    assert (pd.to_datetime(table["start"]) <= pd.to_datetime(table["end"])).all()
    assert table["probability"].between(0, 1).all()
    assert table.loc[table["recurring"], "next_start"].notna().all()


def exported(workspace: Path, table: str, folder: Path) -> pd.DataFrame:
    file = folder / "table.parquet"
    assert twin("export", table, "-w", workspace, "--out", file).status == 0
    return pd.read_parquet(file)


def test_reading_changes_nothing(walk: Walk, tmp_path: Path) -> None:
    before = marks(walk.workspace)
    assert twin("check", "-w", walk.workspace).status == 0
    assert marks(walk.workspace) == before
    assert twin("export", "potential", "-w", walk.workspace, "--out", tmp_path / "p.csv").status == 0
    # what goes out is written down, and nothing else changes
    assert {name for name, mark in marks(walk.workspace).items() if before.get(name) != mark} == {"catalogue.sqlite"}


# --- the least bundle --------------------------------------------------------------------------------------------


def test_three_tables_are_enough_to_begin_and_the_twin_says_what_it_cannot_know(
    least: Any, copied: Callable, tmp_path: Path
) -> None:
    said = least.calibrate.json
    assert not said["diagnostics"]["visit_effect"]["identified"]
    assert any("visits" in note.lower() and "prior" in note.lower() for note in said["diagnostics"]["notes"])
    assert any("share: not known" in note for note in said["diagnostics"]["notes"])
    workspace = copied(least)
    (tmp_path / "push.toml").write_text('name = "push"\n[market]\ndemand_factor = 1.1\n', encoding="utf-8")
    future = twin("forecast", tmp_path / "push.toml", "-w", workspace, *RUNS).json
    for row in future["scenarios"]:
        for name in ("own_share", "category_volume", "category_volume_unknown"):
            assert set(row["totals"][name].values()) == {None}
        assert row["totals"]["own_volume"]["mean"] > 0
        assert all(week["own_share"] == {"p10": None, "p50": None, "p90": None} for week in row["weekly"])
    assert future["scenarios"][1]["versus_baseline"]["own_volume_pct"]["mean"] == pytest.approx(10, abs=3)
    assert set(future["scenarios"][1]["versus_baseline"]["own_share_points"].values()) == {None}
    assert twin("export", "comparison", "-w", workspace, "--out", tmp_path / "c.json").status == 0


@pytest.mark.slow
def test_demo_runs_every_verb_and_is_used_again(tmp_path: Path) -> None:
    (tmp_path / "scenarios").mkdir()
    (tmp_path / "scenarios" / "quo.toml").write_text('name = "Status quo"\n', encoding="utf-8")
    arguments = (
        "demo",
        "--no-dashboard",
        "--outlets",
        400,
        "--scenarios",
        tmp_path / "scenarios",
        "-w",
        tmp_path / "w",
        "--json",
    )
    made = twin(*arguments).json
    assert {"dataset", "calibration", "forecast", "plan", "workspace"} <= set(made)
    before = marks(tmp_path / "w")
    assert twin(*arguments).json == made
    assert marks(tmp_path / "w") == before
