"""Overview and Compare: what they say follows from what was published, and an address opens the same view."""

from __future__ import annotations

import io
import shutil
from pathlib import Path

import openpyxl
import pytest
from streamlit.testing.v1 import AppTest

from dashboard.words import Words
from twin.scenario import files
from twin.tasks import results
from twin.tasks.forecasts import compared
from twin.tasks.forecasts import scenario_library as library
from twin.tasks.forecasts.drivers import run_drivers
from twin.tasks.forecasts.forecast import ForecastSettings, run_forecast
from twin.tasks.service import jobs
from twin.workspace.store import Workspace

EN, TR = Words("en"), Words("tr")


def _script(view: str) -> None:
    import importlib

    importlib.import_module(f"dashboard.views.{view}").render()


@pytest.fixture(scope="module")
def three(full: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample with three scenarios side by side, one of them of the workspace, and one of them attributed."""
    copy = tmp_path_factory.mktemp("three") / "workspace"
    shutil.copytree(full, copy)
    text = (
        'name = "Mine"\n[field_force]\ncapacity_factor = 1.2\n[goal]\nown_share = 0.01\n[market]\ndemand_factor = 1.1\n'
    )
    mine = library.create(copy, "Mine", "Ayşe", text)
    shipped = [library.SHIPPED / f"{name}.toml" for name in ("status_quo_more_calls", "silos")]
    workspace = Workspace.open(copy)
    run_forecast(workspace, [mine, *shipped], ForecastSettings(6, 3, 1, 1))
    run_drivers(workspace, mine, ForecastSettings(6, 2, 1, 1))
    return copy


def opened(view: str, workspace: Path, monkeypatch: pytest.MonkeyPatch, language: str = "en", **query) -> AppTest:
    monkeypatch.setenv("TWIN_WORKSPACE", str(workspace))
    page = AppTest.from_function(_script, default_timeout=90, kwargs={"view": view})
    page.session_state["lang"] = language
    for key, value in query.items():
        page.query_params[key] = value
    page.run()
    assert not page.exception
    return page


def said(page: AppTest) -> str:
    kinds = ("title", "header", "markdown", "caption", "warning", "error", "info", "code")
    return "\n".join(str(each.value) for kind in kinds for each in getattr(page, kind)).replace("\\", "")


def table_with(page: AppTest, column: str):
    return next(each.value for each in page.dataframe if column in each.value.columns)


@pytest.mark.parametrize("language", ["en", "tr"])
@pytest.mark.parametrize("view", ["overview", "compare", "scenarios"])
def test_the_managers_pages_show_themselves_with_everything(view, language, three, monkeypatch):
    page = opened(view, three, monkeypatch, language)
    assert page.title[0].value == Words(language)(f"{view}.title")


@pytest.mark.parametrize("view", ["overview", "compare", "scenarios"])
def test_the_managers_pages_show_themselves_with_the_least(view, bare, tmp_path, monkeypatch):
    opened(view, bare, monkeypatch, "tr")
    opened(view, tmp_path / "none", monkeypatch)
    assert not (tmp_path / "none").exists(), "looking made a workspace"


def test_an_empty_page_has_one_button_to_where_it_is_filled(tmp_path, monkeypatch):
    page = opened("overview", tmp_path / "none", monkeypatch)
    assert len(page.button) == 1 and page.button[0].label.endswith("→")


def test_the_baseline_is_pinned_with_its_calibration(three, monkeypatch):
    page = opened("compare", three, monkeypatch)
    heads = results.heads(three)
    pinned = next(each.value for each in page.markdown if "Baseline" in each.value)
    assert heads["calibration"].id.rpartition("-")[2][:6] in pinned
    assert heads["forecast"].id.rpartition("-")[2][:6] in pinned


def test_the_table_says_what_was_published(three, monkeypatch):
    table = table_with(opened("compare", three, monkeypatch), EN("column.gain"))
    outlook = results.document(three, results.heads(three)["forecast"].id, "forecast")
    mine = next(row for row in outlook["scenarios"] if row["name"] == "Mine")
    shown = table[table[EN("column.scenario")].str.startswith("Mine")].iloc[0]
    assert shown[EN("column.volume_pct")] == mine["versus_baseline"]["own_volume_pct"]["mean"]
    assert shown[EN("column.gain")] == 100 * mine["versus_baseline"]["probability_of_gain"]
    assert "▲" in shown[EN("column.goal")] or "▼" in shown[EN("column.goal")] or "●" in shown[EN("column.goal")]
    assert abs(table[EN("column.best")].sum() - 100) < 1e-6


def test_an_address_opens_the_same_view(three, monkeypatch):
    page = opened("compare", three, monkeypatch, scenario="Silos", measure="own_volume", **{"with": ["Silos", "Mine"]})
    assert [each.value for each in page.multiselect if each.key == "with"] == [["Silos", "Mine"]]
    assert len(table_with(page, EN("column.gain"))) == 3
    assert EN("compare.naive_note") in said(page)
    page = opened("compare", three, monkeypatch, "tr", scenario="Silos", measure="own_volume")
    assert TR("compare.naive_note") in said(page), "a link in another language opens the same view"


def test_a_choice_stands_in_the_address_by_its_name(three, monkeypatch):
    page = opened("compare", three, monkeypatch)
    group = next(each for each in page.button_group if each.key == "scenario")
    group.set_value("Silos").run()
    found = page.query_params["scenario"]
    assert (found if isinstance(found, str) else found[0]) == "Silos"


def test_an_address_that_asks_for_what_is_not_there_shows_what_is(three, monkeypatch):
    opened("compare", three, monkeypatch, scenario="Nobody", measure="weight", **{"with": ["Nobody"]}, forecast="x")


def asked_for(page: AppTest, key: str) -> str:
    found = page.query_params[key]
    return found if isinstance(found, str) else found[0]


def test_a_link_names_the_forecast_that_was_seen_and_a_newer_one_is_offered(three, tmp_path, monkeypatch):
    copy = tmp_path / "w"
    shutil.copytree(three, copy)
    page = opened("compare", copy, monkeypatch)
    old = results.heads(copy)["forecast"].id
    assert asked_for(page, "forecast") == old and not [each for each in page.button if each.key == "show_newer"]
    path = library.create(copy, "Newer", "Ali", 'name = "x"\n[market]\ndemand_factor = 0.9\n')
    run_forecast(Workspace.open(copy), [path], ForecastSettings(4, 2, 1, 1))
    page.run()
    assert asked_for(page, "forecast") == old and "Newer" not in table_with(page, EN("column.gain")).to_string()
    page.button(key="show_newer").click().run()
    assert not page.exception and asked_for(page, "forecast") == results.heads(copy)["forecast"].id
    assert "Newer" in table_with(page, EN("column.gain")).to_string()


def test_who_asked_for_a_forecast_is_shown_it_when_it_is_there(three, tmp_path, monkeypatch):
    copy = tmp_path / "w"
    shutil.copytree(three, copy)
    monkeypatch.setattr(jobs, "start", lambda *given: None)
    page = opened("compare", copy, monkeypatch)
    old = results.heads(copy)["forecast"].id
    next(each for each in page.button if each.label == EN("run.start")).click().run()
    assert asked_for(page, "forecast") == old, "nothing has come yet"
    path = library.create(copy, "Newer", "Ali", 'name = "x"\n[market]\ndemand_factor = 0.9\n')
    run_forecast(Workspace.open(copy), [path], ForecastSettings(4, 2, 1, 1))
    page.run()
    assert asked_for(page, "forecast") == results.heads(copy)["forecast"].id
    assert "Newer" in table_with(page, EN("column.gain")).to_string()


def test_what_differs_in_the_inputs_is_shown_line_by_line(three, monkeypatch):
    page = opened("compare", three, monkeypatch, scenario="Mine", beside="Silos")
    assert any("+ capacity_factor = 1.2" in each.value for each in page.get("html"))


def test_a_scenario_that_changed_since_it_was_run_is_marked(three, tmp_path, monkeypatch):
    copy = tmp_path / "w"
    shutil.copytree(three, copy)
    forecast = results.heads(copy)["forecast"].id
    assert compared.out_of_date(copy, forecast) == {}
    path = compared.file_of(copy, "Mine")
    library.save(copy, path, 'name = "Mine"\n[market]\ndemand_factor = 0.5\n', library.read(path).state, "Ali")
    assert compared.out_of_date(copy, forecast) == {compared.CHANGED: ["Mine"]}
    assert "Mine" in next(
        each.value for each in opened("compare", copy, monkeypatch).warning if "Changed" in each.value
    )
    assert "A scenario changed" in said(opened("overview", copy, monkeypatch))


def test_drivers_are_shown_where_somebody_asked_and_offered_where_nobody_did(three, monkeypatch):
    page = opened("compare", three, monkeypatch, scenario="Mine")
    assert "averaged over every order" in said(page)
    started = []
    monkeypatch.setattr(
        jobs, "start", lambda workspace, verb, arguments=(), *rest: started.append((verb, list(arguments)))
    )
    page = opened("compare", three, monkeypatch, scenario="Silos")
    next(each for each in page.button if each.label == EN("compare.find_drivers")).click().run()
    assert started == [("drivers", [str(library.SHIPPED / "silos.toml"), "--weeks", "6"])]


def test_a_note_made_beside_the_figures_is_kept_with_the_scenario(three, tmp_path, monkeypatch):
    copy = tmp_path / "w"
    shutil.copytree(three, copy)
    page = opened("compare", copy, monkeypatch, scenario="Mine")
    page.text_area(key="note_here_text").input("taken")
    next(each for each in page.button if each.label == EN("scenarios.decide")).click().run()
    assert library.events_of(copy, compared.file_of(copy, "Mine"))[-1].text == "taken"


@pytest.mark.parametrize("language", ["en", "tr"])
def test_the_page_and_the_workbook_are_made_and_stamped(language, three, monkeypatch):
    page = opened("compare", three, monkeypatch, language, scenario="Mine")
    page.button(key="make_report").click().run()
    assert not page.exception
    _, pdf, xlsx = page.session_state["report ready"]
    assert pdf.startswith(b"%PDF") and pdf.count(b"/Type /Page\n") + pdf.count(b"/Type /Page ") <= 1
    book = openpyxl.load_workbook(io.BytesIO(xlsx))
    words = Words(language)
    assert book.sheetnames[1:3] == [words("sheet.results"), words("sheet.territories")]
    heads = results.heads(three)
    stamp = "\n".join(str(cell.value) for row in book.worksheets[0].iter_rows() for cell in row if cell.value)
    assert heads["forecast"].id in stamp and heads["calibration"].id in stamp
    rows = list(book[words("sheet.results")].iter_rows(values_only=True))
    place = rows[0].index("own_volume_pct_mean")
    outlook = results.document(three, heads["forecast"].id, "forecast")
    by_name = {row["name"]: row for row in outlook["scenarios"]}
    for row in rows[2:]:
        assert row[place] == pytest.approx(by_name[row[0]]["versus_baseline"]["own_volume_pct"]["mean"])


def test_a_text_that_a_spreadsheet_would_run_stays_a_text(three, tmp_path):
    from twin.tasks.forecasts import report_parts

    copy = tmp_path / "w"
    shutil.copytree(three, copy)
    path = library.create(copy, "=1+1", "Ali", 'name = "x"\n[market]\ndemand_factor = 1.1\n')
    run_forecast(Workspace.open(copy), [path], ForecastSettings(4, 2, 1, 1))
    heads = {name: name for name in report_parts.SHEETS}
    raw = report_parts.xlsx(copy, results.heads(copy)["forecast"].id, ["=1+1"], "t", ["s"], heads)
    cell = openpyxl.load_workbook(io.BytesIO(raw))["results"]["A3"]
    assert (cell.value, cell.data_type) == ("=1+1", "s")
    assert files.load(path).name == "=1+1"


def test_what_is_due_leads_to_where_it_is_decided(three, tmp_path, monkeypatch):
    page = opened("overview", three, monkeypatch)
    assert EN("overview.due") in said(page) and EN("overview.changed") in said(page)
    assert any("weeks old" in each.value for each in page.markdown)
    assert any(each.label.startswith(EN("menu.calibration")) for each in page.button)
