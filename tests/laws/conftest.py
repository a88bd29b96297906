"""Fixtures for laws."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from worlds_by_hand import lay_out

from twin.market.world import World
from twin.response.market import Market


@pytest.fixture
def made_up() -> Callable[..., tuple[World, Market]]:
    """Makes a world and a market; see :func:`worlds_by_hand.lay_out`."""
    return lay_out


@pytest.fixture
def busy(made_up) -> tuple[World, Market]:
    """Everybody has tastes, some refuse, reps chase sales, and there is something to lose."""
    world, market = made_up(loss=0.01, winback=0.2, discovery_visit=0.2, handover=0.155, reaction=0.6)
    rng = np.random.default_rng(4)
    people = world.population
    n = len(people)
    people = replace(
        people, prefers=rng.integers(-1, 7, n).astype(np.int8), consent=rng.uniform(size=people.consent.shape) < 0.9
    )
    stage = rng.choice(4, n).astype(np.int8)
    neighbours = np.where(rng.uniform(size=market.neighbours.shape) < 0.2, -1, market.neighbours)
    market = replace(
        market, start=replace(market.start, stage=stage), neighbours=neighbours.astype(np.int32),
        rule=replace(market.rule, follows_sales=0.7, contact_rate=rng.uniform(0, 0.4, market.rule.contact_rate.shape)),
    )  # fmt: skip
    return replace(world, population=people), market
