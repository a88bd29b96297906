"""A branch of a run: the past is the parent's, the future is its own, the luck is the same. All of it is exact."""

from __future__ import annotations

import gc
import weakref
from dataclasses import replace

import numpy as np
import pytest
from test_engine import DIGITAL, FIRST, REP_FIRST, SCENARIOS

from twin.agents.conditions import lay_out
from twin.agents.model import TwinModel
from twin.agents.recorder import Diary, Run, Totals
from twin.agents.run import run
from twin.draws import Key
from twin.scenario.scenario import (
    BASELINE,
    CompetitorPolicy,
    FieldForce,
    Frequency,
    MarketEvents,
    Promotion,
    RepChange,
    Scenario,
    Shock,
    Targeting,
)
from twin.weeks import monday

KEY, WEEKS, NOW = Key(seed=21, draw=4), 26, 9
LATER = monday(2922 + NOW + 3)
LEFT = Scenario(name="left", field_force=FieldForce(changes=(RepChange("T1", -1, FIRST),)))


@pytest.fixture
def pairs(busy):
    """T1 has two reps, T2 none: one of the two can leave customers to the other."""
    world, market = busy
    return replace(world, reps=replace(world.reps, territory=np.array([0, 1, 1, 3], dtype=np.int32))), market


def begun(busy, scenario, n_weeks=NOW, engine="compiled", recorder=None) -> TwinModel:
    """A run of the whole horizon, lived for some weeks."""
    world, market = busy
    recorder = Totals(world, WEEKS) if recorder is None else recorder
    return gone_on(TwinModel(world, market, lay_out(world, market, scenario, WEEKS), KEY, recorder, engine), n_weeks)


def gone_on(model: TwinModel, n_weeks: int = WEEKS - NOW) -> TwinModel:
    for _ in range(n_weeks):
        model.step()
    return model


def bits(one: Run) -> list[bytes]:
    return [one.volume.tobytes(), one.contacts.tobytes(), one.buyers.tobytes(), one.own_by_customer.tobytes(),
            one.by_segment.tobytes()]  # fmt: skip


def end_of(model: TwinModel) -> list[bytes]:
    """Everything that a run has come to: sums, customers, reps' books, journeys, rivals."""
    calling = model.calling
    columns = [*model.crowd.state, calling.due, calling.credit, calling.unknown_credit, calling.visited_by]
    columns += [column for standing in calling.standing for column in standing]
    seen = np.array([rival.seen_share for rival in model.competitors])
    return [*bits(model.recorder.run()), *(column.tobytes() for column in (*columns, seen))]


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
@pytest.mark.parametrize("says", ["nothing", "the same"])
def test_a_branch_that_goes_on_as_before_is_the_parent_going_on(busy, scenario, says):
    parent = begun(busy, scenario)
    twin = parent.branch(None if says == "nothing" else scenario)
    assert end_of(gone_on(twin)) == end_of(gone_on(parent))
    assert bits(parent.recorder.run()) == bits(run(*busy, scenario, KEY, WEEKS))


def test_the_numpy_engine_branches_as_well(pairs):
    ends = []
    for engine in ("compiled", "numpy"):
        parent = begun(pairs, SCENARIOS[4], engine=engine)
        ends.append(end_of(gone_on(parent.branch(LEFT))))
    assert ends[0] == ends[1]


def test_a_horizon_lived_in_pieces_is_the_whole(busy):
    model = begun(busy, SCENARIOS[4], 0)
    for n_weeks in (1, 7, 0, 11, 6, 1):
        model = gone_on(model.branch(SCENARIOS[4]), n_weeks)
    assert bits(model.recorder.run()) == bits(run(*busy, SCENARIOS[4], KEY, WEEKS))


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_a_branch_leaves_its_parent_alone(busy, scenario):
    """And the parent its branch, whichever goes on first."""
    parent = begun(busy, SCENARIOS[4])
    twin = parent.branch(scenario)
    before = end_of(parent)
    gone_on(twin)
    assert end_of(parent) == before
    gone_on(parent)
    assert end_of(twin) == end_of(gone_on(begun(busy, SCENARIOS[4]).branch(scenario)))


def test_branches_that_differ_in_name_alone_differ_by_nothing(busy):
    parent = begun(busy, BASELINE)
    one, other = (parent.branch(replace(SCENARIOS[4], name=name, note=name)) for name in ("red", "blue"))
    assert end_of(gone_on(one)) == end_of(gone_on(other))


