"""Journey hazards: how fast buyers leave, from departures and silences, and what newcomers give us.

How the unknown find us stands in :mod:`twin.calibration.lives.discovery`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import special

from twin.calibration.visits import goodwill_state
from twin.calibration.visits.response import VisitResponse
from twin.market.channels import VISIT
from twin.market.history import History, Sales
from twin.market.world import World
from twin.response.parameters import Estimate, Prior, from_prior, parameter_uniforms, shrunk

_LEAST_NEWCOMERS = 30
_LEAST_REGULAR = 10
_LEAST_RECORDED = 5
_DUE_ORDERS = 4.0
_YEARS_OF_RECORDS = 104
_FOLLOWED_WEEKS = 52
_MOST_STOOD_FOR = 4.0
"""Departures that one who is still away may stand for: beyond, one customer would speak for all."""
SILENT_WEEKS = 26
"""A regular buyer who has bought nothing for so long is taken as lost."""


def learn_newcomer_share(
    world: World,
    history: History,
    own_now: NDArray[np.float64],
    volume: NDArray[np.float64],
    silent: NDArray[np.bool_],
    n_draws: int,
    seed: int,
) -> Estimate:
    """Our share of customers in their first two years with us: what a customer who is won can be expected to give.

    Parameters
    ----------
    own_now, volume : (c,) float, units per week
        What each customer buys from us, and in all.
    silent : (c,) bool
    """
    present = world.population.known & ~silent
    recent = present & (world.population.known_since >= history.origin - 104)
    enough = int(recent.sum()) >= _LEAST_NEWCOMERS
    chosen = recent if enough else present
    total = max(float(volume[chosen].sum()), 1e-300)
    share = float(own_now[chosen].sum()) / total
    sd = float(np.sqrt(((own_now - share * volume)[chosen] ** 2).sum())) / total
    u = parameter_uniforms("newcomer_share", n_draws, seed)
    draws = np.clip(share + sd * special.ndtri(u), 0.0, 0.95)
    reason = (
        f"{int(recent.sum())} customers of the last two years"
        if enough
        else "too few newcomers: that of all our customers"
    )
    return Estimate(
        "newcomer_share", "share", draws, enough, reason, "" if enough else "the share of all our customers"
    )


@dataclass(frozen=True)
class Losses:
    """Who has left, and how fast customers leave.

    Parameters
    ----------
    silent : (c,) bool
        Known customers who no longer buy: left by record, or silent for half a year after buying regularly.
    loss : Estimate
        Per week, of a customer without any goodwill stock: what :func:`twin.response.journey.loss` starts from.
    """

    silent: NDArray[np.bool_]
    loss: Estimate


def learn_losses(
    world: World, history: History, n_draws: int, seed: int, beliefs: Mapping[str, Prior] | None = None,
    visit_response: VisitResponse | None = None, winback: float = 0.0,
) -> Losses:  # fmt: skip
    """Loss per week from recorded departures, else from regular buyers who fell silent.

    What is counted are departures of customers who were visited. In the law, stock protects; so the hazard that was
    seen is divided by the protection that those at risk enjoyed, draw by draw.

    Parameters
    ----------
    world : World
    history : History
    n_draws, seed : int
    beliefs : mapping of str to Prior, optional
        In the place of the literature's priors.
    visit_response : VisitResponse, optional
        Carry-over and worth of channels, for the stock; without it nobody is taken as protected.
    winback : float, per visit
        Chance that a visit brings a lost customer back: some who left have come back before anybody could notice.
    """
    population, own = world.population, history.own_sales
    left = population.known & (population.left < history.origin)
    if not len(own.periods):
        return Losses(left, from_prior("loss", n_draws, seed, "not identified: no sales", beliefs))
    silent = left | _fallen_silent(world, history)
    window = min(_YEARS_OF_RECORDS, history.n_weeks)
    recorded = left & (population.left >= history.origin - window)
    if recorded.sum() >= _LEAST_RECORDED:
        served = np.minimum(population.left, history.origin) - np.maximum(
            population.known_since, history.origin - window
        )
        events = float(_stands_for(history, population.left.astype(float), winback)[recorded].sum())
        exposure = float(np.clip(served, 0, window)[population.known].sum())
        reason = f"{recorded.sum()} recorded departures in two years"
    elif (followed := _follow(world, history, winback)) is not None:
        events, exposure, of = followed
        reason = f"about {events:.0f} of {of} regular buyers fell silent"
    else:
        return Losses(silent, from_prior("loss", n_draws, seed, "not identified: too few regular buyers", beliefs))
    shelter = _protection(world, history, population.known & ~silent, visit_response, n_draws, seed, beliefs)
    rate = (events + 0.5) / max(exposure, 1.0) / float(shelter.mean())
    loss = shrunk("loss", rate, rate / np.sqrt(events + 0.5), n_draws, seed, reason, beliefs)
    # a draw in which contact protects more needs a higher hazard to show as many departures
    return Losses(silent, replace(loss, draws=np.clip(loss.draws * shelter.mean() / shelter, 0.0, 0.05)))


def _fallen_silent(world: World, history: History) -> NDArray[np.bool_]:
    """Known customers who bought regularly in the year before the last half year, and nothing in it: (c,) bool."""
    population, own = world.population, history.own_sales
    mid, quiet_from = own.periods.mid_week(), history.origin - SILENT_WEEKS
    quiet, base = mid >= quiet_from, (mid < quiet_from) & (mid >= quiet_from - 52)
    # regular: so many orders a period that silence over the spell is no accident
    frequency = _ordered(own, len(population), world.brands.own, base) / max(int(base.sum()), 1)
    regular = population.known & (frequency * quiet.sum() >= _DUE_ORDERS) & (population.known_since < quiet_from)
    return regular & (_ordered(own, len(population), world.brands.own, quiet) == 0)


def _ordered(own: Sales, n: int, ours: NDArray[np.bool_], chosen: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Number of the chosen periods in which each customer bought from us: (c,) int."""
    keep = chosen[own.period] & ours[own.brand] & (own.volume > 0)
    pair = np.unique(own.unit[keep].astype(np.int64) * len(chosen) + own.period[keep])
    return np.bincount(pair // max(len(chosen), 1), minlength=n)


def _follow(world: World, history: History, winback: float) -> tuple[float, float, int] | None:
    """Regular buyers followed up: departures, weeks at risk, and how many they were; ``None`` when too few.

    They are chosen by what they bought before the weeks at risk, so that leaving early does not hide that one was
    regular; as many silences as chance would make among them are taken off.
    """
    population, own = world.population, history.own_sales
    end = history.origin - SILENT_WEEKS
    weeks = min(_FOLLOWED_WEEKS, (end - history.first_week) // 2)
    if weeks < 13:
        return None
    mid, n, ours = own.periods.mid_week(), len(population), world.brands.own
    judged = (mid < end - weeks) & (mid >= end - weeks - 52)
    late = (mid >= end - weeks - 13) & (mid < end)
    quiet = mid >= end
    frequency = _ordered(own, n, ours, judged) / max(int(judged.sum()), 1)
    regular = population.known & (frequency * quiet.sum() >= _DUE_ORDERS) & (_ordered(own, n, ours, late) > 0)
    regular &= population.known_since < end - weeks - 52 + 8
    if regular.sum() < _LEAST_REGULAR:
        return None
    gone = regular & (_ordered(own, n, ours, quiet) == 0)
    chance = float(np.exp(-frequency[regular] * quiet.sum()).sum())
    last = np.zeros(n)
    bought = ours[own.brand] & (own.volume > 0)
    np.maximum.at(last, own.unit[bought], mid[own.period[bought]])
    stayed = np.where(gone, np.clip(last - (end - weeks), 0, weeks), weeks)
    left = float(_stands_for(history, last, winback)[gone].sum()) * max(
        1.0 - chance / max(float(gone.sum()), 1e-9), 0.0
    )
    return left, float(stayed[regular].sum()), int(regular.sum())


def _stands_for(history: History, since: NDArray[np.float64], winback: float) -> NDArray[np.float64]:
    """How many departures one that is still seen stands for, with those who came back and are no longer: (c,) float.

    Whoever was visited after a departure and is still away was as likely to be away still as ``winback`` a visit leaves
    (Horvitz, Thompson 1952).
    """
    visits = history.touches.where(history.touches.channel == VISIT)
    made = np.bincount(visits.customer[visits.week > since[visits.customer]], minlength=len(since))
    return np.minimum((1.0 - min(winback, 0.5)) ** -made.astype(float), _MOST_STOOD_FOR)


def _protection(
    world: World, history: History, present: NDArray[np.bool_], visits: VisitResponse | None, n_draws: int, seed: int,
    beliefs: Mapping[str, Prior] | None,
) -> NDArray[np.float64]:  # fmt: skip
    """Mean factor that goodwill put on the hazard of those at risk in the last year, by draw: (d,) float in (0, 1]."""
    if visits is None or not present.any():
        return np.ones(n_draws)
    n, carryover = len(world.population), float(visits.rho.draws.mean())
    touches = history.touches
    if len(touches):
        worth = np.array([1.0] + [float(effect.draws.mean()) for effect in visits.channel_effects])[touches.channel]
        _, felt = goodwill_state.stock_at(touches, worth, n, history.origin, carryover, since=history.first_week)
        usual = felt[present]
    else:
        capacity = float(world.reps.visits_per_week[world.reps.serving(history.origin)].sum())
        usual = np.log1p(np.array([capacity / present.sum() / (1.0 - carryover)]))
    factor = from_prior("loss_contact", n_draws, seed, "", beliefs).draws
    some = np.sort(usual)[:: max(len(usual) // 500, 1)]
    return np.exp(np.log(np.maximum(factor, 1e-6))[:, None] * some[None, :]).mean(axis=1)
