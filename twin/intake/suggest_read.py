"""Suggestion's reading: every table of a folder as it stands, its encoding guessed, with what its columns look like.

Sniffs where the importer asks; a person confirms what comes of it. Knows no table of the contract.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
from pyarrow import compute as pc

from twin.errors import InputError, Problem
from twin.intake.assumed import Assumption
from twin.intake.convert import convert
from twin.intake.encoding import guess
from twin.intake.raw import Raw
from twin.intake.rows import months_in
from twin.intake.settings import TableMapping
from twin.intake.sheets import sheet_names
from twin.intake.sources import Source, read_source
from twin.intake.suggest_words import all_names, squeezed

_READ = (".csv", ".txt", ".tsv", ".parquet", ".xlsx", ".geojson", ".shp", ".gpkg")
_GEOMETRY = (".geojson", ".shp", ".gpkg")
_ROWS = 20_000
"""So many rows of a file tell what its columns look like."""
_KINDS = ("number", "date")
_SHARE = 0.95
_SAMPLES = 3
_NOTES = ("readme", "license", "notes", "provenance")


@dataclass(frozen=True)
class Look:
    """What the values of one column look like.

    Parameters
    ----------
    name : str
        In the file.
    filled : float
        Share of rows with a value.
    distinct : frozenset of str
        Trimmed values of the rows that were looked at.
    unique : bool
        No value occurs twice.
    number, date : float
        Share of the values that can be read as one.
    low, high : float
        Smallest and largest number; ``nan`` when there is none.
    fractions : bool
        Whether most numbers have decimals.
    samples : tuple of str
    """

    name: str
    filled: float
    distinct: frozenset[str]
    unique: bool
    number: float
    date: float
    low: float
    high: float
    fractions: bool
    samples: tuple[str, ...]


@dataclass(frozen=True)
class Sheet:
    """One table of the folder.

    Parameters
    ----------
    source : Source
    raw : Raw
    encoding : str, optional
        That has to be stated, because the importer does not take it unasked.
    because : str
    """

    source: Source
    raw: Raw
    encoding: str | None
    because: str
    looks: dict[str, Look] = field(default_factory=dict)

    @cached_property
    def title(self) -> str:
        """Name under which a mapping finds it."""
        return self.source.part or self.source.path.stem

    @cached_property
    def bare(self) -> str:
        """Its name without the marks of its system and of the day of export."""
        return squeezed(re.split(r"\d", self.title, maxsplit=1)[0]) or squeezed(self.title)

    @cached_property
    def names(self) -> set[str]:
        """Forms of its name that may be known."""
        return {self.bare, squeezed(self.title), squeezed(self.title).rstrip("0123456789")} - {""}

    @cached_property
    def months(self) -> dict[str, str]:
        """Columns that are months."""
        return months_in(list(self.raw.columns))


@dataclass
class Folder:
    """Everything that could be read of a folder.

    Parameters
    ----------
    sheets : list of Sheet
    problems : list of Problem
        What could not be read.
    """

    sheets: list[Sheet] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def read_folder(folder: Path) -> Folder:
    """Read the head of every table of a folder.

    Raises
    ------
    InputError
        No folder, or nothing in it that is a table.
    """
    if not folder.is_dir():
        raise InputError([Problem(folder.name, "folder", "a folder of exported files", "none", "Check the path.")])
    found = Folder()
    for path in sorted(folder.iterdir()):
        plain = path.suffix.lower()
        skipped = path.name.startswith((".", "~$")) or squeezed(path.stem) in _NOTES
        if skipped or not path.is_file() or plain not in _READ:
            continue
        try:
            parts = sheet_names(path.read_bytes(), path.name)[0] if plain == ".xlsx" else [""]
        except InputError as error:
            found.problems.extend(error.problems)
            continue
        for part in parts:
            try:
                found.sheets.append(_sheet(Source("", path, part)))
            except InputError as error:
                found.problems.extend(error.problems)
    if not found.sheets:
        cure = "Export the tables as CSV, Excel or Parquet into one folder."
        nothing = Problem(folder.name, "folder", "files that hold tables", "none", cure)
        raise InputError(found.problems or [nothing])
    return found


def _sheet(source: Source) -> Sheet:
    encoding, because = None, ""
    if source.path.suffix.lower() in (".csv", ".txt", ".tsv"):
        guessed, because = guess(source.path.read_bytes())
        encoding = None if guessed in ("utf-8", None) else guessed
    settings = TableMapping(encoding=encoding, merged="fill")
    raw = read_source(source, settings, all_names())[0]
    raw = replace(raw, assumed=tuple(_stated(item, because) for item in raw.assumed))
    sheet = Sheet(source, raw, None if encoding == "utf-16" else encoding, because)
    head = {name: values.slice(0, _ROWS) for name, values in raw.columns.items()}
    sheet.looks.update({name: _look(name, values, raw.separator) for name, values in head.items()})
    return sheet


def _stated(item: Assumption, because: str) -> Assumption:
    return replace(item, because=because) if item.key == "encoding" and because else item


def _look(name: str, values: pa.ChunkedArray, separator: str) -> Look:
    """What one column looks like: shares of its distinct values that read as number and as date."""
    texts = _texts(values)
    filled = texts[texts != ""]
    distinct = pd.unique(filled)
    words = pa.chunked_array([pa.array(distinct, pa.large_string())])
    settings = TableMapping(separator=separator, timezone="UTC")
    shares = dict.fromkeys(_KINDS, 0.0)
    numbers = np.array([])
    for kind in _KINDS if len(distinct) else ():
        typed = convert(kind, words, settings)
        good = ~typed.bad
        shares[kind] = float(good.mean())
        if kind == "number":
            numbers = np.asarray(typed.values, dtype=float)[good]
        elif typed.bad.all() and "one way only" in typed.expected:
            shares[kind] = 1.0
    seen = numbers[np.isfinite(numbers)] if shares["number"] >= _SHARE else np.array([])
    return Look(
        name, float(len(filled) / max(len(texts), 1)), frozenset(distinct.tolist()), len(distinct) == len(filled),
        shares["number"], shares["date"], float(seen.min()) if len(seen) else np.nan,
        float(seen.max()) if len(seen) else np.nan, bool(len(seen) and (seen % 1 != 0).mean() > 0.5),
        tuple(str(word)[:40] for word in distinct[:_SAMPLES]),
    )  # fmt: skip


def _texts(values: pa.ChunkedArray) -> pd.Series:
    if pa.types.is_floating(values.type) and pc.all(pc.equal(values, pc.round(values))).as_py() is not False:
        values = pc.cast(values, pa.int64(), safe=False)
    if pa.types.is_dictionary(values.type):
        values = pa.chunked_array([chunk.dictionary_decode() for chunk in values.chunks], values.type.value_type)
    words = pc.fill_null(values.cast(pa.large_string()), "")
    return pd.Series(pc.utf8_trim_whitespace(words).to_pandas(), dtype=object)


def is_geometry(sheet: Sheet) -> bool:
    """Whether a table comes with shapes or points on the map."""
    return sheet.source.path.suffix.lower() in _GEOMETRY
