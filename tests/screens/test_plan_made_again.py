"""A plan that is made again tells the same of what found no place: in the result, in the table and on the page."""

from __future__ import annotations

import shutil
from collections import Counter
from pathlib import Path
from typing import NamedTuple

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from dashboard.views.plan_downloads import file_name
from dashboard.words import Words
from twin.tasks import results
from twin.tasks.plans import plan_desk
from twin.tasks.plans.plan import run_plan
from twin.tasks.plans.plan_edits import DROP, LOCK, Edit, keep_wishes, wishes_of, with_edit
from twin.tasks.plans.replan import UNKNOWN_WISHES, run_replan
from twin.workspace.store import Workspace

PROMISES = """name = "Promises"

[[targeting.frequency]]
visits_per_month = 4.0
"""
"""More than reps can make."""


class Made(NamedTuple):
    """A plan with many wishes that found no place."""

    store: Workspace
    result: dict
    files: Path


@pytest.fixture(scope="module")
def made(full: Path, tmp_path_factory: pytest.TempPathFactory) -> Made:
    root = tmp_path_factory.mktemp("promises")
    shutil.copytree(full, root / "workspace")
    (root / "promises.toml").write_text(PROMISES)
    store = Workspace.open(root / "workspace")
    result = run_plan(store, root / "promises.toml", n_weeks=1, out=root / "files", formats=("csv",))
    return Made(store, result, root / "files")


def wishes_left(store: Workspace, plan: str) -> Counter:
    table = results.table(store.path, plan, "unserved")
    return Counter(zip(table["customer_id"], table["channel"], table["week"], table["reason_key"], strict=True))


def edit_of(row: pd.Series, kind: str) -> Edit:
    day = row["date"].date()
    return Edit(kind, row["customer_id"], row["rep_id"], day, row["visit_id"], day)


@pytest.fixture(scope="module")
def again(made: Made) -> dict:
    row = results.table(made.store.path, made.result["plan"], "plan").iloc[3]
    return run_replan(made.store, keep=made.result["plan"], edits=[edit_of(row, LOCK)])


def test_what_found_no_place_is_conserved_by_a_plan_made_again(made, again):
    first, last = wishes_left(made.store, made.result["plan"]), wishes_left(made.store, again["plan"])
    assert made.result["unserved"] == first.total() > 100
    assert (again["visits"], again["unserved"]) == (made.result["visits"], made.result["unserved"])
    assert last == first and again["unserved"] == last.total()
    assert made.result["warnings"] == again["warnings"]


def test_a_folder_that_does_not_say_what_found_no_place_is_told(made, tmp_path):
    toml, elsewhere = made.files.parent / "promises.toml", tmp_path / "workspace"
    shutil.copytree(made.store.path, elsewhere)
    result = run_replan(Workspace.open(elsewhere), keep=made.files, scenario=toml)
    assert UNKNOWN_WISHES in result["warnings"]
    said = Words("tr").sentence(UNKNOWN_WISHES)
    assert "sürümünü" in said and "The" not in said


def page_of(folder: Path, monkeypatch: pytest.MonkeyPatch, language: str = "en") -> AppTest:
    monkeypatch.setenv("TWIN_WORKSPACE", str(folder))
    page = AppTest.from_function(_plan_page, default_timeout=120)
    page.query_params["lang"] = language
    page.run()
    assert not page.exception
    return page


def _plan_page() -> None:
    from dashboard.views import visit_plan

    visit_plan.render()


