"""Paths, compiled: what a customer is expected to buy under each steady programme, step by step over the horizon.

Short loops without branches over blocks of customers, one programme and one parameter draw at a time; every equation
stands in :mod:`twin.response` and is written in here. Single precision, summed in double.

The columns at work lie one behind the other in one piece of memory, :data:`BLOCK` numbers each: a compiler then sees
that they do not overlap, and turns the loops into vector instructions.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.engine.compiling import compiled
from twin.response import attraction, goodwill, journey, law, orders, steady

_F = np.float32
_ZERO, _ONE, _NOBODY = np.float32(0.0), np.float32(1.0), np.float32(1e-30)
BLOCK = 256
"""Customers a block."""
(
    _WORTH, _WORD, _STOCK0, _PRESSURE0, _VOLUME, _KEEN, _USUAL, _RHYTHM, _REMOTE_WORTH, _REMOTE_VARIANCE, _REMOTE,
    _NUMBER, _UNAWARE, _NEW, _REGULAR, _LAPSED, _VISITS, _SPREAD, _STOCK, _PRESSURE, _VARIANCE, _FOUND, _BACK, _LOST,
    _LIFT, _SHARE, _OURS, _GOAL, _RIVALS, _CONVINCED, _TRYING, _ORDER, _TRIED, _TRIAL_WEEKS, _REGULAR_WEEKS, _BEFORE,
    _SOLD,
) = range(0, 37 * BLOCK, BLOCK)  # fmt: skip
_BRANDS, _BRAND = 37 * BLOCK, 4 * BLOCK
"""From here on, brand by brand: base utility, newcomer's habit, habit, attraction."""
_BASE, _NEWCOMER, _HABIT, _PULL = 0, BLOCK, 2 * BLOCK, 3 * BLOCK
_PRESSURE_WEEKS, _KEPT = np.float32(goodwill.PRESSURE_WEEKS), 1.0 - 1.0 / attraction.HABIT_WEEKS


class Customers(NamedTuple):
    """Customers under one draw, as the law needs them.

    Parameters
    ----------
    traits : (8, c) float32
        Worth of a visit after its fit (visits); part of the neighbours that buy from us; goodwill (visits) and pressure
        (contacts per 13 weeks) at the start; category volume (units per week); responsiveness; usual attraction of all
        brands; orders of the category (per week).
    stage : (4, c) float32
        1 in the row where the customer stands at the start, else 0; see :class:`twin.response.journey.Stage`.
    brands : (j, 3, c) float32
        Base utility; habit of whoever begins to buy from us; habit at the start. Ours first.
    ways : (o, 4, c) float32
        All other contacts under each way of using other channels: their worth (visits a week), the variance of a stock
        fed by them (visits squared), the chance of any and their number (a week).
    """

    traits: NDArray[np.float32]
    stage: NDArray[np.float32]
    brands: NDArray[np.float32]
    ways: NDArray[np.float32]


class Calendar(NamedTuple):
    """The steps of the horizon under one draw.

    Parameters
    ----------
    weeks : (t,) int64
        Of each step.
    demand : (t,) float32
        Mean factor on the category.
    shift : (t, j) float32, utility
        Campaigns.
    stock_gone, pressure_gone, spread_gone : (t,) float32
        Part of the way from the start to the settled state that is behind by the middle of a step.
    goal : (j,) float32
        Worth of a unit of each brand of ours; zero for rivals'.
    """

    weeks: NDArray[np.int64]
    demand: NDArray[np.float32]
    shift: NDArray[np.float32]
    stock_gone: NDArray[np.float32]
    pressure_gone: NDArray[np.float32]
    spread_gone: NDArray[np.float32]
    goal: NDArray[np.float32]


@compiled
def brand(j, x):
    """Columns of one brand."""
    first = _BRANDS + j * _BRAND
    return x[first : first + _BRAND]


