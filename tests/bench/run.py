"""Speed and memory of the engine: ``python tests/bench/run.py`` writes ``build/bench.json``; see docs/performance.md.

CPU time of one thread, so that others at work on the machine disturb little; what is compared takes turns. A figure
that nobody has measured is there as null, with the reason.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import bench_floor
import bench_memory
import bench_speed
import bench_start
import bench_threads
import goals
from bench_lives import Stand, stand
from bench_speed import LARGE, SMALL, STANDARD, WEEKS
from bench_tools import machine, versions, write
from bench_turns import tell
from bench_worlds import bench_world, with_reps
from threadpoolctl import threadpool_limits

NOT_RUN = "not run; python tests/bench/run.py --large runs it"
ONE_CORE = "a machine with one core"


def measure(turns: int, large: bool) -> tuple[dict[str, Any], dict[str, str]]:
    """Every group of figures, and the reasons for those that are missing."""
    standard = stand(*bench_world(STANDARD, WEEKS))
    small = stand(*bench_world(SMALL, WEEKS))
    beside, reasons = {}, {}
    for it in (small, standard):
        beside[str(it.n)], missing = bench_speed.others(it, turns if it is small else max(turns - 2, 2))
        reasons |= {f"ratio_{name}": why for name, why in missing.items()}
    result = {
        "speed": _by_size({SMALL: small, STANDARD: standard}, turns),
        "beside": beside,
        "growth": bench_speed.growth(standard, max(turns - 2, 1)),
        "parts": {str(it.n): bench_speed.parts(it, turns) for it in (small, standard)},
        "floor": bench_floor.floor(standard),
        "arithmetic_ns": bench_floor.arithmetic(),
        "memory_bytes_a_ns": bench_floor.memory_speed(),
        "memory": bench_memory.bytes_a_customer(standard),
        "peak": bench_memory.peak(LARGE, 104) if large else None,
        "two_runs": bench_threads.two_runs(standard, turns),
        "ensemble": _ensemble(standard, large),
        "once": bench_start.before_the_weeks(standard, turns),
        "start_up": bench_start.start_up(3),
        "paired_variance": bench_start.shared_luck(),
    }
    if not large:
        reasons |= {"peak": NOT_RUN}
    if result["ensemble"] is None:
        reasons |= dict.fromkeys(("two_core_gain", "two_runs", "ensemble"), ONE_CORE)
    return result, reasons


def _by_size(stands: dict[int, Stand], turns: int) -> dict[str, Any]:
    """Cost by size, and what reps take where they are few and many; the largest market is there for no longer."""
    tell(f"a market of {LARGE} customers")
    world, market = bench_world(LARGE, WEEKS)
    large = stand(world, market)
    found = bench_speed.sizes(stands | {LARGE: large}, turns)
    n = 1000
    few = {f"{LARGE} customers, {n} reps": stand(*with_reps(world, market, n))}
    for n_reps in (50, 200, n):
        few[f"{STANDARD} customers, {n_reps} reps"] = stand(*bench_world(STANDARD, WEEKS, n_reps))
    return found | {"reps_share": bench_speed.reps_share(few)}


def _ensemble(standard: Stand, large: bool) -> dict[str, Any] | None:
    if not large:
        return bench_threads.ensemble(standard, bench_threads.SMALL, 2)
    size = bench_threads.LARGE
    return bench_threads.ensemble(stand(*bench_world(STANDARD, size.n_weeks)), size, 1, warm=False)


def summary(found: dict[str, Any]) -> dict[str, Any]:
    """The figures that stand at the top."""
    at, beside = str(STANDARD), found["beside"]
    whole = found["speed"]["ns_by_size"][at]["median"]
    floor = found["floor"]

    def ratio(name: str, n: int = STANDARD) -> float | None:
        one = beside[str(n)].get(name)
        return None if one is None else one["times_the_engine"]["median"]

    return {
        "ns_per_customer_week": whole,
        "ratio_pure_mesa": ratio("pure mesa"),
        "ratio_mesa_frames": ratio("mesa-frames"),
        "ratio_mesa_frames_1e4": ratio("mesa-frames", SMALL),
        "ratio_numpy": ratio("numpy"),
        "ratio_numpy_twin": ratio("numpy twin"),
        "bytes_per_customer": found["memory"]["shared_ground"] + found["memory"]["run"],
        "flatness_1e4_1e6": found["speed"]["over_1e4"][str(LARGE)]["median"],
        "two_core_gain": None if found["ensemble"] is None else found["ensemble"]["gain"]["median"],
        "floor_ns": floor["ns"],
        "share_of_floor": floor["ns"] / floor["whole_meanwhile_ns"],
        "memory_floor_ns": floor["bytes_touched"] / found["memory_bytes_a_ns"],
        "wrapper_share": found["parts"][at]["outside"] / found["parts"][at]["whole"],
    }


def main() -> None:
    """Measure and write."""
    ask = argparse.ArgumentParser(description=__doc__)
    ask.add_argument("--turns", type=int, default=5)
    ask.add_argument("--large", action="store_true", help="also the long ones: memory of a million, a whole ensemble")
    options = ask.parse_args()
    clock, began = time.perf_counter(), machine()
    with threadpool_limits(1):
        found, reasons = measure(options.turns, options.large)
    top = summary(found)
    result = {
        **top,
        **began,
        "load_at_end": os.getloadavg()[0] if hasattr(os, "getloadavg") else None,
        "processor": bench_floor.processor(),
        "versions": versions(),
        "goals": goals.held_against(top, found, bench_floor.processor()["registers"]),
        **found,
        "reasons": reasons,
        "weeks": WEEKS,
        "turns": options.turns,
        "took_seconds": time.perf_counter() - clock,
    }
    path = write("bench.json", result)
    print(goals.as_text(result["goals"]))
    tell(f"{top['ns_per_customer_week']:.0f} ns a customer and week at {STANDARD}: {path}")


if __name__ == "__main__":
    main()
