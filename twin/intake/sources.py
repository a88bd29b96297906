"""Sources: which file, sheet or layer of a folder holds which table, and its columns as they stand there.

Knows formats (CSV, Parquet, XLSX, GeoJSON, shapefile, GeoPackage); no column's type, see :mod:`twin.intake.convert`.
"""

from __future__ import annotations

import fnmatch
import hashlib
import io
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyogrio
from pyarrow import parquet

from twin.errors import InputError, Problem
from twin.intake import streamed
from twin.intake.dialect import read_csv
from twin.intake.fold import did_you_mean, header
from twin.intake.geometry_files import read_geometry
from twin.intake.raw import Raw
from twin.intake.schema import CONTRACT
from twin.intake.settings import Mapping, TableMapping
from twin.intake.sheets import read_sheet, sheet_names
from twin.progress import Say, unsaid

_PLAIN = (".csv", ".parquet", ".geojson", ".shp")
_TEXTS = (".txt", ".tsv")
"""Forms of many other things; read when the name is that of a table."""
_SHEETS = ".xlsx"
_FOREIGN = (".xls", ".xlsm", ".xlsb", ".ods", ".json", ".jsonl", ".xml", ".zip", ".gz", ".pkl", ".pickle", ".joblib",
            ".npz", ".npy", ".feather", ".db", ".sqlite", ".yaml", ".yml", ".kml", ".mdb", ".sav")  # fmt: skip
_SHAPEFILE_PARTS = (".shp", ".dbf", ".shx", ".prj", ".cpg")
_MOST_ROWS = 500_000_000


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


@dataclass(frozen=True)
class _Wanted:
    """Names under which tables are looked for; one file may hold several."""

    patterns: dict[str, str]

    def tables(self, *names: str) -> list[str]:
        """Tables whose pattern fits one of the names of a file, sheet or layer."""
        folded = {header(name) for name in names} | set(names)
        return [table for table, pattern in self.patterns.items() if self._fits(pattern, folded)]

    @staticmethod
    def _fits(pattern: str, names: Iterable[str]) -> bool:
        if "*" in pattern:
            return any(fnmatch.fnmatchcase(name.lower(), pattern.lower()) for name in names)
        return header(pattern) in names or header(Path(pattern).stem) in names

    def says(self, name: str) -> bool:
        """Whether a pattern is exactly this name: only so is a hidden sheet meant."""
        return any(header(pattern) == header(name) for pattern in self.patterns.values())


def find_sources(folder: Path, mapping: Mapping) -> tuple[dict[str, list[Source]], list[Problem], list[Problem]]:
    """Sources by table, faults (two sources for one table), and files that were left aside."""
    wanted = _Wanted({table: mapping.of(table).source or table for table in CONTRACT})
    joined = {header(Path(join.source).stem) for settings in mapping.tables.values() for join in settings.join}
    found: dict[str, list[Source]] = {}
    problems: list[Problem] = []
    aside: list[Problem] = []
    for path in sorted(folder.iterdir()):
        if path.name.startswith((".", "~$")) or not path.is_file():
            continue
        try:
            parts, remarks = _parts(path, wanted)
        except InputError as error:
            problems.extend(error.problems)
            continue
        aside += remarks
        for source in parts or []:
            found.setdefault(source.table, []).append(source)
        if parts == [] and header(path.stem) not in joined and not remarks:
            cure = f"Rename it, or name it as a source in the mapping.{did_you_mean(path.stem, tuple(CONTRACT))}"
            expected = f"a table of the contract ({', '.join(CONTRACT)})"
            aside.append(Problem(path.name, "file", expected, "another name", cure))
    # a hidden sheet is worth refusing only where nothing else holds its table
    needed = [problem for problem in aside if problem.where in CONTRACT and problem.where not in found]
    problems += needed
    aside = [problem for problem in aside if problem not in needed]
    for table, sources in found.items():
        if len(sources) > 1 and "*" not in wanted.patterns[table]:
            named = " and ".join(source.label for source in sources)
            cure = 'Remove or rename one of them, or lay them end to end with source = "name*" in the mapping.'
            problems.append(Problem(sources[0].label, "file", f"one source for the table {table}", named, cure))
            found[table] = sources[:1]
    return found, problems, aside


