"""Suggestion's fit: how surely one column of a file is one column of the contract.

A name says what a column should be, its values whether it can be. Knows one file at a time.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from rapidfuzz import fuzz, process

from twin.intake.fold import fold
from twin.intake.schema import CONTRACT
from twin.intake.suggest_read import Look, Sheet
from twin.intake.suggest_words import CHANNELS, OPTED_OUT, STATUSES, SYNONYMS, meant, squeezed, weights

SURE = 0.8
"""Below this a column is not mapped, only named as a candidate."""
_NEAR = 88.0
_LONG = 5
_CLOSE = 0.03
_READS = 0.98
_FEW = 40
_BEST = 0.99
_PART = re.compile(r"\s*[:>/]\s+|\s+-\s+|\.(?=\w)")


@dataclass(frozen=True)
class Fit:
    """One column of a file as a candidate for one column of the contract.

    Parameters
    ----------
    column : str
        Of the contract.
    name : str
        In the file.
    confidence : float
        0 to 1.
    why : str
    """

    column: str
    name: str
    confidence: float
    why: str


def fits_of(sheet: Sheet, table: str) -> dict[str, list[Fit]]:
    """Candidates for every column of one table, the surest first; none that is hopeless."""
    found: dict[str, list[Fit]] = {}
    for column in (*SYNONYMS[table], *_refusals(table)):
        fits = [_fit(table, column, look) for look in sheet.looks.values()]
        kept = sorted((fit for fit in fits if fit is not None), key=lambda fit: -fit.confidence)
        if kept:
            found[column] = kept
    return found


def _refusals(table: str) -> tuple[str, ...]:
    return () if table != "customers" else tuple(dict.fromkeys(OPTED_OUT.values()))


def _fit(table: str, column: str, look: Look) -> Fit | None:
    weight, why = _named(table, column, look.name)
    if weight <= 0.0 or look.filled == 0.0:
        return None
    factor, values = _valued(table, column, look)
    confidence = min(weight * factor, _BEST)
    return Fit(column, look.name, round(confidence, 2), f"{why}; {values}" if values else why)


def _named(table: str, column: str, name: str) -> tuple[float, str]:
    """How surely a name means the column, and why."""
    known = weights(table, column) if column in SYNONYMS[table] else {}
    plain = squeezed(name)
    if plain in known:
        return known[plain], "its name says so" if known[plain] >= SURE else "other things bear the name too"
    if OPTED_OUT.get(plain) == column and table == "customers":
        return 0.95, "its name says the contrary of a consent"
    words = fold(name).split()
    if (
        column in ("lon", "lat")
        and len(words) > 1
        and known.get(words[-1], known.get(words[-1].rstrip("i"), 0.0)) >= 1.0
    ):
        return 0.9, "the last word of its name says so"
    last = squeezed(_PART.split(name.strip())[-1])
    if last in known and last != plain and known[last] >= SURE:
        return known[last] * 0.97, "the last part of its name says so"
    near = process.extractOne(plain, [word for word in known if len(word) >= _LONG], scorer=fuzz.ratio,
                              score_cutoff=_NEAR) if len(plain) >= _LONG else None  # fmt: skip
    if near is None:
        return 0.0, ""
    return known[near[0]] * near[1] / 100.0 * 0.88, f"its name is close to {near[0]!r}"


def _valued(table: str, column: str, look: Look) -> tuple[float, str]:
    """What the values say: a factor to the name's weight, and the words for it."""
    contract = CONTRACT[table]
    spec = contract.column(column)
    kind = spec.kind if spec else "text"
    if kind == "date":
        return (1.0, "all dates") if look.date >= _READS else (0.35, "its values are no dates")
    if kind == "number":
        return _as_number(column, look)
    if kind == "flag":
        words = {squeezed(word) for word in look.distinct}
        fits = words <= {
            "true",
            "false",
            "1",
            "0",
            "yes",
            "no",
            "evet",
            "hayir",
            "e",
            "h",
            "y",
            "n",
            "allow",
            "donotallow",
        }
        return (1.0, "yes and no only") if fits else (0.5, "more than yes and no")
    if column == contract.key:
        if look.unique and look.filled == 1.0:
            return 1.15, "every row has its own"
        return (0.45, "values repeat") if not look.unique else (0.6, "rows without one")
    if column in ("channel", "status", "prefers_channel"):
        return _as_word(CHANNELS if column != "status" else STATUSES, look)
    if column == "name":
        return (1.0, "") if look.number < 0.5 and look.date < 0.5 else (0.4, "its values are figures")
    if kind == "id" and look.date >= _READS and look.number < _READS:
        return 0.35, "its values are dates"
    return (1.0, "") if look.filled >= 0.5 else (0.8, "mostly empty")


def _as_number(column: str, look: Look) -> tuple[float, str]:
    if look.number < _READS:
        return 0.35, "its values are no numbers"
    bound = {"lon": 180.0, "home_lon": 180.0, "lat": 90.0, "home_lat": 90.0}.get(column)
    if bound is None:
        return 1.0, "all numbers"
    if max(abs(look.low), abs(look.high)) > bound:
        return 0.6, "numbers beyond any degree: another coordinate system, which crs states"
    return (1.0, "all degrees") if look.fractions else (0.7, "whole numbers")


def _as_word(lists: dict[str, str], look: Look) -> tuple[float, str]:
    if len(look.distinct) > _FEW:
        return 0.35, f"{len(look.distinct)} different words"
    known = sum(meant(word, lists) is not None for word in look.distinct)
    share = known / max(len(look.distinct), 1)
    if share == 1.0 and len(look.distinct) == 1:
        return 0.95, "one word throughout"
    if share == 1.0:
        return 1.1, "all its words are known"
    return (0.9, f"{known} of {len(look.distinct)} words known") if share >= 0.5 else (0.6, "its words are not known")


def chosen(fits: dict[str, list[Fit]]) -> dict[str, Fit]:
    """One column of the file for each of the contract, no column twice; a draw is no choice."""
    taken: dict[str, Fit] = {}
    used: set[str] = set()
    ranked = sorted((fit for found in fits.values() for fit in found), key=lambda fit: -fit.confidence)
    for fit in ranked:
        if fit.column in taken or fit.name in used:
            continue
        rivals = [other for other in fits[fit.column] if other.name not in used and other.name != fit.name]
        if rivals and fit.confidence - rivals[0].confidence < _CLOSE and fit.confidence >= SURE:
            why = f"{rivals[0].name!r} fits as well"
            fit = Fit(fit.column, fit.name, 0.72, f"{fit.why}; {why}")
        taken[fit.column] = fit
        used.add(fit.name)
    return taken
