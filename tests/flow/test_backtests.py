"""Backtests end to end: they go on where they were stopped, hide the future, and score what was published before."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from twin.forecast.executors import Serial
from twin.tasks.forecasts.forecast import ForecastSettings, run_forecast
from twin.tasks.learning import backtest
from twin.tasks.learning.backtest import BacktestSettings, origins_of, run_backtest
from twin.tasks.learning.backtest_origin import Fold, look_back
from twin.tasks.learning.backtest_published import score_published
from twin.tasks.shelf import load_dataset
from twin.tasks.terminal import words
from twin.workspace.store import Workspace

FEW = BacktestSettings(n_origins=1, n_draws=2, n_threads=1)


@pytest.fixture(scope="module")
def found(standing: Any, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    place = Path(shutil.copytree(standing.workspace, tmp_path_factory.mktemp("back") / "w"))
    return run_backtest(Workspace.open(place), FEW) | {"workspace": place}


def test_every_score_names_what_it_is_a_score_of(found: dict[str, Any]) -> None:
    for row in found["scores"]:
        assert row["level"] in ("all", "territory", "brick") and row["months_ahead"] in ("1", "3", "6", "12", "1-12")
        assert (row["method"] == "twin") == (row["twin_over_this"] is None)
    seen = {row["measure"] for row in found["scores"]}
    assert {"own_volume", "brand_share", "own_share", "category_volume", "own_volume_known"} <= seen
    assert len(found["said"]) >= len(seen)


def test_tables_of_a_backtest_can_be_read_back(found: dict[str, Any]) -> None:
    store = Workspace.open(found["workspace"])
    version = store.head("backtest")
    months = store.table(version, "backtest_months")
    shares = months[(months["measure"] == "brand_share") & (months["level"] == "all")]
    total = shares.groupby(["origin", "months_ahead"])[["actual", "forecast"]].sum()
    assert np.allclose(total, 1.0, atol=1e-6)
    assert (months["p10"] <= months["p90"]).all() and len(store.table(version, "backtest_scores"))


def test_a_stopped_backtest_does_not_begin_anew(
    standing: Any, copied: Callable[[Any], Path], monkeypatch: pytest.MonkeyPatch, found: dict[str, Any]
) -> None:
    store = Workspace.open(copied(standing))
    monkeypatch.setattr(backtest, "score_rows", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):  # stands for a kill after the origin was finished
        run_backtest(store, FEW)
    monkeypatch.undo()
    monkeypatch.setattr(backtest, "look_back", lambda *_: pytest.fail("the origin was run again"))
    again = run_backtest(store, FEW)
    assert again["rows"] == found["rows"] and again["taken_up"]
    assert not (store.path / "runs").exists()


def test_what_comes_after_the_horizon_changes_no_forecast(standing: Any) -> None:
    """Sales after the origin are doubled: actual figures follow, and what was foretold stays to the bit."""
    world, history, _ = load_dataset(Workspace.open(standing.workspace))
    (week,) = origins_of(history, FEW)
    own = history.own_sales
    later = own.periods.start[own.period] >= history.before(week).own_sales.periods.stop[-1]
    doubled = replace(history, own_sales=replace(own, volume=np.where(later, 2.0 * own.volume, own.volume)))
    fold = Fold(2, 1, 0, "TR")
    one, two = (look_back(world, each, week, fold, Serial()).rows[0] for each in (history, doubled))
    assert two["actual"] == pytest.approx(2.0 * one["actual"])
    assert [two[name] for name in ("forecast", "p10", "p90", "naive")] == [
        one[name] for name in ("forecast", "p10", "p90", "naive")
    ]


def test_a_published_forecast_is_scored_as_far_as_figures_have_come(
    standing: Any, copied: Callable[[Any], Path]
) -> None:
    from twin.tasks.forecasts.forecast import ForecastSettings, run_forecast

    store = Workspace.open(copied(standing))
    world, history, _ = load_dataset(store)
    assert score_published(store, world, history) == []
    run_forecast(store, [], ForecastSettings(n_weeks=8, n_draws=2, n_replicates=1, n_threads=1))
    assert score_published(store, world, history) == []  # nothing has come yet
    # the last eight weeks of the books come again; nothing is audited
    own, none = history.own_sales, history.audit.before(np.datetime64("1980-01-01"))
    step = own.periods.stop[-1] - own.periods.stop[-9]
    moved = replace(own, periods=replace(own.periods, start=own.periods.start + step, stop=own.periods.stop + step))
    (row,) = score_published(store, world, replace(history, own_sales=moved, audit=none))
    assert row["whole"] and row["periods"] == 8 and row["p10"] <= row["p90"]
    assert row["measure"] == "own_volume_in_books" and 0.0 <= row["weeks_inside_80"] <= 1.0
    assert row["error_pct"] == pytest.approx(100 * (row["said"] / row["actual"] - 1))


def test_a_forecast_says_what_its_backtest_makes_of_it(found: dict[str, Any], tmp_path: Path) -> None:
    place = Path(shutil.copytree(found["workspace"], tmp_path / "again"))
    store = Workspace.open(place)
    told = run_forecast(store, (), ForecastSettings(n_weeks=52, n_draws=2, n_replicates=1, n_threads=1))
    back = told["looking_back"]
    assert back["backtest"] == found["backtest"]
    rows = back["blend"]["own_volume"]
    assert len(rows) >= 10 and set(back["blend"]) == {"own_volume", "own_share"}
    of_all = [row for row in found["weights"] if row["origin"] is None and row["level"] == "all"]
    weights = {(row["measure"], row["months"]): row for row in of_all}
    for row in rows:
        band = "1-3" if row["months_ahead"] <= 3 else "4-6" if row["months_ahead"] <= 6 else "7-12"
        assert row["twin_weight"] == weights["own_volume", band]["twin_weight"]
        assert row["blend"]["p10"] <= row["blend"]["p50"] <= row["blend"]["p90"]
    assert "Looking back" in words.forecast(told) or "blended" in words.forecast(told)


def test_without_a_backtest_a_forecast_says_so(standing: Any, copied: Callable[[Any], Path]) -> None:
    store = Workspace.open(copied(standing))
    told = run_forecast(store, (), ForecastSettings(n_weeks=13, n_draws=2, n_replicates=1, n_threads=1))
    assert told["looking_back"] is None and "no backtest" in words.forecast(told)
