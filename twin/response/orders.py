"""Orders: lumpy purchases around an expected volume. Knows nothing of why; see :mod:`twin.response.attraction`."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from twin.response.elementary import expm1, log, maximum, minimum

RHYTHMS = (0.02, 60.0)
"""Least and most orders a week of any customer."""


def ordering_probability(share: NDArray[np.float64], orders_per_week: float) -> NDArray[np.float64]:
    """Probability that a customer orders a brand this week: (...) float in [0, 1).

    ``orders_per_week`` counts orders of the whole category; a brand gets its share of them.
    """
    return -expm1(-orders_per_week * share)


def ordering_rhythm(
    orders_per_week: float, by_size: float, relative_volume: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Orders of the category a week by customers of different size: (c,) float.

    Parameters
    ----------
    orders_per_week : float
        By a customer of the usual size.
    by_size : float
        Elasticity: 0 all order as often, 1/2 the square root of the economic order quantity (Harris 1913), 1 in
        proportion.
    relative_volume : (c,) float, above zero
        Category volume over the usual one.
    """
    return np.clip(orders_per_week * relative_volume**by_size, *RHYTHMS)


def lumpy_volume(
    expected: NDArray[np.float64], probability: NDArray[np.float64], u: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Volume ordered, with the expected mean: zero, or exponentially distributed.

    Parameters
    ----------
    expected : (...) float, units per week
    probability : (...) float
        Of any order, see :func:`ordering_probability`.
    u : (...) float in (0, 1]
        An order comes when u is below its probability, and the smaller u, the larger it is.

    Returns
    -------
    (...) float, units per week
        Quantile at ``1 - u``, monotone in ``u`` and in ``expected``, so that common random numbers stay aligned.
    """
    per_chance = 1.0 / maximum(probability, 1e-30)
    return expected * per_chance * -log(minimum(u * per_chance, 1.0))
