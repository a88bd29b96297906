"""Calendar: the days on which reps work, and until when.

Keeps a country's public holidays and half days, where one is named. Feasts of the moon far ahead are estimates.
Knows no rep.
"""

from __future__ import annotations

import datetime as dt
import functools
from dataclasses import dataclass

import holidays
import numpy as np
from numpy.typing import NDArray

from twin.errors import PlanError
from twin.planning.settings import PlanSettings
from twin.weeks import week_of


@dataclass(frozen=True)
class WorkDays:
    """Days of work, ascending.

    Parameters
    ----------
    day : (n,) datetime64[D]
    week : (n,) int32
    opens, closes : (n,) int, minutes of the day
    lunch_from, lunch_to : (n,) int, minutes of the day
        Stretch in which lunch is taken; equal on a day without lunch.
    lunch_minutes : (n,) int, minutes
    half : (n,) bool
        Half days, which count for half a day's capacity.
    holidays : tuple of (datetime.date, str)
        Days of rest that fell on a working weekday, with their names.
    """

    day: NDArray[np.datetime64]
    week: NDArray[np.int32]
    opens: NDArray[np.int64]
    closes: NDArray[np.int64]
    lunch_from: NDArray[np.int64]
    lunch_to: NDArray[np.int64]
    lunch_minutes: NDArray[np.int64]
    half: NDArray[np.bool_]
    holidays: tuple[tuple[dt.date, str], ...]

    def __len__(self) -> int:
        return len(self.day)

    @property
    def part(self) -> NDArray[np.float64]:
        """What each day counts for: (n,) float, days; a half day counts half."""
        return np.where(self.half, 0.5, 1.0)


def working_days(start: dt.date, stop: dt.date, settings: PlanSettings | None = None) -> WorkDays:
    """Days of work in ``[start, stop)``.

    Parameters
    ----------
    start, stop : datetime.date
    settings : PlanSettings, optional

    Returns
    -------
    WorkDays
        Possibly none.

    Raises
    ------
    PlanError
        When the country is unknown.
    """
    settings = settings or PlanSettings()
    rest, eves = _holidays(start, stop, settings)
    span = [start + dt.timedelta(days=k) for k in range((stop - start).days)]
    weekdays = [day for day in span if day.weekday() in settings.weekdays]
    days = [day for day in weekdays if day not in rest]
    half = np.array([day in eves for day in days], dtype=bool)
    opens, closes, noon, lunch_from, lunch_to = (
        round(60 * hour)
        for hour in (
            settings.day_start,
            settings.day_end,
            settings.half_day_end,
            settings.lunch_start,
            settings.lunch_end,
        )
    )
    calendar = np.array(days, dtype="datetime64[D]")
    return WorkDays(
        day=calendar,
        week=week_of(calendar),
        opens=np.full(len(days), opens),
        closes=np.where(half, noon, closes),
        lunch_from=np.full(len(days), lunch_from),
        lunch_to=np.where(half, lunch_from, lunch_to),
        lunch_minutes=np.where(half, 0, settings.lunch_length),
        half=half,
        holidays=tuple((day, rest[day]) for day in weekdays if day in rest),
    )


def _holidays(start: dt.date, stop: dt.date, settings: PlanSettings) -> tuple[dict[dt.date, str], dict[dt.date, str]]:
    """Whole days of rest and half days, by date."""
    rest, eves = (dict(days) for days in _of_country(settings.country, range(start.year, stop.year + 1)))
    for day in settings.also_closed:
        rest.setdefault(day, "closed")
    return rest, eves


@functools.lru_cache(maxsize=64)
def _of_country(country: str, years: range) -> tuple[tuple[tuple[dt.date, str], ...], tuple[tuple[dt.date, str], ...]]:
    """Days of rest and half days of some years with their names: many edits of one plan ask for the same."""
    if not country:
        return (), ()
    try:
        known = holidays.country_holidays(country)
    except NotImplementedError as error:
        raise PlanError(
            f"country: expected an ISO 3166 code with known holidays, found {country!r}. Name another country."
        ) from error
    # the names would follow the machine's language otherwise
    language = "en_US" if "en_US" in known.supported_languages else known.default_language
    rest = holidays.country_holidays(country, years=years, language=language)
    if holidays.HALF_DAY not in known.supported_categories:
        return tuple(rest.items()), ()
    only = (holidays.HALF_DAY,)
    eves = holidays.country_holidays(country, years=years, language=language, categories=only)
    return tuple(rest.items()), tuple(eves.items())
