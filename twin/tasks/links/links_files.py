"""Files of decisions on who is who: the exported review table with its column ``action`` filled in.

Columns: ``action``, and ``id`` (of the pair) or ``id_a`` and ``id_b``; ``keep``, ``why``, ``who``. Others are not read.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from twin.errors import InputError, Problem
from twin.intake.dialect import read_titled

_COLUMNS = ("action", "id", "id_a", "id_b", "keep", "why", "who")


def read_decisions(path: Path) -> tuple[list[dict[str, Any]], int]:
    """Rows that say something, and how many say nothing.

    Raises
    ------
    InputError
        When there is no such table, or it names no pairs.
    """
    cure = "Name a CSV file, such as `twin links export --out links.csv` writes."
    raw, titles = read_titled(path, list(_COLUMNS), cure)
    if "action" not in titles or not ({"id"} <= set(titles) or {"id_a", "id_b"} <= set(titles)):
        cure = "Take the table that `twin links export --out links.csv` writes."
        found = ", ".join(map(str, raw.columns))
        raise InputError([Problem(path.name, "columns", "action, and id or id_a and id_b", found, cure, 1)])
    columns = [raw.columns[titles[name]].to_pylist() if name in titles else [None] * len(raw) for name in _COLUMNS]
    rows, passed_over = [], 0
    for place, cells in enumerate(zip(*columns, strict=True)):
        row = {name: str(cell or "").strip() for name, cell in zip(_COLUMNS, cells, strict=True)}
        if not row["action"]:
            passed_over += 1
            continue
        action = row["action"].casefold().replace(" ", "-").replace("_", "-")
        rows.append({"action": action, "pair": row["id"], "a": row["id_a"], "b": row["id_b"], "keep": row["keep"],
                     "why": row["why"], "who": row["who"], "row": raw.line_of(place)})  # fmt: skip
    return rows, passed_over
