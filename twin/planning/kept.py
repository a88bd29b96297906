"""Kept plans: what a plan that was announced still wants when it is made again.

Its visits are the claims; those before a day stay as they are, those of absent reps come later. Chooses nobody anew.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twin.errors import PlanError
from twin.market.channels import VISIT
from twin.planning.claims import Claims, LeftOut, Wanted, new_claims, slack_of
from twin.planning.ground import Ground
from twin.weeks import week_of


@dataclass(frozen=True)
class Unplaced:
    """Visits that an announced plan was asked for and had no place for.

    Parameters
    ----------
    rep_id, customer_id : (u,) str
    week : (u,) datetime64[D]
        Monday of the week in which each was wanted.
    reason : (u,) str
        One of the keys of :data:`twin.planning.reasons.UNSERVED`.
    """

    rep_id: NDArray[np.str_]
    customer_id: NDArray[np.str_]
    week: NDArray[np.datetime64]
    reason: NDArray[np.str_]

    def __len__(self) -> int:
        return len(self.customer_id)


@dataclass(frozen=True)
class Kept:
    """Visits of a plan that was announced, a person's changes included.

    Parameters
    ----------
    visit_id : (v,) str
        Empty for a visit that is new.
    rep_id, customer_id : (v,) str
    day : (v,) datetime64[D]
    begin : (v,) int, minutes of the day
        -1 for any.
    motive : (v,) int
        See :class:`twin.planning.targets.Motive`.
    chain, step : (v,) int
    locked : (v,) bool
        Stays on its day and, where one is named, at its hour.
    from_day : datetime.date, optional
        First day of which anything may change.
    unplaced : Unplaced, optional
        What the plan could not place, where that is known.
    """

    visit_id: NDArray[np.str_]
    rep_id: NDArray[np.str_]
    customer_id: NDArray[np.str_]
    day: NDArray[np.datetime64]
    begin: NDArray[np.int64]
    motive: NDArray[np.int64]
    chain: NDArray[np.int64]
    step: NDArray[np.int64]
    locked: NDArray[np.bool_]
    from_day: dt.date | None = None
    unplaced: Unplaced | None = None


def still_wanted(ground: Ground, kept: Kept) -> Wanted:
    """The visits of an announced plan as claims.

    Parameters
    ----------
    ground : Ground
    kept : Kept

    Returns
    -------
    Wanted

    Raises
    ------
    PlanError
        When a rep or a customer of the plan is not there any more, or a day is outside of the plan.
    """
    rep = _rows(kept.rep_id, ground.conditions.rep_ids, "rep_id")
    customer = _rows(kept.customer_id, ground.world.population.ids, "customer_id")
    week = week_of(kept.day).astype(np.int64)
    outside = (week < ground.weeks[0]) | (week > ground.weeks[-1])
    if outside.any():
        raise PlanError(
            f"plan to keep: expected days of the plan's weeks, found {kept.day[outside][0]}. "
            "Keep the plan's start and weeks."
        )
    first = np.datetime64(kept.from_day or "1900-01-01", "D")
    over = kept.day < first
    late = np.minimum(np.maximum(slack_of(ground.aims.rate[customer]), 1), ground.weeks[-1] - week)
    claims = new_claims(
        len(rep), rep=rep, customer=customer, week=week, late=late, motive=kept.motive, chain=kept.chain,
        step=kept.step, visit_id=kept.visit_id, day=kept.day, begin=kept.begin, locked=kept.locked | over,
        first_day=np.where(over, kept.day, first),
    )  # fmt: skip
    return Wanted(claims, _most(ground, claims), _still_left_out(ground, kept.unplaced))


def _still_left_out(ground: Ground, unplaced: Unplaced | None) -> LeftOut:
    """What found no place and is wanted still: (rep, customer, week, reason) of each.

    Nobody is chosen anew, so nobody who was left out may drop from the list: it would read as if all had found a place.
    Gone are wishes of whoever is listed no more, may not be visited now, or is left out by the scenario.
    """
    if unplaced is None or not len(unplaced):
        return ()
    reps, customers = (
        {name: row for row, name in enumerate(listed.tolist())}
        for listed in (ground.conditions.rep_ids, ground.world.population.ids)
    )
    weeks = week_of(unplaced.week).tolist()
    rows = zip(unplaced.rep_id.tolist(), unplaced.customer_id.tolist(), weeks, unplaced.reason.tolist(), strict=True)
    people = ground.world.population
    wished = people.consent[VISIT] & (ground.aims.promised | ~(ground.conditions.dropped & people.known))
    return tuple(
        (reps[rep], customers[customer], int(week), reason)
        for rep, customer, week, reason in rows
        if rep in reps and customer in customers and wished[customers[customer]]
        and ground.weeks[0] <= week <= ground.weeks[-1]
    )  # fmt: skip


def _most(ground: Ground, claims: Claims) -> NDArray[np.int64]:
    """Visits of each rep in each week: those that were announced, and room to catch up on the days that are lost."""
    n_reps, n_weeks = len(ground.conditions.rep_ids), len(ground.weeks)
    cell = claims.rep * n_weeks + claims.week - ground.weeks[0]
    announced = np.bincount(cell, minlength=n_reps * n_weeks).reshape(n_reps, n_weeks)
    at = np.minimum(np.searchsorted(ground.calendar.day, claims.day), len(ground.calendar) - 1)
    lost = ~ground.works[claims.rep, at] | (ground.calendar.day[at] != claims.day)
    return announced + np.bincount(claims.rep, lost, n_reps).astype(np.int64)[:, None]


def _rows(names: NDArray[np.str_], listed: NDArray[np.str_], what: str) -> NDArray[np.int64]:
    """Rows of a list in which names stand: (n,) int."""
    order = np.argsort(listed, kind="stable")
    at = np.minimum(np.searchsorted(listed[order], names), max(len(listed) - 1, 0))
    strange = listed[order][at] != names if len(listed) else np.ones(len(names), bool)
    if strange.any():
        raise PlanError(
            f"plan to keep, {what}: expected one of the market's, found {str(names[strange][0])!r}. "
            "Make a new plan, or keep one that was made on this calibration."
        )
    return order[at].astype(np.int64)
