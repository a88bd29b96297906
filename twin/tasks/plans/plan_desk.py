"""Desk: a published plan with its planner's edits applied at once, and what the checker says of them.

Changed days are put on the clock again; nothing is searched, nothing is published.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from twin.agents.conditions import lay_out
from twin.calibration.market_draw import lay_out_draw
from twin.planning import travel
from twin.planning.calendar import working_days
from twin.planning.checker import check_plan
from twin.planning.settings import Absence
from twin.response.journey import Stage, considers_us
from twin.scenario import files
from twin.tasks import shelf
from twin.tasks.forecasts.forecast import alignment_of
from twin.tasks.plans.absent import listed_absences
from twin.tasks.plans.plan_applied import Desk, applied, without_lost_nights
from twin.tasks.plans.plan_country import in_market
from twin.tasks.plans.plan_edits import Edit, Wishes, wishes_of
from twin.tasks.privacy.consent import agreed_now, still_agreed
from twin.weeks import week_of_date
from twin.workspace.store import Workspace

CROWDED = frozenset(
    ("hours", "lunch", "overlap", "late_home", "most_a_day", "capacity", "sequence", "travel", "drive", "night")
)
"""Rules whose breach making the plan anew can mend, by moving other visits out of the way."""


_JUDGED = ("visit_id", "kind", "rep_id", "customer_id", "channel", "date", "start", "end", "seq", "travel_min")
"""Columns of a plan that its rules are about."""


@dataclass(frozen=True)
class _Nights:
    """Nights away as the checker reads them."""

    rep_id: NDArray
    date: NDArray
    night: NDArray


@dataclass(frozen=True)
class _Sheet:
    """Rows of a plan as the checker reads them."""

    start: dt.date
    stop: dt.date
    visit_id: NDArray
    kind: NDArray
    rep_id: NDArray
    customer_id: NDArray
    channel: NDArray
    date: NDArray
    begin: NDArray
    end: NDArray
    seq: NDArray
    travel_min: NDArray
    rate: NDArray
    days: _Nights

    def __len__(self) -> int:
        return len(self.visit_id)


def open_desk(workspace: Path, plan: str) -> Desk:
    """A plan with all that its edits are read against; a second or less of work, to be kept.

    Parameters
    ----------
    workspace : Path
    plan : str
        Version of the plan.
    """
    store = Workspace.open(workspace, create=False)
    version = store.version(plan)
    twin = agreed_now(store, shelf.load_twin(store, store.version(version.parents[0])))
    ((name, text),) = _texts(store.document(version, "scenarios")).items()
    scenario = files.loads(text, name)
    summary = _texts(store.document(version, "summary"))
    start = dt.date.fromisoformat(summary["start"])
    stop = dt.date.fromisoformat(summary["end"]) + dt.timedelta(days=1)
    horizon = week_of_date(stop) - twin.calibration.origin + 2
    market = lay_out_draw(twin.calibration, twin.world, twin.history, 0, horizon)
    conditions = lay_out(twin.world, market, scenario, horizon, alignment_of(scenario, twin))
    reps = twin.world.reps
    rows, withdrawn = still_agreed(store, store.table(version, "plan"))
    settings = in_market(wishes_of(workspace, plan).settings, twin.world)
    settings = replace(settings, absences=listed_absences(store, twin))
    homes = {str(id): (float(x), float(y)) for id, x, y in zip(reps.ids, reps.home_lon, reps.home_lat)}
    return Desk(
        rows=rows,
        start=start,
        stop=stop,
        world=twin.world,
        conditions=conditions,
        settings=settings,
        place=np.column_stack(travel.places(twin.world)),
        home=homes,
        customer=twin.world.population.rows,
        nights=nights_of(store.table(version, "days") if store.has(version, "days") else pd.DataFrame()),
        withdrawn=withdrawn,
        stage=market.start.stage,
    )


def breaches(desk: Desk, rows: pd.DataFrame, wishes: Wishes) -> list[dict[str, Any]]:
    """What the plan's own checker says of the edited rows.

    Parameters
    ----------
    desk : Desk
    rows : DataFrame
        As from :func:`applied`.
    wishes : Wishes

    Returns
    -------
    list of dict
        ``kind`` (a rule), ``rep_id``, ``visit_id``, ``found``, ``crowded`` (flag: making the plan anew can mend it).
    """
    customers = {edit.customer_id for edit in wishes.edits}
    was = desk.rows.set_index("visit_id")["rep_id"]
    reps = {edit.rep_id for edit in wishes.edits} | {was[e.visit_id] for e in wishes.edits if e.visit_id in was.index}
    reps |= set(rows.loc[rows["customer_id"].isin(customers), "rep_id"])
    return _checked(desk, rows[rows["rep_id"].isin(reps)], wishes)


def days_for(desk: Desk, wishes: Wishes, edit: Edit, rep: str) -> pd.DataFrame:
    """Every working day of the plan as a new place for a visit.

    Parameters
    ----------
    desk : Desk
    wishes : Wishes
        What is wished already.
    edit : Edit
        The move or addition; its date is of no account.
    rep : str
        Who makes the visit.

    Returns
    -------
    DataFrame
        ``date``, ``extra_min`` (minutes more on the road that day), ``kinds`` (rules that would be broken, a list).
    """
    others = replace(wishes, edits=tuple(each for each in wishes.edits if each.key != edit.key))
    desk = _narrowed(desk, others, edit, rep)
    before = applied(desk, others)
    standing = {(b["kind"], b["visit_id"], b["found"]) for b in breaches(desk, before, replace(others, edits=(edit,)))}
    # absences have been heeded in what stands before
    home = replace(without_lost_nights(desk, desk.away(others))[0], settings=replace(desk.settings, absences=()))
    out = []
    for day in open_days(desk, wishes, rep):
        wish = replace(edit, date=day, rep_id=rep)
        desk_now = replace(home, rows=before.drop(columns="change"))
        after = applied(desk_now, Wishes(wishes.settings, (), (wish,)))
        broken = [b for b in breaches(desk, after, replace(others, edits=(wish,)))
                  if (b["kind"], b["visit_id"], b["found"]) not in standing]  # fmt: skip
        out.append((day, _road(after, rep, day) - _road(before, rep, day), sorted({b["kind"] for b in broken})))
    return pd.DataFrame(out, columns=["date", "extra_min", "kinds"])


def open_days(desk: Desk, wishes: Wishes, rep: str) -> list[dt.date]:
    """Days of the plan on which a rep works."""
    calendar = working_days(desk.start, desk.stop, desk.heeding(wishes))
    days = [day.astype(object) for day in calendar.day]
    away = [each for each in desk.away(wishes) if each.rep_id == rep]
    return [day for day in days if not any(each.first <= day <= each.last for each in away)]


def not_buying(desk: Desk, visits: pd.DataFrame) -> tuple[int, int]:
    """Customers among those visited who do not know us, and those who do but have left us or do not buy."""
    people = np.unique(np.array([desk.customer[name] for name in visits["customer_id"]], dtype=np.int64))
    known = desk.world.population.known[people]
    if desk.stage is None:
        return int((~known).sum()), 0
    stage = desk.stage[people]
    others = ~considers_us(stage)
    strange = others & ~known & (stage != Stage.LAPSED)
    return int(strange.sum()), int((others & ~strange).sum())


def who_may_be_added(desk: Desk, rep: str, most: int = 2000) -> pd.DataFrame:
    """Customers of a rep's territory whom the plan does not visit: ``customer_id``, ``name``, ``known``."""
    people, conditions = desk.world.population, desk.conditions
    row = np.flatnonzero(conditions.rep_ids == rep)
    mine = conditions.territory == conditions.rep_territory[row[0]] if len(row) else np.zeros(len(people.ids), bool)
    visited = np.isin(people.ids, desk.rows.loc[desk.rows["kind"] == "visit", "customer_id"].to_numpy(str))
    chosen = np.flatnonzero(mine & ~visited & people.consent[0])[:most]
    return pd.DataFrame(
        {"customer_id": people.ids[chosen], "name": people.names[chosen], "known": people.known[chosen]}
    )


