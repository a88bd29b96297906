"""Bench threads: what a second core is worth: two runs at once, and whole ensembles."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

from bench_lives import Stand, live, model_of
from bench_turns import Found, in_turns, median, ratios, spread, tell, wall

from twin.forecast import study
from twin.forecast.ensemble import EnsembleSettings, simulate
from twin.response.market import Market

TWO = 2


@dataclass(frozen=True)
class Size:
    """Of an ensemble.

    Parameters
    ----------
    n_weeks, n_draws, n_replicates : int
    """

    n_weeks: int
    n_draws: int
    n_replicates: int


SMALL, LARGE = Size(26, 8, 2), Size(52, 100, 2)


def two_runs(it: Stand, turns: int) -> dict[str, Any] | None:
    """Two runs one after the other, and at once on two threads; ``None`` on a single core."""
    if (os.cpu_count() or 1) < TWO:
        return None
    tell("two runs at once")
    weeks = it.market.n_weeks
    with ThreadPoolExecutor(TWO) as pool:
        at_once = lambda: list(pool.map(lambda seed: live(model_of(it, seed), weeks), range(TWO)))  # noqa: E731
        in_line = lambda: [live(model_of(it, seed), weeks) for seed in range(TWO)]  # noqa: E731
        return _compared(in_line, at_once, turns)


def ensemble(it: Stand, size: Size, turns: int, warm: bool = True) -> dict[str, Any] | None:
    """An ensemble on one thread and on two, as a forecast runs it: each draw is laid out, then lived.

    The draws are the market's own with other volumes; to lay out a calibrated draw is not in it.
    """
    if (os.cpu_count() or 1) < TWO:
        return None
    runs = size.n_draws * size.n_replicates
    tell(f"ensemble of {runs} runs, {it.n} customers, {size.n_weeks} weeks, on one thread and on two")
    calibrated = SimpleNamespace(n_draws=size.n_draws, origin=it.market.first_week)

    def draw(calibration: Any, world: Any, history: Any, key: int, n_weeks: int) -> Market:
        return replace(it.market, volume=it.market.volume * (1.0 + 0.001 * key))

    def on(n_threads: int) -> Callable[[], Any]:
        settings = EnsembleSettings(size.n_weeks, size.n_draws, size.n_replicates, n_threads)
        return lambda: simulate(it.world, None, calibrated, (), settings)

    with patch.object(study, "lay_out_draw", draw):
        found = _compared(on(1), on(TWO), turns, warm)
    found |= {"runs": runs, "customers": it.n, "weeks": size.n_weeks}
    found["runs_a_second"] = runs / found["wall_two"]["median"]
    return found


def _compared(one: Callable[[], Any], two: Callable[[], Any], turns: int, warm: bool = True) -> dict[str, Any]:
    """Time on the wall by one and by two, the gain, and how much more CPU time two take."""
    spent: Found = {"one": [], "two": []}

    def timed(name: str, job: Callable[[], Any]) -> float:
        clock = time.process_time()
        seconds = wall(job)
        spent[name].append(time.process_time() - clock)
        return seconds

    found = in_turns({"one": lambda: timed("one", one), "two": lambda: timed("two", two)}, turns, warm)
    # what the threads got of the machine: below two when others are at work on it
    cores_got = median([cpu / seconds for cpu, seconds in zip(spent["two"][-turns:], found["two"])])
    return {
        "gain": ratios(found, "one", "two"),
        "wall_one": spread(found["one"]),
        "wall_two": spread(found["two"]),
        "cpu_two_over_one": median(spent["two"][-turns:]) / median(spent["one"][-turns:]),
        "cores_got": cores_got,
    }
