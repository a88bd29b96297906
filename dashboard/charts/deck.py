"""Maps to move about in: areas and cells of customers, without tiles. Know no result, only frames."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import pydeck as pdk

from dashboard.charts.style import AMBER, INK, SEQUENTIAL

HEIGHT = 460
_EDGE = [180, 189, 198]
_PIXELS = (2.5, 11.0)
_ACROSS = 0.9


def light_and_dark(bricks: pd.DataFrame, cells: pd.DataFrame) -> pdk.Deck:
    """Areas by unknown volume; light and dark cells, larger where more can be sold.

    Parameters
    ----------
    bricks : DataFrame
        ``shape``, ``unknown_volume``, ``told`` (what is said when pointed at); may be empty.
    cells : DataFrame
        ``lon``, ``lat``, ``known`` (flag), ``volume``, ``told``.
    """
    top = max(float(cells["volume"].max()), 1e-9) if len(cells) else 1.0
    layers = [_areas(bricks)] if len(bricks) else []
    for known, colour, name in ((True, AMBER, "light"), (False, INK, "dark")):
        some = cells[cells["known"] == known]
        if len(some):
            layers.append(_dots(some, top, colour, name))
    tip: Any = {"html": "{told}", "style": {"backgroundColor": INK, "color": "white", "fontSize": "13px"}}
    # a style of None would be taken for "choose one" and fetched from elsewhere; one that is not given is none
    return pdk.Deck(layers, initial_view_state=_view(bricks, cells), map_provider=None, tooltip=tip)


def _areas(bricks: pd.DataFrame) -> pdk.Layer:
    top = max(float(bricks["unknown_volume"].max()), 1e-9)
    features = [
        # the tooltip reads what is said both from a feature and from a dot, by the same name
        {
            "type": "Feature",
            "geometry": row.shape,
            "told": row.told,
            "properties": {"told": row.told, "fill": _shade(row.unknown_volume / top)},
        }
        for row in bricks.itertuples()
    ]
    return pdk.Layer(
        "GeoJsonLayer",
        {"type": "FeatureCollection", "features": features},
        get_fill_color="properties.fill",
        get_line_color=_EDGE,
        line_width_min_pixels=1,
        pickable=True,
        auto_highlight=True,
        id="areas",
    )


def _dots(cells: pd.DataFrame, top: float, colour: str, name: str) -> pdk.Layer:
    radius = _PIXELS[0] + (_PIXELS[1] - _PIXELS[0]) * np.sqrt(cells["volume"] / top)
    rows = [
        # few digits: the map is sent at every visit
        {"p": [round(x, 4), round(y, 4)], "r": round(r, 1), "told": told}
        for x, y, r, told in zip(cells["lon"], cells["lat"], radius, cells["told"])
    ]
    return pdk.Layer(
        "ScatterplotLayer",
        rows,
        get_position="p",
        get_radius="r",
        radius_units=pdk.types.String("pixels"),
        get_fill_color=[*_rgb(colour), 200],
        get_line_color=[255, 255, 255],
        stroked=True,
        line_width_min_pixels=0.5,
        pickable=True,
        auto_highlight=True,
        id=name,
    )


def _view(bricks: pd.DataFrame, cells: pd.DataFrame) -> pdk.ViewState:
    """Everything in sight."""
    dots = cells[["lon", "lat"]].to_numpy(dtype=float)
    corners = [point[:2] for shape in bricks["shape"] for point in _points(shape["coordinates"])] if len(bricks) else []
    lon, lat = np.vstack([dots, np.array(corners, dtype=float).reshape(-1, 2)]).T
    wide = max(float(np.ptp(lon)), float(np.ptp(lat)) * 1.9, 1e-3)
    zoom = math.log2(360.0 * _ACROSS / wide)
    return pdk.ViewState(
        longitude=float(lon.min() + np.ptp(lon) / 2), latitude=float(lat.min() + np.ptp(lat) / 2), zoom=zoom
    )


def _points(rings: Any) -> list[list[float]]:
    if rings and isinstance(rings[0], int | float):
        return [rings]
    return [point for part in rings for point in _points(part)]


def _shade(part: float) -> list[int]:
    """Colour of a value between 0 and 1 on the scale of one colour."""
    stops = np.array([_rgb(colour) for colour in SEQUENTIAL], dtype=float)
    place = min(max(part, 0.0), 1.0) * (len(stops) - 1)
    low = min(int(place), len(stops) - 2)
    mixed = stops[low] + (stops[low + 1] - stops[low]) * (place - low)
    return [*(int(v) for v in mixed), 190]


def _rgb(colour: str) -> list[int]:
    return [int(colour[k : k + 2], 16) for k in (1, 3, 5)]
