"""Workbook: a visit plan as a spreadsheet with a sheet a rep.

Knows cells and sheets, not how a plan is made.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import xlsxwriter

from twin.workspace.plan_look import WORDS, Look, by_rep


def write_workbook(frame: pd.DataFrame, folder: Path, look: Look) -> list[Path]:
    """``plan.xlsx``: an overview, then a sheet a rep."""
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
        _sheet(book, _sheet_name(WORDS[look.locale]["overview"], used), _overview(frame), looks)
        for rep, mine in by_rep(frame):
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
