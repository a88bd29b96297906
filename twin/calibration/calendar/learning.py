"""Calendar learning: the artificial seasonal moves of competitors, told apart from the natural season.

Joins search, regions, knowledge and strength. Knows nothing of how customers take a campaign; see twin.response.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from twin.calibration.calendar.campaign_buyers import buyer_factors, for_buyers
from twin.calibration.calendar.campaign_events import (
    RivalCampaign,
    events_of_brand,
    exposure,
    known_events,
)
from twin.calibration.calendar.campaign_known import Knowledge, KnownMove, knowledge
from twin.calibration.calendar.campaign_regions import Region, joined, scope, search_regions
from twin.calibration.calendar.campaign_search import Found, Grid, grid_of, search
from twin.calibration.calendar.campaign_sizes import scaled, with_strengths
from twin.calibration.calendar.campaign_strength import Said, Strength, fit_strength, promo_effect
from twin.calibration.calendar.rival_calendar import RivalCalendar
from twin.calibration.calendar.rival_reaction import reaction_regression
from twin.calibration.levels.period_totals import Series, even_market_series, evened, finest, territory_series
from twin.market.history import History
from twin.market.remarks import Remark
from twin.market.world import World
from twin.response.parameters import Estimate
from twin.weeks import WEEKS_PER_YEAR


def learn_rival_calendar(
    world: World, history: History, n_draws: int, seed: int, country: str = "TR", remarks: tuple[Remark, ...] = ()
) -> RivalCalendar:
    """Campaigns of the rivals and the strength of everybody's.

    Recorded and taught campaigns are certain. The others are searched in all sources of market data at once
    (:mod:`twin.calibration.calendar.campaign_search`): places of the calendar, by date or by days to a feast, where
    a rival does better than its level and natural season in most years, and single campaigns; then, territory by
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
    found = search(series, grid, rivals, known.spans(), certain, n_brands)
    # months of one territory are too coarse: places of the calendar that nobody used pass for its own
    parts = territory_series(world, history) if base.periods.kind == "week" else ()
    regions = search_regions(series, parts, grid, found, known, n_brands)
    events: Sequence[RivalCampaign] = _events(grid, found, regions, known.of_rivals(n_own), rivals)
    everywhere = [(event.brand, event.start, event.stop) for event in events if not event.territories]
    ours = [(move.span, move.strength) for move in known.moves if move.brand < n_own and not move.territories]
    every = [*(span for span, _ in ours), *everywhere]
    power = np.r_[np.nan_to_num([strength for _, strength in ours], nan=1.0), np.ones(len(everywhere))]
    fits = [fit_strength(one, exposure(one, every, n_brands, power)) for one in series]
    effects = _promo_effects(world, _felt(world, history, series, fits), tuple(events), n_draws, seed)
    events = with_strengths(events, known.of_rivals(n_own), fits[series.index(base)], base)
    average = [float(effect.draws.mean()) for effect in effects]
    events = scaled(events, average)
    answer = reaction_regression(base, fits[series.index(base)], events, n_own, average)
    return RivalCalendar(
        brands=_names(world),
        events=tuple(sorted(events, key=lambda event: (event.brand, event.start, event.territories))),
        promo_effect=effects,
        until=grid.stop,
        years=max(1, int((grid.stop - grid.first) / WEEKS_PER_YEAR + 0.1)),
        country=country,
        resolution=base.periods.kind,
        source=_source(base, series, set(found), rivals, world),
        territories=tuple(str(name) for name in world.territories),
        answer=answer,
    )


def _felt(world: World, history: History, series: Sequence[Series], fits: Sequence[Strength]) -> list[Strength]:
    """Each source's fit, turned from what the market shows into what a customer feels.

    The panel's members count alike in its series, and an audit counts customers by what they buy.
    """
    panels = {"panel": evened(history.panel)}
    return [
        for_buyers(fit, buyer_factors(world, panels.get(one.name, history.panel)))
        for one, fit in zip(series, fits, strict=True)
    ]


def _events(
    grid: Grid, found: dict[int, Found], regions: Sequence[Region], known: Sequence[KnownMove], rivals: range
) -> list[RivalCampaign]:
    """Campaigns of the whole market, some of them limited to territories, and of single territories."""
    events: list[RivalCampaign] = []
    for brand in rivals:
        places = found[brand].places if brand in found else ()
        scopes = {number: scope(regions, brand, number) for number in range(len(places))}
        own = [move for move in known if move.brand == brand]
        events += events_of_brand(brand, places, own, grid.first, grid.stop, grid.country, len(events), scopes)
    local: list[RivalCampaign] = []
    for region in regions:
        for brand, one in region.own.items():
            own = [move for move in known if move.brand == brand and region.territory in move.territories]
            scopes = dict.fromkeys(range(len(one.places)), ((region.territory,), one.lift))
            number = len(events) + len(local)
            made = events_of_brand(brand, one.places, own, grid.first, grid.stop, grid.country, number, scopes)
            local += [event for event in made if not event.recorded]
    return [*events, *joined(local)]


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
    world: World, fits: Sequence[Said], events: tuple[RivalCampaign, ...], n_draws: int, seed: int
) -> tuple[Estimate, ...]:
    """Strength of an average campaign of every brand."""
    found = []
    for brand, name in enumerate(_names(world)):
        ours = brand < world.brands.n_own
        own = [event for event in events if event.brand == brand]
        what = "our recorded campaigns" if ours else f"{len(own)} campaigns, recorded or found"
        prior = "promotion_own" if ours else "promotion_rival"
        found.append(promo_effect(name, brand, prior, fits, what, n_draws, seed, _searched(own)))
    return tuple(found)


def _searched(own: Sequence[RivalCampaign]) -> float:
    """Part of the weeks of campaigns that nobody recorded or taught."""
    weeks = np.array([event.stop - event.start for event in own], dtype=float)
    found = np.array([not event.recorded for event in own], dtype=bool)
    return float(weeks[found].sum() / weeks.sum()) if len(own) else 0.0


def with_effects(calendar: RivalCalendar, world: World, said: Sequence[Said], n_draws: int, seed: int) -> RivalCalendar:
    """The calendar with the effects that customers and bricks tell, where they tell any; see docs/attraction.md.

    Sums over the whole market place campaigns in time; single customers and bricks, whose own levels are taken out,
    tell their effect better.
    """
    told = _promo_effects(world, said, calendar.events, n_draws, seed)
    seen = [any(np.isfinite(one.sd[brand]) for one in said) for brand in range(len(calendar.brands))]
    effects = tuple(new if use else old for new, old, use in zip(told, calendar.promo_effect, seen, strict=True))
    ratio = [float(old.draws.mean() / max(new.draws.mean(), 1e-3)) for old, new in zip(calendar.promo_effect, effects)]
    # strengths of campaigns in some territories only are lifts over the average effect
    events = tuple(
        replace(event, strength=event.strength * ratio[event.brand])
        if event.territories and not event.recorded
        else event
        for event in calendar.events
    )
    return replace(calendar, promo_effect=effects, events=events)
