"""Figures say what they rest on: who has left, which forecast, what a parameter is called, what bands are worth."""

from __future__ import annotations

import shutil
from pathlib import Path

import pandas as pd
import pytest
from test_pages import opened, said

from dashboard import state
from dashboard.views import diagnostics, potential_status
from dashboard.words import LANGUAGES, Words
from twin.tasks import results
from twin.workspace.store import Workspace

EN, TR = Words("en"), Words("tr")


@pytest.fixture
def copy(full: Path, tmp_path: Path) -> Path:
    folder = tmp_path / "copy"
    shutil.copytree(full, folder)
    return folder


def lapsed(folder: Path) -> pd.DataFrame:
    rows = results.table(folder, results.heads(folder)["dataset"].id, "table_customers")
    return rows[rows["status"] == "lapsed"].set_index("customer_id")


@pytest.mark.parametrize("language", LANGUAGES)
def test_who_has_left_is_shown_as_such_with_the_day(language: str, full: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    words, gone = Words(language), lapsed(full)
    page = opened("potential", language, full, monkeypatch)
    table = page.dataframe[0].value.set_index(words("column.customer_id"))[words("column.status")]
    for customer, day in gone["left_on"].items():
        expected = words("standing.left") if pd.isna(day) else words("potential.left_on", date=words.date(day))
        assert table[customer] == expected
    assert (table == words("standing.active")).sum() == (table.index.str.startswith("C-")).sum() - len(gone)


def test_the_filters_tell_customers_from_those_who_have_left(full: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = opened("potential", "en", full, monkeypatch)
    key = EN("column.customer_id")
    page.session_state["who"] = "left"
    assert set(page.run().dataframe[0].value[key]) == set(lapsed(full).index)
    page.session_state["who"] = "known"
    assert not set(page.run().dataframe[0].value[key]) & set(lapsed(full).index)


def test_the_reasons_of_one_who_has_left_begin_with_that(full: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = opened("potential", "en", full, monkeypatch)
    gone = lapsed(full).dropna(subset=["left_on", "left_reason"])
    page.session_state["who"] = "left"
    page.session_state["sought"] = str(gone.index[0])
    page.run()
    when = EN("potential.left_on", date=EN.date(gone["left_on"].iloc[0]))
    assert any(when in each.value for each in page.warning)
    page.session_state["who"] = "known"
    page.session_state["sought"] = ""
    assert not page.run().warning


def test_the_overview_says_how_many_of_the_known_have_left(full: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = said(opened("overview", "en", full, monkeypatch))
    assert EN("overview.left", n=EN.number(len(lapsed(full)))) in text


def test_the_overview_names_the_forecast_that_its_figures_come_from(
    full: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text, version = said(opened("overview", "en", full, monkeypatch)), results.heads(full)["forecast"]
    assert version.id.rpartition("-")[2][:6] in text and EN.moment(version.created) in text


@pytest.mark.parametrize(("inside", "warned"), [(0.3, True), (0.8, False)])
def test_a_band_that_past_outcomes_lay_outside_is_not_shown_without_saying_so(
    inside: float, warned: bool, copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, heads = Workspace.open(copy), results.heads(copy)
    score = {"mean_absolute_error": 1.0, "naive_mean_absolute_error": 2.0, "naive_wins": False}
    verdict = {"own_volume_known": {**score, "inside_80": 0.9}, "own_volume_in_books": {**score, "inside_80": inside}}
    store.publish("backtest", {"verdict": verdict}, {}, (heads["dataset"].id,))
    text = said(opened("overview", "en", copy, monkeypatch))
    assert (EN("overview.too_narrow", inside="30%", measure=EN("measure.own_volume_in_books")) in text) is warned


@pytest.mark.parametrize(
    ("words", "text", "told"),
    [
        (EN, "Learn next: reaction.", "Learn next: Rivals' reaction."),
        (TR, "Learn next: reaction.", "Sırada öğrenilecek: Rakiplerin tepkisi."),
        (EN, "2 of 3 parameters are priors; carryover: 0.5 to 0.7 (new)",
         "2 of 3 parameters are priors; Carry-over: 0.5 to 0.7 (new)"),
        (EN, "without ground: reaction, loss", "without ground: Rivals' reaction, Loss of a customer"),
        (EN, "totals off: Ours (audit)", "totals off: Ours (audit)"),
    ],
)  # fmt: skip
def test_parameters_of_the_health_card_have_their_phrase(words: Words, text: str, told: str) -> None:
    assert diagnostics._named(words.sentence(text), words) == told


def test_cells_off_are_named_in_turkish() -> None:
    text = "totals off: Ours (audit); farthest off: B1 / Ours (audit), B2 / Rival (books)"
    assert TR.sentence(text) == (
        "toplamı bandının dışında kalanlar: Ours (pazar ölçümü); "
        "bandından en uzak olanlar: B1 / Ours (pazar ölçümü), B2 / Rival (defterler)"
    )


def test_a_depth_that_the_calibration_in_use_was_made_with_is_not_called_untried(
    full: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    captions = opened("calibration", "en", full, monkeypatch).radio(key="mode").proto.captions
    assert EN("calibration.untimed") in captions[0] and EN("calibration.untried") in captions[1]


@pytest.mark.parametrize("language", LANGUAGES)
def test_attributes_are_said_in_words(language: str, full: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tables = opened("overview", language, full, monkeypatch).table
    evidence = " ".join(str(text) for text in tables[-1].value.iloc[2])
    assert Words(language)("attribute.outlet_type") in evidence and "_" not in evidence


def test_an_attribute_that_nobody_has_named_is_said_with_blanks() -> None:
    assert potential_status.attribute("opening_hours_kind", EN) == "opening hours kind"


def test_who_leaves_is_read_once_for_all(full: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened("potential", "en", full, monkeypatch)
    asked: list[str] = []
    monkeypatch.setattr(state, "whole", lambda version, part: asked.append(part))
    opened("potential", "tr", full, monkeypatch)
    assert asked == []
