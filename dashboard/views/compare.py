"""Compare scenarios: what each would bring against going on as now, with how sure we are. For whoever decides."""

from __future__ import annotations

from typing import Any

import streamlit as st

from dashboard import access, address, drawn, frame, jobs_panel, live, state
from dashboard.charts import forecast as charts
from dashboard.views import compare_detail, compare_inputs, past_skill, report, run_forecast
from dashboard.views.compare_tables import BASELINE, costs_table, findings, results_table, uplift_rows
from dashboard.words import Words
from twin.tasks.forecasts import compared

_FORECAST = "forecast"
MOST = 6
"""Scenarios side by side: more cannot be told apart."""


def render() -> None:
    """The page."""
    words, heads = state.words(), state.heads()
    st.title(words("compare.title"))
    if "calibration" not in heads:
        frame.unlearned(words("compare.no_calibration"))
        return
    jobs_panel.panel(("forecast", "drivers"))
    found = live.forecasts()
    if not found:
        frame.empty(words("compare.no_forecast"), "twin forecast SCENARIO.toml")
        run_forecast.form(words, expanded=True)
        return
    version = _forecast(found, words)
    access.note()
    if not access.company():
        compare_detail.territories_alone(version, words)
        return
    outlook = state.document(version.id, "forecast")
    every = [row for row in outlook["scenarios"] if row["name"] != BASELINE]
    _pinned(version, outlook, words)
    if not every:
        frame.empty(words("compare.only_baseline"), "twin forecast SCENARIO.toml")
        run_forecast.form(words, expanded=True)
        return
    rows = _chosen(every, words)
    best = compared.best_in(state.table(version.id, "runs"), [row["name"] for row in rows])
    st.markdown("  \n".join(findings(rows, best, words)))
    _cautions(version, heads, rows, words)
    _results(outlook, rows, best, words)
    with st.container(border=True):
        st.header(words("compare.uplift"))
        st.caption(words("compare.uplift_note"))
        drawn.chart(charts.uplift, uplift_rows(rows, words), words, alt=words("compare.uplift"))
    one = _one(rows, words)
    compare_detail.show(version, outlook, rows, one, words)
    compare_inputs.show(version, outlook, rows, one, words)
    report.offer(version, outlook, rows, one, best, words)
    run_forecast.form(words)


def _forecast(found: list[Any], words: Words) -> Any:
    """The newest forecast, or an older one that is asked for.

    The address always names it: whoever opens it later sees the same figures, whatever has been run since.
    """
    versions = {each.version.id: each for each in found}
    newest = found[0]
    if run_forecast.arrived():
        _newest()
    if len(versions) == 1:
        address.keep(_FORECAST, newest.version.id, None)
        return newest.version

    def said(id: str) -> str:
        one = versions[id]
        return words(
            "compare.forecast_of", when=words.moment(one.version.created), id=frame.short(id),
            weeks=words.number(one.horizon_weeks),
        )  # fmt: skip

    id = frame.chosen(
        st.selectbox, words("compare.forecast"), list(versions), _FORECAST, always=True, format_func=said,
        on_change=_best_of_it,
    )  # fmt: skip
    if id != newest.version.id:
        note, door = st.columns([5, 1.6], vertical_alignment="center")
        note.info(words("compare.newer", when=words.moment(newest.version.created)), icon=":material/update:")
        door.button(
            words("compare.show_newer"), type="primary", width="stretch", key="show_newer", on_click=_newest
        )  # fmt: skip
    return versions[id].version


def _newest() -> None:
    """Turn to the newest forecast; what was chosen of an older one, such as its scenarios, holds no longer."""
    # an address that names none asks for the newest one
    st.query_params.pop(_FORECAST, None)
    _best_of_it()


def _best_of_it() -> None:
    """Another forecast has other scenarios: its best ones are shown, not those that both hold."""
    st.query_params.pop("with", None)
    st.session_state.pop("with", None)


def _pinned(version: Any, outlook: dict[str, Any], words: Words) -> None:
    """What everything is measured against."""
    base = outlook["scenarios"][0]["totals"]
    runs = outlook["runs"]["parameter_draws"] * outlook["runs"]["replicates"]
    with st.container(border=True):
        st.markdown(
            words(
                "compare.pinned",
                calibration=frame.short(version.parents[0]),
                forecast=frame.short(version.id),
                date=words.date(outlook["origin"]),
                weeks=words.number(outlook["horizon_weeks"]),
                runs=words.number(runs),
                volume=words.volume(base["own_volume"]["mean"]),
                share=words.percent(base["own_share"]["mean"], 1),
                naive=words.volume(outlook["naive"]["own_volume"]),
            )
        )


