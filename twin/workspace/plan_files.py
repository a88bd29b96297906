"""Plan files: a visit plan for spreadsheets, calendars and maps.

Knows the columns of a plan, not how it was made.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import os
import secrets
import shutil
import zoneinfo
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import icalendar
import pandas as pd
import xlsxwriter

from twin.errors import TwinError
from twin.scenario.words import meant
from twin.workspace import atomic
from twin.workspace.exports import write_table

FORMATS = ("csv", "xlsx", "ics", "geojson")
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

_WORDS = {
    "": {"visit": "Visit", "task": "Task", "overview": "Overview", "reason": "Why", "gain": "Expected gain"},
    "tr": {"visit": "Ziyaret", "task": "Görev", "overview": "Özet", "reason": "Neden", "gain": "Beklenen kazanç"},
}


@dataclass(frozen=True)
class _Look:
    """How a plan is written: locale, time zone, and the moment that calendars take for its making."""

    locale: str
    timezone: str
    stamp: dt.datetime


def write_plan(
    plan_frame: pd.DataFrame,
    folder: Path | str,
    formats: Sequence[str],
    locale: str = "",
    timezone: str = "Europe/Istanbul",
    stamp: dt.datetime | None = None,
) -> list[Path]:
    """Write a plan in several formats: all files or none; files of these names are replaced.

    Parameters
    ----------
    plan_frame : pandas.DataFrame
        Columns of :meth:`twin.planning.plan.VisitPlan.columns`; ``start`` and ``end`` in local time.
    folder : Path or str
        Made when missing.
    formats : sequence of str
        Of :data:`FORMATS`: one table, one workbook with a sheet a rep, one calendar a rep, one map.
    locale : str
        ``tr`` writes the table as a Turkish spreadsheet reads it, and Turkish words into calendars and workbook.
    timezone : str
        Of the local times.
    stamp : datetime, optional
        When the plan was made, for calendars that already hold an older one; without it, the plan's first day, so that
        the same plan gives the same bytes.

    Returns
    -------
    list of Path
        In the order of ``formats``.

    Raises
    ------
    TwinError
        For an unknown format or time zone, a table that is no plan, or a folder that cannot be written.
    """
    folder = Path(folder)
    _check(plan_frame, formats, locale, timezone)
    first = plan_frame["date"].min() if len(plan_frame) else pd.Timestamp("2000-01-01")
    moment = stamp or dt.datetime.combine(first.date(), dt.time(), dt.UTC)
    look = _Look(locale, timezone, moment)
    frame = plan_frame.sort_values(["rep_id", "start", "visit_id"], kind="stable").reset_index(drop=True)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        incoming = folder / f"{atomic.TEMPORARY}{os.getpid()}-{secrets.token_hex(8)}"
        incoming.mkdir()
        try:
            written = [path for form in dict.fromkeys(formats) for path in _WRITERS[form](frame, incoming, look)]
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
    if locale not in _WORDS:
        raise ValueError(f"locale: expected one of {tuple(_WORDS)}, got {locale!r}")
    try:
        zoneinfo.ZoneInfo(timezone)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise TwinError(
            f"timezone: expected a name like Europe/Istanbul, found {timezone!r}. Name a time zone of the tz database."
        ) from error
    if absent := [name for name in REQUIRED if name not in frame.columns]:
        raise TwinError(
            f"plan: expected the column {absent[0]}, found {', '.join(frame.columns[:6])}... Make a plan first."
        )


def _csv(frame: pd.DataFrame, folder: Path, look: _Look) -> list[Path]:
    return [write_table(frame, folder / "plan.csv", locale=look.locale)]


def _xlsx(frame: pd.DataFrame, folder: Path, look: _Look) -> list[Path]:
    path = folder / "plan.xlsx"
    with xlsxwriter.Workbook(path, {"in_memory": True}) as book:
        # a workbook remembers when it was made: the plan's own moment, so that equal plans are equal files
        book.set_properties({"created": look.stamp.replace(tzinfo=None)})
        looks = {
            name: book.add_format(form)
            for name, form in {
                "head": {"bold": True, "bottom": 1},
                "date": {"num_format": "dd.mm.yyyy" if look.locale == "tr" else "yyyy-mm-dd"},
                "time": {"num_format": "hh:mm"},
                "figure": {"num_format": "0.0"},
            }.items()
        }
        used: set[str] = set()
        _sheet(book, _sheet_name(_WORDS[look.locale]["overview"], used), _overview(frame), looks)
        for rep, mine in _by_rep(frame):
            _sheet(book, _sheet_name(rep, used), mine.drop(columns="rep_id"), looks)
    return [path]


def _overview(frame: pd.DataFrame) -> pd.DataFrame:
    """One row a rep and day."""
    visit = frame["kind"] == "visit"
    minutes = (frame["end"] - frame["start"]).dt.total_seconds() / 60.0
    facts = frame.assign(visits=visit.astype(int), tasks=(~visit).astype(int), visiting_min=minutes.where(visit, 0.0))
    by = facts.groupby(["rep_id", "date"], sort=True)
    return by.agg(
        visits=("visits", "sum"),
        tasks=("tasks", "sum"),
        first=("start", "min"),
        last=("end", "max"),
        visiting_min=("visiting_min", "sum"),
        travel_min=("travel_min", "sum"),
        travel_km=("travel_km", "sum"),
    ).reset_index()


def _sheet(book: xlsxwriter.Workbook, name: str, frame: pd.DataFrame, looks: dict) -> None:
    sheet = book.add_worksheet(name)
    sheet.freeze_panes(1, 0)
    for place, column in enumerate(frame.columns):
        values = frame[column]
        sheet.write_string(0, place, str(column), looks["head"])
        if pd.api.types.is_datetime64_any_dtype(values):
            look = looks["date" if (values == values.dt.normalize()).all() else "time"]
            sheet.set_column(place, place, 11)
            for row, value in enumerate(values, start=1):
                if not pd.isna(value):
                    sheet.write_datetime(row, place, value.to_pydatetime(), look)
        elif pd.api.types.is_bool_dtype(values):
            for row, value in enumerate(values, start=1):
                sheet.write_boolean(row, place, bool(value))
        elif pd.api.types.is_numeric_dtype(values):
            # coordinates keep their digits
            look = looks["figure"] if pd.api.types.is_float_dtype(values) and column not in ("lon", "lat") else None
            for row, value in enumerate(values, start=1):
                if not pd.isna(value):
                    sheet.write_number(row, place, float(value), look)
        else:
            longest = max([len(str(column)), *(len(str(value)) for value in values)])
            sheet.set_column(place, place, min(longest, 60) + 1)
            for row, value in enumerate(values, start=1):
                if not pd.isna(value):
                    sheet.write_string(row, place, str(value))


def _sheet_name(name: str, used: set[str]) -> str:
    """A name that a workbook takes: short, without its seven signs, unlike every other in any case."""
    clean = "".join("_" if sign in "[]:*?/\\" or not sign.isprintable() else sign for sign in name).strip("' ") or "rep"
    clean = clean if clean.lower() != "history" else "history_"  # a name that spreadsheets keep for themselves
    place, number = clean[:31], 1
    while place.lower() in used:
        number += 1
        tail = f" ({number})"
        place = clean[: 31 - len(tail)] + tail
    used.add(place.lower())
    return place


def _ics(frame: pd.DataFrame, folder: Path, look: _Look) -> list[Path]:
    paths, used = [], set()
    for rep, mine in _by_rep(frame):
        path = folder / f"plan-{_file_name(rep, used)}.ics"
        path.write_bytes(_calendar(rep, mine, look).to_ical())
        paths.append(path)
    return paths


def _calendar(rep: str, frame: pd.DataFrame, look: _Look) -> icalendar.Calendar:
    words, zone = _WORDS[look.locale], zoneinfo.ZoneInfo(look.timezone)
    calendar = icalendar.Calendar()
    calendar.add("prodid", "-//territory-twin//visit plan//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", rep)
    for row in frame.to_dict("records"):
        event = icalendar.Event()
        name = _text(row.get("customer_name")) or str(row["customer_id"])
        what = words["visit"] if row["kind"] == "visit" else f"{words['task']} ({row['channel']})"
        event.add("uid", f"{row['visit_id']}@territory-twin")
        event.add("dtstamp", look.stamp)
        event.add("dtstart", row["start"].to_pydatetime().replace(tzinfo=zone))
        event.add("dtend", row["end"].to_pydatetime().replace(tzinfo=zone))
        event.add("summary", f"{what}: {name}" + (f", {row['condition']}" if _text(row.get("condition")) else ""))
        event.add("description", "\n".join(_notes(row, words)))
        event.add("categories", [str(row["channel"])])
        if row["kind"] == "visit":
            event.add("location", name)
            if _placed(row):
                event.add("geo", (row["lat"], row["lon"]))
        calendar.add_component(event)
    if len(frame):
        # two years around the plan are enough, and keep the file short
        years = frame["date"].min().year - 1, frame["date"].max().year + 2
        calendar.add_missing_timezones(first_date=dt.date(years[0], 1, 1), last_date=dt.date(years[1], 1, 1))
    return calendar


def _notes(row: dict, words: dict[str, str]) -> Iterator[str]:
    yield str(row["customer_id"])
    if _text(row.get("reason")):
        yield f"{words['reason']}: {row['reason']}"
    if pd.notna(row.get("expected_gain")):
        low, high = (f"{row[f'expected_gain_{band}']:.1f}" for band in ("p10", "p90"))
        yield f"{words['gain']}: {row['expected_gain']:.1f} ({low} - {high})"


def _geojson(frame: pd.DataFrame, folder: Path, look: _Look) -> list[Path]:
    features = [_point(row) for row in frame[frame["kind"] == "visit"].to_dict("records")]
    for (rep, date), mine in frame[frame["kind"] == "visit"].groupby(["rep_id", "date"], sort=True):
        corners = [[row["lon"], row["lat"]] for row in mine.sort_values("seq").to_dict("records") if _placed(row)]
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
    point = {"type": "Point", "coordinates": [row["lon"], row["lat"]]} if _placed(row) else None
    return {"type": "Feature", "id": str(row["visit_id"]), "geometry": point, "properties": facts}


def _plain(value: object) -> object:
    if isinstance(value, str) or value is None:
        return value
    if pd.isna(value):
        return None
    if isinstance(value, pd.Timestamp):
        return value.date().isoformat() if value.time() == dt.time() else value.isoformat()
    return value if isinstance(value, bool | int | float) else str(value)


def _placed(row: dict) -> bool:
    return bool(pd.notna(row.get("lon")) and pd.notna(row.get("lat")))


def _text(value: object) -> str:
    return "" if value is None or pd.isna(value) else str(value)


def _by_rep(frame: pd.DataFrame) -> Iterator[tuple[str, pd.DataFrame]]:
    for rep, mine in frame.groupby("rep_id", sort=True):
        yield str(rep), mine


def _file_name(name: str, used: set[str]) -> str:
    """Part of a file name that every disk takes; different ids never share one."""
    safe = "".join(sign if sign.isalnum() or sign in "-_" else "_" for sign in name)[:80]
    if safe != name or safe.casefold() in used:
        safe += "-" + hashlib.blake2b(name.encode(), digest_size=4).hexdigest()
    used.add(safe.casefold())
    return safe


_WRITERS: dict[str, Callable[[pd.DataFrame, Path, _Look], list[Path]]] = {
    "csv": _csv,
    "xlsx": _xlsx,
    "ics": _ics,
    "geojson": _geojson,
}
