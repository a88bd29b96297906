"""Branching: what a run keeps of its past when it goes on under other conditions. Knows no customer's state."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from twin.agents.conditions import Conditions
from twin.engine.chains import Standing, Steps, standing_at_start


def from_now_on(laid: Conditions, past: Conditions, now: int) -> Conditions:
    """Conditions of a whole horizon, taken up in the middle of it.

    Parameters
    ----------
    laid : Conditions
        What holds from now on, laid out over the whole horizon.
    past : Conditions
        What was lived so far.
    now : int, week index
        The next week to be lived.

    Returns
    -------
    Conditions
        Customers whose territory changes now, or whose rep would have gone by now, change hands in this week; nobody
        changes hands a second time for what has passed.
    """
    done = (past.handed_over >= 0) & (past.handed_over < now)
    overdue = (laid.handed_over >= 0) & (laid.handed_over < now) & ~done
    coming = np.where(laid.handed_over >= now, laid.handed_over, np.where(done, past.handed_over, -1))
    handed_over = np.where(overdue | (laid.territory != past.territory), now, coming)
    return replace(laid, handed_over=handed_over.astype(np.int32))


def rows_before(before: NDArray[np.str_], after: NDArray[np.str_]) -> NDArray[np.int64]:
    """Where each rep stood in the list before: (r,) int, -1 for those who are new.

    The same list is the same reps row by row, even where an id stands in it twice.
    """
    if np.array_equal(before, after):
        return np.arange(len(after))
    row = {name: r for r, name in enumerate(before.tolist())}
    return np.array([row.get(name, -1) for name in after.tolist()], dtype=np.int64)


def standing_kept(chain: Steps, chains: Sequence[Steps], standing: Sequence[Standing]) -> Standing:
    """Where the members of a journey stand: as before in a journey of the same steps, else at its start."""
    found = standing_at_start(chain)
    for before, stood in zip(chains, standing):
        steps = (Steps._fields.index(name) for name in ("channel", "wait", "when", "times"))
        if all(np.array_equal(chain[k], before[k]) for k in steps):
            _, mine, theirs = np.intersect1d(chain.member, before.member, assume_unique=True, return_indices=True)
            for column, kept in zip(found, stood):
                column[mine] = kept[theirs]
    return found
