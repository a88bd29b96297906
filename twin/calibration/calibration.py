"""Calibration: everything that was learned from one dataset. The calibrated twin is World + History + Calibration."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twin.calibration.attraction.learning import Attraction
from twin.calibration.calendar.rival_calendar import RivalCalendar
from twin.calibration.calendar.season import Season
from twin.calibration.learned_segments import LearnedSegments
from twin.calibration.levels.brand_drift import BrandDrift
from twin.calibration.levels.brand_levels import BrandLevels
from twin.calibration.simulation.outcome import SimulationStep
from twin.calibration.visits.response import VisitResponse
from twin.errors import CalibrationError
from twin.potential.potential import Potential
from twin.response.market import VisitRule
from twin.response.parameters import Estimate


@dataclass(frozen=True)
class Calibration:
    """What was learned, as parameter draws, never as point values.

    Parameters
    ----------
    origin : int, week
    n_draws : int
    seed : int
    season : Season
    drift : BrandDrift
    calendar : RivalCalendar
    potential : Potential
    visit_response : VisitResponse
    rule : VisitRule
    rival_mix : (b + 1, j) float
        See :func:`twin.calibration.levels.brand_mix.rival_mix`.
    neighbours : (c, k) int32
    silent : (c,) bool
        Known customers who no longer buy.
    segments : LearnedSegments
    usual_volume : float, units per week
        Category volume of the customer who orders ``orders_per_week`` times.
    market_seen : bool
        Whether audits or a panel show rivals; without them our share is a prior.
    others : tuple of Estimate
        Scalars that belong to no part above, by name.
    simulation : SimulationStep, optional
        What simulated histories told; see :mod:`twin.calibration.simulation.step`.
    levels : BrandLevels, optional
        Shares by place and by month of the year; without market data there are none.
    attraction : Attraction, optional
        What goodwill and campaigns do to shares, where rivals are seen.
    """

    origin: int
    n_draws: int
    seed: int
    season: Season
    drift: BrandDrift
    calendar: RivalCalendar
    potential: Potential
    visit_response: VisitResponse
    rule: VisitRule
    rival_mix: NDArray[np.float64]
    neighbours: NDArray[np.int32]
    silent: NDArray[np.bool_]
    segments: LearnedSegments
    usual_volume: float
    market_seen: bool
    others: tuple[Estimate, ...]
    simulation: SimulationStep | None = None
    levels: BrandLevels | None = None
    attraction: Attraction | None = None

    def estimates(self) -> tuple[Estimate, ...]:
        """Every scalar parameter, for the report."""
        visit = self.visit_response
        return (
            visit.elasticity,
            visit.log_effect,
            visit.coefficient,
            visit.effect_of_one_visit,
            visit.long_run_effect,
            visit.rho,
            visit.curvature,
            *visit.channel_effects,
            *visit.channel_elasticities,
            *self.calendar.promo_effect,
            self.potential.total_unknown,
            self.potential.hidden_size,
            self.potential.count.unlisted,
            *([self.potential.quality_width] if self.potential.quality_width is not None else []),
            *self.season.estimates,
            *self.others,
        )

    def draws_of(self, name: str) -> NDArray[np.float64]:
        """Draws of one of :attr:`others`: (d,) float.

        Raises
        ------
        CalibrationError
            When the calibration was made by a version without that parameter.
        """
        for estimate in self.others:
            if estimate.name == name:
                return estimate.draws
        raise CalibrationError(
            f"calibration: expected the parameter {name}, found none. It is of another version: run `twin calibrate`."
        )
