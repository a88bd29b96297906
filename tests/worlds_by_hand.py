"""Small made-up markets, laid out by hand, for the laws of simulation."""

from __future__ import annotations

import numpy as np

from twin.draws import identity
from twin.market.channels import STANDARD
from twin.market.population import Population
from twin.market.world import Brands, Bricks, Reps, World
from twin.response.market import Market, Response, Start, VisitRule
from twin.response.parameters import PRIORS
from twin.weeks import FAR_PAST, NEVER

FIRST_WEEK = 2922


def population(n: int, n_territories: int, rng: np.random.Generator) -> Population:
    """Half known, half unknown customers scattered over a square."""
    ids = np.array([f"C{i:05d}" for i in range(n)])
    known = np.arange(n) < n // 2
    return Population(
        ids=ids,
        entity=identity(ids, "customer"),
        names=ids.astype(object),
        known=known,
        known_since=np.where(known, FAR_PAST, NEVER).astype(np.int32),
        left=np.full(n, NEVER, dtype=np.int32),
        brick=np.full(n, -1, dtype=np.int32),
        territory=rng.integers(0, n_territories, n).astype(np.int32),
        lon=rng.uniform(30, 32, n),
        lat=rng.uniform(38, 40, n),
        consent=np.ones((len(STANDARD), n), dtype=bool),
        prefers=np.full(n, -1, dtype=np.int8),
        available_from=np.full(n, np.nan),
        available_to=np.full(n, np.nan),
        attributes={
            "size": rng.uniform(0, 1, n),
            "kind": np.where(rng.uniform(size=n) < 0.5, "market", "kiosk").astype(object),
        },
    )


def lay_out(
    n: int = 400, n_territories: int = 4, n_weeks: int = 26, seed: int = 1, **changes: object
) -> tuple[World, Market]:
    """A market with every mechanism on; ``changes`` replace parameters of the response."""
    rng = np.random.default_rng(seed)
    people = population(n, n_territories, rng)
    zones = np.arange(n_territories, dtype=np.int32)
    names = np.array([f"R{z}" for z in zones])
    reps = Reps(
        names, names.astype(object), zones, np.full(len(zones), 31.0), np.full(len(zones), 39.0),
        np.full(len(zones), 12.0), np.full(len(zones), FAR_PAST, np.int32), np.full(len(zones), NEVER, np.int32),
    )  # fmt: skip
    no_bricks = Bricks(np.array([], dtype=str), np.array([], dtype=np.int32), np.array([]), np.array([]))
    brands = Brands(np.array(["Ours", "A", "B"]), np.array(["us", "A", "B"]), np.full(3, 2.0))
    world = World(people, no_bricks, np.array([f"T{z}" for z in zones]), reps, brands, STANDARD, FIRST_WEEK)
    mean = {name: prior.mean for name, prior in PRIORS.items()}
    fields: dict[str, object] = {name: mean[name] for name in Response.__dataclass_fields__ if name in mean}
    fields |= {
        "coefficient": 0.5,
        "channel_effect": np.array([1.0, 0.35, 0.05, 0.1, 0.03, 0.15, 0.08]),
        "promotion": np.array([0.2, 0.3, 0.3]),
        "drift": np.full(3, 0.01),
        "demand_shock": 0.01,
        "orders_per_week": 3.0,
    }
    volume = np.exp(rng.normal(2.0, 1.0, n))
    rate = np.full((len(STANDARD), n), 0.05)
    rate[0] = 0.0
    market = Market(
        response=Response(**(fields | changes)),
        n_own=1,
        volume=volume,
        base_utility=np.tile(np.log([[0.6], [0.6], [0.4]]), (1, n)),
        log_demand=0.2 * np.sin(np.arange(n_weeks) / 8),
        campaigns=np.zeros((3, n_weeks)),
        neighbours=rng.integers(0, n, (n, 6)).astype(np.int32),
        rule=VisitRule(volume, volume, 0.1, 0.3, np.full(n_territories, 12.0), rate),
        start=Start(
            np.where(people.known, 1.0, 0.0), np.zeros(n), np.full((3, n), 1 / 3),
            np.where(people.known, 2, 0).astype(np.int8), np.full(n, FAR_PAST, np.int32),
        ),
        first_week=FIRST_WEEK,
        reference_share=0.3,
        believed_volume=volume,
    )  # fmt: skip
    return world, market
