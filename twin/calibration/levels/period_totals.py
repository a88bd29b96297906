"""Period totals: what the whole market sold by period and brand, and log-linear weekly models fitted to such totals.

A period total is a sum of weeks; it is never split. Knows neither seasons nor campaigns, only columns of a design.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from twin.market.history import History, Sales
from twin.market.world import World
from twin.weeks import Periods, week_of

_MOST_STEPS, _MOST_HALVINGS, _CONVERGED = 60, 12, 1e-9


_LARGEST_ORDER = 4.0


@dataclass(frozen=True)
class Series:
    """Volumes by period and brand, summed over places or customers.

    Parameters
    ----------
    name : str
        ``audit``, ``panel`` or ``own sales``.
    totals : (p, j) float, units
    periods : Periods
    """

    name: str
    totals: NDArray[np.float64]
    periods: Periods

    @property
    def first_week(self) -> int:
        """Week of the first day."""
        return int(week_of(self.periods.start[0]))

    @property
    def n_weeks(self) -> int:
        """Number of weeks touched."""
        return int(week_of(self.periods.stop[-1] - np.timedelta64(1, "D"))) + 1 - self.first_week

    @property
    def weeks(self) -> NDArray[np.int32]:
        """Weeks touched: (w,) int32."""
        return self.first_week + np.arange(self.n_weeks, dtype=np.int32)

    @property
    def weights(self) -> sparse.csr_matrix:
        """Part of each week that falls in each period: (p, w)."""
        return self.periods.weights(self.first_week, self.n_weeks)

    @property
    def years(self) -> float:
        """Length, years."""
        return float((self.periods.stop[-1] - self.periods.start[0]).astype(np.int64) / 365.2425)


def market_series(world: World, history: History) -> tuple[Series, ...]:
    """What is observed of all brands: the audit, then the panel; either may be missing."""
    named = (("audit", history.audit), ("panel", history.panel))
    found = (_series(name, sales, len(world.brands)) for name, sales in named)
    return tuple(series for series in found if series is not None)


def even_market_series(world: World, history: History) -> tuple[Series, ...]:
    """As :func:`market_series`, every panel member counting alike, for questions about shares and not about volume.

    A few large outlets and a few large orders make most of a panel's noise. A campaign multiplies everybody's
    attraction, so that shares of evened volumes show it as well, and far more sharply.
    """
    return market_series(world, replace(history, panel=evened(history.panel)))


def territory_series(world: World, history: History) -> tuple[tuple[Series, ...], ...]:
    """As :func:`even_market_series` for each territory by itself; a territory that nobody observes has no series."""
    panel = replace(history.panel, volume=evened(history.panel).volume) if len(history.panel) else history.panel
    views = (("audit", history.audit, world.bricks.territory), ("panel", panel, world.population.territory))
    found = []
    for territory in range(len(world.territories)):
        own = []
        for name, sales, of_unit in views:
            keep = of_unit[sales.unit] == territory if len(of_unit) else np.zeros(len(sales), dtype=bool)
            part = Sales(sales.unit[keep], sales.period[keep], sales.brand[keep], sales.volume[keep], sales.periods)
            own.append(_series(name, part, len(world.brands)))
        found.append(tuple(series for series in own if series is not None))
    return tuple(found)


def evened(panel: Sales) -> Sales:
    """The panel in orders of each member's own usual size, one order counting as at most a few."""
    if not len(panel):
        return panel
    orders = np.maximum(np.bincount(panel.unit, panel.volume > 0), 1)
    usual = np.bincount(panel.unit, panel.volume) / orders
    volume = np.clip(panel.volume / np.maximum(usual[panel.unit], 1e-300), 0.0, _LARGEST_ORDER)
    return replace(panel, volume=volume)


def category_series(world: World, history: History) -> tuple[Series, ...]:
    """What tells the level and shape of the category best: the market, else our own sales; empty without any sales."""
    found = market_series(world, history) or (_series("own sales", history.own_sales, len(world.brands)),)
    return tuple(series for series in found if series is not None)


def finest(series: tuple[Series, ...]) -> Series | None:
    """The series of the shortest periods; the first of equals."""
    return min(series, key=lambda one: one.periods.kind != "week", default=None)


def _series(name: str, sales: Sales, n_brands: int) -> Series | None:
    """One source without the silent periods at its ends; ``None`` when it holds nothing."""
    totals = sales.totals(n_brands) if len(sales) else np.zeros((0, n_brands))
    sold = np.flatnonzero(totals.sum(axis=1) > 0)
    if not sold.size:
        return None
    kept = slice(sold[0], sold[-1] + 1)
    periods = Periods(sales.periods.kind, sales.periods.start[kept], sales.periods.stop[kept])
    return Series(name, totals[kept], periods)


@dataclass(frozen=True)
class Block:
    """One observed series and its design.

    Parameters
    ----------
    observed : (p,) float, units
        ``nan`` where nothing was recorded.
    weights : (p, w) sparse float
        Part of each week in each period.
    design : (w, k) float
        Columns of the weekly log-linear model; all blocks share the coefficients.
    """

    observed: NDArray[np.float64]
    weights: sparse.csr_matrix
    design: NDArray[np.float64]


