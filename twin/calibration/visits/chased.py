"""Chased demand: do reps know more of it than the record does, and what would that do to the estimates?

Knows figures only. Either past purchases tell all that visits owe to demand: unforetold visits bear the estimate then,
and those to come show nothing. Or reps see demand itself, and every estimate owes to it. The second says what each of
three figures owes to demand as a part of what contacts to come show (mean, spread and correlation over reps of every
memory, worked out from spectra); the data say which of the two goes better with the three together.
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
CORRELATION = np.array([[1.0, 0.6, 0.6], [0.6, 1.0, 0.0], [0.6, 0.0, 1.0]])
"""Of ``chasing_bias``, ``chasing_symmetry`` and ``chasing_lead`` where reps see demand itself."""
_FEELS = np.array([1.0, 1.0, 0.0])
"""The effect stands in the first two figures."""


@dataclass(frozen=True)
class Beside:
    """What was found beside the elasticity of unforetold visits; all elasticities.

    Parameters
    ----------
    stock : float
        Of all contacts gone by, those to come beside them.
    lead : float
        Of all contacts to come: the measure of how far visits follow demand at all.
    ahead : float
        Of unforetold visits to come.
    """

    stock: float
    lead: float
    ahead: float


@dataclass(frozen=True)
class View:
    """What the elasticity is, if this is so.

    Parameters
    ----------
    chance : float
        Up to a factor that is common to all views: believed beforehand, times the chance of what was found.
    centre, noise : float
        Estimate of the elasticity, and its standard error.
    sampled : float
        Part of the error's variance that comes of sampling, the rest being believed.
    """

    chance: float
    centre: float
    noise: float
    sampled: float


def alone(elasticity: float, sd: float) -> View:
    """Where nobody chases demand, or capacity tells how much."""
    return View(1.0, elasticity, sd, 1.0)


def views(
    elasticity: float, beside: Beside, covariance: NDArray[np.float64], beliefs: Mapping[str, Prior]
) -> tuple[View, View]:
    """The record suffices; reps see demand itself.

    Parameters
    ----------
    elasticity : float
        Of unforetold visits.
    beside : Beside
    covariance : (4, 4) float
        Sampling covariance of the elasticity and the figures of ``beside``.
    beliefs : mapping of str to Prior
        ``chasing_bias``, ``chasing_symmetry`` and ``chasing_lead`` in the place of those worked out.
    """
    figures = np.array([elasticity, beside.stock, beside.ahead])
    sampling = covariance[np.ix_([0, 1, 3], [0, 1, 3])]
    names = ("chasing_bias", "chasing_symmetry", "chasing_lead")
    part, sd = np.array([(prior.mean, prior.sd) for prior in (believed(name, beliefs) for name in names)]).T
    through_record = np.array([0.0, 1.0, 0.0])
    return (
        _seen(RECORD_SUFFICES, figures, sampling, beside.lead, part * through_record, sd * through_record),
        _seen(1.0 - RECORD_SUFFICES, figures, sampling, beside.lead, part, sd),
    )


def _seen(
    chance: float, figures: NDArray, sampling: NDArray, lead: float, part: NDArray, sd: NDArray
) -> View:  # fmt: skip
    """Generalised least squares: three figures, what each owes to demand, and one effect behind them."""
    whole = sampling + lead**2 * CORRELATION * np.outer(sd, sd)
    whole = whole + 1e-12 * np.eye(3)
    weight = np.linalg.solve(whole, _FEELS)
    precision = float(_FEELS @ weight)
    weight = weight / precision
    centre = float(weight @ (figures - lead * part))
    left = figures - lead * part - centre * _FEELS
    # chance of the figures whatever the effect is, which experience judges later
    likelihood = stats.multivariate_normal.pdf(left, np.zeros(3), whole) / np.sqrt(precision)
    sampled = float(weight @ sampling @ weight) * precision
    return View(chance * float(likelihood), centre, float(np.sqrt(1.0 / precision)), min(sampled, 1.0))
