"""Ordering rhythm: orders a week of customers by size, read off how uneven their purchases are.

The fewer orders stand behind a year, the more months differ. What sums of purchases owe to luck follows from that, and
the width of every band with it; silences alone would tell of small customers, who order seldom and weigh little.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, special

from twin.market.history import History
from twin.market.world import World
from twin.response.orders import RHYTHMS, ordering_probability, ordering_rhythm
from twin.response.parameters import Estimate, Prior, believed, from_prior, parameter_uniforms

NAMES = "orders_per_week", "orders_by_size"
_WINDOW, _SPAN = 104, 4
"""Weeks that are looked at, and weeks of a period at least: what orders make uneven from month to month."""
_FEWEST_PERIODS, _GROUPS = 6, 20
_LOG_BOUNDS = tuple(np.log(RHYTHMS))
_SIZE_BOUNDS = (-1.0, 2.0)


@dataclass(frozen=True)
class Ordering:
    """How often customers order.

    Parameters
    ----------
    orders_per_week, orders_by_size : Estimate
        See :func:`twin.response.orders.ordering_rhythm`.
    usual_volume : float, units per week
        Category volume of the customer who orders ``orders_per_week`` times.
    """

    orders_per_week: Estimate
    orders_by_size: Estimate
    usual_volume: float

    @property
    def estimates(self) -> tuple[Estimate, ...]:
        """Both, for the report."""
        return self.orders_per_week, self.orders_by_size


@dataclass(frozen=True)
class Unevenness:
    """How much customers' purchases differ from one period to the next.

    Parameters
    ----------
    relative : (n,) float
        Half the mean squared change between adjacent periods over the squared mean: levels that move slowly leave it
        alone.
    share : (n,) float in (0, 1]
        Ours of each customer's orders.
    log_size : (n,) float
        Of category volume over the usual one.
    weeks : float
        Length of a period.
    """

    relative: NDArray[np.float64]
    share: NDArray[np.float64]
    log_size: NDArray[np.float64]
    weeks: float

    def of(self, some: NDArray[np.bool_]) -> Unevenness:
        """Some of the customers."""
        return Unevenness(self.relative[some], self.share[some], self.log_size[some], self.weeks)


def learn_ordering(
    world: World, history: History, volume: NDArray[np.float64], own_share: NDArray[np.float64], n_draws: int,
    seed: int, beliefs: Mapping[str, Prior] | None = None,
) -> Ordering:  # fmt: skip
    """Orders of the category a week and their elasticity to size, such that purchases are as uneven as they are.

    Parameters
    ----------
    world : World
    history : History
    volume : (c,) float, units per week
        Expected category volume of each customer.
    own_share : (c,) float in [0, 1]
        Our share of each.
    n_draws, seed : int
    beliefs : mapping of str to Prior, optional
        In the place of the judged priors.

    Returns
    -------
    Ordering
        Both by gamma quasi-likelihood (Wedderburn 1974) of the squared relative changes, whose mean over L weeks is
        ``(2 / p - 1) / L`` with p the weekly chance of an order; errors by leaving out a twentieth of the customers
        after the other, the elasticity then weighed with its prior.
    """
    seen, usual = unevenness(world, history, volume, own_share)
    if seen is None or len(seen.share) < _GROUPS:
        why = "not identified: too few customers with orders of ours"
        often, by_size = (from_prior(name, n_draws, seed, why, beliefs) for name in NAMES)
        return Ordering(often, by_size, usual)
    best, spread = _jackknifed(seen)
    prior = believed(NAMES[1], beliefs)
    gain = spread[1] / (spread[1, 1] + prior.sd**2)
    error = float(np.sqrt(spread[1, 1]))
    best, spread = best + gain * (prior.mean - best[1]), spread - np.outer(gain, spread[1])
    z = np.array([special.ndtri(parameter_uniforms(name, n_draws, seed)) for name in NAMES])
    logs, by_size = best[:, None] + _root(spread) @ z
    words = f"unevenness of the purchases of {len(seen.share)} customers; error of the "
    low, high = np.exp(_LOG_BOUNDS)
    return Ordering(
        Estimate(
            NAMES[0], "orders per week", np.clip(np.exp(logs), low, high), True,
            f"{words}logarithm {np.sqrt(spread[0, 0]):.3f}",
        ),
        Estimate(
            NAMES[1], prior.unit, np.clip(by_size, prior.low, prior.high), error < prior.sd,
            f"{words}elasticity {error:.3f}", str(prior),
        ),
        usual,
    )  # fmt: skip


def unevenness(
    world: World, history: History, volume: NDArray[np.float64], own_share: NDArray[np.float64]
) -> tuple[Unevenness | None, float]:
    """What the last two years' books show, what moves all customers together taken out; and the usual volume.

    Parameters
    ----------
    world, history, volume, own_share
        See :func:`learn_ordering`.

    Returns
    -------
    seen : Unevenness or None
        Nothing where the books are shorter than six periods.
    usual : float, units per week
        Geometric mean volume of the customers who are looked at; of all who are known where nobody is.
    """
    people, own = world.population, history.own_sales
    everyone = people.known if people.known.any() else np.ones(len(people), dtype=bool)
    usual = float(np.exp(np.log(np.maximum(volume[everyone], 1e-9)).mean()))
    each = float(own.periods.weeks_in().mean()) if len(own.periods) else 1.0
    together = max(round(_SPAN / each), 1)
    n = min(len(own.periods), round(_WINDOW / each)) // together
    if n < _FEWEST_PERIODS:
        return None, usual
    first = len(own.periods) - n * together
    start = own.periods.mid_week()[first::together]
    bought = own.by_unit(len(people), world.brands.own, first)
    bought = np.add.reduceat(bought, np.arange(0, n * together, together), axis=1)
    served = start >= people.known_since[:, None]
    use = people.known & (own_share > 0) & (bought > 0).any(axis=1) & (served.sum(axis=1) >= _FEWEST_PERIODS)
    if not use.any():
        return None, usual
    # of all others: a large customer must not be measured by itself
    others = bought.sum(axis=0) - bought[use]
    common = np.divide(others, others.mean(axis=1, keepdims=True), out=np.ones_like(others), where=others > 0)
    bought, served = bought[use] / common, served[use]
    pairs = served[:, 1:] & served[:, :-1]
    change = 0.5 * (np.diff(bought, axis=1) ** 2 * pairs).sum(axis=1) / np.maximum(pairs.sum(axis=1), 1)
    mean = (bought * served).sum(axis=1) / served.sum(axis=1)
    use[np.flatnonzero(use)[mean <= 0]] = False
    kept = mean > 0
    size = np.log(np.maximum(volume[use], 1e-9))
    seen = Unevenness(change[kept] / mean[kept] ** 2, own_share[use], size - size.mean(), each * together)
    return seen, float(np.exp(size.mean()))


def expected_unevenness(seen: Unevenness, orders_per_week: float, by_size: float) -> NDArray[np.float64]:
    """Mean of :attr:`Unevenness.relative` under the law of lumpy orders: (n,) float."""
    chance = ordering_probability(seen.share, ordering_rhythm(orders_per_week, by_size, np.exp(seen.log_size)))
    # the luck of the mean that squares are set against, and its going with theirs, cancel out under this law
    return (2.0 / np.maximum(chance, 1e-12) - 1.0) / seen.weeks


def _fitted(seen: Unevenness, start: NDArray[np.float64]) -> NDArray[np.float64]:
    """Log of the orders a week, and elasticity, of least quasi-deviance: (2,) float."""

    def deviance(at: NDArray[np.float64]) -> float:
        expected = expected_unevenness(seen, float(np.exp(at[0])), float(at[1]))
        return float((seen.relative / expected + np.log(expected)).mean())

    found = optimize.minimize(
        deviance, start, method="Nelder-Mead", bounds=(_LOG_BOUNDS, _SIZE_BOUNDS),
        options={"xatol": 1e-4, "fatol": 1e-9, "maxiter": 400},
    )  # fmt: skip
    return np.asarray(found.x)


def _jackknifed(seen: Unevenness) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The fit, and the covariance of its error by leaving out groups: (2,) and (2, 2) float."""
    best = _fitted(seen, np.array([0.7, 0.2]))
    group = np.arange(len(seen.share)) % _GROUPS
    off = np.array([_fitted(seen.of(group != g), best) for g in range(_GROUPS)])
    off -= off.mean(axis=0)
    return best, (_GROUPS - 1) / _GROUPS * off.T @ off


def _root(spread: NDArray[np.float64]) -> NDArray[np.float64]:
    """A square root of a covariance that may be singular: (2, 2) float."""
    value, vector = np.linalg.eigh(spread)
    return vector * np.sqrt(np.maximum(value, 0.0)) @ vector.T
