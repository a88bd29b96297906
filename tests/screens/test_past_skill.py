"""What a backtest says of a forecast is shown where the forecast is read, in either language."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest
from test_language import foreign

from dashboard.words import Words
from twin.tasks import results
from twin.tasks.learning import backtest_report
from twin.workspace.store import Workspace


def scores(ratio: float, nearer: float | None, band: bool, method: str) -> list[dict[str, Any]]:
    """Of one figure: the twin, and a benchmark over the whole year and a month ahead."""
    rows = []
    for name, horizon in (("twin", "1-12"), (method, "1-12"), (method, "1"), (method, "6")):
        of = None if name == "twin" else ratio if horizon == "1-12" else 1.3
        rows.append({"method": name, "months_ahead": horizon, "wape": 0.1, "inside_80": 0.75, "origins": 2,
                     "figures": 24,
                     "twin_over_this": of, "twin_nearer": nearer if horizon == "1-12" else 0.01,
                     "twin_over_this_p10": 0.9 * ratio if band else None,
                     "twin_over_this_p90": 1.1 * ratio if band else None})  # fmt: skip
    return rows


@pytest.mark.parametrize("measure", backtest_report._MEASURES)
def test_a_verdict_in_words_is_said_whole_in_turkish(measure):
    turkish, told = Words("tr"), []
    for level in backtest_report._LEVELS:
        for method in backtest_report._METHODS:
            for ratio, nearer in ((0.8, 0.95), (1.2, 0.02), (1.05, 0.4), (0.9, None), (1.1, None)):
                for band in (True, False):
                    rows = scores(ratio, nearer, band, method)
                    told += backtest_report.said([row | {"measure": measure, "level": level} for row in rows])
    assert len(told) == 3 * len(backtest_report._METHODS) * 10
    odd = [line for line in told if foreign(turkish.sentence(line)) or "twin" in turkish.sentence(line)]
    assert odd == []


def band(middle: float) -> dict[str, float]:
    return {"p10": 0.9 * middle, "p50": middle, "p90": 1.1 * middle}


@pytest.fixture(scope="module")
def looked_back(full: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The full workspace with a backtest that last year won, and a forecast that carries it."""
    folder = Path(shutil.copytree(full, tmp_path_factory.mktemp("back") / "workspace"))
    store, heads = Workspace.open(folder), results.heads(folder)
    rows = [row | {"measure": "own_volume", "level": "all"} for row in scores(1.4, 0.02, True, "seasonal_naive")]
    figure = {"origin": "2025-01-06", "measure": "own_volume", "of": "all", "actual": 100.0, "forecast": 110.0,
              "naive": 101.0, "p10": 95.0, "p90": 120.0, "inside_80": True, "error_pct": 10.0,
              "naive_error_pct": 1.0}  # fmt: skip
    backtest = store.publish(
        "backtest",
        {"backtest": pd.DataFrame([figure]), "verdict": backtest_report.verdict([figure]),
         "backtest_scores": pd.DataFrame(rows),
         "said": {"said": backtest_report.said(rows), "notes": ["no audits: only our own volume can be scored"]}},
        {"n_origins": 1}, parents=(heads["dataset"].id,),
    )  # fmt: skip
    forecast = store.version(heads["forecast"].id)
    outlook = store.document(forecast, "forecast")
    month = {"months_ahead": 1, "partner": "seasonal_naive", "twin_weight": 0.25, "twin": band(1000.0),
             "benchmark": band(1200.0), "blend": band(1150.0)}  # fmt: skip
    months = [month | {"month": day} for day in ("2026-01-05", "2026-02-02")]
    outlook["looking_back"] = {"backtest": backtest, "beaten": backtest_report.beaten_by(rows),
                               "blend": {"own_volume": months}}  # fmt: skip
    parts = {name: store.document(forecast, name) for name in ("scenarios",)}
    parts |= {name: store.table(forecast, name) for name in ("comparison", "runs", "by_segment", "weekly")}
    store.publish("forecast", {**parts, "forecast": outlook}, dict(forecast.meta), forecast.parents)
    return folder


def _page(view: str) -> None:
    import importlib

    importlib.import_module(f"dashboard.views.{view}").render()


def shown(folder: Path, monkeypatch: pytest.MonkeyPatch, name: str, language: str, **query: str) -> AppTest:
    monkeypatch.setenv("TWIN_WORKSPACE", str(folder))
    page = AppTest.from_function(_page, default_timeout=90, kwargs={"view": name})
    page.session_state["lang"] = language
    for key, value in query.items():
        page.query_params[key] = value
    page.run()
    assert not page.exception
    return page


def test_a_comparison_says_that_last_year_came_nearer_and_mixes_it_in(looked_back, monkeypatch):
    page = shown(looked_back, monkeypatch, "compare", "en", measure="own_volume")
    assert Words("en")("compare.past_nearer") in [each.value for each in page.warning]
    warned = " ".join(each.value for each in page.markdown)
    assert "Own volume · In all: Same month of last year, the twin had 1.40 times its error" in warned
    assert "repeating last year came nearer than the twin for: Own volume" in warned
    assert any(
        "the baseline comes to 2,300 over 2 months; the twin alone says 2,000" in each.value for each in page.caption
    )
    (table,) = [each.value for each in page.dataframe if Words("en")("column.mixed") in each.value]
    assert list(table[Words("en")("column.twin_weight")]) == ["25%", "25%"]


def test_diagnostics_say_it_in_turkish(looked_back, monkeypatch):
    page = shown(looked_back, monkeypatch, "diagnostics", "tr", view="backtest")
    told = [each.value for each in (*page.markdown, *page.caption, *page.warning)]
    assert any("basit tahmin kazanıyor: geçen yılın aynı ayı" in each for each in told)
    assert any("2.300 ediyor; ikiz tek başına 2.000 diyor" in each for each in told)
    assert [each for each in told if foreign(each)] == []


def test_a_forecast_from_before_the_backtest_says_so(looked_back, tmp_path, monkeypatch):
    folder = Path(shutil.copytree(looked_back, tmp_path / "workspace"))
    store = Workspace.open(folder)
    forecast = store.version(results.heads(folder)["forecast"].id)
    outlook = store.document(forecast, "forecast") | {"looking_back": None, "again": True}
    parts = {name: store.table(forecast, name) for name in ("comparison", "runs", "by_segment", "weekly")}
    parts |= {"scenarios": store.document(forecast, "scenarios"), "forecast": outlook}
    store.publish("forecast", parts, dict(forecast.meta), forecast.parents)
    page = shown(folder, monkeypatch, "compare", "en")
    assert any(each.value == Words("en")("compare.not_looked_back") for each in page.caption)
