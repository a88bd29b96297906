"""plan: dated visits under a scenario, checked by an independent checker before anybody sees them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from twin.errors import PlanError
from twin.planning.plan import VisitPlan
from twin.planning.reasons import remark
from twin.progress import Progress, silent
from twin.scenario import files
from twin.tasks import shelf
from twin.tasks.forecasts.forecast import read_scenarios
from twin.tasks.learning.country import zone_of
from twin.tasks.plans.absent import listed_absences
from twin.tasks.plans.plan_cancelled import CANCELLED, announced_before, as_cancelled, fell_away, nothing, revised
from twin.tasks.plans.plan_country import on_holidays
from twin.tasks.plans.plan_edits import WISHES, Wishes, as_document
from twin.tasks.plans.plan_making import Order, checked_plan, settings_in, with_agreed, with_listed
from twin.tasks.plans.plan_roads import RoadsAsked
from twin.tasks.privacy import handed_out
from twin.tasks.privacy.consent import agreed_now, listed, still_agreed
from twin.tasks.shelf import PLAN
from twin.weeks import monday
from twin.workspace.plan_crm import CrmForm, read_form
from twin.workspace.plan_files import FORMATS, check_formats, write_plan
from twin.workspace.store import Workspace


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
    asked: RoadsAsked | None = None,
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
        Hours, absences and edits of the planner; kept with the plan.
    asked : RoadsAsked, optional
        A table of ways or a road engine that the planner names; great circles when missing.

    Returns
    -------
    dict
        ``plan`` (version), ``scenario``, ``start``, ``end``, ``visits``, ``tasks``, ``reps``, ``unserved``,
        ``later_steps`` (tasks after ``end``, of journeys begun within the plan), ``absences`` (heeded: of the
        dataset's table or stated, within the plan's days), ``withdrawn`` (contacts that the files lack because consent
        has gone), ``files``. A ``PlanError`` says when there are no listed reps, or the plan breaks a rule.
    """
    tell = progress or silent
    tell(0, 3, "read")
    check_forms(out, formats)
    form = read_form(crm) if crm else None
    twin = agreed_now(workspace, shelf.load_twin(workspace))
    (scenario,), warnings = read_scenarios([path], twin)
    wishes, lost = with_agreed(workspace, with_listed(wishes or Wishes(), listed_absences(workspace, twin)))
    order = Order(scenario, start or monday(twin.calibration.origin), n_weeks, wishes, asked)
    plan = checked_plan(twin, order, tell)
    before, gone = announced_before(workspace, order.first.isoformat()) or (None, nothing())
    table = revised(bilingual(plan.columns("en"), plan.columns("tr")), before, gone)
    gone = gone if before is None else fell_away(before, gone, table)
    told = [*(str(warning) for warning in warnings), *on_holidays(wishes.settings, twin.world)]
    summary = summary_of(plan, order, told)
    version = published(workspace, twin, order, plan, Rows(table, gone), summary)
    written = hand_out(workspace, Rows(table, gone), version, out, formats, locale, form, tell)
    return {**summary, "plan": version, **written, "withdrawn": [*listed(lost), *written["withdrawn"]]}


@dataclass(frozen=True)
class Rows:
    """Rows of a plan, and those of older ones that calendars should take out."""

    table: pd.DataFrame
    cancelled: pd.DataFrame


def hand_out(
    workspace: Workspace, rows: Rows, version: str, out: Path | None, formats: Sequence[str], locale: str,
    form: CrmForm | None, tell: Progress,
) -> dict[str, Any]:  # fmt: skip
    """Write the files of a plan, without contacts to which consent has been withdrawn."""
    table, withdrawn = still_agreed(workspace, rows.table)
    gone = pd.concat([rows.cancelled, as_cancelled(withdrawn)]) if len(withdrawn) else rows.cancelled
    spoken, zone = _spoken(table, locale), zone_of(table)
    written = write_plan(spoken, out, formats, locale, zone, crm=form, cancelled=gone) if out else []
    if written:
        names = ", ".join(file.name for file in written)
        try:
            handed_out.log(workspace, "plan", version, table.columns, len(table), names)
        except BaseException:  # nothing goes out that is not written down
            for file in written:
                file.unlink(missing_ok=True)
            raise
    tell(3, 3, "done")
    return {"withdrawn": listed(withdrawn), "files": [str(file) for file in written]}


def published(
    workspace: Workspace, twin: shelf.Twin, order: Order, plan: VisitPlan, rows: Rows,
    summary: dict[str, Any], parents: Sequence[str] = (),
) -> str:  # fmt: skip
    """Publish a plan; returns its version."""
    scenario = order.scenario
    unserved = bilingual(plan.unserved.columns("en"), plan.unserved.columns("tr"))
    return workspace.publish(
        PLAN,
        {
            "plan": rows.table,
            CANCELLED: rows.cancelled,
            "unserved": unserved,
            "days": pd.DataFrame(plan.days.columns()),
            "summary": summary,
            WISHES: as_document(order.wishes),
            "scenarios": {scenario.name: files.to_toml(scenario)},
        },
        {"scenario": scenario.name, "start": plan.start.isoformat(), "n_weeks": order.n_weeks},
        parents=(twin.version.id, *parents),
    )


def check_forms(out: Path | None, formats: Sequence[str]) -> None:
    """Refuse formats that do not exist, before any work is done."""
    check_formats(formats)
    if out and not formats:
        raise PlanError(
            f"--formats: expected some of {', '.join(FORMATS)}, found none. Name one, or leave --formats out."
        )


def _spoken(table: pd.DataFrame, locale: str) -> pd.DataFrame:
    """The plan with its reasons in the language of the locale."""
    spoken = table.assign(reason=table["reason_tr"]) if locale == "tr" else table
    return spoken.drop(columns="reason_tr")


def bilingual(english: dict[str, Any], turkish: dict[str, Any]) -> pd.DataFrame:
    """A table with its reasons in both languages."""
    return pd.DataFrame({**english, "reason_tr": turkish["reason"]})


def summary_of(plan: VisitPlan, order: Order, warnings: list[str]) -> dict[str, Any]:
    """What is said of a plan in a few figures, and what makes it again: turns and seed of the search."""
    settings = order.wishes.settings
    return {
        "scenario": order.scenario.name,
        "start": plan.start.isoformat(),
        "end": (plan.stop - dt.timedelta(days=1)).isoformat(),
        "visits": int((plan.kind == "visit").sum()),
        "tasks": int((plan.kind == "task").sum()),
        "reps": len(set(plan.rep_id.tolist())),
        "unserved": len(plan.unserved),
        "later_steps": int((plan.date >= np.datetime64(plan.stop)).sum()),
        "km": round(float(plan.days.km.sum()), 1),
        "drive_hours": round(float(plan.days.drive_min.sum()) / 60.0, 1),
        "search": {
            "turns_per_visit": settings.turns_per_visit,
            "starts": settings.starts,
            "seed": settings.seed,
        },
        "absences": [
            {"rep_id": away.rep_id, "first": away.first.isoformat(), "last": away.last.isoformat()}
            for away in settings_in(order.wishes).absences
            if away.first < plan.stop and away.last >= plan.start
        ],
        "holidays": [{"date": day.isoformat(), "name": name} for day, name in plan.holidays],
        "remarks": {
            language: [remark(key, count, language) for key, count in plan.remarks] for language in ("en", "tr")
        },
        "warnings": warnings,
    }
