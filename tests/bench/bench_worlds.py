"""Bench worlds: markets of any size, laid out as the intake lays them out, with every mechanism of the law on."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from worlds_by_hand import FIRST_WEEK, lay_out

from twin.geography.neighbours import nearest
from twin.market.channels import STANDARD, VISIT
from twin.market.population import Population
from twin.market.world import Brands, Reps, World
from twin.response.journey import Stage
from twin.response.market import Market, Start
from twin.scenario.scenario import Frequency, Journey, Scenario, Step, Targeting
from twin.weeks import FAR_PAST, NEVER

BRANDS, NEIGHBOURS = 5, 6
PER_REP, VISITS_A_WEEK = 500, 25.0
_WAVE_WEEKS, _WAVE_OF = 4, 13

JOURNEYS = Scenario(
    name="journeys and promised visits",
    targeting=Targeting(frequency=(Frequency(1.0, "size > 0.9"),)),
    journeys=(
        Journey(
            name="after a visit",
            where="size > 0.5",
            steps=(
                Step(STANDARD[VISIT]),
                Step(STANDARD[2], after_days=7, times=2),
                Step(STANDARD[1], after_days=14, when="not_opened"),
                Step(STANDARD[VISIT], after_days=21, when="no_order"),
            ),
        ),
        Journey(name="by letter first", where="size <= 0.2", steps=(Step(STANDARD[2]), Step(STANDARD[3], 7))),
    ),
)
"""More than half of the customers follow a journey, a tenth are promised a visit a month."""


def bench_world(
    n: int, n_weeks: int, n_reps: int | None = None, n_brands: int = BRANDS, unsorted: bool = False
) -> tuple[World, Market]:
    """A market of ``n`` customers.

    Territories of one rep each are compact on the map; neighbours are the nearest. Half of the customers are known,
    nine in ten consent to a channel, half state a taste, and all channels but the visit have a programme.

    Parameters
    ----------
    n, n_weeks : int
    n_reps : int, optional
        Missing: one for 500 customers. However many there are, each makes 25 visits a week.
    n_brands : int
        The first one is ours.
    unsorted : bool
        Customers in any order, instead of by territory, known or unknown, and segment.
    """
    n_reps = max(n // PER_REP, 1) if n_reps is None else n_reps
    rng = np.random.default_rng(7)
    world, market = lay_out(n, n_reps, n_weeks)
    people = _places(world.population, n_reps, rng)
    key = (people.segments.code, ~people.known, people.territory)
    order = rng.permutation(n) if unsorted else np.lexsort(key)
    people = _in_order(people, order)
    world = replace(world, population=people, reps=_reps(n_reps), brands=_brands(n_brands))
    return world, _market(market, people, n_brands, n_reps, n_weeks, rng)


def with_reps(world: World, market: Market, n_reps: int) -> tuple[World, Market]:
    """The same customers with fewer reps, whose territories are made of whole ones."""
    people = world.population
    territory = (people.territory * np.int64(n_reps) // len(world.territories)).astype(np.int32)
    names = np.array([f"T{z}" for z in range(n_reps)])
    world = replace(world, population=replace(people, territory=territory), territories=names, reps=_reps(n_reps))
    return world, replace(market, rule=replace(market.rule, rep_visits=np.full(n_reps, VISITS_A_WEEK)))


def _places(people: Population, n_reps: int, rng: np.random.Generator) -> Population:
    """Territories as compact pieces of the map with equally many customers, consents and tastes."""
    n = len(people)
    stripes = max(round(n_reps**0.5), 1)
    stripe = np.argsort(np.argsort(people.lon)) * stripes // n
    along = np.lexsort((people.lat, stripe))
    territory = np.empty(n, dtype=np.int32)
    territory[along] = np.arange(n) * n_reps // n
    return replace(
        people,
        territory=territory,
        consent=rng.uniform(size=people.consent.shape) < 0.9,
        prefers=np.where(rng.uniform(size=n) < 0.5, -1, rng.integers(0, len(STANDARD), n)).astype(np.int8),
    )


def _in_order(people: Population, order: NDArray[np.int64]) -> Population:
    single = ("ids", "entity", "names", "known", "known_since", "left", "brick", "territory", "lon", "lat", "prefers")
    return replace(
        people,
        **{name: getattr(people, name)[order] for name in single},
        consent=people.consent[:, order],
        attributes={name: values[order] for name, values in people.attributes.items()},
    )


def _reps(n: int) -> Reps:
    names, zone = np.array([f"R{r:04d}" for r in range(n)]), np.arange(n, dtype=np.int32)
    return Reps(
        names, names.astype(object), zone, np.full(n, 31.0), np.full(n, 39.0), np.full(n, VISITS_A_WEEK),
        np.full(n, FAR_PAST, np.int32), np.full(n, NEVER, np.int32),
    )  # fmt: skip


def _brands(n: int) -> Brands:
    names = np.array(["Ours", *(f"Rival {j}" for j in range(1, n))])
    return Brands(names, np.where(np.arange(n) == 0, "us", names), np.full(n, 2.0))


def _market(
    market: Market, people: Population, n_brands: int, n_reps: int, n_weeks: int, rng: np.random.Generator
) -> Market:
    """The market widened to so many brands, with campaigns in waves and buyers in every stage."""
    n, weeks = len(people), np.arange(n_weeks)
    wave = (weeks + 3 * np.arange(n_brands)[:, None]) % _WAVE_OF < _WAVE_WEEKS
    known = rng.choice([Stage.REPEAT] * 4 + [Stage.TRIAL, Stage.LAPSED], n)
    stage = np.where(people.known, known, rng.choice([Stage.UNAWARE] * 5 + [Stage.REPEAT], n))
    return replace(
        market,
        response=replace(market.response, promotion=np.full(n_brands, 0.3), drift=np.full(n_brands, 0.01)),
        base_utility=np.log(0.4) + rng.normal(0.0, 0.3, (n_brands, n)),
        campaigns=wave.astype(float),
        neighbours=nearest(people.lon, people.lat, NEIGHBOURS).index,
        rule=replace(market.rule, rep_visits=np.full(n_reps, VISITS_A_WEEK)),
        start=Start(
            goodwill=rng.exponential(1.0, n) * people.known,
            pressure=rng.exponential(3.0, n) * people.known,
            habit=rng.dirichlet(np.ones(n_brands), n).T,
            stage=stage.astype(np.int8),
            last_visit=(FIRST_WEEK - rng.integers(1, 60, n)).astype(np.int32),
        ),
        reference_share=1.0 / n_brands,
    )
