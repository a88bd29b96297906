"""One scenario closely: over time, what drives it, where, and with whom."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pandas as pd
import streamlit as st

from dashboard import access, drawn, frame, jobs_panel, live, state
from dashboard.charts import drivers as driver_charts
from dashboard.charts import forecast as charts
from dashboard.charts import maps
from dashboard.views import past_skill
from dashboard.words import Words
from twin.tasks.forecasts import compared

_MAP = 250


def show(version: Any, outlook: dict[str, Any], rows: list[dict[str, Any]], one: dict[str, Any], words: Words) -> None:
    """Charts and tables of the chosen scenario.

    Parameters
    ----------
    version : Version
        Of the forecast.
    outlook : dict
        Its result.
    rows : list of dict
        Scenarios that are compared.
    one : dict
        The chosen one of them.
    words : Words
    """
    with st.container(border=True):
        _over_time(version.id, outlook, one, words)
    with st.container(border=True):
        _drivers(version, one, words)
    with st.container(border=True):
        _where(version, rows, one["name"], words)
    with st.container(border=True):
        _with_whom(version, one["name"], words)


def _over_time(forecast: str, outlook: dict[str, Any], one: dict[str, Any], words: Words) -> None:
    """Share, or volume where the share is unknown: history and both fans."""
    base = outlook["scenarios"][0]
    seen = base["totals"]["own_share"]["mean"] is not None
    st.header(words("compare.over_time"))
    measure = "own_volume"
    if seen:
        measure = frame.tabs(words("compare.measure"), ("own_share", "own_volume"), "measure", "measure")
    else:
        st.caption(words("compare.share_unseen"))
    drawn.chart(_fan, forecast, one["name"], measure, words, alt=words("compare.over_time"))
    st.caption(words("compare.fan_note") + (" " + words("compare.naive_note") if measure == "own_volume" else ""))
    past_skill.mixture(outlook, measure, state.heads(), words)


def fan_chart(calibration: str, outlook: dict[str, Any], one: dict[str, Any], measure: str, words: Words) -> Any:
    """The chart of history and both futures."""
    base = outlook["scenarios"][0]
    past = state.past(calibration)
    middle = past["start"] + (past["end"] - past["start"]) / 2
    lived = pd.DataFrame({"date": middle, "value": past[measure]}).dropna()
    futures = [(words("compare.baseline"), _band(base, measure)), (one["name"], _band(one, measure))]
    naive = None
    if measure == "own_volume":
        weeks = pd.to_datetime([row["week_start"] for row in base["weekly"]])
        naive = pd.DataFrame({"date": weeks, "value": outlook["naive"]["weekly"]})
    form = ".1%" if measure == "own_share" else ",.3~s"
    today = dt.date.fromisoformat(outlook["origin"])
    return charts.fan(lived, futures, today, words.named("axis", measure), form, words, naive)


def _fan(forecast: str, name: str, measure: str, words: Words) -> Any:
    outlook = state.document(forecast, "forecast")
    one = next(row for row in outlook["scenarios"] if row["name"] == name)
    return fan_chart(state.parent(forecast), outlook, one, measure, words)


def baseline_chart(forecast: str, words: Words) -> Any:
    """The chart of history and of going on as now: our share, or volume where the share is unknown."""
    outlook = state.document(forecast, "forecast")
    past, base = state.past(state.parent(forecast)), outlook["scenarios"][0]
    measure = "own_share" if base["totals"]["own_share"]["mean"] is not None else "own_volume"
    middle = past["start"] + (past["end"] - past["start"]) / 2
    lived = pd.DataFrame({"date": middle, "value": past[measure]}).dropna()
    futures = [(words("compare.baseline"), _band(base, measure))]
    today = dt.date.fromisoformat(outlook["origin"])
    form = ".1%" if measure == "own_share" else ",.3~s"
    return charts.fan(lived, futures, today, words.named("axis", measure), form, words)


def _band(row: dict[str, Any], measure: str) -> pd.DataFrame:
    weeks = pd.to_datetime([week["week_start"] for week in row["weekly"]])
    return pd.DataFrame([week[measure] for week in row["weekly"]]).assign(date=weeks)


def _drivers(version: Any, one: dict[str, Any], words: Words) -> None:
    """What part of the difference comes from which part of the scenario; asked for where nobody has yet."""
    st.header(words("compare.drivers"))
    found = live.drivers_of(version.id, one["name"])
    if found is None:
        st.caption(words("compare.no_drivers"))
        text = state.document(version.id, "scenarios").get(one["name"], "")
        path = compared.file_of(state.workspace(), one["name"], text)
        newest = state.heads()["calibration"].id == version.parents[0]
        if path is None or not newest:
            st.caption(words("compare.drivers_old"))
        elif st.button(
            words("compare.find_drivers"), disabled=not access.may("decide") or jobs_panel.busy(("drivers",))
        ):
            jobs_panel.start("drivers", [str(path), "--weeks", str(version.meta["n_weeks"])])
        return
    if not found["rows"]:
        st.caption(words("compare.nothing_to_drive"))
        return
    title = words("chart.volume_difference")
    drawn.chart(driver_charts.waterfall, driver_rows(found, words), title, words, alt=words("compare.drivers"))
    key = "compare.drivers_exact" if found["exact"] else "compare.drivers_orders"
    st.caption(words(key, runs=words.number(found["runs"]), orders=words.number(found["orders"])))


def driver_rows(found: dict[str, Any], words: Words) -> pd.DataFrame:
    """Contributions as the chart has them."""
    made = []
    for row in found["rows"]:
        gain = row["own_volume_pct"]
        band = words.between(gain["p10"], gain["p90"], lambda v: words.signed(v, 2))
        made.append(
            {
                "name": words.named("lever", row["lever"]),
                "mean": gain["mean"],
                "p10": gain["p10"],
                "p90": gain["p90"],
                "whole": row["lever"] == "whole",
                "said": f"{words.signed(gain['mean'], 2)}  [{band}]",
            }
        )
    return pd.DataFrame(made)


def by_territory(version: str, words: Words) -> pd.DataFrame:
    """Differences by scenario and territory, with whether each can be told from zero."""
    rows = state.difference(version)
    rows = rows[rows["territory_id"] != "all"] if rows["territory_id"].nunique() > 1 else rows
    low, high = rows["own_volume_pct_p10"], rows["own_volume_pct_p90"]
    band = [words.between(a, b, words.signed) for a, b in zip(low, high)]
    return rows.assign(clear=~((low <= 0) & (high >= 0)), band=band)


def territories_alone(version: Any, words: Words) -> None:
    """Differences of all scenarios in the territories that may be seen, for whoever sees no totals."""
    st.header(words("compare.where"))
    columns = {"scenario": "scenario", "territory_id": "territory_id", "own_volume_pct_mean": "volume_pct",
               "band": "volume_band", "probability_of_gain": "gain", "clear": "clear"}  # fmt: skip
    table = by_territory(version.id, words).drop_duplicates(["scenario", "territory_id"])
    table = table.sort_values(["scenario", "territory_id"])[list(columns)].rename(columns=columns)
    table["clear"] = [words("compare.clear" if each else "compare.unclear") for each in table["clear"]]
    frame.shown(table, words, {"volume_pct": words.signed, "gain": words.percent})


def _where(version: Any, rows: list[dict[str, Any]], name: str, words: Words) -> None:
    """Differences by territory: maps of all scenarios on one scale, and the table of the chosen one."""
    st.header(words("compare.where"))
    found = by_territory(version.id, words)
    names = [row["name"] for row in rows]
    mine = found[found["scenario"] == name].drop_duplicates("territory_id")
    bricks = state.bricks(version.parents[0])
    bricks = bricks[bricks["shape"].notna()] if len(bricks) else bricks
    if len(mine) <= 1:
        st.caption(words("compare.one_territory"))
    elif not len(bricks):
        st.caption(words("compare.no_map"))
    else:
        compared_rows = found[found["scenario"].isin(names)]
        limit = max(float(compared_rows["own_volume_pct_mean"].abs().max()), 0.1)
        grid = st.grid("auto", min_column_width=_MAP)
        for each in names:
            with grid.container():
                st.markdown(f"**{frame.plain(each)}**" if each == name else frame.plain(each))
                about = f"{words('compare.where')}: {each}"
                drawn.chart(_map_of, version.id, each, limit, words, alt=about)
        st.caption(words("compare.map_note"))
    columns = {"territory_id": "territory_id", "own_volume_pct_mean": "volume_pct", "band": "volume_band",
               "probability_of_gain": "gain", "clear": "clear"}  # fmt: skip
    table = mine.sort_values("own_volume_pct_mean", ascending=False)[list(columns)].rename(columns=columns)
    table["clear"] = [words("compare.clear" if each else "compare.unclear") for each in table["clear"]]
    with st.expander(words("compare.territories_of", name=frame.plain(name)), expanded=len(mine) <= 12):
        frame.shown(table, words, {"volume_pct": words.signed, "gain": words.percent})


def _map_of(forecast: str, name: str, limit: float, words: Words) -> Any:
    bricks, found = state.bricks(state.parent(forecast)), by_territory(forecast, words)
    return difference_map(bricks[bricks["shape"].notna()], found[found["scenario"] == name], limit, words)


def difference_map(bricks: pd.DataFrame, mine: pd.DataFrame, limit: float, words: Words, height: int = 250) -> Any:
    """The map of one scenario's differences."""
    told = mine.drop_duplicates("territory_id").set_index("territory_id")
    said = (told["own_volume_pct_mean"].map(words.signed) + " % [" + told["band"] + "]").to_dict()
    drawn = bricks[bricks["territory_id"].isin(told.index)]
    zones = drawn["territory_id"]
    drawn = drawn.assign(
        value=zones.map(told["own_volume_pct_mean"]), clear=zones.map(told["clear"]), said=zones.map(said)
    )
    return maps.by_territory(drawn, limit, words("compare.map_legend"), words, height=height)


