"""Sources: which file, sheet or layer of a folder holds which table, and its columns as they stand there.

Knows formats (CSV, Parquet, XLSX, GeoJSON, shapefile, GeoPackage); no column's type, see :mod:`twin.intake.convert`.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import io
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyogrio
import shapely
from pyarrow import parquet

from twin.errors import InputError, Problem
from twin.intake.dialect import Raw, read_csv
from twin.intake.fold import did_you_mean, header
from twin.intake.mapping import Mapping, TableMapping
from twin.intake.schema import CONTRACT

_PLAIN = (".csv", ".parquet", ".geojson", ".shp")
_SHAPEFILE_PARTS = (".shp", ".dbf", ".shx", ".prj", ".cpg")
_SHAPEFILE_NAME = 10
_WGS84 = 4326


@dataclass(frozen=True)
class Source:
    """Where one table stands.

    Parameters
    ----------
    table : str
    path : Path
    part : str
        Sheet or layer; empty when the file is the table.
    """

    table: str
    path: Path
    part: str = ""

    @property
    def label(self) -> str:
        """File name for messages."""
        return self.path.name + (f" [{self.part}]" if self.part and self.part != self.path.stem else "")


def find_sources(folder: Path, mapping: Mapping) -> tuple[dict[str, Source], list[Problem], list[Problem]]:
    """Sources by table, faults (two sources for one table), and files that were left aside."""
    wanted = {header(mapping.of(table).source or table): table for table in CONTRACT}
    wanted |= {header(Path(mapping.of(table).source or table).stem): table for table in CONTRACT}
    found: dict[str, list[Source]] = {}
    aside = []
    for path in sorted(folder.iterdir()):
        if path.name.startswith((".", "~$")) or not path.is_file():
            continue
        parts = _parts(path, wanted)
        for source in parts or []:
            found.setdefault(source.table, []).append(source)
        if parts == []:
            cure = f"Rename it, or name it as a source in the mapping.{did_you_mean(path.stem, tuple(CONTRACT))}"
            expected = f"a table of the contract ({', '.join(CONTRACT)})"
            aside.append(Problem(path.name, "file", expected, "another name", cure))
    problems = [
        Problem(sources[0].label, "file", f"one source for the table {table}",
                " and ".join(source.label for source in sources), "Remove or rename one of them.", count=1)
        for table, sources in found.items() if len(sources) > 1
    ]  # fmt: skip
    return {table: sources[0] for table, sources in found.items()}, problems, aside


def _parts(path: Path, wanted: dict[str, str]) -> list[Source] | None:
    """Tables that a file holds; ``None`` for a file of no concern."""
    kind = path.suffix.lower()
    if kind in _PLAIN:
        names = [path.stem]
    elif kind == ".xlsx":
        names = _guarded(lambda: pd.ExcelFile(path, engine="calamine").sheet_names, path.name)
    elif kind == ".gpkg":
        names = [str(name) for name in _guarded(lambda: pyogrio.list_layers(path)[:, 0], path.name)]
        if len(names) == 1 and header(names[0]) not in wanted and header(path.stem) in wanted:
            return [Source(wanted[header(path.stem)], path, names[0])]
    else:
        return None
    part = (lambda name: name) if kind in (".xlsx", ".gpkg") else (lambda name: "")
    return [Source(wanted[header(name)], path, part(name)) for name in names if header(name) in wanted]


def read_source(source: Source, settings: TableMapping) -> tuple[Raw, dict[str, str]]:
    """Columns of one table as they stand in its file, and the SHA-256 of every file read.

    Raises
    ------
    InputError
    """
    kind = source.path.suffix.lower()
    if kind == ".shp":
        parts = [source.path.with_suffix(suffix) for suffix in _SHAPEFILE_PARTS]
        blobs = {part.name: part.read_bytes() for part in parts if part.exists()}
    else:
        blobs = {source.path.name: source.path.read_bytes()}
    hashes = {name: hashlib.sha256(blob).hexdigest() for name, blob in blobs.items()}
    data = blobs[source.path.name]
    if not data:
        cure = "Export the table again."
        raise InputError([Problem(source.label, "file", "a header and rows", "an empty file", cure)])
    if kind == ".csv":
        known = [column.name for column in CONTRACT[source.table].columns] + list(settings.columns.values())
        return read_csv(data, source.label, known, settings.encoding, settings.separator), hashes
    reader = {".parquet": _read_parquet, ".xlsx": _read_sheet}.get(kind, _read_geometry)
    return _guarded(lambda: reader(source, data, settings), source.label), hashes


def _guarded(read: Callable, file: str):
    """The reader's result; its library's complaint as a message about the file."""
    try:
        return read()
    except InputError:
        raise
    except Exception as error:  # the readers' libraries raise types of their own, all of them about the file
        problem = Problem(file, "file", "a readable file of its kind", str(error).strip() or type(error).__name__,
                          "Export it again, or save it as CSV in UTF-8.")  # fmt: skip
        raise InputError([problem]) from error


def _read_parquet(source: Source, data: bytes, settings: TableMapping) -> Raw:
    table = parquet.read_table(io.BytesIO(data))
    columns = {name: table.column(name) for name in table.column_names if not name.startswith("__index_level")}
    return Raw(source.label, columns, first_line=1)


def _read_sheet(source: Source, data: bytes, settings: TableMapping) -> Raw:
    """Cells become the text that a CSV file would hold, so that one set of rules reads both."""
    cells = pd.read_excel(io.BytesIO(data), sheet_name=source.part, header=None, engine="calamine", dtype=object,
                          na_filter=False)  # fmt: skip
    if cells.empty:
        raise InputError([Problem(source.label, "sheet", "a header and rows", "an empty sheet", "Fill or remove it.")])
    texts = cells.map(lambda cell: _cell_text(cell, settings)).to_numpy(dtype=object)
    filled = (texts != "").any(axis=1)
    top = int(np.flatnonzero(filled)[0])
    keep = np.flatnonzero(filled)[1:]
    columns: dict[str, pa.ChunkedArray] = {}
    for number, name in enumerate(texts[top]):
        values = texts[keep, number]
        if not name.strip() and (values == "").all():
            continue
        if not name.strip() or header(name) in map(header, columns):
            found = "none" if not name.strip() else f"{name!r} twice"
            raise InputError([Problem(source.label, f"column {number + 1}", "a name of its own in the header", found,
                                      "Name the column.", row=top + 1)])  # fmt: skip
        columns[name.strip()] = pa.chunked_array([pa.array(values.tolist(), pa.large_string())])
    return Raw(source.label, columns, lines=keep + 1)


def _cell_text(cell: object, settings: TableMapping) -> str:
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float):
        text = str(int(cell)) if cell.is_integer() and abs(cell) < 2**53 else repr(cell)
        return text.replace(".", settings.decimal or ".")
    if isinstance(cell, dt.datetime | dt.date):
        form = (settings.date_format or "yyyy-mm-dd").replace("yyyy", "%Y").replace("mm", "%m").replace("dd", "%d")
        time = "T%H:%M:%S" if isinstance(cell, dt.datetime) and cell.time() != dt.time() else ""
        return cell.strftime(form + time)
    if isinstance(cell, dt.time):
        return cell.strftime("%H:%M:%S")
    return "" if cell is None else str(cell)


def _read_geometry(source: Source, data: bytes, settings: TableMapping) -> Raw:
    """Features in WGS84: polygons as GeoJSON text with a point inside, points as coordinates."""
    encoding = {"encoding": settings.encoding} if settings.encoding else {}
    frame = gpd.read_file(source.path, layer=source.part or None, **encoding)
    if not isinstance(frame, gpd.GeoDataFrame):
        cure = "Export it with its geometry."
        raise InputError([Problem(source.label, "geometry", "features with geometry", "none", cure)])
    if frame.crs is None:
        cure = "Export the file with its coordinate reference system (a .prj file beside a shapefile)."
        raise InputError([Problem(source.label, "geometry", "a coordinate reference system", "none", cure)])
    frame = frame.to_crs(_WGS84)
    names = {name: _full_name(str(name), source) for name in frame.columns if name != frame.geometry.name}
    columns = {full: _arrow(frame[name]) for name, full in names.items()}
    shapes = frame.geometry.to_numpy()
    inside = shapely.point_on_surface(shapes)
    for name, values in (("lon", shapely.get_x(inside)), ("lat", shapely.get_y(inside))):
        columns.setdefault(name, pa.chunked_array([pa.array(values, from_pandas=True)]))
    polygon = np.isin(shapely.get_type_id(shapes), (3, 6))
    if polygon.any() and source.table == "bricks":
        texts = np.where(polygon, shapely.to_geojson(shapes), None)
        columns["geometry"] = pa.chunked_array([pa.array(texts.tolist(), pa.large_string())])
    return Raw(source.label, columns, first_line=1)


def _full_name(name: str, source: Source) -> str:
    """A shapefile cuts names after ten letters; the contract's name when exactly one begins so."""
    if source.path.suffix.lower() != ".shp" or len(name) < _SHAPEFILE_NAME:
        return name
    fits = [column.name for column in CONTRACT[source.table].columns if column.name.startswith(name.lower())]
    return fits[0] if len(fits) == 1 else name


def _arrow(values: pd.Series) -> pa.ChunkedArray:
    try:
        array = pa.array(values, from_pandas=True)
    except (pa.ArrowInvalid, pa.ArrowTypeError):
        array = pa.array([None if value is None else str(value) for value in values], pa.large_string())
    return array if isinstance(array, pa.ChunkedArray) else pa.chunked_array([array])
