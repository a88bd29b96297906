"""Choices of single customers: the parts of the week's law that decided on stage and orders, read from its formulas.

In the precision and with the draws of the week itself, so that what is said here is what happened, to the last bit.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin import draws
from twin.draws import Purpose
from twin.market.channels import VISIT
from twin.response import attraction, journey, law, orders
from twin.response.elementary import log1p, whole_power
from twin.response.journey import Stage

if TYPE_CHECKING:
    from twin.agents.crowd import Week
    from twin.agents.model import TwinModel

_FATE, _ORDERS = 1, 3
"""Words of :attr:`twin.draws.Purpose.WEEK`."""


class Before(NamedTuple):
    """Some customers as the week finds them, axis i; columns as in :class:`twin.engine.columns.State`."""

    stage: NDArray[np.uint8]
    goodwill: NDArray[np.float32]
    habit: NDArray[np.float32]
    handover: NDArray[np.float32]
    heard: NDArray[np.float32]


class Moves(NamedTuple):
    """What became of the stage of some customers in a week, axis i.

    Parameters
    ----------
    before, drawn, after : (i,) uint8
        Stage as the week began, after its fate was drawn, and after the orders.
    fate : (i,) float32 in (0, 1]
        The stage changes when it lies below the chance.
    chance : (i,) float32
        Of being found, lost or won back, whichever the stage allows.
    base, by_visit, by_word : (i,) float32
        Parts of the chance. Of being found: inbound, by visits, by word of mouth; they join as independent causes. Of
        being lost: without contact, then by what goodwill multiplies it, then nothing. Of being won back: by visits.
    heard : (i,) float32
        Part of the neighbours who buy from us.
    goodwill_before, goodwill : (i,) float32, visits
    pressure : (i,) float32, contacts per 13 weeks
    """

    before: NDArray[np.uint8]
    drawn: NDArray[np.uint8]
    after: NDArray[np.uint8]
    fate: NDArray[np.float32]
    chance: NDArray[np.float32]
    base: NDArray[np.float32]
    by_visit: NDArray[np.float32]
    by_word: NDArray[np.float32]
    heard: NDArray[np.float32]
    goodwill_before: NDArray[np.float32]
    goodwill: NDArray[np.float32]
    pressure: NDArray[np.float32]


class Purchases(NamedTuple):
    """What some customers ordered in a week, axes j, i.

    Parameters
    ----------
    share : (j, i) float32
    probability : (j, i) float32
        Of an order.
    draw : (j, i) float32 in (0, 1]
        An order comes when it lies below the probability; the smaller, the larger the order.
    expected, volume : (j, i) float32, units
    lift : (i,) float32, utility
        What our own acts add to our brands: goodwill, fatigue, trial, change of rep.
    """

    share: NDArray[np.float32]
    probability: NDArray[np.float32]
    draw: NDArray[np.float32]
    expected: NDArray[np.float32]
    volume: NDArray[np.float32]
    lift: NDArray[np.float32]


def before(model: TwinModel, rows: NDArray[np.int64]) -> Before:
    """Customers before they feel the week."""
    state, terrain = model.crowd.state, model.crowd.terrain
    return Before(
        stage=state.stage[rows],
        goodwill=state.goodwill[rows],
        habit=state.habit[:, rows],
        handover=state.handover[rows] if len(state.handover) else np.zeros(len(rows), np.float32),
        heard=state.heard[rows].astype(np.float32) * terrain.hears[rows],
    )


def choices_of(model: TwinModel, week: Week, rows: NDArray[np.int64], was: Before) -> tuple[Moves, Purchases]:
    """Moves and purchases of a week that has just been lived."""
    words = draws.units(
        model.key, Purpose.WEEK, model.week, model.crowd.entity[rows], _ORDERS + len(week.volume_of_each)
    )
    moves = _moves(model, week, rows, was, words[_FATE])
    return moves, _purchases(model, week, rows, was, moves, words[_ORDERS:])


def _moves(
    model: TwinModel, week: Week, rows: NDArray[np.int64], was: Before, fate: NDArray[np.float32]
) -> Moves:  # fmt: skip
    c, state, visits = model.crowd.coefficients, model.crowd.state, week.contacts_of_each[VISIT, rows]
    stock, nothing = state.goodwill[rows], np.zeros(len(rows), np.float32)
    unaware, ours, lapsed = was.stage == Stage.UNAWARE, journey.considers_us(was.stage), was.stage == Stage.LAPSED
    finds = journey.discovery(c.discovery_base, c.discovery_visit, c.discovery_word, visits, was.heard)
    leaves = journey.loss(c.loss, c.loss_contact, stock)
    returns = journey.winback(c.winback, visits)
    chance = np.select([unaware, ours, lapsed], [finds, leaves, returns])
    drawn = np.where(
        fate < chance, np.select([unaware, ours, lapsed], [Stage.TRIAL, Stage.LAPSED, Stage.REPEAT]), was.stage
    )
    by_visit = 1 - whole_power(nothing + (1 - c.discovery_visit), visits)
    return Moves(
        before=was.stage,
        drawn=drawn.astype(np.uint8),
        after=state.stage[rows],
        fate=fate,
        chance=chance,
        base=np.select([unaware, ours], [nothing + c.discovery_base, nothing + c.loss], 0).astype(np.float32),
        by_visit=np.select([unaware, ours, lapsed], [by_visit, np.exp(np.log(c.loss_contact) * log1p(stock)), returns]),
        by_word=np.where(unaware, c.discovery_word * was.heard, nothing),
        heard=was.heard,
        goodwill_before=was.goodwill,
        goodwill=stock,
        pressure=state.pressure[rows],
    )


def _purchases(
    model: TwinModel, week: Week, rows: NDArray[np.int64], was: Before, moves: Moves, draw: NDArray[np.float32]
) -> Purchases:
    c, terrain, shift = model.crowd.coefficients, model.crowd.terrain, model.brand_shift.astype(np.float32)
    considers = journey.considers_us(moves.drawn)
    keen = terrain.keen[rows] if len(terrain.keen) else np.float32(1.0)
    lift = law.own_lift(c, moves.goodwill, moves.pressure, moves.drawn == Stage.TRIAL, was.handover, keen)
    utility = law.utility(terrain.base[:, rows], c.habit, was.habit, shift[:, None])
    utility[: terrain.n_own] += lift
    pull = attraction.pull(utility, np.arange(len(utility))[:, None] >= terrain.n_own)
    pull[: terrain.n_own] = attraction.pull(utility[: terrain.n_own], considers)
    total = np.zeros(len(rows), np.float32)
    for one in pull:  # brand by brand: single precision depends on the order of adding
        total += one
    share = pull * attraction.one_over(total)
    probability = orders.ordering_probability(share, terrain.orders[rows])
    wanted = terrain.volume[rows] * np.float32(model.demand_now())
    if len(terrain.usual):
        wanted *= attraction.category_factor(total, terrain.usual[rows], c.outside)
    return Purchases(
        share=share,
        probability=probability,
        draw=draw,
        expected=share * wanted,
        volume=week.volume_of_each[:, rows],
        lift=lift,
    )
