"""Blocks: which pairs of rows are worth a comparison.

Two rows are a pair when they share a key that few others have: a tax number, telephone or mailbox; a whole name or
address; the beginning or end of a distinctive word within about 1.5 km, or within a brick; a door. Does not judge.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise, product

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from twin.intake.linkage_records import EARTH_M, Records

NEAR_M = 1500.0
_DOOR_M = 60.0
_REGION_M = 20_000.0
_LETTERS = 3
_MOST = {
    "tax": 30,
    "phone": 30,
    "email": 30,
    "name": 25,
    "address": 25,
    "street": 12,
    "word": 80,
    "brick": 60,
    "door": 12,
}
"""Rows that may share a key of each sort: one that more have tells too little."""
MANY_ROWS = 250_000
"""Rows above which a list is compared with itself by telephone, numbers, mailbox and address alone."""
_BY_WORD = frozenset(["name", "word", "brick", "door"])
_MIX = np.uint64(0x9E3779B97F4A7C15)
_COMMON_BITS = 0.4


def candidate_pairs(records: Records) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Rows ``i < j`` of each pair to compare, in order."""
    found = [np.empty(0, dtype=np.int64)]
    sure = [np.empty(0, dtype=np.int64)]
    n = len(records)
    many, one_list = n > MANY_ROWS, len(records.names_of_lists) == 1
    for sort, key, row in _keys(records):
        if many and one_list and sort in _BY_WORD:
            continue
        (sure if sort in ("tax", "phone", "email", "address", "street") else found).append(
            _pairs_of(key, row, _MOST[sort], n)
        )
    sure_pairs = np.unique(np.concatenate(sure))
    named = np.unique(np.concatenate(found))
    if many:
        i, j = np.divmod(named, n)
        named = named[records.lists[i] != records.lists[j]]
    named = named[_alike(records, *np.divmod(named, n))]
    return np.divmod(np.union1d(sure_pairs, named), n)


def identifying_pairs(records: Records) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Rows ``i < j`` with the same tax number, telephone or mailbox, in order."""
    found = [np.empty(0, dtype=np.int64)]
    for name in ("tax", "phone", "email"):
        given = np.flatnonzero(records.table[name].notna().to_numpy())
        key = _hash(records.table[name].to_numpy(dtype=object)[given])
        found.append(_pairs_of(key, given, _MOST[name], len(records)))
    return np.divmod(np.unique(np.concatenate(found)), max(len(records), 1))


def bearers_near(records: Records) -> NDArray[np.int64]:
    """How many rows of its list bear a row's name within some 10 km, itself counted: (n,) int; 0 without a name."""
    named = np.flatnonzero(records.table["joined"].notna().to_numpy())
    most = np.zeros(len(records), dtype=np.int64)
    name = _mixed(_hash(records.table["joined"].to_numpy(dtype=object)[named]), records.lists[named].astype(np.uint64))
    for cell in _cells(records, _REGION_M):
        # rows without a place may stand anywhere: they meet each other
        where = np.where(records.placed[named], cell[named], np.uint64(1))
        _, group, count = np.unique(_mixed(name, where), return_inverse=True, return_counts=True)
        most[named] = np.maximum(most[named], count[group])
    return most


def _keys(records: Records) -> Iterator[tuple[str, NDArray[np.uint64], NDArray[np.int64]]]:
    """Sort of key, hashed keys and their rows."""
    table, everyone = records.table, np.arange(len(records))
    for name in ("tax", "phone", "email", "name"):
        given = table[name].notna().to_numpy()
        yield name, _hash(table[name].to_numpy(dtype=object)[given]), everyone[given]
    given = (table["street"].notna() & table["house"].notna()).to_numpy()
    yield (
        "address",
        _hash((table["street"][given] + "|" + table["house"][given]).to_numpy(dtype=object)),
        everyone[given],
    )
    rows = everyone[given & records.placed]
    stem = _hash((table["street"][rows].str[:_LETTERS] + "|" + table["house"][rows]).to_numpy(dtype=object))
    for cell in _cells(records, 2 * NEAR_M):
        yield "street", _mixed(stem, cell[rows]), rows
    for at in range(records.words.shape[1]):
        word = pd.Series(records.words[:, at], dtype=object)
        there = word.notna().to_numpy()
        for ends in (word[there].str[:_LETTERS], word[there].str[-_LETTERS:]):
            stem, rows = _hash(ends.to_numpy(dtype=object)), everyone[there]
            for cell in _cells(records, 2 * NEAR_M):
                placed = records.placed[rows]
                yield "word", _mixed(stem[placed], cell[rows][placed]), rows[placed]
            within = records.brick[rows] >= 0
            yield "brick", _mixed(stem[within], records.brick[rows][within].astype(np.uint64)), rows[within]
    for cell in _cells(records, 2 * _DOOR_M):
        yield "door", cell[records.placed], everyone[records.placed]


