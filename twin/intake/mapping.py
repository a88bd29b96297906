"""Mapping: how one company's export differs from the contract.

Reads a TOML file into frozen settings. Knows no table's content.
"""

from __future__ import annotations

import tomllib
from collections import abc
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from types import MappingProxyType

from twin.errors import InputError, Problem
from twin.intake.fold import did_you_mean
from twin.intake.schema import CONTRACT

_EMPTY: abc.Mapping = MappingProxyType({})
_DIALECT = ("encoding", "separator", "decimal", "thousands", "date_format", "timezone")
_TIMEZONES = {"TR": "Europe/Istanbul"}
_ATTRIBUTE_KINDS = ("number", "flag", "category", "date", "text")


@dataclass(frozen=True)
class TableMapping:
    """How one table differs from the contract.

    Parameters
    ----------
    source : str, optional
        File stem, sheet or layer that holds the table.
    columns : mapping of str to str
        Contract's column name (or the name that an attribute shall have) to the name in the file.
    factors : mapping of str to float
        Number in the file times factor = number in the contract's unit.
    values : mapping of str to mapping of str to str
        By column: what stands in the file to what the contract calls it.
    kinds : mapping of str to str
        Kind of an attribute, where inference would guess wrong (a postcode is a category).
    encoding, separator, decimal, thousands, date_format, timezone : str, optional
        As written in the file; ``None`` leaves the defaults of :mod:`twin.intake.dialect`.
    """

    source: str | None = None
    columns: abc.Mapping[str, str] = field(default_factory=lambda: _EMPTY)
    factors: abc.Mapping[str, float] = field(default_factory=lambda: _EMPTY)
    values: abc.Mapping[str, abc.Mapping[str, str]] = field(default_factory=lambda: _EMPTY)
    kinds: abc.Mapping[str, str] = field(default_factory=lambda: _EMPTY)
    encoding: str | None = None
    separator: str | None = None
    decimal: str | None = None
    thousands: str | None = None
    date_format: str | None = None
    timezone: str | None = None


@dataclass(frozen=True)
class Mapping:
    """How a bundle differs from the contract; the default is a bundle that follows it.

    Parameters
    ----------
    country : str
        ISO 3166 code; decides the box for coordinates, the time zone and the holidays.
    channels : tuple of str
        Channels beyond the standard ones.
    defaults : TableMapping
        Dialect of every table that states no other.
    tables : mapping of str to TableMapping
    """

    country: str = "TR"
    channels: tuple[str, ...] = ()
    defaults: TableMapping = field(default_factory=TableMapping)
    tables: abc.Mapping[str, TableMapping] = field(default_factory=lambda: _EMPTY)

    def of(self, table: str) -> TableMapping:
        """Settings of one table, with the bundle's dialect where the table states none."""
        own = self.tables.get(table, TableMapping())
        inherited = {name: getattr(own, name) or getattr(self.defaults, name) for name in _DIALECT}
        inherited["timezone"] = inherited["timezone"] or _TIMEZONES.get(self.country)
        return replace(own, **inherited)


def load_mapping(path: Path | str) -> Mapping:
    """Read a mapping file.

    Raises
    ------
    InputError
        With every key that is unknown or of the wrong type.
    """
    path = Path(path)
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError([Problem(path.name, "file", "a mapping file", str(error), "Check the path.")]) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        cure = "Correct the file; see data/README.md for an example."
        raise InputError([Problem(path.name, "syntax", "TOML in UTF-8", str(error), cure)]) from error
    reader = _Reader(path.name)
    mapping = reader.mapping(content)
    if reader.problems:
        raise InputError(reader.problems)
    return mapping


class _Reader:
    """Collects every problem of one mapping file."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.problems: list[Problem] = []

    def mapping(self, content: dict) -> Mapping:
        self._known(content, ("country", "channels", "tables", *_DIALECT), "")
        channels = content.get("channels", [])
        if not (isinstance(channels, list) and all(isinstance(name, str) for name in channels)):
            self._wrong("channels", "a list of names", channels)
            channels = []
        tables = self._section(content, "tables", "tables")
        self._known(tables, tuple(CONTRACT), "tables.")
        return Mapping(
            country=str(self._text(content, "country", "") or "TR").upper(),
            channels=tuple(channels),
            defaults=TableMapping(**self._dialect(content, "")),
            tables={name: self._table(name, self._section(tables, name, f"tables.{name}"))
                    for name in tables if name in CONTRACT},
        )  # fmt: skip

    def _table(self, name: str, content: dict) -> TableMapping:
        prefix = f"tables.{name}."
        self._known(content, tuple(item.name for item in fields(TableMapping)), prefix)
        columns = self._pairs(content, "columns", prefix, str)
        names = tuple(column.name for column in CONTRACT[name].columns)
        sections = {"factors": self._pairs(content, "factors", prefix, float),
                    "values": {key: self._pairs(self._section(content, "values", f"{prefix}values"), key,
                                                f"{prefix}values.", str)
                               for key in self._section(content, "values", f"{prefix}values")},
                    "kinds": self._pairs(content, "kinds", prefix, str)}  # fmt: skip
        if not CONTRACT[name].attributes:
            for section, pairs in {"columns": columns, **sections}.items():
                self._known(pairs, names, f"{prefix}{section}.")
        for key, kind in sections["kinds"].items():
            if kind not in _ATTRIBUTE_KINDS:
                self._wrong(f"{prefix}kinds.{key}", " or ".join(_ATTRIBUTE_KINDS), kind)
        return TableMapping(source=self._text(content, "source", prefix), columns=columns, **sections,
                            **self._dialect(content, prefix))  # fmt: skip

    def _dialect(self, content: dict, prefix: str) -> dict[str, str | None]:
        found = {key: self._text(content, key, prefix) for key in _DIALECT}
        for key, allowed in (("decimal", ".,"), ("separator", ",;\t|"), ("thousands", "., '")):
            if found[key] is not None and (len(found[key]) != 1 or found[key] not in allowed):
                self._wrong(f"{prefix}{key}", f"one of {' '.join(map(repr, allowed))}", found[key])
        if found["encoding"] is not None:
            try:
                "".encode(found["encoding"])
            except LookupError:
                self._wrong(f"{prefix}encoding", "an encoding such as 'utf-8' or 'cp1254'", found["encoding"])
        return found

    def _known(self, content: dict, names: tuple[str, ...], prefix: str) -> None:
        for key in content:
            if key not in names:
                cure = f"Remove or rename it.{did_you_mean(key, names)}"
                self.problems.append(Problem(self.file, prefix + key, f"one of {', '.join(names)}", repr(key), cure))

    def _section(self, content: dict, key: str, path: str) -> dict:
        found = content.get(key, {})
        if not isinstance(found, dict):
            self._wrong(path, "a TOML table", found)
            return {}
        return found

    def _pairs(self, content: dict, key: str, prefix: str, kind: type) -> dict:
        pairs = {}
        for name, value in self._section(content, key, prefix + key).items():
            right = isinstance(value, str) if kind is str else isinstance(value, int | float) and value > 0
            if right:
                pairs[name] = kind(value)
            else:
                self._wrong(f"{prefix}{key}.{name}", "text" if kind is str else "a number above 0", value)
        return pairs

    def _text(self, content: dict, key: str, prefix: str) -> str | None:
        found = content.get(key)
        if found is not None and not isinstance(found, str):
            self._wrong(prefix + key, "text in quotes", found)
            return None
        return found

    def _wrong(self, where: str, expected: str, found: object) -> None:
        self.problems.append(Problem(self.file, where, expected, repr(found), "Correct this key of the mapping."))
