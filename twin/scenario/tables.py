"""Tables of a scenario file: keys, and the dataclass that they fill.

A table is described here and read by :mod:`twin.scenario.grammar`. Knows no particular key, see
:mod:`twin.scenario.keys`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import MISSING as NO_DEFAULT
from dataclasses import dataclass, fields
from typing import Any

from twin.scenario.kinds import Kind


@dataclass(frozen=True)
class Key:
    """One key of a table.

    Parameters
    ----------
    name : str
        In the file.
    kind : Kind
    meaning : str
        One line for the documentation.
    field : str
        Name in the dataclass; that of the key when empty.
    absent : str
        What the absence of the key means, where the default's value does not say it.
    """

    name: str
    kind: Kind
    meaning: str
    field: str = ""
    absent: str = ""

    @property
    def attribute(self) -> str:
        """Name in the dataclass."""
        return self.field or self.name


@dataclass(frozen=True)
class Table(Kind):
    """A table whose keys fill one dataclass; ``make`` is ``None`` for a heading whose keys fill the table above."""

    make: Callable[..., Any] | None
    keys: tuple[Key, ...]
    name = "table"

    def default(self, key: Key) -> Any:
        """What stands for a key that is left out; :data:`NO_DEFAULT` when it must not be."""
        heading = isinstance(key.kind, Table) and key.kind.make is None
        if self.make is None or heading:
            return None
        own = {each.name: each for each in fields(self.make)}[key.attribute]  # type: ignore[arg-type]
        return own.default_factory() if own.default_factory is not NO_DEFAULT else own.default


@dataclass(frozen=True)
class Rows(Kind):
    """A list of tables."""

    table: Table
    limit: int = 200
    at_least: int = 0
    name = "list of tables"

    @property
    def span(self) -> str:  # type: ignore[override]
        """Range, in the documentation."""
        return f"{self.at_least} to {self.limit}"
