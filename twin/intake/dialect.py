"""Dialect: a CSV file's bytes into columns of text, with the physical line of every row.

Decides encoding and separator, refuses what cannot be read in one way only. Knows no meaning of any column.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyarrow import compute as pc
from pyarrow import csv

from twin.errors import InputError, Problem
from twin.intake.fold import header as fold_header

_QUOTE, _NEWLINE, _RETURN = 34, 10, 13
_BLOCK = 32 << 20
_UTF8_BOM = b"\xef\xbb\xbf"
_UTF16_BOMS = (b"\xff\xfe", b"\xfe\xff")


@dataclass(frozen=True)
class Raw:
    """One table as it stands in its file, before any column has a type.

    Parameters
    ----------
    file : str
    columns : dict of str to pyarrow.ChunkedArray
        By name in the file; all of one length.
    first_line : int
        Physical line of row 0 when rows are consecutive.
    lines : (n,) int64, optional
        Physical line of every row, when they are not.
    separator : str
        Empty for a file that is not CSV.
    titles : dict of str to str
        By contract's name: the name in the file, once the columns are renamed.
    """

    file: str
    columns: dict[str, pa.ChunkedArray]
    first_line: int = 2
    lines: NDArray[np.int64] | None = None
    separator: str = ""
    titles: dict[str, str] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(next(iter(self.columns.values()))) if self.columns else 0

    def title_of(self, name: str) -> str:
        """A column as a message names it: by the contract, with the file's own name where that is another."""
        theirs = self.titles.get(name, name)
        return name if fold_header(theirs) == fold_header(name) else f"{name} ({theirs!r})"

    def line_of(self, row: int) -> int:
        """Physical line (record or feature number for Parquet and geometry) of one row."""
        return int(self.first_line + row if self.lines is None else self.lines[row])


def read_csv(
    data: bytes, file: str, known: Sequence[str], encoding: str | None = None, separator: str | None = None
) -> Raw:
    """Read a CSV file as text.

    Parameters
    ----------
    data : bytes
    file : str
        Name for messages.
    known : sequence of str
        Column names that may be expected; they help to tell the separator.
    encoding, separator : str, optional
        As the mapping states them.

    Raises
    ------
    InputError
    """
    body = decode(data, file, encoding)
    n_lines, names, separator, body = _split_header(body, file, known, separator)
    octets = np.frombuffer(body, dtype=np.uint8)
    quoted = bool((octets == _QUOTE).any())
    if quoted:
        _refuse_bad_quotes(octets, file, names, separator, n_lines)
    table, uneven = _parse(body, file, names, separator, quoted)
    consecutive = not uneven and np.count_nonzero(octets == _NEWLINE) + (octets[-1:] != _NEWLINE).sum() == len(table)
    lines = None
    if not consecutive:
        lines, n_fields = _layout(octets, separator, quoted)
        lines += n_lines
        _refuse_uneven(lines, n_fields, file, names)
    return _without_blanks(Raw(file, _named(table, names, file), n_lines + 1, lines, separator))


def decode(data: bytes, file: str, encoding: str | None = None) -> bytes:
    """The file as UTF-8 bytes without a byte order mark, lines ending in a line feed."""
    if not data.strip():
        raise InputError([Problem(file, "file", "a header and rows", "an empty file", "Export the table again.")])
    if encoding is None and data.startswith(_UTF16_BOMS):
        cure = 'Save it as UTF-8, or state encoding = "utf-16" in the mapping.'
        raise InputError([Problem(file, "encoding", "UTF-8", "UTF-16", cure)])
    try:
        text = data.decode(encoding or "utf-8")
        if encoding is not None:
            data = text.encode("utf-8")
    except UnicodeDecodeError as error:
        raise InputError([_undecodable(data, file, error, encoding)]) from error
    data = data.removeprefix(_UTF8_BOM)
    at = data.find(b"\x00")
    if at >= 0:
        line = data.count(b"\n", 0, at) + 1
        cure = "Remove the control character, or export again."
        raise InputError([Problem(file, f"byte {at}", "printable text", "a NUL character", cure, row=line)])
    if b"\r" in data and b"\n" not in data:
        data = data.replace(b"\r", b"\n")
    return data


def _undecodable(data: bytes, file: str, error: UnicodeDecodeError, encoding: str | None) -> Problem:
    line = data.count(b"\n", 0, error.start) + 1
    found = f"byte 0x{data[error.start]:02x} at offset {error.start}"
    if encoding is None:
        cure = 'If the file comes from Turkish Windows, state encoding = "cp1254" in the mapping; or save it as UTF-8.'
        return Problem(file, f"byte {error.start}", "UTF-8 text", found, cure, row=line)
    cure = "State the encoding in which the file was written, or save it as UTF-8 and remove the key."
    return Problem(file, f"byte {error.start}", f"{encoding} text", found, cure, row=line)


