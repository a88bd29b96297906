"""Tree of conditions: customers split by their attributes so that one choice a leaf loses little.

Grown best split first; knows nothing of visits, only that each customer gains something by each choice.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twin.scenario.condition import MAX_LENGTH
from twin.scenario.where import CATEGORY, FLAG, NUMBER, kind_of

_CUTS = 15
"""Numbers are cut at so many quantiles."""
_MOST_VALUES = 40
"""Categories of more values are passed over."""
_PASSED_OVER = ("customer_id", "name")
_SMALLEST = 5


@dataclass(frozen=True)
class Leaf:
    """Customers for whom one condition holds.

    Parameters
    ----------
    where : str or None
        ``None``: everybody.
    member : (n,) int
        Rows.
    level : int
        The choice that gains most for them together.
    gain : float
        What it gains.
    """

    where: str | None
    member: NDArray[np.int64]
    level: int
    gain: float


@dataclass(frozen=True)
class Tree:
    """A tree as it grew.

    Parameters
    ----------
    grown : tuple of (Leaf, Leaf, Leaf)
        Each leaf that was split, in order, and the two that it fell into.
    root : Leaf
    """

    root: Leaf
    grown: tuple[tuple[Leaf, Leaf, Leaf], ...]

    def after(self, n_leaves: int) -> list[Leaf]:
        """Leaves of the tree when it had so many; at least one, at most all."""
        leaves = {id(self.root): self.root}
        for parent, one, other in self.grown[: max(n_leaves - 1, 0)]:
            del leaves[id(parent)]
            leaves |= {id(one): one, id(other): other}
        return list(leaves.values())


@dataclass(frozen=True)
class _Test:
    """A way of telling customers apart: a number of each customer's bin, and conditions for what lies below a cut."""

    bins: NDArray[np.int64]
    n_bins: int
    single: bool
    conditions: tuple[tuple[str, str], ...]


def grow(gain: NDArray[np.float64], columns: Mapping[str, NDArray], n_leaves: int) -> Tree:
    """Grow a tree.

    Parameters
    ----------
    gain : (k, c) float
        What each choice gains by each customer; minus infinity where it is not allowed.
    columns : mapping of str to (c,) arrays
    n_leaves : int

    Returns
    -------
    Tree
    """
    tests = [test for name, column in columns.items() if name not in _PASSED_OVER for test in _tests(name, column)]
    root = _leaf(None, np.arange(gain.shape[1]), gain)
    waiting: list[tuple[Leaf, tuple[float, Leaf, Leaf] | None]] = [(root, _best_split(root, gain, tests))]
    grown = []
    while len(waiting) < n_leaves:
        gains = [0.0 if split is None else split[0] for _, split in waiting]
        place = int(np.argmax(gains))
        leaf, split = waiting[place]
        if split is None:
            break
        _, one, other = split
        waiting[place : place + 1] = [(part, _best_split(part, gain, tests)) for part in (one, other)]
        grown.append((leaf, one, other))
    return Tree(root, tuple(grown))


def _leaf(where: str | None, member: NDArray[np.int64], gain: NDArray[np.float64]) -> Leaf:
    total = gain[:, member].sum(axis=1)
    level = int(np.argmax(total))
    return Leaf(where, member, level, float(total[level]))


