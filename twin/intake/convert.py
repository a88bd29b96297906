"""Convert: columns of text into typed columns, by contract.

One format for a whole column, or the values that break it are reported. Every distinct value is read once. Knows no
file and no other column.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray
from pyarrow import compute as pc

from twin.intake.dates import read_dates
from twin.intake.dialect import Raw
from twin.intake.fold import fold
from twin.intake.mapping import TableMapping

_PLAIN = r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,4})?$"
_COMMA = r"^[+-]?\d+(,\d+)?([eE][+-]?\d{1,4})?$"
_GROUPED_COMMA = r"^[+-]?\d{1,3}(\.\d{3})+,\d+$"
_LONE_GROUPS = r"^[+-]?\d{1,3}(\.\d{3})+$"
_FLAGS = {"true": True, "1": True, "yes": True, "evet": True, "e": True, "y": True,
          "false": False, "0": False, "no": False, "hayir": False, "h": False, "n": False}  # fmt: skip
_COMMA_SEPARATORS = (";", "\t")
_HOUR = r"^(?P<hour>\d{1,2})(?::(?P<minute>\d{2})(?::\d{2})?)?$"

DECLARE_DECIMAL = 'Correct the value, or state decimal = "," (and thousands = ".") in the mapping.'


@dataclass(frozen=True)
class Typed:
    """One column with its type.

    Parameters
    ----------
    values : (n,) pandas array or NumPy array
        Text is pandas ``str``, numbers float64, dates datetime64[s], flags pandas ``boolean``; missing where the cell
        was empty.
    bad : (n,) bool
        Cells that do not fit; their value is missing.
    expected, cure : str
        For the message about the bad cells.
    """

    values: Any
    bad: NDArray[np.bool_]
    expected: str
    cure: str


def convert(kind: str, column: pa.ChunkedArray, settings: TableMapping, commas: bool = False) -> Typed:
    """Read one column as one kind.

    Parameters
    ----------
    kind : str
        See :data:`twin.intake.schema.KINDS`.
    column : pyarrow.ChunkedArray
        Text, or a type of Parquet's own.
    settings : TableMapping
    commas : bool
        Whether another column of the file writes decimal commas, which makes a lone ``1.234`` ambiguous.
    """
    if not (pa.types.is_string(column.type) or pa.types.is_large_string(column.type)):
        return _convert_typed(kind, column, settings)
    codes, words, missing = _distinct(column)
    reader = _READERS.get(kind, _read_text)
    values, bad, expected, cure = reader(words, settings, commas)
    if len(words) == 0:
        values, bad = _empty_like(values), np.zeros(1, dtype=bool)
    picked = values.take(codes) if hasattr(values, "take") else values[codes]
    bad_cells = bad[codes] & ~missing
    return Typed(_blanked(picked, missing | bad_cells), bad_cells, expected, cure)


def infer_kind(column: pa.ChunkedArray, settings: TableMapping, commas: bool = False) -> str:
    """Kind of an attribute: number, flag, date or category, whichever every value fits first.

    Numbers with leading zeros are codes, hence categories; an empty column is a number without values.
    """
    if pa.types.is_boolean(column.type):
        return "flag"
    if pa.types.is_integer(column.type) or pa.types.is_floating(column.type) or pa.types.is_decimal(column.type):
        return "number"
    if pa.types.is_temporal(column.type):
        return "date"
    words = _distinct(column)[1]
    if len(words) == 0:
        return "number"
    if _all(pc.match_substring_regex(words, r"^[+-]?[\d.,]+([eE][+-]?\d+)?$")):
        coded = pc.any(pc.match_substring_regex(words, r"^0\d")).as_py()
        return "category" if coded or _read_number(words, settings, commas)[1].any() else "number"
    if not _read_flag(words, settings, commas)[1].any():
        return "flag"
    return "category" if read_dates(words, settings)[1].any() else "date"


def uses_commas(raw: Raw) -> bool:
    """Whether any number of a file is written with a decimal comma; only files with ``;`` or tab may do so."""
    if raw.separator not in _COMMA_SEPARATORS:
        return False
    numbers = (pc.match_substring_regex(values, r"^\s*[+-]?[\d.]*\d,\d+\s*$") for values in raw.columns.values())
    return any(pc.any(fits).as_py() for fits in numbers)


def translate(column: pa.ChunkedArray, values: dict[str, str]) -> pa.ChunkedArray:
    """Replace what stands in the file by what the contract calls it; text columns only."""
    encoded = pc.dictionary_encode(column.combine_chunks())
    words = [values.get((word or "").strip(), word) for word in encoded.dictionary.to_pylist()]
    return pa.chunked_array([pa.array(words, pa.large_string()).take(encoded.indices)])


def _distinct(column: pa.ChunkedArray) -> tuple[NDArray[np.int64], pa.Array, NDArray[np.bool_]]:
    """Codes into the trimmed distinct words, the words, and which cells are empty."""
    array = column.combine_chunks()
    encoded = pc.dictionary_encode(array.cast(pa.large_string()), null_encoding="encode")
    trimmed = pc.fill_null(pc.utf8_normalize(pc.utf8_trim_whitespace(encoded.dictionary), form="NFC"), "")
    again = pc.dictionary_encode(trimmed)
    words, empty = again.dictionary, pc.index(again.dictionary, "").as_py()
    codes = again.indices.to_numpy()[encoded.indices.to_numpy()].astype(np.int64)
    missing = codes == empty if empty >= 0 else np.zeros(len(codes), dtype=bool)
    if empty >= 0:
        words = pc.filter(words, pc.not_equal(words, ""))
        codes = np.where(missing, 0, codes - (codes > empty))
    return codes, words, missing


def _read_text(words: pa.Array, settings: TableMapping, commas: bool) -> tuple:
    bad = pc.match_substring_regex(words, r"[\x00-\x08\x0b\x0c\x0e-\x1f]").to_numpy(zero_copy_only=False)
    return text_array(words), bad, "text without control characters", "Remove the control character."


def _read_number(words: pa.Array, settings: TableMapping, commas: bool) -> tuple:
    mark = settings.decimal
    if mark is None:
        comma_fits = settings.separator in _COMMA_SEPARATORS and _all(_comma_number(words))
        mark = "," if comma_fits and not _all(_matches(words, _PLAIN)) else "."
    thousands = settings.thousands
    if mark == ",":
        fits = _comma_number(words)
        if thousands:
            fits = pc.or_(fits, _matches(words, _groups(thousands, ",")))
        plain = pc.replace_substring(_without(words, thousands or "."), ",", ".")
        expected = "a number with decimal comma"
    else:
        fits = _matches(words, _PLAIN)
        if thousands:
            fits = pc.or_(fits, _matches(words, _groups(thousands, r"\.")))
        plain = _without(words, thousands) if thousands else words
        expected = "a number"
        if commas and settings.decimal is None:
            dotted = pc.match_substring(words, ".")
            if pc.any(dotted).as_py() and _all(pc.or_(pc.invert(dotted), _matches(words, _LONE_GROUPS))):
                fits = pc.and_(fits, pc.invert(dotted))
                expected = "a number that reads in one way only (1.234 may be 1234 here)"
    values = pc.cast(pc.if_else(fits, plain, "0"), pa.float64()).to_numpy(zero_copy_only=False)
    bad = ~fits.to_numpy(zero_copy_only=False) | ~np.isfinite(values)
    cure = DECLARE_DECIMAL if mark == "." or "one way" in expected else "Correct the value, or the mapping's decimal."
    return values, bad, expected, cure


def _comma_number(words: pa.Array) -> pa.Array:
    return pc.or_(_matches(words, _COMMA), _matches(words, _GROUPED_COMMA))


def _groups(thousands: str, mark: str) -> str:
    return rf"^[+-]?\d{{1,3}}({re.escape(thousands)}\d{{3}})*({mark}\d+)?$"


def _without(words: pa.Array, sign: str) -> pa.Array:
    return pc.replace_substring(words, sign, "")


def _read_flag(words: pa.Array, settings: TableMapping, commas: bool) -> tuple:
    found = [_FLAGS.get(fold(word)) for word in words.to_pylist()]
    bad = np.array([value is None for value in found], dtype=bool)
    values = pd.array([bool(value) for value in found], dtype="boolean")
    return values, bad, "true, false, 1, 0, yes, no, evet or hayır", "Use one of these words, or leave the cell empty."


def _read_hour(words: pa.Array, settings: TableMapping, commas: bool) -> tuple:
    clock = _matches(words, _HOUR).to_numpy(zero_copy_only=False)
    numbers, wrong, _, _ = _read_number(words, settings, commas)
    parts = pc.extract_regex(words, _HOUR).field(1).to_numpy(zero_copy_only=False) if len(words) else []
    heads = pc.extract_regex(words, _HOUR).field(0).to_numpy(zero_copy_only=False) if len(words) else []
    hours = np.array([int(h or 0) + int(m or 0) / 60 for h, m in zip(heads, parts, strict=True)], dtype=float)
    values = np.where(clock, hours, numbers) if len(words) else numbers
    bad = (wrong & ~clock) | (values < 0) | (values > 24)
    return values, bad, "a time of day such as 09:30 or 9.5", "Correct the time."


_READERS: dict[str, Callable[[pa.Array, TableMapping, bool], tuple]] = {
    "number": _read_number,
    "date": lambda words, settings, commas: read_dates(words, settings),
    "flag": _read_flag,
    "hour": _read_hour,
}


def _convert_typed(kind: str, column: pa.ChunkedArray, settings: TableMapping) -> Typed:
    """A column that its file stores with a type: Parquet, or the properties of a geometry file."""
    array = column.combine_chunks()
    if pa.types.is_dictionary(array.type):
        return convert(kind, pa.chunked_array([array.dictionary_decode().cast(pa.large_string())]), settings)
    if kind == "number" and not (pa.types.is_temporal(array.type) or pa.types.is_null(array.type)):
        values = pc.cast(array, pa.float64(), safe=False).to_numpy(zero_copy_only=False).astype(float)
        return Typed(values, np.isinf(values), "a finite number", "Correct the value.")
    if kind == "date" and (pa.types.is_timestamp(array.type) or pa.types.is_date(array.type)):
        if getattr(array.type, "tz", None) is not None:
            array = pc.local_timestamp(array.cast(pa.timestamp(array.type.unit, settings.timezone or "UTC")))
        days = array.cast(pa.timestamp("s"), safe=False).to_numpy(zero_copy_only=False).astype("datetime64[s]")
        return Typed(days, np.zeros(len(days), dtype=bool), "a date", "")
    if pa.types.is_floating(array.type):
        array = pc.if_else(pc.is_nan(array), None, array)
        if pc.all(pc.equal(array, pc.round(array))).as_py() is not False:
            array = pc.cast(array, pa.int64(), safe=False)
    words = pa.nulls(len(array), pa.large_string()) if pa.types.is_null(array.type) else array.cast(pa.large_string())
    return convert(kind, pa.chunked_array([words]), TableMapping(timezone=settings.timezone))


def text_array(words: pa.Array) -> pd.api.extensions.ExtensionArray:
    """pandas text of an Arrow array."""
    return pd.Series(words, dtype="str").array


def _matches(words: pa.Array, pattern: str) -> pa.Array:
    return pc.match_substring_regex(words, pattern)


def _all(fits: pa.Array) -> bool:
    return len(fits) == 0 or bool(pc.all(fits).as_py())


def _empty_like(values: Any) -> Any:
    """One missing value of the same type, for a column without any."""
    if isinstance(values, np.ndarray):
        return np.full(1, np.datetime64("NaT") if values.dtype.kind == "M" else np.nan).astype(values.dtype)
    return pd.array([pd.NA], dtype=values.dtype)


def _blanked(values: Any, blank: NDArray[np.bool_]) -> Any:
    if not blank.any():
        return values
    if isinstance(values, np.ndarray):
        values[blank] = np.datetime64("NaT") if values.dtype.kind == "M" else np.nan
        return values
    return pd.Series(values).mask(blank).array