def _split_header(
    body: bytes, file: str, known: Sequence[str], separator: str | None
) -> tuple[int, list[str], str, bytes]:
    """Lines up to and with the header, column names, separator, and the rest."""
    skipped, rest = 0, body
    while True:
        line, _, rest = rest.partition(b"\n")
        skipped += 1
        if line.strip() or not rest:
            break
    text = line.decode("utf-8").rstrip("\r")
    wanted = {fold_header(name) for name in known}
    choices = [separator] if separator else [";", "\t", ","]
    split = {sign: _fields(text, sign) for sign in choices}
    separator = max(choices, key=lambda s: (sum(fold_header(name) in wanted for name in split[s]), len(split[s])))
    names = [name.strip() for name in split[separator]]
    if text.count('"') % 2:
        cure = "Close the quote; column names must stand on one line."
        raise InputError([Problem(file, "header", "closed quotes", "an unclosed quote", cure, row=skipped)])
    return skipped, names, separator, rest


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


def _refuse_bad_quotes(
    octets: NDArray[np.uint8], file: str, names: list[str], separator: str, header_lines: int
) -> None:
    """A quote opens right after a separator and closes right before one; anything else can be read in two ways."""
    quotes = np.flatnonzero(octets == _QUOTE)
    edges = (ord(separator), _NEWLINE, _RETURN)
    opening, closing = quotes[0::2], quotes[1::2]
    before = np.where(opening > 0, octets[opening - 1], _NEWLINE)
    after = np.where(closing + 1 < len(octets), octets[np.minimum(closing + 1, len(octets) - 1)], _NEWLINE)
    doubled = np.zeros(len(opening), dtype=bool)
    doubled[1:] = opening[1:] == closing[: len(opening) - 1] + 1
    stray = ~(np.isin(before, edges) | doubled)
    reopened = np.zeros(len(closing), dtype=bool)
    reopened[: len(opening) - 1] = doubled[1 : len(closing) + 1]
    unclosed = ~(np.isin(after, edges) | reopened)
    faults = [(int(opening[i]), "stray") for i in np.flatnonzero(stray)[:1]]
    faults += [(int(opening[i]), "unclosed") for i in np.flatnonzero(unclosed)[:1]]
    if len(quotes) % 2:
        faults.append((int(opening[-1]), "unclosed"))
    if not faults:
        return
    at, sort = min(faults)
    start = int(np.flatnonzero(octets[:at] == _NEWLINE)[-1]) + 1 if (octets[:at] == _NEWLINE).any() else 0
    column = min(int((octets[start:at] == ord(separator)).sum()), len(names) - 1)
    line = header_lines + 1 + int((octets[:at] == _NEWLINE).sum())
    found = "a quote that is never closed" if sort == "unclosed" else "a quote in the middle of a value"
    cure = 'Close the quote where the value ends; write a quote inside a value as "".'
    raise InputError([Problem(file, names[column], "quotes in pairs around a whole value", found, cure, row=line)])


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


def _named(table: pa.Table, names: list[str], file: str) -> dict[str, pa.ChunkedArray]:
    """Columns under their own names; nameless empty columns, which spreadsheets leave behind, are dropped."""
    columns: dict[str, pa.ChunkedArray] = {}
    problems = []
    folded: dict[str, str] = {}
    for number, name in enumerate(names):
        values = table.column(number)
        if not name:
            if any(value.as_py().strip() for value in values.unique()):
                where = f"column {number + 1}"
                problems.append(Problem(file, where, "a name in the header", "none", "Name the column.", row=1))
            continue
        key = fold_header(name) or name
        if key in folded:
            problems.append(Problem(file, name, "column names that differ", f"{folded[key]!r} and {name!r}",
                                    "Rename or remove one of them.", row=1))  # fmt: skip
        folded[key] = name
        columns[name] = values
    if problems:
        raise InputError(problems)
    return columns


def _without_blanks(raw: Raw) -> Raw:
    """Rows of nothing but separators, which spreadsheets leave behind, are dropped."""
    if not len(raw):
        return raw
    blank = np.ones(len(raw), dtype=bool)
    for values in raw.columns.values():
        blank &= pc.equal(values, "").to_numpy()
        if not blank.any():
            return raw
    keep = np.flatnonzero(~blank)
    lines = keep + raw.first_line if raw.lines is None else raw.lines[keep]
    return replace(raw, columns={name: values.take(keep) for name, values in raw.columns.items()}, lines=lines)
