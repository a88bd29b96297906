"""Ledger: finished chunks of an ensemble that was not finished, so that it can go on. Knows no file."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol


class Ledger(Protocol):
    """Keeps the finished chunks of one study: whatever decides its results is the same whenever it is opened."""

    def finished(self, keys: Sequence[int]) -> set[int]:
        """Those of the keys whose chunks are kept whole."""

    @property
    def notes(self) -> Sequence[str]:
        """What is to be said of the chunks that :meth:`finished` found, and of those that it could not use."""

    def read(self, key: int) -> Any | None:
        """A kept chunk; ``None`` when it has gone meanwhile."""

    def keep(self, key: int, chunk: Any) -> None:
        """Keep a chunk, whole or not at all."""


class NoLedger:
    """Keeps nothing: what is interrupted begins anew."""

    notes: Sequence[str] = ()

    def finished(self, keys: Sequence[int]) -> set[int]:
        """See :meth:`Ledger.finished`."""
        return set()

    def read(self, key: int) -> Any | None:
        """See :meth:`Ledger.read`."""
        return None

    def keep(self, key: int, chunk: Any) -> None:
        """See :meth:`Ledger.keep`."""
