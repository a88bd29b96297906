"""Call allocation: which programme of contacts each customer gets, within what the reps of its territory can do.

A multiple-choice knapsack for each group of customers who share a capacity (Lodish 1971; Sinha and Zoltners 1979), with
a bound that proves how good the answer is. Knows neither the market nor a scenario.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

_CUSTOMERS_AT_ONCE = 20_000


@dataclass(frozen=True)
class Groups:
    """Who shares a capacity.

    Parameters
    ----------
    first : (g + 1,) int
        Where the customers of each group begin; they stand one behind the other.
    capacity : (q, g) float
        What each group has of each resource, one or two of them: minutes, and visits.
    """

    first: NDArray[np.int64]
    capacity: NDArray[np.float64]

    def __post_init__(self) -> None:
        if self.capacity.ndim != 2 or not 1 <= len(self.capacity) <= 2:
            raise ValueError(f"capacity: expected one or two rows, got shape {self.capacity.shape}")
        if self.capacity.shape[1] != len(self.first) - 1 or (np.diff(self.first) < 0).any():
            raise ValueError("first: expected one more than groups, in ascending order")
        if not (np.isfinite(self.capacity).all() and (self.capacity >= 0).all()):
            raise ValueError("capacity: expected finite and not negative")

    def __len__(self) -> int:
        return len(self.first) - 1


@dataclass(frozen=True)
class Menus:
    """What may be chosen for a run of customers, one item each.

    Parameters
    ----------
    start : (c + 1,) int
        Where each customer's items begin; at least one each.
    takes : (q, m) float, not negative
        What an item takes of each resource.
    value : (m,) float
        What it brings.
    """

    start: NDArray[np.int64]
    takes: NDArray[np.float64]
    value: NDArray[np.float64]

    def __post_init__(self) -> None:
        if self.takes.shape[1:] != self.value.shape or self.start[-1] != len(self.value):
            raise ValueError("menus: expected as many amounts and values as items")
        if (np.diff(self.start) < 1).any():
            raise ValueError("menus: expected at least one item for each customer")
        if not (np.isfinite(self.value).all() and np.isfinite(self.takes).all() and (self.takes >= 0.0).all()):
            raise ValueError("menus: expected finite values, and amounts that are finite and not negative")


@dataclass(frozen=True)
class Allocation:
    """An answer, and how good it is.

    Parameters
    ----------
    choice : (c,) int
        Place in its menu of the item that each customer gets; -1 in groups where not even the cheapest items fit.
    value : (g,) float
        What each group's answer brings; minus infinity where there is none.
    bound : (g,) float
        No answer brings more.
    price : (g,) float
        Worth of one per cent more of all capacity, times 100: the value's slope by the logarithm of capacity.
    weight : (q, g) float
        How far each resource is what binds; sums to one.
    proven : (g,) bool
        Whether the exact search has shown that the answer is the best.
    """

    choice: NDArray[np.int64]
    value: NDArray[np.float64]
    bound: NDArray[np.float64]
    price: NDArray[np.float64]
    weight: NDArray[np.float64]
    proven: NDArray[np.bool_]

    @property
    def feasible(self) -> NDArray[np.bool_]:
        """Groups with an answer: (g,) bool."""
        return np.isfinite(self.value)

    @property
    def gap(self) -> float:
        """Part of the bound that the answer may miss, all groups together."""
        value, bound = self.value[self.feasible].sum(), self.bound[self.feasible].sum()
        return float(max(bound - value, 0.0) / max(abs(bound), 1e-300))

    def price_of(self, capacity: NDArray[np.float64]) -> NDArray[np.float64]:
        """Shadow price of a resource: worth of one unit more of it, the others growing in step: (g,) float.

        ``capacity`` is (g,), what each group has of it: a row of :attr:`Groups.capacity`.
        """
        return np.divide(self.price, capacity, out=np.zeros_like(self.price), where=capacity > 0.0)


def allocate(groups: Groups, menus: Callable[[int, int], Menus], states: int = 0) -> Allocation:
    """Choose one item for each customer, so that the sum of values is large and no capacity is exceeded.

    Parameters
    ----------
    groups : Groups
    menus : callable
        Gives the menus of the customers from one row to another; asked once for each run of groups.
    states : int
        Most states of the exact search in a group; 0: no search. Its memory is 24 bytes a state.

    Returns
    -------
    Allocation

    Notes
    -----
    The steps of each menu's upper concave hull, sorted by value for cost over all customers of a group, are the optimum
    of the linear relaxation up to the step that no longer fits (Sinha and Zoltners 1979); whole steps that fit are the
    answer. Where two resources bind, their mix is one resource, and the mix that bounds best is found by bisection.
    """
    from twin.planning import allocation_kernels as kernels

    n, n_groups = int(groups.first[-1]), len(groups)
    choice, proven = np.full(n, -1, dtype=np.int64), np.zeros(n_groups, dtype=bool)
    total, bound, price = np.zeros((3, n_groups))
    weight = np.zeros((n_groups, len(groups.capacity)))
    for lo, hi in _runs(groups.first):
        a, b = int(groups.first[lo]), int(groups.first[hi])
        menu = menus(a, b)
        pick = np.full(b - a, -1, dtype=np.int64)
        kernels.solve(
            groups.first[lo : hi + 1] - a, menu.start.astype(np.int64), _parts(groups, menu, lo, hi),
            np.ascontiguousarray(menu.value, dtype=np.float64), states, pick, total[lo:hi], bound[lo:hi],
            price[lo:hi], weight[lo:hi], proven[lo:hi],
        )  # fmt: skip
        choice[a:b] = np.where(pick >= 0, pick - menu.start[:-1], -1)
    return Allocation(choice, total, bound, price, weight.T, proven)


def _runs(first: NDArray[np.int64]) -> list[tuple[int, int]]:
    """Groups that are solved together, so that their menus fit in memory."""
    edges = [0]
    for g in range(1, len(first)):
        if g == len(first) - 1 or first[g + 1] - first[edges[-1]] > _CUSTOMERS_AT_ONCE:
            edges.append(g)
    return list(pairwise(edges))


def _parts(groups: Groups, menu: Menus, lo: int, hi: int) -> NDArray[np.float64]:
    """What each item takes, in parts of what its group has: (q, m) float."""
    first = menu.start[groups.first[lo : hi + 1] - groups.first[lo]]
    has = np.repeat(groups.capacity[:, lo:hi], np.diff(first), axis=1)
    # of a resource that is not there, any amount is far too much
    takes = np.ascontiguousarray(menu.takes, dtype=np.float64)
    return np.divide(takes, has, out=np.where(takes > 0.0, 1e9, 0.0), where=has > 0.0)
