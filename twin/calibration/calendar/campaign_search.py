"""Campaign search: the rivals' campaigns in all sources at once, their level and natural season beside them.

Turns and turns about: baselines given the campaigns, campaigns given the baselines. Judges nobody's strength.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from twin.calibration.calendar.campaign_belief import believed
from twin.calibration.calendar.campaign_detection import settled
from twin.calibration.calendar.campaign_events import exposure
from twin.calibration.calendar.campaign_evidence import Source, source
from twin.calibration.calendar.campaign_places import Certainty, Place
from twin.calibration.calendar.campaign_recurrence import ANCHORS, Cycles, campaign_year, cycles
from twin.calibration.calendar.campaign_season import own_of
from twin.calibration.calendar.campaign_slots import find_places
from twin.calibration.calendar.campaign_start import first_lifts, shapes
from twin.calibration.calendar.campaign_strength import attraction_of_others, fit_strength, log_ratio
from twin.calibration.levels.period_totals import Series, finest

_ROUNDS = 4
_LEAST_YEARS = 1.9
# choosing places, and a baseline that settles around them, make chance look larger than it is: the last turn, which
# decides, takes the noise to be so much larger
WIDE = 1.4


@dataclass(frozen=True)
class Grid:
    """Weeks that are searched.

    Parameters
    ----------
    first, stop : int, week
        Half-open.
    country : str
        Whose feasts are tried as anchors.
    """

    first: int
    stop: int
    country: str

    @property
    def n_weeks(self) -> int:
        """Length."""
        return self.stop - self.first

    def anchors(self) -> tuple[Cycles, ...]:
        """Anchors with their positions on the grid; none under two years, where nothing can be seen to return."""
        if self.n_weeks < _LEAST_YEARS * 52:
            return ()
        first = int(campaign_year(self.first, self.stop)) - 1
        every = (cycles(anchor, first, 1, self.stop, self.country) for anchor in ANCHORS)
        return tuple(Cycles(one.anchor, one.year, one.position - self.first) for one in every)


@dataclass(frozen=True)
class Found:
    """What the search left of one brand.

    Parameters
    ----------
    places : tuple of Place
        On the grid.
    lift : float, log ratio
        Usual lift of a campaign.
    """

    places: tuple[Place, ...]
    lift: float


def grid_of(series: Sequence[Series], country: str) -> Grid:
    """Every week that some source covers."""
    stop = max(one.first_week + one.n_weeks for one in series)
    return Grid(min(one.first_week for one in series), stop, country)


def search(
    series: Sequence[Series], grid: Grid, brands: range, known: Sequence[tuple[int, int, int]],
    certain: dict[int, Certainty], n_brands: int,
) -> dict[int, Found]:  # fmt: skip
    """Campaigns of every brand that can be searched.

    Parameters
    ----------
    series : sequence of Series
    grid : Grid
    brands : range
        Rivals.
    known : sequence of (brand, start, stop)
        Certain campaigns of all brands, ours included.
    certain : dict of brand to Certainty
        The same of each rival, and what was no campaign, on the grid.
    n_brands : int

    Returns
    -------
    dict of int to Found
        Brands that sell too little for a search are missing.
    """
    anchors = grid.anchors()
    table = shapes(grid.n_weeks, anchors)
    found: dict[int, Found] = {}
    for turn in range(_ROUNDS):
        views: dict[int, list[Source]] = {}
        for one in series:
            certainly = exposure(one, known, n_brands)
            if turn == 0:
                lifts = first_lifts(one, list(brands), certainly, grid.first, grid.n_weeks, table)
            else:
                lifts = on_periods(one, grid, lifts_of(found, grid, n_brands))
            own = attraction(one, certainly, lifts)
            wide = WIDE if turn == _ROUNDS - 1 else 1.0
            for brand in brands:
                view = view_of(one, grid, brand, own[:, brand], certainly[:, brand] > 0, lifts[:, brand], wide)
                if view is not None:
                    views.setdefault(brand, []).append(view)
        for brand, sources in views.items():
            lift = found[brand].lift if brand in found else None
            found[brand] = Found(*find_places(sources, anchors, certain.get(brand, Certainty()), lift))
    left = own_of(finest(series) or series[0], grid.first, grid.n_weeks, anchors)
    sure = believed({brand: one.places for brand, one in found.items()}, left, WIDE)
    return {brand: replace(one, places=sure[brand]) for brand, one in found.items()}


def attraction(series: Series, certainly: NDArray[np.float64], lifts: NDArray[np.float64]) -> NDArray[np.float64]:
    """Each brand's own log attraction by period, all others' levels, seasons and campaigns taken out: (p, j) float."""
    usual = lifts.sum(axis=0) / np.maximum((lifts > 0).sum(axis=0), 1)
    active = np.maximum(certainly, np.minimum(lifts / np.maximum(usual, 1e-12), 1.0))
    fit = fit_strength(series, active, errors=False)
    return np.asarray(log_ratio(series) + attraction_of_others(fit.baseline, fit.effect, active))


def lifts_of(found: dict[int, Found], grid: Grid, n_brands: int) -> NDArray[np.float64]:
    """What the likely campaigns lift each week of the grid: (w, j) float, log volume."""
    weekly = np.zeros((grid.n_weeks, n_brands))
    for brand, one in found.items():
        for place in one.places:
            weekly[:, brand] += place.lift(grid.n_weeks)
    return weekly


def on_periods(series: Series, grid: Grid, weekly: NDArray[np.float64]) -> NDArray[np.float64]:
    """Means over the weeks of each period: (p, j) float."""
    weights = series.periods.weights(grid.first, grid.n_weeks)
    return np.asarray(weights @ weekly / np.maximum(np.asarray(weights.sum(axis=1)).reshape(-1, 1), 1e-12))


def view_of(
    series: Series, grid: Grid, brand: int, ratio: NDArray, taken: NDArray[np.bool_], lift: NDArray, wide: float,
    explained: NDArray | float = 0.0,
) -> Source | None:  # fmt: skip
    """One source's view of one brand: what is left beside level, season and what is explained.

    Parameters
    ----------
    series : Series
    grid : Grid
    brand : int
    ratio : (p,) float, log ratio
    taken : (p,) bool
        Periods of certain campaigns: neither quiet nor news.
    lift, explained : (p,) float, log ratio
        By all likely campaigns; and by those of them that are no news.
    wide : float
        Factor on the noise.
    """
    free = np.isfinite(ratio) & ~taken
    signal = settled(series, brand, ratio, free, lift)
    if signal is None:
        return None
    sd = signal.scale * signal.stretch * wide
    return source(series, grid.first, grid.n_weeks, signal.excess - explained, free, sd)
