"""Charts of how far what was learned can be trusted: curves, moves, recovery, the look back. Know only frames."""

from __future__ import annotations

import altair as alt
import pandas as pd

from dashboard.charts.style import ACCENT, BLUE, GREY, INK, PALE, VERMILION, dressed
from dashboard.words import Words

_ROW, _AXIS = 26, 56


def curves(rows: pd.DataFrame, words: Words) -> alt.TopLevelMixin:
    """What an even rate of contacts does to own sales; dashed and pale beyond what history has seen.

    Parameters
    ----------
    rows : DataFrame
        Of one channel: ``rate``, ``mean``, ``p05``, ``p95``, ``seen``, ``now``.
    words : Words
    """
    seen, now = float(rows["seen"].iloc[0]), float(rows["now"].iloc[0])
    beyond = rows["rate"] > seen
    x = alt.X("rate:Q", title=words("chart.rate"), axis=alt.Axis(grid=False, tickCount=6))
    tip = [
        alt.Tooltip("rate:Q", title=words("chart.rate"), format=".1f"),
        alt.Tooltip("mean:Q", title=words("chart.against_now"), format="+.0f"),
        alt.Tooltip("p05:Q", title="5 %", format="+.0f"),
        alt.Tooltip("p95:Q", title="95 %", format="+.0f"),
    ]
    layers = []
    for part, opacity, dash in ((rows[~beyond], 0.28, [1, 0]), (_joined(rows, beyond), 0.10, [5, 4])):
        if len(part) < 2:
            continue
        base = alt.Chart(part)
        layers.append(base.mark_area(color=BLUE, opacity=opacity).encode(x, alt.Y("p05:Q"), alt.Y2("p95:Q")))
        line = base.mark_line(color=BLUE, strokeWidth=2.2, strokeDash=dash)
        layers.append(line.encode(x, alt.Y("mean:Q", title=words("chart.against_now")), tooltip=tip))
    for at, said in ((now, words("chart.rate_now")), (seen, words("chart.rate_seen"))):
        if at > 0 and at <= rows["rate"].max():
            mark = alt.Chart(pd.DataFrame({"rate": [at], "said": [said]}))
            layers.append(mark.mark_rule(color=GREY, strokeDash=[3, 3]).encode(x))
            text = mark.mark_text(align="left", baseline="top", dx=5, color=GREY)
            layers.append(text.encode(x, alt.Text("said:N"), y=alt.value(0)))
    return dressed(alt.layer(*layers).properties(height=290), words)


def _joined(rows: pd.DataFrame, beyond: pd.Series) -> pd.DataFrame:
    """The part beyond, with the last point before it: no gap between the two."""
    first = int(beyond.to_numpy().argmax()) if beyond.any() else len(rows)
    return rows.iloc[max(first - 1, 0) :] if beyond.any() else rows.iloc[:0]


def moved(rows: pd.DataFrame, words: Words) -> alt.TopLevelMixin:
    """How far parameters moved since the last calibration, in their own standard deviations.

    Parameters
    ----------
    rows : DataFrame
        ``parameter`` (in words), ``sds``.
    words : Words
    """
    rows = rows.assign(sds=pd.to_numeric(rows["sds"]), far=pd.to_numeric(rows["sds"]).abs() > 2)
    order = alt.Y("parameter:N", sort=None, title=None, axis=_names())
    x = alt.X("sds:Q", title=words("chart.moved_sds"), axis=alt.Axis(format="+~f", tickCount=7))
    colour = alt.condition("datum.far", alt.value(VERMILION), alt.value(BLUE))
    band = alt.Chart(pd.DataFrame({"low": [-2], "high": [2]})).mark_rect(color=PALE, opacity=0.6)
    bars = alt.Chart(rows).mark_bar(height=11).encode(x, order, color=colour)
    chart = alt.layer(band.encode(alt.X("low:Q"), alt.X2("high:Q")), bars)
    return dressed(chart.properties(height=_ROW * len(rows) + _AXIS), words)


def recovery(rows: pd.DataFrame, words: Words) -> alt.TopLevelMixin:
    """Part of relived histories whose 80 % interval held the truth, by parameter.

    Parameters
    ----------
    rows : DataFrame
        ``parameter`` (in words), ``coverage``, ``fine`` (flag), ``said``.
    words : Words
    """
    order = alt.Y("parameter:N", sort=None, title=None, axis=_names())
    x = alt.X("coverage:Q", title=words("chart.coverage"), scale=alt.Scale(domain=[0, 1]), axis=alt.Axis(format="%"))
    colour = alt.condition("datum.fine", alt.value(BLUE), alt.value(VERMILION))
    dots = alt.Chart(rows).mark_point(filled=True, size=90, opacity=1).encode(x, order, color=colour)
    text = alt.Chart(rows).mark_text(align="left", dx=9).encode(x, order, alt.Text("said:N"))
    goal = alt.Chart(pd.DataFrame({"x": [0.8]})).mark_rule(color=GREY, strokeDash=[4, 3]).encode(alt.X("x:Q"))
    return dressed(alt.layer(goal, dots, text).properties(height=_ROW * len(rows) + _AXIS), words)


