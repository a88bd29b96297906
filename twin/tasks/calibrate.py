"""calibrate: learn the market from the newest dataset and publish what was learned."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from twin.calibration import rival_calendar
from twin.calibration.calibrate import CalibrationSettings, calibrate
from twin.calibration.calibration import Calibration
from twin.errors import CalibrationError
from twin.market.history import History
from twin.market.world import World
from twin.potential.potential import intervals
from twin.progress import Progress
from twin.tasks.country import country_of
from twin.tasks.shelf import CALIBRATION, load_dataset
from twin.tasks.simulation import after_statistics, predictivity_table, told
from twin.weeks import monday, week_of_date
from twin.workspace import codec
from twin.workspace.store import Workspace


def run_calibration(
    workspace: Workspace,
    as_of: dt.date | None = None,
    settings: CalibrationSettings | None = None,
    progress: Progress | None = None,
    mode: str | None = "none",
    n_threads: int | None = None,
) -> dict[str, Any]:
    """Calibrate and publish.

    Parameters
    ----------
    workspace : Workspace
    as_of : datetime.date, optional
        Hides everything later, who was known included.
    settings : CalibrationSettings
        An empty country is found from where the customers are.
    progress : Progress, optional
    mode : str, optional
        Of the simulation-based step; ``None`` chooses by the size of the market.
    n_threads : int, optional
        Of the simulation-based step; changes no figure.

    Returns
    -------
    dict
        ``calibration``, ``origin``, ``parameters``, ``diagnostics``.
    """
    world, history, dataset = load_dataset(workspace)
    if as_of is not None:
        world, history = hide_later(world, history, as_of)
    settings = settings or CalibrationSettings()
    settings = replace(settings, country=country_of(world, settings.country))
    calibration = calibrate(world, history, settings, progress)
    calibration = after_statistics(
        workspace, dataset.id, calibration, world, history, settings, mode, n_threads, progress
    )
    parameters = parameter_table(calibration)
    diagnostics = diagnose(calibration)
    version = workspace.publish(
        CALIBRATION,
        {
            "calibration": codec.encode(calibration),
            "parameters": parameters,
            "potential": potential_table(calibration, world),
            "rival_calendar": calendar_table(calibration),
            "season": season_table(calibration),
            "predictivity": predictivity_table(calibration),
            "diagnostics": diagnostics,
        },
        {
            "origin": monday(history.origin).isoformat(),
            "n_draws": settings.n_draws,
            "seed": settings.seed,
            "country": settings.country,
        },
        parents=(dataset.id,),
    )
    return {
        "calibration": version,
        "origin": monday(history.origin).isoformat(),
        "diagnostics": diagnostics,
        "parameters": parameters.to_dict("records"),
    }


def hide_later(world: World, history: History, as_of: dt.date) -> tuple[World, History]:
    """What was known when ``as_of`` had passed: the week that contains the day after is the origin."""
    week = week_of_date(as_of + dt.timedelta(days=1))
    if not history.first_week + 26 <= week <= history.origin:
        first, last = monday(history.first_week + 26), monday(history.origin)
        raise CalibrationError(
            f"--as-of: expected a date from {first} to {last}, found {as_of}. "
            "Choose one with half a year of history before it."
        )
    return world.as_of(week), history.before(week, np.datetime64(as_of) + 1)


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
            "territory_id": world.territories[population.territory],
            "brick_id": brick,
            "lon": population.lon,
            "lat": population.lat,
        }
    )


def calendar_table(calibration: Calibration) -> pd.DataFrame:
    """The contract's ``rival_calendar``."""
    return pd.DataFrame(rival_calendar.table(calibration.calendar))


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
        "orders_per_week": calibration.orders_per_week,
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
