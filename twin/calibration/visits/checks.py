"""Visit checks: what an expert asks of a visit effect before signing it.

Gathers and tests; changes no estimate. How the card words it stands elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from twin.calibration.levels.panel import stock_regressors
from twin.calibration.visits import fixed_effects
from twin.calibration.visits.carryover import Belief, scale_of, visits_part
from twin.calibration.visits.fit import Fitted
from twin.calibration.visits.naive import mundlak
from twin.calibration.visits.persistence import LEAD_LIMIT
from twin.calibration.visits.segment_response import SegmentResponse
from twin.calibration.visits.way import ALONE, CONTROLLED, DISAGREES, UNFORETOLD
from twin.errors import CalibrationError
from twin.market.channels import VISIT

SANE = (0.05, 0.60)
"""Elasticities of the literature lie between these (Albers, Mantrala, Sridhar 2010; Sridhar, Mantrala, Albers 2014)."""
_CHANCE = 0.05
CURVED = 2.0
FEW_GROUPS = 10
FEW_CUSTOMERS = 30.0
"""Errors from fewer groups, or fewer customers that weigh alike, are too small: Carter, Schnepel, Steigerwald 2017;
Cameron, Miller 2015 call 20 to 50 few."""

Figure = tuple[float, float]


@dataclass(frozen=True)
class VisitChecks:
    """Tests and figures beside the estimate. What was not run is ``nan``.

    Parameters
    ----------
    method : str
        ``customer effects``, ``control function``, ``unforetold visits`` or ``prior``.
    lead_t : float
        t of next quarter's visits.
    lasting_t : float
        t of demand that outlasts a quarter; only then do visits that follow demand bias customer effects.
    capacity_cv : float
    n_reps : int
    first_stage_f : float
        Of capacity, clustered by rep.
    capacity_lead_t : float
        t of the rep's next quarter: does capacity go with a territory's demand?
    n_groups : int
        Groups of the jackknife.
    fixed_effects, control : (float, float)
        Elasticity and its standard error by each way.
    to_come : (float, float)
        What contacts to come show, as an elasticity, and its standard error; they cause nothing.
    mundlak : float
        Elasticity with customer means in the place of customer effects.
    hausman_t : float
        t of what capacity does not explain of the stock, in the response: do customer effects alone suffice?
    curvature : (n,) float
    curvature_evidence : (n,) float
        Log likelihood less the best, at the best carry-over.
    curvature_z : float
        Mean of the believed curvature over its spread: beyond 2 in size, not the logarithm.
    misfit_p : float
        Chance of the misfit that two other curves beside ours would mend, if ours were right.
    halves_t : float
        t of the difference between the later half of history and the earlier one.
    effective_customers : float
        How many customers the estimate would rest on if each weighed alike.
    seen_stock : float, visits
    seen_visits : float, per month
        The most that history has seen.
    sane : bool
        The elasticity lies inside the literature's band.
    flags : tuple of str
        What to look at, in plain words.
    """

    method: str
    lead_t: float
    lasting_t: float
    capacity_cv: float
    n_reps: int
    first_stage_f: float
    capacity_lead_t: float
    n_groups: int
    fixed_effects: Figure
    control: Figure
    to_come: Figure
    mundlak: float
    hausman_t: float
    curvature: NDArray[np.float64]
    curvature_evidence: NDArray[np.float64]
    curvature_z: float
    misfit_p: float
    halves_t: float
    effective_customers: float
    seen_stock: float
    seen_visits: float
    sane: bool
    flags: tuple[str, ...]

    @property
    def verdict(self) -> str:
        """``pass``, ``review`` or ``prior``."""
        return "prior" if self.method == "prior" else "review" if self.flags else "pass"


def unchecked(reason: str) -> VisitChecks:
    """Nothing was fitted, so there is nothing to check."""
    none, nothing = (np.nan, np.nan), np.empty(0)
    return VisitChecks(
        "prior", np.nan, np.nan, np.nan, 0, np.nan, np.nan, 0, none, none, none, np.nan, np.nan, nothing, nothing,
        np.nan, np.nan, np.nan, np.nan, np.nan, np.nan, True, (reason,),
    )  # fmt: skip


def inspect(fitted: Fitted, segments: SegmentResponse, elasticity: NDArray[np.float64]) -> VisitChecks:
    """Run the checks on a fitted response.

    Parameters
    ----------
    fitted : Fitted
    segments : SegmentResponse
    elasticity : (d,) float
        Draws, as they are believed.
    """
    way, panel, at = fitted.way, fitted.panel, fitted.belief.mean
    design, _ = stock_regressors(panel, at[0], fitted.effects, (VISIT,), at[1])
    part = visits_part(panel, design[1])
    fit = fitted.fit
    alone = float(fit.coefficients[0]) * part, float(np.sqrt(fit.robust[0, 0])) * part
    control = way.capacity.effect * part, fitted.sd if way.name == CONTROLLED else way.capacity.error * part
    lead = (fitted.beside.lead, float(np.sqrt(fitted.covariance[2, 2]))) if way.name == UNFORETOLD else (np.nan, np.nan)
    deviance = fitted.profile.deviance
    evidence = -deviance.change[:, 1] / (2 * scale_of(fit))
    mean = float(elasticity.mean())
    found = VisitChecks(
        method=way.name,
        lead_t=way.lead,
        lasting_t=way.lasting,
        capacity_cv=way.capacity.variation,
        n_reps=way.capacity.n_reps,
        first_stage_f=way.capacity.strength,
        capacity_lead_t=way.capacity.lead,
        n_groups=fitted.n_groups,
        fixed_effects=alone,
        control=control,
        to_come=lead,
        mundlak=mundlak(panel, fitted.design[0]) * part,
        hausman_t=way.capacity.unexplained,
        curvature=deviance.curvature,
        curvature_evidence=evidence - evidence.max(),
        curvature_z=_curvature_z(fitted.belief),
        misfit_p=_misfit(fitted),
        halves_t=_halves(fitted),
        effective_customers=fitted.effective_customers,
        seen_stock=float(segments.seen_stock.max(initial=0.0)),
        seen_visits=float(segments.seen_visits.max(initial=0.0)),
        sane=SANE[0] <= mean <= SANE[1],
        flags=(),
    )
    return VisitChecks(**{**vars(found), "flags": tuple(_flags(found, mean))})


def _flags(found: VisitChecks, mean: float) -> list[str]:
    words = []
    if found.method == CONTROLLED:
        words.append(f"reps chase demand (lead test t = {found.lead_t:.1f}); the estimate rests on capacity")
    elif found.method == UNFORETOLD:
        words.append(f"reps chase demand (lead test t = {found.lead_t:.1f}) and no capacity tells how much")
    if found.method == ALONE and abs(found.hausman_t) > DISAGREES:
        words.append(f"capacity tells another effect than customer effects do (t = {found.hausman_t:.1f})")
    if abs(found.capacity_lead_t) > LEAD_LIMIT:
        words.append(f"capacity may go with a territory's demand (t = {found.capacity_lead_t:.1f})")
    if found.misfit_p < _CHANCE:
        words.append(f"the curve of saturation does not fit (chance {found.misfit_p:.2g})")
    if abs(found.curvature_z) > CURVED:
        words.append("saturation is not the logarithm's: plans beyond what history has seen stand on the curve alone")
    if abs(found.halves_t) > 3.0:
        words.append(f"the effect differs between the halves of history (t = {found.halves_t:.1f})")
    if found.n_groups < FEW_GROUPS:
        words.append(f"few groups to measure the error with ({found.n_groups})")
    if found.effective_customers < FEW_CUSTOMERS:
        words.append(f"rests on few customers (as if on {found.effective_customers:.0f})")
    if not found.sane:
        words.append(f"elasticity {mean:.2f} lies outside the literature's {SANE[0]} to {SANE[1]}")
    return words


def _curvature_z(belief: Belief) -> float:
    chance = belief.weight.sum(axis=0)
    return belief.mean[1] / float(np.sqrt(chance @ (belief.curvature - belief.mean[1]) ** 2))


def _misfit(fitted: Fitted) -> float:
    """Wald test of two other curves beside the believed one, clustered by customer."""
    panel, (rho, q) = fitted.panel, fitted.belief.mean
    others = [stock_regressors(panel, rho, fitted.effects, (), q + step)[0] for step in (-1.0, 1.0)]
    try:
        fit = fixed_effects.fit(
            panel.working, np.concatenate([fitted.design, *others]), panel.mask, panel.group, fitted.fit
        )
    except CalibrationError:
        return float("nan")
    wald = fit.coefficients[1:] @ np.linalg.solve(fit.robust[1:, 1:], fit.coefficients[1:])
    return float(stats.chi2.sf(wald, 2))


def _halves(fitted: Fitted) -> float:
    """t of the later half of the periods against the earlier one."""
    panel = fitted.panel
    late = np.arange(len(panel.periods)) >= len(panel.periods) // 2
    try:
        both = np.concatenate([fitted.design, fitted.design * late])
        fit = fixed_effects.fit(panel.working, both, panel.mask, panel.group, fitted.fit)
    except CalibrationError:
        return float("nan")
    return float(fit.coefficients[1] / np.sqrt(fit.robust[1, 1]))
