"""The rivals' calendar: a move that is asked for is found, the chosen one stays chosen, a tone means one thing."""

from __future__ import annotations

import datetime as dt
import shutil
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest
from test_pages import opened

from dashboard.charts import rivals
from dashboard.views import rival_calendar
from dashboard.words import LANGUAGES, Words
from twin.tasks.calendar import calendar_page
from twin.tasks.service import due

EN = Words("en")


@pytest.fixture
def copy(full: Path, tmp_path: Path) -> Path:
    folder = tmp_path / "copy"
    shutil.copytree(full, folder)
    return folder


def press(page: AppTest, label: str) -> AppTest:
    return next(button for button in page.button if button.label == label).click().run()


def asked_for(folder: Path, monkeypatch: pytest.MonkeyPatch) -> due.Awaited:
    """One move of the calendar, by no means the newest, on which a word is awaited."""
    moves = [move for move in calendar_page.moves(folder)["moves"] if move["next_start"]]
    move = min(moves, key=lambda move: move["start"])
    one = due.Awaited(dt.date.fromisoformat(move["next_start"]), move["brand"], move["next_probability"], move["id"])
    monkeypatch.setattr(due, "awaited", lambda moves, today, origin=None: [one])
    return one


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_move_that_awaits_a_word_stands_first_with_what_the_overview_says_of_it(
    language: str, copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, words = asked_for(copy, monkeypatch), Words(language)
    page = opened("rival_calendar", language, copy, monkeypatch)
    page.session_state["teach"] = "confirm"
    field = page.run().selectbox(key="move")
    assert page.session_state["move"] == one.id
    assert field.options[0].startswith("●") and not field.options[1].startswith("●")
    for said in (one.brand, words.date(one.start), words.percent(one.chance)):
        assert said in field.options[0]


def test_what_is_expected_is_marked_where_a_word_is_awaited_or_its_day_has_passed() -> None:
    days = pd.to_datetime(["2025-03-02", "2025-06-01", "2024-03-03"])
    rows = pd.DataFrame(
        {"id": ["new", "other", "old"], "brand": "Rival", "start": days, "anchor": "date", "next_probability": 0.6,
         "next_start": pd.to_datetime(["2026-03-02", "2026-01-05", "2026-03-02"])}
    )  # fmt: skip
    shown: list[pd.DataFrame] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rival_calendar.frame, "shown", lambda table, *_: shown.append(table))
        rival_calendar._expected.__wrapped__(rows, ["new"], dt.date(2026, 2, 1), EN)
    assert list(shown[0]["status"]) == [EN("rivals.asked"), EN("rivals.past")]


@pytest.mark.parametrize("between", ["add", "edit", "reject"])
def test_the_chosen_move_stays_chosen_whatever_is_looked_at_between(
    between: str, copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = opened("rival_calendar", "en", copy, monkeypatch)
    page.session_state["teach"] = "confirm"
    field = page.run().selectbox(key="move")
    chosen = field.options[3]
    field.select(chosen).run()
    for kind in (between, "reject"):
        page.session_state["teach"] = kind
        page.run()
    move = page.session_state["move"]
    assert page.selectbox(key="move").options[3] == chosen
    page.text_input(key=f"why-reject-{move}").input("a delivery stop of ours")
    press(page, EN.named("teach_do", "reject"))
    told = calendar_page.moves(copy)
    row = next(row for row in told["remarks"] if row["action"] == "reject")
    assert chosen.startswith(f"{row['brand']}: {EN.date(row['start'])}")
    # who presses sees beside the button which move it is about, and afterwards which one it was
    assert any(f"{row['brand']}, {EN.date(row['start'])}" in each.value for each in page.toast)


def test_the_move_is_named_beside_the_button(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = opened("rival_calendar", "en", copy, monkeypatch)
    page.session_state["teach"] = "reject"
    page.run()
    move = next(move for move in calendar_page.moves(copy)["moves"] if move["id"] == page.session_state["move"])
    named = f"{move['brand']}, {EN.date(move['start'])} – {EN.date(move['end'])}"
    assert any(each.value == f"**{named}**" for each in page.markdown)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_move_without_days_and_reason_is_refused_in_a_sentence_below_each_field(
    language: str, copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = Words(language)
    page = opened("rival_calendar", language, copy, monkeypatch)
    before = len(page.dataframe)
    press(page, words.named("teach_do", "add"))
    assert sorted(each.value for each in page.error) == sorted([words("teach.slip_days"), words("teach.slip_why")])
    assert len(page.dataframe) == before and calendar_page.moves(copy)["pending"] == 0


def pieces(code: str) -> pd.DataFrame:
    day = pd.Timestamp(2024, 3, 1)
    return pd.DataFrame(
        {"id": ["m"], "brand": ["Rival"], "year": [2025], "first": [day], "last": [day + pd.Timedelta(days=9)],
         "code": [code], "kind": [code], "probability": [0.1], "said": [""]}
    )  # fmt: skip


def drawn(code: str, kinds: tuple[str, ...], chosen: str = "") -> dict[str, Any]:
    chart = rivals.by_year(pieces(code), {name: name for name in kinds}, EN, chosen)
    return dict(chart.to_dict(validate=True))


def tones(told: dict[str, Any]) -> dict[str, str]:
    scale = told["layer"][0]["encoding"]["fill"]["scale"]
    return dict(zip(scale["domain"], scale["range"], strict=True))


def test_a_tone_means_the_same_in_every_calendar() -> None:
    few, many = tones(drawn("once", ("once", "add"))), tones(drawn("once", tuple(rival_calendar._KINDS), "m"))
    assert few == {name: many[name] for name in few}
    assert len({many[name] for name in many}) == len(rival_calendar._KINDS)


def test_what_was_rejected_is_told_without_colour() -> None:
    coding = drawn("reject", ("once", "reject"))["layer"][0]["encoding"]
    assert coding["fill"]["scale"]["range"][1] == "transparent"
    assert coding["strokeDash"]["scale"]["range"] == [[1, 0], [4, 3]]


@pytest.mark.parametrize(("language", "first"), [("en", "format"), ("tr", "'%'")])
def test_percent_stands_where_the_language_puts_it(language: str, first: str) -> None:
    day = pd.Timestamp(2024, 3, 1)
    rows = pd.DataFrame({"day": [day], "index": [1.0], "low": [0.9], "high": [1.1]})
    told = rivals.season(rows, Words(language)).to_dict(validate=True)
    axis = told["layer"][2]["encoding"]["y"]["axis"]
    assert axis["labelExpr"].startswith(first) and "format" not in axis
