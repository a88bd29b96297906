"""Simulation-based step of calibrate: its mode, where its finished rows are kept, and what is told of it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pandas as pd

from twin.calibration.calibrate import CalibrationSettings
from twin.calibration.calibration import Calibration
from twin.calibration.simulation.outcome import not_run
from twin.calibration.simulation.step import SimulationSettings, learn_by_simulation
from twin.forecast.executors import on_this_machine, usual_threads
from twin.market.history import History
from twin.market.world import World
from twin.progress import Progress
from twin.tasks.forecasts import execution
from twin.weeks import monday
from twin.workspace.content import artefact_id
from twin.workspace.ledger import RunLedger
from twin.workspace.store import Workspace

LEAST_CUSTOMERS, _STANDARD_UP_TO, _QUICK_UP_TO = 400, 6_000, 30_000
"""Below the first, simulated histories hardly tell a parameter from its prior; beyond the last they take hours."""
_COLUMNS = ("parameter", "unit", "predictivity", "coverage", "width", "from_table", "identified", "reason")


def usual_mode(n_customers: int) -> str:
    """Mode that a market of this size gets unless told otherwise: minutes, and not hours."""
    if LEAST_CUSTOMERS <= n_customers <= _STANDARD_UP_TO:
        return "standard"
    return "quick" if _STANDARD_UP_TO < n_customers <= _QUICK_UP_TO else "none"


def after_statistics(
    workspace: Workspace, dataset: str, calibration: Calibration, world: World, history: History,
    settings: CalibrationSettings, mode: str | None, n_threads: int | None, progress: Progress | None,
) -> Calibration:  # fmt: skip
    """Add what simulated histories tell; what was simulated before an interruption is taken up again.

    Parameters
    ----------
    workspace : Workspace
    dataset : str
        Version that the world and history are of.
    calibration : Calibration
        By statistics.
    world, history : World, History
    settings : CalibrationSettings
    mode : str, optional
        See :func:`usual_mode`.
    n_threads : int, optional
        One a core when missing; changes no figure.
    progress : Progress, optional
    """
    how = SimulationSettings(usual_mode(len(world.population)) if mode is None else mode)
    if mode is None and how.mode == "none":
        why = f"a market of {len(world.population)} customers is simulated only when --mode asks for it"
        return replace(calibration, simulation=not_run("none", why))
    inputs = {
        "simulated": dataset,
        "origin": history.origin,
        "seed": settings.seed,
        "country": settings.country,
        "neighbours": settings.n_neighbours,
        "settings": repr((settings.beliefs, settings.remarks)),
        "weeks": how.most_weeks,
        "code": execution.versions(),
    }
    ledger = RunLedger(workspace.path, artefact_id(inputs))
    works = on_this_machine(n_threads or usual_threads())
    found = learn_by_simulation(calibration, world, history, settings, how, works, ledger, progress)
    ledger.remove()
    return found


def predictivity_table(calibration: Calibration) -> pd.DataFrame:
    """The table ``predictivity``: what simulated histories can tell of each parameter."""
    step = calibration.simulation
    rows = [
        (one.name, one.unit, one.predictivity, one.coverage, one.width, one.used, one.identified, one.reason)
        for one in (step.parameters if step else ())
    ]
    return pd.DataFrame(rows, columns=list(_COLUMNS))


def told(calibration: Calibration) -> dict[str, Any]:
    """What an analyst reads of the step."""
    step = calibration.simulation
    if step is None or not step.n_rows:
        return {"mode": step.mode if step else "none", "rows": 0, "verdict": "none",
                "reason": step.reason if step else "not asked for"}  # fmt: skip
    return {
        "mode": step.mode,
        "rows": step.n_rows,
        "window": [monday(step.first).isoformat(), monday(step.first + step.n_weeks).isoformat()],
        "verdict": step.verdict,
        "reason": step.reason,
        "distance": float(step.distance),
        "dropped": list(step.dropped),
        "predictivity": {one.name: round(float(one.predictivity), 3) for one in step.parameters},
    }
