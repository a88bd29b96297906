"""Mesa-frames run: makes the environment of :mod:`mesa_frames_market`, hands it its columns and reads its figures."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from bench_tools import BUILD
from market_columns import columns_of

from twin.market.world import World
from twin.response.market import Market

REQUIREMENTS = ("mesa-frames==0.1.0a0", "polars==2.1.0")
"""Mesa-frames pins NumPy 1.26, which the twin does not run on; hence an environment of its own."""
VENV = BUILD / "mesa-frames-venv"
_SCRIPT = Path(__file__).with_name("mesa_frames_market.py")
_PATIENCE_SECONDS = 600


class MesaFramesMissing(RuntimeError):
    """There is no mesa-frames to compare with; the message says why."""


def is_installed() -> bool:
    """Whether the environment stands."""
    stamp = VENV / ".installed"  # written last, so that a half-made environment is made again
    return stamp.is_file() and stamp.read_text(encoding="utf-8") == "\n".join(REQUIREMENTS)


def environment() -> Path:
    """Python of an environment with mesa-frames, made when it is not there.

    Raises
    ------
    MesaFramesMissing
        When it cannot be installed.
    """
    python = VENV / ("Scripts" if os.name == "nt" else "bin") / "python"
    if not is_installed():
        BUILD.mkdir(exist_ok=True)
        _do([sys.executable, "-m", "venv", "--clear", str(VENV)])
        _do([str(python), "-m", "pip", "install", "--quiet", "--no-input", "--only-binary", ":all:", *REQUIREMENTS])
        (VENV / ".installed").write_text("\n".join(REQUIREMENTS), encoding="utf-8")
    return python


def live(world: World, market: Market, n_weeks: int) -> dict[str, Any]:
    """What the script says of a baseline: its speed, its totals and the version of Polars."""
    python = environment()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "columns.npz"
        np.savez(path, **columns_of(world, market, n_weeks))
        return json.loads(_do([str(python), str(_SCRIPT), str(path), str(n_weeks)]))


def cpu_ns(world: World, market: Market, n_weeks: int) -> float:
    """CPU time of the baseline on one thread, nanoseconds per customer and week, after four weeks of warming up.

    Raises
    ------
    MesaFramesMissing
        When mesa-frames cannot be installed or does not run.
    """
    return float(live(world, market, n_weeks)["ns_per_customer_week"])


def _do(command: list[str]) -> str:
    alone = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "VIRTUAL_ENV")}
    one_thread = dict.fromkeys(("POLARS_MAX_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, check=True, timeout=_PATIENCE_SECONDS, env=alone | one_thread
        )
    except (OSError, subprocess.SubprocessError) as error:
        said = (getattr(error, "stderr", None) or str(error)).strip().splitlines()
        raise MesaFramesMissing(f"mesa-frames does not run here: {said[-1] if said else error}") from error
    return done.stdout
