"""Curvature, responsiveness, rhythms of orders and the outside option in the engine, in NumPy and in plain Mesa."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from test_engine import SCENARIOS
from test_mesa_agreement import EVERYTHING, KEY, WEEKS, busy, first_difference, of_engine, of_mesa
from worlds_by_hand import lay_out as by_hand

from twin.agents.conditions import lay_out
from twin.agents.crowd import lay_ground
from twin.agents.recorder import Diary
from twin.agents.run import live, run
from twin.engine.columns import expected_own
from twin.market.world import World
from twin.planning.allocation_field import field_of
from twin.planning.allocation_value import Programmes, Worth, expected_worth
from twin.planning.settings import PlanSettings
from twin.response import law, orders
from twin.response.market import Market
from twin.scenario.scenario import BASELINE, CompetitorPolicy, Promotion, Scenario
from twin.weeks import monday

DRAWN = ("volume", "contacts", "buyers", "own_by_customer", "by_segment")


def bent(market: Market, **changes: float) -> Market:
    """The same market with everything on that is off by default."""
    n = len(market.volume)
    rng = np.random.default_rng(12)
    response = replace(market.response, **({"curvature": -0.7, "outside": 0.25} | changes))
    keen, usual = rng.uniform(0.0, 2.0, n), law.usual_utility(market) + rng.normal(0.0, 0.2, n)
    rhythm = orders.ordering_rhythm(response.orders_per_week, 0.8, rng.lognormal(0.0, 1.0, n))
    return replace(market, response=response, responsiveness=keen, usual_utility=usual, rhythm=rhythm)


@pytest.fixture(scope="module")
def town() -> tuple[World, Market]:
    world, market = busy()
    return world, bent(market)


@pytest.fixture(scope="module")
def lived(town):
    return of_engine(*town, EVERYTHING)


@pytest.mark.parametrize("scenario", [SCENARIOS[1], EVERYTHING], ids=lambda scenario: scenario.name)
def test_compiled_and_numpy_agree_to_the_last_bit(town, scenario):
    a, b = (run(*town, scenario, KEY, WEEKS, engine=engine) for engine in ("compiled", "numpy"))
    for name in DRAWN:
        assert getattr(a, name).tobytes() == getattr(b, name).tobytes(), name


def test_every_week_of_every_customer_is_that_of_plain_mesa(town, lived):
    assert first_difference(lived, of_mesa(*town, EVERYTHING)) == ""


@pytest.mark.parametrize("what", ["curvature", "outside", "responsiveness", "usual_utility", "rhythm"])
def test_a_mechanism_a_quarter_stronger_on_one_side_is_seen(town, lived, what):
    world, market = town
    if hasattr(market, what):
        other = replace(market, **{what: getattr(market, what) * 1.25})
    else:
        other = replace(market, response=replace(market.response, **{what: getattr(market.response, what) * 1.25}))
    assert first_difference(lived, of_mesa(world, other, EVERYTHING)) != ""


def test_the_defaults_written_out_change_no_byte():
    world, market = busy()
    plain, written = run(world, market, EVERYTHING, KEY, WEEKS), replace(
        market, responsiveness=np.ones(len(market.volume)), usual_utility=law.usual_utility(market),
        rhythm=np.full(len(market.volume), market.response.orders_per_week),
    )  # fmt: skip
    same = run(world, written, EVERYTHING, KEY, WEEKS)
    for name in DRAWN:
        assert getattr(plain, name).tobytes() == getattr(same, name).tobytes(), name


def test_without_effect_goodwill_is_nothing_whatever_its_curve(town):
    world, market = town
    runs = []
    for q in (-1.0, 0.0, 0.6):
        response = replace(market.response, coefficient=0.0, curvature=q)
        runs.append(run(world, replace(market, response=response), EVERYTHING, KEY, WEEKS))
    deaf = replace(market, responsiveness=np.zeros(len(market.volume)))
    runs.append(run(world, deaf, EVERYTHING, KEY, WEEKS))
    for one in runs[1:]:
        assert one.volume.tobytes() == runs[0].volume.tobytes()
    assert runs[0].volume.tobytes() != run(world, market, EVERYTHING, KEY, WEEKS).volume.tobytes()


@pytest.mark.parametrize("outside", [0.0, 0.4])
def test_a_promotion_lets_the_category_grow_only_with_an_outside_option(outside):
    """What is expected, not what is drawn, in the first week; the promoted brand is bought by those who consider us."""
    world, market = busy()
    market = replace(bent(market, outside=outside), campaigns=np.zeros_like(market.campaigns))
    promoted = Scenario(name="p", promotions=(Promotion("Ours", monday(market.first_week), 2, 3.0),))
    category = []
    for scenario in (BASELINE, promoted):
        model = live(world, market, scenario, KEY, 1, Diary())
        page = model.histories(world.population.ids.tolist()).pages[0]
        category.append(page.purchases.expected.sum(axis=0))
        bought = page.purchases
        assert np.array_equal(orders.lumpy_volume(bought.expected, bought.probability, bought.draw), bought.volume)
    ours = page.purchases.share[0] > 0
    assert ours.any() and not ours.all()
    np.testing.assert_allclose(category[1][~ours], category[0][~ours], rtol=1e-6)
    if outside:
        assert (category[1][ours] > category[0][ours] * (1 + 1e-6)).all()
    else:
        np.testing.assert_allclose(category[1], category[0], rtol=1e-6)


def test_more_responsive_customers_answer_more_strongly():
    """Two halves alike but for what goodwill is worth: with visits for all, the gain is greater in the keener half."""
    _, market = by_hand(n=8, n_territories=1, curvature=-0.5, outside=0.1)
    start = replace(market.start, stage=np.full(8, 2, np.int8), goodwill=np.full(8, 2.0))
    keen = np.linspace(0.0, 1.75, 8)
    alike = replace(market, volume=np.full(8, 5.0), start=start, responsiveness=keen)
    nobody = replace(alike, start=replace(start, goodwill=np.zeros(8)), usual_utility=law.usual_utility(alike))
    gain = expected_own(alike) - expected_own(nobody)
    assert gain[0] == 0.0 and (np.diff(gain) > 0).all()


def test_the_worth_of_a_programme_is_what_the_simulated_market_buys():
    """The optimiser's path beside twenty runs of the engine; a standard error of about 0.5 %."""
    calm = {"drift": np.zeros(3), "demand_shock": 0.0, "reaction": 0.0, "discovery_word": 0.0}
    world, market = by_hand(n=600, n_weeks=WEEKS, curvature=-0.8, outside=0.3, **calm)
    rng = np.random.default_rng(8)
    taste = market.base_utility + rng.normal(0, 0.8, (3, 600))
    rhythm = rng.lognormal(0.0, 1.0, 600)
    market = replace(market, responsiveness=rng.uniform(0.0, 2.0, 600), base_utility=taste, rhythm=rhythm)
    laid, ground = lay_out(world, market, BASELINE, WEEKS), lay_ground(world, market)
    today = field_of(world, [(market, laid)], laid, PlanSettings()).today
    programmes = Programmes(today[None], np.array([True]), np.zeros((1, len(world.channels))))
    worth = expected_worth(world, [(market, laid)], np.arange(600), programmes, Worth(np.array([1.0, 0.0, 0.0])))
    keys = [replace(KEY, replicate=luck) for luck in range(20)]
    bought = np.mean([run(world, market, BASELINE, key, WEEKS, ground=ground).volume[:, :, 0].sum() for key in keys])
    assert worth.sum() == pytest.approx(bought, rel=0.02)
    flat = replace(market, response=replace(market.response, curvature=0.0), responsiveness=None)
    other = expected_worth(world, [(flat, laid)], np.arange(600), programmes, Worth(np.array([1.0, 0.0, 0.0])))
    assert abs(other.sum() / bought - 1.0) > 0.04


