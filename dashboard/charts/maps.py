"""Maps that need no tiles: areas by value, customers by what we know of them. Know no result, only frames."""

from __future__ import annotations

from typing import Any

import altair as alt
import pandas as pd

from dashboard.charts.style import AMBER, DIVERGING, INK, SEQUENTIAL, dressed
from dashboard.words import Words

MOST_POINTS = 5000
_HEIGHT = 460
_EDGE = "#FFFFFF"
_DOT = 26


def light_and_dark(
    bricks: pd.DataFrame, customers: pd.DataFrame, title: str, words: Words, height: int = _HEIGHT
) -> alt.TopLevelMixin:
    """Bricks by unknown volume, and customers as light (known) and dark (unknown) dots.

    Parameters
    ----------
    bricks : DataFrame
        ``shape``, ``name``, ``unknown_volume``, ``said``; may be empty.
    customers : DataFrame
        ``lon``, ``lat``, ``state`` (the words for known or unknown), ``customer_id``; at most :data:`MOST_POINTS` rows.
    title : str
        Of the legend of areas.
    words : Words
    height : int, pixels
    """
    layers: list[Any] = []
    if len(bricks):
        tone = alt.Scale(range=SEQUENTIAL, domainMin=0)
        colour = alt.Color("properties.value:Q", title=title, scale=tone, legend=_gradient())
        layers.append(_areas(bricks, "unknown_volume", words).encode(colour))
    if len(customers):
        states = [words("chart.known"), words("chart.unknown")]
        scale = alt.Scale(domain=states, range=[AMBER, INK])
        dots = alt.Chart(customers).mark_circle(size=_DOT, opacity=0.85, stroke=_EDGE, strokeWidth=0.5)
        layers.append(
            dots.encode(
                longitude="lon:Q",
                latitude="lat:Q",
                color=alt.Color("state:N", title=None, scale=scale, legend=alt.Legend(orient="bottom", symbolSize=70)),
                tooltip=[
                    alt.Tooltip("customer_id:N", title=words("chart.customer")),
                    alt.Tooltip("state:N", title=" "),
                ],
            )
        )
    chart = alt.layer(*layers).resolve_scale(color="independent").project("mercator").properties(height=height)
    return dressed(chart, words)


def by_territory(
    bricks: pd.DataFrame, limit: float, title: str, words: Words, height: int = _HEIGHT
) -> alt.TopLevelMixin:
    """Bricks in the colour of their territory's difference; pale where it cannot be told from zero.

    Parameters
    ----------
    bricks : DataFrame
        ``shape``, ``name``, ``value``, ``clear`` (flag), ``said``.
    limit : float
        The scale runs from ``-limit`` to ``limit``, the same for every map that is compared.
    title : str
        Of the legend.
    words : Words
    height : int, pixels
    """
    tone = alt.Scale(range=DIVERGING, domain=[-limit, -limit / 2, 0, limit / 2, limit])
    areas = _areas(bricks, "value", words).encode(
        color=alt.Color("properties.value:Q", title=title, scale=tone, legend=_gradient("+.1~f")),
        opacity=alt.Opacity("properties.clear:Q", scale=alt.Scale(domain=[0, 1], range=[0.3, 1.0]), legend=None),
    )
    return dressed(areas.project("mercator").properties(height=height), words)


def _gradient(number_format: str = ",.2~s") -> alt.Legend:
    return alt.Legend(orient="bottom", gradientLength=220, gradientThickness=10, format=number_format, titleLimit=400)


def _areas(bricks: pd.DataFrame, value: str, words: Words) -> alt.Chart:
    """Shapes as features, or circles where a brick has only a centre."""
    names = [name for name in ("clear", "said") if name in bricks]
    features = []
    for row in bricks.itertuples():
        shape = row.shape or {"type": "Point", "coordinates": [row.lon, row.lat]}
        told = {"name": f"{row.name} ({row.territory_id})", "value": float(getattr(row, value))}
        told.update({name: getattr(row, name) for name in names})
        told["clear"] = int(told.get("clear", 1))
        features.append({"type": "Feature", "geometry": shape, "properties": told})
    tip = [
        alt.Tooltip("properties.name:N", title=words("chart.area")),
        alt.Tooltip("properties.said:N", title=words("chart.value")),
    ]
    return alt.Chart(alt.Data(values=features)).mark_geoshape(stroke=_EDGE, strokeWidth=0.8).encode(tooltip=tip)
