"""Posterior from a reference table: which parameters it tells, with what draws, and what is said of each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from twin.calibration.simulation.outcome import Predictivity
from twin.calibration.simulation.reference_table import values_of
from twin.calibration.simulation.table_check import FAR, Standing, standing
from twin.calibration.simulation.table_regression import Fit, regress
from twin.response.parameters import Estimate, Prior, parameter_uniforms

IDENTIFIED = 0.50
"""Predictivity from which on a parameter is called identified."""
TOLD = 0.10
"""Below this the table says no more than the prior."""
_MOST_DROPPED = 0.25
ODD = 2.5
"""So many times as far as the 99th of 100 rows is worth a look: made-up companies stand at 0.9 to 2.3."""
_BEYOND = 6.0
"""The simulator cannot have written books that stand so far off."""
_MANY = 60


@dataclass(frozen=True)
class Reading:
    """A table, read: the fit over the summaries that can be used, and how the observed record stands.

    Parameters
    ----------
    fit : Fit
    kept : (m,) bool
        Summaries that vary and that simulations come near.
    standing : Standing
        Of the kept ones.
    dropped : (m,) bool
        Summaries that no simulation comes near.
    far : bool
        The observed record is none of the simulator's.
    """

    fit: Fit
    kept: NDArray[np.bool_]
    standing: Standing
    dropped: NDArray[np.bool_]
    far: bool


def read_table(
    figures: NDArray[np.float64], scores: NDArray[np.float64], observed: NDArray[np.float64], seed: int
) -> Reading:
    """Regress, and leave out what no simulation comes near.

    Parameters
    ----------
    figures : (n, m) float
    scores : (n, k) float
    observed : (m,) float
    seed : int
    """
    varies = (figures.std(axis=0) > 1e-9) & np.isfinite(observed)
    fit = regress(figures[:, varies], scores, observed[None, varies], seed)[0]
    place = standing(figures[:, varies], observed[varies], fit)
    dropped = np.zeros(len(observed), dtype=bool)
    dropped[np.flatnonzero(varies)[np.abs(place.score) > FAR]] = True
    kept = varies & ~dropped
    if dropped.any() and kept.any():
        fit = regress(figures[:, kept], scores, observed[None, kept], seed)[0]
        place = standing(figures[:, kept], observed[kept], fit)
    far = place.distance > _BEYOND or dropped.sum() > _MOST_DROPPED * varies.sum()
    return Reading(fit, kept, place, dropped, bool(far))


def held_out(fit: Fit, scores: NDArray[np.float64], priors: Mapping[str, Prior]) -> NDArray[np.float64]:
    """Predictivity, coverage of 80 % intervals and their relative width, on rows left out: (3, k) float."""
    values = values_of(priors, scores)
    # enough of the residuals for a mean and two quantiles
    residual = np.quantile(fit.residual, (np.arange(_MANY) + 0.5) / _MANY, axis=0)
    middle = np.mean(
        [values_of(priors, fit.held_out + fit.row_offset + fit.row_spread * one) for one in residual], axis=0
    )
    error = np.sqrt(((values - middle) ** 2).mean(axis=0))
    low, high = np.quantile(fit.residual, [0.1, 0.9], axis=0)
    standard = (scores - fit.held_out - fit.row_offset) / fit.row_spread
    covered = ((standard >= low) & (standard <= high)).mean(axis=0)
    width = (fit.row_spread * (high - low)).mean(axis=0) / (2 * 1.2816)
    return np.stack([1.0 - error / values.std(axis=0), covered, width])


def posterior_draws(fit: Fit, priors: Mapping[str, Prior], n_draws: int, seed: int) -> NDArray[np.float64]:
    """Draws of all parameters together: (d, k) float, units as in the priors."""
    n_rows = len(fit.residual)
    order = np.argsort(parameter_uniforms("simulated residual", n_rows, seed), kind="stable")
    return values_of(priors, fit.posterior(np.resize(order, n_draws)))


def choose(
    earlier: Estimate, draws: NDArray[np.float64], told: NDArray[np.float64], prior: Prior, far: bool, words: str
) -> tuple[Estimate, Predictivity]:
    """What is believed of one parameter: the table's draws, or those that there were.

    The table starts from the prior and holds the figures that statistics were computed from, so its draws take the
    place of earlier ones and are never multiplied with them. Of two estimates from the same data the sharper is kept.

    Parameters
    ----------
    earlier : Estimate
        By statistics, or the prior.
    draws : (d,) float
        The table's.
    told : (3,) float
        See :func:`held_out`.
    prior : Prior
    far : bool
        See :class:`Reading`.
    words : str
        The table in words.
    """
    score, coverage, width = (float(value) for value in told)
    known_before = earlier.identified
    if far or score < TOLD:
        why = (
            f"not identified: {words} does not come near these books"
            if far
            else f"not identified: {words} predicts it no better than the prior (predictivity {score:.2f})"
        )
        kept = earlier if known_before else replace(earlier, reason=why)
        return kept, Predictivity(
            earlier.name, earlier.unit, score, coverage, width, False, earlier.identified,
            f"by statistics: {earlier.reason}" if known_before else why,
        )  # fmt: skip
    if known_before and earlier.draws.std() <= draws.std():
        why = f"by statistics, sharper than {words}: {earlier.reason}"
        return earlier, Predictivity(earlier.name, earlier.unit, score, coverage, width, False, True, why)
    sure = score >= IDENTIFIED
    why = ("" if sure else "seen dimly: ") + f"{words}, predictivity {score:.2f}"
    found = Estimate(earlier.name, earlier.unit, draws, sure, why, str(prior))
    return found, Predictivity(earlier.name, earlier.unit, score, coverage, width, True, sure, why)
