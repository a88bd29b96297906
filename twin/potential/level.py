"""Level: how much all those sizes add up to, in the known and in the unknown half, raked to the market's totals.

Knows sums and shifts; who is larger than whom is settled before, see :mod:`twin.potential.ranking`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_STEPS = 60
_DESIGN = 2.0  # bricks err together with their neighbours: they count as half as many
_LITTLE = 0.02  # neighbours are never wholly independent: one customer must not bear a whole brick's error
_TOLERANCE = 1e-10


def loads(
    mean: NDArray[np.float64], variance: NDArray[np.float64], brick: NDArray[np.int32], alike: float, n_bricks: int
) -> NDArray[np.float64]:
    """Covariance of each log volume with the volume of its brick, relative: who gives way when the total is off.

    A total that is off is most likely the fault of large customers who are known badly; in part (``alike``) it is the
    fault of the place, and then of everybody there.

    Parameters
    ----------
    mean : (c,) float, units per week
    variance : (c,) float, squared log
    brick : (c,) int
        -1 when unplaced.
    alike : float in [0, 1]
        Correlation of what is left open between two customers of a brick.
    n_bricks : int

    Returns
    -------
    (c,) float, squared log
    """
    result, placed = variance.copy(), brick >= 0
    where = brick[placed]
    m, v = mean[placed], variance[placed]
    summed = np.maximum(np.bincount(where, m, n_bricks), 1e-300)
    common = np.bincount(where, m * np.sqrt(v), n_bricks) / summed
    result[placed] = (1 - alike) * v * m / summed[where] + alike * np.sqrt(v) * common[where]
    return result


def rake(
    mean: NDArray[np.float64], load: NDArray[np.float64], brick: NDArray[np.int32], total: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Change volumes as little as their uncertainty allows, so that every audited brick adds up to its total.

    Each log volume moves in proportion to its load, see :func:`loads`: the posterior mean under normal errors.

    Parameters
    ----------
    mean : (c,) float, units per week
    load : (c,) float, squared log
    brick : (c,) int
        -1 when unplaced.
    total : (b,) float, units per week
        ``nan`` where nothing is known: volumes there stay.

    Returns
    -------
    (c,) float, log
        Log change of each volume.
    """
    change = np.zeros(len(mean))
    if not len(total):
        return change
    rows = np.flatnonzero((brick >= 0) & (total[brick] > 0) & (mean > 0))
    if not len(rows):
        return change
    used, group = np.unique(brick[rows], return_inverse=True)
    m, v, goal = mean[rows], np.maximum(load[rows], 1e-9), np.log(total[used])
    widest = np.zeros(len(used))
    np.maximum.at(widest, group, v)
    push = np.zeros(len(used))
    for _ in range(_STEPS):
        now = m * np.exp(push[group] * v)
        summed = np.bincount(group, now)
        miss = goal - np.log(summed)
        if np.abs(miss).max() < _TOLERANCE:
            break
        slope = np.bincount(group, now * v) / summed
        # the sum of exponentials is convex: a full step from far away would overflow
        push += np.clip(miss / slope, -2.0 / widest, 2.0 / widest)
    change[rows] = push[group] * v
    return change


@dataclass(frozen=True)
class Shift:
    """Log level of the known and of the unknown half, relative to what their attributes predict.

    Parameters
    ----------
    mean : (2,) float, log
        Unknown, known.
    cov : (2, 2) float
    alike : float
        Correlation of what attributes leave open between two customers of a brick.
    """

    mean: NDArray[np.float64]
    cov: NDArray[np.float64]
    alike: float = 0.0

    @property
    def hidden(self) -> tuple[float, float]:
        """Unknown minus known at the same attributes: mean and sd."""
        contrast = np.array([1.0, -1.0])
        return float(contrast @ self.mean), float(np.sqrt(contrast @ self.cov @ contrast))


@dataclass(frozen=True)
class BrickSums:
    """What each audited brick is predicted to hold, by how well it is known.

    Parameters
    ----------
    seen : (b,) float, units per week
        Volume of panel members.
    halves : (2, b) float, units per week
        Predicted volume of the others: unknown, known.
    spread : (b,) float
        Relative variance of that sum, from its customers' own uncertainty.
    common : (b,) float
        Relative variance of that sum if all of the uncertainty were shared.
    """

    seen: NDArray[np.float64]
    halves: NDArray[np.float64]
    spread: NDArray[np.float64]
    common: NDArray[np.float64]


