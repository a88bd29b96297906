"""Goals of the engine's speed and memory, and whether measured figures meet them."""

from __future__ import annotations

from typing import Any

NS_BY_REGISTERS = {"zmm": 40.0, "ymm": 75.0}
"""Nanoseconds per customer and week that are aimed at, by the widest registers of the processor."""

_SECOND_CORE = "gain of a second core, ensemble"


def held_against(top: dict[str, Any], found: dict[str, Any], registers: str) -> list[dict[str, Any]]:
    """Every goal with its figure; ``met`` is null where nothing was measured.

    Nor is the second core judged where others held it: with fewer cores than the gain that is asked for, nobody gains.
    """
    ensemble, start, peak = found["ensemble"] or {}, found["start_up"], found["peak"] or {}
    compiling, kept = (
        start[f"first_run_with_{what}"]["cpu_s"]["median"] for what in ("compiling", "kept_machine_code")
    )
    rows = [
        ("times faster than pure Mesa, 100,000 customers", top["ratio_pure_mesa"], ">=", 150.0),
        ("times faster than mesa-frames, 10,000", top["ratio_mesa_frames_1e4"], ">=", 15.0),
        ("times faster than mesa-frames, 100,000", top["ratio_mesa_frames"], ">=", 6.0),
        ("times faster than NumPy, 100,000", top["ratio_numpy"], ">=", 5.0),
        ("ns per customer and week, 100,000", top["ns_per_customer_week"], "<=", NS_BY_REGISTERS.get(registers)),
        ("cost of a customer at 1,000,000 over 10,000", top["flatness_1e4_1e6"], "<=", 1.5),
        ("passes alone in cache, as a part of the whole", top["share_of_floor"], ">=", 0.55),
        ("part of the time outside of compiled code", top["wrapper_share"], "<=", 0.10),
        ("bytes a customer that runs share", found["memory"]["shared_ground"], "<=", 120.0),
        ("bytes a customer of state", found["memory"]["state"], "<=", 40.0),
        ("GiB of a process, 1,000,000 customers over 104 weeks", peak.get("peak_gib"), "<=", 2.0),
        (_SECOND_CORE, top["two_core_gain"], ">=", 1.7),
        ("CPU time of an ensemble on two threads over one", ensemble.get("cpu_two_over_one"), "<=", 1.10),
        ("CPU seconds of a first run that compiles", compiling, "<=", 20.0),
        ("CPU seconds of a first run with kept machine code", kept, "<=", 2.5),
        ("seconds of twin --help", start["help"]["wall_s"]["median"], "<=", 0.3),
        ("variance that shared luck saves, times", found["paired_variance"]["ratio"], ">=", 10.0),
    ]
    goals = [_goal(*row) for row in rows]
    for goal in goals:
        if goal["goal"] == _SECOND_CORE and goal["met"] is False and ensemble["cores_got"] < goal["bound"]:
            goal |= {"met": None, "reason": f"others held the machine: it got {ensemble['cores_got']:.2f} cores"}
    return goals


def _goal(what: str, value: float | None, sense: str, bound: float | None) -> dict[str, Any]:
    met = None if value is None or bound is None else bool(value >= bound if sense == ">=" else value <= bound)
    return {"goal": what, "value": value, "sense": sense, "bound": bound, "met": met}


def as_text(goals: list[dict[str, Any]]) -> str:
    """One line a goal."""
    words = {True: "met", False: "MISSED", None: "not measured"}

    def line(goal: dict[str, Any]) -> str:
        value = "" if goal["value"] is None else f"{goal['value']:.3g}"
        bound = "" if goal["bound"] is None else f"{goal['sense']} {goal['bound']:g}"
        return f"{goal['goal']:56} {value:>8}  {bound:9} {goal.get('reason', words[goal['met']])}"

    return "\n".join(line(goal) for goal in goals)
