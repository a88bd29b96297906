"""The engine agrees with the same weekly law in plain Mesa: each customer with shared draws, else in distribution.

The reference counts in double precision, the engine in single. A draw within about 1e-7 of the chance that it decides
may fall the other way, and then what follows differs. In these runs, and in 440 more at other keys, that happened to
nobody; a failure is such a knife edge only if the draw of the customer that is named lies on it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import pytest
from reference.mesa_market import pure_market, run_pure
from scipy import stats
from test_engine import DIGITAL, FIRST, REP_FIRST, SCENARIOS
from worlds_by_hand import lay_out

from twin.agents.crowd import Week
from twin.agents.model import TwinModel
from twin.agents.recorder import Run
from twin.agents.run import live, run
from twin.draws import Key
from twin.market.channels import STANDARD, VISIT
from twin.market.world import Brands, World
from twin.response.market import Market
from twin.scenario.scenario import (
    BASELINE,
    ChannelPolicy,
    CompetitorPolicy,
    FieldForce,
    Frequency,
    MarketEvents,
    Promotion,
    RepChange,
    Scenario,
    Shock,
    Targeting,
)  # fmt: skip

KEY, WEEKS = Key(seed=7, draw=1, replicate=4), 26
CLOSE = 1e-4
"""Relative; what 26 weeks of single precision leave is below 1e-5."""
EVERYTHING = Scenario(
    name="everything",
    targeting=Targeting(unknown_share=0.35, frequency=(Frequency(1.7, "kind = 'market' and size > 0.7"),)),
    channels=ChannelPolicy(None, {"whatsapp": 0.6, "email": 1.3}),
    journeys=(DIGITAL, REP_FIRST),
    field_force=FieldForce(capacity_factor=2.3, changes=(RepChange("T1", 2, FIRST), RepChange("T2", -1, FIRST))),
    promotions=(Promotion("Ours", FIRST, 4),),
    market=MarketEvents(1.1, (Shock(FIRST, 5, 0.6, {"visit": 0.5, "email": 2.0}),)),
)
MORE = [
    EVERYTHING,
    Scenario(name="ranks with ties", targeting=Targeting(known_rank="decile", unknown_rank="decile", drop_small=0.1)),
    Scenario(name="answers", competitors=CompetitorPolicy(reaction="retaliate", learned_campaigns=False)),
]


def busy(n: int = 400, n_territories: int = 4, **changes: object) -> tuple[World, Market]:
    """Two brands of ours among six, nine channels, tastes, refusals, two reps in one place, and much that moves."""
    world, market = lay_out(n, n_territories, WEEKS)
    rng, people, reps, rule = np.random.default_rng(8), world.population, world.reps, market.rule
    n_channels, n_brands = len(STANDARD) + 2, 6
    brands = Brands(
        np.array(["Ours", "Too", "A", "B", "C", "D"]), np.array(["us", "us", *"ABCD"]), np.full(n_brands, 2.0)
    )
    people = replace(
        people, prefers=rng.integers(-1, n_channels, n).astype(np.int8),
        consent=rng.uniform(size=(n_channels, n)) < 0.9,
        attributes={**people.attributes, "decile": np.floor(10 * people.attributes["size"])},
    )  # fmt: skip
    reps = replace(reps, territory=np.minimum(reps.territory, n_territories - 2).astype(np.int32))
    response = replace(
        market.response, channel_effect=np.append(market.response.channel_effect, [0.12, 0.2]),
        promotion=rng.uniform(0.1, 0.4, n_brands), drift=np.full(n_brands, 0.01), loss=0.01, winback=0.2,
        discovery_base=0.01, discovery_visit=0.2, discovery_word=0.05, reaction=0.6, ideal_contacts=8.0,
    )  # fmt: skip
    rate = rng.uniform(0, 0.4, (n_channels, n)) * (rng.uniform(size=(n_channels, 1)) < 0.8)
    market = replace(
        market, response=replace(response, **changes), n_own=2, level_age=17.0,
        base_utility=rng.normal(0.0, 0.7, (n_brands, n)),
        campaigns=(rng.uniform(size=(n_brands, WEEKS)) < 0.15).astype(float),
        neighbours=np.where(rng.uniform(size=market.neighbours.shape) < 0.2, -1, market.neighbours).astype(np.int32),
        rule=replace(
            rule, follows_sales=0.7, contact_rate=rate, known_weight=rule.known_weight * (rng.uniform(size=n) < 0.9)
        ),
        start=replace(
            market.start, stage=rng.choice(4, n).astype(np.int8), habit=rng.dirichlet(np.ones(n_brands), n).T,
            last_visit=market.first_week - rng.integers(1, 400, n).astype(np.int32),
            goodwill=rng.exponential(1.0, n), pressure=rng.exponential(6.0, n),
        ),
    )  # fmt: skip
    channels = (*STANDARD, "fax", "letter")
    return replace(world, population=people, reps=reps, brands=brands, channels=channels), market


@pytest.fixture(scope="module")
def town() -> tuple[World, Market]:
    return busy()


class Seen(NamedTuple):
    """Every customer after a week: stages (c,), contacts (h, c), orders (j, c)."""

    stage: np.ndarray
    contacts: np.ndarray
    volume: np.ndarray


class Album:
    """A recorder that keeps all of that."""

    single_customers = True

    def __init__(self) -> None:
        self.weeks: list[Seen] = []

    def record(self, model: TwinModel, week: Week) -> None:
        stage, contacts = model.crowd.stage.astype(int), week.contacts_of_each.astype(int)
        self.weeks.append(Seen(stage, contacts, week.volume_of_each.astype(float)))


def of_engine(world: World, market: Market, scenario: Scenario, key: Key = KEY) -> list[Seen]:
    live(world, market, scenario, key, WEEKS, album := Album())
    return album.weeks


def of_mesa(world: World, market: Market, scenario: Scenario, key: Key = KEY) -> Iterator[Seen]:
    model = pure_market(world, market, scenario, key, WEEKS)
    for _ in range(WEEKS):
        model.step()
        contacts = np.zeros((len(world.channels), len(model.people)), dtype=int)
        for customer in model.people:
            contacts[customer.contacts, customer.row] = 1
        stage, orders = ([getattr(one, name) for one in model.people] for name in ("stage", "orders"))
        yield Seen(np.array(stage), contacts, np.array(orders).T)


def first_difference(engine: list[Seen], mesa: Iterator[Seen]) -> str:
    """Week, row of the customer and what is different; empty when nothing is."""
    for t, (mine, theirs) in enumerate(zip(engine, mesa)):
        for name in Seen._fields:
            a, b = getattr(mine, name), getattr(theirs, name)
            # an order of nearly nothing has few digits: u lies next to the chance of an order, and the logarithm near 0
            wrong = ~np.isclose(a, b, rtol=CLOSE, atol=CLOSE) if name == "volume" else a != b
            if wrong.any():
                at = tuple(np.argwhere(wrong)[0])
                return f"week {t}, {name} at {at}: {a[at]} in the engine, {b[at]} in Mesa; {wrong.sum()} in all"
    return ""


@pytest.mark.parametrize("scenario", [*SCENARIOS, *MORE], ids=lambda scenario: scenario.name)
def test_every_week_of_every_customer_is_that_of_plain_mesa(town, scenario):
    weeks = of_engine(*town, scenario)
    assert first_difference(weeks, of_mesa(*town, scenario)) == ""
    assert sum(week.contacts[VISIT].sum() for week in weeks) > 0
    assert len({tuple(week.stage) for week in weeks}) > 1


@pytest.mark.parametrize("scenario", [BASELINE, EVERYTHING], ids=lambda scenario: scenario.name)
def test_the_totals_of_a_run_are_those_of_plain_mesa(town, scenario):
    mine, theirs = run(*town, scenario, KEY, WEEKS), run_pure(*town, scenario, KEY, WEEKS)
    assert np.array_equal(mine.contacts, theirs.contacts) and np.array_equal(mine.buyers, theirs.buyers)
    for name in ("volume", "by_segment", "own_by_customer"):
        a, b = getattr(mine, name), getattr(theirs, name)
        assert a.shape == b.shape
        np.testing.assert_allclose(a, b, rtol=CLOSE, atol=CLOSE * b.mean(), err_msg=name)


@pytest.fixture(scope="module")
def lived(town) -> list[Seen]:
    """What the engine makes of everything at once."""
    return of_engine(*town, EVERYTHING)


OFF = ("curvature", "outside", "reaction_sd")
"""Zero by default, test_engine_curves has them on; the last acts in stress cases only, see test_simulation_laws."""
SCALARS = [name for name in vars(lay_out(4, 2)[1].response) if name not in ("memory", *OFF)]
RULES = ["follows_sales", "known_weight", "unknown_weight", "rep_visits", "contact_rate"]


@pytest.mark.parametrize("name", [*SCALARS, "memory", *RULES, "reference_share", "level_age", "volume", "base_utility"])
def test_a_mechanism_a_quarter_stronger_on_one_side_is_seen(town, lived, name):
    world, market = town
    if name in RULES:  # a weight counts relative to others: let every second one grow
        by = 1.0 + 0.25 * (np.arange(len(market.volume)) % 2) if "weight" in name else 1.25
        other = replace(market, rule=replace(market.rule, **{name: getattr(market.rule, name) * by}))
    elif hasattr(market, name):
        other = replace(market, **{name: getattr(market, name) * 1.25})
    else:
        value = getattr(market.response, name)
        stronger = 1.0 - (1.0 - value) * 0.75 if name == "carryover" else value * 1.25
        other = replace(market, response=replace(market.response, **{name: stronger}))
    assert first_difference(lived, of_mesa(world, other, EVERYTHING)) != ""


ENGINE_RUNS, MESA_RUNS, FALSE_ALARMS = 100, 32, 1e-3


def marks(one: Run) -> dict[str, float]:
    """What a run is known by."""
    n_own, category = 2, one.volume.sum(axis=(0, 1))
    own = category[:n_own].sum(axis=0)
    weekly = category.sum(axis=0)
    return {
        "category volume": weekly.sum(),
        "own volume": own.sum(),
        "own volume of the unknown": one.volume[:, 1, :n_own].sum(),
        "visits": one.contacts[VISIT].sum(),
        "other contacts": one.contacts[VISIT + 1 :].sum(),
        "known buyers at the end": one.buyers[0, -1],
        "unknown buyers at the end": one.buyers[1, -1],
        "weekly variance of the category": np.log(weekly).var(),
        "weekly variance of ours": np.log(own).var(),
        "part of the largest tenth": np.sort(one.own_by_customer)[-len(one.own_by_customer) // 10 :].sum() / own.sum(),
    }


def alarms(engine: list[Run], mesa: list[Run]) -> list[str]:
    """Marks whose mean (Welch) or distribution (Kolmogorov, Smirnov) differs; by Bonferroni at 1 in 1,000 for all."""
    mine, theirs = [marks(one) for one in engine], [marks(one) for one in mesa]
    found = []
    for name in mine[0]:
        a, b = np.array([one[name] for one in mine]), np.array([one[name] for one in theirs])
        if np.ptp(a) == np.ptp(b) == 0.0:  # capacity is spent whatever the luck
            found += [name] if a[0] != b[0] else []
            continue
        p = min(stats.ttest_ind(a, b, equal_var=False).pvalue, stats.ks_2samp(a, b).pvalue)
        if p < FALSE_ALARMS / (2 * len(mine[0]) * len(SAMPLED)):
            found.append(f"{name}: {a.mean():.6g} in the engine, {b.mean():.6g} in Mesa, p = {p:.2g}")
    return found


SAMPLED = [BASELINE, EVERYTHING]


@pytest.mark.parametrize("scenario", SAMPLED, ids=lambda scenario: scenario.name)
def test_with_luck_of_their_own_both_live_the_same_weeks_on_average(scenario):
    world, market = busy(160, 3, demand_shock=0.004, drift=np.full(6, 0.004))
    mesa = [run_pure(world, market, scenario, Key(seed), WEEKS, "own") for seed in range(MESA_RUNS)]
    engine = [run(world, market, scenario, Key(1000 + seed), WEEKS) for seed in range(ENGINE_RUNS)]
    assert alarms(engine, mesa) == []
    deaf = replace(market, response=replace(market.response, discovery_word=0.0))
    assert alarms([run(world, deaf, scenario, Key(1000 + seed), WEEKS) for seed in range(ENGINE_RUNS)], mesa) != []
