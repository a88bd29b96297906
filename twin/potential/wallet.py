"""Wallet: what a customer could buy if it were among the best of its kind: a high quantile beside the expectation.

After IBM's Market Alignment Program (Lawrence et al. 2010), where the realistic wallet of a customer is the 90th
percentile of what comparable ones spend. Knows residuals of sizes, not sizes.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from twin.market.world import World
from twin.potential.features import Features
from twin.potential.openmp import ensure_openmp
from twin.potential.ranking import N_FOLDS, spatial_folds

QUANTILE = 0.9
_ENOUGH = 100
_NORMAL = 1.2815515655446004  # of a standard normal, the same quantile
_PSEUDO = 300.0
_MOST_ROWS = 20_000


def upper_residual(
    world: World, features: Features, rows: NDArray[np.int64], residual: NDArray[np.float64], noise: float, seed: int
) -> NDArray[np.float64]:
    """How far above its prediction the 90th percentile of comparable customers lies: (c,) float, log.

    Quantile regression by trees, mixed with the one quantile of all as rows are few; then moved so that nine in ten of
    left-out residuals lie below it (conformal prediction: Romano, Patterson, Candès 2019).

    Parameters
    ----------
    world : World
    features : Features
    rows : (n,) int
        Customers whose size was seen.
    residual : (n,) float, log
        Seen less predicted without them.
    noise : float, squared log
        Part of the residuals' variance that is lumpiness of what was seen, not size.
    seed : int
    """
    c, n = len(world.population), len(rows)
    if n < 10:
        return np.full(c, _NORMAL * 0.5)
    plain = float(np.quantile(residual, QUANTILE))
    held, everywhere = np.full(n, plain), np.full(c, plain)
    if n >= _ENOUGH and features.values.shape[1]:
        held, everywhere = _by_trees(world, features, rows, residual - np.median(residual), seed)
        trust = n / (n + _PSEUDO)
        centre = float(np.median(residual))
        held, everywhere = (trust * (x + centre) + (1 - trust) * plain for x in (held, everywhere))
    level = min(QUANTILE * (1 + 1 / n), 1.0)
    everywhere = everywhere + float(np.quantile(residual - held, level))
    # what is lumpiness of one year is not wallet
    spread = float(np.var(residual))
    return everywhere * np.sqrt(max(spread - noise, 0.25 * spread) / max(spread, 1e-12))


def _by_trees(
    world: World, features: Features, rows: NDArray, residual: NDArray, seed: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The quantile of left-out rows (n,) and of everybody (c,), by trees."""
    ensure_openmp()
    import lightgbm

    n, c = len(rows), len(world.population)
    settings = {
        "objective": "quantile", "alpha": QUANTILE, "verbosity": -1, "num_threads": 1, "deterministic": True,
        "force_row_wise": True, "seed": seed % 2**31, "learning_rate": 0.08, "num_leaves": 7,
        "min_data_in_leaf": int(np.clip(n // 15, 20, 200)), "feature_fraction": 0.7, "lambda_l2": 1.0,
        "min_data_per_group": 20,
    }  # fmt: skip
    categorical = np.flatnonzero(features.categorical).tolist()
    order = np.argsort(world.population.entity[rows], kind="stable")
    fold = spatial_folds(world, rows)
    held, everywhere = np.zeros(n), np.zeros(c)
    for k in range(N_FOLDS):
        learn = order[fold[order] != k][:_MOST_ROWS]
        data = lightgbm.Dataset(features.values[rows[learn]], residual[learn], categorical_feature=categorical)
        model = lightgbm.train(settings, data, num_boost_round=60)
        held[fold == k] = model.predict(features.values[rows[fold == k]], num_threads=1)
        everywhere += model.predict(features.values, num_threads=1) / N_FOLDS
    return held, everywhere
