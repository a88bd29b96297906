"""Events that show late: discovery by the unknown, return of the lost.

Additive weekly hazards; the week of the event is not seen, only the order that follows some weeks later. Knows neither
who waits nor for what.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

from twin.response.parameters import Prior

LAG_WEEKS = 26
"""Longest delay between the event and the order that shows it."""
_ROUNDS = 200
_USUAL_DELAY, _PSEUDO_ARRIVALS = 2.0, 10.0
_MOST_VISITED, _MOST_TOLD = 0.95, 30.0


@dataclass(frozen=True)
class Watch:
    """Everybody for whom the event was still to come, week by week, in the sums that the likelihood needs.

    Parameters
    ----------
    total : (k,) float
        Exposure of all to each cause, until the order that showed the event or until the end: weeks, visits, and
        whatever further cause there is.
    late : (k, L) float
        That part of the exposure which lies so many weeks before the end, most recent first: an event then may not
        have shown yet.
    causes : (k, n, L + 1) float
        Exposure of each arrival in the week of its order and in the weeks before, most recent first.
    span : (n,) int, weeks
        Further weeks in which that order may have lain: 0 for dated ones, more where months are recorded.
    visits_before, visits_after : float, visits per week
        To those who wait, and to those who have just begun to buy.
    """

    total: NDArray[np.float64]
    late: NDArray[np.float64]
    causes: NDArray[np.float64]
    span: NDArray[np.int64]
    visits_before: float
    visits_after: float

    @property
    def arrivals(self) -> int:
        """Number of arrivals."""
        return self.causes.shape[1]


def fit(spells: Watch, priors: Sequence[Prior]) -> tuple[NDArray[np.float64], NDArray[np.float64], float]:
    """Posterior mode of the hazards, information of the data about them, and mean delay in weeks.

    A hazard at its bound is held there while the others move: none may make up for what another cannot give.

    Returns
    -------
    rate : (k,) float
    information : (k, k) float
        Without that of the priors.
    delay : float, weeks
    """
    mean = np.array([prior.mean for prior in priors])
    precision = np.diag([prior.sd**-2 for prior in priors])
    low, high = np.array([prior.low for prior in priors]), np.array([prior.high for prior in priors])
    rate, delay = np.clip(mean, 1e-6, high), _USUAL_DELAY
    information = np.zeros((len(priors), len(priors)))
    told = _told_by_visits(spells)
    for _ in range(_ROUNDS):
        score, information, slow = _at(spells, rate, delay, told)
        gradient = score - precision @ (rate - mean)
        held = ((rate <= low) & (gradient < 0)) | ((rate >= high) & (gradient > 0))
        free = np.flatnonzero(~held)
        step = np.zeros(len(rate))
        step[free] = np.linalg.solve((information + precision)[np.ix_(free, free)], gradient[free])
        # a rate may fall to a tenth in one step; what has become next to nothing is nothing
        least = np.where(rate > 1e-3 * mean + 1e-9, np.maximum(low, 0.1 * rate), low)
        updated = np.clip(rate + step, least, np.minimum(high, 3.0 * rate + 1e-3))
        settled = np.abs(updated - rate).max() < 1e-8 and abs(slow - delay) < 1e-4
        rate, delay = updated, slow
        if settled:
            break
    return rate, information, delay


def _at(
    spells: Watch, rate: NDArray[np.float64], delay: float, told: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64], float]:
    """Score and information of the hazards at a point, and the delay that it makes likely."""
    lag, quick = np.arange(LAG_WEEKS + 1), 1.0 / (1.0 + delay)
    kernel = _kernel(quick, spells.span) * told
    alive = np.exp(-_hazard_before(rate, spells.causes))
    seen = (spells.causes * (kernel * alive)).sum(axis=2)  # (k, n)
    level = np.maximum(rate @ seen, 1e-300)
    posterior = np.einsum("k,knl->nl", rate, spells.causes) * kernel * alive / level[:, None]
    exposure = spells.total - spells.late @ (1.0 - quick) ** (lag[:LAG_WEEKS] + 1)
    # nobody was at risk any more between the event and the order
    found_before = posterior[:, ::-1].cumsum(axis=1)[:, ::-1] - posterior
    exposure = exposure - (spells.causes * found_before).sum(axis=(1, 2))
    scaled = seen / level
    delays = (posterior * np.maximum(lag - spells.span[:, None] / 2.0, 0.0)).sum()
    slow = (delays + _PSEUDO_ARRIVALS * _USUAL_DELAY) / (spells.arrivals + _PSEUDO_ARRIVALS)
    return scaled.sum(axis=1) - exposure, scaled @ scaled.T, float(np.clip(slow, 0.05, 19.0))


def log_likelihood(spells: Watch, rates: NDArray[np.float64], delay: float) -> NDArray[np.float64]:
    """Log likelihood at each of many points.

    Parameters
    ----------
    spells : Watch
    rates : (g, k) float, per unit of exposure
    delay : float, weeks
        Mean delay between the event and the order.

    Returns
    -------
    (g,) float
    """
    quick, lag = 1.0 / (1.0 + delay), np.arange(LAG_WEEKS)
    seen = _kernel(quick, spells.span) * _told_by_visits(spells)
    # what an arrival was exposed to in its last weeks is told of below, week by week
    exposure = spells.total - spells.late @ (1.0 - quick) ** (lag + 1) - spells.causes.sum(axis=(1, 2))
    found = -(rates @ exposure)
    for g, rate in enumerate(rates):  # points of a grid
        hazard = np.einsum("k,knl->nl", rate, spells.causes)
        alive = np.exp(-_hazard_before(rate, spells.causes))
        found[g] += np.log(np.maximum((hazard * alive * seen).sum(axis=1), 1e-300)).sum()
    return found


def _told_by_visits(spells: Watch) -> NDArray[np.float64]:
    """How likely the visits after each possible week of the event are, against visits to those who wait: (n, L + 1).

    Reps follow up on whoever has found us. Without this their visits before the first order would pass for its cause.
    """
    before, after = (min(max(rate, 1e-9), _MOST_VISITED) for rate in (spells.visits_before, spells.visits_after))
    if spells.visits_before <= 0:
        return np.ones(spells.causes.shape[1:])
    # week by week, visited or not: reps hardly see anybody twice in a week
    visited = spells.causes[1] > 0
    told = np.where(visited, np.log(after / before), np.log((1.0 - after) / (1.0 - before)))
    later = told.cumsum(axis=1) - told
    return np.exp(np.minimum(later, _MOST_TOLD))


def _kernel(quick: float, span: NDArray[np.int64]) -> NDArray[np.float64]:
    """Probability that a discovery so many weeks before shows when it did: (n, L + 1) float.

    Geometric; summed over the weeks in which the purchase may have lain.
    """
    lag = np.arange(LAG_WEEKS + 1)[None, :]
    slow = 1.0 - quick
    by_end = 1.0 - slow ** (lag + 1)
    before = np.where(lag > span[:, None], 1.0 - slow ** np.maximum(lag - span[:, None], 0), 0.0)
    return by_end - before


def _hazard_before(rate: NDArray[np.float64], causes: NDArray[np.float64]) -> NDArray[np.float64]:
    """Hazard of the weeks before each, back to the earliest looked at: (n, L + 1) float."""
    hazard = np.einsum("k,knl->nl", rate, causes)
    return hazard[:, ::-1].cumsum(axis=1)[:, ::-1] - hazard


def inside_bounds(
    mode: NDArray[np.float64], covariance: NDArray[np.float64], uniforms: NDArray[np.float64], priors: Sequence[Prior]
) -> NDArray[np.float64]:
    """Draws of a normal law that is cut at the bounds of the priors: (k, d) float.

    One after the other, each given those before it and cut at its own bounds (Geweke 1991): what one hazard cannot
    have below nought, the others do not have to make up for. Those that lie closest to a bound come first.
    """
    sd = np.sqrt(np.diag(covariance))
    order = np.argsort((mode - np.array([prior.low for prior in priors])) / sd, kind="stable")
    drawn = np.zeros((len(priors), uniforms.shape[1]))
    for place, k in enumerate(order):  # a handful of causes
        before = order[:place]
        slope = np.linalg.solve(covariance[np.ix_(before, before)], covariance[before, k])
        centre = mode[k] + slope @ (drawn[before] - mode[before, None])
        spread = np.sqrt(max(covariance[k, k] - slope @ covariance[before, k], 1e-300))
        low, high = special.ndtr((priors[k].low - centre) / spread), special.ndtr((priors[k].high - centre) / spread)
        middle = special.ndtri(np.clip(low + uniforms[k] * (high - low), 1e-12, 1.0 - 1e-12))
        drawn[k] = np.clip(centre + spread * middle, priors[k].low, priors[k].high)
    return drawn
