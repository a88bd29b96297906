"""Attraction: what goodwill and campaigns, ours and rivals', do to the shares of all brands, where rivals are seen.

Joint Poisson models of brands' volumes of panel members and of audited bricks (:mod:`twin.calibration.attraction.fit`),
single cross-effects, and the outside option (:mod:`twin.calibration.attraction.outside`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import special

from twin.calibration.attraction.cells import Moves, Source, sources
from twin.calibration.attraction.cross import CrossEffect, cross_effects, strongest
from twin.calibration.attraction.fit import AttractionFit, fit_attraction, score_statistics
from twin.calibration.attraction.outside import learn_outside, no_outside
from twin.calibration.calendar.campaign_buyers import BuyerFactors, buyer_factors
from twin.market.history import History
from twin.market.world import World
from twin.response.parameters import PRIORS, Estimate, parameter_uniforms

_PRIOR_CELLS = 20.0
_MOST_THINNED = 3.0
_LEAD_WEEKS, _LEAD_T = 13.0, 2.0
FEWEST_UNITS = 12


@dataclass(frozen=True)
class SourceFit:
    """What one source says.

    Parameters
    ----------
    name : str
        ``panel`` or ``audit``.
    n_units, n_cells : int
    zeros : float
        Part of the brands' cells without a purchase.
    campaign, campaign_sd : (j,) float, utility
        Of one customer; ``nan`` where the brand had none.
    goodwill, goodwill_sd : float, utility per unit of felt goodwill
        ``nan`` where it is not seen.
    change : (j, j) float
        Part by which the volume of each brand (rows) moves under an average campaign of another (columns).
    log_centred : (j,) float, utility
        What regression of centred logarithms would say of the campaigns, cells without a purchase left out.
    """

    name: str
    n_units: int
    n_cells: int
    zeros: float
    campaign: NDArray[np.float64]
    campaign_sd: NDArray[np.float64]
    goodwill: float
    goodwill_sd: float
    change: NDArray[np.float64]
    log_centred: NDArray[np.float64]

    @property
    def effect(self) -> NDArray[np.float64]:
        """Of an average campaign: (j,) float, utility; 0 where there was none."""
        return np.nan_to_num(self.campaign)

    @property
    def sd(self) -> NDArray[np.float64]:
        """Of ``effect``: (j,) float, utility; ``inf`` where there was none, or it cannot be told."""
        seen = np.isfinite(self.campaign) & (self.campaign_sd > 0)
        return np.where(seen, self.campaign_sd, np.inf)


@dataclass(frozen=True)
class Attraction:
    """Everything that was learned of attraction and share.

    Parameters
    ----------
    brands : tuple of str
    sources : tuple of SourceFit
    campaigns : tuple of Estimate
        Of each brand with a campaign in sight, over all sources.
    goodwill : Estimate, optional
        Utility per unit of felt goodwill, from shares alone.
    typical_stock : float, visits
        At which ``goodwill`` was learned.
    curvature : float
        Under which it was.
    cross : tuple of CrossEffect
    outside : Estimate
        All zero where nothing else is identified.
    reason : str
        Why there is nothing; empty when there is.
    """

    brands: tuple[str, ...]
    sources: tuple[SourceFit, ...]
    campaigns: tuple[Estimate, ...]
    goodwill: Estimate | None
    typical_stock: float
    curvature: float
    cross: tuple[CrossEffect, ...]
    outside: Estimate
    reason: str = ""


def learn_attraction(world: World, history: History, moves: Moves, n_draws: int, seed: int) -> Attraction:
    """Learn what moves shares.

    Parameters
    ----------
    world, history : World, History
    moves : Moves
        Contacts' worth, carry-over and campaigns, as far as they are known.
    n_draws, seed : int

    Returns
    -------
    Attraction
        Without sources, and with a reason, where rivals are not seen in at least :data:`FEWEST_UNITS` units.
    """
    names = tuple(str(name) for name in world.brands.names)
    found = [source for source in sources(world, history, moves) if len(source.unit) >= FEWEST_UNITS]
    if not found or len(names) < 2:
        reason = f"rivals are seen in fewer than {FEWEST_UNITS} customers or bricks"
        return Attraction(names, (), (), None, 0.0, moves.curvature, (), no_outside(n_draws, reason), reason)
    fits = [_weighed_fit(source) for source in found]
    buyers = buyer_factors(world, history.panel)
    said = tuple(_said(source, fit, names, buyers) for source, fit in fits)
    seen = {source.name: (source, fit) for source, fit in fits}
    goodwill, outside = None, no_outside(n_draws, "no panel of customers whose goodwill varies")
    if "panel" in seen and len(seen["panel"][0].cells.own):
        lead = lead_test(*seen["panel"])
        goodwill = next(_goodwill(one, lead, n_draws, seed) for one in said if one.name == "panel")
        outside = learn_outside(*seen["panel"], n_draws, seed)
    cross = tuple(effect for source, fit in fits for effect in cross_effects(source, fit, names))
    stock = _typical_stock(history, moves)
    return Attraction(names, said, _campaigns(said, names, world.brands.n_own, n_draws, seed), goodwill, stock,
                      moves.curvature, strongest(cross), outside)  # fmt: skip


def _weighed_fit(source: Source) -> tuple[Source, AttractionFit]:
    """The fit with units weighed by how little their purchases scatter.

    A few units with large, rare orders would else speak for all. A weight that a unit has for all of its cells leaves
    the estimate consistent, because the unit's levels take it up.
    """
    cells = source.cells
    first = fit_attraction(cells)
    used, bought = cells.volume.sum(axis=2) > 0, cells.volume.sum(axis=1) > 0
    mean = first.means(cells)
    ratio = (cells.volume - mean) ** 2 / np.maximum(mean, 1e-300) * used[:, :, None] * bought[:, None, :]
    freedom = used.sum(axis=1) * (bought.sum(axis=1) - 1.0)
    spread = (ratio.sum(axis=(1, 2)) + _PRIOR_CELLS * first.dispersion) / (freedom + _PRIOR_CELLS)
    weighed = replace(source, cells=replace(cells, volume=cells.volume / np.maximum(spread, 1e-300)[:, None, None]))
    return weighed, fit_attraction(weighed.cells)


def _said(source: Source, fit: AttractionFit, names: Sequence[str], buyers: BuyerFactors) -> SourceFit:
    n, cells = len(names), source.cells
    effect, sd = np.full(n, np.nan), np.full(n, np.nan)
    place = np.array([source.column(f"campaign:{name}") for name in names])
    effect[place >= 0], sd[place >= 0] = fit.coefficients[place[place >= 0]], fit.sd[place[place >= 0]]
    k = source.column("goodwill")
    share = fit.means(cells)
    total = share.sum(axis=(0, 1))
    share = share / np.maximum(share.sum(axis=2, keepdims=True), 1e-300)
    volume = cells.volume.sum(axis=2)
    change = np.full((n, n), np.nan)
    for j in np.flatnonzero(place >= 0):
        pull = share.copy()
        pull[:, :, j] *= np.exp(effect[j])
        pull /= np.maximum(pull.sum(axis=2, keepdims=True), 1e-300)
        change[:, j] = (pull * volume[:, :, None]).sum(axis=(0, 1)) / np.maximum(total, 1e-300) - 1.0
    if source.name == "audit":
        of_unit = (cells.volume * share).sum(axis=(0, 1)) / np.maximum(cells.volume.sum(axis=(0, 1)), 1e-300)
        effect, sd = _felt(effect, sd, of_unit, buyers)
    bought = cells.volume.sum(axis=1) > 0
    inside = (volume > 0)[:, :, None] & bought[:, None, :]
    return SourceFit(
        source.name, len(source.unit), fit.n, float((cells.volume == 0)[inside].mean()), effect, sd,
        float(fit.coefficients[k]) if k >= 0 else np.nan, float(fit.sd[k]) if k >= 0 else np.nan, change,
        _log_centred(source, place),
    )  # fmt: skip


def _felt(
    effect: NDArray, sd: NDArray, of_unit: NDArray, buyers: BuyerFactors
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Effects on the choice of a customer from those on sums over the customers of a brick, and their errors.

    Both answer by ``s (1 - s)``; sums hold customers who hardly buy a brand and others who hardly buy another.
    ``of_unit`` is the share that a brand has of its bricks, weighed by what they buy of it: (j,) float.
    """
    factor = np.nan_to_num((1.0 - of_unit) / np.maximum(1.0 - buyers.loyal, 1e-6), nan=1.0).clip(1.0, _MOST_THINNED)
    return effect * factor, np.hypot(sd * factor, effect * factor * buyers.log_sd)


