"""Orders: lumpy purchases around an expected volume. Knows nothing of why; see :mod:`twin.response.attraction`."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def ordering_probability(share: NDArray[np.float64], orders_per_week: float) -> NDArray[np.float64]:
    """Probability that a customer orders a brand this week: (...) float in [0, 1).

    ``orders_per_week`` counts orders of the whole category; a brand gets its share of them.
    """
    return -np.expm1(-orders_per_week * share)


def lumpy_volume(
    expected: NDArray[np.float64], probability: NDArray[np.float64], u: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Volume ordered, with the expected mean: zero, or exponentially distributed.

    Parameters
    ----------
    expected : (...) float, units per week
    probability : (...) float
        Of any order, see :func:`ordering_probability`.
    u : (...) float in (0, 1)

    Returns
    -------
    (...) float, units per week
        Quantile at ``u``, monotone in ``u`` and in ``expected``, so that common random numbers stay aligned.
    """
    rest = np.minimum((1.0 - u) / np.maximum(probability, 1e-300), 1.0)
    size = np.divide(expected, probability, out=np.zeros_like(expected), where=probability > 0)
    return -size * np.log(rest)
