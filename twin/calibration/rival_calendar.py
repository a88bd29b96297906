"""Rival calendar: the artificial seasonal moves of competitors, told apart from the natural season.

Joins detection, recurrence and strength. Knows nothing of how customers take a campaign; see twin.response.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twin.calibration.campaign_detection import Run, Signal, detect, runs
from twin.calibration.campaign_events import RivalCampaign, exposure, judge, recorded_events, spans_of, with_strengths
from twin.calibration.campaign_recurrence import campaign_year, cycles, moved
from twin.calibration.campaign_strength import Strength, attraction_of_others, fit_strength, log_ratio, promo_effect
from twin.calibration.period_totals import Series, even_market_series, finest
from twin.draws import Key, Purpose, identity, uniforms
from twin.market.history import Campaign, History
from twin.market.world import World
from twin.response.parameters import Estimate
from twin.weeks import NEVER, WEEKS_PER_YEAR, mondays

_PASSES = 3


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
    """

    brands: tuple[str, ...]
    events: tuple[RivalCampaign, ...]
    promo_effect: tuple[Estimate, ...]
    until: int
    years: int
    country: str
    resolution: str
    source: str

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
        for event in self.events:
            span = slice(max(event.start - first_week, 0), max(event.stop - first_week, 0))
            result[event.brand, span] = np.maximum(result[event.brand, span], event.strength * event.probability)
        return result


def learn_rival_calendar(world: World, history: History, n_draws: int, seed: int, country: str = "TR") -> RivalCalendar:
    """Campaigns of the rivals and the strength of everybody's.

    Campaigns are runs in which a rival's log ratio to all others stands out from its level and natural season, more
    readily where it did so in other years at the same date or the same distance from a feast. Recorded campaigns, ours
    and rivals', are taken as certain and their effect on the others' ratios is removed first; then what was found is
    removed in the same way and the search repeated. Strength is a joint logit of all brands given all campaigns.

    Parameters
    ----------
    world : World
    history : History
    n_draws : int
    seed : int
    country : str
        Whose moving feasts are tried as anchors.

    Returns
    -------
    RivalCalendar
        Recorded campaigns and priors only without market data.
    """
    n_brands, n_own = len(world.brands), world.brands.n_own
    series = even_market_series(world, history)
    base = finest(series)
    recorded = tuple(campaign for campaign in history.campaigns if campaign.stop > campaign.start)
    if base is None or n_brands == n_own:
        return _from_records(world, history, recorded, n_draws, seed, country)
    known = [(campaign.brand, campaign.start, campaign.stop) for campaign in recorded]
    found: tuple[Run, ...] = ()
    signals: dict[int, Signal] = {}
    for _ in range(_PASSES):
        active = exposure(base, [*known, *spans_of(found, base)], n_brands)
        signals = _signals(base, active, exposure(base, known, n_brands) > 0, range(n_own, n_brands), country)
        found = tuple(run for signal in signals.values() for run in runs(signal, base.periods.kind))
    theirs = tuple(campaign for campaign in recorded if campaign.brand >= n_own)
    events = judge(base, signals, found, theirs, country)
    every = [*known, *((event.brand, event.start, event.stop) for event in events)]
    fits = [fit_strength(one, exposure(one, every, n_brands)) for one in series]
    events = with_strengths(events, theirs, fits[series.index(base)], base)
    until = base.first_week + base.n_weeks
    return RivalCalendar(
        brands=_names(world),
        events=events,
        promo_effect=_promo_effects(world, fits, events, n_draws, seed),
        until=until,
        years=max(1, int((until - base.first_week) / WEEKS_PER_YEAR + 0.1)),
        country=country,
        resolution=base.periods.kind,
        source=_source(base, signals, range(n_own, n_brands), world),
    )


def table(calendar: RivalCalendar) -> dict[str, NDArray]:
    """Columns of the table ``rival_calendar``.

    Returns
    -------
    dict of str to (n,) arrays
        ``brand`` str; ``start``, ``end`` and ``next_start`` datetime64[D], the end being the last day, ``NaT`` where
        no next time is expected; ``strength`` and ``probability`` float; ``recurring`` bool; and, beyond the contract,
        ``anchor`` str, ``next_probability`` float, ``recorded`` bool.
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
    }


def future_campaigns(
    calendar: RivalCalendar, first_week: int, n_weeks: int, draw: int, seed: int
) -> tuple[Campaign, ...]:
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
    tuple of Campaign
        By brand and start.
    """
    last_year = int(campaign_year(first_week + n_weeks, calendar.until)) + 1
    years = range(max(int(campaign_year(first_week, calendar.until)) - 1, 0), last_year + 1)
    certain = [event for event in calendar.events if event.recorded and event.start >= calendar.until]
    found = [Campaign(event.brand, event.start, event.stop, event.strength, "recorded") for event in certain]
    for brand in sorted({event.brand for event in calendar.events}):
        own = [event for event in calendar.events if event.brand == brand and event.start < calendar.until]
        ahead = [event for event in certain if event.brand == brand]
        for year in years:
            for campaign in _imagined_year(calendar, own, brand, year, Key(seed, draw)):
                if not any(campaign.start < event.stop and event.start < campaign.stop for event in ahead):
                    found.append(campaign)
    inside = (c for c in found if c.start < first_week + n_weeks and c.stop > first_week)
    return tuple(sorted(inside, key=lambda c: (c.brand, c.start, c.stop)))


def _imagined_year(
    calendar: RivalCalendar, own: Sequence[RivalCampaign], brand: int, year: int, key: Key
) -> list[Campaign]:
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
            found.append(
                Campaign(
                    brand,
                    start,
                    start + event.stop - event.start,
                    event.strength,
                    "recurring" if event.recurring else "one-off",
                )
            )
    return found


def _signals(base: Series, active: NDArray, taken: NDArray, rivals: range, country: str) -> dict[int, Signal]:
    """Every rival's excess attraction, with what is known of the others taken out."""
    fit = fit_strength(base, active)
    own = log_ratio(base) + attraction_of_others(fit.baseline, fit.effect, active)
    found = {brand: detect(base, brand, own[:, brand], taken[:, brand], country) for brand in rivals}
    return {brand: signal for brand, signal in found.items() if signal is not None}


def _names(world: World) -> tuple[str, ...]:
    return tuple(str(name) for name in world.brands.names)


def _from_records(
    world: World, history: History, recorded: tuple[Campaign, ...], n_draws: int, seed: int, country: str
) -> RivalCalendar:
    """What somebody wrote down is all there is."""
    theirs = tuple(campaign for campaign in recorded if campaign.brand >= world.brands.n_own)
    events = recorded_events(theirs, history.first_week, history.origin, country)
    return RivalCalendar(
        brands=_names(world),
        events=events,
        promo_effect=_promo_effects(world, [], events, n_draws, seed),
        until=history.origin,
        years=max(1, int(history.n_weeks / WEEKS_PER_YEAR + 0.1)),
        country=country,
        resolution="none",
        source="no market sales: rivals' campaigns cannot be seen, only recorded ones are known",
    )


def _source(base: Series, signals: dict[int, Signal], rivals: range, world: World) -> str:
    """What was searched, and what could not be."""
    unseen = [str(world.brands.names[brand]) for brand in rivals if brand not in signals]
    words = f"{base.name} by {base.periods.kind} over {base.years:.1f} years"
    if base.periods.kind == "month":
        words += "; campaigns shorter than a month are seen as whole months"
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