def test_who_orders_often_buys_as_much_and_more_evenly():
    """Two halves alike but for their rhythm, a year of ten lives: the same mean, a fraction of the variance."""
    calm = {"drift": np.zeros(3), "demand_shock": 0.0, "reaction": 0.0, "loss": 0.0, "habit": 0.0}
    world, market = by_hand(n=400, n_weeks=WEEKS, **calm)
    start = replace(market.start, stage=np.full(400, 2, np.int8), goodwill=np.zeros(400))
    often = np.arange(400) % 2 == 1
    market = replace(
        market, volume=np.full(400, 5.0), base_utility=np.zeros((3, 400)), start=start,
        rhythm=np.where(often, 20.0, 0.5), campaigns=np.zeros_like(market.campaigns),
    )  # fmt: skip
    own = [run(world, market, BASELINE, replace(KEY, replicate=k), WEEKS).own_by_customer for k in range(10)]
    total = np.array(own, dtype=float).reshape(10, 400)
    seldom_mean, often_mean = total[:, ~often].mean(), total[:, often].mean()
    assert often_mean == pytest.approx(seldom_mean, rel=0.06)
    assert total[:, often].std() < 0.6 * total[:, ~often].std()


def regional(market: Market, n_territories: int = 4) -> Market:
    """A campaign of the third brand in the second territory, in some weeks only."""
    strength = np.zeros((n_territories, len(market.base_utility), WEEKS))
    strength[1, 2, 4:9] = 2.0
    return replace(market, regional=strength)


@pytest.mark.parametrize("scenario", [BASELINE, EVERYTHING], ids=lambda scenario: scenario.name)
def test_a_regional_campaign_is_that_of_plain_mesa_and_of_numpy(scenario):
    world, market = busy()
    local = regional(market)
    engine = of_engine(world, local, scenario)
    assert first_difference(engine, of_mesa(world, local, scenario)) == ""
    assert first_difference(engine, of_mesa(world, market, scenario)) != ""
    a, b = (run(world, local, scenario, KEY, WEEKS, engine=engine) for engine in ("compiled", "numpy"))
    assert all(getattr(a, name).tobytes() == getattr(b, name).tobytes() for name in DRAWN)


def test_a_regional_campaign_acts_in_its_territory_and_weeks_and_nowhere_else():
    world, market = busy(reaction=0.0)
    a, b = (run(world, one, BASELINE, KEY, WEEKS) for one in (market, regional(market)))
    more = (b.volume - a.volume).sum(axis=1)[:, 2]
    assert (more[[0, 2, 3], :9] == 0.0).all() and (more[1, :4] == 0.0).all()
    assert (more[1, 4:9] > 0.0).all()
    silent = replace(regional(market), regional=np.zeros((4, 6, WEEKS)))
    assert run(world, silent, BASELINE, KEY, WEEKS).volume.tobytes() == a.volume.tobytes()
    without = Scenario(name="w", competitors=CompetitorPolicy(learned_campaigns=False))
    assert run(world, regional(market), without, KEY, WEEKS).volume.tobytes() == (
        run(world, market, without, KEY, WEEKS).volume.tobytes()
    )
