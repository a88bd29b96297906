"""Measurements 18, 19 and 20: uplift of scenarios against the truth, common luck, known orders of size."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
from bench_tools import module
from measuring import MORE, Measure, Part, once, part, shown
from scenario_marks import CLEAR, MARKS, gain_chances, marks, parameter_table, sign_at_best
from scenario_worlds import look
from world_kinds import Kind, worlds

from twin.agents.run import run
from twin.draws import Key
from twin.forecast.flags import NEW_MAP, NEW_MAP_PCT
from twin.scenario.scenario import BASELINE, Scenario

ENOUGH = 40
"""Worlds that a judgement of coverage needs."""


def found(n: int) -> list[dict[str, Any]]:
    """What was learned in n worlds of all kinds."""
    return once(f"scenario worlds {n}", lambda: [_told(kind, seed) for kind, seed in worlds(n)])


def _told(kind: Kind, seed: int) -> dict[str, Any]:
    print(f"world {seed}: {kind.name}", file=sys.stderr, flush=True)
    return look(kind, seed)


def scenario_uplift(n: int) -> list[Part]:
    """The interval of the product's tables is one of the realised difference: its runs have luck, as the truth has.

    Each world's truth is lived under several lucks; what counts is how often the interval holds one of them.
    """
    everything = found(n)
    rows = [row for one in everything for row in one["uplifts"]]
    _, _, _, realised, expected, sign, off = marks(rows)
    clear = sum(abs(np.mean(row["true"])) > CLEAR for row in rows)
    enough, why = len(everything) >= ENOUGH, f"needs {ENOUGH} worlds to be judged, {len(everything)} were run"

    def judged(what: str, value: float, threshold: str, good: bool) -> Part:
        return part(what, value, threshold, good) if enough else part(what, value, threshold, None, why)

    parts = [
        judged("80 % interval holds the realised uplift", realised, "0.70 to 0.90", 0.70 <= realised <= 0.90),
        judged(f"sign right where the true uplift exceeds {CLEAR} %", sign, ">= 0.95", sign >= 0.95),
        judged("median error over the true uplift, where that is so", off, "<= 0.33", off <= 1 / 3),
        shown("the same, were every band centred on the truth", sign_at_best(rows)),
        shown("80 % interval holds the expected uplift", expected),
        shown("part of the worlds whose truth is of foreign form", np.mean([one["foreign"] for one in everything])),
        shown("uplifts, and those above half a percent", [len(rows), clear]),
    ]
    groups = {f"scenario {row['scenario']}": [] for row in rows} | {f"worlds {one['kind']}": [] for one in everything}
    for one in everything:
        groups[f"worlds {one['kind']}"] += one["uplifts"]
        for row in one["uplifts"]:
            groups[f"scenario {row['scenario']}"].append(row)
    by_group = {name: dict(zip(MARKS, marks(each))) for name, each in groups.items()}
    parts.append(shown("by scenario and kind of world; uplifts in percent", by_group))
    brier, usual, bins = gain_chances(rows)
    parts.append(shown("probability of gain: Brier score, and that of the share that gains", [brier, usual]))
    parts.append(shown("probability of gain: chance said, and how often it came", bins))
    close = [row for row in rows if abs(np.mean(row["true"])) <= CLEAR]
    unsure = np.mean([0.1 <= np.mean(np.array(row["said"]) > 0) <= 0.9 for row in close]) if close else None
    parts.append(shown(f"true uplift within {CLEAR} %: probability of gain said between .1 and .9", unsure, len(close)))
    heads = ("truth", "found", "bias, percent", "mean z", "z, root mean square", "80 % interval holds")
    by_parameter = {name: dict(zip(heads, figures)) for name, *figures in parameter_table(everything)}
    parts.append(shown("parameters and what follows from them, means over the worlds", by_parameter))
    return parts


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
    """Orders of size of the literature, in worlds whose effects are of that order: other kinds are left out."""
    usual = [one for one in found(n) if one["kind"] not in ("strong", "weak", "no effect")]
    rows = [row for one in usual for row in one["uplifts"]]
    by_name = {
        name: [np.array([np.mean(row[key]) for row in rows if row["scenario"] == name]) for key in ("said", "true")]
        for name in ("more visits", "balanced")
    }
    by_name["vacant"] = [np.array([np.mean(one["vacant territory"][key]) for one in usual]) for key in ("said", "true")]
    bands = {
        "vacant": ("a territory without its rep for a year, percent of its sales", -30, -5),
        "more visits": ("a tenth more visits, percent", 0.3, 6),
        "balanced": ("balanced territories, percent", *NEW_MAP_PCT),
    }
    parts = []
    for name, (words, low, high) in bands.items():
        said, true = by_name[name]
        inside = np.mean((low <= said) & (said <= high))
        if name == "balanced":  # what was asked: within the band, else a warning
            silent = [r for r in rows if r["scenario"] == name and not low <= np.mean(r["said"]) <= high]
            silent = [row for row in silent if NEW_MAP not in row["flags"]]
            what = f"{words}: outside of {low:g} to {high:g} without a warning"
            parts.append(part(what, len(silent), "none", not silent, n=len(said)))
            parts.append(shown(f"{words}, mean", said.mean(), n=len(said)))
        else:
            good = low <= said.mean() <= high
            parts.append(part(f"{words}, mean", said.mean(), f"{low} to {high}", good, n=len(said)))
        parts.append(shown(f"{words}, in truth", true.mean(), n=len(said)))
        parts.append(shown(f"{words}, part of the worlds inside the band", inside, n=len(said)))
    return parts


MEASURES = (
    Measure("18", "Uplift of scenarios against the true one", "made up", scenario_uplift, 40),
    Measure("19", "Paired luck", "made up", common_luck, 30, True),
    Measure("20", "Known orders of size", "made up", sanity, 40),
)
