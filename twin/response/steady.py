"""Steady programmes: what contacts at an even rate do on average, without luck.

Expectations of the laws of this package over the accidents of a week; restates none of them. Elementwise, so that they
run on arrays and, written into compiled passes, on numbers.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from twin.response import goodwill, journey
from twin.response.elementary import whole_power


def either(probability: NDArray, yes: NDArray, no: NDArray) -> NDArray:
    """Expectation of what is ``yes`` with a probability, and else ``no``: (...) float."""
    return no + probability * (yes - no)


def recently(rate: NDArray) -> NDArray:
    """Chance that something of this rate a week befell this week or in the two before: (...) float in [0, 1].

    The weeks over which :func:`twin.response.goodwill.is_seconded` looks back.
    """
    return 1.0 - whole_power(1.0 - rate, goodwill.SECONDED_WEEKS + 1)


def expected_inflow(
    visit_worth: NDArray, visits: NDArray, remote_worth: NDArray, remote: NDArray, synergy: float, memory: float
) -> NDArray:
    """Goodwill that a week adds on average.

    Parameters
    ----------
    visit_worth : (...) float, visits
        Of one visit, after its fit to the customer.
    visits : (...) float in [0, 1], per week
    remote_worth : (...) float, visits per week
        Of all other contacts.
    remote : (...) float in [0, 1]
        Chance of any other contact in a week.
    synergy, memory : float
        See :func:`twin.response.goodwill.inflow`.

    Returns
    -------
    (...) float, visits per week
    """
    in_person, written = visits * visit_worth, remote_worth
    after_visit = goodwill.inflow(written, True, synergy, memory)
    after_letter = goodwill.inflow(in_person, True, synergy, memory)
    return either(recently(remote), after_letter, in_person) + either(recently(visits), after_visit, written)


def expected_contacts(visits: NDArray, number: NDArray, remote: NDArray, memory: float) -> NDArray:
    """Contacts a week as pressure counts them, on average: (...) float.

    ``visits`` and ``number`` are visits and other contacts a week, ``remote`` the chance of any other in a week. What
    repeats itself weighs more, see :func:`twin.response.goodwill.advance_pressure`.
    """
    told = goodwill.advance_pressure(visits * 0.0, visits, True, memory)
    written = goodwill.advance_pressure(visits * 0.0, number, True, memory)
    return either(recently(remote), told, visits) + either(recently(visits), written, number)


def expected_discovery(base: float, by_visit: float, by_word: float, visits: NDArray, neighbours: NDArray) -> NDArray:
    """Chance a week that an unaware customer finds us, at ``visits`` a week: (...) float in [0, 1]."""
    without = journey.discovery(base, by_visit, by_word, 0, neighbours)
    return either(visits, journey.discovery(base, by_visit, by_word, 1, neighbours), without)


def expected_winback(by_visit: float, visits: NDArray) -> NDArray:
    """Chance a week that a lapsed customer returns, at ``visits`` a week: (...) float in [0, 1]."""
    return visits * journey.winback(by_visit, 1)


def settled(first: NDArray, last: NDArray, gone: float) -> NDArray:
    """What fades from ``first`` towards ``last`` when a part ``gone`` of the way is behind it: (...) float."""
    return first + (last - first) * gone


def uneven(variance: NDArray, stock: NDArray, steepness: NDArray, curvature: float, share: NDArray) -> NDArray:
    """Utility that a stock loses because it comes and goes instead of standing at its mean: (...) float.

    Second-order expansion of the share around the mean stock; a share that bends the other way makes it a gain.

    Parameters
    ----------
    variance : (...) float, visits squared
    stock : (...) float, visits
        Mean.
    steepness : (...) float
        See :func:`twin.response.attraction.steepness`, there.
    curvature : float
    share : (...) float in [0, 1]
        Our share, of any moment nearby.
    """
    bend = steepness * (1.0 - curvature - steepness * (1.0 - 2.0 * share))
    return 0.5 * variance * bend / ((1.0 + stock) * (1.0 + stock))


def spread_of_chance(rate: NDArray[np.float64], carryover: float) -> NDArray[np.float64]:
    """Variance of a stock fed by contacts that come with a chance of ``rate`` a week: (...) float, contacts squared."""
    return rate * (1.0 - rate) / (1.0 - carryover * carryover)


def spread_of_rhythm(rate: NDArray[np.float64], carryover: float) -> NDArray[np.float64]:
    """Variance over time of a stock fed by one contact every ``1 / rate`` weeks: (...) float, contacts squared.

    The stock falls from its peak ``1 / (1 - carryover**interval)``; its mean square over the interval less the square
    of its mean.
    """
    interval = 1.0 / np.maximum(rate, 1e-9)
    left = carryover**interval
    peak = 1.0 / (1.0 - left)
    mean = peak * (1.0 - left) * rate / (1.0 - carryover)
    square = peak * peak * (1.0 - left * left) * rate / (1.0 - carryover * carryover)
    return np.where(rate > 0.0, np.maximum(square - mean * mean, 0.0), 0.0)
