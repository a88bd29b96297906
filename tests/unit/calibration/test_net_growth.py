"""Net growth: where audits show a share that stands still, losses alone do not let a forecast fall."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from worlds_by_hand import lay_out

from twin.agents.run import run
from twin.calibration.net_growth import flows, own_waves
from twin.draws import Key
from twin.response import journey
from twin.response.journey import Stage, considers_us
from twin.scenario.scenario import BASELINE

YEAR = 52


@pytest.fixture(scope="module")
def leaky() -> tuple[Any, Any, np.ndarray]:
    """Nobody is found or won back, a tenth of the buyers leaves each year."""
    world, market = lay_out(n=400, n_territories=2, n_weeks=2 * YEAR, coefficient=0.0)
    none = dict.fromkeys(("discovery_base", "discovery_visit", "discovery_word", "winback", "demand_shock"), 0.0)
    response = replace(
        market.response, loss=0.1 / YEAR, loss_contact=1.0, drift=np.zeros_like(market.response.drift), **none
    )
    share = np.full(400, 0.4)
    return world, replace(market, response=response, log_demand=np.zeros(2 * YEAR)), share


def believed(seen: float, walk: float, years: int = 5) -> Any:
    shock = np.full(3, walk / np.sqrt(YEAR))
    levels = SimpleNamespace(growth=(seen, years))
    return SimpleNamespace(levels=levels, drift=SimpleNamespace(shock_sd=shock), n_draws=200, seed=3)


def test_flows_are_what_leaves_and_what_comes(leaky):
    world, market, share = leaky
    assert flows(world, market, share) == pytest.approx(-0.1, rel=0.02)
    bare = replace(market, response=replace(market.response, loss=0.0, discovery_base=0.01))
    strange = market.start.stage == Stage.UNAWARE
    volume = market.volume
    come = 0.01 * volume[strange].sum() / volume[considers_us(market.start.stage)].sum() * 52.1775
    assert flows(world, bare, share) == pytest.approx(come, rel=0.01)


def test_flows_are_those_of_a_lived_week(leaky):
    """A year of hazards by the law, with causes so strong that a sum of them would pass one."""
    world, market, share = leaky
    strong = {"discovery_base": 0.3, "discovery_visit": 0.6, "discovery_word": 0.5, "winback": 0.7, "loss": 0.0}
    rule = replace(market.rule, unknown_share=1.0, rep_visits=np.full(len(world.reps), 1000.0))
    bare = replace(market, response=replace(market.response, **strong), rule=rule)
    buys, near = considers_us(market.start.stage), market.neighbours
    heard = (buys[near] & (near >= 0)).sum(axis=1) / (near >= 0).sum(axis=1)
    once = np.ones(len(buys), dtype=int)
    found = journey.discovery(0.3, 0.6, 0.5, once, heard)
    come = np.where(market.start.stage == Stage.LAPSED, journey.winback(0.7, once), np.where(buys, 0.0, found))
    own = market.volume * share
    assert flows(world, bare, share) == pytest.approx(float(own @ come / own[buys].sum()) * 52.1775, rel=0.01)


def test_a_share_that_stood_still_stands_still(leaky):
    world, market, share = leaky
    waves = own_waves(believed(0.0, 1e-6), world, market, share, 0, 2 * YEAR)
    assert waves is not None and (np.diff(waves) > 0).all()
    lifted = np.zeros((len(world.brands), 2 * YEAR))
    lifted[: world.brands.n_own] = waves

    def fall(one: Any) -> float:
        own = run(world, one, BASELINE, Key(seed=4), 2 * YEAR).volume[:, :, : world.brands.n_own].sum(axis=(0, 1, 2))
        return float(own[-26:].sum() / own[:26].sum() - 1)

    left, kept = fall(market), fall(replace(market, waves=lifted))
    # a tenth a year over the year and a half between the two halves, fading a little; the same luck in both
    assert 0.08 < kept - left < 0.2


def test_a_walk_that_hides_the_growth_lets_the_flows_stand(leaky):
    world, market, share = leaky
    slope = [np.mean([own_waves(believed(0.0, walk), world, market, share, d, YEAR)[-1] for d in range(200)])
             for walk in (1e-6, 0.07, 1.0)]  # fmt: skip
    assert slope[0] > slope[1] > slope[2] > -0.01
    assert slope[2] < 0.1 * slope[0]


def test_without_four_years_of_audits_nothing_is_laid_out(leaky):
    world, market, share = leaky
    nothing = SimpleNamespace(levels=SimpleNamespace(growth=None))
    assert own_waves(nothing, world, market, share, 0, YEAR) is None
    assert own_waves(SimpleNamespace(levels=None), world, market, share, 0, YEAR) is None
