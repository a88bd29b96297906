"""What a calibration costs: seconds and memory of ``twin calibrate``, each in a process of its own.

``python tests/bench/calibration_cost.py OUTLETS YEARS [WORDS...]`` prints them for a made-up bundle; further words go
to ``twin calibrate``. CPU seconds count, for the clock on the wall also counts who else is at work.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from bench_tools import ROOT

_MAKE = """
import sys
from pathlib import Path
from twin.market.synthetic_settings import SyntheticSettings
from twin.tasks.demo_bundle import write_demo_bundle
n, years = int(sys.argv[2]), int(sys.argv[3])
settings = SyntheticSettings(n_outlets=n, years=years, n_territories=max(min(n // 375, 40), 2))
write_demo_bundle(Path(sys.argv[1]), settings, truth=False)
"""


def command(*words: str) -> dict[str, float]:
    """Seconds and the most memory of one command in a process of its own."""
    before, clock = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    held = _most_held([sys.executable, *words])
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"cpu_seconds": cpu, "wall_seconds": time.perf_counter() - clock, "gib": held}


def _most_held(words: list[str]) -> float:
    """Run a command and give the most that it has held, GiB: ``wait4`` knows this of one child alone."""
    with tempfile.TemporaryFile() as said:
        child = subprocess.Popen(words, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=said)
        _, status, used = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode:
            said.seek(0)
            raise RuntimeError(f"{' '.join(words[1:4])}: exit status {child.returncode}: {said.read().decode()[-500:]}")
    # Linux counts in KiB, Darwin in bytes
    return used.ru_maxrss / (2**30 if sys.platform == "darwin" else 2**20)


def cost(n_outlets: int, years: int, *each: tuple[str, ...], forecast: tuple[str, ...] = ()) -> dict[str, Any]:
    """Cost of making a bundle, taking it in, calibrating it once for each set of further words, and of a forecast."""
    with tempfile.TemporaryDirectory() as folder:
        bundle, place = str(Path(folder) / "bundle"), str(Path(folder) / "workspace")
        found: dict[str, Any] = {"outlets": n_outlets, "weeks": round(52.1775 * years)}
        found["bundle"] = command("-c", _MAKE, bundle, str(n_outlets), str(years))
        found["ingest"] = command("-m", "twin", "ingest", bundle, "-w", place)
        for words in each or ((),):
            found[" ".join(("calibrate", *words))] = command("-m", "twin", "calibrate", "-w", place, *words)
        if forecast:
            found["forecast"] = command("-m", "twin", "forecast", *forecast, "-w", place)
        return found


if __name__ == "__main__":
    print(json.dumps(cost(int(sys.argv[1]), int(sys.argv[2]), tuple(sys.argv[3:])), indent=1))
