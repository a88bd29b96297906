"""Pages of the analyst: what they show, what they ask for, and that their buttons do what they say."""

from __future__ import annotations

import datetime as dt
import shutil
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest
from test_pages import opened, said

from dashboard.words import LANGUAGES, Words
from twin.tasks import results
from twin.tasks.calendar import calendar_page
from twin.tasks.data import uploads
from twin.tasks.learning import learned
from twin.tasks.service import job_files, jobs
from twin.tasks.service.jobs import Job

VIEWS = ("data", "calibration", "diagnostics", "rival_calendar", "potential", "runs")
EN = Words("en")


@pytest.fixture
def copy(full: Path, tmp_path: Path) -> Path:
    folder = tmp_path / "copy"
    shutil.copytree(full, folder)
    return folder


def started(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, list[str]]]:
    """What pages ask to be run, instead of running it."""
    asked: list[tuple[str, list[str]]] = []
    monkeypatch.setattr(
        jobs, "start", lambda workspace, verb, arguments=(), who="": asked.append((verb, list(arguments)))
    )
    return asked


def press(page: AppTest, label: str) -> AppTest:
    return next(button for button in page.button if button.label == label).click().run()


def ended(folder: Path, verb: str, arguments: tuple[str, ...], **told: Any) -> Job:
    """A job that has come to its end, as the worker leaves it."""
    id = job_files.new_id(folder)
    (job_files.folder_of(folder, id)).mkdir(parents=True)
    command = ("python", "-m", "twin", verb, "-w", str(folder), "--json", *arguments)
    job = Job(id, verb, command, "2026-01-01T00:00:00+00:00", **{"state": jobs.DONE, **told})
    job_files.write(job_files.folder_of(folder, id), job)
    return job


def printed(folder: Path, job: Job, text: str) -> None:
    (job_files.folder_of(folder, job.id) / "stdout").write_text(text, encoding="utf-8")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("kind", ["full", "bare"])
def test_every_page_of_the_analyst_shows_itself(kind, view, language, request, monkeypatch):
    page = opened(view, language, request.getfixturevalue(kind), monkeypatch)
    assert not page.exception
    assert len(page.title) == 1


@pytest.mark.parametrize("view", VIEWS)
def test_a_page_without_a_workspace_makes_none_and_says_what_to_do(view, tmp_path, monkeypatch):
    page = opened(view, "en", tmp_path / "nothing", monkeypatch)
    assert not page.exception and not (tmp_path / "nothing").exists()
    assert said(page)


