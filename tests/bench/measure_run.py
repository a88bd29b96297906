"""Measurements 21 and 23: time and memory, the same again."""

from __future__ import annotations

import numpy as np
from bench_tools import module
from calibration_cost import cost
from measuring import MORE, SEED, Measure, Part, part, shown, with_rival

from twin.calibration.calibrate import CalibrationSettings, calibrate
from twin.calibration.simulation.step import SimulationSettings, learn_by_simulation
from twin.forecast.ensemble import EnsembleSettings, simulate
from twin.forecast.executors import on_this_machine
from twin.workspace import codec

_ALONE = ("--fresh", "--no-predictive", "--threads", "1")
MODES: dict[str, tuple[str, ...]] = {
    "first stage": ("--mode", "none", *_ALONE),
    "quick": ("--mode", "quick", *_ALONE),
    "standard": ("--mode", "standard", *_ALONE),
}
LIMITS = {"first stage": 60, "quick": 300, "standard": 1200}
"""CPU seconds, of one core."""
"""Words of ``twin calibrate`` for each way to calibrate."""
SIZES = (1000, 3000, 10_000, 30_000, 100_000)
"""Customers of the bundles that show how the cost grows, two years each."""
SIX_YEARS, TWO_YEARS = 6, 2
A_SCENARIO = (
    "scenarios/status_quo_more_calls.toml", "--weeks", "52", "--draws", "100", "--replicates", "2", "--threads", "1"
)  # fmt: skip


def seconds_taken(n: int) -> list[Part]:
    """CPU seconds of ``twin calibrate`` in processes of their own: reading, learning, publishing."""
    # whether what was learned foretells last year is asked after it was learned, and is counted apart
    examined = ("--mode", "none", "--fresh", "--threads", "1")
    found = cost(3000, SIX_YEARS, *MODES.values(), examined, forecast=A_SCENARIO)
    each = {name: found[" ".join(("calibrate", *words))] for name, words in MODES.items()}
    parts = [
        part(f"{name}, 3,000 outlets x 313 weeks, CPU seconds", taken["cpu_seconds"], f"<= {LIMITS[name]}",
             taken["cpu_seconds"] <= LIMITS[name])
        for name, taken in each.items()
    ]  # fmt: skip
    taken = found["forecast"]["cpu_seconds"]
    parts.append(part("a scenario and its baseline, 100 draws x 2, CPU seconds", taken, "<= 300", taken <= 300))
    taken = found[" ".join(("calibrate", *examined))]["cpu_seconds"]
    parts.append(shown("first stage with the examination that comes after, CPU seconds", taken))
    most = max(one["gib"] for one in [found["ingest"], found["forecast"], *each.values()])
    parts.append(part("most memory of one process, GiB", most, "< 4", most < 4))
    parts.append(
        shown("seconds on the wall, others at work", {name: one["wall_seconds"] for name, one in each.items()})
    )
    return parts


def cost_by_size(n: int) -> list[Part]:
    """How the first stage grows with customers."""
    parts = []
    for size in SIZES:
        found = cost(size, TWO_YEARS, MODES["first stage"])
        taken = found[" ".join(("calibrate", *MODES["first stage"]))]
        figures = {"CPU seconds": taken["cpu_seconds"], "GiB": taken["gib"], "ingest": found["ingest"]["cpu_seconds"]}
        parts.append(shown(f"first stage, {size:,} outlets x 104 weeks", figures))
        if size == SIZES[-1]:
            parts.append(part(f"memory, {size:,} outlets, GiB", taken["gib"], "< 4", taken["gib"] < 4))
    return parts


def reproducible(n: int) -> list[Part]:
    made = module("visit_worlds.py")
    world, history = with_rival(*made.planted(made.Plan(customers=300), SEED))
    first, again = (calibrate(world, history, CalibrationSettings(8, 3)) for _ in range(2))
    same = codec.encode(first) == codec.encode(again)
    one, two = (simulate(world, history, first, (MORE,), EnsembleSettings(8, 4, 2, threads)) for threads in (1, 2))
    few = SimulationSettings("quick", n_rows=32)
    told = [
        learn_by_simulation(first, world, history, CalibrationSettings(8, 3), few, works)
        for works in (on_this_machine(1), on_this_machine(2))
    ]
    alike = told[0].simulation.n_rows > 0 and codec.encode(told[0]) == codec.encode(told[1])
    equal = all(
        np.array_equal(getattr(one, name), getattr(two, name))
        for name in ("volume", "contacts", "buyers", "own_by_customer")
    )
    return [
        part("same seed, same bytes of the calibration", same, "equal", same),
        part("one thread and two give the same forecast", equal, "equal", equal),
        part("one thread and two tell the same by simulated histories", alike, "equal", alike),
    ]


MEASURES = (
    Measure("21", "Time and memory", "made up", seconds_taken, 1, True),
    Measure("21", "Cost by size", "made up", cost_by_size, 1, True),
    Measure("23", "The same again", "made up", reproducible, 1, True),
)
