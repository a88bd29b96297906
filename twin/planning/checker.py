"""Checker: reads a visit plan as a stranger would and lists whatever breaks a rule.

Shares no code with the planner: calendar, roads and clock are worked out again, so that no mistake is made twice.
"""

from __future__ import annotations

import datetime as dt
import itertools
import math
from collections import defaultdict
from dataclasses import dataclass

import holidays

from twin.agents.conditions import Conditions
from twin.market.world import World
from twin.planning.checker_roads import minutes_between, place_of
from twin.planning.plan import VisitPlan
from twin.planning.settings import PlanSettings

KINDS = (
    "identity", "territory", "consent", "dropped", "holiday", "hours", "lunch", "window", "length", "travel",
    "overlap", "late_home", "sequence", "double", "spacing", "frequency", "most_a_day", "capacity",
)  # fmt: skip
"""Rules that a plan may break."""


@dataclass(frozen=True)
class Violation:
    """One broken rule.

    Parameters
    ----------
    kind : str
        One of :data:`KINDS`.
    rep_id, visit_id : str
        ``visit_id`` is empty where several visits break the rule together.
    found : str
    """

    kind: str
    rep_id: str
    visit_id: str
    found: str


@dataclass(frozen=True)
class _Row:
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


class _Checker:
    def __init__(self, plan: VisitPlan, world: World, conditions: Conditions, settings: PlanSettings) -> None:
        self.plan, self.world, self.conditions, self.settings = plan, world, conditions, settings
        self.broken: list[Violation] = []
        self.rep_row = {str(name): k for k, name in enumerate(conditions.rep_ids)}
        self.home = {
            str(name): (float(x), float(y))
            for name, x, y in zip(world.reps.ids, world.reps.home_lon, world.reps.home_lat, strict=True)
        }
        years = range(plan.start.year, plan.stop.year + 2)
        self.rest = set(holidays.country_holidays(settings.country, years=years)) | set(settings.also_closed)
        kinds = holidays.country_holidays(settings.country).supported_categories
        half = holidays.HALF_DAY in kinds
        self.eves = (
            set(holidays.country_holidays(settings.country, years=years, categories=(holidays.HALF_DAY,)))
            if half
            else set()
        )

    def note(self, kind: str, rep: str, visit_id: str, found: str) -> None:
        self.broken.append(Violation(kind, rep, visit_id, found))

    def check(self) -> tuple[Violation, ...]:
        rows = self._rows()
        visits = [row for row in rows if row.kind == "visit"]
        for row in rows:
            self._one(row)
        days: dict[tuple[str, dt.date], list[_Row]] = defaultdict(list)
        for row in rows:
            days[row.rep, row.day].append(row)
        for (rep, day), mine in sorted(days.items()):
            self._day(rep, day, sorted(mine, key=lambda row: (row.begin, row.end)))
        self._customers(visits)
        self._capacity(visits)
        return tuple(self.broken)

    def _rows(self) -> list[_Row]:
        plan, out, seen = self.plan, [], set()
        customer_row = {str(name): k for k, name in enumerate(self.world.population.ids)}
        for k in range(len(plan)):
            rep, customer, name = str(plan.rep_id[k]), str(plan.customer_id[k]), str(plan.visit_id[k])
            channel, kind = str(plan.channel[k]), str(plan.kind[k])
            faults = {
                "an unlisted rep": rep not in self.rep_row,
                "an unlisted customer": customer not in customer_row,
                "an unknown channel": channel not in self.world.channels,
                "a visit_id that is used twice": name in seen,
                "a kind that does not suit the channel": (kind == "visit") != (channel == self.world.channels[0]),
            }
            seen.add(name)
            wrong = [what for what, is_so in faults.items() if is_so]
            for what in wrong:
                self.note("identity", rep, name, what)
            if wrong:
                continue
            day = plan.date[k].astype(object)
            midnight = dt.datetime.combine(day, dt.time())
            begin, end = (
                int((m.astype(object) - midnight).total_seconds() // 60) for m in (plan.begin[k], plan.end[k])
            )
            row = customer_row[customer]
            seq, travel, rate = int(plan.seq[k]), int(plan.travel_min[k]), float(plan.rate[k])
            out.append(_Row(name, kind, rep, row, channel, day, begin, end, seq, travel, rate))
        return out

    def _hours(self, day: dt.date) -> tuple[float, float]:
        """First and last minute of work; an empty span on a day of rest."""
        if day.weekday() not in self.settings.weekdays or day in self.rest:
            return 0.0, 0.0
        return 60 * self.settings.day_start, 60 * (
            self.settings.half_day_end if day in self.eves else self.settings.day_end
        )

    def _one(self, row: _Row) -> None:
        """Rules that concern one row alone."""
        population, conditions = self.world.population, self.conditions
        c, visit = row.customer, row.kind == "visit"
        opens, closes = self._hours(row.day)
        start, stop = population.available_from[c], population.available_to[c]
        stated = not (math.isnan(start) and math.isnan(stop))
        start, stop = (0.0 if math.isnan(start) else 60 * start), (1440.0 if math.isnan(stop) else 60 * stop)
        inside = row.begin >= start - 1e-6 and row.end <= stop + 1e-6
        if stop <= start:  # past midnight
            inside = row.begin >= start - 1e-6 or row.end <= stop + 1e-6
        late = not self.plan.start <= row.day < self.plan.stop if visit else row.day < self.plan.start
        in_hours = opens <= row.begin and row.end <= closes
        minutes = self.settings.visit_minutes if visit else self.settings.task_minutes
        lunch = 60 * self.settings.lunch_start, 60 * self.settings.lunch_end
        at_lunch = row.day not in self.eves and row.begin < lunch[1] and row.end > lunch[0] and lunch[0] < lunch[1]
        rules = {
            "territory": visit and conditions.territory[c] != conditions.rep_territory[self.rep_row[row.rep]],
            "consent": not population.consent[self.world.channels.index(row.channel), c],
            "dropped": visit and bool(conditions.dropped[c]) and bool(population.known[c]),
            "holiday": closes == 0.0 or late,
            "hours": closes > 0.0 and not in_hours and (visit or not stated),
            "window": not inside,
            "lunch": closes > 0.0 and at_lunch,
            "length": row.end - row.begin != minutes,
        }
        for kind, is_broken in rules.items():
            if is_broken:
                self.note(kind, row.rep, row.visit_id, f"{row.day} {_clock(row.begin)} to {_clock(row.end)}")

    def _free(self, day: dt.date, start: float, stop: float) -> float:
        """Minutes between two moments that are not lunch."""
        lunch = 60 * self.settings.lunch_start, 60 * self.settings.lunch_end
        if day in self.eves:
            return stop - start
        return stop - start - max(min(stop, lunch[1]) - max(start, lunch[0]), 0.0)

    def _day(self, rep: str, day: dt.date, rows: list[_Row]) -> None:
        """Rules that tie the rows of a rep's day together."""
        for before, after in itertools.pairwise(rows):
            if after.begin < before.end:
                self.note(
                    "overlap", rep, after.visit_id, f"{day}: begins {_clock(after.begin)}, before the last one ends"
                )
        visits = [row for row in rows if row.kind == "visit"]
        if [row.seq for row in visits] != list(range(1, len(visits) + 1)):
            self.note("sequence", rep, "", f"{day}: {[row.seq for row in visits]}")
        if len(visits) > self.settings.most_a_day:
            self.note("most_a_day", rep, "", f"{day}: {len(visits)} visits")
        opens, closes = self._hours(day)
        here = self.home.get(rep, (math.nan, math.nan))
        at_home, now = True, opens
        for row in visits:
            there = place_of(self.world, row.customer)
            way = 0 if at_home and any(math.isnan(x) for x in here) else minutes_between(here, there, self.settings)
            way += self.settings.parking_minutes
            if row.travel < way:
                self.note("travel", rep, row.visit_id, f"{row.travel} minutes, {way} are needed")
            if self._free(day, now, row.begin) < way:
                self.note("overlap", rep, row.visit_id, f"{day}: {_clock(row.begin)} cannot be reached")
            here, now, at_home = there, row.end, False
        home = self.home.get(rep, (math.nan, math.nan))
        if (
            visits
            and not any(math.isnan(x) for x in home)
            and self._free(day, now, closes) < minutes_between(here, home, self.settings)
        ):
            self.note(
                "late_home", rep, visits[-1].visit_id, f"{day}: the way home does not fit before {_clock(closes)}"
            )

    def _customers(self, visits: list[_Row]) -> None:
        """Rules on all visits to a customer."""
        by_customer: dict[int, list[_Row]] = defaultdict(list)
        for row in visits:
            by_customer[row.customer].append(row)
        n_weeks = math.ceil((self.plan.stop - self.plan.start).days / 7)
        for customer, mine in sorted(by_customer.items()):
            mine.sort(key=lambda row: (row.day, row.begin))
            rate = mine[0].rate
            asked = float(self.conditions.frequency[customer])
            if not math.isnan(asked):
                rate = min(asked, 1.0)
            gap = math.inf if rate <= 0 else self.settings.closest * 7 / min(rate, 1.0)
            gap = math.floor(min(gap, self.settings.longest_gap_days) + 1e-6)
            for before, after in itertools.pairwise(mine):
                days = (after.day - before.day).days
                if days == 0 or before.day.isocalendar()[:2] == after.day.isocalendar()[:2]:
                    self.note("double", after.rep, after.visit_id, f"{before.day} and {after.day}")
                elif days < gap:
                    self.note("spacing", after.rep, after.visit_id, f"{days} days after the last, {gap} are due")
            # a journey may ask for a visit beyond the usual ones
            journeys = sum(
                bool((chain.member == customer).any()) * int((chain.channel == 0).sum())
                for chain in self.conditions.chains
            )
            if len(mine) > math.ceil(rate * n_weeks - 1e-9) + 1 + journeys:
                self.note("frequency", mine[-1].rep, mine[-1].visit_id, f"{len(mine)} visits at {rate:.2f} a week")

    def _capacity(self, visits: list[_Row]) -> None:
        """No rep makes more visits up to a week than its working days up to then allow."""
        first = self.plan.start - dt.timedelta(days=self.plan.start.weekday())
        n_weeks = math.ceil((self.plan.stop - first).days / 7)
        offset = (first - dt.date(1969, 12, 29)).days // 7 - self.world.origin
        made: dict[str, list[int]] = defaultdict(lambda: [0] * n_weeks)
        for row in visits:
            week = (row.day - first).days // 7
            if 0 <= week < n_weeks:
                made[row.rep][week] += 1
        for rep, counts in sorted(made.items()):
            allowed, total = 0.0, 0
            for week, count in enumerate(counts):
                part = 0.0
                for k in range(7):
                    day = first + dt.timedelta(days=7 * week + k)
                    if self.plan.start <= day < self.plan.stop and self._hours(day)[1] > 0:
                        part += 0.5 if day in self.eves else 1.0
                usual = self.conditions.rep_visits[self.rep_row[rep], offset + week]
                allowed += usual * self.conditions.channel_factor[0, offset + week] * part / len(self.settings.weekdays)
                total += count
                if total > allowed + 1e-6:
                    self.note(
                        "capacity", rep, "", f"week {week + 1}: {total} visits so far, {allowed:.1f} are possible"
                    )


def _clock(minute: float) -> str:
    return f"{int(minute) // 60:02d}:{int(minute) % 60:02d}"


def check_plan(
    plan: VisitPlan, world: World, conditions: Conditions, settings: PlanSettings | None = None
) -> tuple[Violation, ...]:
    """List whatever breaks a rule.

    Parameters
    ----------
    plan : VisitPlan
    world : World
    conditions : Conditions
        Laid out from the origin of the world on, as calibrated markets are.
    settings : PlanSettings, optional

    Returns
    -------
    tuple of Violation
        Empty for a sound plan.
    """
    return _Checker(plan, world, conditions, settings or PlanSettings()).check()
