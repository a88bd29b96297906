"""Rules: which rows of two short lists are one outlet, by name and place; for lists too short to learn from.

A pair is a candidate within 1.5 km, or in the same brick when either side has no coordinates. Its score is the
similarity of the distinctive words of both names (0..100) less 10 points at 1.5 km, in proportion to the distance.
A pair is linked from 85 points (92 without coordinates) and shown for review from 75. Names that say different
sorts of outlet or different numbers are never linked; a name that several outlets of one list bear identifies only
within 150 m, because chains stand close to one another.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from rapidfuzz import fuzz, process
from scipy.spatial import cKDTree

from twin.intake.codes import codes_of, column
from twin.intake.fold import each, outlet_name, outlet_sort
from twin.intake.linkage_blocks import bigram_bits
from twin.intake.places import coordinates, on_sphere

RADIUS_M = 1500.0
LINK_SCORE = 85.0
LINK_SCORE_UNPLACED = 92.0
REVIEW_SCORE = 75.0
SHARED_NAME_M = 150.0
_DISTANCE_POINTS = 10.0
_EARTH_M = 6_371_000.0
_CHUNK = 2_000
_COMMON_BITS = 0.5
CERTAIN, REVIEWED = 0.98, 0.75
"""Probability that a pair which was linked by its name, or one put up for review, is one outlet: cautious judgement.

In made-up registers 503 of 504 linked pairs and all 25 pairs for review were one outlet.
"""


def rule_pairs(
    left: pd.DataFrame, left_key: str, right: pd.DataFrame, right_key: str
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
    """Pairs of rows that reach the review score.

    Parameters
    ----------
    left, right : DataFrame
        Canonical tables; the same one twice for repetitions within a list.
    left_key, right_key : str
        Columns of their ids.

    Returns
    -------
    i, j : (p,) int
    score : (p,) float in [0, 100]
    distance : (p,) float, metres
        ``nan`` when unknown.
    """
    return _scored_pairs(_Side(left, left_key), _Side(right, right_key))


def probability(score: NDArray[np.float64], distance: NDArray[np.float64]) -> NDArray[np.float64]:
    """Probability that pairs of these scores are one outlet: (p,) float."""
    certain = score >= np.where(np.isnan(distance), LINK_SCORE_UNPLACED, LINK_SCORE)
    return np.where(certain, CERTAIN, REVIEWED)


class _Side:
    """One list, folded for comparison."""

    def __init__(self, frame: pd.DataFrame, key: str) -> None:
        self.ids = frame[key].astype(object).to_numpy()
        self.names = column(frame, "name").fillna("").astype(object).to_numpy()
        self.words = each(outlet_name, self.names)
        self.folded = np.array([" ".join(sorted(words.split())) for words in self.words], dtype=object)
        self.joined = np.array([words.replace(" ", "") for words in self.words], dtype=object)
        self.sorts = pd.factorize(each(outlet_sort, self.names))
        self.bits = bigram_bits(self.folded)
        self.shared = pd.Series(self.folded).duplicated(keep=False).to_numpy()
        self.bricks = column(frame, "brick_id")
        self.xyz = _EARTH_M * on_sphere(*coordinates(frame))
        self.placed = np.isfinite(self.xyz).all(axis=1)

    def __len__(self) -> int:
        return len(self.ids)


def _metres(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.sqrt(((a - b) ** 2).sum(axis=1))


def _scored_pairs(left: _Side, right: _Side) -> tuple[NDArray, NDArray, NDArray, NDArray]:
    """Pairs that reach the review score: rows on both sides, score, metres (``nan`` when unknown)."""
    found: list[tuple[NDArray, NDArray, NDArray, NDArray]] = [(np.empty(0, dtype=np.int64),) * 2 + (np.empty(0),) * 2]
    for i, j in _candidates(left, right):
        both = np.bitwise_count(left.bits[i] & right.bits[j]).sum(axis=1)
        fewer = np.minimum(*(np.bitwise_count(side.bits[k]).sum(axis=1) for side, k in ((left, i), (right, j))))
        near = (both >= _COMMON_BITS * fewer) & (fewer > 0)
        i, j = i[near], j[near]
        if not len(i):
            continue
        score = _name_similarity(left, right, i, j)
        distance = _metres(left.xyz[i], right.xyz[j])
        score = score - _DISTANCE_POINTS * np.nan_to_num(distance) / RADIUS_M
        keep = score >= REVIEW_SCORE
        keep &= ~(left.shared[i] | right.shared[j]) | (distance <= SHARED_NAME_M)
        i, j, score, distance = i[keep], j[keep], score[keep], distance[keep]
        agree = ~_contradict(left, right, i, j)
        found.append((i[agree], j[agree], score[agree], distance[agree]))
    i, j, score, distance = (np.concatenate(parts) for parts in zip(*found, strict=True))
    return i, j, score, distance


def _name_similarity(left: _Side, right: _Side, i: NDArray[np.int64], j: NDArray[np.int64]) -> NDArray[np.float64]:
    """0..100; equal words count whatever their order, and whether or not they are written apart."""
    apart = process.cpdist(left.folded[i].tolist(), right.folded[j].tolist(), scorer=fuzz.ratio, dtype=np.float32)
    joined = process.cpdist(left.joined[i].tolist(), right.joined[j].tolist(), scorer=fuzz.ratio, dtype=np.float32)
    return np.maximum(apart, joined).astype(float)


def _contradict(left: _Side, right: _Side, i: NDArray[np.int64], j: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Names that say different sorts of outlet, or different numbers."""
    sorts_left, sorts_right = left.sorts[1][left.sorts[0][i]], right.sorts[1][right.sorts[0][j]]
    differ = (sorts_left != sorts_right) & (sorts_left != "") & (sorts_right != "")
    numbers = [np.array([" ".join(filter(str.isdigit, name.split())) for name in names], dtype=object)
               for names in (left.folded[i], right.folded[j])]  # fmt: skip
    return differ | (numbers[0] != numbers[1])


def _candidates(left: _Side, right: _Side) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Pairs to compare, in chunks: near one another, then in one brick where a side has no coordinates."""
    if right.placed.any():
        rows = np.flatnonzero(right.placed)
        tree = cKDTree(right.xyz[rows])
        placed = np.flatnonzero(left.placed)
        for start in range(0, len(placed), _CHUNK):
            i = placed[start : start + _CHUNK]
            lists = tree.query_ball_point(left.xyz[i], RADIUS_M, return_sorted=False)
            lengths = np.fromiter(map(len, lists), dtype=np.int64, count=len(lists))
            if lengths.sum():
                yield np.repeat(i, lengths), rows[np.concatenate(lists).astype(np.int64)]
    names = pd.Index(pd.concat([left.bricks, right.bricks]).dropna().unique())
    brick_left, brick_right = codes_of(left.bricks, names), codes_of(right.bricks, names)
    order = np.argsort(brick_right, kind="stable")
    for rows, others in ((~left.placed, np.ones(len(right), dtype=bool)), (left.placed, ~right.placed)):
        i = np.flatnonzero(rows & (brick_left >= 0))
        pool = order[others[order] & (brick_right[order] >= 0)]
        starts, stops = (np.searchsorted(brick_right[pool], brick_left[i], side=side) for side in ("left", "right"))
        for begin in range(0, len(i), _CHUNK):
            part = slice(begin, begin + _CHUNK)
            lengths = stops[part] - starts[part]
            if lengths.sum():
                within = np.arange(lengths.sum()) - np.repeat(np.cumsum(lengths) - lengths, lengths)
                yield np.repeat(i[part], lengths), pool[np.repeat(starts[part], lengths) + within]
