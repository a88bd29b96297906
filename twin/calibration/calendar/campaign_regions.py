"""Campaign regions: which campaigns ran in some territories only, and campaigns that only one territory shows.

Works on the market data of each territory, given what the whole market shows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from twin.calibration.calendar.campaign_events import RivalCampaign, exposure
from twin.calibration.calendar.campaign_evidence import Source
from twin.calibration.calendar.campaign_known import Knowledge
from twin.calibration.calendar.campaign_places import Place
from twin.calibration.calendar.campaign_search import WIDE, Found, Grid, attraction, lifts_of, on_periods, view_of
from twin.calibration.calendar.campaign_slots import find_places
from twin.calibration.calendar.campaign_start import first_lifts, shapes
from twin.calibration.levels.period_totals import Series

_MOST_TERRITORIES = 80
_TURNS = 2
# odds against a campaign of one territory alone, beyond that there are so many to search
_DOUBT = 3.5
# sums of neighbouring periods vary so much more than independent ones would
_STRETCH = 1.15
# territories may differ in how a campaign lifts them by this part of the lift
_UNEVEN = 0.35
# log odds for a campaign that runs everywhere: most plans are written for a whole country
_EVERYWHERE = 6.0
# the same campaign in another territory begins within so many weeks
_TOGETHER_WEEKS = 2
_BELIEVED = 0.5


@dataclass(frozen=True)
class Region:
    """What one territory shows.

    Parameters
    ----------
    territory : int
    own : dict of int to Found
        Campaigns that the whole market does not show, by brand.
    lift, precision : dict of (brand, place) to float
        How far each place of the whole market lifts the brand here, and how sharply that is seen.
    """

    territory: int
    own: dict[int, Found]
    lift: dict[tuple[int, int], float]
    precision: dict[tuple[int, int], float]


@dataclass(frozen=True)
class Common:
    """What the whole market shows in one source beyond its campaigns.

    Parameters
    ----------
    start : (p,) datetime64[D]
        First days of the periods.
    excess : dict of brand to (p,) float, log ratio
    """

    start: NDArray[np.datetime64]
    excess: dict[int, NDArray[np.float64]]


def search_regions(
    whole: Sequence[Series], parts: Sequence[Sequence[Series]], grid: Grid, market: dict[int, Found],
    known: Knowledge, n_brands: int,
) -> tuple[Region, ...]:  # fmt: skip
    """Every territory by itself; none where there is but one, or very many.

    Parameters
    ----------
    whole : sequence of Series
        Of the whole market.
    parts : sequence of sequence of Series
        By territory.
    grid : Grid
    market : dict of brand to Found
        What the whole market shows.
    known : Knowledge
    n_brands : int
    """
    used = [z for z, series in enumerate(parts) if series]
    if not 2 <= len(used) <= _MOST_TERRITORIES:
        return ()
    anchors, doubt = grid.anchors(), float(np.log(len(used))) + _DOUBT
    table = shapes(grid.n_weeks, anchors)
    explained = lifts_of(market, grid, n_brands)
    common = _common(whole, grid, market, known.spans(), explained)
    found = []
    for z in used:
        own: dict[int, Found] = {}
        views: dict[int, list[Source]] = {}
        for turn in range(_TURNS):
            views = {}
            for series in parts[z]:
                seen = _views(series, grid, market, known.spans(z), explained, own, turn, table, common)
                for brand, view in seen.items():
                    views.setdefault(brand, []).append(view)
            for brand, sources in views.items():
                lift = own[brand].lift if brand in own else None
                certain = known.certainty(brand, grid.first, grid.stop, z)
                own[brand] = Found(*find_places(sources, anchors, certain, lift, doubt))
        found.append(_region(z, own, views, market, grid))
    return tuple(found)


def _views(
    series: Series, grid: Grid, market: dict[int, Found], known: Sequence[tuple[int, int, int]],
    explained: NDArray, own: dict[int, Found], turn: int, table: tuple, common: dict[str, Common],
) -> dict[int, Source]:  # fmt: skip
    """One territory's source for every brand: what it shows beyond what the whole market shows at the same time."""
    n_brands = explained.shape[1]
    certainly, given = exposure(series, known, n_brands), on_periods(series, grid, explained)
    if turn == 0:
        known_part = np.maximum(certainly, given / np.maximum(given.max(axis=0), 1e-12))
        mine = first_lifts(series, list(market), known_part, grid.first, grid.n_weeks, table)
    else:
        mine = on_periods(series, grid, lifts_of(own, grid, n_brands))
    ratio = attraction(series, certainly, given + mine)
    found = {}
    for brand in market:
        lift = given[:, brand] + mine[:, brand]
        wide = WIDE if turn == _TURNS - 1 else 1.0
        taken = certainly[:, brand] > 0
        view = view_of(series, grid, brand, ratio[:, brand], taken, lift, wide, given[:, brand])
        if view is not None:
            found[brand] = _beyond(view, series, mine[:, brand], common.get(series.name), brand, wide)
    return found


