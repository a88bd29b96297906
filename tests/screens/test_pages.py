"""Every page shows itself in both languages: with all results, with the least of a bundle, and with nothing."""

from __future__ import annotations

import re
import shutil
from itertools import pairwise
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

import dashboard
from dashboard.words import LANGUAGES, Words, catalogue
from twin.tasks import results
from twin.tasks.service import jobs
from twin.workspace.store import Workspace

VIEWS = {"overview": "overview", "compare": "compare", "calibration": "calibration", "visit_plan": "plan"}
"""Modules of the pages, and the group of phrases of each."""
ENTRY = Path(dashboard.__file__).with_name("app.py")


def _script(view: str) -> None:
    import importlib

    importlib.import_module(f"dashboard.views.{view}").render()


def opened(view: str, language: str, workspace: Path, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    """A page after its first run."""
    monkeypatch.setenv("TWIN_WORKSPACE", str(workspace))
    page = AppTest.from_function(_script, default_timeout=60, kwargs={"view": view})
    page.session_state["lang"] = language
    return page.run()


def said(page: AppTest) -> str:
    """All texts of a page."""
    kinds = ("title", "header", "markdown", "caption", "warning", "success", "error", "code")
    return "\n".join(str(element.value) for kind in kinds for element in getattr(page, kind))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("kind", ["full", "bare"])
def test_every_page_shows_itself(kind, view, language, request, monkeypatch):
    page = opened(view, language, request.getfixturevalue(kind), monkeypatch)
    assert not page.exception
    assert [title.value for title in page.title] == [Words(language)(f"{VIEWS[view]}.title")]


@pytest.mark.parametrize("view", VIEWS)
def test_a_page_without_results_says_what_makes_them(view, tmp_path, monkeypatch):
    page = opened(view, "en", tmp_path / "nothing", monkeypatch)
    assert not page.exception
    assert re.search(r"twin (ingest|calibrate)|Bring data", said(page))
    assert not (tmp_path / "nothing").exists(), "looking made a workspace"


@pytest.mark.parametrize("view", VIEWS)
def test_a_turkish_page_holds_no_english_phrase_of_ours(view, full, monkeypatch):
    text = said(opened(view, "tr", full, monkeypatch))
    english, turkish = catalogue("en"), catalogue("tr")
    ours = [value for key, value in english.items() if value != turkish[key] and len(value) > 12 and "{" not in value]
    assert [phrase for phrase in ours if phrase in text] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_navigation_names_every_page(language, full, monkeypatch):
    monkeypatch.setenv("TWIN_WORKSPACE", str(full))
    app = AppTest.from_file(ENTRY, default_timeout=60)
    app.query_params["lang"] = language
    app.run()
    assert not app.exception
    assert app.title[0].value == Words(language)("overview.title")
    assert full.name in app.caption[-1].value or any(full.name in each.value for each in app.caption)


def test_without_market_sales_the_share_is_said_to_be_unknown(bare, monkeypatch):
    page = opened("overview", "en", bare, monkeypatch)
    assert Words("en")("overview.share_unseen") in said(page)
    assert Words("en")("overview.no_map") in said(page)
    assert "no_visits" not in said(page)


def test_without_reps_there_is_no_plan_and_it_is_said_why(bare, monkeypatch):
    page = opened("visit_plan", "en", bare, monkeypatch)
    assert Words("en")("plan.no_reps") in said(page)


def test_every_visit_has_a_reason_in_the_readers_language(full, monkeypatch):
    page, head = opened("visit_plan", "tr", full, monkeypatch), Words("tr")("column.reason")
    reasons = next(table.value[head] for table in page.dataframe if head in table.value)
    assert len(reasons) and reasons.str.len().min() > 0
    assert not reasons.str.contains("Buys from us|usual visit").any()


def test_a_prior_is_marked_as_one(bare, monkeypatch):
    page = opened("diagnostics", "en", bare, monkeypatch)
    page.session_state["view"] = "parameters"
    page.run()
    words = Words("en")
    table = next(each.value for each in page.dataframe if words("column.source") in each.value)
    parameters = results.table(bare, results.heads(bare)["calibration"].id, "parameters")
    marked = table[words("column.source")].str.startswith("○").to_numpy()
    assert (marked == ~parameters["identified"].to_numpy()).all()


def test_forecasts_older_than_the_calibration_are_marked(full, tmp_path, monkeypatch):
    copy = tmp_path / "copy"
    shutil.copytree(full, copy)
    store, heads = Workspace.open(copy), results.heads(copy)
    store.publish("calibration", {"health": {}}, dict(heads["calibration"].meta), (heads["dataset"].id,))
    page = opened("compare", "en", copy, monkeypatch)
    assert Words("en")("compare.stale") in said(page)


def test_chosen_scenarios_are_run_as_a_job(full, tmp_path, monkeypatch):
    started = []
    monkeypatch.setattr(jobs, "start", lambda _, verb, arguments=(), *who: started.append((verb, list(arguments))))
    page = opened("compare", "en", full, monkeypatch)
    path = next(each.path for each in results.scenario_files(full) if each.path.stem == "more_reps")
    page.multiselect(key="run_scenarios").select(str(path))
    next(button for button in page.button if button.label == Words("en")("run.start")).click().run()
    assert started == [("forecast", [str(path), "--draws", "40", "--weeks", "52"])]


def test_a_failed_job_shows_its_problems(full, tmp_path, monkeypatch):
    copy = tmp_path / "copy"
    shutil.copytree(full, copy)
    problem = {
        "file": "sales.csv",
        "row": 7,
        "where": "volume",
        "expected": "a number",
        "found": "x",
        "cure": "Mend it.",
    }
    failed = jobs.Job(
        "20260101T000000-abcdef", "ingest", (), "2026-01-01T00:00:00+00:00", jobs.FAILED, problems=(problem,)
    )
    monkeypatch.setattr(jobs, "listed", lambda workspace, limit=20: [failed])
    page = opened("data", "tr", copy, monkeypatch)
    assert not page.exception
    assert any("sales.csv" in str(each.value) for each in page.dataframe)
    assert any(Words("tr")("state.failed") in each.value for each in page.error)


@pytest.mark.parametrize("form", ["csv", "xlsx", "ics", "geojson"])
def test_the_plan_can_be_taken_away(full, form):
    plan = results.heads(full)["plan"].id
    name, content = results.plan_file(full, plan, form, "tr")
    assert name.startswith("plan") and len(content) > 500
    if form == "csv":
        assert content.startswith(b"\xef\xbb\xbf") and "reason_tr" not in content.decode("utf-8-sig")


def test_shapes_run_clockwise_so_that_a_map_fills_their_inside(full):
    bricks = results.bricks(full, results.heads(full)["calibration"].id)
    ring = bricks["shape"].dropna().iloc[0]["coordinates"][0]
    area = sum(x0 * y1 - x1 * y0 for (x0, y0), (x1, y1) in pairwise(ring))
    assert area < 0
