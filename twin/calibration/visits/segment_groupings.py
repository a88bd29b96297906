"""Segment groupings: ways to group customers by attributes and by size. Knows no response."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twin.calibration.levels.panel import Panel
from twin.market.world import World

MIN_MEMBERS = 30
"""A segment with fewer customers in the panel has the common effect."""
SIZE = "size of our sales"
_MOST_GROUPINGS, _MOST_LEVELS = 6, 12


@dataclass(frozen=True)
class Grouping:
    """One grouping of all customers.

    Parameters
    ----------
    column : str
    names : list of str
    code : (c,) int16
        -1 for customers of no segment, or of one with too few customers in the panel.
    """

    column: str
    names: list[str]
    code: NDArray[np.int16]


def groupings_of(world: World, panel: Panel) -> Iterator[Grouping]:
    """Groupings of all customers, the population's own first; levels without enough customers in the panel are -1."""
    people, given = world.population, world.population.segments
    tried = 0
    for column in [given.column, *(name for name in people.attributes if name != given.column)]:
        if column and tried < _MOST_GROUPINGS:
            grouping = _levels(column, people.attributes[column], panel)
            if grouping is not None:
                tried += 1
                yield grouping
    usual = panel.volume.sum(axis=1) / np.maximum(panel.mask.sum(axis=1), 1)
    values = np.full(len(people), np.nan)
    values[panel.customer] = np.log(usual)
    by_size = _levels(SIZE, values, panel)
    if by_size is not None:
        yield by_size


def _levels(column: str, values: NDArray, panel: Panel) -> Grouping | None:
    """A grouping by one attribute: its categories, or thirds of its numbers among the panel's customers."""
    if values.dtype in (np.dtype(object), np.dtype(bool)):
        names, code = np.unique(np.array(["" if v is None else str(v) for v in values]), return_inverse=True)
        if len(names) > _MOST_LEVELS:
            return None
    else:
        numbers = np.asarray(values, dtype=float)
        inside = numbers[panel.customer]
        if not np.isfinite(inside).any():
            return None
        edges = np.unique(np.nanquantile(inside, [1 / 3, 2 / 3]))
        names = np.array(["low", "middle", "high"] if len(edges) == 2 else ["low", "high"])
        code = np.where(np.isfinite(numbers), np.searchsorted(edges, numbers, side="right"), -1)
    visited = panel.visit_counts() > 0
    members = np.bincount(code[panel.customer][visited & (code[panel.customer] >= 0)], minlength=len(names))
    kept = np.flatnonzero(members >= MIN_MEMBERS)
    if len(kept) < 2:
        return None
    place = np.full(len(names) + 1, -1, dtype=np.int16)
    place[kept] = np.arange(len(kept))
    return Grouping(column, [str(names[k]) for k in kept], place[code])
