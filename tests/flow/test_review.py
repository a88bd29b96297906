"""twin review, end to end: a plan as of an earlier day, held against what came."""

from __future__ import annotations

import csv
import shutil

import pandas as pd
import pytest
from walking import SCENARIOS, twin

from twin.tasks.shelf import DATASET, PLAN, load_dataset
from twin.workspace.store import Workspace

EARLIER = "2025-09-28"
QUICK = ("--draws", 6, "--threads", 1, "--json")


@pytest.fixture(scope="module")
def reviewed(standing, tmp_path_factory):
    """Calibrated as of an earlier day, planned from there, reviewed with the data of today: baseline, then plan."""
    folder = tmp_path_factory.mktemp("reviewed")
    workspace = folder / "workspace"
    shutil.copytree(standing.workspace, workspace)
    too_early = twin("review", "-w", workspace, *QUICK)
    assert not twin("calibrate", "--as-of", EARLIER, "--draws", 8, "-w", workspace).status
    baseline = twin("review", "-w", workspace, *QUICK)
    scenario = folder / "status_quo.toml"
    shutil.copy(SCENARIOS / "status_quo.toml", scenario)
    assert not twin("plan", scenario, "--weeks", 6, "-w", workspace).status
    return workspace, too_early, baseline, twin("review", "-w", workspace, *QUICK)


def test_without_newer_data_it_says_what_to_do(reviewed):
    _, ran, _, _ = reviewed
    assert ran.status == 1 and len(ran.messages) == 1 and "--as-of" in ran.err and not ran.out


def test_without_a_plan_the_baseline_is_held_against_what_came(reviewed):
    workspace, _, ran, _ = reviewed
    said = ran.json
    assert said["scenario"] == "baseline" and said["adherence"] is None and said["plan"] is None
    world, history, _ = load_dataset(Workspace.open(workspace, create=False))
    rows = {(row["where"], row["measure"]): row for row in said["target"]}
    whole = rows["all", "own_volume"]
    zones = [row for (where, measure), row in rows.items() if measure == "own_volume" and where != "all"]
    assert whole["actual"] == pytest.approx(sum(row["actual"] for row in zones))
    booked = history.own_sales.volume[
        history.own_sales.periods.start[history.own_sales.period] >= pd.Timestamp(EARLIER)
    ]
    assert 0 < whole["actual"] <= booked.sum() + 1e-6
    parts = said["causes"]
    rest = parts["visits"] + (parts["market"] or 0.0) + parts["rest"]
    assert rest == pytest.approx(whole["actual"] - whole["target"])
    assert {("all", "new_customers"), ("all", "category_volume")} <= set(rows) and len(world.territories) == len(zones)


def test_every_planned_visit_is_accounted_for(reviewed, tmp_path):
    workspace, _, _, ran = reviewed
    said = ran.json["adherence"]
    assert said["planned"] == said["kept"] + said["moved"] + said["missed"] > 0
    assert sum(row["planned"] for row in said["by_rep"]) == said["planned"]
    store = Workspace.open(workspace, create=False)
    plan = store.table(store.head(PLAN), "plan")
    assert said["planned"] == int((plan["kind"] == "visit").sum())
    twin("export", "review_visits", "-w", workspace, "--out", tmp_path / "visits.csv")
    with open(tmp_path / "visits.csv", encoding="utf-8-sig") as file:
        status = [row["status"] for row in csv.DictReader(file)]
    assert status.count("not_planned") == said["not_planned"] and len(status) == said["planned"] + said["not_planned"]


def test_it_says_what_to_do_about_what_was_missed(reviewed):
    _, _, _, ran = reviewed
    gains = [one["expected_gain"] for one in ran.json["actions"]]
    assert gains and gains == sorted(gains, reverse=True)
    assert all(alert["alert"] and alert["action"] and alert["alert_tr"] for alert in ran.json["alerts"])


def test_a_plan_that_was_followed_is_seen_to_be(reviewed):
    """What was really done, taken for the plan, is kept to the last visit."""
    workspace, *_ = reviewed
    store = Workspace.open(workspace, create=False)
    world, *_ = load_dataset(store)
    listed = store.table(store.head(DATASET), "table_visits")
    days = pd.to_datetime(listed["date"])
    first = pd.Timestamp("2025-10-06")
    chosen = listed[(listed["channel"] == "visit") & (days >= first) & (days < first + pd.Timedelta(weeks=4))]
    chosen = chosen[chosen["customer_id"].isin(set(world.population.ids.tolist()))]
    old = store.head(PLAN)
    names = ["visit_id", "rep_id", "customer_id", "customer_name"]
    table = pd.DataFrame({name: chosen.get(name, pd.Series("x", index=chosen.index)) for name in names})
    table = table.assign(kind="visit", date=pd.to_datetime(chosen["date"]), expected_gain=1.0)
    store.publish(PLAN, {"plan": table}, {"start": "2025-10-06", "n_weeks": 4}, parents=old.parents)
    said = twin("review", "-w", workspace, *QUICK).json
    assert said["adherence"]["made_pct"] == 100.0 and said["adherence"]["missed"] == 0 == said["adherence"]["moved"]
    assert said["adherence"]["not_planned"] == 0 and not said["actions"]
    assert not [alert for alert in said["alerts"] if alert["key"] == "visits_missed"]
