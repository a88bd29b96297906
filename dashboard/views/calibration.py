"""Calibration: bring data, learn from them, and see what was learned and how well. For the analyst."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pandas as pd
import streamlit as st

from dashboard import frame, jobs_panel, state
from dashboard.views import learned
from dashboard.words import Words
from twin.errors import InputError
from twin.tasks import uploads

VERBS = ("ingest", "calibrate", "backtest")
_MOST_DAYS = 50 * 366


def render() -> None:
    """The page."""
    words, heads = state.words(), state.heads()
    st.title(words("calibration.title"))
    jobs_panel.panel(VERBS)
    busy = jobs_panel.busy(VERBS)
    left, right = st.columns(2, gap="medium")
    with left, st.container(border=True, height="stretch"):
        _bring(heads, words, busy)
    with right, st.container(border=True, height="stretch"):
        _learn(heads, words, busy)
    names = ["data", "parameters", "rivals", "fit", "backtest"]
    tabs = st.tabs([words(f"calibration.tab_{name}") for name in names])
    for name, tab in zip(names, tabs):
        with tab:
            _TABS[name](heads, words)


def _bring(heads: dict[str, Any], words: Words, busy: bool) -> None:
    """Files or a folder become a dataset."""
    st.subheader(words("calibration.bring"))
    kinds = ["zip", *uploads.SUFFIXES]
    files = st.file_uploader(words("calibration.files"), type=kinds, accept_multiple_files=True, key="bundle")
    folder = st.text_input(
        words("calibration.folder"), key="bundle_folder", placeholder=words("calibration.folder_hint")
    )
    if st.button(words("calibration.ingest"), type="primary", disabled=busy or not (files or folder.strip())):
        try:
            place = (
                uploads.keep_upload(state.workspace(), [(f.name, f.getvalue()) for f in files])
                if files
                else Path(folder.strip())
            )
        except InputError as error:
            jobs_panel.problems(pd.DataFrame([each.as_dict() for each in error.problems]), words)
            return
        jobs_panel.start("ingest", [str(place.expanduser().absolute())])
    if dataset := heads.get("dataset"):
        rows = dataset.meta.get("rows", {})
        told = ", ".join(f"{words.number(n)} {words.named('table', name)}" for name, n in rows.items())
        st.caption(words("calibration.dataset", id=frame.short(dataset.id), rows=told))


def _learn(heads: dict[str, Any], words: Words, busy: bool) -> None:
    """Calibrate and look back."""
    st.subheader(words("calibration.learn"))
    if "dataset" not in heads:
        st.caption(words("calibration.no_data"))
        return
    origin = dt.date.fromisoformat(str(heads["dataset"].meta["origin"]))
    left, right = st.columns(2)
    draws = left.number_input(
        words("calibration.draws"), 10, 2000, 100, step=10, key="draws", help=words("calibration.draws_help")
    )
    as_of = right.date_input(
        words("calibration.as_of"),
        None,
        min_value=origin - dt.timedelta(days=_MOST_DAYS),
        max_value=origin - dt.timedelta(days=1),
        format="DD.MM.YYYY",
        key="as_of",
        help=words("calibration.as_of_help"),
    )
    left, right = st.columns(2)
    if left.button(words("calibration.calibrate"), type="primary", disabled=busy, width="stretch"):
        hidden = ["--as-of", as_of.isoformat()] if as_of else []
        jobs_panel.start("calibrate", ["--draws", str(int(draws)), *hidden])
    if right.button(
        words("calibration.run_backtest"), disabled=busy, width="stretch", help=words("calibration.backtest_help")
    ):
        jobs_panel.start("backtest", [])
    if calibration := heads.get("calibration"):
        if heads["dataset"].id not in calibration.parents:
            st.warning(words("calibration.stale"), icon=":material/history:")
        values = {
            "id": frame.short(calibration.id),
            "date": words.moment(calibration.created),
            "draws": calibration.meta["n_draws"],
        }
        st.caption(words("calibration.made", **values))


def _data(heads: dict[str, Any], words: Words) -> None:
    if "dataset" not in heads:
        frame.empty(words("overview.no_data"), "twin ingest FOLDER")
        return
    dataset = heads["dataset"].id
    remarks = state.table(dataset, "warnings")
    st.subheader(words("calibration.remarks"))
    if len(remarks):
        jobs_panel.problems(remarks, words)
    else:
        st.caption(words("calibration.no_remarks"))
    links = state.table(dataset, "links")
    st.subheader(words("calibration.links"))
    if not len(links):
        st.caption(words("calibration.no_links"))
        return
    made = int((links["decision"] == "linked").sum())
    st.caption(words("calibration.links_note", linked=words.number(made), asked=words.number(len(links) - made)))
    columns = ["name_prospect", "name_customer", "prospect_id", "customer_id", "score", "distance_m", "decision"]
    rows = links[columns].assign(decision=links["decision"].map(lambda name: words.named("decision", name)))
    for name in ("score", "distance_m"):
        rows[name] = pd.to_numeric(rows[name])
    frame.shown(rows.head(500), words, {"score": words.number, "distance_m": words.number})


_TABS = {
    "data": _data,
    "parameters": learned.parameters,
    "rivals": learned.rivals,
    "fit": learned.fit,
    "backtest": learned.backtest,
}
