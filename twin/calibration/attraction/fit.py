"""Attraction fit: multinomial logit of volumes by unit, period and brand, with a level of every brand in every unit.

Poisson pseudo likelihood with an effect for every (unit, period) cell and every (unit, brand): zeros are data like any
others, and what moves the whole category of a cell drops out. Knows arrays only, not what units or columns stand for.

Levels are concentrated out by Schur complements of the size of the brands; columns that all units share are never laid
out by unit. Newton's method is exact.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from twin.calibration.levels.period_totals import newey_west

_MOST_PASSES, _MOST_HALVINGS = 40, 30
_RIDGE = 1e-10
_HAC_WEEKS = 8.0


@dataclass(frozen=True)
class Cells:
    """Volumes and what may explain them.

    Parameters
    ----------
    volume : (u, p, j) float, units
        Cells that are not observed, or in which nothing was bought, are zero.
    shared : (k, p, j) float
        Columns that are the same in every unit.
    own : (l, u, p) float
        Columns of single units that act on our brands.
    n_own : int
        Our brands are the first.
    group : (u,) int
        Who is left out together in the jackknife.
    weeks : float
        Length of a period.
    """

    volume: NDArray[np.float64]
    shared: NDArray[np.float64]
    own: NDArray[np.float64]
    n_own: int
    group: NDArray[np.int64]
    weeks: float = 1.0

    @property
    def n_columns(self) -> int:
        """Coefficients to be found."""
        return len(self.shared) + len(self.own)


@dataclass(frozen=True)
class AttractionFit:
    """A fitted attraction model; coefficients of the shared columns stand before those of single units.

    Parameters
    ----------
    coefficients : (k + l,) float, utility
    covariance : (k + l, k + l) float
        Jackknife over groups of units, and what is dependent along time in all units together.
    level : (u, j) float, utility
        Of each brand in each unit; ``-inf`` where it was never bought.
    deviance : float
    dispersion : float
        Pearson statistic per degree of freedom.
    n : int
        Cells with any volume.
    """

    coefficients: NDArray[np.float64]
    covariance: NDArray[np.float64]
    level: NDArray[np.float64]
    deviance: float
    dispersion: float
    n: int

    @property
    def sd(self) -> NDArray[np.float64]:
        """Standard errors: (k + l,) float."""
        return np.sqrt(np.maximum(np.diag(self.covariance), 0.0))

    def means(self, cells: Cells) -> NDArray[np.float64]:
        """Fitted volumes: (u, p, j) float."""
        return _pass(cells, self.level, self.coefficients).mean


@dataclass(frozen=True)
class _Pass:
    """Newton's quantities; levels are eliminated from score and information, unit by unit."""

    log_likelihood: float
    mean: NDArray[np.float64]
    level_score: NDArray[np.float64]
    inner: NDArray[np.float64]
    cross: NDArray[np.float64]
    slopes: NDArray[np.float64]
    score: NDArray[np.float64]
    information: NDArray[np.float64]


def fit_attraction(cells: Cells) -> AttractionFit:
    """Fit ``E volume[u, p, j] = cell[u, p] exp(level[u, j] + shared[:, p, j] . a + [j ours] own[:, u, p] . b)``.

    Every unit buys two brands at least, or it would have no level.
    """
    total = cells.volume.sum(axis=1)
    with np.errstate(divide="ignore"):
        level = np.log(total) - np.log(np.maximum(total.sum(axis=1, keepdims=True), 1e-300))
    at = _pass(cells, level, np.zeros(cells.n_columns))
    beta = np.zeros(cells.n_columns)
    for _ in range(_MOST_PASSES):
        move = _solve(at.information, at.score)
        climb = np.linalg.solve(at.inner, at.level_score[:, :, None])[:, :, 0] - at.slopes @ move
        gain = float(at.score @ move) + float((at.level_score * (climb + at.slopes @ move)).sum())
        step = 1.0
        for _ in range(_MOST_HALVINGS):
            ahead = _pass(cells, level + step * climb, beta + step * move)
            if ahead.log_likelihood >= at.log_likelihood - 1e-12 * abs(at.log_likelihood):
                break
            step /= 2.0
        at, level, beta = ahead, level + step * climb, beta + step * move
        if step == 1.0 and gain < 1e-9 * max(cells.volume.sum(), 1e-300):
            break
    return _summary(cells, at, level, beta)


