"""Overview's map: light and dark halves, to move about in or to print, with the same as a table."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from dashboard import drawn, frame, state
from dashboard.charts import deck, maps
from dashboard.words import Words


def show(calibration: str, words: Words) -> None:
    """Draw the map, or say why there is none."""
    st.header(words("overview.map"), help=words("overview.map_help"))
    if not _placed(calibration):
        st.caption(words("overview.no_map"))
        return
    kind = frame.tabs(words("overview.map_kind"), ("zoom", "print"), "map", "map_kind")
    if kind == "zoom":
        _zoomed(calibration, words)
    else:
        drawn.chart(_printed, calibration, words, alt=words("overview.map_alt"))
    _listed(calibration, words)


@drawn.once
def _zoomed(calibration: str, words: Words) -> None:
    cells = state.cells(calibration)
    found = deck.light_and_dark(_bricks(calibration, words), cells.assign(told=_told(cells, words)))
    st.pydeck_chart(found, height=deck.HEIGHT, alt=words("overview.map_alt"))
    st.caption(words("overview.map_zoom_note"))


def _printed(calibration: str, words: Words) -> Any:
    cells = state.cells(calibration)
    states = cells["known"].map({True: words("chart.known"), False: words("chart.unknown")})
    dots = cells.assign(state=states, customer_id=_told(cells, words)).tail(maps.MOST_POINTS)
    return maps.light_and_dark(_bricks(calibration, words), dots, words("overview.map_legend"), words)


@drawn.once
def _listed(calibration: str, words: Words) -> None:
    bricks = _bricks(calibration, words)
    if len(bricks):
        with st.expander(words("frame.as_table")):
            columns = ["name", "territory_id", "n_known", "n_unknown", "unknown_volume"]
            rows = bricks.sort_values("unknown_volume", ascending=False)[columns]
            frame.shown(rows, words, {"unknown_volume": words.volume})


def _bricks(calibration: str, words: Words) -> pd.DataFrame:
    bricks = state.bricks(calibration)
    if not len(bricks):
        return bricks
    bricks = bricks[bricks["shape"].notna()]
    said = [
        words("overview.brick_said", n=words.number(n), volume=words.volume(v))
        for n, v in zip(bricks["n_unknown"], bricks["unknown_volume"])
    ]
    told = [
        f"{frame.html(name)} ({frame.html(zone)})<br>{text}"
        for name, zone, text in zip(bricks["name"], bricks["territory_id"], said)
    ]
    return bricks.assign(said=said, told=told)


def _told(cells: pd.DataFrame, words: Words) -> list[str]:
    return [
        words.many("overview.cell_known" if known else "overview.cell_unknown", int(n), volume=words.volume(volume))
        for known, n, volume in zip(cells["known"], cells["n"], cells["volume"])
    ]


@drawn.kept
def _placed(calibration: str) -> bool:
    """Whether there is anything to be drawn."""
    bricks = state.bricks(calibration)
    return len(state.cells(calibration)) > 0 or (len(bricks) > 0 and bool(bricks["shape"].notna().any()))
