"""Visiting: how much a customer calls for a visit when reps do as they always did. See :class:`VisitRule`."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from twin.response.elementary import log, maximum

RECENT_WEEKS = 13.0
"""Reps look at what a customer bought over about so many weeks."""


MOST_RATE = 0.97
"""Visits a week beyond which weights are not told apart: nobody is visited twice."""


def weight_for(rate: NDArray[np.float64]) -> NDArray[np.float64]:
    """Weight of the race of :func:`gumbel` that is among the first in this part of the weeks: (...) float."""
    return -np.log1p(-np.minimum(rate, MOST_RATE))


def rate_at(weight: NDArray[np.float64]) -> NDArray[np.float64]:
    """Visits a week at a learned weight, the inverse of :func:`weight_for`: (...) float in [0, 1)."""
    return -np.expm1(-weight)


def answer(rate: NDArray[np.float64]) -> NDArray[np.float64]:
    """Part of a change of log weight that shows in log visits: (...) float in (0, 1].

    A weight w gives a visit with p = 1 - exp(-w), so that log p moves by -(1 - p) log(1 - p) / p of what log w does,
    and hardly at all for who is visited every week already.
    """
    chance = np.clip(rate, 1e-6, MOST_RATE)
    return np.asarray(-(1.0 - chance) * np.log1p(-chance) / chance)


def gumbel(u: NDArray[np.float64]) -> NDArray[np.float64]:
    """Standard Gumbel number of a uniform one in (0, 1]: (...) float.

    The highest of ``log(weight) + gumbel`` is each entity with probability proportional to its weight (Luce 1959,
    Yellott 1977), so the highest n are n draws without replacement.
    """
    return -log(maximum(-log(u), 1e-9))


def recent_log(recent_own: NDArray[np.float64], typical_own: float) -> NDArray[np.float64]:
    """Logarithm of recent purchases, kept calm where they are small: (...) float."""
    return log(recent_own + typical_own)


def usual_score(
    log_weight: NDArray[np.float64],
    log_recent: NDArray[np.float64],
    log_start: NDArray[np.float64],
    follows_sales: float,
    chance: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Score of a customer; reps visit the highest: (...) float.

    Parameters
    ----------
    log_weight : (...) float
        Of the relative chance of a visit at the start.
    log_recent, log_start : (...) float
        See :func:`recent_log`: now, and at the start.
    follows_sales : float
        Exponent with which reps follow sales.
    chance : (...) float
        See :func:`gumbel`.
    """
    return log_weight + follows_sales * (log_recent - log_start) + chance


def advance_recent(recent_own: NDArray[np.float64], own: NDArray[np.float64]) -> NDArray[np.float64]:
    """Recent purchases after one week: (...) float, units per week."""
    return recent_own + (own - recent_own) * (1.0 / RECENT_WEEKS)
