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
from twin.potential.doubles import Near, missed_share, near_doubles
from twin.potential.features import Features
from twin.potential.listing_chance import forms_of, logit, weights_of
from twin.response.parameters import Estimate, from_prior, parameter_uniforms

NAME, UNIT = "unlisted_outlets", "outlets"
LEAST_BOTH = 20
"""Outlets on both lists below which nothing is claimed."""
DEPENDENT = 2.0
"""Odds ratio between lists at which the upper end is shown: large outlets are easier to find for everybody."""
_LEAST_CHANCE = 0.02
_MOST_ROWS = 20_000
_APART = 0.5
_SURELY, _HARDLY = 0.9, 0.1


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
    place : (2, c) float, degrees, optional
        Longitude and latitude: where pairs that were missed stand near each other.
    """

    on: NDArray[np.float64]
    third: NDArray[np.bool_]
    covariates: NDArray[np.float64]
    place: NDArray[np.float64] | None = None


@dataclass(frozen=True)
class Count:
    """How many outlets there are.

    Parameters
    ----------
    listed : (z,) float
        Outlets on any list, by territory; pairs that may be one outlet are counted by their probability.
    doubles : (d,) float, outlets
        Of the listed, those that stand under two names because the comparison of names missed them.
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
    doubles: NDArray[np.float64]
    unlisted: Estimate
    by_territory: NDArray[np.float64]
    chapman: float
    chao: float
    log_odds: float
    lower_bound: bool
    reason: str

    @property
    def outlets(self) -> NDArray[np.float64]:
        """All outlets there are, each once: (d,) float."""
        return self.listed.sum() - self.doubles + self.unlisted.draws


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
        np.stack([people.lon, people.lat]),
    )


def count_outlets(lists: Lists | None, world: World, n_draws: int, seed: int) -> Count:
    """Outlets on no list.

    Chances of being listed are logits in the covariates, each list's fitted among the other's outlets (Huggins 1989),
    straight or bent as far as either is believed; the number is the sum of inverse chances over all listed (Horvitz and
    Thompson). Spread: outlets weighed at random (Bayesian bootstrap), the form, and pairs that the comparison of
    names missed, as far as outlets that stand too near each other tell.

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
        unsure = (ours == 1) & (theirs > 0) & (theirs < _SURELY)
        doubted = np.bincount(territory[unsure], theirs[unsure], z)
    listed = np.bincount(territory, minlength=z) - doubted
    why = _why_not(lists)
    if why or lists is None:
        return _unknown(listed, why, n_draws, seed)
    both = float((lists.on[0] * lists.on[1]).sum())
    ones, twos = lists.on.sum(axis=1)
    chapman = (ones + 1) * (twos + 1) / (both + 1) - 1
    near = _near(lists)
    missed = missed_share(both, near, f"{NAME}/missed", n_draws, seed)
    by_territory = _beyond(lists, world, both, missed, seed)
    log_odds, odds_sd = _dependence(lists)
    told = near is not None and near.tells(both)
    reason = (
        f"{both:.0f} outlets on both lists, {'judged by who stands near whom' if told else 'by experience'} "
        f"{100 * missed.mean():.0f} % of such pairs missed; a lower bound: lists that favour the same outlets hide more"
    )
    if np.isfinite(log_odds) and abs(log_odds) < 2 * odds_sd and odds_sd < 0.5:
        reason += " (a third list shows no such dependence)"
    return Count(
        listed, both * missed / (1.0 - missed), Estimate(NAME, UNIT, by_territory.sum(axis=1), True, reason),
        by_territory, chapman, _chao(lists), log_odds,
        not (np.isfinite(log_odds) and log_odds < -2 * odds_sd), reason,
    )  # fmt: skip


def _near(lists: Lists) -> Near | None:
    """How many outlets of the two lists stand too near each other; ``None`` without coordinates."""
    if lists.place is None:
        return None
    ours, theirs = lists.on
    return near_doubles((ours > _SURELY) & (theirs < _HARDLY), (theirs > _SURELY) & (ours < _HARDLY), lists.place)


def _beyond(lists: Lists, world: World, both: float, missed: NDArray, seed: int) -> NDArray[np.float64]:
    """Outlets on neither list, by draw and territory: (d, z) float."""
    territory, z, entity = world.population.territory.astype(np.int64), len(world.territories), world.population.entity
    rows = np.argsort(entity, kind="stable")[:_MOST_ROWS]  # by name: as good as at random
    forms = forms_of(lists.covariates)
    believed, starts = weights_of(tuple(x[rows] for x in forms), lists.on[:, rows])
    form = np.searchsorted(np.cumsum(believed), parameter_uniforms(f"{NAME}/form", len(missed), seed)).clip(
        max=len(forms) - 1
    )
    union = np.maximum(1.0 - (1.0 - lists.on[0]) * (1.0 - lists.on[1]), 0.0)
    third = np.bincount(territory, lists.third & (union == 0), z)
    found, plain = np.zeros((len(missed), z)), np.zeros(len(missed))
    for d in range(len(missed)):
        weight = -np.log(uniforms(Key(seed, d), Purpose.PARAMETER, 0, entity, 1)[0])
        x, start = forms[form[d]], starts[form[d]]
        # a pair that was missed is one outlet, and stands here as two
        pairs = both * missed[d] / (1.0 - missed[d])
        once = union * (1.0 - pairs / max(union.sum(), 1.0))
        found[d] = np.bincount(
            territory, weight * once * _hidden(_fitted(lists, weight, rows, x, start), x, missed[d]), z
        )
        plain[d] = (once * _hidden(start, x, missed[d])).sum()
    # a sum of inverse chances comes out too high by what its spread lets it, in the draws as in the figure itself
    over = found.sum() / max(plain.sum(), 1e-9)
    # outlets that only the third list holds are on neither of the two, and listed all the same
    return np.maximum(found / max(over, 0.5) ** 2 - third, 0.0)


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
        listed, np.zeros(n_draws),
        Estimate(NAME, UNIT, odds * listed.sum(), False, why, f"unlisted_share: {part.prior}"),
        odds[:, None] * listed[None, :], np.nan, np.nan, np.nan, False, why,
    )  # fmt: skip


def _fitted(lists: Lists, weight: NDArray, rows: NDArray, x: NDArray, start: NDArray) -> NDArray[np.float64]:
    """Coefficients of either list's chance, outlets weighed: (2, f) float."""
    return np.stack([logit(x[rows], lists.on[k][rows], (lists.on[1 - k] * weight)[rows], start[k]) for k in (0, 1)])


def _hidden(beta: NDArray, x: NDArray, missed: float) -> NDArray[np.float64]:
    """Outlets on neither list for each that is on one: (c,) float."""
    # links that were not found make either list look poorer among the other's outlets than it is
    chance = special.expit(np.clip(beta @ x.T, -20, 20)) / (1.0 - missed)
    unseen = 1.0 - np.clip(chance, _LEAST_CHANCE, 1.0)
    return 1.0 / np.maximum(1.0 - unseen[0] * unseen[1], 1e-9) - 1.0


def _dependence(lists: Lists) -> tuple[float, float]:
    """Log odds ratio of the two lists among outlets of the third at equal covariates, and its sd; ``nan`` without."""
    third = lists.third
    if third.sum() < 50:
        return np.nan, np.nan
    x = np.column_stack([np.ones(third.sum()), lists.covariates[third], lists.on[0][third]])
    y, weight = lists.on[1][third], np.ones(int(third.sum()))
    beta = logit(x, y, weight, np.zeros(x.shape[1]))
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
