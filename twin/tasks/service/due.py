"""Due: what calls for a decision now, and what has changed since last time. Reads what others found."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from twin.errors import WorkspaceError
from twin.tasks.calendar.calendar import list_moves
from twin.tasks.forecasts import compared
from twin.tasks.forecasts.published import published_forecasts
from twin.tasks.links.links import waiting
from twin.tasks.shelf import BACKTEST, CALIBRATION, DATASET, FORECAST, PLAN, REVIEW
from twin.workspace.catalogue import FILE_NAME, Version
from twin.workspace.store import Workspace

NOW, SOON, GOOD_TO_KNOW = 1, 2, 3
_OLD_WEEKS = 6
"""Age of the newest data from which newer ones are asked for: a month's figures arrive within this."""
_AHEAD_WEEKS = 13
_UNSURE = (0.2, 0.95)
"""Chance of an expected move between which a person's word is worth asking for."""
_FAR_SDS = 1.0
_MOST_ALERTS = 6


@dataclass(frozen=True)
class Due:
    """One decision.

    Parameters
    ----------
    key : str
        Which kind, for words.
    urgency : int
        1: figures are wrong or nothing can be done without it; 2: soon; 3: good to know.
    page : str
        Where it is decided.
    values : dict
        For words: counts, dates, names, and ``text`` with ``text_tr`` of what is told as it is.
    """

    key: str
    urgency: int
    page: str
    values: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Awaited:
    """An expected move on which a person's word is worth having.

    Parameters
    ----------
    start : date
        First day on which it is expected.
    brand : str
    chance : float
    id : str
        The newest move that it is expected after: a word on that one answers.
    """

    start: dt.date
    brand: str
    chance: float
    id: str


@dataclass(frozen=True)
class Change:
    """One thing that is not as it was.

    Parameters
    ----------
    key : str
        ``data``, ``rows``, ``moved``, ``outlook`` or ``first``.
    values : dict
        For words.
    """

    key: str
    values: dict[str, Any] = field(default_factory=dict)


def decisions(workspace: Path, today: dt.date, only: Collection[str] | None = None) -> list[Due]:
    """What is due, the most urgent first.

    Parameters
    ----------
    workspace : Path
    today : date
    only : collection of str, optional
        Territories of whoever sees nothing else: no forecast of the whole company, and no alert of elsewhere.
    """
    if not (Path(workspace) / FILE_NAME).is_file():
        return []
    store = Workspace.open(workspace, create=False)
    dataset, calibration = store.head(DATASET), store.head(CALIBRATION)
    if dataset is None or calibration is None:
        return []
    found = [*_learning(store, dataset, calibration, today), *_moves(store, today)]
    found += _outlooks(workspace, store) if only is None else ()
    found += [*_plans(store, today), *_alerts(store, only), *_links(store, dataset)]
    return sorted(found, key=lambda one: one.urgency)


def awaited(moves: Sequence[Mapping[str, Any]], today: dt.date, origin: dt.date | None = None) -> list[Awaited]:
    """Expected moves of rivals that nobody has confirmed or rejected, the nearest first.

    Parameters
    ----------
    moves : sequence of mapping
        Rows of the calendar, see :func:`twin.tasks.calendar.calendar.list_moves`.
    today : date
    origin : date, optional
        Where the data of the calibration end; what was expected before is no longer asked for.
    """
    first = today if origin is None else max(today, origin)
    newest: dict[tuple[dt.date, str], Mapping[str, Any]] = {}
    for move in sorted(moves, key=lambda move: str(move.get("start"))):
        if (start := _day(move.get("next_start"))) is not None:
            newest[start, str(move["brand"])] = move
    found = []
    for (start, brand), move in newest.items():
        chance = move.get("next_probability", move.get("probability"))
        if move.get("said") or not isinstance(chance, float) or not _UNSURE[0] < chance < _UNSURE[1]:
            continue
        if first <= start < first + dt.timedelta(weeks=_AHEAD_WEEKS):
            found.append(Awaited(start, brand, chance, str(move.get("id", ""))))
    return sorted(found, key=lambda one: (one.start, one.brand))


def changes(workspace: Path, company: bool = True) -> list[Change]:
    """What has changed since the dataset, the calibration and the forecast before the newest.

    Without ``company`` nothing is told of figures of the whole company.
    """
    if not (Path(workspace) / FILE_NAME).is_file():
        return []
    store = Workspace.open(workspace, create=False)
    if not company:
        return [*_moved(store)] or [Change("first")]
    found = [*_data_changes(store), *_moved(store), *_outlook_change(store)]
    return found or [Change("first")]


def _learning(store: Workspace, dataset: Version, calibration: Version, today: dt.date) -> Iterator[Due]:
    if dataset.id not in calibration.parents:
        until = dt.date.fromisoformat(str(dataset.meta["origin"])) - dt.timedelta(days=1)
        yield Due("stale", NOW, "calibration", {"until": until})
    if store.has(calibration, "health"):
        card = store.document(calibration, "health")
        if isinstance(card, dict) and card["verdict"] in ("fail", "review"):
            urgency = NOW if card["verdict"] == "fail" else SOON
            yield Due(f"health_{card['verdict']}", urgency, "diagnostics", {"because": list(card["because"])})
    weeks = (today - dt.date.fromisoformat(str(dataset.meta["origin"]))).days // 7
    if weeks >= _OLD_WEEKS:
        yield Due("data_old", SOON, "data", {"weeks": weeks})
    if store.head(BACKTEST) is None:
        yield Due("no_backtest", GOOD_TO_KNOW, "diagnostics")


