"""The time machine deals nobody a part of a total of whom no list knew."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
from worlds_by_hand import FIRST_WEEK, lay_out

from twin.potential.time_machine import as_listed

WEEK = FIRST_WEEK - 52
N = 8


def world(register=None):
    """Customers 0 to 3 are known, 2 and 3 since half a year; all stand in brick 5; 4 to 7 are unknown."""
    world, _ = lay_out(n=N, n_territories=1)
    people = replace(
        world.population, brick=np.full(N, 5, np.int32), on_register=register,
        known_since=np.array([WEEK - 200] * 2 + [WEEK + 26] * 2 + world.population.known_since[4:].tolist(), np.int32),
    )  # fmt: skip
    return replace(world, population=people)


def without_brick(world, audited=()):
    seen = as_listed(world, SimpleNamespace(origin=WEEK, panel=SimpleNamespace(unit=np.array(audited, np.int64))))
    assert seen.population.known.tolist() == [True, True, *[False] * 6]
    return np.flatnonzero(seen.population.brick < 0).tolist()


def test_who_became_ours_later_and_stood_on_no_list_has_no_brick():
    assert without_brick(world()) == [2, 3]


def test_who_stood_on_the_register_or_was_audited_before_keeps_it():
    listed = np.array([0, 0, 1, 0, 1, 1, 1, 1], dtype=float)
    assert without_brick(world(listed)) == [3]
    assert without_brick(world(), audited=[3]) == [2]
