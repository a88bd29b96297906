"""Nights away: between which two days a rep does better to stay near a customer than to drive home and out again.

Nights are chosen where finished tours say that they pay, and the tours are searched once more with them.
"""

from __future__ import annotations

import itertools

import numpy as np
from numpy.typing import NDArray

from twin.planning.periodic import Answer, Problem


def with_nights(problem: Problem, answer: Answer, date: NDArray[np.datetime64], price: float) -> Problem | None:
    """The problem with nights away where they save more than they cost.

    Parameters
    ----------
    problem : Problem
        One tour a day.
    answer : Answer
    date : (d,) datetime64[D]
        Of the days of the problem.
    price : float, minutes
        Driving that a night must save.

    Returns
    -------
    Problem or None
        ``None`` where no night pays.
    """
    way, tours = problem.land.way, answer.tours
    saving = np.zeros(len(tours))
    for d, (one, other) in enumerate(itertools.pairwise(tours)):
        if one and other and date[d + 1] - date[d] == np.timedelta64(1, "D"):
            home_and_out = way[one[-1], 0] + way[0, other[0]]
            saving[d] = home_and_out - way[one[-1], other[0]] - price
    leaves, returns, found = problem.land.leaves.copy(), problem.land.returns.copy(), False
    for d in np.argsort(-saving, kind="stable"):
        if saving[d] <= 0.0:
            break
        # one night at a time: the rep is at home before and after the two days
        if returns[d] == 0 and leaves[d + 1] == 0 and leaves[d] == 0 and returns[d + 1] == 0:
            returns[d] = leaves[d + 1] = tours[d][-1]
            found = True
    if not found:
        return None
    return Problem(problem.land._replace(leaves=leaves, returns=returns), problem.wish, problem.must, problem.style)


def visits_of(problem: Problem, answer: Answer) -> NDArray[np.int64]:
    """Customer, visit and day of an answer's visits, in the order of the tours: (v, 3) int."""
    rows = [
        (c, int(np.flatnonzero(answer.slot_day[c] == d)[0]), d) for d, tour in enumerate(answer.tours) for c in tour
    ]
    return np.array(rows, dtype=np.int64).reshape(-1, 3)


def keeps_nights(problem: Problem, answer: Answer) -> bool:
    """Whether both days beside every night have visits."""
    away = (problem.land.leaves != 0) | (problem.land.returns != 0)
    return all(answer.tours[d] for d in np.flatnonzero(away))
