"""Roads of a plan: a table of ways from a file, or a road engine at an address that the planner names.

Nobody is called unless an address is given.
"""

from __future__ import annotations

import csv
import json
import math
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from twin.errors import InputError, PlanError, Problem
from twin.market.world import World
from twin.planning.checker_roads import Lookup, place_of
from twin.planning.roads import Roads, Ways
from twin.planning.settings import PlanSettings

_BLOCK = 50
"""Places on either side of one question: engines take a hundred by default."""
_PATIENCE_SECONDS = 60


@dataclass(frozen=True)
class RoadsAsked:
    """What a planner names instead of great circles.

    Parameters
    ----------
    matrix : Path, optional
        CSV with the columns ``o``, ``d``, ``min`` and, if known, ``km``; a rep's id stands for its home.
    osrm : str
        Address of an OSRM server; nobody is called when empty.
    """

    matrix: Path | None = None
    osrm: str = ""


@dataclass
class Engine:
    """An OSRM server and its answers.

    Parameters
    ----------
    address : str
    answers : list
        Places and minutes of every question.
    """

    address: str
    answers: list[tuple[dict[tuple[float, float], int], NDArray[np.float64]]] = field(default_factory=list)

    def __call__(
        self, lon: NDArray[np.float64], lat: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Minutes and kilometres between all of some places."""
        k = len(lon)
        minutes, km = np.full((k, k), np.nan), np.full((k, k), np.nan)
        blocks = [range(first, min(first + _BLOCK, k)) for first in range(0, k, _BLOCK)]
        for a in blocks:
            for b in blocks:
                rows = [*a, *b]
                told = _told(self.address, lon[rows], lat[rows], len(a))
                minutes[np.ix_(a, b)] = np.array(told["durations"], dtype=np.float64) / 60.0
                if told.get("distances"):
                    km[np.ix_(a, b)] = np.array(told["distances"], dtype=np.float64) / 1000.0
        self.answers.append(({(x, y): row for row, (x, y) in enumerate(zip(lon, lat, strict=True))}, minutes))
        return minutes, km

    def minutes(self, a: tuple[float, float], b: tuple[float, float]) -> float | None:
        """What was answered for two places."""
        for rows, minutes in self.answers:
            if a in rows and b in rows and math.isfinite(minutes[rows[a], rows[b]]):
                return float(minutes[rows[a], rows[b]])
        return None


def roads_of(asked: RoadsAsked | None, settings: PlanSettings) -> Roads:
    """Roads as the planner has named them.

    Raises
    ------
    InputError
        Naming the rows of the file that are at fault.
    PlanError
        For an address that is none.
    """
    if asked is None:
        return Roads(settings)
    if asked.osrm and not asked.osrm.startswith(("http://", "https://")):
        raise PlanError(f"--osrm: expected an address like http://localhost:5000, found {asked.osrm!r}.")
    ways = _ways(asked.matrix) if asked.matrix else None
    return Roads(settings, ways, Engine(asked.osrm.rstrip("/")) if asked.osrm else None)


def lookup_of(asked: RoadsAsked | None, roads: Roads, world: World) -> Lookup | None:
    """The same ways for the checker, which reads the file once more by itself."""
    if asked is None:
        return None
    table: dict[tuple[str, str], float] = {}
    for _, cells in _rows(asked.matrix) if asked.matrix else ():
        table[cells["o"], cells["d"]] = float(cells["min"].replace(",", "."))
    place = {str(name): place_of(world, k) for k, name in enumerate(world.population.ids)} if asked.osrm else {}
    homes = zip(world.reps.ids, world.reps.home_lon, world.reps.home_lat, strict=True)
    place |= {str(name): (float(x), float(y)) for name, x, y in homes}

    def minutes(a: str, b: str) -> float | None:
        if (a, b) in table:
            return table[a, b]
        if isinstance(roads.engine, Engine) and a in place and b in place:
            return roads.engine.minutes(place[a], place[b])
        return None

    return minutes


def _ways(path: Path) -> Ways:
    problems: list[Problem] = []
    names: tuple[list[str], list[str]] = ([], [])
    figures: tuple[list[float], list[float]] = ([], [])
    for line, cells in _rows(path):
        numbers = [_number(cells.get(name, "")) for name in ("min", "km")]
        if numbers[0] is None or numbers[0] < 0.0:
            found = cells["min"] or "an empty cell"
            problems.append(Problem(path.name, "min", "minutes, 0 or more", found, "Give the minutes.", row=line))
            continue
        for into, cell in zip(names, (cells["o"], cells["d"]), strict=True):
            into.append(cell)
        figures[0].append(numbers[0])
        figures[1].append(math.nan if numbers[1] is None else numbers[1])
    if problems:
        raise InputError(problems)
    return Ways.of(*(np.array(each, dtype=str) for each in names), *(np.array(each) for each in figures))


def _rows(path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    """Lines of a table of ways, with their numbers; commas, semicolons or tabs between the cells."""
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise PlanError(f"--matrix: {path}: expected a CSV file in UTF-8, found none ({error}). Check it.") from error
    head = lines[0] if lines else ""
    mark = max(";\t,", key=head.count)
    reader = csv.DictReader(lines, delimiter=mark)
    absent = [name for name in ("o", "d", "min") if name not in (reader.fieldnames or ())]
    if absent:
        found = ", ".join(reader.fieldnames or ()) or "nothing"
        cure = "Name the columns o, d, min and km in the first line."
        raise InputError([Problem(path.name, absent[0], "the columns o, d, min", found, cure, row=1)])
    for line, cells in enumerate(reader, start=2):
        yield line, {str(name): (cell or "").strip() for name, cell in cells.items() if isinstance(cell, str | None)}


def _number(cell: str) -> float | None:
    try:
        value = float(cell.replace(",", "."))
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _told(address: str, lon: NDArray[np.float64], lat: NDArray[np.float64], sources: int) -> dict:
    """An answer of the engine: ways from the first places to the others."""
    places = ";".join(f"{x:.6f},{y:.6f}" for x, y in zip(lon, lat, strict=True))
    here, there = (";".join(map(str, rows)) for rows in (range(sources), range(sources, len(lon))))
    query = f"{address}/table/v1/driving/{places}?annotations=duration,distance&sources={here}&destinations={there}"
    try:
        with urllib.request.urlopen(query, timeout=_PATIENCE_SECONDS) as answer:
            told = json.load(answer)
    except (urllib.error.URLError, OSError, ValueError) as error:
        raise PlanError(
            f"--osrm: {address}: expected a table of ways, found {error}. Check the address, or leave it out."
        ) from error
    if not isinstance(told, dict) or told.get("code") != "Ok" or "durations" not in told:
        found = told.get("message", told.get("code")) if isinstance(told, dict) else "something else"
        raise PlanError(f"--osrm: {address}: expected a table of ways, found {found!r}. Check the server.")
    return {
        name: [[math.nan if x is None else x for x in row] for row in told[name]]
        for name in ("durations", "distances")
        if told.get(name)
    }
