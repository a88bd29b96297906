"""Words: phrases, numbers and dates of one language.

Knows how things are said, not what is true.
"""

from __future__ import annotations

import datetime as dt
import math
import re
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import cache, lru_cache
from pathlib import Path

import pandas as pd
from babel import Locale
from babel.dates import format_date, format_datetime
from babel.numbers import (
    NumberFormatError,
    format_decimal,
    format_percent,
    get_decimal_symbol,
    get_group_symbol,
    parse_decimal,
)

from twin.planning.reasons import CONDITIONS

LANGUAGES = ("en", "tr")
_LOCALES = {"en": "en_GB", "tr": "tr_TR"}
_TEXT = Path(__file__).parent / "text"
NOTHING = "–"
_MOST_KEPT = 50_000
_FILLING = r"(?:(?!\. [A-Z`])[^;])+?"
"""What may stand in a place of a sentence: no end of one."""
_SENTENCES = re.compile(r"(?<=[.!?]) (?=[A-Z`])")
_ISO_DAY = re.compile(r"\b(?:19|20)\d\d-[01]\d-[0-3]\d\b")
_COUNT = re.compile(r"(?<![\w.,:/-])(?!(?:19|20)\d\d )\d{4,}(?= [^\W\d])")
"""A count of something: many digits before a word, and no year."""
_MINUS = re.compile(r"(?<![\w)%/.-])-(?=%?\d)")
"""A hyphen that stands for a minus: before a figure, after nothing that it could join to it."""


@dataclass(frozen=True)
class Words:
    """One language.

    Parameters
    ----------
    language : str
        ``en`` or ``tr``.
    """

    language: str

    def __call__(self, key: str, **values: object) -> str:
        """Phrase of a key, with its places filled."""
        return catalogue(self.language)[key].format(**values)

    def many(self, key: str, count: int, **values: object) -> str:
        """Phrase of a key for a count: ``key_one`` where the language has a form of its own for one."""
        one = Locale.parse(self.locale).plural_form(count) == "one"
        found = f"{key}_one" if one and f"{key}_one" in catalogue(self.language) else key
        return self(found, n=self.number(count), **values)

    def named(self, group: str, name: str) -> str:
        """Phrase ``group.name``, or the name itself where nobody has given it words."""
        return catalogue(self.language).get(f"{group}.{name.replace(' ', '_')}", name)

    def sentence(self, text: str) -> str:
        """What the twin says in English, in this language as far as its patterns are known."""
        said = text if self.language == "en" else _translated(text)
        said = _ISO_DAY.sub(lambda found: self.date(found.group()), said)
        said = _MINUS.sub("\N{MINUS SIGN}", said)
        return _COUNT.sub(lambda found: self.number(int(found.group())), said)

    @property
    def locale(self) -> str:
        """Name of the locale of numbers and dates."""
        return _LOCALES[self.language]

    @property
    def symbols(self) -> tuple[str, str]:
        """Decimal mark and thousands mark."""
        return get_decimal_symbol(self.locale), get_group_symbol(self.locale)

    def number(self, value: float | None, decimals: int = 0) -> str:
        """A number with a fixed count of decimals."""
        if _missing(value):
            return NOTHING
        places = "." + "0" * decimals if decimals else ""
        return _decimal(float(value or 0.0), f"#,##0{places}", self.locale)

    def volume(self, value: float | None) -> str:
        """A quantity with three significant digits: more would feign a precision that no forecast has."""
        if _missing(value):
            return NOTHING
        if value == 0:
            return self.number(0)
        decimals = 2 - math.floor(math.log10(abs(value)))
        return self.number(round(value, decimals), max(min(decimals, 4), 0))

    def percent(self, share: float | None, decimals: int = 0) -> str:
        """A part of one, as percent."""
        if _missing(share):
            return NOTHING
        places = "." + "0" * decimals if decimals else ""
        pattern = f"%#,##0{places}" if self.language == "tr" else f"#,##0{places}%"
        return _percent(float(share or 0.0), pattern, self.locale)

    def signed(self, value: float | None, decimals: int = 1) -> str:
        """A difference, always with its sign."""
        if _missing(value):
            return NOTHING
        if round(value, decimals) == 0:
            return self.number(0, decimals)
        places = "." + "0" * decimals if decimals else ""
        pattern = f"+#,##0{places};\N{MINUS SIGN}#,##0{places}"
        return _decimal(float(value or 0.0), pattern, self.locale)

    def signed_percent(self, value: float | None, decimals: int = 1) -> str:
        """A difference in percent, always with its sign, which stands before everything else."""
        if _missing(value):
            return NOTHING
        said = self.signed(value, decimals)
        if self.language != "tr":
            return f"{said}%"
        return f"{said[0]}%{said[1:]}" if said[0] in "+\N{MINUS SIGN}" else f"%{said}"

    def written(self, value: object) -> str:
        """A number as a person would type it: no grouping, as many decimals as it has."""
        if isinstance(value, bool) or not isinstance(value, int | float):
            return "" if value is None else str(value)
        return format_decimal(value, format="0.################", locale=self.locale)

    def typed(self, text: str) -> float | int | str | None:
        """The number that somebody typed; the text itself where it is none, ``None`` where it is empty."""
        plain = text.strip().replace("\N{MINUS SIGN}", "-")
        if not plain:
            return None
        try:
            found = parse_decimal(plain, locale=self.locale, strict=True)
        except NumberFormatError:
            # a decimal point is no group mark here: who copies a figure from a file means the same
            try:
                found = Decimal(plain)
            except InvalidOperation:
                return text
        if not found.is_finite():
            return text
        return int(found) if found == found.to_integral_value() and "E" not in str(found) else float(found)

    def between(self, low: float | None, high: float | None, say: Callable[[float | None], str]) -> str:
        """An interval, each end as ``say`` says it."""
        return NOTHING if _missing(low) or _missing(high) else f"{say(low)} … {say(high)}"

    def date(self, day: object) -> str:
        """A day."""
        found = _day(day)
        return NOTHING if found is None else _said_day(found, "d MMM y", self.locale)

    def weekday(self, day: object) -> str:
        """A day with its weekday, without the year."""
        found = _day(day)
        return NOTHING if found is None else _said_day(found, "EEE d MMM", self.locale)

    def duration(self, seconds: float | None) -> str:
        """A span of time, as roughly as people say it."""
        if _missing(seconds):
            return NOTHING
        if seconds < 90:
            return self("time.seconds", n=self.number(max(seconds, 1)))
        if seconds < 5400:
            return self("time.minutes", n=self.number(seconds / 60))
        return self("time.hours", n=self.number(seconds / 3600, 1))

    def bytes(self, count: float | None) -> str:
        """An amount of memory or disk."""
        if not count:
            return NOTHING
        if count < 1e9:
            return f"{self.number(count / 1e6)} MB"
        return f"{self.number(count / 1e9, 1)} GB"

    def moment(self, text: str) -> str:
        """A moment that is stored as ISO 8601, to the minute, on this machine's clock."""
        if not text:
            return NOTHING
        there = dt.datetime.fromisoformat(text).astimezone()
        return format_datetime(there.replace(tzinfo=None), format="d MMM HH:mm", locale=self.locale)


