"""Discovery: how unknown customers find us, from visits to those who were unknown and from who became known when.

An arrival is the first purchase, which follows the discovery by some weeks: a visit must not lose its effect because
the order came a month later. Knows no sales but the first.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from twin.calibration.lives.delayed import LAG_WEEKS, Watch, fit, inside_bounds
from twin.market.channels import VISIT
from twin.market.history import History
from twin.market.world import World
from twin.response.parameters import PRIORS, Estimate, Prior, from_prior, parameter_uniforms
from twin.weeks import week_of

CAUSES = ("discovery_base", "discovery_visit", "discovery_word")
_WINDOW = 156
_LEAST_ARRIVALS = 3


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
    covariance = np.linalg.inv(information + prior_precision)
    uniforms = [parameter_uniforms(name, n_draws, seed) for name in CAUSES]
    drawn = inside_bounds(rate, covariance, np.array(uniforms), priors)
    # what the data alone say of each, the two others unknown
    alone = np.sqrt(np.diag(np.linalg.pinv(information + 1e-6 * prior_precision)))
    found = []
    for k, (name, prior) in enumerate(zip(CAUSES, priors)):
        if spells.total[k] <= 0:
            found.append(from_prior(name, n_draws, seed, "not identified: never seen to vary", beliefs))
            continue
        draws = drawn[k]
        reason = f"{spells.arrivals} arrivals, weighed with the prior"
        found.append(Estimate(name, prior.unit, draws, bool(alone[k] < prior.sd), reason, str(prior)))
    return tuple(found)


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
