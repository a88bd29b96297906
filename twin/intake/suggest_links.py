"""Suggestion's links: what the values of several files say together: joins, references, and which key is named.

Knows sets of values; no row.
"""

from __future__ import annotations

from dataclasses import replace

from twin.intake.schema import CONTRACT
from twin.intake.suggest_fit import SURE, Fit, chosen, fits_of
from twin.intake.suggest_guess import JoinGuess, TableGuess
from twin.intake.suggest_read import Sheet
from twin.intake.suggest_words import SYNONYMS, squeezed

_ENOUGH = 5
_COVERED = 0.9
_UNCOVERED = 0.5
_REFERS = {"customer_id": "customers", "rep_id": "reps", "brick_id": "bricks", "brand": "brands"}


def with_joins(guess: TableGuess, sheets: list[Sheet]) -> TableGuess:
    """Add the file that holds the required columns which this one lacks, where a key leads to it."""
    for _ in range(2):
        lacking = guess.missing
        if not lacking:
            return guess
        found = _join(guess, sheets, lacking)
        if found is None:
            return guess
        join, more = found
        here = {squeezed(name) for name in guess.looks}
        looks = {name: look for name, look in join.sheet.looks.items() if squeezed(name) not in here}
        columns = dict(guess.columns)
        for column, fit in more.items():
            columns[column] = replace(fit, why=f"{fit.why}, in {join.sheet.title}")
        guess = replace(guess, joins=(*guess.joins, join), columns=columns, looks={**guess.looks, **looks})
    return guess


def _join(guess: TableGuess, sheets: list[Sheet], lacking: list[str]) -> tuple[JoinGuess, dict[str, Fit]] | None:
    taken = {id(guess.sheet)} | {id(join.sheet) for join in guess.joins}
    here = {squeezed(name) for name in guess.looks}
    best: tuple[int, JoinGuess, dict[str, Fit]] | None = None
    for sheet in sheets:
        if id(sheet) in taken:
            continue
        fits = chosen(fits_of(sheet, guess.table))
        more = {column: fits[column] for column in lacking if column in fits and fits[column].confidence >= SURE
                and squeezed(fits[column].name) not in here}  # fmt: skip
        pair = _key_between(guess, sheet) if more else None
        if pair and (best is None or len(more) > best[0]):
            best = (len(more), JoinGuess(sheet, *pair), more)
    return None if best is None else best[1:]


def _key_between(guess: TableGuess, sheet: Sheet) -> tuple[str, str] | None:
    """A column of the table all of whose values are keys of another file, and that file's key."""
    for other in sheet.looks.values():
        if not other.unique or other.filled < 1.0 or other.fractions:
            continue
        for own in guess.looks.values():
            alike = squeezed(own.name) == squeezed(other.name) or (
                squeezed(other.name) in ("id", "no", "kod")
                and squeezed(own.name) == f"{sheet.bare}{squeezed(other.name)}"
            )
            if alike and len(own.distinct) >= _ENOUGH and own.distinct <= other.distinct:
                return own.name, other.name
    return None


def referring(guess: TableGuess, guesses: dict[str, TableGuess]) -> TableGuess:
    """Columns that name customers, reps, bricks or brands, weighed by whether their lists have the names."""
    columns = dict(guess.columns)
    for column, list_name in _REFERS.items():
        if list_name not in guesses or list_name == guess.table or column not in SYNONYMS[guess.table]:
            continue
        key = guesses[list_name].columns.get(CONTRACT[list_name].key or "")
        listed = guesses[list_name].looks[key.name].distinct if key else frozenset()
        if len(listed) < _ENOUGH or guesses[list_name].confidence < SURE:
            continue
        columns = _weighed(columns, guess, column, list_name, listed)
    return replace(guess, columns=columns)


def _weighed(
    columns: dict[str, Fit], guess: TableGuess, column: str, list_name: str, listed: frozenset[str]
) -> dict[str, Fit]:  # fmt: skip
    used = {fit.name for name, fit in columns.items() if name != column and fit.confidence >= SURE}
    named = {fit.name: fit for fit in guess.others.get(column, [])}
    if column in columns:
        named.setdefault(columns[column].name, columns[column])
    best: tuple[float, Fit] | None = None
    for name, look in guess.looks.items():
        share = len(look.distinct & listed) / max(len(look.distinct), 1)
        if name in used or len(look.distinct) < _ENOUGH or share < _COVERED:
            continue
        weight = (
            0.9 + 0.09 * named[name].confidence
            if name in named
            else 0.82
            if share == 1.0 and not look.fractions
            else 0.6
        )
        if best is None or weight > best[0]:
            why = f"{share:.0%} of its values are listed in {list_name}"
            best = (weight, Fit(column, name, round(weight, 2), why))
    if best is not None:
        return {**columns, column: best[1]}
    if column in columns:
        own = guess.looks.get(columns[column].name)
        share = len(own.distinct & listed) / max(len(own.distinct), 1) if own else 0.0
        if share < _UNCOVERED:
            fit = columns[column]
            why = f"{fit.why}; only {share:.0%} of its values are listed in {list_name}"
            return {**columns, column: replace(fit, confidence=min(fit.confidence, 0.6), why=why)}
    return columns


def keyed_as_referred(customers: TableGuess, guesses: dict[str, TableGuess]) -> TableGuess:
    """The customers' own key is the one that sales and visits name, where several columns could be it."""
    ranked = []
    for fit in customers.others.get("customer_id", []):
        look = customers.looks[fit.name]
        if not look.unique or look.filled < 1.0:
            continue
        uses = [
            max((len(other.distinct & look.distinct) / max(len(other.distinct), 1)
                 for other in guesses[table].looks.values() if len(other.distinct) >= _ENOUGH), default=0.0)
            for table in ("sales", "visits", "market_sales") if table in guesses
        ]  # fmt: skip
        ranked.append((max(uses, default=0.0), fit.confidence, fit))
    ranked.sort(key=lambda item: (-item[0], -item[1]))
    if not ranked or ranked[0][0] < _COVERED or (len(ranked) > 1 and ranked[0][0] - ranked[1][0] < 0.2):
        return customers
    fit = replace(ranked[0][2], confidence=0.97, why="every row has its own, and sales or visits name them")
    columns = {
        name: other for name, other in customers.columns.items() if other.name != fit.name or name == "customer_id"
    }
    return replace(customers, columns={**columns, "customer_id": fit})
