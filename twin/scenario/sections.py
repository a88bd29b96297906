"""Sections: the text of a scenario file taken apart into headings, keys and the comments above them.

Knows TOML's lines, not what they mean.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

_HEADER = re.compile(r"\s*\[")
_MOST_LINES = 2000


@dataclass(frozen=True)
class Entry:
    """One key with the comments above it; ``lines`` are its own."""

    above: tuple[str, ...]
    lines: tuple[str, ...]
    key: str
    value: Any


@dataclass(frozen=True)
class Section:
    """A heading with what stands below it; the first section of a file has no heading."""

    above: tuple[str, ...]
    header: str
    path: tuple[str, ...]
    row: bool
    entries: tuple[Entry, ...]


class Unclear(Exception):
    """The text is spelled in a way that is not taken apart here."""


def sections_of(text: str) -> tuple[list[Section], list[str]]:
    """The text in sections, and the comments after the last key."""
    lines, place = text.split("\n"), 0
    found: list[Section] = []
    above: list[str] = []
    header, row = "", False
    path: tuple[str, ...] = ()
    before: tuple[str, ...] = ()
    entries: list[Entry] = []
    while place < len(lines):
        line = lines[place]
        bare = line.strip()
        if not bare or bare.startswith("#"):
            above.append(line)
            place += 1
        elif _HEADER.match(line):
            found.append(Section(tuple(before), header, path, row, tuple(entries)))
            header, (path, row), before, entries = line, _path(line), tuple(above), []
            above, place = [], place + 1
        else:
            end, (key, value) = _entry(lines, place)
            if key in {entry.key for entry in entries}:
                raise Unclear
            entries.append(Entry(tuple(above), tuple(lines[place:end]), key, value))
            above, place = [], end
    found.append(Section(tuple(before), header, path, row, tuple(entries)))
    return found, above


def _entry(lines: Sequence[str], start: int) -> tuple[int, tuple[str, Any]]:
    """Where the entry that begins on a line ends, with its key and value."""
    for end in range(start + 1, min(len(lines), start + _MOST_LINES) + 1):
        try:
            read = tomllib.loads("\n".join(lines[start:end]))
        except ValueError:
            continue
        return end, next(iter(read.items()))
    raise Unclear


def _path(header: str) -> tuple[tuple[str, ...], bool]:
    """Path of a heading, and whether it begins an entry of a list."""
    node: Any = tomllib.loads(header)
    path: list[str] = []
    row = False
    while isinstance(node, Mapping) and node:
        key, node = next(iter(node.items()))
        path.append(key)
        row = isinstance(node, list)
    return tuple(path), row
