"""Data: bring files or a folder, see every problem and what would change, then publish; and who is one customer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import streamlit as st

from dashboard import access, frame, jobs_panel, state
from dashboard.views import data_change, links, suggested
from dashboard.words import Words
from twin.errors import InputError
from twin.tasks.data import uploads
from twin.tasks.service import jobs
from twin.tasks.service.jobs import Job

VERBS = ("ingest",)
_TABS = ("bring", "standing", "links")
_WAYS = ("auto", "add", "replace")


def render() -> None:
    """The page."""
    access.require("learn")
    words, heads = state.words(), state.heads()
    st.title(words("data.title"))
    jobs_panel.panel(VERBS)
    chosen = frame.tabs(words("data.which"), _TABS, "part", "data_tab")
    if chosen == "bring":
        _bring(words)
        _checked(words)
    elif chosen == "standing":
        _standing(heads, words)
    else:
        links.render(heads, words)


def _bring(words: Words) -> None:
    """Files or a folder are checked first; nothing is published before somebody has seen the change."""
    busy = jobs_panel.busy(VERBS)
    with st.container(border=True):
        st.header(words("data.bring"))
        left, right = st.columns(2, gap="medium")
        kinds = ["zip", *uploads.SUFFIXES]
        files = left.file_uploader(
            words("data.files"), type=kinds, accept_multiple_files=True, key="bundle",
            max_upload_size=uploads.MOST_BYTES_A_FILE // 1_000_000,
        )  # fmt: skip
        left.caption(words("data.files_note", mb=words.number(uploads.MOST_BYTES_A_FILE / 1e6)))
        folder = right.text_input(
            words("data.folder"), key="bundle_folder", placeholder=words("data.folder_hint"), persist_state="session"
        )
        right.caption(words("data.folder_note"))
        way = st.segmented_control(
            words("data.way"), _WAYS, default="auto", required=True, key="way",
            format_func=lambda name: words.named("way", name), help=words("data.way_help"),
        )  # fmt: skip
        mapping = st.text_input(words("data.mapping"), key="mapping", placeholder=words("data.mapping_hint"))
        dead = busy or not (files or folder.strip())
        one, two, _ = st.columns([2, 2, 3])
        check = one.button(words("data.check"), type="primary", disabled=dead, width="stretch")
        suggest = two.button(words("data.suggest"), disabled=dead, width="stretch", help=words("data.suggest_help"))
    if not (check or suggest):
        return
    access.require("learn")
    place = _place(files, folder, words)
    if place is None:
        return
    flags = [] if way == "auto" else [f"--{way}"]
    flags += ["--mapping", str(Path(mapping.strip()).expanduser().absolute())] if mapping.strip() else []
    jobs_panel.start("ingest", [str(place), *(["--suggest"] if suggest else ["--dry-run", *flags])])


def _place(files: Any, folder: str, words: Words) -> Path | None:
    """Folder that is to be read; what is wrong with an upload is said at once."""
    if not files:
        return Path(folder.strip()).expanduser().absolute()
    try:
        return uploads.keep_upload(state.workspace(), [(file.name, file.getvalue()) for file in files])
    except InputError as error:
        jobs_panel.problems(pd.DataFrame([each.as_dict() for each in error.problems]), words)
        return None


def _checked(words: Words) -> None:
    """What came of the last check: its problems, or its change and the button that publishes."""
    found = [job for job in jobs.listed(state.workspace()) if job.verb == "ingest"]
    if not found or found[0].active:
        if not found:
            st.caption(words("data.nothing_checked"))
        return
    job = found[0]
    arguments = jobs.arguments_of(job)
    told = jobs.result(state.workspace(), job.id) or {}
    if job.state == jobs.FAILED:
        _problems(job, arguments, words)
    elif job.state == jobs.DONE and "toml" in told:
        suggested.render(job, arguments[0], told, words)
    elif job.state == jobs.DONE and not told.get("published", True):
        data_change.render(told, words)
        _publish(arguments, told, words)
    elif job.state == jobs.DONE:
        st.success(
            words("data.published", id=frame.short(str(told.get("dataset", "")))), icon=":material/check_circle:"
        )
        frame.go("calibration", words("data.to_calibration"), "primary")


def _problems(job: Job, arguments: tuple[str, ...], words: Words) -> None:
    """Every fault of the files; to be taken away, and to be checked again once mended."""
    if not job.problems:
        return
    rows = pd.DataFrame(list(job.problems))
    st.caption(words("data.problems_note", n=words.number(len(rows))))
    frame.file(words("data.problems_download"), rows, "problems.csv", words)
    left, right = st.columns([1, 4])
    if left.button(words("data.check_again"), disabled=jobs_panel.busy(VERBS)):
        jobs_panel.start("ingest", list(arguments))
    right.caption(words("data.check_again_note", folder=frame.plain(arguments[0] if arguments else "")))


def _publish(arguments: tuple[str, ...], told: dict[str, Any], words: Words) -> None:
    """The same once more, this time for good."""
    slips = (told.get("change") or {}).get("slips") or []
    sure = True
    if slips:
        sure = st.checkbox(words("data.accept"), key="accept")
    rest = [word for word in arguments if word != "--dry-run"] + (["--accept"] if slips else [])
    if st.button(words("data.publish"), type="primary", disabled=not sure or jobs_panel.busy(VERBS)):
        jobs_panel.start("ingest", rest)
    st.caption(words("data.publish_note"))


def _standing(heads: dict[str, Any], words: Words) -> None:
    """The dataset that stands: rows, remarks about its files, earlier versions."""
    if "dataset" not in heads:
        frame.empty(words("overview.no_data"), "twin ingest FOLDER", "data", words("data_tab.bring"))
        return
    dataset = heads["dataset"]
    counts = dataset.meta["rows"]
    rows = pd.DataFrame({"table": [words.named("table", name) for name in counts], "rows": list(counts.values())})
    st.header(words("data.standing", id=frame.short(dataset.id)))
    if access.company():
        frame.shown(rows, words, {"rows": words.number})
    st.caption(words("data.made", date=words.moment(dataset.created)))
    st.header(words("calibration.remarks"))
    remarks = state.table(dataset.id, "warnings")
    if not access.company():
        st.caption(words("access.company_only"))
    elif len(remarks):
        jobs_panel.problems(remarks, words)
        frame.file(words("data.problems_download"), remarks, "remarks.csv", words, dataset.id)
    else:
        st.caption(words("calibration.no_remarks"))
    if access.company():
        data_change.versions(words)
