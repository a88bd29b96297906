"""Suggestion: which file of an unknown export is which table, and which of its columns which of the contract.

Every guess has a confidence and its reason; what is below :data:`twin.intake.suggest_fit.SURE` is named and not
mapped. A person confirms the draft by using it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from twin.errors import Problem
from twin.intake.fold import fold
from twin.intake.schema import CONTRACT
from twin.intake.suggest_fit import SURE, chosen, fits_of
from twin.intake.suggest_guess import TableGuess
from twin.intake.suggest_links import keyed_as_referred, referring, with_joins
from twin.intake.suggest_read import Sheet, is_geometry, read_folder
from twin.intake.suggest_words import EXPORTS, SYNONYMS, TABLES, VISIT_FILES, squeezed

_LEAST = 0.45
_ORDER = ("customers", "reps", "bricks", "brands", "sales", "visits", "market_sales", "campaigns", "prospects")


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
            guess = with_joins(guesses[table], found.sheets)
            guesses[table] = _scored(_with_constants(referring(guess, guesses)))
    if "customers" in guesses:
        guesses["customers"] = keyed_as_referred(guesses["customers"], guesses)
        for table in ("sales", "visits", "market_sales"):
            if table in guesses:
                guesses[table] = _scored(referring(guesses[table], guesses))
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
