"""Charts of a visit plan: hours by rep and day, and the way of one day. Know no plan, only frames."""

from __future__ import annotations

import math
from typing import Any

import altair as alt
import pandas as pd

from dashboard.charts.style import ACCENT, AMBER, EDGE, GREY, INK, SEQUENTIAL, dressed
from dashboard.words import Words

_ROW, _AXIS = 26, 70
_WIDTH, _HEIGHT = 620, 440
_MARGIN = 0.12


def load(days: pd.DataFrame, words: Words) -> alt.TopLevelMixin:
    """Hours of every rep and day as a grid, with the number of visits in each cell.

    Parameters
    ----------
    days : DataFrame
        ``rep``, ``day`` (words, in order of ``date``), ``date``, ``hours``, ``visits``, ``said``.
    words : Words
    """
    order = days.sort_values("date")["day"].drop_duplicates().tolist()
    across = alt.X("day:O", sort=order, title=None, axis=alt.Axis(labelAngle=-60, ticks=False, domain=False))
    down = alt.Y(
        "rep:N",
        sort=days["rep"].drop_duplicates().tolist(),
        title=None,
        axis=alt.Axis(ticks=False, domain=False, labelColor=INK),
    )
    top = max(float(days["hours"].max()), 1.0)
    tone = alt.Color(
        "hours:Q",
        title=words("chart.hours"),
        scale=alt.Scale(range=SEQUENTIAL, domain=[0, top / 3, top * 2 / 3, top]),
        legend=alt.Legend(orient="right", gradientLength=110),
    )
    tip = [alt.Tooltip("rep:N", title=words("chart.rep")), alt.Tooltip("said:N", title=words("chart.day"))]
    cells = alt.Chart(days).mark_rect(stroke="white").encode(across, down, tone, tooltip=tip)
    light = alt.condition(f"datum.hours > {top * 0.55}", alt.value("white"), alt.value(INK))
    counts = alt.Chart(days).mark_text(fontSize=11).encode(across, down, alt.Text("visits:Q"), color=light)
    height = _ROW * max(days["rep"].nunique(), 1) + _AXIS
    return dressed(alt.layer(cells, counts).properties(height=height), words)


def route(stops: pd.DataFrame, way: pd.DataFrame, edges: pd.DataFrame, words: Words) -> alt.TopLevelMixin:
    """The way of one rep on one day, on plain axes: kilometres look the same in both directions.

    Parameters
    ----------
    stops : DataFrame
        ``lon``, ``lat``, ``seq``, ``state``, ``said``.
    way : DataFrame
        ``lon``, ``lat``, ``step``: homes included.
    edges : DataFrame
        ``lon``, ``lat``, ``ring``, ``step``: outlines of bricks; may be empty.
    words : Words
    """
    across, up = _frame(way)
    x = alt.X("lon:Q", scale=across, axis=None)
    y = alt.Y("lat:Q", scale=up, axis=None)
    layers: list[Any] = []
    if len(edges):
        outline = alt.Chart(edges).mark_line(color=EDGE, strokeWidth=1, clip=True)
        layers.append(outline.encode(x, y, alt.Detail("ring:N"), alt.Order("step:Q")))
    layers.append(
        alt.Chart(way).mark_line(color=ACCENT, strokeWidth=1.6, opacity=0.7).encode(x, y, alt.Order("step:Q"))
    )
    ends = way[way["home"]].head(1)
    layers.append(alt.Chart(ends).mark_point(shape="square", filled=True, size=120, color=GREY, opacity=1).encode(x, y))
    states = [words("chart.known"), words("chart.unknown")]
    colour = alt.Color(
        "state:N", title=None, scale=alt.Scale(domain=states, range=[AMBER, INK]), legend=alt.Legend(orient="bottom")
    )
    tip = [alt.Tooltip("said:N", title=words("chart.visit"))]
    dots = alt.Chart(stops).mark_circle(size=240, opacity=1, stroke="white")
    layers.append(dots.encode(x, y, colour, tooltip=tip))
    light = alt.condition(alt.datum.state == states[1], alt.value("white"), alt.value(INK))
    layers.append(alt.Chart(stops).mark_text(fontSize=10, fontWeight=600).encode(x, y, alt.Text("seq:Q"), color=light))
    return dressed(alt.layer(*layers).properties(width=_WIDTH, height=_HEIGHT).interactive(), words)


def _frame(way: pd.DataFrame) -> tuple[alt.Scale, alt.Scale]:
    """Ranges of both axes in which a kilometre east is as long as one north."""
    west, east, south, north = way["lon"].min(), way["lon"].max(), way["lat"].min(), way["lat"].max()
    narrow = math.cos(math.radians((south + north) / 2))
    half = max((east - west) * narrow / _WIDTH, (north - south) / _HEIGHT, 1e-5) * (0.5 + _MARGIN)
    middle, centre = (west + east) / 2, (south + north) / 2
    reach, rise = half * _WIDTH / narrow, half * _HEIGHT
    return (
        alt.Scale(domain=[middle - reach, middle + reach], nice=False, zero=False),
        alt.Scale(domain=[centre - rise, centre + rise], nice=False, zero=False),
    )