@pytest.mark.parametrize("language", ["en", "tr"])
def test_the_page_says_the_same_with_whole_reasons_and_names(made, again, language, monkeypatch):
    page, words = page_of(made.store.path, monkeypatch, language), Words(language)
    heads = results.heads(made.store.path)
    unserved = results.table(made.store.path, heads["plan"].id, "unserved")
    shown = next(each for each in page.metric if each.label == words("plan.unserved"))
    assert shown.value == words.number(len(unserved))
    captions = [str(each.value) for each in page.caption]
    assert words("plan.all_served") not in captions
    counts, rows = (each.value for each in page.table[-2:])
    reason = unserved["reason_tr" if language == "tr" else "reason"]
    assert set(counts[words("column.reason")]) == set(reason)
    best = unserved.sort_values("lost_gain", ascending=False, kind="stable")["customer_id"].iloc[0]
    desk = plan_desk.open_desk(made.store.path, heads["plan"].id)
    assert rows[words("column.customer")].iloc[0] == f"{desk.world.population.names[desk.customer[best]]} ({best})"
    dark, lost = plan_desk.not_buying(desk, desk.rows[desk.rows["kind"] == "visit"])
    assert words("plan.dark", n=words.number(dark), lost=words.number(lost)) in captions


def test_those_who_do_not_buy_are_counted_apart_and_together_are_all_who_bring_nothing_yet(made):
    desk = plan_desk.open_desk(made.store.path, made.result["plan"])
    visits = desk.rows[desk.rows["kind"] == "visit"]
    dark, lost = plan_desk.not_buying(desk, visits)
    buys = [desk.stage[desk.customer[id]] in (1, 2) for id in visits["customer_id"].unique()]
    assert dark + lost == len(buys) - sum(buys) and dark > 0 and lost > 0


def test_the_label_of_a_day_is_drawn_anew_when_a_new_plan_has_other_visits_on_it(made, again, monkeypatch):
    folder, head = made.store.path, results.heads(made.store.path)["plan"].id
    page, words = page_of(folder, monkeypatch), Words("en")
    rep, day = page.selectbox(key="rep").value, page.selectbox(key="day").value
    page.run()
    assert not page.selectbox(key="day").proto.set_value  # nothing has changed: whoever is choosing is not disturbed
    rows = results.table(folder, head, "plan")
    mine = rows[(rows["rep_id"] == rep) & (rows["date"] == pd.Timestamp(day)) & (rows["kind"] == "visit")]
    run_replan(made.store, keep=head, edits=[edit_of(mine.iloc[0], DROP)])
    page.run()
    field = page.selectbox(key="day")
    assert field.value == day and field.proto.set_value
    chosen = next(label for label in field.options if label.startswith(words.weekday(day)))
    assert chosen.endswith(words.many("plan.n_visits", len(mine) - 1))


def test_what_is_wished_by_hand_is_seen_in_the_label_at_once(made, monkeypatch):
    folder, head = made.store.path, results.heads(made.store.path)["plan"].id
    page = page_of(folder, monkeypatch)
    rep, day = page.selectbox(key="rep").value, page.selectbox(key="day").value
    rows = results.table(folder, head, "plan")
    mine = rows[(rows["rep_id"] == rep) & (rows["date"] == pd.Timestamp(day)) & (rows["kind"] == "visit")]
    keep_wishes(folder, head, with_edit(wishes_of(folder, head), edit_of(mine.iloc[0], DROP)))
    page.run()
    assert page.selectbox(key="day").proto.set_value


def test_downloads_say_what_they_are_and_wait_while_a_plan_is_made(made, monkeypatch):
    start = made.result["start"]
    assert file_name("ics", "", start, True) == f"plan-calendar-{start}.zip"
    assert file_name("gpx", "R-1", start, False) == f"plan-gps-R-1-{start}.gpx"
    assert file_name("pdf", "", start, True) == f"plan-day-sheets-{start}.zip"
    assert (file_name("csv", "", start, False), file_name("crm", "R-1", start, False)) == ("plan.csv", "crm-R-1.csv")
    words = Words("en")
    idle = page_of(made.store.path, monkeypatch)
    assert not any(each.disabled for each in idle.download_button)
    monkeypatch.setattr("dashboard.jobs_panel.busy", lambda verbs: "plan" in verbs)
    waiting = page_of(made.store.path, monkeypatch)
    assert all(each.disabled for each in waiting.download_button)
    assert words("plan.downloads_wait") in [str(each.value) for each in waiting.caption]
