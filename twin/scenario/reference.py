"""Reference: the documentation of the grammar, made from the table that the parser reads.

Knows no scenario.
"""

from __future__ import annotations

from dataclasses import MISSING as NO_DEFAULT
from typing import Any

from twin.scenario.keys import tables
from twin.scenario.tables import Key, Rows, Table

BEGIN = "<!-- keys: begin (made from twin/scenario/keys.py) -->"
END = "<!-- keys: end -->"


def grammar_table() -> str:
    """Every key with type, range, default and meaning, as Markdown."""
    lines = ["| key | type | range | default | meaning |", "|---|---|---|---|---|"]
    for path, table in tables():
        for key in table.keys:
            if not isinstance(key.kind, Table):
                name = f"{path}.{key.name}".lstrip(".")
                lines.append(
                    f"| `{name}` | {key.kind.name} | {key.kind.span} | {_default(table, key)} | {key.meaning} |"
                )
    return "\n".join(lines)


def renewed(text: str) -> str:
    """A document with the table between its markers made anew."""
    if text.count(BEGIN) != 1 or text.count(END) != 1:
        raise ValueError(f"expected the markers {BEGIN} and {END} once each")
    head, _, rest = text.partition(BEGIN)
    return f"{head}{BEGIN}\n\n{grammar_table()}\n\n{END}{rest.partition(END)[2]}"


def _default(table: Table, key: Key) -> str:
    default: Any = table.default(key)
    if default is NO_DEFAULT:
        return "*required*"
    if key.absent:
        return key.absent
    if isinstance(key.kind, Rows) or default in ("", None):
        return "none"
    return f"`{str(default).lower()}`"
