"""Sheets: the cells of an .xlsx sheet as the text that a CSV file would hold, so that one set of rules reads both.

Finds the column names below titles and in two lines; refuses cells that hold nothing certain. Knows no column's type.
"""

from __future__ import annotations

import datetime as dt
import io
import re
from collections.abc import Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from python_calamine import CalamineError, CalamineWorkbook

from twin.errors import InputError, Problem
from twin.intake.assumed import Assumption
from twin.intake.dialect import MOST_COLUMNS
from twin.intake.fold import header as fold_header
from twin.intake.fold import squeezed_header
from twin.intake.raw import Raw
from twin.intake.settings import TableMapping
from twin.intake.workbook import Anatomy, address, anatomy, guard

_TITLE_ROWS = 30
_COMMA_TEXT = re.compile(r"[+-]?\d{1,3}(\.\d{3})*,\d+|[+-]?\d+,\d+")
_SURE_INTEGER = 10**15


def sheet_names(data: bytes, file: str) -> tuple[list[str], list[str]]:
    """Names of the sheets that show, and of those that are hidden.

    Raises
    ------
    InputError
    """
    guard(data, file)
    try:
        sheets = CalamineWorkbook.from_filelike(io.BytesIO(data)).sheets_metadata
    except CalamineError as error:
        cure = "Export it again, or save it as CSV in UTF-8."
        raise InputError([Problem(file, "file", "a workbook (.xlsx)", str(error), cure)]) from error
    shown = [sheet.name for sheet in sheets if str(sheet.visible).endswith("Visible")]
    return shown, [sheet.name for sheet in sheets if sheet.name not in shown]


def read_sheet(data: bytes, sheet: str, label: str, known: Sequence[str], settings: TableMapping) -> Raw:
    """Read one sheet as text.

    Parameters
    ----------
    data : bytes
        The workbook.
    sheet, label : str
        The label is the file's name for messages.
    known : sequence of str
        Column names that may be expected; they tell titles from the header.
    settings : TableMapping

    Raises
    ------
    InputError
    """
    guard(data, label)
    cells = CalamineWorkbook.from_filelike(io.BytesIO(data)).get_sheet_by_name(sheet).to_python(skip_empty_area=False)
    filled = [number for number, row in enumerate(cells) if any(cell != "" for cell in row)]
    if not filled:
        raise InputError([Problem(label, "sheet", "a header and rows", "an empty sheet", "Fill or remove it.")])
    body = anatomy(data, sheet)
    top, depth, names = _names(cells, filled, body, {squeezed_header(name) for name in known}, label, settings)
    rows = [number for number in filled if number >= top + depth]
    raw = Raw(label, {}, header_line=top + depth, separator="\t")
    if top and settings.header_row is None:
        because = "the rows above hold no column names"
        raw = raw.noting(Assumption(label, "", "", "header_row", str(top + 1), because))
    if depth > 1 and settings.header_rows is None:
        because = "cells of the upper line are merged"
        raw = raw.noting(Assumption(label, "", "", "header_rows", str(depth), because))
    _refuse_uncertain(body, top + depth, names, label)
    _fill_merged(cells, body, top + depth, label, settings)
    raw, rows = _hidden(raw, body, rows, names, settings)
    columns = _columns(cells, rows, names, raw, body, settings)
    return Raw(label, columns, raw.first_line, np.asarray(rows, dtype=np.int64) + 1, "\t", {}, raw.header_line,
               raw.assumed, raw.warnings)  # fmt: skip


