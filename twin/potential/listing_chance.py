"""Chance of an outlet to stand on a list, given what makes it easy to find: logits, and how far each form is believed.

Knows neither how many outlets there are nor which pairs were missed.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import special

_RIDGE = 1.0
_NEWTON = 25
_REACH = 3.0


def forms_of(covariates: NDArray[np.float64]) -> tuple[NDArray[np.float64], ...]:
    """Regressors of each form: straight lines, and with squares, a list that stops where outlets are small enough.

    Parameters
    ----------
    covariates : (c, g) float
        Standardised.

    Returns
    -------
    tuple of (c, .) float
    """
    one = np.ones((len(covariates), 1))
    bent = np.clip(covariates, -_REACH, _REACH) ** 2
    return np.hstack([one, covariates]), np.hstack([one, covariates, bent - bent.mean(axis=0)])


def weights_of(
    forms: tuple[NDArray[np.float64], ...], on: NDArray[np.float64]
) -> tuple[NDArray[np.float64], list[NDArray[np.float64]]]:
    """How far each form is believed, by the Bayesian information criterion, and its coefficients.

    Parameters
    ----------
    forms : tuple of (c, f) float
    on : (2, c) float in [0, 1]
        Probability that each list holds the outlet.

    Returns
    -------
    (m,) float, list of (2, f) float
    """
    scores, found = np.zeros(len(forms)), []
    for m, x in enumerate(forms):
        beta = np.zeros((2, x.shape[1]))
        for k in (0, 1):
            among = on[1 - k]
            beta[k] = logit(x, on[k], among, beta[k])
            line = np.clip(x @ beta[k], -20, 20)
            scores[m] += float((among * (on[k] * line - np.logaddexp(0.0, line))).sum())
            scores[m] -= 0.5 * x.shape[1] * np.log(max(float(among.sum()), 2.0))
        found.append(beta)
    chance = np.exp(scores - scores.max())
    return chance / chance.sum(), found


def logit(
    x: NDArray[np.float64], y: NDArray[np.float64], weight: NDArray[np.float64], start: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Weighted logistic regression with a small ridge on the slopes, by Newton's method: (f,) float."""
    penalty = np.full(x.shape[1], _RIDGE)
    penalty[0] = 1e-6
    beta = start.copy()
    for _ in range(_NEWTON):
        p = special.expit(np.clip(x @ beta, -20, 20))
        spread = weight * p * (1.0 - p)
        step = np.linalg.solve(
            x.T @ (spread[:, None] * x) + np.diag(penalty), x.T @ (weight * (y - p)) - penalty * beta
        )
        beta = beta + np.clip(step, -3.0, 3.0)
        if np.abs(step).max() < 1e-6:
            break
    return beta
