"""Runs: everything that works or waits behind the scenes, how it ended, what it said, and where its outcome is."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from dashboard import access, frame, jobs_panel, state
from dashboard.words import Words
from twin.tasks.service import jobs
from twin.tasks.service.jobs import Job

_SHOWN = 60
_BEAT = "1s"
_OUTCOMES = {
    "ingest": "data", "check": "data", "calibrate": "calibration", "backtest": "diagnostics", "forecast": "compare",
    "drivers": "compare", "optimize": "scenarios", "plan": "visit_plan",
}  # fmt: skip
"""Page on which each verb's outcome is seen."""


def render() -> None:
    """The page."""
    words = state.words()
    st.title(words("runs.title"))
    st.caption(words("runs.note"))
    jobs.tend(state.workspace())
    listed = jobs.listed(state.workspace(), _SHOWN)
    active = [job for job in listed if job.active]
    st.fragment(_queue, run_every=_BEAT if active else None)(tuple(job.id for job in active))
    _ended([job for job in listed if not job.active], words)


def _queue(before: tuple[str, ...]) -> None:
    """What runs, then what waits, in the order of its turn."""
    words = state.words()
    jobs.tend(state.workspace())
    active = [job for job in jobs.listed(state.workspace(), 0) if job.active][::-1]
    if {job.id for job in active} != set(before):
        st.rerun(scope="app")
    st.header(words("runs.queue"))
    if not active:
        st.caption(words("runs.nothing"))
    for job in active:
        with st.container(border=True):
            left, right = st.columns([5, 1], vertical_alignment="center")
            left.progress(job.part_done, text=jobs_panel.under_way(job, words))
            left.caption(_asked(job, words))
            allowed = access.may(access.VERB_RIGHTS.get(job.verb, "decide"))
            if right.button(words("job.cancel"), key=f"run-cancel-{job.id}", disabled=not allowed, width="stretch"):
                jobs_panel.end(job)


def _asked(job: Job, words: Words) -> str:
    parts = [words("runs.asked", time=words.moment(job.created))]
    if job.who:
        parts.append(words("runs.by", name=job.who))
    if job.asked > 1:
        parts.append(words("runs.joined", n=job.asked))
    if job.attempt > 1:
        parts.append(words("runs.again"))
    if job.state == jobs.RUNNING:
        parts.append(words("runs.since", time=words.duration(jobs.seconds_of(job))))
    return " · ".join(frame.plain(part) for part in parts)


def _ended(ended: list[Job], words: Words) -> None:
    st.header(words("runs.ended"))
    if not ended:
        st.caption(words("runs.none_ended"))
        start = "compare" if "calibration" in state.heads() else "data"
        if frame.there(start):
            frame.go(start)
        return
    rows = pd.DataFrame(
        {
            "run": [words.named("verb", job.verb) for job in ended],
            "outcome": [f"{_SIGNS[job.state]} {words.named('state', job.state)}" for job in ended],
            "ended": [words.moment(job.ended or job.created) for job in ended],
            "took": [words.duration(jobs.seconds_of(job)) for job in ended],
            "memory": [words.bytes(job.peak_bytes) for job in ended],
            "who": [job.who for job in ended],
        }
    )
    chosen = frame.shown(
        rows if any(job.who for job in ended) else rows.drop(columns="who"),
        words, on_select="rerun", selection_mode="single-row", key="runs_table",
        height=min(35 * len(rows) + 38, 420),
    )  # fmt: skip
    places = chosen.selection.rows
    if not places or places[0] >= len(ended):
        st.caption(words("runs.choose"))
    one = ended[places[0]] if places and places[0] < len(ended) else ended[0]
    _detail(one, words)


_SIGNS = {jobs.DONE: "✓", jobs.FAILED: "✕", jobs.CANCELLED: "–"}


def _detail(job: Job, words: Words) -> None:
    """How one run ended, what it said, what was asked, and where to look."""
    with st.container(border=True):
        st.markdown(f"**{words.named('verb', job.verb)}** · {words.moment(job.created)} · {_asked(job, words)}")
        if job.state == jobs.FAILED:
            st.error(words("runs.failed"), icon=":material/error:")
            if job.problems and access.company():
                jobs_panel.problems(pd.DataFrame(list(job.problems)), words)
            else:
                st.code(jobs_panel.told(job, words), language=None, wrap_lines=True)
        elif job.state == jobs.DONE and job.verb in _OUTCOMES:
            frame.go(_OUTCOMES[job.verb], words("runs.look"), "primary")
        if job.state != jobs.DONE and job.verb in jobs.VERBS:
            allowed = access.may(access.VERB_RIGHTS[job.verb])
            if st.button(words("runs.repeat"), key=f"repeat-{job.id}", disabled=not allowed):
                jobs_panel.start(job.verb, jobs.arguments_of(job))
        if not access.company():  # it tells of customers and counts of the whole company
            return
        with st.expander(words("runs.log")):
            st.code(" ".join(("twin", job.verb, *jobs.arguments_of(job))), language=None, wrap_lines=True)
            st.code(jobs.log(state.workspace(), job.id) or words("runs.silent"), language=None, wrap_lines=True)