def score_statistics(
    cells: Cells, fit: AttractionFit, shared: NDArray[np.float64], own: NDArray[np.float64]
) -> NDArray[np.float64]:
    """What each of some further columns, as in :class:`Cells`, would find if it came alone: (n,) signed t values."""
    k, n, m = len(cells.shared), len(shared), len(own)
    more = replace(cells, shared=np.concatenate([cells.shared, shared]), own=np.concatenate([cells.own, own]))
    known = np.r_[np.arange(k), np.arange(k + n, k + n + len(cells.own))]
    new = np.r_[np.arange(k, k + n), np.arange(len(known) + n, len(known) + n + m)]
    beta = np.zeros(more.n_columns)
    beta[known] = fit.coefficients
    at = _pass(more, fit.level, beta)
    slopes = _solve(at.information[np.ix_(known, known)], at.information[np.ix_(known, new)])
    by_period, by_unit = _by_period(more, at), _by_unit(more, at)
    found = np.zeros(len(new))
    for place, column in enumerate(new):
        along = np.zeros(more.n_columns)
        along[column], along[known] = 1.0, -slopes[:, place]
        if along @ at.information @ along <= 1e-9 * max(at.information[column, column], 1e-300):
            continue
        in_time = newey_west((by_period @ along)[:, None], _lag(cells))[0, 0]
        in_groups = (np.bincount(cells.group, by_unit @ along) ** 2).sum()
        found[place] = at.score[column] / np.sqrt(max(in_time, in_groups, 1e-300))
    return found


def _pass(cells: Cells, level: NDArray, beta: NDArray) -> _Pass:
    """One pass over the cells."""
    y, shared, n_own, k = cells.volume, cells.shared, cells.n_own, len(cells.shared)
    total = y.sum(axis=2)
    eta = level[:, None, :] + np.tensordot(beta[:k], shared, 1)
    if len(cells.own):
        eta[:, :, :n_own] += np.tensordot(beta[k:], cells.own, 1)[:, :, None]
    top = eta.max(axis=2, keepdims=True)
    pull = np.exp(eta - top)
    norm = pull.sum(axis=2, keepdims=True)
    with np.errstate(invalid="ignore"):
        log_likelihood = float(np.where(y > 0, y * (eta - top - np.log(norm)), 0.0).sum())
    share = pull / norm
    mean, residual = share * total[:, :, None], y - share * total[:, :, None]
    # mean column of a cell, so that the effect of the cell takes the rest
    flat = shared.transpose(1, 2, 0)
    middle = _middle(cells, share)
    cross = np.empty((len(y), y.shape[2], cells.n_columns))
    cross[:, :, :k] = np.einsum("upj,pjk->ujk", mean, flat)
    ours = np.zeros_like(mean)
    ours[:, :, :n_own] = mean[:, :, :n_own]
    cross[:, :, k:] = np.einsum("upj,lup->ujl", ours, cells.own)
    cross -= mean.transpose(0, 2, 1) @ middle
    inner = -(mean.transpose(0, 2, 1) @ share)
    places = np.arange(y.shape[2])
    inner[:, places, places] += mean.sum(axis=1)
    # levels are free up to a constant, and brands never bought have none: both are pinned
    inner += (total.sum(axis=1) / y.shape[2] + 1e-300)[:, None, None] / y.shape[2]
    inner[:, places, places] += np.where(mean.sum(axis=1) > 0, 0.0, 1.0 + total.sum(axis=1)[:, None])
    slopes = np.linalg.solve(inner, cross)
    information = _raw(cells, mean, middle, total) - np.einsum("ujk,ujl->kl", cross, slopes)
    level_score = residual.sum(axis=1)
    score = np.concatenate(
        [np.einsum("upj,pjk->k", residual, flat), np.einsum("up,lup->l", residual[:, :, :n_own].sum(2), cells.own)]
    ) - np.einsum("ujk,uj->k", slopes, level_score)
    return _Pass(log_likelihood, mean, level_score, inner, cross, slopes, score, information)


def _middle(cells: Cells, share: NDArray) -> NDArray[np.float64]:
    """Mean column of each cell over its brands, weighed by share: (u, p, k + l) float."""
    shared = np.einsum("upj,kpj->upk", share, cells.shared)
    return np.concatenate(
        [shared, cells.own.transpose(1, 2, 0) * share[:, :, : cells.n_own].sum(axis=2)[:, :, None]], axis=2
    )


def _raw(cells: Cells, mean: NDArray, middle: NDArray, total: NDArray) -> NDArray[np.float64]:
    """Information of the coefficients before the levels are eliminated."""
    flat, n_own, k = cells.shared.transpose(1, 2, 0), cells.n_own, len(cells.shared)
    result = np.empty((cells.n_columns, cells.n_columns))
    by_period, ours = mean.sum(axis=0), mean[:, :, :n_own]
    result[:k, :k] = np.einsum("pj,pjk,pjl->kl", by_period, flat, flat, optimize=True)
    result[k:, k:] = np.einsum("up,lup,mup->lm", ours.sum(axis=2), cells.own, cells.own, optimize=True)
    both = np.einsum("upj,lup->lpj", ours, cells.own)
    result[:k, k:] = np.einsum("lpj,pjk->kl", both, flat[:, :n_own])
    result[k:, :k] = result[:k, k:].T
    weighted = (middle * total[:, :, None]).reshape(-1, cells.n_columns)
    return result - weighted.T @ middle.reshape(-1, cells.n_columns)


