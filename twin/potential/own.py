"""Our part: what we sell to each customer now, what comparable customers give us, and the brands of either half.

Knows shares; category volumes come from :mod:`twin.potential.level`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from twin.market.world import World
from twin.potential.evidence import Evidence
from twin.potential.size import Size
from twin.response.parameters import PRIORS

_CELL_WEIGHT = 5.0  # customers whose worth of evidence the wider region has against a brick's own
_QUARTILE = 0.75
_LARGEST_SHARE = 0.95


def own_of_known(world: World, evidence: Evidence, size: Size) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Expected weekly own volume of known customers, a lumpy year not taken literally.

    Orders of a customer come at a rate that is gamma distributed around what attributes predict; the posterior mean
    moves few orders far and many orders little, and gives a silent customer a small chance instead of none.

    Returns
    -------
    volume : (c,) float, units per week
        Sums to what those who are still ours bought in the last year, each over the weeks in which it was ours; 0 for
        the unknown and for customers who left.
    log_sd : (c,) float
    """
    known = world.population.known & ~evidence.lost
    volume, log_sd = np.zeros(len(known)), np.ones(len(known))
    booked = float(evidence.own_total.sum())
    if not known.any() or booked <= 0:
        return volume, log_sd
    if not (evidence.own[known] > 0).any():
        known = world.population.known  # everybody left: last year stays the only guide
    noise = evidence.own_noise[known]
    spread = max(float(np.var(size.own.residual)) - float(np.mean(np.log1p(noise))), 0.1)
    shape = 1.0 / np.expm1(min(spread, 3.0))
    # the score predicts logs: its mean needs the spread
    predicted = np.maximum(np.exp(size.own.score[known] + spread / 2), 1e-300)
    observed = evidence.own[known]
    order = np.where(observed > 0, observed * noise, predicted * noise)
    volume[known] = (shape * order + observed) / (shape * order / predicted + 1.0)
    volume *= (observed.sum() or booked) / volume.sum()
    orders = observed / order
    log_sd[known] = np.sqrt(np.log1p(1.0 / (orders + shape)))
    return volume, log_sd


def own_of_unknown(
    world: World, evidence: Evidence, mean: NDArray[np.float64]
) -> tuple[NDArray[np.float64], float, str]:
    """Weekly own volume that reaches unknown customers: what the audit shows less what we sold to the known.

    Parameters
    ----------
    mean : (c,) float, units per week
        Category volume.

    Returns
    -------
    volume : (c,) float, units per week
    share : float
        Our share in the unknown half.
    source : str
    """
    unknown, brick, ours = ~world.population.known, world.population.brick, world.brands.own
    volume = np.zeros(len(mean))
    if not unknown.any() or mean[unknown].sum() <= 0:
        return volume, 0.0, "nobody is unknown"
    b = len(world.bricks)
    placed = unknown & (brick >= 0)
    there = np.bincount(brick[placed], mean[placed], b)
    usable = (evidence.brick_total > 0) & (there > 0)
    if usable.any():
        surplus = np.where(usable, evidence.brick_brands[:, ours].sum(axis=1) - evidence.brick_known.sum(axis=1), 0.0)
        net, positive = max(float(surplus.sum()), 0.0), np.maximum(surplus, 0.0)
        # bricks where the books exceed the audit are noise: what they lack is taken from the others
        positive = np.minimum(positive * (net / max(positive.sum(), 1e-300)), _LARGEST_SHARE * there)
        share = float(positive.sum() / there[usable].sum())
        volume[unknown] = share * mean[unknown]
        inside = placed & usable[brick]
        volume[inside] = mean[inside] * (positive / np.maximum(there, 1e-300))[brick[inside]]
        return volume, share, "audit less own sales"
    seen = evidence.panel_brands[0]
    share = float(seen[ours].sum() / seen.sum()) if seen.sum() > 0 else 0.0
    volume[unknown] = share * mean[unknown]
    return volume, share, "unknown panel members" if seen.sum() > 0 else "not seen: taken as none"


def _cell_share(cell: NDArray, n: int, own: NDArray, mean: NDArray, wide: NDArray) -> NDArray[np.float64]:
    """Own share by cell, shrunk towards a wider one: (n,) float; ``wide`` (n,) is the wider share."""
    keep = cell >= 0
    count = np.bincount(cell[keep], minlength=n)
    bought, total = np.bincount(cell[keep], own[keep], n), np.bincount(cell[keep], mean[keep], n)
    share = np.where(total > 0, bought / np.maximum(total, 1e-300), wide)
    return (count * share + _CELL_WEIGHT * wide) / (count + _CELL_WEIGHT)


