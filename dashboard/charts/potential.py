"""Charts of potential: where it is, and why one customer's is what it is. Know only frames."""

from __future__ import annotations

import altair as alt
import pandas as pd

from dashboard.charts import maps
from dashboard.charts.style import BLUE, INK, VERMILION, dressed
from dashboard.words import Words

MOST_DOTS = 1500
_ROW, _AXIS = 26, 40


def where(bricks: pd.DataFrame, dots: pd.DataFrame, chosen: pd.DataFrame, words: Words) -> alt.TopLevelMixin:
    """Bricks by unknown volume, customers as dots, the chosen one ringed.

    Parameters
    ----------
    bricks, dots : DataFrame
        See :func:`dashboard.charts.maps.light_and_dark`.
    chosen : DataFrame
        One row with ``lon`` and ``lat``, or none.
    words : Words
    """
    columns = ["lon", "lat", "state", "customer_id"]
    base = maps.light_and_dark(bricks, dots[columns], words("potential.map_legend"), words, height=430)
    placed = chosen.dropna(subset=["lon", "lat"])
    if not len(placed):
        return base
    ring = (
        alt.Chart(placed[["lon", "lat", "customer_id"]])
        .mark_point(size=260, stroke=VERMILION, strokeWidth=3, filled=False, opacity=1)
        .encode(
            longitude="lon:Q", latitude="lat:Q", tooltip=[alt.Tooltip("customer_id:N", title=words("chart.customer"))]
        )
    )
    base.layer.append(ring)
    return base


def reasons(rows: pd.DataFrame, words: Words) -> alt.TopLevelMixin:
    """What raises and what lowers one customer's volume, as factors.

    Parameters
    ----------
    rows : DataFrame
        ``reason``, ``pct`` (change in percent), ``said``.
    words : Words
    """
    order = alt.Y("reason:N", sort=None, title=None,
                  axis=alt.Axis(ticks=False, domain=False, labelColor=INK, labelLimit=330))  # fmt: skip
    x = alt.X("pct:Q", title=words("chart.factor"), axis=alt.Axis(format="+.0f", tickCount=6))
    colour = alt.condition("datum.pct >= 0", alt.value(BLUE), alt.value(VERMILION))
    base = alt.Chart(rows)
    bars = base.mark_bar(height=13).encode(x, order, color=colour)
    up = base.transform_filter("datum.pct >= 0").mark_text(align="left", dx=5).encode(x, order, alt.Text("said:N"))
    down = base.transform_filter("datum.pct < 0").mark_text(align="right", dx=-5).encode(x, order, alt.Text("said:N"))
    return dressed(alt.layer(bars, up, down).properties(height=_ROW * len(rows) + _AXIS), words)
