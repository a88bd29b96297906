"""Campaign recurrence: which campaigns come back every year, anchored to a date or to a moving feast.

Takes campaigns as spans of weeks. Knows neither sales nor strengths.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twin.calibration.calendar.feasts import FEASTS, feast_spans
from twin.weeks import WEEKS_PER_YEAR, mondays

ANCHORS = ("date", *FEASTS)
_REACH_WEEKS = 3.0
# further away than this a campaign has nothing to do with the feast
_FEAST_REACH_WEEKS = 6.0
# closest spread that is believed: jitter of a week, or a month's resolution
_SPREAD_FLOOR_WEEKS = {"week": 0.7, "month": 2.0}
_LEAST_EVIDENCE = 4.5
_LEAST_RATE = 0.4
_LEAST_YEARS = 1.9
# log odds for a calendar date where a feast explains as well: most plans are written on a calendar
_DATE_FIRST = 1.0
_NEARER = 0.3


@dataclass(frozen=True)
class Cycles:
    """Expected positions of one anchor, one a campaign year.

    Parameters
    ----------
    anchor : str
        One of :data:`ANCHORS`.
    year : (n,) int32
        Campaign year of each cycle: 0 begins where observation ends, -1 is the last observed one.
    position : (n,) float, weeks
        Where the anchor falls: the campaign year's first week, or the feast's first day.
    """

    anchor: str
    year: NDArray[np.int32]
    position: NDArray[np.float64]


@dataclass(frozen=True)
class Recurrence:
    """Campaigns that come back.

    Parameters
    ----------
    anchor : str
    offset : float, weeks
        Middle of the campaign after its anchor.
    members : tuple of int
        Indices of the campaigns.
    years : tuple of int
        Campaign year of each member.
    positions : tuple of float, weeks
        Where the anchor of each member fell.
    n_cycles : int
        How often it could have come.
    evidence : float
        Log likelihood against campaigns spread evenly over the year.
    """

    anchor: str
    offset: float
    members: tuple[int, ...]
    years: tuple[int, ...]
    positions: tuple[float, ...]
    n_cycles: int
    evidence: float

    @property
    def rate(self) -> float:
        """How often it comes, pulled a little towards one half."""
        return (len(self.members) + 0.5) / (self.n_cycles + 1)


def campaign_year(week: float | NDArray, until: int) -> NDArray[np.int32]:
    """Campaign year of weeks: 0 begins at ``until``, the week after the last observed one."""
    return np.floor((np.asarray(week) - until) / WEEKS_PER_YEAR).astype(np.int32)


def cycles(anchor: str, first_year: int, stop_year: int, until: int, country: str) -> Cycles:
    """Cycles of an anchor in campaign years ``[first_year, stop_year)``; none for a feast that nobody keeps there."""
    years = np.arange(first_year, stop_year, dtype=np.int32)
    if anchor == "date":
        return Cycles(anchor, years, until + years * WEEKS_PER_YEAR)
    weeks = until + np.array([first_year, stop_year]) * WEEKS_PER_YEAR
    span = np.arange(int(weeks[0]) - 1, int(weeks[1]) + 2, dtype=np.int32)
    start, _ = feast_spans(country, span, anchor)
    position = (start - mondays(np.int32(0))).astype(np.int64) / 7
    year = campaign_year(position, until)
    inside = (year >= first_year) & (year < stop_year)
    return Cycles(anchor, year[inside], position[inside])


def find_recurrences(
    start: NDArray, stop: NDArray, first_week: int, until: int, kind: str, country: str
) -> tuple[Recurrence, ...]:
    """Groups of one brand's campaigns that return, the most evident first.

    Parameters
    ----------
    start, stop : (n,) int32, week
        Campaigns of one brand.
    first_week, until : int, week
        Observed span, half-open.
    kind : str
        ``week`` or ``month``: resolution of the spans.
    country : str

    Returns
    -------
    tuple of Recurrence
        Each campaign belongs to one at most.
    """
    middle = (np.asarray(start) + np.asarray(stop)) / 2
    free, found = np.ones(len(middle), dtype=bool), []
    first_year = int(campaign_year(first_week, until)) - 1
    anchors = [cycles(anchor, first_year, 2, until, country) for anchor in ANCHORS]
    # under two years nothing can be seen to return
    while free.sum() >= 2 and until - first_week >= _LEAST_YEARS * WEEKS_PER_YEAR:
        best = None
        for anchor in anchors:
            for candidate in _candidates(anchor, middle, free, first_week, until, kind):
                if best is None or candidate.evidence > best.evidence:
                    best = candidate
        if best is None:
            break
        found.append(best)
        free[list(best.members)] = False
    return tuple(found)


def _candidates(
    anchor: Cycles, middle: NDArray, free: NDArray, first_week: int, until: int, kind: str
) -> list[Recurrence]:
    """One group around each free campaign, where the evidence is good enough."""
    found = []
    if not len(anchor.position):
        return found
    for seed in np.flatnonzero(free):
        offset = middle[seed] - anchor.position
        if anchor.anchor == "date":
            offsets = offset[(offset >= 0) & (offset < WEEKS_PER_YEAR)][:1]
        else:
            offsets = offset[np.abs(offset) <= _FEAST_REACH_WEEKS][:1]
        for one in offsets:
            group = _group(anchor, float(one), middle, free, first_week, until, kind)
            # once more around the members' own centre
            group = group and _group(anchor, group.offset, middle, free, first_week, until, kind)
            if group is not None:
                found.append(group)
    return found


def _group(
    anchor: Cycles, offset: float, middle: NDArray, free: NDArray, first_week: int, until: int, kind: str
) -> Recurrence | None:
    expected = anchor.position + offset
    asked = (expected >= first_week) & (expected < until)
    expected, years, position = expected[asked], anchor.year[asked], anchor.position[asked]
    if len(expected) < 2:
        return None
    miss = np.where(free, middle, np.inf)[None, :] - expected[:, None]
    nearest = np.abs(miss).argmin(axis=1)
    gap = miss[np.arange(len(expected)), nearest]
    hit = np.abs(gap) <= _REACH_WEEKS
    members = tuple(int(member) for member in nearest[hit])
    if hit.sum() < max(2, _LEAST_RATE * len(expected)) or len(set(members)) < len(members):
        return None
    centre = float(np.median(gap[hit]))
    spread = max(float(np.sqrt(np.mean((gap[hit] - centre) ** 2))), _SPREAD_FLOOR_WEEKS[kind])
    rate = (hit.sum() + 0.5) / (len(expected) + 1)
    density = rate * WEEKS_PER_YEAR / (spread * np.sqrt(2 * np.pi))
    evidence = float(
        np.sum(np.log(density) - 0.5 * ((gap[hit] - centre) / spread) ** 2) + (~hit).sum() * np.log(1 - rate)
    )
    if evidence < _LEAST_EVIDENCE:
        return None
    # both feasts move together and explain the same campaigns: the nearer one is meant
    evidence += _DATE_FIRST if anchor.anchor == "date" else -_NEARER * abs(offset + centre)
    return Recurrence(
        anchor.anchor,
        offset + centre,
        members,
        tuple(years[hit].tolist()),
        tuple(position[hit].tolist()),
        len(expected),
        evidence,
    )


def moved(week: int, old: float, new: float) -> int:
    """A week carried with its anchor from one position to another, kept at the same distance."""
    return int(np.floor(week + (new - old) + 0.5))
