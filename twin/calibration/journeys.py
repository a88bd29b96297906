"""Journey hazards: how unknown customers find us and how buyers leave, from who became known and who fell silent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

from twin.market.channels import VISIT
from twin.market.history import History
from twin.market.world import World
from twin.response.parameters import Estimate, Prior, from_prior, parameter_uniforms, shrunk

_BIN = 4
_LEAST_NEWCOMERS = 30
_LEAST_REGULAR = 10
_CAUSES = ("discovery_base", "discovery_visit", "discovery_word")
SILENT_WEEKS = 26
"""A regular buyer who has bought nothing for so long is taken as lost."""


def learn_discovery(
    world: World, history: History, neighbours: NDArray[np.int32], n_draws: int, seed: int,
    beliefs: Mapping[str, Prior] | None = None,
) -> tuple[Estimate, ...]:  # fmt: skip
    """Hazards of becoming a customer: inbound, per visit, by word of mouth.

    Additive hazards, fitted by Poisson likelihood with identity link to four-week spells of everybody who was still
    unknown; each is weighed with its prior. Without dated arrivals all three are priors.

    Parameters
    ----------
    world : World
    history : History
    neighbours : (c, k) int32
    n_draws, seed : int
    beliefs : mapping of str to Prior, optional
        In the place of the literature's priors.

    Returns
    -------
    tuple of three Estimate
    """
    spells = _spells(world, history, neighbours)
    if spells is None:
        why = "not identified: nobody is seen to become a customer"
        return tuple(from_prior(name, n_draws, seed, why, beliefs) for name in _CAUSES)
    exposure, events = spells
    rate, sd = _additive_hazards(exposure, events)
    reason = f"{int(events.sum())} arrivals, weighed with the prior"
    return tuple(
        shrunk(name, rate[k], sd[k], n_draws, seed, reason, beliefs)
        if np.isfinite(sd[k])
        else from_prior(name, n_draws, seed, "not identified: never seen to vary", beliefs)
        for k, name in enumerate(_CAUSES)
    )


def _spells(
    world: World, history: History, neighbours: NDArray[np.int32]
) -> tuple[NDArray[np.float64], NDArray[np.float64]] | None:
    """Exposure (3, m) and arrivals (m,) of four-week spells at risk."""
    since = world.population.known_since
    window = min(history.n_weeks - 8, 156) // _BIN * _BIN
    if window < 26:
        return None
    first = history.origin - window
    arrived = world.population.known & (since >= first) & (since < history.origin)
    if arrived.sum() < 20:
        return None
    bins = window // _BIN
    n = len(since)
    start = first + _BIN * np.arange(bins)
    at_risk = since[:, None] >= start[None, :]
    event = arrived[:, None] & (since[:, None] >= start) & (since[:, None] < start + _BIN)
    touches = history.touches
    before = (touches.channel == VISIT) & (touches.week >= first) & (touches.week <= since[touches.customer])
    visits = np.bincount(
        touches.customer[before].astype(np.int64) * bins + (touches.week[before] - first) // _BIN, minlength=n * bins
    ).reshape(n, bins)
    buys = (since[:, None] < start[None, :]) & (world.population.left[:, None] >= start[None, :])
    listed = neighbours >= 0
    word = (buys[neighbours] & listed[:, :, None]).sum(axis=1) / np.maximum(listed.sum(axis=1), 1)[:, None]
    weeks = np.full((n, bins), float(_BIN))
    exposure = np.stack([weeks[at_risk], visits[at_risk].astype(float), _BIN * word[at_risk]])
    return exposure, event[at_risk].astype(float)


def _additive_hazards(
    exposure: NDArray[np.float64], events: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Non-negative rates (k,) and their sd (k,; inf where a cause never varies)."""
    seen = exposure.sum(axis=1)
    live = seen > 0
    rate = np.where(live, events.sum() / np.maximum(seen, 1e-12) / live.sum(), 0.0)
    for _ in range(500):  # expectation-maximisation: each arrival is shared among its possible causes
        blame = rate @ exposure
        share = np.divide(events, blame, out=np.zeros_like(events), where=blame > 0)
        updated = rate * (exposure @ share) / np.maximum(seen, 1e-12)
        if np.abs(updated - rate).max() < 1e-9:
            break
        rate = updated
    mean = np.maximum(rate @ exposure, 1e-9)
    sd = np.full(len(rate), np.inf)
    information = (exposure[live] / mean) @ exposure[live].T
    sd[live] = np.sqrt(np.maximum(np.diag(np.linalg.pinv(information)), 0.0))
    return rate, sd


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
        Per week.
    """

    silent: NDArray[np.bool_]
    loss: Estimate


def learn_losses(
    world: World, history: History, n_draws: int, seed: int, beliefs: Mapping[str, Prior] | None = None
) -> Losses:
    """Loss per week from recorded departures and from regular buyers who fell silent."""
    population, own = world.population, history.own_sales
    left = population.known & (population.left < history.origin)
    if not len(own.periods):
        return Losses(left, from_prior("loss", n_draws, seed, "not identified: no sales", beliefs))
    bought = own.by_unit(len(population), world.brands.own)
    mid = own.periods.mid_week()
    quiet = mid >= history.origin - SILENT_WEEKS
    base = (mid < history.origin - SILENT_WEEKS) & (mid >= history.origin - SILENT_WEEKS - 52)
    # regular: so many orders a period that silence over the spell is no accident
    active = bought[:, base] > 0
    frequency = active.mean(axis=1) if base.any() else np.zeros(len(population))
    regular = (
        population.known & (frequency * quiet.sum() >= 4.0) & (population.known_since < history.origin - SILENT_WEEKS)
    )
    silent = left | (regular & ~(bought[:, quiet] > 0).any(axis=1))
    recorded = left & (population.left >= history.origin - 104)
    window = min(104, history.n_weeks)
    years_served = np.clip(
        np.minimum(population.left, history.origin) - np.maximum(population.known_since, history.origin - window),
        0,
        window,
    )
    if recorded.sum() >= 5:
        events, exposure = recorded.sum(), years_served[population.known].sum()
        reason = f"{events} recorded departures in two years"
    elif regular.sum() >= _LEAST_REGULAR:
        events, exposure = (silent & regular).sum(), regular.sum() * (SILENT_WEEKS + 26.0)
        reason = f"{events} of {regular.sum()} regular buyers fell silent"
    else:
        return Losses(silent, from_prior("loss", n_draws, seed, "not identified: too few regular buyers", beliefs))
    rate = (events + 0.5) / exposure
    return Losses(silent, shrunk("loss", rate, rate / np.sqrt(events + 0.5), n_draws, seed, reason, beliefs))
