"""Assumed: what was read off a file because nobody stated it, and the key of the mapping that overrules it.

Knows no file; the readers fill it in.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray


class Note(NamedTuple):
    """What a reader of words found out: the mapping's key, its value, what says so, and whether it is the usual."""

    key: str
    value: str
    because: str
    plain: bool = False


class Parsed(NamedTuple):
    """Distinct words of one column, read as one kind.

    ``values`` are (n,) of the kind, ``bad`` (n,) bool marks words that do not fit, ``expected`` and ``cure`` are for
    the message about them.
    """

    values: Any
    bad: NDArray[np.bool_]
    expected: str
    cure: str
    notes: tuple[Note, ...] = ()


@dataclass(frozen=True)
class Assumption:
    """One thing that the reader found out for itself.

    Parameters
    ----------
    file : str
    table : str
        Of the contract; empty until the file is known to hold one.
    column : str
        Name in the file; empty for what holds of the whole file.
    key : str
        Key of the mapping file that says otherwise.
    value : str
        What was taken to be so.
    because : str
        What in the file says it.
    plain : bool
        Whether it is what the contract expects anyway; such ones are listed but not worth a line on the screen.
    """

    file: str
    table: str
    column: str
    key: str
    value: str
    because: str
    plain: bool = False

    def __str__(self) -> str:
        place = f"{self.file}, {self.column}" if self.column else self.file
        return f"{place}: {self.key} taken as {self.value} ({self.because})"

    def as_dict(self) -> dict[str, object]:
        """Plain form for ``--json``."""
        return asdict(self)