def _best_split(leaf: Leaf, gain: NDArray[np.float64], tests: list[_Test]) -> tuple[float, Leaf, Leaf] | None:
    """The split that gains most, and what it gains; ``None`` where none does."""
    if len(leaf.member) < 2 * _SMALLEST:
        return None
    mine = gain[:, leaf.member]
    best, chosen, cut = 1e-12 * max(abs(leaf.gain), 1.0), None, 0
    for test in tests:
        bins = test.bins[leaf.member]
        count = np.bincount(bins, minlength=test.n_bins)
        sums = np.stack([np.bincount(bins, row, test.n_bins) for row in mine])
        whole = sums.sum(axis=1, keepdims=True)
        if not test.single:
            sums, count = np.cumsum(sums, axis=1), np.cumsum(count)
        sums, count = sums[:, : len(test.conditions)], count[: len(test.conditions)]
        with np.errstate(invalid="ignore"):
            rest = np.where(np.isfinite(whole), whole - sums, _rest(mine, bins, test))
        better = sums.max(axis=0) + rest.max(axis=0) - leaf.gain
        better[(count < _SMALLEST) | (len(leaf.member) - count < _SMALLEST)] = 0.0
        at = int(np.argmax(better))
        if better[at] > best and len(leaf.where or "") + 10 + max(map(len, test.conditions[at])) <= MAX_LENGTH:
            best, chosen, cut = float(better[at]), test, at
    if chosen is None:
        return None
    inside = chosen.bins[leaf.member] == cut if chosen.single else chosen.bins[leaf.member] <= cut
    yes, no = (text if leaf.where is None else f"{leaf.where} and {text}" for text in chosen.conditions[cut])
    return best, _leaf(yes, leaf.member[inside], gain), _leaf(no, leaf.member[~inside], gain)


def _rest(mine: NDArray[np.float64], bins: NDArray[np.int64], test: _Test) -> NDArray[np.float64]:
    """Sums beyond each cut where a choice is not allowed for somebody: infinities do not subtract. (k, cuts) float."""
    barred = np.stack([np.bincount(bins, ~np.isfinite(row), test.n_bins) for row in mine])
    finite = np.stack([np.bincount(bins, np.where(np.isfinite(row), row, 0.0), test.n_bins) for row in mine])
    if test.single:
        barred, finite = (x.sum(axis=1, keepdims=True) - x for x in (barred, finite))
    else:
        barred, finite = (x.sum(axis=1, keepdims=True) - np.cumsum(x, axis=1) for x in (barred, finite))
    n = len(test.conditions)
    return np.where(barred[:, :n] > 0, -np.inf, finite[:, :n])


def _tests(name: str, column: NDArray) -> Iterator[_Test]:
    """Ways of splitting by one column."""
    kind, spelled = kind_of(column), _spelled(name)
    if kind == NUMBER:
        values = column.astype(np.float64)
        present = np.isfinite(values)
        cuts = np.unique(np.quantile(values[present], np.arange(1, _CUTS + 1) / (_CUTS + 1))) if present.any() else []
        cuts = [float(f"{cut:.6g}") for cut in cuts]
        if cuts:
            # a missing value makes the comparison false, so that it lies beyond every cut
            bins = np.where(present, np.searchsorted(cuts, values, side="right"), len(cuts))
            beyond = "{0} >= {1!r}" if present.all() else "not ({0} < {1!r})"
            conditions = tuple((f"{spelled} < {cut!r}", beyond.format(spelled, cut)) for cut in cuts)
            yield _Test(bins, len(cuts) + 1, False, conditions)
    elif kind == FLAG:
        inside = np.equal(column, True).astype(bool)
        yield _Test(np.where(inside, 0, 1), 2, True, ((spelled, f"not ({spelled})"),))
    elif kind == CATEGORY:
        texts = np.array(["" if value is None else str(value) for value in column.tolist()])
        names, bins = np.unique(texts, return_inverse=True)
        named = [k for k, text in enumerate(names) if text]
        if 2 <= len(named) <= _MOST_VALUES:
            order = np.array([*named, *(k for k in range(len(names)) if k not in named)])
            place = np.argsort(order)
            quoted = [f"{spelled} = '" + str(names[k]).replace("'", "''") + "'" for k in named]
            yield _Test(place[bins], len(names), True, tuple((text, f"not ({text})") for text in quoted))


def _spelled(name: str) -> str:
    """A column's name as conditions have it."""
    plain = name.isidentifier() and name.lower() not in ("and", "or", "not", "in", "true", "false")
    return name if plain else '"' + name + '"'
