"""Adherence: visits made against visits planned, one to one, by customer and week.

Histories know the week of a contact, not its hour, so a visit kept its date when it was made in its week.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

KEPT, MOVED, MISSED = 0, 1, 2
STATUS = ("kept", "moved", "missed")
"""Made in its week; made in another week of the span; not made."""


@dataclass(frozen=True)
class Adherence:
    """What became of a plan.

    Parameters
    ----------
    status : (v,) int8
        Of each planned visit: an index into :data:`STATUS`.
    made_week : (v,) int32
        Week in which it was made; -1 for one that was missed.
    unplanned : (m,) bool
        Of each visit that was made: nobody had planned it.
    """

    status: NDArray[np.int8]
    made_week: NDArray[np.int32]
    unplanned: NDArray[np.bool_]

    @property
    def share_made(self) -> float:
        """Part of the planned visits that was made in any week; ``nan`` without a plan."""
        return float((self.status != MISSED).mean()) if len(self.status) else float("nan")


def adhere(
    planned_customer: NDArray[np.integer],
    planned_week: NDArray[np.integer],
    made_customer: NDArray[np.integer],
    made_week: NDArray[np.integer],
) -> Adherence:
    """Match visits: first those of the same customer and week, then what is left of the same customer in order of time.

    Parameters
    ----------
    planned_customer, planned_week : (v,) int
    made_customer, made_week : (m,) int
        Of the same span of weeks.

    Returns
    -------
    Adherence
        Each visit that was made answers for at most one that was planned.
    """
    planned = np.column_stack([planned_customer, planned_week]).astype(np.int64).reshape(-1, 2)
    made = np.column_stack([made_customer, made_week]).astype(np.int64).reshape(-1, 2)
    status = np.full(len(planned), MISSED, dtype=np.int8)
    when = np.full(len(planned), -1, dtype=np.int32)
    free = np.ones(len(made), dtype=bool)
    for verdict, columns in ((KEPT, 2), (MOVED, 1)):
        rows, others = np.flatnonzero(status == MISSED), np.flatnonzero(free)
        # both in order of time, so that ranks within a customer follow the weeks
        rows, others = rows[_by_time(planned[rows])], others[_by_time(made[others])]
        mine, theirs = _paired(planned[rows, :columns], made[others, :columns])
        status[rows[mine]] = verdict
        when[rows[mine]] = made[others[theirs], 1]
        free[others[theirs]] = False
    return Adherence(status, when, free)


def _by_time(rows: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.lexsort((rows[:, 1], rows[:, 0]))


def _paired(
    left: NDArray[np.int64], right: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:  # fmt: skip
    """Rows with equal keys, the k-th of one side with the k-th of the other: two (n,) int."""
    key = np.unique(np.concatenate([left, right]), axis=0, return_inverse=True)[1].ravel()
    first, second = (
        np.column_stack([half, _rank(half)]) for half in (key[: len(left)], key[len(left) :])
    )  # fmt: skip
    both = np.unique(np.concatenate([first, second]), axis=0, return_inverse=True)[1].ravel()
    _, mine, theirs = np.intersect1d(both[: len(left)], both[len(left) :], assume_unique=True, return_indices=True)
    return mine, theirs


def _rank(key: NDArray[np.int64]) -> NDArray[np.int64]:
    """Place of each entry among those of its key: (n,) int from 0."""
    order = np.argsort(key, kind="stable")
    _, start, count = np.unique(key[order], return_index=True, return_counts=True)
    rank = np.empty(len(key), dtype=np.int64)
    rank[order] = np.arange(len(key)) - np.repeat(start, count)
    return rank
