"""Charts of the rivals' calendar: moves by rival and year along the days of a year, the natural season apart."""

from __future__ import annotations

from collections.abc import Mapping

import altair as alt
import pandas as pd

from dashboard.charts.style import ACCENT, AMBER, BLUE, GREEN, GREY, INK, PALE, SKY, VERMILION, dressed
from dashboard.words import Words

_ROW, _HEAD = 22, 86
_YEAR = ["2024-01-01", "2024-12-31"]
"""The leap year onto which all years are laid."""
TONES = {
    "recorded": VERMILION, "recurring": GREY, "once": AMBER,
    "add": ACCENT, "edit": SKY, "confirm": GREEN, "reject": INK,
}  # fmt: skip
"""Tone of what a move is known by: the same whatever else a calendar holds."""
_HOLLOW = "reject"
"""What is drawn as a dashed frame, so that it is told from the others without colour too."""


def by_year(rows: pd.DataFrame, kinds: Mapping[str, str], words: Words, chosen: str = "") -> alt.TopLevelMixin:
    """A rival's moves, each on the line of its year; the fainter, the less sure.

    Parameters
    ----------
    rows : DataFrame
        ``id``, ``brand``, ``year``, ``first`` and ``last`` (the days, carried to one year), ``code`` (of ``kinds``),
        ``kind`` (in words), ``probability``, ``said``.
    kinds : mapping of str to str
        Code and words of what the moves of all rivals are known by, in the order of the legend.
    words : Words
    chosen : str
        Id of a move that gets an edge.
    """
    names = list(kinds.values())
    fills = ["transparent" if code == _HOLLOW else TONES[code] for code in kinds]
    frames = [INK if code == _HOLLOW else "transparent" for code in kinds]
    dashes = [[4, 3] if code == _HOLLOW else [1, 0] for code in kinds]
    # what was rejected is sure to have been rejected
    rows = rows.assign(sure=rows["probability"].where(rows["code"] != _HOLLOW, 1.0))
    legend = alt.Legend(orient="top", labelLimit=260)
    base = alt.Chart(rows).encode(
        alt.X("first:T", title=None, axis=_months(), scale=alt.Scale(domain=_YEAR)),
        alt.X2("last:T"),
        alt.Y("year:O", title=None, axis=alt.Axis(ticks=False, domain=False, labelColor=INK)),
        tooltip=[
            alt.Tooltip("brand:N", title=words("chart.brand")),
            alt.Tooltip("said:N", title=words("chart.campaign")),
            alt.Tooltip("kind:N", title=words("column.kind")),
        ],
    )
    bars = base.mark_bar(height=14, cornerRadius=2, strokeWidth=1.5).encode(
        fill=alt.Fill("kind:N", title=None, scale=alt.Scale(domain=names, range=fills), legend=legend),
        stroke=alt.Stroke("kind:N", title=None, scale=alt.Scale(domain=names, range=frames), legend=legend),
        strokeDash=alt.StrokeDash("kind:N", title=None, scale=alt.Scale(domain=names, range=dashes), legend=legend),
        opacity=alt.Opacity("sure:Q", scale=alt.Scale(domain=[0, 1], range=[0.15, 1.0]), legend=None),
    )
    layers = [bars]
    if chosen in set(rows["id"]):
        mine = base.transform_filter(alt.datum.id == chosen)
        layers.append(mine.mark_bar(height=14, cornerRadius=2, strokeWidth=2, fill="transparent", stroke=INK))
    return dressed(alt.layer(*layers).properties(height=_ROW * rows["year"].nunique() + _HEAD), words)


def season(rows: pd.DataFrame, words: Words) -> alt.TopLevelMixin:
    """The natural season of the category along the days of a year, with nobody's campaign in it.

    Parameters
    ----------
    rows : DataFrame
        ``day`` (carried to one year), ``index`` (1 = an average week), ``low``, ``high``.
    words : Words
    """
    base = alt.Chart(rows).encode(alt.X("day:T", title=None, axis=_months(), scale=alt.Scale(domain=_YEAR)))
    # the sign stands first in Turkish, which no format of the drawing library knows
    said = (
        "'%' + format(100 * datum.value, '.0f')" if words.language == "tr" else "format(100 * datum.value, '.0f') + '%'"
    )
    axis = alt.Axis(labelExpr=said, tickCount=4, titlePadding=12)
    y = alt.Y("index:Q", title=words("chart.season_index"), scale=alt.Scale(zero=False), axis=axis)
    band = base.mark_area(color=BLUE, opacity=0.18).encode(alt.Y("low:Q"), alt.Y2("high:Q"))
    line = base.mark_line(color=BLUE, strokeWidth=2).encode(y)
    even = alt.Chart(pd.DataFrame({"index": [1.0]})).mark_rule(color=PALE, strokeWidth=2).encode(alt.Y("index:Q"))
    return dressed(alt.layer(even, band, line).properties(height=190), words)


def _months() -> alt.Axis:
    return alt.Axis(
        format="%b", tickCount={"interval": "month", "step": 1}, grid=True, labelAlign="left", labelOffset=6
    )
