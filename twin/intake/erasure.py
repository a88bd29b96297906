"""Erasure: whose name was taken out of the workspace, and what is left of him in a table.

An erased person keeps a number, the one of which the keyed draws are made, so that sums and simulated weeks stay as
they were. His rows of sales and visits stay under it; name, place, contacts and free text go.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from twin.draws import identity
from twin.errors import Problem
from twin.intake.codes import renamed
from twin.intake.schema import CONSENT, CONTRACT, ERASED, PARTIES
from twin.intake.tables import Table

ID_COLUMNS = ("customer_id", "prospect_id", "panel_id", "id_a", "id_b", "stands_as", "id")
"""Columns that name people."""
KEPT = ("status", "known_since", "left_on", "left_reason", "brick_id", "territory_id")
"""Columns of our list, beside its id, that stay: without them sums by place and time would change."""
_DIGITS = 16


def numbers(ids: ArrayLike) -> list[str]:
    """What stands for people once they are erased: one text for each id; an erased one keeps its own."""
    words = np.asarray(ids, dtype=str)
    return [word if is_number(word) else f"{ERASED}{int(entity):0{_DIGITS}x}"
            for word, entity in zip(words.tolist(), identity(words, "customer"), strict=True)]  # fmt: skip


def is_number(word: str) -> bool:
    """Whether an id stands for an erased person."""
    return word.startswith(ERASED) and len(word) == len(ERASED) + _DIGITS


def entities(ids: NDArray[np.str_]) -> NDArray[np.uint64]:
    """Number behind each id for keyed draws: (c,) uint64; an erased person keeps the one that he had."""
    found = identity(ids, "customer")
    erased = np.flatnonzero(np.char.startswith(ids, ERASED)) if len(ids) else np.array([], dtype=int)
    digits = [word.removeprefix(ERASED) if is_number(word) else "" for word in ids[erased].tolist()]
    own = [(place, int(word, 16)) for place, word in zip(erased.tolist(), digits, strict=True) if _hexadecimal(word)]
    for place, value in own:
        found[place] = np.uint64(value)
    return found


def _hexadecimal(word: str) -> bool:
    return len(word) == _DIGITS and all(letter in "0123456789abcdef" for letter in word)


def anonymous(
    tables: Mapping[str, Table], erased: Collection[str], when: Mapping[str, str] | None = None
) -> tuple[dict[str, Table], list[Problem]]:
    """Tables in which people who were erased before are nameless again, and a warning for each table that names them.

    Parameters
    ----------
    tables : mapping of str to Table
    erased : collection of str
        See :func:`numbers`.
    when : mapping of str to str, optional
        Number to the day of the erasure.
    """
    if not erased:
        return dict(tables), []
    found, warnings = {}, []
    for name, table in tables.items():
        columns = [spec for spec in ID_COLUMNS if spec in table.frame]
        frame, hit = table.frame, np.zeros(len(table.frame), dtype=bool)
        for spec in columns:
            people = pd.unique(table.frame[spec].dropna())
            new = {old: number for old, number in zip(people, numbers(people), strict=True)
                   if number in erased and old != number}  # fmt: skip
            if new:
                hit |= table.frame[spec].isin(list(new)).to_numpy()
                frame = frame.assign(**{spec: renamed(frame[spec], new)})
        if hit.any():
            if name in PARTIES:
                frame = nameless(frame, hit)
            warnings.append(_again(table, int(np.argmax(hit)), int(hit.sum())))
        found[name] = replace(table, frame=frame) if hit.any() else table
    return found, warnings


def _again(table: Table, row: int, count: int) -> Problem:
    expected, found = "nobody who was erased", "a person who was erased from this workspace"
    cure = "Take him out of the export too; his rows count without name and place."
    return Problem(table.file, "customer_id", expected, found, cure, row=table.line_of(row) or None, count=count)


def nameless(frame: pd.DataFrame, rows: NDArray[np.bool_], kept: Sequence[str] = KEPT) -> pd.DataFrame:
    """A list of people in which some rows keep only what sums need, and consent to nothing.

    Attributes that group people stay; free text, names, coordinates, wishes and hours go.
    """
    contract = {spec.name for name in PARTIES for spec in CONTRACT[name].columns}
    columns = {}
    for name, values in frame.items():
        word = str(name)
        if word in ID_COLUMNS or word in kept:
            continue
        if word.startswith(CONSENT):
            columns[word] = values.astype("boolean").mask(rows, other=False)
        elif word in contract or _tells_apart(values):
            columns[word] = values.mask(rows)
    return frame.assign(**columns)


def _tells_apart(values: pd.Series) -> bool:
    """Whether a text column can single a person out: a value that few bear."""
    if not pd.api.types.is_string_dtype(values.dtype):
        return False
    distinct = values.nunique()
    return bool(distinct > 0.05 * max(int(values.notna().sum()), 1) and distinct > 20)
