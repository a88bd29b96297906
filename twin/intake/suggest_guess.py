"""Suggestion's guess: one file of an export as one table of the contract. Looks at no value."""

from __future__ import annotations

from dataclasses import dataclass, field

from twin.intake.schema import CONTRACT
from twin.intake.suggest_fit import SURE, Fit
from twin.intake.suggest_read import Look, Sheet

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
