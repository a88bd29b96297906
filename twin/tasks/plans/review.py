"""review: what was done and sold since a plan or forecast was made, against it, with causes, alerts and what to do."""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd

from twin.control import alerts
from twin.control.adherence import KEPT, MISSED, MOVED, STATUS, Adherence, adhere
from twin.control.alerts import Alert
from twin.control.review import Span, Then, review, unexpected
from twin.errors import WorkspaceError
from twin.forecast.ensemble import EnsembleSettings
from twin.forecast.executors import usual_threads
from twin.market.channels import VISIT
from twin.market.history import History
from twin.market.world import World
from twin.progress import Progress, silent
from twin.scenario import files
from twin.scenario.scenario import BASELINE
from twin.tasks import shelf
from twin.tasks.forecasts import execution
from twin.tasks.forecasts.forecast import alignment_of
from twin.tasks.shelf import CALIBRATION, PLAN, REVIEW, Twin
from twin.weeks import monday, mondays, week_of, week_of_date
from twin.workspace import codec
from twin.workspace.catalogue import Version
from twin.workspace.store import Workspace

_MOST_WEEKS = 104
_MOST_ACTIONS = 20
"""Missed visits that are proposed again in words; the table has all."""


@dataclass(frozen=True)
class ReviewSettings:
    """How finely the target is lived again.

    Parameters
    ----------
    n_draws, n_replicates, n_threads, seed, cluster
        See :class:`twin.tasks.forecasts.forecast.ForecastSettings`.
    """

    n_draws: int = 40
    n_replicates: int = 1
    n_threads: int | None = None
    seed: int = 0
    cluster: str | None = None


def run_review(
    workspace: Workspace, settings: ReviewSettings = ReviewSettings(), progress: Progress | None = None
) -> dict[str, Any]:
    """Review the newest plan, or where there is none the baseline of a calibration older than the data; publish.

    Parameters
    ----------
    workspace : Workspace
    settings : ReviewSettings
    progress : Progress, optional

    Returns
    -------
    dict
        ``review`` (version), ``scenario``, ``from``, ``to``; ``adherence`` (``None`` without a plan); ``target`` (rows:
        where, measure, actual, target, bands); ``causes``; ``alerts`` with what to do; ``actions``: missed visits of
        highest expected gain; ``notes``.

    Raises
    ------
    WorkspaceError
        When no data are newer than the plan or any calibration.
    """
    tell = progress or silent
    world, history, dataset = shelf.load_dataset(workspace)
    plan, version = _what_to_review(workspace, history)
    twin = shelf.load_twin(workspace, version)
    then = _then(workspace, plan, twin)
    span = _span(plan, twin, history)
    n_threads = settings.n_threads or usual_threads()
    runs = EnsembleSettings(1, settings.n_draws, settings.n_replicates, n_threads, settings.seed)
    by = execution.executor(n_threads, settings.cluster)
    found = review(then, world, history, span, runs, tell, by)
    kept = _adherence(workspace, plan, world, history, span) if plan else pd.DataFrame()
    calls = [*alerts.missed(_by_rep(kept)), *found.alerts, *_moves_of_rivals(workspace, twin, span)]
    result = {
        "scenario": then.scenario.name,
        "plan": plan.id if plan else None,
        "from": monday(span.first).isoformat(),
        "to": (monday(span.last) - dt.timedelta(days=1)).isoformat(),
        "adherence": _adherence_summary(kept) if plan else None,
        "target": [_row(one) for one in (*found.whole, *found.territories)],
        "causes": _finite(asdict(found.causes)) if found.causes else None,
        "alerts": [_alert(one) for one in calls],
        "actions": _actions(kept),
        "notes": [*found.notes, *([] if plan else ["There is no plan in this span: visits are not held against one."])],
    }
    version_id = workspace.publish(
        REVIEW,
        {
            "summary": result,
            "target": pd.DataFrame(result["target"]),
            "visits": kept,
            "alerts": pd.DataFrame(result["alerts"], columns=["key", "where", "value", "alert", "alert_tr", "action",
                                                               "action_tr"]),
        },
        {"from": result["from"], "to": result["to"]},
        parents=tuple(dict.fromkeys((dataset.id, twin.version.id, *((plan.id,) if plan else ())))),
    )  # fmt: skip
    return {**result, "review": version_id}


def _what_to_review(workspace: Workspace, history: History) -> tuple[Version | None, Version]:
    """The newest plan that data have overtaken with its calibration, else the newest calibration that they have."""
    for plan in sorted(workspace.versions(PLAN), key=lambda one: one.created, reverse=True):
        if week_of_date(dt.date.fromisoformat(plan.meta["start"])) < history.origin:
            return plan, workspace.version(plan.parents[0])
    for version in sorted(workspace.versions(CALIBRATION), key=lambda one: one.created, reverse=True):
        if week_of_date(dt.date.fromisoformat(version.meta["origin"])) < history.origin:
            return None, version
    raise WorkspaceError(
        f"{workspace.path}: expected data newer than a plan or a calibration, found none after "
        f"{monday(history.origin)}. Ingest newer data, or look back with `twin calibrate --as-of DATE`."
    )


def _then(workspace: Workspace, plan: Version | None, twin: Twin) -> Then:
    scenario = BASELINE
    if plan is not None and workspace.has(plan, "scenarios"):
        texts = workspace.document(plan, "scenarios")
        scenario = files.loads(next(iter(texts.values())), "plan") if isinstance(texts, dict) and texts else BASELINE
    return Then(twin.world, twin.history, twin.calibration, scenario, alignment_of(scenario, twin))


