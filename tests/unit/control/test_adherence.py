"""Visits made against visits planned."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from twin.control.adherence import KEPT, MISSED, MOVED, adhere

VISITS = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 5)), max_size=14)


def by_hand(planned, made):
    """The same rule, visit by visit."""
    free, status = list(made), [MISSED] * len(planned)
    for k, visit in enumerate(planned):
        if visit in free:
            free.remove(visit)
            status[k] = KEPT
    for customer in {who for who, _ in planned}:
        left = sorted(week for who, week in free if who == customer)
        rows = sorted((k for k, (who, _) in enumerate(planned) if who == customer and status[k] == MISSED),
                      key=lambda k: (planned[k][1], k))  # fmt: skip
        for k, week in zip(rows, left):
            free.remove((customer, week))
            status[k] = MOVED
    return status, len(free)


def match(planned, made):
    p, m = np.array(planned, dtype=int).reshape(-1, 2), np.array(made, dtype=int).reshape(-1, 2)
    return adhere(p[:, 0], p[:, 1], m[:, 0], m[:, 1])


@settings(max_examples=150, deadline=None)
@given(VISITS, VISITS)
def test_it_is_what_counting_by_hand_gives(planned, made):
    found, (status, left) = match(planned, made), by_hand(planned, made)
    assert sorted(found.status.tolist()) == sorted(status)
    assert int(found.unplanned.sum()) == left
    for customer in range(5):
        mine = [found.status[k] for k, (who, _) in enumerate(planned) if who == customer]
        assert sorted(mine) == sorted(status[k] for k, (who, _) in enumerate(planned) if who == customer)


@settings(max_examples=60, deadline=None)
@given(VISITS)
def test_a_plan_that_was_followed_is_kept_whole(visits):
    found = match(visits, visits[::-1])
    assert (found.status == KEPT).all() and not found.unplanned.any()


@settings(max_examples=60, deadline=None)
@given(VISITS, VISITS)
def test_each_visit_answers_for_one(planned, made):
    found = match(planned, made)
    done = int((found.status != MISSED).sum())
    assert done + int(found.unplanned.sum()) == len(made)
    assert ((found.made_week >= 0) == (found.status != MISSED)).all()


def test_a_week_later_is_moved_and_another_customer_is_no_help():
    found = match([(1, 3), (2, 3)], [(1, 4), (3, 3)])
    assert found.status.tolist() == [MOVED, MISSED] and found.made_week.tolist() == [4, -1]
    assert found.unplanned.tolist() == [False, True] and found.share_made == 0.5


def test_nothing_planned_is_nothing_kept():
    assert np.isnan(match([], [(1, 1)]).share_made)
