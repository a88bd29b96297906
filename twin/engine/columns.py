"""Columns: what the engine knows of the customers, as flat arrays in the smallest types that hold it.

Named tuples and not dataclasses, because compiled code takes them as they are. Axis c: customers, in the order of the
population; j: brands, ours first; h: channels; l: channels whose programmes run; k: neighbours.
"""

from __future__ import annotations

from types import ModuleType
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.market.channels import VISIT
from twin.market.segments import Segments
from twin.market.world import World
from twin.response import journey, law
from twin.response.elementary import log
from twin.response.market import Market

LONG_AGO = 255
"""Weeks since something that never was; counters stop here."""
_LARGEST_ORDER = 32.0
_HEADROOM = 2.0**10


class Coefficients(NamedTuple):
    """The scalars of one parameter draw, float32; names and units as in :class:`twin.response.market.Response`."""

    carryover: np.float32
    coefficient: np.float32
    mismatch: np.float32
    ideal_contacts: np.float32
    fatigue: np.float32
    synergy: np.float32
    memory: np.float32
    habit: np.float32
    discovery_base: np.float32
    discovery_visit: np.float32
    discovery_word: np.float32
    trial_discount: np.float32
    loss: np.float32
    loss_contact: np.float32
    winback: np.float32
    opening: np.float32
    curvature: np.float32
    outside: np.float32
    follows_sales: np.float32
    typical_own: np.float32


class Terrain(NamedTuple):
    """What does not change while customers live through the weeks: one for all runs of a draw.

    Parameters
    ----------
    low, high : (c,) uint32
        Halves of the entity number.
    consent : (c,) uint32
        One bit a channel.
    prefers : (c,) int8
    volume : (c,) float32, units per week
    orders : (c,) float32, per week
        Of the category.
    base : (j, c) float32, utility
        The best rival at zero.
    live : (l,) int64
        Channels whose programmes run.
    runs : (h,) bool
        The same, by channel.
    rate : (l, c) float32, contacts per week
    effect : (h,) float32, visits
    listener_start : (c + 1,) uint32
    listener : (l,) uint32
        Rows of those who hear from each customer: ``listener[listener_start[i] : listener_start[i + 1]]``.
    hears : (c,) float32
        One over the number of neighbours.
    edges : (q + 1,) int64
        Where runs of customers of one cell begin, and the end.
    cell : (q,) int64
        Of each run: (territory * 2 + 1 when unknown) * n_segments + segment.
    n_segments : int
    log_known, log_unknown : (c,) float32
        Logarithm of the relative chance of a visit.
    log_start : (c,) float32
        Of recent purchases from us, and typical ones, at the start.
    n_own : int
    scale : float
        Sums count orders in units of one over this power of two, so that they are exact whole numbers.
    keen : (c,) float32
        Responsiveness to goodwill. Empty when all are alike.
    usual : (c,) float32
        Attraction of all brands at which the volume was learned, on the scale of ``base``. Empty without an outside
        option.
    """

    low: NDArray[np.uint32]
    high: NDArray[np.uint32]
    consent: NDArray[np.uint32]
    prefers: NDArray[np.int8]
    volume: NDArray[np.float32]
    orders: NDArray[np.float32]
    base: NDArray[np.float32]
    live: NDArray[np.int64]
    runs: NDArray[np.bool_]
    rate: NDArray[np.float32]
    effect: NDArray[np.float32]
    listener_start: NDArray[np.uint32]
    listener: NDArray[np.uint32]
    hears: NDArray[np.float32]
    edges: NDArray[np.int64]
    cell: NDArray[np.int64]
    n_segments: int
    log_known: NDArray[np.float32]
    log_unknown: NDArray[np.float32]
    log_start: NDArray[np.float32]
    n_own: int
    scale: float
    keen: NDArray[np.float32]
    usual: NDArray[np.float32]