def _span(plan: Version | None, twin: Twin, history: History) -> Span:
    origin = twin.calibration.origin
    first, last = origin, min(history.origin, origin + _MOST_WEEKS)
    if plan is not None:
        first = week_of_date(dt.date.fromisoformat(plan.meta["start"]))
        last = min(last, first + int(plan.meta["n_weeks"]))
    return Span(first, max(last, first + 1))


def _adherence(
    workspace: Workspace, plan: Version, world: World, history: History, span: Span
) -> pd.DataFrame:  # fmt: skip
    """Every planned visit of the span, and every visit that was made without a plan: one row each."""
    listed = workspace.table(plan, "plan")
    listed = listed[listed["kind"] == "visit"].reset_index(drop=True)
    week = week_of(listed["date"].to_numpy().astype("datetime64[D]"))
    inside = (week >= span.first) & (week < span.last)
    listed, week = listed[inside].reset_index(drop=True), week[inside]
    row = {name: k for k, name in enumerate(world.population.ids.tolist())}
    # customers who are not listed any more count as nobody: their visits were not made
    who = np.array([row.get(name, -1 - k) for k, name in enumerate(listed["customer_id"])], dtype=np.int64)
    touches = history.touches
    made = (touches.channel == VISIT) & (touches.week >= span.first) & (touches.week < span.last)
    found = adhere(who, week, touches.customer[made], touches.week[made])
    planned = pd.DataFrame(
        {
            "status": [STATUS[k] for k in found.status],
            "rep_id": listed["rep_id"],
            "customer_id": listed["customer_id"],
            "customer_name": listed["customer_name"],
            "planned_on": listed["date"],
            "made_in_week_of": _days(found.made_week),
            "expected_gain": listed["expected_gain"],
            "visit_id": listed["visit_id"],
        }
    )
    return pd.concat([planned, _unplanned(world, touches.where(made), found)], ignore_index=True)


def _unplanned(world: World, made: Any, found: Adherence) -> pd.DataFrame:
    extra = made.where(found.unplanned)
    reps = np.append(np.asarray(world.reps.ids, dtype=object), "")
    return pd.DataFrame(
        {
            "status": "not_planned",
            "rep_id": reps[extra.rep],
            "customer_id": world.population.ids[extra.customer],
            "customer_name": world.population.names[extra.customer],
            "planned_on": pd.Series(pd.NaT, index=range(len(extra)), dtype="datetime64[s]"),
            "made_in_week_of": _days(extra.week),
            "expected_gain": np.nan,
            "visit_id": "",
        }
    )


def _days(week: np.ndarray) -> pd.Series:
    """Monday of each week; empty below zero."""
    return pd.Series(mondays(week).astype("datetime64[s]")).where(pd.Series(week >= 0))


def _by_rep(kept: pd.DataFrame) -> list[tuple[str, int, int]]:
    if not len(kept):
        return []
    planned = kept[kept["status"] != "not_planned"]
    return [
        (str(rep), len(rows), int((rows["status"] != STATUS[MISSED]).sum()))
        for rep, rows in planned.groupby("rep_id", sort=True)
    ]


def _adherence_summary(kept: pd.DataFrame) -> dict[str, Any]:
    count = kept["status"].value_counts() if len(kept) else {}
    kept_n, moved, missed = (int(count.get(STATUS[k], 0)) for k in (KEPT, MOVED, MISSED))
    planned = kept_n + moved + missed
    missing = kept[kept["status"] == STATUS[MISSED]] if len(kept) else kept
    return {
        "planned": planned,
        "kept": kept_n,
        "moved": moved,
        "missed": missed,
        "not_planned": int(count.get("not_planned", 0)),
        "made_pct": 100.0 * (kept_n + moved) / planned if planned else None,
        "missed_expected_gain": float(missing["expected_gain"].sum()) if len(missing) else 0.0,
        "by_rep": [
            {"rep_id": rep, "planned": n, "made": made, "made_pct": 100.0 * made / n} for rep, n, made in _by_rep(kept)
        ],
    }


def _moves_of_rivals(workspace: Workspace, twin: Twin, span: Span) -> list[Alert]:
    """What the newest calibration has seen of rivals and the reviewed one did not expect."""
    newest = shelf.newest(workspace, CALIBRATION)
    learned = codec.decode(workspace.blob(newest, "calibration"))
    if learned.origin < span.last or learned.calendar.brands != twin.calibration.calendar.brands:
        return []
    return unexpected(twin.calibration, learned, span)


def _actions(kept: pd.DataFrame) -> list[dict[str, Any]]:
    """Missed visits to make up for, highest expected gain first."""
    if not len(kept):
        return []
    missing = kept[kept["status"] == STATUS[MISSED]]
    best = missing.sort_values(["expected_gain", "visit_id"], ascending=[False, True]).head(_MOST_ACTIONS)
    wanted = ["rep_id", "customer_id", "customer_name", "expected_gain"]
    return [{"action": "visit", **row} for row in best[wanted].to_dict("records")]


def _row(one: Any) -> dict[str, Any]:
    return _finite({**asdict(one), "deviation_pct": one.pct, "inside_80": one.inside_80})


def _alert(one: Alert) -> dict[str, Any]:
    return {
        "key": one.key,
        "where": one.where,
        "value": one.value,
        "alert": one.words("en"),
        "alert_tr": one.words("tr"),
        "action": one.action("en"),
        "action_tr": one.action("tr"),
    }


def _finite(row: dict[str, Any]) -> dict[str, Any]:
    return {key: None if isinstance(value, float) and not np.isfinite(value) else value for key, value in row.items()}
