"""Chains: where the members of a journey of contacts stand, and the words that compiled and NumPy calls share."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

PATIENCE_WEEKS = 8
"""A step that waits for a visit gives up after so many weeks."""
REST_WEEKS = 13
"""A journey that has ended begins again after so many weeks."""
PROMISED, OTHERS, BUYERS = 0, 1, 2
"""Pools of a rep's visits: promised ones; customers who do not buy from us; those who do."""
ALWAYS, NO_ORDER, ORDER, OPENED, NOT_OPENED = range(5)
CONDITIONS = {"always": ALWAYS, "no_order": NO_ORDER, "order": ORDER, "opened": OPENED, "not_opened": NOT_OPENED}
"""Conditions of a step on what came of the last, and their numbers."""


class Steps(NamedTuple):
    """A journey, and whom it concerns.

    Parameters
    ----------
    channel, when, times : (s,) int64
        Of each step: its channel, condition and number of repetitions.
    wait : (s,) int64, weeks
        Between the step before and this one.
    member : (m,) uint32
        Rows of the customers concerned.
    """

    channel: NDArray[np.int64]
    wait: NDArray[np.int64]
    when: NDArray[np.int64]
    times: NDArray[np.int64]
    member: NDArray[np.uint32]


class Standing(NamedTuple):
    """Where the members stand.

    Parameters
    ----------
    step : (m,) int16
        Waiting for this step; -1 before and between journeys.
    due : (m,) int32, week of the run
    left : (m,) int32
        Repetitions to go.
    ordered, opened : (m,) uint8
        What came of the last contact.
    """

    step: NDArray[np.int16]
    due: NDArray[np.int32]
    left: NDArray[np.int32]
    ordered: NDArray[np.uint8]
    opened: NDArray[np.uint8]


def standing_at_start(steps: Steps) -> Standing:
    """Nobody is under way."""
    n = len(steps.member)
    return Standing(
        np.full(n, -1, np.int16), np.zeros(n, np.int32), np.zeros(n, np.int32), np.zeros(n, np.uint8),
        np.zeros(n, np.uint8),
    )  # fmt: skip
