"""Discovery: how unknown customers find us, from visits to those who were unknown and from who became known when.

An arrival is the first purchase, which follows the discovery by some weeks: a visit must not lose its effect because
the order came a month later. Knows no sales but the first.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

from twin.market.channels import VISIT
from twin.market.history import History
from twin.market.world import World
from twin.response.parameters import PRIORS, Estimate, Prior, from_prior, parameter_uniforms
from twin.weeks import week_of

CAUSES = ("discovery_base", "discovery_visit", "discovery_word")
LAG_WEEKS = 26
"""Longest delay between a discovery and the first purchase that is looked for."""
_WINDOW = 156
_LEAST_ARRIVALS = 20
_ROUNDS = 200
_USUAL_DELAY, _PSEUDO_ARRIVALS = 2.0, 10.0


def learn_discovery(
    world: World, history: History, neighbours: NDArray[np.int32], n_draws: int, seed: int,
    beliefs: Mapping[str, Prior] | None = None,
) -> tuple[Estimate, ...]:  # fmt: skip
    """Hazards of becoming a customer: inbound, per visit, by word of mouth.

    Additive weekly hazards of the discovery, which nobody sees; the first purchase follows after a geometric delay.
    Poisson likelihood with identity link, the week of each discovery integrated out; mode and curvature of the
    posterior of all three together. Without dated arrivals all three are priors.

    Parameters
    ----------
    world : World
    history : History
    neighbours : (c, k) int32
        -1 where there is none.
    n_draws, seed : int
    beliefs : mapping of str to Prior, optional
        In the place of the literature's priors.

    Returns
    -------
    tuple of three Estimate
    """
    spells = watch(world, history, neighbours)
    if spells is None:
        why = "not identified: nobody is seen to become a customer"
        return tuple(from_prior(name, n_draws, seed, why, beliefs) for name in CAUSES)
    priors = [(beliefs or {}).get(name, PRIORS[name]) for name in CAUSES]
    rate, information, _ = fit(spells, priors)
    prior_precision = np.diag([prior.sd**-2 for prior in priors])
    root = np.linalg.cholesky(np.linalg.inv(information + prior_precision))
    z = np.stack([special.ndtri(parameter_uniforms(name, n_draws, seed)) for name in CAUSES])
    drawn = rate[:, None] + root @ z
    # what the data alone say of each, the two others unknown
    alone = np.sqrt(np.diag(np.linalg.pinv(information + 1e-6 * prior_precision)))
    found = []
    for k, (name, prior) in enumerate(zip(CAUSES, priors)):
        if spells.total[k] <= 0:
            found.append(from_prior(name, n_draws, seed, "not identified: never seen to vary", beliefs))
            continue
        draws = np.clip(drawn[k], prior.low, prior.high)
        reason = f"{spells.arrivals} arrivals, weighed with the prior"
        found.append(Estimate(name, prior.unit, draws, bool(alone[k] < prior.sd), reason, str(prior)))
    return tuple(found)


@dataclass(frozen=True)
class Watch:
    """Everybody who was still unknown, week by week, in the sums that the likelihood needs.

    Parameters
    ----------
    total : (3,) float
        Exposure of all, each until it arrived or until the end: weeks, visits, weeks times part of the neighbours.
    late : (3, L) float
        That part of the exposure which lies so many weeks before the end, most recent first: a discovery then may not
        have shown yet.
    causes : (3, n, L + 1) float
        Exposure of each arrival in the week of its purchase and in the weeks before, most recent first.
    span : (n,) int, weeks
        Further weeks in which the first purchase may have lain: 0 for dated ones, more where months are recorded.
    visits_before, visits_after : float, visits per week
        To those who do not know us yet, and to those who have just begun to buy.
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


