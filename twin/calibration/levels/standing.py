"""Standing: our share of each customer at the origin, and the stage in which it stands with us, in one draw."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import special

from twin import draws
from twin.calibration.calibration import Calibration
from twin.draws import Key, Purpose
from twin.market.world import World
from twin.response.journey import Stage

_LARGEST_SHARE = 0.95


def standing(
    calibration: Calibration, world: World, volume: NDArray[np.float64], draw: int
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.int8]]:
    """Where each customer stands.

    Parameters
    ----------
    calibration : Calibration
    world : World
    volume : (c,) float, units per week
        Category volume in this draw.
    draw : int

    Returns
    -------
    volume : (c,) float, units per week
        The same in all, place by place; nobody buys less in all than from us.
    share : (c,) float
        Of us, while the customer buys from us.
    stage : (c,) int8
    """
    potential, known = calibration.potential, world.population.known & ~calibration.silent
    unknown = ~world.population.known
    z, u = draws.uniforms(Key(calibration.seed, draw), Purpose.TRAIT, 0, world.population.entity, 2)
    own = potential.own_now * np.exp(special.ndtri(z) * potential.own_sd_log - 0.5 * potential.own_sd_log**2)
    volume = _room_for(own * known, volume, world.population.brick)
    won = _share_when_won(calibration, world, draw)
    # of those we do not know, some buy from us already; they hold what the audits show of our brands
    if calibration.levels is not None:
        part, held = calibration.levels.hidden_part(volume, won, unknown, world.population.brick)
    else:
        part, held = np.full(len(won), _part_of_all(potential.unknown_own_share, won, volume)), won
    hidden_buyer = unknown & (u < part)
    # few of them are large: by how much chance missed the total is made up for by all
    meant = float((part * held * volume)[unknown].sum())
    held = np.clip(held * np.clip(meant / max(float((held * volume)[hidden_buyer].sum()), 1e-300), 0.5, 2.0), 1e-3, 0.9)
    share = np.where(known, np.clip(own / volume, 1e-3, _LARGEST_SHARE), np.where(hidden_buyer, held, won))
    stage = np.where(known | hidden_buyer, Stage.REPEAT, np.where(world.population.known, Stage.LAPSED, Stage.UNAWARE))
    return volume, share, stage.astype(np.int8)


def _room_for(own: NDArray, volume: NDArray, brick: NDArray[np.int32]) -> NDArray[np.float64]:
    """Category volume that leaves room for what is bought from us; the others of the brick have so much less: (c,).

    Our sales are in the books, the category is an estimate: where they do not go together, it is the estimate that
    is wrong. A brick in which nobody has anything to give keeps what was added.
    """
    least = own / _LARGEST_SHARE
    row, n = brick + 1, int(brick.max(initial=-1)) + 2
    short = volume < least
    added = np.bincount(row, np.maximum(least - volume, 0.0), n)
    spare = np.where(short, 0.0, volume - least)
    kept = 1.0 - np.minimum(added / np.maximum(np.bincount(row, spare, n), 1e-300), 0.5)
    return np.where(short, least, least + spare * kept[row])


def _part_of_all(hidden: float, won: NDArray, volume: NDArray) -> float:
    return float(np.clip(hidden / max(float(np.average(won, weights=volume)), 1e-6), 0.0, 1.0))


def _share_when_won(calibration: Calibration, world: World, draw: int) -> NDArray[np.float64]:
    """Share that customers who do not buy from us would give, around the newcomers' share: (c,).

    More or less where comparable customers give more or less.
    """
    potential, elsewhere = calibration.potential, ~world.population.known | calibration.silent
    pattern = potential.own_potential_mean / np.maximum(potential.mean, 1e-12)
    usual = float(np.average(pattern[elsewhere], weights=potential.mean[elsewhere])) if elsewhere.any() else 1.0
    return np.clip(pattern * calibration.draws_of("newcomer_share")[draw] / max(usual, 1e-12), 1e-3, 0.9)
