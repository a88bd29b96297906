"""replan: a plan that was announced, made again around absences and edits, and changed as little as can be."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from twin.errors import PlanError
from twin.planning.kept import Kept, Unplaced
from twin.planning.settings import Absence, PlanSettings
from twin.planning.targets import Motive
from twin.progress import Progress, silent
from twin.scenario import files
from twin.scenario.scenario import Scenario
from twin.tasks import shelf
from twin.tasks.forecasts.forecast import read_scenarios
from twin.tasks.plans.absent import listed_absences
from twin.tasks.plans.plan import Rows, bilingual, check_forms, hand_out, published, summary_of
from twin.tasks.plans.plan_cancelled import cancelled_in, fell_away, nothing, revised
from twin.tasks.plans.plan_country import on_holidays
from twin.tasks.plans.plan_edits import Edit, Wishes, made_with, newest_plan, wishes_of
from twin.tasks.plans.plan_making import VISIT, Order, checked_plan, settings_in, with_agreed, with_listed
from twin.tasks.plans.plan_roads import RoadsAsked
from twin.tasks.privacy.consent import agreed_now, listed, still_agreed
from twin.workspace.plan_crm import read_form
from twin.workspace.store import Workspace

_MOTIVE = {
    "promised": Motive.PROMISED,
    "journey": Motive.JOURNEY,
    "buys_ranked": Motive.RANKED,
    "by_hand": Motive.BY_HAND,
    "add": Motive.BY_HAND,
}

UNKNOWN_WISHES = (
    "The folder of a plan does not say what found no place in it: only what loses its place now is listed. "
    "Name the version of the plan to keep the whole list."
)


@dataclass(frozen=True)
class Announced:
    """A plan that people know of.

    Parameters
    ----------
    rows : DataFrame
        As published or written to a folder.
    first : datetime.date
    n_weeks : int
    scenario : Scenario or None
        ``None`` where the folder does not say.
    wishes : Wishes
    heeded : tuple of Edit
        Those of the wishes with which the plan was made.
    version : str
        Empty for a folder.
    cancelled : DataFrame
        Events of still older plans that calendars should take out.
    unserved : DataFrame, optional
        What found no place; a folder does not say.
    """

    rows: pd.DataFrame
    first: dt.date
    n_weeks: int
    scenario: Scenario | None
    wishes: Wishes
    heeded: tuple[Edit, ...] = ()
    version: str = ""
    cancelled: pd.DataFrame = field(default_factory=nothing)
    unserved: pd.DataFrame | None = None


def run_replan(
    workspace: Workspace,
    *,
    keep: str | Path = "",
    edits: Sequence[Edit] = (),
    absences: Sequence[Absence] = (),
    settings: PlanSettings | None = None,
    from_date: dt.date | None = None,
    scenario: Path | None = None,
    asked: RoadsAsked | None = None,
    out: Path | None = None,
    formats: Sequence[str] = ("csv", "xlsx", "ics", "geojson"),
    locale: str = "",
    crm: Path | None = None,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Make a plan again, publish it and, when a folder is named, write its files.

    Parameters
    ----------
    workspace : Workspace
    keep : str or Path
        Version of the plan, or the folder to which its CSV was written; the newest plan when empty.
    edits, absences : sequence
        Beside those that are noted on the plan already.
    settings : PlanSettings, optional
        Instead of those of the plan.
    from_date : datetime.date, optional
        First day of which anything may change; what stands before it stays.
    scenario : Path, optional
        Instead of the plan's own; needed for a folder.
    asked : RoadsAsked, optional
    out, formats, locale, crm, progress
        As in :func:`twin.tasks.plans.plan.run_plan`.

    Returns
    -------
    dict
        As of :func:`twin.tasks.plans.plan.run_plan`, and ``kept`` (version or folder) and what :func:`changes` tells. A
        ``PlanError`` says when there is no plan to keep, or what was decided cannot be kept.
    """
    tell = progress or silent
    check_forms(out, formats)
    form = read_form(crm) if crm else None
    old = announced(workspace, keep)
    twin = agreed_now(workspace, shelf.load_twin(workspace))
    chosen, warnings = _scenario(old, scenario, twin)
    stated = _with(old.wishes, edits, absences, settings)
    wishes, lost = with_agreed(workspace, with_listed(stated, listed_absences(workspace, twin)))
    agreed, withdrawn = still_agreed(workspace, old.rows)
    order = _order(old, chosen, wishes, asked, kept_of(agreed, from_date, old.unserved))
    warnings += [*on_holidays(wishes.settings, twin.world), *([UNKNOWN_WISHES] if old.unserved is None else [])]
    plan = checked_plan(twin, order, tell)
    table = revised(bilingual(plan.columns("en"), plan.columns("tr")), old.rows, old.cancelled)
    rows = Rows(table, fell_away(old.rows, old.cancelled, table, from_date))
    summary = summary_of(plan, order, warnings) | changes(old.rows, table, wishes, withdrawn["visit_id"])
    version = published(workspace, twin, order, plan, rows, summary, [old.version] if old.version else [])
    written = hand_out(workspace, rows, version, out, formats, locale, form, tell)
    told = {"withdrawn": listed(pd.concat([withdrawn, lost]).drop_duplicates(["customer_id", "date", "channel"]))}
    return {**summary, "plan": version, "kept": old.version or str(keep), **written, **told}