def watch(world: World, history: History, neighbours: NDArray[np.int32]) -> Watch | None:
    """Arrivals and exposure of the last three years; ``None`` when there is too little to see."""
    people = world.population
    window = min(history.n_weeks - 8, _WINDOW)
    if window < 26:
        return None
    origin, first = history.origin, history.origin - window
    since = people.known_since.astype(np.int64)
    came = np.flatnonzero(people.known & (since >= first) & (since < origin))
    if len(came) < _LEAST_ARRIVALS:
        return None
    last = since.copy()
    last[came] = _last_week(world, history, came)
    end = np.where(people.known & (since < origin), np.minimum(last + 1, origin), origin)
    at_risk = ~people.known | (since >= first)

    touches = history.touches
    met = (touches.channel == VISIT) & (touches.week >= first) & (touches.week < end[touches.customer])
    met &= at_risk[touches.customer]
    who, week = touches.customer[met].astype(np.int64), touches.week[met].astype(np.int64)
    listed = np.where(neighbours >= 0, neighbours, 0)
    weight = (neighbours >= 0) / np.maximum((neighbours >= 0).sum(axis=1), 1)[:, None]
    begins, stops = since[listed], people.left[listed].astype(np.int64)

    def together(a: NDArray[np.int64], b: NDArray[np.int64], rows: NDArray) -> float:
        """Weeks of [a, b) in which neighbours bought from us, each by its weight, summed over rows."""
        shared = np.minimum(stops[rows], b[:, None]) - np.maximum(begins[rows], a[:, None])
        return float((np.maximum(shared, 0) * weight[rows]).sum())

    risk = np.flatnonzero(at_risk)
    start = np.full(len(risk), first)
    total = np.array([float((end[risk] - first).sum()), float(len(week)), together(start, end[risk], risk)])
    stays = np.flatnonzero(at_risk & (end == origin) & ~np.isin(np.arange(len(since)), came))
    late = np.zeros((3, LAG_WEEKS))
    late[0] = len(stays)
    age = origin - 1 - week
    recent = (age < LAG_WEEKS) & (end[who] == origin)
    late[1] = np.bincount(age[recent], minlength=LAG_WEEKS)
    for k in range(LAG_WEEKS):
        then = np.full(len(stays), origin - 1 - k)
        late[2, k] = together(then, then + 1, stays)
    causes = _before_arrival(came, last, who, week, begins, stops, weight)
    before = float(total[1] / max(total[0], 1.0))
    after = max(_visits_to_newcomers(history, came, last), before)
    return Watch(total, late, causes, (last - since)[came], before, after)


def _visits_to_newcomers(history: History, came: NDArray[np.int64], last: NDArray[np.int64]) -> float:
    """Visits a week in the first weeks after the first purchase."""
    touches, soon = history.touches, 8
    newcomer = np.zeros(len(last), dtype=bool)
    newcomer[came] = True
    age = touches.week - last[touches.customer]
    made = (touches.channel == VISIT) & newcomer[touches.customer] & (age > 0) & (age <= soon)
    weeks = np.clip(history.origin - 1 - last[came], 0, soon).sum()
    return float(made.sum() / max(weeks, 1))


def _before_arrival(
    came: NDArray, last: NDArray, who: NDArray, week: NDArray, begins: NDArray, stops: NDArray, weight: NDArray
) -> NDArray[np.float64]:
    """Exposure of each arrival in its last weeks: (3, n, L + 1) float."""
    causes = np.zeros((3, len(came), LAG_WEEKS + 1))
    causes[0] = 1.0
    row = np.full(len(last), -1)
    row[came] = np.arange(len(came))
    lag = last[who] - week
    near = (row[who] >= 0) & (lag >= 0) & (lag <= LAG_WEEKS)
    np.add.at(causes[1], (row[who[near]], lag[near]), 1.0)
    then = last[came][:, None] - np.arange(LAG_WEEKS + 1)
    for k in range(begins.shape[1]):  # a handful of neighbours
        ours = (begins[came, k][:, None] < then) & (stops[came, k][:, None] >= then)
        causes[2] += ours * weight[came, k][:, None]
    return causes


