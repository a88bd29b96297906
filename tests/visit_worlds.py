"""Synthetic panels with a planted visit effect, for the tests of the visit response.

Demand has the functional form of the model, but lumpy sales, drifting territories and visits that follow size (and, on
request, demand) as the estimator may not assume away.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy import signal

from twin.draws import identity
from twin.market.channels import STANDARD
from twin.market.history import History, Sales, Touches
from twin.market.population import Population
from twin.market.world import Brands, Bricks, Reps, World
from twin.weeks import FAR_PAST, NEVER, Periods, mondays, periods_covering

FIRST = 2600
_NONE = np.empty(0, dtype=np.int32)
_BEFORE = 104
"""Weeks lived through before the record begins."""


@dataclass(frozen=True)
class Plan:
    """What is planted: effects are on log sales, carry-over per month, visits per month.

    ``curvature`` is that of the response, -1 the Hill curve; ``late_weeks`` how long reps take to answer to demand;
    ``tails`` the degrees of freedom of a Student's t of shocks to log sales; ``carryover_varies`` the spread of the
    logarithm of half-lives between territories; ``segment_effects`` factors on the effect, by the attribute ``kind``.
    """

    customers: int = 500
    weeks: int = 156
    territories: int = 12
    kind: str = "month"
    effect: float = 0.3
    monthly_carryover: float = 0.75
    visits: float = 1.0
    visits_follow_size: float = 0.8
    visits_follow_demand: float = 0.0
    capacity_swing: float = 0.0
    email_worth: float | None = None
    level: float = 0.0
    curvature: float = 0.0
    late_weeks: int = 0
    tails: float = 0.0
    carryover_varies: float = 0.0
    segment_effects: tuple[float, ...] = ()
    visits_follow_sales: float = 0.0


@dataclass(frozen=True)
class Truth:
    """What is true of the recorded weeks: elasticity of all sales to all visits, and of each segment's."""

    elasticity: float
    by_segment: tuple[float, ...]


def planted(plan: Plan, seed: int) -> tuple[World, History]:
    """One world and its history."""
    return planted_truth(plan, seed)[:2]


