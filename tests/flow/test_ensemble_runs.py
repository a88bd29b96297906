"""An ensemble gives the same bits by whomever it is run, and goes on where it was interrupted."""

from __future__ import annotations

import dataclasses
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from counting import Counting, counts
from walking import SCENARIOS, twin

from twin.forecast.ensemble import Ensemble, EnsembleSettings, simulate
from twin.forecast.executors import Executor, Serial, Threads
from twin.forecast.study import determinants
from twin.tasks import shelf
from twin.tasks.forecasts import execution
from twin.tasks.forecasts.forecast import ForecastSettings, alignment_of, read_scenarios, run_forecast
from twin.workspace.ledger import FOLDER
from twin.workspace.store import Workspace

N_DRAWS = 6
RUNS = EnsembleSettings(n_weeks=8, n_draws=N_DRAWS, n_replicates=2, n_threads=1, seed=5)
SHORT = ForecastSettings(n_weeks=6, n_draws=N_DRAWS, n_replicates=1, n_threads=1)


@pytest.fixture(scope="module")
def calibrated(standing: Any) -> shelf.Twin:
    return shelf.load_twin(Workspace.open(standing.workspace))


@pytest.fixture(scope="module")
def paths(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """One scenario ranks by the gain that is believed in, one moves customers to another territory."""
    folder = tmp_path_factory.mktemp("scenarios")
    (folder / "one.csv").write_text("brick_id,territory_id\nB1,T1\nB3,T1\n", encoding="utf-8")
    (folder / "moved.toml").write_text(
        f'name = "Moved"\n[field_force]\nalignment = "{(folder / "one.csv").as_posix()}"\n', encoding="utf-8"
    )
    return [SCENARIOS / "retention_first.toml", folder / "moved.toml"]


@pytest.fixture(scope="module")
def live(calibrated: shelf.Twin, paths: list[Path]) -> Callable[..., Ensemble]:
    scenarios, _ = read_scenarios(paths, calibrated, RUNS.n_weeks)
    alignments = {one.name: where for one in scenarios if (where := alignment_of(one, calibrated)) is not None}
    assert alignments

    def run(executor: Executor | None = None, **more: Any) -> Ensemble:
        them = (calibrated.world, calibrated.history, calibrated.calibration, scenarios)
        return simulate(*them, RUNS, alignments, executor=executor, **more)

    return run


@pytest.fixture(scope="module")
def serial(live: Callable[..., Ensemble]) -> Ensemble:
    return live(Serial())


def same_bits(one: Ensemble, two: Ensemble) -> bool:
    arrays = ("volume", "contacts", "buyers", "own_by_customer")
    return one.names == two.names and all(
        getattr(one, name).dtype == getattr(two, name).dtype
        and getattr(one, name).tobytes() == getattr(two, name).tobytes()
        for name in arrays
    )


class Backwards:
    """The last draw comes first."""

    def run(self, task: Any, keys: Any) -> Any:
        yield from Serial().run(task, list(keys)[::-1])


# --- the same bits -----------------------------------------------------------------------------------------------


def test_the_scenarios_do_something(serial: Ensemble) -> None:
    totals = serial.volume.sum(axis=(3, 4, 5, 6))
    assert np.isfinite(serial.volume).all() and (totals > 0).all()
    assert (totals[1:] != totals[0]).any(axis=(1, 2)).all()


@pytest.mark.parametrize(
    "executor", [Threads(2), Threads(5), Backwards()], ids=["two threads", "five threads", "backwards"]
)
def test_threads_and_order_of_arrival_change_no_bit(
    live: Callable[..., Ensemble], serial: Ensemble, executor: Executor
) -> None:
    assert same_bits(live(executor), serial)


def test_a_longer_ensemble_has_the_draws_of_a_shorter_one(
    calibrated: shelf.Twin, live: Callable[..., Ensemble], serial: Ensemble
) -> None:
    them = (calibrated.world, calibrated.history, calibrated.calibration)
    short = simulate(*them, (), dataclasses.replace(RUNS, n_draws=2))
    assert np.array_equal(short.volume[0], serial.volume[0, :2])


# --- going on where it ended -------------------------------------------------------------------------------------


class Interrupted:
    """Forecasts of a workspace whose executor counts and stops."""

    def __init__(self, workspace: Workspace, paths: list[Path], folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.workspace, self.paths, self.folder, self.patch = workspace, paths, folder, monkeypatch
        self.said: list[str] = []

    def forecast(self, stops_after: int | None = None, settings: ForecastSettings = SHORT) -> Any:
        counting = Counting(self.folder, stops_after=stops_after)
        self.patch.setattr(execution, "executor", lambda *_: counting)
        self.said.clear()
        return run_forecast(self.workspace, self.paths, settings, lambda done, total, phrase: self.said.append(phrase))

    @property
    def chunks(self) -> list[Path]:
        return sorted((self.workspace.path / FOLDER).glob("*/chunk-*"))


@pytest.fixture
def stopped(
    standing: Any, copied: Callable[[Any], Path], paths: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Interrupted:
    """A forecast that was interrupted after two of six draws."""
    folder = tmp_path / "begun"
    folder.mkdir()
    made = Interrupted(Workspace.open(copied(standing)), paths, folder, monkeypatch)
    with pytest.raises(KeyboardInterrupt):
        made.forecast(stops_after=2)
    assert len(made.chunks) == 2 and made.workspace.head("forecast") is None
    return made


@pytest.fixture(scope="module")
def unbroken(standing: Any, paths: list[Path], tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The same forecast without an interruption."""
    workspace = shutil.copytree(standing.workspace, tmp_path_factory.mktemp("unbroken") / "workspace")
    return run_forecast(Workspace.open(workspace), paths, SHORT)


def published(result: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in result.items() if name != "taken_up"}


def test_an_interrupted_forecast_goes_on_with_the_draws_that_are_missing(stopped: Interrupted, unbroken: Any) -> None:
    result = stopped.forecast()
    assert counts(stopped.folder) == dict.fromkeys(range(N_DRAWS), 1)
    assert published(result) == published(unbroken)  # the version's name is the hash of what is in it
    assert result["taken_up"] == [f"2 of {N_DRAWS} draws were already there"]
    assert result["taken_up"][0] in stopped.said
    assert not (stopped.workspace.path / FOLDER).exists()


def test_it_may_be_interrupted_again_and_again(stopped: Interrupted, unbroken: Any) -> None:
    for _ in range(3):
        with pytest.raises(KeyboardInterrupt):
            stopped.forecast(stops_after=1)
    assert len(stopped.chunks) == 5
    assert published(stopped.forecast()) == published(unbroken)
    assert counts(stopped.folder) == dict.fromkeys(range(N_DRAWS), 1)


def test_a_torn_chunk_is_run_again_and_said(stopped: Interrupted, unbroken: Any) -> None:
    torn = stopped.chunks[0]
    torn.write_bytes(torn.read_bytes()[:-20])
    result = stopped.forecast()
    assert sorted(counts(stopped.folder).values()) == [1] * (N_DRAWS - 1) + [2]
    assert published(result) == published(unbroken)
    assert any("torn" in note for note in result["taken_up"])


def test_threads_take_up_what_one_thread_began(stopped: Interrupted, unbroken: Any) -> None:
    stopped.patch.undo()
    result = run_forecast(stopped.workspace, stopped.paths, dataclasses.replace(SHORT, n_threads=2))
    assert published(result) == published(unbroken)
    assert result["taken_up"] == [f"2 of {N_DRAWS} draws were already there"]


def test_draws_of_another_calibration_are_not_taken_up(stopped: Interrupted) -> None:
    learned = twin("calibrate", "-w", stopped.workspace.path, "--draws", N_DRAWS, "--seed", 4)
    assert learned.status == 0, learned.err
    assert stopped.forecast()["taken_up"] == []
    assert counts(stopped.folder) == {key: 2 if key < 2 else 1 for key in range(N_DRAWS)}


def test_another_seed_or_horizon_begins_anew(stopped: Interrupted) -> None:
    for other in (dataclasses.replace(SHORT, seed=9), dataclasses.replace(SHORT, n_weeks=5)):
        with pytest.raises(KeyboardInterrupt):
            stopped.forecast(stops_after=0, settings=other)
        assert not any("already there" in phrase for phrase in stopped.said)
    with pytest.raises(KeyboardInterrupt):
        stopped.forecast(stops_after=0, settings=dataclasses.replace(SHORT, n_draws=3))
    assert "2 of 3 draws were already there" in stopped.said


def test_whatever_decides_a_chunk_is_in_its_fingerprint(
    calibrated: shelf.Twin, paths: list[Path], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    scenarios, _ = read_scenarios(paths, calibrated)
    workspace = Workspace(tmp_path)
    where = {"Moved": np.zeros(5, np.int32)}

    def place(of: shelf.Twin = calibrated, what: Any = scenarios, moved: Any = where, **changed: int) -> Path:
        return execution.ledger(workspace, of, determinants(what, moved, dataclasses.replace(RUNS, **changed))).path

    other = dataclasses.replace(calibrated.version, id="calibration-0")
    renamed = dataclasses.replace(scenarios[1], name="Moved again")
    places = [
        place(),
        place(dataclasses.replace(calibrated, version=other)),
        place(dataclasses.replace(calibrated, dataset=dataclasses.replace(calibrated.dataset, id="dataset-0"))),
        place(what=scenarios[:1]),
        place(what=scenarios[::-1]),
        place(what=(scenarios[0], renamed)),
        place(moved={}),
        place(moved={"Moved": np.eye(1, 5, dtype=np.int32)[0]}),
        *(place(**{name: 3}) for name in ("n_weeks", "n_replicates", "seed")),
    ]
    assert len(set(places)) == len(places)
    assert place(n_threads=7) == place(n_draws=3) == places[0]
    now = execution.versions()
    monkeypatch.setattr(execution, "versions", lambda: {**now, "twin": "another code"})
    assert place() not in places
