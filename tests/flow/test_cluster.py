"""A Dask cluster of two processes gives the bits of one, outlives its workers, and says clearly what it lacks."""

from __future__ import annotations

import socket
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import counting
import numpy as np
import pytest
from counting import Counting, Looks, begun, counts, lies
from walking import SCENARIOS, marks, twin

from twin.errors import TwinError
from twin.forecast import parcel as parcels
from twin.forecast.cluster import Cluster
from twin.forecast.ensemble import Ensemble, EnsembleSettings, simulate
from twin.forecast.executors import Executor, Serial
from twin.tasks import shelf
from twin.tasks.forecasts.execution import versions
from twin.tasks.forecasts.forecast import read_scenarios
from twin.workspace.store import Workspace

pytest.importorskip("distributed")

N_DRAWS = 6
RUNS = EnsembleSettings(n_weeks=8, n_draws=N_DRAWS, n_replicates=2, n_threads=1, seed=5)
ARRAYS = ("volume", "contacts", "buyers", "own_by_customer")


@pytest.fixture(scope="module")
def two_workers() -> Iterator[Any]:
    """Two processes under nannies, as ``dask worker`` starts them."""
    from distributed import LocalCluster

    with LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=":0", silence_logs=100
    ) as cluster:
        yield cluster


@pytest.fixture
def engine(two_workers: Any) -> Cluster:
    return Cluster(two_workers.scheduler_address, versions, connect_seconds=20.0)


@pytest.fixture(scope="module")
def live(standing: Any) -> Callable[[Executor], Ensemble]:
    calibrated = shelf.load_twin(Workspace.open(standing.workspace))
    scenarios, _ = read_scenarios([SCENARIOS / "retention_first.toml"], calibrated, RUNS.n_weeks)
    them = (calibrated.world, calibrated.history, calibrated.calibration)
    return lambda executor: simulate(*them, scenarios, RUNS, executor=executor)


@pytest.fixture(scope="module")
def serial(live: Callable[[Executor], Ensemble]) -> Ensemble:
    return live(Serial())


def same_bits(one: Ensemble, two: Ensemble) -> bool:
    return all(getattr(one, name).tobytes() == getattr(two, name).tobytes() for name in ARRAYS)


# --- the work ----------------------------------------------------------------------------------------------------


def test_two_processes_change_no_bit_and_share_the_work(
    live: Callable[[Executor], Ensemble], serial: Ensemble, engine: Cluster, tmp_path: Path
) -> None:
    assert same_bits(live(Counting(tmp_path, engine)), serial)
    assert counts(tmp_path) == dict.fromkeys(range(N_DRAWS), 1)
    assert len({process for _, process in begun(tmp_path)}) == 2


def test_a_killed_worker_costs_only_its_own_draws(
    live: Callable[[Executor], Ensemble], serial: Ensemble, engine: Cluster, tmp_path: Path
) -> None:
    assert same_bits(live(Counting(tmp_path, engine, deadly=2)), serial)
    killed = next(process for key, process in begun(tmp_path) if key == 2 and _first(tmp_path, key, process))
    twice = {key for key, times in counts(tmp_path).items() if times > 1}
    of_the_killed = {key for key, process in begun(tmp_path) if process == killed}
    assert 2 in twice and twice <= of_the_killed
    assert set(counts(tmp_path)) == set(range(N_DRAWS))


def _first(folder: Path, key: int, process: int) -> bool:
    """Whether a process was the first to begin a key."""
    marks = sorted(folder.glob(f"{key}-*"), key=lambda path: path.stat().st_mtime_ns)
    return int(marks[0].name.split("-")[1]) == process


def test_arrays_lie_on_a_worker_as_they_lie_here(standing: Any, engine: Cluster) -> None:
    calibrated = shelf.load_twin(Workspace.open(standing.workspace))
    odd = np.frombuffer(b"\0" * 41, dtype=np.uint8)[1:].view(np.float64)
    assert not odd.flags.writeable and not odd.flags.aligned
    here = dict(lies(calibrated))
    assert len(here) > 50
    for _, (there, n_threads) in engine.run(Looks(calibrated), range(4)):
        assert there == here and n_threads == 1
    arrived = parcels._arrived((odd, calibrated.world), versions, {}).task
    assert arrived[0].flags.writeable and arrived[0].flags.aligned and np.array_equal(arrived[0], odd)


