"""Health card: whether a calibration can be trusted, check by check, and the worst of what matters over all.

Nothing is averaged: nine lights that are green do not make up for one that is red.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

PASS, REVIEW, FAIL, OPEN = "pass", "review", "fail", "not made"
SEVERITY = {OPEN: 0, PASS: 0, REVIEW: 1, FAIL: 2}


@dataclass(frozen=True)
class Check:
    """One light of the card.

    Parameters
    ----------
    name : str
        Short name, stable: for programs.
    about : str
        What is asked, in plain words.
    verdict : str
        ``pass``, ``review``, ``fail``, or ``not made``.
    value : float or None
        What was found; ``None`` where nothing could be measured.
    threshold : str
        What was wanted.
    reason : str
        What the figure means here.
    action : str
        What to do; empty when all is well.
    decides : bool
        Whether a fail of this check makes the whole card fail; else it makes it review.
    detail : tuple of mappings
        Rows behind the figure, such as cells or parameters.
    """

    name: str
    about: str
    verdict: str
    value: float | None
    threshold: str
    reason: str
    action: str = ""
    decides: bool = True
    detail: tuple[dict[str, Any], ...] = field(default_factory=tuple)

    def __post_init__(self) -> None:
        if self.verdict not in SEVERITY:
            raise ValueError(f"{self.name}: expected one of {', '.join(SEVERITY)}, got {self.verdict}")


@dataclass(frozen=True)
class HealthCard:
    """All lights of one calibration.

    Parameters
    ----------
    checks : tuple of Check
    """

    checks: tuple[Check, ...]

    @property
    def verdict(self) -> str:
        """The worst that matters."""
        return worst(self.checks)

    @property
    def because(self) -> tuple[str, ...]:
        """Names of the checks that the verdict rests on; empty when all pass."""
        severity = SEVERITY[self.verdict]
        return tuple(c.name for c in self.checks if severity and _counts(c) == severity)

    def of(self, name: str) -> Check:
        """One check by its name."""
        return next(check for check in self.checks if check.name == name)

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "verdict": self.verdict,
            "because": list(self.because),
            "checks": [
                {
                    "check": c.name,
                    "about": c.about,
                    "verdict": c.verdict,
                    "value": number(c.value),
                    "threshold": c.threshold,
                    "reason": c.reason,
                    "action": c.action,
                    "detail": [dict(row) for row in c.detail],
                }
                for c in self.checks
            ],
        }


def worst(checks: Sequence[Check]) -> str:
    """``fail`` when a check that decides fails, ``review`` when any other does or is to be reviewed, else ``pass``."""
    severity = max((_counts(check) for check in checks), default=0)
    return {0: PASS, 1: REVIEW, 2: FAIL}[severity]


def judged(value: float, *, review: bool, fail: bool) -> str:
    """Verdict of a figure; one that is no number fails, because nobody can vouch for it."""
    if not np.isfinite(value) or fail:
        return FAIL
    return REVIEW if review else PASS


def number(value: float | None) -> float | None:
    """For JSON: ``None`` for what is no number."""
    return None if value is None or not np.isfinite(value) else float(value)


def _counts(check: Check) -> int:
    return SEVERITY[check.verdict] if check.decides else min(SEVERITY[check.verdict], SEVERITY[REVIEW])
