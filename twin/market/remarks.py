"""Remarks: what a person says of a rival's move, kept as evidence beside what the sales say."""

from __future__ import annotations

from dataclasses import dataclass

ACTIONS = ("add", "edit", "confirm", "reject")
"""A move that nobody saw; one that was otherwise; one that was so; one that was none."""


@dataclass(frozen=True)
class Remark:
    """The last word of a person on one move.

    Parameters
    ----------
    id : str
        Of the move, for ever.
    action : str
        One of :data:`ACTIONS`.
    brand : int
    start, stop : int, week
        When the move was, half-open.
    was_start, was_stop : int, week
        Where the move stood when the remark was made; the same for an added one.
    strength : float, unitless
        1 = that brand's average; ``nan``: as the data have it.
    territories : tuple of int
        Where; empty for everywhere.
    noted : int, week
        When the remark was made: later than an origin, it was not known then.
    who, why : str
    """

    id: str
    action: str
    brand: int
    start: int
    stop: int
    was_start: int
    was_stop: int
    strength: float
    territories: tuple[int, ...]
    noted: int
    who: str
    why: str

    def __post_init__(self) -> None:
        if self.action not in ACTIONS:
            raise ValueError(f"action: expected one of {', '.join(ACTIONS)}, got {self.action!r}")
        if self.stop <= self.start:
            raise ValueError(f"{self.id}: expected an end after the start, got {self.start} to {self.stop}")