@compiled
def settle(c, n, x):
    """Stock, pressure and variance in which a programme settles, and what it does to the journey."""
    for i in range(n):
        v, worth, remote = x[_VISITS + i], x[_WORTH + i], x[_REMOTE + i]
        added = steady.expected_inflow(worth, v, x[_REMOTE_WORTH + i], remote, c.synergy, c.memory)
        felt = steady.expected_contacts(v, x[_NUMBER + i], remote, c.memory)
        x[_STOCK + i] = added / (_ONE - c.carryover)
        x[_PRESSURE + i] = felt * _PRESSURE_WEEKS
        x[_VARIANCE + i] = x[_SPREAD + i] * worth * worth + x[_REMOTE_VARIANCE + i]
    for i in range(n):
        v = x[_VISITS + i]
        x[_FOUND + i] = steady.expected_discovery(
            c.discovery_base, c.discovery_visit, c.discovery_word, v, x[_WORD + i]
        )
        x[_BACK + i] = steady.expected_winback(c.winback, v)


@compiled
def lift(c, n, stock_gone, pressure_gone, spread_gone, x):
    """What our acts add to our brands, and the risk of a loss."""
    for i in range(n):
        stock = steady.settled(x[_STOCK0 + i], x[_STOCK + i], stock_gone)
        pressure = steady.settled(x[_PRESSURE0 + i], x[_PRESSURE + i], pressure_gone)
        keen = x[_KEEN + i]
        steepness = attraction.steepness(stock, c.coefficient, c.curvature) * keen
        unevenness = steady.uneven(x[_VARIANCE + i] * spread_gone, stock, steepness, c.curvature, x[_SHARE + i])
        x[_LIFT + i] = law.own_lift(c, stock, pressure, False, _ZERO, keen) - unevenness
        x[_LOST + i] = journey.loss(c.loss, c.loss_contact, stock)
        x[_OURS + i] = _ZERO
        x[_GOAL + i] = _ZERO
        x[_RIVALS + i] = _ZERO


@compiled
def attract_ours(n, weight, shift, worth, y, x):
    """Attraction of a brand of ours to somebody who considers us."""
    for i in range(n):
        utility = law.utility(y[_BASE + i], weight, y[_HABIT + i], shift) + x[_LIFT + i]
        y[_PULL + i] = attraction.pull(utility, True)
    for i in range(n):
        x[_OURS + i] = x[_OURS + i] + y[_PULL + i]
        x[_GOAL + i] = x[_GOAL + i] + y[_PULL + i] * worth


@compiled
def attract_rival(n, weight, shift, y, x):
    """Attraction of a rival's brand."""
    for i in range(n):
        utility = law.utility(y[_BASE + i], weight, y[_HABIT + i], shift)
        y[_PULL + i] = attraction.pull(utility, True)
    for i in range(n):
        x[_RIVALS + i] = x[_RIVALS + i] + y[_PULL + i]


@compiled
def divide(outside, doubt, n, x):
    """Share of ours, worth of a unit of demand of those convinced and of those who try, chance of their order."""
    for i in range(n):
        ours, goal, rivals, usual = x[_OURS + i], x[_GOAL + i], x[_RIVALS + i], x[_USUAL + i]
        whole = _ONE / (ours + rivals + _NOBODY)
        half = doubt / (ours * doubt + rivals + _NOBODY)
        more = attraction.category_factor(ours + rivals, usual, outside)
        x[_SHARE + i] = ours * whole * ((_ONE - outside) * more)  # what an outside option takes is not lost to rivals
        x[_RIVALS + i] = whole
        x[_CONVINCED + i] = goal * whole * more
        x[_TRYING + i] = goal * half * attraction.category_factor(ours * doubt + rivals, usual, outside)
        x[_ORDER + i] = orders.ordering_probability(ours * half, x[_RHYTHM + i])
        x[_BEFORE + i] = x[_NEW + i] + x[_TRIED + i] + x[_REGULAR + i]
        x[_TRIAL_WEEKS + i] = _ZERO
        x[_REGULAR_WEEKS + i] = _ZERO


@compiled
def move(n, x):
    """Journey of a week; the second week with an order makes a customer."""
    for i in range(n):
        new, tried, regular = x[_NEW + i], x[_TRIED + i], x[_REGULAR + i]
        unaware, lapsed, order = x[_UNAWARE + i], x[_LAPSED + i], x[_ORDER + i]
        arrive, come_back, stay = unaware * x[_FOUND + i], lapsed * x[_BACK + i], _ONE - x[_LOST + i]
        first, second, loyal = new * stay + arrive, tried * stay, regular * stay + come_back
        x[_UNAWARE + i] = unaware - arrive
        x[_LAPSED + i] = lapsed - come_back + (new + tried + regular) * x[_LOST + i]
        x[_TRIAL_WEEKS + i] = x[_TRIAL_WEEKS + i] + first + second
        x[_REGULAR_WEEKS + i] = x[_REGULAR_WEEKS + i] + loyal
        x[_NEW + i] = first * (_ONE - order)
        x[_TRIED + i] = second * (_ONE - order) + first * order
        x[_REGULAR + i] = loyal + second * order


