"""Rival calendar: what competitors did, what it was worth, and one imagined future after the other.

Takes what was learned; see calendar_learning. Knows nothing of how customers take a campaign; see twin.response.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

from twin.calibration.calendar.campaign_events import RivalCampaign
from twin.calibration.calendar.campaign_recurrence import campaign_year, cycles, moved
from twin.calibration.calendar.campaign_sizes import LEAST_STRENGTH
from twin.draws import Key, Purpose, identity, uniforms
from twin.market.history import Campaign
from twin.response.parameters import Estimate
from twin.weeks import NEVER, mondays


@dataclass(frozen=True)
class RivalCalendar:
    """What rivals did, what it was worth, and what is needed to imagine what they will do.

    Parameters
    ----------
    brands : tuple of str
        Names along axis j.
    events : tuple of RivalCampaign
        By brand and start; recorded ones may lie ahead.
    promo_effect : tuple of Estimate
        ``promotion:<brand>`` for every brand, utility: attraction that an average campaign adds.
    until : int, week
        Week after the last observed one: campaign year 0 begins here.
    years : int
        Observed campaign years to draw from.
    country : str
        Whose feasts.
    resolution : str
        ``week``, ``month``, or ``none`` without market data.
    source : str
        What was used, and what could not be learned.
    territories : tuple of str
        Names of the territories that events point to.
    answer : (float, float), optional
        How rivals answer our gains: slope and sd, see
        :func:`twin.calibration.calendar.rival_reaction.reaction_regression`.
    """

    brands: tuple[str, ...]
    events: tuple[RivalCampaign, ...]
    promo_effect: tuple[Estimate, ...]
    until: int
    years: int
    country: str
    resolution: str
    source: str
    territories: tuple[str, ...] = ()
    answer: tuple[float, float] | None = None

    @property
    def brand(self) -> NDArray[np.int32]:
        """Brand of each event: (n,) int32."""
        return np.array([event.brand for event in self.events], dtype=np.int32)

    @property
    def start(self) -> NDArray[np.int32]:
        """First week of each event: (n,) int32."""
        return np.array([event.start for event in self.events], dtype=np.int32)

    @property
    def stop(self) -> NDArray[np.int32]:
        """Week after the last of each event: (n,) int32."""
        return np.array([event.stop for event in self.events], dtype=np.int32)

    @property
    def strength(self) -> NDArray[np.float64]:
        """Strength of each event, 1 = its brand's average: (n,) float."""
        return np.array([event.strength for event in self.events], dtype=float)

    @property
    def probability(self) -> NDArray[np.float64]:
        """Probability of each event that it was a campaign: (n,) float."""
        return np.array([event.probability for event in self.events], dtype=float)

    def active(self, first_week: int, n_weeks: int) -> NDArray[np.float64]:
        """Strength times probability of the campaigns of history by week: (j, w) float, 1 = that brand's average."""
        result = np.zeros((len(self.brands), n_weeks))
        for event in (event for event in self.events if not event.territories):
            span = slice(max(event.start - first_week, 0), max(event.stop - first_week, 0))
            result[event.brand, span] = np.maximum(result[event.brand, span], event.strength * event.probability)
        return result


def regional(
    moves: Sequence[RivalCampaign | ExpectedMove], first_week: int, n_weeks: int, n_territories: int, n_brands: int
) -> NDArray[np.float64] | None:
    """Strength of the campaigns that run in some territories only, by week: (z, j, w) float; ``None`` without any.

    A campaign of history counts as far as it is believed.
    """
    limited = [move for move in moves if move.territories]
    if not limited:
        return None
    result = np.zeros((n_territories, n_brands, n_weeks))
    for move in limited:
        span = slice(max(move.start - first_week, 0), max(min(move.stop - first_week, n_weeks), 0))
        sure = move.probability if isinstance(move, RivalCampaign) else 1.0
        result[list(move.territories), move.brand, span] += move.strength * sure
    return result


