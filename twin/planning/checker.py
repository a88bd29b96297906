"""Checker: reads a visit plan as a stranger would and lists whatever breaks a rule.

Shares no code with the planner: calendar, roads and clock are worked out again, so that no mistake is made twice.
"""

from __future__ import annotations

import datetime as dt
import itertools
import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from twin.agents.conditions import Conditions
from twin.market.world import World
from twin.planning.checker_calendar import CheckedCalendar, stretches_of, weekdays_of
from twin.planning.checker_days import DayWalker, Row, clock
from twin.planning.checker_roads import Lookup
from twin.planning.plan import VisitPlan
from twin.planning.settings import PlanSettings

KINDS = (
    "identity", "territory", "consent", "dropped", "holiday", "absence", "hours", "lunch", "window", "weekday",
    "channel_hours", "contact", "length", "travel", "overlap", "late_home", "drive", "sequence", "double", "spacing",
    "frequency", "most_a_day", "capacity", "lock", "night",
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
class Lock:
    """A visit that a person has fixed.

    Parameters
    ----------
    rep_id, customer_id : str
    day : datetime.date
    begin : int, minutes of the day
        -1 for any.
    """

    rep_id: str
    customer_id: str
    day: dt.date
    begin: int = -1


class _Checker:
    def __init__(
        self, plan: VisitPlan, world: World, conditions: Conditions, settings: PlanSettings, given: Lookup | None
    ) -> None:
        self.plan, self.world, self.conditions, self.settings = plan, world, conditions, settings
        self.broken: list[Violation] = []
        self.rep_row = {str(name): k for k, name in enumerate(conditions.rep_ids)}
        home = {
            str(name): (float(x), float(y))
            for name, x, y in zip(world.reps.ids, world.reps.home_lon, world.reps.home_lat, strict=True)
        }
        self.calendar = CheckedCalendar(settings, range(plan.start.year, plan.stop.year + 2))
        self.walker = DayWalker(world, self.calendar, settings, home, given, self._nights(), self.note)

    def _nights(self) -> dict[tuple[str, dt.date], int]:
        """Customer near whom each night away is spent."""
        days = getattr(self.plan, "days", None)
        if days is None:
            return {}
        row = self.world.population.rows
        return {
            (str(rep), date.astype(object)): row[str(night)]
            for rep, date, night in zip(days.rep_id, days.date, days.night, strict=True)
            if str(night) in row
        }

    def note(self, kind: str, rep: str, visit_id: str, found: str) -> None:
        self.broken.append(Violation(kind, rep, visit_id, found))

    def check(self, locks: Sequence[Lock]) -> tuple[Violation, ...]:
        rows = self._rows()
        visits = [row for row in rows if row.kind == "visit"]
        for row in rows:
            self._one(row)
        days: dict[tuple[str, dt.date], list[Row]] = defaultdict(list)
        for row in rows:
            days[row.rep, row.day].append(row)
        for (rep, day), mine in sorted(days.items()):
            self.walker.walk(rep, day, sorted(mine, key=lambda row: (row.begin, row.end)))
        self._customers(visits)
        self._contacts(rows)
        self._capacity(visits)
        self._locks(visits, locks)
        return tuple(self.broken)

    def _rows(self) -> list[Row]:
        plan, out, seen = self.plan, [], set()
        locked = getattr(plan, "locked", None)
        customer_row = self.world.population.rows
        for k in range(len(plan)):
            rep, customer, name = str(plan.rep_id[k]), str(plan.customer_id[k]), str(plan.visit_id[k])
            channel, kind = str(plan.channel[k]), str(plan.kind[k])
            faults = {
                "an unlisted rep": rep not in self.rep_row,
                "an unlisted customer": customer not in customer_row,
                "an unknown channel": channel not in self.world.channels,
                "a visit_id that is used twice": name in seen,
                "a kind that does not suit the channel": (kind == "visit") != (channel == self.world.channels[0]),
                "a day, an hour or a rate that is none": _lacks_figures(plan, k),
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
            is_locked = bool(locked[k]) if locked is not None else False
            out.append(Row(name, kind, rep, row, channel, day, begin, end, seq, travel, rate, is_locked))
        return out

    def _one(self, row: Row) -> None:
        """Rules that concern one row alone."""
        population, conditions, settings = self.world.population, self.conditions, self.settings
        c, visit = row.customer, row.kind == "visit"
        opens, closes = self.calendar.span(row.day)
        stretches = stretches_of(self.world, c)
        inside = any(a - 1e-6 <= row.begin and row.end <= b + 1e-6 for a, b in stretches) or not stretches
        late = not self.plan.start <= row.day < self.plan.stop if visit else row.day < self.plan.start
        said = {name: (60 * a, 60 * b) for name, a, b in settings.channel_hours}
        usual = said.get(row.channel, (0.0, 1440.0)) if not stretches else (0.0, 1440.0)
        low, high = max(60 * settings.contact_from, usual[0]), min(60 * settings.contact_until, usual[1])
        minutes = settings.visit_minutes if visit else settings.task_minutes
        rules = {
            "territory": visit and conditions.territory[c] != conditions.rep_territory[self.rep_row[row.rep]],
            "consent": not population.consent[self.world.channels.index(row.channel), c],
            "dropped": visit and bool(conditions.dropped[c]) and bool(population.known[c]) and not row.locked,
            "holiday": not self.calendar.works(row.day) or late,
            "absence": self.calendar.absent(row.rep, row.day),
            "hours": visit and closes > 0.0 and not (opens <= row.begin and row.end <= closes),
            "window": not inside and not row.locked,
            "weekday": visit and not row.locked and row.day.weekday() not in weekdays_of(self.world, c),
            "channel_hours": not visit and not (low <= row.begin and row.end <= high),
            "length": row.end - row.begin != minutes,
        }
        for kind, is_broken in rules.items():
            if is_broken:
                self.note(kind, row.rep, row.visit_id, f"{row.day} {clock(row.begin)} to {clock(row.end)}")

    def _contacts(self, rows: list[Row]) -> None:
        """A contact on the day of a visit to the same customer comes after it."""
        ends: dict[tuple[int, dt.date], int] = {}
        for row in rows:
            if row.kind == "visit":
                ends[row.customer, row.day] = max(row.end, ends.get((row.customer, row.day), 0))
        for row in rows:
            if row.kind != "visit" and row.begin < ends.get((row.customer, row.day), 0):
                self.note(
                    "contact", row.rep, row.visit_id, f"{row.day} {clock(row.begin)}, before the visit of that day"
                )

    def _locks(self, visits: list[Row], locks: Sequence[Lock]) -> None:
        """What a person has fixed stands."""
        ids = self.world.population.ids
        made = {(row.rep, str(ids[row.customer]), row.day): row.begin for row in visits}
        for lock in locks:
            begin = made.get((lock.rep_id, lock.customer_id, lock.day))
            if begin is None or lock.begin not in (-1, begin):
                when = f"{lock.day}" + (f" {clock(lock.begin)}" if lock.begin >= 0 else "")
                self.note("lock", lock.rep_id, "", f"{lock.customer_id} on {when}")

    def _customers(self, visits: list[Row]) -> None:
        """Rules on all visits to a customer."""
        by_customer: dict[int, list[Row]] = defaultdict(list)
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
                if before.locked or after.locked:
                    continue
                if days == 0 or before.day.isocalendar()[:2] == after.day.isocalendar()[:2]:
                    self.note("double", after.rep, after.visit_id, f"{before.day} and {after.day}")
                elif days < gap:
                    self.note("spacing", after.rep, after.visit_id, f"{days} days after the last, {gap} are due")
            # a journey may ask for a visit beyond the usual ones
            journeys = sum(
                bool((chain.member == customer).any()) * int((chain.channel == 0).sum())
                for chain in self.conditions.chains
            )
            if sum(not row.locked for row in mine) > math.ceil(rate * n_weeks - 1e-9) + 1 + journeys:
                self.note("frequency", mine[-1].rep, mine[-1].visit_id, f"{len(mine)} visits at {rate:.2f} a week")

    def _capacity(self, visits: list[Row]) -> None:
        """No rep makes more visits up to a week than its working days up to then allow."""
        first = self.plan.start - dt.timedelta(days=self.plan.start.weekday())
        n_weeks = math.ceil((self.plan.stop - first).days / 7)
        offset = (first - dt.date(1969, 12, 29)).days // 7 - self.world.origin
        made: dict[str, list[int]] = defaultdict(lambda: [0] * n_weeks)
        for row in visits:
            week = (row.day - first).days // 7
            if row.locked:
                continue
            if 0 <= week < n_weeks:
                made[row.rep][week] += 1
        for rep, counts in sorted(made.items()):
            allowed, total = 0.0, 0
            for week, count in enumerate(counts):
                part = 0.0
                for k in range(7):
                    day = first + dt.timedelta(days=7 * week + k)
                    if self.plan.start <= day < self.plan.stop and self.calendar.works(day):
                        part += 0.5 if day in self.calendar.eves else 1.0
                usual = self.conditions.rep_visits[self.rep_row[rep], offset + week]
                allowed += usual * self.conditions.channel_factor[0, offset + week] * part / len(self.settings.weekdays)
                total += count
                if total > allowed + 1e-6:
                    self.note(
                        "capacity", rep, "", f"week {week + 1}: {total} visits so far, {allowed:.1f} are possible"
                    )


def _lacks_figures(plan: VisitPlan, k: int) -> bool:
    """Whether a row lacks its day or hours, or a figure of it is no number."""
    moments = (plan.date[k], plan.begin[k], plan.end[k])
    return any(np.isnat(moment) for moment in moments) or not math.isfinite(plan.rate[k] + plan.travel_min[k])


def check_plan(
    plan: VisitPlan,
    world: World,
    conditions: Conditions,
    settings: PlanSettings | None = None,
    locks: Sequence[Lock] = (),
    given: Lookup | None = None,
) -> tuple[Violation, ...]:
    """List whatever breaks a rule.

    Parameters
    ----------
    plan : VisitPlan
    world : World
    conditions : Conditions
        Laid out from the origin of the world on, as calibrated markets are.
    settings : PlanSettings, optional
    locks : sequence of Lock
        What a person has fixed.
    given : callable, optional
        Ways that the planner was given, read anew.

    Returns
    -------
    tuple of Violation
        Empty for a sound plan.
    """
    return _Checker(plan, world, conditions, settings or PlanSettings(), given).check(locks)
