"""Potential: what every customer could buy, as a table and on the map, and why the twin thinks so of each one."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from dashboard import access, address, drawn, frame, state
from dashboard.charts import potential as charts
from dashboard.views import potential_status
from dashboard.words import Words

_COLUMNS = ["customer_id", "name", "headroom", "category_mean", "category_p10", "category_p90", "own_mean",
            "own_potential_mean", "known", "territory_id"]  # fmt: skip
_STANDING = {
    "unknown": potential_status.UNKNOWN, "known": potential_status.ACTIVE, "left": potential_status.LEFT,
}  # fmt: skip
"""Who is meant by each way of choosing, as the address has it."""
_MOST_REASONS = 9
_SHOWN = ["customer_id", "name", "headroom", "category_mean", "interval_80", "own_mean", "own_potential_mean", "status",
          "territory_id"]  # fmt: skip
_FIGURES = ("headroom", "category_mean", "own_mean", "own_potential_mean")
_MOST_ROWS = 1_000
"""More than anybody scrolls through, and each is written out; search, filters and the file reach the others."""
_CARD = 200
"""Least width of a card with a figure, pixels."""
_FIGURE, _NAME = 105, 200
"""Widths of columns, pixels: name, figures and band are seen without scrolling."""


def render() -> None:
    """The page."""
    access.require("customers")
    words, heads = state.words(), state.heads()
    st.title(words("potential.title"))
    calibration = heads.get("calibration")
    if calibration is None:
        frame.unlearned(words("overview.no_calibration"))
        return
    rows = _filtered(potential_status.told(state.customers(calibration.id), calibration.id), words)
    _figures(rows, words)
    if not len(rows):
        frame.empty(words("potential.nobody"))
        return
    chosen = _table(rows, words)
    _map(rows, calibration.id, chosen, words)
    _take_away(rows, calibration.id, words)
    _why(chosen, calibration.id, words)


def _filtered(rows: pd.DataFrame, words: Words) -> pd.DataFrame:
    """Rows that the reader asks for."""
    kinds = ["all", "unknown", "known", "left"]
    grid = st.grid("auto", min_column_width=_CARD, vertical_alignment="bottom")
    first, second, third, fourth = (grid.container() for _ in range(4))
    with first:
        kind = frame.tabs(words("potential.who"), kinds, "who", "potential_who")
    zones = sorted(rows["territory_id"].dropna().unique())
    where = frame.chosen(
        second.multiselect, words("potential.where"), zones, "zones", [], placeholder=words("potential.everywhere")
    )
    address.follow("sought", None, "")
    sought = third.text_input(words("potential.search"), key="sought", placeholder=words("potential.search_hint"))
    address.keep("sought", sought.strip(), "")
    ways = ["headroom", "category_mean", "own_mean", "own_potential_mean"]
    order = frame.chosen(
        fourth.selectbox, words("potential.order"), ways, "order", format_func=lambda n: words(f"column.{n}")
    )
    keep = pd.Series(True, index=rows.index)
    if kind != "all":
        keep &= rows["standing"] == _STANDING[kind]
    if where:
        keep &= rows["territory_id"].isin(where)
    if sought.strip():
        text = sought.strip().casefold()
        found = rows["customer_id"].astype(str).str.casefold().str.contains(text, regex=False)
        if "name" in rows:
            found |= rows["name"].astype(str).str.casefold().str.contains(text, regex=False)
        keep &= found
    return rows[keep].sort_values(str(order), ascending=False, ignore_index=True)


def _figures(rows: pd.DataFrame, words: Words) -> None:
    """What the chosen rows come to."""
    grid = st.grid("auto", min_column_width=_CARD)
    one, two, three, four = (grid.container() for _ in range(4))
    left = int((rows["standing"] == potential_status.LEFT).sum())
    note = words("potential.of_them_left", n=words.number(left)) if left else None
    one.metric(words("potential.customers"), words.number(len(rows)), border=True, help=note)
    two.metric(words("potential.category"), words.volume(rows["category_mean"].sum()), border=True)
    three.metric(words("potential.own"), words.volume(rows["own_mean"].sum()), border=True)
    four.metric(words("potential.headroom"), words.volume(rows["headroom"].sum()), border=True)
    st.caption(words("potential.units"))


def _table(rows: pd.DataFrame, words: Words) -> str:
    """The first rows, fetched as they are scrolled to; the one that is chosen."""
    top = rows.head(_MOST_ROWS)
    table = top.assign(
        interval_80=[
            words.between(low, high, words.volume) for low, high in zip(top["category_p10"], top["category_p90"])
        ],
        status=[potential_status.said(*pair, words) for pair in zip(top["standing"], top["left_on"])],
    )
    table = table[[name for name in _SHOWN if name in table]]
    # the browser would write figures as its own language does, not as the page
    config: dict[str, Any] = {name: st.column_config.NumberColumn(width=_FIGURE) for name in _FIGURES}
    config["name"] = st.column_config.TextColumn(pinned=True, width=_NAME)
    config["customer_id"] = st.column_config.TextColumn(pinned=True, width="small")
    event = frame.shown(
        table, words, dict.fromkeys(_FIGURES, lambda value: words.number(value, 1)), config, height=430,
        on_select="rerun", selection_mode="single-row", key="customers",
    )  # fmt: skip
    places = event.selection.rows
    st.caption(words("potential.choose"))
    if len(rows) > _MOST_ROWS:
        st.caption(words("potential.first", n=words.number(_MOST_ROWS), all=words.number(len(rows))))
    place = places[0] if places and places[0] < len(rows) else 0
    return str(rows["customer_id"].iloc[place])


def _map(rows: pd.DataFrame, calibration: str, chosen: str, words: Words) -> None:
    """The rows' territories, bricks by what is unknown in them, and the chosen rows with the most to win, as dots."""
    zones = tuple(sorted(map(str, rows["territory_id"].unique())))
    placed = rows["lon"].notna() & rows["lat"].notna()
    dots = rows.iloc[placed.to_numpy().nonzero()[0][: charts.MOST_DOTS]]
    if not len(dots) and not len(_bricks(calibration, zones, words)):
        st.caption(words("potential.no_places"))
        return
    ring = rows[rows["customer_id"] == chosen].head(1)
    columns = ["lon", "lat", "known", "customer_id"]
    drawn.chart(_where, calibration, zones, dots[columns], ring[columns], words, alt=words("potential.map"))
    if len(dots) < len(rows):
        st.caption(words("potential.dots", n=words.number(len(dots)), all=words.number(len(rows))))


