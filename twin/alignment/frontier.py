"""Frontier: maps between today's and one drawn from scratch, each with its balance, disruption and expected worth."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from twin.alignment import methods, worth
from twin.alignment.annealing import Wishes, usual_sweeps
from twin.alignment.areas import Areas, Territories, targets
from twin.alignment.bounds import least_moved_for_cv
from twin.alignment.ground import prepare
from twin.alignment.measures import Measures, measure
from twin.alignment.proven import proven
from twin.progress import Progress

TOLERANCES = (0.25, 0.15, 0.10, 0.07, 0.04, 0.02, 0.01)
"""Deviations at which moving customers stops to pay, one map each."""
BANDS = (0.20, 0.10, 0.05)
"""Deviations that no territory exceeds, in maps proven to move the fewest customers; small markets only."""
TODAY, PROFIT, EVEN, SCRATCH = "today", "most_profit", "even", "from_scratch"
_COARSE = 0.07
"""From this tolerance on little moves, and half the sweeps find it."""
_LIGHT = 0.004
"""Weight of distance where balance is all that is wanted."""
_NEARLY = 0.002
"""Tolerance there: moves that do next to nothing for balance are spared."""


@dataclass(frozen=True)
class Point:
    """One map of the frontier.

    Parameters
    ----------
    name : str
        ``today``, ``tolerance_4`` and so on for the tolerances in percent, ``most_profit``, ``even``, ``from_scratch``;
        ``fewest_10`` and so on: no territory is further than 10 % from its target, proven to move the fewest.
    territory : (b,) int32
    measures : Measures
    gain, loss : (d,) float, units
        Expected sales of the first year gained by balance and lost by handover, one for each parameter draw.
    least_moved : float
        Part of the load that any map as balanced as this one must move: the largest over the attributes.
    """

    name: str
    territory: NDArray[np.int32]
    measures: Measures
    gain: NDArray[np.float64]
    loss: NDArray[np.float64]
    least_moved: float

    @property
    def pays_back_years(self) -> float:
        """Years after which the mean gain has made up for the mean loss; infinite without a gain."""
        gain, loss = float(self.gain.mean()), float(self.loss.mean())
        return loss / gain if gain > 0 else (0.0 if loss == 0 else float("inf"))

    @property
    def net(self) -> NDArray[np.float64]:
        """Gain less loss: (d,) float, units."""
        return self.gain - self.loss


@dataclass(frozen=True)
class Beliefs:
    """What is believed of gains and losses, one figure for each parameter draw.

    Parameters
    ----------
    elasticity : (d,) float
        Of sales to visits.
    handover : (d,) float
        Part of a customer's sales lost in the year after a change of rep.
    """

    elasticity: NDArray[np.float64]
    handover: NDArray[np.float64]

    def __post_init__(self) -> None:
        if self.elasticity.shape != self.handover.shape or self.elasticity.ndim != 1 or not len(self.elasticity):
            raise ValueError("elasticity, handover: expected one figure for each draw, and at least one draw")


def frontier(
    areas: Areas, territories: Territories, graph: sparse.csr_matrix, beliefs: Beliefs, wishes: Wishes,
    tolerances: tuple[float, ...] = TOLERANCES, n_threads: int = 1, progress: Progress | None = None,
) -> tuple[Point, ...]:  # fmt: skip
    """Maps from least to most disruption, today's first.

    Parameters
    ----------
    areas, territories, graph
        See :func:`twin.alignment.methods.keep`.
    beliefs : Beliefs
    wishes : Wishes
        Importance of attributes, limit on moves, weights, seed; its tolerance is replaced in turn. A limit on moves
        leaves the map from scratch out.
    tolerances : tuple of float
    n_threads : int
        Changes nothing but the time that it takes.
    progress : callable, optional

    Raises
    ------
    TwinError
        See :func:`twin.alignment.areas.check`.
    """
    elasticity, handover = float(beliefs.elasticity.mean()), float(beliefs.handover.mean())
    prepared = prepare(areas, territories, graph, handover, elasticity)
    richest = replace(
        wishes, tolerance=0.0, balance=0.0, profit=1.0, elasticity=elasticity, distance=0.0, border=wishes.border / 10
    )
    light = replace(wishes, tolerance=_NEARLY, distance=min(wishes.distance, _LIGHT))
    brief = wishes.n_sweeps or usual_sweeps(len(prepared.ground.today)) // 2
    asked = [
        (f"tolerance_{100 * t:g}", methods.keep_prepared,
         replace(wishes, tolerance=t, n_sweeps=brief if t >= _COARSE else wishes.n_sweeps))
        for t in tolerances
    ]  # fmt: skip
    asked += [(PROFIT, methods.keep_prepared, richest), (EVEN, methods.keep_prepared, light)]
    if wishes.most_moved >= 1.0:
        asked.append((SCRATCH, methods.from_scratch_prepared, replace(light, tolerance=0.0)))
    found = [(TODAY, areas.today.astype(np.int32))]
    # the passes let go of the interpreter's lock, and no map depends on another
    with ThreadPoolExecutor(n_threads) as pool:
        drawn = pool.map(lambda ask: ask[1](prepared, ask[2]), asked)
        for done, ((name, *_), territory) in enumerate(zip(asked, drawn), start=1):
            found.append((name, prepared.back(areas, territory)))
            if progress:
                progress(done, len(asked), "align")
    for band, territory in proven(areas, territories, graph, BANDS):
        found.append((f"fewest_{100 * band:g}", territory))
    points = [point(areas, territories, graph, beliefs, name, territory) for name, territory in found]
    points = [one for one in points if one.measures.moved_customers <= wishes.most_moved + 1e-9]
    return tuple(sorted(points, key=lambda one: (one.measures.moved_customers, one.name != TODAY)))


def point(
    areas: Areas, territories: Territories, graph: sparse.csr_matrix, beliefs: Beliefs, name: str,
    territory: NDArray[np.int32],
) -> Point:  # fmt: skip
    """A map with all that is said of it."""
    found = measure(areas, territories, graph, territory)
    return Point(
        name=name,
        territory=territory,
        measures=found,
        gain=worth.gain_of_balance(areas, territories, territory, beliefs.elasticity),
        loss=worth.loss_by_handover(areas, territory, beliefs.handover),
        least_moved=_least_moved(areas, territories, found),
    )


def _least_moved(areas: Areas, territories: Territories, found: Measures) -> float:
    n, target = len(territories), targets(areas, territories)
    carried = np.stack([np.bincount(areas.today, row, n) for row in areas.load]) + territories.fixed
    part = carried / carried.sum(axis=1, keepdims=True)
    return max(least_moved_for_cv(part[a], target[a], float(cv)) for a, cv in enumerate(found.cv))
