"""Streamed: large text and Parquet files read part by part, each distinct word kept once.

What comes out says the same as when the file is read at once. Wherever a part is not plain, the file is read at once
after all, so that there is one set of messages. Knows no column's meaning.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyarrow import compute as pc
from pyarrow import parquet

from twin.errors import InputError
from twin.intake.dialect import Body, body_of, named_columns, read_csv
from twin.intake.encoding import decode
from twin.intake.raw import Raw
from twin.intake.settings import TableMapping
from twin.progress import Say, unsaid

LEAST_BYTES = 128 << 20
"""Files from this size on are read part by part."""
_PART = 64 << 20
_SAMPLE = 1 << 20
_NEWLINE, _QUOTE = b"\n", b'"'
_WORDS = pa.dictionary(pa.int32(), pa.large_string())


class _OddError(Exception):
    """A part is not plain: the file must be looked at as a whole."""


def is_large(path: Path) -> bool:
    """Whether a file is to be read part by part."""
    return path.stat().st_size >= LEAST_BYTES


def sha256_of(path: Path) -> str:
    """Hash of a file, without holding it."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def read_large_csv(
    path: Path, file: str, known: Sequence[str], settings: TableMapping, say: Say = unsaid
) -> Raw:  # fmt: skip
    """Read a large CSV file as text, its columns as codes into their distinct words.

    Parameters
    ----------
    path : Path
    file : str
        Name for messages.
    known : sequence of str
        Column names that may be expected.
    settings : TableMapping
    say : callable
        Told how far it has come, every tenth of the file.

    Raises
    ------
    InputError
    """
    try:
        return _in_parts(path, file, known, settings, say)
    except (_OddError, InputError):
        return read_csv(path.read_bytes(), file, known, settings.encoding, settings.separator, settings.header_row)


def _in_parts(path: Path, file: str, known: Sequence[str], settings: TableMapping, say: Say) -> Raw:
    if settings.encoding not in (None, "utf-8", "utf-8-sig"):
        raise _OddError
    with path.open("rb") as source:
        sample = source.read(_SAMPLE)
    head = read_csv(_whole_lines(sample), file, known, settings.encoding, settings.separator, settings.header_row)
    if any(one.key == "encoding" and one.value != "utf-8" for one in head.assumed):
        raise _OddError
    names: list[str] = []
    pools: list[_Pool] = []
    lines: list[NDArray[np.int64]] = []
    plain, passed, tenth, seen, size = True, 0, 0, 0, path.stat().st_size
    for number, part in enumerate(_parts(path)):
        seen += len(part)
        if (now := 10 * seen // max(size, 1)) > tenth:
            tenth = now
            say(f"read {file}: {10 * tenth} %")
        text = decode(part, file, settings.encoding).body if part.strip() else part
        if number == 0:
            body = body_of(text, file, known, settings.separator, settings.header_row)
            names, pools = body.names, [_Pool() for _ in body.names]
        else:
            body = Body(text, names, body.separator, passed)
        table, at = body.read(file)
        keep = _filled(table)
        plain = plain and at is None and bool(keep.all())
        at = np.arange(table.num_rows, dtype=np.int64) + body.n_lines + 1 if at is None else at
        table, at = (table, at) if keep.all() else (table.filter(pa.array(keep)), at[keep])
        for pool, values in zip(pools, table.columns, strict=True):
            pool.add(values)
        lines.append(at)
        passed += text.count(_NEWLINE)
    first = head.header_line + 1
    whole = pa.table({str(place): pool.column() for place, pool in enumerate(pools)})
    columns = named_columns(whole, names, file, head.header_line)
    return Raw(
        file, columns, first, None if plain else np.concatenate(lines), head.separator, header_line=head.header_line,
        assumed=head.assumed,
    )  # fmt: skip


def _whole_lines(sample: bytes) -> bytes:
    """The lines of a beginning that are there to their end, with quotes in pairs."""
    if len(sample) < _SAMPLE:
        return sample
    stop = sample.rfind(_NEWLINE)
    while stop > 0 and sample.count(_QUOTE, 0, stop) % 2:
        stop = sample.rfind(_NEWLINE, 0, stop)
    if stop <= 0:
        raise _OddError
    return sample[: stop + 1]


def _parts(path: Path) -> Iterator[bytes]:
    """Parts of whole records: each ends with a line, and no quote is open at its end."""
    rest = b""
    with path.open("rb") as source:
        while block := source.read(_PART):
            block = rest + block
            stop = block.rfind(_NEWLINE)
            tries = 0
            while stop >= 0 and block.count(_QUOTE, 0, stop) % 2:
                stop, tries = block.rfind(_NEWLINE, 0, stop), tries + 1
                if tries > 10_000:
                    raise _OddError
            if stop < 0 or len(block) > 4 * _PART:
                raise _OddError
            rest = block[stop + 1 :]
            yield block[: stop + 1]
    if rest:
        yield rest


def _filled(table: pa.Table) -> NDArray[np.bool_]:
    """Rows that hold anything but separators: (m,) bool."""
    blank = np.ones(table.num_rows, dtype=bool)
    for values in table.columns:
        blank &= pc.equal(values, "").to_numpy()
        if not blank.any():
            break
    return ~blank


class _Pool:
    """One column as it grows: codes of every part, and the words of all."""

    def __init__(self) -> None:
        self._parts: list[pa.ChunkedArray] = []

    def add(self, values: pa.ChunkedArray) -> None:
        """Take a part's cells in."""
        encoded = pc.dictionary_encode(values.combine_chunks())
        self._parts.append(pa.DictionaryArray.from_arrays(encoded.indices, encoded.dictionary))

    def column(self) -> pa.ChunkedArray:
        """The whole column, as codes into one list of words."""
        if not self._parts:
            return pa.chunked_array([], type=_WORDS)
        return pa.chunked_array(self._parts).unify_dictionaries()


def open_large_parquet(path: Path) -> parquet.ParquetFile:
    """A Parquet file whose texts are read as codes into their distinct words."""
    with parquet.ParquetFile(path) as book:
        schema = book.schema_arrow
    texts = [field.name for field in schema if pa.types.is_string(field.type) or pa.types.is_large_string(field.type)]
    return parquet.ParquetFile(path, read_dictionary=texts, memory_map=False)
