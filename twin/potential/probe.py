"""Probe plan: which unknown customers to visit at random, and how much surer the total would be for it.

A small random sample of the unknown, asked for their whole purchases, tells their level as nothing else does. Knows no
calendar and no reps; who visits whom when is the plan's matter.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twin.draws import Key, Purpose, uniforms
from twin.market.world import World
from twin.potential.potential import Potential

SIZE = 100
"""Visits in all, unless told otherwise."""
_LEAST_EACH = 5
_WIDTH = 1.2815515655446004  # half width of a standard normal's 80 % interval
_DESIGN = 1.3  # customers of one territory err together


@dataclass(frozen=True)
class ProbePlan:
    """A random sample of unknown customers, by territory.

    Parameters
    ----------
    customer : (n,) int
        Rows of the population, in the order in which they were drawn within each territory.
    order : (n,) int
        1 for the first of its territory.
    chance : (n,) float
        Probability of each unknown customer of that territory to be drawn.
    half_width_now, half_width_then : (z,) float, share of the total
        Half width of the 80 % interval of each territory's unknown total, today and after the probe.
    total_now, total_then : float, share of the total
        The same for all territories together.
    """

    customer: NDArray[np.int64]
    order: NDArray[np.int64]
    chance: NDArray[np.float64]
    half_width_now: NDArray[np.float64]
    half_width_then: NDArray[np.float64]
    total_now: float
    total_then: float


def plan_probe(world: World, potential: Potential, n: int = SIZE, seed: int = 0) -> ProbePlan:
    """Draw the sample and say what it would bring.

    Visits are shared among territories by their unknown volume (about Neyman's allocation), five at least; who is drawn
    depends on the customer's id and the seed alone. The width afterwards is that of a ratio estimate (seen over
    predicted volume of the probed), combined with what is believed today by precision.

    Parameters
    ----------
    world : World
    potential : Potential
    n : int
        Visits in all.
    seed : int
    """
    if n < 1:
        raise ValueError(f"n: expected at least 1, got {n}")
    people, z = world.population, len(world.territories)
    fresh = np.flatnonzero(~people.known & ~potential.member)
    zone = people.territory[fresh]
    volume = np.bincount(zone, potential.mean[fresh], z)
    there = np.bincount(zone, minlength=z)
    share = _shared(n, volume, there)
    luck = uniforms(Key(seed), Purpose.WORLD, 1, people.entity[fresh], 1)[0]
    by = np.lexsort((luck, zone))
    first = np.searchsorted(zone[by], np.arange(z))
    place = np.arange(len(by)) - first[zone[by]]
    chosen = place < share[zone[by]]
    rows, order = fresh[by[chosen]], place[chosen] + 1
    chance = share[zone[by[chosen]]] / np.maximum(there[zone[by[chosen]]], 1)
    now = float(potential.total_unknown.draws.std() / max(potential.total_unknown.draws.mean(), 1e-300))
    wide = np.full(z, now)
    relative = float(np.expm1(np.minimum(np.mean(potential.free_sd[fresh] ** 2), 3.0))) if len(fresh) else 0.0
    # weight of large ones in the ratio: squared sum over sum of squares of predicted volumes
    squares = np.bincount(zone, potential.mean[fresh] ** 2, z)
    uneven = np.divide(squares * there, volume**2, out=np.ones(z), where=volume > 0)
    probe = np.divide(relative * uneven * _DESIGN, share, out=np.full(z, np.inf), where=share > 0)
    then = np.sqrt(1.0 / (1.0 / np.maximum(wide**2, 1e-12) + 1.0 / np.maximum(probe, 1e-12)))
    # the level is common to territories: all visits together tell of it
    whole = float(np.average(uneven, weights=volume)) if volume.sum() > 0 else 1.0
    together = relative * whole * _DESIGN / max(int(share.sum()), 1)
    after = float(np.sqrt(1.0 / (1.0 / max(now**2, 1e-12) + 1.0 / max(together, 1e-12)))) if len(fresh) else now
    return ProbePlan(
        rows, order, chance, _WIDTH * wide, _WIDTH * then,
        _WIDTH * now, _WIDTH * after,
    )  # fmt: skip


def _shared(n: int, volume: NDArray[np.float64], there: NDArray[np.int64]) -> NDArray[np.int64]:
    """Visits of each territory: in proportion to its volume, five at least, never more than it has: (z,) int."""
    least = np.minimum(there, _LEAST_EACH)
    if least.sum() >= n or volume.sum() <= 0:
        least = np.minimum(there, max(n // max(int((there > 0).sum()), 1), 1))
        return np.where(np.cumsum(least) <= n, least, 0)
    wanted = least + (n - least.sum()) * volume / volume.sum()
    share = np.minimum(np.floor(wanted), there).astype(np.int64)
    for _ in range(n):
        gap = np.where(share < there, wanted - share, -np.inf)
        if share.sum() >= min(n, there.sum()) or not np.isfinite(gap).any():
            break
        share[np.argmax(gap)] += 1
    return share
