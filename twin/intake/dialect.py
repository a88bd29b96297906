"""Dialect: a CSV file's bytes into columns of text, with the physical line of every row.

Decides encoding and separator, refuses what cannot be read in one way only. Knows no meaning of any column.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyarrow import compute as pc
from pyarrow import csv

from twin.errors import InputError, Problem
from twin.intake.assumed import Assumption
from twin.intake.encoding import decode
from twin.intake.fold import header as fold_header
from twin.intake.fold import squeezed_header
from twin.intake.quotes import refuse_bad_quotes
from twin.intake.raw import Raw

_QUOTE, _NEWLINE, _RETURN = 34, 10, 13
_BLOCK = 32 << 20
_TITLE_LINES = 30
"""So many lines may stand above the column names."""
MOST_COLUMNS = 1024
_HINT = "sep="
"""A first line with which spreadsheets state the separator."""


def read_titled(path: Path, known: Sequence[str], cure: str) -> tuple[Raw, dict[str, str]]:
    """A table that a person hands in, and its titles as they stand by what they are without case and blanks.

    Raises
    ------
    InputError
        With the cure, when there is no such file.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InputError([Problem(path.name, "file", "a table", f"none ({error.strerror})", cure)]) from error
    raw = read_csv(data, path.name, known)
    return raw, {title.strip().casefold(): title for title in raw.columns}


def read_csv(
    data: bytes,
    file: str,
    known: Sequence[str],
    encoding: str | None = None,
    separator: str | None = None,
    header_row: int | None = None,
) -> Raw:
    """Read a CSV file as text.

    Parameters
    ----------
    data : bytes
    file : str
        Name for messages.
    known : sequence of str
        Column names that may be expected; they help to tell the separator, and titles from the header.
    encoding, separator : str, optional
        As the mapping states them.
    header_row : int, optional
        Physical line of the column names, as the mapping states it.

    Raises
    ------
    InputError
    """
    decoded = decode(data, file, encoding)
    body = body_of(decoded.body, file, known, separator, header_row)
    names, sign, n_lines = body.names, body.separator, body.n_lines
    table, lines = body.read(file)
    plain = decoded.encoding == "utf-8"
    noted = []
    if encoding != decoded.encoding:
        noted.append(Assumption(file, "", "", "encoding", decoded.encoding, decoded.because, plain and not encoding))
    if not separator:
        noted.append(Assumption(file, "", "", "separator", repr(sign), "it parts the column names", sign == ","))
    if header_row is None and n_lines > 1:
        because = f"the lines above {names[0]!r} hold no column names"
        noted.append(Assumption(file, "", "", "header_row", str(n_lines), because))
    columns = named_columns(table, names, file, n_lines)
    return _without_blanks(Raw(file, columns, n_lines + 1, lines, sign, header_line=n_lines, assumed=tuple(noted)))


@dataclass(frozen=True)
class Body:
    """The rows of a text file, or of a part of it, below the column names.

    Parameters
    ----------
    text : bytes
    names : list of str
    separator : str
    n_lines : int
        Lines of the file above the text.
    """

    text: bytes
    names: list[str]
    separator: str
    n_lines: int

    def read(self, file: str) -> tuple[pa.Table, NDArray[np.int64] | None]:
        """Text columns under their numbers, and the physical line of every row; ``None`` when one follows the other.

        Raises
        ------
        InputError
            Rows of another shape, quotes that can be read in two ways.
        """
        octets = np.frombuffer(self.text, dtype=np.uint8)
        quoted = bool((octets == _QUOTE).any())
        if quoted:
            refuse_bad_quotes(octets, file, self.names, self.separator, self.n_lines)
        table, uneven = _parse(self.text, file, self.names, self.separator, quoted)
        n_ends = np.count_nonzero(octets == _NEWLINE) + (octets[-1:] != _NEWLINE).sum()
        if not uneven and n_ends == len(table):
            return table, None
        lines, n_fields = _layout(octets, self.separator, quoted)
        lines += self.n_lines
        _refuse_uneven(lines, n_fields, file, self.names)
        return table, lines


def body_of(
    text: bytes, file: str, known: Sequence[str], separator: str | None = None, header_row: int | None = None
) -> Body:
    """The rows of a text file whose beginning this is; see :func:`read_csv`."""
    n_lines, names, sign, rest = _split_header(text, file, known, separator, header_row)
    return Body(rest, names, sign, n_lines)


def _split_header(
    body: bytes, file: str, known: Sequence[str], separator: str | None, header_row: int | None
) -> tuple[int, list[str], str, bytes]:
    """Lines up to and with the header, column names, separator, and the rest."""
    wanted = {squeezed_header(name) for name in known}
    heads, place = [], 0
    while place < len(body) and len(heads) < max(_TITLE_LINES, header_row or 0):
        stop = body.find(b"\n", place)
        stop = len(body) if stop < 0 else stop
        heads.append((body[place:stop].decode("utf-8", "replace").rstrip("\r"), stop + 1))
        place = stop + 1
    filled = [number for number, (text, _) in enumerate(heads) if text.strip()]
    if filled and heads[filled[0]][0].lower().startswith(_HINT) and len(heads[filled[0]][0]) == len(_HINT) + 1:
        separator = separator or heads[filled.pop(0)][0][-1]
    choices = [separator] if separator else [";", "\t", ",", "|"]
    if header_row is not None:
        if header_row - 1 not in filled:
            cure = "Correct header_row in the mapping: the line in the file that holds the column names."
            raise InputError([Problem(file, "header", f"column names in line {header_row}", "no such line", cure)])
        at = header_row - 1
    else:
        at = _header_at(heads, filled, choices, wanted)
    text, end = heads[at]
    split = {sign: _fields(text, sign) for sign in choices}
    separator = max(choices, key=lambda s: (sum(squeezed_header(name) in wanted for name in split[s]), len(split[s])))
    names = [name.strip() for name in split[separator]]
    if text.count('"') % 2:
        cure = "Close the quote; column names must stand on one line."
        raise InputError([Problem(file, "header", "closed quotes", "an unclosed quote", cure, row=at + 1)])
    if len(names) > MOST_COLUMNS:
        cure = "Export the columns that are needed."
        found = f"{len(names)}"
        raise InputError([Problem(file, "header", f"at most {MOST_COLUMNS} columns", found, cure, row=at + 1)])
    return at + 1, names, separator, body[end:]


