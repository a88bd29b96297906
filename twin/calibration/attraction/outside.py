"""Outside option: whether what a customer buys of all brands together moves with how much they attract it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import special, stats

from twin.calibration.attraction.cells import Source
from twin.calibration.attraction.fit import AttractionFit
from twin.calibration.visits import fixed_effects
from twin.errors import CalibrationError
from twin.response.parameters import Estimate, parameter_uniforms

FEWEST_BUYERS = 40
LEAST_WEEKS = 104
"""A single year cannot tell customers who grow, and are visited more meanwhile, from those whom visits make grow."""
_CHANCE = 0.0125
"""Of an estimate so far above zero in a market without an outside option, by Student's t over the customers."""
_LEAD_WEEKS, _LEAD_T = 13.0, 2.0
HIGHEST = 0.8
"""Share of buying nothing that is still believed."""


def no_outside(n_draws: int, reason: str) -> Estimate:
    """No outside option: the category's volume does not move with attraction."""
    return Estimate("outside", "share", np.zeros(n_draws), False, f"taken as absent: {reason}")


def learn_outside(source: Source, fit: AttractionFit, n_draws: int, seed: int) -> Estimate:
    """Elasticity of a panel member's whole purchases to the attraction of all brands, as its goodwill moves it.

    Poisson regression of purchases with an effect for every customer and every period: what all feel at a time, season
    and campaigns too, drops out. Reps who visit more when a customer's demand grows would give the same picture, so
    goodwill of the next quarter, which cannot cause today's purchases, must show nothing, and today's clearly more than
    it. A category that answers by more than an outside option allows has another cause.

    Returns
    -------
    Estimate
        Identified only with two years of :data:`FEWEST_BUYERS` buyers or more, an interval above zero and below
        :data:`HIGHEST`, and a quiet lead.
    """
    cells = source.cells
    if cells.volume.shape[1] * cells.weeks < LEAST_WEEKS:
        return no_outside(n_draws, f"a panel of {LEAST_WEEKS} weeks is needed to tell it from customers who grow")
    buys = (cells.volume[:, :, : cells.n_own] > 0).any(axis=(1, 2)) & (cells.own[0].std(axis=1) > 1e-9)
    if buys.sum() < FEWEST_BUYERS:
        return no_outside(n_draws, f"{int(buys.sum())} panel members buy from us, {FEWEST_BUYERS} are needed")
    total, felt = cells.volume[buys].sum(axis=2), cells.own[0][buys]
    share = fit.means(cells)[buys][:, :, : cells.n_own].sum(axis=(1, 2)) / total.sum(axis=1)
    moved = _inclusive(share, fit.coefficients[-1], felt)
    lead = max(1, round(_LEAD_WEEKS / cells.weeks))
    mask = np.ones(total.shape, dtype=bool)
    mask[:, total.sum(axis=0) <= 0] = False
    try:
        now = fixed_effects.fit(total, moved[None], mask, np.zeros(len(total), np.int32))
        ahead = np.concatenate([moved[:, lead:], np.repeat(moved[:, -1:], lead, axis=1)], axis=1)
        mask[:, -lead:] = False
        both = fixed_effects.fit(total, np.stack([moved, ahead]), mask, np.zeros(len(total), np.int32))
    except CalibrationError:
        return no_outside(n_draws, "goodwill does not vary between customers")
    n = len(total)
    value, sd = float(now.coefficients[0]), float(np.sqrt(now.robust[0, 0] * n / (n - 1)))
    t = float(both.coefficients[1] / np.sqrt(both.robust[1, 1]))
    found = f"{value:.2f} with an error of {sd:.2f} in {int(buys.sum())} panel members"
    if abs(t) >= _LEAD_T:
        return no_outside(n_draws, f"{found}, but visits to come show as well (t {t:.1f}): they may follow demand")
    if value > HIGHEST:
        return no_outside(n_draws, f"{found}, more than buying nothing can explain: demand itself seems to move visits")
    limit, beyond = float(stats.t.isf(_CHANCE, n - 1)), float(both.coefficients[0] - both.coefficients[1])
    apart = both.robust[0, 0] + both.robust[1, 1] - 2.0 * both.robust[0, 1]
    if value < limit * sd or beyond < limit * float(np.sqrt(apart)):
        return no_outside(n_draws, found)
    z = special.ndtri(parameter_uniforms("outside", n_draws, seed))
    return Estimate("outside", "share", np.clip(value + z * sd, 0.0, HIGHEST), True, found)


def _inclusive(share: NDArray[np.float64], coefficient: float, felt: NDArray[np.float64]) -> NDArray[np.float64]:
    """Log attraction of all brands by goodwill alone, around each customer's mean: (u, p) float."""
    push = np.exp(coefficient * (felt - felt.mean(axis=1, keepdims=True)))
    return np.log1p(share[:, None] * (push - 1.0))
