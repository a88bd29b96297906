"""Tables: the files of a bundle as typed frames, see :mod:`twin.intake.table`.

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
from twin.intake.assumed import Assumption
from twin.intake.beside import doubts
from twin.intake.columns import ColumnTyper
from twin.intake.convert import infer_kind, uses_commas
from twin.intake.fold import did_you_mean, header, nearest
from twin.intake.geometry_check import mended
from twin.intake.ids import differ_in_case
from twin.intake.places import shapes_of
from twin.intake.raw import Raw
from twin.intake.rows import arranged, end_to_end, finished
from twin.intake.schema import CONTRACT, PARTIES, Column, TableContract
from twin.intake.settings import Mapping, TableMapping
from twin.intake.sources import Source, find_part, find_sources, read_source
from twin.intake.table import Table
from twin.progress import Say, unsaid


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
    assumed : list of Assumption
        What was read off the files because nobody stated it.
    say : callable
        Told how far it has come.
    """

    tables: dict[str, Table] = field(default_factory=dict)
    errors: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)
    hashes: dict[str, str] = field(default_factory=dict)
    assumed: list[Assumption] = field(default_factory=list)
    say: Say = unsaid


def read_tables(folder: Path | str, mapping: Mapping | None = None, say: Say = unsaid) -> Reading:
    """Read every table of a bundle folder; faults are collected, not raised."""
    folder, mapping = Path(folder), mapping or Mapping()
    reading = Reading(say=say)
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
    for name, parts in sources.items():
        raws |= _taken(reading, folder, name, parts, mapping)
    _missing_tables(reading, sources, folder)
    kinds = _attribute_kinds(raws, mapping)
    for name, raw in raws.items():
        _type_table(reading, name, raw, mapping, kinds.get(name, {}))
    reading.tables = {name: reading.tables[name] for name in sources if name in reading.tables}
    reading.tables, told = mended(reading.tables, mapping)
    reading.warnings.extend(told)
    return reading


def _taken(
    reading: Reading, folder: Path, name: str, parts: list[Source], mapping: Mapping
) -> dict[str, Raw]:  # fmt: skip
    """One table as it stands in its file where others have a say in its columns' kinds; else it is typed at once.

    So no more than one table of many rows is ever held as it stood in its file.
    """
    try:
        raw = _read_table(reading, folder, name, parts, mapping.of(name))
    except InputError as error:
        reading.errors.extend(error.problems)
        return {}
    if CONTRACT[name].attributes:
        return {name: raw}
    _type_table(reading, name, raw, mapping, {})
    return {}


def _read_table(reading: Reading, folder: Path, name: str, parts: list[Source], settings: TableMapping) -> Raw:
    """One table from its files to columns under the contract's names, still as text."""

    def read(source: Source) -> Raw:
        raw, hashes = read_source(source, settings, say=reading.say)
        reading.hashes |= hashes
        return raw

    def other(title: str) -> Raw | None:
        source = find_part(folder, title)
        return None if source is None else read(source)

    raw = arranged(end_to_end([read(source) for source in parts]), name, settings, other)
    renamed, problems = rename(raw, CONTRACT[name], settings)
    if problems:
        raise InputError(problems)
    renamed = finished(renamed, settings)
    reading.warnings.extend(warning for warning in renamed.warnings if warning not in reading.warnings)
    reading.assumed.extend(replace(item, table=name) for item in renamed.assumed)
    return renamed


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
    in_file = {header(name) or name: name for name in raw.columns}
    source: dict[str, str] = {}
    for name, theirs in settings.columns.items():
        if (header(theirs) or theirs) in in_file:
            source[name] = in_file[header(theirs) or theirs]
        else:
            cure = f"Correct the mapping.{did_you_mean(theirs, tuple(raw.columns))}"
            problems.append(Problem(raw.file, name, f"the column {theirs!r} that the mapping names",
                                    ", ".join(raw.columns), cure, row=raw.header_line))  # fmt: skip
    used = set(source.values())
    for folded, theirs in in_file.items():
        name = folded if contract.column(folded) else re.sub(r"\W+", "_", theirs.strip()).strip("_") or "column"
        if theirs not in used and name not in source and name not in settings.constants:
            source[name] = theirs
    return replace(raw, columns={name: raw.columns[theirs] for name, theirs in source.items()}, titles=source), problems


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
            if not contract.attributes:
                continue
            typer.warn_foreign(column)
            spec = Column(column, kinds[column], "attribute")
        frame[column] = typer.typed(spec, values)
    if not contract.attributes:
        typer.warn_aside([column for column in raw.columns if contract.column(column) is None])
    typer.lay_on_the_globe(frame)
    reading.assumed.extend(typer.assumed)
    table = Table(name, raw.file, pd.DataFrame(frame), raw)
    reading.errors.extend(doubts(table.raw, table.frame))
    _ids_apart(reading, table, mapping.of(name))
    table = _without_returns(reading, table, mapping.of(name))
    table = _with_centres(table) if name == "bricks" else table
    # what stood in the file is not needed any more, only where it stood
    reading.tables[name] = replace(table, raw=replace(table.raw, columns={}))


def _ids_apart(reading: Reading, table: Table, settings: TableMapping) -> None:
    """Ids of the list that names them may not differ in letter case only, unless the mapping says that they do."""
    key = CONTRACT[table.name].key
    if key is None or key not in table.frame or settings.ids == "exact":
        return
    alike, first = differ_in_case(table.frame[key])
    if alike.any():
        row = int(alike.argmax())
        one, other = table.frame[key].iloc[row], table.frame[key].iloc[first[row]]
        found = f"{one!r} beside {other!r} (row {table.line_of(first[row])})"
        cure = f'Write one id for one thing; if they are two, state ids = "exact" of {table.name} in the mapping.'
        reading.errors.append(Problem(table.file_of(row), table.raw.title_of(key), "ids that differ in more than case",
                                      found, cure, row=table.line_of(row), count=int(alike.sum())))  # fmt: skip


def _without_returns(reading: Reading, table: Table, settings: TableMapping) -> Table:
    """Rows of negative volume are left aside where the mapping says so."""
    if settings.returns != "drop" or "volume" not in table.frame:
        return table
    returned = (table.frame["volume"] < 0).to_numpy()
    if not returned.any():
        return table
    row = int(returned.argmax())
    found = f"returns of {-table.frame.loc[returned, 'volume'].sum():g} in all, left aside"
    reading.warnings.append(Problem(table.file_of(row), "volume", "sales", found,
                                    "Nothing to do: the mapping wishes it.", row=table.line_of(row),
                                    count=int(returned.sum())))  # fmt: skip
    keep = (~returned).nonzero()[0]
    return Table(table.name, table.file, table.frame.iloc[keep].reset_index(drop=True), table.raw.take(keep))


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
