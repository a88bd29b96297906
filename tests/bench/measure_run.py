"""Measurements 21 and 23: time and memory, the same again."""

from __future__ import annotations

import numpy as np
from bench_tools import module
from calibration_cost import cost
from demo_world import demo
from measuring import MORE, SEED, Measure, Part, part, shown, with_rival

from twin.calibration.calibrate import CalibrationSettings, calibrate
from twin.forecast.ensemble import EnsembleSettings, simulate
from twin.workspace import codec

MODES: dict[str, tuple[str, ...]] = {"first stage alone": ()}
"""Words of ``twin calibrate`` for each way to calibrate."""
SIZES = (1000, 3000, 10_000, 30_000, 100_000)
"""Customers of the bundles that show how the cost grows, two years each."""
SIX_YEARS, TWO_YEARS = 6, 2


def seconds_taken(n: int) -> list[Part]:
    """CPU seconds of ``twin calibrate`` in processes of their own: reading, learning, publishing."""
    found = cost(3000, SIX_YEARS, *MODES.values())
    each = {name: found[" ".join(("calibrate", *words))] for name, words in MODES.items()}
    limits = {"first stage alone": 60, "quick": 300, "standard": 1200}
    parts = [
        part(f"{name}, 3,000 outlets x 313 weeks, CPU seconds", taken["cpu_seconds"], f"<= {limits[name]}",
             taken["cpu_seconds"] <= limits[name])
        for name, taken in each.items()
    ]  # fmt: skip
    most = max(one["gib"] for one in [found["ingest"], *each.values()])
    parts.append(part("most memory of one process, GiB", most, "< 4", most < 4))
    parts.append(
        shown("seconds on the wall, others at work", {name: one["wall_seconds"] for name, one in each.items()})
    )
    return parts


def cost_by_size(n: int) -> list[Part]:
    """How the first stage grows with customers."""
    parts = []
    for size in SIZES:
        found = cost(size, TWO_YEARS, MODES["first stage alone"])
        taken = found[" ".join(("calibrate", *MODES["first stage alone"]))]
        figures = {"CPU seconds": taken["cpu_seconds"], "GiB": taken["gib"], "ingest": found["ingest"]["cpu_seconds"]}
        parts.append(shown(f"first stage, {size:,} outlets x 104 weeks", figures))
        if size == SIZES[-1]:
            parts.append(part(f"memory, {size:,} outlets, GiB", taken["gib"], "< 4", taken["gib"] < 4))
    return parts


def scenario_seconds(n: int) -> list[Part]:
    """A scenario and its baseline in the demo world."""
    taken = demo()["seconds"]["scenario"]
    return [part("a scenario and its baseline, 3,000 outlets, 100 draws x 2, seconds", taken, "<= 300", taken <= 300)]


def reproducible(n: int) -> list[Part]:
    made = module("visit_worlds.py")
    world, history = with_rival(*made.planted(made.Plan(customers=300), SEED))
    first, again = (calibrate(world, history, CalibrationSettings(8, 3)) for _ in range(2))
    same = codec.encode(first) == codec.encode(again)
    one, two = (simulate(world, history, first, (MORE,), EnsembleSettings(8, 4, 2, threads)) for threads in (1, 2))
    equal = all(
        np.array_equal(getattr(one, name), getattr(two, name))
        for name in ("volume", "contacts", "buyers", "own_by_customer")
    )
    return [
        part("same seed, same bytes of the calibration", same, "equal", same),
        part("one thread and two give the same numbers", equal, "equal", equal),
    ]


MEASURES = (
    Measure("21", "Time and memory", "made up", seconds_taken, 1, True),
    Measure("21", "Cost by size", "made up", cost_by_size, 1, True),
    Measure("21", "Time of a scenario", "made up", scenario_seconds, 1, True),
    Measure("23", "The same again", "made up", reproducible, 1, True),
)