def find_part(folder: Path, name: str) -> Source | None:
    """The file, sheet or layer of a folder that has one name; for files that are joined to a table."""
    wanted = _Wanted({"": name})
    for path in sorted(folder.iterdir()):
        if path.is_file() and not path.name.startswith((".", "~$")):
            parts = _parts(path, wanted)[0]
            if parts:
                return parts[0]
    return None


def _parts(path: Path, wanted: _Wanted) -> tuple[list[Source] | None, list[Problem]]:
    """Tables that a file holds (``None`` for a file of no concern), and what is to be told of it."""
    kind = path.suffix.lower()
    own = wanted.tables(path.stem, path.name)
    if kind in _PLAIN or (kind in _TEXTS and own):
        return [Source(table, path) for table in own], []
    if kind in _FOREIGN and own:
        cure = "Save it as .xlsx or CSV in UTF-8." if kind.startswith((".xl", ".od")) else "Save the table as CSV."
        expected = "a file of the forms csv, parquet, xlsx, geojson, shp or gpkg"
        raise InputError([Problem(path.name, "file", expected, f"a file of the form {kind[1:]}", cure)])
    if kind == _SHEETS:
        shown, hidden = _guarded(lambda: sheet_names(path.read_bytes(), path.name), path.name)
        return _sheets(path, shown, hidden, wanted)
    if kind == ".gpkg":
        names = [str(name) for name in _guarded(lambda: pyogrio.list_layers(path)[:, 0], path.name)]
        if len(names) == 1 and not wanted.tables(names[0]) and own:
            return [Source(table, path, names[0]) for table in own], []
        return [Source(table, path, name) for name in names for table in wanted.tables(name)], []
    return None, []


def _sheets(
    path: Path, shown: list[str], hidden: list[str], wanted: _Wanted
) -> tuple[list[Source], list[Problem]]:  # fmt: skip
    """Sheets of a workbook that hold tables; a hidden one only where the mapping names it."""
    parts = [Source(table, path, name) for name in shown for table in wanted.tables(name)]
    remarks = []
    for name in hidden:
        tables = wanted.tables(name)
        if tables and wanted.says(name) and header(name) not in CONTRACT:
            parts += [Source(table, path, name) for table in tables]
        elif tables:
            cure = f'Show the sheet, or rename it and name it as source = "..." of {tables[0]} in the mapping.'
            remarks.append(Problem(f"{path.name} [{name}]", tables[0], "a sheet that shows", "a hidden one, left aside",
                                   cure))  # fmt: skip
    if not parts and not remarks and len(shown) == 1 and wanted.tables(path.stem, path.name):
        parts = [Source(table, path, shown[0]) for table in wanted.tables(path.stem, path.name)]
    return parts, remarks


def read_source(
    source: Source, settings: TableMapping, names: Sequence[str] = (), say: Say = unsaid
) -> tuple[Raw, dict[str, str]]:
    """Columns of one table as they stand in its file, and the SHA-256 of every file read.

    Raises
    ------
    InputError
    """
    kind = source.path.suffix.lower()
    if kind in (".csv", ".parquet", *_TEXTS) and streamed.is_large(source.path):
        return _read_large(source, settings, [*_known(source.table, settings), *names], say)
    blobs = _bytes(source.path)
    hashes = {name: hashlib.sha256(blob).hexdigest() for name, blob in blobs.items()}
    data = blobs[source.path.name]
    if not data:
        cure = "Export the table again."
        raise InputError([Problem(source.label, "file", "a header and rows", "an empty file", cure)])
    known = [*_known(source.table, settings), *names]
    if kind in (".csv", *_TEXTS):
        raw = read_csv(data, source.label, known, settings.encoding, settings.separator, settings.header_row)
    elif kind == _SHEETS:
        raw = _guarded(lambda: read_sheet(data, source.part, source.label, known, settings), source.label)
    elif kind == ".parquet":
        raw = _guarded(lambda: _read_parquet(source, parquet.ParquetFile(io.BytesIO(data))), source.label)
    else:
        raw = _guarded(lambda: read_geometry(source.path, source.part, source.table, source.label, settings),
                       source.label)  # fmt: skip
        if _bytes(source.path) != blobs:
            cure = "Wait until the export is finished, and try again."
            raise InputError(
                [Problem(source.label, "file", "a file at rest", "one that changed while it was read", cure)]
            )
    return raw, hashes


