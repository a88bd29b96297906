"""Charts of what was learned: rivals' calendar, season, effect of visits. Know only frames."""

from __future__ import annotations

import altair as alt
import pandas as pd

from dashboard.charts.style import BLUE, GREY, INK, VERMILION, dressed
from dashboard.words import Words

_ROW, _AXIS = 36, 60


def rival_calendar(rows: pd.DataFrame, words: Words) -> alt.TopLevelMixin:
    """Campaigns over the years, a row a brand; the more opaque, the surer; a diamond where the next is expected.

    Parameters
    ----------
    rows : DataFrame
        ``brand``, ``start``, ``end``, ``probability``, ``kind`` (the words for recurring or once), ``next_start``,
        ``said``, ``next_said``.
    words : Words
    """
    brand = alt.Y(
        "brand:N", title=None, sort=None, axis=alt.Axis(ticks=False, domain=False, labelColor=INK, labelLimit=200)
    )
    kinds = [words("chart.recurring"), words("chart.once")]
    colour = alt.Color(
        "kind:N", title=None, scale=alt.Scale(domain=kinds, range=[VERMILION, GREY]), legend=alt.Legend(orient="top")
    )
    sure = alt.Opacity("probability:Q", scale=alt.Scale(domain=[0, 1], range=[0.08, 1.0]), legend=None)
    time = alt.X("start:T", title=None, axis=alt.Axis(format="%Y", tickCount={"interval": "year", "step": 1}))
    tip = [alt.Tooltip("brand:N", title=words("chart.brand")), alt.Tooltip("said:N", title=words("chart.campaign"))]
    bars = (
        alt.Chart(rows)
        .mark_bar(height=16, cornerRadius=2)
        .encode(time, alt.X2("end:T"), brand, colour, sure, tooltip=tip)
    )
    coming = rows.dropna(subset=["next_start"]).sort_values("next_start").drop_duplicates("brand")
    layers = [bars]
    if len(coming):
        next_tip = [
            alt.Tooltip("brand:N", title=words("chart.brand")),
            alt.Tooltip("next_said:N", title=words("chart.next")),
        ]
        marks = alt.Chart(coming)
        diamond = marks.mark_point(shape="diamond", filled=True, size=110, color=INK, opacity=1)
        layers.append(diamond.encode(alt.X("next_start:T"), brand, tooltip=next_tip))
        layers.append(marks.mark_text(align="left", dx=9).encode(alt.X("next_start:T"), brand, alt.Text("next_said:N")))
    height = _ROW * rows["brand"].nunique() + _AXIS
    chart = alt.layer(*layers).properties(height=height)
    return dressed(chart, words)


def season(rows: pd.DataFrame, words: Words) -> alt.TopLevelMixin:
    """Category totals and their fit.

    Parameters
    ----------
    rows : DataFrame
        ``period_start``, ``observed``, ``fitted``.
    words : Words
    """
    names = {"observed": words("chart.observed"), "fitted": words("chart.fitted")}
    long = rows.rename(columns=names).melt("period_start", list(names.values()), "line", "value")
    colour = alt.Color(
        "line:N",
        title=None,
        legend=alt.Legend(orient="top"),
        scale=alt.Scale(domain=list(names.values()), range=[GREY, BLUE]),
    )
    dash = alt.StrokeDash("line:N", scale=alt.Scale(domain=list(names.values()), range=[[1, 0], [5, 3]]), legend=None)
    chart = (
        alt.Chart(long)
        .mark_line(strokeWidth=1.8)
        .encode(
            alt.X("period_start:T", title=None, axis=alt.Axis(format="%m/%Y", grid=False, tickCount=8)),
            alt.Y("value:Q", title=words("chart.category"), scale=alt.Scale(zero=False), axis=alt.Axis(format=",.3~s")),
            colour,
            dash,
        )
    )
    return dressed(chart.properties(height=280), words)


def visit_effect(rows: pd.DataFrame, words: Words) -> alt.TopLevelMixin:
    """The naive figure beside ours with its interval.

    Parameters
    ----------
    rows : DataFrame
        ``name``, ``mean``, ``p05``, ``p95`` (``nan`` for a figure without interval), ``said``.
    words : Words
    """
    order = alt.Y(
        "name:N", sort=None, title=None, axis=alt.Axis(ticks=False, domain=False, labelColor=INK, labelLimit=260)
    )
    place = alt.X("mean:Q", title=words("chart.elasticity"), scale=alt.Scale(zero=True), axis=alt.Axis(tickCount=6))
    rows = rows.assign(tone=[GREY if alone else BLUE for alone in rows["p05"].isna()])
    colour = alt.Color("tone:N", scale=None)
    base = alt.Chart(rows)
    line = base.mark_rule(strokeWidth=4, opacity=0.5).encode(alt.X("p05:Q"), alt.X2("p95:Q"), order, colour)
    dot = base.mark_point(filled=True, size=110, opacity=1).encode(place, order, colour)
    text = base.mark_text(align="left", baseline="bottom", dx=8, dy=-5).encode(place, order, alt.Text("said:N"))
    chart = alt.layer(line, dot, text).properties(height=_ROW * len(rows) + _AXIS)
    return dressed(chart, words)
