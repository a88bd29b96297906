"""Workbook: what an .xlsx file says beside its cells, and why one is not opened.

Reads the archive's parts as bytes: hidden rows and columns, merged cells, formulas that were never computed, cells
that hold an error. Knows no value.
"""

from __future__ import annotations

import io
import re
import zipfile
from dataclasses import dataclass

from twin.errors import InputError, Problem

_MOST_BYTES = 4 << 30
_MOST_RATIO = 100
_SMALL = 64 << 20
"""A workbook no larger than this when unpacked is opened however well it was packed."""
_REF = re.compile(r"([A-Z]+)(\d+)")
_SHEET = re.compile(rb"<(?:\w+:)?sheet\s[^>]*>")
_RELATION = re.compile(rb"<Relationship\s[^>]*>")
_COLUMN = re.compile(rb"<(?:\w+:)?col\s[^>]*>")
_ROW = re.compile(rb"<(?:\w+:)?row\s[^>]*?hidden=\"(?:1|true)\"[^>]*>")
_MERGED = re.compile(rb'<(?:\w+:)?mergeCell\s+ref="([A-Z]+\d+:[A-Z]+\d+)"')
_NO_VALUE = re.compile(
    rb'<(?:\w+:)?c\s(?![^>]*\bt="str")[^>]*\br="([A-Z]+\d+)"[^>]*><(?:\w+:)?f(?:\s[^>]*)?(?:/>|>[^<]*</(?:\w+:)?f>)'
    rb"\s*(?:<(?:\w+:)?v\s*/>|<(?:\w+:)?v></(?:\w+:)?v>)?\s*</(?:\w+:)?c>"
)
_ERROR = re.compile(
    rb'<(?:\w+:)?c\s(?=[^>]*\bt="e")[^>]*\br="([A-Z]+\d+)"[^>]*>(?:<(?:\w+:)?f.*?)?<(?:\w+:)?v>([^<]*)<'
)


@dataclass(frozen=True)
class Anatomy:
    """What a sheet says beside its cells. Rows and columns count from 0.

    Parameters
    ----------
    hidden_columns, hidden_rows : frozenset of int
    merged : tuple of (first row, first column, last row, last column)
    uncomputed, errors : tuple of str
        Addresses of formulas without a value, and of cells with an error (``B6 #N/A``).
    """

    hidden_columns: frozenset[int]
    hidden_rows: frozenset[int]
    merged: tuple[tuple[int, int, int, int], ...]
    uncomputed: tuple[str, ...]
    errors: tuple[str, ...]


def guard(data: bytes, file: str) -> None:
    """Refuse a workbook that is none, that holds programs, that leans on other files, or that swells when unpacked.

    Raises
    ------
    InputError
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, ValueError, RuntimeError, OSError) as error:
        cure = "Export it again, or save it as CSV in UTF-8."
        raise InputError([Problem(file, "file", "a workbook (.xlsx)", str(error), cure)]) from error
    size = sum(entry.file_size for entry in entries)
    names = [entry.filename.lower() for entry in entries]
    if size > _MOST_BYTES or (size > _SMALL and size > _MOST_RATIO * max(len(data), 1)):
        found = f"{size // 1_000_000} MB out of {len(data) // 1000} kB"
        cure = "Save the table as CSV or Parquet."
        raise InputError([Problem(file, "file", "a workbook of bearable size when unpacked", found, cure)])
    if any(name.endswith("vbaproject.bin") for name in names):
        cure = "Save it as .xlsx without macros."
        raise InputError([Problem(file, "file", "a workbook without programs", "macros", cure)])
    if any("externallinks/" in name and name.endswith(".xml") for name in names):
        cure = "Replace the links by their values, and save again."
        raise InputError([Problem(file, "file", "a workbook that stands by itself", "links to other files", cure)])
    if any(".." in name.split("/") or name.startswith(("/", "\\")) for name in names):
        cure = "Export it again."
        raise InputError([Problem(file, "file", "a sound archive", "a part whose name leaves the archive", cure)])


def anatomy(data: bytes, sheet: str) -> Anatomy:
    """Read one sheet's anatomy; empty when the sheet's part is not where it should be."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        part = _part_of(archive, sheet)
        xml = archive.read(part) if part else b""
    hidden: set[int] = set()
    head = xml.partition(b"<sheetData")[0]
    for found in _COLUMN.findall(head):
        if _attribute(found, "hidden") in ("1", "true"):
            first, last = int(_attribute(found, "min") or 1), int(_attribute(found, "max") or 1)
            hidden |= set(range(first - 1, min(last, 16_384)))
    rows = (int(_attribute(found, "r") or 0) - 1 for found in _ROW.findall(xml))
    merged = tuple(_range(found.decode()) for found in _MERGED.findall(xml))
    errors = tuple(f"{place.decode()} {word.decode()}" for place, word in _ERROR.findall(xml))
    uncomputed = tuple(place.decode() for place in _NO_VALUE.findall(xml))
    return Anatomy(frozenset(hidden), frozenset(row for row in rows if row >= 0), merged, uncomputed, errors)


def address(row: int, column: int) -> str:
    """A cell as a spreadsheet names it; both count from 0."""
    letters = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return f"{letters}{row + 1}"


def _part_of(archive: zipfile.ZipFile, sheet: str) -> str | None:
    names = set(archive.namelist())
    if not {"xl/workbook.xml", "xl/_rels/workbook.xml.rels"} <= names:
        return None
    targets = {_attribute(found, "Id"): _attribute(found, "Target")
               for found in _RELATION.findall(archive.read("xl/_rels/workbook.xml.rels"))}  # fmt: skip
    for found in _SHEET.findall(archive.read("xl/workbook.xml")):
        if _attribute(found, "name") == sheet:
            target = targets.get(_attribute(found, r"\w+:id") or "") or ""
            part = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
            return part if part in names else None
    return None


def _attribute(tag: bytes, name: str) -> str | None:
    found = re.search(rf'\s{name}="([^"]*)"'.encode(), tag)
    if not found:
        return None
    text = found.group(1).decode("utf-8", "replace")
    for code, letter in (("&lt;", "<"), ("&gt;", ">"), ("&quot;", '"'), ("&apos;", "'"), ("&amp;", "&")):
        text = text.replace(code, letter)
    return text


def _range(text: str) -> tuple[int, int, int, int]:
    (first, top), (last, bottom) = _REF.findall(text)
    return int(top) - 1, _number(first), int(bottom) - 1, _number(last)


def _number(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number - 1
