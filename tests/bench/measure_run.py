"""Measurements 21, 22 and 23: time, learning again, the same again."""

from __future__ import annotations

import numpy as np
from bench_tools import module
from demo_world import demo
from measuring import MORE, SEED, Measure, Part, part, with_rival

from twin.calibration.calibrate import CalibrationSettings, calibrate
from twin.forecast.ensemble import EnsembleSettings, simulate
from twin.workspace import codec


def seconds_taken(n: int) -> list[Part]:
    marks = demo()
    learned, scenario = marks["seconds"]["calibrate"], marks["seconds"]["scenario"]
    short = learned <= 60
    return [
        part(
            "first stage, 3,000 outlets, seconds",
            learned,
            "<= 60 for 120 months",
            None if short else False,
            "72 months were run",
        ),
        part("a scenario and its baseline, 100 draws x 2, seconds", scenario, "<= 300", scenario <= 300),
        part("simulation-based stage", None, "<= 20 minutes", None, "there is no such stage yet"),
    ]


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
    Measure("21", "Time taken", "made up", seconds_taken, 1, True),
    Measure("23", "The same again", "made up", reproducible, 1, True),
)
