"""Plan downloads: the plan for spreadsheets, calendars, maps and customer systems, of one rep or of all."""

from __future__ import annotations

from typing import Any

import streamlit as st

from dashboard import access, jobs_panel, state
from dashboard.words import Words
from twin.tasks import results

_MIMES = {
    "csv": "text/csv",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "ics": "text/calendar",
    "geojson": "application/geo+json",
    "gpx": "application/gpx+xml",
    "pdf": "application/pdf",
    "crm": "text/csv",
}
_ENDINGS = {"crm": "csv"}
_ONE_A_REP = {"ics": "plan-calendar", "gpx": "plan-gps", "pdf": "plan-day-sheets"}
"""Formats that come as a file a rep, packed together for several, and what they are called."""
_VERBS = ("plan",)


def file_name(form: str, rep: str, start: str, many: bool) -> str:
    """What a downloaded file is called: archives say what is in them, and of which plan.

    Parameters
    ----------
    form : str
        One of the formats.
    rep : str
        Empty for all.
    start : str
        First day of the plan, ISO 8601.
    many : bool
        Whether several files are packed together.
    """
    ending = "zip" if many else _ENDINGS.get(form, form)
    stem = _ONE_A_REP.get(form, "crm" if form == "crm" else "plan")
    parts = [stem, rep, start if form in _ONE_A_REP else ""]
    return f"{'-'.join(filter(None, parts))}.{ending}"


def downloads(version: Any, reps: dict[str, str], words: Words) -> None:
    """Files of the plan, written when they are asked for.

    Parameters
    ----------
    version : Version
        Of the plan.
    reps : dict from rep id to name
    words : Words
    """
    st.header(words("plan.downloads"))
    left, right = st.columns(2, vertical_alignment="bottom")
    rep = left.selectbox(
        words("plan.for_rep"), ["", *reps], format_func=lambda id: reps.get(id, words("plan.all_reps")), key="file_rep"
    )
    turkish = right.toggle(
        words("plan.turkish"), value=words.language == "tr", key="file_tr", help=words("plan.turkish_help")
    )
    folder, plan, locale = state.workspace(), version.id, "tr" if turkish else ""
    # a file is written when it is asked for, where nobody knows any more who asks: what may be seen is settled here
    able, places = access.may("plan"), access.territories()
    # a page that looks every second how far a job is throws files away that were made between two looks
    busy = jobs_panel.busy(_VERBS)
    row = st.container(horizontal=True)  # as many beside each other as there is room for
    for form, mime in _MIMES.items():
        many = form in _ONE_A_REP and not rep and len(reps) > 1
        row.download_button(
            words(f"file.{form}"),
            data=lambda form=form: results.plan_file(folder, plan, form, locale, rep, places)[1],
            file_name=file_name(form, rep, str(version.meta.get("start", "")), many),
            mime="application/zip" if many else mime,
            icon=":material/download:",
            on_click="ignore",
            disabled=not able or busy,
            help=words(f"file.{form}_help"),
            key=f"file-{form}",
        )
    if busy and able:
        st.caption(words("plan.downloads_wait"))