def _log_centred(source: Source, place: NDArray[np.int64]) -> NDArray[np.float64]:
    """Campaign effects by ordinary regression of centred log shares (Cooper, Nakanishi 1988), empty cells left out."""
    cells = source.cells
    y, n = cells.volume, cells.volume.shape[2]
    full = (y > 0).all(axis=2)
    result = np.full(n, np.nan)
    rows = np.flatnonzero(full.sum(axis=1) >= 3)
    if not len(rows):
        return result
    k = cells.n_columns
    information, score = np.zeros((k, k)), np.zeros(k)
    flat = cells.shared.transpose(1, 2, 0)
    for u in rows:
        keep = full[u]
        x = np.zeros((int(keep.sum()), n, k))
        x[:, :, : len(flat[0, 0])] = flat[keep]
        x[:, : cells.n_own, len(flat[0, 0]) :] = cells.own[:, u, keep].T[:, None, :]
        log = np.log(y[u, keep])
        log, x = log - log.mean(axis=1, keepdims=True), x - x.mean(axis=1, keepdims=True)
        log, x = log - log.mean(axis=0), x - x.mean(axis=0)
        x = x.reshape(-1, k)
        information += x.T @ x
        score += x.T @ log.ravel()
    beta = np.linalg.pinv(information, rcond=1e-10, hermitian=True) @ score
    result[place >= 0] = beta[place[place >= 0]]
    return result


