"""Tallies, compiled: what is added up over customers, run by run of those who stand together; and plain columns."""

from __future__ import annotations

import numpy as np

from twin.engine.compiling import inner
from twin.response import journey

_I = np.int32


@inner
def tally(a, b, at, edges, cell, n_segments, scale, volume, contacts, stage, by_cell, by_territory, buyers):
    """Add orders, contacts and buyers to the sums, run by run of customers of one cell.

    A cell is a territory, known or unknown, and a segment. Orders are added as whole numbers, so that the order of
    adding is nothing.
    """
    q, above = 0, edges.size - 1
    while above - q > 1:
        middle = (q + above) // 2
        q, above = (middle, above) if edges[middle] <= a else (q, middle)
    first = a
    while first < b:
        last = min(edges[q + 1], b)
        c, x, y = cell[q], at + first - a, at + last - a
        for j in range(volume.shape[0]):
            by_cell[c, j] += _whole_sum(volume[j, x:y], scale)
        for h in range(contacts.shape[0]):
            by_territory[h, c // (2 * n_segments)] += _number(contacts[h, x:y])
        buyers[(c // n_segments) % 2] += _number_of_buyers(stage[first:last])
        first, q = last, q + 1


@inner
def _whole_sum(values, scale):
    total = np.int64(0)
    for i in range(values.size):
        total += np.int64(np.float64(values[i]) * scale + 0.5)
    return total


@inner
def _number(counts):
    total = _I(0)
    for i in range(counts.size):
        total = _I(total + _I(counts[i]))
    return np.int64(total)


@inner
def _number_of_buyers(stage):
    total = _I(0)
    for i in range(stage.size):
        total = _I(total + _I(journey.considers_us(_I(stage[i]))))
    return np.int64(total)


@inner
def add(values, total):
    """Add one column to another."""
    for i in range(total.size):
        total[i] = total[i] + values[i]


@inner
def copy(values, column):
    """Copy one column to another."""
    for i in range(column.size):
        column[i] = values[i]


@inner
def fill(value, column):
    """Set a column to one value."""
    for i in range(column.size):
        column[i] = value
