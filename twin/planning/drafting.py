"""Drafting: week by week, each rep's turns are taken, spread over days and put on the road.

What is not served in a week keeps its claim and comes back in the next. Knows no file and no sentence.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from twin.agents.conditions import Conditions
from twin.market.world import World
from twin.planning import travel
from twin.planning.calendar import WorkDays
from twin.planning.day_tours import Clock, Stops, Tour
from twin.planning.journeys import JourneyDiary
from twin.planning.settings import PlanSettings
from twin.planning.targets import Aims, Motive, Turns, visit_capacity
from twin.planning.week_tours import Wishes, bearings, week_tours
from twin.response.market import Market


@dataclass(frozen=True)
class Ground:
    """What a plan stands on.

    Parameters
    ----------
    world : World
    market : Market
    conditions : Conditions
    settings : PlanSettings
    calendar : WorkDays
        Of the plan alone.
    weeks : (w,) int32
    place : (c, 2) float, degrees
        Longitude and latitude; ``nan`` when unknown.
    home : (r, 2) float, degrees
    opens, closes : (c,) int, minutes of the day
        Customers' hours.
    reachable : (c,) bool
        Customers whose hours leave room for a visit.
    worth : (c,) float, units
        Expected gain of a visit.
    aims : Aims
    rep : (c,) int
        Who looks after each customer; -1 for nobody.
    """

    world: World
    market: Market
    conditions: Conditions
    settings: PlanSettings
    calendar: WorkDays
    weeks: NDArray[np.int32]
    place: NDArray[np.float64]
    home: NDArray[np.float64]
    opens: NDArray[np.int64]
    closes: NDArray[np.int64]
    reachable: NDArray[np.bool_]
    worth: NDArray[np.float64]
    aims: Aims
    rep: NDArray[np.int64]


@dataclass
class Draft:
    """Rows of a plan in the making: parts to be joined, one for each rep and week.

    Parameters
    ----------
    visits : list of (v, 12) int arrays
        See :data:`VISIT_COLUMNS`.
    km : list of (v,) float arrays, km
        Way to each visit.
    ways_home : list of (rep, day index, minutes, km, back)
    left_out : list of (rep, customer, week, reason)
    spare : int
        Visits for which there is capacity, but nobody whose turn it is.
    """

    visits: list[NDArray[np.int64]] = field(default_factory=list)
    km: list[NDArray[np.float64]] = field(default_factory=list)
    ways_home: list[tuple[int, int, int, float, int]] = field(default_factory=list)
    left_out: list[tuple[int, int, int, str]] = field(default_factory=list)
    spare: int = 0


VISIT_COLUMNS = (
    "rep",
    "customer",
    "day",
    "arrive",
    "start",
    "seq",
    "travel_min",
    "motive",
    "last_visit",
    "week",
    "chain",
    "step",
)
"""Columns of a draft's visits; ``day`` is an index into the calendar."""


