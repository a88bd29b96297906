"""What is due, what has changed, which scenario is best, and the cells of the map, from what was published."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from twin.tasks.forecasts import compared
from twin.tasks.learning import market_map
from twin.tasks.links import link_words
from twin.tasks.service import due
from twin.workspace.store import Workspace

TODAY = dt.date(2026, 2, 2)


def dataset(store: Workspace, origin: str, sales: int) -> str:
    parts = {"pairs": pd.DataFrame({"id": ["a", "b", "c"], "decision": ["linked", "review", "review"]})}
    return store.publish("dataset", parts, {"origin": origin, "rows": {"sales": sales, "reps": 2}})


def calibration(store: Workspace, parent: str, origin: str, verdict: str = "pass", sds: float = 0.1) -> str:
    moved = pd.DataFrame({"parameter": ["carryover"], "sds": [sds]})
    calendar = pd.DataFrame(
        {"id": ["m"], "brand": ["Rival"], "start": ["2025-03-02"], "end": ["2025-03-09"], "strength": [1.0],
         "probability": [0.9], "recurring": [True], "next_start": ["2026-03-02"], "next_probability": [0.6]}
    )  # fmt: skip
    parts = {"health": {"verdict": verdict, "because": ["vacancy"]}, "moved": moved, "rival_calendar": calendar}
    return store.publish("calibration", parts, {"origin": origin, "n_draws": 4}, (parent,))


@pytest.fixture
def store(tmp_path: Path) -> Workspace:
    return Workspace.open(tmp_path)


def keys(store: Workspace) -> list[str]:
    return [one.key for one in due.decisions(store.path, TODAY)]


def test_nothing_is_due_where_there_is_nothing(tmp_path):
    assert due.decisions(tmp_path / "none", TODAY) == [] and due.changes(tmp_path / "none") == []
    assert not (tmp_path / "none").exists()


def test_what_is_due_comes_the_most_urgent_first(store):
    calibration(store, dataset(store, "2026-01-05", 10), "2026-01-05", "fail")
    found = due.decisions(store.path, TODAY)
    assert [one.urgency for one in found] == sorted(one.urgency for one in found)
    assert {"health_fail", "moves", "no_forecast", "links", "no_backtest"} == {one.key for one in found}


def test_a_sound_calibration_of_the_newest_data_asks_for_no_calibration(store):
    calibration(store, dataset(store, "2026-01-05", 10), "2026-01-05")
    assert not {"stale", "health_fail", "health_review", "data_old"} & set(keys(store))


def test_data_that_the_calibration_does_not_know_are_due_and_told_as_changes(store):
    calibration(store, dataset(store, "2025-12-01", 10), "2025-12-01")
    dataset(store, "2026-01-05", 13)
    assert keys(store)[0] == "stale"
    found = {one.key: one.values for one in due.changes(store.path)}
    assert found["rows"] == {"tables": {"sales": 3}}
    assert found["data"]["until"] == dt.date(2026, 1, 4)


def test_old_data_are_asked_to_be_renewed(store):
    calibration(store, dataset(store, "2025-12-01", 10), "2025-12-01")
    one = next(one for one in due.decisions(store.path, TODAY) if one.key == "data_old")
    assert one.values == {"weeks": 9} and one.page == "data"


def test_a_word_on_the_newest_move_answers_for_all_that_return_with_it():
    old, new = (
        {"id": id, "brand": "Rival", "start": start, "next_start": "2026-03-02", "next_probability": 0.6, "said": ""}
        for id, start in (("old", "2024-03-03"), ("new", "2025-03-02"))
    )
    assert due.awaited([new, old], TODAY) == [due.Awaited(dt.date(2026, 3, 2), "Rival", 0.6, "new")]
    assert due.awaited([new | {"said": "confirm"}, old], TODAY) == []
    assert due.awaited([new, old], dt.date(2026, 3, 3)) == []
    assert due.awaited([new, old], TODAY, dt.date(2026, 3, 3)) == []


def test_pairs_that_somebody_has_spoken_of_are_no_longer_due(store):
    calibration(store, dataset(store, "2026-01-05", 10), "2026-01-05")

    def waiting() -> list[int]:
        return [one.values["n"] for one in due.decisions(store.path, TODAY) if one.key == "links"]

    def say(pair: str, action: str, when: int) -> None:
        row = dict.fromkeys(link_words.COLUMNS, "x") | {"id": pair, "action": action, "noted": f"2026-02-02T00:0{when}"}
        link_words.keep(store, [row])

    assert waiting() == [2]
    say("b", "keep-apart", 1)
    assert waiting() == [1]
    say("c", "undecided", 2)
    assert waiting() == []
    say("b", "undo", 3)
    assert waiting() == [1]


@pytest.mark.parametrize(("start", "expected"), [("2026-02-02", True), ("2026-01-12", True), ("2026-03-02", False)])
def test_a_plan_that_ends_within_a_week_is_due(store, start, expected):
    made = calibration(store, dataset(store, "2026-01-05", 10), "2026-01-05")
    store.publish("plan", {"plan": pd.DataFrame({"a": [1]})}, {"start": start, "n_weeks": 1}, (made,))
    assert ("plan_ends" in keys(store)) == expected


def test_parameters_that_moved_far_are_counted(store):
    calibration(store, dataset(store, "2026-01-05", 10), "2026-01-05", sds=-2.0)
    assert due.changes(store.path)[0].values == {"n": 1, "of": 1, "names": ["carryover"]}


def runs(**volumes: list[float]) -> pd.DataFrame:
    rows = [
        {"scenario": name, "run": run, "own_volume": v} for name, all_ in volumes.items() for run, v in enumerate(all_)
    ]
    return pd.DataFrame(rows)


def test_the_best_is_counted_run_by_run_among_those_that_are_compared():
    found = runs(baseline=[1, 1, 1, 1], a=[2, 2, 0, 2], b=[3, 0, 0, 2], c=[9, 9, 9, 9])
    assert compared.best_in(found, ["a", "b"]) == {"baseline": 0.25, "a": 0.375, "b": 0.375}
    assert sum(compared.best_in(found, ["a", "b", "c"]).values()) == pytest.approx(1.0)
    assert compared.best_in(pd.DataFrame(), ["a"]) == {}


def test_identical_scenarios_share_the_first_place():
    assert compared.best_in(runs(baseline=[1, 2], a=[1, 2]), ["a"]) == {"baseline": 0.5, "a": 0.5}


@pytest.mark.parametrize("n", [50, 20_000])
def test_cells_hold_everybody_once_and_stay_few(store, n):
    spread = np.linspace(0.0, 1.0, n)
    people = pd.DataFrame(
        {"customer_id": [str(k) for k in range(n)], "known": np.arange(n) % 2 == 0, "category_mean": 1.0 + spread,
         "lon": 30 + (spread * 997) % 1 * 5, "lat": 38 + spread * 3, "territory_id": np.where(spread < 0.5, "T1", "T2")}
    )  # fmt: skip
    people.loc[0, ["lon", "lat"]] = np.nan
    made = store.publish("calibration", {"potential": people}, {"origin": "2026-01-05"})
    cells = market_map.cells(store.path, made)
    assert len(cells) <= 2 * market_map.MOST_CELLS
    assert cells["n"].sum() == n - 1
    assert cells["volume"].sum() == pytest.approx(people["category_mean"].iloc[1:].sum())
    assert cells.groupby("known")["n"].sum().to_dict() == {False: n // 2, True: n // 2 - 1}
    half = market_map.cells(store.path, made, ["T1"])
    assert half["n"].sum() == (people["territory_id"] == "T1").sum() - 1