def _by_unit(cells: Cells, at: _Pass) -> NDArray[np.float64]:
    """Scores of the coefficients by unit: (u, k + l) float."""
    residual = cells.volume - at.mean
    parts = [
        np.einsum("upj,kpj->uk", residual, cells.shared),
        np.einsum("up,lup->ul", residual[:, :, : cells.n_own].sum(axis=2), cells.own),
    ]
    return np.concatenate(parts, axis=1) - np.einsum("uj,ujk->uk", at.level_score, at.slopes)


def _by_period(cells: Cells, at: _Pass) -> NDArray[np.float64]:
    """Scores of the coefficients by period, levels eliminated: (p, k + l) float."""
    residual = cells.volume - at.mean
    parts = [
        np.einsum("pj,kpj->pk", residual.sum(axis=0), cells.shared),
        np.einsum("up,lup->pl", residual[:, :, : cells.n_own].sum(axis=2), cells.own),
    ]
    return np.concatenate(parts, axis=1) - np.einsum("upj,ujk->pk", residual, at.slopes)


def _summary(cells: Cells, at: _Pass, level: NDArray, beta: NDArray) -> AttractionFit:
    y = cells.volume
    used = y.sum(axis=2) > 0
    n, bought = int(used.sum()), y.sum(axis=1) > 0
    pearson = float(((y - at.mean) ** 2 / np.maximum(at.mean, 1e-300))[used].sum())
    freedom = int((used[:, :, None] & bought[:, None, :]).sum()) - n - int((bought.sum(axis=1) - 1).clip(0).sum())
    with np.errstate(divide="ignore", invalid="ignore"):
        saturated = float(np.where(y > 0, y * np.log(y / y.sum(axis=2, keepdims=True)), 0.0).sum())
    return AttractionFit(
        beta, _covariance(cells, at), level, 2.0 * (saturated - at.log_likelihood),
        pearson / max(freedom - len(beta), 1), n,
    )  # fmt: skip


def _covariance(cells: Cells, at: _Pass) -> NDArray[np.float64]:
    """Jackknife of one Newton step over groups of units, joined with the sandwich over periods.

    A unit's own shocks move its group, a brand's shock moves a period in all units: each alone misses the other. What
    both count, the cells, is taken off once.
    """
    if not cells.n_columns:
        return np.zeros((0, 0))
    inverse = np.linalg.pinv(at.information, rcond=_RIDGE, hermitian=True)
    by_unit, n_groups = _by_unit(cells, at), int(cells.group.max()) + 1
    moved = np.zeros((n_groups, cells.n_columns))
    for g in range(n_groups):
        left = cells.group == g
        some = Cells(cells.volume[left], cells.shared, cells.own[:, left], cells.n_own, cells.group[left], cells.weeks)
        mean, total = at.mean[left], some.volume.sum(axis=2)
        middle = _middle(some, mean / np.maximum(total[:, :, None], 1e-300))
        part = _raw(some, mean, middle, total) - np.einsum("ujk,ujl->kl", at.cross[left], at.slopes[left])
        moved[g] = -_solve(at.information - part, by_unit[left].sum(axis=0))
    centred = moved - moved.mean(axis=0)
    jackknife = (n_groups - 1) / n_groups * centred.T @ centred
    in_time = inverse @ newey_west(_by_period(cells, at), _lag(cells)) @ inverse
    both = jackknife + in_time
    least = np.maximum(np.diag(jackknife), np.diag(in_time))
    # cells are in both sums; without their part the larger of the two would be a lower bound
    scale = np.sqrt(np.maximum(np.diag(both) - _of_cells(cells, at, inverse), least) / np.diag(both).clip(1e-300))
    return both * np.outer(scale, scale)


def _of_cells(cells: Cells, at: _Pass, inverse: NDArray) -> NDArray[np.float64]:
    """Variance that single cells give: (k + l,) float."""
    residual = cells.volume - at.mean
    parts = np.concatenate(
        [
            np.einsum("upj,kpj->upk", residual, cells.shared, optimize=True),
            residual[:, :, : cells.n_own].sum(axis=2)[:, :, None] * cells.own.transpose(1, 2, 0),
        ],
        axis=2,
    )
    parts -= residual @ at.slopes
    flat = parts.reshape(-1, cells.n_columns)
    return np.diag(inverse @ (flat.T @ flat) @ inverse)


def _lag(cells: Cells) -> int:
    return max(1, round(_HAC_WEEKS / cells.weeks))


def _solve(matrix: NDArray, right: NDArray) -> NDArray[np.float64]:
    """Solution; columns that say nothing move nothing."""
    return np.linalg.pinv(matrix, rcond=_RIDGE, hermitian=True) @ right
