"""Form that runs forecasts: choose scenario files, how finely, and start a job. Waits for nothing."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from dashboard import access, frame, jobs_panel, state
from dashboard.words import Words
from twin.tasks import results
from twin.tasks.results import ScenarioFile
from twin.tasks.service import jobs

_FEW = 5
"""Scenarios of the newest forecast that are run again without being asked for, the best ones; more would take long."""
AWAITED = "forecast before the one that was asked for"
"""Newest forecast when somebody asked for another: who asked is shown what came, who only reads is offered it."""
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
    if wanted:
        _told(wanted, found, words)
    title = words("run.more" if wanted else "run.title")
    with st.expander(title, expanded=expanded, icon=":material/play_circle:"):
        for broken in (each for each in found if each.fault):
            st.warning(frame.plain(broken.fault))
        sound = {str(each.path): each for each in found if not each.fault}
        if not sound:
            frame.empty(words("run.no_files", folder=str(state.workspace() / results.SCENARIOS)))
            return
        beside = _ranked(sound[str(wanted)].name, found)[:_FEW] if str(wanted) in sound else []
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
            _start([*chosen, "--draws", str(int(draws)), "--weeks", str(int(weeks))])


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
    found = results.scenario_files(state.workspace())
    beside = _ranked(_name(wanted, found), found)[:_FEW]
    paths = dict.fromkeys([str(wanted), *(str(each.path) for each in found if not each.fault and each.name in beside)])
    given = [*paths, "--draws", str(_DRAWS), "--weeks", str(_WEEKS)]
    took = jobs.expected_seconds(state.workspace(), "forecast", given)
    note = words.many("run.at_once_note", len(paths), weeks=words.number(_WEEKS))
    if took:
        note += " " + words("calibration.took", time=words.duration(took))
    kind = "primary" if main else "secondary"
    busy = jobs_panel.busy(("forecast",))
    if st.button(words("run.at_once"), type=kind, disabled=busy, help=note, key="run_at_once"):
        _start(given)


def _told(wanted: Path, found: list[ScenarioFile], words: Words) -> None:
    """What the button of :func:`at_once` puts into the forecast, by name, before it is pressed."""
    name = _name(wanted, found)
    ranked = _ranked(name, found)
    if not ranked:
        st.caption(words("run.alone", name=frame.plain(name)))
        return
    others, left = "; ".join(map(frame.plain, ranked[:_FEW])), len(ranked[_FEW:])
    said = words("run.beside", name=frame.plain(name), others=others)
    st.caption(said + (" " + words.many("run.left_out", left) if left else ""))


def _start(given: list[str]) -> None:
    version = state.heads().get("forecast")
    st.session_state[AWAITED] = "" if version is None else version.id
    jobs_panel.start("forecast", given)
    # it comes back only where nothing could be started
    st.session_state.pop(AWAITED, None)


def arrived() -> bool:
    """Whether a forecast has come since this visitor asked for one; said once."""
    version = state.heads().get("forecast")
    if AWAITED not in st.session_state or version is None or version.id == st.session_state[AWAITED]:
        return False
    del st.session_state[AWAITED]
    return True


def _name(wanted: Path, found: list[ScenarioFile]) -> str:
    return next((each.name for each in found if each.path == wanted), wanted.stem)


def _ranked(name: str, found: list[ScenarioFile]) -> list[str]:
    """Other scenarios of the newest forecast that can be run again, the best first."""
    version = state.heads().get("forecast")
    if version is None:
        return []
    rows = [row for row in state.document(version.id, "forecast")["scenarios"] if "versus_baseline" in row]
    rows.sort(key=lambda row: -row["versus_baseline"]["own_volume_pct"]["mean"])
    there = {each.name for each in found if not each.fault}
    return [row["name"] for row in rows if row["name"] != name and row["name"] in there]


def newest() -> set[str]:
    """Names of the scenarios of the newest forecast."""
    version = state.heads().get("forecast")
    return set() if version is None else {row["name"] for row in state.document(version.id, "forecast")["scenarios"]}


def label(each: ScenarioFile) -> str:
    """A scenario's name, with its file."""
    return f"{each.name}  ({each.path.name})"
