"""Doubles: outlets that stand under two names because a comparison of names missed them, told by where they stand.

Knows no names. An outlet of our list and one of the register that stand closer together than chance would put two
lists' outlets are one outlet more often than not; how many too many there are is counted, not which.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from twin.geography.neighbours import NOBODY, nearest
from twin.response.parameters import parameter_uniforms

NEAR_KM = 0.05
"""So near each other stand a good third of the pins that two lists give one outlet, and few strangers."""
RING_KM = (0.3, 1.5)
"""Neighbours so far off show how the lists mix where outlets are strangers."""
BELIEVED = (1.5, 28.5)
"""Beta prior of the part of all pairs that is missed: a twentieth, as the comparison of names was found to miss."""
VISIBLE = (4.0, 6.0)
"""Beta prior of the part of missed pairs whose pins lie so near each other."""
_NEIGHBOURS = 32
_LEAST_RING = 50
_LEAST_PLACED = 100
_MOST_AT_A_PIN = 4
_GRID = np.linspace(0.001, 0.399, 200)


@dataclass(frozen=True)
class Near:
    """Neighbours of which each stands on one list alone.

    Parameters
    ----------
    excess, sd : float, pairs
        Pairs over the two lists beyond what chance puts near each other, and the standard deviation of that.
    placed : int
        Outlets on one list alone that have coordinates.
    """

    excess: float
    sd: float
    placed: int

    def tells(self, both: float) -> bool:
        """Whether that says more of missed pairs than experience with other lists does: pairs found beside it."""
        usual = both * BELIEVED[0] / BELIEVED[1] * VISIBLE[0] / sum(VISIBLE)
        return self.placed >= _LEAST_PLACED and self.sd < 2.0 * usual


def near_doubles(ours: NDArray[np.bool_], theirs: NDArray[np.bool_], place: NDArray[np.float64]) -> Near:
    """Pairs over the two lists that stand nearer together than the lists' own outlets do.

    How often neighbours stand on different lists is seen a little farther off, where no two pins are of one outlet;
    with too few there, it is taken from all outlets. What is beyond that within :data:`NEAR_KM` stands twice.

    Parameters
    ----------
    ours, theirs : (c,) bool
        Outlets of which only the one or the other list knows.
    place : (2, c) float, degrees
        Longitude and latitude; ``nan`` when unknown.
    """
    rows = np.flatnonzero((ours | theirs) & np.isfinite(place).all(axis=0))
    # a pin that many share is that of a place, such as the middle of a brick, and says nothing of who stands where
    _, pin, shared = np.unique(np.round(place[:, rows], 5), axis=1, return_inverse=True, return_counts=True)
    rows = rows[shared[pin.ravel()] <= _MOST_AT_A_PIN]
    around = nearest(place[0, rows], place[1, rows], _NEIGHBOURS)
    a, k = np.nonzero((around.km <= RING_KM[1]) & (around.index != NOBODY))
    ends = np.stack([a, around.index[a, k]])
    _, first = np.unique(ends.min(axis=0) * len(rows) + ends.max(axis=0), return_index=True)
    ends, km = ends[:, first], around.km[a, k][first]
    near, ring = km <= NEAR_KM, km >= RING_KM[0]
    mine = ours[rows]
    across = mine[ends[0]] != mine[ends[1]]
    mixed, alike = float(across[ring].sum()), float((~across[ring]).sum())
    if min(mixed, alike) < _LEAST_RING:
        part = float(mine.mean()) if len(rows) else 0.5
        mixed, alike = 2 * part * (1 - part) * len(rows), (1 - 2 * part * (1 - part)) * len(rows)
    odds = mixed / max(alike, 1.0)
    z = np.where(across[near], 1.0, -odds)
    # pairs that share an outlet share its luck
    by_outlet = np.bincount(ends[:, near].ravel(), np.tile(z, 2), minlength=len(rows))
    variance = max(float((by_outlet**2).sum() - (z**2).sum()), float((z**2).sum()), 1.0)
    of_odds = (odds * (~across[near]).sum()) ** 2 * (1 / max(mixed, 1.0) + 1 / max(alike, 1.0))
    return Near(float(z.sum()), float(np.sqrt(variance + of_odds)), len(rows))


def missed_share(both: float, near: Near | None, name: str, n_draws: int, seed: int) -> NDArray[np.float64]:
    """Part of all pairs that the comparison of names missed: (d,) float, the prior where nothing stands near.

    Parameters
    ----------
    both : float
        Pairs that were found.
    near : Near or None
    name : str
        Of the parameter, for its draws.
    n_draws, seed : int
    """
    chance = stats.beta(*BELIEVED).pdf(_GRID)
    if near is not None and near.placed >= _LEAST_PLACED:
        part = stats.beta(*VISIBLE).ppf((np.arange(40) + 0.5) / 40)
        expected = part[:, None] * (both * _GRID / (1.0 - _GRID))[None, :]
        chance = chance * stats.norm(expected, near.sd).pdf(near.excess).mean(axis=0)
    total = np.cumsum(chance)
    if not total[-1] > 0:  # so many near pairs that nothing on the grid explains them
        return np.full(n_draws, _GRID[-1])
    return np.interp(parameter_uniforms(name, n_draws, seed), total / total[-1], _GRID)
