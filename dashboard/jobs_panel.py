"""Jobs panel: what runs behind the scenes, how far it is, and how it ended. State is on the disk, not in the page."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from dashboard import access, state
from dashboard.words import Words
from twin.errors import TwinError
from twin.tasks.service import jobs
from twin.tasks.service.jobs import Job

_BEAT, _LOOK = "1s", "10s"
"""How often a page looks at what runs, and how often whether somebody else has started something."""
_SIGNS = {"done": "✓", "failed": "✕", "cancelled": "–", "queued": "…", "running": "…"}


def start(verb: str, arguments: Sequence[str]) -> None:
    """Queue a job and show the page anew, if whoever asks may; say so when it cannot be started."""
    access.require(access.VERB_RIGHTS[verb])
    try:
        jobs.start(state.workspace(), verb, arguments, access.person())
    except TwinError as error:
        st.error(str(error))
        return
    st.rerun()


def end(job: Job) -> None:
    """Cancel a job, if whoever asks might have started it."""
    access.require(access.VERB_RIGHTS.get(job.verb, "decide"))
    jobs.cancel(state.workspace(), job.id)
    st.rerun(scope="app")


def running() -> None:
    """Small note of what runs, for the menu; a link to the run centre when something does."""
    if not access.may("look"):
        return
    active = _active(None)
    st.fragment(_running, run_every=_BEAT if active else _LOOK)(tuple(job.id for job in active))


def panel(verbs: Sequence[str]) -> None:
    """Jobs of some verbs: progress and a way to end those that run, the outcome of the last one."""
    active = _active(verbs)
    st.fragment(_panel, run_every=_BEAT if active else None)(tuple(verbs))


def busy(verbs: Sequence[str]) -> bool:
    """Whether a job of these verbs waits or runs."""
    return bool(_active(verbs))


def _running(before: tuple[str, ...]) -> None:
    words = state.words()
    active = _active(None)
    if tuple(job.id for job in active) != before:
        st.rerun(scope="app")  # what it published is to be seen at once
    for job in active:
        st.caption(under_way(job, words))
        st.progress(job.part_done)


def _panel(verbs: tuple[str, ...]) -> None:
    words = state.words()
    found = [job for job in jobs.listed(state.workspace()) if job.verb in verbs]
    for job in found:
        if job.active:
            _under_way(job, words)
    if found and not found[0].active:
        _ended(found[0], words)


def _under_way(job: Job, words: Words) -> None:
    with st.container(border=True):
        left, right = st.columns([5, 1], vertical_alignment="center")
        left.progress(job.part_done, text=under_way(job, words))
        allowed = access.may(access.VERB_RIGHTS.get(job.verb, "decide"))
        if right.button(words("job.cancel"), key=f"cancel-{job.id}", width="stretch", disabled=not allowed):
            end(job)


def under_way(job: Job, words: Words) -> str:
    """What a job that waits or runs is doing, how far it is, and how long it will still take."""
    steps = words("job.steps", done=job.done, total=job.total) if job.total else ""
    phrase = words.sentence(job.phrase) if job.phrase else words.named("state", job.state)
    if job.state == jobs.QUEUED:
        before = jobs.ahead_of(job, jobs.listed(state.workspace(), 0))
        steps = words("job.ahead", n=before) if before else ""
        left = None
    else:
        left = jobs.seconds_left(state.workspace(), job)
    rest = words("job.left", time=words.duration(left)) if left is not None else ""
    return " · ".join(filter(None, (words.named("verb", job.verb), phrase, steps, rest)))


def _ended(job: Job, words: Words) -> None:
    line = (
        f"{words.named('verb', job.verb)}: {words.named('state', job.state)} · {words.moment(job.ended or job.created)}"
    )
    if job.state != jobs.FAILED:
        st.caption(f"{_SIGNS[job.state]} {line}")
        return
    st.error(line)
    if job.problems:
        problems(pd.DataFrame(list(job.problems)), words)
    else:
        st.code(told(job, words), language=None, wrap_lines=True)


def told(job: Job, words: Words) -> str:
    """Why a job failed, in the reader's language as far as its sentences are known."""
    return "\n".join(words.sentence(line) for line in job.error.splitlines())


def problems(rows: pd.DataFrame, words: Words) -> None:
    """Faults or remarks about files, as a table that can be taken away."""
    order = [name for name in ("file", "row", "where", "expected", "found", "cure", "count") if name in rows]
    heads = {name: words(f"column.{name}") for name in order}
    told = rows[order].assign(
        **{name: rows[name].map(words.sentence, na_action="ignore") for name in ("expected", "cure") if name in order}
    )
    whole = {name: pd.to_numeric(told[name]).astype("Int64") for name in ("row", "count") if name in order}
    named = told.assign(**whole).rename(columns=heads)
    about = words("frame.table_of", heads=", ".join(heads.values()))
    st.dataframe(named, hide_index=True, width="stretch", alt=about)


def _active(verbs: Sequence[str] | None) -> list[Job]:
    jobs.tend(state.workspace())  # whoever looks sees to it that somebody works
    return [job for job in jobs.listed(state.workspace()) if job.active and (verbs is None or job.verb in verbs)]
