"""Sizing: how many reps, and where. Exact for any response, from what each territory sells with each number of reps."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twin.errors import TwinError

FLAT = 0.01
"""Sizes that leave less than this part of a year's sales on the table count as good as the best."""


@dataclass(frozen=True)
class SizeCurve:
    """What each size of the force sells when its reps are where they sell most.

    Parameters
    ----------
    size : (s,) int, reps
        Evenly rising.
    heads : (s, z) int, reps
        Where they are.
    sales : (d, s) float, units a year
        For each parameter draw.
    today : int, reps
    """

    size: NDArray[np.int64]
    heads: NDArray[np.int64]
    sales: NDArray[np.float64]
    today: int

    def marginal(self) -> NDArray[np.float64]:
        """Sales that one more rep brings at each size, but the largest: (d, s - 1) float, units a year."""
        return np.diff(self.sales, axis=1) / np.diff(self.size)


@dataclass(frozen=True)
class Sized:
    """The best size, and how sure that is.

    Parameters
    ----------
    best : int, reps
        Where the mean profit over draws is highest.
    low, high : int, reps
        10 % and 90 % of the best sizes of single draws.
    flat_low, flat_high : int, reps
        Sizes between which the mean profit hardly differs, see :data:`FLAT`.
    profit : (d, s) float, money a year
        Less that of today's force.
    at_the_edge : bool
        The best is the smallest or largest size that was looked at: look further.
    """

    best: int
    low: int
    high: int
    flat_low: int
    flat_high: int
    profit: NDArray[np.float64]
    at_the_edge: bool


def size_curve(
    sales: NDArray[np.float64], today: NDArray[np.integer], least: NDArray[np.integer], sizes: NDArray[np.integer]
) -> SizeCurve:
    """Place every number of reps where the mean over draws sells most, by dynamic programming over territories.

    Parameters
    ----------
    sales : (d, z, n + 1) float, units a year
        Of each territory with 0 to n reps. It need neither rise nor bend downwards.
    today, least : (z,) int, reps
        ``least``: fewest that a territory keeps.
    sizes : (s,) int, reps
        Of the whole force, rising.

    Returns
    -------
    SizeCurve

    Raises
    ------
    TwinError
        A size that cannot be placed.
    """
    n_zones, most = sales.shape[1], sales.shape[2] - 1
    sizes = np.asarray(sizes, dtype=np.int64)
    if not np.isfinite(sales).all():
        raise ValueError("sales: expected finite")
    if sizes[0] < least.sum() or sizes[-1] > n_zones * most:
        raise TwinError(
            f"reps: expected {int(least.sum())} to {n_zones * most} in all, found sizes {sizes[0]} to {sizes[-1]}. "
            "Narrow the range of sizes."
        )
    mean, top = sales.mean(axis=0), int(sizes[-1])
    best = np.full(top + 1, -np.inf)
    best[0] = 0.0
    choice = np.zeros((n_zones, top + 1), dtype=np.int64)
    for z in range(n_zones):
        tried = np.full((most + 1, top + 1), -np.inf)
        for n in range(int(least[z]), min(most, top) + 1):
            tried[n, n:] = best[: top + 1 - n] + mean[z, n]
        choice[z] = tried.argmax(axis=0)
        best = tried[choice[z], np.arange(top + 1)]
    heads = np.zeros((len(sizes), n_zones), dtype=np.int64)
    left = sizes.copy()
    for z in reversed(range(n_zones)):
        heads[:, z] = choice[z, left]
        left -= heads[:, z]
    return SizeCurve(sizes, heads, sales[:, np.arange(n_zones), heads].sum(axis=2), int(today.sum()))


def best_size(curve: SizeCurve, worth_of_a_unit: float, cost_of_a_rep: float) -> Sized:
    """Hire while one more rep brings more than it costs.

    Parameters
    ----------
    curve : SizeCurve
        Today's size must be on it.
    worth_of_a_unit : float, money
        What remains of the price of a unit sold, before the field force is paid.
    cost_of_a_rep : float, money a year
        In full: pay, car, telephone, leading.

    Returns
    -------
    Sized

    Raises
    ------
    TwinError
        A figure that is not above zero.
    """
    for name, value in (("worth of a unit", worth_of_a_unit), ("cost of a rep", cost_of_a_rep)):
        if not (np.isfinite(value) and value > 0):
            raise TwinError(f"{name}: expected above zero, found {value:g}. Give it in money, a year for a rep.")
    now = int(np.searchsorted(curve.size, curve.today))
    if now >= len(curve.size) or curve.size[now] != curve.today:
        raise ValueError(f"curve: expected today's size of {curve.today} on it")
    profit = worth_of_a_unit * curve.sales - cost_of_a_rep * curve.size
    profit = profit - profit[:, [now]]
    mean, each = profit.mean(axis=0), curve.size[profit.argmax(axis=1)]
    best = int(mean.argmax())
    slack = FLAT * worth_of_a_unit * float(curve.sales[:, now].mean())
    flat = curve.size[mean >= mean[best] - slack]
    low, high = np.percentile(each, [10, 90], method="nearest")
    edge = best in (0, len(mean) - 1)
    return Sized(int(curve.size[best]), int(low), int(high), int(flat[0]), int(flat[-1]), profit, edge)
