"""Exports: any table as a file for people and other programs.

Knows the forms of files, not what the columns mean.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pandas as pd
import pyarrow as pa
import xlsxwriter
from pyarrow import parquet

from twin.errors import TwinError
from twin.workspace import atomic

_COMMANDS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""First characters that make a spreadsheet read a text as a formula, full-width ones included."""
_XLSX_ROWS, _XLSX_COLUMNS, _XLSX_TEXT = 1_048_576, 16_384, 32_767
_LOCALES = ("", "tr")


def write_table(
    frame: pd.DataFrame, path: Path | str, fmt: str | None = None, locale: str = "",
    before: Callable[[], object] | None = None,
) -> Path:  # fmt: skip
    """Write a table whole or not at all; a file of that name is replaced.

    Parameters
    ----------
    frame : pandas.DataFrame
        Its index is not written.
    path : Path or str
        Folders that are missing are made.
    fmt : str, optional
        ``csv``, ``xlsx``, ``parquet``, ``json`` or ``geojson``; told from the suffix when left out.
        ``geojson`` takes points from the columns ``lon`` and ``lat`` (degrees).
    locale : str
        ``tr`` writes a CSV as a Turkish spreadsheet reads it: semicolons, decimal commas, a byte-order mark.
    before : callable, optional
        Called when the file is written and before it has its name: where it fails there is no file.

    Returns
    -------
    Path
        The file.

    Notes
    -----
    A text that a spreadsheet would run as a formula gets a leading apostrophe in CSV and stays a text cell in XLSX.
    Numbers stay numbers.
    """
    path = Path(path)
    form = (path.suffix.removeprefix(".") if fmt is None else fmt).lower()
    if form not in _WRITERS:
        known = ", ".join(_WRITERS)
        raise TwinError(f"{path.name}: expected one of the formats {known}, found {form or 'no suffix'!r}.")
    if locale not in _LOCALES:
        raise ValueError(f"locale: expected one of {_LOCALES}, got {locale!r}")

    def named(_: BinaryIO) -> str:
        if before is not None:
            before()
        return path.name

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.is_dir():
            raise IsADirectoryError(21, "it is a folder")
        return atomic.place(path.parent, lambda file: _WRITERS[form](frame, file, locale), named)
    except OSError as error:
        raise TwinError(
            f"{path}: the file cannot be written ({error.strerror or error}). Name another place."
        ) from error


def defused(value: object) -> object:
    """The value, with an apostrophe before a text that a spreadsheet would run as a formula."""
    return "'" + value if isinstance(value, str) and value.startswith(_COMMANDS) else value


def _write_csv(frame: pd.DataFrame, file: BinaryIO, locale: str) -> None:
    turkish = locale == "tr"
    plain = pd.DataFrame(dict(enumerate(_csv_column(frame.iloc[:, place], turkish) for place in range(frame.shape[1]))))
    plain.to_csv(
        file,
        index=False,
        header=[str(defused(str(name))) for name in frame.columns],
        sep=";" if turkish else ",",
        decimal="," if turkish else ".",
        encoding="utf-8-sig" if turkish else "utf-8",
        lineterminator="\r\n",  # with it, a lone carriage return inside a text is quoted instead of ending the row
    )


def _csv_column(column: pd.Series, turkish: bool) -> pd.Series:
    """Column whose texts are safe; pandas writes its numbers."""
    if pd.api.types.is_datetime64_any_dtype(column):
        return _iso(column)
    if pd.api.types.is_bool_dtype(column) or pd.api.types.is_numeric_dtype(column):
        return column

    def cell(value: object) -> object:
        if turkish and isinstance(value, float) and math.isfinite(value):
            return str(value).replace(".", ",")  # pandas gives a decimal comma to whole columns of numbers only
        return defused(value)

    return column.astype(object).map(cell)


