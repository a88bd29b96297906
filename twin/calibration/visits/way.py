"""Way to the visit effect: whether visits follow demand, and whether capacity can bear the estimate then."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twin.calibration.levels.panel import Panel
from twin.calibration.visits import bias as visit_bias
from twin.calibration.visits.persistence import LEAD_LIMIT, chases
from twin.errors import CalibrationError

ALONE, CONTROLLED, UNFORETOLD = "customer effects", "control function", "unforetold visits"
"""Ways to the estimate: visits that do not follow demand; that do, with capacity to tell; that do, without."""
DISAGREES = 3.0
"""t beyond which capacity tells another effect than customer effects do."""


@dataclass(frozen=True)
class Capacity:
    """What the capacity of reps tells of the effect.

    Parameters
    ----------
    n_reps : int
    variation : float
        Coefficient of variation of a rep's share of all visits.
    strength : float
        F of the first stage, clustered by rep; ``nan`` without an instrument, as what follows.
    lead : float
        t of capacity to come.
    effect, error : float
        Coefficient of the stock by the control function, and its clustered error.
    unexplained : float
        t of that part of the stock which capacity does not explain: beyond chance where visits owe to demand.
    """

    n_reps: int
    variation: float
    strength: float = np.nan
    lead: float = np.nan
    effect: float = np.nan
    error: float = np.nan
    unexplained: float = np.nan

    @property
    def bears(self) -> bool:
        """Whether the estimate can rest on it."""
        return self.strength >= visit_bias.MIN_FIRST_STAGE_F and abs(self.lead) < visit_bias.CAPACITY_LEAD_LIMIT


@dataclass(frozen=True)
class Way:
    """How the estimate is reached.

    Parameters
    ----------
    name : str
        ``ALONE``, ``CONTROLLED`` or ``UNFORETOLD``.
    reason : str
    lead : float
        t of the lead test.
    lasting : float
        t of demand that outlasts a quarter; ``nan`` where history is too short to tell.
    capacity : Capacity
    """

    name: str
    reason: str
    lead: float
    lasting: float
    capacity: Capacity


def capacity_of(panel: Panel, design: NDArray[np.float32], rho: float) -> Capacity:
    """First stage, lead test and control function of capacity; only its variation where that is too little."""
    n_reps, variation = visit_bias.capacity_variation(panel)
    if n_reps < visit_bias.MIN_REPS or variation < visit_bias.MIN_CAPACITY_CV:
        return Capacity(n_reps, variation)
    everyone, instruments = np.arange(len(panel)), visit_bias.capacity_instruments(panel, rho)
    strength = float(visit_bias.first_stage(panel, design, instruments, everyone)[1])
    lead = visit_bias.capacity_lead(panel, design)
    try:
        fit = visit_bias.controlled_fit(panel, design[:1], instruments, everyone)
    except CalibrationError:
        return Capacity(n_reps, variation, strength, lead)
    effect, sd = fit.coefficients, np.sqrt(np.diag(fit.robust))
    return Capacity(
        n_reps, variation, strength, lead, float(effect[0]), float(sd[0]), float(effect[1] / sd[1])
    )  # fmt: skip


def follows_demand(lead: float, lasting: float, capacity: Capacity) -> bool:
    """Whether visits and demand go together for reasons of demand.

    Either demand lasts until visits come, or capacity that can bear an estimate tells another effect: a short history
    shows the one more easily than the other.
    """
    told = capacity.bears and abs(capacity.unexplained) > DISAGREES
    return abs(lead) >= LEAD_LIMIT and (chases(lead, lasting) or told)


def way_of(capacity: Capacity, t: float, lasting: float, follows: bool) -> Way:
    """Whether capacity can bear the estimate where visits follow demand, and the reason in words."""
    bias = "reps may chase rising demand: upper bound" if t > 0 else "visits may follow falling demand: lower bound"
    unforetold = f"{bias}, so that visits count which past purchases do not foretell (lead test t = {t:.1f}; "
    if not follows and abs(t) < LEAD_LIMIT:
        name, reason = ALONE, f"customer and territory-period effects; lead test t = {t:.1f}"
    elif not follows:
        name = ALONE
        reason = (
            f"customer and territory-period effects; visits follow past purchases (lead test t = {t:.1f}), but what "
            f"customers buy more or less does not last a quarter (t = {lasting:.1f})"
        )
    elif capacity.bears:
        name = CONTROLLED
        reason = f"visits follow demand (lead test t = {t:.1f}): capacity control function, F = {capacity.strength:.0f}"
    elif np.isnan(capacity.strength):
        name, reason = UNFORETOLD, f"{unforetold}{capacity.n_reps} reps, capacity varies by {capacity.variation:.0%})"
    elif capacity.strength < visit_bias.MIN_FIRST_STAGE_F:
        name, reason = UNFORETOLD, f"{unforetold}capacity explains too little, F = {capacity.strength:.1f})"
    else:
        name, reason = UNFORETOLD, f"{unforetold}capacity goes with demand itself, t = {capacity.lead:.1f})"
    return Way(name, reason, t, lasting, capacity)
