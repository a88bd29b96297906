"""Convert: columns of text into typed columns, by contract.

One format for a whole column, or the values that break it are reported. Every distinct value is read once. Knows no
file and no other column.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray
from pyarrow import compute as pc

from twin.intake.assumed import Note, Parsed
from twin.intake.dates import read_dates
from twin.intake.fold import fold
from twin.intake.ids import read_ids
from twin.intake.numbers import COMMA_SEPARATORS, LONE_GROUPS, read_numbers
from twin.intake.raw import Raw
from twin.intake.settings import TableMapping

_FLAGS = {"true": True, "1": True, "yes": True, "evet": True, "e": True, "y": True, "dogru": True, "var": True,
          "false": False, "0": False, "no": False, "hayir": False, "h": False, "n": False, "yanlis": False,
          "yok": False}  # fmt: skip
_HOUR = r"^(?P<hour>\d{1,2})(?::(?P<minute>\d{2})(?::\d{2})?)?$"
_NUMBERISH = r"^[-+(]?(?:[%₺€$£]|TL|TRY)? ?\d[\d.,\x{00A0}\x{202F}]*(?:[eE][+-]?\d+)? ?(?:[%₺€$£]|TL|TRY)?[-)]?$"
_MOST_DIGITS = 15
_MOST_LETTERS = 32_767
_SHEET_ERROR = r"^#(?:N/A|REF!|VALUE!|DIV/0!|NAME\?|NULL!|NUM!|YOK|BA.V!|SAYI/0!|DE.ER!|AD\?)$"
_EXACT = 2.0**53


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
    notes : tuple of Note
        What was assumed.
    """

    values: Any
    bad: NDArray[np.bool_]
    expected: str
    cure: str
    notes: tuple[Note, ...] = ()