@pytest.mark.parametrize("tab", ["health", "parameters", "curves", "fit", "recovery", "backtest", "readiness"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_part_of_the_diagnostics_shows_itself(tab, language, full, monkeypatch):
    monkeypatch.setenv("TWIN_WORKSPACE", str(full))
    page = opened("diagnostics", language, full, monkeypatch)
    page.session_state["view"] = tab
    assert not page.run().exception


def test_the_health_card_names_every_light_and_the_cure_of_the_bad_ones(full, monkeypatch):
    page = opened("diagnostics", "en", full, monkeypatch)
    card = results.document(full, results.heads(full)["calibration"].id, "health")
    assert len(page.table[0].value) == len(card["checks"])
    text = said(page)
    for check in card["checks"]:
        if check["verdict"] in ("fail", "review"):
            assert check["about"].replace("'", "") in text.replace("\\", "").replace("'", "")


def test_the_health_card_is_turkish_to_the_last_sentence(full):
    words, card = Words("tr"), results.table(full, results.heads(full)["calibration"].id, "health_table")
    told = [
        words.sentence(text) for name in ("about", "threshold", "reason", "action") for text in card[name][1:] if text
    ]
    english = {"the", "of", "and", "is", "are", "with", "from", "within", "that", "not", "than", "what"}
    assert [text for text in told if english & set(text.lower().split())] == []


def test_the_chosen_depth_and_date_are_what_is_calibrated(full, monkeypatch):
    asked = started(monkeypatch)
    page = opened("calibration", "en", full, monkeypatch)
    page.radio(key="mode").set_value("quick")
    page.date_input(key="as_of").set_value(dt.date(2025, 6, 30))
    press(page.run(), EN("calibration.calibrate"))
    assert asked == [("calibrate", ["--mode", "quick", "--draws", "100", "--as-of", "2025-06-30"])]


def test_how_long_a_depth_takes_is_told_from_what_it_took_here(copy, monkeypatch):
    times = {"started": "2026-01-01T00:00:00+00:00", "ended": "2026-01-01T00:07:00+00:00"}
    ended(copy, "calibrate", ("--mode", "none", "--draws", "100"), **times)
    page = opened("calibration", "en", copy, monkeypatch)
    assert "7 min" in page.radio(key="mode").proto.captions[0]
    assert EN("calibration.untried") in page.radio(key="mode").proto.captions[1]


def test_a_folder_is_checked_before_anything_is_published(full, tmp_path, monkeypatch):
    asked = started(monkeypatch)
    page = opened("data", "en", full, monkeypatch)
    page.text_input(key="bundle_folder").input(str(tmp_path)).run()
    press(page, EN("data.check"))
    assert asked == [("ingest", [str(tmp_path), "--dry-run"])]


CHANGE = """{"dataset": "", "published": false, "how": "add", "since": "dataset-1", "rows": {"sales": 3},
"warnings": [],
"change": {"rows": [{"table": "sales", "before": 2, "after": 3}], "months": [{"table": "sales", "month": "2026-01",
"brand": "Ours", "rows_before": 0, "rows_after": 1, "volume_before": 0, "volume_after": 4}], "ids": [], "consents": [],
"closed": 0, "reopened": 0, "slips": %s}}"""
SLIP = '[{"where": "sales", "expected": "12 months", "found": "9"}]'


@pytest.mark.parametrize("slips", ["[]", SLIP])
def test_what_was_seen_is_what_is_published_and_a_slip_asks_twice(slips, copy, monkeypatch):
    job = ended(copy, "ingest", ("/bundle", "--dry-run", "--add"))
    printed(copy, job, CHANGE % slips)
    asked = started(monkeypatch)
    page = opened("data", "en", copy, monkeypatch)
    assert not page.exception
    button = next(each for each in page.button if each.label == EN("data.publish"))
    assert button.disabled is (slips == SLIP)
    if slips == SLIP:
        page.checkbox(key="accept").check().run()
    press(page, EN("data.publish"))
    assert asked == [("ingest", ["/bundle", "--add", *(["--accept"] if slips == SLIP else [])])]


def test_the_problems_of_files_are_shown_and_can_be_taken_away(copy, monkeypatch):
    fault = {"file": "sales.csv", "row": 7, "where": "volume", "expected": "a number", "found": "x", "cure": "Mend it.",
             "count": 1}  # fmt: skip
    ended(copy, "ingest", ("/bundle", "--dry-run"), state=jobs.FAILED, problems=(fault,), error="1 problems")
    page = opened("data", "tr", copy, monkeypatch)
    assert not page.exception
    assert any("sales.csv" in str(each.value) for each in page.dataframe)
    assert any(Words("tr")("data.problems_download") in each.label for each in page.download_button)


def test_a_move_that_is_added_by_form_stands_in_the_calendar_and_waits_for_a_calibration(copy, monkeypatch):
    page = opened("rival_calendar", "en", copy, monkeypatch)
    page.date_input(key="add_days").set_value((dt.date(2026, 5, 4), dt.date(2026, 5, 31)))
    page.text_input(key="add_why").input("their rep told ours")
    press(page, EN.named("teach_do", "add"))
    assert not page.exception
    told = calendar_page.moves(copy)
    assert told["pending"] == 1
    assert [(row["action"], row["start"], row["why"]) for row in told["remarks"]] == [
        ("add", "2026-05-04", "their rep told ours")
    ]
    asked = started(monkeypatch)
    press(opened("rival_calendar", "en", copy, monkeypatch), EN("rivals.recalibrate"))
    assert asked and asked[0][0] == "calibrate"


def test_a_move_without_a_reason_is_refused_in_plain_words(copy, monkeypatch):
    page = opened("rival_calendar", "en", copy, monkeypatch)
    page.date_input(key="add_days").set_value((dt.date(2026, 5, 4), dt.date(2026, 5, 31)))
    press(page, EN.named("teach_do", "add"))
    assert calendar_page.moves(copy)["pending"] == 0
    assert [each.value for each in page.error] == [EN("teach.slip_why")]


def test_a_chosen_customer_is_explained_and_the_factors_come_to_the_published_figure(full):
    version = results.heads(full)["calibration"].id
    found = learned.reasons(full, version)
    rows = results.table(full, version, "potential").set_index("customer_id")
    for customer in rows.index[::40]:
        told = learned.why_potential(found, str(customer))
        product = told["typical"] * pd.Series([one["factor"] for one in told["reasons"]]).prod()
        assert product == pytest.approx(float(rows.at[customer, "category_mean"]), rel=1e-6)


def test_the_filters_of_the_potential_choose_rows(full, monkeypatch):
    page = opened("potential", "en", full, monkeypatch)
    whole = len(page.dataframe[0].value)
    page.session_state["who"] = "unknown"
    some = page.run().dataframe[0].value
    assert 0 < len(some) < whole
    assert set(some[EN("column.status")]) == {EN("standing.unknown")}


def test_curves_pass_through_today_and_mark_what_history_has_seen(full):
    rows = learned.response_curves(full, results.heads(full)["calibration"].id)
    visit = rows[rows["channel"] == "visit"]
    near = (visit["rate"] - visit["now"]).abs().idxmin()
    assert abs(visit.loc[near, "mean"]) < 12
    assert (visit["p05"] <= visit["mean"] + 1e-9).all() and (visit["mean"] <= visit["p95"] + 1e-9).all()
    assert visit["rate"].max() > visit["seen"].iloc[0]


def test_the_run_centre_shows_why_a_run_failed_and_runs_it_again(copy, monkeypatch):
    ended(
        copy,
        "plan",
        ("a.toml", "--weeks", "2"),
        state=jobs.FAILED,
        error="The run was ended from outside (SIGTERM). Start it again.",
    )
    asked = started(monkeypatch)
    page = opened("runs", "tr", copy, monkeypatch)
    assert not page.exception
    assert any("dışarıdan" in each.value for each in page.code)
    press(page, Words("tr")("runs.repeat"))
    assert asked == [("plan", ["a.toml", "--weeks", "2"])]


def test_a_mapping_that_is_no_toml_is_refused(tmp_path):
    from twin.errors import InputError

    with pytest.raises(InputError):
        uploads.keep_mapping(tmp_path, "[tables")
    assert uploads.keep_mapping(tmp_path, "[tables]\n").read_text() == "[tables]\n"