@pytest.mark.parametrize(
    "scenario",
    [
        Scenario(name="promo", promotions=(Promotion("Ours", LATER, 3),)),
        Scenario(name="shock", market=MarketEvents(shocks=(Shock(LATER, 4, 0.5, {"visit": 0.2}),))),
        Scenario(
            name="leaves", field_force=FieldForce(changes=(RepChange("T1", -1, LATER), RepChange("T2", 2, LATER)))
        ),
    ],
    ids=lambda scenario: scenario.name,
)  # fmt: skip
def test_what_begins_later_makes_no_difference_to_when_it_was_decided(pairs, scenario):
    twin = gone_on(begun(pairs, BASELINE).branch(scenario))
    whole, calm = run(*pairs, scenario, KEY, WEEKS), run(*pairs, BASELINE, KEY, WEEKS)
    assert bits(twin.recorder.run()) == bits(whole)
    assert np.array_equal(whole.volume[..., : NOW + 3], calm.volume[..., : NOW + 3])
    assert not np.array_equal(whole.volume, calm.volume)


def test_nobody_changes_hands_twice(pairs):
    """A rep left before the branch; in a branch of a branch too, that has passed."""
    parent = begun(pairs, LEFT)
    assert parent.crowd.state.handover.any()
    fading = parent.branch(LEFT)
    fading.step()
    fading = fading.branch(LEFT)
    gone_on(parent, 2), fading.step()
    assert np.array_equal(fading.crowd.state.handover, parent.crowd.state.handover)
    assert end_of(gone_on(fading, 5)) == end_of(gone_on(parent, 5))


def test_whoever_is_moved_by_the_branch_changes_hands_now_and_once(busy):
    world, _ = busy
    parent = begun(busy, BASELINE)
    alignment = world.population.territory.copy()
    moved = np.flatnonzero(alignment == 3)[::2]
    alignment[moved] = 0
    buys = parent.crowd.stage[moved] == 2
    for twin in (parent.branch(alignment=alignment), parent.branch(BASELINE, alignment=alignment)):
        twin.step()
        cost = twin.crowd.state.handover.copy()
        assert (cost[moved][buys] > 0).all() and np.count_nonzero(cost) <= len(moved)
        again = twin.branch(BASELINE, alignment=alignment)
        again.step(), twin.step()
        assert np.array_equal(again.crowd.state.handover, twin.crowd.state.handover)
        assert (twin.crowd.state.handover <= cost).all()
        back = again.branch(BASELINE)  # to the old territory: another change
        back.step(), again.step()
        assert (back.crowd.state.fade[moved] != again.crowd.state.fade[moved])[buys].any()


def test_what_should_have_happened_by_now_happens_now(pairs):
    twin = begun(pairs, BASELINE).branch(LEFT)
    assert not twin.crowd.state.handover.any()
    twin.step()
    assert twin.crowd.state.handover.any()


def test_reps_keep_their_fractions_of_a_visit_and_their_names(busy):
    half = Scenario(name="half", field_force=FieldForce(capacity_factor=0.77))
    more = Scenario(name="more", field_force=FieldForce(capacity_factor=0.77, changes=(RepChange("T0", 1, FIRST),)))
    parent = begun(busy, half)
    twin = parent.branch(more)
    assert parent.calling.credit.any()
    assert np.array_equal(twin.calling.credit, np.append(parent.calling.credit, 0.0))
    assert np.array_equal(twin.calling.unknown_credit, np.append(parent.calling.unknown_credit, 0.0))
    assert [rep.index for rep in twin.reps] == [0, 1, 2, 3, 4] and len(twin.agents) == len(parent.agents) + 1
    assert {rep.model for rep in twin.reps} == {rival.model for rival in twin.competitors} == {twin}
    back = twin.branch(half)
    assert np.array_equal(back.calling.credit, parent.calling.credit) and len(back.reps) == 4


def test_journeys_that_stay_go_on_and_others_begin(busy):
    parent = begun(busy, Scenario(name="both", journeys=(DIGITAL, REP_FIRST)))
    only = parent.branch(Scenario(name="one", journeys=(REP_FIRST,)))
    chain, standing = only.conditions.chains[0], only.calling.standing[0]
    before, stood = parent.conditions.chains[1], parent.calling.standing[1]
    stays = np.isin(chain.member, before.member)
    assert stays.any() and not stays.all() and (stood.step >= 0).any()
    assert np.array_equal(standing.step[stays], stood.step) and np.array_equal(standing.due[stays], stood.due)
    assert (standing.step[~stays] == -1).all()


