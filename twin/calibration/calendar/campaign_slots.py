"""Campaign slots: places of the calendar to which a brand's campaigns return, and campaigns that stand alone.

Chooses among stretches of weeks by their evidence; see campaign_evidence for where that comes from.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from twin.calibration.calendar.campaign_evidence import LENGTHS, Source, information, log_odds, pull, usual_lift
from twin.calibration.calendar.campaign_places import IMPOSSIBLE, Certainty, Hit, Place
from twin.calibration.calendar.campaign_recurrence import Cycles

# how far from its place a year's campaign may begin
_JITTER = np.arange(-3, 4)
_JITTER_ODDS = np.exp(-0.5 * (_JITTER / 1.1) ** 2) + 0.02
_JITTER_LOG = np.log(_JITTER_ODDS / _JITTER_ODDS.sum())
# that a place is used in a year, before anything is seen: Beta(3, 1)
_USED, _NOT_USED = 3.0, 1.0
_RATES = (0.5, 0.85)
# a brand has about so many places, and so many single campaigns a year, before anything is seen
_PLACES, _SINGLES = 2.0, 0.3
# neighbouring lengths are no tests of their own
_DIFFERENT_LENGTHS = 2.0
# log odds against a single campaign, for all that noise does and the model does not know; whether the market's rivals
# campaign at all is doubted once, see campaign_belief
_DOUBT_SINGLE = 1.5
_MOST = 16
_LIFTS = (0.06, 0.10, 0.16, 0.25, 0.40, 0.65)
_BEFORE_FEAST, _AFTER_FEAST = 10, 5
# both feasts move together, and most plans are written on a calendar
_DATE_FIRST, _NEARER = 1.0, 0.3


def find_places(
    sources: Sequence[Source],
    anchors: Sequence[Cycles],
    known: Certainty,
    lift: float | None = None,
    doubt: float = 0.0,
) -> tuple[tuple[Place, ...], float]:
    """Places and single campaigns that explain the evidence, one after the other, the most evident first.

    Parameters
    ----------
    sources : sequence of Source
    anchors : sequence of Cycles
        Positions on the grid.
    known : Certainty
    lift : float, log ratio, optional
        The brand's usual lift; where missing, the one of a few that explains most.
    doubt : float, log odds
        Against each place or single campaign, beyond the usual: where many such searches are made.

    Returns
    -------
    tuple of Place, float
        And the usual lift of what was found.
    """
    seen, lifts = information(sources), _LIFTS if lift is None else (lift,)
    tried = [_explain(sources, seen, anchors, known, one, doubt) for one in lifts]
    most = int(np.argmax([sum(place.gain for place in places) for places in tried]))
    return tried[most], _mean_lift(tried[most], lifts[most])


def _mean_lift(places: Sequence[Place], lift: float) -> float:
    """Mean lift of what was found, drawn a little towards the lift that was assumed."""
    hits = [hit for place in places for hit in place.hits if hit.probability > 0.5]
    return float((2 * lift + sum(hit.lift for hit in hits)) / (2 + len(hits)))


def _explain(
    sources: Sequence[Source],
    seen: NDArray,
    anchors: Sequence[Cycles],
    known: Certainty,
    lift: float,
    doubt: float,
) -> tuple[Place, ...]:
    n_weeks = seen.shape[1]
    left, found = list(sources), []
    while len(found) < _MOST * max(1, round(n_weeks / 156)):
        best = _best(left, seen, anchors, known, lift, doubt, found)
        if best is None:
            break
        found.append(best)
        left = [one.without(best.lift(n_weeks)) for one in left]
    return tuple(_settled(left, seen, anchors, known, lift, doubt, found))


def _settled(
    left: list[Source],
    seen: NDArray,
    anchors: Sequence[Cycles],
    known: Certainty,
    lift: float,
    doubt: float,
    found: list[Place],
) -> list[Place]:
    """Each place once more, given all others."""
    n_weeks, kept = seen.shape[1], list(found)
    for place in found:
        others = [one.without(-place.lift(n_weeks)) for one in left]
        rest = [one for one in kept if one is not place]
        again = _best(others, seen, anchors, known, lift, doubt, rest)
        kept = rest if again is None else [*rest, again]
        left = others if again is None else [one.without(again.lift(n_weeks)) for one in others]
    return kept


def _best(
    sources: Sequence[Source], seen: NDArray, anchors: Sequence[Cycles], known: Certainty, lift: float,
    doubt: float, found: Sequence[Place],
) -> Place | None:  # fmt: skip
    """Place or single campaign with the largest gain; ``None`` where none gains."""
    drawn = pull(sources, lift)
    odds = known.bend(log_odds(drawn, seen, lift))
    for place in found:
        odds = _closed(odds, place)
    years = seen.shape[1] / 52.18
    around, best = _around(odds), _best_single(odds, years, doubt)
    for gain, make in sorted(
        (_best_of_anchor(odds, around, anchor, doubt) for anchor in anchors), key=lambda one: -one[0]
    ):
        if gain > (best.gain if best else 0.0):
            best = make() or best
    if best is None:
        return None
    rows = {length: row for row, length in enumerate(LENGTHS.tolist())}
    hits = tuple(
        replace(hit, lift=usual_lift(drawn[rows[hit.length], hit.start], seen[rows[hit.length], hit.start], lift))
        for hit in best.hits
    )
    return replace(best, hits=hits)


def _closed(odds: NDArray[np.float64], place: Place) -> NDArray[np.float64]:
    """Evidence without the stretches whose start a likely campaign has already taken."""
    odds = odds.copy()
    for hit in place.hits:
        if hit.probability > 0.5:
            odds[:, max(hit.start - 1, 0) : hit.start + 2] = IMPOSSIBLE
    return odds


def _best_of_anchor(
    odds: NDArray[np.float64], around: NDArray[np.float64], anchor: Cycles, doubt: float
) -> tuple[float, Callable[[], Place | None]]:
    """Gain of the most evident place around one anchor, and what makes it."""
    n_weeks = odds.shape[1]
    if len(anchor.position) < 2:
        return -np.inf, lambda: None
    offsets = np.arange(0, 53) if anchor.anchor == "date" else np.arange(-_BEFORE_FEAST, _AFTER_FEAST + 1)
    start = np.floor(anchor.position[:, None] + offsets[None, :] + 0.5).astype(int)
    inside = (start >= 0) & (start < n_weeks)
    value = np.where(inside[None], around[:, np.clip(start, 0, n_weeks - 1)], -np.inf)
    inside = inside[None] & (value > -1e6)
    # a rate of the years, of which the better is meant
    by_rate = [np.where(inside, np.logaddexp(np.log1p(-r), np.log(r) + value), 0.0).sum(axis=1) for r in _RATES]
    total = np.where(inside.sum(axis=1) >= 2, np.max(by_rate, axis=0), -np.inf)
    row, column = np.unravel_index(int(np.argmax(total)), total.shape)
    cost = np.log(3 * 52 * _DIFFERENT_LENGTHS / _PLACES) + doubt
    # both feasts move together and explain the same campaigns: the nearer one is meant
    far = 0.0 if anchor.anchor == "date" else _DATE_FIRST + _NEARER * abs(offsets[column] + LENGTHS[row] / 2)
    gain = float(total[row, column] - cost - far)
    asked = inside[row, :, column]
    speaks = np.where(asked, value[row, :, column], 0.0)
    return gain, lambda: _place(odds, speaks, anchor, int(row), float(offsets[column]), asked, gain, cost + far)


def _place(
    odds: NDArray[np.float64], value: NDArray[np.float64], anchor: Cycles, row: int, offset: float,
    asked: NDArray[np.bool_], gain: float, cost: float,
) -> Place | None:  # fmt: skip
    """Each year of a place: whether it was used, and when."""
    length, rate = int(LENGTHS[row]), 0.75
    start = np.floor(anchor.position + offset + 0.5).astype(int)
    for _ in range(20):
        used = 1 / (1 + np.exp(-np.clip(np.log(rate / (1 - rate)) + value, -50, 50)))
        rate = float((used[asked].sum() + _USED) / (asked.sum() + _USED + _NOT_USED))
    if (used[asked] > 0.5).sum() < 2:
        return None
    hits = []
    for index in np.flatnonzero(asked):
        begin, weeks = _when(odds, int(start[index]), row)
        year, position = int(anchor.year[index]), float(anchor.position[index])
        hits.append(Hit(begin, weeks, float(used[index]), 0.0, year, position))
    return Place(anchor.anchor, offset, length, gain, rate, tuple(hits), cost)


def _when(odds: NDArray[np.float64], start: int, row: int) -> tuple[int, int]:
    """Most likely start and length of one year's campaign: its place and length, give or take."""
    best, found = -np.inf, (start, int(LENGTHS[row]))
    for other in range(max(row - 2, 0), min(row + 3, len(LENGTHS))):
        begin = start + _JITTER
        inside = (begin >= 0) & (begin < odds.shape[1])
        value = odds[other, begin[inside]] + _JITTER_LOG[inside] - 1.0 * abs(other - row)
        if value.size and value.max() > best:
            best, found = float(value.max()), (int(begin[inside][value.argmax()]), int(LENGTHS[other]))
    return found


def _best_single(odds: NDArray[np.float64], years: float, doubt: float) -> Place | None:
    """The most evident stretch by itself."""
    row, start = np.unravel_index(int(np.argmax(odds)), odds.shape)
    cost = np.log(52 * _DIFFERENT_LENGTHS / _SINGLES) + _DOUBT_SINGLE + doubt
    gain = float(odds[row, start] - cost)
    if not np.isfinite(gain) or gain <= 0:
        return None
    sure = float(1 / (1 + np.exp(-gain)))
    length = int(LENGTHS[row])
    return Place("", 0.0, length, gain, 1 / max(years, 1.0), (Hit(int(start), length, sure, 0.0),), cost)


def _around(odds: NDArray[np.float64]) -> NDArray[np.float64]:
    """Evidence of a campaign about each week, whichever week it began in: (l, w) float."""
    n_weeks, reach = odds.shape[1], len(_JITTER) // 2
    padded = np.pad(odds, ((0, 0), (reach, reach)), constant_values=-np.inf)
    shifted = [padded[:, reach + step : reach + step + n_weeks] + log for step, log in zip(_JITTER, _JITTER_LOG)]
    return np.asarray(np.logaddexp.reduce(np.stack(shifted), axis=0))
