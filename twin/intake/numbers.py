"""Numbers: words to numbers, with one decimal mark for a whole column.

Signs around a number (percent, currency, a minus behind it) are taken off and said; a number that reads in two ways
is refused until the mapping states the mark.
"""

from __future__ import annotations

import re

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyarrow import compute as pc

from twin.intake.assumed import Note, Parsed
from twin.intake.settings import TableMapping

_PLAIN = r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,4})?$"
_COMMA = r"^[+-]?\d+(,\d+)?([eE][+-]?\d{1,4})?$"
_GROUPED_COMMA = r"^[+-]?\d{1,3}(\.\d{3})+,\d+$"
LONE_GROUPS = r"^[+-]?[1-9]\d{0,2}(\.\d{3})+$"
"""A number that is as many thousands as it has dots, or one with three decimals."""
_EVIDENCE = {
    (",", "."): r"^[+-]?(\d{1,3}(\.\d{3})+,\d+|\d{1,3}(\.\d{3}){2,})$",
    (".", ","): r"^[+-]?(\d{1,3}(,\d{3})+\.\d+|\d{1,3}(,\d{3}){2,})$",
    (",", " "): r"^[+-]?\d{1,3}( \d{3})+(,\d+)?$",
    (".", "'"): r"^[+-]?\d{1,3}('\d{3})+(\.\d+)?$",
}
"""What shows a decimal mark together with a sign between thousands, so that no other reading is left."""
_CURRENCY = r"(?:TL|TRY|₺|EUR|€|USD|US\$|\$|GBP|£)"
_DRESSED = r"%|\)|[-−]$|−|\p{Sc}|\x{00A0}|\x{202F}|\x{2009}|(?i)\b(?:TL|TRY|EUR|USD|GBP)\b|\d(?:TL|TRY|EUR|USD|GBP)\b"
COMMA_SEPARATORS = (";", "\t", "|")
MOST = 1e15
"""Numbers beyond are no quantities; whole numbers this large lose their last figures."""

DECLARE_DECIMAL = 'Correct the value, or state decimal = "," (and thousands = ".") in the mapping.'


def read_numbers(words: pa.Array, settings: TableMapping, commas: bool = False) -> Parsed:
    """Distinct words of one column as numbers: values are (n,) float64.

    Parameters
    ----------
    words : (n,) text
    settings : TableMapping
    commas : bool
        Whether another column of the file writes decimal commas, which makes a lone ``1.234`` ambiguous.
    """
    bare, share, mixed, notes = _undressed(words)
    mark, thousands, found = _marks(bare, settings)
    notes += found
    if mark == ",":
        fits = _comma_number(bare)
        if thousands:
            fits = pc.or_(fits, _matches(bare, _groups(thousands, ",")))
        plain = pc.replace_substring(_without(bare, thousands or "."), ",", ".")
        expected = "a number with decimal comma"
    else:
        fits = _matches(bare, _PLAIN)
        if thousands:
            fits = pc.or_(fits, _matches(bare, _groups(thousands, r"\.")))
        plain = _without(bare, thousands) if thousands else bare
        expected = "a number"
        if commas and settings.decimal is None and not thousands:
            dotted = pc.match_substring(bare, ".")
            if pc.any(dotted).as_py() and _all(pc.or_(pc.invert(dotted), _matches(bare, LONE_GROUPS))):
                fits = pc.and_(fits, pc.invert(dotted))
                expected = "a number that reads in one way only (1.234 may be 1234 here)"
    values = pc.cast(pc.if_else(fits, plain, "0"), pa.float64()).to_numpy(zero_copy_only=False).copy()
    values[share] /= 100.0
    bad = ~fits.to_numpy(zero_copy_only=False) | ~np.isfinite(values) | (np.abs(values) > MOST)
    cure = DECLARE_DECIMAL if mark == "." or "one way" in expected else "Correct the value, or the mapping's decimal."
    if mixed is not None:
        bad |= mixed[0]
        expected, cure = mixed[1:]
    elif (np.abs(values) > MOST).any():
        expected += f" below {MOST:g}"
    return Parsed(values, bad, expected, cure, notes)


