"""Count: how many outlets stand on no list at all, by capture and recapture over the lists that there are.

Lists are never independent of one another in ways that nobody recorded, so that every figure is a lower bound, unless
one list was made by leaving out the other. Knows no volume but as a covariate.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

from twin.draws import Key, Purpose, uniforms
from twin.market.history import History
from twin.market.world import World
from twin.potential.features import Features
from twin.response.parameters import Estimate, from_prior, parameter_uniforms

NAME, UNIT = "unlisted_outlets", "outlets"
LEAST_BOTH = 20
"""Outlets on both lists below which nothing is claimed."""
DEPENDENT = 2.0
"""Odds ratio between lists at which the upper end is shown: large outlets are easier to find for everybody."""
_LEAST_CHANCE = 0.02
_RIDGE = 4.0
_NEWTON = 25
_MOST_ROWS = 20_000
_MISSED = 0.10
_APART = 0.5


@dataclass(frozen=True)
class Lists:
    """Who stands on which list.

    Parameters
    ----------
    on : (2, c) float in [0, 1]
        Probability that each of the two lists holds the outlet: our customers, the market's register.
    third : (c,) bool
        Any third list that is drawn independently of the two, such as an audit panel that names its outlets itself;
        nobody on it when there is none.
    covariates : (c, g) float
        Standardised: what makes an outlet easy to find.
    """

    on: NDArray[np.float64]
    third: NDArray[np.bool_]
    covariates: NDArray[np.float64]


@dataclass(frozen=True)
class Count:
    """How many outlets there are.

    Parameters
    ----------
    listed : (z,) float
        Outlets on any list, by territory; pairs that may be one outlet are counted by their probability.
    unlisted : Estimate
        Outlets on no list, if lists are independent at equal covariates.
    by_territory : (d, z) float
        The same, by territory.
    chapman, chao : float
        Number of all outlets without covariates: two lists; lower bound of three. ``nan`` when not to be had.
    log_odds : float
        Dependence of the two lists among outlets of the third; ``nan`` without one.
    lower_bound : bool
        Whether the figure is a lower bound.
    reason : str
    """

    listed: NDArray[np.float64]
    unlisted: Estimate
    by_territory: NDArray[np.float64]
    chapman: float
    chao: float
    log_odds: float
    lower_bound: bool
    reason: str


def lists_of(world: World, history: History, features: Features, size: NDArray[np.float64]) -> Lists | None:
    """Our list and the register, with size and place as covariates; ``None`` without a register.

    Parameters
    ----------
    world : World
    history : History
    features : Features
    size : (c,) float, units per week
        Expected category volume.
    """
    people = world.population
    if people.on_register is None or not people.known.any():
        return None
    log = np.log(np.maximum(size, 1e-9))
    columns = [(log - log.mean()) / max(log.std(), 1e-9)]
    for name in ("@density", "@rep_distance"):
        if name in features.names:
            x = features.values[:, features.names.index(name)]
            middle, sd = np.nanmean(x), np.nanstd(x)
            columns.append(np.where(np.isfinite(x), (x - middle) / max(sd, 1e-9), 0.0))
    return Lists(
        np.stack([people.known.astype(np.float64), people.on_register]),
        np.zeros(len(people), dtype=bool),
        np.stack(columns, axis=1),
    )


def count_outlets(lists: Lists | None, world: World, n_draws: int, seed: int) -> Count:
    """Outlets on no list.

    Chances of being listed are logits in the covariates, each list's fitted among the other's outlets (Huggins 1989);
    the number is the sum of inverse chances over all listed (Horvitz and Thompson). Spread: outlets weighed at random
    (Bayesian bootstrap), and pairs that the comparison of names missed.

    Parameters
    ----------
    lists : Lists or None
    world : World
    n_draws, seed : int
    """
    territory, z = world.population.territory.astype(np.int64), len(world.territories)
    # a pair up for review stands in both lists under two names: likely one outlet, counted once by that probability
    doubted = np.zeros(z)
    if lists is not None:
        ours, theirs = lists.on
        unsure = (ours == 1) & (theirs > 0) & (theirs < 0.9)
        doubted = np.bincount(territory[unsure], theirs[unsure], z)
    listed = np.bincount(territory, minlength=z) - doubted
    why = _why_not(lists)
    if why or lists is None:
        return _unknown(listed, why, n_draws, seed)
    both = float((lists.on[0] * lists.on[1]).sum())
    ones, twos = lists.on.sum(axis=1)
    chapman = (ones + 1) * (twos + 1) / (both + 1) - 1
    missed = _MISSED * parameter_uniforms(f"{NAME}/missed", n_draws, seed)
    entity = world.population.entity
    by_territory = np.zeros((n_draws, z))
    rows = np.argsort(entity, kind="stable")[:_MOST_ROWS]  # by name: as good as at random
    start = np.zeros((2, lists.covariates.shape[1] + 1))
    for d in range(n_draws):
        weight = -np.log(uniforms(Key(seed, d), Purpose.PARAMETER, 0, entity, 1)[0])
        chance, start = _chances(lists, weight, rows, start, float(missed[d]))
        seen = 1.0 - (1.0 - chance[0]) * (1.0 - chance[1])
        # a pair that was missed is one outlet, and stands here as two
        pairs = both * missed[d] / (1.0 - missed[d])
        union = np.maximum(1.0 - (1.0 - lists.on[0]) * (1.0 - lists.on[1]), 0.0)
        beyond = np.bincount(territory, weight * union * (1.0 / seen - 1.0), z) * (1.0 - pairs / max(union.sum(), 1.0))
        # outlets that only the third list holds are on neither of the two, and listed all the same
        by_territory[d] = np.maximum(beyond - np.bincount(territory, lists.third & (union == 0), z), 0.0)
    draws = by_territory.sum(axis=1)
    log_odds, odds_sd = _dependence(lists)
    reason = f"{both:.0f} outlets on both lists; a lower bound: lists that favour the same outlets hide more"
    if np.isfinite(log_odds) and abs(log_odds) < 2 * odds_sd and odds_sd < 0.5:
        reason += " (a third list shows no such dependence)"
    return Count(
        listed, Estimate(NAME, UNIT, draws, True, reason), by_territory, chapman, _chao(lists), log_odds,
        not (np.isfinite(log_odds) and log_odds < -2 * odds_sd), reason,
    )  # fmt: skip


def _why_not(lists: Lists | None) -> str:
    """Why nothing can be said of the number; empty when something can."""
    if lists is None:
        return "not identified: there is no register of the market beside our own list"
    both, (ones, twos) = float((lists.on[0] * lists.on[1]).sum()), lists.on.sum(axis=1)
    if both < LEAST_BOTH:
        return f"not identified: only {both:.0f} outlets stand on both lists"
    # a random register holds as large a part of our customers as of anybody; one made of the rest holds few
    if both / ones < _APART * (twos - both) / max(twos - both + ones - both, 1.0):
        return "not identified: the register seems to leave our own customers out"
    return ""


def _unknown(listed: NDArray[np.float64], why: str, n_draws: int, seed: int) -> Count:
    """A prior for the part of the market that no list holds."""
    part = from_prior("unlisted_share", n_draws, seed, why)
    odds = part.draws / (1.0 - part.draws)
    return Count(
        listed, Estimate(NAME, UNIT, odds * listed.sum(), False, why, f"unlisted_share: {part.prior}"),
        odds[:, None] * listed[None, :], np.nan, np.nan, np.nan, False, why,
    )  # fmt: skip


def _chances(
    lists: Lists, weight: NDArray, rows: NDArray, start: NDArray, missed: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Chance of each outlet to stand on either list: (2, c), and the coefficients (2, g + 1)."""
    x = np.column_stack([np.ones(len(lists.covariates)), lists.covariates])
    found = np.empty_like(start)
    for k in (0, 1):
        among = lists.on[1 - k] * weight
        found[k] = _logit(x[rows], lists.on[k][rows], among[rows], start[k])
    chance = special.expit(np.clip(found @ x.T, -20, 20))
    # links that were not found make either list look poorer among the other's outlets than it is
    return np.clip(chance / (1.0 - missed), _LEAST_CHANCE, 1.0), found


