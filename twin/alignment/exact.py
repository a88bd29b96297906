"""Exact alignment of small maps: mixed-integer programmes, and the frontier of distance against disruption.

For about a hundred areas and ten territories, by HiGHS through SciPy. Says what was proven: the best possible value
beside the value found.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, sparse
from scipy.sparse import csgraph

from twin.errors import TwinError

MOST = 100
"""Areas up to which an exact answer is offered."""
_ROUNDS = 30


@dataclass(frozen=True)
class SmallMap:
    """A map that is small enough to be solved exactly.

    Parameters
    ----------
    km : (b, z) float
        Way from each area to each territory's home, times the weight that it has in the sum.
    load : (m, b) float
    target : (m, z) float
        In the unit of the load.
    disruption : (b,) float
        What it costs when an area changes hands.
    today : (b,) int
    locked : (b,) bool
    graph : (b, b) sparse of bool, optional
        Territories must be in one piece on it; ``None``: they need not.
    closed : (z,) bool, optional
        Territories that take nothing and need not keep to the band: without reps, or locked.
    fixed : (m, z) float, optional
        Load that they have beside the areas.
    """

    km: NDArray[np.float64]
    load: NDArray[np.float64]
    target: NDArray[np.float64]
    disruption: NDArray[np.float64]
    today: NDArray[np.int64]
    locked: NDArray[np.bool_]
    graph: sparse.csr_matrix | None = None
    closed: NDArray[np.bool_] | None = None
    fixed: NDArray[np.float64] | None = None

    def __post_init__(self) -> None:
        n, k = self.km.shape
        if self.load.shape[1] != n or self.target.shape != (len(self.load), k):
            raise ValueError(f"load, target: expected (m, {n}) and (m, {k})")
        if n > MOST or k > n:
            raise ValueError(f"km: expected at most {MOST} areas and no more territories than areas, got {n} and {k}")
        if not np.isfinite(self.km).all():
            raise ValueError("km: expected finite")

    @property
    def stays(self) -> NDArray[np.float64]:
        """One where an area is today: (b, z) float."""
        stays = np.zeros(self.km.shape)
        stays[np.arange(len(self.today)), self.today] = 1.0
        return stays


@dataclass(frozen=True)
class Solved:
    """A small map, solved.

    Parameters
    ----------
    territory : (b,) int32
    km, disruption : float
        Sums over the areas.
    value, bound : float
        Of what was minimised, and what no map can be below; equal when the map is proven best.
    """

    territory: NDArray[np.int32]
    km: float
    disruption: float
    value: float
    bound: float


def least_distance(small: SmallMap, band: float, most_disruption: float = np.inf, seconds: float = 60.0) -> Solved:
    """The map with the shortest ways whose loads keep to the band.

    Parameters
    ----------
    small : SmallMap
    band : float
        Relative deviation from the target that is allowed.
    most_disruption : float
        Limit on the sum of the disruption of areas that change hands.
    seconds : float
        After so long the best map so far is returned, with its bound.

    Raises
    ------
    TwinError
        No map keeps to the band and the limit.
    """
    return _solve(small, small.km.ravel(), band, most_disruption, seconds)


def least_disruption(small: SmallMap, band: float, most_km: float = np.inf, seconds: float = 60.0) -> Solved:
    """The map with the least disruption whose loads keep to the band; see :func:`least_distance`."""
    cost = (small.disruption[:, None] * (1.0 - small.stays)).ravel()
    return _solve(small, cost, band, np.inf, seconds, most_km)


def frontier(small: SmallMap, band: float, n_points: int, seconds: float = 60.0) -> list[Solved]:
    """Maps of which none is both shorter and less disruptive than another, least disruption first.

    The epsilon-constraint method (Haimes, Lasdon, Wismer 1971): least distance under evenly spaced limits on
    disruption, each answer then freed of needless disruption. Answers that are met twice are given once.
    """
    calm = least_disruption(small, band, seconds=seconds)
    short = least_distance(small, band, seconds=seconds)
    short = least_disruption(small, band, most_km=just_above(short.km), seconds=seconds)
    found = []
    for limit in np.linspace(calm.disruption, short.disruption, n_points):
        best = least_distance(small, band, just_above(float(limit)), seconds)
        best = least_disruption(small, band, just_above(best.km), seconds)
        if not found or best.km < found[-1].km - 1e-9:
            found.append(best)
    return found


def just_above(value: float) -> float:
    """A limit that a value keeps whatever its last digits do."""
    return value + 1e-7 * max(abs(value), 1.0)


def _solve(
    small: SmallMap, cost: NDArray[np.float64], band: float, most_disruption: float, seconds: float,
    most_km: float = np.inf,
) -> Solved:  # fmt: skip
    """Solve; where pieces must be whole, cut off every answer with a stray piece until there is none."""
    rows, low, high = _rules(small, band, most_disruption, most_km)
    for _ in range(_ROUNDS):
        rules = optimize.LinearConstraint(sparse.vstack(rows).tocsc(), np.concatenate(low), np.concatenate(high))
        answer = optimize.milp(
            cost, integrality=np.ones(len(cost)), bounds=_bounds(small), constraints=rules,
            options={"mip_rel_gap": 0.0, "time_limit": seconds},
        )  # fmt: skip
        if answer.x is None:
            raise TwinError(
                f"field_force.alignment: expected a map whose loads are within {100 * band:g} % of their targets, "
                "found none. Areas are too uneven, locked or scattered: allow a wider band, or more moves."
            )
        territory = answer.x.reshape(small.km.shape).argmax(axis=1)
        cuts = [] if small.graph is None else _cuts(small.graph, territory, small.km.shape[1])
        if not cuts:
            return _solved(small, territory, float(cost @ answer.x), float(answer.mip_dual_bound))
        rows.append(sparse.vstack(cuts))
        low.append(np.full(len(cuts), -np.inf))
        high.append(np.ones(len(cuts)))
    raise TwinError(
        f"field_force.alignment: expected whole territories after {_ROUNDS} rounds, found pieces still. "
        "Use the method that moves boundaries; it keeps territories whole."
    )


def _rules(
    small: SmallMap, band: float, most_disruption: float, most_km: float
) -> tuple[list[sparse.csr_matrix], list[NDArray[np.float64]], list[NDArray[np.float64]]]:
    """Every area once, loads within the band, limits: matrices over the (b z) choices with their bounds."""
    n, k = small.km.shape
    once = sparse.kron(sparse.eye_array(n), np.ones((1, k)), format="csr")
    rows, low, high = [once], [np.ones(n)], [np.ones(n)]
    free = np.zeros(k, dtype=bool) if small.closed is None else small.closed
    has = np.zeros_like(small.target) if small.fixed is None else small.fixed
    for load, target, fixed in zip(small.load, small.target, has):
        rows.append(sparse.kron(load[None, :], sparse.eye_array(k), format="csr"))
        # the last digit of a decimal must not throw out a load that lies on the limit
        slack = 1e-9 * target.max()
        low.append(np.where(free, -np.inf, target * (1 - band) - fixed - slack))
        high.append(np.where(free, np.inf, target * (1 + band) - fixed + slack))
    low.append(np.where(free, -np.inf, 1.0))
    high.append(np.full(k, np.inf))
    rows.append(sparse.kron(np.ones((1, n)), sparse.eye_array(k), format="csr"))
    for limit, weight in (
        (most_disruption, small.disruption[:, None] * (1.0 - small.stays)),
        (most_km, small.km),
    ):
        if np.isfinite(limit):
            rows.append(sparse.csr_matrix(weight.ravel()[None, :]))
            low.append(np.array([-np.inf]))
            high.append(np.array([limit]))
    return rows, low, high


def _bounds(small: SmallMap) -> optimize.Bounds:
    shut = np.zeros(small.km.shape[1], dtype=bool) if small.closed is None else small.closed
    least = np.where(small.locked[:, None], small.stays, 0.0)
    most = np.where(small.locked[:, None], small.stays, np.where(shut, 0.0, 1.0))
    return optimize.Bounds(least.ravel(), most.ravel())


def _cuts(graph: sparse.csr_matrix, territory: NDArray[np.int64], k: int) -> list[sparse.csr_matrix]:
    """Rules that a map with stray pieces breaks, and every whole map keeps.

    When an area of the stray and one of the largest piece serve the same territory, some area around the stray must do
    so too (separators: Carvajal and others 2013). The rule holds for every territory alike.
    """
    cuts = []
    for z in range(k):
        inside = np.flatnonzero(territory == z)
        n_pieces, piece = csgraph.connected_components(graph[inside][:, inside], directed=False)
        if n_pieces < 2:
            continue
        largest = np.bincount(piece).argmax()
        anchor = inside[piece == largest][0]
        for stray in set(range(n_pieces)) - {largest}:
            members = inside[piece == stray]
            around = np.setdiff1d(graph[members].indices, members)
            for each in range(k):
                row = np.zeros((len(territory), k))
                row[members[0], each], row[anchor, each] = 1.0, 1.0
                row[around, each] = -1.0
                cuts.append(sparse.csr_matrix(row.ravel()[None, :]))
    return cuts


def _solved(small: SmallMap, territory: NDArray[np.int64], value: float, bound: float) -> Solved:
    rows = np.arange(len(territory))
    moved = territory != small.today
    km, disruption = float(small.km[rows, territory].sum()), float(small.disruption[moved].sum())
    return Solved(territory.astype(np.int32), km, disruption, value, min(bound, value))
