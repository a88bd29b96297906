"""Charts of the rivals' calendar: moves by rival and year along the days of a year, the natural season apart."""

from __future__ import annotations

from collections.abc import Sequence

import altair as alt
import pandas as pd

from dashboard.charts.style import ACCENT, AMBER, BLUE, GREY, INK, PALE, VERMILION, dressed
from dashboard.words import Words

_ROW, _HEAD = 22, 86
_YEAR = ["2024-01-01", "2024-12-31"]
"""The leap year onto which all years are laid."""
_TONES = (VERMILION, GREY, ACCENT, AMBER, BLUE)


def by_year(rows: pd.DataFrame, kinds: Sequence[str], words: Words, chosen: str = "") -> alt.TopLevelMixin:
    """A rival's moves, each on the line of its year; the fainter, the less sure.

    Parameters
    ----------
    rows : DataFrame
        ``id``, ``brand``, ``year``, ``first`` and ``last`` (the days, carried to one year), ``kind`` (in words),
        ``probability``, ``said``.
    kinds : sequence of str
        Of all rivals, so that a colour means the same everywhere.
    words : Words
    chosen : str
        Id of a move that gets an edge.
    """
    scale = alt.Scale(domain=list(kinds), range=list(_TONES[: len(kinds)]))
    rows = rows.assign(edge=[INK if name == chosen else "transparent" for name in rows["id"]])
    bars = (
        alt.Chart(rows)
        .mark_bar(height=14, cornerRadius=2, strokeWidth=2)
        .encode(
            alt.X("first:T", title=None, axis=_months(), scale=alt.Scale(domain=_YEAR)),
            alt.X2("last:T"),
            alt.Y("year:O", title=None, axis=alt.Axis(ticks=False, domain=False, labelColor=INK)),
            color=alt.Color("kind:N", title=None, scale=scale, legend=alt.Legend(orient="top", labelLimit=260)),
            opacity=alt.Opacity("probability:Q", scale=alt.Scale(domain=[0, 1], range=[0.15, 1.0]), legend=None),
            stroke=alt.Stroke("edge:N", scale=None),
            tooltip=[alt.Tooltip("brand:N", title=words("chart.brand")),
                     alt.Tooltip("said:N", title=words("chart.campaign"))],
        )
        .properties(height=_ROW * rows["year"].nunique() + _HEAD)
    )  # fmt: skip
    return dressed(bars, words)


def season(rows: pd.DataFrame, words: Words) -> alt.TopLevelMixin:
    """The natural season of the category along the days of a year, with nobody's campaign in it.

    Parameters
    ----------
    rows : DataFrame
        ``day`` (carried to one year), ``index`` (1 = an average week), ``low``, ``high``.
    words : Words
    """
    base = alt.Chart(rows).encode(alt.X("day:T", title=None, axis=_months(), scale=alt.Scale(domain=_YEAR)))
    axis = alt.Axis(format="%", tickCount=4, titlePadding=12)
    y = alt.Y("index:Q", title=words("chart.season_index"), scale=alt.Scale(zero=False), axis=axis)
    band = base.mark_area(color=BLUE, opacity=0.18).encode(alt.Y("low:Q"), alt.Y2("high:Q"))
    line = base.mark_line(color=BLUE, strokeWidth=2).encode(y)
    even = alt.Chart(pd.DataFrame({"index": [1.0]})).mark_rule(color=PALE, strokeWidth=2).encode(alt.Y("index:Q"))
    return dressed(alt.layer(even, band, line).properties(height=190), words)


def _months() -> alt.Axis:
    return alt.Axis(
        format="%b", tickCount={"interval": "month", "step": 1}, grid=True, labelAlign="left", labelOffset=6
    )
