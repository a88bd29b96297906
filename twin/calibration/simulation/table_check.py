"""Table check: could the simulator have written the books that the company has? Knows no parameter by name.

A table whose rows vary widely hides what none of them can do, so figures are judged beside rows that would be read as
having the same parameters: what those leave unexplained is compared.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.covariance import LedoitWolf

from twin.calibration.simulation.table_regression import Fit

FAR = 4.0
"""A figure so many standard deviations from what its parameters make of it is not one that the simulator can write."""


@dataclass(frozen=True)
class Standing:
    """How the observed figures stand among simulated ones.

    Parameters
    ----------
    score : (m,) float
        Standard deviations from what rows of the same parameters show.
    expected, spread : (m,) float
        Of a row of the same parameters.
    distance : float
        Of all figures together, Mahalanobis, relative to the 99th of 100 rows.
    farther : float in [0, 1]
        Part of the rows that stand farther off than the observed record.
    """

    score: NDArray[np.float64]
    expected: NDArray[np.float64]
    spread: NDArray[np.float64]
    distance: float
    farther: float


def standing(figures: NDArray[np.float64], observed: NDArray[np.float64], fit: Fit) -> Standing:
    """Compare observed figures with those of rows that have the same parameters.

    Parameters
    ----------
    figures : (n, m) float
    observed : (m,) float
    fit : Fit
        Of these figures.
    """
    size = figures.std(axis=0)
    rows, here = _curved(fit.held_out), _curved(fit.predicted[None])
    penalty = 1e-3 * len(rows) * np.eye(rows.shape[1])
    weights = np.linalg.solve(rows.T @ rows + penalty, rows.T @ (figures / size))
    rest = figures / size - rows @ weights
    expected = (here @ weights)[0]
    left = observed / size - expected
    spread = np.maximum(rest.std(axis=0), 1e-9)
    inverse = LedoitWolf(assume_centered=True).fit(rest / spread).precision_
    of_rows = np.einsum("nm,mk,nk->n", rest / spread, inverse, rest / spread)
    ours = float((left / spread) @ inverse @ (left / spread))
    return Standing(
        left / spread,
        expected * size,
        spread * size,
        ours / max(float(np.quantile(of_rows, 0.99)), 1e-12),
        float((of_rows > ours).mean()),
    )


def _curved(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """Scores, their squares and products, beside one: (n, q) float."""
    first, second = np.triu_indices(scores.shape[1])
    return np.column_stack([np.ones(len(scores)), scores, scores[:, first] * scores[:, second]])
