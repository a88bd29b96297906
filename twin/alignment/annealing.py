"""Annealing: areas change hands along the boundaries, from a given map on, and no territory ever falls apart.

What is minimised, with deviation x_az of territory z from its target in attribute a, and k territories:

    root mean square over a of (sum over z of max(|x_az| - band, 0)^2)
    + 4 k tolerance (part of the customers that change hands)
    + k (distance weight) (mean distance) / (mean distance on the given map)
    + border weight (pairs of neighbours in two territories) / (areas in a territory)
    - k (profit weight) (change of a year's sales, in parts of them)

With the price 4 k tolerance, shifting load between two neighbours stops to pay when both are off by the tolerance. The
root mean square makes the attribute that lies worst count most: it is the one that a manager will see.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twin.alignment import columns, mend, passes
from twin.alignment.ground import Prepared, centres, standing
from twin.draws import Key, Purpose, uniforms

HOT, MILD, _END = 0.4, 0.2, 0.004
"""First temperatures from a map drawn anew and from today's, and the last one, in parts of a territory that an area is:
what one move can cost goes with that. A map that is to be kept is better not melted."""
_COLD = 10
"""Sweeps at the end in which nothing that costs is done."""
_RECENTRE = 25
_HASTE = 0.3
"""Part of the way that weights go to where the map asks them to, at each look: at once, they would swing."""
_PRESSING = 1.0
_OFFERS, _SWEEPS = 2_000_000, (200, 1500)
_DISTANCE, _BORDER = 0.015, 0.0005
"""Small beside a deviation of a tenth, which costs 0.01 a territory: they choose among maps of about equal balance."""


@dataclass(frozen=True)
class Wishes:
    """What a new map should be like.

    Parameters
    ----------
    tolerance : float
        Relative deviation from the target at which moving customers no longer pays; 0: moving is free.
    band : float
        Relative deviation that costs nothing at all.
    most_moved : float
        Part of the customers that may change hands.
    attribute : tuple of float
        Importance of each attribute; all alike when empty.
    distance, border : float
        Weights, see the module.
    profit : float
        Weight of sales; 1 and ``balance`` 0 look for the map that sells most.
    balance : float
        Weight of the deviations.
    elasticity : float
        Of sales to visits.
    n_sweeps : int, optional
        How often every area on a boundary is offered to a neighbour, twice each time; ``None``: the fewer areas, the
        oftener.
    seed : int
    """

    tolerance: float = 0.05
    band: float = 0.0
    most_moved: float = 1.0
    attribute: tuple[float, ...] = ()
    distance: float = _DISTANCE
    border: float = _BORDER
    profit: float = 0.0
    balance: float = 1.0
    elasticity: float = 0.0
    n_sweeps: int | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        for name in ("tolerance", "band", "most_moved", "distance", "border", "profit", "balance", "elasticity"):
            value = getattr(self, name)
            if not (np.isfinite(value) and value >= 0):
                raise ValueError(f"{name}: expected not negative, got {value}")
        if self.n_sweeps is not None and self.n_sweeps < 1:
            raise ValueError(f"n_sweeps: expected at least 1, got {self.n_sweeps}")


def anneal(
    prepared: Prepared, start: NDArray[np.int32], wishes: Wishes, heat: float = HOT, patience: float = 1.0
) -> NDArray[np.int32]:
    """Improve a map by boundary moves: (n,) int32, in the order of :class:`Prepared`.

    Stray pieces are joined to a neighbour and empty territories are given a first area before; a limit on moved
    customers may be passed by that alone. ``heat`` is the first temperature; ``patience`` multiplies the sweeps.
    """
    state = standing(prepared, start)
    mend.seed_empty(prepared, state)
    mend.join_strays(prepared, state)
    price = _prices(prepared, state.territory, wishes)
    n_sweeps = round(patience * (wishes.n_sweeps or usual_sweeps(len(start))))
    ground, room = prepared.ground, np.empty(len(start), np.int32)
    size = max(int(ground.takes_part.sum()), 1) / len(start)
    for sweep in range(n_sweeps):
        if sweep % _RECENTRE == 0:
            state.centre[:] = centres(prepared, state.territory)
            pressing = wishes.balance * _pressing(prepared, state.carried, wishes)
            price.attribute[:] = (1 - _HASTE) * price.attribute + _HASTE * pressing
        warmth = size * heat * (_END / heat) ** (sweep / max(n_sweeps - _COLD, 1))
        rows = room[: passes.on_borders(state.territory, ground.start, ground.near, ground.free, room)]
        u = uniforms(Key(wishes.seed), Purpose.ALIGNMENT, sweep, prepared.entity[rows], 4)
        passes.sweep(ground, state, price, warmth if sweep < n_sweeps - _COLD else 0.0, rows, u)
    return state.territory


def usual_sweeps(n_areas: int) -> int:
    """How often areas are offered unless somebody says so: the fewer there are, the oftener."""
    return int(np.clip(_OFFERS // n_areas, *_SWEEPS))


def imbalance(prepared: Prepared, territory: NDArray[np.int32], wishes: Wishes = Wishes()) -> float:
    """First term of what is minimised, over the territories that take part."""
    off = _off(prepared, standing(prepared, territory).carried, wishes)
    return float(np.sqrt(_importance(prepared, wishes) @ off**2))


def _off(prepared: Prepared, carried: NDArray[np.float64], wishes: Wishes) -> NDArray[np.float64]:
    """Squared deviations beyond the band, summed over the territories that take part: (a,) float."""
    ground = prepared.ground
    beyond = np.maximum(np.abs(carried / ground.target - 1.0) - wishes.band, 0.0) ** 2
    return beyond[:, ground.takes_part].sum(axis=1)


def _pressing(prepared: Prepared, carried: NDArray[np.float64], wishes: Wishes) -> NDArray[np.float64]:
    """Weights of the attributes as the map stands now, the one that lies worst most: (a,) float."""
    importance, off = _importance(prepared, wishes), _off(prepared, carried, wishes)
    pressing = importance * np.maximum(off, 1e-12) ** _PRESSING
    return pressing / pressing.sum()


def _importance(prepared: Prepared, wishes: Wishes) -> NDArray[np.float64]:
    n = len(prepared.ground.load)
    given = np.asarray(wishes.attribute or (1.0,) * n, dtype=np.float64)
    if len(given) != n or not given.sum() > 0 or (given < 0).any():
        raise ValueError(f"attribute: expected {n} weights, not negative and not all zero, got {wishes.attribute}")
    return given / given.sum()


def _prices(prepared: Prepared, start: NDArray[np.int32], wishes: Wishes) -> columns.Price:
    ground = prepared.ground
    k = max(int(ground.takes_part.sum()), 1)
    km = np.linalg.norm(ground.xyz - centres(prepared, start)[start], axis=1)
    usual_km = max(float(km @ ground.customers), 1e-3)
    return columns.Price(
        attribute=wishes.balance * _importance(prepared, wishes),
        band=wishes.band,
        move=4.0 * k * wishes.tolerance,
        distance=wishes.distance * k / usual_km,
        border=wishes.border * k / len(ground.today),
        profit=wishes.profit * k,
        elasticity=wishes.elasticity,
        most_moved=wishes.most_moved,
    )
