"""Campaign places: where in the calendar a brand's campaigns return, campaigns that stand alone, and what is certain.

Nouns of the search, on a grid of weeks. Knows no evidence; see campaign_slots.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twin.calibration.calendar.campaign_evidence import LENGTHS

_SURE, IMPOSSIBLE = 9.0, -40.0
"""Log odds of what is known."""


@dataclass(frozen=True)
class Hit:
    """One stretch that is taken for a campaign.

    Parameters
    ----------
    start, length : int, weeks
        Start on the grid.
    probability : float
    lift : float, log ratio
        Expected, were it a campaign.
    year : int
        Campaign year of its anchor.
    position : float, weeks
        Where its anchor fell, on the grid.
    """

    start: int
    length: int
    probability: float
    lift: float
    year: int = 0
    position: float = 0.0


@dataclass(frozen=True)
class Place:
    """A place of the calendar with a campaign in most years, or a single campaign.

    Parameters
    ----------
    anchor : str
        Empty for a single campaign.
    offset : float, weeks
        Usual start after the anchor.
    length : int, weeks
    gain : float
        Log odds that there is such a place.
    rate : float
        Expected part of the years in which it is used.
    hits : tuple of Hit
        Every year that was observed, used or not.
    cost : float
        Log odds against it that the gain has paid: how many places there are to choose from.
    brand_campaigns : float
        Probability that the brand campaigns at all; see campaign_belief.
    """

    anchor: str
    offset: float
    length: int
    gain: float
    rate: float
    hits: tuple[Hit, ...]
    cost: float = 0.0
    brand_campaigns: float = 1.0

    @property
    def probability(self) -> float:
        """That the place is no chance."""
        return float(self.brand_campaigns / (1 + np.exp(-self.gain)))

    def lift(self, n_weeks: int) -> NDArray[np.float64]:
        """Expected lift by week of the grid: (w,) float."""
        result = np.zeros(n_weeks)
        for hit in self.hits:
            result[max(hit.start, 0) : hit.start + hit.length] += self.brand_campaigns * hit.probability * hit.lift
        return result


@dataclass(frozen=True)
class Certainty:
    """What is known before the search: stretches of the grid that were campaigns, and stretches that were not.

    Parameters
    ----------
    campaigns, quiet : tuple of (start, stop)
        Weeks of the grid, half-open.
    """

    campaigns: tuple[tuple[int, int], ...] = ()
    quiet: tuple[tuple[int, int], ...] = ()

    def bend(self, odds: NDArray[np.float64]) -> NDArray[np.float64]:
        """Evidence with what is known put in: (l, w) float."""
        odds, starts = odds.copy(), np.arange(odds.shape[1])
        for begin, end in self.quiet:
            for row, length in enumerate(LENGTHS):
                common = np.minimum(starts + length, end) - np.maximum(starts, begin)
                odds[row, common * 2 >= min(length, end - begin)] = IMPOSSIBLE
        for begin, end in self.campaigns:
            for row, length in enumerate(LENGTHS):
                common = np.minimum(starts + length, end) - np.maximum(starts, begin)
                odds[row, common > 0] = np.minimum(odds[row, common > 0], 0.0)
                if 0 <= begin < len(starts) and abs(length - (end - begin)) <= 2:
                    odds[row, begin] = _SURE
        return odds