def _where(calibration: str, zones: tuple[str, ...], dots: pd.DataFrame, ring: pd.DataFrame, words: Words) -> Any:
    dots = dots.assign(state=dots["known"].map({True: words("chart.known"), False: words("chart.unknown")}))
    return charts.where(_bricks(calibration, zones, words), dots, ring, words)


def _bricks(calibration: str, zones: tuple[str, ...], words: Words) -> pd.DataFrame:
    """Bricks of those territories that have a place, also those in which nobody is listed."""
    bricks = state.bricks(calibration)
    if not len(bricks):
        return bricks
    bricks = bricks[bricks["territory_id"].isin(zones)]
    bricks = bricks.assign(said=[words.volume(value) for value in bricks["unknown_volume"]])
    return bricks[bricks["shape"].notna() | bricks["lon"].notna()]


def _take_away(rows: pd.DataFrame, calibration: str, words: Words) -> None:
    """The chosen rows as a file; made, and written down, only when it is asked for."""
    columns = [name for name in (*_COLUMNS, "brick_id", "lon", "lat", "left_on", "left_reason") if name in rows]
    label = words("potential.download", n=words.number(len(rows)))
    frame.file(label, rows[columns], "potential.csv", words, calibration)


@drawn.once
def _why(customer: str, calibration: str, words: Words) -> None:
    """One customer: the figure with its interval, and what it rests on."""
    rows = state.customers(calibration)
    one = rows[rows["customer_id"] == customer].iloc[0]
    name = str(one["name"]) if "name" in rows and pd.notna(one.get("name")) else ""
    with st.container(border=True):
        st.header(words("potential.why", name=frame.plain(f"{name} ({customer})" if name else customer)))
        band = words.between(one["category_p10"], one["category_p90"], words.volume)
        st.markdown(
            words("potential.one", mean=words.volume(one["category_mean"]), band=band,
                  own=words.volume(one["own_mean"]), could=words.volume(one["own_potential_mean"]))
        )  # fmt: skip
        if not one["known"]:
            st.caption(words("potential.one_unknown"))
        if gone := potential_status.why(
            potential_status.told(rows[rows["customer_id"] == customer], calibration).iloc[0], words
        ):
            st.warning(frame.plain(gone), icon=":material/person_off:")
        told = state.why_potential(calibration, customer)
        if not told["reasons"]:
            st.caption(words("potential.no_reasons"))
            return
        reasons = pd.DataFrame(told["reasons"])
        top, rest = reasons.iloc[:_MOST_REASONS], reasons.iloc[_MOST_REASONS:]
        last = reasons[reasons["column"] == "@rest"]
        small = rest[rest["column"] != "@rest"]
        others = pd.DataFrame([{"column": "@others", "value": "", "factor": float(small["factor"].prod())}])
        shown = pd.concat([top[top["column"] != "@rest"], others if len(small) else others.iloc[:0], last])
        shown = shown.assign(
            reason=[_reason(r.column, r.value, words) for r in shown.itertuples()],
            said=["× " + words.number(value, 2) for value in shown["factor"]],
            pct=100 * (shown["factor"] - 1),
        )
        st.caption(words("potential.typical", typical=words.volume(told["typical"])))
        about = words("potential.why", name=customer)
        drawn.chart(charts.reasons, shown[["reason", "pct", "said"]], words, alt=about)
        st.caption(words("potential.fidelity", share=words.percent(told["fidelity"])))


def _reason(column: str, value: Any, words: Words) -> str:
    """A column and the customer's value in it, in words."""
    ours = column.startswith("@")
    name = words.named("feature", column.removeprefix("@")) if ours else potential_status.attribute(column, words)
    if isinstance(value, bool):
        return words("potential.is_known" if value else "potential.is_unknown")
    if value == "" or value is None:
        return name if column.startswith("@") else f"{name}: {words('potential.no_value')}"
    if isinstance(value, float):
        said = words.number(value, 0 if value == round(value) or abs(value) >= 10 else 2)
    else:
        said = words.named("level", str(value))
    return f"{name}: {said}"
