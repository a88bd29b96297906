"""Months about an origin: calendar months where data are monthly, weeks in fours and fives where they are weekly.

A monthly total is never split: simulated weeks are carried to months. Knows neither a model nor a score.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twin.market.history import Sales
from twin.weeks import mondays

AHEAD = 12
"""Months looked ahead."""
_LENGTHS = (4, 4, 5)
_YEAR_WEEKS = 52
MONTH_WEEKS = _LENGTHS * (AHEAD // len(_LENGTHS))
"""Weeks of each month of a year where sales are known by week."""


@dataclass(frozen=True)
class Months:
    """How the periods of one source fall into months before and after an origin.

    Parameters
    ----------
    kind : str
        ``month``, or ``week``: then a month is 4, 4 or 5 weeks, twelve to 52 weeks, the same weeks every year.
    origin : int, week
    n_past : int
        Whole months before the origin.
    of_period : (p,) int32
        Month of each period, counted from the origin on, negative before it; far below for those left out.
    n_ahead : int
        Months after the origin that are wholly observed, at most :data:`AHEAD`.
    weights : (AHEAD, w) float
        Part of each simulated week, the origin's first, that falls in each month ahead.
    """

    kind: str
    origin: int
    n_past: int
    of_period: NDArray[np.int32]
    n_ahead: int
    weights: NDArray[np.float64]


_LEFT_OUT = -(2**30)


def months_about(sales: Sales, origin: int, n_weeks: int) -> Months:
    """Months of a source about an origin.

    Parameters
    ----------
    sales : Sales
        Of the whole history, after the origin as well.
    origin : int, week
    n_weeks : int
        Weeks simulated from the origin on.

    Returns
    -------
    Months
    """
    periods = sales.periods
    n_before = len(periods.before(mondays(np.int32(origin)) + np.timedelta64(6, "D")))
    step = np.arange(len(periods)) - n_before
    if periods.kind == "month":
        # a month that is under way belongs to neither side
        open_now = int(n_before < len(periods) and periods.start[n_before] < mondays(np.int32(origin)))
        begin = n_before + open_now
        n_ahead = max(min(len(periods) - begin, AHEAD), 0)
        weights = np.zeros((AHEAD, n_weeks))
        weights[:n_ahead] = periods.weights(origin, n_weeks)[begin : begin + n_ahead].toarray()
        of_period = np.where(step < 0, step, np.where(step < open_now, _LEFT_OUT, step - open_now))
        return Months("month", origin, n_before, of_period.astype(np.int32), n_ahead, weights)
    of_week = np.repeat(np.arange(AHEAD), MONTH_WEEKS)
    of_period = of_week[step % _YEAR_WEEKS] + AHEAD * (step // _YEAR_WEEKS)
    first, last = _whole(of_period, step)
    of_period = np.where((of_period >= first) & (of_period < last), of_period, _LEFT_OUT)
    weights = np.zeros((AHEAD, n_weeks))
    covered = min(n_weeks, _YEAR_WEEKS)
    weights[of_week[:covered], np.arange(covered)] = 1.0
    return Months("week", origin, -first, of_period.astype(np.int32), max(min(last, AHEAD), 0), weights)


def _whole(of_period: NDArray, step: NDArray) -> tuple[int, int]:
    """First month, and month after the last, that all of their weeks are there for."""
    if not len(step):
        return 0, 0
    edges = np.concatenate([[0], np.cumsum(MONTH_WEEKS)])

    def start_of(month: int) -> int:
        return int(edges[month % AHEAD]) + _YEAR_WEEKS * (month // AHEAD)

    first, last = int(of_period[0]), int(of_period[-1])
    first += int(start_of(first) < step[0])
    last += int(start_of(last + 1) <= step[-1] + 1)
    return min(first, 0), last


def by_month(
    sales: Sales, months: Months, place_of_unit: NDArray[np.int32], n_places: int, n_brands: int
) -> NDArray[np.float64]:
    """Volume by place, brand and month, the past first.

    Parameters
    ----------
    sales : Sales
        Of the whole history.
    months : Months
        Of the same source.
    place_of_unit : (u,) int32
        Place of each unit of observation; -1 leaves it out.
    n_places, n_brands : int

    Returns
    -------
    (place, j, n_past + n_ahead) float, units
    """
    n_months = months.n_past + months.n_ahead
    month = months.of_period[sales.period] + months.n_past
    place = place_of_unit[sales.unit]
    keep = (month >= 0) & (month < n_months) & (place >= 0)
    flat = (place[keep].astype(np.int64) * n_brands + sales.brand[keep]) * n_months + month[keep]
    total = np.bincount(flat, sales.volume[keep], n_places * n_brands * n_months)
    return total.reshape(n_places, n_brands, n_months)
