"""Dates: words to moments, in one format for a whole column.

A day and a month are never guessed: a column has one format that fits every value, or the mapping states it. Times
with a zone become local time.
"""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray
from pyarrow import compute as pc

from twin.intake.mapping import TableMapping

_TIME = r"(?:[T ](?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,]\d+)?)?(?P<zone>Z|[+-]\d{2}:?\d{2})?)?$"
_DAYS = {
    "yyyy-mm-dd": r"^(?P<year>\d{4})-(?P<month>\d{2})-(?P<day>\d{2})" + _TIME,
    "dd.mm.yyyy": r"^(?P<day>\d{1,2})\.(?P<month>\d{1,2})\.(?P<year>\d{4})" + _TIME,
}


def read_dates(words: pa.Array, settings: TableMapping) -> tuple[NDArray, NDArray[np.bool_], str, str]:
    """Distinct words of one column as moments.

    Returns
    -------
    moments : (n,) datetime64[s]
    bad : (n,) bool
        Words that are no date of the column's format.
    expected, cure : str
    """
    formats = _DAYS if settings.date_format is None else {settings.date_format: _pattern(settings.date_format)}
    fits = {
        name: pc.match_substring_regex(words, pattern).to_numpy(zero_copy_only=False)
        for name, pattern in formats.items()
    }
    name = max(fits, key=lambda name: fits[name].sum())
    days, bad = _parse_dates(words, formats[name], settings.timezone)
    if settings.date_format is None and not fits[name].any():
        expected = "a date such as 2025-12-31 or 31.12.2025"
    else:
        expected = f"a date written {name}, as in the rest of the column"
    cure = "Correct the date, or state date_format in the mapping; a column has one format."
    return days, bad | ~fits[name], expected, cure


def _pattern(date_format: str) -> str:
    """Regular expression for a format such as ``dd/mm/yyyy``."""
    digits = r"\d{1,2}" if re.search(r"[^a-z]", date_format) else r"\d{2}"
    pattern = re.escape(date_format.lower())
    for token, name, form in (("yyyy", "year", r"\d{4}"), ("mm", "month", digits), ("dd", "day", digits)):
        pattern = pattern.replace(token, f"(?P<{name}>{form})", 1)
    return f"^{pattern}{_TIME}"


def _parse_dates(words: pa.Array, pattern: str, timezone: str | None) -> tuple[NDArray, NDArray[np.bool_]]:
    parts = pc.extract_regex(words, pattern)
    names = [field.name for field in parts.type] if len(words) else []

    def number(name: str) -> NDArray[np.int64]:
        if name not in names:
            return np.zeros(len(words), dtype=np.int64)
        digits = pc.fill_null(parts.field(names.index(name)), "0")
        return pc.cast(pc.if_else(pc.equal(digits, ""), "0", digits), pa.int64()).to_numpy(zero_copy_only=False)

    year, month, day = number("year"), number("month"), number("day")
    hour, minute, second = number("hour"), number("minute"), number("second")
    months = ((year - 1970) * 12 + np.clip(month, 1, 12) - 1).astype("datetime64[M]")
    days = months.astype("datetime64[D]") + (day - 1)
    real = (month >= 1) & (month <= 12) & (day >= 1) & (days.astype("datetime64[M]") == months)
    real &= (hour < 24) & (minute < 60) & (second < 60) & (year > 0)
    moment = days.astype("datetime64[s]") + (hour * 3600 + minute * 60 + second)
    zones = parts.field(names.index("zone")).to_numpy(zero_copy_only=False) if names else np.array([], dtype=object)
    zoned = np.array([bool(zone) for zone in zones], dtype=bool)
    if zoned.any():
        if timezone is None:
            return moment, ~real | zoned
        offset = np.array([_offset_minutes(zone) for zone in zones[zoned]])
        utc = pd.DatetimeIndex(moment[zoned] - (offset * 60).astype("timedelta64[s]")).tz_localize("UTC")
        moment[zoned] = utc.tz_convert(timezone).tz_localize(None).to_numpy().astype("datetime64[s]")
    return moment, ~real


def _offset_minutes(zone: str) -> int:
    if zone == "Z":
        return 0
    digits = zone[1:].replace(":", "")
    return (1 if zone[0] == "+" else -1) * (60 * int(digits[:2]) + int(digits[2:]))
