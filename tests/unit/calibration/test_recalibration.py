"""Recalibration: earlier data count once, and what moved is said with its reason."""

from __future__ import annotations

import numpy as np
import pytest

from twin.calibration.beliefs import WINDOWS, Learned, Span, carried, part_gone
from twin.calibration.health.moved import Causes, TableChange, moves
from twin.response.parameters import PRIORS, from_prior, shrunk

OLD = Span(2500, 2800)
LOSS = Learned("loss", 0.003, 0.0002, True, "prior")


def test_a_longer_history_that_holds_all_earlier_data_carries_nothing():
    longer = Span(OLD.first, OLD.origin + 26)
    everything = {name: Learned(name, 0.1, 0.001, True) for name in PRIORS if name not in WINDOWS}
    assert carried(everything, OLD, longer, "2024-01-01") == {}


def test_a_window_that_has_moved_on_carries_the_part_that_is_gone():
    now = Span(OLD.first, OLD.origin + 26)
    assert part_gone("loss", OLD, now) == pytest.approx(26 / 104)
    assert set(carried({"loss": LOSS}, OLD, now, "2024-01-01")) == {"loss"}


def test_years_that_were_dropped_are_carried():
    assert part_gone("visit_elasticity", OLD, Span(OLD.origin, OLD.origin + 100)) == 1.0


def test_the_literature_counts_once_and_earlier_evidence_at_twice_its_spread():
    belief = carried({"loss": LOSS}, OLD, Span(OLD.origin + 104, OLD.origin + 208), "2024-01-01")["loss"]
    prior = PRIORS["loss"]
    evidence = LOSS.sd**-2  # the prior's own share of it is a sixteenth here
    assert belief.sd**-2 == pytest.approx(prior.sd**-2 + evidence / 4, rel=0.1)
    assert prior.mean < belief.mean < LOSS.mean + 0.0002


def test_no_belief_is_surer_than_half_of_what_was_known():
    for gone in (26, 52, 104):
        belief = carried({"loss": LOSS}, OLD, Span(OLD.first, OLD.origin + gone), "2024-01-01")["loss"]
        assert belief.sd > LOSS.sd


def test_a_parameter_that_was_never_identified_stays_the_literatures():
    never = Learned("habit", 0.5, 0.05, False)
    assert carried({"habit": never}, OLD, Span(OLD.origin, OLD.origin + 100), "2024-01-01") == {}


def test_two_halves_of_the_data_give_what_the_whole_would_give_or_less_sure():
    # the mean of n observations, seen in two disjoint windows one after the other
    rng = np.random.default_rng(1)
    data = rng.normal(0.004, 0.004, 400)
    halves = [(h.mean(), h.std() / np.sqrt(len(h))) for h in (data[:200], data[200:])]
    first = shrunk("loss", *halves[0], 4000, 1, "first")
    known = Learned("loss", float(first.draws.mean()), float(first.draws.std()), True)
    belief = carried({"loss": known}, OLD, Span(OLD.origin, OLD.origin + 104), "2024-01-01")
    second = shrunk("loss", *halves[1], 4000, 2, "second", belief)
    whole = shrunk("loss", float(data.mean()), float(data.std()) / 20.0, 4000, 3, "whole")
    assert second.draws.std() >= 0.97 * whole.draws.std()
    assert abs(second.draws.mean() - whole.draws.mean()) < whole.draws.std()


def test_a_belief_replaces_the_prior_where_the_data_are_silent_and_says_so():
    belief = carried({"loss": LOSS}, OLD, Span(OLD.origin + 104, OLD.origin + 208), "2024-01-01")
    found = from_prior("loss", 200, 1, "not identified: nobody left", belief)
    assert not found.identified
    assert "the calibration of 2024-01-01" in found.prior
    assert found.draws.mean() > from_prior("loss", 200, 1, "").draws.mean()


# --- what moved --------------------------------------------------------------------------------------------------

SEASON = TableChange("sales", "2025-07 to 2025-12", 1200, False)


def only(before, after, causes):
    return moves({before.name: before}, (after,), causes)[0]


def test_a_move_is_measured_in_spreads_of_before():
    assert only(LOSS, Learned("loss", 0.0036, 0.0001, True), Causes()).sds == pytest.approx(3.0)


def test_the_reason_names_the_tables_that_feed_the_parameter_and_no_others():
    causes = Causes((SEASON, TableChange("campaigns", "2025-09 to 2025-10", 2, False)))
    reason = only(LOSS, Learned("loss", 0.0036, 0.0001, True), causes).reason
    assert "new sales 2025-07 to 2025-12 (+1200 rows)" in reason
    assert "campaigns" not in reason


def test_what_no_data_feed_moves_by_settings_or_program_alone():
    was, now = Learned("fatigue", 0.10, 0.05, False), Learned("fatigue", 0.11, 0.05, False)
    causes = Causes((SEASON,), ("seed: 0 to 1",), True)
    assert only(was, now, causes).reason == "another version of the program; seed: 0 to 1"


def test_what_stands_still_is_unchanged():
    assert only(LOSS, LOSS, Causes((SEASON,))).reason == "unchanged"


def test_parameters_that_come_and_go_are_listed():
    found = moves({"old": Learned("old", 1.0, 0.1, True)}, (Learned("new", 1.0, 0.1, True),), Causes())
    assert [(one.parameter, one.before, one.after) for one in found] == [("new", None, 1.0), ("old", 1.0, None)]
