"""Speed does not rot unseen: the passes that cost most compute many customers at once.

What one new branch, call or type in a law can undo without any figure changing. Speed itself is measured by
``make bench``.
"""

from __future__ import annotations

import math
import platform
import sys
from pathlib import Path

import llvmlite.binding as llvm
import numba
import numpy as np
import pytest

sys.path.append(str(Path(__file__).resolve().parents[2] / "bench"))

from bench_calls import LIVED_WEEKS, Call, Keeper, arithmetic, called, copied, repeated, widest
from bench_lives import ns, stand
from bench_worlds import PER_REP, bench_world

HOT = ("draw_week", "draw_units", "run_programme", "move", "attract_rival", "order", "score_as_usual")
FEATURES = llvm.get_host_cpu_features()
WIDEST = "z" if FEATURES.get("avx512f") else "y"
wide_registers = pytest.mark.skipif(
    platform.machine().lower() not in ("x86_64", "amd64") or not FEATURES.get("avx2"),
    reason="this processor has no registers of 256 bits or more, or calls them by other names",
)


@pytest.fixture(scope="module")
def calls() -> dict[str, Call]:
    """One call of each pass, as a week of one block made it."""
    kept = Keeper(stand(*bench_world(PER_REP, LIVED_WEEKS), engine="numpy"))
    return {call.name: call for call in (*kept.sweeps, *kept.blocks)}


@wide_registers
@pytest.mark.parametrize("name", HOT)
def test_a_hot_pass_computes_in_the_widest_registers(calls: dict[str, Call], name: str) -> None:
    loop = repeated(name)
    loop(1, tuple(copied(each) for each in calls[name].arguments))
    found = arithmetic(loop)
    # what is left over at the end of a block is done one by one, by a copy of the loop: never by much more
    assert found[WIDEST] >= 5 and found[WIDEST] >= 0.4 * found["one"], found
    assert not called(loop), "it waits for a library, one customer at a time"


@wide_registers
def test_loops_that_have_rotted_are_seen() -> None:
    @numba.njit(error_model="numpy")
    def one_after_the_other(x):
        for i in range(1, x.size):
            x[i] = x[i - 1] * x[i] + np.float32(1.0)

    @numba.njit(error_model="numpy")
    def by_the_library(x):
        for i in range(x.size):
            x[i] = math.exp(x[i])

    for loop in (one_after_the_other, by_the_library):
        loop(np.ones(64, np.float32))
    assert widest(one_after_the_other) in ("none", "xmm")
    assert arithmetic(one_after_the_other)["one"] > 0
    assert called(by_the_library)


def test_compiled_weeks_are_several_times_faster_than_those_of_numpy() -> None:
    """Least of three turns each, for other work on the machine only adds. A quiet machine shows about twenty times."""
    world, market = bench_world(20_000, 6)
    fast, slow = stand(world, market), stand(world, market, engine="numpy")
    ns(fast)  # loads the machine code
    turns = [(ns(fast), ns(slow, 2)) for _ in range(3)]
    (least_fast, least_slow) = (min(each) for each in zip(*turns))
    assert least_slow >= 4.0 * least_fast, turns
