"""Market facts: what a scenario must fit, and the customer columns that a condition may name.

Knows no scenario.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from twin.market.world import World
from twin.scenario.where import FLAG, kind_of
from twin.weeks import NEVER, monday, week_of_date


@dataclass(frozen=True)
class MarketFacts:
    """What a scenario is checked against.

    Parameters
    ----------
    origin : datetime.date
        First day that is not history.
    territories : tuple of str
    own_brands, rival_brands : tuple of str
    channels : tuple of str
        ``channels[0]`` is the visit.
    attributes : mapping of str to str
        ``number``, ``category`` or ``flag`` by customer column.
    segments : mapping of str to tuple of str
        Learned segment columns and their labels; they are categories.
    reps_by_territory : mapping of str to int
        Reps in service at the origin; a territory that is not named has none.
    horizon_weeks : int
        How far is looked ahead where a scenario does not say.
    has_reps : bool
        The bundle lists reps.
    has_visits : bool
        Somebody visits: listed reps, or recorded visits.
    has_unknown : bool
        There are customers who do not buy from us yet.
    has_market_sales : bool
        Rivals' sales are known at least in part.
    has_prices : bool
        Our brands have prices, so that value can be told from volume.
    has_places : bool
        Customers or bricks have coordinates.
    columns : mapping of str to (c,) arrays
        Customer columns themselves, where they are at hand: conditions are then tried out.
    """

    origin: dt.date
    territories: tuple[str, ...]
    own_brands: tuple[str, ...]
    rival_brands: tuple[str, ...]
    channels: tuple[str, ...]
    attributes: Mapping[str, str] = field(default_factory=dict, hash=False)
    segments: Mapping[str, tuple[str, ...]] = field(default_factory=dict, hash=False)
    reps_by_territory: Mapping[str, int] = field(default_factory=dict, hash=False)
    horizon_weeks: int = 52
    has_reps: bool = True
    has_visits: bool = True
    has_unknown: bool = True
    has_market_sales: bool = True
    has_prices: bool = True
    has_places: bool = True
    columns: Mapping[str, NDArray] = field(default_factory=dict, compare=False, repr=False)

    @property
    def origin_week(self) -> int:
        """First week that is not history."""
        return week_of_date(self.origin)

    @property
    def kinds(self) -> dict[str, str]:
        """Kind of every column that a condition may name."""
        return {**self.attributes, **dict.fromkeys(self.segments, "category")}


def customer_columns(world: World, segments: Mapping[str, NDArray] | None = None) -> dict[str, NDArray]:
    """Every column that ``where`` may name, one meaning in forecasts, plans and checks.

    The attributes; ``customer_id``, ``name``, ``lon``, ``lat``, ``brick_id``, ``territory``, ``status``,
    ``prefers_channel``, ``known`` and ``consent_<channel>``; and the learned segments.

    Parameters
    ----------
    world : World
    segments : mapping of str to (c,) str, optional
        Learned segments by column name.

    Returns
    -------
    dict of str to (c,) arrays
        Missing is ``nan`` or ``None``.
    """
    people = world.population
    status = np.where(people.known, np.where(people.left < NEVER, "lapsed", "active"), "prospect")
    columns: dict[str, NDArray] = {
        "customer_id": people.ids,
        "name": people.names,
        "lon": people.lon,
        "lat": people.lat,
        "brick_id": _labels(world.bricks.ids, people.brick),
        "territory": _labels(world.territories, people.territory),
        "status": status,
        "prefers_channel": _labels(np.array(world.channels), people.prefers),
        "known": people.known,
    }
    columns |= {f"consent_{name}": people.consent[h] for h, name in enumerate(world.channels)}
    return columns | dict(people.attributes) | dict(segments or {})


def facts_of(
    world: World,
    segments: Mapping[str, NDArray] | None = None,
    *,
    horizon_weeks: int = 52,
    has_market_sales: bool = True,
    has_visits: bool = True,
) -> MarketFacts:
    """Facts of a world.

    Parameters
    ----------
    world : World
    segments : mapping of str to (c,) str, optional
    horizon_weeks : int
    has_market_sales, has_visits : bool
        Whether the history has them.
    """
    columns = customer_columns(world, segments)
    reps, brands, people = world.reps, world.brands, world.population
    labels = {name: _distinct(values) for name, values in (segments or {}).items()}
    placed = bool(people.placed.any()) or bool(np.isfinite(world.bricks.lon).any())
    return MarketFacts(
        origin=monday(world.origin),
        territories=tuple(map(str, world.territories)),
        own_brands=tuple(map(str, brands.names[brands.own])),
        rival_brands=tuple(map(str, brands.names[~brands.own])),
        channels=world.channels,
        attributes={name: kind_of(column) for name, column in columns.items() if name not in labels},
        segments=labels,
        reps_by_territory=_heads(world),
        horizon_weeks=horizon_weeks,
        has_reps=len(reps) > 0 and reps.listed,
        has_visits=has_visits or len(reps) > 0,
        has_unknown=not bool(people.known.all()),
        has_market_sales=has_market_sales,
        has_prices=bool(np.isfinite(brands.unit_price[brands.own]).all()),
        has_places=placed,
        columns=columns,
    )


def ranks(facts: MarketFacts) -> tuple[str, ...]:
    """Customer columns that can put customers in order."""
    return tuple(name for name, kind in facts.kinds.items() if kind in ("number", FLAG))


def _labels(names: NDArray, index: NDArray) -> NDArray:
    """Name at each index, ``None`` where the index is negative: (c,) object."""
    padded: NDArray = np.append(np.asarray(names, dtype=object), None)
    return padded[index]


def _distinct(labels: NDArray) -> tuple[str, ...]:
    return tuple(sorted(set(map(str, labels[np.not_equal(labels, None).astype(bool)].tolist()))))


def _heads(world: World) -> dict[str, int]:
    """Reps in service at the origin, by territory."""
    reps = world.reps
    serving = reps.territory[(reps.start <= world.origin) & (reps.end > world.origin)]
    heads = np.bincount(serving[serving >= 0], minlength=len(world.territories))
    return {str(name): int(count) for name, count in zip(world.territories, heads)}