def test_the_command_line_gives_the_forecast_of_this_machine(
    standing: Any, copied: Callable[[Any], Path], two_workers: Any
) -> None:
    workspace = copied(standing)
    command = (
        "forecast",
        SCENARIOS / "light_the_dark_side.toml",
        "-w",
        workspace,
        "--weeks",
        4,
        "--draws",
        4,
        "--json",
    )
    far = twin(*command, "--cluster", two_workers.scheduler_address)
    assert far.json == twin(*command, "--threads", 1).json
    assert far.messages == []
    assert not (workspace / "runs").exists()


def test_a_backtest_on_the_cluster_is_that_of_this_machine(
    standing: Any, copied: Callable[[Any], Path], two_workers: Any
) -> None:
    command = ("backtest", "-w", copied(standing), "--draws", 3, "--json")
    assert twin(*command, "--cluster", two_workers.scheduler_address).json == twin(*command).json


# --- what can be wrong -------------------------------------------------------------------------------------------


def refusal(cluster: Cluster) -> str:
    with pytest.raises(TwinError) as refused:
        list(cluster.run(Looks(()), range(3)))
    return str(refused.value)


def test_workers_of_other_versions_are_refused(two_workers: Any) -> None:
    said = refusal(Cluster(two_workers.scheduler_address, counting.own_versions, connect_seconds=20.0))
    assert "expected numpy 0." in said and "found numpy 0." in said and "on tcp://" in said and "Install" in said


def test_workers_without_the_twin_are_refused(two_workers: Any) -> None:
    said = refusal(Cluster(two_workers.scheduler_address, counting.versions_of_a_parent, connect_seconds=20.0))
    assert "No module named 'twin'" in said and "on tcp://" in said


def test_a_worker_that_joined_late_refuses_by_itself() -> None:
    parcel = parcels.Parcel(Looks(()), lambda: {"numpy": "1"}, {"numpy": "2"})
    assert parcels.work(parcel, 0) == parcels.Refusal("numpy 2", "numpy 1")


@pytest.fixture
def mute() -> Iterator[str]:
    """Address of a port where somebody listens and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"tcp://127.0.0.1:{server.getsockname()[1]}"


@pytest.fixture
def closed() -> str:
    """Address of a port where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    return f"tcp://127.0.0.1:{port}"


@pytest.mark.parametrize("place", ["mute", "closed"])
def test_an_address_without_a_scheduler_is_said_so(place: str, request: pytest.FixtureRequest) -> None:
    address = request.getfixturevalue(place)
    said = refusal(Cluster(address, versions, connect_seconds=0.5))
    assert said.startswith(f"cluster {address}: expected a Dask scheduler") and "found none" in said
    assert "dask scheduler" in said


@pytest.mark.parametrize(
    ("verb", "address"),
    [
        ("forecast", "nonsense"),
        ("forecast", "http://127.0.0.1:8786"),
        ("backtest", "127.0.0.1"),
        ("demo", "tcp://"),
    ],
)
def test_what_is_no_address_is_said_so_before_the_work(
    verb: str, address: str, standing: Any, copied: Callable[[Any], Path]
) -> None:
    workspace = copied(standing)
    before = marks(workspace)
    ran = twin(verb, "-w", workspace, "--cluster", address)
    assert ran.status == 1 and len(ran.messages) == 1
    assert f"cluster {address}: expected a Dask scheduler" in ran.messages[0]
    assert marks(workspace) == before


def test_a_scheduler_without_workers_is_said_so() -> None:
    from distributed import LocalCluster

    with LocalCluster(n_workers=0, dashboard_address=":0", silence_logs=100) as nobody:
        said = refusal(Cluster(nobody.scheduler_address, versions, connect_seconds=20.0, alone_seconds=0.5))
    assert "expected at least one worker, found none" in said and "dask worker" in said


def test_a_missing_extra_is_said_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    said = refusal(Cluster("tcp://127.0.0.1:8786", versions))
    assert "expected the package distributed, found none" in said and "extra" in said


def test_no_work_needs_no_cluster() -> None:
    assert list(Cluster("tcp://127.0.0.1:1", versions).run(Looks(()), [])) == []
