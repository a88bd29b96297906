"""Traces: how a person shows in text, tables and files: ids, names, contacts, coordinates.

Finds and replaces them; knows no table's meaning and no version.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
from pyarrow import parquet

GONE = "(erased)"
"""What stands in a text where a name stood."""
_ENCODINGS = ("utf-8", "utf-16-le", "utf-16-be", "cp1254")
_PACKED = (".xlsx", ".xlsm", ".zip", ".npz", ".ods", ".bin")
_BLOCK, _OVERLAP = 32 << 20, 4096
_LEAST_LETTERS = 4


@dataclass(frozen=True)
class Traces:
    """What tells of some people.

    Parameters
    ----------
    ids : mapping of str to str
        Id to the number that takes its place.
    words : tuple of str
        Names, addresses, telephone numbers.
    figures : tuple of str
        Coordinates as they are written.
    """

    ids: Mapping[str, str]
    words: tuple[str, ...] = ()
    figures: tuple[str, ...] = ()

    @cached_property
    def _id(self) -> re.Pattern[str]:
        # an id of digits alone is an id only where it stands in quotes: elsewhere it may be any number
        plain = [re.escape(one) for one in self.ids if not one.isdigit()]
        digits = [re.escape(one) for one in self.ids if one.isdigit()]
        forms = [rf"(?<![\w-])(?:{'|'.join(plain)})(?![\w-])"] if plain else []
        forms += [rf"(?<=[\"'])(?:{'|'.join(digits)})(?=[\"'])"] if digits else []
        return re.compile("|".join(forms) or r"(?!)")

    @cached_property
    def _words(self) -> re.Pattern[str]:
        long = sorted((word for word in self.words if len(word) >= _LEAST_LETTERS), key=len, reverse=True)
        return re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, long))})(?!\w)" if long else r"(?!)")

    @cached_property
    def _figures(self) -> re.Pattern[str]:
        return re.compile(rf"(?<![\d.])(?:{'|'.join(map(re.escape, self.figures))})(?!\d)" if self.figures else r"(?!)")

    def taken_out(self, text: str, blank: str = "null") -> str:
        """A text without them.

        Parameters
        ----------
        text : str
        blank : str
            What stands for a coordinate.
        """
        text = self._id.sub(lambda found: self.ids[found.group()], text)
        return self._figures.sub(blank, self._words.sub(GONE, text))

    def count(self, text: str) -> int:
        """How often they stand in a text."""
        return sum(len(form.findall(text)) for form in (self._id, self._words, self._figures))

    def cells(self, values: pd.Series) -> pd.Series:
        """A text column without them, whole cells and parts of cells."""
        found = values.dropna().unique()
        new = {word: out for word in found if (out := self.ids.get(word) or self.taken_out(word, "")) != word}
        return values.map(lambda word: new.get(word, word), na_action="ignore").astype(values.dtype) if new else values

    def bytes_of(self) -> tuple[bytes, ...]:
        """Every spelling in bytes that a file may hold, ids of digits alone left out."""
        words = [*(one for one in self.ids if not one.isdigit()), *(w for w in self.words if len(w) >= _LEAST_LETTERS)]
        found = []
        for word in [*words, *self.figures]:
            for encoding in _ENCODINGS:
                try:
                    found.append(word.encode(encoding))
                except UnicodeEncodeError:
                    continue
        return tuple(dict.fromkeys(found))


def count_in_file(path: Path, traces: Traces) -> int:
    """How often people show in a file, unpacked where it is packed."""
    if path.suffix.lower() == ".parquet":
        with path.open("rb") as file:
            return count_in_parquet(file, traces)
    total = 0
    if path.suffix.lower() in _PACKED and zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            for name in archive.namelist():
                total += _count_in_bytes(io.BytesIO(_plain(archive.read(name))), traces)
    with path.open("rb") as file:
        return total + _count_in_bytes(file, traces)


def _plain(data: bytes) -> bytes:
    """An array's letters as UTF-8: it keeps them in four bytes each."""
    if not data.startswith(b"\x93NUMPY"):
        return data
    array = np.lib.format.read_array(io.BytesIO(data), allow_pickle=False)
    return "\n".join(array.ravel().tolist()).encode() if array.dtype.kind == "U" else data


def count_in_parquet(file: io.BufferedIOBase, traces: Traces) -> int:
    """How often people show in the texts of a Parquet file."""
    total, book = 0, parquet.ParquetFile(file)
    for batch in book.iter_batches(batch_size=1 << 20):
        for column, field in zip(batch.columns, batch.schema, strict=True):
            words = column.dictionary if pa.types.is_dictionary(field.type) else column
            if pa.types.is_string(words.type) or pa.types.is_large_string(words.type):
                total += sum((word in traces.ids) or traces.count(word) for word in words.unique().to_pylist() if word)
    return total


def _count_in_bytes(file: io.BufferedIOBase | io.BytesIO, traces: Traces) -> int:
    return sum(_hits(block, traces) for block in _blocks(file))


def _hits(block: bytes, traces: Traces) -> int:
    """Spellings are looked for as bytes first, which is quick; what is found is looked at as text."""
    if not any(word in block for word in traces.bytes_of()):
        return 0
    found = max((traces.count(block.decode(encoding, errors="ignore")) for encoding in _ENCODINGS), default=0)
    return found


def _blocks(file: io.BufferedIOBase | io.BytesIO) -> Iterator[bytes]:
    tail = b""
    while block := file.read(_BLOCK):
        yield tail + block
        tail = block[-_OVERLAP:]
