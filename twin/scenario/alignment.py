"""Alignment files: which territory serves which customer, or which brick.

A CSV with ``customer_id`` or ``brick_id``, and ``territory_id``; whoever is not listed stays where they are. Knows no
map and no workload.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from twin.errors import Problem, ScenarioError
from twin.market.world import World
from twin.scenario.words import meant, shown

_KEYS = ("customer_id", "brick_id")
_TERRITORY = "territory_id"
_MOST_BYTES = 50_000_000


@dataclass(frozen=True)
class AlignmentFile:
    """What an alignment file says.

    Parameters
    ----------
    file : str
        Its name, for messages.
    key : str
        ``customer_id`` or ``brick_id``.
    territory_of : mapping of str to str
    rows : mapping of str to int
        Line on which each id stands.
    """

    file: str
    key: str
    territory_of: Mapping[str, str]
    rows: Mapping[str, int]


def read_alignment(path: str | Path) -> AlignmentFile:
    """Read an alignment file; comma, semicolon or tab between columns, UTF-8 or Windows Turkish.

    Raises
    ------
    ScenarioError
        With every faulty line.
    """
    path = Path(path)
    lines = _text(path).splitlines()
    header = lines[0] if lines else ""
    mark = max(",;\t", key=header.count)
    try:
        table = list(csv.reader(lines, delimiter=mark))
    except csv.Error as error:
        raise ScenarioError(
            [Problem(path.name, "(the file)", "CSV", str(error), "Save it as CSV in UTF-8.")]
        ) from error
    names = [name.strip().lower() for name in table[0]] if table else []
    key = next((name for name in _KEYS if name in names), None)
    if key is None or _TERRITORY not in names:
        cure = "Name the columns in the first line."
        raise ScenarioError(
            [Problem(path.name, "columns", "customer_id or brick_id, and territory_id", header[:80], cure, 1)]
        )
    return _aligned(path.name, key, names, table[1:])


def _aligned(file: str, key: str, names: list[str], lines: list[list[str]]) -> AlignmentFile:
    problems: list[Problem] = []
    territory_of: dict[str, str] = {}
    rows: dict[str, int] = {}
    for row, cells in enumerate(lines, start=2):
        if not any(cell.strip() for cell in cells):
            continue
        padded = [*(cell.strip() for cell in cells), *[""] * len(names)]
        who, territory = padded[names.index(key)], padded[names.index(_TERRITORY)]
        if not who or not territory:
            lacking = _TERRITORY if who else key
            problems.append(Problem(file, lacking, "a value", "nothing", "Fill it in or take the line out.", row))
        elif territory_of.setdefault(who, territory) != territory:
            found = f"{territory!r}, and {territory_of[who]!r} in row {rows[who]}"
            problems.append(Problem(file, _TERRITORY, f"one territory for {who}", found, "Keep one line.", row))
        else:
            rows.setdefault(who, row)
    if problems:
        raise ScenarioError(problems)
    return AlignmentFile(file, key, territory_of, rows)


def territories_after(alignment: AlignmentFile, world: World) -> NDArray[np.int32]:
    """Territory of every customer once an alignment file is followed.

    Returns
    -------
    (c,) int32
        Index into :attr:`World.territories`; ids that the market does not have are passed over.

    Raises
    ------
    ScenarioError
        A territory is unknown.
    """
    index = {str(name): z for z, name in enumerate(world.territories)}
    unknown = [who for who, territory in alignment.territory_of.items() if territory not in index]
    if unknown:
        raise ScenarioError([_unknown(alignment, who, tuple(index)) for who in unknown])
    people = world.population
    ids = people.ids if alignment.key == "customer_id" else world.bricks.ids
    current = people.territory if alignment.key == "customer_id" else np.asarray(world.bricks.territory)
    listed = np.array(list(alignment.territory_of), dtype=str)
    target = np.array([index[territory] for territory in alignment.territory_of.values()], dtype=np.int32)
    moved = np.array(current, dtype=np.int32)
    if len(listed) and len(ids):
        order = np.argsort(listed)
        at = order[np.clip(np.searchsorted(listed, ids, sorter=order), 0, len(listed) - 1)]
        moved = np.where(listed[at] == ids, target[at], moved).astype(np.int32)
    if alignment.key == "customer_id":
        return moved
    if not len(ids):
        return people.territory.astype(np.int32)
    changed = moved != current
    inside = people.brick >= 0
    return np.where(inside & changed[people.brick], moved[people.brick], people.territory).astype(np.int32)


def _unknown(alignment: AlignmentFile, who: str, territories: tuple[str, ...]) -> Problem:
    territory = alignment.territory_of[who]
    cure = meant(territory, territories, "Territories")
    return Problem(alignment.file, _TERRITORY, "a territory", shown(territory), cure, alignment.rows[who])


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise OSError(f"larger than {_MOST_BYTES} bytes")
        raw = path.read_bytes()
    except OSError as error:
        reason = error.strerror or str(error)
        raise ScenarioError([Problem(path.name, "(the file)", "a file", reason, f"Check the path {path}.")]) from error
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("cp1254", errors="replace")
