"""Feasts: religious feasts that move through the solar year, as dates, distances and weekly regressors.

Dates come from the `holidays` package, far years as its astronomical estimates. Knows no sales.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

import holidays
import numpy as np
from numpy.typing import NDArray

from twin.errors import CalibrationError
from twin.weeks import mondays

FEASTS = {"ramazan": "Eid al-Fitr", "kurban": "Eid al-Adha"}
"""Short name of each moving feast, as used for anchors, and what the calendar calls it (Ramazan and Kurban Bayramı)."""
PHASES = ("before", "during", "after")
"""The fortnight before a feast, its days, and the week after it."""
FAR = 10_000
"""Distance in days where a country keeps no such feast."""
_BEFORE_DAYS, _AFTER_DAYS = 14, 7


@lru_cache(maxsize=1024)
def _days_of_year(country: str, year: int) -> dict[str, tuple[np.datetime64, ...]]:
    """Days of every moving feast in one calendar year; the half day before a feast counts as its first day."""
    if not country:
        return dict.fromkeys(FEASTS, ())
    if country not in holidays.list_supported_countries():
        raise CalibrationError(
            f"country: expected a two-letter code such as TR, found {country!r}. Correct the country"
        )
    categories = tuple(sorted({"public", "half_day"} & set(holidays.country_holidays(country).supported_categories)))
    # English names, so that one spelling finds the feast in every country and under every locale
    calendar = holidays.country_holidays(country, years=[year], categories=categories, language="en_US")
    days = {}
    for feast, name in FEASTS.items():
        found = sorted(np.datetime64(day, "D") for day in calendar if name in calendar[day] and day.year == year)
        days[feast] = tuple(found)
    return days


def feast_days(country: str, years: Iterable[int]) -> dict[str, NDArray[np.datetime64]]:
    """Days of the moving feasts.

    Parameters
    ----------
    country : str
        Two-letter code; empty for a country whose feasts nobody named.
    years : iterable of int
        Calendar years; a feast may fall into one of them twice, or not at all.

    Returns
    -------
    dict of feast name to (n,) datetime64[D]
        Ascending; empty for a feast that the country does not keep.
    """
    years = sorted(set(years))
    by_year = [_days_of_year(country, year) for year in years]
    return {
        feast: np.array([day for days in by_year for day in days[feast]], dtype="datetime64[D]") for feast in FEASTS
    }


def feast_spans(country: str, weeks: NDArray[np.int32], feast: str) -> tuple[NDArray, NDArray]:
    """First day of every occurrence of a feast around the weeks, and the day after its last.

    Returns
    -------
    start, stop : (n,) datetime64[D]
        Occurrences of the years of ``weeks`` and of one year on either side, ascending.
    """
    years = mondays(np.asarray(weeks)).astype("datetime64[Y]").astype(np.int64) + 1970
    days = feast_days(country, range(int(years.min()) - 1, int(years.max()) + 2))[feast] if years.size else np.array([])
    if not days.size:
        empty = np.array([], dtype="datetime64[D]")
        return empty, empty
    # a feast that runs over New Year's Eve is one occurrence: days more than ten apart begin a new one
    breaks = np.flatnonzero(np.diff(days) > np.timedelta64(10, "D")) + 1
    first, last = np.r_[0, breaks], np.r_[breaks, len(days)] - 1
    return days[first], days[last] + np.timedelta64(1, "D")


def days_to_feast(weeks: NDArray[np.int32], feast: str, country: str = "TR") -> NDArray[np.int32]:
    """Days from each week's Thursday to the first day of the nearest occurrence of a feast.

    Parameters
    ----------
    weeks : (w,) int32
    feast : str
        A key of :data:`FEASTS`.
    country : str

    Returns
    -------
    (w,) int32, days
        Positive before the feast, negative from its second day on; :data:`FAR` where the country keeps none.
    """
    weeks = np.asarray(weeks)
    start, _ = feast_spans(country, weeks, feast)
    if not start.size:
        return np.full(weeks.shape, FAR, dtype=np.int32)
    thursday = mondays(weeks) + np.timedelta64(3, "D")
    after = np.clip(np.searchsorted(start, thursday), 1, len(start) - 1)
    ahead = (start[after] - thursday).astype(np.int64)
    behind = (start[after - 1] - thursday).astype(np.int64)
    return np.where(np.abs(behind) < np.abs(ahead), behind, ahead).astype(np.int32)


def feast_regressors(weeks: NDArray[np.int32], feast: str, country: str = "TR") -> NDArray[np.float64]:
    """Share of each week's days in the fortnight before a feast, in the feast, and in the week after it.

    Parameters
    ----------
    weeks : (w,) int32
    feast : str
        A key of :data:`FEASTS`.
    country : str

    Returns
    -------
    (w, 3) float in [0, 1]
        Columns as in :data:`PHASES`; zero where the country keeps no such feast.
    """
    weeks = np.asarray(weeks)
    days = mondays(weeks)[:, None] + np.arange(7).astype("timedelta64[D]")
    start, stop = feast_spans(country, weeks, feast)
    fortnight, week = np.timedelta64(_BEFORE_DAYS, "D"), np.timedelta64(_AFTER_DAYS, "D")
    spans = ((start - fortnight, start), (start, stop), (stop, stop + week))
    return np.stack([_inside(days, first, last).mean(axis=1) for first, last in spans], axis=1)


def _inside(days: NDArray, start: NDArray, stop: NDArray) -> NDArray[np.bool_]:
    """Whether each day falls into one of the ascending, disjoint spans."""
    if not start.size:
        return np.zeros(days.shape, dtype=bool)
    span = np.searchsorted(start, days, side="right") - 1
    return (span >= 0) & (days < stop[np.clip(span, 0, None)])
