"""Forecast charts: the fan over time, and differences as dots with intervals. Know no result, only frames."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

import altair as alt
import pandas as pd

from dashboard.charts.style import BLUE, GAIN, GREY, INK, LOSS, dressed
from dashboard.words import Words

_HEIGHT = 330
_ROW, _AXIS = 34, 50
_NAMES = 0.2
_LETTER, _NARROW = 6.5, 430
"""Pixels: of a letter of a figure, and of the narrowest plot that figures stand in."""


def fan(
    past: pd.DataFrame,
    futures: Sequence[tuple[str, pd.DataFrame]],
    today: dt.date,
    title: str,
    number_format: str,
    words: Words,
    naive: pd.DataFrame | None = None,
) -> alt.TopLevelMixin:
    """History, then the bands of one or two forecasts.

    Parameters
    ----------
    past : DataFrame
        ``date``, ``value``.
    futures : sequence of (name, DataFrame)
        ``date``, ``p10``, ``p50``, ``p90``; the baseline first.
    today : date
        End of history.
    title : str
        Of the value axis.
    number_format : str
        A d3 format.
    words : Words
    naive : DataFrame, optional
        ``date``, ``value``: last year repeated.
    """
    value = alt.Y("value:Q", title=title, scale=alt.Scale(zero=False), axis=_axis(number_format, words))
    first = past["date"].min() if len(past) else pd.Timestamp(today)
    last = futures[-1][1]["date"].max()
    # room on the right for the names of the lines
    span = alt.Scale(domain=[first.isoformat(), (last + _NAMES * (last - first)).isoformat()], nice=False)
    time = alt.X(
        "date:T", title=None, scale=span, axis=alt.Axis(format="%m/%Y", tickCount=8, grid=False, labelOverlap=True)
    )
    layers: list[Any] = [alt.Chart(past).mark_line(color=INK, strokeWidth=1.6).encode(time, value)]
    if naive is not None and len(naive):
        layers.append(_line(naive.rename(columns={"value": "p50"}), GREY, time, title, dash=[1, 3]))
    # two names at nearly the same height are pushed apart
    ends = [frame["p50"].iloc[-1] for _, frame in futures]
    below = len(ends) == 2 and ends[1] < ends[0]
    for place, (name, frame) in enumerate(futures):
        colour = GREY if place == 0 else BLUE
        band = alt.Chart(frame).mark_area(color=colour, opacity=0.18)
        layers.append(band.encode(time, alt.Y("p10:Q", title=title), alt.Y2("p90:Q")))
        layers.append(_line(frame, colour, time, title, dash=[5, 3] if place == 0 else [1, 0]))
        layers.append(
            _name(frame, name, colour, time, shift=(9 if (place == 0) != below else -9) if len(ends) == 2 else 0)
        )
    moment = pd.DataFrame({"date": [pd.Timestamp(today)], "text": [words("chart.today")]})
    layers.append(alt.Chart(moment).mark_rule(strokeDash=[4, 4], color=INK).encode(time))
    # above the plot: inside it lies on the line wherever the line is high
    label = alt.Chart(moment).mark_text(align="center", dy=-5, baseline="bottom", color=GREY, clip=False)
    layers.append(label.encode(time, y=alt.value(0), text=alt.Text("text:N")))
    return dressed(alt.layer(*layers).properties(height=_HEIGHT), words)


def uplift(rows: pd.DataFrame, words: Words) -> alt.TopLevelMixin:
    """Paired differences: a dot for the mean, a thick line for 80 %, a thin one for 90 % of runs.

    Parameters
    ----------
    rows : DataFrame
        ``name``, ``mean``, ``p05``, ``p10``, ``p90``, ``p95`` in percent, ``clear`` (flag: zero lies outside the 80 %
        interval), ``said`` (text for whoever points).
    words : Words
    """
    order = alt.Y(
        "name:N", sort=None, title=None, axis=alt.Axis(labelLimit=230, ticks=False, domain=False, labelColor=INK)
    )
    low, high = min(rows["p05"].min(), 0.0), max(rows["p95"].max(), 0.0)
    # room on the right for the figures
    edge = high + _room(rows["said"]) * max(high - low, 0.1)
    span = alt.Scale(domain=[low, edge], nice=False)
    place = alt.X(
        "p05:Q", title=words("chart.volume_difference"), scale=span, axis=alt.Axis(format="+.1~f", tickCount=7)
    )
    colour = alt.Color("tone:N", scale=None)
    rows = rows.assign(
        edge=edge, tone=[(GAIN if m > 0 else LOSS) if c else GREY for m, c in zip(rows["mean"], rows["clear"])]
    )
    base = alt.Chart(rows)
    tip = [alt.Tooltip("name:N", title=words("chart.scenario")), alt.Tooltip("said:N", title=words("chart.difference"))]
    thin = base.mark_rule(strokeWidth=1.5).encode(place, alt.X2("p95:Q"), order, colour)
    thick = base.mark_rule(strokeWidth=5, opacity=0.55).encode(alt.X("p10:Q"), alt.X2("p90:Q"), order, colour)
    dot = base.mark_point(filled=True, size=90, opacity=1).encode(alt.X("mean:Q"), order, colour, tooltip=tip)
    text = base.mark_text(align="right", baseline="middle").encode(alt.X("edge:Q"), order, alt.Text("said:N"))
    zero = alt.Chart(pd.DataFrame({"p05": [0.0]})).mark_rule(color=INK, strokeDash=[4, 4]).encode(place)
    height = _ROW * max(len(rows), 1) + _AXIS
    chart = alt.layer(zero, thin, thick, dot, text).properties(height=height)
    return dressed(chart, words)


def _axis(number_format: str, words: Words) -> alt.Axis:
    """The value axis; a sign of percent stands where the language puts it."""
    if number_format.endswith("%") and words.language == "tr":
        figure = f"format(100 * datum.value, '{number_format[:-1]}f')"
        return alt.Axis(labelExpr=f"'%' + {figure}", tickCount=6)
    return alt.Axis(format=number_format, tickCount=6)


def _room(said: pd.Series) -> float:
    """Room for the longest figure beside the marks, as a part of their width."""
    part = min(_LETTER * said.str.len().max() / _NARROW, 0.5)
    return float(part / (1 - part))


def _line(frame: pd.DataFrame, colour: str, time: alt.X, title: str, dash: list[int]) -> alt.Chart:
    marks = alt.Chart(frame).mark_line(color=colour, strokeWidth=2, strokeDash=dash)
    return marks.encode(time, alt.Y("p50:Q", title=title))


def _name(frame: pd.DataFrame, name: str, colour: str, time: alt.X, shift: int = 0) -> alt.Chart:
    """Name at the end of a line, instead of a legend."""
    last = frame.tail(1).assign(text=name)
    marks = alt.Chart(last).mark_text(align="left", dx=6, dy=shift, color=colour, fontWeight=600, limit=125)
    return marks.encode(time, alt.Y("p50:Q"), alt.Text("text:N"))
