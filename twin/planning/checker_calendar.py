"""The checker's calendar: when reps work, and when a customer may be met or written to, worked out a second time.

Shares no code with the planner's calendar and hours, so that no mistake is made twice.
"""

from __future__ import annotations

import datetime as dt
import functools
import math

import holidays

from twin.market.world import World
from twin.planning.settings import PlanSettings

_DAYS = ("mon pzt monday pazartesi 1", "tue sal tuesday salı sali 2", "wed çar car wednesday çarşamba carsamba 3",
         "thu per thursday perşembe persembe 4", "fri cum friday cuma 5", "sat cmt saturday cumartesi 6",
         "sun paz sunday pazar 7")  # fmt: skip


@functools.lru_cache(maxsize=64)
def _of_country(country: str, years: range) -> tuple[frozenset[dt.date], frozenset[dt.date]]:
    """Days of rest and half days of some years: many edits of one plan ask for the same."""
    if not country:
        return frozenset(), frozenset()
    rest = frozenset(holidays.country_holidays(country, years=years))
    half = holidays.HALF_DAY in holidays.country_holidays(country).supported_categories
    eves = holidays.country_holidays(country, years=years, categories=(holidays.HALF_DAY,)) if half else ()
    return rest, frozenset(eves)


class CheckedCalendar:
    """Working days, half days and absences of a span of time."""

    def __init__(self, settings: PlanSettings, years: range) -> None:
        self.settings = settings
        rest, self.eves = _of_country(settings.country, years)
        self.rest = rest | set(settings.also_closed)

    def works(self, day: dt.date) -> bool:
        """Whether anybody works on a day."""
        return day.weekday() in self.settings.weekdays and day not in self.rest

    def span(self, day: dt.date) -> tuple[float, float]:
        """First and last minute of work; an empty span on a day of rest."""
        if not self.works(day):
            return 0.0, 0.0
        end = self.settings.half_day_end if day in self.eves else self.settings.day_end
        return 60 * self.settings.day_start, 60 * end

    def absent(self, rep: str, day: dt.date) -> bool:
        """Whether a rep is away on a day."""
        return any(each.rep_id == rep and each.first <= day <= each.last for each in self.settings.absences)

    def lunch(self, day: dt.date) -> tuple[float, float, float] | None:
        """Earliest and latest beginning of lunch, and its length; ``None`` on a day without."""
        start, end = 60 * self.settings.lunch_start, 60 * self.settings.lunch_end
        length = min(float(self.settings.lunch_minutes), end - start)
        return None if day in self.eves or length < 1 else (start, end - length, length)


def stretches_of(world: World, customer: int) -> list[tuple[float, float]]:
    """Stretches of the day that a customer has named, in minutes; none where it has named none."""
    words = _cell(world, "visit_hours", customer)
    if words:
        found = []
        for part in words.replace(",", ";").replace("/", ";").replace("|", ";").split(";"):
            ends = [_minute(time) for time in part.replace("–", "-").split("-")] if part.strip() else []
            if ends:
                found.append(ends)
        if all(len(ends) == 2 and None not in ends and 0 <= ends[0] < ends[1] <= 1440 for ends in found):  # type: ignore[operator]
            return [(float(a), float(b)) for a, b in found]  # type: ignore[arg-type]
    start, stop = (float(x[customer]) for x in (world.population.available_from, world.population.available_to))
    if math.isnan(start) and math.isnan(stop):
        return []
    start, stop = (0.0 if math.isnan(start) else 60 * start), (1440.0 if math.isnan(stop) else 60 * stop)
    return [(start, stop)] if start < stop else [(start, 1440.0), (0.0, stop)]


def weekdays_of(world: World, customer: int) -> set[int]:
    """Weekdays on which a customer may be visited, Monday is 0."""
    words = _cell(world, "visit_days", customer)
    numbers: set[int] = set()
    for part in words.translate(str.maketrans(";,/|", "    ")).split():
        ends = [_weekday(name) for name in part.split("-")]
        if len(ends) > 2 or -1 in ends:
            return set(range(7))
        day = ends[0]
        numbers.add(day)
        while day != ends[-1]:
            day = (day + 1) % 7
            numbers.add(day)
    return numbers or set(range(7))


def _cell(world: World, column: str, customer: int) -> str:
    if column not in world.population.attributes:
        return ""
    value = world.population.attributes[column][customer]
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    return str(int(value)) if isinstance(value, float) and value == int(value) else str(value).strip()


def _minute(text: str) -> int | None:
    hour, _, rest = text.strip().replace(".", ":").partition(":")
    if not hour.isdigit() or len(hour) > 2 or (rest and not (rest.isdigit() and len(rest) == 2)):
        return None
    return 60 * int(hour) + int(rest or 0)


def _weekday(name: str) -> int:
    low = name.replace("I", "ı").replace("İ", "i").casefold()
    for number, names in enumerate(_DAYS):
        if low in names.split() or low.replace("ı", "i") in names.split():
            return number
    return -1
