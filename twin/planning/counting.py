"""Counting of rows within groups."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def count_in(*groups: NDArray, order: NDArray) -> NDArray[np.int64]:
    """Place of each row among the rows of its group, from 1: (n,) int."""
    rows = np.lexsort((order, *groups[::-1]))
    sorted_groups = [group[rows] for group in groups]
    new = np.ones(len(rows), dtype=bool)
    if len(rows):
        new[1:] = np.any([group[1:] != group[:-1] for group in sorted_groups], axis=0)
    first = np.maximum.accumulate(np.where(new, np.arange(len(rows)), 0))
    count = np.empty(len(rows), dtype=np.int64)
    count[rows] = np.arange(len(rows)) - first + 1
    return count
