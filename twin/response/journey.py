"""Journey: unaware, aware, trial, repeat, lapsed, won back. Hazards per week.

Knows no shares; see :mod:`twin.response.attraction`.
"""

from __future__ import annotations

from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from twin.response.elementary import exp, log, log1p, whole_power


class Stage(IntEnum):
    """Where a customer stands with us. Append only."""

    UNAWARE = 0
    TRIAL = 1
    REPEAT = 2
    LAPSED = 3


def considers_us(stage: NDArray[np.int8]) -> NDArray[np.bool_]:
    """Customers whose choice includes our brands: (c,) bool."""
    return (stage == Stage.TRIAL) | (stage == Stage.REPEAT)


def discovery(
    base: float, by_visit: float, by_word: float, visits: NDArray[np.integer], neighbours: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Probability that an unaware customer finds us this week.

    Parameters
    ----------
    base : float, per week
        Inbound, without any cause that we see.
    by_visit : float, per visit
    by_word : float, per week
        When all neighbours buy from us.
    visits : (c,) int, at most 7
        Visits this week.
    neighbours : (c,) float in [0, 1]
        Part of the neighbours that buy from us.

    Returns
    -------
    (c,) float in [0, 1]
        Independent causes: 1 - product of survivals (Bass 1969 in its agent form).
    """
    return 1.0 - (1.0 - base) * whole_power(1.0 - by_visit, visits) * (1.0 - by_word * neighbours)


def loss(base: float, contact_factor: float, stock: NDArray[np.float64]) -> NDArray[np.float64]:
    """Probability that a buyer leaves us this week: (c,) float in [0, 1].

    ``contact_factor`` multiplies the hazard once per visit of goodwill stock, saturating with its logarithm.
    """
    return base * exp(log(contact_factor) * log1p(stock))


def winback(by_visit: float, visits: NDArray[np.integer]) -> NDArray[np.float64]:
    """Probability that a lapsed customer returns this week: (c,) float in [0, 1]."""
    return 1.0 - whole_power(1.0 - by_visit, visits)
