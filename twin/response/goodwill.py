"""Goodwill: what contacts leave behind, and when there are too many of them.

Knows neither brands nor money; see :mod:`twin.response.attraction`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from twin.response.elementary import maximum, where

PRESSURE_WEEKS = 13.0
"""Memory of contact pressure, weeks: the ideal numbers of contacts are published by quarter."""
SECONDED_WEEKS = 2
"""For so many weeks a customer remembers what another channel said."""


def channel_fit(prefers: NDArray[np.int8], channel: NDArray[np.int64], mismatch: float) -> NDArray[np.float64]:
    """How well a channel suits a customer.

    Parameters
    ----------
    prefers : (...) int8
        Preferred channel; -1 when not stated, and then every channel suits.
    channel : (...) int
    mismatch : float in (0, 1]
        Worth of a contact on a channel that the customer did not ask for.

    Returns
    -------
    (...) float in (0, 1]
    """
    return where((prefers < 0) | (prefers == channel), 1.0, mismatch)


def channel_fits(prefers: NDArray[np.int8], n_channels: int, mismatch: float) -> NDArray[np.float64]:
    """:func:`channel_fit` of every channel: (h, c) float."""
    return channel_fit(prefers[None, :], np.arange(n_channels)[:, None], mismatch)


def inflow(
    worth: NDArray[np.float64], seconded: NDArray[np.bool_], synergy: float, memory: float
) -> NDArray[np.float64]:
    """Goodwill added by one week's contacts.

    Parameters
    ----------
    worth : (c,) float, visits
        Sum over channels of contacts, times their effect in face-to-face visits, times :func:`channel_fit`.
    seconded : (c,) bool
        Another channel spoke to the customer within the last weeks.
    synergy : float
        Gain of a contact that takes up what another channel said.
    memory : float in [0, 1]
        Part of the contacts that know of one another: 1 omnichannel, 0 silos.

    Returns
    -------
    (c,) float, visits
    """
    return where(seconded, worth * (1.0 + synergy * memory), worth)


def is_seconded(
    visited: NDArray[np.bool_],
    written: NDArray[np.bool_],
    since_visit: NDArray[np.int64],
    since_remote: NDArray[np.int64],
) -> NDArray[np.bool_]:
    """Whether this week's contacts take up what the other side of the house said: (c,) bool.

    Parameters
    ----------
    visited, written : (c,) bool
        Contacted this week in person, and on any other channel.
    since_visit, since_remote : (c,) int, weeks
        Since the contacts before; 1 = last week.
    """
    return (visited & (written | (since_remote <= SECONDED_WEEKS))) | (
        written & (visited | (since_visit <= SECONDED_WEEKS))
    )


def advance_goodwill(stock: NDArray[np.float64], added: NDArray[np.float64], carryover: float) -> NDArray[np.float64]:
    """Stock after one week: (c,) float, visits. Nerlove and Arrow (1962)."""
    return carryover * stock + added


def advance_pressure(
    pressure: NDArray[np.float64], contacts: NDArray[np.float64], seconded: NDArray[np.bool_], memory: float
) -> NDArray[np.float64]:
    """Contact pressure after one week: (c,) float, contacts per 13 weeks; ``contacts`` is (c,), all channels together.

    Silos repeat themselves: a contact that ignores what another channel just said weighs double.
    """
    weight = where(seconded, contacts * (2.0 - memory), contacts)
    return pressure * (1.0 - 1.0 / PRESSURE_WEEKS) + weight


def fatigue(pressure: NDArray[np.float64], ideal: float, strength: float) -> NDArray[np.float64]:
    """Utility lost by too many contacts: (c,) float, not negative.

    Zero up to the ideal, quadratic beyond, so that response to contacts is an inverted U (Godfrey, Seiders, Voss 2011).
    """
    excess = maximum(pressure * (1.0 / ideal) - 1.0, 0.0)
    return strength * (excess * excess)
