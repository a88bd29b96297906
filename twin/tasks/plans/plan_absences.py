"""Absences of reps from a table: ``rep_id``, ``from``, ``to`` (both days included) and, if wanted, ``why``.

The table ``absences`` of a bundle, whose days are called ``first`` and ``last``, is read as well.
"""

from __future__ import annotations

import csv
import datetime as dt
from pathlib import Path

from twin.errors import InputError, PlanError, Problem
from twin.planning.settings import Absence

_BUNDLE = {"first": "from", "last": "to"}
_FORMS = ("%Y-%m-%d", "%d.%m.%Y", "%d/%m/%Y")


def read_absences(path: Path) -> tuple[Absence, ...]:
    """Read a table of absences; commas, semicolons or tabs between the cells.

    Parameters
    ----------
    path : Path

    Returns
    -------
    tuple of Absence

    Raises
    ------
    PlanError
        When there is no such file.
    InputError
        Naming every row that is at fault.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise PlanError(f"--absences: {path}: expected a CSV file in UTF-8, found none ({error}). Check it.") from error
    head = lines[0] if lines else ""
    reader = csv.DictReader(lines, delimiter=max(";\t,", key=head.count))
    if {"first", "last"} <= set(reader.fieldnames or ()):
        reader.fieldnames = [_BUNDLE.get(name, name) for name in reader.fieldnames or ()]
    absent = [name for name in ("rep_id", "from", "to") if name not in (reader.fieldnames or ())]
    if absent:
        found = ", ".join(reader.fieldnames or ()) or "nothing"
        cure = "Name the columns rep_id, from and to in the first line."
        raise InputError([Problem(path.name, absent[0], "the columns rep_id, from, to", found, cure, row=1)])
    absences, problems = [], []
    for line, raw in enumerate(reader, start=2):
        cells = {name: (raw.get(name) or "").strip() for name in ("rep_id", "from", "to", "why")}
        days = {name: _day(cells[name]) for name in ("from", "to")}
        if not cells["rep_id"]:
            problems.append(_problem(path, line, "rep_id", "a rep", "an empty cell", "Name the rep."))
        for name, day in days.items():
            if day is None:
                found = cells[name] or "an empty cell"
                problems.append(_problem(path, line, name, "a date such as 2026-01-31", found, "Correct the date."))
        first, last = days["from"], days["to"]
        if first is None or last is None or not cells["rep_id"]:
            continue
        if last < first:
            problems.append(_problem(path, line, "to", f"{first} or later", str(last), "Swap or correct the dates."))
            continue
        absences.append(Absence(cells["rep_id"], first, last, cells["why"]))
    if problems:
        raise InputError(problems)
    return tuple(absences)


def _day(cell: str) -> dt.date | None:
    for form in _FORMS:
        try:
            return dt.datetime.strptime(cell, form).date()
        except ValueError:
            continue
    return None


def _problem(path: Path, line: int, where: str, expected: str, found: str, cure: str) -> Problem:
    return Problem(path.name, where, expected, found, cure, row=line)
