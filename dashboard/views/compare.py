"""Compare scenarios: what each would bring against going on as now, with how sure we are. For whoever decides."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pandas as pd
import streamlit as st

from dashboard import frame, jobs_panel, state
from dashboard.charts import forecast as charts
from dashboard.charts import maps
from dashboard.views import run_forecast
from dashboard.words import Words

BASELINE = "baseline"


def render() -> None:
    """The page."""
    words, heads = state.words(), state.heads()
    st.title(words("compare.title"))
    if "calibration" not in heads:
        frame.empty(words("compare.no_calibration"), "twin calibrate")
        return
    version = heads.get("forecast")
    jobs_panel.panel(("forecast",))
    if version is None:
        frame.empty(words("compare.no_forecast"), "twin forecast SCENARIO.toml")
        run_forecast.form(words, expanded=True)
        return
    outlook = state.document(version.id, "forecast")
    _cautions(heads, words)
    scenarios = [row for row in outlook["scenarios"] if row["name"] != BASELINE]
    if not scenarios:
        frame.empty(words("compare.only_baseline"), "twin forecast SCENARIO.toml")
        run_forecast.form(words, expanded=True)
        return
    _finding(scenarios, words)
    _results(outlook, scenarios, words)
    with st.container(border=True):
        st.subheader(words("compare.uplift"))
        st.caption(words("compare.uplift_note"))
        st.altair_chart(
            charts.uplift(_uplift_rows(scenarios, words), words),
            width="stretch",
            theme=None,
            alt=words("compare.uplift"),
        )
    chosen = _choice(scenarios, words)
    with st.container(border=True):
        _over_time(version.parents[0], outlook, chosen, words)
    with st.container(border=True):
        _where(version, chosen["name"], words)
    _details(outlook, version.id, chosen, words)
    run_forecast.form(words)


def _cautions(heads: dict[str, Any], words: Words) -> None:
    """What makes these figures doubtful: older than the calibration, or beaten by a naive forecast."""
    if heads["calibration"].id not in heads["forecast"].parents:
        st.warning(words("compare.stale"), icon=":material/history:")
    if "backtest" in heads:
        verdict = state.document(heads["backtest"].id, "verdict")
        worse = [words.named("measure", name) for name, score in verdict.items() if score["naive_wins"]]
        if worse:
            st.warning(words("compare.naive_wins", measures=", ".join(worse)), icon=":material/balance:")
    else:
        st.caption(words("compare.no_backtest"))


def _finding(scenarios: list[dict[str, Any]], words: Words) -> None:
    """The best scenario in one sentence, or that none can be told from the baseline."""
    best = max(scenarios, key=lambda row: row["versus_baseline"]["own_volume_pct"]["mean"])
    versus = best["versus_baseline"]
    gain = versus["own_volume_pct"]
    values = {
        "name": frame.plain(best["name"]),
        "mean": words.signed(gain["mean"]),
        "band": words.between(gain["p10"], gain["p90"], words.signed),
        "chance": words.percent(versus["probability_of_gain"]),
    }
    clear = gain["p10"] > 0
    st.markdown(words("compare.finding" if clear else "compare.finding_unclear", **values))


def _results(outlook: dict[str, Any], scenarios: list[dict[str, Any]], words: Words) -> None:
    """The table, the baseline first."""
    base = outlook["scenarios"][0]["totals"]
    rows: list[dict[str, Any]] = [
        {
            "scenario": words("compare.baseline"),
            "own_volume": base["own_volume"]["mean"],
            "own_share": base["own_share"]["mean"],
            "volume_pct": 0.0,
            "share_points": 0.0,
        }
    ]
    ranked = sorted(scenarios, key=lambda row: -row["versus_baseline"]["own_volume_pct"]["mean"])
    rows += [_result(row, words) for row in ranked]
    table = pd.DataFrame(
        rows,
        columns=[
            "scenario",
            "own_volume",
            "volume_pct",
            "volume_band",
            "own_share",
            "share_points",
            "share_band",
            "gain",
            "goal",
        ],
    )
    if table["own_share"].isna().all():
        table = table.drop(columns=["own_share", "share_points", "share_band"])
    if table["goal"].isna().all():
        table = table.drop(columns=["goal"])
    table = table.fillna({"volume_band": "–", "share_band": "–", "goal": "–"})
    forms = {
        "own_volume": words.volume,
        "own_share": lambda v: words.percent(v, 1),
        "volume_pct": words.signed,
        "share_points": lambda v: words.signed(v, 2),
    }
    bar = "%%%.0f" if words.language == "tr" else "%.0f%%"
    config = {"gain": st.column_config.ProgressColumn(min_value=0, max_value=100, format=bar)}
    for name in table.columns.intersection(list(forms)):
        table[name] = pd.to_numeric(table[name])
    frame.shown(table, words, forms, config, height="content")
    runs = outlook["runs"]["parameter_draws"] * outlook["runs"]["replicates"]
    naive = outlook["naive"]["own_volume"]
    st.caption(
        words("compare.table_note", runs=words.number(runs), weeks=outlook["horizon_weeks"], naive=words.volume(naive))
    )
    for flag in sorted({flag for row in scenarios for flag in row.get("flags", ())}):
        names = ", ".join(frame.plain(row["name"]) for row in ranked if flag in row.get("flags", ()))
        st.warning(f"⚑ **{names}** — {words.named('flag_note', flag)}")


def _result(row: dict[str, Any], words: Words) -> dict[str, Any]:
    versus, goal = row["versus_baseline"], row.get("goal", {})
    volume, share = versus["own_volume_pct"], versus["own_share_points"]
    target = goal.get("own_share")
    reached = goal.get("probability_reached")
    return {
        "scenario": row["name"] + (" ⚑" if row.get("flags") else ""),
        "own_volume": row["totals"]["own_volume"]["mean"],
        "volume_pct": volume["mean"],
        "volume_band": words.between(volume["p10"], volume["p90"], words.signed),
        "own_share": row["totals"]["own_share"]["mean"],
        "share_points": share["mean"],
        "share_band": words.between(share["p10"], share["p90"], lambda v: words.signed(v, 2)),
        "gain": 100 * versus["probability_of_gain"],
        "goal": None
        if target is None
        else words("compare.goal", target=words.percent(target, 1), chance=words.percent(reached)),
    }


def _uplift_rows(scenarios: list[dict[str, Any]], words: Words) -> pd.DataFrame:
    rows = []
    for row in sorted(scenarios, key=lambda row: -row["versus_baseline"]["own_volume_pct"]["mean"]):
        gain = row["versus_baseline"]["own_volume_pct"]
        band = words.between(gain["p10"], gain["p90"], words.signed)
        clear = not gain["p10"] <= 0 <= gain["p90"]
        rows.append({"name": row["name"], **gain, "clear": clear, "said": f"{words.signed(gain['mean'])}  [{band}]"})
    return pd.DataFrame(rows)


def _choice(scenarios: list[dict[str, Any]], words: Words) -> dict[str, Any]:
    names = [row["name"] for row in scenarios]
    name = st.pills(
        words("compare.detail"), names, default=names[0], required=True, key="scenario", bind="query-params"
    )
    chosen = next((row for row in scenarios if row["name"] == name), scenarios[0])
    if chosen.get("note"):
        st.caption(frame.plain(" ".join(chosen["note"].split())))
    return chosen


def _over_time(calibration: str, outlook: dict[str, Any], chosen: dict[str, Any], words: Words) -> None:
    """Share, or volume where the share is unknown: history and both fans."""
    base = outlook["scenarios"][0]
    seen = base["totals"]["own_share"]["mean"] is not None
    measure = "own_share" if seen else "own_volume"
    if seen:
        measures = ["own_share", "own_volume"]
        st.subheader(words("compare.over_time"))
        measure = st.segmented_control(
            words("compare.measure"),
            measures,
            default=measure,
            required=True,
            key="measure",
            format_func=lambda name: words.named("measure", name),
            label_visibility="collapsed",
        )
    else:
        st.subheader(words("compare.over_time"))
        st.caption(words("compare.share_unseen"))
    past = state.past(calibration)
    middle = past["start"] + (past["end"] - past["start"]) / 2
    lived = pd.DataFrame({"date": middle, "value": past[measure]}).dropna()
    futures = [(words("compare.baseline"), _band(base, measure)), (chosen["name"], _band(chosen, measure))]
    naive = None
    if measure == "own_volume":
        weeks = pd.to_datetime([row["week_start"] for row in base["weekly"]])
        naive = pd.DataFrame({"date": weeks, "value": outlook["naive"]["weekly"]})
    form = ".1%" if measure == "own_share" else ",.3~s"
    today = dt.date.fromisoformat(outlook["origin"])
    chart = charts.fan(lived, futures, today, words.named("axis", measure), form, words, naive)
    st.altair_chart(chart, width="stretch", theme=None, alt=words("compare.over_time"))
    st.caption(words("compare.fan_note") + (" " + words("compare.naive_note") if naive is not None else ""))


def _band(row: dict[str, Any], measure: str) -> pd.DataFrame:
    weeks = pd.to_datetime([week["week_start"] for week in row["weekly"]])
    return pd.DataFrame([week[measure] for week in row["weekly"]]).assign(date=weeks)


def _where(version: Any, name: str, words: Words) -> None:
    """The difference by territory, as a map where there is one, and as a table."""
    st.subheader(words("compare.where"))
    rows = state.difference(version.id)
    rows = rows[rows["territory_id"] != "all"] if rows["territory_id"].nunique() > 1 else rows
    limit = max(float(rows["own_volume_pct_mean"].abs().max()), 0.1)
    mine = rows[rows["scenario"] == name].drop_duplicates("territory_id")
    mine = mine.assign(
        clear=~((mine["own_volume_pct_p10"] <= 0) & (mine["own_volume_pct_p90"] >= 0)),
        band=[
            words.between(a, b, words.signed) for a, b in zip(mine["own_volume_pct_p10"], mine["own_volume_pct_p90"])
        ],
    )
    left, right = st.columns([3, 2], gap="medium")
    with left:
        _difference_map(version.parents[0], mine, limit, words)
    with right:
        columns = {
            "territory_id": "territory_id",
            "own_volume_pct_mean": "volume_pct",
            "band": "volume_band",
            "probability_of_gain": "gain",
        }
        table = mine.sort_values("own_volume_pct_mean", ascending=False)[list(columns)].rename(columns=columns)
        frame.shown(table, words, {"volume_pct": words.signed, "gain": words.percent})


def _difference_map(calibration: str, mine: pd.DataFrame, limit: float, words: Words) -> None:
    bricks = state.bricks(calibration)
    bricks = bricks[bricks["shape"].notna()] if len(bricks) else bricks
    if len(mine) <= 1:
        st.caption(words("compare.one_territory"))
        return
    if not len(bricks):
        st.caption(words("compare.no_map"))
        return
    told = mine.set_index("territory_id")
    said = (told["own_volume_pct_mean"].map(words.signed) + " % [" + told["band"] + "]").to_dict()
    drawn = bricks[bricks["territory_id"].isin(told.index)]
    zones = drawn["territory_id"]
    drawn = drawn.assign(
        value=zones.map(told["own_volume_pct_mean"]), clear=zones.map(told["clear"]), said=zones.map(said)
    )
    chart = maps.by_territory(drawn, limit, words("compare.map_legend"), words, height=400)
    st.altair_chart(chart, width="stretch", theme=None, alt=words("compare.where"))
    st.caption(words("compare.map_note"))


def _details(outlook: dict[str, Any], version: str, chosen: dict[str, Any], words: Words) -> None:
    """What the scenario changes, and what cannot be known."""
    with st.expander(words("compare.scenario_text")):
        texts = state.document(version, "scenarios")
        st.code(texts.get(chosen["name"], ""), language="toml")
    notes = [*outlook.get("warnings", ()), *outlook.get("notes", ())]
    if notes:
        with st.expander(words("compare.notes")):
            frame.findings(words.sentence(line) for line in notes)
