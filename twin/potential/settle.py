"""Settling: what panel, own sales and totals together say of each customer, and how far left-out members lay off.

Knows the steps; the order in which they are taken stands in :mod:`twin.potential.potential`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from twin.market.world import World
from twin.potential.evidence import Evidence
from twin.potential.level import loads, pinned_variance, rake
from twin.potential.representative import Tilt, tilt_of
from twin.potential.size import Size
from twin.response.parameters import PRIORS

_ENOUGH_MEMBERS = 60
_PSEUDO = 20  # members that the model's own width counts for, beside those who were left out
_EIGHTY = 1.2815515655446004  # half width of a standard normal's 80 % interval


def believed_shift(size: Size, evidence: Evidence, known: NDArray) -> tuple[NDArray, NDArray]:
    """Levels of the unknown and the known half before brick totals: mean (2,) and precision (2, 2)."""
    prior = PRIORS["hidden_size"]
    contrast = np.array([1.0, -1.0])
    precision = np.outer(contrast, contrast) / prior.sd**2
    pull = precision @ np.array([prior.mean, 0.0])
    observed = np.isfinite(size.panel_residual)
    members = evidence.members[observed]
    # what own sales explain is no news about the level
    residual = size.panel_residual[observed] - size.update[members]
    variance = size.variance[members] + np.log1p(evidence.panel_noise[members])
    for half in (0, 1):
        mine = known[members].astype(int) == half
        if not mine.any():
            continue
        weight = 1.0 / np.maximum(variance[mine], np.var(residual[mine]) if mine.sum() > 2 else 0.5)
        # the total is a sum of volumes: where few members carry it, their logs say less of it than their number
        summed = float(weight.sum()) / _uneven(size.log[members[mine]] + size.update[members[mine]])
        centred = residual[mine] + np.log1p(evidence.panel_noise[members[mine]]) / 2
        level = float((weight * centred).sum() / weight.sum())
        tilt = tilt_of_half(size, evidence, known, half == 1)
        if tilt.biased:
            # anything from nothing to as much as can be seen: half of it, and a spread that says so
            level -= tilt.hidden / 2
            summed = 1.0 / (1.0 / summed + tilt.hidden**2 / 12)
        precision[half, half] += summed
        pull[half] += summed * level
    if not len(members):
        # own share of the known, from the prior: a level, but a loose one
        vague = (prior_share := PRIORS["own_share"]).sd / prior_share.mean
        precision[1, 1] += vague**-2
    return np.linalg.solve(precision, pull), precision


def _uneven(log: NDArray[np.float64]) -> float:
    """Members over the number that counts in a ratio of sums: one and the squared variation of predicted volume."""
    volume = np.exp(log - log.max())
    return float(len(log) * (volume**2).sum() / volume.sum() ** 2)


def tilt_of_half(size: Size, evidence: Evidence, known: NDArray, settled: bool) -> Tilt:
    """Whether the panel members of a half were drawn at random, see :mod:`twin.potential.representative`."""
    rows = np.flatnonzero(known == settled)
    member = np.zeros(len(known), dtype=bool)
    member[evidence.members] = True
    residual = size.panel_residual[np.isfinite(size.panel_residual) & (known[evidence.members] == settled)]
    return tilt_of(size.log[rows], member[rows], float(np.std(residual)) if len(residual) > 2 else 0.0)


def territory_levels(size: Size, evidence: Evidence, known: NDArray, territory: NDArray, n: int) -> NDArray[np.float64]:
    """Log level of each territory beside the common one, from its panel members, drawn towards nought: (z,) float.

    The direct estimate of each territory is weighed against the common model by their variances (Fay, Herriot 1979).
    """
    seen = np.isfinite(size.panel_residual)
    members = evidence.members[seen]
    if len(members) < _ENOUGH_MEMBERS or n < 3:
        return np.zeros(n)
    residual = size.panel_residual[seen] - size.update[members]
    for half in (False, True):
        mine = known[members] == half
        if mine.any():
            residual[mine] -= residual[mine].mean()
    count = np.bincount(territory[members], minlength=n)
    direct = np.bincount(territory[members], residual, n) / np.maximum(count, 1)
    sampling = float(np.var(residual)) / np.maximum(count, 1)
    there = count > 0
    between = max(float((direct[there] ** 2 - sampling[there]).mean()), 0.0)
    return np.where(there, between / (between + sampling) * direct, 0.0)


def levelled(size: Size, shift: NDArray, known: NDArray, floor: NDArray) -> NDArray[np.float64]:
    """Expected volume after the shift, not below what we sell there: (c,) float, units per week."""
    return np.maximum(size.mean * np.exp(shift[known.astype(int)]), floor)


def with_panel(mean: NDArray, variance: NDArray, evidence: Evidence, which: NDArray):
    """Expected volume and variance once the purchases of panel members ``which`` are taken in."""
    mean, variance = mean.copy(), variance.copy()
    bought = which[evidence.panel[which] > 0]
    noise, before = np.log1p(evidence.panel_noise[bought]), variance[bought]
    trust = before / (before + noise)
    # in logs of means, so that sums of panel volumes stay what they are
    mean[bought] = np.exp((1 - trust) * np.log(mean[bought]) + trust * np.log(evidence.panel[bought]))
    variance[bought] = before * noise / (before + noise)
    return mean, variance


def leave_out(world: World, size: Size, evidence: Evidence, mean: NDArray, alike: float, n_folds: int = 5):
    """Panel members predicted as if each were no member, totals imposed.

    Returns
    -------
    predicted : (k,) float, units per week
        Given that the member buys at all.
    variance : (k,) float, squared log
    """
    members, brick, b = evidence.members, world.population.brick, len(world.bricks)
    predicted, open_ = mean[members].copy(), size.variance[members].copy()
    rank = np.empty(len(members), dtype=np.int64)
    rank[np.argsort(world.population.entity[members], kind="stable")] = np.arange(len(members))
    # probability of buying must not come from having been seen
    blind = mean.copy()
    blind[members] = mean[members] / size.active[members]
    none = np.zeros(len(mean))
    for fold in range(n_folds):
        out = rank % n_folds == fold
        one, variance = with_panel(blind, size.variance, evidence, members[~out])
        silent = members[~out & (evidence.panel[members] == 0)]
        one[silent] = mean[silent]
        load = loads(one, variance, brick, alike, b)
        one = one * np.exp(rake(one, load, brick, evidence.brick_total))
        predicted[out] = one[members[out]]
        after = pinned_variance(one, variance, load, brick, evidence.brick_total, evidence.brick_sd, none)
        open_[out] = after[members[out]]
    return predicted, open_


def regional(mean: NDArray, brick: NDArray, total: NDArray, free: NDArray) -> NDArray[np.float64]:
    """Volumes outside of audited bricks, brought to the level that the audited ones were found at: (c,) float."""
    if not (total > 0).any():
        return mean
    inside = (brick >= 0) & (total > 0)[brick]
    there = np.bincount(brick[inside], mean[inside], len(total))
    used = there > 0
    if not used.any():
        return mean
    return np.where(inside | ~free, mean, mean * (total[used].sum() / there[used].sum()))


def stretch_to_cover(evidence: Evidence, known: NDArray, predicted: NDArray, variance: NDArray) -> NDArray[np.float64]:
    """Factors on the sd of the unknown and the known so that 80 % intervals hold 80 % of left-out members: (2,)."""
    members = evidence.members
    factor = np.ones(2)
    for half in (0, 1):
        mine = (known[members].astype(int) == half) & (evidence.panel[members] > 0)
        n = int(mine.sum())
        if n < 10:
            continue
        # lumps of what they bought from us are in the prediction of known members already; those of the rest are not
        ours = np.minimum(evidence.own[members[mine]] / evidence.panel[members[mine]], 1.0) if half else 0.0
        open_, noise = variance[mine], (1.0 - ours) * np.log1p(evidence.panel_noise[members[mine]])
        middle = np.log(predicted[mine]) - open_ / 2
        scaled = np.abs(np.log(evidence.panel[members[mine]]) - middle) / np.sqrt(open_ + noise)
        found = np.quantile(scaled, 0.8) / _EIGHTY
        factor[half] = np.clip((n * found + _PSEUDO) / (n + _PSEUDO), 0.4, 2.5)
    return factor
