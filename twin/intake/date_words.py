"""Date words: names of months in Turkish and English, and months that stand in a header.

Knows spellings only.
"""

from __future__ import annotations

import re

from twin.intake.fold import fold

_NAMES = (
    ("ocak", "january"), ("subat", "february"), ("mart", "march"), ("nisan", "april"), ("mayis", "may"),
    ("haziran", "june"), ("temmuz", "july"), ("agustos", "august"), ("eylul", "september"), ("ekim", "october"),
    ("kasim", "november"), ("aralik", "december"),
)  # fmt: skip

MONTHS: dict[str, int] = {
    spelling: number
    for number, names in enumerate(_NAMES, start=1)
    for name in names
    for spelling in (name, name[:3], name[:4])
} | {"sept": 9}
"""Folded names and abbreviations of the months to their numbers."""

_WORD = re.compile(r"([a-z]{3,9}) ?(\d{4}|\d{2})?")
_YEAR_FIRST = re.compile(r"(\d{4}) ?([a-z]{3,9})")
_FIGURES = re.compile(
    r"(?:(\d{4})[-./ ]?(0?[1-9]|1[0-2])|(0?[1-9]|1[0-2])[-./ ](\d{4}))(?:[-./ ]0?1)?(?:T? ?00:00:00)?"
)
_FULL = re.compile(r"0?1[./](0?[1-9]|1[0-2])[./](\d{4})")


def month_of(header: str, year: int | None = None) -> str | None:
    """First day of the month that a header names (``2024-01-01``); ``None`` when it names none.

    Parameters
    ----------
    header : str
        ``Ocak 2024``, ``Jan-24``, ``2024-01``, ``01.2024``, ``01.01.2024``; with ``year`` also ``Ocak``.
    year : int, optional
        Of a header without one.
    """
    text = header.strip()
    full = _FULL.fullmatch(text)
    if full:
        return f"{int(full[2]):04d}-{int(full[1]):02d}-01"
    figures = _FIGURES.fullmatch(text)
    if figures:
        return f"{int(figures[1] or figures[4]):04d}-{int(figures[2] or figures[3]):02d}-01"
    folded = fold(text)
    word, first = _WORD.fullmatch(folded), _YEAR_FIRST.fullmatch(folded)
    name, found = (word[1], word[2]) if word else (first[2], first[1]) if first else ("", None)
    if name not in MONTHS or (found is None and year is None):
        return None
    number = int(found) if found else int(year or 0)
    return f"{number + 2000 if number < 100 else number:04d}-{MONTHS[name]:02d}-01"