def own_potential(world: World, own: NDArray[np.float64], mean: NDArray[np.float64], ours: NDArray[np.bool_]):
    """Weekly own volume if each customer were served as well as comparable known ones.

    An unknown customer gets the own share of the known customers of its brick (shrunk to the territory's and to the
    whole market's); a known customer below the upper quartile of those rises to it, one above stays.

    Parameters
    ----------
    own, mean : (c,) float, units per week
        Own and category volume now.
    ours : (c,) bool
        Known customers who are still ours.

    Returns
    -------
    (c,) float, units per week
    """
    people = world.population
    buying = ours & (mean > 0)
    if not buying.any() or own[buying].sum() <= 0:
        return np.minimum(np.maximum(own, PRIORS["own_share"].mean * mean), np.maximum(mean, own))
    overall = min(own[buying].sum() / mean[buying].sum(), _LARGEST_SHARE)
    z, b = len(world.territories), len(world.bricks)
    territory = _cell_share(
        people.territory[buying].astype(np.int64), z, own[buying], mean[buying], np.full(z, overall)
    )
    share = territory[people.territory]
    if b:
        wide = territory[np.clip(world.bricks.territory, 0, z - 1)]
        by_brick = _cell_share(people.brick[buying].astype(np.int64), b, own[buying], mean[buying], wide)
        share = np.where(people.brick >= 0, by_brick[people.brick], share)
    # the quartile of shares weighted by volume, as the mean share is
    relative = own[buying] / mean[buying] / share[buying]
    order = np.argsort(relative, kind="stable")
    part = np.cumsum(mean[buying][order])
    upper = max(relative[order][np.searchsorted(part, _QUARTILE * part[-1])], 1.0)
    target = np.where(people.known, upper, 1.0) * share
    return np.maximum(np.minimum(target, _LARGEST_SHARE) * mean, own)


def brand_shares(world: World, evidence: Evidence, volume: NDArray[np.float64], own: NDArray[np.float64]):
    """Brands' shares in the unknown and in the known half.

    Our part of each half is given; rivals' parts start from the panel and are fitted to the audit's totals.

    Parameters
    ----------
    volume, own : (2,) float, units per week
        Category and own volume of the unknown and the known half.

    Returns
    -------
    (2, j) float
        Each row sums to 1.
    """
    j, n_own = len(world.brands), world.brands.n_own
    audit = evidence.brick_brands.sum(axis=0)
    share = np.where(volume > 0, own / np.maximum(volume, 1e-300), PRIORS["own_share"].mean)
    share = np.clip(share, 0.0, 1.0 if n_own == j else _LARGEST_SHARE)
    table = np.zeros((2, j))
    ours = evidence.own_total if evidence.own_total.sum() > 0 else np.ones(n_own)
    extra = np.maximum(audit - evidence.brick_known.sum(axis=0), 0.0)[:n_own]
    for half, split in enumerate((extra if extra.sum() > 0 else ours, ours)):
        table[half, :n_own] = share[half] * split / split.sum()
    if n_own == j:
        return table / np.maximum(table.sum(axis=1, keepdims=True), 1e-300)
    everyone = audit + evidence.panel_brands.sum(axis=0)
    market = everyone[n_own:] if everyone[n_own:].sum() > 0 else np.ones(j - n_own)
    market = market / market.sum()
    seen = evidence.panel_brands[:, n_own:]
    # panel volume of one typical outlet is lent from the market, so that no share is nought by chance
    lent = seen.sum() / max(len(evidence.members), 1) if seen.sum() > 0 else 1.0
    rivals = seen + lent * market
    goal = np.maximum(volume, 1e-12) * (1.0 - share)
    for _ in range(50):
        rivals = rivals * (goal / rivals.sum(axis=1))[:, None]
        if audit[n_own:].sum() > 0:
            wanted = audit[n_own:] / audit[n_own:].sum() * goal.sum()
            rivals = rivals * wanted / np.maximum(rivals.sum(axis=0), 1e-300)
    table[:, n_own:] = rivals / rivals.sum(axis=1, keepdims=True) * (1.0 - share)[:, None]
    return table