def horizons(rows: pd.DataFrame, words: Words) -> alt.TopLevelMixin:
    """Error by how far ahead, of the twin and of benchmarks, a panel a measure.

    Parameters
    ----------
    rows : DataFrame
        ``measure`` (in words), ``months_ahead``, ``method`` (in words), ``wape``, ``ours`` (flag).
    words : Words
    """
    ours = words("method.twin")
    others = [name for name in rows["method"].drop_duplicates() if name != ours]
    tones = [ACCENT, GREY, VERMILION, "#009E73", "#CC79A7", "#E69F00"][: len(others) + 1]
    dashes = [[1, 0], [2, 2], [6, 3], [8, 2, 2, 2], [1, 3], [4, 4]][: len(others) + 1]
    names = [ours, *others]
    colour = alt.Color("method:N", title=None, scale=alt.Scale(domain=names, range=tones),
                       legend=alt.Legend(orient="top", columns=3, labelLimit=260))  # fmt: skip
    dash = alt.StrokeDash("method:N", scale=alt.Scale(domain=names, range=dashes), legend=None)
    tip = [alt.Tooltip("method:N", title=" "), alt.Tooltip("wape:Q", title=words("chart.error"), format=".1%")]
    heads = alt.Header(labelFontSize=13, labelColor=INK)
    chart = (
        alt.Chart(rows)
        .mark_line(point=True, strokeWidth=2)
        .encode(
            alt.X("months_ahead:O", title=words("chart.months_ahead"), axis=alt.Axis(labelAngle=0)),
            alt.Y("wape:Q", title=words("chart.error"), axis=alt.Axis(format=".0%", tickCount=5)),
            colour, dash,
            tooltip=tip,
        )
        .properties(height=190, width=330)
        .facet(alt.Facet("measure:N", title=None, sort=None, header=heads), columns=2)
        .resolve_scale(y="independent")
    )  # fmt: skip
    return dressed(chart, words)


def months(rows: pd.DataFrame, words: Words) -> alt.TopLevelMixin:
    """Rows of dated tables by month, before and after, in the months that changed.

    Parameters
    ----------
    rows : DataFrame
        ``table`` (in words), ``month``, ``rows_before``, ``rows_after``.
    words : Words
    """
    names = {"rows_before": words("column.before"), "rows_after": words("column.after")}
    long = rows.rename(columns=names).melt(["table", "month"], list(names.values()), "when", "rows")
    colour = alt.Color("when:N", title=None, legend=alt.Legend(orient="top"),
                       scale=alt.Scale(domain=list(names.values()), range=[GREY, BLUE]))  # fmt: skip
    chart = (
        alt.Chart(long)
        .mark_bar()
        .encode(
            alt.X("month:O", title=None, axis=alt.Axis(labelOverlap=True)),
            alt.Y("rows:Q", title=words("column.rows"), axis=alt.Axis(tickCount=4)),
            colour,
            alt.XOffset("when:N", sort=list(names.values())),
            alt.Row("table:N", title=None, header=alt.Header(labelAngle=0, labelAlign="left", labelColor=INK)),
            tooltip=["table:N", "month:O", "when:N", alt.Tooltip("rows:Q", format=",")],
        )
        .properties(height=90, width=640)
        .resolve_scale(y="independent")
    )
    return dressed(chart, words)


def segments(rows: pd.DataFrame, words: Words) -> alt.TopLevelMixin:
    """Elasticity of visits by segment.

    Parameters
    ----------
    rows : DataFrame
        ``grouping``, ``segment``, ``elasticity``, ``low``, ``high``, ``said``.
    words : Words
    """
    order = alt.Y("segment:N", sort=None, title=None, axis=_names())
    x = alt.X("elasticity:Q", title=words("chart.elasticity"), scale=alt.Scale(zero=True), axis=alt.Axis(tickCount=6))
    base = alt.Chart(rows)
    line = base.mark_rule(strokeWidth=4, opacity=0.45, color=BLUE).encode(alt.X("low:Q"), alt.X2("high:Q"), order)
    dot = base.mark_point(filled=True, size=80, opacity=1, color=BLUE).encode(x, order)
    # beyond the band, where nothing runs through the figure
    text = base.mark_text(align="left", dx=8).encode(alt.X("high:Q"), order, alt.Text("said:N"))
    return dressed(alt.layer(line, dot, text).properties(height=_ROW * len(rows) + _AXIS), words)


def _names() -> alt.Axis:
    return alt.Axis(ticks=False, domain=False, labelColor=INK, labelLimit=330)
