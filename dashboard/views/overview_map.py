"""Overview's map: light and dark halves, to move about in or to print, with the same as a table."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from dashboard import access, frame, state
from dashboard.charts import deck, maps
from dashboard.words import Words


def show(calibration: str, words: Words) -> None:
    """Draw the map, or say why there is none."""
    st.subheader(words("overview.map"))
    bricks, cells = _bricks(calibration, words), state.cells(calibration)
    if not len(cells) and not len(bricks):
        st.caption(words("overview.no_map"))
        return
    kind = frame.tabs(words("overview.map_kind"), ("zoom", "print"), "map", "map_kind")
    if kind == "zoom":
        st.pydeck_chart(
            _deck(str(state.workspace()), calibration, words.language, access.territories()), height=deck.HEIGHT,
            alt=words("overview.map_alt"),
        )  # fmt: skip
        st.caption(words("overview.map_zoom_note"))
    else:
        states = cells["known"].map({True: words("chart.known"), False: words("chart.unknown")})
        dots = cells.assign(state=states, customer_id=_told(cells, words)).tail(maps.MOST_POINTS)
        chart = maps.light_and_dark(bricks, dots, words("overview.map_legend"), words)
        st.altair_chart(chart, width="stretch", theme=None, alt=words("overview.map_alt"))
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


@st.cache_resource(max_entries=16, show_spinner=False)
def _deck(folder: str, calibration: str, language: str, territories: Any) -> Any:
    """The finished map; keyed by what decides it, for it is large."""
    words, cells = Words(language), state.cells(calibration)
    return deck.light_and_dark(_bricks(calibration, words), cells.assign(told=_told(cells, words)))
