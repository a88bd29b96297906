"""Bench turns: things that are compared take turns, so that whatever else the machine does disturbs them alike."""

from __future__ import annotations

import gc
import sys
import time
from collections.abc import Callable, Mapping, Sequence

import numpy as np

_BEGAN = time.perf_counter()
Found = dict[str, list[float]]
Spread = dict[str, float]


def in_turns(jobs: Mapping[str, Callable[[], float]], turns: int, warm: bool = True) -> Found:
    """One figure of each job a turn; ``warm``: a first turn that loads code and fills caches counts for nothing."""
    found: Found = {name: [] for name in jobs}
    for turn in range(turns + warm):
        for name, job in jobs.items():
            gc.collect()
            value = job()
            if turn >= warm:
                found[name].append(value)
            print(f"  turn {turn + 1 - warm}: {name}: {value:.4g}", file=sys.stderr, flush=True)
    return found


def in_pairs(
    jobs: Mapping[str, Callable[[], float]], reference: Callable[[], float], turns: int
) -> tuple[dict[str, Spread], dict[str, Spread]]:
    """Figures of each job, and their ratios to a reference that is measured right before and right after.

    What disturbs a machine comes and goes within seconds; so ratios are steadier than figures.
    """
    found: Found = {name: [] for name in jobs}
    over: Found = {name: [] for name in jobs}
    reference()
    for turn in range(turns + 1):  # the first turn loads code and fills caches
        before = reference()
        for name, job in jobs.items():
            gc.collect()
            value, after = job(), reference()
            if turn:
                found[name].append(value)
                over[name].append(2.0 * value / (before + after))
            print(f"  turn {turn}: {name}: {value:.4g}, reference {after:.4g}", file=sys.stderr, flush=True)
            before = after
    return {name: spread(each) for name, each in found.items()}, {name: spread(each) for name, each in over.items()}


def spread(values: Sequence[float]) -> dict[str, float]:
    """Median, least and most of the turns."""
    return {"median": median(values), "least": float(min(values)), "most": float(max(values))}


def ratios(found: Found, above: str, below: str) -> dict[str, float]:
    """Spread of one job's figure over another's of the same turn."""
    return spread(list(np.divide(found[above], found[below])))


def median(values: Sequence[float]) -> float:
    """The middle one of the turns."""
    return float(np.median(values))


def cpu_ns(job: Callable[[], object]) -> int:
    """CPU time of this thread, nanoseconds."""
    clock = time.thread_time_ns()
    job()
    return time.thread_time_ns() - clock


def wall(job: Callable[[], object]) -> float:
    """Time on the wall, seconds."""
    clock = time.perf_counter()
    job()
    return time.perf_counter() - clock


def tell(what: str) -> None:
    """Say what is measured now, and after how many seconds."""
    print(f"[{time.perf_counter() - _BEGAN:4.0f} s] {what}", file=sys.stderr, flush=True)
