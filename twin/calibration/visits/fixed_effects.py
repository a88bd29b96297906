"""Fixed effects: Poisson regression with an effect for every customer and for every (group, period) cell.

Knows arrays only: not what the rows, the periods or the regressors stand for.

Customer effects are concentrated out exactly (each customer's fitted total is its observed total), the cell effects by
a Schur complement of size (p, p) in every group: Newton's method is exact and needs a handful of passes over the data.
Blocks of customers keep the temporaries in the cache.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import linalg, special

from twin.calibration.visits.demeaning import factor
from twin.errors import CalibrationError

_BLOCK_CELLS = 1 << 17
_MAX_PASSES = 60
_DISTINCT = 1e-7
"""Least eigenvalue of the correlations of the regressors that counts as more than rounding."""


@dataclass(frozen=True)
class PoissonFit:
    """A fitted two-way fixed-effects Poisson regression.

    Parameters
    ----------
    coefficients : (k,) float
        Change of log mean per unit of each regressor.
    deviance : float
        Of the cells that were used.
    dispersion : float
        Pearson statistic per degree of freedom; 1 for Poisson counts, scales with the unit of ``y``.
    covariance : (k, k) float
        Model-based: dispersion times inverse information.
    robust : (k, k) float
        Sandwich clustered by customer, for dependence along time, or by what was asked for.
    influence : (n, k) float
        What each cluster of errors moves the coefficients.
    cell_effects : (g, p) float
        Log effects of (group, period), up to one constant per group; 0 where unused. Serves as a warm start.
    n : int
        Cells used: customers and (group, period) cells without any sale carry no information and are dropped.
    n_customers : int
        Customers used.
    converged : bool
    """

    coefficients: NDArray[np.float64]
    deviance: float
    dispersion: float
    covariance: NDArray[np.float64]
    robust: NDArray[np.float64]
    influence: NDArray[np.float64]
    cell_effects: NDArray[np.float64]
    n: int
    n_customers: int
    converged: bool


@dataclass(frozen=True)
class _Group:
    """The informative part of one group: own customers and the periods in which the group sold anything."""

    index: int
    members: NDArray[np.intp]
    periods: NDArray[np.intp]
    y: NDArray[np.float64]
    x: NDArray[np.float64]
    mask: NDArray[np.bool_]
    total: NDArray[np.float64]
    by_period: NDArray[np.float64]

    def blocks(self) -> Iterator[slice]:
        size = max(_BLOCK_CELLS // max(self.y.shape[1], 1), 1)
        return (slice(start, start + size) for start in range(0, len(self.y), size))

    def means(self, rows: slice, beta: NDArray, gamma: NDArray) -> tuple[NDArray, NDArray]:
        """Fitted means of some customers (n, p), and the log normaliser of each (n,)."""
        eta = np.where(self.mask[rows], np.tensordot(beta, self.x[:, rows], 1) + gamma, -np.inf)
        top = eta.max(axis=1, keepdims=True)
        np.exp(eta - top, out=eta)
        norm = eta.sum(axis=1, keepdims=True)
        eta *= self.total[rows, None] / norm
        return eta, (top + np.log(norm))[:, 0]


@dataclass(frozen=True)
class _Step:
    """Newton's quantities of one group; cell effects are already eliminated from score and information."""

    log_likelihood: float
    score: NDArray[np.float64]
    information: NDArray[np.float64]
    cell_move: NDArray[np.float64]
    cell_slopes: NDArray[np.float64]
    decrement: float


@dataclass(frozen=True)
class _Point:
    """Where Newton's method stands."""

    beta: NDArray[np.float64]
    gammas: list[NDArray[np.float64]]
    steps: list[_Step]

    @property
    def log_likelihood(self) -> float:
        return sum(step.log_likelihood for step in self.steps)


