"""Scenarios page: the library, and an editor in which form, text and file are the same thing."""

from __future__ import annotations

import dataclasses
import datetime as dt
import shutil
import tomllib
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.views import scenario_fields, scenario_form
from dashboard.words import Words
from twin.scenario import files, where
from twin.scenario.condition import parse as parse_condition
from twin.tasks.forecasts import scenario_check
from twin.tasks.forecasts import scenario_library as library
from twin.tasks.forecasts.forecast import ForecastSettings, run_forecast
from twin.tasks.service import jobs
from twin.workspace.store import Workspace

SHIPPED = sorted(library.SHIPPED.glob("*.toml"))
EN, TR = Words("en"), Words("tr")


def _script() -> None:
    from dashboard.views import scenarios

    scenarios.render()


def _form_only(text: str, language: str) -> None:
    import tomllib as toml

    import streamlit as st

    from dashboard.views import scenario_form as page
    from dashboard.views.scenario_fields import Desk
    from dashboard.words import Words as Said

    st.session_state["made"] = page.form(toml.loads(text), Desk(Said(language), None, {}, "k"))


@pytest.fixture
def own(full: Path, tmp_path: Path) -> Path:
    copy = tmp_path / "workspace"
    shutil.copytree(full, copy)
    return copy


def opened(
    workspace: Path, monkeypatch: pytest.MonkeyPatch, file: str = "", language: str = "en", **query: str
) -> AppTest:
    monkeypatch.setenv("TWIN_WORKSPACE", str(workspace))
    page = AppTest.from_function(_script, default_timeout=60)
    page.session_state["lang"] = language
    if file:
        page.query_params["file"] = file
    for key, value in query.items():
        page.query_params[key] = value
    page.run()
    assert not page.exception
    return page


def field(page: AppTest, kind: str, path: str):
    return next(each for each in getattr(page, kind) if str(each.key).endswith(f"|{path}"))


def address_of(page: AppTest) -> str:
    value = page.query_params["file"]
    return value if isinstance(value, str) else value[0]


def said(page: AppTest) -> str:
    kinds = ("title", "header", "markdown", "caption", "warning", "error", "info")
    return "\n".join(str(each.value) for kind in kinds for each in getattr(page, kind))


@pytest.mark.parametrize("language", ["en", "tr"])
@pytest.mark.parametrize("file", SHIPPED, ids=lambda file: file.stem)
def test_a_form_that_nobody_touched_gives_the_file_back(file, language):
    text = file.read_text(encoding="utf-8")
    page = AppTest.from_function(_form_only, default_timeout=60, kwargs={"text": text, "language": language}).run()
    assert not page.exception
    assert page.session_state["made"] == tomllib.loads(text)


def test_a_scenario_is_made_changed_and_saved(own, monkeypatch):
    page = opened(own, monkeypatch)
    assert not page.button(key="make").disabled, "the first press would be lost while the field is left"
    page.button(key="make").click().run()
    assert EN("scenarios.nameless") in said(page)
    page.text_input(key="fresh_name").input("Spring push")
    page.button(key="make").click().run()
    path = library.folder(own) / "spring_push.toml"
    assert path.is_file() and address_of(page) == "own.spring_push"
    field(page, "text_input", "targeting.unknown_share").input("0.25").run()
    field(page, "button", "promotion|add").click().run()
    field(page, "text_input", "promotion[1].weeks").input("3").run()
    assert not page.exception
    assert "unknown_share" not in path.read_text(), "nothing is written before it is saved"
    page.button(key="save").click().run()
    scenario = files.load(path)
    assert scenario.targeting.unknown_share == 0.25 and scenario.promotions[0].weeks == 3
    assert [event.what for event in library.events_of(own, path)] == ["created", "saved"]


