"""Day sheets: a visit plan on paper, one PDF a rep with a page a day."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from xml.sax.saxutils import escape

import pandas as pd

from twin.workspace.plan_look import WORDS, Look, rep_files, text

_FONT, _BOLD = "Vera", "VeraBd"
"""Come with the library and hold the letters of Turkish; fonts that every reader has do not."""
_WIDTHS = (22, 64, 132, 80, 172, 17)
_INK, _PALE, _LINE, _GREY = "#222222", "#eef2f5", "#9aa5ad", "#5b666e"


def write_day_sheets(frame: pd.DataFrame, folder: Path, look: Look) -> list[Path]:
    """``plan-<rep>.pdf``: A4, a page a working day; the same plan gives the same bytes."""
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.ttfonts import TTFont

    for name in (_FONT, _BOLD):
        pdfmetrics.registerFont(TTFont(name, f"{name}.ttf"))
    return [_file(rep, mine, path, look) for rep, mine, path in rep_files(frame, folder, "pdf")]


def _file(rep: str, mine: pd.DataFrame, path: Path, look: Look) -> Path:
    from reportlab.lib.pagesizes import A4
    from reportlab.platypus import PageBreak, SimpleDocTemplate

    story: list = []
    for date, rows in mine.groupby("date", sort=True):
        story += [*([PageBreak()] if story else []), *_page(rep, date, rows, look)]
    book = SimpleDocTemplate(
        str(path), pagesize=A4, leftMargin=48, rightMargin=48, topMargin=48, bottomMargin=54, invariant=1,
        title=f"{rep} {look.day(mine['date'].min())}", author="territory-twin",
    )  # fmt: skip
    foot = partial(_foot, rep)
    book.build(story, onFirstPage=foot, onLaterPages=foot)
    return path


def _page(rep: str, date: pd.Timestamp, rows: pd.DataFrame, look: Look) -> list:
    """Heading, visits in order, contacts on other channels, room for notes."""
    from reportlab.platypus import Paragraph, Spacer

    words, style = WORDS[look.locale], _style
    visits, tasks = rows[rows["kind"] == "visit"].sort_values("seq"), rows[rows["kind"] == "task"].sort_values("start")
    name = text(rows.iloc[0].get("rep_name")) or rep
    km = f"{visits['travel_km'].sum():.0f} km, {visits['travel_min'].sum():.0f} {words['minutes']}"
    first, last = rows["start"].min(), rows["end"].max()
    story = [
        Paragraph(f"{escape(look.weekday(date))}, {look.day(date)}", style(15, bold=True)),
        Spacer(1, 5),
        Paragraph(escape(name if name == rep else f"{name} ({rep})"), style(10, bold=True)),
        Spacer(1, 3),
        Paragraph(f"{first:%H:%M}-{last:%H:%M}, {len(visits)} {words['visits']}, {km}", style(9)),
        Spacer(1, 10),
    ]
    if len(visits):
        story.append(_table([_visit(row, look) for row in visits.to_dict("records")], look, "visit"))
    if len(tasks):
        story += [Spacer(1, 14), _table([_visit(row, look) for row in tasks.to_dict("records")], look, "task")]
    return [*story, Spacer(1, 16), Paragraph(words["notes"], style(9, bold=True)), *[_rule() for _ in range(4)]]


def _visit(row: dict, look: Look) -> list:
    from reportlab.platypus import Paragraph

    words = WORDS[look.locale]
    name, id = text(row.get("customer_name")), str(row["customer_id"])
    who = f'{escape(name)}<br/><font size="7" color="{_GREY}">{escape(id)}</font>' if name else escape(id)
    way = f"{row['travel_min']:.0f} {words['minutes']}"
    if pd.notna(row["travel_km"]):
        way += f", {look.number(row['travel_km'])} km"
    if row["kind"] == "task":
        way = words.get(f"channel_{row['channel']}", str(row["channel"]))
    why = ", ".join(each for each in (text(row.get("reason")), text(row.get("condition"))) if each)
    clock = f"{row['start']:%H:%M}-{row['end']:%H:%M}"
    cells = (str(row["seq"]), clock, who, escape(way), escape(why))
    return [*(Paragraph(cell, _style(8)) for cell in cells), _box()]


def _table(rows: list, look: Look, kind: str) -> object:
    from reportlab.platypus import Paragraph, Table, TableStyle

    words = WORDS[look.locale]
    second = ("customer", "way") if kind == "visit" else ("task", "channel")
    head = ("#", words["time"], *(words[name] for name in second), words["reason"], "")
    titles = [Paragraph(word, _style(8, bold=True)) for word in head]
    table = Table([titles, *rows], colWidths=_WIDTHS, repeatRows=1, hAlign="LEFT")
    table.setStyle(
        TableStyle(
            [
                ("BACKGROUND", (0, 0), (-1, 0), _PALE),
                ("LINEBELOW", (0, 0), (-1, -1), 0.4, _LINE),
                ("VALIGN", (0, 0), (-1, -1), "TOP"),
                ("LEFTPADDING", (0, 0), (-1, -1), 4),
                ("RIGHTPADDING", (0, 0), (-1, -1), 4),
            ]
        )
    )
    return table


def _style(size: int, bold: bool = False) -> object:
    from reportlab.lib.styles import ParagraphStyle

    name = f"{size}{'b' if bold else ''}"
    return ParagraphStyle(name, fontName=_BOLD if bold else _FONT, fontSize=size, leading=1.3 * size, textColor=_INK)


def _box() -> object:
    """A square to tick when the visit has been made."""
    from reportlab.graphics.shapes import Drawing, Rect
    from reportlab.lib.colors import HexColor

    drawing = Drawing(9, 9)
    drawing.add(Rect(0, 0, 9, 9, fillColor=None, strokeColor=HexColor(_LINE), strokeWidth=0.7))
    return drawing


def _rule() -> object:
    from reportlab.platypus import HRFlowable

    return HRFlowable(width="100%", thickness=0.4, color=_LINE, spaceBefore=20, spaceAfter=0)


def _foot(rep: str, canvas: object, book: object) -> None:
    canvas.setFont(_FONT, 7)  # type: ignore[attr-defined]
    canvas.drawString(54, 30, rep)  # type: ignore[attr-defined]
    canvas.drawRightString(541, 30, str(canvas.getPageNumber()))  # type: ignore[attr-defined]