@lru_cache(maxsize=_MOST_KEPT)
def _decimal(value: float, pattern: str, locale: str) -> str:
    """Pages say the same figures again and again, and to say one takes longer than to look it up."""
    return format_decimal(value, format=pattern, locale=locale).replace("-", "\N{MINUS SIGN}")


@lru_cache(maxsize=_MOST_KEPT)
def _percent(value: float, pattern: str, locale: str) -> str:
    return format_percent(value, format=pattern, locale=locale).replace("-", "\N{MINUS SIGN}")


@lru_cache(maxsize=_MOST_KEPT)
def _said_day(day: dt.date, pattern: str, locale: str) -> str:
    return format_date(day, format=pattern, locale=locale)


@cache
def catalogue(language: str) -> dict[str, str]:
    """Phrases of a language by dotted key."""
    raw = [tomllib.loads(file.read_text(encoding="utf-8")) for file in sorted((_TEXT / language).glob("*.toml"))]
    said = [
        (f"{group}.{key}", text) for page in raw for group, phrases in page.items() for key, text in phrases.items()
    ]
    if len(dict(said)) < len(said):
        raise ValueError(f"a phrase stands twice in {_TEXT / language}")
    return dict(said)


@cache
def _patterns() -> list[tuple[re.Pattern[str], str]]:
    pages = [tomllib.loads(file.read_text(encoding="utf-8")) for file in sorted((_TEXT / "sentences").glob("*.toml"))]
    pairs = [pair for page in pages for pair in page["sentences"].items()]
    pairs += [(said, CONDITIONS["tr"][key]) for key, said in CONDITIONS["en"].items() if said]
    # the one that says most comes first: what fits it fits many a shorter one as well
    pairs.sort(key=lambda pair: -len(re.sub(r"\{\w+\}", "", pair[0])))
    made = []
    for english, turkish in pairs:
        english, turkish = english.removesuffix("."), turkish.removesuffix(".")
        parts = re.split(r"\{(\w+)\}", english)
        body = "".join(
            re.escape(part) if place % 2 == 0 else f"(?P<{part}>{_FILLING})" for place, part in enumerate(parts)
        )
        made.append((re.compile(body + r"(?P<end>\.?)"), turkish))
    return made


@cache
def _translated(text: str) -> str:
    """A sentence by the first pattern that fits it whole; what fills the places is translated the same way."""
    for pattern, turkish in _patterns():
        if found := pattern.fullmatch(text):
            groups = found.groupdict()
            end = groups.pop("end")
            return turkish.format(**{name: _translated(each) for name, each in groups.items()}) + end
    if len(several := _SENTENCES.split(text)) > 1:
        return " ".join(_translated(one) for one in several)
    for mark in ("; ", ", "):
        if mark in text:
            return mark.join(_translated(part) for part in text.split(mark))
    return re.sub(r"\b(\d+)\.(\d+)\b", r"\1,\2", re.sub(r"(\d+(?:\.\d+)?)%", r"%\1", text))


def _missing(value: float | None) -> bool:
    return value is None or not math.isfinite(value)


def _day(day: object) -> dt.date | None:
    if day is None or pd.isna(day):
        return None
    if isinstance(day, str):
        return dt.date.fromisoformat(day[:10]) if day else None
    return day.date() if isinstance(day, dt.datetime) else day
