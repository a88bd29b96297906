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

from twin.intake.assumed import Note, Parsed
from twin.intake.date_words import MONTHS
from twin.intake.fold import fold
from twin.intake.settings import TableMapping

_TIME = (
    r"(?:(?:[T ]|, ?)(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,]\d+)?)?"
    r"(?: ?(?P<half>[AaPp]\.?[Mm]\.?|Ö[ÖöSs]|ö[ös]))?(?: ?(?P<zone>Z|UTC|[+-]\d{2}:?\d{2}))?)?$"
)
_TOKENS = (
    ("yyyy", r"(?P<year>\d{4})"), ("yy", r"(?P<short>\d{2})"), ("mmm", r"(?P<word>\p{L}{3,9})\.?"),
    ("mm", r"(?P<month>DIGITS)"), ("dd", r"(?P<day>DIGITS)"), ("www", r"W(?P<week>\d{1,2})"),
)  # fmt: skip
_SNIFFED = (
    "yyyy-mm-dd", "dd.mm.yyyy", "yyyy/mm/dd", "yyyy.mm.dd", "dd/mm/yyyy", "mm/dd/yyyy", "dd-mm-yyyy", "mm-dd-yyyy",
    "yyyymmdd", "dd mmm yyyy", "dd-mmm-yyyy", "dd.mmm.yyyy", "mmm dd, yyyy", "yyyy-mm", "mm.yyyy", "mm/yyyy",
    "mmm yyyy", "mmm-yyyy", "yyyy-www",
)  # fmt: skip
"""Formats that are looked for; those that can be told apart only by their values stand side by side."""
_SAMPLE = 2000
_SERIAL = r"^\d{1,6}(?:[.,]\d+)?$"
_SERIAL_ZERO = np.datetime64("1899-12-30", "s")
_PIVOT = 70
_NEVER = np.datetime64("NaT", "s")
_NO_DATE = r"^0000[-./]?00[-./]?00(?: 00:00:00)?$|^00[./]00[./]0000$"
_OPEN_END = np.datetime64("9999-12-31", "D")
_CURE = "Correct the date, or state date_format in the mapping; a column has one format."


def read_dates(words: pa.Array, settings: TableMapping) -> Parsed:
    """Distinct words of one column as moments: values are (n,) datetime64[s], not-a-time where the word means none."""
    if settings.week_one is not None:
        return _running_weeks(words, settings)
    stated = settings.date_format.lower() if settings.date_format else None
    if stated == "serial":
        return _serial(words)
    empty = pc.match_substring_regex(words, _NO_DATE).to_numpy(zero_copy_only=False)
    if stated:
        values, bad, _ = _parse(words, _pattern(stated), settings.timezone)
        return _without_blanks(values, bad, empty, f"a date written {settings.date_format}, as the mapping states",
                               "Correct the date, or the mapping's date_format.", ())  # fmt: skip
    head = words.slice(0, _SAMPLE)
    likely = [name for name in _SNIFFED if pc.any(pc.match_substring_regex(head, _pattern(name))).as_py()]
    tried = {name: _parse(words, _pattern(name), settings.timezone) for name in likely}
    if not tried:
        return _nothing_fits(words, empty)
    whole = [name for name, (_, bad, _) in tried.items() if not (bad & ~empty).any()]
    if len(whole) > 1 and (tried[whole[0]][0] != tried[whole[1]][0]).any():
        return _two_ways(words, tried, whole)
    # real days decide; where they do not, the form that most words have, of which the impossible ones are reported
    best = max(tried, key=lambda name: ((~tried[name][1]).sum(), tried[name][2].sum()))
    values, bad, _ = tried[best]
    expected = f"a date written {best}, as in the rest of the column"
    note = Note("date_format", best, "the only format that fits", best in ("yyyy-mm-dd", "dd.mm.yyyy"))
    return _without_blanks(values, bad, empty, expected, _CURE, (note,))


