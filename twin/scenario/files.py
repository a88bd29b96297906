"""Scenario files: TOML in and out, the rim of this package.

Knows how a file is spelled; what it says is the business of :mod:`twin.scenario.grammar`.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from twin.errors import Problem, ScenarioError
from twin.scenario.grammar import dump, parse
from twin.scenario.scenario import ALIGNMENTS, Scenario
from twin.scenario.spelling import lines_of
from twin.scenario.words import meant, nearest

MAX_BYTES = 1_000_000
_MOST_KEPT = 256


def load(path: str | Path) -> Scenario:
    """Read one scenario file.

    Parameters
    ----------
    path : path
        A TOML file in UTF-8. An alignment file is looked for beside it and comes back as an absolute path.

    Raises
    ------
    ScenarioError
        The file cannot be read, is no TOML, or says what the grammar does not know.
    """
    path = Path(path)
    scenario = _parsed(read_text(path), path.name)
    alignment = scenario.field_force.alignment
    if alignment in ALIGNMENTS:
        return scenario
    place = (path.parent / alignment).absolute()
    if not place.is_file():
        near = nearest(alignment, ALIGNMENTS, cutoff=0.6)
        cure = meant(alignment, ALIGNMENTS) if near else f"Put the file at {place}, or name another."
        raise _error(
            path.name, "field_force.alignment", "current, balanced or a file", f"{alignment!r}, which is no file", cure
        )
    return replace(scenario, field_force=replace(scenario.field_force, alignment=str(place)))


def canonical(path: str | Path) -> str:
    """What a scenario file says, as :func:`to_toml` writes it; faults as with :func:`load`."""
    scenario = load(path)
    return _spelled(read_text(Path(path)), Path(path).name, scenario.field_force.alignment)


@lru_cache(maxsize=_MOST_KEPT)
def _parsed(text: str, file: str) -> Scenario:
    """By what the file says: whoever writes it anew is heard at once."""
    return parse(document(text, file), file)


@lru_cache(maxsize=_MOST_KEPT)
def _spelled(text: str, file: str, alignment: str) -> str:
    scenario = _parsed(text, file)
    return to_toml(replace(scenario, field_force=replace(scenario.field_force, alignment=alignment)))


def loads(text: str, file: str = "scenario") -> Scenario:
    """Read a scenario from TOML text; ``file`` is a name for messages."""
    return parse(document(text, file), file)


def to_toml(scenario: Scenario) -> str:
    """A scenario as TOML text, with only what it changes."""
    return "\n".join(lines_of(dump(scenario))).strip() + "\n"


def _error(file: str, where: str, expected: str, found: str, cure: str, *, row: int | None = None) -> ScenarioError:
    return ScenarioError([Problem(file, where, expected, found, cure, row)])


def read_text(path: Path) -> str:
    """Text of a scenario file; its faults as a :class:`ScenarioError`."""
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise _error(
                path.name, "(the file)", f"at most {MAX_BYTES} bytes", str(size), "Check that this is a scenario."
            )
        raw = path.read_bytes()
    except OSError as error:
        reason = "no such file" if isinstance(error, FileNotFoundError) else (error.strerror or str(error))
        raise _error(
            path.name, "(the file)", "a scenario that can be read", reason, f"Check the path {path}."
        ) from error
    except ValueError as error:  # a path with a zero byte
        raise _error(path.name, "(the file)", "a path", str(error), "Check the path.") from error
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        row = raw[: error.start].count(b"\n") + 1
        found = f"the byte 0x{raw[error.start]:02X}"
        raise _error(path.name, "(the file)", "text in UTF-8", found, "Save the file as UTF-8.", row=row) from error


def document(text: str, file: str = "scenario") -> dict[str, Any]:
    """The plain document of TOML text, before anybody asks what it says; ``file`` is a name for messages."""
    try:
        return tomllib.loads(text)
    except RecursionError as error:
        raise _error(file, "(the file)", "TOML", "lists inside lists without end", "Write it flatter.") from error
    except ValueError as error:
        match = re.search(r"\s*\(at (?:line (\d+), column (\d+)|end of document)\)", str(error))
        cure = "See scenarios/README.md for how a scenario is written."
        if match is None:  # a number of thousands of digits, which Python names in words of its own
            raise _error(file, "(the file)", "TOML", "a number that is far too long", cure) from error
        row = int(match[1]) if match[1] else text.count("\n") + 1
        column = f"column {match[2]}" if match[2] else "the end of the file"
        raise _error(file, column, "TOML", str(error).replace(match[0], ""), cure, row=row) from error
