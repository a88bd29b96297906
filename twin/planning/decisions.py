"""Decisions: visits that a person has locked, moved, added or dropped, among those that a plan wants.

Knows neither roads nor rules: whether a decision can be kept is for the checker to say.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

import numpy as np
from numpy.typing import NDArray

from twin.errors import PlanError
from twin.planning.claims import Claims, LeftOut, Wanted, new_claims, slack_of
from twin.planning.ground import Ground
from twin.planning.targets import Motive
from twin.weeks import week_of_date

KINDS = ("lock", "move", "add", "drop")


@dataclass(frozen=True)
class Decision:
    """What a person has decided about one visit.

    Parameters
    ----------
    kind : str
        One of :data:`KINDS`.
    customer_id, rep_id : str
    day : datetime.date
        Of the visit from now on; of a dropped one, where it stood.
    begin : int, minutes of the day
        -1 for any.
    visit_id : str
        Of the visit; empty where it has no name yet.
    """

    kind: str
    customer_id: str
    rep_id: str
    day: dt.date
    begin: int = -1
    visit_id: str = ""

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"decision: expected one of {', '.join(KINDS)}, got {self.kind!r}")


def decided(ground: Ground, wanted: Wanted, decisions: Sequence[Decision]) -> Wanted:
    """What is wanted, as a person's decisions leave it.

    Parameters
    ----------
    ground : Ground
    wanted : Wanted
    decisions : sequence of Decision

    Returns
    -------
    Wanted

    Raises
    ------
    PlanError
        For a customer or rep who is not there, or a day outside of the plan.
    """
    claims, most, left_out = wanted.claims, wanted.most.copy(), wanted.left_out
    for decision in decisions:
        customer = _row(ground.world.population.ids, decision.customer_id, "customer_id")
        rep = _row(ground.conditions.rep_ids, decision.rep_id, "rep_id")
        week = week_of_date(decision.day)
        if not ground.weeks[0] <= week <= ground.weeks[-1]:
            raise PlanError(
                f"{decision.kind} of {decision.customer_id}: expected a day of the plan, found {decision.day}."
            )
        mine = _meant(claims, customer, week, decision)
        others = np.setdiff1d(np.arange(len(claims)), mine)
        rest = claims.take(others)
        if decision.kind != "drop":
            old = claims.take(mine) if len(mine) else None
            rest = _joined(rest, _fixed(decision, customer, rep, week, old))
            most[rep, week - ground.weeks[0]] += 1
            if not len(mine):
                left_out = _without_one(ground, left_out, customer, week)
        claims = rest
    return replace(wanted, claims=claims, most=most, left_out=left_out)


def _without_one(ground: Ground, left_out: LeftOut, customer: int, week: int) -> LeftOut:
    """What was left out without the customer's wish that a visit of this week meets; all of it where there is none."""
    slack = max(int(slack_of(ground.aims.rate[[customer]])[0]), 1)
    near = [(abs(wish[2] - week), place) for place, wish in enumerate(left_out)
            if wish[1] == customer and abs(wish[2] - week) <= slack]  # fmt: skip
    met = min(near)[1] if near else -1
    return tuple(wish for place, wish in enumerate(left_out) if place != met)


def _meant(claims: Claims, customer: int, week: int, decision: Decision) -> NDArray[np.int64]:
    """The claim that a decision is about: by name, else the customer's of that week; none for what is added."""
    named = np.flatnonzero((claims.visit_id == decision.visit_id) & (decision.visit_id != ""))
    if len(named) or decision.kind == "add":
        return named
    near = np.flatnonzero((claims.customer == customer) & ~claims.locked)
    off = np.abs(claims.week[near] - week)
    close = off <= np.maximum(claims.early[near], claims.late[near])
    return near[close][np.argsort(off[close], kind="stable")][:1]


def _fixed(decision: Decision, customer: int, rep: int, week: int, old: Claims | None) -> Claims:
    """A claim that stands where a person has put it."""
    begin = decision.begin
    if decision.kind == "lock" and begin < 0 and old is not None and old.day[0] == np.datetime64(decision.day):
        begin = int(old.begin[0])
    one = np.ones(1, dtype=np.int64)
    plain = old or new_claims(1, rep=one * rep, customer=one * customer, week=one * week, motive=one * Motive.BY_HAND)
    return replace(
        plain,
        rep=one * rep,
        week=one * week,
        early=0 * one,
        late=0 * one,
        day=np.array([decision.day], dtype="datetime64[D]"),
        begin=one * begin,
        locked=np.ones(1, dtype=bool),
    )


def _joined(a: Claims, b: Claims) -> Claims:
    return Claims(**{each.name: np.concatenate([getattr(a, each.name), getattr(b, each.name)]) for each in fields(a)})


def _row(listed: NDArray[np.str_], name: str, what: str) -> int:
    at = np.flatnonzero(listed == name)
    if not len(at):
        raise PlanError(f"edit, {what}: expected one of the market's, found {name!r}. Leave the edit out.")
    return int(at[0])
