"""Words: how alike two names look, so that a message can name the one that was meant.

Knows no grammar and no market.
"""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Iterable

_LONGEST = 120
_MOST = 2000


def fold(word: str) -> str:
    """A word without case, marks of composition and the dot that tells Turkish i from ı."""
    return unicodedata.normalize("NFKC", word).casefold().replace("\u0307", "").replace("ı", "i").strip()


def nearest(word: str, words: Iterable[str], cutoff: float = 0.5) -> str | None:
    """The word that looks most like ``word``, or ``None`` when none looks like it.

    Parameters
    ----------
    word : str
        Only its first letters count when it is very long.
    words : iterable of str
    cutoff : float
        0 names one of ``words`` however little it looks like it, 1 only the same word.
    """
    by_fold = {fold(known): known for known in sorted(words, reverse=True)}
    match = difflib.get_close_matches(fold(word[:_LONGEST]), by_fold, n=1, cutoff=cutoff)
    return by_fold[match[0]] if match else None


def meant(word: str, words: Iterable[str], what: str = "Known") -> str:
    """What a message says to somebody who wrote ``word``: the nearest name, or else all of them."""
    words = sorted(words)
    # among thousands of ids none is the one that was meant, and looking for it takes long
    like = nearest(word, words) if len(words) <= _MOST else None
    if like is not None:
        return f"Did you mean {like!r}?"
    if not words:
        return "Take it out."
    more = f" and {len(words) - 12} more" if len(words) > 12 else ""
    return f"{what}: {', '.join(words[:12])}{more}."


def shown(value: object) -> str:
    """A found value as a message shows it: one line, not too long."""
    if isinstance(value, bool):
        text = str(value).lower()
    elif isinstance(value, dict):
        text = "a table"
    elif isinstance(value, list | tuple):
        text = "a list"
    else:
        try:
            text = repr(value) if isinstance(value, str) else str(value)
        except ValueError:  # Python refuses to write out integers of thousands of digits
            text = "a number of thousands of digits"
    return text if len(text) <= 80 else text[:77] + "..."


def printable(place: str) -> str:
    """A key path as a message shows it: one line, not too long."""
    place = "".join(sign if sign.isprintable() else "?" for sign in place)
    return place if len(place) <= 200 else place[:197] + "..."
