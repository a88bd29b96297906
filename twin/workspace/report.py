"""Report: one page on paper and one workbook for whoever decides, from words and tables that somebody else has chosen.

Knows no forecast and no language.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.sax.saxutils import escape

import pandas as pd
import xlsxwriter

from twin.errors import TwinError
from twin.workspace import atomic

_FONT, _BOLD = "Vera", "VeraBd"
"""Come with the library and hold the letters of Turkish; fonts that every reader has do not."""
_INK, _GREY, _PALE, _LINE, _ACCENT = "#10161D", "#5A6570", "#F4F6F8", "#B4BDC6", "#0B5CAD"
_MARGIN = 36
_SHEET_NAME = 31
_FORBIDDEN = str.maketrans(dict.fromkeys("[]:*?/\\", " "))
_FORMATS = {"share": "0.0%", "pct": "0.00", "points": "0.00"}


@dataclass(frozen=True)
class Grid:
    """A small table whose cells are written out.

    Parameters
    ----------
    heads : tuple of str
    rows : tuple of tuple of str
    widths : tuple of float
        Relative; as many as heads.
    """

    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    widths: tuple[float, ...]


@dataclass(frozen=True)
class Report:
    """What stands on the page.

    Parameters
    ----------
    title, subtitle : str
    findings : tuple of str
        Sentences, the first one in bold.
    grids : tuple of Grid
    pictures : tuple of (str, bytes)
        Caption and PNG; two stand beside each other.
    cautions : tuple of str
    stamp : str
        Ids, date and origin of everything: at the foot.
    language : str
        ``en`` or ``tr``.
    """

    title: str
    subtitle: str
    findings: tuple[str, ...]
    grids: tuple[Grid, ...]
    pictures: tuple[tuple[str, bytes], ...]
    cautions: tuple[str, ...]
    stamp: str
    language: str = "en"


def pdf(report: Report) -> bytes:
    """The page, A4 upright; all is made smaller until it fits one page. The same report gives the same bytes."""
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.ttfonts import TTFont
    from reportlab.platypus import KeepInFrame

    for name in (_FONT, _BOLD):
        pdfmetrics.registerFont(TTFont(name, f"{name}.ttf"))
    from reportlab.lib.pagesizes import A4
    from reportlab.pdfgen.canvas import Canvas

    out = io.BytesIO()
    paper = Canvas(out, pagesize=A4, invariant=1, lang=report.language)
    paper.setTitle(report.title)
    paper.setAuthor("territory-twin")
    paper.setSubject(report.stamp)
    wide, high = A4[0] - 2 * _MARGIN, A4[1] - 2 * _MARGIN - 16
    body = KeepInFrame(wide, high, _story(report, wide), mode="shrink")
    _, used = body.wrapOn(paper, wide, high)
    body.drawOn(paper, _MARGIN, A4[1] - _MARGIN - used)
    paper.setFont(_FONT, 6.5)
    paper.setFillColor(_GREY)
    paper.drawString(_MARGIN, _MARGIN - 10, report.stamp)
    paper.showPage()
    paper.save()
    return out.getvalue()


def workbook(
    sheets: Sequence[tuple[str, pd.DataFrame]],
    stamp: Sequence[str],
    title: str,
    shown: pd.DataFrame | None = None,
    forms: Mapping[str, str] | None = None,
) -> bytes:
    """A workbook: the first sheet holds what is to be read and says where it comes from, then a sheet a table.

    Parameters
    ----------
    sheets : sequence of (name, DataFrame)
        Numbers stay numbers; texts that a spreadsheet would run stay texts.
    stamp : sequence of str
        Lines of the first sheet.
    title : str
    shown : DataFrame, optional
        Table of the first sheet, above the lines, with heads as people read them.
    forms : mapping of str to str, optional
        Number formats of its columns.
    """
    out = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(out, options) as book:
        bold, wrap = book.add_format({"bold": True}), book.add_format({"text_wrap": True, "valign": "top"})
        book.set_properties({"title": title, "author": "territory-twin"})
        first = book.add_worksheet(_sheet_name(title, set()))
        first.write_string(0, 0, title, book.add_format({"bold": True, "font_size": 14}))
        below = 2
        if shown is None:
            first.set_column(0, 0, 110)
        else:
            below += len(shown) + 2
            for column, head in enumerate(shown.columns):
                first.write_string(2, column, str(head), bold)
                _column(book, first, column, str(head), shown[head], 3, (forms or {}).get(str(head), ""))
        for row, line in enumerate(stamp, start=below):
            first.write_string(row, 0, line, wrap if shown is None else None)
        used = {_sheet_name(title, set()).casefold()}
        for name, frame in sheets:
            sheet = book.add_worksheet(_sheet_name(name, used))
            sheet.freeze_panes(1, 1)
            for column, head in enumerate(frame.columns):
                sheet.write_string(0, column, str(head), bold)
                _column(book, sheet, column, str(head), frame[head])
    return out.getvalue()


def write(path: Path, content: bytes) -> Path:
    """Write a file whole or not at all."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return atomic.place(path.parent, lambda file: file.write(content), lambda _: path.name)
    except OSError as error:
        raise TwinError(
            f"{path}: the file cannot be written ({error.strerror or error}). Name another place."
        ) from error


