"""Measurements 18, 19 and 20: uplift of scenarios against the truth, common luck, known orders of size."""

from __future__ import annotations

import numpy as np
from bench_tools import module
from demo_world import demo
from measuring import MORE, Measure, Part, part

from twin.agents.run import run
from twin.draws import Key
from twin.scenario.scenario import BASELINE, Scenario


def scenario_uplift(n: int) -> list[Part]:
    rows = [row for row in demo()["uplifts"] if row["true_pct"] != 0]
    clear = [row for row in rows if abs(row["true_pct"]) > 0.5]
    why = f"one world with {len(rows)} scenarios was run, 40 worlds are wanted"
    return [
        part(
            "80 % interval holds the true uplift",
            np.mean([row["inside_80"] for row in rows]),
            "0.70 to 0.90",
            None,
            why,
        ),
        part(
            "sign right where the uplift is above half a percent",
            np.mean([row["sign_right"] for row in clear]),
            ">= 0.95",
            None,
            why,
        ),
    ]


def common_luck(n: int) -> list[Part]:
    world, market = module("laws/conftest.py").lay_out(400)
    same = Scenario("the same by another name")

    def own(scenario: Scenario, seed: int) -> float:
        return float(run(world, market, scenario, Key(seed), 26).volume[:, :, 0].sum())

    base = np.array([own(BASELINE, seed) for seed in range(60)])
    more = np.array([own(MORE, seed) for seed in range(60)])
    ratio = (more[:30] - base[30:]).var() / (more[:30] - base[:30]).var()
    zero = own(same, 0) - base[0]
    return [
        part("variance of a difference, independent over paired", ratio, ">= 10", ratio >= 10),
        part("difference of an identical scenario", zero, "exactly 0", zero == 0),
    ]


def sanity(n: int) -> list[Part]:
    by_name = {row["scenario"]: row["mean_pct"] for row in demo()["uplifts"]}
    truly = next(row["true_pct"] for row in demo()["uplifts"] if row["scenario"] == "balanced")
    vacancy, more, drawn = demo()["t1_vacancy"], by_name["Status quo, more calls"], by_name["balanced"]
    return [
        part("a territory without its rep for a year, percent", vacancy, "-30 to -5", -30 <= vacancy <= -5),
        part("a tenth more visits, percent", more, "0.3 to 6", 0.3 <= more <= 6),
        part(f"balanced territories, percent (in truth {truly:+.1f})", drawn, "0 to 10", 0 <= drawn <= 10),
        part("real data", None, "as above", None, "the real bundles have no visits, or no territories"),
    ]


MEASURES = (
    Measure("18", "Uplift of scenarios against the true one", "made up", scenario_uplift, 1, True),
    Measure("19", "Paired luck", "made up", common_luck, 30, True),
    Measure("20", "Known orders of size", "made up, real", sanity, 1, True),
)