def _names(
    cells: list[list], filled: list[int], body: Anatomy, wanted: set[str], label: str, settings: TableMapping
) -> tuple[int, int, list[str]]:
    """First row of the header, how many rows it has, and the column names."""
    if settings.header_row is not None:
        top = settings.header_row - 1
        if top not in filled:
            cure = "Correct header_row in the mapping: the row of the sheet that holds the column names."
            expected = f"column names in row {settings.header_row}"
            raise InputError([Problem(label, "header", expected, "an empty row", cure)])
    else:
        top = _header_at(cells, filled, body, wanted)
    depth = settings.header_rows or (2 if _groups(body, top) and top + 1 in filled else 1)
    lines = [[_text(cell).strip() for cell in cells[top + step]] for step in range(depth) if top + step < len(cells)]
    for first_row, first, last_row, last in body.merged:
        for step in range(max(first_row - top, 0), min(last_row - top + 1, len(lines))):
            # a merged label stands over all its columns; downwards it is one name, not two
            value = lines[first_row - top][first] if first_row >= top else ""
            width = len(lines[step])
            lines[step][first : min(last + 1, width)] = [value] * (min(last + 1, width) - first)
    own = lines[-1]
    if len(lines) > 1:
        twice = {name for name in own if own.count(name) > 1}
        uppers = [[line[number] for line in lines[:-1]] for number in range(len(own))]
        own = [name if name and name not in twice else " ".join(dict.fromkeys(part for part in (*upper, name) if part))
               for name, upper in zip(own, uppers, strict=True)]  # fmt: skip
    if len(own) > MOST_COLUMNS:
        cure = "Export the columns that are needed."
        expected = f"at most {MOST_COLUMNS} columns"
        raise InputError([Problem(label, "header", expected, str(len(own)), cure, row=top + 1)])
    return top, len(lines), own


def _header_at(cells: list[list], filled: list[int], body: Anatomy, wanted: set[str]) -> int:
    """First row of the header: with two known names, else the first that is as wide as the table."""
    heads = filled[:_TITLE_ROWS]
    for row in heads:
        known = sum(isinstance(cell, str) and squeezed_header(cell) in wanted for cell in cells[row])
        if known >= (1 if row == heads[0] else 2):
            return row - 1 if row - 1 in filled and _groups(body, row - 1) else row
    widths = {row: sum(cell != "" for cell in cells[row]) for row in heads}
    if widths[heads[0]] > 1:
        return heads[0]
    wide = max(widths.values())
    return next(row for row in heads if widths[row] * 2 > wide)


def _groups(body: Anatomy, row: int) -> bool:
    """Whether a row has labels over several columns each; one over all of them is a title."""
    spans = [(first, last) for first_row, first, _, last in body.merged if first_row == row and last > first]
    tall = any(first_row == row and last_row > row for first_row, _, last_row, _ in body.merged)
    return len(spans) > 1 or (bool(spans) and tall)


def _refuse_uncertain(body: Anatomy, first: int, names: list[str], label: str) -> None:
    """Formulas that were never computed, and errors, have no value that could be read."""
    problems = []
    for places, expected, cure in (
        (
            body.uncomputed,
            "a computed value",
            "Open the workbook in the spreadsheet program, let it compute, and save.",
        ),
        (body.errors, "a value, not a spreadsheet's error", "Mend the formula in the spreadsheet."),
    ):
        below = [place for place in places if int(re.sub(r"\D", "", place.split()[0])) > first]
        if below:
            place, _, word = below[0].partition(" ")
            row, letters = int(re.sub(r"\D", "", place)), re.sub(r"\d", "", place)
            number = next((at for at in range(len(names)) if address(0, at) == f"{letters}1"), None)
            where = names[number] if number is not None and names[number] else f"cell {place}"
            found = f"{word or 'a formula without a value'} in cell {place}"
            problems.append(Problem(label, where, expected, found, cure, row=row, count=len(below)))
    if problems:
        raise InputError(problems)


