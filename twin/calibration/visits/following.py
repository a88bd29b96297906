"""Following: with which exponent reps go after what a customer bought of late.

Measured as the law has it: purchases that fade with the memory of :mod:`twin.response.visiting`, before the visits that
they are to explain. Knows no effect of visits.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import signal

from twin.calibration.lives import spells
from twin.calibration.visits import fixed_effects
from twin.errors import CalibrationError
from twin.market.channels import VISIT
from twin.market.history import History
from twin.market.world import World
from twin.response import visiting
from twin.response.parameters import Estimate, Prior, believed, from_prior, shrunk
from twin.weeks import week_of

NAME = "follows_sales"
_BLOCK_WEEKS = 4
_SETTLING_WEEKS = 26
"""Two memories: a customer's fading sum has forgotten how it began."""
_LEAST_BLOCKS, _LEAST_VISITS = 9, 500
MISREAD = 0.5
"""Relative error of the exponent beside that of chance, see docs/calibration.md."""


@dataclass(frozen=True)
class Blocks:
    """Visits and purchases in stretches of about a month.

    Parameters
    ----------
    visits : (c, b) float
    sold : (c, b) float, units
    starts, stops : (b,) int, weeks
    """

    visits: NDArray[np.float64]
    sold: NDArray[np.float64]
    starts: NDArray[np.int64]
    stops: NDArray[np.int64]


def learn_follows_sales(
    world: World, history: History, n_draws: int, seed: int, beliefs: Mapping[str, Prior] | None = None
) -> Estimate:
    """Exponent of visits on a customer's recent purchases, within customers and within a territory's months.

    Poisson regression of a month's visits on the logarithm of what had been bought before it, with an effect for every
    customer and for every territory and month; the error is clustered by customer. Data and prior are weighed.

    Parameters
    ----------
    world, history : World, History
    n_draws, seed : int
    beliefs : mapping of str to Prior, optional
        In the place of the judged prior.
    """
    known = np.flatnonzero(world.population.known)
    made = history.touches.channel == VISIT
    if not len(known) or made.sum() < _LEAST_VISITS or not len(history.own_sales):
        return from_prior(NAME, n_draws, seed, "not identified: too few visits or sales", beliefs)
    blocks = _blocks(world, history, known)
    weeks = blocks.stops - blocks.starts
    if len(weeks) < _LEAST_BLOCKS:
        return from_prior(NAME, n_draws, seed, "not identified: the record is too short", beliefs)
    rate = blocks.sold / weeks
    since, left = world.population.known_since[known].astype(np.int64), world.population.left[known].astype(np.int64)
    seen = max(int(history.touches.week[made].min()), int(blocks.starts[0]) + _SETTLING_WEEKS)
    served = (since[:, None] <= blocks.starts) & (blocks.stops <= left[:, None])
    settled = np.maximum(since + _SETTLING_WEEKS, seen)[:, None] <= blocks.starts
    # reps stop visiting who has left: that is no answer to sales of someone who is there
    mask = served & settled & ~spells.away(blocks.sold, served)
    # as the law has it: mean purchases of who buys from us, while it does
    typical = float(np.where(mask, rate, 0.0).sum() / max(mask.sum(), 1)) or 1.0
    before = visiting.recent_log(_recent(rate, float(weeks.mean())), typical)
    often = (blocks.visits * mask).sum(axis=1) / np.maximum((mask * weeks).sum(axis=1), 1)
    design = before * visiting.answer(often)[:, None]
    try:
        fit = fixed_effects.fit(blocks.visits, design[None], mask, world.population.territory[known].astype(np.int32))
    except CalibrationError:
        why = "not identified: visits or sales hardly vary within customers"
        return from_prior(NAME, n_draws, seed, why, beliefs)
    value, sd = float(fit.coefficients[0]), float(np.sqrt(max(fit.robust[0, 0], fit.covariance[0, 0])))
    words = f"within customers and months: {value:.2f} (sd {sd:.2f})"
    found = shrunk(NAME, value, max(sd, 1e-6), n_draws, seed, words, beliefs)
    centre, spread, prior = float(found.draws.mean()), float(found.draws.std()), believed(NAME, beliefs)
    wide = float(np.hypot(spread, MISREAD * centre)) / max(spread, 1e-12)
    draws = np.clip(centre + wide * (found.draws - centre), prior.low, prior.high)
    return replace(found, draws=draws, identified=bool(found.identified and abs(value) > 2.0 * sd))


def _blocks(world: World, history: History, known: NDArray[np.intp]) -> Blocks:
    """Months as they were recorded, or four weeks at a time, up to the origin."""
    own, touches = history.own_sales, history.touches
    if own.periods.kind == "month":
        starts = week_of(own.periods.start).astype(np.int64)
        place = own.period.astype(np.int64)
    else:
        n_blocks = history.n_weeks // _BLOCK_WEEKS
        starts = history.origin - _BLOCK_WEEKS * np.arange(n_blocks, 0, -1)
        place = np.searchsorted(starts, own.periods.mid_week(), side="right")[own.period] - 1
    n, b = len(world.population), len(starts)
    stops = np.append(starts[1:], max(history.origin, int(starts[-1]) + 1 if b else 0))
    mine = (place >= 0) & world.brands.own[own.brand]
    sold = np.bincount(own.unit[mine].astype(np.int64) * b + place[mine], own.volume[mine], n * b).reshape(n, b)
    visits = touches.where((touches.channel == VISIT) & (touches.week >= (starts[0] if b else history.origin)))
    month = np.searchsorted(starts, visits.week, side="right") - 1
    made = np.bincount(visits.customer.astype(np.int64) * b + month, minlength=n * b).reshape(n, b)
    return Blocks(made[known].astype(np.float64), sold[known].clip(0.0), starts, stops)


def _recent(rate: NDArray[np.float64], weeks: float) -> NDArray[np.float64]:
    """Fading mean of weekly purchases as each block begins: (c, b) float, units per week."""
    keep = (1.0 - 1.0 / visiting.RECENT_WEEKS) ** weeks
    usual = rate[:, : max(round(_SETTLING_WEEKS / weeks), 1)].mean(axis=1, keepdims=True)
    after = signal.lfilter([1.0 - keep], [1.0, -keep], rate, axis=1, zi=keep * usual)[0]
    return np.concatenate([usual, after[:, :-1]], axis=1)
