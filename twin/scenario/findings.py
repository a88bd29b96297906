"""Findings: what a check of a scenario came to.

Knows no rule, see :mod:`twin.scenario.check`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from twin.errors import Problem, ScenarioError


class Findings(NamedTuple):
    """Errors and warnings, in the order of the file's keys.

    Parameters
    ----------
    errors : tuple of Problem
        Cannot be done, or cannot have been meant.
    warnings : tuple of Problem
        Will be done, and may surprise.
    """

    errors: tuple[Problem, ...]
    warnings: tuple[Problem, ...]

    def raise_errors(self) -> None:
        """Refuse the scenario if there are errors.

        Raises
        ------
        ScenarioError
            With every error.
        """
        if self.errors:
            raise ScenarioError(self.errors)


@dataclass
class Notes:
    """Findings under way; lives for one check."""

    file: str
    errors: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)

    def error(self, where: str, expected: str, found: str, cure: str) -> None:
        """Note one error."""
        self.errors.append(Problem(self.file, where, expected, found, cure))

    def warning(self, where: str, expected: str, found: str, cure: str) -> None:
        """Note one warning."""
        self.warnings.append(Problem(self.file, where, expected, found, cure))

    def findings(self) -> Findings:
        """What was noted."""
        return Findings(tuple(self.errors), tuple(self.warnings))
