"""Settings of a visit plan: working hours, roads, lengths and hours of contacts, absences, and how long to search.

Every figure here is an assumption that a planner may change, none is learned. Knows no customer.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from twin.errors import PlanError


@dataclass(frozen=True)
class Absence:
    """Days on which a rep does not work.

    Parameters
    ----------
    rep_id : str
    first, last : datetime.date
        Both included.
    why : str

    Raises
    ------
    PlanError
        When it ends before it begins.
    """

    rep_id: str
    first: dt.date
    last: dt.date
    why: str = ""

    def __post_init__(self) -> None:
        if self.last < self.first:
            raise PlanError(f"absence of {self.rep_id}: expected its last day after {self.first}, found {self.last}.")


CHANNEL_HOURS = (
    ("phone", 9.0, 12.0),
    ("whatsapp", 18.0, 21.0),
    ("sms", 10.0, 20.0),
    ("ivr", 10.0, 18.0),
    ("email", 8.0, 20.0),
    ("web", 8.0, 20.0),
)


@dataclass(frozen=True)
class PlanSettings:
    """How reps work.

    Parameters
    ----------
    country : str
        ISO 3166 code whose public holidays are kept; none where it is empty.
    weekdays : tuple of int
        Working days of the week; Monday is 0.
    also_closed : tuple of datetime.date
        Further days on which nobody works.
    absences : tuple of Absence
    day_start, day_end : float, hours of the day
        A rep leaves home no earlier and is back no later.
    lunch_start, lunch_end : float, hours of the day
        Lunch is taken in between, on the road unless the rep is at home by the time it must begin; equal for none.
    lunch_minutes : int, minutes
        Its length, or else all of that stretch.
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
    crowd_minutes : int, minutes
        Driving that a visit must save to come on a day that has its share of the week already; twice, thrice and so on
        for each further one.
    most_drive_minutes : int, minutes
        On the road in one day, parking not counted; 0 for no limit.
    overnight : bool
        A rep may spend the night near a customer instead of driving home, between two working days.
    night_minutes : int, minutes
        Driving that a night away must save to be worth it.
    closest : float
        Two visits to a customer are at least this part of the usual interval between them apart.
    longest_gap_days : int, days
        No customer has to wait longer than this for the sake of ``closest``.
    contact_from, contact_until : float, hours of the day
        Nobody is contacted on another channel outside of these hours.
    channel_hours : tuple of (str, float, float)
        Usual hours of a channel, as far as the customer has named none.
    change_minutes : int, minutes
        Driving that moving an announced visit to another day must save, when a plan is made again.
    shift_minutes : int, minutes
        By which an announced visit that keeps its day may come earlier or later then.
    turns_per_visit : int
        Turns of the search for every visit that is wanted; more give shorter ways.
    starts : int
        Searches a rep, of which the best is taken.
    seed : int
        Of the search.
    """

    country: str = ""
    weekdays: tuple[int, ...] = (0, 1, 2, 3, 4)
    also_closed: tuple[dt.date, ...] = ()
    absences: tuple[Absence, ...] = ()
    day_start: float = 9.0
    day_end: float = 18.0
    lunch_start: float = 12.0
    lunch_end: float = 14.75
    lunch_minutes: int = 45
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
    crowd_minutes: int = 5
    most_drive_minutes: int = 0
    overnight: bool = False
    night_minutes: int = 90
    closest: float = 0.5
    longest_gap_days: int = 14
    contact_from: float = 8.0
    contact_until: float = 21.0
    channel_hours: tuple[tuple[str, float, float], ...] = CHANNEL_HOURS
    change_minutes: int = 60
    shift_minutes: int = 30
    turns_per_visit: int = 80
    starts: int = 3
    seed: int = 0

    def __post_init__(self) -> None:
        if not 0.0 <= self.day_start < self.day_end <= 24.0:
            raise ValueError(f"day: expected 0 <= start < end <= 24, got {self.day_start} and {self.day_end}")
        if not self.day_start <= self.lunch_start <= self.lunch_end <= self.day_end:
            raise ValueError(f"lunch: expected inside the day, got {self.lunch_start} to {self.lunch_end}")
        if not self.day_start < self.half_day_end <= self.day_end:
            raise ValueError(f"half_day_end: expected inside the day, got {self.half_day_end}")
        if not all(0 <= day <= 6 for day in self.weekdays):
            raise ValueError(f"weekdays: expected 0 to 6, got {self.weekdays}")
        if min(self.visit_minutes, self.task_minutes, self.most_a_day, self.starts) < 1:
            raise ValueError("visit_minutes, task_minutes, most_a_day, starts: expected at least 1")
        least_zero = (
            self.parking_minutes, self.unplaced_minutes, self.longest_gap_days, self.lunch_minutes, self.seed,
            self.crowd_minutes, self.most_drive_minutes,
            self.night_minutes, self.change_minutes, self.shift_minutes, self.turns_per_visit,
        )  # fmt: skip
        if min(least_zero) < 0:
            raise ValueError("minutes, longest_gap_days, turns_per_visit, seed: expected at least 0")
        if self.road_factor < 1.0 or min(self.town_kmh, self.road_kmh) <= 0.0 or self.town_km < 0.0:
            raise ValueError("roads: expected a factor of at least 1 and speeds above 0")
        if not 0.0 <= self.closest <= 1.0:
            raise ValueError(f"closest: expected 0 to 1, got {self.closest}")
        hours = ((self.contact_from, self.contact_until), *(hours[1:] for hours in self.channel_hours))
        if not all(0.0 <= begin < end <= 24.0 for begin, end in hours):
            raise ValueError(f"contact and channel hours: expected 0 <= from < until <= 24, got {hours}")

    @property
    def lunch_length(self) -> int:
        """Minutes of lunch."""
        return min(self.lunch_minutes, round(60 * (self.lunch_end - self.lunch_start)))

    @property
    def lunch_latest(self) -> int:
        """Latest beginning of lunch: minutes of the day."""
        return round(60 * self.lunch_end) - self.lunch_length
