"""Suggested mapping: how the columns of a foreign export might be read, with confidence; a person has the last word."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from dashboard import access, frame, jobs_panel, state
from dashboard.words import Words
from twin.errors import TwinError
from twin.tasks.data import uploads
from twin.tasks.service.jobs import Job


def render(job: Job, folder: str, told: dict[str, Any], words: Words) -> None:
    """The draft beside samples of the data, ready to be changed and checked.

    Parameters
    ----------
    job : Job
        Of the suggestion.
    folder : str
        That it was made for.
    told : dict
        As ``twin ingest FOLDER --suggest --json`` gives it.
    words : Words
    """
    st.header(words("data.draft"))
    st.caption(words("data.draft_note"))
    columns = pd.DataFrame(told.get("columns", ()))
    if len(columns):
        marks = {True: "● " + words("data.taken"), False: "○ " + words("data.open")}
        table = pd.DataFrame(
            {
                "file": columns["file"],
                "candidate": columns["candidate"],
                "column": [f"{table}.{name}" for table, name in zip(columns["table"], columns["column"])],
                "confidence": 100 * pd.to_numeric(columns["confidence"]),
                "accepted": columns["accepted"].map(marks),
                "samples": [", ".join(map(str, values[:3])) for values in columns["samples"]],
            }
        )  # fmt: skip
        frame.shown(table, words, None, {"confidence": frame.bar(words)}, height=min(35 * len(table) + 38, 420))
    assumed = pd.DataFrame(told.get("assumed", ()))
    if len(assumed):
        with st.expander(words("data.assumed", n=len(assumed))):
            frame.findings(
                f"{one['file']}: {one['key']} = {one['value']} ({words.sentence(str(one['because']))})"
                for one in told["assumed"]
            )
    text = st.text_area(words("data.toml"), told["toml"], height=320, key=f"toml-{job.id}")
    if st.button(words("data.check_with"), type="primary", disabled=jobs_panel.busy(("ingest",))):
        access.require("learn")
        try:
            file = uploads.keep_mapping(state.workspace(), text)
        except TwinError as error:
            st.error(frame.plain(str(error)))
            return
        jobs_panel.start("ingest", [folder, "--dry-run", "--mapping", str(file)])
