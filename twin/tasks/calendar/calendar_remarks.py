"""Remarks on the rivals' calendar in a workspace: every one ever made, the last word on each move, and names for ever.

A remark is published by itself and never replaced, so that two people who teach at once lose nothing.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence

import pandas as pd

from twin.market.remarks import Remark
from twin.market.world import World
from twin.tasks.shelf import CALIBRATION, REMARKS
from twin.weeks import week_of_date
from twin.workspace.store import Workspace

COLUMNS = (
    "id", "action", "brand", "start", "end", "was_start", "was_end", "strength", "territories", "noted", "who", "why",
)  # fmt: skip
NAMES = "calendar_ids"
"""Part of a calibration: every name ever given, and where its move stood last."""
_REGISTER = {"id": object, "brand": object, "start": "datetime64[s]", "end": "datetime64[s]"}
_NEAR_WEEKS = 3
_DAYS = ("start", "end", "was_start", "was_end")


def log_of(workspace: Workspace) -> pd.DataFrame:
    """Every remark ever made, in order; columns :data:`COLUMNS`."""
    versions = reversed(workspace.versions(REMARKS))
    tables = [workspace.table(version, "remarks", list(COLUMNS)) for version in versions]
    rows = pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=list(COLUMNS))
    return rows.sort_values("noted", kind="stable", ignore_index=True)


def keep(workspace: Workspace, rows: Sequence[dict[str, object]]) -> str:
    """Publish remarks; the version's id."""
    table = pd.DataFrame(list(rows), columns=list(COLUMNS))
    for name in _DAYS:
        table[name] = pd.to_datetime(table[name]).dt.as_unit("s")
    table["strength"] = table["strength"].astype(float)
    head = workspace.head(REMARKS)
    meta = {"noted": str(table["noted"].max()), "rows": len(table)}
    return workspace.publish(REMARKS, {"remarks": table}, meta, parents=() if head is None else (head.id,))


def standing(log: pd.DataFrame, until: dt.date | None = None) -> pd.DataFrame:
    """The last word on each move, remarks made after ``until`` left out; where it stood at first is kept."""
    if until is not None:
        log = log[log["noted"].str[:10] <= until.isoformat()]
    if not len(log):
        return log
    first = log.groupby("id", sort=False)[["was_start", "was_end"]].first()
    last = log.groupby("id", sort=False).tail(1).set_index("id")
    last[["was_start", "was_end"]] = first.loc[last.index]
    return last.reset_index()[list(COLUMNS)]


def taught(workspace: Workspace, world: World, until: dt.date | None = None) -> tuple[Remark, ...]:
    """What people said of the moves of a world's brands, as the calibration reads it."""
    brands = {str(name): place for place, name in enumerate(world.brands.names)}
    zones = {str(name): place for place, name in enumerate(world.territories)}
    found = []
    for row in standing(log_of(workspace), until).to_dict("records"):
        if row["brand"] not in brands:
            continue  # of a dataset with other brands: it stays in the log and speaks again when the brand returns
        where = tuple(sorted(zones[name] for name in split(row["territories"]) if name in zones))
        if split(row["territories"]) and not where:
            continue
        start, stop = weeks(row["start"], row["end"])
        was_start, was_stop = weeks(row["was_start"], row["was_end"])
        noted = week_of_date(dt.date.fromisoformat(row["noted"][:10]))
        found.append(
            Remark(
                row["id"], row["action"], brands[row["brand"]], start, stop, was_start, was_stop,
                float(row["strength"]), where, noted, row["who"], row["why"],
            )
        )  # fmt: skip
    return tuple(found)


def weeks(first: pd.Timestamp, last: pd.Timestamp) -> tuple[int, int]:
    """Weeks that a span of days touches, half-open."""
    return week_of_date(pd.Timestamp(first).date()), week_of_date(pd.Timestamp(last).date()) + 1


def split(territories: str) -> list[str]:
    """Names in a list of territories; none for everywhere."""
    return [name.strip() for name in re.split("[,;]", territories) if name.strip()]


# --- names -------------------------------------------------------------------------------------------------------


def named(workspace: Workspace, table: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """A calendar whose every move has its name, and the register of all names.

    A move keeps the name of the one that stood nearest at the last calibration, up to three weeks away; the same goes
    for moves that a person has spoken of. A new one is named after its brand and first day.

    Parameters
    ----------
    workspace : Workspace
    table : pandas.DataFrame
        As from :func:`twin.calibration.calendar.rival_calendar.table`.
    """
    register = register_of(workspace)
    free = {name: (row["brand"], *_middle(row)) for name, row in register.set_index("id").iterrows()}
    names = list(table["id"])
    for name in names:
        free.pop(name, None)
    pairs = []
    for place, row in table.iterrows():
        if not names[place]:
            start, stop = _middle(row)
            pairs += [
                (abs(start - a) + abs(stop - b), place, name)
                for name, (brand, a, b) in free.items()
                if brand == row["brand"] and min(abs(start - a), abs(stop - b)) <= _NEAR_WEEKS
            ]
    for _, place, name in sorted(pairs):
        if not names[place] and name not in names:
            names[place] = name
    taken = {*names, *register["id"]}
    for place, row in table.iterrows():
        if not names[place]:
            names[place] = new_name(row["brand"], row["start"], taken)
            taken.add(names[place])
    table = table.assign(id=pd.array(names, dtype=object))
    now = table[["id", "brand", "start", "end"]]
    kept = register[~register["id"].isin(names)]
    # of one form whether it was read or has just been made, so that the same calibration has the same bytes
    both = pd.concat([one.astype(_REGISTER) for one in (kept, now) if len(one)] or [now.astype(_REGISTER)])
    return table, both.sort_values("id", ignore_index=True)


def named_calendar(workspace: Workspace, table: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """The parts of a calibration that hold the calendar and the register of names."""
    table, register = named(workspace, table)
    return {"rival_calendar": table, NAMES: register}


def remarks_meta(workspace: Workspace, until: dt.date | None = None) -> dict[str, list[str]]:
    """What a calibration writes down of the remarks that it has seen; nothing where there is none."""
    seen = [f"{row['id']} {row['noted']}" for row in standing(log_of(workspace), until).to_dict("records")]
    return {"remarks": seen} if seen else {}


def register_of(workspace: Workspace) -> pd.DataFrame:
    """Names of the last calibration, and of every remark."""
    columns, tables = ["id", "brand", "start", "end"], []
    for version in workspace.versions(CALIBRATION):
        if workspace.has(version, NAMES):
            tables.append(workspace.table(version, NAMES))
            break
    log = standing(log_of(workspace))
    if len(log):
        tables.append(log.assign(start=log["was_start"], end=log["was_end"])[columns])
    if not tables:
        return pd.DataFrame(columns=columns)
    return pd.concat(tables, ignore_index=True).drop_duplicates("id", ignore_index=True)


def new_name(brand: str, start: object, taken: set[str]) -> str:
    """Name of a move: brand and first day, and a number where that is taken."""
    words = re.findall(r"[^\W_]+", brand.casefold())
    stem = "-".join([*(words or ["rival"]), pd.Timestamp(start).date().isoformat()])  # type: ignore[arg-type]
    return next(name for name in (stem, *(f"{stem}-{n}" for n in range(2, 10_000))) if name not in taken)


def _middle(row: pd.Series) -> tuple[float, float]:
    """First and last day in weeks."""
    return tuple(pd.Timestamp(row[edge]).toordinal() / 7 for edge in ("start", "end"))  # type: ignore[return-value]