def _moves(store: Workspace, today: dt.date) -> Iterator[Due]:
    """Expected moves of rivals that nobody has confirmed or rejected, and words that no calibration has heard."""
    calendar = list_moves(store)
    if calendar["pending"]:
        yield Due("remarks", SOON, "calibration", {"n": int(calendar["pending"])})
    head = store.head(CALIBRATION)
    origin = None if head is None else dt.date.fromisoformat(str(head.meta["origin"]))
    if found := awaited(calendar["moves"], today, origin):
        next_one = found[0]
        values = {"n": len(found), "brand": next_one.brand, "start": next_one.start, "chance": next_one.chance}
        yield Due("moves", SOON, "rival_calendar", values)


def _outlooks(workspace: Path, store: Workspace) -> Iterator[Due]:
    newest = store.head(FORECAST)
    if newest is None:
        yield Due("no_forecast", NOW, "compare")
        return
    try:
        old = compared.out_of_date(workspace, newest.id)
    except WorkspaceError:  # a forecast whose calibration has gone says nothing of its age
        return
    if compared.NEWER_CALIBRATION in old:
        yield Due("outlook_old", SOON, "compare")
    if names := old.get(compared.CHANGED):
        yield Due("scenario_changed", GOOD_TO_KNOW, "compare", {"names": names, "n": len(names)})


def _plans(store: Workspace, today: dt.date) -> Iterator[Due]:
    plan = store.head(PLAN)
    if plan is None or "start" not in plan.meta:
        return
    end = dt.date.fromisoformat(str(plan.meta["start"])) + dt.timedelta(weeks=int(str(plan.meta["n_weeks"])))
    if end <= today + dt.timedelta(weeks=1):
        yield Due("plan_ends", SOON, "visit_plan", {"date": end - dt.timedelta(days=1), "over": end <= today})


def _alerts(store: Workspace, only: Collection[str] | None = None) -> Iterator[Due]:
    review = store.head(REVIEW)
    if review is None or not store.has(review, "alerts"):
        return
    rows = store.table(review, "alerts")
    rows = rows if only is None else rows[rows["where"].isin(list(only))]
    for row in rows.head(_MOST_ALERTS).to_dict("records"):
        told = {"text": f"{row['alert']}. {row['action']}", "text_tr": f"{row['alert_tr']}. {row['action_tr']}"}
        yield Due("alert", SOON, "compare", told)


def _links(store: Workspace, dataset: Version) -> Iterator[Due]:
    if n := waiting(store, dataset.id):
        yield Due("links", GOOD_TO_KNOW, "data", {"n": n})


def _data_changes(store: Workspace) -> Iterator[Change]:
    versions = store.versions(DATASET)[:2]
    if len(versions) < 2:
        return
    new, old = versions
    if new.meta.get("origin") != old.meta.get("origin"):
        until = dt.date.fromisoformat(str(new.meta["origin"])) - dt.timedelta(days=1)
        before = dt.date.fromisoformat(str(old.meta["origin"])) - dt.timedelta(days=1)
        yield Change("data", {"until": until, "before": before})
    rows, had = new.meta.get("rows"), old.meta.get("rows")
    if isinstance(rows, dict) and isinstance(had, dict):
        more = {name: int(n) - int(had.get(name, 0)) for name, n in rows.items() if int(n) != int(had.get(name, 0))}
        if more:
            yield Change("rows", {"tables": more})


def _moved(store: Workspace) -> Iterator[Change]:
    calibration = store.head(CALIBRATION)
    if calibration is None or not store.has(calibration, "moved"):
        return
    moved = store.table(calibration, "moved")
    if not len(moved):
        return
    far = moved[moved["sds"].abs() > _FAR_SDS]
    rows = far.reindex(far["sds"].abs().sort_values(ascending=False).index)
    yield Change("moved", {"n": len(far), "of": len(moved), "names": rows["parameter"].head(3).tolist()})


def _outlook_change(store: Workspace) -> Iterator[Change]:
    """The baseline of the newest forecast against that of the newest one from another calibration, week for week."""
    found = published_forecasts(store)
    if not found:
        return
    new = found[0]
    same = (one for one in found if one.calibration.id != new.calibration.id and one.horizon_weeks == new.horizon_weeks)
    old = next(same, None)
    if old is None:
        return
    now, then = (one.result(store)["scenarios"][0]["totals"]["own_volume"] for one in (new, old))
    change = 100.0 * (now["mean"] / then["mean"] - 1.0) if then["mean"] else None
    outside = not then["p10"] <= now["mean"] <= then["p90"]
    yield Change("outlook_outside" if outside else "outlook", {"change": change, "when": old.version.created})


def _day(value: object) -> dt.date | None:
    try:
        return dt.date.fromisoformat(str(value)[:10])
    except ValueError:
        return None
