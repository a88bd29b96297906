"""Ids: words that name one thing each, and what may not stand in them.

Ids stay text. Knows no table; which ids must exist is in :mod:`twin.intake.check`.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray
from pyarrow import compute as pc

from twin.intake.fold import each

_ROUNDED = r"^\d(?:[.,]\d+)?[eE]\+\d+$"
_INVISIBLE = r"[\x00-\x1f\x{00AD}\x{200B}-\x{200F}\x{202A}-\x{202E}\x{2060}-\x{2069}\x{FEFF}]"
# letters of Cyrillic and Greek that look like Latin ones
_ALIKE = "АВЕЅІЈКМНОРСТУХаеіјорсухѕΑΒΕΖΗΙΚΜΝΟΡΤΥΧο"
_TWO_SCRIPTS = rf"\p{{Latin}}\S*[{_ALIKE}]|[{_ALIKE}]\S*\p{{Latin}}"
_TURKISH_LOWER = str.maketrans("İIı", "iii")


def read_ids(words: pa.Array) -> tuple[NDArray[np.bool_], str, str]:
    """Which of the distinct ids of a column cannot be trusted, what was expected, and the cure."""
    rounded = _which(words, _ROUNDED)
    if rounded.any():
        cure = "A spreadsheet rounded the id: format the column as text there, and export again."
        return rounded, "an id with all its figures", cure
    invisible = _which(words, _INVISIBLE)
    if invisible.any():
        return invisible, "an id of visible characters", "Remove the invisible character."
    alike = _which(words, f"[{_ALIKE}]")
    if alike.any():
        latin = _which(words, r"\p{Latin}")
        alien = _which(words, r"[\p{Cyrillic}\p{Greek}]") & ~_which(words, rf"[^\P{{Cyrillic}}{_ALIKE}]")
        bad = _which(words, _TWO_SCRIPTS) | (alike & alien & ~latin & bool(latin.any()))
        return bad, "ids in the letters of one alphabet", "Retype the id: some letters only look like Latin ones."
    return alike, "an id", "Correct the id."


def case_of(name: str) -> str:
    """Form in which ids are equal that differ in letter case only; the Turkish letters İ, I, ı and i are one."""
    return name.translate(_TURKISH_LOWER).casefold()


def differ_in_case(ids: pd.Series) -> tuple[NDArray[np.bool_], NDArray[np.int64]]:
    """Rows whose id equals an earlier one in all but letter case, and the row of that earlier one."""
    texts = ids.fillna("").astype(object).to_numpy()
    folded, exact = pd.factorize(each(case_of, texts))[0], pd.factorize(texts)[0]
    first = pd.Series(np.arange(len(texts))).groupby(folded).transform("first").to_numpy()
    return (exact != exact[first]) & (texts != ""), first


def _which(words: pa.Array, pattern: str) -> NDArray[np.bool_]:
    return pc.match_substring_regex(words, pattern).to_numpy(zero_copy_only=False)
