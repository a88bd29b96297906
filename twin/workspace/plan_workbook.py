"""Workbook: a visit plan as a spreadsheet with a sheet a rep, ready to be printed.

What a rep reads stands on the left and is printed; the columns of the plan as programs know them stand folded beside
it. Knows cells and sheets, not how a plan is made.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import xlsxwriter

from twin.workspace.plan_look import WORDS, Look, by_rep, text

_A4 = 9
_WIDTHS = {"day": 20, "seq": 4, "time": 12, "customer": 33, "channel": 10, "way": 14, "reason": 45, "gain": 10}
"""Printed columns and their widths, in letters: together the width of a page on its side."""
_INK, _PALE, _LINE = "#222222", "#e4eaee", "#9aa5ad"


@dataclass(frozen=True)
class _Pen:
    """What is written with: the book, its looks by name, and the words of a locale."""

    book: xlsxwriter.Workbook
    looks: dict[str, xlsxwriter.format.Format]
    look: Look

    @property
    def words(self) -> dict[str, str]:
        """Words of the locale."""
        return WORDS[self.look.locale]


def write_workbook(frame: pd.DataFrame, folder: Path, look: Look) -> list[Path]:
    """``plan.xlsx``: an overview, then a sheet a rep."""
    path = folder / "plan.xlsx"
    with xlsxwriter.Workbook(path, {"in_memory": True}) as book:
        # a workbook remembers when it was made: the plan's own moment, so that equal plans are equal files
        book.set_properties({"created": look.stamp.replace(tzinfo=None)})
        pen = _Pen(book, {name: book.add_format(form) for name, form in _forms(look).items()}, look)
        used: set[str] = set()
        _overview(pen, _sheet_name(pen.words["overview"], used), frame)
        for rep, mine in by_rep(frame):
            _rep(pen, _sheet_name(rep, used), rep, mine.reset_index(drop=True))
    return [path]


def _forms(look: Look) -> dict[str, dict[str, Any]]:
    """Looks of the cells; those of a day's first row have a line above them."""
    date = {"num_format": "dd.mm.yyyy" if look.locale == "tr" else "yyyy-mm-dd"}
    cell: dict[str, Any] = {"valign": "top", "font_color": _INK}
    forms: dict[str, dict[str, Any]] = {
        "text": cell,
        "wrap": {**cell, "text_wrap": True},
        "bold": {**cell, "bold": True},
        "count": {**cell, "align": "center"},
        "figure": {**cell, "num_format": "0.0"},
    }
    above = {f"{name} above": {**form, "top": 1, "top_color": _LINE} for name, form in forms.items()}
    head: dict[str, Any] = {
        **cell,
        "bold": True,
        "bottom": 1,
        "bg_color": _PALE,
        "valign": "vcenter",
        "text_wrap": True,
    }
    plain: dict[str, dict[str, Any]] = {
        "date": date,
        "clock": {"num_format": "hh:mm"},
        "number": {"num_format": "0.0"},
        "name": {"bold": True},
    }
    return {**forms, **above, **plain, "head": head, "whole": {"num_format": "0"}}


def _rep(pen: _Pen, name: str, rep: str, rows: pd.DataFrame) -> None:
    """What a rep reads, and the plan's own columns folded beside it."""
    sheet, words, n_shown = pen.book.add_worksheet(name), pen.words, len(_WIDTHS)
    sheet.freeze_panes(1, 0)
    for place, (column, width) in enumerate(_WIDTHS.items()):
        sheet.set_column(place, place, width)
        sheet.write_string(0, place, words[column], pen.looks["head"])
    first = (rows["date"] != rows["date"].shift()).tolist()
    for line, (row, new_day) in enumerate(zip(rows.to_dict("records"), first, strict=True), start=1):
        _line(pen, sheet, line, row, new_day)
    _raw(pen, sheet, n_shown + 1, rows.drop(columns="rep_id"))
    last = n_shown + len(rows.columns) - 1
    sheet.set_column(n_shown + 1, last, 12, None, {"level": 1, "hidden": True})
    sheet.set_column(last + 1, last + 1, None, None, {"collapsed": True})
    shown = text(rows["rep_name"].iloc[0]) if "rep_name" in rows else ""
    title = f"{shown} ({rep})" if shown and shown != rep else rep
    span = " - ".join(pen.look.day(day) for day in (rows["date"].min(), rows["date"].max()))
    _printed(sheet, (len(rows), n_shown - 1), title, span)
    weeks = rows["date"].dt.to_period("W")
    # a page of its own for every week
    sheet.set_h_pagebreaks([line for line in range(1, len(rows)) if weeks[line] != weeks[line - 1]][:_MOST_BREAKS])


_MOST_BREAKS = 1023
"""As many as a sheet takes."""


