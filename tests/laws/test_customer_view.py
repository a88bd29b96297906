"""What is said of one customer is what happened to it: to the last bit, unstored, and without touching the run."""

from __future__ import annotations

import tracemalloc
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from test_engine import FIRST, REP_FIRST, SCENARIOS

from twin.agents import why
from twin.agents.conditions import lay_out
from twin.agents.customer_calls import BARRED
from twin.agents.model import TwinModel
from twin.agents.recorder import Diary, Totals
from twin.agents.rep import RepAgent
from twin.agents.replay import ReplayModel
from twin.agents.run import live
from twin.draws import Key
from twin.market.channels import VISIT
from twin.market.history import Touches
from twin.response import orders
from twin.response.journey import Stage
from twin.scenario.scenario import BASELINE, FieldForce, Frequency, RepChange, Scenario, Targeting

KEY, WEEKS = Key(seed=3, draw=1), 26
EVERYTHING = Scenario(
    name="everything",
    targeting=Targeting(
        known_rank="grade", unknown_rank="potential", drop_small=0.1, frequency=(Frequency(3.0, "size > 0.85"),)
    ),
    journeys=(REP_FIRST,),
)
OTHERS = [scenario for scenario in SCENARIOS if scenario.name in ("baseline", "random", "journeys", "people")]


@pytest.fixture
def graded(busy):
    """A lively market with a rank on which many are equal."""
    world, market = busy
    grade = np.random.default_rng(8).integers(0, 3, len(world.population)).astype(float)
    people = replace(world.population, attributes={**world.population.attributes, "grade": grade})
    return replace(world, population=people), market


def lived(busy, scenario, n_weeks=WEEKS, engine="compiled") -> tuple[TwinModel, Diary]:
    return live(*busy, scenario, KEY, n_weeks, diary := Diary(), engine=engine), diary


def everyone(model: TwinModel) -> list[str]:
    return model.world.population.ids.tolist()


def bits(model: TwinModel) -> list[bytes]:
    calling = model.calling
    return [column.tobytes() for column in (*model.crowd.state, calling.due, calling.credit, calling.unknown_credit)]


@pytest.mark.parametrize("scenario", [*OTHERS, EVERYTHING], ids=lambda scenario: scenario.name)
def test_a_history_has_every_order_and_contact_of_the_diary(graded, scenario):
    model, diary = lived(graded, scenario)
    found = model.histories(everyone(model))
    reps = model.conditions.rep_ids
    for t, page in enumerate(found.pages):
        week, customer, brand, volume = diary.orders[t]
        assert page.week == week
        assert np.array_equal(np.nonzero(page.purchases.volume), (brand, customer))
        assert np.array_equal(page.purchases.volume[brand, customer].astype(float), volume)
        _, contacted, channel, rep = diary.contacts[t]
        assert np.array_equal(np.nonzero(page.contacts), (channel, contacted))
        assert np.array_equal(page.calls.rep[contacted[channel == VISIT]], reps[rep[channel == VISIT]])
        _, moved, stage = diary.changes[t]
        assert np.array_equal(np.flatnonzero(page.moves.drawn != page.moves.before), moved)
        assert np.array_equal(page.moves.after[moved], stage)
    assert sum(len(one[1]) for one in diary.orders) > 1000


@pytest.mark.parametrize("scenario", [*OTHERS, EVERYTHING], ids=lambda scenario: scenario.name)
def test_reasons_are_the_causes(graded, scenario):
    """The draw against the chance decides each stage; share, probability and draw give each order, to the last bit."""
    model, _ = lived(graded, scenario)
    found = model.histories(everyone(model))
    for page in found.pages:
        moves, bought = page.moves, page.purchases
        assert np.array_equal(moves.drawn != moves.before, moves.fate < moves.chance)
        assert np.array_equal(orders.lumpy_volume(bought.expected, bought.probability, bought.draw), bought.volume)
        np.testing.assert_allclose(bought.share.sum(axis=0), 1.0, atol=1e-6)
        unaware = moves.before == Stage.UNAWARE
        joined = 1.0 - (1.0 - moves.base) * (1.0 - moves.by_visit) * (1.0 - moves.by_word)
        np.testing.assert_allclose(
            moves.chance[unaware], joined[unaware], rtol=1e-3
        )  # single: 1 - (1 - small) is coarse
        ours = (moves.before == Stage.TRIAL) | (moves.before == Stage.REPEAT)
        np.testing.assert_allclose(moves.chance[ours], (moves.base * moves.by_visit)[ours], rtol=1e-5)