def _read_large(source: Source, settings: TableMapping, known: Sequence[str], say: Say) -> tuple[Raw, dict[str, str]]:
    """The same of a file that is too large to be held."""
    before = streamed.sha256_of(source.path)
    if source.path.suffix.lower() == ".parquet":
        raw = _guarded(lambda: _read_parquet(source, streamed.open_large_parquet(source.path)), source.label)
    else:
        raw = streamed.read_large_csv(source.path, source.label, known, settings, say)
    if streamed.sha256_of(source.path) != before:
        cure = "Wait until the export is finished, and try again."
        raise InputError([Problem(source.label, "file", "a file at rest", "one that changed while it was read", cure)])
    return raw, {source.path.name: before}


def _known(table: str, settings: TableMapping) -> list[str]:
    """Column names that the header of a table may hold."""
    names = [*settings.columns.values(), *settings.keep]
    if table in CONTRACT:
        names += [name for column in CONTRACT[table].columns for name in (column.name, *column.aliases)]
    return names


def _bytes(path: Path) -> dict[str, bytes]:
    """The file, or all parts of a shapefile, by name."""
    parts = [path]
    if path.suffix.lower() == ".shp":
        parts = [part for suffix in _SHAPEFILE_PARTS if (part := path.with_suffix(suffix)).exists()]
    try:
        return {part.name: part.read_bytes() for part in parts}
    except OSError as error:
        found = error.strerror or type(error).__name__
        cure = "Close the program that holds it, or correct its rights."
        raise InputError([Problem(path.name, "file", "a file that can be read", found, cure)]) from error


def _guarded(read: Callable, file: str):
    """The reader's result; its library's complaint as a message about the file."""
    try:
        return read()
    except (InputError, MemoryError):
        raise
    except BaseException as error:  # the readers' libraries raise types of their own, all of them about the file
        if not isinstance(error, Exception) and type(error).__name__ != "PanicException":
            raise
        found = " ".join(str(error).split())[:300] or type(error).__name__
        problem = Problem(file, "file", "a readable file of its kind", found,
                          "Export it again, or save it as CSV in UTF-8.")  # fmt: skip
        raise InputError([problem]) from error


def _read_parquet(source: Source, file: parquet.ParquetFile) -> Raw:
    if file.metadata.num_rows > _MOST_ROWS:
        cure = "Export a shorter history."
        found = f"{file.metadata.num_rows} rows"
        raise InputError([Problem(source.label, "file", f"at most {_MOST_ROWS} rows", found, cure)])
    table = file.read()
    columns: dict[str, pa.ChunkedArray] = {}
    problems = []
    folded: dict[str, str] = {}
    for number, name in enumerate(table.column_names):
        values = table.column(number)
        if name.startswith("__index_level"):
            continue
        kind = values.type.value_type if pa.types.is_dictionary(values.type) else values.type
        if pa.types.is_nested(kind) or pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or (
            pa.types.is_fixed_size_binary(kind) or pa.types.is_duration(kind) or pa.types.is_interval(kind)
        ):  # fmt: skip
            cure = "Store the column as text, numbers, dates or flags, or leave it out."
            problems.append(Problem(source.label, name, "a column of plain values", str(kind), cure))
        elif (header(name) or name) in folded:
            cure = "Rename or remove one of them."
            found = f"{folded[header(name) or name]!r} and {name!r}"
            problems.append(Problem(source.label, name, "column names that differ", found, cure))
        folded[header(name) or name] = name
        columns[name] = values
    if problems:
        raise InputError(problems)
    return Raw(source.label, columns, first_line=1)