def _without_blanks(
    values: NDArray, bad: NDArray[np.bool_], empty: NDArray[np.bool_], expected: str, cure: str, notes: tuple
) -> Parsed:  # fmt: skip
    """Zeros in a date's place, and the last day of the calendar, say that there is no date."""
    open_end = ~bad & (values.astype("datetime64[D]") == _OPEN_END)
    values[empty | open_end] = _NEVER
    for found, word in ((empty, "00000000"), (open_end, "9999-12-31")):
        if found.any():
            notes += (Note("missing", word, f"{word} stands for no date"),)
    return Parsed(values, bad & ~empty, expected, cure, notes)


def _two_ways(words: pa.Array, tried: dict, whole: list[str]) -> Parsed:
    first, second = whole[:2]
    values, other = tried[first][0], tried[second][0]
    differ = np.flatnonzero(values != other)
    at = int(differ[0]) if len(differ) else 0
    example = f"{words[at].as_py()} is {values[at].astype('datetime64[D]')} or {other[at].astype('datetime64[D]')}"
    cure = f'State date_format = "{first}" or date_format = "{second}" in the mapping.'
    return Parsed(values, np.ones(len(words), dtype=bool), f"a date that reads in one way only ({example})", cure)


def _nothing_fits(words: pa.Array, empty: NDArray[np.bool_]) -> Parsed:
    """No known format anywhere in the column."""
    values = np.full(len(words), _NEVER)
    cure = _CURE
    numbers = pc.match_substring_regex(words, r"^[2-6]\d{4}$")
    if len(words) and pc.all(numbers).as_py():
        day = (_SERIAL_ZERO + np.timedelta64(int(words[0].as_py()), "D")).astype("datetime64[D]")
        cure = (f"These look like a spreadsheet's running days ({words[0].as_py()} is {day}): "
                'state date_format = "serial" in the mapping.')  # fmt: skip
    return Parsed(values, ~empty, "a date such as 2025-12-31 or 31.12.2025", cure)


def _serial(words: pa.Array) -> Parsed:
    fits = pc.match_substring_regex(words, _SERIAL)
    plain = pc.if_else(fits, pc.replace_substring(words, ",", "."), "0")
    days = pc.cast(plain, pa.float64()).to_numpy(zero_copy_only=False)
    bad = ~fits.to_numpy(zero_copy_only=False) | (days < 1) | (days > 200_000)
    values = _SERIAL_ZERO + np.round(np.where(bad, 0, days) * 86_400).astype("timedelta64[s]")
    return Parsed(values, bad, "a spreadsheet's running day such as 45292", "Correct the date.")


def _running_weeks(words: pa.Array, settings: TableMapping) -> Parsed:
    fits = pc.match_substring_regex(words, r"^\d{1,5}(?:\.0+)?$")
    number = pc.cast(pc.if_else(fits, words, "0"), pa.float64()).to_numpy(zero_copy_only=False).astype(np.int64)
    bad = ~fits.to_numpy(zero_copy_only=False) | (number < 1)
    first = np.datetime64(settings.week_one, "s")
    values = first + np.where(bad, 0, (number - 1) * 7).astype("timedelta64[D]")
    return Parsed(values, bad, "a running number of the week, from 1 on", "Correct the number, or week_one.")


def _pattern(date_format: str) -> str:
    """Regular expression for a format such as ``dd/mm/yyyy``."""
    parted = re.search(r"[^a-z]", date_format) is not None
    loose = parted and not date_format.startswith("yyyy-mm")
    pattern, rest = "^", date_format
    while rest:
        token, form = next(((t, f) for t, f in _TOKENS if rest.startswith(t)), (rest[0], re.escape(rest[0])))
        pattern += form.replace("DIGITS", r"\d{1,2}" if loose else r"\d{2}")
        rest = rest[len(token) :]
    return pattern + _TIME