def _undressed(
    words: pa.Array,
) -> tuple[pa.Array, NDArray[np.bool_], tuple[NDArray[np.bool_], str, str] | None, tuple[Note, ...]]:
    """Words without the signs around them, which of them are percentages, and what mixes units."""
    dressed = pc.match_substring_regex(words, _DRESSED)
    none = np.zeros(len(words), dtype=bool)
    if not len(words) or not pc.any(dressed).as_py():
        return words, none, None, ()
    bare = pc.replace_substring_regex(words, r"[\x{00A0}\x{202F}\x{2009}]", " ")
    bare = pc.replace_substring(bare, "−", "-")
    percent = pc.match_substring_regex(bare, r"^%|%$").to_numpy(zero_copy_only=False)
    bare = pc.replace_substring_regex(bare, r"^% ?| ?%$", "")
    signs = [_currency(word) for word in words.to_pylist()]
    bare = pc.replace_substring_regex(bare, rf"(?i)^([+-]?){_CURRENCY} ?", r"\1")
    bare = pc.replace_substring_regex(bare, rf"(?i) ?{_CURRENCY}(-?)$", r"\1")
    behind = pc.match_substring_regex(bare, r"^[\d.,' ]+ ?-$|^\([\d.,' ]+\)$")
    bare = pc.if_else(behind, pc.replace_substring_regex(bare, r"^\(?([\d.,' ]*\d) ?[-)]$", r"-\1"), bare)
    mixed = _mixed(percent, np.array(signs, dtype=object))
    notes = []
    if percent.any():
        notes.append(Note("factors", "0.01", "a percent sign stands by the numbers; they are read as shares"))
    if any(signs):
        notes.append(Note("columns", "money", f"{next(filter(None, signs))} stands by the numbers and is taken off"))
    if pc.any(behind).as_py():
        notes.append(Note("values", "negative", "a minus behind the number, or brackets around it"))
    return bare, percent, mixed, tuple(notes)


def _currency(word: str) -> str:
    found = re.search(_CURRENCY, word, re.IGNORECASE)
    sign = found.group().upper() if found else ""
    return {"₺": "TRY", "TL": "TRY", "€": "EUR", "$": "USD", "US$": "USD", "£": "GBP"}.get(sign, sign)


def _mixed(
    percent: NDArray[np.bool_], signs: NDArray[np.object_]
) -> tuple[NDArray[np.bool_], str, str] | None:  # fmt: skip
    """Words of another unit than the first; ``None`` when all are of one."""
    kinds = set(signs)
    if len(kinds) > 1:
        return signs != signs[0], "one currency in a column", "Export one currency, or convert them to one."
    if percent.any() and not percent.all():
        return (
            percent != percent[0],
            "percentages or plain numbers, not both",
            "Write the sign in all cells or in none.",
        )
    return None


def _marks(words: pa.Array, settings: TableMapping) -> tuple[str, str | None, tuple[Note, ...]]:
    """Decimal mark, sign between thousands, and what was assumed."""
    mark, thousands = settings.decimal, settings.thousands
    if mark is not None or thousands is not None or not len(words):
        return mark or ("," if thousands == "." else "."), thousands, ()
    if _all(_matches(words, _PLAIN)):
        return ".", None, ()
    free = settings.separator in COMMA_SEPARATORS
    for (decimal, group), shows in _EVIDENCE.items():
        telling = pc.match_substring_regex(words, shows)
        if not pc.any(telling).as_py():
            continue
        other = _COMMA if decimal == "," else _PLAIN
        group_fits = _matches(words, _groups(group, re.escape(decimal)))
        if _all(pc.or_(_matches(words, other), group_fits)):
            example = words.filter(telling)[0].as_py()
            because = f"{example} reads in one way only"
            return decimal, group, (Note("decimal", decimal, because), Note("thousands", group, because))
    if free and _all(_comma_number(words)):
        return ",", None, (Note("decimal", ",", "every value fits, and commas do not part the columns"),)
    return ".", None, ()


def _comma_number(words: pa.Array) -> pa.Array:
    return pc.or_(_matches(words, _COMMA), _matches(words, _GROUPED_COMMA))


def _groups(thousands: str, mark: str) -> str:
    return rf"^[+-]?\d{{1,3}}({re.escape(thousands)}\d{{3}})*({mark}\d+)?$"


def _without(words: pa.Array, sign: str) -> pa.Array:
    return pc.replace_substring(words, sign, "")


def _matches(words: pa.Array, pattern: str) -> pa.Array:
    return pc.match_substring_regex(words, pattern)


def _all(fits: pa.Array) -> bool:
    return len(fits) == 0 or bool(pc.all(fits).as_py())
