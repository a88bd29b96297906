"""Edits of a plan: what a planner wishes of it - hours, absences, visits that are locked, moved, added or dropped.

They are kept beside the plan that they were made on, and the plan made next heeds them. Knows no route.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from twin.errors import PlanError
from twin.planning.settings import Absence, PlanSettings
from twin.tasks.shelf import PLAN
from twin.workspace.store import Workspace

EDITS = "plan_edits"
"""Kind of the versions that hold wishes; their label is the plan on which they were made."""
WISHES = "wishes"
"""Part of a plan, and of such a version: the wishes as a document."""
LOCK, MOVE, ADD, DROP = KINDS = ("lock", "move", "add", "drop")
SETTABLE = (
    "country", "weekdays", "also_closed", "day_start", "day_end", "lunch_start", "lunch_end", "half_day_end",
    "lunch_minutes", "most_a_day", "visit_minutes", "most_drive_minutes", "overnight", "turns_per_visit", "starts",
    "seed",
)  # fmt: skip
"""Settings that a planner states; the rest are assumptions on roads and rhythm."""


@dataclass(frozen=True)
class Edit:
    """One visit that a planner has decided about.

    Parameters
    ----------
    kind : str
        ``lock``: stays where it is; ``move``: from ``was`` to ``date``; ``add``: was not planned; ``drop``: is not
        made, nor another to the customer in that week.
    customer_id, rep_id : str
        Who is visited, and by whom from now on.
    date : datetime.date
        Of the visit from now on; of a dropped one, where it stood.
    visit_id : str
        Name of the visit in the plan that was edited; empty for an added one.
    was : datetime.date, optional
        Where a moved visit stood.
    begin : str
        Time of an appointment, ``09:30``; empty for any.
    who, noted, why : str
        Who said so, when (ISO 8601) and for what reason.
    """

    kind: str
    customer_id: str
    rep_id: str
    date: dt.date
    visit_id: str = ""
    was: dt.date | None = None
    begin: str = ""
    who: str = ""
    noted: str = ""
    why: str = ""

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise PlanError(f"edit: expected one of {', '.join(KINDS)}, found {self.kind!r}.")

    @property
    def key(self) -> str:
        """What the edit is about: a visit of the plan, or the customer who is added on a day."""
        return self.visit_id or f"{self.customer_id} {self.date}"


@dataclass(frozen=True)
class Wishes:
    """All that a planner wishes of a plan.

    Parameters
    ----------
    settings : PlanSettings
    absences : tuple of Absence
    edits : tuple of Edit
        At most one about each visit.
    """

    settings: PlanSettings = field(default_factory=PlanSettings)
    absences: tuple[Absence, ...] = ()
    edits: tuple[Edit, ...] = ()


def with_edit(wishes: Wishes, edit: Edit) -> Wishes:
    """The wishes with one more edit, which takes the place of an earlier one about the same visit."""
    others = tuple(each for each in wishes.edits if each.key != edit.key)
    return replace(wishes, edits=(*others, edit))


def without(wishes: Wishes, key: str) -> Wishes:
    """The wishes without the edit about a visit."""
    return replace(wishes, edits=tuple(each for each in wishes.edits if each.key != key))


def wishes_of(workspace: Path, plan: str) -> Wishes:
    """What is wished of a plan now: what was noted on it last, else what it was made with.

    Parameters
    ----------
    workspace : Path
    plan : str
        Version of the plan.
    """
    store = Workspace.open(workspace, create=False)
    noted = store.head(EDITS, plan)
    return made_with(workspace, plan) if noted is None else from_document(_mapping(store.document(noted, WISHES)))


def made_with(workspace: Path, plan: str) -> Wishes:
    """The wishes that a plan has heeded."""
    store = Workspace.open(workspace, create=False)
    version = store.version(plan)
    return from_document(_mapping(store.document(version, WISHES))) if store.has(version, WISHES) else Wishes()


def keep_wishes(workspace: Path, plan: str, wishes: Wishes) -> str:
    """Keep what is wished of a plan.

    Parameters
    ----------
    workspace : Path
    plan : str
    wishes : Wishes

    Returns
    -------
    str
        The version that holds them.

    Raises
    ------
    WorkspaceError
        When there is no such plan.
    """
    store = Workspace.open(workspace, create=False)
    store.version(plan)
    meta = {"plan": plan, "edits": len(wishes.edits), "absences": len(wishes.absences)}
    return store.publish(EDITS, {WISHES: as_document(wishes)}, meta, parents=(plan,), label=plan)


def newest_plan(workspace: Workspace, name: str = "") -> str:
    """A plan's version by its name; the newest when none is given.

    Raises
    ------
    PlanError
        When there is none.
    """
    if name:
        version = workspace.version(name)
        if version.kind != PLAN:
            raise PlanError(f"--replan: expected the version of a plan, found {name}. Leave it out for the newest.")
        return version.id
    head = workspace.head(PLAN)
    if head is None:
        raise PlanError("--replan: expected a plan that stands, found none. Make one with `twin plan SCENARIO.toml`.")
    return head.id


def as_document(wishes: Wishes) -> dict[str, Any]:
    """The wishes as a document of JSON types."""
    return {
        "settings": {name: _told(getattr(wishes.settings, name)) for name in SETTABLE},
        "absences": [_plain(each) for each in wishes.absences],
        "edits": [_plain(each) for each in wishes.edits],
    }


def from_document(document: Mapping[str, Any]) -> Wishes:
    """Wishes from a document; see :func:`as_document`.

    Raises
    ------
    PlanError
        For hours that are none, and for edits of an unknown kind.
    """
    stated = {name: value for name, value in document.get("settings", {}).items() if name in SETTABLE}
    stated |= {name: tuple(stated[name]) for name in ("weekdays",) if name in stated}
    stated |= {name: tuple(map(dt.date.fromisoformat, stated[name])) for name in ("also_closed",) if name in stated}
    absences = tuple(Absence(**_dated(each, "first", "last")) for each in document.get("absences", ()))
    edits = tuple(Edit(**_dated(each, "date", "was")) for each in document.get("edits", ()))
    return Wishes(settings_of(stated), absences, edits)


def settings_of(stated: Mapping[str, Any]) -> PlanSettings:
    """Settings with what a planner states of them.

    Raises
    ------
    PlanError
        When the hours cannot be those of a day.
    """
    try:
        return replace(PlanSettings(), **stated)
    except (TypeError, ValueError) as error:
        raise PlanError(f"working day: {error}. Give hours that follow one another.") from error


def absences_of(texts: Sequence[str]) -> tuple[Absence, ...]:
    """Absences as the command line has them: ``REP:FIRST:LAST``, or ``REP:DAY`` for one day.

    Raises
    ------
    PlanError
        For what is no such text.
    """
    found = []
    for text in texts:
        rep, *days = text.rsplit(":", 2) if text.count(":") > 1 else text.split(":")
        try:
            first, last = (dt.date.fromisoformat(day) for day in (days[0], days[-1]))
        except (ValueError, IndexError) as error:
            raise PlanError(f"--absent: expected REP:FIRST:LAST with dates like 2026-01-31, found {text!r}.") from error
        found.append(Absence(rep, first, last))
    return tuple(found)


def _told(value: Any) -> Any:
    """A setting in JSON types."""
    if isinstance(value, tuple):
        return [each.isoformat() if isinstance(each, dt.date) else each for each in value]
    return value


def _plain(noun: Absence | Edit) -> dict[str, Any]:
    return {name: value.isoformat() if isinstance(value, dt.date) else value
            for name, value in dataclasses.asdict(noun).items()}  # fmt: skip


def _dated(raw: Mapping[str, Any], *names: str) -> dict[str, Any]:
    days = {name: dt.date.fromisoformat(raw[name]) for name in names if raw.get(name)}
    return {**raw, **days}


def _mapping(document: dict | list | str) -> Mapping[str, Any]:
    return document if isinstance(document, dict) else {}
