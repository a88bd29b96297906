"""calendar: the rivals' moves as the twin knows them, and what a person says of them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from twin.errors import InputError, Problem
from twin.market.remarks import ACTIONS
from twin.market.world import World
from twin.scenario.words import meant
from twin.tasks.calendar.calendar_files import read_moves
from twin.tasks.calendar.calendar_remarks import COLUMNS, keep, log_of, new_name, register_of, split, standing, weeks
from twin.tasks.shelf import CALIBRATION, load_dataset
from twin.workspace.exports import write_table
from twin.workspace.store import Workspace

_FILE = "calendar"
_LONGEST_DAYS = 366


@dataclass(frozen=True)
class Wish:
    """What somebody wants to say of one move; what is empty stays as it is.

    Parameters
    ----------
    action : str
        ``add``, ``edit``, ``confirm`` or ``reject``.
    id : str
        Of the move; an added one gets its own.
    brand : str
    start, end : datetime.date, optional
        First and last day.
    strength : float, optional
        1 = that brand's average.
    territories : str, optional
        Names, separated by commas; ``all`` for everywhere.
    why : str
    who : str
    row : int, optional
        Line of the file that it stands in.
    """

    action: str
    id: str = ""
    brand: str = ""
    start: dt.date | None = None
    end: dt.date | None = None
    strength: float | None = None
    territories: str | None = None
    why: str = ""
    who: str = ""
    row: int | None = None


def list_moves(workspace: Workspace) -> dict[str, Any]:
    """The calendar as it was last calibrated, what people said of it, and what the next calibration will take up.

    Returns
    -------
    dict
        ``calibration`` (version or ``None``); ``moves``: rows of ``rival_calendar``, each with ``said`` (the last
        remark's action, or empty) and ``said_why``; ``remarks``: the last word on every move; ``pending``: how many
        of them the calibration has not seen.
    """
    version, last = workspace.head(CALIBRATION), standing(log_of(workspace))
    table = pd.DataFrame() if version is None else workspace.table(version, "rival_calendar")
    said = {row["id"]: row for row in last.to_dict("records")}
    moves = _rows(table)
    for move in moves:
        word = said.get(move.get("id", ""))
        move |= {"said": word["action"], "said_why": word["why"]} if word else {"said": "", "said_why": ""}
    seen = set() if version is None else set(version.meta.get("remarks", ()))
    return {
        "calibration": None if version is None else version.id,
        "moves": moves,
        "remarks": _rows(last),
        "pending": sum(f"{row['id']} {row['noted']}" not in seen for row in said.values()),
    }


def teach(workspace: Workspace, wishes: Sequence[Wish], now: dt.datetime, whole_series: bool = False) -> dict[str, Any]:
    """Keep remarks: all of them, or none where one is at fault.

    Parameters
    ----------
    workspace : Workspace
    wishes : sequence of Wish
    now : datetime.datetime
    whole_series : bool
        What is said of one move is said of all that return with it.

    Returns
    -------
    dict
        ``remarks`` (version), ``made`` (rows), ``pending``.

    Raises
    ------
    InputError
        With every fault of every wish; nothing is kept.
    """
    world, _, _ = load_dataset(workspace)
    known, problems, rows = _known_moves(workspace), [], []
    taken = {*known, *register_of(workspace)["id"]}
    for wish in wishes:
        faults = _faults(wish, known, world)
        problems += faults
        if faults:
            continue
        for one in _with_series(wish, known) if whole_series else [wish]:
            row = _row(one, known.get(one.id, {}), taken, now)
            known[row["id"]] = row | {"series": -1}
            taken.add(row["id"])
            rows.append(row)
    if problems:
        raise InputError(problems)
    version = keep(workspace, rows) if rows else None
    return {"remarks": version, "made": _rows(pd.DataFrame(rows)), "pending": list_moves(workspace)["pending"]}


def import_moves(workspace: Workspace, path: Path, who: str, why: str, now: dt.datetime) -> dict[str, Any]:
    """Teach what a table says; see :func:`twin.tasks.calendar.calendar_files.read_moves` for its columns.

    Returns
    -------
    dict
        As from :func:`teach`, and ``passed_over``: rows of known moves of which the file says nothing.
    """
    rows, passed_over = read_moves(path)
    wishes = [Wish(**{**row, "who": row["who"] or who, "why": row["why"] or why}) for row in rows]
    try:
        return teach(workspace, wishes, now) | {"passed_over": passed_over}
    except InputError as error:
        raise InputError([Problem(**{**p.as_dict(), "file": path.name}) for p in error.problems]) from None


def export_moves(workspace: Workspace, out: Path, locale: str = "") -> dict[str, Any]:
    """Write the calendar as a table that :func:`import_moves` reads: fill ``action`` in, and change what is wrong."""
    told = list_moves(workspace)
    here = {move["id"] for move in told["moves"]}
    moves = [
        *told["moves"],
        *({**row, "said": row["action"], "said_why": row["why"]} for row in told["remarks"] if row["id"] not in here),
    ]
    columns = [
        "id", "brand", "start", "end", "strength", "territories", "probability", "recurring", "anchor", "next_start",
        "next_probability", "source", "said", "said_why",
    ]  # fmt: skip
    frame = pd.DataFrame(moves, columns=columns)
    frame.insert(1, "action", "")
    frame["why"] = ""
    path = write_table(frame, out, locale=locale)
    return {"table": _FILE, "file": str(path), "rows": len(frame)}


def _known_moves(workspace: Workspace) -> dict[str, dict[str, Any]]:
    """Every move that has a name: those of the calendar, and those that were taught."""
    told = list_moves(workspace)
    known = {row["id"]: row for row in told["moves"]}
    for row in told["remarks"]:
        known[row["id"]] = {"series": -1} | known.get(row["id"], {}) | row
    return known


def _faults(wish: Wish, known: dict[str, dict[str, Any]], world: World) -> list[Problem]:
    """What is wrong with a wish."""
    found: list[tuple[str, str, str, str]] = []
    rivals = [str(name) for name in world.brands.names[world.brands.n_own :]]
    zones = [str(name) for name in world.territories]
    if wish.action not in ACTIONS:
        found.append(("action", f"one of {', '.join(ACTIONS)}", repr(wish.action), meant(wish.action, ACTIONS)))
    if wish.action == "add":
        if wish.brand not in rivals:
            found.append(("brand", "a rival's brand", repr(wish.brand), meant(wish.brand, rivals, "Rivals")))
        if wish.start is None or wish.end is None:
            missing = "start" if wish.start is None else "end"
            found.append((missing, "a first and a last day", "none", "Give both, such as 2026-05-04."))
    elif wish.id not in known:
        found.append(("id", "the name of a move", repr(wish.id), meant(wish.id, known, "Moves")))
    if not wish.why.strip():
        found.append(("why", "a reason", "none", "Say why: others will rely on it."))
    move = known.get(wish.id, {})
    start, end = (getattr(wish, edge) or move.get(edge) for edge in ("start", "end"))
    if start is not None and end is not None:
        days = (pd.Timestamp(end) - pd.Timestamp(start)).days
        if not 0 <= days <= _LONGEST_DAYS:
            what = f"a last day up to a year after {pd.Timestamp(start).date()}"
            found.append(("end", what, str(pd.Timestamp(end).date()), "Correct the dates."))
    if wish.strength is not None and not 0 < wish.strength <= 10:
        found.append(("strength", "a number above 0 and up to 10", str(wish.strength), "1 is the brand's average."))
    for name in [] if _everywhere(wish.territories) else split(wish.territories or ""):
        if name not in zones:
            found.append(("territories", "a territory", repr(name), meant(name, zones, "Territories")))
    return [Problem(_FILE, where, expected, got, cure, wish.row) for where, expected, got, cure in found]


def _everywhere(territories: str | None) -> bool:
    return territories is not None and territories.strip().casefold() == "all"


def _with_series(wish: Wish, known: dict[str, dict[str, Any]]) -> list[Wish]:
    """The same wish for every move that returns with this one."""
    move = known.get(wish.id, {})
    if wish.action not in ("confirm", "reject") or move.get("series", -1) < 0:
        return [wish]
    group = [row["id"] for row in known.values() if row["series"] == move["series"] and row["brand"] == move["brand"]]
    return [Wish(wish.action, id=name, why=wish.why, who=wish.who, row=wish.row) for name in group]


def _row(wish: Wish, move: dict[str, Any], taken: set[str], now: dt.datetime) -> dict[str, Any]:
    """One row of the log."""
    start, end = wish.start or move.get("start"), wish.end or move.get("end")
    territories = move.get("territories", "") if wish.territories is None else wish.territories
    written = move.get("action") in ("add", "edit") and pd.notna(move.get("strength"))
    strength = wish.strength if wish.strength is not None else move["strength"] if written else float("nan")
    # a move that was added or edited stays so when it is confirmed
    action = move["action"] if wish.action in ("edit", "confirm") and move.get("action") == "add" else wish.action
    action = "edit" if wish.action == "confirm" and move.get("action") == "edit" else action
    first, last = weeks(pd.Timestamp(start), pd.Timestamp(end))
    assert last > first
    return {
        "id": wish.id or new_name(wish.brand, start, taken),
        "action": action,
        "brand": wish.brand if wish.action == "add" else move["brand"],
        "start": str(pd.Timestamp(start).date()),
        "end": str(pd.Timestamp(end).date()),
        "was_start": str(pd.Timestamp(move.get("was_start", move.get("start", start))).date()),
        "was_end": str(pd.Timestamp(move.get("was_end", move.get("end", end))).date()),
        "strength": strength,
        "territories": "" if _everywhere(territories) else ", ".join(split(territories)),
        "noted": now.isoformat(timespec="microseconds"),
        "who": wish.who,
        "why": " ".join(wish.why.split()),
    }


def _rows(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows for JSON: days as text, nothing where nothing is."""
    rows = []
    for row in table.to_dict("records"):
        plain: dict[str, Any] = {}
        for name, value in row.items():
            if isinstance(value, pd.Timestamp):
                plain[str(name)] = str(value.date())
            else:
                plain[str(name)] = None if value is None or (not isinstance(value, str) and pd.isna(value)) else value
        rows.append(plain)
    return rows


__all__ = ("COLUMNS", "Wish", "export_moves", "import_moves", "list_moves", "teach")
