"""Learned segments: what a calibration knows of each customer, as few groups in each of several dimensions.

Size, interest in us, trend and channel; each with the figure behind it and the day on which it was learned. Scenarios
name them in ``where``. What somebody else has named, such as the type of an outlet, is a column of the bundle.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twin.calibration.lives.ordering import Ordering
from twin.market.history import History
from twin.market.world import World
from twin.potential.potential import Potential
from twin.response.orders import ordering_probability, ordering_rhythm

_HALF, _YEAR = 26, 52
_MOVED = 1.6449
"""Standard errors beyond which purchases have moved: one customer in ten by chance where nothing moves."""
SIZES, INTERESTS = ("small", "middle", "large"), ("none", "below", "above")
TRENDS = ("no record", "falling", "steady", "rising")
NO_CHANNEL, MIXED = "none", "mixed"


@dataclass(frozen=True)
class LearnedSegments:
    """Segments of every customer. Axis k: dimensions; c: customers.

    Parameters
    ----------
    columns : tuple of str
        Names of the dimensions.
    names : tuple of tuple of str
        Of the segments of each.
    code : (k, c) uint8
    figure : (k, c) float
        Behind each: expected category volume (units per week); our share of it; change of purchases from one half year
        to the next (standard errors of luck, ``nan`` without a record); contacts in the last year.
    origin : int, week
    """

    columns: tuple[str, ...]
    names: tuple[tuple[str, ...], ...]
    code: NDArray[np.uint8]
    figure: NDArray[np.float64]
    origin: int

    def values(self) -> dict[str, NDArray[np.str_]]:
        """Names by dimension: (c,) str each."""
        return {column: np.array(names)[code] for column, names, code in zip(self.columns, self.names, self.code)}


def learn_segments(
    world: World, history: History, potential: Potential, silent: NDArray[np.bool_], ordering: Ordering
) -> LearnedSegments:
    """Groups of the customers.

    Parameters
    ----------
    world, history : World, History
    potential : Potential
    silent : (c,) bool
        Known customers who no longer buy.
    ordering : Ordering
        How uneven purchases are by luck.

    Returns
    -------
    LearnedSegments
        ``segment_size``: the largest, and the next, that buy a third of the category each, and all others.
        ``segment_interest``: ``none`` buys nothing from us as far as is known; others lie below or above our share of
        all who buy. ``segment_trend``: purchases of the last half year against those of the half year before, what
        moves all customers alike taken out, beyond what luck explains at 10 %. ``segment_channel``: by which more than
        half of last year's contacts were made.
    """
    volume, people = potential.mean, world.population
    share = np.clip(potential.own_now / np.maximum(volume, 1e-12), 0.0, 1.0)
    buys = people.known & ~silent & (potential.own_now > 0)
    usual = float(potential.own_now[buys].sum() / max(volume[buys].sum(), 1e-300))
    interest = np.where(buys, np.where(share >= usual, 2, 1), 0)
    moved = _trend(world, history, volume, share, buys, ordering)
    trend = np.where(np.isnan(moved), 0, np.where(moved < -_MOVED, 1, np.where(moved > _MOVED, 3, 2)))
    channel, contacts = _channel(world, history)
    return LearnedSegments(
        columns=("segment_size", "segment_interest", "segment_trend", "segment_channel"),
        names=(SIZES, INTERESTS, TRENDS, (*map(str, world.channels), NO_CHANNEL, MIXED)),
        code=np.stack([_thirds(volume), interest, trend, channel]).astype(np.uint8),
        figure=np.stack([volume, share, moved, contacts]),
        origin=history.origin,
    )


def _thirds(volume: NDArray[np.float64]) -> NDArray[np.int64]:
    """0, 1 or 2: which third of the whole volume a customer stands in, counted from the smallest."""
    order = np.argsort(volume, kind="stable")
    before = np.cumsum(volume[order]) - 0.5 * volume[order]
    third = np.empty(len(volume), dtype=np.int64)
    third[order] = np.clip(3.0 * before / max(volume.sum(), 1e-300), 0, 2).astype(np.int64)
    return third


def _trend(
    world: World, history: History, volume: NDArray, share: NDArray, buys: NDArray[np.bool_], ordering: Ordering
) -> NDArray[np.float64]:
    """Change of purchases between the last two half years, in standard errors of luck: (c,) float, nan if not seen."""
    people, own, nothing = world.population, history.own_sales, np.full(len(volume), np.nan)
    weeks_ago = history.origin - own.periods.mid_week() if len(own.periods) else np.zeros(0, dtype=np.int64)
    if not len(weeks_ago) or weeks_ago.max() < _YEAR - 5:
        return nothing
    first = int(np.argmax(weeks_ago <= _YEAR))
    bought = own.by_unit(len(people), world.brands.own, first)
    late = weeks_ago[first:] <= _HALF
    before, after = bought[:, ~late].sum(axis=1), bought[:, late].sum(axis=1)
    weeks = own.periods.weeks_in()[first:]
    seen = people.known & (people.known_since <= history.origin - _YEAR) & (before + after > 0)
    others_before, others_after = before[seen].sum() - before, after[seen].sum() - after
    there = (others_before > 0) & (others_after > 0)
    alike = np.divide(others_after, others_before, out=np.ones(len(volume)), where=there)
    often, by_size = (float(one.draws.mean()) for one in ordering.estimates)
    # what a former buyer's share was is not known
    usual = float(np.average(share[buys], weights=volume[buys])) if buys.any() else 1.0
    rhythm = ordering_rhythm(often, by_size, np.maximum(volume, 1e-9) / ordering.usual_volume)
    luck = 2.0 / np.maximum(ordering_probability(np.where(buys, share, usual), rhythm), 1e-9) - 1.0
    expected = alike * (before + after) / (1.0 + alike)
    error = expected * np.sqrt(luck * (1.0 / weeks[~late].sum() + 1.0 / weeks[late].sum()))
    return np.where(seen, (after - alike * before) / np.maximum(error, 1e-300), nothing)


def _channel(world: World, history: History) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Channel of most contacts of the last year, and their number: two (c,) arrays."""
    n, h, touches = len(world.population), len(world.channels), history.touches
    late = touches.week >= history.origin - _YEAR
    flat = touches.customer[late].astype(np.int64) * h + touches.channel[late]
    count = np.bincount(flat, minlength=n * h).reshape(n, h)
    total, most = count.sum(axis=1), count.argmax(axis=1)
    clear = 2 * count.max(axis=1) > total
    return np.where(total == 0, h, np.where(clear, most, h + 1)), total.astype(float)