def table(calendar: RivalCalendar) -> dict[str, NDArray]:
    """Columns of the table ``rival_calendar``.

    Returns
    -------
    dict of str to (n,) arrays
        ``brand`` str; ``start``, ``end`` and ``next_start`` datetime64[D], the end being the last day, ``NaT`` where
        no next time is expected; ``strength`` and ``probability`` float; ``recurring`` bool; and, beyond the contract,
        ``anchor`` str, ``next_probability`` float, ``recorded`` bool, ``id`` str, ``territories`` str, ``source`` str
        (``found``, ``recorded``, ``taught``), ``remark`` str, ``series`` int (-1 alone).
    """
    events = calendar.events
    ahead = np.array([event.next_start for event in events], dtype=np.int64)
    next_start = np.where(ahead == NEVER, np.datetime64("NaT", "D"), mondays(np.where(ahead == NEVER, 0, ahead)))
    return {
        "brand": np.array([calendar.brands[event.brand] for event in events], dtype=str),
        "start": mondays(np.array([event.start for event in events], dtype=np.int64)),
        "end": mondays(np.array([event.stop for event in events], dtype=np.int64)) - np.timedelta64(1, "D"),
        "strength": np.array([event.strength for event in events], dtype=float),
        "probability": np.array([event.probability for event in events], dtype=float),
        "recurring": np.array([event.recurring for event in events], dtype=bool),
        "next_start": next_start.astype("datetime64[D]"),
        "anchor": np.array([event.anchor for event in events], dtype=str),
        "next_probability": np.array([event.next_probability for event in events], dtype=float),
        "recorded": np.array([event.recorded for event in events], dtype=bool),
        "id": np.array([event.id for event in events], dtype=str),
        "territories": np.array([", ".join(calendar.territories[z] for z in e.territories) for e in events], dtype=str),
        "source": np.array([event.source for event in events], dtype=str),
        "remark": np.array([event.remark for event in events], dtype=str),
        "series": np.array([event.series for event in events], dtype=np.int64),
    }


def future_campaigns(
    calendar: RivalCalendar, first_week: int, n_weeks: int, draw: int, seed: int
) -> tuple[ExpectedMove, ...]:
    """Campaigns that rivals run in one imagined future.

    For every rival and campaign year one past year is drawn whole. Its campaigns that return are carried with their
    anchor, date or feast, keeping that year's distance from it; those that stand alone come at the same time of the
    year. Its strength is drawn from what is believed of it. A campaign that may have been chance is left out of as many
    draws as that is likely. Recorded campaigns that
    lie ahead come in every draw, instead of what was drawn at their time.

    Parameters
    ----------
    calendar : RivalCalendar
    first_week, n_weeks : int, week
        Window; campaigns that overlap it are given whole.
    draw, seed : int
        A pure function of these, the brand's name and the campaign year: the window does not matter.

    Returns
    -------
    tuple of ExpectedMove
        By brand and start.
    """
    last_year = int(campaign_year(first_week + n_weeks, calendar.until)) + 1
    years = range(max(int(campaign_year(first_week, calendar.until)) - 1, 0), last_year + 1)
    certain = [event for event in calendar.events if event.recorded and event.start >= calendar.until]
    found = [_move(event, event.start, "recorded", event.strength) for event in certain]
    for brand in sorted({event.brand for event in calendar.events}):
        own = [event for event in calendar.events if event.brand == brand and event.start < calendar.until]
        ahead = [event for event in certain if event.brand == brand]
        for year in years:
            for campaign in _imagined_year(calendar, own, brand, year, Key(seed, draw)):
                if not any(campaign.start < event.stop and event.start < campaign.stop for event in ahead):
                    found.append(campaign)
    inside = (c for c in found if c.start < first_week + n_weeks and c.stop > first_week)
    return tuple(sorted(inside, key=lambda c: (c.brand, c.start, c.stop)))


@dataclass(frozen=True)
class ExpectedMove(Campaign):
    """A campaign of an imagined future.

    Parameters
    ----------
    territories : tuple of int
        Where; empty for everywhere.
    """

    territories: tuple[int, ...] = ()


def _move(event: RivalCampaign, start: int, kind: str, strength: float) -> ExpectedMove:
    return ExpectedMove(event.brand, start, start + event.stop - event.start, strength, kind, event.territories)


def _strength(event: RivalCampaign, start: int, entity: NDArray[np.uint64], key: Key) -> float:
    """Strength of a campaign to come: what is not known of the past one is not known of its return, either."""
    z = float(special.ndtri(uniforms(key, Purpose.CAMPAIGN, start, entity, 2)[1, 0]))
    return max(event.strength + event.strength_sd * z, LEAST_STRENGTH) if event.strength_sd > 0 else event.strength


def _imagined_year(
    calendar: RivalCalendar, own: Sequence[RivalCampaign], brand: int, year: int, key: Key
) -> list[ExpectedMove]:
    """One campaign year of one rival: a past year's campaigns, moved."""
    entity = identity(np.array([calendar.brands[brand]]), "brand")
    past = -1 - int(uniforms(key, Purpose.CAMPAIGN, year, entity, 1)[0, 0] * calendar.years)
    found = []
    for event in own:
        if event.year != past:
            continue
        # keyed by the campaign's own start, so that within one draw it is real in every year or in none
        if uniforms(key, Purpose.CAMPAIGN, event.start, entity, 1)[0, 0] >= event.probability:
            continue
        target = cycles(event.anchor, year, year + 1, calendar.until, calendar.country)
        for position in target.position:
            start = moved(event.start, event.position, float(position))
            kind = "recurring" if event.recurring else "one-off"
            found.append(_move(event, start, kind, _strength(event, start, entity, key)))
    return found
