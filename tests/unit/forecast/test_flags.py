"""Flags: idle reps, new maps outside of what is known of them, and silence where nothing is odd."""

import numpy as np
import pytest

from twin.forecast.ensemble import Ensemble
from twin.forecast.flags import BEYOND, IDLE, NEW_MAP, NO_VISITS, TOO_GOOD, flags_of, only_a_new_map
from twin.scenario.scenario import BASELINE, ChannelPolicy, FieldForce, RepChange, Scenario, Targeting

RANKED = Scenario("ranked", targeting=Targeting(known_rank="potential"))
MAP = Scenario("map", field_force=FieldForce(alignment="balanced"))


def said(scenario: Scenario, visits: float, pct: float = 1.0) -> list[str]:
    """Flags where the baseline makes a hundred visits and the scenario so many."""
    contacts = np.zeros((2, 2, 1, 1))
    contacts[:, 0, 0, 0] = 100.0, visits
    none = np.zeros(0)
    return flags_of(Ensemble((BASELINE, scenario), 0, none, contacts, none, none, none), 1, pct)


def test_nothing_is_said_of_what_is_usual():
    assert said(RANKED, 96.0) == []
    assert said(Scenario("more", field_force=FieldForce(capacity_factor=1.2)), 120.0) == []


def test_reps_who_find_nobody_to_call_on_are_called_idle():
    assert said(RANKED, 60.0) == [IDLE]
    # a tenth more could be made, and no more than before are
    assert said(Scenario("more", field_force=FieldForce(capacity_factor=1.2)), 100.0) == [IDLE]


@pytest.mark.parametrize(
    "fewer",
    [
        Scenario("half", field_force=FieldForce(capacity_factor=0.5)),
        Scenario("gone", field_force=FieldForce(changes=(RepChange("T1", -1),))),
        Scenario("less", channels=ChannelPolicy(factor={"visit": 0.5})),
    ],
)
def test_visits_that_a_scenario_takes_away_are_not_idle(fewer):
    assert said(fewer, 50.0) == []


def test_no_visits_at_all_is_said_instead():
    assert said(RANKED, 0.0) == [NO_VISITS]


@pytest.mark.parametrize(("pct", "flags"), [(-0.1, [NEW_MAP]), (0.0, []), (10.0, []), (10.1, [NEW_MAP])])
def test_a_new_map_is_flagged_outside_of_what_is_known_of_maps(pct, flags):
    assert said(MAP, 100.0, pct) == flags


def test_a_map_among_other_changes_is_not_judged_as_a_map():
    both = Scenario("both", field_force=FieldForce(alignment="balanced", capacity_factor=1.1))
    assert only_a_new_map(MAP) and not only_a_new_map(both) and not only_a_new_map(BASELINE)
    assert said(both, 110.0, -3.0) == []


def test_too_good_and_too_far_are_still_said():
    assert said(RANKED, 200.0, 16.0) == [TOO_GOOD, BEYOND]
