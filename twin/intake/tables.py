"""Tables: the files of a bundle as typed frames.

Reads by contract and mapping, and reports every cell that does not fit. Knows one table at a time; what must agree
between tables is in :mod:`twin.intake.check`.
"""

from __future__ import annotations

import re
from collections import abc
from dataclasses import dataclass, field, replace
from pathlib import Path

import pandas as pd
import pyarrow as pa
import shapely
from pyarrow import compute as pc

from twin.errors import InputError, Problem
from twin.intake.columns import ColumnTyper
from twin.intake.convert import infer_kind, uses_commas
from twin.intake.dialect import Raw
from twin.intake.fold import did_you_mean, header, nearest
from twin.intake.mapping import Mapping, TableMapping
from twin.intake.places import shapes_of
from twin.intake.schema import CONTRACT, PARTIES, Column, TableContract
from twin.intake.sources import find_sources, read_source


@dataclass(frozen=True)
class Table:
    """One table of a bundle.

    Parameters
    ----------
    name, file : str
    frame : pandas.DataFrame
        Columns of the contract that the file has, then attributes; index 0..n-1.
    raw : Raw
        Knows the physical line of every row.
    """

    name: str
    file: str
    frame: pd.DataFrame
    raw: Raw

    def line_of(self, row: int) -> int:
        """Physical line of one row of :attr:`frame`."""
        return self.raw.line_of(int(row))


@dataclass
class Reading:
    """What came of reading a folder.

    Parameters
    ----------
    tables : dict of str to Table
        Those that could be read; a table with faulty cells is here too, the cells missing.
    errors, warnings : list of Problem
    hashes : dict of str to str
        SHA-256 by file name.
    """

    tables: dict[str, Table] = field(default_factory=dict)
    errors: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)
    hashes: dict[str, str] = field(default_factory=dict)


def read_tables(folder: Path | str, mapping: Mapping | None = None) -> Reading:
    """Read every table of a bundle folder; faults are collected, not raised."""
    folder, mapping = Path(folder), mapping or Mapping()
    reading = Reading()
    if not folder.is_dir():
        problem = Problem(folder.name, "folder", "a folder of tables", "none", "Check the path.")
        reading.errors.append(problem)
        return reading
    try:
        sources, errors, aside = find_sources(folder, mapping)
    except InputError as error:
        reading.errors.extend(error.problems)
        return reading
    reading.errors.extend(errors)
    reading.warnings.extend(aside)
    raws: dict[str, Raw] = {}
    for name, source in sources.items():
        try:
            raw, hashes = read_source(source, mapping.of(name))
        except InputError as error:
            reading.errors.extend(error.problems)
            continue
        reading.hashes |= hashes
        renamed, problems = rename(raw, CONTRACT[name], mapping.of(name))
        reading.errors.extend(problems)
        raws[name] = renamed
    _missing_tables(reading, sources, folder)
    kinds = _attribute_kinds(raws, mapping)
    for name, raw in raws.items():
        _type_table(reading, name, raw, mapping, kinds.get(name, {}))
    return reading


def _missing_tables(reading: Reading, sources: abc.Mapping, folder: Path) -> None:
    for name, contract in CONTRACT.items():
        if contract.required and name not in sources:
            others = [problem.file for problem in reading.warnings]
            near = nearest(name, [Path(other).stem for other in others])
            cure = f"Add {name}.csv, or name its source in the mapping." + (f" Did you mean '{near}'?" if near else "")
            found = "no file or sheet of that name"
            reading.errors.append(Problem(folder.name, name, f"the table {name}", found, cure))


def rename(raw: Raw, contract: TableContract, settings: TableMapping) -> tuple[Raw, list[Problem]]:
    """Columns under the contract's names; letter case, spaces and accents of a header make no difference."""
    problems = []
    in_file = {header(name): name for name in raw.columns}
    target: dict[str, str] = {}
    for name, theirs in settings.columns.items():
        if header(theirs) in in_file:
            target[in_file[header(theirs)]] = name
        else:
            cure = f"Correct the mapping.{did_you_mean(theirs, tuple(raw.columns))}"
            problems.append(Problem(raw.file, name, f"the column {theirs!r} that the mapping names",
                                    ", ".join(raw.columns), cure, row=1))  # fmt: skip
    taken = set(target.values())
    for folded, theirs in in_file.items():
        name = folded if contract.column(folded) else re.sub(r"\W+", "_", theirs.strip()).strip("_")
        if theirs not in target and name not in taken:
            target[theirs] = name
    columns = {target[theirs]: values for theirs, values in raw.columns.items() if theirs in target}
    titles = {name: theirs for theirs, name in target.items()}
    return replace(raw, columns=columns, titles=titles), problems


def _attribute_kinds(raws: dict[str, Raw], mapping: Mapping) -> dict[str, dict[str, str]]:
    """Kind of every further column; customers and prospects agree, as a category when they would not."""
    kinds: dict[str, dict[str, str]] = {}
    for name, raw in raws.items():
        contract, settings = CONTRACT[name], replace(mapping.of(name), separator=raw.separator)
        if contract.attributes:
            commas = uses_commas(raw)
            kinds[name] = {
                column: settings.kinds.get(column) or infer_kind(values, settings, commas)
                for column, values in raw.columns.items() if contract.column(column) is None
            }  # fmt: skip
    for column in set(kinds.get("customers", {})) & set(kinds.get("prospects", {})):
        filled = {kinds[name][column] for name in PARTIES if _any_value(raws[name].columns[column])}
        agreed = filled.pop() if len(filled) == 1 else "category" if filled else "number"
        for name in PARTIES:
            kinds[name][column] = agreed
    return kinds


def _any_value(values: pa.ChunkedArray) -> bool:
    if pa.types.is_large_string(values.type) or pa.types.is_string(values.type):
        return bool(pc.any(pc.not_equal(values, "")).as_py())
    return values.null_count < len(values)


def _type_table(reading: Reading, name: str, raw: Raw, mapping: Mapping, kinds: dict[str, str]) -> None:
    contract = CONTRACT[name]
    typer = ColumnTyper(raw, contract, mapping, reading.errors, reading.warnings)
    missing = [column for column in contract.required_columns if column.name not in raw.columns]
    if missing:
        typer.report_missing(missing)
        return
    if len(raw) == 0:
        problem = Problem(raw.file, "rows", "at least one row", "a header only", "Export the rows, or remove the file.")
        (reading.errors if contract.required else reading.warnings).append(problem)
        return
    frame: dict[str, object] = {}
    for column, values in raw.columns.items():
        spec = contract.column(column)
        if spec is None:
            typer.warn_foreign(column)
            if not contract.attributes:
                continue
            spec = Column(column, kinds[column], "attribute")
        frame[column] = typer.typed(spec, values)
    table = Table(name, raw.file, pd.DataFrame(frame), raw)
    reading.tables[name] = _with_centres(table) if name == "bricks" else table


def _with_centres(table: Table) -> Table:
    """Bricks with polygons but no centre get a point inside."""
    frame = table.frame
    if "geometry" not in frame:
        return table
    shapes = shapes_of(frame)
    points = shapely.point_on_surface(shapes)
    frame = frame.copy()
    for name, found in (("lon", shapely.get_x(points)), ("lat", shapely.get_y(points))):
        frame[name] = frame[name].fillna(pd.Series(found)) if name in frame else found
    return Table(table.name, table.file, frame, table.raw)