def _header_at(
    heads: list[tuple[str, int]], filled: list[int], choices: list[str], wanted: set[str]
) -> int:  # fmt: skip
    """Place of the first line that holds two known names; else of the first line that holds anything."""
    if not filled:
        return 0
    for at in filled:
        known = max(sum(squeezed_header(name) in wanted for name in _fields(heads[at][0], sign)) for sign in choices)
        if known >= (1 if at == filled[0] else 2):
            return at
    return filled[0]


def _fields(line: str, separator: str) -> list[str]:
    parts = [""]
    inside = False
    for letter in line:
        if letter == '"':
            inside = not inside
        elif letter == separator and not inside:
            parts.append("")
        else:
            parts[-1] += letter
    return parts


def _parse(body: bytes, file: str, names: list[str], separator: str, quoted: bool) -> tuple[pa.Table, bool]:
    """Text columns under their numbers, and whether any row had too few or too many fields."""
    uneven = []

    def skip(row: csv.InvalidRow) -> str:
        uneven.append(row.actual_columns)
        return "skip"

    keys = [str(number) for number in range(len(names))]
    if not body.strip():
        return pa.table({key: pa.array([], pa.large_string()) for key in keys}), False
    try:
        table = csv.read_csv(
            io.BytesIO(body),
            read_options=csv.ReadOptions(column_names=keys, block_size=_BLOCK),
            parse_options=csv.ParseOptions(delimiter=separator, newlines_in_values=quoted, invalid_row_handler=skip),
            convert_options=csv.ConvertOptions(
                column_types=dict.fromkeys(keys, pa.large_string()), strings_can_be_null=False, check_utf8=False
            ),
        )
    except pa.ArrowInvalid as error:
        cure = "Look for a row of another shape, or an unclosed quote."
        raise InputError([Problem(file, "file", "a readable table", str(error), cure)]) from error
    return table, bool(uneven)


def _layout(octets: NDArray[np.uint8], separator: str, quoted: bool) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Line and number of fields of every record that is not blank; the first line of the body is 1."""
    inside = np.cumsum(octets == _QUOTE, dtype=np.uint32) & 1 if quoted else np.zeros(1, dtype=np.uint32)
    newlines = np.flatnonzero(octets == _NEWLINE)
    ends = np.flatnonzero((octets == _NEWLINE) & (inside == 0))
    starts = np.concatenate([[0], ends + 1])
    stops = np.concatenate([ends, [len(octets)]])
    blank = (stops == starts) | ((stops == starts + 1) & (octets[np.minimum(starts, len(octets) - 1)] == _RETURN))
    starts, stops = starts[~blank], stops[~blank]
    signs = np.flatnonzero((octets == ord(separator)) & (inside == 0))
    n_fields = np.searchsorted(signs, stops) - np.searchsorted(signs, starts) + 1
    return np.searchsorted(newlines, starts) + 1, n_fields


def _refuse_uneven(lines: NDArray[np.int64], n_fields: NDArray[np.int64], file: str, names: list[str]) -> None:
    problems = []
    for bad, short in ((n_fields < len(names), True), (n_fields > len(names), False)):
        if not bad.any():
            continue
        first = int(np.flatnonzero(bad)[0])
        where = names[n_fields[first]] if short else f"after {names[-1]}"
        cure = "Complete the row." if short else "Quote the value that holds the separator, or remove the extra field."
        problems.append(Problem(file, where, f"{len(names)} fields in every row", f"{n_fields[first]} fields", cure,
                                row=int(lines[first]), count=int(bad.sum())))  # fmt: skip
    if problems:
        raise InputError(problems)


def named_columns(table: pa.Table, names: list[str], file: str, row: int) -> dict[str, pa.ChunkedArray]:
    """Columns under their own names; nameless empty columns, which spreadsheets leave behind, are dropped."""
    columns: dict[str, pa.ChunkedArray] = {}
    problems = []
    folded: dict[str, str] = {}
    for number, name in enumerate(names):
        values = table.column(number)
        if not name:
            if any(value.as_py().strip() for value in values.unique()):
                where = f"column {number + 1}"
                problems.append(Problem(file, where, "a name in the header", "none", "Name the column.", row=row))
            continue
        key = fold_header(name) or name
        if key in folded:
            problems.append(Problem(file, name, "column names that differ", f"{folded[key]!r} and {name!r}",
                                    "Rename or remove one of them.", row=row))  # fmt: skip
        folded[key] = name
        columns[name] = values
    if problems:
        raise InputError(problems)
    return columns


def _without_blanks(raw: Raw) -> Raw:
    """Rows of nothing but separators, which spreadsheets leave behind, are dropped."""
    if not len(raw):
        return replace(raw, lines=None)  # rows of columns that all fell away are none
    blank = np.ones(len(raw), dtype=bool)
    for values in raw.columns.values():
        blank &= pc.equal(values, "").to_numpy()
        if not blank.any():
            return raw
    keep = np.flatnonzero(~blank)
    return raw.take(keep)