def _hash(values: NDArray[np.object_]) -> NDArray[np.uint64]:
    return pd.util.hash_array(values, categorize=True) if len(values) else np.empty(0, dtype=np.uint64)


def _mixed(a: NDArray[np.uint64], b: NDArray[np.uint64]) -> NDArray[np.uint64]:
    return (a ^ (b * _MIX)) * _MIX


def _cells(records: Records, side_m: float) -> list[NDArray[np.uint64]]:
    """Four grids laid half a cell apart: points closer than half a side share a cell in at least one of them."""
    x, y, z = np.nan_to_num(records.xyz).T
    latitude, longitude = np.arctan2(z, np.hypot(x, y)), np.arctan2(y, x)
    cells = []
    for part, (down, right) in enumerate(product((0.0, 0.5), repeat=2)):
        row = np.floor(latitude * EARTH_M / side_m + down)
        # all of a row is measured along one parallel: its own points must not lie in cells of different width
        east = longitude * EARTH_M * np.cos((row + 0.5 - down) * side_m / EARTH_M)
        across = np.floor(east / side_m + right).astype(np.int64).astype(np.uint64)
        cell = _mixed(row.astype(np.int64).astype(np.uint64), across)
        cells.append(_mixed(cell, np.full(len(row), part, dtype=np.uint64)))
    return cells


def _pairs_of(key: NDArray[np.uint64], row: NDArray[np.int64], most: int, n: int) -> NDArray[np.int64]:
    """Pairs of rows with the same key, as ``i * n + j`` with ``i < j``; none of a key that more than ``most`` have."""
    order = np.lexsort((row, key))
    key, row = key[order], row[order]
    start = np.flatnonzero(np.append(True, key[1:] != key[:-1])) if len(key) else np.empty(0, dtype=np.int64)
    size = np.diff(np.append(start, len(key)))
    group = np.repeat(np.arange(len(start)), size)
    after = np.where(size <= most, size, 0)[group] - 1 - (np.arange(len(key)) - start[group])
    after = np.maximum(after, 0)
    first = np.repeat(np.arange(len(key)), after)
    second = first + 1 + np.arange(after.sum()) - np.repeat(np.cumsum(after) - after, after)
    i, j = row[first], row[second]
    return np.unique(np.minimum(i, j) * n + np.maximum(i, j))


def _alike(records: Records, i: NDArray[np.int64], j: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Pairs whose names share enough pairs of letters to be worth a true comparison: (p,) bool."""
    bits = bigram_bits(records.table["name"].fillna("").to_numpy(dtype=object))
    both = np.bitwise_count(bits[i] & bits[j]).sum(axis=1)
    fewer = np.minimum(np.bitwise_count(bits[i]).sum(axis=1), np.bitwise_count(bits[j]).sum(axis=1))
    return (both >= _COMMON_BITS * fewer) & (fewer > 0)


def bigram_bits(names: NDArray[np.object_]) -> NDArray[np.uint64]:
    """Which letter pairs a name has, as 128 bits: (n, 2) uint64. Only a sieve before the true comparison."""
    folded, distinct = pd.factorize(names)
    bits = np.zeros((len(distinct), 2), dtype=np.uint64)
    for row, name in enumerate(distinct):
        mask = 0
        for a, b in pairwise(name):
            mask |= 1 << ((ord(a) * 31 + ord(b)) % 128)
        bits[row] = mask & 0xFFFFFFFFFFFFFFFF, mask >> 64
    return bits[folded]