@compiled
def sell(demand, n, x):
    """Add what is bought in a step, and note which part of the buyers stood there before it."""
    for i in range(n):
        bought = x[_CONVINCED + i] * x[_REGULAR_WEEKS + i] + x[_TRYING + i] * x[_TRIAL_WEEKS + i]
        x[_SOLD + i] = x[_SOLD + i] + x[_VOLUME + i] * demand * bought
        now = x[_NEW + i] + x[_TRIED + i] + x[_REGULAR + i]
        x[_BEFORE + i] = min(x[_BEFORE + i] / max(now, _NOBODY), _ONE)


@compiled
def learn(n, fade, y, x):
    """Habit of those who buy: a moving average of shares, thinned by newcomers."""
    for i in range(n):
        habit, newcomer = y[_HABIT + i], y[_NEWCOMER + i]
        formed = habit + (y[_PULL + i] * x[_RIVALS + i] - habit) * fade
        y[_HABIT + i] = newcomer + (formed - newcomer) * x[_BEFORE + i]


@compiled
def lay(columns, a, b, at, x):
    """Lay the customers ``a`` to ``b`` of some columns into the room, one column behind the other."""
    for row in range(columns.shape[0]):
        for i in range(b - a):
            x[at + row * BLOCK + i] = columns[row, a + i]


@compiled
def begin(people, a, b, x):
    """Lay out where customers stand at the start."""
    lay(people.stage, a, b, _UNAWARE, x)
    for j in range(people.brands.shape[0]):
        lay(people.brands[j], a, b, _BRANDS + j * _BRAND, x)
    for i in range(b - a):
        x[_TRIED + i] = _ZERO
        x[_SHARE + i] = _ZERO
        x[_SOLD + i] = _ZERO


@compiled
def follow(c, n, calendar, n_brands, n_own, x):
    """Follow the customers who are laid out through the horizon, under the programme that is laid out."""
    settle(c, n, x)
    doubt = attraction.pull(-c.trial_discount, True)
    for t in range(calendar.weeks.size):
        weeks = calendar.weeks[t]
        lift(c, n, calendar.stock_gone[t], calendar.pressure_gone[t], calendar.spread_gone[t], x)
        for j in range(n_own):
            attract_ours(n, c.habit, calendar.shift[t, j], calendar.goal[j], brand(j, x), x)
        for j in range(n_own, n_brands):
            attract_rival(n, c.habit, calendar.shift[t, j], brand(j, x), x)
        divide(c.outside, doubt, n, x)
        for _ in range(weeks):
            move(n, x)
        sell(calendar.demand[t], n, x)
        fade = _F(1.0 - _KEPT**weeks)
        for j in range(n_brands):
            learn(n, fade, brand(j, x), x)


@compiled
def price(c, people, calendar, n_own, visits, spread, value):
    """Add the expected worth of every programme under one draw to ``value``.

    Parameters
    ----------
    c : Coefficients
    people : Customers
    calendar : Calendar
    n_own : int
    visits, spread : (l, n) float32, visits per week; contacts squared
        Rate of each level of visits, and variance that its rhythm or its chance gives the stock.
    value : (o, l, n) float64
    """
    many, n_brands = value.shape[2], people.brands.shape[0]
    x = np.zeros(_BRANDS + n_brands * _BRAND, np.float32)
    for a in range(0, many, BLOCK):
        b = min(a + BLOCK, many)
        lay(people.traits, a, b, _WORTH, x)
        for o in range(value.shape[0]):
            lay(people.ways[o], a, b, _REMOTE_WORTH, x)
            for k in range(value.shape[1]):
                lay(visits[k : k + 1], a, b, _VISITS, x)
                lay(spread[k : k + 1], a, b, _SPREAD, x)
                begin(people, a, b, x)
                follow(c, b - a, calendar, n_brands, n_own, x)
                for i in range(b - a):
                    value[o, k, a + i] += np.float64(x[_SOLD + i])
