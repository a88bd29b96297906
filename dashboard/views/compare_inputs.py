"""What goes into a comparison: what the scenario says, how it differs from another, and what people said of it."""

from __future__ import annotations

from typing import Any

import streamlit as st

from dashboard import frame, state
from dashboard.views import scenario_history
from dashboard.words import Words
from twin.tasks.forecasts import compared
from twin.tasks.forecasts.scenario_check import difference


def show(version: Any, outlook: dict[str, Any], rows: list[dict[str, Any]], one: dict[str, Any], words: Words) -> None:
    """Inputs, notes and remarks of the chosen scenario.

    Parameters
    ----------
    version : Version
        Of the forecast.
    outlook : dict
        Its result.
    rows : list of dict
        Scenarios that are compared.
    one : dict
        The chosen one of them.
    words : Words
    """
    texts = state.document(version.id, "scenarios")
    with st.expander(words("compare.inputs"), icon=":material/difference:"):
        others = ["baseline", *(row["name"] for row in rows if row["name"] != one["name"])]
        beside = frame.chosen(
            st.selectbox, words("compare.beside", name=frame.plain(one["name"])), others, "beside",
            format_func=lambda name: words("compare.baseline") if name == "baseline" else name,
        )  # fmt: skip
        scenario_history.lines(difference(texts.get(beside, ""), texts.get(one["name"], "")), words)
    with st.expander(words("compare.notes_of", name=frame.plain(one["name"])), icon=":material/notes:"):
        _notes(one["name"], words)
    said = [*outlook.get("warnings", ()), *outlook.get("notes", ())]
    if said:
        with st.expander(words("compare.notes"), icon=":material/info:"):
            frame.findings(words.sentence(line) for line in said)


def _notes(name: str, words: Words) -> None:
    """What was done with the scenario, and a place to note a decision."""
    path = compared.file_of(state.workspace(), name)
    if path is None:
        st.caption(words("compare.no_file"))
        return
    frame.go("scenarios", words("compare.open_file"), file=scenario_history.address(path))
    scenario_history.remarks(path, words, "note_here", border=False)
