"""Visit statements: the ways of stating an elasticity, as a coefficient and as what one more visit does."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from twin.calibration.visits.carryover import WEEKS_PER_MONTH
from twin.response.parameters import Estimate


def stated(
    elasticity: Estimate, rho: NDArray[np.float64], q: NDArray[np.float64], stock: NDArray[np.float64],
    part: NDArray[np.float64],
) -> dict[str, Estimate]:  # fmt: skip
    """Every way of stating the effect, from one set of draws."""
    b = elasticity.draws / part
    lasting = _gain(stock, 1 / WEEKS_PER_MONTH / (1 - rho), q)

    def one(name: str, unit: str, draws: NDArray[np.float64]) -> Estimate:
        return replace(elasticity, name=name, unit=unit, draws=draws)

    return {
        "coefficient": one("visit_coefficient", "log sales per unit of warmth", b),
        "log_effect": one("visit_log_effect", "log sales per log(1 + stock)", b * (1 + stock) ** q),
        "elasticity": one("visit_elasticity", "elasticity", elasticity.draws),
        "effect_of_one_visit": one("effect_of_one_visit", "log sales of the month", b * one_visit(rho, stock, q)),
        "long_run_effect": one("long_run_effect", "log sales per visit a month", b * lasting),
    }


def one_visit(
    rho: NDArray[np.float64], stock: NDArray[np.float64], curvature: NDArray[np.float64] | float = 0.0
) -> NDArray[np.float64]:
    """Change of a month's mean warmth by one more visit in it, any week alike: (d,) float.

    A visit late in the month has little of it left, so about three fifths of a visit's first effect count.
    """
    lag = np.arange(int(np.ceil(WEEKS_PER_MONTH)))
    weight = np.maximum(WEEKS_PER_MONTH - lag, 0) / WEEKS_PER_MONTH**2
    return _gain(stock[:, None], rho[:, None] ** lag, np.broadcast_to(curvature, rho.shape)[:, None]) @ weight


def _gain(stock: NDArray[np.float64], more: NDArray[np.float64], curvature: NDArray[np.float64]) -> NDArray[np.float64]:
    """Warmth that ``more`` stock adds, curvature by curvature."""
    low, high, q = np.broadcast_arrays(np.log1p(stock), np.log1p(stock + more), curvature)
    safe = np.where(np.abs(q) < 1e-6, 1.0, q)
    return np.where(np.abs(q) < 1e-6, high - low, (np.exp(q * high) - np.exp(q * low)) / safe)