def _beyond(view: Source, series: Series, mine: NDArray, common: Common | None, brand: int, wide: float) -> Source:
    """A territory's view without what the market shows in the same periods, and with the noise of the difference."""
    if common is None or brand not in common.excess:
        return view
    place = np.clip(np.searchsorted(common.start, series.periods.start), 0, len(common.start) - 1)
    same = common.start[place] == series.periods.start
    excess = np.where(same & (view.weight > 0), view.excess - common.excess[brand][place], view.excess)
    rest = (excess - mine)[view.weight > 0]
    sd = 1.4826 * float(np.median(np.abs(rest - np.median(rest)))) * wide * _STRETCH
    return replace(view, excess=excess, weight=(view.weight > 0) / max(sd, 1e-9) ** 2)


def _common(
    whole: Sequence[Series], grid: Grid, market: dict[int, Found], known: Sequence[tuple[int, int, int]],
    explained: NDArray,
) -> dict[str, Common]:  # fmt: skip
    """What the whole market shows beyond its campaigns, by source and brand."""
    found = {}
    for one in whole:
        certainly, given = exposure(one, known, explained.shape[1]), on_periods(one, grid, explained)
        ratio = attraction(one, certainly, given)
        excess = {}
        for brand in market:
            view = view_of(
                one, grid, brand, ratio[:, brand], certainly[:, brand] > 0, given[:, brand], 1.0, given[:, brand]
            )
            if view is not None:
                excess[brand] = view.excess
        found[one.name] = Common(one.periods.start, excess)
    return found


def _region(
    z: int, own: dict[int, Found], views: dict[int, list[Source]], market: dict[int, Found], grid: Grid
) -> Region:
    """What the whole market's places do in one territory."""
    lift, precision = {}, {}
    mine = {
        brand: sum((place.lift(grid.n_weeks) for place in one.places), np.zeros(grid.n_weeks))
        for brand, one in own.items()
    }
    for brand, sources in views.items():
        rest = [one.without(mine[brand]) for one in sources]
        for number, place in enumerate(market[brand].places):
            shape, usual = _shape(place, grid.n_weeks)
            seen = pulled = 0.0
            for one in rest:
                exposed = one.parts @ shape
                seen += float(one.weight @ exposed**2)
                pulled += float((one.weight * exposed) @ one.excess)
            if seen > 0:
                lift[brand, number], precision[brand, number] = usual + pulled / seen, seen
    return Region(z, own, lift, precision)


def _shape(place: Place, n_weeks: int) -> tuple[NDArray[np.float64], float]:
    """Weeks of a place's likely campaigns, and their mean lift."""
    shape, likely = np.zeros(n_weeks), [hit for hit in place.hits if hit.probability > _BELIEVED]
    for hit in likely:
        shape[hit.start : hit.start + hit.length] = 1.0
    return shape, float(np.mean([hit.lift for hit in likely])) if likely else 0.0


def scope(regions: Sequence[Region], brand: int, number: int) -> tuple[tuple[int, ...], float]:
    """Territories of one place of the whole market, and its lift there; none for everywhere.

    Everywhere means one lift for all; else some territories, those with the largest lifts, share one and the others
    have none. The more probable is taken, with odds for everywhere beforehand.
    """
    seen = [region for region in regions if (brand, number) in region.lift]
    if len(seen) < 2:
        return (), float("nan")
    lift = np.array([region.lift[brand, number] for region in seen])
    precision = np.array([region.precision[brand, number] for region in seen])
    order = np.argsort(-lift)
    lift, precision = lift[order], precision[order]
    everywhere = float(lift @ precision / precision.sum())
    precision = 1 / (1 / precision + (_UNEVEN * everywhere) ** 2)
    everywhere = float(lift @ precision / precision.sum())
    best, where = -0.5 * float(precision @ (lift - everywhere) ** 2) + _EVERYWHERE, 0
    value = everywhere
    for k in range(1, len(lift)):
        mean = float(lift[:k] @ precision[:k] / precision[:k].sum())
        loss = float(precision[:k] @ (lift[:k] - mean) ** 2 + precision[k:] @ lift[k:] ** 2)
        if -0.5 * loss > best and mean > 0:
            best, where, value = -0.5 * loss, k, mean
    return tuple(sorted(int(seen[place].territory) for place in order[:where])), value


def joined(events: Sequence[RivalCampaign]) -> list[RivalCampaign]:
    """Campaigns of single territories, those of several territories at the same time made into one."""
    left, result = sorted(events, key=lambda event: (event.brand, event.start, event.territories)), []
    while left:
        first = left.pop(0)
        same = [
            event
            for event in left
            if event.brand == first.brand
            and abs(event.start - first.start) <= _TOGETHER_WEEKS
            and not set(event.territories) & set(first.territories)
        ]
        left = [event for event in left if event not in same]
        group = [first, *same]
        best = max(group, key=lambda event: event.probability)
        where = tuple(sorted({z for event in group for z in event.territories}))
        strength = float(np.mean([event.strength for event in group]))
        result.append(replace(best, territories=where, strength=strength))
    return result
