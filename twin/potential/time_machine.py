"""Time machine: who was unknown at a past date is predicted as of then, and scored when it has been found since.

Beside it two masks of known customers, drawn at random and by size, mark the ends between which the truth lies: hiding
customers at random flatters, because the unknown are not unknown at random. Knows no file.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from twin.draws import Key, Purpose, uniforms
from twin.market.channels import VISIT
from twin.market.history import History, Sales
from twin.market.world import World
from twin.potential.evidence import last_year, weekly
from twin.potential.potential import Potential, intervals, learn_potential
from twin.weeks import NEVER, mondays

LEAST_WEEKS = 26
"""Weeks of purchases below which somebody who was found is not scored."""
MASKED = 0.2
"""Part of the known customers that a mask hides."""
_BEFORE_WEEKS = 13
_LISTED = 0.5
_FEW = 5


@dataclass(frozen=True)
class Score:
    """How well the potential of some customers was predicted.

    Parameters
    ----------
    who : str
        ``found``, ``found after a visit``, ``found after another contact``, ``came by itself``, ``random mask``,
        ``size-tilted mask``.
    n, n_category : int
        Scored customers; those of them whose whole purchases are audited.
    spearman_own, spearman_category : float
        Rank correlation of predicted volume with own sales, with category volume; ``nan`` with fewer than five.
    top_fifth : float
        Own sales of the fifth that was ranked highest, over those of the best fifth.
    total_error : float
        Predicted over seen category volume of the audited, less one; ``nan`` without.
    total_error_own : float
        The same against own sales, our share taken as it is among the known.
    inside_80 : float
        Part of the audited whose volume lay in its 80 % interval.
    """

    who: str
    n: int
    n_category: int
    spearman_own: float
    spearman_category: float
    top_fifth: float
    total_error: float
    total_error_own: float
    inside_80: float


def time_machine(world: World, history: History, week: int, n_draws: int = 20, seed: int = 0) -> tuple[Score, ...]:
    """Predict everybody as of ``week``, and score those who became known since then; both masks beside it.

    Parameters
    ----------
    world, history : World, History
        As known at the end.
    week : int, week
        What was known before it is all that the prediction may use.
    n_draws, seed : int

    Returns
    -------
    tuple of Score
        Empty where nobody was found.
    """
    people = world.population
    then = history.before(week)
    then_world = as_listed(world, then)
    known = people.known & (people.known_since >= week) & (people.known_since < history.origin)
    known &= np.minimum(people.left, history.origin) - people.known_since >= LEAST_WEEKS
    scores: list[Score] = []
    if known.sum() >= _FEW and len(then.own_sales):
        potential = learn_potential(then_world, then, n_draws, seed)
        own = _own_since(world, history)
        category = _category(world, history, week)
        channel = found_by(world, history)
        for who, rows in (("found", known), *((name, known & (channel == k)) for k, name in enumerate(CHANNELS))):
            scores.append(_score(who, np.flatnonzero(rows), potential, then_world, own, category))
    for who, power in (("random mask", 0.0), ("size-tilted mask", 1.0)):
        scores.append(score_mask(who, then_world, then, power, n_draws, seed))
    return tuple(score for score in scores if score.n >= _FEW)


def as_listed(world: World, then: History) -> World:
    """The world as of a past date, in which outlets that no list held by then have no part of their brick's total.

    Most of them had not opened. They are predicted all the same, from what they are and where they stand, but would
    else take from their neighbours what those bought, and be given it.

    Parameters
    ----------
    world : World
        As known at the end.
    then : History
        As known at its origin.
    """
    people = world.population
    later = people.known & (people.known_since >= then.origin)
    later[then.panel.unit] = False
    if people.on_register is not None:  # the register bears no dates: whom it holds it may have held then
        later &= people.on_register < _LISTED
    before = world.as_of(then.origin)
    brick = np.where(later, -1, people.brick).astype(np.int32)
    return replace(before, population=replace(before.population, brick=brick))


CHANNELS = ("found after a visit", "found after another contact", "came by itself")


def found_by(world: World, history: History) -> NDArray[np.int64]:
    """What the last quarter before a customer became known held: (c,) int, index into :data:`CHANNELS`."""
    touches, since = history.touches, world.population.known_since
    near = (touches.week <= since[touches.customer]) & (touches.week > since[touches.customer] - _BEFORE_WEEKS)
    n = len(since)
    visited = np.bincount(touches.customer[near & (touches.channel == VISIT)], minlength=n) > 0
    contacted = np.bincount(touches.customer[near], minlength=n) > 0
    return np.where(visited, 0, np.where(contacted, 1, 2))


def score_mask(who: str, world: World, history: History, power: float, n_draws: int, seed: int) -> Score:
    """Hide a fifth of the known customers, predict them like unknown ones, and score.

    Parameters
    ----------
    who : str
    world, history : World, History
    power : float
        How the chance to be hidden falls with size: 0 at random, 1 in inverse proportion to own sales.
    n_draws, seed : int
    """
    people = world.population
    window = last_year(history.own_sales)
    n = len(people)
    nothing = Score(who, 0, 0, *[float("nan")] * 6)
    if window is None:
        return nothing
    own = np.where(people.known, weekly(history.own_sales, n, world.brands.own, window), 0.0)
    buyers = np.flatnonzero(people.known & (own > 0) & (people.left == NEVER))
    if len(buyers) < 50:
        return nothing
    # Gumbel numbers: a sample without replacement whose chances are the weights
    u = uniforms(Key(seed), Purpose.WORLD, 0, people.entity[buyers], 1)[0]
    rank = -np.log(-np.log(u)) - power * np.log(own[buyers])
    hidden = np.zeros(n, dtype=bool)
    hidden[buyers[np.argsort(-rank, kind="stable")[: int(MASKED * len(buyers))]]] = True
    masked, left = hide(world, history, hidden)
    potential = learn_potential(masked, left, n_draws, seed)
    category = np.full(n, np.nan)
    if (year := last_year(history.panel)) is not None:
        members = np.unique(history.panel_members)
        category[members] = weekly(history.panel, n, np.ones(len(world.brands), dtype=bool), year)[members]
    return _score(who, np.flatnonzero(hidden), potential, masked, own, category)


def hide(world: World, history: History, hidden: NDArray[np.bool_]) -> tuple[World, History]:
    """The same world and history with some known customers unknown: neither books nor panel show them."""
    people = world.population
    blind = replace(
        people,
        known=people.known & ~hidden,
        known_since=np.where(hidden, NEVER, people.known_since).astype(np.int32),
        left=np.where(hidden, NEVER, people.left).astype(np.int32),
    )

    def without(sales: Sales) -> Sales:
        keep = ~hidden[sales.unit]
        return Sales(sales.unit[keep], sales.period[keep], sales.brand[keep], sales.volume[keep], sales.periods)

    members = history.panel_members[~hidden[history.panel_members]]
    return replace(world, population=blind), replace(
        history, own_sales=without(history.own_sales), panel=without(history.panel), panel_members=members
    )


def _own_since(world: World, history: History) -> NDArray[np.float64]:
    """Weekly own volume of each customer from the week in which it became known: (c,) float, units per week."""
    people, own = world.population, history.own_sales
    total = np.bincount(own.unit, own.volume * world.brands.own[own.brand], len(people))
    weeks = np.minimum(people.left, history.origin) - np.maximum(people.known_since, history.first_week)
    return total / np.maximum(weeks, 1)


def _category(world: World, history: History, week: int) -> NDArray[np.float64]:
    """Weekly category volume of panel members after ``week``: (c,) float, units per week; ``nan`` for others."""
    n, panel = len(world.population), history.panel
    seen = np.full(n, np.nan)
    members = np.intersect1d(history.panel_members, panel.unit)
    if not len(members):
        return seen
    # an outlet may have opened in between: its weeks count from the first that shows it
    since = np.full(n, len(panel.periods))
    np.minimum.at(since, panel.unit, panel.period)
    since = np.maximum(since, np.searchsorted(panel.periods.start, mondays(np.int32(week))))
    inside = panel.period >= since[panel.unit]
    volume = np.bincount(panel.unit[inside], panel.volume[inside], n)
    days = (panel.periods.stop[-1] - panel.periods.start[np.minimum(since, len(panel.periods) - 1)]).astype(np.int64)
    lasting = members[days[members] >= 7 * LEAST_WEEKS]
    seen[lasting] = volume[lasting] * 7.0 / days[lasting]
    return seen


def _score(
    who: str, rows: NDArray[np.int64], potential: Potential, world: World, own: NDArray, category: NDArray
) -> Score:
    """Compare predictions of ``rows`` with what was seen of them."""
    predicted = potential.mean[rows]
    low, high = intervals(potential, world)
    seen = category[rows]
    audited = np.isfinite(seen) & (seen > 0)
    share = potential.known_own_share
    top = max(len(rows) // 5, 1)
    best = np.sort(own[rows])[-top:].sum() if len(rows) else 0.0
    chosen = own[rows][np.argsort(predicted)[-top:]].sum() if len(rows) else 0.0
    inside = ((seen >= low[rows]) & (seen <= high[rows]))[audited]
    sold = own[rows].sum()
    return Score(
        who, len(rows), int(audited.sum()), _rank(predicted, own[rows]), _rank(predicted[audited], seen[audited]),
        float(chosen / best) if best > 0 else float("nan"),
        float(predicted[audited].sum() / seen[audited].sum() - 1.0) if audited.sum() >= _FEW else float("nan"),
        float(predicted.sum() * share / sold - 1.0) if sold > 0 and share > 0 else float("nan"),
        float(inside.mean()) if audited.sum() >= _FEW else float("nan"),
    )  # fmt: skip


def _rank(a: NDArray, b: NDArray) -> float:
    if len(a) < _FEW or np.ptp(a) == 0 or np.ptp(b) == 0:
        return float("nan")
    return float(stats.spearmanr(a, b).statistic)
