"""Mapping: the file in which a person says how one company's export differs from the contract.

Reads TOML into :mod:`twin.intake.settings`, with every key that is unknown or of the wrong type. Knows no table's
content.
"""

from __future__ import annotations

import datetime as dt
import re
import tomllib
import zoneinfo
from dataclasses import fields
from pathlib import Path
from typing import Any

from twin.errors import InputError, Problem
from twin.intake.fold import did_you_mean
from twin.intake.schema import CONTRACT
from twin.intake.settings import DIALECT, Geography, Join, Mapping, Months, TableMapping

__all__ = ["Mapping", "TableMapping", "load_mapping", "parse_mapping"]

_MOST_BYTES = 1 << 20
_ATTRIBUTE_KINDS = ("number", "flag", "category", "date", "text")
_WISHES = {"others": ("keep", "drop"), "ids": ("exact",), "merged": ("fill",), "hidden": ("drop",),
           "returns": ("drop",)}  # fmt: skip
_GEOGRAPHY = {"swapped": ("refuse", "exchange"), "polygons": ("refuse", "mend"), "overlaps": ("refuse", "accept")}
_SIGNS = {"decimal": ".,", "separator": ",;\t|", "thousands": "., '"}
DATE_FORMAT = re.compile(r"^(?:serial|(?:yyyy|yy|mmm|mm|dd|www|[-./, ])+)$")
"""What a date format may be made of; ``serial`` is a spreadsheet's running number of days."""


def load_mapping(path: Path | str) -> Mapping:
    """Read a mapping file.

    Raises
    ------
    InputError
        With every key that is unknown or of the wrong type.
    """
    path = Path(path)
    try:
        size = path.stat().st_size
        if size > _MOST_BYTES:
            found = f"{size} bytes"
            raise InputError([Problem(path.name, "file", "at most 1 MB", found, "Name the mapping file, not a table.")])
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        found = error.strerror or type(error).__name__
        raise InputError([Problem(path.name, "file", "a mapping file", found, "Check the path.")]) from error
    except UnicodeDecodeError as error:
        cure = "Save the file as UTF-8."
        raise InputError([Problem(path.name, "syntax", "TOML in UTF-8", str(error), cure)]) from error
    return parse_mapping(text, path.name)


