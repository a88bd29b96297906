"""Rival calendar: the artificial seasonal moves of competitors, told apart from the natural season.

Joins detection, recurrence and strength. Knows nothing of how customers take a campaign; see twin.response.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twin.calibration.campaign_events import RivalCampaign, events_of_brand, exposure, known_events, with_strengths
from twin.calibration.campaign_known import Knowledge, knowledge
from twin.calibration.campaign_recurrence import campaign_year, cycles, moved
from twin.calibration.campaign_search import grid_of, search
from twin.calibration.campaign_strength import Strength, fit_strength, promo_effect
from twin.calibration.period_totals import Series, even_market_series, finest
from twin.draws import Key, Purpose, identity, uniforms
from twin.market.history import Campaign, History
from twin.market.remarks import Remark
from twin.market.world import World
from twin.response.parameters import Estimate
from twin.weeks import NEVER, WEEKS_PER_YEAR, mondays


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


def learn_rival_calendar(
    world: World, history: History, n_draws: int, seed: int, country: str = "TR", remarks: tuple[Remark, ...] = ()
) -> RivalCalendar:
    """Campaigns of the rivals and the strength of everybody's.

    Recorded and taught campaigns are certain. The others are searched in all sources of market data at once
    (:mod:`twin.calibration.campaign_search`): places of the calendar, by date or by distance from a feast, where a
    rival does better than its level and natural season in most years, and single campaigns; then, territory by
    territory, what only some of them show. Strength is a joint logit of all brands given all campaigns.

    Parameters
    ----------
    world : World
    history : History
    n_draws : int
    seed : int
    country : str
        Whose moving feasts are tried as anchors.
    remarks : tuple of Remark
        What people said of single moves: the last word on each.

    Returns
    -------
    RivalCalendar
        Known campaigns and priors only without market data.
    """
    n_brands, n_own = len(world.brands), world.brands.n_own
    series, known = even_market_series(world, history), knowledge(history.campaigns, remarks)
    base = finest(series)
    if base is None or n_brands == n_own:
        return _from_records(world, history, known, n_draws, seed, country)
    grid, rivals = grid_of(series, country), range(n_own, n_brands)
    certain = {brand: known.certainty(brand, grid.first, grid.stop) for brand in rivals}
    found = search(series, grid, rivals, known.everywhere(), certain, n_brands)
    theirs, events = known.of_rivals(n_own), []
    for brand in rivals:
        places, own = (found[brand].places if brand in found else ()), [m for m in theirs if m.brand == brand]
        events += events_of_brand(brand, places, own, grid.first, grid.stop, country, len(events))
    everywhere = [(event.brand, event.start, event.stop) for event in events if not event.territories]
    every = [*(span for span in known.everywhere() if span[0] < n_own), *everywhere]
    fits = [fit_strength(one, exposure(one, every, n_brands)) for one in series]
    events = sorted(with_strengths(events, theirs, fits[series.index(base)], base), key=lambda e: (e.brand, e.start))
    return RivalCalendar(
        brands=_names(world),
        events=tuple(events),
        promo_effect=_promo_effects(world, fits, tuple(events), n_draws, seed),
        until=grid.stop,
        years=max(1, int((grid.stop - grid.first) / WEEKS_PER_YEAR + 0.1)),
        country=country,
        resolution=base.periods.kind,
        source=_source(base, series, set(found), rivals, world),
        territories=tuple(str(name) for name in world.territories),
    )


def table(calendar: RivalCalendar) -> dict[str, NDArray]:
    """Columns of the table ``rival_calendar``.

    Returns
    -------
    dict of str to (n,) arrays
        ``brand`` str; ``start``, ``end`` and ``next_start`` datetime64[D], the end being the last day, ``NaT`` where
        no next time is expected; ``strength`` and ``probability`` float; ``recurring`` bool; and, beyond the contract,
        ``anchor`` str, ``next_probability`` float, ``recorded`` bool, ``id`` str, ``territories`` str, ``source`` str
        (``found``, ``recorded``, ``taught``), ``remark`` str, ``series`` int: the same for moves that return together, -1 alone.
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
    year. A campaign that may have been chance is left out of as many draws as that is likely. Recorded campaigns that
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
    found = [_move(event, event.start, "recorded") for event in certain]
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


def _move(event: RivalCampaign, start: int, kind: str) -> ExpectedMove:
    return ExpectedMove(event.brand, start, start + event.stop - event.start, event.strength, kind, event.territories)


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
            found.append(_move(event, start, "recurring" if event.recurring else "one-off"))
    return found


def _names(world: World) -> tuple[str, ...]:
    return tuple(str(name) for name in world.brands.names)


def _from_records(
    world: World, history: History, known: Knowledge, n_draws: int, seed: int, country: str
) -> RivalCalendar:
    """What somebody wrote down is all there is."""
    events = known_events(known.of_rivals(world.brands.n_own), history.first_week, history.origin, country)
    return RivalCalendar(
        brands=_names(world),
        events=events,
        promo_effect=_promo_effects(world, [], events, n_draws, seed),
        until=history.origin,
        years=max(1, int(history.n_weeks / WEEKS_PER_YEAR + 0.1)),
        country=country,
        resolution="none",
        source="no market sales: rivals' campaigns cannot be seen, only recorded or taught ones are known",
        territories=tuple(str(name) for name in world.territories),
    )


def _source(base: Series, series: Sequence[Series], found: set[int], rivals: range, world: World) -> str:
    """What was searched, and what could not be."""
    unseen = [str(world.brands.names[brand]) for brand in rivals if brand not in found]
    words = f"{base.name} by {base.periods.kind} over {base.years:.1f} years"
    words += "".join(f", {one.name} by {one.periods.kind}" for one in series if one is not base)
    if base.periods.kind == "month":
        words += "; weeks are read off how two months share a campaign, so that starts are uncertain by weeks"
    if base.years < 1.9:
        words += "; under two years: nothing can be seen to return"
    return words + (f"; too few sales to search: {', '.join(unseen)}" if unseen else "")


def _promo_effects(
    world: World, fits: Sequence[Strength], events: tuple[RivalCampaign, ...], n_draws: int, seed: int
) -> tuple[Estimate, ...]:
    """Strength of an average campaign of every brand."""
    found = []
    for brand, name in enumerate(_names(world)):
        ours = brand < world.brands.n_own
        count = sum(event.brand == brand for event in events)
        what = "our recorded campaigns" if ours else f"{count} campaigns, recorded or found"
        found.append(
            promo_effect(name, brand, "promotion_own" if ours else "promotion_rival", fits, what, n_draws, seed)
        )
    return tuple(found)
