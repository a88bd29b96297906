"""calibrate: learn the market from the newest dataset, examine what was learned, and publish both."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

from twin.calibration.calibrate import CalibrationSettings, calibrate
from twin.calibration.calibration import Calibration
from twin.calibration.health.examination import Depth, Examined, examine
from twin.market.world import World
from twin.progress import Progress
from twin.tasks.calendar.calendar_remarks import named_calendar, remarks_meta, taught
from twin.tasks.data.hindsight import market_as_of
from twin.tasks.forecasts.execution import code_version
from twin.tasks.learning import examined
from twin.tasks.learning.calibration_tables import (
    attraction_table,
    calendar_table,
    diagnose,
    learned_segments_table,
    parameter_table,
    potential_table,
    season_table,
    unknowable,
)
from twin.tasks.learning.country import country_of
from twin.tasks.learning.dark_half import count_table, probe_table
from twin.tasks.learning.recalibrate import beliefs_of, moved_table, predecessor, span_of, what_moved
from twin.tasks.learning.simulation import after_statistics, predictivity_table
from twin.tasks.learning.visit_tables import segments_table
from twin.tasks.shelf import CALIBRATION, load_dataset
from twin.workspace import codec
from twin.workspace.store import Workspace

__all__ = ("run_calibration", "unknowable")


def run_calibration(
    workspace: Workspace,
    as_of: dt.date | None = None,
    settings: CalibrationSettings | None = None,
    progress: Progress | None = None,
    mode: str | None = "none",
    n_threads: int | None = None,
    fresh: bool = False,
    depth: Depth | None = None,
) -> dict[str, Any]:
    """Calibrate, examine and publish.

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
    fresh : bool
        Whether to forget what earlier calibrations of this company knew.
    depth : Depth, optional
        How thoroughly to examine.

    Returns
    -------
    dict
        ``calibration``, ``origin``, ``parameters``, ``diagnostics``, ``health``, ``moved``, ``since`` (the calibration
        that ``moved`` compares with, or ``None``).
    """
    world, history, dataset = load_dataset(workspace)
    if as_of is not None:
        world, history = market_as_of(workspace, dataset, as_of)
    settings = settings or CalibrationSettings()
    remarks = settings.remarks or taught(workspace, world, as_of)
    settings = replace(settings, country=country_of(world, settings.country), remarks=remarks)
    span, dates = span_of(history.first_week, history.origin)
    meta = dates | _noted(settings, mode, as_of, fresh) | remarks_meta(workspace, as_of)
    last = predecessor(workspace, dataset, meta)
    beliefs = {} if fresh else beliefs_of(last, span)
    settings = replace(settings, beliefs={**beliefs, **settings.beliefs})
    calibration = calibrate(world, history, settings, progress)
    calibration = after_statistics(
        workspace, dataset.id, calibration, world, history, settings, mode, n_threads, progress
    )
    parameters = parameter_table(calibration)
    moved = None if last is None else what_moved(workspace, last, dataset, meta, parameters, beliefs)
    found = examine(calibration, world, history, settings, moved, depth or Depth(), progress)
    since = None if last is None else last.version.id
    return _published(workspace, dataset.id, calibration, world, found, moved, meta, since)


def _published(
    workspace: Workspace, dataset: str, calibration: Calibration, world: World, found: Examined,
    moved: Any, meta: dict[str, Any], since: str | None,
) -> dict[str, Any]:  # fmt: skip
    parts = {
        **_learned(workspace, calibration, world),
        "moved": moved_table(moved or ()),
        **examined.parts_of(found),
    }
    kept = meta if since is None else {**meta, "since": since}
    return {
        "calibration": workspace.publish(CALIBRATION, parts, kept, parents=(dataset,)),
        "origin": meta["origin"],
        "diagnostics": parts["diagnostics"],
        "parameters": parts["parameters"].to_dict("records"),
        "health": found.card.as_dict(),
        "moved": _records(parts["moved"]),
        "since": since,
    }


def _noted(settings: CalibrationSettings, mode: str | None, as_of: dt.date | None, fresh: bool) -> dict[str, Any]:
    """What is written down of how a calibration was made."""
    return {
        "n_draws": settings.n_draws,
        "seed": settings.seed,
        "country": settings.country,
        "code": code_version(),
        "mode": mode or "by size",
        **({"as_of": as_of.isoformat()} if as_of is not None else {}),
        **({"fresh": True} if fresh else {}),
    }


def _learned(workspace: Workspace, calibration: Calibration, world: World) -> dict[str, Any]:
    """What was learned, as the parts that are kept of it."""
    return {
        "calibration": codec.encode(calibration),
        "parameters": parameter_table(calibration),
        "potential": potential_table(calibration, world),
        **named_calendar(workspace, calendar_table(calibration)),
        "season": season_table(calibration),
        "attraction": attraction_table(calibration),
        "segments": learned_segments_table(calibration, world),
        "visit_segments": segments_table(calibration),
        "count": count_table(calibration, world),
        "probe_plan": probe_table(calibration, world),
        "predictivity": predictivity_table(calibration),
        "diagnostics": diagnose(calibration),
    }


def _records(table: Any) -> list[dict[str, Any]]:
    """Rows for JSON, which has no NaN."""
    return list(table.astype(object).where(table.notna(), None).to_dict("records"))
