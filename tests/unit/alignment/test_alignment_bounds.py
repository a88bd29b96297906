"""How little must move: no map moves less than the bound says, and some move no more."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twin.alignment.bounds import least_moved, least_moved_for_cv

LOADS = st.lists(st.floats(0.1, 10.0), min_size=2, max_size=8)


@given(LOADS, LOADS, st.floats(0.0, 0.5))
@settings(max_examples=100, deadline=None)
def test_whatever_moves_to_get_a_balance_is_at_least_the_bound(before, after, band):
    n = min(len(before), len(after))
    now, then = np.array(before[:n]) / sum(before[:n]), np.array(after[:n]) / sum(after[:n])
    target = np.full(n, 1 / n)
    moved = np.abs(now - then).sum() / 2  # no load that ends elsewhere can have moved less
    cv = (then / target).std()
    assert least_moved_for_cv(now, target, cv) <= moved + 1e-9
    widest = np.abs(then / target - 1).max()
    assert least_moved(now, target, max(band, widest)) <= moved + 1e-9


def test_two_territories_meet_in_the_middle():
    now, target = np.array([0.7, 0.3]), np.array([0.5, 0.5])
    assert least_moved(now, target, 0.0) == pytest.approx(0.2)
    assert least_moved(now, target, 0.1) == pytest.approx(0.15)
    assert least_moved_for_cv(now, target, 0.0) == pytest.approx(0.2)
    assert least_moved_for_cv(now, target, 0.2) == pytest.approx(0.1)
    assert least_moved_for_cv(now, target, 0.4) == 0.0


def test_a_territory_without_reps_gives_all_away():
    now, target = np.array([0.4, 0.4, 0.2]), np.array([0.5, 0.5, 0.0])
    assert least_moved_for_cv(now, target, 0.5) == pytest.approx(0.2)
    assert least_moved(now, target, 0.5) == pytest.approx(0.2)


def test_the_bound_is_reached_where_loads_can_be_divided_at_will():
    """Cutting the top and filling the bottom to a level is the best that there is: compare a fine grid of ways."""
    rng = np.random.default_rng(1)
    now, target, cv = rng.uniform(0.5, 1.5, 3), np.full(3, 1 / 3), 0.1
    now = now / now.sum()
    steps = np.linspace(0.2, 0.5, 121)
    a, b = np.meshgrid(steps, steps)
    then = np.stack([a.ravel(), b.ravel(), 1 - a.ravel() - b.ravel()], axis=1)
    fine = then[(then / target).std(axis=1) <= cv]
    best = (np.abs(fine - now).sum(axis=1) / 2).min()
    assert least_moved_for_cv(now, target, cv) == pytest.approx(best, abs=0.003)
