"""Bench memory: bytes a customer; run as ``bench_memory.py 1000000 104`` also the most that one process holds."""

from __future__ import annotations

import json
import subprocess
import sys
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench_turns import tell

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bench_lives import Stand, live, model_of, stand
from bench_worlds import bench_world


def bytes_a_customer(it: Stand) -> dict[str, Any]:
    """Bytes a customer: of the ground that runs share, of the state, and of all that a run and a branch make."""
    tell("bytes a customer")
    ground = it.ground
    model, run = _made(lambda: live(model_of(it), 2))
    _, branch = _made(model.branch)
    terrain, state = (sum(column.nbytes for column in columns if hasattr(column, "nbytes")) for columns in (
        ground.terrain, model.crowd.state
    ))  # fmt: skip
    return {
        "shared_ground": terrain / it.n,
        "shared_ground_by_column": {
            name: column.nbytes / it.n for name, column in ground.terrain._asdict().items() if hasattr(column, "nbytes")
        },
        "state": state / it.n,
        "run": run / it.n,
        "branch": branch / it.n,
    }


def _made(job: Callable[[], Any]) -> tuple[Any, int]:
    """What a job makes, and the bytes that stay with it."""
    tracemalloc.start()
    made = job()
    stays, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return made, stays


def peak(n: int, n_weeks: int) -> dict[str, Any]:
    """Most memory that a process of its own has held: one run of so many customers and weeks."""
    tell(f"memory of {n} customers over {n_weeks} weeks, in a process of its own")
    done = subprocess.run(
        [sys.executable, __file__, str(n), str(n_weeks)], check=True, capture_output=True, text=True
    )  # fmt: skip
    return json.loads(done.stdout)


def _held() -> float:
    """Most that this process has held so far, GiB."""
    status = Path("/proc/self/status")
    if status.exists():  # what getrusage says on Linux a process inherits from the one that started it
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return float(line.split()[1]) / 2**20
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**30


def _alone(n: int, n_weeks: int) -> dict[str, Any]:
    loaded = _held()
    made = bench_world(n, n_weeks)
    world = _held()
    live(model_of(stand(*made)), n_weeks)
    return {"customers": n, "weeks": n_weeks, "libraries_gib": loaded, "with_world_gib": world, "peak_gib": _held()}


if __name__ == "__main__":
    print(json.dumps(_alone(int(sys.argv[1]), int(sys.argv[2]))))