def _with_whom(version: Any, name: str, words: Words) -> None:
    """Differences by half of the market and by segment."""
    st.header(words("compare.with_whom"))
    found = state.table(version.id, "by_segment")
    if not len(found):
        st.caption(words("compare.no_segments"))
        return
    mine = found[found["scenario"] == name]
    told = []
    for row in mine.to_dict("records"):
        low, high = row["own_volume_pct_p10"], row["own_volume_pct_p90"]
        half = {"true": words("chart.known"), "false": words("chart.unknown")}
        label = half[row["segment"]] if row["column"] == "known" else row["segment"] or words("compare.no_segment")
        band = words.between(low, high, words.signed)
        told.append(
            {
                "name": label,
                "mean": row["own_volume_pct_mean"],
                **{level: row[f"own_volume_pct_{level}"] for level in ("p05", "p10", "p90", "p95")},
                "clear": not low <= 0 <= high,
                "said": f"{words.signed(row['own_volume_pct_mean'])}  [{band}]",
            }
        )
    drawn.chart(charts.uplift, pd.DataFrame(told), words, alt=words("compare.with_whom"))
    column = next((each for each in mine["column"] if each != "known"), "")
    st.caption(words("compare.segment_note", column=frame.plain(column)) if column else words("compare.halves_note"))
