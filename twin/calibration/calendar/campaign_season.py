"""Campaign season: how much of what returns every year a level and a natural season could be taken for as well.

A baseline that is fitted beside a campaign bends around it. How surely a lift is seen is what is left of its weeks when
everything that level and season can imitate has been taken out: little of two months every year, most of a single week.
Knows no sales.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twin.calibration.calendar.campaign_baseline import columns
from twin.calibration.calendar.campaign_evidence import LENGTHS
from twin.calibration.calendar.campaign_recurrence import Cycles
from twin.calibration.levels.period_totals import Series

_OFFSETS = 8
_LEAST = 0.05


@dataclass(frozen=True)
class Own:
    """Part of a stretch's evidence that level and season cannot claim, by length.

    Parameters
    ----------
    places : mapping of str to (l,) float in (0, 1]
        Of what returns every year with an anchor.
    single : (l,) float in (0, 1]
        Of a stretch that stands alone.
    """

    places: dict[str, NDArray[np.float64]]
    single: NDArray[np.float64]


def own_of(series: Series, first: int, n_weeks: int, anchors: Sequence[Cycles]) -> Own:
    """What level and season leave, in the mean over the places of the calendar.

    Parameters
    ----------
    series : Series
    first, n_weeks : int, week
        The grid.
    anchors : sequence of Cycles
        Positions on the grid.
    """
    basis = np.linalg.qr(columns(series))[0]
    parts = series.periods.weights(first, n_weeks)
    at = np.linspace(0, n_weeks - LENGTHS[-1] - 1, 4 * _OFFSETS).astype(int)
    places = {}
    for anchor in anchors:
        steps = (
            np.linspace(0, 52, _OFFSETS, endpoint=False) if anchor.anchor == "date" else np.linspace(-10, 5, _OFFSETS)
        )
        starts = np.floor(anchor.position[None, :] + steps[:, None] + 0.5).astype(int)
        places[anchor.anchor] = _left(starts, parts, basis, n_weeks)
    return Own(places, _left(at[:, None], parts, basis, n_weeks))


def _left(starts: NDArray[np.int64], parts, basis: NDArray[np.float64], n_weeks: int) -> NDArray[np.float64]:
    """Part of the squares of stretches, rows of starts together, that the basis leaves: (l,) float."""
    found = np.ones(len(LENGTHS))
    for row, length in enumerate(LENGTHS):
        weekly = np.zeros((n_weeks, len(starts)))
        for k, begins in enumerate(starts):
            for begin in begins[(begins > -length) & (begins < n_weeks)]:
                weekly[max(begin, 0) : begin + length, k] = 1.0
        x = np.asarray(parts @ weekly)
        x = x[:, (x**2).sum(axis=0) > 0]
        if x.shape[1]:
            found[row] = 1.0 - float(((basis.T @ x) ** 2).sum() / (x**2).sum())
    return np.clip(found, _LEAST, 1.0)
