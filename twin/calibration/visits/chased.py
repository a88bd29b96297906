"""Chased demand: do reps know more of it than the record does, and what would that do to the estimates?

Knows figures only. Two estimates of one effect owe to demand in different ways: that of unforetold visits, and that of
all contacts with those to come beside them. If reps go after recorded purchases, the first owes nothing to demand where
the record is kept by the week; if they see demand itself, both owe to it. How much, as a part of what contacts to come
show, is worked out from spectra over reps of every memory. The data say little of which view holds; all experience of
elasticities says more.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from twin.response.parameters import Prior, believed

RECORD_SUFFICES = 0.5
"""Chance beforehand that reps know no more of demand than past purchases tell: judged."""
DEMAND, RECORD = ("chasing_bias", "chasing_symmetry"), ("recorded_bias", "recorded_symmetry")
MONTHLY = ("recorded_bias_month", "recorded_symmetry")
"""Priors of what the two estimates owe to demand: reps see it; go after a record by the week; by the month."""
CORRELATION = {DEMAND: 0.6, RECORD: 0.0, MONTHLY: 0.35}
_FLOOR = 1e-12


@dataclass(frozen=True)
class Beside:
    """What was found beside the elasticity of unforetold visits; both are elasticities.

    Parameters
    ----------
    stock : float
        Of all contacts gone by, those to come beside them.
    lead : float
        Of all contacts to come: the measure of how far visits follow demand at all.
    """

    stock: float
    lead: float


@dataclass(frozen=True)
class View:
    """What the elasticity is, if this is so.

    Parameters
    ----------
    log_chance : float
        Up to a term that is common to all views: believed beforehand, times the chance of what was found.
    centre, noise : float
        Estimate of the elasticity, and its standard error.
    sampled : float
        Part of the error's variance that comes of sampling, the rest being believed.
    """

    log_chance: float
    centre: float
    noise: float
    sampled: float


def alone(elasticity: float, sd: float) -> View:
    """Where nobody chases demand, or capacity tells how much."""
    return View(0.0, elasticity, sd, 1.0)


def views(
    elasticity: float, beside: Beside, covariance: NDArray[np.float64], record: tuple[str, str] | None,
    beliefs: Mapping[str, Prior],
) -> tuple[View, ...]:  # fmt: skip
    """The record suffices; reps see demand itself. Only the latter where the record is too short to foretell visits.

    Parameters
    ----------
    elasticity : float
        Of unforetold visits.
    beside : Beside
    covariance : (3, 3) float
        Sampling covariance of the elasticity and the figures of ``beside``.
    record : two str, optional
        ``RECORD`` or ``MONTHLY``; without it ``elasticity`` is not looked at.
    beliefs : mapping of str to Prior
        In the place of what was worked out.
    """
    figures = np.array([elasticity, beside.stock, beside.lead])
    if record is None:
        return (_seen(0.0, figures, covariance, DEMAND, beliefs, [1]),)
    return (
        _seen(np.log(RECORD_SUFFICES), figures, covariance, record, beliefs, [0, 1]),
        _seen(np.log(1.0 - RECORD_SUFFICES), figures, covariance, DEMAND, beliefs, [0, 1]),
    )


def _seen(
    log_chance: float, figures: NDArray, covariance: NDArray, names: tuple[str, str], beliefs: Mapping[str, Prior],
    use: list[int],
) -> View:  # fmt: skip
    """Generalised least squares: estimates less what each owes to demand, and one effect behind them."""
    part, sd = np.array([(prior.mean, prior.sd) for prior in (believed(name, beliefs) for name in names)]).T
    less = np.column_stack([np.eye(2), -part])[use]
    together = np.array([[1.0, CORRELATION[names]], [CORRELATION[names], 1.0]]) * np.outer(sd, sd)
    sampling = less @ covariance @ less.T
    whole = sampling + figures[2] ** 2 * together[np.ix_(use, use)] + _FLOOR * np.eye(len(use))
    found, ones = less @ figures, np.ones(len(use))
    weight = np.linalg.solve(whole, ones)
    precision = float(weight.sum())
    weight = weight / precision
    centre = float(weight @ found)
    # chance of the figures whatever the effect is, which experience judges later
    likelihood = stats.multivariate_normal.logpdf(found - centre, np.zeros(len(use)), whole) - 0.5 * np.log(precision)
    sampled = float(weight @ sampling @ weight) * precision
    return View(float(log_chance + likelihood), centre, float(np.sqrt(1.0 / precision)), min(max(sampled, 0.0), 1.0))