def test_decimals_are_typed_as_the_language_writes_them(own, monkeypatch):
    path = library.create(own, "kış", "Ayşe", 'name = "x"\n[targeting]\nunknown_share = 0.3\n')
    page = opened(own, monkeypatch, f"own.{path.stem}", "tr")
    share = field(page, "text_input", "targeting.unknown_share")
    assert share.value == "0,3"
    share.input("0,45").run()
    page.button(key="save").click().run()
    assert files.load(path).targeting.unknown_share == 0.45


@pytest.mark.parametrize(("typed", "wrong"), [("1.5", "0 to 1"), ("a third", "0 to 1"), ("-0.1", "0 to 1")])
def test_what_is_wrong_is_said_beside_the_field_and_is_not_saved(typed, wrong, own, monkeypatch):
    path = library.create(own, "x", "Ali")
    before = path.read_bytes()
    page = opened(own, monkeypatch, "own.x")
    field(page, "text_input", "targeting.unknown_share").input(typed).run()
    assert wrong in said(page) and "1 error" in said(page)
    assert page.button(key="save").disabled
    assert path.read_bytes() == before


def test_a_fault_is_told_in_turkish(own, monkeypatch):
    library.create(own, "x", "Ali")
    page = opened(own, monkeypatch, "own.x", "tr")
    field(page, "text_input", "targeting.unknown_share").input("1,5").run()
    assert "beklenen: 0 ile 1 arasında bir sayı" in said(page) and "expected" not in said(page)


def test_what_the_market_does_not_know_is_told_and_may_be_saved(own, monkeypatch):
    path = library.create(
        own, "x", "Ali", 'name = "x"\n[[promotion]]\nbrand = "Nobody"\nfrom = 2026-03-02\nweeks = 2\n'
    )
    page = opened(own, monkeypatch, f"own.{path.stem}")
    assert "a brand of ours" in said(page)
    field(page, "text_input", "promotion[1].weeks").input("3").run()
    assert not page.button(key="save").disabled


def test_text_and_form_are_the_same_thing(own, monkeypatch):
    text = '# why we do this\nname = "x"\n\n[horizon]\nweeks = 26 # half a year\n'
    path = library.create(own, "x", "Ali", text)
    page = opened(own, monkeypatch, "own.x")
    field(page, "text_input", "horizon.weeks").input("30").run()
    page.button(key="save").click().run()
    assert path.read_text(encoding="utf-8") == text.replace("26 #", "30  #")
    page = opened(own, monkeypatch, "own.x", pane="text")
    page.text_area[0].input(path.read_text(encoding="utf-8") + "\n[market]\ndemand_factor = 0.9\n").run()
    page.button(key="save").click().run()
    assert files.load(path).market.demand_factor == 0.9
    page = opened(own, monkeypatch, "own.x")
    assert field(page, "text_input", "market.demand_factor").value == "0.9"


def test_an_unknown_key_is_told_as_the_reader_tells_it_and_stays(own, monkeypatch):
    path = library.create(own, "x", "Ali")
    path.write_text('name = "x"\nhorizn = 3\n', encoding="utf-8")
    page = opened(own, monkeypatch, "own.x")
    assert "unknown key" in said(page) and "horizon" in said(page)
    field(page, "text_input", "market.demand_factor").input("0.9").run()
    page = opened(own, monkeypatch, "own.x", pane="text")
    assert "horizn = 3" in page.text_area[0].value


def test_text_that_cannot_be_read_has_no_form_but_a_line_number(own, monkeypatch):
    path = library.create(own, "x", "Ali")
    path.write_text('name = "x"\nweeks = = 3\n', encoding="utf-8")
    page = opened(own, monkeypatch, "own.x")
    assert EN("scenarios.broken") in said(page) and "line 2" in said(page)


def test_what_somebody_wrote_meanwhile_is_shown_and_nothing_is_lost(own, monkeypatch):
    path = library.create(own, "x", "Ali")
    page = opened(own, monkeypatch, "own.x")
    field(page, "text_input", "market.demand_factor").input("0.9").run()
    theirs = 'name = "x"\n# theirs\n'
    path.write_text(theirs, encoding="utf-8")
    page.button(key="save").click().run()
    assert EN("scenarios.conflict") in said(page) and path.read_text(encoding="utf-8") == theirs
    page.button(key="both").click().run()
    assert path.read_text(encoding="utf-8") == theirs
    copies = [file for file in library.folder(own).glob("*.toml") if file != path]
    assert [files.load(file).market.demand_factor for file in copies] == [0.9]


