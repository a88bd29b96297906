"""Files of taught moves: a table of what somebody knows of the rivals, read as it comes.

Columns: ``action`` (``add`` where it is empty and there is no ``id``), ``id``, ``brand``, ``start``, ``end``,
``strength``, ``territories``, ``why``, ``who``; others are passed over, so that an exported calendar can be sent back.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from twin.errors import InputError, Problem
from twin.intake.convert import convert, uses_commas
from twin.intake.dialect import read_titled
from twin.intake.mapping import TableMapping

_KINDS = {
    "action": "text", "id": "text", "brand": "text", "start": "date", "end": "date", "strength": "number",
    "territories": "text", "why": "text", "who": "text",
}  # fmt: skip


def read_moves(path: Path) -> tuple[list[dict[str, Any]], int]:
    """Rows that say something, and how many say nothing.

    A row with the name of a known move and no action is passed over. Dates may be ISO or as 31.12.2025; a file with
    semicolons may write decimal commas.

    Raises
    ------
    InputError
        With every cell that cannot be read.
    """
    raw, titles = read_titled(
        path, list(_KINDS), "Name a CSV file with the columns action, id, brand, start, end, why."
    )
    if not {"start", "id"} & set(titles):
        cure = "Name the columns as `twin calendar export` does."
        raise InputError([Problem(path.name, "columns", "start, or id", ", ".join(raw.columns), cure, 1)])
    commas = uses_commas(raw)
    settings = TableMapping(decimal="," if commas else None)
    problems: list[Problem] = []
    columns: dict[str, list[Any]] = {}
    for name, kind in _KINDS.items():
        if name not in titles:
            columns[name] = [None] * len(raw)
            continue
        typed = convert(kind, raw.columns[titles[name]], settings, commas)
        for place in typed.bad.nonzero()[0].tolist():
            found = repr(raw.columns[titles[name]][place].as_py())
            problems.append(Problem(path.name, name, typed.expected, found, typed.cure, raw.line_of(place)))
        columns[name] = [None if pd.isna(value) else value for value in pd.Series(typed.values).tolist()]
    if problems:
        raise InputError(problems)
    rows, passed_over = [], 0
    for place, cells in enumerate(zip(*columns.values())):
        row = dict(zip(_KINDS, cells))
        if not row["action"] and row["id"]:
            passed_over += 1
            continue
        rows.append(_wish(row) | {"row": raw.line_of(place)})
    return rows, passed_over


def _wish(row: dict[str, Any]) -> dict[str, Any]:
    """A row with empty texts for missing ones, and days as dates."""
    texts = {name: str(row[name] or "").strip() for name in ("id", "brand", "why", "who")}
    days = {name: None if row[name] is None else pd.Timestamp(row[name]).date() for name in ("start", "end")}
    action = str(row["action"] or "add").strip().casefold()
    where = None if row["territories"] is None else str(row["territories"])
    return {"action": action, "strength": row["strength"], "territories": where, **texts, **days}