def _campaigns(
    said: Sequence[SourceFit], names: Sequence[str], n_own: int, n_draws: int, seed: int
) -> tuple[Estimate, ...]:
    """Effect of each brand's average campaign: sources and prior weighed by precision."""
    found = []
    for j, name in enumerate(names):
        use = [one for one in said if np.isfinite(one.campaign[j]) and one.campaign_sd[j] > 0]
        if not use:
            continue
        prior = PRIORS["promotion_own" if j < n_own else "promotion_rival"]
        weight = np.array([one.campaign_sd[j] ** -2 for one in use])
        precision = weight.sum() + prior.sd**-2
        mean = (weight @ [one.campaign[j] for one in use] + prior.mean * prior.sd**-2) / precision
        z = special.ndtri(parameter_uniforms(f"attraction_campaign:{name}", n_draws, seed))
        sd = float(weight.sum() ** -0.5)
        draws = np.clip(mean + z * precision**-0.5, prior.low, prior.high)
        why = f"shares of {' and '.join(f'{one.n_units} {_UNITS[one.name]}' for one in use)}; data's error {sd:.3f}"
        found.append(Estimate(f"attraction_campaign:{name}", "utility", draws, sd < prior.sd, why, str(prior)))
    return tuple(found)


_UNITS = {"panel": "panel members", "audit": "audited bricks"}


def lead_test(source: Source, fit: AttractionFit) -> float:
    """What goodwill of the next quarter shows beside today's, which it cannot cause: a t value."""
    weeks = max(1, round(_LEAD_WEEKS / source.cells.weeks))
    felt = source.cells.own[0]
    ahead = np.concatenate([felt[:, weeks:], np.repeat(felt[:, -1:], weeks, axis=1)], axis=1)
    return float(score_statistics(source.cells, fit, source.cells.shared[:0], ahead[None])[0])


def _goodwill(said: SourceFit, lead: float, n_draws: int, seed: int) -> Estimate:
    z = special.ndtri(parameter_uniforms("attraction_goodwill", n_draws, seed))
    sure = said.goodwill > 2.0 * said.goodwill_sd and abs(lead) < _LEAD_T
    why = f"shares of {said.n_units} panel members, t {said.goodwill / said.goodwill_sd:.1f}; lead t {lead:.1f}"
    why += "" if abs(lead) < _LEAD_T else ": visits follow shares, and this is no effect"
    return Estimate(
        "attraction_goodwill", "utility per felt goodwill", said.goodwill + z * said.goodwill_sd, bool(sure), why
    )


def _typical_stock(history: History, moves: Moves) -> float:
    """Stock at which the effect of goodwill was learned: the mean of customers who were ever contacted, in visits."""
    touches = history.touches
    if not len(touches):
        return 0.0
    weekly = float(moves.worth[touches.channel].sum()) / max(history.n_weeks, 1) / len(np.unique(touches.customer))
    return weekly / (1.0 - moves.carryover)
