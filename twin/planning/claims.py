"""Claims: the visits that are wanted week by week, before anybody asks on which day and by which road.

Each rep's turns are taken as long as the week's capacity lasts. Knows neither places nor hours.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from twin.planning.ground import Ground
from twin.planning.journeys import JourneyDiary
from twin.planning.targets import Turns, visit_capacity


@dataclass(frozen=True)
class Claims:
    """Wanted visits.

    Parameters
    ----------
    rep, customer : (v,) int
    week : (v,) int, week
        In which it is the customer's turn.
    early, late : (v,) int, weeks
        By which it may come before or after its turn.
    motive : (v,) int
        See :class:`twin.planning.targets.Motive`.
    chain, step : (v,) int
        Contact of a journey that the visit is; -1 for none.
    visit_id : (v,) str
        Name that it has already; empty for none.
    day : (v,) datetime64[D]
        On which it was announced; ``NaT`` for none.
    begin : (v,) int, minutes of the day
        Announced; -1 for none.
    locked : (v,) bool
        It is made as announced and not otherwise.
    first_day : (v,) datetime64[D]
        Not earlier than this.
    """

    rep: NDArray[np.int64]
    customer: NDArray[np.int64]
    week: NDArray[np.int64]
    early: NDArray[np.int64]
    late: NDArray[np.int64]
    motive: NDArray[np.int64]
    chain: NDArray[np.int64]
    step: NDArray[np.int64]
    visit_id: NDArray[np.str_]
    day: NDArray[np.datetime64]
    begin: NDArray[np.int64]
    locked: NDArray[np.bool_]
    first_day: NDArray[np.datetime64]

    def __post_init__(self) -> None:
        if len({len(getattr(self, each.name)) for each in fields(self)}) > 1:
            raise ValueError("claims: expected columns of equal length")

    def __len__(self) -> int:
        return len(self.rep)

    def take(self, rows: NDArray) -> Claims:
        """Some of them."""
        return Claims(**{each.name: getattr(self, each.name)[rows] for each in fields(self)})


LeftOut = tuple[tuple[int, int, int, str], ...]
"""(rep, customer, week, reason) of visits that were asked for and have no place."""


@dataclass(frozen=True)
class Wanted:
    """What a plan begins from.

    Parameters
    ----------
    claims : Claims
    most : (r, w) int, visits
        Of each rep in each week.
    left_out : tuple of (rep, customer, week, reason)
        Asked for, but beyond capacity.
    spare : int
        Visits for which there is capacity, but nobody whose turn it is.
    """

    claims: Claims
    most: NDArray[np.int64]
    left_out: LeftOut = ()
    spare: int = 0


def wanted(ground: Ground) -> Wanted:
    """Live through the weeks of a plan and take everybody's turn.

    Parameters
    ----------
    ground : Ground

    Returns
    -------
    Wanted
    """
    return _Taker(ground).take()


def new_claims(n: int, **known: NDArray) -> Claims:
    """Claims that nobody has announced: what is not named has its plainest value."""
    nothing = np.zeros(n, dtype=np.int64)
    plain = {
        "early": nothing, "late": nothing, "motive": nothing, "chain": nothing - 1, "step": nothing - 1,
        "visit_id": np.full(n, "", dtype="U20"), "day": np.full(n, np.datetime64("NaT", "D")), "begin": nothing - 1,
        "locked": np.zeros(n, dtype=bool), "first_day": np.full(n, np.datetime64("1900-01-01", "D")),
    }  # fmt: skip
    return Claims(**{**plain, **known})


class _Taker:
    def __init__(self, ground: Ground) -> None:
        self.ground = ground
        n_reps = len(ground.conditions.rep_ids)
        self.capacity = visit_capacity(ground.conditions)
        self.credit, self.unknown_credit = np.zeros(n_reps), np.zeros(n_reps)
        self.turns = Turns(ground.aims, ground.market.start.last_visit)
        self.diary = JourneyDiary(ground.market, ground.conditions, self.turns, int(ground.weeks[0]))
        wished = np.flatnonzero((ground.rep >= 0) & (ground.aims.eligible | ground.aims.promised))
        by_rep = wished[np.argsort(ground.rep[wished], kind="stable")]
        self.books = np.split(by_rep, np.searchsorted(ground.rep[by_rep], np.arange(1, n_reps)))
        self.parts: list[NDArray[np.int64]] = []
        self.left_out: list[tuple[int, int, int, str]] = []
        self.most = np.zeros((n_reps, len(ground.weeks)), dtype=np.int64)
        self.spare = 0

    def take(self) -> Wanted:
        ground = self.ground
        usual = len(ground.settings.weekdays)
        for w, week in enumerate(ground.weeks.tolist()):
            mine = ground.calendar.week == week
            full = float(ground.calendar.part[mine].sum()) / usual
            part = (ground.works[:, mine] * ground.calendar.part[mine]).sum(axis=1) / usual
            self.turns.open_week(full)
            self.diary.open_week(week)
            for r, book in enumerate(self.books if full > 0.0 else ()):
                self._rep_week(r, book, w, week, float(part[r]))
        table = np.concatenate([*self.parts, np.zeros((0, 6), dtype=np.int64)])
        names = ("rep", "customer", "week", "motive", "chain", "step")
        columns = {name: table[:, k] for k, name in enumerate(names)}
        slack = slack_of(ground.aims.rate[columns["customer"]])
        # what a journey waits for, or a visit that prepares nothing, keeps to its week
        slack = np.where(columns["chain"] >= 0, 0, slack)
        claims = new_claims(len(table), **columns, early=slack, late=slack)
        return Wanted(claims, self.most, tuple(self.left_out), self.spare)

    def _rep_week(self, r: int, book: NDArray[np.int64], w: int, week: int, part: float) -> None:
        self.credit[r] += self.capacity[r, week - self.ground.market.first_week] * part
        visits = int(self.credit[r] + 1e-9) if part > 0.0 else 0
        self.credit[r] -= visits
        self.most[r, w] = visits
        chosen, motives, too_many = self.turns.promised(book, week, visits)
        self.left_out += [(r, c, week, "capacity") for c in too_many.tolist()]
        rest = visits - len(chosen)
        self.unknown_credit[r] += rest * self.ground.conditions.unknown_share
        to_unknown = min(int(self.unknown_credit[r] + 1e-9), rest)
        self.unknown_credit[r] -= to_unknown
        others, why_others = self.turns.fill(book, week, to_unknown, buys=False)
        buyers, why_buyers = self.turns.fill(book, week, rest - to_unknown, buys=True)
        customers = np.concatenate([chosen, others, buyers])
        self.spare += visits - len(customers)
        chain, step = self.diary.visited(customers, week)
        self.turns.visited(customers, week)
        same = np.ones(len(customers), dtype=np.int64)
        motive = np.concatenate([motives, why_others, why_buyers])
        self.parts.append(np.column_stack([r * same, customers, week * same, motive, chain, step]).astype(np.int64))


def slack_of(rate: NDArray[np.float64]) -> NDArray[np.int64]:
    """Weeks by which a visit may be early or late: a quarter of the usual time between two, at most two weeks."""
    return np.minimum(np.floor(0.25 / np.maximum(rate, 1e-9) + 1e-9), 2).astype(np.int64)