def test_promises_end_with_the_scenario_that_made_them(busy):
    promised = Scenario(name="promised", targeting=Targeting(frequency=(Frequency(4.0, "size > 0.2"),)))
    parent = begun(busy, promised)
    assert (parent.calling.due >= 1.0).any()
    assert not parent.branch(BASELINE).calling.due.any()


@pytest.mark.parametrize("before", [SCENARIOS[4], SCENARIOS[3]], ids=["journeys", "promised"])
def test_sums_of_a_branch_are_those_of_its_single_customers(busy, before):
    """A journey's channels fall silent where it ends: no contact of the past is counted again."""
    twin = gone_on(begun(busy, before).branch(BASELINE))
    pages = gone_on(begun(busy, before, recorder=Diary()).branch(BASELINE)).recorder
    one = twin.recorder.run()
    for t, (_, _, channel, _) in enumerate(pages.contacts):
        assert np.array_equal(one.contacts[:, :, t].sum(axis=1), np.bincount(channel, minlength=len(one.contacts)))


def test_rivals_remember_what_they_saw(busy):
    loud = Scenario(name="loud", promotions=(Promotion("Ours", monday(2922), NOW, 3.0),))
    parent = begun(busy, replace(loud, competitors=CompetitorPolicy(reaction="retaliate")))
    calm = begun(busy, BASELINE)
    twin = parent.branch(Scenario(name="calm", competitors=CompetitorPolicy(reaction="retaliate")))
    seen = [rival.seen_share for rival in twin.competitors]
    assert seen == [rival.seen_share for rival in parent.competitors]
    assert min(seen) > max(rival.seen_share for rival in calm.competitors)
    gone_on(twin, 3)
    assert [rival.seen_share for rival in parent.competitors] == seen


def test_totals_of_a_branch_begin_with_those_of_its_parent(busy):
    parent = begun(busy, BASELINE)
    twin = gone_on(parent.branch(SCENARIOS[6]))
    mine, theirs = twin.recorder.run(), parent.recorder.run()
    assert np.array_equal(mine.volume[..., :NOW], theirs.volume[..., :NOW])
    assert theirs.volume[..., :NOW].all(axis=2).any() and not theirs.volume[..., NOW:].any()
    assert mine.own_by_customer.sum() == pytest.approx(mine.volume[:, :, 0].sum(), rel=1e-5)


def test_a_branch_may_look_closer_than_its_parent(busy):
    parent = begun(busy, BASELINE)
    diary = gone_on(parent.branch(recorder=Diary())).recorder
    gone_on(parent)
    ordered = [np.bincount(brand, volume, 3) for _, _, brand, volume in diary.orders]
    np.testing.assert_allclose(np.array(ordered).T, parent.recorder.run().volume[..., NOW:].sum(axis=(0, 1)), rtol=1e-9)


def test_those_who_agree_or_close_in_a_branch_do_so_there_alone(busy):
    parent = begun(busy, BASELINE)
    straight = end_of(gone_on(begun(busy, BASELINE)))
    twin = parent.branch()
    twin.crowd.close(np.arange(50))
    twin.crowd.agree(np.arange(50, 60), np.zeros((7, 10), dtype=bool))
    gone_on(twin)
    assert end_of(gone_on(parent)) == straight != end_of(twin)


def test_a_recorder_that_cannot_be_copied_is_asked_for(busy):
    class Nothing:
        single_customers = False

        def record(self, model, week):
            pass

    parent = begun(busy, BASELINE, recorder=Nothing())
    with pytest.raises(ValueError, match=r"recorder: expected one for the branch, a Nothing has no branch\(\)"):
        parent.branch()
    assert parent.branch(recorder=Diary()).week_index == NOW


def test_steps_beyond_the_horizon_are_refused(busy):
    model = gone_on(begun(busy, BASELINE).branch())
    assert model.steps == WEEKS
    with pytest.raises(ValueError, match="week_index: expected below the horizon of 26 weeks, got 26"):
        model.step()


def test_a_run_that_nobody_holds_goes_away(busy):
    """Runs, branches and runs that are lived again: else an ensemble would keep all of them."""
    model = begun(busy, BASELINE, 2)
    twin = model.branch(SCENARIOS[5])
    twin.customer("C00001").history()
    gone = [weakref.ref(one) for one in (model, twin, model.crowd, twin.crowd)]
    del model, twin
    gc.collect()
    assert [one() for one in gone] == [None] * 4
