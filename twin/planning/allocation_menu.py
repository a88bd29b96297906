"""Menus: which programmes each customer may be given, within consent, service promised and guardrails.

Level 0 of visits is "as reps do today, as far as is kept": such a customer stays under the learned rule. All others
are visited in an even rhythm. Knows no worth.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twin.errors import PlanError
from twin.planning.allocation import Menus
from twin.planning.allocation_field import Field

INTERVALS_WEEKS = (26.0, 16.0, 12.0, 8.0, 6.0, 5.0, 4.0, 3.0, 2.0, 4.0 / 3.0, 1.0)
"""Rhythms of visits that are offered: one in so many weeks."""
_HAIR = 1e-9


@dataclass(frozen=True)
class Guardrails:
    """How far an allocation may go.

    Parameters
    ----------
    keep : float in [0, 1]
        Every customer keeps this part of today's visits.
    least : (c,) float, visits per week
        Service promised, for those who may be visited.
    most : float, visits per week
    change : float, visits per week
        Nobody's visits rise or fall by more.
    explore : float in [0, 1]
        Part of every territory's capacity that is reserved for those who do not buy from us.
    """

    keep: float
    least: NDArray[np.float64]
    most: float = 1.0
    change: float = np.inf
    explore: float = 0.0

    def __post_init__(self) -> None:
        for name in ("keep", "explore"):
            if not 0.0 <= getattr(self, name) <= 1.0:
                raise ValueError(f"{name}: expected 0 to 1, got {getattr(self, name)}")
        if not (np.isfinite(self.least).all() and (self.least >= 0.0).all()):
            raise ValueError("least: expected finite and not negative")
        if not self.most >= 0.0 or not self.change >= 0.0:
            raise ValueError(f"most, change: expected not negative, got {self.most}, {self.change}")


@dataclass(frozen=True)
class Offers:
    """What may be chosen, as items in the order of the customers of ``rows``.

    Parameters
    ----------
    rows : (c,) int
        Customers, territory by territory.
    level : (m,) int8
        Level of visits.
    way : (m,) int8
        Way of using the other channels; 0: as they are used anyway.
    menus : Menus
        Amounts: minutes a week, and visits a week.
    """

    rows: NDArray[np.int64]
    level: NDArray[np.int8]
    way: NDArray[np.int8]
    menus: Menus


def levels_of(field: Field, guardrails: Guardrails) -> NDArray[np.float64]:
    """Visits of each level: (l, c) float, per week; the first is what is kept of today's plan."""
    rhythms = 1.0 / np.array(INTERVALS_WEEKS)
    return np.vstack([guardrails.keep * field.today, np.repeat(rhythms[:, None], len(field.today), axis=1)])


def admitted(field: Field, guardrails: Guardrails) -> NDArray[np.bool_]:
    """Levels that each customer may be given: (l, c) bool; at least one each.

    Raises
    ------
    PlanError
        Where service is promised that the guardrails forbid.
    """
    visits = levels_of(field, guardrails)
    low = np.maximum(field.today - guardrails.change, guardrails.least)
    high = np.minimum(field.today + guardrails.change, guardrails.most)
    fits = (visits >= low - _HAIR) & (visits <= np.maximum(high, visits[0]) + _HAIR)
    fits[1:] &= visits[1:] > visits[0] + _HAIR
    fits[1:] &= field.may_visit
    fits[0] |= ~field.may_visit
    without = int((~fits.any(axis=0)).sum())
    if without:
        raise PlanError(
            f"guardrails: expected a rhythm of visits that each customer may be given, found none for {without} "
            "customers between what they are promised, --max-visits and --max-change. Allow more, or promise less."
        )
    return fits


def offers(
    field: Field,
    fits: NDArray[np.bool_],
    visits: NDArray[np.float64],
    value: NDArray[np.float64],
    further: list[tuple[NDArray[np.int64], NDArray[np.float64], float]],
) -> Offers:
    """Menus of everybody, territory by territory.

    Parameters
    ----------
    field : Field
    fits : (l, c) bool
        See :func:`admitted`.
    visits : (l, c) float, visits per week
    value : (l, c) float
        Expected worth of each level, other channels as they are.
    further : list of (rows, value, minutes)
        For each further way of using other channels: who may be given it, its (l, n) worth, and its minutes a week.

    Returns
    -------
    Offers
    """
    place = np.empty_like(field.order)
    place[field.order] = np.arange(len(place))
    parts = [(np.arange(len(place)), value, 0.0), *further]
    found = []
    for way, (rows, worth, minutes) in enumerate(parts):
        level, column = np.nonzero(fits[:, rows])
        who = rows[column]
        rate = visits[level, who]
        found.append((place[who], level, np.full(len(who), way), rate * field.minutes[who] + minutes, rate,
                      worth[level, column]))  # fmt: skip
    at, level, way, minutes, rate, worth = (np.concatenate(column) for column in zip(*found))
    order = np.lexsort((minutes, at))
    start = np.append(0, np.cumsum(np.bincount(at, minlength=len(place))))
    menus = Menus(start, np.stack([minutes[order], rate[order]]), worth[order])
    return Offers(field.order, level[order].astype(np.int8), way[order].astype(np.int8), menus)


def part_of(menus: Menus, lo: int, hi: int) -> Menus:
    """Menus of the customers from one place to another."""
    first, last = int(menus.start[lo]), int(menus.start[hi])
    return Menus(menus.start[lo : hi + 1] - first, menus.takes[:, first:last], menus.value[first:last])


def taken(menus: Menus, places: NDArray[np.int64]) -> tuple[Menus, NDArray[np.int64]]:
    """Menus of some customers in another order, and the number that each item had before."""
    count = np.diff(menus.start)[places]
    start = np.append(0, np.cumsum(count))
    items = np.repeat(menus.start[:-1][places] - start[:-1], count) + np.arange(start[-1])
    return Menus(start, menus.takes[:, items], menus.value[items]), items
