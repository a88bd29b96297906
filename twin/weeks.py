"""Weeks: integer Monday-based weeks, and periods measured in them.

Week 0 begins on Monday 1969-12-29. Ranges are half-open ``[start, stop)``. Knows no holidays.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

FAR_PAST = -(2**30)
NEVER = 2**30
WEEKS_PER_YEAR = 365.2425 / 7
# numpy's own week buckets start on Thursday, so weeks are counted in days from this Monday
_MONDAY_ZERO = np.datetime64("1969-12-29", "D")


def week_of(days: NDArray[np.datetime64]) -> NDArray[np.int32]:
    """Week that contains each day.

    Parameters
    ----------
    days : (...) datetime64[D]

    Returns
    -------
    (...) int32, weeks
    """
    elapsed = (np.asarray(days, dtype="datetime64[D]") - _MONDAY_ZERO).astype(np.int64)
    return np.floor_divide(elapsed, 7).astype(np.int32)


def week_of_date(day: dt.date) -> int:
    """Week that contains one calendar date."""
    return int(week_of(np.datetime64(day, "D")))


def monday(week: int) -> dt.date:
    """First day of a week."""
    return (_MONDAY_ZERO + np.timedelta64(7 * int(week), "D")).astype(object)


def mondays(weeks: NDArray[np.int32]) -> NDArray[np.datetime64]:
    """First days of many weeks: (...) datetime64[D]."""
    return _MONDAY_ZERO + 7 * np.asarray(weeks, dtype=np.int64).astype("timedelta64[D]")


def year_phase(weeks: NDArray[np.int32]) -> NDArray[np.float64]:
    """Place of each week inside its year.

    Returns
    -------
    (...) float in [0, 1)
        A week belongs to the year of its Thursday, so the phase is read off Thursday; week 53 needs no special case.
    """
    thursday = mondays(weeks) + np.timedelta64(3, "D")
    year_start = thursday.astype("datetime64[Y]")
    days_in_year = ((year_start + 1).astype("datetime64[D]") - year_start.astype("datetime64[D]")).astype(np.int64)
    return (thursday - year_start.astype("datetime64[D]")).astype(np.int64) / days_in_year


@dataclass(frozen=True)
class Periods:
    """Consecutive reporting periods, weeks or months.

    Parameters
    ----------
    kind : str
        ``week`` or ``month``.
    start : (p,) datetime64[D]
        First day of each period, ascending.
    stop : (p,) datetime64[D]
        Day after the last of each period.
    """

    kind: str
    start: NDArray[np.datetime64]
    stop: NDArray[np.datetime64]

    def __len__(self) -> int:
        return len(self.start)

    def index_of(self, days: NDArray[np.datetime64]) -> NDArray[np.int32]:
        """Period that contains each day; -1 outside."""
        days = np.asarray(days, dtype="datetime64[D]")
        if not len(self):
            return np.full(days.shape, -1, dtype=np.int32)
        index = np.searchsorted(self.start, days, side="right") - 1
        inside = (index >= 0) & (days < self.stop[np.clip(index, 0, None)])
        return np.where(inside, index, -1).astype(np.int32)

    def weights(self, first_week: int, n_weeks: int) -> sparse.csr_matrix:
        """Part of each week that falls in each period.

        A monthly total is never split into weeks; simulated weeks are carried to months with these weights.

        Returns
        -------
        (p, w) sparse float in [0, 1]
            Columns are the weeks ``first_week .. first_week + n_weeks - 1``.
        """
        days = _MONDAY_ZERO + np.arange(7 * first_week, 7 * (first_week + n_weeks)).astype("timedelta64[D]")
        period = self.index_of(days)
        inside = period >= 0
        column = np.repeat(np.arange(n_weeks), 7)
        ones = np.full(inside.sum(), 1 / 7)
        return sparse.csr_matrix((ones, (period[inside], column[inside])), shape=(len(self), n_weeks))

    def weeks_in(self) -> NDArray[np.float64]:
        """Length of each period: (p,) float, weeks."""
        return (self.stop - self.start).astype(np.int64) / 7

    def mid_week(self) -> NDArray[np.int32]:
        """Week that contains the middle of each period: (p,) int32."""
        return week_of(self.start + (self.stop - self.start) // 2)

    def before(self, day: np.datetime64) -> Periods:
        """Only the periods that end on or before ``day``."""
        keep = self.stop <= np.datetime64(day, "D")
        return Periods(self.kind, self.start[keep], self.stop[keep])


def periods_covering(days: NDArray[np.datetime64], kind: str) -> Periods:
    """Consecutive periods from the first day to the last, without a gap."""
    days = np.asarray(days, dtype="datetime64[D]")
    if not days.size:
        empty = np.array([], dtype="datetime64[D]")
        return Periods(kind, empty, empty)
    if kind == "month":
        months = np.arange(days.min().astype("datetime64[M]"), days.max().astype("datetime64[M]") + 2)
        edges = months.astype("datetime64[D]")
    elif kind == "week":
        weeks = week_of(np.array([days.min(), days.max()]))
        edges = mondays(np.arange(weeks[0], weeks[1] + 2))
    else:
        raise ValueError(f"kind: expected 'week' or 'month', got {kind!r}")
    return Periods(kind, edges[:-1], edges[1:])