@dataclass(frozen=True)
class LogLinearFit:
    """Quasi-Poisson fit of period totals.

    Parameters
    ----------
    coefficients : (k,) float
    covariance : (k, k) float
        Newey-West: robust to over-dispersion and to autocorrelation.
    fitted : tuple of (p,) float, units
        One a block.
    deviance : float
        Over-dispersion taken out, long-run: comparable between designs of the same :attr:`dispersions`.
    dispersions : tuple of float
        Variance over mean, one a block, times the long-run factor of the residuals.
    """

    coefficients: NDArray[np.float64]
    covariance: NDArray[np.float64]
    fitted: tuple[NDArray[np.float64], ...]
    deviance: float
    dispersions: tuple[float, ...]


def fit_log_linear(
    blocks: tuple[Block, ...], start: NDArray, lags: tuple[int, ...], dispersions: tuple[float, ...] | None = None
) -> LogLinearFit:
    """Quasi-Poisson fit of totals whose weekly means are log-linear.

    The mean of period p is ``sum over w of weight_pw * exp(x_w b)``. With the effective design ``J = d mean / d b``,
    which is weight times weekly mean times x, summed over weeks, Gauss-Newton steps
    ``(J' V^-1 J)^-1 J' V^-1 (y - mean)`` with ``V = dispersion * mean`` reach the quasi-likelihood estimate; a step
    that raises the deviance is halved.

    Parameters
    ----------
    blocks : tuple of Block
    start : (k,) float
    lags : tuple of int, periods
        Bandwidth of the robust covariance, one a block.
    dispersions : tuple of float, optional
        Taken as given where designs are to be compared; else estimated.

    Returns
    -------
    LogLinearFit
    """
    given = dispersions or (1.0,) * len(blocks)
    beta = _newton(blocks, start, given)
    if dispersions is None:
        given = tuple(_dispersion(block, beta, lag) for block, lag in zip(blocks, lags))
        beta = _newton(blocks, beta, given)
    n_free = sum(int(np.isfinite(block.observed).sum()) for block in blocks) - len(beta)
    bread, meat = np.zeros((len(beta),) * 2), np.zeros((len(beta),) * 2)
    for block, lag, scale in zip(blocks, lags, given):
        mean, effective = _mean(block, beta)
        residual = np.nan_to_num(block.observed - mean)
        seen = np.isfinite(block.observed)
        bread += (effective[seen] / mean[seen, None]).T @ effective[seen] / scale
        meat += newey_west(effective * (residual / mean / scale)[:, None], lag)
    inverse = np.linalg.pinv(bread, hermitian=True)
    covariance = inverse @ meat @ inverse * (n_free + len(beta)) / max(n_free, 1)
    fitted = tuple(_mean(block, beta)[0] for block in blocks)
    return LogLinearFit(beta, covariance, fitted, _deviance(blocks, beta, given), given)


def newey_west(scores: NDArray[np.float64], lag: int) -> NDArray[np.float64]:
    """Long-run covariance of the sum of scores, Bartlett weights: (k, k) float.

    Parameters
    ----------
    scores : (p, k) float
    lag : int, periods
    """
    total = scores.T @ scores
    for step in range(1, min(lag, len(scores) - 1) + 1):
        cross = scores[step:].T @ scores[:-step]
        total += (1 - step / (lag + 1)) * (cross + cross.T)
    return total


def _mean(block: Block, beta: NDArray) -> tuple[NDArray, NDArray]:
    """Period means and their derivatives: (p,), (p, k)."""
    weekly = np.exp(np.clip(block.design @ beta, -50, 50))
    return block.weights @ weekly, block.weights @ (weekly[:, None] * block.design)


def _deviance(blocks: tuple[Block, ...], beta: NDArray, dispersions: tuple[float, ...]) -> float:
    total = 0.0
    for block, scale in zip(blocks, dispersions):
        seen = np.isfinite(block.observed)
        y, mean = block.observed[seen], _mean(block, beta)[0][seen]
        total += 2 * float(np.sum(y * np.log(np.maximum(y, 1e-300) / mean) - (y - mean))) / scale
    return total


def _dispersion(block: Block, beta: NDArray, lag: int) -> float:
    """Variance over mean, times the long-run factor: what correlated residuals add to slow coefficients."""
    mean, _ = _mean(block, beta)
    seen = np.isfinite(block.observed)
    pearson = ((block.observed - mean) / np.sqrt(mean))[seen]
    variance = float(pearson @ pearson) / max(seen.sum() - len(beta), 1)
    short = float(pearson @ pearson)
    factor = float(newey_west(pearson[:, None], lag)[0, 0]) / short if short > 0 else 1.0
    return max(variance * max(factor, 1.0), 1e-12)


def _newton(blocks: tuple[Block, ...], beta: NDArray, dispersions: tuple[float, ...]) -> NDArray[np.float64]:
    """Gauss-Newton with step halving."""
    deviance = _deviance(blocks, beta, dispersions)
    for _ in range(_MOST_STEPS):
        hessian, gradient = np.zeros((len(beta),) * 2), np.zeros(len(beta))
        for block, scale in zip(blocks, dispersions):
            mean, effective = _mean(block, beta)
            seen = np.isfinite(block.observed)
            scaled = effective[seen] / (mean[seen, None] * scale)
            hessian += scaled.T @ effective[seen]
            gradient += scaled.T @ (block.observed - mean)[seen]
        step = np.linalg.lstsq(hessian, gradient, rcond=1e-12)[0]
        for halving in range(_MOST_HALVINGS):
            trial = beta + step * 0.5**halving
            better = _deviance(blocks, trial, dispersions)
            if better <= deviance + 1e-12:
                break
        else:
            return beta
        gain, beta, deviance = deviance - better, trial, better
        if gain < _CONVERGED * (1 + abs(deviance)):
            return beta
    return beta