def fit(
    y: NDArray[np.float64],
    regressors: NDArray[np.float64],
    mask: NDArray[np.bool_],
    time_group: NDArray[np.int32],
    start: PoissonFit | None = None,
    cluster: NDArray[np.integer] | None = None,
) -> PoissonFit:
    """Fit log E y = customer effect + (group, period) effect + coefficients . regressors.

    Parameters
    ----------
    y : (c, p) float, not negative
        Counts or volumes; over-dispersion does not bias the coefficients.
    regressors : (k, c, p) float
        ``k`` may be 0.
    mask : (c, p) bool
        Cells that are observed.
    time_group : (c,) int
        Customers of one group share their period effects.
    start : PoissonFit, optional
        A fit on the same groups and periods whose first regressors are similar; it saves passes and changes nothing.
    cluster : (c,) int, optional
        Customers whose errors depend on one another; each on its own when missing.

    Raises
    ------
    CalibrationError
        When nothing is left to learn from, or a regressor does not vary inside customers and cells.
    """
    n_groups = int(time_group.max(initial=-1)) + 1
    groups = list(_informative(y, regressors, mask, time_group))
    if not groups:
        raise CalibrationError("visit response: expected two customers with sales in one group, found none")
    found = None if start is None else _from(groups, len(regressors), start)
    if found is None:
        found = _newton(groups, _at(groups, np.zeros(len(regressors)), [np.log(group.by_period) for group in groups]))
    point, converged = found
    label = np.arange(len(y)) if cluster is None else np.unique(cluster, return_inverse=True)[1]
    return _summary(groups, point, converged, (n_groups, y.shape[1]), label)


def _from(groups: list[_Group], k: int, start: PoissonFit) -> tuple[_Point, bool] | None:
    """Newton's method from another fit; nothing where that lies too far away to begin at."""
    beta = np.zeros(k)
    shared = min(k, len(start.coefficients))
    beta[:shared] = start.coefficients[:shared]
    try:
        found = _newton(groups, _at(groups, beta, [start.cell_effects[g.index, g.periods] for g in groups]))
    except (CalibrationError, np.linalg.LinAlgError):
        return None
    return found if found[1] and np.isfinite(found[0].log_likelihood) else None


def _informative(y: NDArray, regressors: NDArray, mask: NDArray, time_group: NDArray) -> Iterator[_Group]:
    """Groups without the customers and periods that sold nothing; a group of one customer explains itself."""
    order = np.argsort(time_group, kind="stable")
    labels, first = np.unique(time_group[order], return_index=True)
    for label, rows in zip(labels, np.split(order, first[1:])):
        sold = np.where(mask[rows], y[rows], 0.0)
        rows, sold = rows[sold.sum(axis=1) > 0], sold[sold.sum(axis=1) > 0]
        if len(rows) < 2:
            continue
        periods = np.flatnonzero(sold.sum(axis=0) > 0)
        box = np.ix_(rows, periods)
        sold = np.ascontiguousarray(sold[:, periods], dtype=np.float64)
        x = np.ascontiguousarray(regressors[:, box[0], box[1]], dtype=np.float64)
        yield _Group(int(label), rows, periods, sold, x, mask[box], sold.sum(axis=1), sold.sum(axis=0))


def means(
    y: NDArray[np.float64], regressors: NDArray[np.float64], mask: NDArray[np.bool_], time_group: NDArray[np.int32],
    fit: PoissonFit,
) -> Iterator[tuple[NDArray[np.intp], NDArray[np.bool_], NDArray[np.float64], NDArray[np.float64]]]:  # fmt: skip
    """What was fitted, a block of customers at a time: rows, and mask, y and mean of the periods used (n, p)."""
    for group in _informative(y, regressors, mask, time_group):
        gamma = fit.cell_effects[group.index, group.periods]
        for rows in group.blocks():
            mu, _ = group.means(rows, fit.coefficients, gamma)
            yield group.members[rows], group.mask[rows], group.y[rows], mu


def _at(groups: list[_Group], beta: NDArray, gammas: list[NDArray]) -> _Point:
    return _Point(beta, gammas, [_step(group, beta, gamma) for group, gamma in zip(groups, gammas)])


def _newton(groups: list[_Group], point: _Point) -> tuple[_Point, bool]:
    """Newton's method with step halving on the concentrated likelihood."""
    n = sum(int(group.mask.sum()) for group in groups)
    floor = 1e-12 * sum(group.total.sum() for group in groups)
    saturated, spread = _saturated(groups), sum(np.einsum("kcp,cp->k", group.x**2, group.y) for group in groups)
    for _ in range(_MAX_PASSES):
        move, decrement, promised = _direction(spread, point.steps)
        scale = max(2 * (saturated - point.log_likelihood), floor) / n
        cell_moves = [step.cell_move - step.cell_slopes @ move for step in point.steps]
        size = 1.0
        while True:
            gammas = [gamma + size * cell_move for gamma, cell_move in zip(point.gammas, cell_moves)]
            ahead = _at(groups, point.beta + size * move, gammas)
            if ahead.log_likelihood - point.log_likelihood >= -1e-6 * scale or size < 1e-3:
                break
            size /= 2
        point = ahead
        # quadratic convergence: a last full move this small leaves nothing to be gained
        if size == 1.0 and decrement < 1e-7 * scale and promised < 1e-5 * scale * n:
            return point, True
    return point, False