def _chosen(every: list[dict[str, Any]], words: Words) -> list[dict[str, Any]]:
    """Up to six scenarios, best first."""
    ranked = sorted(every, key=lambda row: -row["versus_baseline"]["own_volume_pct"]["mean"])
    names = [row["name"] for row in ranked]
    if len(names) == 1:
        return ranked
    picked = frame.chosen(
        st.multiselect, words("compare.which"), names, "with", names[:MOST], max_selections=MOST,
        placeholder=words("run.choose"),
    )  # fmt: skip
    return [row for row in ranked if row["name"] in picked] or ranked[:1]


def _cautions(version: Any, heads: dict[str, Any], rows: list[dict[str, Any]], words: Words) -> None:
    """What makes these figures doubtful: something newer, a sick calibration, or a naive forecast that came nearer."""
    old = live.out_of_date(version.id)
    shown = {row["name"] for row in rows}
    changed = [name for name in old.get(compared.CHANGED, ()) if name in shown]
    lines = []
    if compared.NEWER_CALIBRATION in old:
        lines.append(words("compare.stale"))
    if compared.NEWER_DATA in old:
        lines.append(words("compare.stale_data"))
    if changed:
        lines.append(words("compare.stale_scenario", names=frame.plain("; ".join(changed))))
    if lines:
        st.warning("  \n".join(lines), icon=":material/history:")
    health = (state.document(version.id, "forecast").get("health") or {}).get("verdict")
    if health in ("fail", "review"):
        said, door = st.columns([5, 1.6], vertical_alignment="center")
        key = "compare.health_fail" if health == "fail" else "compare.health_review"
        said.warning(words(key), icon=":material/health_and_safety:")
        with door:
            frame.go("diagnostics" if frame.there("diagnostics") else "calibration")
    if worse := past_skill.cautions(state.document(version.id, "forecast"), heads, words):
        st.warning(words("compare.past_nearer"), icon=":material/balance:")
        with st.expander(words("compare.past_nearer_which")):
            frame.findings(worse)
    if "backtest" not in heads:
        st.caption(words("compare.no_backtest"))


def _results(outlook: dict[str, Any], rows: list[dict[str, Any]], best: dict[str, float], words: Words) -> None:
    """The table, the baseline first; then what each scenario asks for."""
    table = results_table(outlook, rows, best, words)
    config = {name: frame.bar(words) for name in ("gain", "best")}
    forms = {
        "own_volume": words.volume,
        "own_share": lambda v: words.percent(v, 1),
        "volume_pct": words.signed,
        "share_points": lambda v: words.signed(v, 2),
    }
    frame.shown(table, words, forms, config, height="content")
    runs = outlook["runs"]["parameter_draws"] * outlook["runs"]["replicates"]
    st.caption(words("compare.table_note", runs=words.number(runs), weeks=outlook["horizon_weeks"]))
    flags = sorted({flag for row in rows for flag in row.get("flags", ())})
    for flag in flags:
        names = "; ".join(frame.plain(row["name"]) for row in rows if flag in row.get("flags", ()))
        reasons = {reason for row in rows if (reason := row.get("flag_reasons", {}).get(flag))}
        why = (
            " ".join(frame.plain(words.sentence(reason)) for reason in sorted(reasons))
            if flag == "beyond_history"
            else ""
        )
        st.warning(f"⚑ **{names}** — {words.named('flag_note', flag)} {why}")
    st.markdown(f"**{words('compare.costs')}**")
    frame.shown(costs_table(outlook, rows, words), words, height="content")
    st.caption(words("compare.costs_note"))


def _one(rows: list[dict[str, Any]], words: Words) -> dict[str, Any]:
    """The scenario that is looked at closely."""
    names = [row["name"] for row in rows]
    name = frame.chosen(st.pills, words("compare.detail"), names, "scenario", required=True)
    one = next((row for row in rows if row["name"] == name), rows[0])
    if one.get("note"):
        st.caption(frame.plain(" ".join(one["note"].split())))
    if access.may("plan"):
        frame.go("visit_plan", words("compare.plan_it"), scenario=one["name"])
    return one
