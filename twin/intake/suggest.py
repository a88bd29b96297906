"""Suggestion: which file of an unknown export is which table, and which of its columns which of the contract.

Every guess has a confidence and its reason; what is below :data:`twin.intake.suggest_fit.SURE` is named and not
mapped. A person confirms the draft by using it.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path

from twin.errors import Problem
from twin.intake.fold import fold
from twin.intake.schema import CONTRACT
from twin.intake.suggest_fit import SURE, Fit, chosen, fits_of
from twin.intake.suggest_read import Look, Sheet, is_geometry, read_folder
from twin.intake.suggest_words import EXPORTS, SYNONYMS, TABLES, VISIT_FILES, squeezed

_LEAST = 0.45
_ENOUGH = 5
_COVERED = 0.9
_UNCOVERED = 0.5
_REFERS = {"customer_id": "customers", "rep_id": "reps", "brick_id": "bricks", "brand": "brands"}
_ORDER = ("customers", "reps", "bricks", "brands", "sales", "visits", "market_sales", "campaigns", "prospects")
_PIVOTED = 3


@dataclass(frozen=True)
class JoinGuess:
    """Another file that holds columns which a table lacks."""

    sheet: Sheet
    key: str
    other: str


@dataclass(frozen=True)
class TableGuess:
    """One file as one table of the contract.

    Parameters
    ----------
    table : str
    sheet : Sheet
    confidence : float
    columns : dict of str to Fit
        By column of the contract, below :data:`SURE` too.
    others : dict of str to list of Fit
        All candidates.
    constants : dict of str to str
    joins : tuple of JoinGuess
    looks : dict of str to Look
        Of the file's columns, and of those that joins add.
    named : float
        How surely the file's name says so.
    most : float
        No surer than this, for the file may be another table as well.
    """

    table: str
    sheet: Sheet
    confidence: float
    columns: dict[str, Fit]
    others: dict[str, list[Fit]]
    constants: dict[str, str] = field(default_factory=dict)
    joins: tuple[JoinGuess, ...] = ()
    looks: dict[str, Look] = field(default_factory=dict)
    named: float = 0.0
    most: float = 0.99

    @property
    def pivoted(self) -> bool:
        """Whether months stand side by side where a date should be."""
        return self.table in ("sales", "market_sales") and len(self.sheet.months) >= _PIVOTED

    @property
    def missing(self) -> list[str]:
        """Required columns that are not surely found."""
        day = "period_start" if self.table == "market_sales" else "date"
        made = {day, "volume"} if self.pivoted else set()
        return [
            spec.name for spec in CONTRACT[self.table].required_columns
            if spec.name not in self.constants and spec.name not in made
            and (spec.name not in self.columns or self.columns[spec.name].confidence < SURE)
        ]  # fmt: skip

    @property
    def sure(self) -> bool:
        """Whether the table may be mapped: an optional one needs all that it requires."""
        return self.confidence >= SURE and (CONTRACT[self.table].required or not self.missing)


@dataclass(frozen=True)
class Suggestion:
    """What a folder seems to hold.

    Parameters
    ----------
    export : str
        ``salesforce``, ``veeva``, ``dynamics``, ``hubspot``, ``sap``; empty when it is none of them for sure.
    tables : dict of str to TableGuess
    aside : tuple of Sheet
        Files that are no table.
    problems : tuple of Problem
        Files that could not be read.
    """

    export: str
    tables: dict[str, TableGuess]
    aside: tuple[Sheet, ...]
    problems: tuple[Problem, ...]


def suggest(folder: Path) -> Suggestion:
    """Look at a folder of exported files.

    Raises
    ------
    InputError
        No folder, or nothing in it that can be read.
    """
    found = read_folder(folder)
    guesses = _assigned(found.sheets)
    for table in _ORDER:
        if table in guesses:
            guess = _with_joins(guesses[table], found.sheets)
            guesses[table] = _scored(_with_constants(_referring(guess, guesses)))
    if "customers" in guesses:
        guesses["customers"] = _keyed_as_referred(guesses["customers"], guesses)
        for table in ("sales", "visits", "market_sales"):
            if table in guesses:
                guesses[table] = _scored(_referring(guesses[table], guesses))
    joined = {id(join.sheet) for guess in guesses.values() for join in guess.joins}
    ordered = {
        table: guesses[table] for table in CONTRACT
        if table in guesses and (guesses[table].sure or id(guesses[table].sheet) not in joined)
    }  # fmt: skip
    used = {id(guess.sheet) for guess in ordered.values()} | {
        id(join.sheet) for guess in ordered.values() for join in guess.joins
    }
    aside = tuple(sheet for sheet in found.sheets if id(sheet) not in used)
    return Suggestion(_export(found.sheets), ordered, aside, tuple(found.problems))


def _export(sheets: list[Sheet]) -> str:
    """The system whose marks most column names bear."""
    names = [name for sheet in sheets for name in sheet.raw.columns]
    marks = {system: sum(any(mark in name for name in names) for mark in signs) for system, signs in EXPORTS.items()}
    best = max(marks, key=lambda system: marks[system])
    return best if marks[best] >= (1 if best == "veeva" else 2) else ""


def _assigned(sheets: list[Sheet]) -> dict[str, TableGuess]:
    """One file for each table, and one table for each file, the surest first."""
    guesses = [_guess(sheet, table) for sheet in sheets for table in SYNONYMS if not _wrong_form(sheet, table)]
    guesses.sort(key=lambda guess: -guess.confidence)
    taken: dict[str, TableGuess] = {}
    used: set[int] = set()
    for guess in guesses:
        if guess.confidence >= _LEAST and guess.table not in taken and id(guess.sheet) not in used:
            rival = next((other for other in guesses if other.sheet is guess.sheet and other.table != guess.table
                          and other.table not in taken), None)  # fmt: skip
            if rival is not None and guess.confidence - rival.confidence < 0.03:
                guess = replace(guess, confidence=min(guess.confidence, 0.75), most=0.75)
            taken[guess.table] = guess
            used.add(id(guess.sheet))
    return taken


def _wrong_form(sheet: Sheet, table: str) -> bool:
    return is_geometry(sheet) and table not in ("bricks", "customers", "prospects")


def _guess(sheet: Sheet, table: str) -> TableGuess:
    """How surely one file is one table: by its name, and by the columns that it has."""
    fits = fits_of(sheet, table)
    columns = chosen(fits)
    names = sheet.names
    named = max((weight for weight, words in TABLES[table].items() if names & set(words.split())), default=0.0)
    named = 1.0 if squeezed(table) in names else named
    if not named:  # a word of a longer name: satis_2024, account export
        words = set(fold(sheet.title).split())
        named = max(
            (0.8 * weight for weight, known in TABLES[table].items() if words & set(known.split())), default=0.0
        )
    guess = TableGuess(table, sheet, 0.0, columns, fits, looks=dict(sheet.looks), named=named)
    return _scored(_with_constants(guess))


def _scored(guess: TableGuess) -> TableGuess:
    """The table with how surely it is one, by the file's name and by the columns that were found for it."""
    columns = guess.columns
    needed = [spec.name for spec in CONTRACT[guess.table].required_columns if spec.name not in guess.constants]
    if guess.pivoted:
        needed = [name for name in needed if name not in ("date", "period_start", "volume")]
    have = [columns[name].confidence if name in columns else 0.0 for name in needed]
    required = sum(have) / max(len(have), 1)
    listed = [fit for name, fit in columns.items() if name not in needed and fit.confidence >= SURE]
    more = min(len(listed), 3) / 3.0
    by_columns = required * (0.75 + 0.25 * more)
    confidence = 1.0 - (1.0 - 0.65 * guess.named) * (1.0 - 0.9 * by_columns)
    return replace(guess, confidence=round(min(confidence, guess.most), 2))


def _with_constants(guess: TableGuess) -> TableGuess:
    """The channel of contacts whose file says that they were all of one sort."""
    if guess.table != "visits" or ("channel" in guess.columns and guess.columns["channel"].confidence >= SURE):
        return guess
    channel = next((channel for channel, words in VISIT_FILES.items() if guess.sheet.names & set(words.split())), None)
    return replace(guess, constants={"channel": channel}) if channel and "channel" not in guess.columns else guess


def _with_joins(guess: TableGuess, sheets: list[Sheet]) -> TableGuess:
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


def _referring(guess: TableGuess, guesses: dict[str, TableGuess]) -> TableGuess:
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


def _keyed_as_referred(customers: TableGuess, guesses: dict[str, TableGuess]) -> TableGuess:
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
