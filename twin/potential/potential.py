"""Potential: the weekly category volume of every customer, known and unknown, all brands, season averaged out.

Says how sure it is, and what rests on a prior. Knows the present level only; how demand moves is the response's matter.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import special, stats

from twin.draws import Key, Purpose, identity, uniforms
from twin.market.history import History
from twin.market.world import World
from twin.potential.count import Count, count_outlets, lists_of
from twin.potential.evidence import Evidence, gather, settled
from twin.potential.features import build_features
from twin.potential.grounds import notes_on, source_of
from twin.potential.level import Shift, brick_sums, fit_shift, loads, pinned_variance, rake
from twin.potential.own import brand_shares, own_of_known, own_of_unknown, own_potential
from twin.potential.quality_width import learn_width, reference_of, widening
from twin.potential.settle import (
    believed_shift,
    leave_out,
    levelled,
    regional,
    stretch_to_cover,
    territory_levels,
    with_panel,
)
from twin.potential.size import Size, measure
from twin.potential.total import shift_draws, unknown_total
from twin.response.parameters import Estimate

_INACTIVE = 1e-6
_LARGEST_SHARE = 0.95


@dataclass(frozen=True)
class Potential:
    """What every customer could buy, and buys from us now.

    Volumes are units per week. ``exp(log_mean + log_sd**2 / 2)`` is the expected category volume, see :attr:`mean`.

    Parameters
    ----------
    log_mean, log_sd : (c,) float, log units per week
        Category volume. The mean allows for customers who buy nothing at all; the sd is that of those who do.
    active : (c,) float in (0, 1]
        Probability that the customer buys in the category at all.
    free_sd : (c,) float, log
        Uncertainty of a customer by itself, before the brick's total pins it: for draws.
    alike : float
        Correlation of what is left open between two customers of a brick.
    member : (c,) bool
        Panel members, whose purchases are seen.
    settled : (c,) bool
        Customers of the known level: known for longer than newcomers, see :func:`twin.potential.evidence.settled`.
    brick_total : (b,) float, units per week
        ``nan`` where not audited.
    brick_total_sd : (b,) float, log
    own_now : (c,) float, units per week
    own_sd_log : (c,) float, log
    unknown_own_share, known_own_share : float
        Our share in either half now.
    brand_share_unknown, brand_share_known : (j,) float
    own_potential_mean : (c,) float, units per week
        If served as well as comparable known customers, see :func:`twin.potential.own.own_potential`.
    wallet : (c,) float, units per week
        Category volume of the 90th percentile of comparable customers, not below the expectation.
    total_unknown : Estimate
        ``unknown_category_volume``, units per week.
    hidden_size : Estimate
        Log size of unknown customers less that of known ones with the same attributes.
    level_draws : (2, d) float, log
        Drawn deviations of the level of the unknown and the known half.
    ranking_r2, ranking_spearman : float
        Out of fold, blocked by brick; ``nan`` when it could not be measured.
    spearman_unknown : float
        Of unknown panel members who bought, each predicted with its own purchases left out.
    source : str
        What the level rests on.
    notes : tuple of str
        What could not be known, in sentences.
    count : Count
        Outlets on no list.
    quality_width : Estimate, optional
        How much a poor record widens the interval, see :mod:`twin.potential.quality_width`.
    """

    log_mean: NDArray[np.float64]
    log_sd: NDArray[np.float64]
    active: NDArray[np.float64]
    free_sd: NDArray[np.float64]
    alike: float
    member: NDArray[np.bool_]
    settled: NDArray[np.bool_]
    brick_total: NDArray[np.float64]
    brick_total_sd: NDArray[np.float64]
    own_now: NDArray[np.float64]
    own_sd_log: NDArray[np.float64]
    unknown_own_share: float
    known_own_share: float
    brand_share_unknown: NDArray[np.float64]
    brand_share_known: NDArray[np.float64]
    own_potential_mean: NDArray[np.float64]
    wallet: NDArray[np.float64]
    total_unknown: Estimate
    hidden_size: Estimate
    level_draws: NDArray[np.float64]
    ranking_r2: float
    ranking_spearman: float
    spearman_unknown: float
    source: str
    notes: tuple[str, ...]
    count: Count
    quality_width: Estimate | None = None

    @property
    def mean(self) -> NDArray[np.float64]:
        """Expected weekly category volume: (c,) float, units per week."""
        return np.exp(self.log_mean + self.log_sd**2 / 2)


def learn_potential(world: World, history: History, n_draws: int, seed: int) -> Potential:
    """Size of every customer from whatever evidence there is: panel, audit, own sales, attributes, place.

    Parameters
    ----------
    world : World
    history : History
    n_draws : int
        Draws of each estimate.
    seed : int

    Returns
    -------
    Potential
    """
    people, evidence = world.population, gather(world, history)
    known, brick = settled(world, history), people.brick
    features = build_features(world)
    size = measure(world, evidence, features, seed, known)
    own, own_sd = own_of_known(world, evidence, size)
    member = np.zeros(len(people), dtype=bool)
    member[evidence.members] = True

    if not evidence.audited:
        # brick totals tell of places by themselves; without them the panel does, territory by territory
        local = territory_levels(size, evidence, known, people.territory, len(world.territories))
        at_members = local[people.territory[evidence.members]]
        size = replace(size, log=size.log + local[people.territory], panel_residual=size.panel_residual - at_members)
    start, precision = believed_shift(size, evidence, known)
    shift = Shift(start, np.linalg.inv(precision))
    for _ in range(2):
        mean = levelled(size, shift.mean, known, own)
        seen, variance = with_panel(mean, size.variance, evidence, evidence.members)
        relative = np.expm1(np.minimum(variance, 3.0)) / size.active + (1 - size.active) / size.active
        sums = brick_sums(seen, relative, brick, known, member, len(world.bricks))
        unshifted = sums.halves * np.exp(-shift.mean)[:, None]
        sums = replace(sums, halves=unshifted)
        shift = fit_shift(start, precision, sums, evidence.brick_total, evidence.brick_sd)
    mean = levelled(size, shift.mean, known, own)
    predicted, left = leave_out(world, size, evidence, mean, shift.alike)
    stretch = stretch_to_cover(evidence, known, predicted, left)[known.astype(int)]
    wider = learn_width(people.quality, size, n_draws, seed)
    if people.quality is not None:
        reference = reference_of(people.quality, known, evidence.members, size.buyers)[known.astype(int)]
        stretch = stretch * widening(people.quality, reference, float(wider.draws.mean()))
    mean, variance = with_panel(mean, size.variance * stretch**2, evidence, evidence.members)
    load = loads(mean, variance, brick, shift.alike, len(world.bricks))
    mean = regional(mean, brick, evidence.brick_total, ~member) * np.exp(rake(mean, load, brick, evidence.brick_total))
    loose = np.diag(shift.cov)[known.astype(int)] * ~member
    left = pinned_variance(mean, variance, load, brick, evidence.brick_total, evidence.brick_sd, loose)
    log_sd = np.sqrt(np.maximum(left, 1e-6))
    found = _assemble(
        world, evidence, size, shift, mean, variance, log_sd, own, own_sd, member, known, predicted, n_draws, seed
    )
    found = replace(found, quality_width=wider)
    return replace(found, count=count_outlets(lists_of(world, history, features, mean), world, n_draws, seed))


def _assemble(
    world: World,
    evidence: Evidence,
    size: Size,
    shift: Shift,
    mean,
    variance,
    log_sd,
    own,
    own_sd,
    member,
    half,
    predicted,
    n_draws: int,
    seed: int,
) -> Potential:
    """Shares, totals and words around the volumes."""
    known = world.population.known
    hidden, levels = shift_draws(shift, evidence, half, n_draws, seed)
    total = unknown_total(world, evidence, mean, variance, member, half, levels, shift.alike, seed)
    reach, unknown_share, where_from = own_of_unknown(world, evidence, mean)
    own = np.where(known, own, reach)
    own_sd = np.where(known, own_sd, np.sqrt(log_sd**2 + size.share_variance))
    halves = np.array([[values[~known].sum(), values[known].sum()] for values in (mean, own)])
    shares = brand_shares(world, evidence, halves[0], halves[1])
    best = size.direct or size.own
    bought = evidence.panel[evidence.members]
    unknown = ~known[evidence.members] & (bought > 0)  # who has closed is no matter of size
    return Potential(
        log_mean=np.log(np.maximum(mean, 1e-12)) - log_sd**2 / 2,
        log_sd=log_sd,
        active=size.active,
        free_sd=np.sqrt(variance),
        alike=shift.alike,
        member=member,
        settled=half,
        brick_total=evidence.brick_total,
        brick_total_sd=evidence.brick_sd,
        own_now=own,
        own_sd_log=own_sd,
        unknown_own_share=unknown_share,
        known_own_share=float(halves[1, 1] / halves[0, 1]) if halves[0, 1] > 0 else 0.0,
        brand_share_unknown=shares[0],
        brand_share_known=shares[1],
        own_potential_mean=own_potential(world, own, mean, known & ~evidence.lost),
        wallet=np.maximum(mean, np.exp(np.log(np.maximum(mean, 1e-12)) - variance / 2 - size.update + size.upper)),
        total_unknown=total,
        hidden_size=hidden,
        level_draws=levels,
        ranking_r2=best.r2,
        ranking_spearman=best.spearman,
        spearman_unknown=_rank_correlation(predicted[unknown], bought[unknown]),
        source=source_of(evidence),
        notes=notes_on(world, evidence, size, where_from, half),
        count=count_outlets(None, world, n_draws, seed),
    )


def _rank_correlation(a: NDArray, b: NDArray) -> float:
    """Spearman's, ``nan`` where it means nothing."""
    if len(a) < 5 or np.ptp(a) == 0 or np.ptp(b) == 0:
        return float("nan")
    return float(stats.spearmanr(a, b).statistic)


