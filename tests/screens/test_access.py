"""Everybody can see it: contrast, colours for colour-blind eyes, charts that follow the grammar they are drawn by."""

from __future__ import annotations

import itertools
import tomllib
from pathlib import Path

import altair as alt
import numpy as np
import pandas as pd
import pytest

import dashboard
from dashboard.charts import maps, plan, style
from dashboard.words import LANGUAGES, Words

THEME = tomllib.loads((Path(dashboard.__file__).parents[1] / ".streamlit" / "config.toml").read_text("utf-8"))["theme"]
TEXT, MARK = 4.5, 3.0
"""Least contrast of text and of marks against what lies behind them, by WCAG 2.2 AA."""
APART = 9.0
"""Least distance in CIE Lab of two colours that stand side by side, as colour-blind eyes see them."""
# what a person without red or green cones sees, of linear light (Machado, Oliveira and Fernandes 2009, severity 1)
EYES = {
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "usual": np.eye(3).tolist(),
}
SETS = {
    "days of a week": plan.DAYS,
    "fuller and fuller": plan.FILLED,
    "overfull beside full": [plan.FILLED[-1], style.VERMILION],
    "gain and loss": [style.GAIN, style.LOSS],
    "known and unknown": [style.AMBER, style.INK],
    "differences": style.DIVERGING,
    "amounts": style.SEQUENTIAL,
}


def linear(colour: str) -> np.ndarray:
    """Light of a colour: (3,) in [0, 1]."""
    values = np.array([int(colour[place : place + 2], 16) for place in (1, 3, 5)]) / 255
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


def contrast(one: str, other: str) -> float:
    """Ratio of luminances, as WCAG has it."""
    bright, dark = sorted((float(linear(each) @ [0.2126, 0.7152, 0.0722]) for each in (one, other)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


def lab(light: np.ndarray) -> np.ndarray:
    """CIE Lab of linear light, D65."""
    matrix = [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
    x, y, z = np.array(matrix) @ np.clip(light, 0, 1) / [0.95047, 1.0, 1.08883]
    f = [np.cbrt(v) if v > 0.008856 else 7.787 * v + 16 / 116 for v in (x, y, z)]
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def distance(one: str, other: str, eyes: str) -> float:
    """How far apart two colours are for some eyes."""
    return float(np.linalg.norm(lab(np.array(EYES[eyes]) @ linear(one)) - lab(np.array(EYES[eyes]) @ linear(other))))


@pytest.mark.parametrize("eyes", EYES)
@pytest.mark.parametrize("name", SETS)
def test_colours_side_by_side_can_be_told_apart(name, eyes):
    near = [
        (a, b, round(distance(a, b, eyes), 1))
        for a, b in itertools.combinations(SETS[name], 2)
        if distance(a, b, eyes) < APART
    ]
    assert near == []


def test_red_and_green_of_a_traffic_light_would_be_seen_to_fail():
    assert distance("#9A9A00", "#C58A00", "deuteranopia") < distance("#9A9A00", "#C58A00", "usual")
    assert distance("#00A000", "#A07000", "deuteranopia") < APART * 2


@pytest.mark.parametrize("back", ["backgroundColor", "secondaryBackgroundColor"])
@pytest.mark.parametrize(
    "colour", [style.INK, style.GREY, THEME["textColor"], THEME["linkColor"], THEME["primaryColor"]]
)
def test_text_stands_out(colour, back):
    assert contrast(colour, THEME[back]) >= TEXT


def test_white_on_the_main_button_stands_out():
    assert contrast("#FFFFFF", THEME["primaryColor"]) >= TEXT


def test_figures_in_the_grid_of_days_stand_out():
    dark, light = plan.FILLED[:3], [*plan.FILLED[3:]]
    assert min(contrast(style.INK, colour) for colour in dark) >= TEXT
    assert min(contrast("#FFFFFF", colour) for colour in light) >= TEXT


@pytest.mark.parametrize("colour", plan.DAYS)
def test_ways_on_the_map_stand_out(colour):
    assert contrast(colour, "#FFFFFF") >= MARK


# --- charts are held against the grammar here, because they are not when they are drawn --------------------------


def charts(words: Words) -> list[alt.TopLevelMixin]:
    days = pd.DataFrame(
        {"rep": ["A", "A"], "rep_id": ["R1", "R1"], "day": ["Mon", "Tue"], "iso": ["2026-01-05", "2026-01-06"],
         "filled": [0.4, 1.2], "visits": [4, 9], "said": ["x", "y"]}
    )  # fmt: skip
    counts = pd.DataFrame({"rep": ["A"], "planned": [9], "possible": [8.5], "said": ["9 of 8.5"]})
    stops = pd.DataFrame(
        {"lon": [29.0, 29.1], "lat": [40.0, 40.1], "seq": [1, 1], "state": [words("chart.known")] * 2,
         "said": ["1", "1"], "day": ["Mon", "Tue"], "date": pd.to_datetime(["2026-01-05", "2026-01-06"])}
    )  # fmt: skip
    none = pd.DataFrame(columns=["lon", "lat", "ring", "step"])
    bricks = pd.DataFrame({"shape": [None], "name": ["B"], "territory_id": ["T"], "lon": [29.0], "lat": [40.0],
                           "unknown_volume": [1.0], "said": ["1"]})  # fmt: skip
    people = pd.DataFrame({"lon": [29.0], "lat": [40.0], "state": [words("chart.known")], "customer_id": ["C"]})
    return [
        plan.load(days, words),
        plan.capacity(counts, words),
        plan.route(stops, (29.0, 40.0), none, words),
        plan.route(stops.head(1), None, none, words),
        maps.light_and_dark(bricks, people, "x", words),
    ]


@pytest.mark.parametrize("language", LANGUAGES)
def test_charts_follow_the_grammar_of_vega_lite(language):
    for chart in charts(Words(language)):
        chart.to_dict(validate=True)


def test_a_chart_against_the_grammar_is_seen():
    wrong = style.dressed(alt.Chart(pd.DataFrame({"x": [1]})).mark_bar(opacity="much").encode(x="x:Q"), Words("en"))
    with pytest.raises(alt.utils.schemapi.SchemaValidationError):
        wrong.to_dict(validate=True)
    wrong.to_dict()
