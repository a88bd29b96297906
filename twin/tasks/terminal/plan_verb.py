"""plan, from the command line: a new plan with its hours and absences, or one made anew around its planner's edits."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path
from typing import Any

from twin.planning.settings import Absence
from twin.progress import Progress
from twin.tasks.plans.plan import run_plan
from twin.tasks.plans.plan_absences import read_absences
from twin.tasks.plans.plan_edits import SETTABLE, Wishes, absences_of, newest_plan, settings_of, wishes_of
from twin.tasks.plans.plan_roads import RoadsAsked
from twin.tasks.plans.replan import run_replan
from twin.workspace.store import Workspace


def plan_or_replan(
    workspace: Workspace, options: argparse.Namespace, progress: Progress | None = None
) -> dict[str, Any]:
    """One plan; the options are those of :func:`twin.tasks.terminal.arguments_plan.of_plan`.

    Parameters
    ----------
    workspace : Workspace
    options : argparse.Namespace
    progress : Progress, optional
    """
    formats = [name.strip() for name in options.formats.split(",") if name.strip()]
    files = {"out": options.out, "formats": formats, "locale": options.locale, "crm": options.crm}
    asked = RoadsAsked(options.matrix, options.osrm) if options.matrix or options.osrm else None
    if options.replan is None:
        wishes = _stated(options, Wishes())
        if options.keep_edits:
            last = wishes_of(workspace.path, newest_plan(workspace))
            wishes = replace(wishes, edits=last.edits)
        return run_plan(
            workspace, options.scenario, options.start, options.weeks, progress=progress, wishes=wishes,
            asked=asked, **files,
        )  # fmt: skip
    folder = bool(options.replan) and Path(options.replan).is_dir()
    keep = options.replan if folder else newest_plan(workspace, options.replan)
    stated = _stated(options, Wishes() if folder else wishes_of(workspace.path, keep))
    return run_replan(
        workspace,
        keep=keep,
        absences=_absences(options),
        settings=stated.settings,
        from_date=options.from_date,
        asked=asked,
        scenario=options.scenario,
        progress=progress,
        **files,
    )


def _stated(options: argparse.Namespace, usual: Wishes) -> Wishes:
    """Wishes with what the command line says of them."""
    stated: dict[str, Any] = {}
    if options.hours:
        stated["day_start"], stated["day_end"] = options.hours
    if options.lunch:
        stated["lunch_start"], stated["lunch_end"] = options.lunch
    if options.seed:
        stated["seed"] = options.seed
    for name in ("most_a_day", "visit_minutes", "lunch_minutes", "most_drive_minutes", "turns_per_visit", "overnight"):
        if getattr(options, name) is not None:
            stated[name] = getattr(options, name)
    if "day_end" in stated:
        noon = usual.settings.half_day_end
        stated["half_day_end"] = noon if stated["day_start"] < noon <= stated["day_end"] else stated["day_end"]
    settings = settings_of({**{name: getattr(usual.settings, name) for name in SETTABLE}, **stated})
    return replace(usual, settings=settings, absences=(*usual.absences, *_absences(options)))


def _absences(options: argparse.Namespace) -> tuple[Absence, ...]:
    """Absences of the command line and of the table that it names."""
    listed = read_absences(options.absences) if options.absences else ()
    return (*absences_of(options.absent), *listed)