def _column(
    book: xlsxwriter.Workbook, sheet: object, column: int, head: str, values: pd.Series, top: int = 1, number: str = ""
) -> None:
    """One column of a sheet; widths by what stands in it."""
    assert isinstance(sheet, xlsxwriter.workbook.Worksheet)
    day = book.add_format({"num_format": "yyyy-mm-dd"})
    usual = next((f for mark, f in _FORMATS.items() if mark in head), "#,##0.00")
    form = book.add_format({"num_format": number or usual})
    longest = max([len(head), *(len(str(value)) for value in values.head(200))], default=8)
    sheet.set_column(column, column, min(max(longest + 1, 9), 60))
    for row, value in enumerate(values.tolist(), start=top):
        if value is None or (not isinstance(value, str) and pd.isna(value)):
            continue
        if isinstance(value, bool | str):
            sheet.write(row, column, value) if isinstance(value, bool) else sheet.write_string(row, column, value)
        elif isinstance(value, int | float):
            sheet.write_number(row, column, value, form if isinstance(value, float) else None)
        else:
            sheet.write_datetime(row, column, pd.Timestamp(value).to_pydatetime(), day)


def _sheet_name(name: str, used: set[str]) -> str:
    """A name that spreadsheets take, and that no other sheet has."""
    plain = name.translate(_FORBIDDEN).strip(" '")[:_SHEET_NAME] or "sheet"
    number, found = 1, plain
    while found.casefold() in used:
        number += 1
        found = f"{plain[: _SHEET_NAME - 3]} {number}"
    used.add(found.casefold())
    return found


def _story(report: Report, wide: float) -> list:
    from reportlab.platypus import HRFlowable, Paragraph, Spacer

    story: list = [
        Paragraph(escape(report.title), _style(15, bold=True)),
        Spacer(1, 2),
        Paragraph(escape(report.subtitle), _style(8, _GREY)),
        Spacer(1, 5),
        HRFlowable(width="100%", thickness=1.4, color=_ACCENT, spaceAfter=6),
    ]
    for place, line in enumerate(report.findings):
        story += [Paragraph(escape(line), _style(10 if place == 0 else 9, bold=place == 0)), Spacer(1, 3)]
    for grid in report.grids:
        story += [Spacer(1, 4), _grid(grid, wide), Spacer(1, 4)]
    for start in range(0, len(report.pictures), 2):
        story += [_pictures(report.pictures[start : start + 2], wide), Spacer(1, 4)]
    if report.cautions:
        story.append(HRFlowable(width="100%", thickness=0.6, color=_LINE, spaceBefore=2, spaceAfter=4))
    for line in report.cautions:
        story += [Paragraph(f"• {escape(line)}", _style(7.5, _GREY)), Spacer(1, 1.5)]
    return story


def _grid(grid: Grid, wide: float) -> object:
    from reportlab.platypus import Paragraph, Table, TableStyle

    head = [Paragraph(escape(text), _style(7, _GREY, bold=True)) for text in grid.heads]
    rows = [
        [Paragraph(escape(text), _style(8, bold=place == 0)) for place, text in enumerate(row)] for row in grid.rows
    ]
    widths = [wide * share / sum(grid.widths) for share in grid.widths]
    looks = [
        ("LINEBELOW", (0, 0), (-1, -1), 0.4, _LINE),
        ("BACKGROUND", (0, 0), (-1, 0), _PALE),
        ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
        ("TOPPADDING", (0, 0), (-1, -1), 3),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 3),
        ("LEFTPADDING", (0, 0), (-1, -1), 4),
        ("RIGHTPADDING", (0, 0), (-1, -1), 3),
    ]
    return Table([head, *rows], colWidths=widths, style=TableStyle(looks))


def _pictures(pictures: Sequence[tuple[str, bytes]], wide: float) -> object:
    """Pictures of half the width beside each other, each below its caption."""
    from reportlab.lib.utils import ImageReader
    from reportlab.platypus import Image, Paragraph, Table, TableStyle

    each = wide / max(len(pictures), 2) - 6
    cells = []
    for caption, png in pictures:
        w, h = ImageReader(io.BytesIO(png)).getSize()
        cells.append([Paragraph(escape(caption), _style(8.5, bold=True)), Image(io.BytesIO(png), each, each * h / w)])
    return Table(
        [cells], colWidths=[each + 6] * len(cells), hAlign="LEFT",
        style=TableStyle([("VALIGN", (0, 0), (-1, -1), "TOP"), ("LEFTPADDING", (0, 0), (-1, -1), 0)]),
    )  # fmt: skip


def _style(size: float, color: str = _INK, bold: bool = False) -> object:
    from reportlab.lib.styles import ParagraphStyle

    name = _BOLD if bold else _FONT
    return ParagraphStyle(f"{name}{size}{color}", fontName=name, fontSize=size, leading=size * 1.3, textColor=color)