def test_a_file_that_changed_while_nothing_was_written_is_simply_read_again(own, monkeypatch):
    path = library.create(own, "x", "Ali")
    page = opened(own, monkeypatch, "own.x")
    path.write_text('name = "x"\n[market]\ndemand_factor = 0.8\n', encoding="utf-8")
    page.run()
    assert field(page, "text_input", "market.demand_factor").value == "0.8"


def test_what_came_with_the_twin_is_copied_and_not_changed(own, monkeypatch):
    page = opened(own, monkeypatch, "came.pandemic")
    assert all(each.disabled for each in page.text_input if str(each.key).count("|"))
    page.button(key="copy_it").click().run()
    assert not page.exception
    assert [each.name for each in library.library(own) if each.own] == ["Pandemic – copy"]


def test_rows_come_and_go(own, monkeypatch):
    path = library.create(own, "x", "Ali")
    page = opened(own, monkeypatch, "own.x")
    for _ in range(2):
        field(page, "button", "journey|add").click().run()
    field(page, "button", "journey[2].steps|add").click().run()
    field(page, "text_input", "journey[2].name").input("second").run()
    field(page, "button", "journey[1]|out").click().run()
    assert not page.exception
    page.button(key="save").click().run()
    (journey,) = files.load(path).journeys
    assert journey.name == "second" and [step.channel for step in journey.steps] == ["visit", "phone"]


def test_every_kind_of_row_begins_with_something_sound(own, monkeypatch):
    library.create(own, "x", "Ali")
    page = opened(own, monkeypatch, "own.x")
    for path in (
        "field_force.change",
        "targeting.frequency",
        "journey",
        "promotion",
        "competitor_campaign",
        "market.shock",
    ):
        field(page, "button", f"{path}|add").click().run()
        assert not page.exception
    assert "1 error" not in said(page) and "errors" not in said(page)
    page.button(key="save").click().run()
    scenario = files.load(library.folder(own) / "x.toml")
    assert scenario.market.shocks and scenario.field_force.changes and scenario.competitor_campaigns


def test_rename_note_and_delete(own, monkeypatch):
    library.create(own, "x", "Ali")
    page = opened(own, monkeypatch, "own.x")
    page.text_input(key="new_name").input("İkinci").run()
    page.button(key="rename").click().run()
    path = library.folder(own) / "ikinci.toml"
    found = [each.path for each in library.library(own) if each.own]
    assert found == [path] and files.load(path).name == "İkinci"
    address = address_of(page)
    page = opened(own, monkeypatch, address, pane="history")
    page.text_area(key="remark_text").input("for the board")
    next(each for each in page.button if each.label == EN("scenarios.decide")).click().run()
    assert library.events_of(own, found[0])[-1].text == "for the board"
    page = opened(own, monkeypatch, address)
    page.checkbox(key="sure").check().run()
    page.button(key="delete").click().run()
    assert not [each for each in library.library(own) if each.own]


def test_an_address_of_a_scenario_that_has_gone_says_so(full, monkeypatch):
    assert "nothing_here" in said(opened(full, monkeypatch, "own.nothing_here")).replace("\\", "")


def test_difference_stands_beside_another_scenario(full, monkeypatch):
    page = opened(full, monkeypatch, "came.silos", pane="difference", beside="came.omnichannel_journey")
    assert any("multichannel" in each.value and ">+ " in each.value for each in page.get("html"))


def test_a_new_row_without_a_market_is_still_a_row():
    document = scenario_form.applied({}, [("market.shock", "add", 0), ("promotion", "add", 0)], None)
    assert document["market"]["shock"][0]["from"] == dt.date(2026, 1, 5) and document["promotion"]
    scenario_form.applied(document, [("promotion", "drop", 0)], None)
    assert "promotion" not in document


