"""Earnings: what a scenario earns in the twin, and paired differences of it. Knows no scenario's meaning."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twin.draws import band
from twin.forecast.ensemble import Ensemble
from twin.market.world import World


@dataclass(frozen=True)
class Earnings:
    """Our sales over the horizon, run by run, or differences of them.

    Parameters
    ----------
    volume : (runs,) float, units
    profit : (runs,) float, money
        Margin times value, before the field force is paid.
    base_volume : (runs,) float, units
        What percentages are of.
    """

    volume: NDArray[np.float64]
    profit: NDArray[np.float64]
    base_volume: NDArray[np.float64]

    @property
    def mean(self) -> float:
        """Mean profit, money."""
        return float(self.profit.mean())

    @property
    def probability(self) -> float:
        """Part of the runs with more than nothing."""
        return float((self.profit > 0).mean())

    def less(self, other: Earnings) -> Earnings:
        """Paired difference, run by run."""
        return Earnings(self.volume - other.volume, self.profit - other.profit, other.volume)

    def after(self, cost: float) -> Earnings:
        """The same when so much money more is paid."""
        return Earnings(self.volume, self.profit - cost, self.base_volume)

    def figures(self) -> dict[str, float]:
        """Means and 80 % bands, ready for a table."""
        percent = 100.0 * self.volume / np.maximum(self.base_volume, 1e-300)
        bands = {}
        for name, values in (("own_volume_pct", percent), ("profit", self.profit)):
            low, high = band(values, [0.1, 0.9])
            bands |= {f"{name}_mean": float(values.mean()), f"{name}_p10": float(low), f"{name}_p90": float(high)}
        return {**bands, "probability_of_gain": self.probability}


def earnings_of(ensemble: Ensemble, a: int, world: World, margin: float) -> Earnings:
    """Earnings of scenario ``a``, of all territories together.

    Parameters
    ----------
    ensemble : Ensemble
    a : int
    world : World
    margin : float
        Part of the price that remains; where no brand of ours has a price, a unit counts as one.
    """
    n_own = world.brands.n_own
    by_brand = ensemble.volume[a].astype(np.float64).sum(axis=(2, 3, 5)).reshape(-1, len(world.brands))[:, :n_own]
    price = world.brands.unit_price[:n_own]
    money = by_brand @ np.where(np.isfinite(price).all(), price, 1.0)
    volume = by_brand.sum(axis=1)
    return Earnings(volume, margin * money, volume)
