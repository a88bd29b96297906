"""Goodwill: what contacts leave behind, and when there are too many of them.

Knows neither brands nor money; see :mod:`twin.response.attraction`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

PRESSURE_WEEKS = 13.0
"""Memory of contact pressure, weeks: the ideal numbers of contacts are published by quarter."""


def channel_fit(prefers: NDArray[np.int8], n_channels: int, mismatch: float) -> NDArray[np.float64]:
    """How well each channel suits each customer.

    Parameters
    ----------
    prefers : (c,) int8
        Preferred channel; -1 when not stated, and then every channel suits.
    n_channels : int
    mismatch : float in (0, 1]
        Worth of a contact on a channel that the customer did not ask for.

    Returns
    -------
    (h, c) float in (0, 1]
    """
    channels = np.arange(n_channels)[:, None]
    return np.where((prefers[None, :] < 0) | (channels == prefers[None, :]), 1.0, mismatch)


def inflow(
    contacts: NDArray[np.float64],
    effect: NDArray[np.float64],
    fit: NDArray[np.float64],
    seconded: NDArray[np.bool_],
    synergy: float,
    memory: float,
) -> NDArray[np.float64]:
    """Goodwill added by one week's contacts.

    Parameters
    ----------
    contacts : (h, c) float, contacts per week
    effect : (h,) float, visits
        Worth of a contact in face-to-face visits; the visit is 1.
    fit : (h, c) float
        See :func:`channel_fit`.
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
    worth = np.einsum("h,hc,hc->c", effect, fit, contacts)
    return worth * (1.0 + synergy * memory * seconded)


def advance_goodwill(stock: NDArray[np.float64], added: NDArray[np.float64], carryover: float) -> NDArray[np.float64]:
    """Stock after one week: (c,) float, visits. Nerlove and Arrow (1962)."""
    return carryover * stock + added


def advance_pressure(
    pressure: NDArray[np.float64], contacts: NDArray[np.float64], seconded: NDArray[np.bool_], memory: float
) -> NDArray[np.float64]:
    """Contact pressure after one week: (c,) float, contacts per 13 weeks.

    Silos repeat themselves: a contact that ignores what another channel just said weighs double.
    """
    weight = contacts.sum(axis=0) * (1.0 + (1.0 - memory) * seconded)
    return pressure * (1.0 - 1.0 / PRESSURE_WEEKS) + weight


def fatigue(pressure: NDArray[np.float64], ideal: float, strength: float) -> NDArray[np.float64]:
    """Utility lost by too many contacts: (c,) float, not negative.

    Zero up to the ideal, quadratic beyond, so that response to contacts is an inverted U (Godfrey, Seiders, Voss 2011).
    """
    return strength * np.maximum(pressure / ideal - 1.0, 0.0) ** 2
