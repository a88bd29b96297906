"""Bench speed: the whole model by size, beside other ways to write it, and by weeks, brands, reps, scenarios."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any

import mesa_frames_run
from bench_lives import Stand, Stopwatch, model_of, ns, stand
from bench_turns import in_pairs, median, tell
from bench_worlds import JOURNEYS, bench_world
from market_columns import columns_of
from mesa_frames_run import MesaFramesMissing
from numpy_market import NumpyMarket
from reference.mesa_market import pure_market

from twin.draws import Key
from twin.scenario.scenario import BASELINE

SMALL, STANDARD, LARGE = 10_000, 100_000, 1_000_000
WEEKS = 26
_MESA_WEEKS, _NUMPY_WEEKS, _FRAMES_WEEKS = 1, 4, 12


def sizes(stands: dict[int, Stand], turns: int) -> dict[str, Any]:
    """Nanoseconds per customer and week by number of customers; as many customer-weeks of each."""
    tell("whole model by size")
    small = stands[SMALL]
    jobs = {str(n): partial(_lives, it, max(STANDARD // n, 1)) for n, it in stands.items()}
    found, over = in_pairs(jobs, partial(_lives, small, 5), turns)
    return {"ns_by_size": found, "over_1e4": over}


def _lives(it: Stand, times: int) -> float:
    return sum(ns(it, WEEKS) for _ in range(times)) / times


def others(it: Stand, turns: int) -> tuple[dict[str, Any], dict[str, str]]:
    """The same weeks by the engine and by others, in turns: figures, and reasons for those that are missing."""
    tell(f"beside others, {it.n} customers")
    columns = columns_of(it.world, it.market, WEEKS)
    twin = stand(it.world, it.market, engine="numpy")
    pure = pure_market(it.world, it.market, BASELINE, Key(1), WEEKS, "own")
    jobs: dict[str, Callable[[], float]] = {
        "numpy": lambda: _steps(NumpyMarket(columns, 1), _NUMPY_WEEKS, it.n),
        "numpy twin": lambda: ns(twin, _NUMPY_WEEKS),
        "pure mesa": lambda: _steps(pure, _MESA_WEEKS, it.n),
    }
    reasons = {}
    try:
        mesa_frames_run.environment()
        jobs["mesa-frames"] = lambda: mesa_frames_run.cpu_ns(it.world, it.market, _FRAMES_WEEKS)
    except MesaFramesMissing as missing:
        reasons["mesa-frames"] = str(missing)
    try:
        found, over = in_pairs(jobs, partial(ns, it), turns)
    except MesaFramesMissing as missing:
        reasons["mesa-frames"] = str(missing)
        del jobs["mesa-frames"]
        found, over = in_pairs(jobs, partial(ns, it), turns)
    return {name: {"ns": found[name], "times_the_engine": over[name]} for name in jobs}, reasons


def _steps(model: Any, n_weeks: int, n: int) -> float:
    clock = time.thread_time_ns()
    for _ in range(n_weeks):
        model.step()
    return (time.thread_time_ns() - clock) / (n_weeks * n)


def parts(it: Stand, turns: int, n_weeks: int = WEEKS) -> dict[str, float]:
    """Where the time of a week goes, by what Python calls: medians, nanoseconds per customer and week."""
    every = [Stopwatch(model_of(it, seed)).weeks(n_weeks) for seed in range(turns + 1)][1:]
    return {name: median([one.get(name, 0.0) for one in every]) for name in every[0]}


def growth(base: Stand, turns: int) -> dict[str, Any]:
    """Cost against weeks, brands, reps and what the scenario asks for, each beside the standard market."""
    tell("against weeks, brands, reps and scenarios")
    jobs = {name: partial(ns, it) for name, it in _changed(base)}
    found, over = in_pairs(jobs, partial(ns, base), turns)
    return {name: {"ns": found[name], "over_standard": over[name]} for name in jobs}


def _changed(base: Stand) -> Iterator[tuple[str, Stand]]:
    n = base.n
    for n_weeks in (52, 104):
        yield f"{n_weeks} weeks", stand(*bench_world(n, n_weeks))
    for n_brands in (2, 8):
        yield f"{n_brands} brands", stand(*bench_world(n, WEEKS, n_brands=n_brands))
    for n_reps in (50, 1000):
        yield f"{n_reps} reps", stand(*bench_world(n, WEEKS, n_reps))
    yield "journeys and promised visits", stand(base.world, base.market, JOURNEYS)
    yield "customers in any order", stand(*bench_world(n, WEEKS, unsorted=True))
    alone = replace(base.market, neighbours=base.market.neighbours[:, :0])
    yield "no neighbours", stand(base.world, alone)


def reps_share(stands: dict[str, Stand]) -> dict[str, dict[str, float]]:
    """Part of the time in which reps choose whom to visit, by market."""
    tell("what the reps take")
    result = {}
    for name, it in stands.items():
        found = parts(it, 3)
        choosing = sum(found.get(each, 0.0) for each in ("score_as_usual", "bar", "choose_visits"))
        result[name] = {"ns": choosing, "share": choosing / found["whole"]}
    return result
