"""Ordering rhythm: orders a week of an average customer, read off how often a period passes without one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, special

from twin.market.history import History
from twin.market.world import World
from twin.response.parameters import Estimate, Prior, from_prior, parameter_uniforms

NAME = "orders_per_week"
_BOUNDS = (0.05, 50.0)
_GROUPS = 10


@dataclass(frozen=True)
class _Silences:
    """How many periods each customer passed without an order of ours.

    Parameters
    ----------
    share : (n,) float in [0, 1]
        Ours of each customer's orders.
    served, skipped : (n,) float
        Periods in which it was ours, and those without an order.
    weeks : float
        Length of a period.
    """

    share: NDArray[np.float64]
    served: NDArray[np.float64]
    skipped: NDArray[np.float64]
    weeks: float


def learn_orders_per_week(
    world: World, history: History, own_share: NDArray[np.float64], n_draws: int, seed: int,
    beliefs: Mapping[str, Prior] | None = None,
) -> Estimate:  # fmt: skip
    """Orders of the whole category per week, such that known customers skip as many periods as they do.

    Parameters
    ----------
    world : World
    history : History
    own_share : (c,) float in [0, 1]
        Our share of each customer.
    n_draws, seed : int
    beliefs : mapping of str to Prior, optional
        In the place of the judged prior.

    Returns
    -------
    Estimate
        ``orders_per_week``: from P(no order of ours in a period of L weeks) = exp(-orders * share * L), averaged over
        customers; the error of its logarithm by leaving out a tenth of the customers after the other.
    """
    seen = _silences(world, history, own_share)
    if seen is None or len(seen.share) < _GROUPS:
        return from_prior(NAME, n_draws, seed, "not identified: too few customers with orders of ours", beliefs)
    value, group = _log_orders(seen, np.ones(len(seen.share), dtype=bool)), np.arange(len(seen.share)) % _GROUPS
    without = np.array([_log_orders(seen, group != g) for g in range(_GROUPS)])
    sd = float(np.sqrt((_GROUPS - 1) / _GROUPS * ((without - without.mean()) ** 2).sum()))
    z = special.ndtri(parameter_uniforms(NAME, n_draws, seed))
    draws = np.clip(np.exp(value + sd * z), *_BOUNDS)
    words = f"periods without an order of {len(seen.share)} customers; error of the logarithm {sd:.3f}"
    return Estimate(NAME, "orders per week", draws, True, words)


def _silences(world: World, history: History, own_share: NDArray[np.float64]) -> _Silences | None:
    """Periods of the last year with and without an order, of customers who ordered at all."""
    own, since = history.own_sales, history.origin - 52
    buyers = np.flatnonzero(world.population.known & (own_share > 0))
    first = int(np.searchsorted(own.periods.mid_week(), since)) if len(own.periods) else 0
    if not len(buyers) or first >= len(own.periods):
        return None
    bought = own.by_unit(len(world.population), world.brands.own, first)[buyers] > 0
    served = own.periods.mid_week()[first:] >= world.population.known_since[buyers, None]
    served &= bought.any(axis=1)[:, None]
    use = served.any(axis=1)
    return _Silences(
        own_share[buyers][use],
        served[use].sum(axis=1).astype(float),
        (~bought & served)[use].sum(axis=1).astype(float),
        float(own.periods.weeks_in()[first:].mean()),
    )


def _log_orders(seen: _Silences, some: NDArray[np.bool_]) -> float:
    """Log of the orders a week at which some of the customers skip as many periods as they did."""
    share, served = seen.share[some], seen.served[some]
    skipped = float(seen.skipped[some].sum() / served.sum())

    def surplus(log_orders: float) -> float:
        return float(np.average(np.exp(-np.exp(log_orders) * share * seen.weeks), weights=served)) - skipped

    low, high = np.log(_BOUNDS)
    if surplus(low) <= 0:
        return float(low)
    if surplus(high) >= 0:
        return float(high)
    return float(optimize.brentq(surplus, low, high, xtol=1e-6))
