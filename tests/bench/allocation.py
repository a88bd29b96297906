"""Call allocation measured: gap to HiGHS, CPU time, naive plans beside, and the gain in the demo against its truth.

``python tests/bench/allocation.py [--large] [--workspace DEMO] [--luck N]`` prints JSON and writes nothing. Menus are
made up: 225 programmes on three channels, 100 customers a rep; CPU seconds of one core, menus included.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from bench_tools import machine, plain, versions
from scipy import optimize, sparse

from twin.engine.compiling import compiled
from twin.planning.allocation import Allocation, Groups, Menus, allocate

MINUTES = np.array([45.0, 12.0, 5.0])
PER_REP, CAPACITY = 100, 5760.0
_GRID = np.array([(v, p, w) for v in range(9) for p in range(5) for w in range(5)], dtype=float)
_ORDER = np.argsort(_GRID @ MINUTES, kind="stable")
PROGRAMMES, COST = _GRID[_ORDER], (_GRID @ MINUTES)[_ORDER]
SHAPES = ("concave", "s-shaped")


@compiled
def _worth(traits, curved, programmes, value):
    for i in range(traits.shape[0]):
        for k in range(programmes.shape[0]):
            effort = 0.0
            for h in range(3):
                effort += traits[i, 1 + h] * programmes[k, h]
            if curved:
                raised = effort ** traits[i, 4] if effort > 0.0 else 0.0
                value[i, k] = traits[i, 0] * raised / (traits[i, 5] + raised)
            else:
                value[i, k] = traits[i, 0] * (1.0 - np.exp(-effort))


def market(n: int, shape: str) -> Callable[[int, int], Menus]:
    """Menus of ``n`` made-up customers."""
    rng = np.random.default_rng(0)
    size = 100.0 * rng.lognormal(0, 1.2, n)
    if shape == "concave":
        effects = [rng.uniform(0.1, 0.5, n), rng.uniform(0.02, 0.2, n), rng.uniform(0, 0.1, n), size, size]
    else:
        effects = [rng.uniform(0.5, 1, n), rng.uniform(0.1, 0.4, n), rng.uniform(0, 0.2, n), rng.uniform(1.5, 3, n),
                   rng.uniform(1, 6, n)]  # fmt: skip
    traits = np.column_stack([size, *effects])

    def menus(lo: int, hi: int) -> Menus:
        value = np.empty((hi - lo, len(COST)))
        _worth(traits[lo:hi], shape != "concave", PROGRAMMES, value)
        return Menus(np.arange(hi - lo + 1) * len(COST), np.tile(COST, hi - lo)[None], value.ravel())

    return menus


def groups(n: int) -> Groups:
    """Reps with 100 customers each."""
    first = np.arange(0, n + 1, PER_REP)
    return Groups(first, np.full((1, len(first) - 1), CAPACITY))


def timed(n: int, shape: str, states: int) -> tuple[Allocation, float]:
    """An answer, and its CPU seconds."""
    clock = time.process_time()
    answer = allocate(groups(n), market(n, shape), states)
    return answer, time.process_time() - clock


def highs(menus: Menus, whole: bool) -> float:
    """Optimum of one rep by HiGHS."""
    n, m = len(menus.start) - 1, len(menus.value)
    one = sparse.csr_matrix((np.ones(m), (np.repeat(np.arange(n), np.diff(menus.start)), np.arange(m))))
    limits = [
        optimize.LinearConstraint(one, 1, 1),
        optimize.LinearConstraint(sparse.csr_matrix(menus.takes), ub=CAPACITY),
    ]
    found = optimize.milp(-menus.value, constraints=limits, bounds=optimize.Bounds(0, 1), integrality=np.full(m, whole),
                          options={"mip_rel_gap": 1e-7, "time_limit": 120.0})  # fmt: skip
    return -float(found.fun)


def naive(n: int, shape: str) -> dict[str, float]:
    """Worth of two plans made without a model: everybody alike, and the largest first with the fullest programme."""
    menus, alike, largest = market(n, shape), 0.0, 0.0
    for lo in range(0, n, PER_REP):
        menu = menus(lo, lo + PER_REP)
        value = menu.value.reshape(PER_REP, -1)
        within = np.flatnonzero(COST <= CAPACITY / PER_REP)
        alike += value[:, within].sum(axis=0).max()
        order = np.argsort(-value[:, -1], kind="stable")
        twice = int(np.flatnonzero((PROGRAMMES == [4, 0, 0]).all(axis=1))[0])
        served = order[: int(CAPACITY // COST[twice])]
        largest += value[served, twice].sum()
    return {"everybody_alike": alike, "largest_first_four_visits": largest}


def core(n: int, shape: str, referees: int) -> dict[str, Any]:
    """Gap, time and referees for one size and shape."""
    fast, seconds = timed(n, shape, 0)
    exact, exact_seconds = timed(n, shape, 2_000_000)
    menus = market(n, shape)
    reps = np.linspace(0, len(fast.value) - 1, referees).astype(int)
    each = [menus(r * PER_REP, (r + 1) * PER_REP) for r in reps]
    relaxed = np.array([highs(menu, False) for menu in each])
    best = np.array([highs(menu, True) for menu in each[:3]])
    return {
        "customers": n,
        "reps": len(fast.value),
        "shape": shape,
        "cpu_seconds": seconds,
        "gap_pct": 100 * fast.gap,
        "gap_worst_rep_pct": 100 * float((1 - fast.value / fast.bound).max()),
        "gap_to_highs_relaxation_pct": 100 * float(1 - fast.value[reps].sum() / relaxed.sum()),
        "bound_over_highs_relaxation": float(fast.bound[reps].sum() / relaxed.sum()),
        "exact_cpu_seconds": exact_seconds,
        "exact_proven": float(exact.proven.mean()),
        "exact_over_highs": float(exact.value[reps[:3]].sum() / best.sum()),
        "fast_below_exact_pct": 100 * float(1 - fast.value.sum() / exact.value.sum()),
        **{f"over_{name}": float(exact.value.sum() / worth) for name, worth in naive(n, shape).items()},
    }


def demo(folder: Path, luck: int) -> list[dict[str, Any]]:
    """Call plans of a demo workspace: the optimiser's figure, the twin's gain, the true one; two naive plans beside."""
    from demo_truth import settings_of

    from twin.forecast.lived_history import live_history
    from twin.forecast.true_future import true_counterfactual
    from twin.scenario import files
    from twin.scenario.scenario import Scenario, Targeting
    from twin.tasks.field_force.optimize import run_optimize
    from twin.tasks.field_force.optimize_settings import OptimizeSettings
    from twin.tasks.shelf import load_twin
    from twin.workspace.store import Workspace

    workspace = Workspace.open(folder, create=False)
    asked = {
        "fresh": OptimizeSettings(name="bench fresh", n_draws=24),
        "visits alone": OptimizeSettings(name="bench visits", channels=False, n_draws=24),
        "keep 70": OptimizeSettings(name="bench keep", mode="keep", keep_pct=70.0, n_draws=24),
        "change 2 a month": OptimizeSettings(name="bench change", most_change=2.0, n_draws=24),
        "rules": OptimizeSettings(name="bench rules", form="rules", n_draws=24),
    }
    said = {name: run_optimize(workspace, None, settings) for name, settings in asked.items()}
    scenarios = [files.load(Path(one["file"])) for one in said.values()]
    for one in said.values():
        Path(one["file"]).unlink()
    scenarios += [
        Scenario("largest first", targeting=Targeting(known_rank="potential", unknown_rank="potential")),
        Scenario("expected gain", targeting=Targeting(known_rank="expected_gain", unknown_rank="expected_gain")),
    ]
    twin, lived = load_twin(workspace), live_history(settings_of(folder / "demo_bundle"))
    lived = replace(lived, world=_with_attributes(lived.world, twin.world))
    future = true_counterfactual(lived.settings, scenarios, luck, 52, lived=lived)
    rows = []
    for place, scenario in enumerate(scenarios, start=1):
        row = {"plan": scenario.name, "true_gain_pct": float(future.own_volume_pct[place]),
               "true_gain_by_luck_pct": future.pct_by_luck[place].tolist()}  # fmt: skip
        if place <= len(said):
            one = list(said.values())[place - 1]
            gain = one["twin"]["gain"]
            row |= {"plan": list(said)[place - 1], "optimiser_pct": one["optimiser"]["gain_pct"],
                    "gap_pct": one["optimiser"]["gap_pct"], "twin_gain_pct": gain["mean"],
                    "twin_p10": gain["p10"], "twin_p90": gain["p90"], "flags": one["twin"]["flags"],
                    "words_lose_pct": one["expression"]["lost_pct"],
                    "inside_80": bool(gain["p10"] <= row["true_gain_pct"] <= gain["p90"])}  # fmt: skip
        rows.append(row)
    return rows


def _with_attributes(true: Any, seen: Any) -> Any:
    """The true world with the columns of bricks that the dataset's customers have: conditions may name them."""
    row = {str(name): place for place, name in enumerate(seen.population.ids)}
    at = np.array([row.get(str(name), -1) for name in true.population.ids])
    more = {
        name: np.where(at >= 0, values.astype(float)[at], np.nan)
        for name, values in seen.population.attributes.items()
        if name not in true.population.attributes and values.dtype.kind in "fb"
    }
    people = replace(true.population, attributes={**true.population.attributes, **more})
    return replace(true, population=people)


def main() -> None:
    """Measure and print."""
    ask = argparse.ArgumentParser(description=__doc__)
    ask.add_argument("--large", action="store_true", help="a million customers as well")
    ask.add_argument("--referees", type=int, default=20, help="reps that HiGHS solves")
    ask.add_argument("--workspace", type=Path, help="one that `twin demo` has made")
    ask.add_argument("--luck", type=int, default=3, help="replicates of the true future")
    options = ask.parse_args()
    for shape in SHAPES:
        timed(1000, shape, 1000)  # compiles
    sizes = (100_000, 1_000_000) if options.large else (100_000,)
    marks: dict[str, Any] = {"core": []}
    for n in sizes:
        for shape in SHAPES:
            print(f"{n} customers, {shape}", file=sys.stderr, flush=True)
            marks["core"].append(core(n, shape, options.referees))
    if options.workspace:
        marks["demo"] = demo(options.workspace, options.luck)
    print(json.dumps(plain({**marks, "versions": versions(), **machine()}), indent=1))


if __name__ == "__main__":
    main()