def _order(old: Announced, chosen: Scenario, wishes: Wishes, asked: RoadsAsked | None, kept: Kept) -> Order:
    # what the plan has heeded already stands in its rows
    new = tuple(edit for edit in wishes.edits if edit not in old.heeded)
    return Order(chosen, old.first, old.n_weeks, wishes, asked, kept, new)


def _scenario(old: Announced, path: Path | None, twin: shelf.Twin) -> tuple[Scenario, list[str]]:
    """The scenario that is planned for, and its warnings."""
    if path is not None:
        (chosen,), warnings = read_scenarios([path], twin)
        return chosen, [str(warning) for warning in warnings]
    if old.scenario is None:
        raise PlanError("SCENARIO.toml: expected the scenario of the plan in that folder, found none. Name it.")
    return old.scenario, []


def announced(workspace: Workspace, keep: str | Path = "") -> Announced:
    """A plan that is to be kept: published, or written to a folder.

    Raises
    ------
    PlanError
        When there is none.
    """
    folder = Path(keep) if str(keep) else None
    if folder is not None and folder.is_dir():
        rows = _read_folder(folder)
        first = rows["date"].min().date()
        weeks = (rows["date"].max().date() - (first - dt.timedelta(days=first.weekday()))).days // 7 + 1
        return Announced(rows, first, weeks, None, Wishes())
    name = newest_plan(workspace, str(keep))
    version = workspace.version(name)
    document = workspace.document(version, "scenarios")
    ((title, text),) = document.items() if isinstance(document, dict) else ((None, ""),)
    return Announced(
        rows=workspace.table(version, "plan"),
        first=dt.date.fromisoformat(version.meta["start"]),
        n_weeks=int(version.meta["n_weeks"]),
        scenario=files.loads(text, str(title)) if title else None,
        wishes=wishes_of(workspace.path, name),
        heeded=made_with(workspace.path, name).edits,
        version=name,
        cancelled=cancelled_in(workspace, version),
        unserved=workspace.table(version, "unserved"),
    )


def kept_of(
    rows: pd.DataFrame, from_date: dt.date | None = None, unserved: pd.DataFrame | None = None
) -> Kept:  # fmt: skip
    """The visits of an announced plan, and what found no place in it, as its planner's search takes them."""
    visits = rows[rows["kind"] == "visit"]
    day = visits["date"].to_numpy().astype("datetime64[D]")
    begin = (visits["start"].to_numpy().astype("datetime64[m]") - day.astype("datetime64[m]")).astype(np.int64)
    key = visits["reason_key"] if "reason_key" in visits else pd.Series("", index=visits.index)

    def number(name: str) -> np.ndarray:
        return visits[name].fillna(-1).to_numpy().astype(np.int64) if name in visits else np.full(len(visits), -1)

    return Kept(
        visit_id=visits["visit_id"].to_numpy().astype("U40"),
        rep_id=visits["rep_id"].to_numpy().astype(str),
        customer_id=visits["customer_id"].to_numpy().astype(str),
        day=day,
        begin=begin,
        motive=key.map(_MOTIVE).fillna(int(Motive.USUAL)).to_numpy().astype(np.int64),
        chain=number("journey"),
        step=number("step"),
        locked=visits["locked"].fillna(False).to_numpy().astype(bool)
        if "locked" in visits
        else np.zeros(len(visits), bool),
        from_day=from_date,
        unplaced=None if unserved is None else _unplaced(unserved),
    )


