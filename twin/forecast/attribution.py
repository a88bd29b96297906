"""Attribution: what part of a scenario's difference comes from which part of the scenario.

The scenario is run with every selection of its parts that an order of adding them passes through, on the same
customers, luck and parameters. A part's contribution is what it adds, averaged over orders, so that contributions sum
to the difference exactly, run by run, and no part owes its share to where it stands in a list. Knows no file.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from itertools import permutations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin.errors import TwinError
from twin.forecast.ensemble import Ensemble
from twin.forecast.forecast import own_and_category, spread
from twin.market.world import World
from twin.scenario.scenario import BASELINE, ChannelPolicy, FieldForce, MarketEvents, Scenario, Targeting

EXACT_UP_TO = 4
"""Parts for which every order is run; beyond, each part takes every place equally often."""

Runs = tuple[NDArray[np.float64], NDArray[np.float64]]
"""Our volume and the category's over the horizon: two (runs,) float arrays, units."""


@dataclass(frozen=True)
class Lever:
    """One part of a scenario that can be taken away by itself.

    Parameters
    ----------
    name : str
    pick : callable
        From the scenario, and a scenario so far, to one that has this part too.
    """

    name: str
    pick: Callable[[Scenario, Scenario], Scenario]


def _of(part: str, *names: str) -> Callable[[Scenario, Scenario], Scenario]:
    def pick(whole: Scenario, so_far: Scenario) -> Scenario:
        if not names:
            return replace(so_far, **{part: getattr(whole, part)})
        chosen = {name: getattr(getattr(whole, part), name) for name in names}
        return replace(so_far, **{part: replace(getattr(so_far, part), **chosen)})

    return pick


def _rivals(whole: Scenario, so_far: Scenario) -> Scenario:
    return replace(so_far, competitor_campaigns=whole.competitor_campaigns, competitors=whole.competitors)


LEVERS = (
    Lever("reps", _of("field_force", "changes")),
    Lever("capacity", _of("field_force", "capacity_factor")),
    Lever("alignment", _of("field_force", "alignment")),
    Lever("unknown", _of("targeting", "unknown_share", "unknown_rank")),
    Lever("known", _of("targeting", "known_rank", "drop_small", "frequency")),
    Lever("channels", _of("channels")),
    Lever("journeys", _of("journeys")),
    Lever("promotions", _of("promotions")),
    Lever("rivals", _rivals),
    Lever("market", _of("market")),
)
"""Parts of a scenario, in the order of its file; together they are all that a scenario can change."""


def levers_of(scenario: Scenario) -> tuple[Lever, ...]:
    """Parts by which a scenario differs from the baseline."""
    bare = _bare(scenario)
    return tuple(lever for lever in LEVERS if lever.pick(scenario, bare) != bare)


def orders_of(n: int) -> list[tuple[int, ...]]:
    """Orders of ``n`` parts over which contributions are averaged.

    All of them up to :data:`EXACT_UP_TO`. Beyond: the rotations of the list and of its reverse, in which each part has
    every place equally often and which need n (n - 1) + 2 runs instead of 2 ** n.
    """
    if n <= EXACT_UP_TO:
        return list(permutations(range(n)))
    turns = [tuple((start + step) % n for step in range(n)) for start in range(n)]
    return [*turns, *(turn[::-1] for turn in turns)]


def selections(scenario: Scenario) -> dict[frozenset[int], Scenario]:
    """Every scenario that has to be run, by the places of its parts in :func:`levers_of`; none is the baseline."""
    levers = levers_of(scenario)
    wanted = {frozenset(order[:k]) for order in orders_of(len(levers)) for k in range(1, len(levers) + 1)}
    made = {}
    for chosen in sorted(wanted, key=lambda each: (len(each), sorted(each))):
        so_far = _bare(scenario)
        for place in sorted(chosen):
            so_far = levers[place].pick(scenario, so_far)
        made[chosen] = replace(so_far, name=" + ".join(levers[place].name for place in sorted(chosen)))
    return made


def runs_of(ensemble: Ensemble, a: int, world: World) -> Runs:
    """What the attribution keeps of one scenario of an ensemble."""
    own, category = (x.sum(axis=(1, 2, 3)) for x in own_and_category(ensemble, a, world.brands.n_own))
    return own, category


def attribute(levers: Sequence[Lever], runs: Mapping[frozenset[int], Runs], market_seen: bool) -> list[dict[str, Any]]:
    """Contribution of each part.

    Parameters
    ----------
    levers : sequence of Lever
    runs : mapping from selection to Runs
        Of every selection of :func:`selections`, and of the empty one: the baseline.
    market_seen : bool
        Without market data shares are not known.

    Returns
    -------
    list of dict
        A row a part and a last one, ``whole``: ``lever``; ``own_volume_pct`` and ``own_share_points``, each with mean
        and quantiles over runs; ``probability_of_gain``. Means of parts sum to the mean of the whole.
    """
    base_own, _ = runs[frozenset()]
    if not (base_own > 0).all():
        raise TwinError("baseline: expected own volume in every run, found none in some. Nothing can be attributed.")
    volume = {chosen: 100.0 * own / base_own for chosen, (own, _) in runs.items()}
    share = {chosen: 100.0 * own / np.maximum(category, 1e-300) for chosen, (own, category) in runs.items()}
    orders = orders_of(len(levers))
    rows = [
        _row(lever.name, _added(volume, orders, place), _added(share, orders, place), market_seen)
        for place, lever in enumerate(levers)
    ]
    everything = frozenset(range(len(levers)))
    whole, points = (each[everything] - each[frozenset()] for each in (volume, share))
    return [*rows, _row("whole", whole, points, market_seen)]


def _added(value: Mapping[frozenset[int], NDArray], orders: Sequence[tuple[int, ...]], place: int) -> NDArray:
    """What one part adds, the mean over orders: (runs,) float."""
    before = [frozenset(order[: order.index(place)]) for order in orders]
    return np.mean([value[chosen | {place}] - value[chosen] for chosen in before], axis=0)


def _row(name: str, volume: NDArray, share: NDArray, market_seen: bool) -> dict[str, Any]:
    return {
        "lever": name,
        "own_volume_pct": spread(volume),
        "own_share_points": spread(share if market_seen else np.full_like(share, np.nan)),
        "probability_of_gain": float((volume > 0).mean()),
    }


def _bare(scenario: Scenario) -> Scenario:
    """The scenario without anything that touches the market."""
    untouched = {
        "field_force": FieldForce(), "targeting": Targeting(), "channels": ChannelPolicy(), "market": MarketEvents()
    }  # fmt: skip
    rest = {each.name for each in fields(Scenario)} - {"name", "note", "horizon_weeks", "goal", *untouched}
    return replace(scenario, **untouched, **{name: getattr(BASELINE, name) for name in rest})
