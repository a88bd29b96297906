"""Background: how often two different outlets agree by chance, in every degree.

Counted where it can be (equal values, distances), else taken from pairs laid down without regard to what they hold.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from twin.intake.linkage_compare import FIELDS, compare
from twin.intake.linkage_records import Records

_SAMPLE = 60_000
_RADII_M = (60.0, 250.0, 800.0, 1500.0, 5000.0)
_MANY = {"name": 3, "phone": 4, "tax": 4}
_MOST_PLACED = 40_000


@dataclass(frozen=True)
class Background:
    """Agreement among all pairs of rows.

    Parameters
    ----------
    pairs : (2,) float
        Number of pairs within lists, and between lists.
    counts : tuple of (l,) float
        For each field, pairs in each level, scaled to all pairs.
    """

    pairs: NDArray[np.float64]
    counts: tuple[NDArray[np.float64], ...]


def background_of(records: Records) -> Background:
    """Count, and sample, agreement among all pairs of rows."""
    n = len(records)
    total = n * (n - 1) / 2
    sizes = np.bincount(records.lists).astype(float)
    within = float((sizes * (sizes - 1) / 2).sum())
    i, j = _laid_down(n)
    levels = compare(records, i, j)
    scale = total / len(i)
    counts = [np.bincount(levels[levels[:, k] >= 0, k], minlength=len(field.levels)) * scale
              for k, field in enumerate(FIELDS)]  # fmt: skip
    place = [field.name for field in FIELDS].index("place")
    near = _near(records)
    if near is not None:
        counts[place][: len(_RADII_M)] = near
    for name, column in (("name", "joined"), ("phone", "phone"), ("tax number", "tax")):
        at = [field.name for field in FIELDS].index(name)
        few, many = _equal(records.table[column], _MANY[column if column != "joined" else "name"])
        counts[at][0], counts[at][1] = few, many
    for name, columns in (("email", ["email"]), ("address", ["street", "house"])):
        at = [field.name for field in FIELDS].index(name)
        given = records.table.loc[records.table[columns[0]].notna(), columns].fillna("").agg("|".join, axis=1)
        counts[at][0] = sum(_equal(given, 0))
    return Background(np.array([within, total - within]), tuple(counts))


def _laid_down(n: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Pairs of rows at distances that share no rhythm with the lists' order, each once, in order."""
    rounds = max(_SAMPLE // n, 1)
    strides = np.unique((np.arange(1, rounds + 1) * 0.6180339887498949 % 1.0 * (n - 1) / 2).astype(np.int64) + 1)
    strides = strides[2 * strides < n] if n > 4 else strides[:1]
    step = max(n * len(strides) // (2 * _SAMPLE), 1)
    first = np.tile(np.arange(0, n, step), len(strides))
    second = (first + np.repeat(strides, len(first) // len(strides))) % n
    low, high = np.minimum(first, second), np.maximum(first, second)
    return np.divmod(np.unique(low * n + high), n)


def _near(records: Records) -> NDArray[np.float64] | None:
    """Pairs of rows in each ring of distance; ``None`` without places."""
    xyz = records.xyz[records.placed]
    if len(xyz) < 2:
        return None
    # every k-th row stands for all: sums over neighbours grow with the square
    step = -(-len(xyz) // _MOST_PLACED)
    tree = cKDTree(xyz[::step])
    inside = (tree.count_neighbors(tree, np.array(_RADII_M)) - tree.n) / 2.0
    return np.diff(inside, prepend=0.0) * step**2


def _equal(values: pd.Series, many: int) -> tuple[float, float]:
    """Pairs of rows with the same value: of values that few bear, and of the others."""
    size = values.dropna().value_counts().to_numpy().astype(float)
    pairs = size * (size - 1) / 2
    return float(pairs[size <= many].sum()), float(pairs[size > many].sum())