def parse_mapping(text: str, file: str) -> Mapping:
    """Mapping of a text.

    Raises
    ------
    InputError
    """
    try:
        content = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError, ValueError) as error:
        cure = "Correct the file; see data/README.md for an example."
        found = "brackets within brackets without end" if isinstance(error, RecursionError) else str(error)
        line = re.search(r"line (\d+)", found)
        row = int(line.group(1)) if line else None
        raise InputError([Problem(file, "syntax", "TOML in UTF-8", found, cure, row=row)]) from error
    reader = _Reader(file)
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
        self._known(content, ("country", "channels", "tables", "geography", *DIALECT), "")
        country = str(self._text(content, "country", "") or "TR").upper()
        if not re.fullmatch("[A-Z]{2}", country):
            self._wrong("country", "two letters of ISO 3166 such as 'TR'", country)
        tables = self._section(content, "tables", "tables")
        self._known(tables, tuple(CONTRACT), "tables.")
        return Mapping(
            country=country,
            channels=self._words(content, "channels", ""),
            defaults=TableMapping(**self._dialect(content, "")),
            tables={name: self._table(name, self._section(tables, name, f"tables.{name}"))
                    for name in tables if name in CONTRACT},
            geography=self._geography(self._section(content, "geography", "geography")),
        )  # fmt: skip

    def _geography(self, content: dict) -> Geography:
        self._known(content, tuple(_GEOGRAPHY), "geography.")
        return Geography(**{key: found for key, words in _GEOGRAPHY.items()
                            if (found := self._choice(content, key, "geography.", words))})  # fmt: skip

    def _table(self, name: str, content: dict) -> TableMapping:
        prefix = f"tables.{name}."
        self._known(content, tuple(item.name for item in fields(TableMapping)), prefix)
        sections = {"columns": self._pairs(content, "columns", prefix, str),
                    "factors": self._pairs(content, "factors", prefix, float),
                    "constants": self._pairs(content, "constants", prefix, str),
                    "kinds": self._pairs(content, "kinds", prefix, str)}  # fmt: skip
        values = self._section(content, "values", f"{prefix}values")
        sections["values"] = {key: self._pairs(values, key, f"{prefix}values.", str) for key in values}
        keep = self._section(content, "keep", f"{prefix}keep")
        self._names(name, sections, prefix)
        for key, kind in sections["kinds"].items():
            if kind not in _ATTRIBUTE_KINDS:
                self._wrong(f"{prefix}kinds.{key}", " or ".join(_ATTRIBUTE_KINDS), kind)
        for key in set(sections["constants"]) & set(sections["columns"]):
            self._wrong(f"{prefix}constants.{key}", "a column of the file or a constant, not both", key)
        return TableMapping(
            source=self._text(content, "source", prefix), **sections,
            keep={key: self._words(keep, key, f"{prefix}keep.") for key in keep},
            distinct=self._flag(content, "distinct", prefix), months=self._months(name, content, prefix),
            join=self._joins(content, prefix), header_row=self._whole(content, "header_row", prefix, 1, 10_000),
            header_rows=self._whole(content, "header_rows", prefix, 1, 5), crs=self._text(content, "crs", prefix),
            week_one=self._day(content, "week_one", prefix),
            **{key: self._choice(content, key, prefix, words) for key, words in _WISHES.items()},
            **self._dialect(content, prefix),
        )  # fmt: skip

    def _names(self, table: str, sections: dict[str, dict], prefix: str) -> None:
        """Columns beyond the contract are attributes, where the table may have any."""
        contract = CONTRACT[table]
        names = tuple(column.name for column in contract.columns)
        for section, pairs in sections.items():
            if not contract.attributes:
                self._known(pairs, names, f"{prefix}{section}.")

    def _months(self, table: str, content: dict, prefix: str) -> Months | None:
        if "months" not in content:
            return None
        section, inner = self._section(content, "months", f"{prefix}months"), f"{prefix}months."
        self._known(section, ("value", "year", "columns"), inner)
        if table not in ("sales", "market_sales"):
            self._wrong(f"{prefix}months", "months in sales or market_sales", table)
        columns = self._pairs(section, "columns", inner, str)
        for day in columns:
            if not re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])-01", day):
                self._wrong(f"{inner}columns.{day}", "the first day of a month such as 2024-01-01", day)
        value = self._choice(section, "value", inner, ("volume", "value")) or "volume"
        return Months(value, self._whole(section, "year", inner, 1900, 2200), columns)

    def _joins(self, content: dict, prefix: str) -> tuple[Join, ...]:
        found = content.get("join", [])
        found = [found] if isinstance(found, dict) else found
        if not (isinstance(found, list) and all(isinstance(item, dict) for item in found)):
            self._wrong(f"{prefix}join", "tables [[join]] with source and key", found)
            return ()
        joins = []
        for item in found:
            self._known(item, ("source", "key", "other"), f"{prefix}join.")
            source, key = (self._text(item, name, f"{prefix}join.") for name in ("source", "key"))
            if source and key:
                joins.append(Join(source, key, self._text(item, "other", f"{prefix}join.") or key))
            else:
                self._wrong(f"{prefix}join", "a source and a key", item)
        return tuple(joins)

    def _dialect(self, content: dict, prefix: str) -> dict[str, Any]:
        found: dict[str, Any] = {key: self._text(content, key, prefix) for key in DIALECT if key != "missing"}
        for key, allowed in _SIGNS.items():
            if found[key] is not None and (len(found[key]) != 1 or found[key] not in allowed):
                self._wrong(f"{prefix}{key}", f"one of {' '.join(map(repr, allowed))}", found[key])
        if found["decimal"] and found["decimal"] == found["thousands"]:
            self._wrong(f"{prefix}thousands", "another sign than the decimal mark", found["thousands"])
        if found["date_format"] is not None and not _sound_format(found["date_format"]):
            expected = "a format such as 'dd.mm.yyyy', 'yyyymmdd', 'mm/dd/yyyy', 'yyyy-mm', 'yyyy-Www' or 'serial'"
            self._wrong(f"{prefix}date_format", expected, found["date_format"])
        for key, sound, example in (("encoding", _is_encoding, "an encoding such as 'utf-8' or 'cp1254'"),
                                    ("timezone", _is_zone, "a time zone such as 'Europe/Istanbul'")):  # fmt: skip
            if found[key] is not None and not sound(found[key]):
                self._wrong(f"{prefix}{key}", example, found[key])
                found[key] = None
        return found | {"missing": self._words(content, "missing", prefix)}

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
            number = isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < 1e15
            if isinstance(value, str) if kind is str else number:
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

    def _words(self, content: dict, key: str, prefix: str) -> tuple[str, ...]:
        found = content.get(key, [])
        if not (isinstance(found, list) and all(isinstance(word, str) for word in found)):
            self._wrong(prefix + key, "a list of words in quotes", found)
            return ()
        return tuple(found)

    def _choice(self, content: dict, key: str, prefix: str, words: tuple[str, ...]) -> str | None:
        found = self._text(content, key, prefix)
        if found is not None and found not in words:
            self._wrong(prefix + key, " or ".join(map(repr, words)), found)
            return None
        return found

    def _flag(self, content: dict, key: str, prefix: str) -> bool:
        found = content.get(key, False)
        if not isinstance(found, bool):
            self._wrong(prefix + key, "true or false", found)
        return found is True

    def _whole(self, content: dict, key: str, prefix: str, low: int, high: int) -> int | None:
        found = content.get(key)
        if found is None or (isinstance(found, int) and not isinstance(found, bool) and low <= found <= high):
            return found
        self._wrong(prefix + key, f"a whole number from {low} to {high}", found)
        return None

    def _day(self, content: dict, key: str, prefix: str) -> dt.date | None:
        found = content.get(key)
        if found is None or (isinstance(found, dt.date) and not isinstance(found, dt.datetime)):
            return found
        self._wrong(prefix + key, "a date such as 2024-01-01, without quotes", found)
        return None

    def _wrong(self, where: str, expected: str, found: object) -> None:
        self.problems.append(Problem(self.file, where, expected, repr(found), "Correct this key of the mapping."))


def _sound_format(text: str) -> bool:
    text = text.lower()
    tokens = re.findall("yyyy|yy|mmm|mm|dd|www", text)
    return bool(DATE_FORMAT.match(text)) and (text == "serial" or (
        len(set(tokens)) == len(tokens) and bool({"yyyy", "yy"} & set(tokens))
    ))  # fmt: skip


def _is_encoding(name: str) -> bool:
    try:
        return "ab".encode(name).decode(name) == "ab"
    except (LookupError, UnicodeError, ValueError):
        return False


def _is_zone(name: str) -> bool:
    try:
        zoneinfo.ZoneInfo(name)
    except (OSError, ValueError, zoneinfo.ZoneInfoNotFoundError):
        return False
    return True