class Drafter:
    """Makes a draft; its only use is :meth:`draft`.

    Parameters
    ----------
    ground : Ground
    """

    def __init__(self, ground: Ground) -> None:
        self.ground, self.out = ground, Draft()
        n_reps = len(ground.conditions.rep_ids)
        self.capacity = visit_capacity(ground.conditions)
        self.credit, self.unknown_credit = np.zeros(n_reps), np.zeros(n_reps)
        self.turns = Turns(ground.aims, ground.market.start.last_visit)
        self.diary = JourneyDiary(ground.market, ground.conditions, self.turns, int(ground.weeks[0]))
        self.last_day = np.full(len(ground.rep), np.datetime64("1900-01-01", "D"))
        wanted = np.flatnonzero((ground.rep >= 0) & (ground.aims.eligible | ground.aims.promised))
        by_rep = wanted[np.argsort(ground.rep[wanted], kind="stable")]
        self.books = np.split(by_rep, np.searchsorted(ground.rep[by_rep], np.arange(1, n_reps)))
        self.bearing = np.full(len(ground.rep), np.nan)
        for r, book in enumerate(self.books):
            self.bearing[book] = bearings(ground.place[book], tuple(ground.home[r]))

    def draft(self) -> Draft:
        """Live through the weeks of the plan."""
        calendar = self.ground.calendar
        for week in self.ground.weeks.tolist():
            days = np.flatnonzero(calendar.week == week)
            part = float(calendar.part[days].sum()) / len(self.ground.settings.weekdays)
            self.turns.open_week(part)
            self.diary.open_week(week)
            for r, book in enumerate(self.books if len(days) else ()):
                self._rep_week(r, book, week, days, part)
        return self.out

    def _rep_week(self, r: int, book: NDArray[np.int64], week: int, days: NDArray[np.int64], part: float) -> None:
        self.credit[r] += self.capacity[r, week - self.ground.market.first_week] * part
        visits = int(self.credit[r] + 1e-9)
        self.credit[r] -= visits
        chosen, motives, too_many = self.turns.promised(book, week, visits)
        self.out.left_out += [(r, int(c), week, "capacity") for c in too_many]
        rest = visits - len(chosen)
        self.unknown_credit[r] += rest * self.ground.conditions.unknown_share
        to_unknown = min(int(self.unknown_credit[r] + 1e-9), rest)
        self.unknown_credit[r] -= to_unknown
        others, why_others = self.turns.fill(book, week, to_unknown, buys=False)
        buyers, why_buyers = self.turns.fill(book, week, rest - to_unknown, buys=True)
        customers = np.concatenate([chosen, others, buyers])
        self.out.spare += visits - len(customers)
        if len(customers):
            self._on_the_road(r, customers, np.concatenate([motives, why_others, why_buyers]), week, days)

    def _on_the_road(
        self, r: int, customers: NDArray[np.int64], motives: NDArray[np.int64], week: int, days: NDArray[np.int64]
    ) -> None:
        ground, calendar = self.ground, self.ground.calendar
        lon, lat = ground.place[customers].T
        minutes, km = travel.matrix(lon, lat, tuple(ground.home[r]), ground.settings)
        windows = list(zip(ground.opens[customers].tolist(), ground.closes[customers].tolist(), strict=True))
        stops = Stops(minutes, windows, ground.settings.visit_minutes)
        may = self.last_day[customers] + ground.aims.gap_days[customers].astype("timedelta64[D]")
        first_day = np.searchsorted(calendar.day[days], may)
        clocks = [
            Clock(
                int(calendar.opens[d]), int(calendar.closes[d]), int(calendar.lunch_from[d]), int(calendar.lunch_to[d])
            )
            for d in days
        ]
        wishes = Wishes(self.bearing[customers], self._worth(customers, motives), first_day)
        found = week_tours(stops, wishes, clocks, calendar.part[days], ground.settings.most_a_day)
        self.out.left_out += [(r, int(customers[s]), week, reason) for s, reason in found.left_out]
        for d, tour in zip(days.tolist(), found.tours, strict=True):
            if tour.order:
                self._enter(r, week, d, tour, _Party(customers, motives, minutes, km))

    def _worth(self, customers: NDArray[np.int64], motives: NDArray[np.int64]) -> NDArray[np.float64]:
        """Order in which stops find their place: promises first, then the best of either pool alike.

        Gains of the two pools are not compared, so that a full week leaves the scenario's shares as they are.
        """
        worth = np.zeros(len(customers))
        buys = self.ground.aims.buys[customers]
        for pool in (buys, ~buys):
            members = np.flatnonzero(pool)
            order = members[np.argsort(self.ground.worth[customers[members]], kind="stable")]
            worth[order] = (np.arange(len(order)) + 0.5) / max(len(order), 1)
        return worth + (motives >= Motive.PROMISED)

    def _enter(self, r: int, week: int, d: int, tour: Tour, party: _Party) -> None:
        """Write a day's tour down, and tell everybody who waits for it."""
        stops = np.array(tour.order)
        who, path = party.customers[stops], np.concatenate([[0], stops + 1])
        since = self.turns.last_visit[who]
        chain, step = self.diary.visited(who, week)
        self.turns.visited(who, week)
        self.last_day[who] = self.ground.calendar.day[d]
        seq = np.arange(1, len(stops) + 1)
        same = np.ones_like(seq)
        columns = {
            "rep": r * same,
            "customer": who,
            "day": d * same,
            "arrive": np.array(tour.arrive),
            "start": np.array(tour.start),
            "seq": seq,
            "travel_min": party.minutes[path[:-1], path[1:]],
            "motive": party.motives[stops],
            "last_visit": since,
            "week": week * same,
            "chain": chain,
            "step": step,
        }
        self.out.visits.append(np.column_stack([columns[name] for name in VISIT_COLUMNS]).astype(np.int64))
        self.out.km.append(party.km[path[:-1], path[1:]])
        home = int(path[-1])
        self.out.ways_home.append((r, d, int(party.minutes[home, 0]), float(party.km[home, 0]), tour.back))


@dataclass(frozen=True)
class _Party:
    """A rep's customers of one week, why they are visited, and the ways between them, home first."""

    customers: NDArray[np.int64]
    motives: NDArray[np.int64]
    minutes: NDArray[np.int64]
    km: NDArray[np.float64]