def draw_volumes(potential: Potential, world: World, draw: int, seed: int) -> NDArray[np.float64]:
    """One draw of every customer's weekly category volume, adding up to drawn brick totals where they exist.

    Keyed by the ids of customers and bricks: the same for any order, and for any scenario.

    Returns
    -------
    (c,) float, units per week
        Near 0 for a customer who turns out to buy nothing.
    """
    key, brick, b = Key(seed, draw), world.population.brick, len(world.bricks)
    first, life = uniforms(key, Purpose.POTENTIAL, 0, world.population.entity, 2)
    normal = special.ndtri(first)
    total = np.zeros(0)
    if b:
        luck, place = special.ndtri(uniforms(key, Purpose.POTENTIAL, 0, identity(world.bricks.ids, "brick"), 2))
        total = potential.brick_total * np.exp(potential.brick_total_sd * luck - potential.brick_total_sd**2 / 2)
        shared = np.sqrt(potential.alike) * place[brick] + np.sqrt(1 - potential.alike) * normal
        normal = np.where(brick >= 0, shared, normal)
    level = potential.level_draws[:, draw % potential.level_draws.shape[1]][potential.settled.astype(int)]
    mean = potential.mean / potential.active
    middle = np.log(mean) - potential.free_sd**2 / 2 + np.where(potential.member, 0.0, level)
    # nobody buys less in all than from us: the lower tail is cut there, not piled up
    least = (np.log(np.maximum(potential.own_now, 1e-12) / _LARGEST_SHARE) - middle) / potential.free_sd
    below = special.ndtr(np.minimum(least, 3.0))
    cut = special.ndtri(np.clip(below + (1.0 - below) * special.ndtr(normal), 1e-12, 1 - 1e-12))
    log = middle + potential.free_sd * np.where(world.population.known, cut, normal)
    volume = np.exp(log) * np.where(life < potential.active, 1.0, _INACTIVE)
    load = loads(potential.mean, potential.free_sd**2, brick, potential.alike, b)
    volume = volume * np.exp(rake(volume, load, brick, total))
    return volume


def intervals(potential: Potential, world: World) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """80 % interval of each customer's weekly category volume.

    Its width is calibrated on left-out panel members; a customer who may buy nothing at all has a lower end of 0.

    Returns
    -------
    p10, p90 : (c,) float, units per week
    """
    middle = np.log(potential.mean / potential.active) - potential.log_sd**2 / 2
    ends = []
    for p in (0.1, 0.9):
        inside = (p - (1.0 - potential.active)) / potential.active
        z = special.ndtri(np.clip(inside, 1e-12, 1.0))
        ends.append(np.where(inside > 0, np.exp(middle + potential.log_sd * z), 0.0))
    if len(world.population) != len(middle):
        raise ValueError(f"world: expected {len(middle)} customers, got {len(world.population)}")
    return ends[0], ends[1]
