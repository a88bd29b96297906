"""What the engine's speed is compared with lives the same weeks: totals of the NumPy and the mesa-frames market."""

from __future__ import annotations

from dataclasses import replace

import mesa_frames_run
import numpy as np
import pytest
from market_columns import columns_of, far_apart, totals_of_engine
from numpy_market import NumpyMarket, lived
from worlds_by_hand import lay_out

from twin.market.world import World
from twin.response.market import Market

CUSTOMERS, WEEKS = 30_000, 26
WITHIN = {
    "category volume": 0.02,
    "own volume": 0.03,
    "own volume of the unknown": 0.25,
    "visits": 0.001,
    "other contacts": 0.02,
    "known buyers at the end": 0.02,
    "unknown buyers at the end": 0.12,
}
"""Part by which totals may differ: about four standard deviations of the difference of two runs, or more."""


@pytest.fixture(scope="module")
def town() -> tuple[World, Market]:
    """Customers with tastes and refusals, whose stages differ from the start."""
    world, market = lay_out(CUSTOMERS, CUSTOMERS // 200, WEEKS, loss=0.004, discovery_word=0.01, reaction=0.6)
    people = world.population
    channel, person = np.arange(len(world.channels))[:, None], people.entity.astype(np.int64) & 0xFFFF
    world = replace(
        world, population=replace(people, consent=(person + channel) % 10 > 0, prefers=(person % 8 - 1).astype(np.int8))
    )
    return world, replace(market, rule=replace(market.rule, follows_sales=0.6))


@pytest.fixture(scope="module")
def engine(town) -> dict[str, float]:
    return totals_of_engine(*town, WEEKS)


def differences(engine: dict[str, float], other: dict[str, float]) -> list[str]:
    return [line for name, part in WITHIN.items() for line in far_apart({name: engine[name]}, other, part)]


def test_the_numpy_market_sells_and_visits_as_much_as_the_engine(town, engine):
    assert differences(engine, lived(*town, WEEKS).totals()) == []


@pytest.mark.parametrize("name", ["carryover", "coefficient", "loss", "discovery_word", "discovery_visit"])
def test_a_numpy_market_that_does_not_know_a_mechanism_is_seen(town, engine, name):
    columns = columns_of(*town, WEEKS)
    model = NumpyMarket(columns | {name: columns[name] * 0.0}, 1)
    for _ in range(WEEKS):
        model.step()
    assert differences(engine, model.totals()) != []


def test_the_mesa_frames_market_sells_and_visits_as_much_as_the_engine(town, engine):
    if not mesa_frames_run.is_installed():
        pytest.skip("mesa-frames is not installed; `make bench` makes its environment")
    assert differences(engine, mesa_frames_run.live(*town, WEEKS)["totals"]) == []