@pytest.mark.parametrize("scenario", [*OTHERS, EVERYTHING], ids=lambda scenario: scenario.name)
def test_whoever_stands_before_the_last_visit_of_the_queue_was_visited(graded, scenario):
    model, _ = lived(graded, scenario)
    met = 0
    for page in model.histories(everyone(model)).pages:
        calls = page.calls
        came, open_to = page.contacts[VISIT] > 0, calls.pool != BARRED
        assert np.array_equal(came[open_to], (calls.place <= calls.visited)[open_to])
        assert not came[~open_to].any()
        assert (calls.place[open_to] <= calls.of[open_to]).all() and (calls.place >= 1).all()
        for pool in np.unique(calls.pool[open_to]):  # within territory and pool, places are 1, 2, 3, ...
            for zone in range(len(model.world.territories)):
                mine = (calls.pool == pool) & (model.conditions.territory == zone)
                assert np.array_equal(np.sort(calls.place[mine]), np.arange(mine.sum()) + 1)
        met += int(came.sum())
    assert met > 500


def test_looking_changes_nothing(graded):
    model, _ = lived(graded, EVERYTHING, 10)
    alone = live(*graded, EVERYTHING, KEY, 10, Diary())
    before = bits(model)
    model.histories(everyone(model)[::7])
    assert model.customer("C00003").history()
    assert bits(model) == before == bits(alone)


def test_going_on_after_looking_is_going_on(graded):
    world, market = graded
    paths = []
    for looks in (False, True):
        model = TwinModel(world, market, lay_out(world, market, EVERYTHING, 12), KEY, Totals(world, 12))
        for _ in range(12):
            model.step()
            if looks:
                model.histories(["C00005"])
        paths.append((model.recorder.run().volume.tobytes(), bits(model)))
    assert paths[0] == paths[1]


def test_both_engines_tell_the_same_history(graded):
    told = []
    for engine in ("compiled", "numpy"):
        model, _ = lived(graded, EVERYTHING, 12, engine)
        told.append(model.histories(["C00001", "C00250", "C00399"]))
    for customer in told[0].customer_ids:
        assert told[0].of(customer) == told[1].of(customer)


def test_the_history_of_a_branch_is_that_of_the_parent_and_then_its_own(graded):
    world, market = graded
    model = TwinModel(world, market, lay_out(world, market, BASELINE, WEEKS), KEY, Diary())
    for _ in range(8):
        model.step()
    people = Scenario(name="people", field_force=FieldForce(changes=(RepChange("T1", -1, FIRST), RepChange("T2", 1))))
    branch = model.branch(people)
    for _ in range(6):
        branch.step()
    later = branch.branch(EVERYTHING)
    for _ in range(6):
        later.step()
    found = later.histories(everyone(later))
    for t, page in enumerate(found.pages):
        _, customer, brand, volume = later.recorder.orders[t]
        assert np.array_equal(np.nonzero(page.purchases.volume), (brand, customer))
        assert np.array_equal(page.purchases.volume[brand, customer].astype(float), volume)
        _, contacted, channel, _ = later.recorder.contacts[t]
        assert np.array_equal(np.nonzero(page.contacts), (channel, contacted))
    assert len(found.pages) == 20
    assert any("new-T2" in name for page in found.pages[8:14] for name in page.calls.rep)


def test_a_view_keeps_its_week(graded):
    world, market = graded
    model = TwinModel(world, market, lay_out(world, market, BASELINE, WEEKS), KEY, Diary())
    assert model.customer("C00003").history() == ()
    for _ in range(5):
        model.step()
    early, begun = model.customer("C00003"), model.customer("C00003").history()
    for _ in range(5):
        model.step()
    assert early.history() == begun == model.customer("C00003").history()[:5]


def test_a_view_says_what_the_history_ends_with(graded):
    model, _ = lived(graded, EVERYTHING)
    found = model.histories(everyone(model))
    own = sum(page.purchases.volume[0].astype(float) for page in found.pages)
    for k in range(0, len(found.customer_ids), 13):
        seen, weeks = model.customer(found.customer_ids[k]), found.of(found.customer_ids[k])
        assert (seen.stage, seen.goodwill, seen.pressure) == (
            weeks[-1].stage_after,
            weeks[-1].goodwill,
            weeks[-1].pressure,
        )
        assert seen.own_so_far == pytest.approx(own[k], rel=1e-5)
        visits = [one.week for one in weeks if any(contact.channel == "visit" for contact in one.contacts)]
        assert seen.last_visit == (visits[-1] if visits else None)
        assert seen.own_habit == seen.habit["Ours"] and sum(seen.habit.values()) == pytest.approx(1.0, abs=1e-5)
        assert seen.territory == str(model.world.territories[model.conditions.territory[k]])
        assert seen.weekly_potential == np.float32(model.market.volume[k])
        assert ("visit" in seen.agrees_to) == bool(model.world.population.consent[VISIT, k])


