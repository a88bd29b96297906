"""Methods: two ways to a new map, one that keeps relationships and one that starts from scratch."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, sparse

from twin.alignment import mend, transport
from twin.alignment.annealing import MILD, Wishes, anneal, imbalance
from twin.alignment.areas import Areas, Territories
from twin.alignment.ground import Prepared, centres, prepare, standing

_DEAREST = 1.0
"""Tolerance at which hardly anything moves any more."""
_TRIES = 5
_CHEAPER, _PATIENCE = 0.85, 3.0
"""The last searches are at the price found and at a somewhat lower one, and three times as long."""
_SPENT = 0.95
"""A limit on moves of which so much is used is used."""


def keep(
    areas: Areas, territories: Territories, graph: sparse.csr_matrix, wishes: Wishes, handover: float = 0.0
) -> NDArray[np.int32]:
    """Move boundaries of today's map as little as the wished balance asks for.

    Parameters
    ----------
    areas, territories
    graph : (b, b) sparse of bool
        See :func:`twin.alignment.ground.side_by_side`.
    wishes : Wishes
    handover : float
        Part of a year's sales lost in an area that changes hands; counts where ``wishes.profit`` does.

    Returns
    -------
    (b,) int32
        Territory of each area. Never less balanced than today unless joining stray pieces costs balance that boundary
        moves cannot win back; then nothing is joined.

    Raises
    ------
    TwinError
        See :func:`twin.alignment.areas.check`.
    """
    prepared = prepare(areas, territories, graph, handover, wishes.elasticity)
    return prepared.back(areas, keep_prepared(prepared, wishes))


def keep_prepared(prepared: Prepared, wishes: Wishes) -> NDArray[np.int32]:
    """As :func:`keep`, on a market made ready: (n,) int32."""
    today = prepared.ground.today
    if _calm(prepared, wishes):
        return today.copy()
    found = anneal(prepared, today, wishes, MILD)
    if wishes.most_moved < 1.0 and wishes.balance > 0:
        found = _within_limit(prepared, wishes, found)
    worse = wishes.balance > 0 and imbalance(prepared, found, wishes) > imbalance(prepared, today, wishes) + 1e-12
    return today.copy() if worse and _all_served(prepared, today) else found


def from_scratch(areas: Areas, territories: Territories, graph: sparse.csr_matrix, wishes: Wishes) -> NDArray[np.int32]:
    """Draw the map anew: compact territories around homes or free centres, then balance along the boundaries.

    Free centres begin where cutting the map in halves puts them; territories without a home are then named so that as
    many customers as possible keep theirs. ``wishes.most_moved`` plays no part.

    Parameters and errors as in :func:`keep`.

    Returns
    -------
    (b,) int32
    """
    prepared = prepare(areas, territories, graph)
    return prepared.back(areas, from_scratch_prepared(prepared, wishes))


def from_scratch_prepared(prepared: Prepared, wishes: Wishes) -> NDArray[np.int32]:
    """As :func:`from_scratch`, on a market made ready: (n,) int32."""
    ground = prepared.ground
    takes = np.flatnonzero(ground.takes_part)
    territory = ground.today.copy()
    moves = np.flatnonzero(ground.free)
    if len(takes) < 2 or len(moves) < len(takes):
        return anneal(prepared, territory, replace(wishes, most_moved=1.0))
    weight = ground.load[:, moves].mean(axis=0)
    # what is fixed or locked in a territory has already filled a part of its target
    stuck = standing(prepared, territory).carried - np.stack(
        [np.bincount(territory[moves], row[moves], prepared.n_territories) for row in ground.load]
    )
    target = np.maximum((ground.target - stuck).mean(axis=0)[takes], 1e-9)
    target /= target.sum()
    home = prepared.home[takes]
    free = ~np.isfinite(home).all(axis=1)
    near = centres(prepared, territory)[takes]
    first = transport.cut_in_halves(ground.xyz[moves], weight, target, near)
    centre = np.where(free[:, None], transport.middles(ground.xyz[moves], weight, first, near), home)
    which = transport.to_centres(ground.xyz[moves], weight, target, centre, free)
    names = _kept_names(ground.today[moves], which, ground.customers[moves], takes, target, free)
    territory[moves] = takes[names][which]
    state = standing(prepared, territory)
    mend.join_strays(prepared, state)
    return anneal(prepared, state.territory, replace(wishes, most_moved=1.0))


def _calm(prepared: Prepared, wishes: Wishes) -> bool:
    """Whether today's map already lies within the band, in one piece each, and everybody is served."""
    ground = prepared.ground
    if wishes.band <= 0 or wishes.balance <= 0 or not _all_served(prepared, ground.today):
        return False
    n_pieces = mend.pieces(prepared, ground.today)[1]
    return imbalance(prepared, ground.today, wishes) == 0.0 and n_pieces == len(np.unique(ground.today))


def _all_served(prepared: Prepared, territory: NDArray[np.int32]) -> bool:
    ground = prepared.ground
    served = ground.takes_part | ~np.isin(np.arange(prepared.n_territories), territory[ground.free])
    has_some = np.isin(np.flatnonzero(ground.takes_part), territory)
    return bool(served.all() and has_some.all())


def _within_limit(prepared: Prepared, wishes: Wishes, found: NDArray[np.int32]) -> NDArray[np.int32]:
    """The best balance that a limit on moves allows.

    A price of moves that leads to the limit spends it better than a wall, into which the search runs while it is hot.
    """

    def moved(territory: NDArray[np.int32]) -> float:
        return float(prepared.ground.customers[territory != prepared.ground.today].sum())

    if moved(found) < _SPENT * wishes.most_moved:
        return found
    low, high, maps = max(wishes.tolerance, 0.003), _DEAREST, [found]
    for _ in range(_TRIES):
        middle = float(np.sqrt(low * high))
        tried = anneal(prepared, prepared.ground.today, replace(wishes, tolerance=middle, most_moved=1.0), MILD)
        share = moved(tried) / wishes.most_moved if wishes.most_moved > 0 else np.inf
        low, high = (low, middle) if share <= 1.0 else (middle, high)
        maps += [tried] if share <= 1.0 else []
        if _SPENT <= share <= 1.0:
            break
    # near the right price the wall is hardly felt, and what is left of the limit is spent, patiently
    right = float(np.sqrt(low * high))
    for price in (right, _CHEAPER * right):
        asked = replace(wishes, tolerance=max(price, wishes.tolerance))
        maps.append(anneal(prepared, prepared.ground.today, asked, MILD, _PATIENCE))
    return min(maps, key=lambda territory: imbalance(prepared, territory, wishes))


def _kept_names(
    today: NDArray[np.int32], which: NDArray[np.int32], customers: NDArray[np.float64], takes: NDArray[np.int64],
    target: NDArray[np.float64], free: NDArray[np.bool_],
) -> NDArray[np.int64]:  # fmt: skip
    """Which territory each new one is: (k,) int. Only those without a home and with the same target swap names."""
    k = len(takes)
    column = np.full(max(int(today.max()), int(takes.max())) + 1, -1)
    column[takes] = np.arange(k)
    kept = np.zeros((k, k))
    named = column[today] >= 0
    np.add.at(kept, (which[named], column[today[named]]), customers[named])
    swaps = free[:, None] & free & np.isclose(target[:, None], target, rtol=1e-6)
    np.fill_diagonal(swaps, True)
    _, name = optimize.linear_sum_assignment(np.where(swaps, -kept, 1.0 + kept.sum()))
    return name
