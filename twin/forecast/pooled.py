"""Pooled benchmark: gradient boosting over all series of a level at once, for those with many of them.

Learns the change from a series' own last year; every feature was known at the origin. Bands from the errors on a last
year that was held out.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import special

from twin.forecast.benchmarks import POOLED, QUANTILES, YEAR, Foreseen, Scale, filled
from twin.potential.openmp import ensure_openmp

LEAST_SERIES = 200
_LEAST_MONTHS = 36
_EVERY = 3
_ROUNDS = 80


def pooled(past: NDArray, is_share: bool, n_ahead: int, seed: int = 0) -> list[Foreseen]:
    """Forecast of many series together; none with too few of them, or under three years.

    Parameters
    ----------
    past : (k, t) float
    is_share : bool
    n_ahead : int
    seed : int

    Returns
    -------
    list of Foreseen
        Empty or of one.
    """
    k, t = past.shape
    if k <= LEAST_SERIES or t < _LEAST_MONTHS:
        return []
    scale = Scale.of(past, is_share)
    values = scale.to(filled(past))
    held_out, after = t - YEAR, range(YEAR, t - 2 * YEAR + 1, _EVERY)
    features, target = _rows(values, after, n_ahead)
    model = _fit(features, target, seed)
    seen, truth = _rows(values, [held_out], n_ahead)
    errors = (truth - model.predict(seen)).reshape(n_ahead, k)
    sd = np.sqrt(np.square(errors).mean(axis=1))[None, :] * np.ones((k, 1))
    features, target = _rows(values, [*after, *range(t - 2 * YEAR + _EVERY, t - YEAR + 1, _EVERY)], n_ahead)
    model = _fit(features, target, seed)
    ahead = np.concatenate([_features(values, t, lead) for lead in range(n_ahead)])
    centre = model.predict(ahead).reshape(n_ahead, k).T + values[:, t - YEAR :].mean(axis=1)[:, None]
    z = special.ndtri(QUANTILES)[:, None, None]
    return [Foreseen(POOLED, scale.back(centre + z * sd).astype(np.float32))]


def _features(values: NDArray, origin: int, lead: int) -> NDArray[np.float64]:
    """What was known at an origin of a month ``lead`` + 1 ahead: (k, f), relative to the last year's mean."""
    year = values[:, origin - YEAR : origin]
    level = year.mean(axis=1)
    recent = [year[:, -n:].mean(axis=1) - level for n in (1, 3, 6)]
    same = year[:, lead] - level
    places = np.full(len(values), (origin + lead) % YEAR)
    return np.column_stack([level, *recent, same, year.std(axis=1), places, np.full(len(values), lead)])


def _rows(values: NDArray, origins: object, n_ahead: int) -> tuple[NDArray, NDArray]:
    """Features and changes for every origin, month ahead and series, in this order."""
    features, target = [], []
    for origin in origins:  # type: ignore[attr-defined]
        level = values[:, origin - YEAR : origin].mean(axis=1)
        for lead in range(n_ahead):
            features.append(_features(values, origin, lead))
            target.append(values[:, origin + lead] - level)
    return np.concatenate(features), np.concatenate(target)


def _fit(features: NDArray, target: NDArray, seed: int):  # type: ignore[no-untyped-def]
    ensure_openmp()
    import lightgbm

    settings = {
        "objective": "regression", "num_leaves": 15, "learning_rate": 0.08, "min_data_in_leaf": 100,
        "bagging_fraction": 0.5, "bagging_freq": 1, "seed": seed, "num_threads": 1, "deterministic": True,
        "force_row_wise": True, "verbosity": -1,
    }  # fmt: skip
    return lightgbm.train(settings, lightgbm.Dataset(features, target), _ROUNDS)