def test_every_reason_is_met_somewhere(graded):
    """A reason that nothing can cause would be a phrase that nobody needs."""
    world, market = graded
    met: Counter[str] = Counter()
    nobody = replace(
        world, reps=replace(world.reps, end=np.where(np.arange(4) == 0, 0, world.reps.end).astype(np.int32))
    )
    hopeless = world.population.attributes["grade"].copy()
    hopeless[::9] = np.nan
    attributes = {**world.population.attributes, "grade": hopeless}
    nobody = replace(nobody, population=replace(world.population, attributes=attributes))
    model = live(nobody, market, EVERYTHING, KEY, WEEKS, Diary())
    told = model.histories(everyone(model)[::2])
    for customer in told.customer_ids:
        met.update(reason.key for week in told.of(customer) for reason in week.reasons)
    elsewhere = {"visit.plan", "no_visit.plan", "visit.record", "no_visit.record"}
    assert set(why.KEYS) - set(met) == elsewhere
    by = Counter(
        contact.by for customer in told.customer_ids for week in told.of(customer) for contact in week.contacts
    )
    assert set(by) == {"R1", "R2", "R3", "programme", "journey"}


def test_a_reason_with_other_figures_than_its_phrase_needs_is_refused():
    with pytest.raises(ValueError, match=r"visit\.place: expected the figures"):
        why.Reason("visit.place", {"place": 3})


class NearestFirst(RepAgent):
    """Visits the first customers of its book, and nobody else."""

    def plan(self) -> None:
        self.visit(self.book[:3])


class OwnWay(TwinModel):
    rep_class = NearestFirst


def test_reps_with_a_plan_of_their_own_are_heard_and_lived_again(graded):
    world, market = graded
    model = OwnWay(world, market, lay_out(world, market, BASELINE, 8), KEY, Diary())
    for _ in range(4):
        model.step()
    model = model.branch()
    for _ in range(4):
        model.step()
    for rep in model.reps:
        assert np.array_equal(rep.visits, rep.book[:3])
    favourite, other = (str(world.population.ids[model.reps[0].book[k]]) for k in (0, 5))
    weeks = model.customer(favourite).history()
    assert [week.reasons[0].key for week in weeks] == ["visit.plan"] * 8
    assert all(week.contacts[0].by == "R0" for week in weeks)
    assert {week.reasons[0].key for week in model.customer(other).history()} == {"no_visit.plan"}


def test_contacts_on_record_are_lived_again_as_recorded(graded):
    world, market = graded
    first = market.first_week
    week = np.array([first, first, first + 2], dtype=np.int32)
    touches = Touches(np.full(3, 3, np.int32), np.array([0, 0, 3], np.int8), week, np.full(3, -1, np.int32))
    model = ReplayModel(world, market, lay_out(world, market, BASELINE, 4), KEY, Diary())
    model.touches = touches
    for _ in range(4):
        model.step()
    weeks = model.customer("C00003").history()
    assert [[(c.channel, c.by, c.number) for c in week.contacts] for week in weeks] == [
        [("visit", "record", 2)], [], [("email", "record", 1)], [],
    ]  # fmt: skip
    assert [week.reasons[0].key for week in weeks] == ["visit.record"] + ["no_visit.record"] * 3
    assert weeks[0].reasons[0].figures == {"contacts": 2}


def test_a_run_that_was_changed_from_outside_has_no_history(graded):
    model, _ = lived(graded, BASELINE, 3)
    model.crowd.state.goodwill[5] += 1.0
    with pytest.raises(ValueError, match="goodwill after 3 weeks: expected what the run comes to"):
        model.histories(["C00001"])


@pytest.mark.parametrize(
    ("asked", "nearest"),
    [("C0003", "C00"), ("c00003", "C00003"), (" C00003", "C00003"), ("C00400", "C003"), ("zz", "C"), ("", "C")],
)
def test_an_unknown_customer_is_refused_with_the_nearest_name(graded, asked, nearest):
    world, market = graded
    model = TwinModel(world, market, lay_out(world, market, BASELINE, 2), KEY, Diary())
    with pytest.raises(KeyError, match=f"expected an id of this market, the nearest is '{nearest}"):
        model.customer(asked)
    with pytest.raises(KeyError, match="expected an id of this market"):
        model.histories(["C00001", asked])


def test_a_view_makes_no_array_as_long_as_the_market(made_up):
    """Bytes that a view allocates do not grow with the market: 20 of them below 64 kB where one flag each is 50 kB."""
    world, market = made_up(50_000, 10, 2)
    model = TwinModel(world, market, lay_out(world, market, BASELINE, 2), KEY, Totals(world, 2))
    model.step()
    model.customer("C00007")  # the directory is sorted once
    tracemalloc.start()
    views = [model.customer(f"C{k:05d}") for k in range(0, 50_000, 2_500)]
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(views) == 20 and peak < 64_000
