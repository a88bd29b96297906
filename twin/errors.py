"""Errors that a person can act on.

::

    TwinError
    ├── InputError        a data bundle is at fault: file, row, column
    ├── ScenarioError     a scenario file is at fault: key path
    ├── CalibrationError  the data cannot carry the estimate that was asked for
    ├── PlanError         no feasible visit plan
    └── WorkspaceError    the workspace lacks, or has damaged, what was asked for

Every message says where, what was expected, what was found, and what to do.
Programming faults stay plain ``ValueError`` and ``AssertionError``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass


class TwinError(Exception):
    """The data or the request is at fault; nothing changed on disk."""


class CalibrationError(TwinError):
    """The data cannot carry the estimate that was asked for."""


class PlanError(TwinError):
    """No visit plan can be made from what is known."""


class WorkspaceError(TwinError):
    """The workspace lacks, or has damaged, what was asked for."""


@dataclass(frozen=True)
class Problem:
    """One fault in one place of one file.

    Parameters
    ----------
    where : str
        Place inside the file: a column, a key path, or an id.
    expected, found : str
        What the contract asks for, and what stands there.
    cure : str
        What the person should do.
    file : str
        File name, without its folder.
    row : int, optional
        Physical line (the header is line 1), or ``None`` when the fault is not in one row.
    count : int
        How many rows share this fault; ``row`` is the first of them.
    """

    file: str
    where: str
    expected: str
    found: str
    cure: str
    row: int | None = None
    count: int = 1

    def __str__(self) -> str:
        place = self.file + (f", row {self.row}" if self.row is not None else "")
        more = f" ({self.count} rows in all)" if self.count > 1 else ""
        return f"{place}, {self.where}: expected {self.expected}, found {self.found}{more}. {self.cure}"

    def as_dict(self) -> dict[str, object]:
        """Plain form for ``--json``."""
        return asdict(self)


class _ProblemList(TwinError):
    """Carries every problem that was found, not only the first."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


class InputError(_ProblemList):
    """A data bundle is at fault."""


class ScenarioError(_ProblemList):
    """A scenario file is at fault; ``where`` is the key path."""