def _write_xlsx(frame: pd.DataFrame, file: BinaryIO, locale: str) -> None:
    if len(frame) >= _XLSX_ROWS or frame.shape[1] > _XLSX_COLUMNS:
        raise TwinError(
            f"expected fewer than {_XLSX_ROWS} rows and at most {_XLSX_COLUMNS} columns for a spreadsheet, "
            f"found {len(frame)} and {frame.shape[1]}. Export as csv or parquet."
        )
    with xlsxwriter.Workbook(file, {"constant_memory": False, "in_memory": True}) as book:
        sheet = book.add_worksheet("table")
        bold, day, moment = (
            book.add_format(look)
            for look in ({"bold": True}, {"num_format": "yyyy-mm-dd"}, {"num_format": "yyyy-mm-dd hh:mm:ss"})
        )
        sheet.freeze_panes(1, 0)
        for place, name in enumerate(frame.columns):
            column = frame.iloc[:, place]
            sheet.write_string(0, place, str(name), bold)
            if pd.api.types.is_datetime64_dtype(column):
                look = day if _whole_days(column) else moment
                for row, value in enumerate(column, start=1):
                    if not pd.isna(value):
                        sheet.write_datetime(row, place, value.to_pydatetime(warn=False), look)
            else:
                for row, value in enumerate(_plain_values(column), start=1):
                    _write_cell(sheet, row, place, value)


def _write_cell(sheet: xlsxwriter.worksheet.Worksheet, row: int, place: int, value: object) -> None:
    """One typed cell: a text is never read as a formula, a link or a number."""
    if value is None:
        return
    if isinstance(value, bool):
        sheet.write_boolean(row, place, value)
    elif isinstance(value, int | float) and math.isfinite(value):
        sheet.write_number(row, place, value)
    elif len(str(value)) > _XLSX_TEXT:
        raise TwinError(f"row {row}: expected at most {_XLSX_TEXT} characters in a cell. Export as csv or parquet.")
    else:
        sheet.write_string(row, place, str(value))


def _write_parquet(frame: pd.DataFrame, file: BinaryIO, locale: str) -> None:
    table = pa.Table.from_pandas(frame, preserve_index=False)
    parquet.write_table(table, file, compression="zstd", write_page_checksum=True)


def _write_json(frame: pd.DataFrame, file: BinaryIO, locale: str) -> None:
    rows = ",\n".join(_json(row) for row in _records(frame))
    file.write(f"[{rows}]\n".encode())


def _write_geojson(frame: pd.DataFrame, file: BinaryIO, locale: str) -> None:
    if absent := {"lon", "lat"} - set(frame.columns):
        raise TwinError(f"geojson: expected the columns lon and lat, found no {' and no '.join(sorted(absent))}.")
    features = []
    for row in _records(frame):
        lon, lat = row.pop("lon"), row.pop("lat")
        point = None if lon is None or lat is None else {"type": "Point", "coordinates": [lon, lat]}
        features.append(_json({"type": "Feature", "geometry": point, "properties": row}))
    body = ",\n".join(features)
    file.write(f'{{"type": "FeatureCollection", "features": [\n{body}\n]}}\n'.encode())


def _records(frame: pd.DataFrame) -> list[dict]:
    names = [str(name) for name in frame.columns]
    columns = [_plain_values(frame.iloc[:, place]) for place in range(frame.shape[1])]
    return [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]


def _plain_values(column: pd.Series) -> list:
    """Values as Python knows them; ``None`` for what is missing, ISO 8601 for moments."""
    if pd.api.types.is_datetime64_any_dtype(column):
        column = _iso(column)
    return [None if missing else _plain(value) for value, missing in zip(column, column.isna(), strict=True)]


def _plain(value: object) -> object:
    if isinstance(value, np.generic):
        return value.item()
    return value.isoformat() if hasattr(value, "isoformat") else value


def _json(value: object) -> str:
    try:
        return json.dumps(value, ensure_ascii=False, allow_nan=False, default=str)
    except ValueError as error:
        raise TwinError(f"json: expected finite numbers: {error}. Export as csv or parquet.") from error


def _iso(column: pd.Series) -> pd.Series:
    """ISO 8601 texts: days where every time of day is midnight."""
    if _whole_days(column):
        return column.dt.strftime("%Y-%m-%d")
    return column.map(lambda moment: moment.isoformat(), na_action="ignore").astype(object)


def _whole_days(column: pd.Series) -> bool:
    return bool((column.dt.normalize() == column)[column.notna()].all())


_WRITERS: dict[str, Callable[[pd.DataFrame, BinaryIO, str], None]] = {
    "csv": _write_csv,
    "xlsx": _write_xlsx,
    "parquet": _write_parquet,
    "json": _write_json,
    "geojson": _write_geojson,
}
