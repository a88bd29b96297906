"""Settings of a visit plan: working hours, roads, lengths of contacts.

Every figure here is an assumption that a planner may change, none is learned. Knows no customer.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass


@dataclass(frozen=True)
class PlanSettings:
    """How reps work.

    Parameters
    ----------
    country : str
        ISO 3166 code whose public holidays are kept.
    weekdays : tuple of int
        Working days of the week; Monday is 0.
    also_closed : tuple of datetime.date
        Further days on which nobody works.
    day_start, day_end : float, hours of the day
        A rep leaves home no earlier and is back no later.
    lunch_start, lunch_end : float, hours of the day
        No visit and no driving in between; equal for no lunch.
    half_day_end : float, hours of the day
        End of a half day, which has no lunch.
    visit_minutes, task_minutes : int, minutes
        Length of a visit, and of a contact on another channel.
    parking_minutes : int, minutes
        Added to every way to a customer.
    road_factor : float
        Road over great circle. Literature: 1.3 to 1.4.
    town_kmh, road_kmh : float, km per hour
        Speed on the first ``town_km`` of a way, and on the rest of it.
    town_km : float, km
    unplaced_minutes : int, minutes
        Way to or from a customer whose place is unknown.
    most_a_day : int
        Visits of a rep in one day.
    closest : float
        Two visits to a customer are at least this part of the usual interval between them apart.
    longest_gap_days : int, days
        No customer has to wait longer than this for the sake of ``closest``.
    """

    country: str = "TR"
    weekdays: tuple[int, ...] = (0, 1, 2, 3, 4)
    also_closed: tuple[dt.date, ...] = ()
    day_start: float = 9.0
    day_end: float = 18.0
    lunch_start: float = 12.5
    lunch_end: float = 13.5
    half_day_end: float = 13.0
    visit_minutes: int = 25
    task_minutes: int = 5
    parking_minutes: int = 3
    road_factor: float = 1.35
    town_kmh: float = 30.0
    road_kmh: float = 70.0
    town_km: float = 8.0
    unplaced_minutes: int = 15
    most_a_day: int = 15
    closest: float = 0.5
    longest_gap_days: int = 14

    def __post_init__(self) -> None:
        if not 0.0 <= self.day_start < self.day_end <= 24.0:
            raise ValueError(f"day: expected 0 <= start < end <= 24, got {self.day_start} and {self.day_end}")
        if not self.day_start <= self.lunch_start <= self.lunch_end <= self.day_end:
            raise ValueError(f"lunch: expected inside the day, got {self.lunch_start} to {self.lunch_end}")
        if not self.day_start < self.half_day_end <= self.day_end:
            raise ValueError(f"half_day_end: expected inside the day, got {self.half_day_end}")
        if not all(0 <= day <= 6 for day in self.weekdays):
            raise ValueError(f"weekdays: expected 0 to 6, got {self.weekdays}")
        if min(self.visit_minutes, self.task_minutes, self.most_a_day) < 1:
            raise ValueError("visit_minutes, task_minutes, most_a_day: expected at least 1")
        if min(self.parking_minutes, self.unplaced_minutes, self.longest_gap_days) < 0:
            raise ValueError("parking_minutes, unplaced_minutes, longest_gap_days: expected at least 0")
        if self.road_factor < 1.0 or min(self.town_kmh, self.road_kmh) <= 0.0 or self.town_km < 0.0:
            raise ValueError("roads: expected a factor of at least 1 and speeds above 0")
        if not 0.0 <= self.closest <= 1.0:
            raise ValueError(f"closest: expected 0 to 1, got {self.closest}")
