"""Bench start: what is paid once: start-up, compiling, laying out, branching; and what shared luck saves."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict
from typing import Any

from bench.paired_variance import measure
from bench_lives import Stand, live, model_of
from bench_tools import ROOT
from bench_turns import cpu_ns, spread, tell

from twin.agents.crowd import lay_ground
from twin.scenario.scenario import FieldForce, Scenario

_FIRST_RUN = (
    "import sys; sys.path.insert(0, 'tests')\n"
    "from worlds_by_hand import lay_out\nfrom twin.agents.run import run\nfrom twin.draws import Key\n"
    "from twin.scenario.scenario import BASELINE\nrun(*lay_out(40, 2, 4), BASELINE, Key(1), 2)"
)
_LOADED = (
    "import sys; sys.path.insert(0, 'tests')\n"
    "import worlds_by_hand, twin.agents.run\nfrom twin.engine.machine import machine\nmachine()"
)
"""Leaves the byte code of all modules behind, as an installation does, and no machine code."""
_MORE = Scenario(name="a tenth more", field_force=FieldForce(capacity_factor=1.1))


def start_up(turns: int) -> dict[str, Any]:
    """Seconds of whole processes: help, a first run that has to compile, later first runs."""
    tell("start-up")
    with tempfile.TemporaryDirectory() as folder:
        kept = {"NUMBA_CACHE_DIR": folder, "PYTHONPYCACHEPREFIX": folder}
        _process("-c", _LOADED, **kept)
        help_ = [_process("-m", "twin", "--help", **kept) for _ in range(turns + 1)][1:]
        first = _process("-c", _FIRST_RUN, **kept)
        later = [_process("-c", _FIRST_RUN, **kept) for _ in range(turns + 1)][1:]
    return {
        "help": _both(help_),
        "first_run_with_compiling": _both([first]),
        "first_run_with_kept_machine_code": _both(later),
    }


def _process(*arguments: str, **changes: str) -> tuple[float, float]:
    """Seconds on the wall, and CPU seconds, of a Python process."""
    before, clock = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"} | changes
    subprocess.run([sys.executable, *arguments], check=True, cwd=ROOT, env=environment, capture_output=True)
    wall, after = time.perf_counter() - clock, resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def _both(found: list[tuple[float, float]]) -> dict[str, Any]:
    return {"wall_s": spread([wall for wall, _ in found]), "cpu_s": spread([cpu for _, cpu in found])}


def before_the_weeks(it: Stand, turns: int) -> dict[str, Any]:
    """CPU nanoseconds a customer to lay a draw out for the engine, to begin a run, and to branch one in mid-run."""
    tell("laying out, beginning, branching")
    model = live(model_of(it), it.market.n_weeks // 2)
    jobs = {
        "lay_ground": lambda: lay_ground(it.world, it.market),
        "begin_run": lambda: model_of(it),
        "branch": model.branch,
        "branch_under_a_scenario": lambda: model.branch(_MORE),
    }
    return {name: spread([cpu_ns(job) / it.n for _ in range(turns + 1)][1:]) for name, job in jobs.items()}


def shared_luck() -> dict[str, float]:
    """Variance of the difference that a 2 % effect makes, with luck of its own over that with shared luck."""
    tell("paired variance")
    return asdict(measure())