def _unplaced(unserved: pd.DataFrame) -> Unplaced:
    """Visits that found no place. Contacts on other channels are dated anew around the visits, and told then."""
    visits = unserved[unserved["channel"] == VISIT]
    return Unplaced(
        rep_id=visits["rep_id"].fillna("").to_numpy().astype(str),
        customer_id=visits["customer_id"].to_numpy().astype(str),
        week=visits["week"].to_numpy().astype("datetime64[D]"),
        reason=visits["reason_key"].to_numpy().astype(str),
    )


def changes(
    before: pd.DataFrame, after: pd.DataFrame, wishes: Wishes, withdrawn: Sequence[str] | pd.Series = ()
) -> dict[str, Any]:
    """What a plan that was made again keeps of the one before, leaving out what edits, absences and consent touch.

    Returns
    -------
    dict
        ``unchanged_share`` (of the visits that nothing touches, those that keep rep, day and hour),
        ``same_day_share``, ``changed`` (list of ``visit_id``, ``customer_id``, ``was``, ``now``; ``now`` is empty for
        a visit that found no place).
    """
    old = before[before["kind"] == "visit"].set_index("visit_id")
    new = after[after["kind"] == "visit"].set_index("visit_id").reindex(old.index)
    same_day = (old["rep_id"] == new["rep_id"]) & (old["date"] == new["date"])
    same = same_day & (old["start"] == new["start"])
    named = [*(edit.visit_id for edit in wishes.edits), *withdrawn]
    touched = pd.Series(old.index.isin(named), index=old.index)
    for away in settings_in(wishes).absences:
        days = old["date"].between(pd.Timestamp(away.first), pd.Timestamp(away.last))
        touched |= (old["rep_id"] == away.rep_id) & days
    rest = ~touched
    lost = [
        {"visit_id": name, "customer_id": str(old.at[name, "customer_id"]), "was": str(old.at[name, "start"]),
         "now": "" if pd.isna(new.at[name, "start"]) else str(new.at[name, "start"])}
        for name in old.index[~same]
    ]  # fmt: skip
    return {
        "unchanged_share": round(float(same[rest].mean()), 4) if rest.any() else 1.0,
        "same_day_share": round(float(same_day[rest].mean()), 4) if rest.any() else 1.0,
        "changed": lost,
    }


def _with(wishes: Wishes, edits: Sequence[Edit], absences: Sequence[Absence], settings: PlanSettings | None) -> Wishes:
    named = {edit.key for edit in edits}
    kept = tuple(edit for edit in wishes.edits if edit.key not in named)
    away = tuple(dict.fromkeys((*wishes.absences, *absences)))
    return Wishes(settings or wishes.settings, away, (*kept, *edits))


def _read_folder(folder: Path) -> pd.DataFrame:
    """A plan's CSV, as either locale writes it."""
    path = folder / "plan.csv"
    if not path.is_file():
        raise PlanError(f"--keep: {folder}: expected the file plan.csv, found none. Write it with --formats csv.")
    head = path.open(encoding="utf-8-sig").readline()
    turkish = head.count(";") > head.count(",")
    rows = pd.read_csv(path, sep=";" if turkish else ",", decimal="," if turkish else ".", encoding="utf-8-sig",
                       dtype={"visit_id": str, "rep_id": str, "customer_id": str})  # fmt: skip
    absent = [name for name in ("visit_id", "kind", "rep_id", "customer_id", "date", "start") if name not in rows]
    if absent:
        raise PlanError(f"--keep: {path}: expected the column {absent[0]}, found {', '.join(rows.columns[:6])}...")
    for name in ("date", "start", "end"):
        rows[name] = pd.to_datetime(rows[name], dayfirst=turkish, format="mixed" if turkish else None)
    for name in ("visit_id", "rep_id", "customer_id"):
        rows[name] = rows[name].str.removeprefix("'")
    if "locked" in rows:
        rows["locked"] = rows["locked"].astype(str).str.lower().isin(("true", "1", "yes", "evet", "doğru"))
    if not len(rows):
        raise PlanError(f"--keep: {path}: expected the rows of a plan, found none.")
    return rows