class State(NamedTuple):
    """What the weeks change: all that a branch of a run has to copy.

    Parameters
    ----------
    goodwill : (c,) float32, visits
    pressure : (c,) float32, contacts per 13 weeks
    habit : (j, c) float32
    recent_own : (c,) float32, units per week
        Moving average over a quarter.
    stage : (c,) uint8
    since_visit, since_remote : (c,) uint8, weeks
        Since the last contact in person, and on another channel, counted at the start of the week.
    tried, ordered : (c,) uint8
        Bought in the trial stage; bought from us in the week before.
    buys : (c,) uint8
        Bought from us as the week began.
    heard : (c,) uint8
        How many of the neighbours did.
    handover, fade : (c,) float32, utility; and utility per week
        What a change of rep still costs. Empty until somebody changes hands.
    """

    goodwill: NDArray[np.float32]
    pressure: NDArray[np.float32]
    habit: NDArray[np.float32]
    recent_own: NDArray[np.float32]
    stage: NDArray[np.uint8]
    since_visit: NDArray[np.uint8]
    since_remote: NDArray[np.uint8]
    tried: NDArray[np.uint8]
    ordered: NDArray[np.uint8]
    buys: NDArray[np.uint8]
    heard: NDArray[np.uint8]
    handover: NDArray[np.float32]
    fade: NDArray[np.float32]


def terrain_of(
    world: World, market: Market, segments: Segments, recent: NDArray[np.float64], passes: ModuleType
) -> Terrain:
    """Lay a draw out for the engine, whose passes help; ``recent`` is :func:`expected_own`."""
    people, response, n = world.population, market.response, len(world.population)
    live = np.flatnonzero(market.rule.contact_rate.any(axis=1))
    live = live[live != VISIT]
    listed = market.neighbours >= 0
    start, listener = np.zeros(n + 1, dtype=np.uint32), np.zeros(int(listed.sum()), dtype=np.uint32)
    passes.listeners(market.neighbours, n, start, listener)
    cell_of_each = (people.territory * 2 + ~people.known) * np.int64(len(segments.names)) + segments.code
    begins = np.flatnonzero(np.diff(cell_of_each, prepend=-1))
    edges, cell = np.append(begins, n).astype(np.int64), cell_of_each[begins]
    with np.errstate(divide="ignore"):
        known, unknown = np.log(market.rule.known_weight), np.log(market.rule.unknown_weight)
    nothing = np.zeros(0, dtype=np.float32)
    return Terrain(
        low=people.entity.astype(np.uint32),
        high=(people.entity >> np.uint64(32)).astype(np.uint32),
        consent=consent_bits(people.consent),
        prefers=np.ascontiguousarray(people.prefers),
        volume=market.volume.astype(np.float32),
        orders=market.orders.astype(np.float32),
        base=(market.base_utility - best_rival(market)).astype(np.float32, order="C"),
        live=live,
        runs=np.isin(np.arange(len(world.channels)), live),
        rate=market.rule.contact_rate[live].astype(np.float32, order="C"),
        effect=response.channel_effect.astype(np.float32),
        listener_start=start,
        listener=listener,
        hears=(1.0 / np.maximum(listed.sum(axis=1), 1)).astype(np.float32),
        edges=edges,
        cell=cell,
        n_segments=len(segments.names),
        log_known=known.astype(np.float32),
        log_unknown=unknown.astype(np.float32),
        log_start=log(recent.astype(np.float32) + np.float32(typical_own(market, recent))),
        n_own=market.n_own,
        scale=_scale(market),
        keen=nothing if market.responsiveness is None else market.responsiveness.astype(np.float32),
        usual=usual_attraction(market) if market.response.outside else nothing.copy(),
    )


def best_rival(market: Market) -> NDArray[np.float64]:
    """Base utility of the best rival, or of our best brand where there is none: (c,) float, the zero of ``base``."""
    rivals = market.base_utility[market.n_own :]
    return (rivals if len(rivals) else market.base_utility).max(axis=0)


