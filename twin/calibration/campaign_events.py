"""Campaign events: which runs of the sales are believed to be campaigns, which return, and how strong each was.

Joins what was found with what was recorded. Knows no future; see rival_calendar.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from twin.calibration.campaign_detection import Run, Signal, chance_probability
from twin.calibration.campaign_recurrence import ANCHORS, Recurrence, campaign_year, cycles, find_recurrences
from twin.calibration.campaign_strength import Strength
from twin.calibration.period_totals import Series
from twin.market.history import Campaign
from twin.weeks import NEVER, WEEKS_PER_YEAR, mondays, week_of

_BELIEVED = 0.5
_LEAST_STRENGTH = 0.2
# a run may begin anywhere and have about two lengths that differ enough to be tests of their own
_LENGTHS = 2
# choosing edges, and a baseline that settles around what was chosen, make chance runs look larger than a normal would;
# divided by this, 80 to 97 in 100 made-up quiet markets (the fewer, the more their shares wander) show no campaign
_CHOICE = {"week": 1.35, "month": 2.0}


@dataclass(frozen=True)
class RivalCampaign:
    """One campaign of a rival, recorded or found in the sales.

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
        Stands in the history's list of campaigns.
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


def exposure(series: Series, spans: Sequence[tuple[int, int, int]], n_brands: int) -> NDArray[np.float64]:
    """Part of each period in which a campaign of each brand ran.

    Parameters
    ----------
    series : Series
    spans : sequence of (brand, start, stop)
        Weeks, half-open.
    n_brands : int

    Returns
    -------
    (p, j) float in [0, 1]
    """
    weekly = np.zeros((series.n_weeks, n_brands))
    for brand, start, stop in spans:
        weekly[max(start - series.first_week, 0) : max(stop - series.first_week, 0), brand] = 1.0
    weights = series.weights
    return (weights @ weekly) / np.maximum(np.asarray(weights.sum(axis=1)).reshape(-1, 1), 1e-12)


def spans_of(found: Sequence[Run], series: Series) -> list[tuple[int, int, int]]:
    """Runs of periods as (brand, start, stop) in weeks, half-open; a week belongs to the month of its Thursday."""
    half = np.timedelta64(3, "D")
    first, stop = week_of(series.periods.start + half), week_of(series.periods.stop + half)
    return [(run.brand, int(first[run.first]), int(stop[run.stop - 1])) for run in found]


def judge(
    series: Series, signals: dict[int, Signal], found: Sequence[Run], recorded: Sequence[Campaign], country: str
) -> tuple[RivalCampaign, ...]:
    """Campaigns that are believed.

    A run is believed for its own size, or because the same place of the calendar stands out over all years, the years
    in which nothing came included. Recorded campaigns are certain.

    Parameters
    ----------
    series : Series
    signals : dict of brand to Signal
    found : sequence of Run
    recorded : sequence of Campaign
        Rivals' only.
    country : str

    Returns
    -------
    tuple of RivalCampaign
        With strength 1; see :func:`with_strengths`.
    """
    first, until, kind = series.first_week, series.first_week + series.n_weeks, series.periods.kind
    spans = np.array(spans_of(found, series), dtype=np.int64).reshape(-1, 3)
    scores = np.array([run.score for run in found]) / _CHOICE[kind]
    alone = chance_probability(scores, len(signals) * len(series.periods) * _LENGTHS)
    returning = _returning_probability(series, signals, spans, country)
    probability = np.maximum(alone, returning)
    events = []
    for brand in sorted({*signals, *(campaign.brand for campaign in recorded)}):
        certain = [campaign for campaign in recorded if campaign.brand == brand]
        kept = (spans[:, 0] == brand) & (probability >= _BELIEVED)
        for campaign in certain:
            kept &= (spans[:, 2] <= campaign.start) | (spans[:, 1] >= campaign.stop)
        start = np.r_[spans[kept, 1], [campaign.start for campaign in certain]].astype(np.int64)
        stop = np.r_[spans[kept, 2], [campaign.stop for campaign in certain]].astype(np.int64)
        sure = np.r_[probability[kept], np.ones(len(certain))]
        written = np.r_[np.zeros(kept.sum(), dtype=bool), np.ones(len(certain), dtype=bool)]
        events += _events_of_brand(brand, start, stop, sure, written, (first, until, kind, country), len(events))
    return tuple(sorted(events, key=lambda event: (event.brand, event.start)))


def recorded_events(
    recorded: Sequence[Campaign], first_week: int, until: int, country: str
) -> tuple[RivalCampaign, ...]:
    """Recorded campaigns alone, with what of them returns."""
    events = []
    for brand in sorted({campaign.brand for campaign in recorded}):
        own = sorted(
            (campaign for campaign in recorded if campaign.brand == brand), key=lambda campaign: campaign.start
        )
        start, stop = (np.array([getattr(campaign, edge) for campaign in own]) for edge in ("start", "stop"))
        sure = np.ones(len(own))
        made = _events_of_brand(brand, start, stop, sure, sure > 0, (first_week, until, "week", country), len(events))
        events += [replace(event, strength=campaign.strength) for event, campaign in zip(made, own)]
    return tuple(events)