def _direction(spread: NDArray, steps: list[_Step]) -> tuple[NDArray, float, float]:
    """Move of the coefficients, what it gains, and what the cell effects gain besides."""
    information = sum(step.information for step in steps)
    if (np.diag(information) <= 1e-9 * np.maximum(spread, 1e-300)).any():
        raise CalibrationError("visit response: expected regressors that vary inside customers, found a constant one")
    score = sum(step.score for step in steps)
    if len(score):
        unit = 1 / np.sqrt(np.diag(information))
        if np.linalg.eigvalsh(information * np.outer(unit, unit))[0] < _DISTINCT:
            raise CalibrationError("visit response: expected distinct regressors, found two that move together")
    move = np.linalg.solve(information, score)
    decrement = float(score @ move)
    return move, decrement, decrement + sum(step.decrement for step in steps)


def _step(group: _Group, beta: NDArray, gamma: NDArray) -> _Step:
    """One pass over a group: likelihood, score and information with its cell effects eliminated."""
    n_periods, k = len(group.periods), len(beta)
    column, inner = np.zeros(n_periods), np.zeros((n_periods, n_periods))
    cross, raw, score = np.zeros((n_periods, k)), np.zeros((k, k)), np.zeros(k)
    log_likelihood = 0.0
    for rows in group.blocks():
        mu, log_norm = group.means(rows, beta, gamma)
        x, y, total = group.x[:, rows], group.y[rows], group.total[rows]
        log_likelihood += float((y * x).sum(axis=(1, 2)) @ beta - total @ log_norm)
        column += mu.sum(axis=0)
        half = mu / np.sqrt(total)[:, None]
        inner += half.T @ half
        # centring inside the customer first: the customer effect takes the rest, and no digits are lost to it
        centred = x - ((x * mu).sum(axis=2) / total)[:, :, None]
        weighted = centred * mu
        cross += weighted.sum(axis=1).T
        raw += weighted.reshape(k, -1) @ centred.reshape(k, -1).T
        score += (centred * (y - mu)).sum(axis=(1, 2))
    residual = group.by_period - column
    cholesky = factor(np.diag(column) - inner, column)
    solved = linalg.cho_solve(cholesky, np.column_stack([residual, cross]), check_finite=False)
    cell_move, slopes = solved[:, 0], solved[:, 1:]
    return _Step(
        log_likelihood + float(gamma @ group.by_period), score - slopes.T @ residual, raw - cross.T @ slopes,
        cell_move, slopes, float(residual @ cell_move),
    )  # fmt: skip


def _saturated(groups: list[_Group]) -> float:
    """Log likelihood of a model that fits every cell, less the constant that :func:`_step` also leaves out."""
    return sum(float(special.xlogy(g.y, g.y).sum() - special.xlogy(g.total, g.total).sum()) for g in groups)


def _summary(
    groups: list[_Group], point: _Point, converged: bool, shape: tuple[int, int], label: NDArray
) -> PoissonFit:
    k, n = len(point.beta), sum(int(group.mask.sum()) for group in groups)
    n_customers = sum(len(group.y) for group in groups)
    n_effects = n_customers + sum(len(group.periods) - 1 for group in groups)
    pearson, scores, cell_effects = 0.0, np.zeros((int(label.max(initial=0)) + 1, k)), np.zeros(shape)
    for group, gamma, step in zip(groups, point.gammas, point.steps):
        cell_effects[group.index, group.periods] = gamma
        for rows in group.blocks():
            mu, _ = group.means(rows, point.beta, gamma)
            residual = group.y[rows] - mu
            pearson += float((residual**2 / np.maximum(mu, 1e-300)).sum())
            part = np.einsum("kcp,cp->ck", group.x[:, rows] - step.cell_slopes.T[:, None, :], residual)
            np.add.at(scores, label[group.members[rows]], part)
    dispersion = pearson / max(n - n_effects - k, 1)
    inverse = np.linalg.inv(sum(step.information for step in point.steps))
    deviance = 2 * (_saturated(groups) - point.log_likelihood)
    influence = scores @ inverse
    return PoissonFit(
        point.beta, deviance, dispersion, dispersion * inverse, influence.T @ influence, influence, cell_effects, n,
        n_customers, converged,
    )  # fmt: skip
