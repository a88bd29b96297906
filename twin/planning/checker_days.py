"""The checker's days: what one rep does on one day, walked through stop by stop.

Shares no code with the planner's clock, so that no mistake is made twice.
"""

from __future__ import annotations

import datetime as dt
import itertools
import math
from collections.abc import Callable
from dataclasses import dataclass

from twin.market.world import World
from twin.planning.checker_calendar import CheckedCalendar
from twin.planning.checker_roads import Lookup, minutes_between, place_of
from twin.planning.settings import PlanSettings

Note = Callable[[str, str, str, str], None]


@dataclass(frozen=True)
class Row:
    """One row of the plan, in plain numbers: minutes since the midnight before its day."""

    visit_id: str
    kind: str
    rep: str
    customer: int
    channel: str
    day: dt.date
    begin: int
    end: int
    seq: int
    travel: int
    rate: float
    locked: bool


@dataclass(frozen=True)
class DayWalker:
    """Walks through days.

    Parameters
    ----------
    world : World
    calendar : CheckedCalendar
    settings : PlanSettings
    home : dict from rep id to (lon, lat)
    given : callable, optional
        Ways that the planner was given.
    nights : dict from (rep, day) to int
        Customer near whom a night is spent.
    note : callable
        Takes the kind of a breach, rep, visit and words.
    """

    world: World
    calendar: CheckedCalendar
    settings: PlanSettings
    home: dict[str, tuple[float, float]]
    given: Lookup | None
    nights: dict[tuple[str, dt.date], int]
    note: Note

    def walk(self, rep: str, day: dt.date, rows: list[Row]) -> None:
        """Rules that tie the rows of a rep's day together; rows in order of time."""
        for before, after in itertools.pairwise(rows):
            if after.begin < before.end:
                text = f"{day}: begins {clock(after.begin)}, before the last one ends"
                self.note("overlap", rep, after.visit_id, text)
        visits = [row for row in rows if row.kind == "visit"]
        if [row.seq for row in visits] != list(range(1, len(visits) + 1)):
            self.note("sequence", rep, "", f"{day}: {[row.seq for row in visits]}")
        if len(visits) > self.settings.most_a_day:
            self.note("most_a_day", rep, "", f"{day}: {len(visits)} visits")
        if visits:
            self._on_the_road(rep, day, visits, [row for row in rows if row.kind != "visit"])

    def _on_the_road(self, rep: str, day: dt.date, visits: list[Row], tasks: list[Row]) -> None:
        opens, closes = self.calendar.span(day)
        lunch = self.calendar.lunch(day)
        eaten = lunch is None
        here, now, driven = self.nights.get((rep, day - dt.timedelta(days=1))), opens, 0
        self._sleeps(rep, day)
        for row in visits:
            way = self._way(rep, here, row.customer)
            driven += way
            needed = way + self.settings.parking_minutes
            if row.travel < needed:
                self.note("travel", rep, row.visit_id, f"{row.travel} minutes, {needed} are needed")
            if row.begin - now - self._spoken(tasks, now, row.begin) < needed:
                self.note("overlap", rep, row.visit_id, f"{day}: {clock(row.begin)} cannot be reached")
            eaten = eaten or self._room(lunch, now, row.begin, needed, tasks)
            here, now = row.customer, row.end
        way = self._way(rep, here, self.nights.get((rep, day)))
        driven += way
        if closes - now - self._spoken(tasks, now, closes) < way:
            text = f"{day}: the way home does not fit before {clock(closes)}"
            self.note("late_home", rep, visits[-1].visit_id, text)
        at_home_in_time = lunch is not None and now + way <= lunch[1]
        if not (eaten or at_home_in_time or self._room(lunch, now, closes, way, tasks)):
            self.note("lunch", rep, "", f"{day}: no room for {lunch[2] if lunch else 0:.0f} minutes of lunch")
        if 0 < self.settings.most_drive_minutes < driven:
            self.note("drive", rep, "", f"{day}: {driven} minutes on the road")

    def _sleeps(self, rep: str, day: dt.date) -> None:
        """A night away is allowed, and the rep works on the next day."""
        if (rep, day) not in self.nights:
            return
        morrow = day + dt.timedelta(days=1)
        works = self.calendar.works(morrow) and not self.calendar.absent(rep, morrow)
        if not (works and self.settings.overnight):
            self.note("night", rep, "", f"{day}: away, " + ("which is not allowed" if works else "before a day off"))

    def _way(self, rep: str, a: int | None, b: int | None) -> int:
        """Minutes on the road between two customers; ``None`` stands for home, from which an unknown way is none."""
        home = self.home.get(rep, (math.nan, math.nan))
        if (a is None or b is None) and any(math.isnan(x) for x in home):
            return 0
        ids = self.world.population.ids
        names = tuple(rep if x is None else str(ids[x]) for x in (a, b))
        told = self.given(*names) if self.given else None
        if told is not None:
            return math.ceil(told - 1e-3)
        ends = [home if x is None else place_of(self.world, x) for x in (a, b)]
        return minutes_between(ends[0], ends[1], self.settings)

    @staticmethod
    def _spoken(tasks: list[Row], start: float, stop: float) -> float:
        """Minutes of contacts on other channels between two moments."""
        return sum(max(min(row.end, stop) - max(row.begin, start), 0) for row in tasks)

    def _room(
        self, lunch: tuple[float, float, float] | None, start: float, stop: float, way: float, tasks: list[Row]
    ) -> bool:
        """Whether lunch and a way both fit between two moments, and lunch begins in its time."""
        if lunch is None or stop - start - self._spoken(tasks, start, stop) < way + lunch[2]:
            return False
        starts = [max(start, lunch[0]), max(start + way, lunch[0]), *(row.end for row in tasks)]
        return any(
            max(start, lunch[0]) <= s <= lunch[1]
            and s + lunch[2] <= stop
            and self._spoken(tasks, s, s + lunch[2]) == 0
            and (s + lunch[2] + way <= stop or start + way <= s)
            for s in starts
        )


def clock(minute: float) -> str:
    """A minute of the day as people write it."""
    return f"{int(minute) // 60:02d}:{int(minute) % 60:02d}"
