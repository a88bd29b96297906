"""Calendars: a visit plan as one calendar file a rep.

Knows appointments, not how a plan is made.
"""

from __future__ import annotations

import datetime as dt
import zoneinfo
from collections.abc import Iterator
from pathlib import Path

import icalendar
import pandas as pd

from twin.workspace.plan_look import WORDS, Look, placed, rep_files, text


def write_calendars(frame: pd.DataFrame, folder: Path, look: Look) -> list[Path]:
    """``plan-REP.ics`` for every rep."""
    gone = frame.iloc[:0] if look.cancelled is None else look.cancelled
    gone = gone.sort_values(["start", "visit_id"], kind="stable")
    paths = []
    # a rep of whom nothing but cancelled visits is left has a file, too
    for rep, mine, path in rep_files(pd.concat([frame.assign(_gone=False), gone.assign(_gone=True)]), folder, "ics"):
        path.write_bytes(_calendar(rep, mine[~mine["_gone"]], gone[gone["rep_id"] == rep], look).to_ical())
        paths.append(path)
    return paths


def zone_of(look: Look) -> zoneinfo.ZoneInfo | None:
    """Time zone of the local times; none where it is not known, and times float."""
    return zoneinfo.ZoneInfo(look.timezone) if look.timezone else None


def _calendar(rep: str, frame: pd.DataFrame, gone: pd.DataFrame, look: Look) -> icalendar.Calendar:
    words, zone = WORDS[look.locale], zone_of(look)
    calendar = icalendar.Calendar()
    calendar.add("prodid", "-//territory-twin//visit plan//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", rep)
    for row in frame.to_dict("records"):
        event = icalendar.Event()
        name = text(row.get("customer_name")) or str(row["customer_id"])
        what = words["visit"] if row["kind"] == "visit" else f"{words['task']} ({row['channel']})"
        event.add("uid", f"{row['visit_id']}@territory-twin")
        event.add("dtstamp", look.stamp)
        event.add("sequence", _sequence(row))
        event.add("status", "CONFIRMED")
        event.add("dtstart", row["start"].to_pydatetime().replace(tzinfo=zone))
        event.add("dtend", row["end"].to_pydatetime().replace(tzinfo=zone))
        event.add("summary", f"{what}: {name}" + (f", {row['condition']}" if text(row.get("condition")) else ""))
        event.add("description", "\n".join(_notes(row, words)))
        event.add("categories", [str(row["channel"])])
        if row["kind"] == "visit":
            event.add("location", name)
            if placed(row):
                event.add("geo", (row["lat"], row["lon"]))
        calendar.add_component(event)
    for row in gone.to_dict("records"):
        calendar.add_component(_cancelled(row, look))
    days = pd.concat([frame["date"], gone["date"]])
    if len(days):
        # two years around the plan are enough, and keep the file short
        years = days.min().year - 1, days.max().year + 2
        calendar.add_missing_timezones(first_date=dt.date(years[0], 1, 1), last_date=dt.date(years[1], 1, 1))
    return calendar


def _cancelled(row: dict, look: Look) -> icalendar.Event:
    """An event that is taken back: the name of the one before, a higher sequence, and nobody's name."""
    words, zone = WORDS[look.locale], zone_of(look)
    event = icalendar.Event()
    event.add("uid", f"{row['visit_id']}@territory-twin")
    event.add("dtstamp", look.stamp)
    event.add("sequence", _sequence(row))
    event.add("status", "CANCELLED")
    event.add("transp", "TRANSPARENT")
    event.add("dtstart", row["start"].to_pydatetime().replace(tzinfo=zone))
    event.add("dtend", row["end"].to_pydatetime().replace(tzinfo=zone))
    event.add("summary", f"{words['cancelled']}: {words['visit' if row['kind'] == 'visit' else 'task'].lower()}")
    return event


def _sequence(row: dict) -> int:
    """How often the row has changed since it was first announced: of two events of one name the later one counts."""
    value = row.get("revision")
    return 0 if value is None or pd.isna(value) else int(value)


def _notes(row: dict, words: dict[str, str]) -> Iterator[str]:
    yield str(row["customer_id"])
    if text(row.get("reason")):
        yield f"{words['reason']}: {row['reason']}"
    if pd.notna(row.get("expected_gain")):
        low, high = (f"{row[f'expected_gain_{band}']:.1f}" for band in ("p10", "p90"))
        yield f"{words['gain']}: {row['expected_gain']:.1f} ({low} - {high})"
