"""Speed and memory of the engine: ``python tests/bench/run.py`` writes ``build/bench.json``.

CPU time of the process, so that others at work on the machine disturb little; sizes are measured in turns, and the
median of the turns is taken. A comparison that nobody has run is there as null, with the reason.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
import tracemalloc
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import numpy as np
from bench_tools import machine, module, versions, write
from threadpoolctl import threadpool_limits

from twin.agents.run import run
from twin.draws import Key
from twin.geography.neighbours import nearest
from twin.market.world import World
from twin.response.market import Market
from twin.scenario.scenario import BASELINE

WEEKS = 26
SMALL, STANDARD, LARGE = 10_000, 100_000, 1_000_000
CUSTOMERS_PER_REP = 200


def world_of(n: int) -> tuple[World, Market]:
    """A market with every mechanism on, neighbours near one another as on a map."""
    world, market = module("laws/conftest.py").lay_out(n, max(n // CUSTOMERS_PER_REP, 1), WEEKS)
    return world, replace(market, neighbours=nearest(world.population.lon, world.population.lat, 6).index)


def measure(worlds: dict[int, tuple[World, Market]], turns: int) -> dict[int, list[float]]:
    """CPU nanoseconds a customer and week, one figure a turn; the sizes take turns."""
    found: dict[int, list[float]] = {n: [] for n in worlds}
    for turn in range(turns + 1):
        for n, (world, market) in worlds.items():
            clock = time.process_time_ns()
            run(world, market, BASELINE, Key(turn), WEEKS)
            if turn:  # the first turn warms caches up
                found[n].append((time.process_time_ns() - clock) / (n * WEEKS))
            print(f"turn {turn}: {n} customers", file=sys.stderr, flush=True)
    return found


def memory(world: World, market: Market) -> float:
    """Bytes a customer at the peak of a run, beyond the world itself, and the world's own arrays."""
    arrays = _bytes(world.population) + _bytes(market) + _bytes(market.rule) + _bytes(market.start)
    tracemalloc.start()
    run(world, market, BASELINE, Key(0), 4)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return (arrays + peak) / len(world.population)


def _bytes(noun: Any) -> int:
    return sum(value.nbytes for value in vars(noun).values() if isinstance(value, np.ndarray))


def gain_of_two(turns: int) -> float | None:
    """Wall time of runs on one thread over that on two, as ensembles run them; ``None`` on a single core."""
    if (os.cpu_count() or 1) < 2:
        return None
    with ThreadPoolExecutor(2) as pool:
        _one_run(0)  # the world is made and the passes are loaded
        ratios = []
        for _ in range(turns):
            clock = time.perf_counter()
            _one_run(0), _one_run(1), _one_run(2), _one_run(3)
            alone, clock = time.perf_counter() - clock, time.perf_counter()
            list(pool.map(_one_run, range(4)))
            ratios.append(alone / (time.perf_counter() - clock))
    return float(np.median(ratios))


_kept: list[tuple[World, Market]] = []


def _one_run(seed: int) -> float:
    if not _kept:
        _kept.append(world_of(SMALL))
    return float(run(*_kept[0], BASELINE, Key(seed), WEEKS).volume.sum())


def spread(values: Sequence[float]) -> dict[str, float]:
    """Median, least and most of the turns."""
    return {"median": float(np.median(values)), "least": float(min(values)), "most": float(max(values))}


def main() -> None:
    """Measure and write."""
    ask = argparse.ArgumentParser(description=__doc__)
    ask.add_argument("--turns", type=int, default=5)
    ask.add_argument("--large", action="store_true", help=f"also {LARGE} customers: some minutes more")
    options = ask.parse_args()
    began = machine()
    sizes = (SMALL, STANDARD, LARGE) if options.large else (SMALL, STANDARD)
    worlds = {n: world_of(n) for n in sizes}
    with threadpool_limits(1):
        found = measure(worlds, options.turns)
    at = {n: spread(values) for n, values in found.items()}
    large = float(np.median(np.divide(found[LARGE], found[SMALL]))) if options.large else None
    result = {
        "ns_per_customer_week": at[STANDARD]["median"],
        "ns_by_size": {str(n): spread_ for n, spread_ in at.items()},
        "ratio_pure_mesa": None,
        "ratio_mesa_frames": None,
        "ratio_numpy": None,
        "bytes_per_customer": memory(*worlds[STANDARD]),
        "flatness_1e4_1e5": float(np.median(np.divide(found[STANDARD], found[SMALL]))),
        "flatness_1e4_1e6": large,
        "two_core_gain": gain_of_two(2),
        "reasons": {
            "ratio_pure_mesa": "no pure-Mesa model of the whole weekly law is there to compare with",
            "ratio_mesa_frames": "no mesa-frames model of the whole weekly law is there to compare with",
            "ratio_numpy": "the crowd is itself NumPy: there is no second engine to compare with",
            **({} if options.large else {"flatness_1e4_1e6": "not run; python tests/bench/run.py --large runs it"}),
        },
        "engine": "numpy",
        "weeks": WEEKS,
        "turns": options.turns,
        "versions": versions(),
        **began,
    }
    path = write("bench.json", result)
    print(f"{result['ns_per_customer_week']:.0f} ns a customer and week at {STANDARD}: {path}", file=sys.stderr)


if __name__ == "__main__":
    main()