def _parse(
    words: pa.Array, pattern: str, timezone: str | None
) -> tuple[NDArray, NDArray[np.bool_], NDArray[np.bool_]]:  # fmt: skip
    """Moments, words that are none, and words of the right form."""
    parts = pc.extract_regex(words, pattern)
    names = [field.name for field in parts.type] if len(words) else []
    formed = parts.is_valid().to_numpy(zero_copy_only=False)

    def number(name: str, otherwise: int) -> NDArray[np.int64]:
        if name not in names:
            return np.full(len(words), otherwise, dtype=np.int64)
        digits = pc.fill_null(parts.field(names.index(name)), "")
        return pc.cast(pc.if_else(pc.equal(digits, ""), str(otherwise), digits), pa.int64()).to_numpy(
            zero_copy_only=False
        )

    def texts(name: str) -> NDArray[np.object_]:
        found = parts.field(names.index(name)).to_numpy(zero_copy_only=False) if name in names else []
        return np.array([text or "" for text in found], dtype=object)

    year, month, day = number("year", 0), number("month", 1), number("day", 1)
    if "short" in names:
        short = number("short", 0)
        year = np.where(short < _PIVOT, 2000 + short, 1900 + short)
    if "word" in names:
        month = np.array([MONTHS.get(fold(word), 0) for word in texts("word")], dtype=np.int64)
    hour, minute, second = number("hour", 0), number("minute", 0), number("second", 0)
    months = ((year - 1970) * 12 + np.clip(month, 1, 12) - 1).astype("datetime64[M]")
    days = months.astype("datetime64[D]") + (day - 1)
    real = (month >= 1) & (month <= 12) & (day >= 1) & (days.astype("datetime64[M]") == months) & (year > 0)
    if pattern.startswith(r"^(?P<year>\d{4})(?P<month>"):
        real &= (year >= 1900) & (year < 2200) | (year == 9999)
    if "week" in names:
        days, real = _iso_week(year, number("week", 0))
    if "half" in names and any(texts("half")):
        hour, halved = _twelve_hours(hour, texts("half"))
        real &= halved
    real &= (hour < 24) & (minute < 60) & (second < 60)
    moment = days.astype("datetime64[s]") + (hour * 3600 + minute * 60 + second)
    moment, zoneless = _local(moment, texts("zone"), timezone)
    return moment, ~(formed & real & zoneless), formed


def _iso_week(year: NDArray[np.int64], week: NDArray[np.int64]) -> tuple[NDArray, NDArray[np.bool_]]:
    """Mondays of ISO weeks; week 53 exists in long years only."""
    fourth = ((year - 1970).astype("datetime64[Y]").astype("datetime64[D]")) + 3
    first = fourth - (fourth.astype(np.int64) + 3) % 7
    monday = first + (week - 1) * 7
    real = (week >= 1) & ((monday + 3).astype("datetime64[Y]").astype(np.int64) + 1970 == year)
    return monday, real


def _twelve_hours(hour: NDArray[np.int64], half: NDArray[np.object_]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Hours of a clock of twelve, with AM and PM or ÖÖ and ÖS."""
    folded = np.array([fold(word).replace(" ", "") for word in half])
    named = folded != ""
    after = np.isin(folded, ["pm", "os"])
    sound = ~named | ((hour >= 1) & (hour <= 12))
    return np.where(named, hour % 12 + 12 * after, hour), sound


def _local(
    moment: NDArray, zones: NDArray[np.object_], timezone: str | None
) -> tuple[NDArray, NDArray[np.bool_]]:  # fmt: skip
    """Moments with a zone as local time, and whether each could be brought there."""
    zoned = zones.astype(bool) if len(zones) else np.zeros(len(moment), dtype=bool)
    if not zoned.any():
        return moment, np.ones(len(moment), dtype=bool)
    if timezone is None:
        return moment, ~zoned
    offset = np.array([_offset_minutes(zone) for zone in zones[zoned]])
    utc = pd.DatetimeIndex(moment[zoned] - (offset * 60).astype("timedelta64[s]")).tz_localize("UTC")
    moment = moment.copy()
    moment[zoned] = utc.tz_convert(timezone).tz_localize(None).to_numpy().astype("datetime64[s]")
    return moment, np.ones(len(moment), dtype=bool)


def _offset_minutes(zone: str) -> int:
    if zone in ("Z", "UTC"):
        return 0
    digits = zone[1:].replace(":", "")
    return (1 if zone[0] == "+" else -1) * (60 * int(digits[:2]) + int(digits[2:]))
