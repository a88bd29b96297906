"""Regression on a reference table: from summaries to parameters, with the errors that it makes on rows it has not seen.

Splined ridge regression and boosted trees, averaged; residuals of left-out rows give the spread (research of Raynal et
al. 2019 and Carrella 2021: regressions need far fewer rows than rejection). Works in normal scores of the priors, so
that no draw leaves its bounds. Knows neither names nor units.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import RidgeCV
from sklearn.preprocessing import SplineTransformer

from twin.potential.openmp import ensure_openmp

_FOLDS = 5
_CUT = 4.0
"""Standardised summaries are cut off here: beyond it a spline would extrapolate."""
_KNOTS, _DEGREE = 4, 2
_ALPHAS = np.logspace(0.0, 4.0, 13)
_TREES = {
    "objective": "l2", "num_leaves": 8, "learning_rate": 0.05, "min_data_in_leaf": 12, "feature_fraction": 0.5,
    "bagging_fraction": 0.8, "bagging_freq": 1, "lambda_l2": 1.0, "num_threads": 1, "deterministic": True,
    "force_row_wise": True, "verbose": -1,
}  # fmt: skip
_ROUNDS = 140
_NEAR = 0.5
"""Residuals are smoothed over so many standard deviations of the predictions."""
_BLEND = (0.0, 0.5, 1.0)


@dataclass(frozen=True)
class Fit:
    """A regression, what it says of the observed record, and of rows that it has not seen.

    Parameters
    ----------
    predicted : (k,) float
        Scores of the observed record.
    held_out : (n, k) float
        Scores of each row, predicted by the others.
    residual : (n, k) float
        Of held-out rows, standardised by :attr:`spread` where they stand.
    spread, offset : (k,) float
        Size and mean of residuals near :attr:`predicted`.
    row_spread, row_offset : (n, k) float
        The same near each row's prediction.
    """

    predicted: NDArray[np.float64]
    held_out: NDArray[np.float64]
    residual: NDArray[np.float64]
    spread: NDArray[np.float64]
    offset: NDArray[np.float64]
    row_spread: NDArray[np.float64]
    row_offset: NDArray[np.float64]

    def posterior(self, rows: NDArray[np.int64]) -> NDArray[np.float64]:
        """Scores of the observed record with the residuals of some rows: (d, k) float. Whole rows: jointly."""
        return self.predicted + self.offset + self.spread * self.residual[rows]


def regress(
    figures: NDArray[np.float64], scores: NDArray[np.float64], observed: NDArray[np.float64], seed: int
) -> list[Fit]:
    """Regress parameters on summaries, and read them off observed records.

    Parameters
    ----------
    figures : (n, m) float
        Summaries of each row of the table; columns that vary.
    scores : (n, k) float
        Parameters of each row.
    observed : (r, m) float
        Summaries of records.
    seed : int

    Returns
    -------
    list of Fit
        One for each record, all from the same regression.
    """
    middle, size = figures.mean(axis=0), figures.std(axis=0)
    x = np.clip((figures - middle) / size, -_CUT, _CUT)
    new = np.clip((observed - middle) / size, -_CUT, _CUT)
    fold = np.arange(len(x)) % _FOLDS
    both = np.zeros((2, *scores.shape))
    for k in range(_FOLDS):
        both[:, fold == k] = _predict(x[fold != k], scores[fold != k], x[fold == k], seed)
    seen = _predict(x, scores, new, seed)
    held_out, predicted = _best_blend(both, seen, scores)
    residual = scores - held_out
    row_offset, row_spread = _near(held_out, residual, held_out)
    offset, spread = _near(held_out, residual, predicted)
    standard = (residual - row_offset) / row_spread
    return [
        Fit(predicted[r], held_out, standard, spread[r], offset[r], row_spread, row_offset) for r in range(len(new))
    ]


def _predict(
    x: NDArray[np.float64], scores: NDArray[np.float64], new: NDArray[np.float64], seed: int
) -> NDArray[np.float64]:
    """By splines and by trees: (2, n, k) float."""
    return np.stack([_by_splines(x, scores, new), _by_trees(x, scores, new, seed)])


def _by_splines(x: NDArray[np.float64], scores: NDArray[np.float64], new: NDArray[np.float64]) -> NDArray[np.float64]:
    basis = SplineTransformer(_KNOTS, degree=_DEGREE, knots="quantile", extrapolation="linear", include_bias=False)
    # a figure with few distinct values has fewer quantiles than knots: a trace of order keeps them apart
    basis.fit(x + 1e-6 * np.arange(len(x))[:, None] / len(x))
    ridge = RidgeCV(_ALPHAS, alpha_per_target=True).fit(basis.transform(x), scores)
    return ridge.predict(basis.transform(new))


def _by_trees(
    x: NDArray[np.float64], scores: NDArray[np.float64], new: NDArray[np.float64], seed: int
) -> NDArray[np.float64]:
    ensure_openmp()
    import lightgbm

    found = np.empty((len(new), scores.shape[1]))
    for k in range(scores.shape[1]):
        data = lightgbm.Dataset(x, scores[:, k], free_raw_data=True)
        trees = lightgbm.train({**_TREES, "seed": seed % (1 << 30)}, data, _ROUNDS)
        found[:, k] = trees.predict(new, num_threads=1)
    return found


def _best_blend(
    both: NDArray[np.float64], seen: NDArray[np.float64], scores: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Splines, trees or their mean, for each parameter what errs least on rows left out."""
    blends = np.stack([(1.0 - part) * both[0] + part * both[1] for part in _BLEND])
    best = ((blends - scores) ** 2).mean(axis=1).argmin(axis=0)
    part = np.array(_BLEND)[best]
    return np.take_along_axis(blends, best[None, None], axis=0)[0], (1.0 - part) * seen[0] + part * seen[1]


def _near(
    held_out: NDArray[np.float64], residual: NDArray[np.float64], where: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mean and size of residuals among rows with similar predictions: two (r, k) arrays."""
    offset, spread = np.empty_like(where), np.empty_like(where)
    for k in range(held_out.shape[1]):
        width = max(_NEAR * float(held_out[:, k].std()), 1e-3)
        weight = np.exp(-0.5 * ((where[:, None, k] - held_out[None, :, k]) / width) ** 2) + 1e-3
        weight /= weight.sum(axis=1, keepdims=True)
        offset[:, k] = weight @ residual[:, k]
        spread[:, k] = np.sqrt(np.maximum(weight @ residual[:, k] ** 2 - offset[:, k] ** 2, 1e-6))
    return offset, spread