def usual_attraction(market: Market) -> NDArray[np.float32]:
    """Attraction of all brands at which volumes were learned: (c,) float32; 1 where no outside option asks for it."""
    if market.response.outside == 0.0:
        return np.ones(len(market.volume), dtype=np.float32)
    return np.exp(law.usual_utility(market) - best_rival(market)).astype(np.float32)


def consent_bits(consent: NDArray[np.bool_]) -> NDArray[np.uint32]:
    """One bit a channel: (c,) uint32 of a (h, c) bool array.

    Raises
    ------
    ValueError
        Beyond 32 channels.
    """
    if len(consent) > 32:
        raise ValueError(f"channels: expected at most 32, got {len(consent)}")
    channel = np.arange(len(consent), dtype=np.uint32)[:, None]
    return (consent.astype(np.uint32) << channel).sum(axis=0, dtype=np.uint32)


def state_at_start(market: Market, recent: NDArray[np.float64]) -> State:
    """State of the customers before the first week; ``recent`` is :func:`expected_own`."""
    start, n = market.start, len(market.volume)
    buys = journey.considers_us(start.stage)
    told = np.append(buys, False)  # the last one is nobody
    heard = told[np.where(market.neighbours >= 0, market.neighbours, n)].sum(axis=1)
    since = np.clip(market.first_week - start.last_visit.astype(np.int64), 1, LONG_AGO)
    nothing = np.zeros(0, dtype=np.float32)
    return State(
        goodwill=start.goodwill.astype(np.float32),
        pressure=start.pressure.astype(np.float32),
        habit=np.ascontiguousarray(start.habit, dtype=np.float32),
        recent_own=recent.astype(np.float32),
        stage=start.stage.astype(np.uint8),
        since_visit=since.astype(np.uint8),
        since_remote=np.full(n, LONG_AGO, dtype=np.uint8),
        tried=np.zeros(n, dtype=np.uint8),
        ordered=np.zeros(n, dtype=np.uint8),
        buys=buys.astype(np.uint8),
        heard=heard.astype(np.uint8),
        handover=nothing,
        fade=nothing.copy(),
    )


def coefficients_of(market: Market, memory: float, recent: NDArray[np.float64]) -> Coefficients:
    """Scalars of a draw, under a scenario's memory of contacts; ``recent`` is :func:`expected_own`."""
    response = market.response
    known = {name: getattr(response, name) for name in Coefficients._fields if hasattr(response, name)}
    known |= {
        "memory": memory,
        "follows_sales": market.rule.follows_sales,
        "typical_own": typical_own(market, recent),
    }
    return Coefficients(**{name: np.float32(value) for name, value in known.items()})


def expected_own(market: Market) -> NDArray[np.float64]:
    """What each customer buys from us in a week at the start, by the law: (c,) float, units."""
    start, nothing = market.start, np.zeros(len(market.volume))
    trial = start.stage == journey.Stage.TRIAL
    lift = law.own_lift(market.response, start.goodwill, start.pressure, trial, nothing, market.keen)
    return law.own_volume(market, lift, start.habit, journey.considers_us(start.stage))


def typical_own(market: Market, own: NDArray[np.float64]) -> float:
    """Mean purchases of a buyer, units per week: what keeps a logarithm of small purchases calm."""
    buyers = max(int(journey.considers_us(market.start.stage).sum()), 1)
    return max(float(own.sum()) / buyers, 1e-12)


def _scale(market: Market) -> float:
    """A power of two at which no sum of a week can overflow 63 bits."""
    often = np.minimum(market.orders, 1.0)
    most = float((market.volume / np.where(often > 0, often, 1.0)).sum()) * _LARGEST_ORDER * _HEADROOM
    return float(2.0 ** np.floor(62 - np.log2(max(most, 1e-300)))) if most > 0 else 1.0
