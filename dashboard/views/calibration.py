"""Calibration: learn the market anew from the newest data, and see at once what moved. For the analyst."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pandas as pd
import streamlit as st

from dashboard import access, drawn, frame, jobs_panel, live, state
from dashboard.charts import diagnostics as charts
from dashboard.views import learned
from dashboard.words import Words
from twin.tasks.service import jobs

VERBS = ("calibrate", "backtest")
MODES = ("none", "quick", "standard", "full")
_MOST_DAYS = 50 * 366
_LEAST_SDS = 0.1
_HALF = 430
"""Least width of a half of the page, pixels."""


def render() -> None:
    """The page."""
    words, heads = state.words(), state.heads()
    st.title(words("calibration.title"))
    jobs_panel.panel(VERBS)
    if "dataset" not in heads:
        frame.empty(words("calibration.no_data"), "twin ingest FOLDER", "data", words("calibration.to_data"))
        return
    busy = jobs_panel.busy(VERBS)
    grid = st.grid("auto", min_column_width=_HALF, gap="medium")
    with grid.container(border=True, height="stretch"):
        _learn(heads, words, busy)
    with grid.container(border=True, height="stretch"):
        _standing(heads, words)
    if "calibration" in heads:
        _moved(heads["calibration"], words)


def _learn(heads: dict[str, Any], words: Words, busy: bool) -> None:
    """What to learn, how thoroughly, and the button."""
    st.header(words("calibration.learn"))
    mode = st.radio(
        words("calibration.mode"), MODES, format_func=lambda name: words.named("mode", name),
        captions=[_cost(name, heads, words) for name in MODES], key="mode", persist_state="session",
    )  # fmt: skip
    origin = dt.date.fromisoformat(str(heads["dataset"].meta["origin"]))
    left, right = st.columns(2)
    draws = left.number_input(
        words("calibration.draws"), 10, 2000, 100, step=10, key="draws", help=words("calibration.draws_help"),
        persist_state="session",
    )  # fmt: skip
    as_of = right.date_input(
        words("calibration.as_of"), None, min_value=origin - dt.timedelta(days=_MOST_DAYS),
        max_value=origin - dt.timedelta(days=1), format="DD.MM.YYYY", key="as_of",
        help=words("calibration.as_of_help"), persist_state="session",
    )  # fmt: skip
    with st.expander(words("calibration.more")):
        certificate = st.number_input(
            words("calibration.certificate"), 0, 200, 0, step=10, key="certificate",
            help=words("calibration.certificate_help"),
        )  # fmt: skip
        fresh = st.checkbox(words("calibration.fresh"), key="fresh", help=words("calibration.fresh_help"))
        fast = st.checkbox(words("calibration.fast"), key="fast", help=words("calibration.fast_help"))
    arguments = ["--mode", str(mode), "--draws", str(int(draws))]
    arguments += ["--as-of", as_of.isoformat()] if as_of else []
    arguments += ["--certificate", str(int(certificate))] if certificate else []
    arguments += ["--fresh"] if fresh else []
    arguments += ["--no-predictive"] if fast else []
    dead = busy or not access.may("learn")
    left, right = st.columns(2)
    if left.button(words("calibration.calibrate"), type="primary", disabled=dead, width="stretch"):
        jobs_panel.start("calibrate", arguments)
    if right.button(
        words("calibration.run_backtest"), disabled=dead or "calibration" not in heads, width="stretch",
        help=words("calibration.backtest_help"),
    ):  # fmt: skip
        jobs_panel.start("backtest", [])
    st.caption(words("calibration.leave"))


def _cost(mode: str, heads: dict[str, Any], words: Words) -> str:
    """What a mode adds, and how long it took here."""
    took = jobs.expected_seconds(state.workspace(), "calibrate", ["--mode", mode, "--draws", "100"])
    # what a run from elsewhere made stands in the workspace, but no run of the page tells its time
    used = "calibration" in heads and str(heads["calibration"].meta.get("mode", "none")) == mode
    unknown = words("calibration.untimed" if used else "calibration.untried")
    known = words("calibration.took", time=words.duration(took)) if took else unknown
    return f"{words.named('mode_note', mode)} {known}"


def _standing(heads: dict[str, Any], words: Words) -> None:
    """The calibration that forecasts use now, and whether it can be trusted."""
    st.header(words("calibration.now"))
    calibration = heads.get("calibration")
    if calibration is None:
        st.caption(words("overview.no_calibration"))
        return
    if heads["dataset"].id not in calibration.parents:
        st.warning(words("calibration.stale"), icon=":material/history:")
    if (pending := live.pending_remarks()) > 0:
        st.info(words("calibration.pending", n=pending), icon=":material/edit_calendar:")
    meta = calibration.meta
    values = {"id": frame.short(calibration.id), "date": words.moment(calibration.created), "draws": meta["n_draws"]}
    st.markdown(frame.plain(words("calibration.made", **values)))
    st.caption(words("calibration.mode_was", mode=words.named("mode", str(meta.get("mode", "none")))))
    if "as_of" in meta:
        st.warning(words("calibration.hidden", date=words.date(meta["as_of"])), icon=":material/visibility_off:")
    verdict = state.document(calibration.id, "health").get("verdict", "")
    learned.light(verdict, words)
    frame.go("diagnostics", words("calibration.why"))


def _moved(calibration: Any, words: Words) -> None:
    """Parameters before and after, with the reasons."""
    st.header(words("calibration.moved"))
    rows = state.table(calibration.id, "moved")
    if "since" not in calibration.meta:
        st.caption(words("calibration.first"))
        return
    if not len(rows):
        st.caption(words("calibration.nothing_moved"))
        return
    rows = rows.assign(parameter=[learned.parameter(name, words) for name in rows["parameter"]])
    rows = rows.reindex(pd.to_numeric(rows["sds"]).abs().sort_values(ascending=False).index)
    far = pd.to_numeric(rows["sds"]).abs()
    top = rows[far >= _LEAST_SDS].head(14)
    if not len(top):
        st.caption(words("calibration.nothing_moved"))
        return
    st.caption(words("calibration.moved_note", n=words.number(int((far >= _LEAST_SDS).sum()))))
    drawn.chart(charts.moved, top, words, alt=words("calibration.moved"))
    table = rows[["parameter", "before", "after", "sds", "reason"]].assign(reason=rows["reason"].map(words.sentence))
    numbers = {"before": words.volume, "after": words.volume, "sds": lambda v: words.signed(v, 1)}
    with st.expander(words("frame.as_table")):
        frame.shown(table, words, numbers, {"reason": st.column_config.TextColumn(width="large")})
