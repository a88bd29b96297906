"""Ranking: who is large, learned from those whose volume is seen; every figure of fit is out of fold.

Knows order and relative size; not the level, see :mod:`twin.potential.level`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from twin.draws import identity
from twin.market.world import World
from twin.potential.features import Features
from twin.potential.openmp import ensure_openmp

N_FOLDS = 5
ENOUGH_FOR_TREES = 60
_MOST_ROWS = 20_000
_MANY_ROWS = 5_000
_MANY_CUSTOMERS = 50_000
_PENALTIES = np.geomspace(0.3, 300.0, 13)


@dataclass(frozen=True)
class Ranking:
    """Predicted log size of every customer.

    Parameters
    ----------
    score : (c,) float, log units per week
        For rows that were learned from: by the model that had not seen their brick.
    residual : (n,) float
        Target minus out-of-fold score of the rows learned from.
    r2, spearman : float
        Out of fold; ``nan`` with too few rows.
    method : str
    """

    score: NDArray[np.float64]
    residual: NDArray[np.float64]
    r2: float
    spearman: float
    method: str


def spatial_folds(world: World, rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """Fold of each row; one brick lies in one fold, so that neighbours do not vouch for each other.

    With fewer than ten bricks customers are dealt out one by one. Depends on ids only, never on the order of rows.

    Returns
    -------
    (n,) int in [0, N_FOLDS)
    """
    brick = world.population.brick[rows].astype(np.int64)
    used, group, size = np.unique(brick, return_inverse=True, return_counts=True)
    entity = world.population.entity[rows]
    if len(used) < 2 * N_FOLDS:
        fold = np.empty(len(rows), dtype=np.int64)
        fold[np.argsort(entity, kind="stable")] = np.arange(len(rows)) % N_FOLDS
        return fold
    names = identity(np.array([str(world.bricks.ids[k]) if k >= 0 else "" for k in used]), "brick")
    # large bricks first, dealt to and fro, so that folds are about equally large
    order = np.lexsort((names, -size))
    deal = np.concatenate([np.arange(N_FOLDS), np.arange(N_FOLDS)[::-1]])
    fold = np.empty(len(used), dtype=np.int64)
    fold[order] = deal[np.arange(len(used)) % len(deal)]
    return fold[group]


def _trees(features: Features, y: NDArray, weight: NDArray, train: NDArray, test: NDArray, seed: int) -> NDArray:
    """Prediction by trees of moderate depth; the same rows in the same order give the same model."""
    ensure_openmp()
    import lightgbm

    # trees see single precision: units of volume must not decide how targets round
    n, level = len(y), float(np.average(y, weights=weight))
    parameters = {
        "objective": "regression",
        "verbosity": -1,
        "num_threads": 1,
        "deterministic": True,
        "force_row_wise": True,
        "seed": seed % 2**31,
        "learning_rate": 0.05 if n < 3_000 else 0.1,
        "num_leaves": 15 if n < 3_000 else 31,
        "min_data_in_leaf": int(np.clip(n // 40, 5, 40)),
        "feature_fraction": 0.7,
        "bagging_fraction": 0.8,
        "bagging_freq": 1,
        "lambda_l2": 1.0,
        "min_data_per_group": 10,
    }
    categorical = np.flatnonzero(features.categorical).tolist()
    data = lightgbm.Dataset(features.values[train], y - level, weight=weight, categorical_feature=categorical)
    model = lightgbm.train(parameters, data, num_boost_round=120)
    return level + model.predict(features.values[test], num_threads=1)


def _fit_ridge(x: NDArray, y: NDArray, weight: NDArray) -> tuple[NDArray[np.float64], float]:
    """Ridge regression whose penalty minimises the leave-one-out error: coefficients (g,) and intercept."""
    root = np.sqrt(weight / weight.mean())
    centre, mean = np.average(x, axis=0, weights=weight), np.average(y, weights=weight)
    u, s, vt = np.linalg.svd((x - centre) * root[:, None], full_matrices=False)
    target = (y - mean) * root
    rotated = u.T @ target
    gain = s[None, :] ** 2 / (s[None, :] ** 2 + _PENALTIES[:, None])
    fitted = (gain * rotated) @ u.T
    leverage = gain @ (u**2).T + 1.0 / len(y)
    best = int(np.argmin((((target - fitted) / np.maximum(1.0 - leverage, 0.05)) ** 2).sum(axis=1)))
    coefficient = vt.T @ (s / (s**2 + _PENALTIES[best]) * rotated)
    return coefficient, float(mean - centre @ coefficient)


def _predict_split(
    features: Features, linear: NDArray | None, y: NDArray, weight: NDArray, train: NDArray, test: NDArray, seed: int
) -> NDArray[np.float64]:
    """Learn from some customers, predict others. ``y`` and ``weight`` belong to ``train``."""
    if len(train) < 8 or features.values.shape[1] == 0:
        return np.full(len(test), np.average(y, weights=weight) if len(train) else 0.0)
    if linear is None:
        return _trees(features, y, weight, train, test, seed)
    coefficient, intercept = _fit_ridge(linear[train], y, weight)
    straight = linear[test] @ coefficient + intercept
    # a linear rule must not run away outside of what it has seen
    straight = np.clip(straight, y.min(), y.max())
    if len(train) < ENOUGH_FOR_TREES:
        return straight
    trees = _trees(features, y, weight, train, test, seed)
    # trees gain on lines as rows become many
    trust = len(train) / (len(train) + 300.0)
    return trust * trees + (1.0 - trust) * straight


def rank_customers(
    world: World,
    features: Features,
    rows: NDArray[np.int64],
    target: NDArray[np.float64],
    seed: int,
    weight: NDArray[np.float64] | None = None,
) -> Ranking:
    """Learn log size from some customers and predict it for all.

    Parameters
    ----------
    world : World
    features : Features
    rows : (n,) int
        Customers whose size is seen.
    target : (n,) float, log units per week
    seed : int
    weight : (n,) float, optional
        Inverse variance of the targets.

    Returns
    -------
    Ranking
    """
    people, c, n = world.population, len(world.population), len(rows)
    weight = np.ones(n) if weight is None else weight
    # always the same order, whatever the order of the customers: sums and bagging depend on it
    order = np.argsort(people.entity[rows], kind="stable")
    # with many rows the trees alone do better, and the wide table would not fit
    linear = features.dummies() if n < _MANY_ROWS else None
    if n < 2 * N_FOLDS:
        score = _predict_split(features, linear, target[order], weight[order], rows[order], np.arange(c), seed)
        return Ranking(score, target - score[rows], np.nan, np.nan, "mean" if n < 8 else "linear")
    fold = spatial_folds(world, rows)
    score, held_out = np.zeros(c), np.zeros(n)
    # everybody by the mean of all models, or, where that would take long, by one of them
    everybody = np.arange(c)
    share = (people.entity % np.uint64(N_FOLDS)).astype(np.int64) if c > _MANY_CUSTOMERS else None
    for k in range(N_FOLDS):
        learn = order[fold[order] != k]
        learn = learn[:_MOST_ROWS] if len(learn) > _MOST_ROWS else learn
        asked = everybody if share is None else np.flatnonzero(share == k)
        asked = np.concatenate([rows[fold == k], asked])
        predicted = _predict_split(features, linear, target[learn], weight[learn], rows[learn], asked, seed + k)
        mine = int((fold == k).sum())
        held_out[fold == k] = predicted[:mine]
        score[asked[mine:]] += predicted[mine:] / (N_FOLDS if share is None else 1)
    score[rows] = held_out
    residual = target - held_out
    r2 = 1.0 - float(
        np.average(residual**2, weights=weight) / max(np.average((target - target.mean()) ** 2, weights=weight), 1e-12)
    )
    ranked = np.ptp(held_out) > 0 and np.ptp(target) > 0
    spearman = float(stats.spearmanr(target, held_out).statistic) if ranked else 0.0
    return Ranking(score, residual, r2, spearman, "trees and lines" if n >= ENOUGH_FOR_TREES else "linear")
