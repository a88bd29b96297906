"""Charts of a visit plan: how full each rep's days are, visits against capacity, the way of a day. Know only frames."""

from __future__ import annotations

import math
from typing import Any

import altair as alt
import pandas as pd

from dashboard.charts.style import ACCENT, AMBER, EDGE, GREY, INK, LINE, VERMILION, dressed
from dashboard.words import Words

_ROW, _AXIS = 26, 70
_MANY_REPS, _LOW_ROW = 40, 12
_WIDTH, _HEIGHT = 1000, 440
_MARGIN = 0.12
FILLED = ["#F2F5F8", "#CFE0F0", "#A3C4E2", "#2B6CB0", "#0B3E75"]
"""Emptier to fuller, in fifths; between the third and the fourth figures turn from dark to white, so that no step is
too near to either."""
DAYS = ["#0B5CAD", "#AA8800", "#553300", "#0091A8", "#6F5A6F", "#10161D", "#A88060"]
"""Ways of the days of a week; each is also told by its dashes."""
_DASHES = [[1, 0], [6, 3], [2, 2], [8, 3, 2, 3], [1, 3], [10, 4], [4, 1]]


def load(days: pd.DataFrame, words: Words) -> alt.TopLevelMixin:
    """How full every rep's days are as a grid, with the number of visits in each cell; overfull ones stand out.

    Parameters
    ----------
    days : DataFrame
        ``rep``, ``rep_id``, ``day`` (words), ``iso`` (ISO date), ``filled`` (share of the day), ``visits``, ``said``.
    words : Words

    Returns
    -------
    chart
        With a selection ``cell`` that names ``rep_id`` and ``iso``.
    """
    order = days.sort_values("iso")["day"].drop_duplicates().tolist()
    many = days["rep"].nunique() > _MANY_REPS
    across = alt.X("day:O", sort=order, title=None, axis=alt.Axis(labelAngle=-60, ticks=False, domain=False))
    plain = alt.Axis(ticks=False, domain=False, labelColor=INK, labelLimit=220)
    down = alt.Y("rep:N", sort=days["rep"].drop_duplicates().tolist(), title=None, axis=plain)
    tone = alt.condition(
        "datum.filled > 1.0001",
        alt.value(VERMILION),
        alt.Color(
            "filled:Q",
            title=words("plan.filled"),
            scale=alt.Scale(type="threshold", range=FILLED, domain=[0.2, 0.4, 0.6, 0.8]),
            legend=alt.Legend(
                orient="top",
                direction="horizontal",
                gradientLength=200,
                gradientThickness=10,
                titleOrient="left",
                labelExpr=_percent(words),
            ),
        ),
    )
    tip = [
        alt.Tooltip("rep:N", title=words("chart.rep")),
        alt.Tooltip("day:N", title=words("chart.day")),
        alt.Tooltip("said:N", title=words("plan.filled")),
    ]
    cell = alt.selection_point(name="cell", fields=["rep_id", "iso"], on="click", clear="dblclick")
    edge = alt.condition(cell, alt.value(INK), alt.value("white"), empty=False)
    cells = alt.Chart(days).mark_rect(strokeWidth=1.5, cursor="pointer").encode(
        across, down, tone, stroke=edge, tooltip=tip
    )  # fmt: skip
    layers: list[Any] = [cells.add_params(cell)]
    if not many:
        light = alt.condition("datum.filled >= 0.6", alt.value("white"), alt.value(INK))
        layers.append(alt.Chart(days).mark_text(fontSize=11).encode(across, down, alt.Text("visits:Q"), color=light))
    height = (_LOW_ROW if many else _ROW) * max(days["rep"].nunique(), 1) + _AXIS
    return dressed(alt.layer(*layers).properties(height=height), words)


def capacity(counts: pd.DataFrame, words: Words) -> alt.TopLevelMixin:
    """Planned visits of every rep as a bar, and the most that the rep can make as a line across it.

    Parameters
    ----------
    counts : DataFrame
        ``rep``, ``planned``, ``possible``, ``said``.
    words : Words
    """
    many = len(counts) > _MANY_REPS
    plain = alt.Axis(ticks=False, domain=False, labelColor=INK, labelLimit=220)
    down = alt.Y("rep:N", sort=counts["rep"].tolist(), title=None, axis=plain)
    tip = [alt.Tooltip("rep:N", title=words("chart.rep")), alt.Tooltip("said:N", title=words("plan.capacity"))]
    tone = alt.condition("datum.planned > datum.possible + 0.5", alt.value(VERMILION), alt.value(FILLED[3]))
    axis = alt.Axis(domainColor=LINE, tickMinStep=1)
    bars = alt.Chart(counts).mark_bar(height={"band": 0.6}).encode(
        alt.X("planned:Q", title=words("plan.visits"), axis=axis), down, color=tone, tooltip=tip
    )  # fmt: skip
    line = alt.Chart(counts).mark_tick(color=INK, thickness=2, height=16 if not many else 8)
    layers: list[Any] = [bars, line.encode(alt.X("possible:Q"), down, tooltip=tip)]
    if not many:
        words_at = alt.Chart(counts).mark_text(align="left", dx=8, color=GREY, fontSize=11)
        layers.append(words_at.encode(alt.X("edge:Q"), down, alt.Text("said:N")).transform_calculate(
            edge="max(datum.planned, datum.possible)"
        ))  # fmt: skip
    height = (_LOW_ROW if many else _ROW) * max(len(counts), 1) + 40
    return dressed(alt.layer(*layers).properties(height=height), words)