def test_names_of_the_market_are_written_as_they_are_there(own, monkeypatch):
    library.create(
        own, "x", "Ali", 'name = "x"\n[[field_force.change]]\nterritory = "T1"\nreps = 1\nfrom = 2026-03-02\n'
    )
    page = opened(own, monkeypatch, "own.x")
    zone = field(page, "selectbox", "field_force.change[1].territory")
    assert zone.value in zone.options and all(each in zone.options for each in ("T1", "T2"))
    assert EN("option.expected_gain") in field(page, "selectbox", "targeting.known_rank").options


def test_a_section_is_the_same_one_whatever_stands_in_its_head(own, monkeypatch):
    known: list[tuple[str, str]] = []
    real = scenario_form.st.expander
    monkeypatch.setattr(
        scenario_form.st,
        "expander",
        lambda label, **more: known.append((more.get("key"), label)) or real(label, **more),
    )

    def sections() -> list[str]:
        found = [key for key, label in known if label.startswith("**")]
        known.clear()
        return found[-len(set(found)) :]

    library.create(own, "x", "Ali")
    page = opened(own, monkeypatch, "own.x")
    before = sections()
    field(page, "button", "promotion|add").click().run()
    field(page, "text_input", "targeting.unknown_share").input("1.5").run()
    assert len(before) > 5 and None not in before and sections() == before


def test_a_card_says_of_what_over_how_long_and_how_sure(full, monkeypatch):
    told = said(opened(full, monkeypatch))
    assert "of own volume in 6 weeks (80% interval" in told
    assert EN("scenarios.as_baseline", weeks="6") in told and "+0.0" not in told


def test_what_stood_in_an_older_forecast_is_not_said_to_be_unknown(own, monkeypatch):
    path = library.create(own, "Mine", "Ali", 'name = "Mine"\n[market]\ndemand_factor = 1.1\n')
    run_forecast(Workspace.open(own), [path], ForecastSettings(4, 2, 1, 1))
    told = said(opened(own, monkeypatch))
    assert "in 4 weeks" in told and "in 6 weeks" in told and "forecast of" in told


def test_what_will_be_in_the_forecast_is_said_and_run(own, monkeypatch):
    paths = [library.create(own, f"Own {n}", "Ali", demand(n)) for n in range(7)]
    run_forecast(Workspace.open(own), paths, ForecastSettings(4, 2, 1, 1))
    new = library.create(own, "New", "Ali", demand(9))
    started: list[list[str]] = []
    monkeypatch.setattr(jobs, "start", lambda workspace, verb, arguments=(), *rest: started.append(list(arguments)))
    page = opened(own, monkeypatch, "own.new")
    others = [f"Own {n}" for n in (6, 5, 4, 3, 2)]
    assert EN("run.beside", name="New", others="; ".join(others)) in said(page)
    assert EN("run.left_out", n="2") in said(page)
    page.button(key="run_at_once").click().run()
    names = {str(path): f"Own {n}" for n, path in enumerate(paths)} | {str(new): "New"}
    assert {names[each] for each in started[0] if each in names} == {"New", *others}
    preset = next(each.value for each in page.multiselect if str(each.key).startswith("run_scenarios"))
    assert {names[each] for each in preset} == {"New", *others}


def demand(n: int) -> str:
    return f'name = "x"\n[market]\ndemand_factor = {1.01 + n / 100:.2f}\n'


def test_the_example_of_a_condition_is_one_that_the_market_takes(own, monkeypatch):
    monkeypatch.setenv("TWIN_WORKSPACE", str(own))
    market = scenario_check.facts(own)
    for each in (
        market,
        dataclasses.replace(market, segments={}),
        dataclasses.replace(market, segments={"kind": ("a'b",)}),
    ):
        example = scenario_fields._example(each)
        condition = parse_condition(example)
        assert not where.faults(condition, each.kinds), example
