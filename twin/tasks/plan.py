"""plan: dated visits under a scenario, checked by an independent checker before anybody sees them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from twin.agents.conditions import lay_out
from twin.calibration.market_draw import lay_out_draw
from twin.errors import PlanError
from twin.planning.checker import check_plan
from twin.planning.reasons import remark
from twin.planning.visit_plan import VisitPlan, make_plan, visit_gain
from twin.progress import Progress, silent
from twin.scenario import files
from twin.scenario.scenario import Scenario
from twin.tasks import handed_out, shelf
from twin.tasks.consent import agreed_now, listed, still_agreed
from twin.tasks.forecast import alignment_of, read_scenarios
from twin.tasks.plan_edits import WISHES, Wishes, as_document
from twin.tasks.shelf import PLAN
from twin.weeks import monday, week_of_date
from twin.workspace.plan_crm import read_form
from twin.workspace.plan_files import FORMATS, check_formats, write_plan
from twin.workspace.store import Workspace

_DRAWS = 16


def run_plan(
    workspace: Workspace,
    path: Path,
    start: dt.date | None = None,
    n_weeks: int = 4,
    out: Path | None = None,
    formats: Sequence[str] = ("csv", "xlsx", "ics", "geojson"),
    locale: str = "",
    progress: Progress | None = None,
    crm: Path | None = None,
    wishes: Wishes | None = None,
) -> dict[str, Any]:
    """Plan, check, publish and, when a folder is named, write the files.

    Parameters
    ----------
    workspace : Workspace
    path : Path
        Scenario file.
    start : datetime.date, optional
        First day; the Monday after history ends when missing.
    n_weeks : int
    out : Path, optional
    formats : sequence of str
    locale : str
    progress : Progress, optional
    crm : Path, optional
        TOML file with the columns of a customer system, see :func:`twin.workspace.plan_crm.read_form`.
    wishes : Wishes, optional
        Hours and absences of the planner; kept with the plan.

    Returns
    -------
    dict
        ``plan`` (version), ``scenario``, ``start``, ``end``, ``visits``, ``tasks``, ``reps``, ``unserved``,
        ``withdrawn`` (contacts that the files lack because consent has gone), ``files``.

    Raises
    ------
    PlanError
        When there are no listed reps, or the plan breaks a rule.
    """
    tell = progress or silent
    tell(0, 3, "read")
    _check_forms(out, formats)
    form = read_form(crm) if crm else None
    twin = agreed_now(workspace, shelf.load_twin(workspace))
    (scenario,), warnings = read_scenarios([path], twin)
    wishes = wishes or Wishes()
    plan = _checked_plan(twin, scenario, start or monday(twin.calibration.origin), n_weeks, wishes, tell)
    table = _bilingual(plan.columns("en"), plan.columns("tr"))
    summary = _summary(plan, scenario.name, [str(warning) for warning in warnings])
    version = _published(workspace, twin, scenario, plan, table, summary, n_weeks, wishes)
    table, withdrawn = still_agreed(workspace, table)
    written = write_plan(_spoken(table, locale), out, formats, locale, crm=form) if out else []
    if written:
        handed_out.log(workspace, "plan", version, table.columns, len(table), ", ".join(file.name for file in written))
    tell(3, 3, "done")
    files_ = [str(file) for file in written]
    return {**summary, "plan": version, "withdrawn": listed(withdrawn), "files": files_}


def _published(
    workspace: Workspace, twin: shelf.Twin, scenario: Scenario, plan: VisitPlan, table: pd.DataFrame,
    summary: dict[str, Any], n_weeks: int, wishes: Wishes,
) -> str:  # fmt: skip
    unserved = _bilingual(plan.unserved.columns("en"), plan.unserved.columns("tr"))
    return workspace.publish(
        PLAN,
        {
            "plan": table,
            "unserved": unserved,
            "days": pd.DataFrame(plan.days.columns()),
            "summary": summary,
            WISHES: as_document(wishes),
            "scenarios": {scenario.name: files.to_toml(scenario)},
        },
        {"scenario": scenario.name, "start": plan.start.isoformat(), "n_weeks": n_weeks},
        parents=(twin.version.id,),
    )


def _check_forms(out: Path | None, formats: Sequence[str]) -> None:
    check_formats(formats)
    if out and not formats:
        raise PlanError(
            f"--formats: expected some of {', '.join(FORMATS)}, found none. Name one, or leave --formats out."
        )


def _spoken(table: pd.DataFrame, locale: str) -> pd.DataFrame:
    """The plan with its reasons in the language of the locale."""
    spoken = table.assign(reason=table["reason_tr"]) if locale == "tr" else table
    return spoken.drop(columns="reason_tr")


def _checked_plan(
    twin: shelf.Twin, scenario: Scenario, first: dt.date, n_weeks: int, wishes: Wishes, tell: Progress
) -> VisitPlan:
    """A plan of which the checker finds every rule kept."""
    if first < monday(twin.calibration.origin):
        raise PlanError(
            f"--start: expected {monday(twin.calibration.origin)} or later, where history ends, found {first}. "
            "Choose a later day, or ingest newer data and calibrate."
        )
    horizon = week_of_date(first) - twin.calibration.origin + n_weeks + 1
    tell(1, 3, "choose whom to visit")
    draws = range(min(_DRAWS, twin.calibration.n_draws))
    markets = [lay_out_draw(twin.calibration, twin.world, twin.history, draw, horizon) for draw in draws]
    conditions = lay_out(twin.world, markets[0], scenario, horizon, alignment_of(scenario, twin))
    tell(2, 3, "lay out days and tours")
    plan = make_plan(
        twin.world,
        markets[0],
        conditions,
        visit_gain(markets),
        start=first,
        n_weeks=n_weeks,
        settings=wishes.settings,
        journeys=scenario.journeys,
    )
    faults = check_plan(plan, twin.world, conditions, wishes.settings)
    if faults:
        raise PlanError(
            f"plan: expected every rule kept, found {len(faults)} breaches, first {faults[0]}. Nothing is published."
        )
    return plan


def _bilingual(english: dict[str, Any], turkish: dict[str, Any]) -> pd.DataFrame:
    return pd.DataFrame({**english, "reason_tr": turkish["reason"]})


def _summary(plan: VisitPlan, scenario: str, warnings: list[str]) -> dict[str, Any]:
    return {
        "scenario": scenario,
        "start": plan.start.isoformat(),
        "end": (plan.stop - dt.timedelta(days=1)).isoformat(),
        "visits": int((plan.kind == "visit").sum()),
        "tasks": int((plan.kind == "task").sum()),
        "reps": len(set(plan.rep_id.tolist())),
        "unserved": len(plan.unserved),
        "holidays": [{"date": day.isoformat(), "name": name} for day, name in plan.holidays],
        "remarks": {
            language: [remark(key, count, language) for key, count in plan.remarks] for language in ("en", "tr")
        },
        "warnings": warnings,
    }
