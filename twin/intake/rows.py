"""Rows: what a mapping does to a table before its columns get their types.

Lays files end to end, adds the columns of another file, keeps some rows, lays months one under the other, leaves
totals aside. Every row keeps the line where it stood. Knows no type.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray
from pyarrow import compute as pc

from twin.errors import InputError, Problem
from twin.intake.assumed import Assumption
from twin.intake.codes import codes_of
from twin.intake.convert import encoded_words
from twin.intake.date_words import month_of
from twin.intake.fold import did_you_mean, fold, header
from twin.intake.raw import Raw
from twin.intake.settings import Join, Months, TableMapping

_TOTAL = re.compile(
    r"(?:(?:genel|ara|alt|grand|sub|overall) ?)?(?:toplam|toplami|total|totals|yekun|sum)(?: \d+\D*)?|.+ toplami?"
)
_TOTAL_STEM = r"(?i)t[o\x{00d6}\x{00f6}][pt]|yek|sum"
"""Every word for a total has one of these in it, however it is spelled."""
_FIGURE = re.compile(r"[-+(]?[%₺€$£]?\s?[\d.,'\s ]*\s?(?:%|TL|TRY|₺|€|\$|£)?[-)]?")
_WHERE_TOTALS_STAND = 3
PERIOD_DAY = "date"


def end_to_end(raws: list[Raw]) -> Raw:
    """Several files of one table as one; each row knows its file.

    Raises
    ------
    InputError
        Columns that some of the files do not have.
    """
    first, *others = raws
    if not others:
        return first
    folded = {header(name) or name: name for name in first.columns}
    columns = {name: [values] for name, values in first.columns.items()}
    problems = []
    for raw in others:
        theirs = {header(name) or name: name for name in raw.columns}
        if set(theirs) != set(folded):
            differ = ", ".join(sorted(set(theirs) ^ set(folded)))
            problems.append(Problem(raw.file, "header", f"the columns of {first.file}", f"{differ} in one of them only",
                                    "Export the files with the same columns.", row=raw.header_line))  # fmt: skip
            continue
        for key, name in folded.items():
            columns[name].append(raw.columns[theirs[key]])
    if problems:
        raise InputError(problems)
    which = np.repeat(np.arange(len(raws)), [len(raw) for raw in raws])
    lines = np.concatenate([raw.all_lines() for raw in raws])
    joined = {name: pa.chunked_array([_as_text(part) for part in parts]) for name, parts in columns.items()}
    return replace(
        first, columns=joined, lines=lines, files=tuple(raw.file for raw in raws), which=which,
        assumed=tuple(item for raw in raws for item in raw.assumed),
        warnings=tuple(item for raw in raws for item in raw.warnings),
    )  # fmt: skip


def arranged(raw: Raw, table: str, settings: TableMapping, other: Callable[[str], Raw | None]) -> Raw:
    """The table with the rows and columns that the mapping wishes.

    Parameters
    ----------
    raw : Raw
    table : str
    settings : TableMapping
    other : callable
        Reads another file of the folder by its name; ``None`` where there is none.

    Raises
    ------
    InputError
    """
    for join in settings.join:
        raw = _joined(raw, join, other(join.source))
    raw = _kept(raw, settings)
    raw = _without_totals(raw, table)
    return _unpivoted(raw, settings.months, table) if settings.months else raw


def finished(raw: Raw, settings: TableMapping) -> Raw:
    """After renaming: constants are filled in, unnamed columns and repeated rows are left aside where wished."""
    columns = dict(raw.columns)
    if settings.others == "drop":
        made = {PERIOD_DAY, "period_start", settings.months.value} if settings.months else set()
        columns = {name: values for name, values in columns.items() if name in {*settings.columns, *made}}
    for name, word in settings.constants.items():
        columns[name] = pa.chunked_array([pa.array([word], pa.large_string()).take(pa.array(np.zeros(len(raw), int)))])
    raw = replace(raw, columns=columns)
    if settings.distinct and len(raw):
        codes = pd.DataFrame({name: _codes(values) for name, values in columns.items()})
        raw = raw.take(np.flatnonzero(~codes.duplicated().to_numpy()))
    return raw


def months_in(names: list[str], year: int | None = None) -> dict[str, str]:
    """Columns whose header names a month: name to its first day."""
    return {name: day for name in names if (day := month_of(name, year))}


def _joined(raw: Raw, join: Join, other: Raw | None) -> Raw:
    if other is None:
        cure = "Put the file into the folder, or correct the mapping."
        raise InputError([Problem(raw.file, "join", f"the file or sheet {join.source!r} in the folder", "none", cure)])
    ours, theirs = _named(raw, join.key), _named(other, join.other)
    key = pd.Series(_as_text(other.columns[theirs]).to_pandas(), dtype="str").str.strip()
    twice = key.duplicated() & key.notna() & (key != "")
    if twice.any():
        row = int(np.argmax(twice))
        cure = f"Export {join.source} with one row for each {join.other}."
        problem = Problem(other.file, theirs, "a key that occurs once", repr(key.iloc[row]), cure,
                          row=other.line_of(row), count=int(twice.sum()))  # fmt: skip
        raise InputError([problem])
    words = pd.Series(_as_text(raw.columns[ours]).to_pandas(), dtype="str").str.strip()
    place = codes_of(words, key)
    lost = (place < 0) & (words.fillna("") != "").to_numpy()
    if lost.any():
        row = int(np.argmax(lost))
        cure = f"Export {join.source} for the same period, or correct the key."
        problem = Problem(raw.file_of(row), ours, f"a {join.other} that {other.file} lists", repr(words.iloc[row]),
                          cure, row=raw.line_of(row), count=int(lost.sum()))  # fmt: skip
        raise InputError([problem])
    here = {header(name) for name in raw.columns}
    rows = pa.array(place, mask=place < 0)
    added = {name: values.take(rows) for name, values in other.columns.items() if header(name) not in here}
    filled = {name: _filled(values) for name, values in added.items()}
    return replace(raw, columns={**raw.columns, **filled}, assumed=(*raw.assumed, *other.assumed))


def _filled(values: pa.ChunkedArray) -> pa.ChunkedArray:
    return pc.fill_null(values, "") if pa.types.is_large_string(values.type) else values


def _named(raw: Raw, name: str) -> str:
    """The column of a file that the mapping names, whatever its letter case."""
    found = {header(own) or own: own for own in raw.columns}.get(header(name) or name)
    if found is None:
        cure = f"Correct the mapping.{did_you_mean(name, tuple(raw.columns))}"
        raise InputError([Problem(raw.file, name, f"the column {name!r} that the mapping names", ", ".join(raw.columns),
                                  cure, row=raw.header_line)])  # fmt: skip
    return found


def _kept(raw: Raw, settings: TableMapping) -> Raw:
    """Rows that hold one of the wished words in each column that the mapping names."""
    if not settings.keep or not len(raw):
        return raw
    keep = np.ones(len(raw), dtype=bool)
    for name, words in settings.keep.items():
        texts = _as_text(raw.columns[_named(raw, name)]).combine_chunks().dictionary_encode(null_encoding="encode")
        wished = {fold(word) or word.strip() for word in words}
        fits = np.array([(fold(word or "") or (word or "").strip()) in wished for word in texts.dictionary.to_pylist()])
        keep &= fits[texts.indices.to_numpy()]
    if not keep.any():
        stated = "; ".join(f"{name} in {', '.join(words)}" for name, words in settings.keep.items())
        cure = "Correct keep in the mapping."
        raise InputError([Problem(raw.file, "keep", f"rows with {stated}", "none", cure)])
    if keep.all():
        return raw
    because = f"{int((~keep).sum())} rows without the words in keep are left aside"
    return raw.take(np.flatnonzero(keep)).noting(
        Assumption(raw.file, "", "", "keep", f"{int(keep.sum())} rows", because)
    )


def _without_totals(raw: Raw, table: str) -> Raw:
    """Without the rows in which a spreadsheet sums the others up: a word for total, and nothing else but figures."""
    if raw.separator == "" or not len(raw):
        return raw
    suspect = np.zeros(len(raw), dtype=bool)
    for values in list(raw.columns.values())[:_WHERE_TOTALS_STAND]:
        encoded = encoded_words(values)
        # most words are ids and dates: only those with a stem of a total in them are read one by one
        likely = pc.fill_null(pc.match_substring_regex(encoded.dictionary, _TOTAL_STEM), False)
        places = np.flatnonzero(likely.to_numpy(zero_copy_only=False))
        found = [bool(_TOTAL.fullmatch(fold(encoded.dictionary[int(place)].as_py()))) for place in places]
        if any(found):
            sums = np.zeros(len(encoded.dictionary), dtype=bool)
            sums[places] = found
            suspect |= np.append(sums, False)[pc.fill_null(encoded.indices, len(sums)).to_numpy(zero_copy_only=False)]
    total: list[int] = []
    for row in np.flatnonzero(suspect).tolist():
        cells = [str(values[row].as_py() or "").strip() for values in raw.columns.values()]
        words = [cell for cell in cells if cell and not _FIGURE.fullmatch(cell)]
        if len(words) == 1 and len([cell for cell in cells if cell]) < len(cells):
            total.append(row)
    if not total:
        return raw
    word = next(
        cell for values in raw.columns.values() if _TOTAL.fullmatch(fold(cell := str(values[total[0]].as_py())))
    )
    problem = Problem(raw.file_of(total[0]), "all columns", "rows of data", f"a row of totals ({word!r}), left aside",
                      "Nothing to do; leave totals out of the export to be rid of this line.",
                      row=raw.line_of(total[0]), count=len(total))  # fmt: skip
    keep = np.ones(len(raw), dtype=bool)
    keep[total] = False
    return raw.take(np.flatnonzero(keep)).telling(problem)


def _unpivoted(raw: Raw, months: Months, table: str) -> Raw:
    """Months that stand side by side, one under the other; an empty cell is no row."""
    if months.columns:
        day_of = {_named(raw, name): day for day, name in months.columns.items()}
    else:
        day_of = months_in(list(raw.columns), months.year)
    if not day_of:
        cure = "Name the columns under months in the mapping, or state the year of headers that have none."
        raise InputError([Problem(raw.file, "months", "column names such as 'Ocak 2024' or '2024-01'",
                                  ", ".join(raw.columns), cure, row=raw.header_line)])  # fmt: skip
    days = list(day_of.values())
    twice = next((name for name, day in day_of.items() if days.count(day) > 1), None)
    if twice:
        cure = "Remove or rename one of them."
        raise InputError([Problem(raw.file, twice, "one column for each month", f"{day_of[twice]} twice", cure,
                                  row=raw.header_line)])  # fmt: skip
    others = {name: values for name, values in raw.columns.items() if name not in day_of}
    texts = [_as_text(raw.columns[name]).combine_chunks() for name in day_of]
    cells = pa.chunked_array(texts)
    filled = np.flatnonzero(pc.fill_null(pc.not_equal(pc.utf8_trim_whitespace(cells), ""), False).to_numpy())
    row, month = filled % max(len(raw), 1), filled // max(len(raw), 1)
    columns = {name: values.take(pa.array(row)) for name, values in others.items()}
    day_column = "period_start" if table == "market_sales" else PERIOD_DAY
    columns[day_column] = pa.chunked_array([pa.array(days, pa.large_string()).take(pa.array(month))])
    columns[months.value] = cells.take(pa.array(filled))
    noted = Assumption(raw.file, table, "", "months", f"{len(days)} columns, {min(days)} to {max(days)}",
                       "the mapping lays them one under the other")  # fmt: skip
    which = None if raw.which is None else raw.which[row]
    return replace(raw, columns=columns, lines=raw.all_lines()[row], which=which).noting(noted)


def _as_text(values: pa.ChunkedArray) -> pa.ChunkedArray:
    if pa.types.is_large_string(values.type):
        return values
    if pa.types.is_dictionary(values.type):
        values = pa.chunked_array([chunk.dictionary_decode() for chunk in values.chunks], values.type.value_type)
    if pa.types.is_floating(values.type) and pc.all(pc.equal(values, pc.round(values))).as_py() is not False:
        values = pc.cast(values, pa.int64(), safe=False)
    return values.cast(pa.large_string())


def _codes(values: pa.ChunkedArray) -> NDArray[np.int64]:
    return pd.factorize(_as_text(values).to_pandas())[0]
