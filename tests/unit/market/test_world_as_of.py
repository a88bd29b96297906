"""World as of a past week: nobody knows who will come and who will go."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from worlds_by_hand import lay_out

from twin.weeks import FAR_PAST, NEVER


def test_reps_who_leave_or_come_later_are_not_known_to():
    world = lay_out(40, 2)[0]
    n, week = len(world.reps), world.origin - 10
    start, end = np.full(n, FAR_PAST, dtype=np.int32), np.full(n, NEVER, dtype=np.int32)
    end[0], start[1] = week + 5, week + 7  # one leaves, the other takes the post over
    reps = replace(world.reps, start=start, end=end)
    then = replace(world, reps=reps).as_of(week).reps
    assert then.serving(week)[0] and then.serving(week + 200)[0]
    assert not then.serving(week)[1] and not then.serving(week + 200)[1]
    end[0], start[1] = week - 5, week - 7  # the same, long ago
    then = replace(world, reps=replace(reps, start=start, end=end)).as_of(week).reps
    assert not then.serving(week)[0] and then.serving(week)[1]