def _logit(x: NDArray, y: NDArray, weight: NDArray, start: NDArray) -> NDArray[np.float64]:
    """Weighted logistic regression with a small ridge on the slopes, by Newton's method: (g + 1,)."""
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


def _dependence(lists: Lists) -> tuple[float, float]:
    """Log odds ratio of the two lists among outlets of the third at equal covariates, and its sd; ``nan`` without."""
    third = lists.third
    if third.sum() < 50:
        return np.nan, np.nan
    x = np.column_stack([np.ones(third.sum()), lists.covariates[third], lists.on[0][third]])
    y, weight = lists.on[1][third], np.ones(int(third.sum()))
    beta = _logit(x, y, weight, np.zeros(x.shape[1]))
    p = special.expit(x @ beta)
    information = x.T @ ((p * (1 - p))[:, None] * x) + 1e-9 * np.eye(x.shape[1])
    return float(beta[-1]), float(np.sqrt(np.linalg.inv(information)[-1, -1]))


def _chao(lists: Lists) -> float:
    """Chao's (1987) lower bound from outlets seen once and twice, three lists; ``nan`` with two."""
    if not lists.third.any():
        return np.nan
    times = np.round(lists.on).sum(axis=0) + lists.third
    once, twice = float((times == 1).sum()), float((times == 2).sum())
    return float((times > 0).sum() + once**2 / (3.0 * max(twice, 1.0)))
