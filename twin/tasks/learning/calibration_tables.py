"""Calibration tables: what was learned, as the tables and the diagnosis that people read."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from twin.calibration.attraction import table as attraction
from twin.calibration.calendar import rival_calendar
from twin.calibration.calibration import Calibration
from twin.market.world import World
from twin.potential.potential import intervals
from twin.tasks.learning.simulation import told
from twin.weeks import monday


def parameter_table(calibration: Calibration) -> pd.DataFrame:
    """The contract's ``parameters``."""
    rows = []
    for estimate in calibration.estimates():
        low, high = np.percentile(estimate.draws, [5, 95])
        rows.append(
            {
                "name": estimate.name,
                "unit": estimate.unit,
                "mean": float(estimate.draws.mean()),
                "sd": float(estimate.draws.std()),
                "p05": float(low),
                "p95": float(high),
                "prior": estimate.prior,
                "identified": bool(estimate.identified),
                "reason": estimate.reason,
            }
        )
    return pd.DataFrame(rows)


def potential_table(calibration: Calibration, world: World) -> pd.DataFrame:
    """The contract's ``potential``, with where each customer is."""
    potential, population = calibration.potential, world.population
    low, high = intervals(potential, world)
    brick = np.where(population.brick >= 0, world.bricks.ids[population.brick] if len(world.bricks) else "", "")
    return pd.DataFrame(
        {
            "customer_id": population.ids,
            "known": population.known,
            "category_mean": potential.mean,
            "category_p10": low,
            "category_p90": high,
            "own_mean": potential.own_now,
            "own_potential_mean": potential.own_potential_mean,
            "category_wallet": potential.wallet,
            "territory_id": world.territories[population.territory],
            "brick_id": brick,
            "lon": population.lon,
            "lat": population.lat,
        }
    )


def learned_segments_table(calibration: Calibration, world: World) -> pd.DataFrame:
    """The contract's ``segments``: one row a customer, with the figure behind each segment."""
    segments, population = calibration.segments, world.population
    figures = ("category_mean", "own_share", "trend_score", "contacts_a_year")
    return pd.DataFrame(
        {
            "customer_id": population.ids,
            "known": population.known,
            "territory_id": world.territories[population.territory],
            **segments.values(),
            **dict(zip(figures, segments.figure)),
            "learned_on": monday(segments.origin).isoformat(),
        }
    )


def calendar_table(calibration: Calibration) -> pd.DataFrame:
    """The contract's ``rival_calendar``."""
    return pd.DataFrame(rival_calendar.table(calibration.calendar))


def attraction_table(calibration: Calibration) -> pd.DataFrame:
    """What moves shares, see :func:`twin.calibration.attraction.table.table`; empty before it was learned."""
    found = calibration.attraction
    return pd.DataFrame({name: [] for name in attraction.COLUMNS} if found is None else attraction.table(found))


def season_table(calibration: Calibration) -> pd.DataFrame:
    """Category totals and their fit, for charts."""
    season = calibration.season
    return pd.DataFrame({"period_start": season.periods.start, "observed": season.observed, "fitted": season.fitted})


def diagnose(calibration: Calibration) -> dict[str, Any]:
    """What an analyst reads first."""
    visit, potential = calibration.visit_response, calibration.potential
    return {
        "visit_effect": {
            "identified": bool(visit.identified),
            "reason": visit.reason,
            "elasticity": float(visit.elasticity.draws.mean()),
            "naive_elasticity": _number(visit.naive_elasticity),
            "naive_log_effect_per_visit": _number(visit.naive_log_effect_per_visit),
            "effect_of_one_visit": float(visit.effect_of_one_visit.draws.mean()),
            "lead_test_t": _number(visit.lead_test_t),
            "chasing": bool(visit.chasing),
        },
        "potential": {
            "source": potential.source,
            "notes": list(potential.notes),
            "spearman_cv": _number(potential.ranking_spearman),
            "spearman_unknown": _number(potential.spearman_unknown),
            "unknown_own_share": _number(potential.unknown_own_share),
            "known_own_share": _number(potential.known_own_share),
        },
        "season": {"source": calibration.season.source},
        "simulation": told(calibration),
        "drift": {"source": calibration.drift.source, "identified": bool(calibration.drift.identified)},
        "market_seen": calibration.market_seen,
        "orders_per_week": float(calibration.draws_of("orders_per_week").mean()),
        "notes": unknowable(calibration),
    }


def unknowable(calibration: Calibration) -> list[str]:
    """Plain words for what this bundle cannot tell."""
    notes = []
    if not calibration.visit_response.identified:
        notes.append(
            f"Effect of visits: not identified from your data ({calibration.visit_response.reason}); literature prior."
        )
    if not calibration.market_seen:
        notes.append("Market share: not known, there are no market sales; figures of share are left empty.")
    if not (~calibration.silent).any():
        notes.append("No known customer still buys.")
    missing = [e.name for e in calibration.estimates() if not e.identified]
    notes.append(f"{len(missing)} parameters are priors: {', '.join(missing)}.")
    return notes


def _number(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