def _last_week(world: World, history: History, came: NDArray[np.int64]) -> NDArray[np.int64]:
    """Last week in which the first purchase may have lain: (n,) int.

    Where sales are monthly and the date of arrival is the month of the first sale, any week of that month may be it.
    """
    own, since = history.own_sales, world.population.known_since[came].astype(np.int64)
    if not len(own):
        return since
    n_periods = len(own.periods)
    first = np.full(len(world.population), n_periods)
    np.minimum.at(first, own.unit, own.period)
    period = np.minimum(first[came], n_periods - 1)
    bought = first[came] < n_periods
    starts = week_of(own.periods.start).astype(np.int64)[period]
    stops = week_of(own.periods.stop - np.timedelta64(1, "D")).astype(np.int64)[period]
    inside = bought & (since == starts)
    return np.where(inside, np.minimum(np.maximum(stops, since), history.origin - 1), since)


def fit(spells: Watch, priors: list[Prior]) -> tuple[NDArray[np.float64], NDArray[np.float64], float]:
    """Posterior mode of the three hazards, information of the data about them, and mean delay in weeks.

    Returns
    -------
    rate : (3,) float
    information : (3, 3) float
        Without that of the priors.
    delay : float, weeks
    """
    mean = np.array([prior.mean for prior in priors])
    precision = np.diag([prior.sd**-2 for prior in priors])
    low, high = np.array([prior.low for prior in priors]), np.array([prior.high for prior in priors])
    lag = np.arange(LAG_WEEKS + 1)
    rate, quick = np.clip(mean, 1e-6, high), 1.0 / (1.0 + _USUAL_DELAY)
    information = np.zeros((3, 3))
    told = _told_by_visits(spells)
    for _ in range(_ROUNDS):
        kernel = _kernel(quick, spells.span) * told
        alive = np.exp(-_hazard_before(rate, spells.causes))
        seen = (spells.causes * (kernel * alive)).sum(axis=2)  # (3, n)
        level = np.maximum(rate @ seen, 1e-300)
        posterior = np.einsum("k,knl->nl", rate, spells.causes) * kernel * alive / level[:, None]
        exposure = spells.total - spells.late @ (1.0 - quick) ** (lag[:LAG_WEEKS] + 1)
        # an arrival was no longer at risk between its discovery and its purchase
        found_before = posterior[:, ::-1].cumsum(axis=1)[:, ::-1] - posterior
        exposure = exposure - (spells.causes * found_before).sum(axis=(1, 2))
        scaled = seen / level
        information = scaled @ scaled.T
        gradient = scaled.sum(axis=1) - exposure - precision @ (rate - mean)
        step = np.linalg.solve(information + precision, gradient)
        # a rate may fall to a tenth in one step, not below nothing
        updated = np.clip(rate + step, np.maximum(low, 0.1 * rate), high)
        delays = (posterior * np.maximum(lag - spells.span[:, None] / 2.0, 0.0)).sum()
        n = spells.arrivals + _PSEUDO_ARRIVALS
        slow = (delays + _PSEUDO_ARRIVALS * _USUAL_DELAY) / n
        settled = np.abs(updated - rate).max() < 1e-8 and abs(1.0 / (1.0 + slow) - quick) < 1e-5
        rate, quick = updated, float(np.clip(1.0 / (1.0 + slow), 0.05, 0.95))
        if settled:
            break
    return rate, information, 1.0 / quick - 1.0


def _told_by_visits(spells: Watch) -> NDArray[np.float64]:
    """How likely the visits after each possible week of discovery are, against visits to the unaware: (n, L + 1).

    Reps follow up on whoever has found us. Without this their visits before the first order would pass for its cause.
    """
    ratio = spells.visits_after / spells.visits_before if spells.visits_before > 0 else 1.0
    later = spells.causes[1].cumsum(axis=1) - spells.causes[1]
    lag = np.arange(LAG_WEEKS + 1)
    return np.exp(np.minimum(later, 6.0) * np.log(ratio) - (spells.visits_after - spells.visits_before) * lag)


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
