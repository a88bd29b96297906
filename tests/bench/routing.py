"""Tours measured: ``python tests/bench/routing.py [--seconds 10] [--only p01,p02]`` prints tables, writes nothing.

Periodic benchmark: gap to the best known value, each instance for so many CPU seconds of one core, every plan checked
here anew. Day tours with windows: beside PyVRP with as many seconds, on Solomon's instances in a folder that is named
(JSON: ``vehicle-nr``, ``capacity``, ``customers`` with place, demand, earliest, latest, cost). Data that are not there
are reported so.
"""

from __future__ import annotations

import argparse
import csv
import itertools
import json
import math
import time
from pathlib import Path

import numpy as np
import pyvrp
from bench_tools import ROOT

from twin.planning import periodic
from twin.planning.periodic import PATTERNS, Problem, open_land, pattern_wish, solve

DATA = ROOT.parent / "shared" / "realdata" / "routing"


def read_periodic(path: Path) -> dict:
    """An instance as its file has it."""
    rows = [line.split() for line in path.read_text().splitlines() if line.strip()]
    _, vehicles, n, days = map(int, rows[0][:4])
    limits = [tuple(map(float, row[:2])) for row in rows[1 : 1 + days]]
    places = rows[1 + days : 2 + days + n]
    patterns = []
    for row in places[1:]:
        masks = [int(x) for x in row[7 : 7 + int(row[6])]]
        patterns.append([[d for d in range(days) if mask >> (days - 1 - d) & 1] for mask in masks])
    return {
        "vehicles": vehicles, "days": days, "limits": limits, "patterns": patterns,
        "place": np.array([[float(row[1]), float(row[2])] for row in places]),
        "service": np.array([float(row[3]) for row in places]), "demand": np.array([float(row[4]) for row in places]),
    }  # fmt: skip


def periodic_problem(told: dict) -> Problem:
    """The same as a problem of the planner's search."""
    place = told["place"]
    way = np.hypot(*(place[:, None] - place).transpose(2, 0, 1))
    land = open_land(way, told["days"], told["vehicles"])
    shift, capacity = land.shift.copy(), land.capacity.copy()
    for d, (longest, load) in enumerate(told["limits"]):
        shift[d, 1] = longest or shift[d, 1]
        capacity[d] = load or capacity[d]
    land = land._replace(shift=shift, capacity=capacity, service=told["service"], demand=told["demand"])
    return Problem(land, pattern_wish(land, told["patterns"]), must=True, style=PATTERNS)


def faults(told: dict, tours: tuple[tuple[int, ...], ...]) -> tuple[float, list[str]]:
    """Length of tours, and what they break: nothing of the planner's is used."""
    total, days_of, found = 0.0, {c: [] for c in range(1, len(told["place"]))}, []
    for r, tour in enumerate(tours):
        day, path = r // told["vehicles"], [0, *tour, 0]
        length = sum(math.dist(told["place"][a], told["place"][b]) for a, b in itertools.pairwise(path))
        total += length
        longest, load = told["limits"][day]
        if load and sum(told["demand"][c] for c in tour) > load + 1e-6:
            found.append(f"load of tour {r}")
        if longest and length + sum(told["service"][c] for c in tour) > longest + 1e-6:
            found.append(f"length of tour {r}")
        for c in tour:
            days_of[c].append(day)
    found += [f"days of {c}" for c, days in days_of.items() if sorted(days) not in told["patterns"][c - 1]]
    return total, found


def in_seconds(problem: Problem, seconds: float, seed: str) -> tuple[periodic.Answer, int, float]:
    """An answer with as many turns as fit into the seconds, by the speed of a first trial."""
    begin = time.process_time()
    solve(problem, 4000, seed)
    turns = max(int(4000 * seconds / (time.process_time() - begin)), 4000)
    begin = time.process_time()
    answer = solve(problem, turns, seed)
    return answer, turns, time.process_time() - begin


def measure_periodic(seconds: float, only: list[str], seed: str) -> list[dict]:
    """Gap of every instance."""
    rows = []
    with (DATA / "pvrp_index.csv").open() as file:
        listed = list(csv.DictReader(file))
    for row in listed:
        if only and row["instance"] not in only:
            continue
        told = read_periodic(DATA / "pvrp" / f"{row['instance']}.txt")
        problem = periodic_problem(told)
        solve(problem, 200, seed)  # compiles
        answer, turns, spent = in_seconds(problem, seconds, seed)
        total, broken = faults(told, answer.tours)
        known = float(row["best_known"])
        rows.append({"instance": row["instance"], "found": round(total, 2), "best_known": known,
                     "gap_pct": round(100 * (total / known - 1), 3), "turns": turns, "cpu_s": round(spent, 1),
                     "broken": broken})  # fmt: skip
        print(json.dumps(rows[-1]), flush=True)
    return rows


