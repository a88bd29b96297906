"""Plan files: a visit plan for spreadsheets, calendars and maps, all files or none.

Knows the columns of a plan, not how it was made.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import secrets
import shutil
import zoneinfo
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import pandas as pd

from twin.errors import TwinError
from twin.scenario.words import meant
from twin.workspace import atomic
from twin.workspace.exports import write_table
from twin.workspace.plan_calendars import write_calendars
from twin.workspace.plan_crm import CrmForm, write_crm
from twin.workspace.plan_look import WORDS, Look, placed
from twin.workspace.plan_sheets import write_day_sheets
from twin.workspace.plan_tracks import write_tracks
from twin.workspace.plan_workbook import write_workbook

FORMATS = ("csv", "xlsx", "ics", "geojson", "gpx", "pdf", "crm")
REQUIRED = (
    "visit_id",
    "kind",
    "rep_id",
    "customer_id",
    "channel",
    "date",
    "start",
    "end",
    "seq",
    "travel_min",
    "travel_km",
)
"""Columns without which a table is no plan."""


def write_plan(
    plan_frame: pd.DataFrame,
    folder: Path | str,
    formats: Sequence[str],
    locale: str = "",
    timezone: str = "Europe/Istanbul",
    stamp: dt.datetime | None = None,
    crm: CrmForm | None = None,
    cancelled: pd.DataFrame | None = None,
) -> list[Path]:
    """Write a plan in several formats: all files or none; files of these names are replaced.

    Parameters
    ----------
    plan_frame : pandas.DataFrame
        Columns of :meth:`twin.planning.plan.VisitPlan.columns`; ``start`` and ``end`` in local time.
    folder : Path or str
        Made when missing.
    formats : sequence of str
        Of :data:`FORMATS`: one table, one workbook with a sheet a rep, one calendar a rep, one map, routes and day
        sheets in one file a rep, one table for a customer system.
    locale : str
        ``tr`` writes the table as a Turkish spreadsheet reads it, and Turkish words into calendars and workbook.
    timezone : str
        Of the local times; empty where it is not known: calendars then show them as they are wherever they are read.
    stamp : datetime, optional
        When the plan was made, for calendars that already hold an older one; without it, the plan's first day, so that
        the same plan gives the same bytes.
    crm : CrmForm, optional
        Columns that the customer system wants.
    cancelled : pandas.DataFrame, optional
        Events of older plans that calendars should take out, see :mod:`twin.workspace.plan_calendars`.

    Returns
    -------
    list of Path
        In the order of ``formats``. A ``TwinError`` tells of an unknown format or time zone, a table that is no plan,
        or a folder that cannot be written.
    """
    folder = Path(folder)
    _check(plan_frame, formats, locale, timezone)
    first = plan_frame["date"].min() if len(plan_frame) else pd.Timestamp("2000-01-01")
    moment = stamp or dt.datetime.combine(first.date(), dt.time(), dt.UTC)
    look = Look(locale, timezone, moment, cancelled)
    writers = {**_WRITERS, "crm": partial(write_crm, form=crm)}
    frame = plan_frame.sort_values(["rep_id", "start", "visit_id"], kind="stable").reset_index(drop=True)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        incoming = folder / f"{atomic.TEMPORARY}{os.getpid()}-{secrets.token_hex(8)}"
        incoming.mkdir()
        try:
            written = [path for form in dict.fromkeys(formats) for path in writers[form](frame, incoming, look)]
            # everything is on disk under temporary names before the first file takes its place
            return [path.replace(folder / path.name) for path in written]
        finally:
            shutil.rmtree(incoming, ignore_errors=True)
    except OSError as error:
        raise TwinError(
            f"{folder}: the plan cannot be written ({error.strerror or error}). Name another place."
        ) from error


def check_formats(formats: Sequence[str]) -> None:
    """Refuse a format that does not exist, before any work is done.

    Raises
    ------
    TwinError
        Naming the nearest one.
    """
    for form in formats:
        if form not in FORMATS:
            raise TwinError(
                f"formats: expected some of {', '.join(FORMATS)}, found {form!r}. {meant(str(form), FORMATS)}"
            )


def _check(frame: pd.DataFrame, formats: Sequence[str], locale: str, timezone: str) -> None:
    check_formats(formats)
    if locale not in WORDS:
        raise ValueError(f"locale: expected one of {tuple(WORDS)}, got {locale!r}")
    try:
        zoneinfo.ZoneInfo(timezone or "UTC")
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise TwinError(
            f"timezone: expected a name like Europe/Istanbul, found {timezone!r}. Name a time zone of the tz database."
        ) from error
    if absent := [name for name in REQUIRED if name not in frame.columns]:
        raise TwinError(
            f"plan: expected the column {absent[0]}, found {', '.join(frame.columns[:6])}... Make a plan first."
        )


def _csv(frame: pd.DataFrame, folder: Path, look: Look) -> list[Path]:
    return [write_table(frame, folder / "plan.csv", locale=look.locale)]


def _geojson(frame: pd.DataFrame, folder: Path, look: Look) -> list[Path]:
    features = [_point(row) for row in frame[frame["kind"] == "visit"].to_dict("records")]
    for (rep, date), mine in frame[frame["kind"] == "visit"].groupby(["rep_id", "date"], sort=True):
        corners = [[row["lon"], row["lat"]] for row in mine.sort_values("seq").to_dict("records") if placed(row)]
        if len(corners) > 1:
            line = {"type": "LineString", "coordinates": corners}
            facts = {"kind": "tour", "rep_id": str(rep), "date": date.date().isoformat(), "visits": len(mine)}
            features.append({"type": "Feature", "geometry": line, "properties": facts})
    body = ",\n".join(json.dumps(feature, ensure_ascii=False, allow_nan=False) for feature in features)
    path = folder / "plan.geojson"
    path.write_bytes(f'{{"type": "FeatureCollection", "features": [\n{body}\n]}}\n'.encode())
    return [path]


def _point(row: dict) -> dict:
    facts = {name: _plain(value) for name, value in row.items() if name not in ("lon", "lat")}
    point = {"type": "Point", "coordinates": [row["lon"], row["lat"]]} if placed(row) else None
    return {"type": "Feature", "id": str(row["visit_id"]), "geometry": point, "properties": facts}


def _plain(value: object) -> object:
    if isinstance(value, str) or value is None:
        return value
    if pd.isna(value):
        return None
    if isinstance(value, pd.Timestamp):
        return value.date().isoformat() if value.time() == dt.time() else value.isoformat()
    return value if isinstance(value, bool | int | float) else str(value)


_WRITERS: dict[str, Callable[[pd.DataFrame, Path, Look], list[Path]]] = {
    "csv": _csv,
    "xlsx": write_workbook,
    "ics": write_calendars,
    "geojson": _geojson,
    "gpx": write_tracks,
    "pdf": write_day_sheets,
}
