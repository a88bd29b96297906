"""What a measurement is: its parts, the worlds that several share, and the list of all of them.

A measurement stands in a file ``measure_<part>.py`` as one of its ``MEASURES``; :func:`registry` finds them all.
Several files may hold parts of one measurement: they are joined by its number. Measures nothing itself.
"""

from __future__ import annotations

import importlib
import subprocess
import sys
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from bench_tools import ROOT

from twin.market.history import History
from twin.market.world import Brands, World
from twin.scenario.scenario import FieldForce, Scenario

SEED = 1000
"""Worlds are those of the seeds from here on, fixed beforehand: none is drawn again."""
MONTH = 52.1775 / 12
"""Weeks in a month."""
MORE = Scenario("a tenth more", field_force=FieldForce(capacity_factor=1.1))
SHARED = ROOT.parent / "shared"
"""Real data lie here where there are any; measurements on them are left open where there are none."""

Part = dict[str, Any]
Run = Callable[[int], list[Part]]
_made: dict[str, Any] = {}


@dataclass(frozen=True)
class Measure:
    """One measurement, or what one file holds of it.

    Parameters
    ----------
    id : str
        "1" to "23".
    words : str
        What is measured.
    data : str
        "made up", "real" or "made up, real".
    run : callable or str
        Takes the number of worlds and gives parts; a text says why nothing can be run.
    worlds : int
        How many worlds are run unless told otherwise: the number that the threshold was set for.
    fixed : bool
        The number of worlds does not depend on what is asked for.
    """

    id: str
    words: str
    data: str
    run: Run | str
    worlds: int = 6
    fixed: bool = False


def part(what: str, value: Any, threshold: str, passed: bool | None, reason: str = "", n: int | None = None) -> Part:
    """One figure of a measurement; ``passed`` is None where it is shown but not judged, and ``reason`` says why."""
    return {
        "what": what,
        "value": value,
        "threshold": threshold,
        "pass": None if passed is None else bool(passed),
        **({"reason": reason} if reason else {}),
        **({} if n is None else {"n": n}),
    }


def shown(what: str, value: Any, n: int | None = None, note: str = "") -> Part:
    """A figure that helps to read the others: it is shown, and never judged."""
    return part(what, value, "shown", None, note, n) | {"shown": True}


def once(name: str, make: Callable[[], Any]) -> Any:
    """Worlds that several measurements share are lived through once: by name, so let the name tell the number too."""
    if name not in _made:
        _made[name] = make()
    return _made[name]


def with_rival(world: World, history: History) -> tuple[World, History]:
    """The same with a rival: where ours is the only brand, nobody could buy more of it instead of another."""
    two = Brands(np.array(["Ours", "Rival"]), np.array(["us", "Rival"]), np.ones(2))
    return replace(world, brands=two), history


def registry(folder: Path | None = None) -> dict[int, list[Measure]]:
    """Every measurement by its number: files in the order of their names, each with its parts."""
    found: dict[int, list[Measure]] = {}
    for path in sorted((folder or Path(__file__).parent).glob("measure_*.py")):
        for measure in importlib.import_module(path.stem).MEASURES:
            found.setdefault(int(measure.id), []).append(measure)
    return dict(sorted(found.items()))


def entry(measures: list[Measure], n: int | None) -> dict[str, Any]:
    """One measurement, run: an exception is a failure, and a part that says nothing leaves it open."""
    parts: list[Part] = []
    clock, ran, version = time.perf_counter(), [], code_version()
    short: list[str] = []
    for measure in measures:
        worlds = measure.worlds if n is None or measure.fixed else n
        if isinstance(measure.run, str):
            parts.append(part(measure.words, None, "", None, measure.run))
            continue
        ran.append(worlds)
        if worlds < measure.worlds:
            short.append(f"{worlds} of {measure.worlds} worlds were run")
        try:
            parts += [{"n": worlds} | one for one in measure.run(worlds)]
        except Exception as error:  # what breaks has failed: the others still have their turn
            traceback.print_exc(file=sys.stderr)
            parts.append(part("runs to its end", f"{type(error).__name__}: {error}", "no error", False, n=worlds))
    judged = [one for one in parts if not one.get("shown")]
    passed = [one["pass"] for one in judged]
    row = _head(measures) | {
        "n": max(ran, default=0),
        "threshold": {one["what"]: one["threshold"] for one in judged if one["threshold"]} or None,
        "value": {one["what"]: one["value"] for one in parts if one["threshold"]} or None,
        "pass": False if False in passed else None if None in passed or not passed else True,
        "parts": parts,
        "seconds": round(time.perf_counter() - clock, 1),
        "code": version,
    }
    if row["pass"] and short:  # a threshold is set for a number of worlds: with fewer, nothing has passed
        return row | {"pass": None, "reason": "; ".join(dict.fromkeys(short))}
    wanted = False if row["pass"] is False else None
    reasons = [f"{one['what']}: {one['reason']}" for one in judged if one["pass"] is wanted and one.get("reason")]
    return row | ({"reason": "; ".join(reasons)} if reasons and row["pass"] is not True else {})


def not_run(measures: list[Measure]) -> dict[str, Any]:
    """One measurement that nobody has run."""
    said = [one.run for one in measures if isinstance(one.run, str)]
    reason = "; ".join(said) if len(said) == len(measures) else "left out of this run"
    return _head(measures) | {"n": 0, "threshold": None, "value": None, "pass": None, "reason": reason}


def _head(measures: list[Measure]) -> dict[str, Any]:
    kinds = [kind for kind in ("made up", "real") if any(kind in one.data for one in measures)]
    return {"id": measures[0].id, "measure": measures[0].words, "data": ", ".join(kinds)}


def code_version() -> str:
    """Commit and day of the code that was measured; with a plus sign where the tree held changes beyond it."""
    try:
        said = [
            subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()
            for words in (("log", "-1", "--format=%h %cs"), ("status", "--porcelain", "-uno", "twin"))
        ]
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return said[0] + (" +" if said[1] else "")
