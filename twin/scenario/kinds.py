"""Kinds of value in a scenario file: each reads one, writes it back and describes itself.

Reading never stops at a fault: faults are collected, so that a person sees all of them at once. Knows no key, see
:mod:`twin.scenario.tables`.
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from twin.errors import Problem
from twin.scenario.condition import parse
from twin.scenario.tokens import ConditionError
from twin.scenario.words import meant, printable, shown

FAULTY = object()
"""Stands for a value that could not be read."""

FIRST_DAY, LAST_DAY = dt.date(1970, 1, 1), dt.date(2200, 1, 1)


@dataclass
class Faults:
    """Problems found so far in one file; lives for one reading."""

    file: str
    problems: list[Problem] = field(default_factory=list)

    def add(self, path: str, expected: str, found: str, cure: str) -> Any:
        """Note one problem; returns :data:`FAULTY`."""
        self.problems.append(Problem(self.file, path, expected, found, cure))
        return FAULTY


class Kind:
    """One kind of value; ``name`` and ``span`` are what the documentation says of its type and range."""

    name: str = ""
    span: str = ""

    def read(self, value: object, path: str, faults: Faults) -> Any:
        """The value as a dataclass holds it, or :data:`FAULTY`."""
        raise NotImplementedError

    def write(self, value: Any) -> Any:
        """The value as a file holds it."""
        return value


@dataclass(frozen=True)
class Number(Kind):
    """A finite number between two bounds, both included."""

    low: float
    high: float
    whole: bool = False

    @property
    def name(self) -> str:  # type: ignore[override]
        """Type, in the documentation."""
        return "whole number" if self.whole else "number"

    @property
    def span(self) -> str:  # type: ignore[override]
        """Range, in the documentation."""
        return f"{self.low:g} to {self.high:g}"

    def read(self, value: object, path: str, faults: Faults) -> Any:
        """A float or an int; bools, ``nan`` and infinity are turned away."""
        wanted = f"a {self.name} from {self.low:g} to {self.high:g}"
        if isinstance(value, bool) or not isinstance(value, int if self.whole else int | float):
            cure = "Write it without quotes, decimals with a point." if isinstance(value, str) else f"Write {wanted}."
            return faults.add(path, wanted, shown(value), cure)
        # bounds rather than isfinite: they also turn away nan, inf and integers that no float can hold
        if not self.low <= value <= self.high:
            return faults.add(path, wanted, shown(value), f"Choose a value from {self.low:g} to {self.high:g}.")
        return value if self.whole else float(value)


@dataclass(frozen=True)
class Switch(Kind):
    """True or false."""

    name = "flag"
    span = "true, false"

    def read(self, value: object, path: str, faults: Faults) -> Any:
        """A bool."""
        if isinstance(value, bool):
            return value
        return faults.add(path, "true or false", shown(value), "Write true or false, without quotes.")


@dataclass(frozen=True)
class Text(Kind):
    """A text without control characters; ``prose`` may have line breaks and be empty."""

    limit: int = 120
    prose: bool = False
    name = "text"

    @property
    def span(self) -> str:  # type: ignore[override]
        """Range, in the documentation."""
        return f"up to {self.limit} letters"

    def read(self, value: object, path: str, faults: Faults) -> Any:
        """The text, composed (NFC) and without space around it."""
        if not isinstance(value, str):
            return faults.add(path, "a text", shown(value), "Put it in double quotes.")
        text = unicodedata.normalize("NFC", value)
        text = text.replace("\r\n", "\n") if self.prose else text.strip()
        odd = [sign for sign in text if _is_control(sign) and not (self.prose and sign in "\n\t")]
        if odd:
            found = f"the control character U+{ord(odd[0]):04X}"
            return faults.add(path, "a text without control characters", found, "Take it out.")
        if not text and not self.prose:
            return faults.add(path, "a text", "an empty one", "Write a text or leave the key out.")
        if len(text) > self.limit:
            return faults.add(path, f"at most {self.limit} letters", str(len(text)), "Shorten it.")
        if not self.prose and (mixed := _of_two_alphabets(text)):
            cure = "Retype the word: some letters only look like others."
            return faults.add(path, "words in the letters of one alphabet", repr(mixed), cure)
        return text


def _of_two_alphabets(text: str) -> str:
    """A word that mixes Latin with Greek or Cyrillic letters, and so looks like another one; empty without."""
    for word in re.findall(r"\w+", text):
        alphabets = {unicodedata.name(letter, "").partition(" ")[0] for letter in word if letter.isalpha()}
        if len(alphabets & {"LATIN", "GREEK", "CYRILLIC"}) > 1:
            return word
    return ""


def _is_control(sign: str) -> bool:
    # bidirectional controls (LRM ... PDI) are formats to Unicode, yet they make a name look like another one
    return (
        unicodedata.category(sign) in ("Cc", "Cs", "Zl", "Zp")
        or sign in "\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
    )


@dataclass(frozen=True)
class Choice(Kind):
    """One of a few words."""

    allowed: tuple[str, ...]
    name = "word"

    @property
    def span(self) -> str:  # type: ignore[override]
        """Range, in the documentation."""
        return ", ".join(f"`{word}`" for word in self.allowed)

    def read(self, value: object, path: str, faults: Faults) -> Any:
        """One of the words."""
        if isinstance(value, str) and value in self.allowed:
            return value
        cure = meant(value, self.allowed, "Choose one") if isinstance(value, str) else "Choose one of them."
        return faults.add(path, f"one of {', '.join(self.allowed)}", shown(value), cure)


@dataclass(frozen=True)
class Named(Text):
    """One of a few words or a name that only the market, or the disk, can confirm."""

    allowed: tuple[str, ...] = ()
    otherwise: str = ""

    @property
    def span(self) -> str:  # type: ignore[override]
        """Range, in the documentation."""
        return ", ".join(f"`{word}`" for word in self.allowed) + f" or {self.otherwise}"


@dataclass(frozen=True)
class Day(Kind):
    """A calendar date."""

    name = "date"
    span = "2026-03-02, also as a text"

    def read(self, value: object, path: str, faults: Faults) -> Any:
        """A :class:`datetime.date`."""
        day: object = value
        if isinstance(value, str):
            day = _iso_day(value.strip())
        if isinstance(day, dt.datetime) or not isinstance(day, dt.date):
            return faults.add(path, "a calendar date", shown(value), _day_cure(value))
        if not FIRST_DAY <= day <= LAST_DAY:
            return faults.add(path, f"a date from {FIRST_DAY} to {LAST_DAY}", str(day), "Check the year.")
        return day


def _iso_day(text: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text) if re.fullmatch(r"\d{4}-\d\d-\d\d", text) else None
    except ValueError:
        return None


def _day_cure(value: object) -> str:
    if isinstance(value, dt.datetime):
        return f"Leave the time of day out: {value.date()}."
    match = re.fullmatch(r"(\d{1,2})[./](\d{1,2})[./](\d{4})", value.strip()) if isinstance(value, str) else None
    if match:
        return f"Write year, month, day: {match[3]}-{int(match[2]):02d}-{int(match[1]):02d}."
    return "Write a date that exists as year, month, day: 2026-03-02."


@dataclass(frozen=True)
class Where(Kind):
    """A condition on customers; kept as text once it is known to be readable."""

    name = "condition"
    span = "see below"

    def read(self, value: object, path: str, faults: Faults) -> Any:
        """The text of a readable condition."""
        text = Text(limit=2000).read(value, path, faults)
        if text is FAULTY:
            return FAULTY
        try:
            parse(text)
        except ConditionError as error:
            faults.problems.append(error.problem(faults.file, path))
            return FAULTY
        return text


@dataclass(frozen=True)
class Factors(Kind):
    """A table of numbers under names of one's own, such as channels."""

    number: Number
    name = "table"

    @property
    def span(self) -> str:  # type: ignore[override]
        """Range, in the documentation."""
        return f"channel = {self.number.span}"

    def read(self, value: object, path: str, faults: Faults) -> Any:
        """A dict of floats."""
        if not isinstance(value, Mapping):
            return faults.add(path, "a table of channels", shown(value), "Write for example {email = 1.5}.")
        names = [Text().read(name, printable(f"{path}.{name}"), faults) for name in value]
        read = [self.number.read(factor, printable(f"{path}.{name}"), faults) for name, factor in value.items()]
        if FAULTY in names or FAULTY in read:
            return FAULTY
        return dict(zip(names, read))

    def write(self, value: Any) -> Any:
        """A dict of its own."""
        return dict(value)
