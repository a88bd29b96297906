"""Small worlds whose field force can be planned, for the tests of the visit plan."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from twin.agents.conditions import Conditions, lay_out
from twin.draws import identity
from twin.market.channels import STANDARD
from twin.market.population import Population
from twin.market.world import Brands, Bricks, Reps, World
from twin.planning.plan import VisitPlan
from twin.planning.settings import PlanSettings
from twin.planning.visit_plan import make_plan, visit_gain
from twin.response.market import Market, Response, Start, VisitRule
from twin.scenario.scenario import BASELINE, Scenario
from twin.weeks import FAR_PAST, NEVER, week_of_date

MONDAY = dt.date(2026, 2, 2)
"""Four weeks without a holiday begin here."""
ORIGIN = week_of_date(MONDAY)
QUICK = PlanSettings("TR", turns_per_visit=10, starts=1)
"""As usual, after a short search."""


@dataclass(frozen=True)
class Size:
    """How large a world is, and what is odd about it."""

    customers: int = 240
    territories: int = 4
    reps_per_territory: int = 1
    visits_per_week: float = 20.0
    radius_km: float = 12.0
    consent: float = 0.9
    with_hours: float = 0.3
    placed: float = 0.97
    homes: bool = True
    weeks: int = 30
    seed: int = 1


def small_world(size: Size = Size()) -> tuple[World, Market]:
    """A world and one draw of its parameters."""
    rng = np.random.default_rng(size.seed)
    n, z = size.customers, size.territories
    centre = np.column_stack([29.0 + 0.6 * np.arange(z), 40.0 + 0.1 * (np.arange(z) % 3)])
    territory = (np.arange(n) % z).astype(np.int32)
    place = centre[territory] + rng.normal(0, size.radius_km / 2 / 100.0, (n, 2)) * (1.3, 1.0)
    place[rng.uniform(size=n) > size.placed] = np.nan
    known = rng.uniform(size=n) < 0.5
    timed = rng.uniform(size=n) < size.with_hours
    opens = np.where(timed, rng.choice([8.0, 9.5, 11.0, 14.0], n), np.nan)
    ids = np.array([f"C{k:06d}" for k in range(n)])
    consent = np.ones((len(STANDARD), n), dtype=bool)
    consent[0] = rng.uniform(size=n) < size.consent
    consent[1:] = rng.uniform(size=(len(STANDARD) - 1, n)) < 0.8
    population = Population(
        ids=ids,
        entity=identity(ids, "customer"),
        names=np.array([f"Işık Eczanesi {k}" for k in range(n)], dtype=object),
        known=known,
        known_since=np.where(known, FAR_PAST, NEVER).astype(np.int32),
        left=np.full(n, NEVER, dtype=np.int32),
        brick=np.full(n, -1, dtype=np.int32),
        territory=territory,
        lon=place[:, 0],
        lat=place[:, 1],
        consent=consent,
        prefers=np.full(n, -1, dtype=np.int8),
        available_from=opens,
        available_to=opens + rng.choice([3.0, 5.0, 9.0], n),
        attributes={
            "digital_affinity": rng.uniform(size=n),
            "outlet_type": rng.choice(np.array(["market", "kiosk"], dtype=object), n),
        },
    )
    return World(
        population=population,
        bricks=Bricks(np.zeros(0, str), np.zeros(0, np.int32), np.zeros(0), np.zeros(0)),
        territories=np.array([f"T{k + 1}" for k in range(z)]),
        reps=_reps(size, centre, rng),
        brands=Brands(np.array(["Ours", "Rival"]), np.array(["us", "Rival AŞ"]), np.array([1.0, 1.0])),
        channels=STANDARD,
        origin=ORIGIN,
    ), _market(size, known, rng)


def _reps(size: Size, centre: np.ndarray, rng: np.random.Generator) -> Reps:
    n = size.territories * size.reps_per_territory
    territory = np.repeat(np.arange(size.territories), size.reps_per_territory).astype(np.int32)
    home = centre[territory] + rng.normal(0, 0.03, (n, 2)) if size.homes else np.full((n, 2), np.nan)
    return Reps(
        ids=np.array([f"R{k + 1}" for k in range(n)], dtype=str),
        names=np.array([f"Çağrı {k + 1}" for k in range(n)], dtype=object),
        territory=territory,
        home_lon=home[:, 0],
        home_lat=home[:, 1],
        visits_per_week=np.full(n, size.visits_per_week),
        start=np.full(n, FAR_PAST, dtype=np.int32),
        end=np.full(n, NEVER, dtype=np.int32),
    )


def _market(size: Size, known: np.ndarray, rng: np.random.Generator) -> Market:
    n, h, r = size.customers, len(STANDARD), size.territories * size.reps_per_territory
    response = Response(
        carryover=0.9,
        coefficient=0.5,
        channel_effect=np.array([1.0, 0.3, 0.05, 0.05, 0.02, 0.2, 0.05]),
        mismatch=0.75,
        ideal_contacts=14.0,
        fatigue=0.05,
        synergy=0.2,
        memory=0.5,
        habit=0.4,
        promotion=np.array([0.2, 0.2]),
        drift=np.zeros(2),
        demand_shock=0.0,
        discovery_base=0.0005,
        discovery_visit=0.07,
        discovery_word=0.001,
        trial_discount=0.2,
        loss=0.002,
        loss_contact=0.8,
        winback=0.05,
        handover=0.1,
        reaction=0.0,
        opening=0.4,
        orders_per_week=1.0,
    )
    volume = rng.lognormal(2.0, 0.7, n)
    lapsed = ~known & (rng.uniform(size=n) < 0.1)
    seen = rng.uniform(size=n) < 0.6
    rule = VisitRule(
        known_weight=rng.lognormal(0, 0.6, n),
        unknown_weight=rng.lognormal(0, 0.6, n),
        unknown_share=0.25,
        follows_sales=0.0,
        rep_visits=np.full(r, size.visits_per_week),
        contact_rate=np.zeros((h, n)),
    )
    return Market(
        response=response,
        n_own=1,
        volume=volume,
        base_utility=rng.normal(0, 0.3, (2, n)),
        log_demand=np.zeros(size.weeks),
        campaigns=np.zeros((2, size.weeks)),
        neighbours=np.full((n, 1), -1, dtype=np.int32),
        rule=rule,
        start=Start(
            goodwill=rng.uniform(0, 2, n),
            pressure=np.zeros(n),
            habit=np.full((2, n), 0.5),
            stage=np.where(known, 2, np.where(lapsed, 3, 0)).astype(np.int8),
            last_visit=np.where(seen, ORIGIN - rng.integers(1, 30, n), FAR_PAST).astype(np.int32),
        ),
        first_week=ORIGIN,
        reference_share=0.5,
        believed_volume=volume,
    )


def conditions_of(world: World, market: Market, scenario: Scenario = BASELINE) -> Conditions:
    """A scenario laid out over all weeks of the draw."""
    return lay_out(world, market, scenario, market.n_weeks)


def planned(
    size: Size = Size(),
    scenario: Scenario = BASELINE,
    start: dt.date = MONDAY,
    n_weeks: int = 4,
    settings: PlanSettings = QUICK,
    **keywords: Any,
) -> tuple[VisitPlan, World, Market, Conditions]:
    """A plan of a small world, and what it was made from."""
    world, market = small_world(size)
    conditions = conditions_of(world, market, scenario)
    richer = replace(market, volume=market.volume * 1.3)
    plan = make_plan(
        world,
        market,
        conditions,
        visit_gain([market, richer]),
        start=start,
        n_weeks=n_weeks,
        settings=settings,
        journeys=scenario.journeys,
        **keywords,
    )
    return plan, world, market, conditions
