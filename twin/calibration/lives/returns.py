"""Returns: how often a lost customer comes back after a visit, from silences too long to be chance and how they ended.

A silence is watched from the week on in which chance could no longer explain it; so returns before that week, which
nobody can tell from a pause, are neither counted nor held against the visits. Knows no discovery.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twin.calibration.lives.delayed import LAG_WEEKS, Watch, fit, log_likelihood
from twin.calibration.lives.spells import away, longest_pause
from twin.market.channels import VISIT
from twin.market.history import History
from twin.market.world import World
from twin.response.parameters import Estimate, Prior, believed, from_prior, parameter_uniforms
from twin.weeks import week_of

NAME = "winback"
_WINDOW = 260
_LEAST_VISITS = 20
"""Fewer visits to lost customers tell nothing."""
_SOON = 8
_BY_ITSELF = Prior("per week", 0.0, 0.002, 0.0, 0.05, "returns without a visit: nearly none, unless seen")
_POINTS, _BASES = 161, 33


@dataclass(frozen=True)
class Absences:
    """Silences of customers who had bought regularly, from the week on in which chance no longer explains them.

    Parameters
    ----------
    customer : (m,) int
        In ascending order, and in order of time within a customer.
    entry, end : (m,) int, weeks
        Watched in [entry, end).
    back : (m,) bool
        Ended by an order, in week ``end - 1`` at the latest.
    span : (m,) int, weeks
        Further weeks before that one in which the order may have lain.
    """

    customer: NDArray[np.int64]
    entry: NDArray[np.int64]
    end: NDArray[np.int64]
    back: NDArray[np.bool_]
    span: NDArray[np.int64]


def learn_winback(
    world: World, history: History, n_draws: int, seed: int, beliefs: Mapping[str, Prior] | None = None
) -> Estimate:
    """Chance that a visit brings a lost customer back.

    Hazard of returning = a constant + chance by visit times visits; the order shows some weeks later. The posterior is
    summed over the constant on a grid, so that visits which brought nobody back are believed as well.

    Parameters
    ----------
    world : World
    history : History
    n_draws, seed : int
    beliefs : mapping of str to Prior, optional
        In the place of the literature's priors.
    """
    prior = believed(NAME, beliefs)
    spells = absences(world, history)
    seen = None if spells is None else watch_absences(spells, history)
    if spells is None or seen is None or seen.total[1] < _LEAST_VISITS:
        why = "not identified: too few visits to customers who had fallen silent"
        return from_prior(NAME, n_draws, seed, why, beliefs)
    value, weight, alone = _posterior(seen, prior)
    at = np.cumsum(weight) - 0.5 * weight
    draws = np.interp(parameter_uniforms(NAME, n_draws, seed), at, value)
    reason = (
        f"{seen.arrivals} returns, {seen.total[1]:.0f} visits and {len(spells.customer)} long silences, "
        "weighed with the prior"
    )
    return Estimate(NAME, prior.unit, draws, bool(alone < prior.sd), reason, str(prior))


def _posterior(seen: Watch, prior: Prior) -> tuple[NDArray[np.float64], NDArray[np.float64], float]:
    """Chance by visit on a grid, its weights, and the standard deviation that the data alone leave."""
    _, _, delay = fit(seen, (_BY_ITSELF, prior))
    # equal steps of the root: fine where chances are small
    value = prior.low + (prior.high - prior.low) * np.linspace(0.0, 1.0, _POINTS) ** 2
    base = _BY_ITSELF.high * np.linspace(0.0, 1.0, _BASES) ** 2
    points = np.stack(np.meshgrid(base, value, indexing="ij"), axis=-1).reshape(-1, 2)
    likelihood = log_likelihood(seen, np.maximum(points, 1e-12), delay)
    likelihood = likelihood.reshape(_BASES, _POINTS)
    likelihood -= 0.5 * (base[:, None] / _BY_ITSELF.sd) ** 2
    steps = np.gradient(base)[:, None] * np.gradient(value)
    alone = np.exp(likelihood - likelihood.max()) * steps
    both = alone * np.exp(-0.5 * ((value - prior.mean) / prior.sd) ** 2)
    flat, weight = alone.sum(axis=0) / alone.sum(), both.sum(axis=0) / both.sum()
    return value, weight, float(np.sqrt(flat @ value**2 - (flat @ value) ** 2))


def absences(world: World, history: History) -> Absences | None:
    """Long silences of the last years; ``None`` where nobody ever fell silent."""
    own, people = history.own_sales, world.population
    if not len(own):
        return None
    mid = own.periods.mid_week().astype(np.int64)
    first = int(np.searchsorted(mid, history.origin - _WINDOW))
    known = np.flatnonzero(people.known)
    ordered = own.by_unit(len(people), world.brands.own, first)[known] > 0
    gone = away(ordered, mid[first:] >= people.known_since[known, None])
    present = (mid[first:] >= people.known_since[known, None]) & ~gone
    pause = longest_pause(ordered, present)
    fell = gone[:, 1:] & ordered[:, :-1]
    who, place = np.nonzero(fell)
    if not len(who):
        return None
    n_periods = ordered.shape[1]
    following = np.minimum.accumulate(np.where(ordered, np.arange(n_periods), n_periods)[:, ::-1], axis=1)[:, ::-1]
    stop = following[who, place + 1]
    enter = place + 1 + np.ceil(np.minimum(pause[who], ordered.shape[1])).astype(np.int64)
    keep = enter < stop
    who, enter, stop = who[keep], enter[keep], stop[keep]
    starts = week_of(own.periods.start[first:]).astype(np.int64)
    stops = np.maximum(week_of(own.periods.stop[first:] - np.timedelta64(1, "D")).astype(np.int64), starts)
    back, row = stop < n_periods, np.minimum(stop, n_periods - 1)
    end = np.where(back, np.minimum(stops[row], history.origin - 1) + 1, history.origin)
    span = np.where(back, stops[row] - starts[row], 0)
    return Absences(known[who].astype(np.int64), starts[enter], end, back, span)


def watch_absences(spells: Absences, history: History) -> Watch:
    """Weeks and visits that lost customers were exposed to, and what went before each return."""
    touches, origin = history.touches, history.origin
    made = touches.channel == VISIT
    customer, week = touches.customer[made].astype(np.int64), touches.week[made].astype(np.int64)
    # the last silence of that customer which had begun by then
    wide = np.int64(2**32)
    row = np.searchsorted(spells.customer * wide + spells.entry, customer * wide + week, side="right") - 1
    its = (row >= 0) & (spells.customer[row] == customer) if len(spells.customer) else np.zeros(len(row), bool)
    during = its & (week < spells.end[row])
    after = its & spells.back[row] & (week >= spells.end[row]) & (week < spells.end[row] + _SOON)
    weeks = float((spells.end - spells.entry).sum())
    total = np.array([weeks, float(during.sum())])
    stays, recent = ~spells.back, np.arange(LAG_WEEKS)
    late = np.zeros((2, LAG_WEEKS))
    late[0] = (spells.entry[stays, None] <= origin - 1 - recent).sum(axis=0)
    open_now = during & ~spells.back[row] & (origin - 1 - week < LAG_WEEKS)
    late[1] = np.bincount(origin - 1 - week[open_now], minlength=LAG_WEEKS)
    arrivals = np.flatnonzero(spells.back)
    place = np.full(len(spells.customer), -1)
    place[arrivals] = np.arange(len(arrivals))
    lags = np.arange(LAG_WEEKS + 1)
    causes = np.zeros((2, len(arrivals), LAG_WEEKS + 1))
    causes[0] = spells.end[arrivals, None] - 1 - lags >= spells.entry[arrivals, None]
    lag = spells.end[row] - 1 - week
    near = during & spells.back[row] & (lag <= LAG_WEEKS)
    np.add.at(causes[1], (place[row[near]], lag[near]), 1.0)
    before = total[1] / max(weeks, 1.0)
    watched = float(np.clip(origin - spells.end[arrivals], 0, _SOON).sum())
    return Watch(
        total, late, causes, spells.span[arrivals], before, max(float(after.sum()) / max(watched, 1.0), before)
    )
