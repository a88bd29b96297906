"""Driver charts: from the baseline to a scenario, part by part. Know no result, only frames."""

from __future__ import annotations

import altair as alt
import pandas as pd

from dashboard.charts.style import GAIN, GREY, INK, LOSS, PALE, dressed
from dashboard.words import Words

_ROW, _AXIS = 36, 50
_FIGURES = 0.45


def waterfall(rows: pd.DataFrame, title: str, words: Words) -> alt.TopLevelMixin:
    """Steps that sum to the whole, each with the interval of what it adds.

    Parameters
    ----------
    rows : DataFrame
        ``name``, ``mean``, ``p10``, ``p90``, ``whole`` (flag of the last row), ``said``.
    title : str
        Of the axis.
    words : Words
    """
    rows = rows.reset_index(drop=True)
    start = rows["mean"].where(~rows["whole"], 0.0).cumsum().shift(fill_value=0.0).where(~rows["whole"], 0.0)
    low, high = start + rows["p10"], start + rows["p90"]
    rows = rows.assign(
        start=start,
        stop=start + rows["mean"],
        low=low,
        high=high,
        tone=[GREY if w else GAIN if m > 0 else LOSS for w, m in zip(rows["whole"], rows["mean"])],
        sure=[1.0 if w or not a <= 0 <= b else 0.45 for w, a, b in zip(rows["whole"], rows["p10"], rows["p90"])],
    )
    least = min(0.0, float(rows[["start", "stop", "low"]].min().min()))
    most = max(0.0, float(rows[["start", "stop", "high"]].max().max()))
    edge = most + _FIGURES * max(most - least, 0.1)
    place = alt.X(
        "start:Q",
        title=title,
        scale=alt.Scale(domain=[least, edge], nice=False),
        axis=alt.Axis(format="+.2~f", tickCount=6),
    )
    order = alt.Y(
        "name:N", sort=None, title=None, axis=alt.Axis(ticks=False, domain=False, labelColor=INK, labelLimit=200)
    )
    colour, sure = alt.Color("tone:N", scale=None), alt.Opacity("sure:Q", scale=None, legend=None)
    tip = [alt.Tooltip("name:N", title=words("chart.part")), alt.Tooltip("said:N", title=words("chart.difference"))]
    base = alt.Chart(rows.assign(edge=edge))
    zero = alt.Chart(pd.DataFrame({"zero": [0.0]})).mark_rule(color=PALE, strokeWidth=2).encode(alt.X("zero:Q"))
    bars = base.mark_bar(height=18, cornerRadius=1).encode(place, alt.X2("stop:Q"), order, colour, sure, tooltip=tip)
    spans = base.mark_rule(color=INK, strokeWidth=1.4).encode(alt.X("low:Q"), alt.X2("high:Q"), order)
    told = base.mark_text(align="right").encode(alt.X("edge:Q"), order, alt.Text("said:N"))
    return dressed(alt.layer(zero, bars, spans, told).properties(height=_ROW * len(rows) + _AXIS), words)
