"""Campaigns that are known: recorded in the books or taught by a person; and moves of which a person says no.

A person's last word wins over the books, and the books over the search.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from twin.calibration.calendar.campaign_places import Certainty
from twin.market.history import Campaign
from twin.market.remarks import Remark

FOUND, RECORDED, TAUGHT = "found", "recorded", "taught"


@dataclass(frozen=True)
class KnownMove:
    """A campaign that is certain.

    Parameters
    ----------
    brand : int
    start, stop : int, week
        Half-open.
    strength : float, unitless
        ``nan``: as the data have it.
    source : str
        ``recorded`` or ``taught``.
    id, remark : str
        Of a taught move: its name for ever, and why.
    territories : tuple of int
        Empty for everywhere.
    """

    brand: int
    start: int
    stop: int
    strength: float
    source: str
    id: str = ""
    remark: str = ""
    territories: tuple[int, ...] = ()

    @property
    def span(self) -> tuple[int, int, int]:
        """Brand, start and stop."""
        return self.brand, self.start, self.stop


@dataclass(frozen=True)
class Knowledge:
    """What is known before the search.

    Parameters
    ----------
    moves : tuple of KnownMove
        Ours included.
    denied : tuple of (brand, start, stop)
        Weeks of which a person says that they were no campaign.
    """

    moves: tuple[KnownMove, ...]
    denied: tuple[tuple[int, int, int], ...]

    def spans(self, territory: int | None = None) -> list[tuple[int, int, int]]:
        """Spans of the certain campaigns that run everywhere, and of those that run in one territory."""
        return [move.span for move in self.moves if not move.territories or territory in move.territories]

    def of_rivals(self, n_own: int) -> tuple[KnownMove, ...]:
        """Certain campaigns of rivals, by brand and start."""
        return tuple(sorted((m for m in self.moves if m.brand >= n_own), key=lambda move: move.span))

    def certainty(self, brand: int, first: int, stop: int, territory: int | None = None) -> Certainty:
        """What is certain of one brand on a grid of weeks: everywhere, or in one territory alone."""
        own = [
            move
            for move in self.moves
            if move.brand == brand and (not move.territories if territory is None else territory in move.territories)
        ]
        campaigns = tuple((move.start - first, move.stop - first) for move in own if first <= move.start < stop)
        quiet = tuple((a - first, b - first) for one, a, b in self.denied if one == brand)
        return Certainty(campaigns, quiet)


def knowledge(recorded: Sequence[Campaign], remarks: Sequence[Remark]) -> Knowledge:
    """Books and remarks as one.

    An added, confirmed or edited move is certain. An edited or rejected one is denied where it stood before, outside
    the weeks that it has now. A recorded campaign that a remark is about gives way to it.
    """
    moves, denied = [], []
    for remark in remarks:
        if remark.action != "reject":
            moves.append(
                KnownMove(
                    remark.brand, remark.start, remark.stop, remark.strength, TAUGHT, remark.id, remark.why,
                    remark.territories,
                )
            )  # fmt: skip
        if remark.action == "reject" or (remark.action == "edit" and remark.territories):
            denied.append((remark.brand, remark.was_start, remark.was_stop))
        elif remark.action == "edit":
            before = (remark.was_start, min(remark.was_stop, remark.start))
            after = (max(remark.was_start, remark.stop), remark.was_stop)
            denied += [(remark.brand, begin, end) for begin, end in (before, after) if end > begin]
    for campaign in recorded:
        if campaign.stop > campaign.start and not any(_about(remark, campaign) for remark in remarks):
            # a strength of one is what stands in books where nobody measured it
            strength = np.nan if campaign.strength == 1.0 else campaign.strength
            moves.append(KnownMove(campaign.brand, campaign.start, campaign.stop, strength, RECORDED))
    return Knowledge(tuple(moves), tuple(denied))


def _about(remark: Remark, campaign: Campaign) -> bool:
    """Whether a remark speaks of a campaign in the books: more than half of the shorter one is common to both."""
    if remark.brand != campaign.brand:
        return False
    common = min(remark.was_stop, campaign.stop) - max(remark.was_start, campaign.start)
    return 2 * common > min(remark.was_stop - remark.was_start, campaign.stop - campaign.start)