def route(
    stops: pd.DataFrame, home: tuple[float, float] | None, edges: pd.DataFrame, words: Words
) -> alt.TopLevelMixin:
    """The ways of one rep on one or more days, on plain axes: kilometres look the same in both directions.

    Parameters
    ----------
    stops : DataFrame
        ``lon``, ``lat``, ``seq``, ``state``, ``said``, ``day`` (words), ``date``.
    home : (lon, lat), degrees, optional
        Where every day begins and ends.
    edges : DataFrame
        ``lon``, ``lat``, ``ring``, ``step``: outlines of bricks; may be empty.
    words : Words
    """
    at_home = home is not None and all(math.isfinite(x) for x in home)
    way = _way(stops, home if at_home else None)
    across, up = _frame(way)
    x, y = alt.X("lon:Q", scale=across, axis=None), alt.Y("lat:Q", scale=up, axis=None)
    layers: list[Any] = []
    if len(edges):
        near = edges["lon"].between(*across.domain) & edges["lat"].between(*up.domain)
        seen = edges[edges["ring"].isin(set(edges.loc[near, "ring"]))] if near.any() else edges.head(0)
        outline = alt.Chart(seen).mark_line(color=EDGE, strokeWidth=1, clip=True)
        layers.append(outline.encode(x, y, alt.Detail("ring:N"), alt.Order("step:Q")))
    days = stops.sort_values("date")["day"].drop_duplicates().tolist()
    several = len(days) > 1
    lines = alt.Chart(way).mark_line(color=ACCENT, strokeWidth=1.8, opacity=0.8).encode(
        x, y, alt.Order("step:Q"), alt.Detail("day:N")
    )  # fmt: skip
    if several:
        legend = alt.Legend(orient="bottom", symbolType="stroke")
        lines = lines.encode(
            alt.Color("day:N", title=None, sort=days, scale=alt.Scale(domain=days, range=DAYS[: len(days)]),
                      legend=legend),
            alt.StrokeDash("day:N", title=None, sort=days, scale=alt.Scale(domain=days, range=_DASHES[: len(days)]),
                           legend=legend),
        )  # fmt: skip
    layers.append(lines)
    if at_home:
        ends = way[way["home"]].head(1)
        layers.append(
            alt.Chart(ends).mark_point(shape="square", filled=True, size=140, color=GREY, opacity=1).encode(x, y)
        )
    layers += _dots(stops, x, y, several, words)
    whole = alt.layer(*layers).resolve_scale(color="independent", fill="independent")
    return dressed(whole.properties(height=_HEIGHT).interactive(), words)


def _percent(words: Words) -> str:
    """How a legend writes a share."""
    # the lowest step has no lower end: nothing is less than an empty day
    figure = "format(100 * max(datum.value, 0), '.0f')"
    return f"'%' + {figure}" if words.language == "tr" else f"{figure} + '%'"


def _dots(stops: pd.DataFrame, x: alt.X, y: alt.Y, several: bool, words: Words) -> list[Any]:
    """Stops with their place in the day."""
    states = [words("chart.known"), words("chart.unknown")]
    fill = alt.Fill(
        "state:N", title=None, scale=alt.Scale(domain=states, range=[AMBER, INK]), legend=alt.Legend(orient="bottom")
    )
    tip = [alt.Tooltip("day:N", title=words("chart.day")), alt.Tooltip("said:N", title=words("chart.visit"))]
    dots = alt.Chart(stops).mark_circle(size=140 if several else 260, opacity=1, stroke="white")
    light = alt.condition(alt.datum.state == states[1], alt.value("white"), alt.value(INK))
    numbers = alt.Chart(stops).mark_text(fontSize=8 if several else 11, fontWeight=600)
    return [dots.encode(x, y, fill, tooltip=tip), numbers.encode(x, y, alt.Text("seq:Q"), color=light)]


def _way(stops: pd.DataFrame, home: tuple[float, float] | None) -> pd.DataFrame:
    """Points of the ways in order, homes included: ``lon``, ``lat``, ``day``, ``step``, ``home``."""
    inner = stops.sort_values(["date", "seq"])[["lon", "lat", "day", "date"]].assign(home=False)
    inner = inner.assign(step=inner.groupby("date").cumcount() + 1)
    if home is None:
        return inner.drop(columns="date")
    ends = inner.groupby(["date", "day"], as_index=False)["step"].max()
    ends = ends.assign(lon=home[0], lat=home[1], home=True)
    parts = [inner, ends.assign(step=0), ends.assign(step=ends["step"] + 1)]
    return pd.concat(parts, ignore_index=True).drop(columns="date")


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