def convert(
    kind: str, column: pa.ChunkedArray, settings: TableMapping, commas: bool = False, coded: bool = False
) -> Typed:  # fmt: skip
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
    coded : bool
        Text that is stored as codes into its words comes back as a pandas Categorical.
    """
    if not is_text(column.type):
        return _convert_typed(kind, column, settings)
    codes, words, missing = _distinct(column, settings.missing)
    reader = _READERS.get(kind, _read_text)
    values, bad, expected, cure, notes = reader(words, settings, commas)
    if len(words) == 0:
        values, bad = _empty_like(values), np.zeros(1, dtype=bool)
    bad_cells = bad[codes] & ~missing
    if coded and len(words) and pa.types.is_dictionary(column.type) and isinstance(values.dtype, pd.StringDtype):
        places = np.where(missing | bad_cells, np.int32(-1), codes)
        return Typed(pd.Categorical.from_codes(places, categories=values), bad_cells, expected, cure, notes)
    picked = values.take(codes) if hasattr(values, "take") else values[codes]
    return Typed(_blanked(picked, missing | bad_cells), bad_cells, expected, cure, notes if len(words) else ())


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
    words = _distinct(column, settings.missing)[1]
    if len(words) == 0:
        return "number"
    if pc.all(pc.match_substring_regex(words, _NUMBERISH)).as_py():
        coded = pc.any(pc.match_substring_regex(words, r"^0\d")).as_py()
        figures = pc.max(pc.utf8_length(pc.replace_substring_regex(words, r"\D", ""))).as_py()
        if not coded and figures <= _MOST_DIGITS and not read_numbers(words, settings, commas).bad.any():
            return "number"
    if not _read_flag(words, settings, commas).bad.any():
        return "flag"
    return "category" if read_dates(words, settings).bad.any() else "date"


def uses_commas(raw: Raw) -> bool:
    """Whether a lone ``1.234`` may be meant as 1234 in a file.

    So it is where commas do not part the columns, and some number has a decimal comma or none shows a decimal point.
    """
    if raw.separator not in COMMA_SEPARATORS:
        return False
    texts = [
        encoded_words(values).dictionary if pa.types.is_dictionary(values.type) else values
        for values in raw.columns.values()
        if pa.types.is_large_string(values.type) or (pa.types.is_dictionary(values.type) and is_text(values.type))
    ]
    if _any_match(texts, r"^\s*[+-]?[\d.]*\d,\d+\s*$"):
        return True
    return not any(
        pc.any(pc.and_(pc.match_substring_regex(values, r"^\s*[+-]?\d*\.\d+\s*$"),
                       pc.invert(pc.match_substring_regex(values, LONE_GROUPS)))).as_py()
        for values in texts
    )  # fmt: skip


def _any_match(columns: list[pa.ChunkedArray], pattern: str) -> bool:
    return any(pc.any(pc.match_substring_regex(values, pattern)).as_py() for values in columns)


def translate(column: pa.ChunkedArray, values: dict[str, str]) -> pa.ChunkedArray:
    """Replace what stands in the file by what the contract calls it; text columns only.

    A word that is not listed as it stands is looked up by its folded form, so that ``AKTİF`` is ``Aktif``.
    """
    folded = {fold(word): meant for word, meant in values.items()}
    encoded = encoded_words(column)
    words = [_meant((word or "").strip(), word, values, folded) for word in encoded.dictionary.to_pylist()]
    new = pa.array(words, pa.large_string())
    if pa.types.is_dictionary(column.type):
        return pa.chunked_array([pa.DictionaryArray.from_arrays(encoded.indices, new)])
    return pa.chunked_array([new.take(encoded.indices)])


def _meant(plain: str, word: str | None, values: dict[str, str], folded: dict[str, str]) -> str | None:
    return values.get(plain, folded.get(fold(plain), word) if plain else word)


def _distinct(
    column: pa.ChunkedArray, blank: tuple[str, ...] = ()
) -> tuple[NDArray[np.int32], pa.Array, NDArray[np.bool_]]:
    """Codes into the trimmed distinct words, the words, and which cells are empty."""
    encoded = encoded_words(column)
    trimmed = pc.fill_null(pc.utf8_normalize(pc.utf8_trim_whitespace(encoded.dictionary), form="NFC"), "")
    if blank:
        trimmed = pc.if_else(pc.is_in(trimmed, value_set=pa.array(blank, pa.large_string())), "", trimmed)
    # an empty cell of an encoded column may have no word of its own
    trimmed = pa.concat_arrays([trimmed, pa.array([""], pa.large_string())])
    again = pc.dictionary_encode(trimmed)
    words, empty = again.dictionary, pc.index(again.dictionary, "").as_py()
    places = pc.fill_null(encoded.indices, len(trimmed) - 1).to_numpy(zero_copy_only=False)
    codes = again.indices.to_numpy()[places]
    missing = codes == empty if empty >= 0 else np.zeros(len(codes), dtype=bool)
    if empty >= 0:
        words = pc.filter(words, pc.not_equal(words, ""))
        codes = np.where(missing, 0, codes - (codes > empty))
    return codes, words, missing


def is_text(kind: pa.DataType) -> bool:
    """Whether a column holds text, each word in every cell or once for all."""
    kind = kind.value_type if pa.types.is_dictionary(kind) else kind
    return pa.types.is_string(kind) or pa.types.is_large_string(kind)


def encoded_words(column: pa.ChunkedArray) -> pa.DictionaryArray:
    """A text column as codes into its distinct words; one that is stored so is not spelled out."""
    if not pa.types.is_dictionary(column.type):
        return pc.dictionary_encode(column.combine_chunks().cast(pa.large_string()), null_encoding="encode")
    array = column.unify_dictionaries().combine_chunks()
    array = array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array
    return pa.DictionaryArray.from_arrays(array.indices, array.dictionary.cast(pa.large_string()))


def _read_text(words: pa.Array, settings: TableMapping, commas: bool) -> Parsed:
    control = pc.match_substring_regex(words, r"[\x00-\x08\x0b\x0c\x0e-\x1f]").to_numpy(zero_copy_only=False)
    broken = pc.match_substring_regex(words, _SHEET_ERROR).to_numpy(zero_copy_only=False)
    long = pc.greater(pc.utf8_length(words), _MOST_LETTERS).to_numpy(zero_copy_only=False)
    if broken.any() and not control.any():
        cure = "Mend the formula in the spreadsheet, or list the word under missing in the mapping."
        return Parsed(text_array(words), broken, "a value, not a spreadsheet's error", cure)
    if long.any() and not control.any():
        cure = "Shorten the text, or leave the column out of the export."
        return Parsed(text_array(words), long, f"at most {_MOST_LETTERS} letters in a cell", cure)
    return Parsed(text_array(words), control, "text without control characters", "Remove the control character.")


def _read_shape(words: pa.Array, settings: TableMapping, commas: bool) -> Parsed:
    return Parsed(text_array(words), np.zeros(len(words), dtype=bool), "GeoJSON", "Correct the geometry.")


def _read_id(words: pa.Array, settings: TableMapping, commas: bool) -> Parsed:
    bad, expected, cure = read_ids(words)
    if not bad.any():
        return _read_text(words, settings, commas)
    return Parsed(text_array(words), bad, expected, cure)


def _read_flag(words: pa.Array, settings: TableMapping, commas: bool) -> Parsed:
    found = [_FLAGS.get(fold(word)) for word in words.to_pylist()]
    bad = np.array([value is None for value in found], dtype=bool)
    values = pd.array([bool(value) for value in found], dtype="boolean")
    cure = "Use one of these words, or leave the cell empty."
    return Parsed(values, bad, "true, false, 1, 0, yes, no, evet or hayır", cure)


def _read_hour(words: pa.Array, settings: TableMapping, commas: bool) -> Parsed:
    clock = pc.match_substring_regex(words, _HOUR).to_numpy(zero_copy_only=False)
    numbers, wrong = read_numbers(words, settings, commas)[:2]
    parts = pc.extract_regex(words, _HOUR).field(1).to_numpy(zero_copy_only=False) if len(words) else []
    heads = pc.extract_regex(words, _HOUR).field(0).to_numpy(zero_copy_only=False) if len(words) else []
    hours = np.array([int(h or 0) + int(m or 0) / 60 for h, m in zip(heads, parts, strict=True)], dtype=float)
    values = np.where(clock, hours, numbers) if len(words) else numbers
    bad = (wrong & ~clock) | (values < 0) | (values > 24)
    return Parsed(values, bad, "a time of day such as 09:30 or 9.5", "Correct the time.")


_READERS: dict[str, Callable[[pa.Array, TableMapping, bool], Parsed]] = {
    "number": read_numbers,
    "date": lambda words, settings, commas: read_dates(words, settings),
    "flag": _read_flag,
    "hour": _read_hour,
    "id": _read_id,
    "geometry": _read_shape,
}


def _convert_typed(kind: str, column: pa.ChunkedArray, settings: TableMapping) -> Typed:
    """A column that its file stores with a type: Parquet, or the properties of a geometry file."""
    array = column.combine_chunks()
    if pa.types.is_dictionary(array.type):
        return convert(kind, pa.chunked_array([array.dictionary_decode()]), settings)
    if kind == "number" and not (pa.types.is_temporal(array.type) or pa.types.is_null(array.type)):
        values = pc.cast(array, pa.float64(), safe=False).to_numpy(zero_copy_only=False).astype(float)
        return Typed(values, np.isinf(values), "a finite number", "Correct the value.")
    if kind == "id" and pa.types.is_floating(array.type):
        values = array.to_numpy(zero_copy_only=False).astype(float)
        rounded = np.abs(np.nan_to_num(values)) >= _EXACT
        if rounded.any():
            cure = "Store ids as text: as numbers so large, different ids become one."
            return Typed(text_array(pa.array(values.astype(str))), rounded, "an id with all its figures", cure)
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
    plain = replace(settings, decimal=None, thousands=None, separator=None)
    return convert(kind, pa.chunked_array([words]), plain)


def text_array(words: pa.Array) -> pd.api.extensions.ExtensionArray:
    """pandas text of an Arrow array."""
    return pd.Series(words, dtype="str").array


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
