"""Linkage model: what each degree of agreement is worth, and how likely a pair is one outlet (Fellegi, Sunter 1969).

The pairs under comparison are a mixture of outlets seen twice and of neighbours; expectation and maximisation tell them
apart, held by priors so that a short list, or one without any repetition, does not invent them. Knows levels, not rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

_PRIOR_PAIRS = 60.0
"""Pairs of one outlet that the prior of the agreements counts for."""
_PRIOR_FOUND = np.array([0.2, 1.0])
"""Pairs of one outlet that are expected within the lists, and between them, before anything is seen."""
_ROUNDS = 200
_STEP = 1e-5
_LEAST = 1e-5
_MOST_WEIGHT = 12.0


@dataclass(frozen=True)
class Model:
    """A fitted linkage model.

    Parameters
    ----------
    m, u : sequence of (l,) float
        For each field, how often each level occurs among pairs of one outlet, and among pairs of two.
    rate : (k,) float
        Part of the compared pairs that are one outlet, by class of pair.
    n_expected : float
        Pairs of one outlet that were found in learning.
    """

    m: tuple[NDArray[np.float64], ...]
    u: tuple[NDArray[np.float64], ...]
    rate: NDArray[np.float64]
    n_expected: float

    def weights(self, levels: NDArray[np.int8]) -> NDArray[np.float64]:
        """Log likelihood ratio of every field of every pair; 0 where nothing is said: (p, f) float."""
        worth = np.zeros(levels.shape)
        for k, (m, u) in enumerate(zip(self.m, self.u)):
            ratio = np.append(np.clip(np.log(m) - np.log(u), -_MOST_WEIGHT, _MOST_WEIGHT), 0.0)
            worth[:, k] = ratio[levels[:, k]]
        return worth

    def probability(self, levels: NDArray[np.int8], kind: NDArray[np.int8]) -> NDArray[np.float64]:
        """Probability that each pair is one outlet: (p,) float."""
        return special.expit(special.logit(self.rate)[kind] + self.weights(levels).sum(axis=1))


def fit(
    levels: NDArray[np.int8],
    kind: NDArray[np.int8],
    never: NDArray[np.bool_],
    prior: Sequence[NDArray[np.float64]],
    floor: Sequence[NDArray[np.float64]],
    pairs: NDArray[np.float64],
    counts: Sequence[NDArray[np.float64]],
) -> Model:
    """Learn a model from the compared pairs themselves.

    Pairs that were not compared are two outlets.

    Parameters
    ----------
    levels : (p, f) int8
        See :func:`twin.intake.linkage_compare.compare`.
    kind : (p,) int8
        Class of pair: 0 within a list, 1 between lists.
    never : (p,) bool
        Pairs that are known to be two outlets.
    prior, floor : sequences of (l,) float
        Prior of ``m``, and least ``u``, by field.
    pairs : (2,) float
        All pairs of each class, compared or not.
    counts : sequence of (l,) float
        All pairs by field and level.
    """
    rows = np.column_stack([kind, never, levels]).astype(np.int8)
    pattern, count = np.unique(rows, axis=0, return_counts=True)
    kind, never, seen = pattern[:, 0], pattern[:, 1].astype(bool), pattern[:, 2:]
    weight = count.astype(float)
    m = [np.asarray(one) / np.sum(one) for one in prior]
    u = [_chance(count_, np.zeros(len(count_)), least) for count_, least in zip(counts, floor)]
    rate = np.array([0.2, 1.0]) / np.maximum(pairs, 1.0)
    p = np.zeros(len(seen))
    for _ in range(_ROUNDS):
        before, model = p, Model(tuple(m), tuple(u), rate, 0.0)
        p = np.where(never, 0.0, model.probability(seen, kind))
        hits = weight * p
        found = np.array([hits[kind == c].sum() for c in (0, 1)])
        rate = np.minimum((found + _PRIOR_FOUND) / np.maximum(pairs, 1.0), 0.5)
        agreed = [_count(seen[:, k], hits, len(one)) for k, one in enumerate(m)]
        m = [_share(have + _PRIOR_PAIRS * one / np.sum(one)) for have, one in zip(agreed, prior)]
        u = [_chance(count_, have, least) for count_, have, least in zip(counts, agreed, floor)]
        if np.abs(p - before).max(initial=0.0) < _STEP:
            break
    return Model(tuple(m), tuple(u), rate, float((weight * p).sum()))


def _count(levels: NDArray[np.int8], weight: NDArray[np.float64], n: int) -> NDArray[np.float64]:
    said = levels >= 0
    return np.bincount(levels[said], weight[said], n)


def _share(count: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.maximum(count / count.sum(), _LEAST)


def _chance(count: NDArray[np.float64], hits: NDArray[np.float64], least: NDArray[np.float64]) -> NDArray[np.float64]:
    """Share of each level among pairs of two outlets, not below ``least``: (l,) float."""
    rest = np.maximum(count - hits, 0.0)
    return np.maximum(rest / max(rest.sum(), 1.0), least)
