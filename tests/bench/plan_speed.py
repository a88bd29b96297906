"""Visit plans measured: ``python tests/bench/plan_speed.py [--reps 100] [--seeds 3]`` prints a table, writes nothing.

CPU seconds of the whole planning of made-up worlds, every plan held against the independent checker: a few reps, then
many; a full week, a country, feasts, absences. Then what a sick day changes of a plan that was announced.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from plan_worlds import MONDAY, Size, conditions_of, small_world

from twin.planning.checker import check_plan
from twin.planning.kept import Kept
from twin.planning.plan import VisitPlan
from twin.planning.settings import Absence, PlanSettings
from twin.planning.visit_plan import make_plan, visit_gain

SIZES = {
    "8 reps": Size(customers=1600, territories=8, visits_per_week=50, consent=1.0),
    "8 reps, country": Size(customers=1600, territories=8, visits_per_week=40, radius_km=60, consent=1.0),
    "8 reps, narrow hours": Size(customers=1600, territories=8, visits_per_week=50, with_hours=0.9, consent=1.0),
}


def planned(size: Size, settings: PlanSettings, start: dt.date, **more) -> tuple[VisitPlan, dict]:
    """A plan and its measured figures."""
    world, market = small_world(size)
    conditions = conditions_of(world, market)
    cpu, clock = time.process_time(), time.perf_counter()
    plan = make_plan(world, market, conditions, visit_gain([market]), start=start, settings=settings, **more)
    spent = time.process_time() - cpu, time.perf_counter() - clock
    broken = check_plan(plan, world, conditions, settings)
    return plan, {
        "visits": int((plan.kind == "visit").sum()), "unserved": len(plan.unserved),
        "drive_h": round(float(plan.days.drive_min.sum()) / 60, 1), "cpu_s": round(spent[0], 1),
        "wall_s": round(spent[1], 1), "broken": len(broken),
    }  # fmt: skip


def many(reps: int, settings: PlanSettings) -> dict:
    """Plan of many reps: four weeks of ten visits a day."""
    size = Size(customers=200 * reps, territories=reps, visits_per_week=50, consent=1.0, with_hours=0.3)
    return planned(size, settings, MONDAY)[1]


def sick_day(size: Size, settings: PlanSettings, rep: str, day: dt.date) -> dict:
    """What is kept of a plan when a rep falls ill on a day, told on that morning."""
    plan, _ = planned(size, settings, MONDAY)
    mine = plan.kind == "visit"
    begin = (plan.begin - plan.date.astype("datetime64[m]")).astype(np.int64)
    nothing = np.full(int(mine.sum()), -1)
    kept = Kept(
        plan.visit_id[mine], plan.rep_id[mine], plan.customer_id[mine], plan.date[mine], begin[mine],
        np.zeros(int(mine.sum()), np.int64), nothing, nothing, np.zeros(int(mine.sum()), bool), day,
    )  # fmt: skip
    away = replace(settings, absences=(Absence(rep, day, day),))
    again, figures = planned(size, away, MONDAY, kept=kept)
    old = {name: (r, b) for name, r, b in zip(plan.visit_id[mine], plan.rep_id[mine], plan.begin[mine], strict=True)}
    new = {name: (r, b) for name, r, b in zip(again.visit_id, again.rep_id, again.begin, strict=True)}
    lost = {n for n, (r, b) in old.items() if r == rep and b.astype("datetime64[D]") == np.datetime64(day)}
    rest = [n for n in old if n not in lost]
    same = np.mean([old[n] == new.get(n) for n in rest])
    same_day = np.mean(
        [n in new and old[n][1].astype("datetime64[D]") == new[n][1].astype("datetime64[D]") for n in rest]
    )
    return {"visits_of_the_day": len(lost), "of_them_placed": sum(n in new for n in lost),
            "unchanged_pct": round(100 * same, 2), "same_day_pct": round(100 * same_day, 2), **figures}  # fmt: skip


def main() -> None:
    """Measure and print."""
    ask = argparse.ArgumentParser(description=__doc__)
    ask.add_argument("--reps", type=int, default=100)
    ask.add_argument("--seeds", type=int, default=3)
    options = ask.parse_args()
    usual = PlanSettings("TR")
    planned(Size(), replace(usual, turns_per_visit=1), MONDAY)  # compiles
    print(
        json.dumps({"what": f"{options.reps} reps, 4 weeks, 10 visits a day", **many(options.reps, usual)}), flush=True
    )
    for name, size in SIZES.items():
        for start in (MONDAY, dt.date(2026, 3, 9)):
            print(json.dumps({"what": f"{name}, from {start}", **planned(size, usual, start)[1]}), flush=True)
    for seed in range(options.seeds):
        size = replace(SIZES["8 reps"], seed=seed + 1)
        row = sick_day(size, usual, "R3", dt.date(2026, 2, 10))
        print(json.dumps({"what": f"sick day, world {seed + 1}", **row}), flush=True)
    turns = {"a tenth": 8, "usual": 80, "five times": 400}
    for name, each in turns.items():
        row = planned(SIZES["8 reps"], replace(usual, turns_per_visit=each), MONDAY)[1]
        print(json.dumps({"what": f"turns: {name}", **row}), flush=True)


if __name__ == "__main__":
    main()
