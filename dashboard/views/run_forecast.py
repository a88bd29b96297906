"""Form that runs forecasts: choose scenario files, how finely, and start a job. Waits for nothing."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from dashboard import access, frame, jobs_panel, state
from dashboard.words import Words
from twin.tasks import results
from twin.tasks.results import ScenarioFile
from twin.tasks.service import jobs

_FEW = 6
"""Scenarios of the newest forecast that are run again without being asked for; more would take long."""
_DRAWS, _WEEKS = 40, 52


def form(words: Words, expanded: bool = False, wanted: Path | None = None) -> None:
    """Show the form, to whoever may run scenarios.

    Parameters
    ----------
    words : Words
    expanded : bool
        Whether it stands open.
    wanted : Path, optional
        A scenario that is chosen from the start, with those of the newest forecast beside it.
    """
    if not access.may("decide"):
        return
    found = results.scenario_files(state.workspace())
    title = words("run.more" if wanted else "run.title")
    with st.expander(title, expanded=expanded, icon=":material/play_circle:"):
        for broken in (each for each in found if each.fault):
            st.warning(frame.plain(broken.fault))
        sound = {str(each.path): each for each in found if not each.fault}
        if not sound:
            frame.empty(words("run.no_files", folder=str(state.workspace() / results.SCENARIOS)))
            return
        beside = _beside() if wanted else set()
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
                words("run.draws"), 4, 1000, _DRAWS, step=4, help=words("run.draws_help"), key="run_draws"
            )
            weeks = middle.number_input(words("run.weeks"), 4, 260, _WEEKS, step=4, key="run_weeks")
            busy = jobs_panel.busy(("forecast",))
            pressed = right.form_submit_button(words("run.start"), type="primary", disabled=busy, width="stretch")
        if pressed:
            jobs_panel.start("forecast", [*chosen, "--draws", str(int(draws)), "--weeks", str(int(weeks))])


def at_once(wanted: Path, words: Words, main: bool) -> None:
    """A button that runs one scenario as most would: as finely and as far as the form begins with.

    Parameters
    ----------
    wanted : Path
        Run with those of the newest forecast beside it.
    words : Words
    main : bool
        Whether it is the one thing to do next.
    """
    beside = _beside()
    again = [str(each.path) for each in results.scenario_files(state.workspace()) if each.name in beside]
    paths = dict.fromkeys([str(wanted), *again])
    given = [*paths, "--draws", str(_DRAWS), "--weeks", str(_WEEKS)]
    took = jobs.expected_seconds(state.workspace(), "forecast", given)
    note = words.many("run.at_once_note", len(paths), weeks=words.number(_WEEKS))
    if took:
        note += " " + words("calibration.took", time=words.duration(took))
    kind = "primary" if main else "secondary"
    busy = jobs_panel.busy(("forecast",))
    if st.button(words("run.at_once"), type=kind, disabled=busy, help=note, key="run_at_once"):
        jobs_panel.start("forecast", given)


def _beside() -> set[str]:
    """Names of scenarios that are run again beside a new one: few, or none."""
    names = newest()
    return names if len(names) <= _FEW else set()


def newest() -> set[str]:
    """Names of the scenarios of the newest forecast."""
    version = state.heads().get("forecast")
    return set() if version is None else {row["name"] for row in state.document(version.id, "forecast")["scenarios"]}


def label(each: ScenarioFile) -> str:
    """A scenario's name, with its file."""
    return f"{each.name}  ({each.path.name})"
