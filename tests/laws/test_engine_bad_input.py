"""What cannot be lived is refused where it enters: what, where, expected, found. What is odd but possible is lived."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from test_engine_laws import ALL_AT_ONCE, laid_for, picked

from twin.agents.conditions import Conditions, lay_out
from twin.agents.model import TwinModel
from twin.agents.recorder import Diary, Run, Totals
from twin.agents.replay import replay
from twin.agents.run import run
from twin.draws import Key
from twin.engine.chains import Steps
from twin.market.channels import VISIT
from twin.market.history import Touches
from twin.market.world import World
from twin.response.market import Market, Response
from twin.scenario.scenario import BASELINE, Journey, Scenario, Step
from twin.weeks import FAR_PAST

KEY, WEEKS = Key(seed=23), 6
ENGINES = ("compiled", "numpy")


@pytest.fixture
def small(made_up) -> tuple[World, Market]:
    return made_up(40, 2, WEEKS)


def marred(values: np.ndarray, wrong: object, at: tuple[int, ...] | int = 7) -> np.ndarray:
    spoilt = values.copy()
    spoilt[at] = wrong
    return spoilt


def both(world: World, market: Market, scenario: Scenario = BASELINE, n_weeks: int = WEEKS) -> Run:
    """The run, which is the same on both engines."""
    one, other = (run(world, market, scenario, KEY, n_weeks, engine=engine) for engine in ENGINES)
    for name in ("volume", "contacts", "buyers", "own_by_customer", "by_segment"):
        assert getattr(one, name).tobytes() == getattr(other, name).tobytes(), name
        assert np.isfinite(getattr(one, name)).all()
    return one


@pytest.mark.parametrize(
    ("name", "wrong", "said"),
    [
        ("carryover", 1.0, "carryover: expected 0 <= carryover < 1, got 1.0"),
        ("carryover", np.nan, "carryover: expected finite, got nan"),
        ("coefficient", np.inf, "coefficient: expected finite, got inf"),
        ("ideal_contacts", 0.0, "ideal_contacts: expected above zero, got 0.0"),
        ("orders_per_week", -1.0, "orders_per_week: expected not negative, got -1.0"),
        ("fatigue", -0.1, "fatigue: expected not negative, got -0.1"),
        ("synergy", -2.0, "synergy: expected not negative, got -2.0"),
        ("discovery_visit", 1.5, "discovery_visit: expected 0 to 1, got 1.5"),
        ("loss", -0.1, "loss: expected 0 to 1, got -0.1"),
        ("opening", 2.0, "opening: expected 0 to 1, got 2.0"),
        ("memory", -1e-9, "memory: expected 0 to 1, got -1e-09"),
        ("loss_contact", -0.5, "loss_contact: expected not negative, got -0.5"),
        ("handover", 1.0, "handover: expected 0 <= handover < 1, got 1.0"),
        ("demand_shock", np.nan, "demand_shock: expected finite, got nan"),
        ("curvature", 1.5, "curvature: expected -4 to 1, got 1.5"),
        ("outside", 1.0, "outside: expected 0 <= outside < 1, got 1.0"),
    ],
)
def test_a_parameter_that_no_law_can_digest_is_refused(small, name, wrong, said):
    with pytest.raises(ValueError, match=said.replace("+", r"\+")):
        replace(small[1].response, **{name: wrong})


MARKET_FAULTS = {
    "volume nan": (
        lambda m: {"volume": marred(m.volume, np.nan)},
        "market.volume, customer 7: expected a finite figure from 0, found nan",
    ),
    "volume negative": (
        lambda m: {"volume": marred(m.volume, -1.0)},
        "market.volume, customer 7: .* from 0, found -1.0",
    ),
    "volume infinite": (lambda m: {"volume": marred(m.volume, np.inf)}, "market.volume, customer 7: .*, found inf"),
    "volume beyond single precision": (
        lambda m: {"volume": marred(m.volume, 1e39)},
        r"market.volume, customer 7: .*, found 1e\+39",
    ),
    "volume short": (lambda m: {"volume": m.volume[:-1]}, "market.volume: expected 40 figures, found 39"),
    "utility nan": (
        lambda m: {"base_utility": marred(m.base_utility, np.nan, (2, 5))},
        "market.base_utility, brand 2, customer 5: expected a finite figure, found nan",
    ),
    "utility infinite": (
        lambda m: {"base_utility": marred(m.base_utility, -np.inf, (0, 5))},
        "base_utility, brand 0, customer 5: .*, found -inf",
    ),
    "responsiveness negative": (
        lambda m: {"responsiveness": marred(np.ones(40), -0.5)},
        "market.responsiveness, customer 7: expected a finite figure from 0, found -0.5",
    ),
    "rhythm negative": (
        lambda m: {"rhythm": marred(np.ones(40), -0.5)},
        "market.rhythm, customer 7: expected a finite figure from 0, found -0.5",
    ),
    "usual utility nan": (
        lambda m: {"usual_utility": marred(np.zeros(40), np.nan)},
        "market.usual_utility, customer 7: expected a finite figure, found nan",
    ),
    "a brand too few": (
        lambda m: {"base_utility": m.base_utility[:2]},
        "market.base_utility: expected 3 x 40 figures, found 2 x 40",
    ),
    "neighbour too high": (
        lambda m: {"neighbours": marred(m.neighbours, 40, (7, 3))},
        "market.neighbours, customer 7, neighbour 3: expected a figure from -1 to 39, found 40",
    ),
    "neighbour too low": (
        lambda m: {"neighbours": marred(m.neighbours, -2, (7, 3))},
        "neighbours, customer 7, neighbour 3: .*, found -2",
    ),
    "neighbours as numbers with a point": (
        lambda m: {"neighbours": m.neighbours.astype(float)},
        "market.neighbours: expected whole numbers, found float64",
    ),
    "neighbours flat": (
        lambda m: {"neighbours": m.neighbours[:, 0]},
        "market.neighbours: expected 40 x any figures, found 40",
    ),
    "too many neighbours": (
        lambda m: {"neighbours": np.zeros((40, 256), np.int32)},
        "market.neighbours: expected at most 255 a customer, found 256",
    ),
    "demand nan": (
        lambda m: {"log_demand": marred(m.log_demand, np.nan, 2)},
        "market.log_demand, week 2: expected a finite figure, found nan",
    ),
    "campaign nan": (
        lambda m: {"campaigns": marred(m.campaigns, np.nan, (1, 3))},
        "campaigns, brand 1, week 3: expected a finite figure, found nan",
    ),
    "campaigns short": (
        lambda m: {"campaigns": m.campaigns[:, :-1]},
        "market.campaigns: expected at least the 6 weeks of log_demand, found 5",
    ),
    "own brands": (lambda m: {"n_own": 2}, "market.n_own: expected 1, the world's own brands, found 2"),
    "reference": (
        lambda m: {"reference_share": 1.5},
        "market.reference_share: expected a figure from 0 to 1, found 1.5",
    ),
    "age": (lambda m: {"level_age": -1.0}, "market.level_age: expected a finite figure from 0, found -1.0"),
}


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("fault", MARKET_FAULTS)
def test_a_draw_that_does_not_fit_is_refused(small, fault, engine):
    world, market = small
    change, said = MARKET_FAULTS[fault]
    with pytest.raises(ValueError, match=said):
        run(world, replace(market, **change(market)), BASELINE, KEY, 2, engine=engine)


PART_FAULTS = {
    "weight nan": ("rule", "known_weight", lambda v: marred(v, np.nan), "rule.known_weight, customer 7: .*, found nan"),
    "weight negative": (
        "rule",
        "unknown_weight",
        lambda v: marred(v, -1.0),
        "rule.unknown_weight, customer 7: .*, found -1.0",
    ),
    "unknown share": (
        "rule",
        "unknown_share",
        lambda v: 1.2,
        "market.rule.unknown_share: expected a figure from 0 to 1, found 1.2",
    ),
    "follows sales": (
        "rule",
        "follows_sales",
        lambda v: np.nan,
        "market.rule.follows_sales: expected a finite figure, found nan",
    ),
    "visits of reps": ("rule", "rep_visits", lambda v: v[:1], "market.rule.rep_visits: expected 2 figures, found 1"),
    "contact rate": (
        "rule",
        "contact_rate",
        lambda v: marred(v, np.nan, (3, 4)),
        "contact_rate, channel 3, customer 4: .*, found nan",
    ),
    "a channel too many": (
        "rule",
        "contact_rate",
        lambda v: np.zeros((8, 40)),
        "contact_rate: expected 7 x 40 figures, found 8 x 40",
    ),
    "goodwill": ("start", "goodwill", lambda v: marred(v, -0.1), "start.goodwill, customer 7: .* from 0, found -0.1"),
    "pressure": ("start", "pressure", lambda v: marred(v, np.inf), "start.pressure, customer 7: .*, found inf"),
    "habit nan": (
        "start",
        "habit",
        lambda v: marred(v, np.nan, (1, 7)),
        "start.habit, brand 1, customer 7: .*, found nan",
    ),
    "habit above one": (
        "start",
        "habit",
        lambda v: marred(v, 1.1, (1, 7)),
        "start.habit, brand 1, customer 7: expected a figure from 0 to 1, found 1.1",
    ),
    "stage": (
        "start",
        "stage",
        lambda v: marred(v, 4),
        "start.stage, customer 7: expected a figure from 0 to 3, found 4",
    ),
    "stage with a point": (
        "start",
        "stage",
        lambda v: v.astype(float),
        "start.stage: expected whole numbers, found float64",
    ),
    "last visit": ("start", "last_visit", lambda v: v[:3], "start.last_visit: expected 40 figures, found 3"),
    "effect": ("response", "channel_effect", lambda v: v[:-1], "channel_effect: expected 7 figures, found 6"),
    "negative effect": (
        "response",
        "channel_effect",
        lambda v: marred(v, -1.0, 2),
        "channel_effect, channel 2: .* from 0, found -1.0",
    ),
    "promotion": ("response", "promotion", lambda v: v[:2], "market.response.promotion: expected 3 figures, found 2"),
    "drift": ("response", "drift", lambda v: marred(v, -1.0, 1), "market.response.drift, brand 1: .*, found -1.0"),
}


@pytest.mark.parametrize("fault", PART_FAULTS)
def test_a_part_of_a_draw_that_does_not_fit_is_refused(small, fault):
    world, market = small
    part, name, change, said = PART_FAULTS[fault]
    noun = getattr(market, part)
    spoilt = replace(market, **{part: replace(noun, **{name: change(getattr(noun, name))})})
    with pytest.raises(ValueError, match=said):
        run(world, spoilt, BASELINE, KEY, 2)


PEOPLE_FAULTS = {
    "territory too high": (
        "territory",
        lambda v: marred(v, 2),
        "population.territory, customer 7: expected a figure from 0 to 1, found 2",
    ),
    "no territory": ("territory", lambda v: marred(v, -1), "population.territory, customer 7: .*, found -1"),
    "channel preferred": (
        "prefers",
        lambda v: marred(v, 7),
        "population.prefers, customer 7: expected a figure from -1 to 6, found 7",
    ),
    "consent": ("consent", lambda v: v[:, :-1], "population.consent: expected 7 x 40 figures, found 7 x 39"),
    "consent as numbers": (
        "consent",
        lambda v: v.astype(float),
        "population.consent: expected yes or no, found float64",
    ),
    "entity": ("entity", lambda v: v.astype(np.int64), "population.entity: expected uint64, found int64"),
    "known": ("known", lambda v: v.astype(int), "population.known: expected yes or no, found int64"),
}


@pytest.mark.parametrize("fault", PEOPLE_FAULTS)
def test_people_that_do_not_fit_their_world_are_refused(small, fault):
    world, market = small
    name, change, said = PEOPLE_FAULTS[fault]
    people = replace(world.population, **{name: change(getattr(world.population, name))})
    with pytest.raises(ValueError, match=said):
        run(replace(world, population=people), market, BASELINE, KEY, 2)


def test_reps_of_a_territory_that_is_not_there_are_refused(small):
    world, market = small
    reps = replace(world.reps, territory=np.array([0, 5], dtype=np.int32))
    with pytest.raises(ValueError, match=r"reps\.territory, rep 1: expected a figure from 0 to 1, found 5"):
        run(replace(world, reps=reps), market, BASELINE, KEY, 2)


CONDITION_FAULTS = {
    "demand": (lambda c: {"demand": marred(c.demand, -1.0, 2)}, "conditions.demand, week 2: .*, found -1.0"),
    "factor": (
        lambda c: {"channel_factor": c.channel_factor[:6]},
        "conditions.channel_factor: expected 7 x 6 figures, found 6 x 6",
    ),
    "campaigns": (
        lambda c: {"campaigns": marred(c.campaigns, np.nan, (0, 1))},
        "conditions.campaigns, brand 0, week 1: .*, found nan",
    ),
    "territory": (
        lambda c: {"territory": marred(c.territory, 2)},
        "conditions.territory, customer 7: expected a figure from 0 to 1, found 2",
    ),
    "visits": (
        lambda c: {"rep_visits": marred(c.rep_visits, np.nan, (1, 3))},
        "conditions.rep_visits, rep 1, week 3: .*, found nan",
    ),
    "memory": (lambda c: {"memory": 2.0}, "conditions.memory: expected a figure from 0 to 1, found 2.0"),
    "frequency": (
        lambda c: {"frequency": marred(c.frequency, -1.0)},
        "conditions.frequency, customer 7: .* from 0, found -1.0",
    ),
    "frequency short": (lambda c: {"frequency": c.frequency[:9]}, "conditions.frequency: expected 40 figures, found 9"),
    "rank": (
        lambda c: {"known_rank": np.full(40, np.nan)},
        r"conditions.known_rank, customer 0: .*, found nan \(40 such in all\)",
    ),
    "member": (
        lambda c: {"chains": (chain(member=[3, 40]),)},
        r"conditions.chains\[0\].member, member 1: expected a figure from 0 to 39, found 40",
    ),
    "member twice": (
        lambda c: {"chains": (chain(member=[3, 3]),)},
        r"conditions.chains\[0\]: expected .* members in order, each once",
    ),
    "channel of a step": (
        lambda c: {"chains": (chain(channel=[7]),)},
        r"conditions.chains\[0\].channel, .*: expected a figure from 0 to 6, found 7",
    ),
    "no step": (
        lambda c: {"chains": (chain(channel=[], wait=[], when=[], times=[]),)},
        r"chains\[0\]: expected at least one step",
    ),
    "step never": (lambda c: {"chains": (chain(times=[0]),)}, r"chains\[0\].times, .*: .*, found 0"),
}


def chain(**change: list[int]) -> Steps:
    """A journey of one e-mail, with some of its columns replaced."""
    columns = {"channel": [3], "wait": [0], "when": [0], "times": [1], "member": [3]} | change
    kinds = {"member": np.uint32}
    return Steps(**{name: np.array(values, dtype=kinds.get(name, np.int64)) for name, values in columns.items()})


@pytest.mark.parametrize("fault", CONDITION_FAULTS)
def test_conditions_that_do_not_fit_are_refused(small, fault):
    world, market = small
    laid = lay_out(world, market, BASELINE, WEEKS)
    change, said = CONDITION_FAULTS[fault]
    spoilt: Conditions = replace(laid, **change(laid))
    with pytest.raises(ValueError, match=said):
        TwinModel(world, market, spoilt, KEY, Totals(world, WEEKS))
    branch = TwinModel(world, market, laid, KEY, Totals(world, WEEKS))
    with pytest.raises(ValueError, match=said):
        branch.branch_under(spoilt)


def test_all_faults_are_told_at_once(small):
    world, market = small
    spoilt = replace(market, volume=marred(market.volume, np.nan), neighbours=marred(market.neighbours, 99, (1, 1)))
    with pytest.raises(ValueError, match=r"market\.volume, customer 7.*; market\.neighbours, customer 1, neighbour 1"):
        run(world, spoilt, BASELINE, KEY, 2)


def test_demand_beyond_what_sums_can_hold_is_refused(small):
    world, market = small
    with pytest.raises(ValueError, match="demand: expected a factor of 0 to 1024, found"):
        run(world, replace(market, log_demand=np.full(WEEKS, 9.0)), BASELINE, KEY, 2)


def test_more_than_seven_contacts_a_week_are_refused_and_a_replay_counts_seven(small):
    world, market = small
    model = TwinModel(world, market, lay_out(world, market, BASELINE, WEEKS), KEY, Diary())
    given = np.zeros((7, 40), np.uint8)
    given[2, 5] = 8
    with pytest.raises(ValueError, match="given, channel 2, customer 5: expected at most 7 contacts a week, found 8"):
        model.crowd.step(model.week, 1.0, np.zeros(3), np.ones(7), model.calling.visited, None, given)
    with pytest.raises(ValueError, match="given: expected"):
        model.crowd.step(model.week, 1.0, np.zeros(3), np.ones(7), model.calling.visited, None, given[:, :9])
    model.calling.visited[3] = 9
    with pytest.raises(ValueError, match="visited: expected at most 7 visits a week, found 9"):
        model.crowd.step(model.week, 1.0, np.zeros(3), np.ones(7), model.calling.visited, None, None)
    week = np.full(30, market.first_week, dtype=np.int32)
    often = Touches(np.full(30, 5, np.int32), np.zeros(30, np.int8), week, np.full(30, -1, np.int32))
    assert replay(world, market, often, KEY, 2).contacts[VISIT].sum() == 7


def test_a_shift_that_is_no_number_is_refused(small):
    world, market = small
    model = TwinModel(world, market, lay_out(world, market, BASELINE, WEEKS), KEY, Diary())
    with pytest.raises(ValueError, match="shift: expected finite utilities, found"):
        model.crowd.step(model.week, 1.0, np.array([0, np.nan, 0]), np.ones(7), model.calling.visited, None, None)


def wide(small: tuple[World, Market], n_channels: int) -> tuple[World, Market]:
    """The same market with more channels, all of them in use."""
    world, market = small
    names = (*world.channels, *(f"extra-{h}" for h in range(n_channels - 7)))
    people = replace(world.population, consent=np.ones((n_channels, 40), dtype=bool))
    rate = np.full((n_channels, 40), 0.2)
    effect = np.full(n_channels, 0.1)
    return replace(world, channels=names, population=people), replace(
        market, rule=replace(market.rule, contact_rate=rate), response=replace(market.response, channel_effect=effect)
    )


def test_forty_channels_are_refused_and_thirty_two_all_speak(small):
    with pytest.raises(ValueError, match="channels: expected at most 32, found 40"):
        run(*wide(small, 40), BASELINE, KEY, 2)
    journey = Journey(steps=(Step("extra-24"), Step("extra-20", 7, times=2)))
    most = both(*wide(small, 32), Scenario(name="j", journeys=(journey,)))
    assert (most.contacts.sum(axis=(1, 2)) > 0).all() and len(most.contacts) == 32


def test_nobody_at_all_is_lived(small):
    world, market = small
    none = np.zeros(0, dtype=np.int64)
    empty = replace(world, population=picked(world.population, none))
    one = both(empty, laid_for(market, none), ALL_AT_ONCE)
    assert one.volume.shape == (2, 2, 3, WEEKS) and not one.volume.any() and not one.contacts.any()
    model = TwinModel(empty, laid_for(market, none), lay_out(empty, laid_for(market, none), BASELINE, 2), KEY, Diary())
    model.step()
    assert model.branch().histories([]).pages[0].contacts.shape == (7, 0)
    with pytest.raises(KeyError, match="found no customer at all"):
        model.customer("C00001")


def test_a_single_customer_is_lived_as_among_others(small):
    world, market = small
    market = replace(market, neighbours=np.full_like(market.neighbours, -1))
    market = replace(
        market, response=replace(market.response, reaction=0.0), rule=replace(market.rule, follows_sales=0.0)
    )
    alone = replace(world, reps=replace(world.reps, end=np.full(2, FAR_PAST, np.int32)))
    row = np.array([11])
    one = both(replace(alone, population=picked(world.population, row)), laid_for(market, row))
    assert one.own_by_customer[0] == both(alone, market).own_by_customer[11] > 0


def test_our_brand_alone_is_bought_by_those_who_know_it_and_only_them(small):
    world, market = small
    response = replace(market.response, promotion=np.full(1, 0.2), drift=np.zeros(1), loss=0.0)
    brands = replace(world.brands, names=world.brands.names[:1], owners=world.brands.owners[:1], unit_price=np.ones(1))
    only = replace(
        market, response=response, base_utility=market.base_utility[:1], campaigns=market.campaigns[:1],
        start=replace(market.start, habit=np.ones((1, 40))),
    )  # fmt: skip
    single = replace(world, brands=brands)
    one = both(single, only)
    assert one.volume.shape[2] == 1 and one.volume[:, 0].sum() > 0
    model = TwinModel(single, only, lay_out(single, only, BASELINE, 3), KEY, Diary())
    for _ in range(3):
        model.step()
    for page in model.histories(world.population.ids.tolist()).pages:
        considers = (page.moves.drawn == 1) | (page.moves.drawn == 2)
        np.testing.assert_allclose(page.purchases.share[0], considers, atol=1e-6)
    assert model.last_share == 1.0


def test_without_reps_nobody_is_visited(small):
    world, market = small
    reps = world.reps
    each = ("ids", "names", "territory", "home_lon", "home_lat", "visits_per_week", "start", "end")
    nobody = replace(world, reps=replace(reps, **{name: getattr(reps, name)[:0] for name in each}))
    idle = replace(market, rule=replace(market.rule, rep_visits=np.zeros(0)))
    one = both(nobody, idle, Scenario(name="j", journeys=(Journey(steps=(Step("visit"), Step("email", 3))),)))
    assert not one.contacts[VISIT].any() and one.volume.sum() > 0


def test_a_territory_without_customers_is_lived_and_a_world_without_territories_refused(small):
    world, market = small
    people = replace(world.population, territory=np.zeros(40, np.int32))
    one = both(replace(world, population=people), market)
    assert not one.volume[1].any() and not one.contacts[:, 1].any() and one.contacts[VISIT, 0].sum() == 12 * WEEKS
    with pytest.raises(ValueError, match="territories: expected at least one"):
        replace(world, territories=world.territories[:0])


def test_ids_and_entities_may_be_large_numbers(small):
    world, market = small
    numbers = np.arange(40) + 1_000_000_000
    people = replace(world.population, ids=numbers, entity=numbers.astype(np.uint64))
    named = replace(people, ids=numbers.astype(str))
    a, b = (both(replace(world, population=one), market) for one in (people, named))
    assert a.own_by_customer.tobytes() == b.own_by_customer.tobytes()
    other = replace(named, entity=(numbers.astype(np.uint64) << np.uint64(34)) + np.uint64(7))
    c = both(replace(world, population=other), market)
    assert len(np.unique(c.own_by_customer)) > 20 and not np.array_equal(a.own_by_customer, c.own_by_customer)
    model = TwinModel(replace(world, population=people), market, lay_out(world, market, BASELINE, 2), KEY, Diary())
    model.step()
    assert model.customer("1000000003").customer_id == "1000000003"
    assert model.customer(1000000003) == model.customer("1000000003")  # type: ignore[arg-type]
    with pytest.raises(KeyError, match="the nearest is '10000000"):
        model.customer("100000003")


def test_a_horizon_of_no_week_is_lived(small):
    world, market = small
    assert both(world, market, n_weeks=0).volume.shape == (2, 2, 3, 0)
    nothing = replace(market, log_demand=np.zeros(0), campaigns=np.zeros((3, 0)))
    model = TwinModel(world, nothing, lay_out(world, nothing, BASELINE, 0), KEY, Diary())
    assert model.customer("C00003").history() == ()


def test_the_largest_figures_that_are_allowed_overflow_nothing(small):
    world, market = small
    for volume in (1e-30, 1e20):
        big = replace(market, volume=np.full(40, volume), rule=replace(market.rule, known_weight=np.full(40, 1e25)))
        one = both(world, big)
        assert one.volume.sum() == pytest.approx(one.by_segment.sum(), rel=1e-9)
        assert 0.5 < one.volume.sum() / (volume * 40 * WEEKS) < 2.0


def test_weights_of_zero_mean_that_nobody_calls(small):
    world, market = small
    nothing = replace(market, rule=replace(market.rule, known_weight=np.zeros(40), unknown_weight=np.zeros(40)))
    assert not both(world, nothing).contacts[VISIT].any()


def test_response_is_checked_when_it_is_made(small):
    with pytest.raises(ValueError, match="promotion: expected finite"):
        Response(**(vars(small[1].response) | {"promotion": np.array([np.nan, 0, 0])}))