def _fill_merged(cells: list[list], body: Anatomy, first: int, label: str, settings: TableMapping) -> None:
    """Values of merged cells in every row that they cover, where the mapping wishes it."""
    inside = [area for area in body.merged if area[0] >= first and cells[area[0]][area[1]] != ""]
    if inside and settings.merged != "fill":
        top, left, bottom, right = inside[0]
        found = f"merged cells {address(top, left)}:{address(bottom, right)}"
        cure = 'Unmerge and fill them, or state merged = "fill" in the mapping.'
        raise InputError([Problem(label, f"cell {address(top, left)}", "one value in each cell", found, cure,
                                  row=top + 1, count=len(inside))])  # fmt: skip
    for top, left, bottom, right in inside:
        for row in range(top, min(bottom + 1, len(cells))):
            cells[row][left : right + 1] = [cells[top][left]] * len(cells[row][left : right + 1])


def _hidden(
    raw: Raw, body: Anatomy, rows: list[int], names: list[str], settings: TableMapping
) -> tuple[Raw, list[int]]:
    """Hidden rows and columns are read and told of, or left aside where the mapping wishes it."""
    veiled = [row for row in rows if row in body.hidden_rows]
    columns = [names[number] for number in sorted(body.hidden_columns) if number < len(names) and names[number]]
    drop = settings.hidden == "drop"
    cure = 'State hidden = "drop" in the mapping to leave them aside.' if not drop else "Nothing to do."
    what = "left aside" if drop else "read like the others"
    if veiled:
        raw = raw.telling(Problem(raw.file, "rows", "rows that show", f"{len(veiled)} hidden rows, {what}", cure,
                                  row=veiled[0] + 1, count=len(veiled)))  # fmt: skip
    if columns:
        found = f"{', '.join(columns[:5])} hidden, {what}"
        raw = raw.telling(Problem(raw.file, "columns", "columns that show", found, cure, count=len(columns)))
    return raw, [row for row in rows if row not in body.hidden_rows] if drop else rows


def _columns(
    cells: list[list], rows: list[int], names: list[str], raw: Raw, body: Anatomy, settings: TableMapping
) -> dict[str, pa.ChunkedArray]:
    columns: dict[str, pa.ChunkedArray] = {}
    taken: dict[str, str] = {}
    for number, name in enumerate(names):
        if settings.hidden == "drop" and number in body.hidden_columns:
            continue
        values = [cells[row][number] for row in rows]
        if not name and all(cell == "" for cell in values):
            continue
        if not name or fold_header(name) in taken:
            found = "none" if not name else f"{name!r} twice"
            raise InputError([Problem(raw.file, f"column {address(0, number)[:-1]}", "a name of its own in the header",
                                      found, "Name the column.", row=raw.header_line)])  # fmt: skip
        taken[fold_header(name) or name] = name
        texts = [cell for cell in values if isinstance(cell, str)]
        comma = settings.decimal or ("," if any(_COMMA_TEXT.fullmatch(text.strip()) for text in texts) else ".")
        words: NDArray[np.object_] = np.array([_text(cell, comma, settings.date_format) for cell in values], object)
        columns[name] = pa.chunked_array([pa.array(words, pa.large_string())])
    return columns


def _text(cell: object, decimal: str = ".", date_format: str | None = None) -> str:
    """A typed cell as a text file in the mapping's dialect would write it."""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, int | float):
        if isinstance(cell, float) and not cell.is_integer():
            return repr(cell).replace(".", decimal)
        return str(int(cell)) if abs(cell) < _SURE_INTEGER else f"{cell:.15e}".replace(".", decimal)
    if isinstance(cell, dt.datetime | dt.date):
        form = (date_format or "yyyy-mm-dd").lower()
        form = form if re.search("yyyy.*mm.*dd|dd.*mm.*yyyy|mm.*dd.*yyyy", form) and "mmm" not in form else "yyyy-mm-dd"
        stamp = (
            form.replace("yyyy", f"{cell.year:04d}").replace("mm", f"{cell.month:02d}").replace("dd", f"{cell.day:02d}")
        )
        timed = isinstance(cell, dt.datetime) and cell.time() != dt.time()
        return stamp + (f"T{cell:%H:%M:%S}" if timed else "")
    if isinstance(cell, dt.time):
        return f"{cell:%H:%M:%S}"
    return "" if cell is None else str(cell)
