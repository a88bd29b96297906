"""Progress: how long work tells how far it has come, without knowing who listens."""

from __future__ import annotations

from collections.abc import Callable

Progress = Callable[[int, int, str], None]
"""Called with steps done, steps in all, and the phrase of the step that begins."""


Say = Callable[[str], None]
"""Called with what is being done within a step."""


def unsaid(phrase: str) -> None:
    """Nobody listens."""


def silent(done: int, total: int, phrase: str) -> None:
    """Nobody listens."""