def _checked(desk: Desk, rows: pd.DataFrame, wishes: Wishes) -> list[dict[str, Any]]:
    n_weeks = max((desk.stop - desk.start).days / 7, 1)
    counts = desk.rows.loc[desk.rows["kind"] == "visit", "customer_id"].value_counts() / n_weeks
    rate = rows["rate"] if "rate" in rows else rows["customer_id"].map(counts)
    rate = rate.where(rate > 0).fillna(1 / n_weeks)
    columns = [rows[name].to_numpy() for name in _JUDGED]
    columns[5] = rows["date"].to_numpy().astype("datetime64[D]")
    columns[6], columns[7] = (rows[name].to_numpy().astype("datetime64[m]") for name in ("start", "end"))
    away = desk.away(wishes)
    sheet = _Sheet(desk.start, desk.stop, *[*columns, rate.to_numpy(), _slept(desk, away)])
    found = check_plan(sheet, desk.world, desk.conditions, replace(desk.heeding(wishes), absences=away))
    return [{"kind": each.kind, "rep_id": each.rep_id, "visit_id": each.visit_id, "found": each.found,
             "crowded": each.kind in CROWDED} for each in found]  # fmt: skip


def _slept(desk: Desk, away: tuple[Absence, ...]) -> _Nights:
    nights = without_lost_nights(desk, away)[0].nights
    return _Nights(
        np.array([rep for rep, _ in nights], dtype=str),
        np.array([day for _, day in nights], dtype="datetime64[D]"),
        np.array(list(nights.values()), dtype=str),
    )


def nights_of(days: pd.DataFrame) -> dict[tuple[str, dt.date], str]:
    """Customers near whom nights are spent, of a plan's table of days."""
    if "night" not in days:
        return {}
    away = days[days["night"].fillna("") != ""]
    return {(str(rep), pd.Timestamp(day).date()): str(night)
            for rep, day, night in zip(away["rep_id"], away["date"], away["night"], strict=True)}  # fmt: skip


def _narrowed(desk: Desk, wishes: Wishes, edit: Edit, rep: str) -> Desk:
    """The desk with what is judged of those reps alone whom a change of one visit may concern."""
    rows = desk.rows
    reps = {rep, edit.rep_id, *rows.loc[rows["customer_id"] == edit.customer_id, "rep_id"]}
    named = {each.key for each in wishes.edits}
    judged = [name for name in (*_JUDGED, "rep_name", "travel_km", "rate") if name in rows]
    return replace(desk, rows=rows.loc[rows["rep_id"].isin(reps) | rows["visit_id"].isin(named), judged])


def _road(rows: pd.DataFrame, rep: str, day: dt.date) -> int:
    mine = (rows["rep_id"] == rep) & (rows["date"] == pd.Timestamp(day)) & (rows["kind"] == "visit")
    return int(rows.loc[mine, "travel_min"].sum())


def _texts(document: dict | list | str) -> dict[str, Any]:
    return document if isinstance(document, dict) else {}


def reps_for(desk: Desk, customer_id: str) -> list[str]:
    """Reps who serve a customer's territory."""
    zone = desk.conditions.territory[desk.customer[customer_id]]
    return [str(id) for id, there in zip(desk.conditions.rep_ids, desk.conditions.rep_territory) if there == zone]
