"""Campaign events: what rivals did, one entry a campaign, found in the sales, recorded in the books or taught.

Joins what was found with what was known. Knows no future; see rival_calendar.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from twin.calibration.calendar.campaign_known import FOUND, KnownMove
from twin.calibration.calendar.campaign_places import Hit, Place
from twin.calibration.calendar.campaign_recurrence import Recurrence, campaign_year, cycles, find_recurrences
from twin.calibration.levels.period_totals import Series
from twin.weeks import NEVER, WEEKS_PER_YEAR

BELIEVED = 0.5


@dataclass(frozen=True)
class RivalCampaign:
    """One campaign of a rival.

    Parameters
    ----------
    brand : int
    start, stop : int, week
        Half-open.
    strength : float, unitless
        1 = that brand's average.
    probability : float
        That it was a campaign and not chance.
    recurring : bool
    series : int
        Number of the group that returns; -1 for a campaign that stands alone.
    anchor : str
        ``date``, or the moving feast that it goes with.
    year : int
        Campaign year, 0 beginning where observation ends.
    position : float, week
        Where its anchor fell that year.
    next_start : int, week
        Expected next time; ``NEVER`` where none is expected.
    next_probability : float
        That the next time comes.
    recorded : bool
        Certain: recorded in the books or taught by a person.
    source : str
        ``found``, ``recorded`` or ``taught``.
    territories : tuple of int
        Where it ran; empty for everywhere.
    id, remark : str
        Of a taught move: its name, and why.
    strength_sd : float
        What is not known of ``strength``; none where somebody wrote it down.
    """

    brand: int
    start: int
    stop: int
    strength: float
    probability: float
    recurring: bool
    series: int
    anchor: str
    year: int
    position: float
    next_start: int
    next_probability: float
    recorded: bool
    source: str = FOUND
    territories: tuple[int, ...] = ()
    id: str = ""
    remark: str = ""
    strength_sd: float = 0.0


def exposure(
    series: Series, spans: Sequence[tuple[int, int, int]], n_brands: int, power: NDArray[np.float64] | None = None
) -> NDArray[np.float64]:
    """Part of each period in which a campaign of each brand ran.

    Parameters
    ----------
    series : Series
    spans : sequence of (brand, start, stop)
        Weeks, half-open.
    n_brands : int
    power : (n,) float, optional
        Strength of each; 1 of all when it is not given.

    Returns
    -------
    (p, j) float
        Times the strength, the stronger where two overlap.
    """
    weekly = np.zeros((series.n_weeks, n_brands))
    for (brand, start, stop), strength in zip(spans, np.ones(len(spans)) if power is None else power, strict=True):
        weeks = slice(max(start - series.first_week, 0), max(stop - series.first_week, 0))
        weekly[weeks, brand] = np.maximum(weekly[weeks, brand], strength)
    weights = series.weights
    return (weights @ weekly) / np.maximum(np.asarray(weights.sum(axis=1)).reshape(-1, 1), 1e-12)


def events_of_brand(
    brand: int, places: Sequence[Place], known: Sequence[KnownMove], first: int, until: int, country: str,
    n_series: int, scopes: Mapping[int, tuple[tuple[int, ...], float]],
) -> list[RivalCampaign]:  # fmt: skip
    """Campaigns of one brand: the likely ones of every place, and the known ones, in the place where they belong.

    Parameters
    ----------
    brand : int
    places : sequence of Place
        On the grid that begins at ``first``.
    known : sequence of KnownMove
        Of this brand.
    first, until : int, week
        Observed span, half-open.
    country : str
        Whose feasts.
    n_series : int
        Groups are numbered from here on.
    scopes : mapping of int to (tuple of int, float)
        Territories of a place that does not run everywhere, and its lift there (log ratio), by number.

    Returns
    -------
    list of RivalCampaign
        The strength of one that is limited to territories is its lift; see :func:`scaled`.
    """
    events, placed = [], {}
    for number, place in enumerate(places):
        likely = [hit for hit in place.hits if hit.probability * place.probability >= BELIEVED]
        returns = place.anchor != "" and len(likely) >= 2
        following = _next_of(place, likely, first, until, country) if returns else NEVER
        for hit in likely:
            event = _event(brand, place, hit, first, until, returns, n_series + number, following)
            where, lift = scopes.get(number, ((), 1.0))
            event = replace(event, territories=where, strength=lift if where else 1.0)
            own = next((move for move in known if _same(move, event) and move.span not in placed), None)
            if own is not None:
                placed[own.span] = event
            elif not any(_same(move, event) for move in known):
                events.append(event)
    return [*events, *(_certain(move, placed.get(move.span), first, until) for move in known)]


def _same(move: KnownMove, event: RivalCampaign) -> bool:
    apart = move.territories and event.territories and not set(move.territories) & set(event.territories)
    return not apart and move.start < event.stop and event.start < move.stop


def _event(
    brand: int, place: Place, hit: Hit, first: int, until: int, returns: bool, series: int, following: int
) -> RivalCampaign:
    start = first + hit.start
    year = hit.year if returns else int(campaign_year(start, until))
    sure = hit.probability * place.probability
    return RivalCampaign(
        brand=brand,
        start=start,
        stop=start + hit.length,
        strength=1.0,
        probability=sure,
        recurring=returns,
        series=series if returns else -1,
        anchor=place.anchor if returns else "date",
        year=year,
        position=first + hit.position if returns else until + year * WEEKS_PER_YEAR,
        next_start=following,
        next_probability=place.rate * place.probability if returns else sure / _years(first, until),
        recorded=False,
    )


def _certain(move: KnownMove, found: RivalCampaign | None, first: int, until: int) -> RivalCampaign:
    """A known campaign, in the group where the search placed it."""
    year = int(campaign_year(move.start, until))
    alone = RivalCampaign(
        brand=move.brand, start=move.start, stop=move.stop, strength=1.0, probability=1.0, recurring=False, series=-1,
        anchor="date", year=year, position=until + year * WEEKS_PER_YEAR, next_start=NEVER,
        next_probability=1.0 / _years(first, until), recorded=True,
    )  # fmt: skip
    event = alone if found is None else replace(found, start=move.start, stop=move.stop, probability=1.0, recorded=True)
    strength = 1.0 if np.isnan(move.strength) else move.strength
    return replace(
        event, source=move.source, territories=move.territories, id=move.id, remark=move.remark, strength=strength
    )


def _next_of(place: Place, likely: Sequence[Hit], first: int, until: int, country: str) -> int:
    """First week of the next expected time of a place."""
    offset = float(np.mean([hit.start - hit.position for hit in likely]))
    expected = cycles(place.anchor, -1, 3, until, country).position + offset
    # half a week of grace: an expected start on the very edge of observation still lies ahead
    ahead = expected[expected >= until - 0.5]
    return int(np.floor(ahead.min() + 0.5)) if ahead.size else NEVER


def _years(first: int, until: int) -> int:
    return max(1, int((until - first) / WEEKS_PER_YEAR + 0.1))


def known_events(known: Sequence[KnownMove], first: int, until: int, country: str) -> tuple[RivalCampaign, ...]:
    """Known campaigns alone, with what of them returns: for a market that nobody observes."""
    events: list[RivalCampaign] = []
    for brand in sorted({move.brand for move in known}):
        own = sorted((move for move in known if move.brand == brand), key=lambda move: move.start)
        made = [_certain(move, None, first, until) for move in own]
        past = [place for place, move in enumerate(own) if move.start < until]
        start, stop = (np.array([getattr(own[place], edge) for place in past], dtype=int) for edge in ("start", "stop"))
        for number, group in enumerate(find_recurrences(start, stop, first, until, "week", country)):
            for member, year, position in zip(group.members, group.years, group.positions):
                made[past[member]] = replace(
                    made[past[member]], recurring=True, series=len(events) + number, anchor=group.anchor, year=year,
                    position=position, next_start=_next_of_group(group, start, stop, until, country),
                    next_probability=group.rate,
                )  # fmt: skip
        events += made
    return tuple(events)


def _next_of_group(group: Recurrence, start: NDArray, stop: NDArray, until: int, country: str) -> int:
    members = list(group.members)
    length = float(np.mean(stop[members] - start[members]))
    expected = cycles(group.anchor, -1, 3, until, country).position + group.offset - length / 2
    ahead = expected[expected >= until - 0.5]
    return int(np.floor(ahead.min() + 0.5)) if ahead.size else NEVER