def with_strengths(
    events: tuple[RivalCampaign, ...], recorded: Sequence[Campaign], fit: Strength, series: Series
) -> tuple[RivalCampaign, ...]:
    """Strength of each campaign, drawn towards its brand's average as far as noise explains the differences.

    The average over a brand's found campaigns, weighted by length, is 1. Recorded ones keep the strength that was
    written down.
    """
    written = {(campaign.brand, campaign.start): campaign.strength for campaign in recorded}
    result = [
        replace(event, strength=written.get((event.brand, event.start), 1.0)) if event.recorded else event
        for event in events
    ]
    for brand in sorted({event.brand for event in events if not event.recorded}):
        index = [place for place, event in enumerate(result) if event.brand == brand and not event.recorded]
        length = np.array([result[place].stop - result[place].start for place in index], dtype=float)
        strength = _relative_strengths([result[place] for place in index], fit, series)
        strength = np.maximum(strength, _LEAST_STRENGTH)
        for place, value in zip(index, strength / np.average(strength, weights=length)):
            result[place] = replace(result[place], strength=float(value))
    return tuple(result)


def _relative_strengths(own: Sequence[RivalCampaign], fit: Strength, series: Series) -> NDArray[np.float64]:
    """Excess of each campaign over its brand's average, shrunk: (n,) float, around 1."""
    brand = own[0].brand
    effect, noise = fit.effect[brand], fit.noise[:, brand]
    if not np.isfinite(effect) or effect < 1e-3:
        return np.ones(len(own))
    active = [exposure(series, [(brand, event.start, event.stop)], brand + 1)[:, brand] > 0.5 for event in own]
    counts = np.array([max(int(np.isfinite(noise[mask]).sum()), 1) for mask in active])
    excess = np.array([np.nan_to_num(noise[mask]).sum() for mask in active]) / counts
    quiet = noise[~np.any(active, axis=0)]
    chance = float(np.nanvar(quiet)) / counts if np.isfinite(quiet).any() else np.zeros(len(own))
    between = max(float(np.mean(excess**2 - chance)), 0.0)
    return 1 + excess / effect * between / np.maximum(between + chance, 1e-12)


def _returning_probability(
    series: Series, signals: dict[int, Signal], spans: NDArray[np.int64], country: str
) -> NDArray[np.float64]:
    """Probability of each run from the group that it returns with; 0 outside any: (n,) float."""
    first, until, kind = series.first_week, series.first_week + series.n_weeks, series.periods.kind
    groups, scores = [], []
    for brand, signal in signals.items():
        own = np.flatnonzero(spans[:, 0] == brand)
        for group in find_recurrences(spans[own, 1], spans[own, 2], first, until, kind, country):
            members = own[list(group.members)]
            groups.append(members)
            scores.append(_group_score(series, signal, group, spans[members], country))
    n_places = 52 if kind == "week" else 12
    chance = chance_probability(np.array(scores), len(signals) * n_places * len(ANCHORS) * _LENGTHS)
    result = np.zeros(len(spans))
    for members, probability in zip(groups, chance):
        result[members] = probability
    return result


def _group_score(series: Series, signal: Signal, group: Recurrence, spans: NDArray[np.int64], country: str) -> float:
    """Standard normal size of the same place of the calendar over all years, whether a run was found there or not."""
    until, weeks = series.first_week + series.n_weeks, float(np.mean(spans[:, 2] - spans[:, 1]))
    every = (
        cycles(group.anchor, int(campaign_year(series.first_week, until)) - 1, 2, until, country).position
        + group.offset
    )
    every = every[(every >= series.first_week) & (every < until)]
    middle = series.periods.index_of(mondays(np.floor(every).astype(np.int64)))
    length = max(1, round(weeks * len(series.periods) / series.n_weeks))
    scores = [
        signal.score(int(place) - length // 2, int(place) - length // 2 + length) for place in middle if place >= 0
    ]
    return float(np.sum(scores) / np.sqrt(max(len(scores), 1)))


def _events_of_brand(
    brand: int,
    start: NDArray,
    stop: NDArray,
    sure: NDArray,
    written: NDArray,
    span: tuple[int, int, str, str],
    series_offset: int,
) -> list[RivalCampaign]:
    """One brand's campaigns with what of them returns; groups are numbered from ``series_offset`` on."""
    first, until, kind, country = span
    # what lies ahead is no evidence of how often a campaign came
    past = np.flatnonzero(start < until)
    groups = find_recurrences(start[past], stop[past], first, until, kind, country)
    years = max(1, int((until - first) / WEEKS_PER_YEAR + 0.1))
    events = []
    for index in range(len(start)):
        year = int(campaign_year(start[index], until))
        events.append(
            RivalCampaign(
                brand=brand,
                start=int(start[index]),
                stop=int(stop[index]),
                strength=1.0,
                probability=float(sure[index]),
                recurring=False,
                series=-1,
                anchor="date",
                year=year,
                position=until + year * WEEKS_PER_YEAR,
                next_start=NEVER,
                next_probability=float(sure[index]) / years,
                recorded=bool(written[index]),
            )
        )
    for number, group in enumerate(groups):
        members = past[list(group.members)]
        length = float(np.mean(stop[members] - start[members]))
        following = _next_start(group, length, until, country)
        chance = group.rate * float(sure[members].mean())
        for index, year, position in zip(members, group.years, group.positions):
            events[index] = replace(
                events[index],
                recurring=True,
                series=series_offset + number,
                anchor=group.anchor,
                year=year,
                position=position,
                next_start=following,
                next_probability=chance,
            )
    return events


def _next_start(group: Recurrence, length: float, until: int, country: str) -> int:
    """First week of the next expected time."""
    expected = cycles(group.anchor, -1, 3, until, country).position + group.offset - length / 2
    # half a week of grace: an expected start on the very edge of observation still lies ahead
    ahead = expected[expected >= until - 0.5]
    return int(np.floor(ahead.min() + 0.5)) if ahead.size else NEVER
