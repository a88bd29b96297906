"""Identity: which prospect of the register is which customer of ours.

Compares name and place and links one to one, best first. Knows no sales and no phone numbers; a person's verdicts in
the table ``links`` overrule it.

A pair is a candidate within 1.5 km, or in the same brick when either side has no coordinates. Its score is the
similarity of the distinctive words of both names (0..100) less 10 points at 1.5 km, in proportion to the distance.
A pair is linked from 85 points (92 without coordinates) and shown for review from 75. Names that say different
sorts of outlet or different numbers are never linked; a name that several outlets of one list bear identifies only
within 150 m, because chains stand close to one another.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from rapidfuzz import fuzz, process
from scipy.spatial import cKDTree

from twin.intake.codes import codes_of, column
from twin.intake.fold import each, outlet_name, outlet_sort
from twin.intake.places import coordinates, on_sphere
from twin.intake.schema import CONSENT

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

LINK_COLUMNS = ("prospect_id", "customer_id", "score", "name_prospect", "name_customer", "distance_m", "decision")
_TEXTS = ("prospect_id", "customer_id", "name_prospect", "name_customer", "decision")


def link(customers: pd.DataFrame, prospects: pd.DataFrame, verdicts: pd.DataFrame | None = None) -> pd.DataFrame:
    """Candidate links between the register and our list.

    Parameters
    ----------
    customers, prospects : DataFrame
        Canonical tables.
    verdicts : DataFrame, optional
        The table ``links``.

    Returns
    -------
    DataFrame
        :data:`LINK_COLUMNS`, best first; ``decision`` is ``linked``, ``review``, ``same id``, or ``linked`` by a person
        with score 100. Every prospect and every customer is linked at most once.
    """
    left, right = _Side(prospects, "prospect_id"), _Side(customers, "customer_id")
    same = codes_of(prospects["prospect_id"], customers["customer_id"])
    fixed = [(np.flatnonzero(same >= 0), same[same >= 0], "same id")]
    apart = np.empty((0, 2), dtype=np.int64)
    if verdicts is not None and len(verdicts):
        theirs = codes_of(verdicts["prospect_id"], prospects["prospect_id"])
        ours = codes_of(verdicts["customer_id"], customers["customer_id"])
        pair = np.column_stack([theirs, ours]).astype(np.int64)
        said = (verdicts["decision"] == "linked").to_numpy()
        known = (pair >= 0).all(axis=1)
        fixed.insert(0, (pair[said & known, 0], pair[said & known, 1], "linked"))
        apart = pair[~said & known]
    first = np.concatenate([rows for rows, _, _ in fixed])
    second = np.concatenate([rows for _, rows, _ in fixed])
    sure = np.concatenate([np.full(len(rows), decision, dtype=object) for rows, _, decision in fixed])
    once = ~(pd.Series(first).duplicated() | pd.Series(second).duplicated()).to_numpy()
    first, second, sure = first[once], second[once], sure[once]

    i, j, score, distance = _scored_pairs(left, right)
    refused = np.isin(i * len(right) + j, apart[:, 0] * len(right) + apart[:, 1])
    free = ~(np.isin(i, first) | np.isin(j, second) | refused)
    i, j, score, distance = i[free], j[free], score[free], distance[free]
    chosen = _best_first(i, j, score)
    i, j, score, distance = i[chosen], j[chosen], score[chosen], distance[chosen]
    threshold = np.where(np.isnan(distance), LINK_SCORE_UNPLACED, LINK_SCORE)
    decision = np.where(score >= threshold, "linked", "review").astype(object)
    links = pd.DataFrame({
        "prospect_id": left.ids[np.concatenate([first, i])],
        "customer_id": right.ids[np.concatenate([second, j])],
        "score": np.concatenate([np.full(len(first), 100.0), score]),
        "name_prospect": left.names[np.concatenate([first, i])],
        "name_customer": right.names[np.concatenate([second, j])],
        "distance_m": np.concatenate([_metres(left.xyz[first], right.xyz[second]), distance]),
        "decision": np.concatenate([sure, decision]),
    }).astype(dict.fromkeys(_TEXTS, "str"))  # fmt: skip
    return links.sort_values(["score", "prospect_id"], ascending=[False, True], ignore_index=True)


def certainty(links: pd.DataFrame) -> NDArray[np.float64]:
    """Probability that the two sides of each link are one outlet: (n,) float; 1 for what a person or the id says."""
    said = (links["decision"] == "same id") | ((links["decision"] == "linked") & (links["score"] >= 100.0))
    return np.where(said, 1.0, np.where(links["decision"] == "review", REVIEWED, CERTAIN))


class _Side:
    """One list, folded for comparison."""

    def __init__(self, frame: pd.DataFrame, key: str) -> None:
        self.ids = frame[key].astype(object).to_numpy()
        self.names = column(frame, "name").fillna("").astype(object).to_numpy()
        self.words = each(outlet_name, self.names)
        self.folded = np.array([" ".join(sorted(words.split())) for words in self.words], dtype=object)
        self.joined = np.array([words.replace(" ", "") for words in self.words], dtype=object)
        self.sorts = pd.factorize(each(outlet_sort, self.names))
        self.bits = _bigram_bits(self.folded)
        self.shared = pd.Series(self.folded).duplicated(keep=False).to_numpy()
        self.bricks = column(frame, "brick_id")
        self.xyz = _EARTH_M * on_sphere(*coordinates(frame))
        self.placed = np.isfinite(self.xyz).all(axis=1)

    def __len__(self) -> int:
        return len(self.ids)


def _metres(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.sqrt(((a - b) ** 2).sum(axis=1))


def _bigram_bits(names: NDArray[np.object_]) -> NDArray[np.uint64]:
    """Which letter pairs a name has, as 128 bits: (n, 2) uint64. Only a sieve before the true comparison."""
    folded, distinct = pd.factorize(names)
    bits = np.zeros((len(distinct), 2), dtype=np.uint64)
    for row, name in enumerate(distinct):
        mask = 0
        for a, b in pairwise(name):
            mask |= 1 << ((ord(a) * 31 + ord(b)) % 128)
        bits[row] = mask & 0xFFFFFFFFFFFFFFFF, mask >> 64
    return bits[folded]


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


def _best_first(i: NDArray[np.int64], j: NDArray[np.int64], score: NDArray[np.float64]) -> NDArray[np.int64]:
    """One-to-one choice: a pair is taken when no better one is left for either side."""
    alive = np.lexsort((j, i, -score))
    chosen = []
    while len(alive):
        first = ~(pd.Series(i[alive]).duplicated() | pd.Series(j[alive]).duplicated()).to_numpy()
        taken = alive[first]
        chosen.append(taken)
        alive = alive[~(np.isin(i[alive], i[taken]) | np.isin(j[alive], j[taken]))]
    return np.concatenate(chosen) if chosen else np.empty(0, dtype=np.int64)


def merge(tables: dict[str, pd.DataFrame], links: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Tables in which a linked prospect is the customer: one outlet, one row, one id.

    The customer's own values stand; the register fills what is missing, except consent, which nobody else can give.
    Rows of other tables under the register's id move to the customer's.
    """
    links = links[links["decision"] != "review"]
    if not len(links):
        return tables
    merged = dict(tables)
    customers, prospects = tables["customers"], tables["prospects"]
    register = prospects.set_index("prospect_id").loc[links["prospect_id"]]
    register.index = pd.Index(links["customer_id"])
    register = register.reindex(customers["customer_id"]).reset_index(drop=True)
    filled = {}
    paired = {"lon", "lat"} <= set(register.columns)
    for name in (name for name in register.columns if not name.startswith(CONSENT)):
        ours = customers[name].reset_index(drop=True) if name in customers else None
        theirs = register[name]
        if paired and name in ("lon", "lat") and ours is not None:
            theirs = theirs.where(customers.get("lon").isna() | customers.get("lat").isna())
        filled[name] = theirs if ours is None else ours.where(ours.notna(), theirs)
    merged["customers"] = customers.reset_index(drop=True).assign(**filled)
    merged["prospects"] = prospects[~prospects["prospect_id"].isin(links["prospect_id"])].reset_index(drop=True)
    ours = links.set_index("prospect_id")["customer_id"]
    for name in ("market_sales", "visits"):
        if name in merged and "customer_id" in merged[name]:
            ids = merged[name]["customer_id"]
            place = codes_of(ids, ours.index)
            if (place >= 0).any():
                moved = pd.Series(ours.to_numpy(), dtype="str").take(np.maximum(place, 0)).set_axis(ids.index)
                merged[name] = merged[name].assign(customer_id=ids.where(place < 0, moved))
    return merged
