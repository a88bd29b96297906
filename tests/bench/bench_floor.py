"""Bench floor: what this machine would need at least: every pass alone in cache, memory's own speed, arithmetic."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from typing import Any

import llvmlite.binding as llvm
import numba
import numpy as np
from bench_calls import LIVED_WEEKS, Call, Keeper, copied, repeated, widest
from bench_lives import Stand, ns, stand
from bench_turns import cpu_ns, median, tell
from bench_worlds import PER_REP, bench_world

from twin.engine.philox import philox
from twin.response import elementary

_TIMES = 60
"""Repetitions on one set of columns: few enough that what decays from one to the next does not vanish."""
_ONCE = ("see", "choose_visits")
"""What these do depends on what they have done before, so they find their columns new each time."""
_TERRITORIES = 40
"""Of the market for what walks over whole territories: so many that no processor learns the walk by heart."""


def floor(it: Stand, turns: int = 40) -> dict[str, Any]:
    """Passes alone over columns in cache: nanoseconds per customer and week by pass, and their sum.

    Between one pass and the next the whole model lives a few weeks of a market, so that both are of the same minute.
    """
    tell("passes alone, in cache")
    wide, narrow = _kept(_TERRITORIES * PER_REP), _kept(PER_REP)
    loops: dict[str, Callable] = {}
    by_pass: dict[str, dict[str, Any]] = {}
    whole = []
    for kept, calls in ((wide, wide.sweeps), (narrow, narrow.blocks)):
        for call in calls:
            if call.name not in loops:
                loops[call.name] = repeated(call.name)
            one = by_pass.setdefault(call.name, {"ns": 0.0, "calls": 0})
            one["ns"] += _cost(loops[call.name], call, turns) / kept.n
            one["calls"] += 1
            whole.append(ns(it, 6))
    for name, loop in loops.items():
        by_pass[name]["registers"] = widest(loop)
    return {
        "ns": sum(one["ns"] for one in by_pass.values()),
        "whole_meanwhile_ns": median(whole),
        "call_ns": _empty(loops["order"], next(call for call in narrow.blocks if call.name == "order")),
        "by_pass": dict(sorted(by_pass.items(), key=lambda item: -item[1]["ns"])),
        "bytes_touched": wide.bytes_touched(),
    }


def _kept(n: int) -> Keeper:
    return Keeper(stand(*bench_world(n, LIVED_WEEKS), engine="numpy"))


def _cost(loop: Callable, call: Call, turns: int) -> float:
    """Nanoseconds of one call: those of a loop over so many, less those of an empty loop."""
    times = 1 if call.name in _ONCE else _TIMES
    spent: dict[int, list[float]] = {0: [], times: []}
    loop(0, tuple(copied(each) for each in call.arguments))
    for _ in range(turns):
        for n, values in spent.items():
            arguments = tuple(copied(each) for each in call.arguments)
            clock = time.thread_time_ns()
            loop(n, arguments)
            values.append(time.thread_time_ns() - clock)
    return max(median(spent[times]) - median(spent[0]), 0.0) / times


def _empty(loop: Callable, call: Call) -> float:
    """Nanoseconds of a call that is handed columns of nobody."""
    arguments = tuple(each[:0] if isinstance(each, np.ndarray) else each for each in call.arguments)
    loop(1, arguments)
    return median([cpu_ns(partial(loop, 10_000, arguments)) for _ in range(9)]) / 10_000


def memory_speed(turns: int = 9) -> float:
    """Bytes that one core reads and writes in a nanosecond when it copies what no cache holds."""
    here = np.ones(2**25)
    there = np.zeros_like(here)
    return 2 * here.nbytes / median([cpu_ns(lambda: np.copyto(there, here)) for _ in range(turns)])


def arithmetic(turns: int = 40) -> dict[str, float]:
    """Nanoseconds of an exponential, a logarithm and a block of four random words, in a loop over a block."""

    @numba.njit(error_model="numpy", nogil=True)
    def exponentials(times, x, y):
        for _ in range(times):
            for i in range(x.size):
                y[i] = elementary.exp(x[i])

    @numba.njit(error_model="numpy", nogil=True)
    def logarithms(times, x, y):
        for _ in range(times):
            for i in range(x.size):
                y[i] = elementary.log(x[i])

    @numba.njit(error_model="numpy", nogil=True)
    def blocks(times, x, y):
        for k in range(times):
            for i in range(x.size):
                a, b, c, d = philox(x[i], x[i], np.uint32(k), np.uint32(k), np.uint32(1), np.uint32(2))
                y[i] = np.uint32(a ^ b ^ c ^ d)

    x = np.linspace(0.01, 8.0, 512).astype(np.float32)
    numbers = np.arange(512, dtype=np.uint32)
    found = {}
    for name, loop, given in (("exp", exponentials, x), ("log", logarithms, x), ("philox block", blocks, numbers)):
        column = np.zeros_like(given)
        loop(1, given, column)
        found[name] = median([cpu_ns(partial(loop, 200, given, column)) for _ in range(turns)]) / 200 / 512
    return found


def processor() -> dict[str, Any]:
    """Name of the processor as compilers know it, and the widest registers that it has."""
    features = llvm.get_host_cpu_features()
    wide = "zmm" if features.get("avx512f") else "ymm" if features.get("avx2") else "xmm"
    return {"name": llvm.get_host_cpu_name(), "registers": wide}
