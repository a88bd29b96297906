"""Fold: spellings of one word brought to one form, Turkish letters included.

Knows letters and the words that outlets put around their name; not which outlets are the same, see
:mod:`twin.intake.identity`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from rapidfuzz import fuzz, process

# Python's lower() makes two characters of İ and leaves ı apart from i, so the letters are folded before lower().
_LETTERS = str.maketrans("İIıŞşĞğÜüÖöÇçÂâÎîÛû", "iiissgguuooccaaiiuu")
_APOSTROPHES = re.compile(r"['’`´.]")
_NOT_WORD = re.compile(r"[^0-9a-z]+")

# Words that say what sort of outlet or company it is, not which one; abbreviations are brought to the word first.
_ABBREVIATIONS = {
    "ecz": "eczane", "eczanesi": "eczane", "mrkt": "market", "mrk": "market", "mark": "market", "marketi": "market",
    "supermarket": "market", "supermarketi": "market", "smrk": "market", "smarket": "market", "minimarket": "market",
    "bufesi": "bufe", "bf": "bufe", "bakkali": "bakkal", "bakkaliye": "bakkal", "bakkaliyesi": "bakkal",
    "bakk": "bakkal", "bak": "bakkal", "bkl": "bakkal", "hast": "hastane", "hastanesi": "hastane", "oteli": "otel",
    "restorani": "restoran", "restaurant": "restoran", "lokantasi": "restoran", "kafesi": "cafe", "kafe": "cafe",
    "sti": "ltd", "sirketi": "ltd", "limited": "ltd", "ticaret": "tic", "sanayi": "san", "gida": "gid", "gda": "gid",
    "incorporated": "inc", "company": "co", "doktor": "dr", "saint": "st", "no": "", "and": "", "ve": "", "the": "",
    "mah": "mahalle", "mahallesi": "mahalle", "cad": "cadde", "caddesi": "cadde", "sb": "sube", "subesi": "sube",
}  # fmt: skip
_LEGAL = frozenset(["ltd", "tic", "san", "gid", "as", "inc", "llc", "co", "corp", "pazarlama", "paz", "dr", "uzm"])
_SORTS = frozenset(["eczane", "market", "bufe", "bakkal", "hastane", "restoran", "cafe", "otel"])
# misspelt common words are still common words; short ones are too easily something else
_MISSPELT = [word for word in (*_ABBREVIATIONS, *_SORTS) if len(word) >= 5]
_MISSPELT_SCORE = 85.0


@lru_cache(maxsize=1 << 16)
def _common(word: str) -> str:
    """The common word that this one abbreviates or misspells; else the word itself."""
    if word in _ABBREVIATIONS or word in _SORTS or len(word) < 5 or word.isdigit():
        return _ABBREVIATIONS.get(word, word)
    meant = process.extractOne(word, _MISSPELT, scorer=fuzz.ratio, score_cutoff=_MISSPELT_SCORE)
    return word if meant is None else _ABBREVIATIONS.get(meant[0], meant[0])


def fold(text: str) -> str:
    """Lower-case ASCII words with single spaces: ``"ÇİĞDEM Ecz."`` becomes ``"cigdem ecz"``."""
    if text.isascii():
        plain = text.lower()
        if plain.replace(" ", "").isalnum():  # most of a million names need no more
            return " ".join(plain.split())
    else:
        plain = unicodedata.normalize("NFKD", text.translate(_LETTERS))
        plain = "".join(letter for letter in plain if not unicodedata.combining(letter)).lower()
    return _NOT_WORD.sub(" ", _APOSTROPHES.sub("", plain)).strip()


def header(text: str) -> str:
    """Form in which two column names are compared: ``"Müşteri Kodu"`` becomes ``"musteri_kodu"``."""
    return fold(text).replace(" ", "_")


def squeezed_header(text: str) -> str:
    """Form in which a line is asked whether it holds column names: ``"Customer ID"`` becomes ``"customerid"``."""
    return fold(text).replace(" ", "")


def outlet(text: str) -> tuple[str, str]:
    """Distinctive words of an outlet's name, all its words when none is distinctive; and what sort of outlet it is.

    The sort (``eczane``, ``market``) is empty when the name does not say.
    """
    words = [common for word in fold(text).split() if (common := _common(word))]
    telling = [word for word in words if word not in _LEGAL and word not in _SORTS]
    sort = next((word for word in words if word in _SORTS), "") if len(telling) < len(words) else ""
    return " ".join(telling or words), sort


def outlet_name(text: str) -> str:
    """Distinctive words of an outlet's name, see :func:`outlet`."""
    return outlet(text)[0]


def outlet_sort(text: str) -> str:
    """What sort of outlet the name says it is, see :func:`outlet`."""
    return outlet(text)[1]


def each(folding: Callable[[str], str], names: Iterable[str]) -> NDArray[np.object_]:
    """One folding of many names; each spelling is folded once."""
    codes, distinct = pd.factorize(_objects(names))
    return _objects(folding(name) for name in distinct)[codes]


def each_outlet(names: Iterable[str]) -> tuple[NDArray[np.object_], NDArray[np.object_]]:
    """Distinctive words and sorts of many outlets; each spelling is folded once."""
    codes, distinct = pd.factorize(_objects(names))
    found = [outlet(name) for name in distinct]
    return _objects(name for name, _ in found)[codes], _objects(sort for _, sort in found)[codes]


def _objects(words: Iterable[str]) -> NDArray[np.object_]:
    words = list(words)
    made = np.empty(len(words), dtype=object)
    made[:] = words
    return made


def nearest(word: str, known: Sequence[str], at_least: float = 65.0) -> str | None:
    """The known word that looks most like ``word``; ``None`` when none does."""
    found = process.extractOne(word, known, scorer=fuzz.ratio, processor=header, score_cutoff=at_least)
    return None if found is None else str(found[0])


def did_you_mean(word: str, known: Sequence[str]) -> str:
    """`` Did you mean 'x'?`` with its leading space, or nothing."""
    found = nearest(word, known)
    return "" if found is None else f" Did you mean '{found}'?"