def brick_sums(mean: NDArray, relative: NDArray, brick: NDArray, known: NDArray, member: NDArray, b: int) -> BrickSums:
    """Add up predicted volumes by brick.

    Parameters
    ----------
    mean : (c,) float, units per week
    relative : (c,) float
        Squared coefficient of variation of each.
    brick, known, member : (c,) int, bool, bool
    b : int
        Number of bricks.
    """
    placed = brick >= 0

    def add(values: NDArray, which: NDArray) -> NDArray[np.float64]:
        keep = placed & which
        return np.bincount(brick[keep], values[keep], b)

    halves = np.stack([add(mean, ~member & ~known), add(mean, ~member & known)])
    everything = np.maximum(add(mean, placed), 1e-300)
    common = (add(mean * np.sqrt(relative), placed) / everything) ** 2
    return BrickSums(
        add(mean, member), halves, add(mean**2 * relative, placed) / np.maximum(everything**2, 1e-300), common
    )


def fit_shift(
    start: NDArray, precision: NDArray, sums: BrickSums, total: NDArray[np.float64], total_sd: NDArray[np.float64]
) -> Shift:
    """Levels of both halves from brick totals and from what is believed before.

    Bricks differ in how much of their volume should be known; where the unknown part is large and the total falls
    short, the unknown must be small. Gauss-Newton on log totals, weighted by how sure each brick's sum is.

    Parameters
    ----------
    start : (2,) float, log
        Believed levels, unknown and known, from the panel and the priors.
    precision : (2, 2) float
        Inverse covariance of that belief.
    sums : BrickSums
    total, total_sd : (b,) float, units per week, log
        ``nan`` where not audited.
    """
    use = (total > 0) & (sums.halves.sum(axis=0) > 0)
    level = start.copy()
    if not use.any():
        return Shift(level, np.linalg.inv(precision), _LITTLE)
    seen, halves = sums.seen[use], sums.halves[:, use]
    # the log of a sum of skewed volumes lies below the log of its mean
    spread = np.log1p(np.minimum(sums.spread[use], 3.0))
    goal, known_noise = np.log(total[use]) + spread / 2, spread + total_sd[use] ** 2
    between, information = 0.05, precision
    for _ in range(30):
        parts = halves * np.exp(level)[:, None]
        summed = seen + parts.sum(axis=0)
        slope = parts / summed
        miss = goal - np.log(summed)
        weight = 1.0 / (_DESIGN * (known_noise + between))
        information = precision + (slope * weight) @ slope.T
        step = np.linalg.solve(information, (slope * weight) @ miss + precision @ (start - level))
        level = level + np.clip(step, -1.0, 1.0)
        if use.sum() > 3:
            between = float(np.clip(np.average(miss**2 - known_noise, weights=weight), 0.0, 4.0))
        if np.abs(step).max() < 1e-7:
            break
    alike = between / float(np.average(sums.common[use], weights=weight)) if use.sum() > 3 else _LITTLE
    return Shift(level, np.linalg.inv(information), float(np.clip(alike, _LITTLE, 0.9)))


def pinned_variance(
    mean: NDArray, variance: NDArray, load: NDArray, brick: NDArray, total: NDArray, total_sd: NDArray, loose: NDArray
) -> NDArray[np.float64]:
    """Variance of log volume once the brick's total is known: (c,) float.

    A lone customer is as sure as the total; one among many hardly gains. Elsewhere the level's own variance ``loose``
    (c,) is added. For ``load`` (c,) see :func:`loads`.
    """
    b = len(total)
    pinned = np.zeros(len(mean), dtype=bool)
    if b:
        pinned = (brick >= 0) & (total[brick] > 0)
    where = brick[pinned]
    share = mean[pinned] / np.bincount(where, mean[pinned], b)[where]
    common = np.maximum(np.bincount(where, share * load[pinned], b), 1e-12)
    result = variance + loose
    result[pinned] = np.maximum(variance[pinned] - load[pinned] ** 2 / common[where], 0.0) + total_sd[where] ** 2
    return result
