"""Outlets that stand under two names are counted by who stands near whom, and not invented where lists only cluster."""

from __future__ import annotations

import numpy as np

from twin.potential.doubles import BELIEVED, Near, missed_share, near_doubles

USUAL = BELIEVED[0] / sum(BELIEVED)
METRE = 1 / 111_320


def streets(rng, n=4000, each=2):
    """Outlets in groups within 30 metres of one another."""
    centres = np.stack([rng.uniform(30, 31, n // each), rng.uniform(39, 40, n // each)])
    return np.repeat(centres, each, axis=1) + rng.normal(0, 15, (2, n)) * METRE


def test_shops_that_stand_side_by_side_are_not_taken_for_doubles():
    # sixteen markets: an excess beyond three standard deviations comes about once in twenty runs of this test
    scores = []
    for seed in range(16):
        rng = np.random.default_rng(seed)
        place = streets(rng, each=5)
        ours = rng.random(place.shape[1]) < 0.4
        near = near_doubles(ours, ~ours, place)
        scores.append(near.excess / near.sd)
    assert np.abs(scores).max() < 3.0
    assert 0.4 < np.std(scores) < 1.7


def test_doubles_among_neighbours_are_counted():
    rng = np.random.default_rng(3)
    place = streets(rng)
    ours = rng.random(place.shape[1]) < 0.5
    twice = rng.choice(np.flatnonzero(ours), 300, replace=False)
    both = np.concatenate([place, place[:, twice] + rng.normal(0, 5, (2, 300)) * METRE], axis=1)
    mine = np.concatenate([ours, np.zeros(300, bool)])
    near = near_doubles(mine, ~mine, both)
    assert abs(near.excess - 300) < 4 * near.sd
    assert near.excess > 3 * near.sd


def test_pins_of_whole_bricks_say_nothing():
    rng = np.random.default_rng(4)
    middle = np.repeat(np.stack([rng.uniform(30, 31, 20), rng.uniform(39, 40, 20)]), 20, axis=1)
    own = np.stack([rng.uniform(30, 31, 400), rng.uniform(39, 40, 400)])
    ours = np.arange(800) >= 400
    assert near_doubles(ours, ~ours, np.concatenate([middle, own], axis=1)).placed == 400


def test_without_pins_the_part_that_is_missed_is_what_is_believed():
    rng = np.random.default_rng(1)
    nowhere = near_doubles(np.array([True, False]), np.array([False, True]), np.full((2, 2), np.nan))
    for near in (None, nowhere):
        draws = missed_share(500.0, near, "x", 400, int(rng.integers(9)))
        assert abs(draws.mean() - USUAL) < 0.01


def test_few_near_pairs_lower_the_part_that_is_missed_and_many_raise_it():
    few, many = (missed_share(500.0, Near(excess, 4.0, 900), "x", 200, 1).mean() for excess in (0.0, 40.0))
    assert few < USUAL / 2 < USUAL * 2 < many