def windows_problem(told: dict) -> Problem:
    """A day of several tours with windows, as a problem of the planner's search."""
    rows = told["customers"]
    place = np.array([[row["x"], row["y"]] for row in rows], dtype=float)
    land = open_land(np.hypot(*(place[:, None] - place).transpose(2, 0, 1)), 1, told["vehicle-nr"])
    window = np.array([[row["earliest"], row["latest"]] for row in rows], dtype=float)
    land = land._replace(
        window=window[:, None, None], shift=window[:1], capacity=np.array([float(told["capacity"])]),
        demand=np.array([float(row["demand"]) for row in rows]), service=np.array([float(row["cost"]) for row in rows]),
    )  # fmt: skip
    wish = pattern_wish(land, [[[0]]] * (len(rows) - 1))
    return Problem(land, wish, must=True, style=PATTERNS)


def late(told: dict, tours: list[tuple[int, ...]]) -> tuple[float, list[str]]:
    """Length of tours with windows, and what they break."""
    rows, total, found = told["customers"], 0.0, []
    if sorted(c for tour in tours for c in tour) != list(range(1, len(rows))):
        found.append("not everybody once")
    for r, tour in enumerate(tours):
        now = 0.0
        for a, b in itertools.pairwise((0, *tour, 0)):
            way = math.dist((rows[a]["x"], rows[a]["y"]), (rows[b]["x"], rows[b]["y"]))
            total += way
            now = max(now + rows[a]["cost"] + way, rows[b]["earliest"])
            if now > rows[b]["latest"] + 1e-6:
                found.append(f"tour {r} late at {b}")
        if sum(rows[c]["demand"] for c in tour) > told["capacity"]:
            found.append(f"load of tour {r}")
    return total, found


def by_pyvrp(told: dict, seconds: float) -> list[tuple[int, ...]]:
    """Tours of PyVRP, ways in thousandths."""
    rows, scale = told["customers"], 1000
    model = pyvrp.Model()
    nodes = [model.add_location(row["x"], row["y"]) for row in rows]
    model.add_depot(nodes[0])
    window = {"tw_early": 0, "tw_late": scale * rows[0]["latest"]}
    model.add_vehicle_type(told["vehicle-nr"], told["capacity"], **window)
    for node, row in zip(nodes[1:], rows[1:], strict=True):
        model.add_client(
            node, delivery=row["demand"], service_duration=scale * row["cost"],
            tw_early=scale * row["earliest"], tw_late=scale * row["latest"],
        )  # fmt: skip
    for a, one in enumerate(nodes):
        for b, other in enumerate(nodes):
            way = math.ceil(scale * math.dist((rows[a]["x"], rows[a]["y"]), (rows[b]["x"], rows[b]["y"])))
            if a != b:
                model.add_edge(one, other, distance=way, duration=way)
    begin = time.process_time()

    class Spent:
        """So many seconds of the processor."""

        def __call__(self, best_cost: float) -> bool:
            return time.process_time() - begin > seconds

    best = model.solve(stop=Spent(), seed=1, display=False).best
    return [tuple(stop.idx + 1 for stop in route if stop.is_client()) for route in best.routes()]


def measure_windows(folder: Path, seconds: float, seed: str) -> list[float]:
    """Gap of every instance to PyVRP."""
    gaps = []
    for path in sorted(folder.glob("*.json")):
        told = json.loads(path.read_text())
        if "customers" not in told:
            print(f"{path.name}: a solution and no instance; left out")
            continue
        problem = windows_problem(told)
        solve(problem, 200, seed)
        answer, turns, spent = in_seconds(problem, seconds, seed)
        ours, broken = late(told, [tour for tour in answer.tours if tour])
        theirs, faults_ = late(told, by_pyvrp(told, seconds))
        gaps.append(100 * (ours / theirs - 1))
        print(json.dumps({"instance": path.stem, "found": round(ours, 2), "pyvrp": round(theirs, 2),
                          "gap_pct": round(gaps[-1], 3), "turns": turns, "cpu_s": round(spent, 1),
                          "broken": broken, "pyvrp_broken": faults_}), flush=True)  # fmt: skip
    return gaps


def main() -> None:
    """Measure what is there."""
    ask = argparse.ArgumentParser(description=__doc__)
    ask.add_argument("--seconds", type=float, default=10.0)
    ask.add_argument("--only", default="")
    ask.add_argument("--seed", default="bench")
    ask.add_argument("--windows", type=Path, default=DATA / "solomon", help="folder of instances with windows")
    ask.add_argument("--no-periodic", action="store_true")
    options = ask.parse_args()
    gaps = measure_windows(options.windows, options.seconds, options.seed)
    if gaps:
        print(f"windows: mean gap to PyVRP {np.mean(gaps):.3f} %, largest {max(gaps):.2f} %, {len(gaps)} instances")
    if options.no_periodic or not (DATA / "pvrp_index.csv").is_file():
        return
    rows = measure_periodic(options.seconds, [name for name in options.only.split(",") if name], options.seed)
    if rows:
        gaps = [row["gap_pct"] for row in rows]
        print(f"periodic: mean gap {np.mean(gaps):.3f} %, median {np.median(gaps):.3f} %, largest {max(gaps):.2f} %, "
              f"feasible {sum(not row['broken'] for row in rows)} of {len(rows)}")  # fmt: skip


if __name__ == "__main__":
    main()
