"""Form that runs forecasts: choose scenario files, how finely, and start a job. Waits for nothing."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from dashboard import frame, jobs_panel, state
from dashboard.words import Words
from twin.tasks import results
from twin.tasks.results import ScenarioFile

_FEW = 6
"""Scenarios of the newest forecast that are run again without being asked for; more would take long."""


def form(words: Words, expanded: bool = False, wanted: Path | None = None) -> None:
    """Show the form.

    Parameters
    ----------
    words : Words
    expanded : bool
        Whether it stands open.
    wanted : Path, optional
        A scenario that is chosen from the start, with those of the newest forecast beside it.
    """
    found = results.scenario_files(state.workspace())
    with st.expander(words("run.title"), expanded=expanded, icon=":material/play_circle:"):
        for broken in (each for each in found if each.fault):
            st.warning(frame.plain(broken.fault))
        sound = {str(each.path): each for each in found if not each.fault}
        if not sound:
            frame.empty(words("run.no_files", folder=str(state.workspace() / results.SCENARIOS)))
            return
        beside = newest() if wanted else set()
        beside = beside if len(beside) <= _FEW else set()
        with st.form("run_forecast", border=False):
            chosen = st.multiselect(
                words("run.scenarios"),
                list(sound),
                default=[path for path in sound if path == str(wanted) or sound[path].name in beside],
                format_func=lambda path: label(sound[path]),
                placeholder=words("run.choose"),
                key=f"run_scenarios{f' {wanted}' if wanted else ''}",
            )
            left, middle, right = st.columns([1, 1, 1], vertical_alignment="bottom")
            draws = left.number_input(
                words("run.draws"), 4, 1000, 40, step=4, help=words("run.draws_help"), key="run_draws"
            )
            weeks = middle.number_input(words("run.weeks"), 4, 260, 52, step=4, key="run_weeks")
            busy = jobs_panel.busy(("forecast",))
            pressed = right.form_submit_button(words("run.start"), type="primary", disabled=busy, width="stretch")
        if pressed:
            jobs_panel.start("forecast", [*chosen, "--draws", str(int(draws)), "--weeks", str(int(weeks))])


def newest() -> set[str]:
    """Names of the scenarios of the newest forecast."""
    version = state.heads().get("forecast")
    return set() if version is None else {row["name"] for row in state.document(version.id, "forecast")["scenarios"]}


def label(each: ScenarioFile) -> str:
    """A scenario's name, with its file."""
    return f"{each.name}  ({each.path.name})"
