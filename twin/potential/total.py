"""Total: how much the unknown half buys in all, and the hidden-size shift behind it, as draws.

Knows sums by brick and half, not single customers.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import special

from twin.market.world import World
from twin.potential.evidence import Evidence
from twin.potential.level import Shift, loads
from twin.response.parameters import PRIORS, Estimate, from_prior, parameter_uniforms

_FEW = 10
ENOUGH_PROBED = 30
"""Unknown panel members from which the total of the unknown is called an estimate."""
_NEWTON = 12


def compared(evidence: Evidence, known: NDArray[np.bool_]) -> bool:
    """Whether the panel has enough members of either half to tell how they differ at the same attributes.

    Brick totals alone do not tell: where many are known, those who are not differ from the unknown elsewhere, too, and
    the composition of bricks confounds the two.
    """
    bought = evidence.members[evidence.panel[evidence.members] > 0]
    return bool(min(known[bought].sum(), (~known[bought]).sum()) >= _FEW)


def probed(evidence: Evidence, known: NDArray[np.bool_]) -> bool:
    """Whether so many unknown customers were audited one by one that their level is seen, whoever else was."""
    bought = evidence.members[evidence.panel[evidence.members] > 0]
    return bool((~known[bought]).sum() >= ENOUGH_PROBED)


def shift_draws(
    shift: Shift, evidence: Evidence, known: NDArray[np.bool_], n_draws: int, seed: int
) -> tuple[Estimate, NDArray[np.float64]]:
    """Draws of the hidden-size shift and of both levels' deviations from their means.

    Returns
    -------
    Estimate
        ``hidden_size``, log volume. Where the panel cannot tell, its spread is never below that of the prior.
    (2, d) float, log
        Unknown, known.
    """
    prior = PRIORS["hidden_size"]
    mean, sd = shift.hidden
    identified = compared(evidence, known) and sd**-2 > 2 * prior.sd**-2
    z = special.ndtri(parameter_uniforms("hidden_size", n_draws, seed))
    if identified:
        reason = "from the panel" + (" and brick totals" if evidence.audited else "")
        hidden = Estimate("hidden_size", prior.unit, mean + sd * z, True, reason, str(prior))
    elif evidence.audited or len(evidence.members):
        reason = "not identified: too few panel members of either half; the data only shift the prior"
        hidden = Estimate("hidden_size", prior.unit, mean + max(sd, prior.sd) * z, False, reason, str(prior))
    else:
        hidden = from_prior("hidden_size", n_draws, seed, "not identified: neither panel nor brick totals")
    apart = hidden.draws - mean
    along = (shift.cov[0, 1] - shift.cov[1, 1]) / sd**2
    rest = np.sqrt(max(shift.cov[1, 1] - along**2 * sd**2, 0.0))
    known = along * apart + rest * special.ndtri(parameter_uniforms("known_level", n_draws, seed))
    return hidden, np.stack([known + apart, known])


def unknown_total(
    world: World,
    evidence: Evidence,
    mean: NDArray,
    variance: NDArray,
    member: NDArray,
    settled: NDArray,
    levels: NDArray,
    alike: float,
    seed: int,
) -> Estimate:
    """Weekly category volume of all unknown customers, as draws.

    Levels of both halves and the totals of bricks are drawn; within a brick the halves give way by their uncertainty.
    Luck of single customers is added as one normal number, for there are many of them.

    Parameters
    ----------
    mean, variance : (c,) float
        Raked volume, and squared log uncertainty before raking.
    member, settled : (c,) bool
        See :class:`twin.potential.potential.Potential`.
    levels : (2, d) float, log
        See :func:`shift_draws`.
    alike : float
        See :func:`twin.potential.level.loads`.
    """
    known, brick, b = world.population.known, world.population.brick, len(world.bricks)
    place = np.where(brick >= 0, brick, b)
    group = np.where(member, 2, settled.astype(np.int64))
    volume = np.bincount(group * (b + 1) + place, mean, 3 * (b + 1)).reshape(3, b + 1)
    spread = np.bincount(group * (b + 1) + place, mean * loads(mean, variance, brick, alike, b), 3 * (b + 1)).reshape(
        3, b + 1
    )
    loose = np.maximum(spread / np.maximum(volume, 1e-300), 1e-9)
    seen = np.bincount(place[member & ~known], mean[member & ~known], b + 1)
    # newcomers are of the level of the unknown, but no longer part of them
    dark = np.bincount(place[~member & ~known], mean[~member & ~known], b + 1) / np.maximum(volume[0], 1e-300)
    pinned = np.append(evidence.brick_total > 0, False) & (volume.sum(axis=0) > 0)
    n_draws = levels.shape[1]
    luck = special.ndtri(parameter_uniforms("unknown_category_volume/audit", n_draws, seed))
    single = special.ndtri(parameter_uniforms("unknown_category_volume/single", n_draws, seed))
    total_sd = np.append(evidence.brick_sd, 0.0)
    # noise of bricks is their own: in the sum it shrinks with their number
    held = np.where(pinned, volume.sum(axis=0), 0.0)
    common_sd = float(np.sqrt(((held * total_sd) ** 2).sum()) / max(held.sum(), 1e-300))
    own_noise = _single_noise(mean, variance, place, pinned, ~known, alike)
    draws = np.zeros(n_draws)
    for d in range(n_draws):
        shifted = volume * np.exp(np.array([levels[0, d], levels[1, d], 0.0]))[:, None]
        goal = np.where(pinned, volume.sum(axis=0) * np.exp(common_sd * luck[d]), 1.0)
        push = _push(shifted, goal, loose, pinned)
        now = shifted * np.exp(push * loose)
        draws[d] = (now[0] * dark).sum() + (seen * np.exp(push * loose[2])).sum()
    draws = np.maximum(draws + own_noise * single, 0.0)
    both, probe = compared(evidence, settled), probed(evidence, known)
    identified = both or probe
    reason = _reason(both, probe, evidence.audited)
    words = "" if identified else f"hidden_size: {PRIORS['hidden_size']}"
    return Estimate("unknown_category_volume", "units per week", draws, identified, reason, words)


def _push(
    volume: NDArray[np.float64], goal: NDArray[np.float64], loose: NDArray[np.float64], pinned: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """How far the groups of each brick give way until they add up to its total: (b + 1,) float, log a looseness."""
    push = np.zeros(len(goal))
    widest = loose.max(axis=0)
    for _ in range(_NEWTON):
        now = volume * np.exp(push * loose)
        summed = np.maximum(now.sum(axis=0), 1e-300)
        step = np.log(goal / summed) * summed / np.maximum((now * loose).sum(axis=0), 1e-300)
        push = np.where(pinned, push + np.clip(step, -2 / widest, 2 / widest), 0.0)
    return push


def _reason(both: bool, probe: bool, audited: bool) -> str:
    if both:
        return "market totals and panel members of both halves" if audited else "panel members of both halves"
    if probe:
        return "market totals and unknown panel members" if audited else "unknown panel members"
    if audited:
        return "not identified: the market's total is known, its split between the halves rests on a prior"
    return "not identified: no market totals, too few panel members; a band from priors"


def _single_noise(
    mean: NDArray, variance: NDArray, place: NDArray, pinned: NDArray, unknown: NDArray, alike: float
) -> float:
    """Sd of the sum of unknown volumes from the luck of single customers and places: float, units per week."""
    relative = np.expm1(np.minimum(variance, 3.0))
    n = len(pinned)

    def halves(values: NDArray) -> tuple[NDArray, NDArray]:
        return np.bincount(place[unknown], values[unknown], n), np.bincount(place[~unknown], values[~unknown], n)

    (dark, light), (dark_sd, light_sd) = halves(mean**2 * relative), halves(mean * np.sqrt(relative))
    inside = (1 - alike) * dark + alike * dark_sd**2
    whole = (1 - alike) * (dark + light) + alike * (dark_sd + light_sd) ** 2
    across = (1 - alike) * dark + alike * dark_sd * (dark_sd + light_sd)
    # what the brick's total tells is taken out: there, what one half gains the other loses
    left = np.where(pinned, inside - across**2 / np.maximum(whole, 1e-300), inside)
    return float(np.sqrt(np.maximum(left, 0.0).sum()))
