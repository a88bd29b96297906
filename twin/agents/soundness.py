"""Soundness: whether world, draw and conditions fit together, before machine code that checks no index runs on them.

Every fault is collected and raised once. Knows no law: what a law can digest is said here as ranges.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.agents.conditions import Conditions
from twin.market.world import World
from twin.response.journey import Stage
from twin.response.market import Market

MOST_A_WEEK = 7
"""Contacts of one customer on one channel; the laws take powers up to it."""
MOST_CHANNELS = 32
_MOST_NEIGHBOURS = 255
_MOST = float(np.finfo(np.float32).max) / 2.0**40
"""Sums and products of figures below it stay finite in single precision."""
_MOST_DEMAND = 2.0**10
"""Beyond it, sums of a week could outgrow their whole numbers."""
_FLOAT, _WHOLE, _FLAG = "fiu", "iu", "b"


class Column(NamedTuple):
    """What an array has to be.

    Parameters
    ----------
    name : str
    values : array
    axes : str
        One letter an axis, as in the conventions of the house.
    low, high : float
        Bounds, both allowed.
    kinds : str
        NumPy's letters of the kinds of numbers that will do.
    """

    name: str
    values: NDArray
    axes: str
    low: float = -_MOST
    high: float = _MOST
    kinds: str = _FLOAT


def check(world: World, market: Market) -> None:
    """See that a draw fits its world and every figure is one that the laws can digest.

    Raises
    ------
    ValueError
        What, where, expected, found: one line for each fault.
    """
    sizes = _sizes(world)
    faults = [*_scalars(world, market)]
    for column in _columns(world, market):
        faults += _fault(column, sizes)
    _raise(faults)


def check_conditions(world: World, conditions: Conditions) -> None:
    """See that conditions fit their world. Errors as in :func:`check`."""
    sizes = _sizes(world) | {"w": len(conditions.demand), "r": len(conditions.rep_visits)}
    faults: list[str] = []
    for column in _laid_out(world, conditions):
        faults += _fault(column, sizes)
    for number, chain in enumerate(conditions.chains):
        name = f"conditions.chains[{number}]"
        parts = (
            Column(f"{name}.channel", chain.channel, "s", 0, len(world.channels) - 1, _WHOLE),
            Column(f"{name}.when", chain.when, "s", 0, 4, _WHOLE),
            Column(f"{name}.wait", chain.wait, "s", 0, _MOST, _WHOLE),
            Column(f"{name}.times", chain.times, "s", 1, 2.0**15, _WHOLE),
            Column(f"{name}.member", chain.member, "m", 0, len(world.population) - 1, _WHOLE),
        )
        one = sizes | {"s": len(chain.channel), "m": len(chain.member)}
        for column in parts:
            faults += _fault(column, one)
        if not len(chain.channel) or (np.diff(chain.member.astype(np.int64)) <= 0).any():
            faults.append(f"{name}: expected at least one step and members in order, each once")
    _raise(faults)


def check_given(given: NDArray[np.uint8], shape: tuple[int, int]) -> None:
    """See that contacts on record are a table that the laws can take. Errors as in :func:`check`."""
    if given.shape != shape or given.dtype != np.uint8:
        raise ValueError(f"given: expected {shape} contacts, uint8, found {given.shape}, {given.dtype}")
    if given.max(initial=0) > MOST_A_WEEK:
        h, i = np.unravel_index(int(given.argmax()), shape)
        raise ValueError(
            f"given, channel {h}, customer {i}: expected at most {MOST_A_WEEK} contacts a week, found {given[h, i]}"
        )


def check_week(demand: float, shift: NDArray[np.float64], visited: NDArray[np.uint8]) -> None:
    """See that what a week brings can be lived. Errors as in :func:`check`."""
    if not 0.0 <= demand <= _MOST_DEMAND:
        raise ValueError(f"demand: expected a factor of 0 to {_MOST_DEMAND:g}, found {demand}")
    if not np.isfinite(shift).all():
        raise ValueError(f"shift: expected finite utilities, found {shift}")
    if visited.max(initial=0) > MOST_A_WEEK:
        raise ValueError(f"visited: expected at most {MOST_A_WEEK} visits a week, found {visited.max()}")


def _sizes(world: World) -> dict[str, int]:
    return {
        "c": len(world.population), "j": len(world.brands), "h": len(world.channels), "z": len(world.territories),
        "r": len(world.reps),
    }  # fmt: skip


def _columns(world: World, market: Market) -> Iterator[Column]:
    people, rule, start, response = world.population, market.rule, market.start, market.response
    n, n_channels = len(people), len(world.channels)
    yield Column("population.entity", people.entity, "c", 0, 2.0**64, "u")
    yield Column("population.territory", people.territory, "c", 0, len(world.territories) - 1, _WHOLE)
    yield Column("population.known", people.known, "c", 0, 1, _FLAG)
    yield Column("population.consent", people.consent, "hc", 0, 1, _FLAG)
    yield Column("population.prefers", people.prefers, "c", -1, n_channels - 1, _WHOLE)
    yield Column("reps.territory", world.reps.territory, "r", 0, len(world.territories) - 1, _WHOLE)
    yield Column("market.volume", market.volume, "c", 0)
    yield Column("market.base_utility", market.base_utility, "jc")
    if market.responsiveness is not None:
        yield Column("market.responsiveness", market.responsiveness, "c", 0)
    if market.rhythm is not None:
        yield Column("market.rhythm", market.rhythm, "c", 0)
    if market.usual_utility is not None:
        yield Column("market.usual_utility", market.usual_utility, "c")
    yield Column("market.neighbours", market.neighbours, "ck", -1, n - 1, "i")
    yield Column("market.log_demand", market.log_demand, "w")
    yield Column("market.campaigns", market.campaigns, "j.")
    if market.regional is not None:
        yield Column("market.regional", market.regional, "zj.")
    yield Column("market.rule.known_weight", rule.known_weight, "c", 0)
    yield Column("market.rule.unknown_weight", rule.unknown_weight, "c", 0)
    yield Column("market.rule.rep_visits", rule.rep_visits, "r", 0)
    yield Column("market.rule.contact_rate", rule.contact_rate, "hc", 0)
    yield Column("market.start.goodwill", start.goodwill, "c", 0)
    yield Column("market.start.pressure", start.pressure, "c", 0)
    yield Column("market.start.habit", start.habit, "jc", 0, 1.0 + 1e-6)
    yield Column("market.start.stage", start.stage, "c", 0, max(Stage), _WHOLE)
    yield Column("market.start.last_visit", start.last_visit, "c", kinds=_WHOLE)
    yield Column("market.response.channel_effect", response.channel_effect, "h", 0)
    yield Column("market.response.promotion", response.promotion, "j")
    yield Column("market.response.drift", response.drift, "j", 0)


def _laid_out(world: World, laid: Conditions) -> Iterator[Column]:
    zones = len(world.territories) - 1
    yield Column("conditions.demand", laid.demand, "w", 0)
    yield Column("conditions.channel_factor", laid.channel_factor, "hw", 0)
    yield Column("conditions.campaigns", laid.campaigns, "jw")
    if laid.regional is not None:
        yield Column("conditions.regional", laid.regional, "zjw")
    yield Column("conditions.rep_territory", laid.rep_territory, "r", 0, zones, _WHOLE)
    yield Column("conditions.rep_visits", laid.rep_visits, "rw", 0, 2.0**31)
    yield Column("conditions.territory", laid.territory, "c", 0, zones, _WHOLE)
    yield Column("conditions.handed_over", laid.handed_over, "c", -1, kinds=_WHOLE)
    yield Column("conditions.dropped", laid.dropped, "c", 0, 1, _FLAG)
    yield Column("conditions.memory", np.array(laid.memory), "", 0, 1)
    yield Column("conditions.reaction", np.array(laid.reaction), "")
    yield Column("conditions.unknown_share", np.array(laid.unknown_share), "", 0, 1)
    frequency = laid.frequency if len(laid.frequency) != len(laid.dropped) else np.nan_to_num(laid.frequency, nan=0.0)
    yield Column("conditions.frequency", frequency, "c", 0)
    for name, rank in (("known_rank", laid.known_rank), ("unknown_rank", laid.unknown_rank)):
        if rank is not None:
            yield Column(f"conditions.{name}", rank, "c", -np.inf, np.inf)


def _scalars(world: World, market: Market) -> Iterator[str]:
    if market.n_own != world.brands.n_own:
        yield f"market.n_own: expected {world.brands.n_own}, the world's own brands, found {market.n_own}"
    if len(world.channels) > MOST_CHANNELS:
        yield f"channels: expected at most {MOST_CHANNELS}, found {len(world.channels)}"
    for name, value, low, high in (
        ("rule.unknown_share", market.rule.unknown_share, 0.0, 1.0),
        ("rule.follows_sales", market.rule.follows_sales, -_MOST, _MOST),
        ("level_age", market.level_age, 0.0, _MOST),
        ("reference_share", 0.0 if np.isnan(market.reference_share) else market.reference_share, 0.0, 1.0),
    ):
        if not low <= value <= high:
            yield f"market.{name}: expected {_between(low, high)}, found {value}"
    if market.neighbours.ndim == 2 and market.neighbours.shape[1] > _MOST_NEIGHBOURS:
        yield f"market.neighbours: expected at most {_MOST_NEIGHBOURS} a customer, found {market.neighbours.shape[1]}"
    if market.campaigns.ndim == 2 and market.campaigns.shape[1] < len(market.log_demand):
        weeks, lived = market.campaigns.shape[1], len(market.log_demand)
        yield f"market.campaigns: expected at least the {lived} weeks of log_demand, found {weeks}"


def _fault(column: Column, sizes: dict[str, int]) -> Iterator[str]:
    """What is wrong with a column, if anything; two passes over it, and no array of its length."""
    name, values, axes, low, high, kinds = column
    wanted = [sizes.get(axis) for axis in axes]
    fits = values.ndim == len(axes) and all(size in (None, found) for size, found in zip(wanted, values.shape))
    if not fits:
        shape = " x ".join("any" if size is None else str(size) for size in wanted)
        yield f"{name}: expected {shape} figures, found {' x '.join(map(str, values.shape))}"
    elif values.dtype.kind not in kinds:
        yield f"{name}: expected {_KINDS[kinds]}, found {values.dtype}"
    elif values.size and not (low <= values.min() and values.max() <= high):
        wrong = ~((values >= low) & (values <= high))
        first = tuple(int(k) for k in np.argwhere(wrong)[0])
        where = ", ".join(f"{_AXES.get(axis, axis)} {k}" for axis, k in zip(axes, first))
        yield f"{name}{', ' + where if where else ''}: expected {_between(low, high)}, found {values[first]}" + (
            f" ({int(wrong.sum())} such in all)" if wrong.sum() > 1 else ""
        )


_AXES = {
    "c": "customer", "j": "brand", "h": "channel", "r": "rep", "w": "week", "k": "neighbour", ".": "week", "s": "step",
    "m": "member",
}  # fmt: skip
_KINDS = {_FLOAT: "numbers", _WHOLE: "whole numbers", "i": "whole numbers", "u": "uint64", _FLAG: "yes or no"}


def _between(low: float, high: float) -> str:
    if high == np.inf:
        return "a figure, or minus infinity"
    if high >= _MOST:
        return "a finite figure" if low <= -_MOST else f"a finite figure from {low:g}"
    return f"a figure from {low:g} to {high:g}"


def _raise(faults: list[str]) -> None:
    if faults:
        raise ValueError("; ".join(faults))
