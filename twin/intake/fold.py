"""Fold: spellings of one word brought to one form, Turkish letters included.

Knows letters and the words that outlets put around their name; not which outlets are the same, see
:mod:`twin.intake.identity`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import fuzz, process

# Python's lower() makes two characters of İ and leaves ı apart from i, so the letters are folded before lower().
_LETTERS = str.maketrans("İIıŞşĞğÜüÖöÇçÂâÎîÛû", "iiissgguuooccaaiiuu")
_APOSTROPHES = re.compile(r"['’`´.]")
_NOT_WORD = re.compile(r"[^0-9a-z]+")

# Words that say what sort of outlet or company it is, not which one; abbreviations are brought to the word first.
_ABBREVIATIONS = {
    "ecz": "eczane", "eczanesi": "eczane", "mrkt": "market", "mark": "market", "marketi": "market", "sti": "ltd",
    "sirketi": "ltd", "limited": "ltd", "ticaret": "tic", "sanayi": "san", "gida": "gid", "hast": "hastane",
    "hastanesi": "hastane", "no": "", "and": "", "ve": "", "the": "", "incorporated": "inc", "company": "co",
    "mah": "mahalle", "mahallesi": "mahalle", "cad": "cadde", "caddesi": "cadde", "doktor": "dr", "saint": "st",
}  # fmt: skip
_LEGAL = frozenset(["ltd", "tic", "san", "gid", "as", "inc", "llc", "co", "corp", "pazarlama", "paz", "dr", "uzm"])
_SORTS = frozenset(["eczane", "market", "bufe", "bakkal", "hastane", "restoran", "cafe", "otel", "kafe"])


def fold(text: str) -> str:
    """Lower-case ASCII words with single spaces: ``"ÇİĞDEM Ecz."`` becomes ``"cigdem ecz"``."""
    plain = unicodedata.normalize("NFKD", text.translate(_LETTERS))
    plain = "".join(letter for letter in plain if not unicodedata.combining(letter)).lower()
    return _NOT_WORD.sub(" ", _APOSTROPHES.sub("", plain)).strip()


def header(text: str) -> str:
    """Form in which two column names are compared: ``"Müşteri Kodu"`` becomes ``"musteri_kodu"``."""
    return fold(text).replace(" ", "_")


def outlet_name(text: str) -> str:
    """Distinctive words of an outlet's name; all its words when none is distinctive."""
    words = [_ABBREVIATIONS.get(word, word) for word in fold(text).split()]
    words = [word for word in words if word]
    telling = [word for word in words if word not in _LEGAL and word not in _SORTS]
    return " ".join(telling or words)


def outlet_sort(text: str) -> str:
    """What sort of outlet the name says it is (``eczane``, ``market``); empty when it does not say."""
    words = (_ABBREVIATIONS.get(word, word) for word in fold(text).split())
    return next((word for word in words if word in _SORTS), "")


def each(folding: Callable[[str], str], names: Iterable[str]) -> NDArray[np.object_]:
    """One folding of many names; each spelling is folded once."""
    names = list(names)
    folded = {name: folding(name) for name in dict.fromkeys(names)}
    return np.array([folded[name] for name in names], dtype=object)


def nearest(word: str, known: Sequence[str], at_least: float = 65.0) -> str | None:
    """The known word that looks most like ``word``; ``None`` when none does."""
    found = process.extractOne(word, known, scorer=fuzz.ratio, processor=header, score_cutoff=at_least)
    return None if found is None else str(found[0])


def did_you_mean(word: str, known: Sequence[str]) -> str:
    """`` Did you mean 'x'?`` with its leading space, or nothing."""
    found = nearest(word, known)
    return "" if found is None else f" Did you mean '{found}'?"