def _line(pen: _Pen, sheet: xlsxwriter.worksheet.Worksheet, line: int, row: dict, new_day: bool) -> None:
    """One visit or task as a rep reads it."""
    above = " above" if new_day else ""
    looks = {name: pen.looks[name + above] for name in ("text", "wrap", "bold", "count", "figure")}
    visit = row["kind"] == "visit"
    day = f"{pen.look.weekday(row['date'])} {pen.look.day(row['date'])}" if new_day else ""
    sheet.write_string(line, 0, day, looks["bold"])
    if visit:
        sheet.write_number(line, 1, int(row["seq"]), looks["count"])
    else:
        sheet.write_blank(line, 1, None, looks["count"])
    sheet.write_string(line, 2, f"{row['start']:%H:%M}-{row['end']:%H:%M}", looks["text"])
    who = text(row.get("customer_name"))
    sheet.write_string(line, 3, f"{who} ({row['customer_id']})" if who else str(row["customer_id"]), looks["wrap"])
    sheet.write_string(line, 4, pen.words.get(f"channel_{row['channel']}", str(row["channel"])), looks["text"])
    way = f"{row['travel_min']:.0f} {pen.words['minutes']}" if visit else ""
    if visit and pd.notna(row["travel_km"]):
        way += f", {pen.look.number(row['travel_km'])} km"
    sheet.write_string(line, 5, way, looks["text"])
    why = ", ".join(each for each in (text(row.get("reason")), text(row.get("condition"))) if each)
    sheet.write_string(line, 6, why, looks["wrap"])
    if pd.notna(row.get("expected_gain")):
        sheet.write_number(line, 7, float(row["expected_gain"]), looks["figure"])
    else:
        sheet.write_blank(line, 7, None, looks["figure"])


def _overview(pen: _Pen, name: str, frame: pd.DataFrame) -> None:
    """One row a rep and day, and a sum a rep."""
    visit = frame["kind"] == "visit"
    minutes = (frame["end"] - frame["start"]).dt.total_seconds() / 60.0
    facts = frame.assign(visits=visit.astype(int), tasks=(~visit).astype(int), visiting_min=minutes.where(visit, 0.0))
    by = facts.groupby(["rep_id", "date"], sort=True)
    days = by.agg(
        visits=("visits", "sum"),
        tasks=("tasks", "sum"),
        first=("start", "min"),
        last=("end", "max"),
        visiting_min=("visiting_min", "sum"),
        travel_min=("travel_min", "sum"),
        travel_km=("travel_km", "sum"),
    ).reset_index()
    sheet = pen.book.add_worksheet(name)
    sheet.freeze_panes(1, 0)
    _raw(pen, sheet, 0, days, [pen.words[f"of_{column}"] for column in days.columns])
    span = " - ".join(pen.look.day(day) for day in (days["date"].min(), days["date"].max())) if len(days) else ""
    _printed(sheet, (len(days), len(days.columns) - 1), pen.words["overview"], span)
    sheet.autofilter(0, 0, len(days), len(days.columns) - 1)


def _printed(sheet: xlsxwriter.worksheet.Worksheet, corner: tuple[int, int], title: str, span: str) -> None:
    """A4 on its side, headings on every page, who and when above, the page's number below."""
    sheet.set_landscape()
    sheet.set_paper(_A4)
    sheet.set_margins(left=0.4, right=0.4, top=0.7, bottom=0.6)
    sheet.print_area(0, 0, max(corner[0], 1), corner[1])
    sheet.repeat_rows(0)
    sheet.set_print_scale(95)
    safe = title.replace("&", "&&")[:120]
    sheet.set_header(f"&L&B{safe}&R{span}")
    sheet.set_footer("&R&P / &N")


def _raw(
    pen: _Pen, sheet: xlsxwriter.worksheet.Worksheet, left: int, frame: pd.DataFrame, titles: Sequence[str] = ()
) -> None:
    """Columns with real dates, times and numbers."""
    for place, column in enumerate(frame.columns, start=left):
        values = frame[column]
        sheet.write_string(0, place, titles[place - left] if titles else str(column), pen.looks["head"])
        if pd.api.types.is_datetime64_any_dtype(values):
            look = pen.looks["date" if (values == values.dt.normalize()).all() else "clock"]
            sheet.set_column(place, place, 11)
            for row, value in enumerate(values, start=1):
                if not pd.isna(value):
                    sheet.write_datetime(row, place, value.to_pydatetime(), look)
        elif pd.api.types.is_bool_dtype(values):
            for row, value in enumerate(values, start=1):
                sheet.write_boolean(row, place, bool(value))
        elif pd.api.types.is_numeric_dtype(values):
            # coordinates keep their digits
            figure = pd.api.types.is_float_dtype(values) and column not in ("lon", "lat")
            look = pen.looks["whole" if str(column).endswith("_min") else "number"] if figure else None
            sheet.set_column(place, place, 11)
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