def planted_truth(plan: Plan, seed: int) -> tuple[World, History, Truth]:
    """One world, its history, and what is true in it."""
    rng = np.random.default_rng(seed)
    total = plan.weeks + _BEFORE
    territory = rng.integers(0, plan.territories, plan.customers)
    size = rng.normal(0, 1, plan.customers)
    demand = np.zeros((plan.customers, total))
    if plan.visits_follow_demand or plan.visits_follow_sales:
        keep = 0.8 ** (12 / 52.18)
        shocks = rng.normal(0, np.sqrt(1 - keep**2), (plan.customers, total))
        demand = 0.5 * signal.lfilter([1], [1, -keep], shocks, axis=1)
    swing = rng.normal(0, plan.capacity_swing, (plan.territories, total // 8 + 1)).repeat(8, axis=1)[:, :total]
    asked = np.roll(demand, plan.late_weeks, axis=1)
    log_rate = plan.visits_follow_size * size[:, None] + swing[territory] + plan.visits_follow_demand * asked
    rate = plan.visits / 4.348 * np.exp(log_rate - plan.visits_follow_size**2 / 2)
    contacts = {0: rng.poisson(np.minimum(rate, 5))}
    bought = np.empty(0)
    if plan.visits_follow_sales:
        contacts[0], bought = _followed(plan, rate, size, demand, rng)
    worth = {0: 1.0}
    if plan.email_worth is not None:
        waves = rng.normal(0, 0.5, (plan.customers, total // 8 + 1)).repeat(8, axis=1)[:, :total]
        contacts[3], worth[3] = rng.poisson(0.5 * np.exp(0.5 * size[:, None] + waves)), plan.email_worth
    rho = plan.monthly_carryover ** (12 / 52.18)
    if plan.carryover_varies:
        local = rho ** np.exp(rng.normal(0, plan.carryover_varies, plan.territories))[territory]
    else:
        local = np.full(plan.customers, rho)
    stocks = {h: _faded(contacts[h], local) for h in contacts}
    stock = sum(worth[h] * stocks[h] for h in contacts)
    drift = rng.normal(0, 0.02, (plan.territories, total)).cumsum(axis=1)[territory]
    season = 0.3 * np.sin(2 * np.pi * np.arange(total) / 52.18) + drift
    kind = np.arange(plan.customers) % max(len(plan.segment_effects), 1)
    effect = plan.effect * np.array(plan.segment_effects or (1.0,))[kind][:, None]
    q = plan.curvature
    warmth = ((1 + stock) ** q - 1) / q if q else np.log1p(stock)
    mean = np.exp(plan.level + size[:, None] + season + effect * warmth + demand)[:, _BEFORE:]
    lumpy = mean * rng.gamma(3, 1 / 3, mean.shape)
    if plan.tails:
        lumpy *= np.exp(0.5 * rng.standard_t(plan.tails, mean.shape).clip(-8, 8))
    sales = _sold(plan, bought[:, _BEFORE:] if bought.size else lumpy, None if bought.size else rng)
    slope = (effect * stocks[0] * (1 + stock) ** (q - 1))[:, _BEFORE:]
    truth = Truth(
        float((slope * mean).sum() / mean.sum()),
        tuple(float((slope * mean)[kind == g].sum() / mean[kind == g].sum()) for g in range(kind.max() + 1)),
    )
    touches = _touches({h: counts[:, _BEFORE:] for h, counts in contacts.items()}, territory)
    empty = Sales(_NONE, _NONE, _NONE.astype(np.int16), np.empty(0), sales.periods.before(np.datetime64("1970-01-01")))
    history = History(FIRST, FIRST + plan.weeks, touches, sales, empty, empty, _NONE, ())
    world = world_of(territory, plan.territories, FIRST + plan.weeks)
    if plan.segment_effects:
        named = {"kind": np.array([f"kind {g}" for g in kind], dtype=object)}
        world = replace(world, population=replace(world.population, attributes=named))
    return world, history, truth


def _faded(contacts: np.ndarray, rho: np.ndarray) -> np.ndarray:
    """Stock of each customer's contacts, forgotten at its own rate."""
    stock = np.empty(contacts.shape)
    for value in np.unique(rho):
        stock[rho == value] = signal.lfilter([1], [1, -value], contacts[rho == value], axis=1)
    return stock


def world_of(territory: np.ndarray, n_territories: int, origin: int) -> World:
    """A world of known customers without coordinates, one rep a territory."""
    n = len(territory)
    ids, unknown = np.array([f"C{row:05d}" for row in range(n)]), np.full(n, np.nan)
    population = Population(
        ids, identity(ids, "customer"), ids.astype(object), np.ones(n, bool), np.full(n, FAR_PAST, np.int32),
        np.full(n, NEVER, np.int32), np.full(n, -1, np.int32), territory.astype(np.int32), unknown, unknown,
        np.ones((len(STANDARD), n), bool), np.full(n, -1, np.int8), unknown, unknown, {},
    )  # fmt: skip
    reps = np.arange(n_territories, dtype=np.int32)
    names, nowhere = np.array([f"R{rep}" for rep in reps]), np.full(n_territories, np.nan)
    force = Reps(
        names, names.astype(object), reps, nowhere, nowhere, np.full(n_territories, 20.0),
        np.full(n_territories, FAR_PAST, np.int32), np.full(n_territories, NEVER, np.int32),
    )  # fmt: skip
    bricks = Bricks(np.empty(0, str), _NONE, np.empty(0), np.empty(0))
    brands = Brands(np.array(["Ours"]), np.array(["us"]), np.array([1.0]))
    return World(population, bricks, np.array([f"T{z}" for z in reps]), force, brands, STANDARD, origin)


def _followed(
    plan: Plan, rate: np.ndarray, size: np.ndarray, demand: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Visits and purchases (c, w), week after week: reps go after what was recorded, and nothing else of demand.

    The season and the drift of territories are left out: they move everybody alike.
    """
    visits, bought = np.zeros(demand.shape, dtype=int), np.zeros(demand.shape)
    rho = plan.monthly_carryover ** (12 / 52.18)
    usual = np.exp(plan.level + size)
    recent, stock = usual.copy(), plan.visits / 4.348 / (1 - rho) * np.ones(len(size))
    for week in range(demand.shape[1]):
        asked = ((recent + usual) / (2 * usual)) ** plan.visits_follow_sales
        visits[:, week] = rng.poisson(np.minimum(rate[:, week] * asked, 5))
        stock = rho * stock + visits[:, week]
        mean = usual * np.exp(plan.effect * np.log1p(stock) + demand[:, week])
        bought[:, week] = rng.poisson(mean * rng.gamma(3, 1 / 3, len(size)))
        recent += (bought[:, week] - recent) / 13
    return visits, bought


def _sold(plan: Plan, mean: np.ndarray, rng: np.random.Generator | None) -> Sales:
    """What was recorded: drawn by period, or as it is where no generator is given."""
    days = mondays(np.array([FIRST, FIRST + plan.weeks]))
    periods = periods_covering(np.array([days[0], days[1] - np.timedelta64(1, "D")]), plan.kind)
    weights = periods.weights(FIRST, plan.weeks)
    whole = np.flatnonzero(np.asarray(weights.sum(axis=1)).ravel() > periods.weeks_in() - 1e-9)
    periods = Periods(plan.kind, periods.start[whole], periods.stop[whole])
    counts = (weights[whole] @ mean.T).T
    counts = counts if rng is None else rng.poisson(counts)
    unit, period = np.nonzero(counts)
    return Sales(
        unit.astype(np.int32), period.astype(np.int32), np.zeros(len(unit), np.int16),
        counts[unit, period].astype(float), periods,
    )  # fmt: skip


def _touches(contacts: dict[int, np.ndarray], territory: np.ndarray) -> Touches:
    customer, channel, week = [], [], []
    for h, counts in contacts.items():
        who, when = np.nonzero(counts)
        times = counts[who, when]
        customer.append(who.repeat(times))
        week.append(when.repeat(times) + FIRST)
        channel.append(np.full(times.sum(), h))
    who = np.concatenate(customer).astype(np.int32)
    return Touches(
        who, np.concatenate(channel).astype(np.int8), np.concatenate(week).astype(np.int32),
        territory[who].astype(np.int32),
    )  # fmt: skip
