"""Plan downloads: the plan for spreadsheets, calendars, maps and customer systems, of one rep or of all."""

from __future__ import annotations

from typing import Any

import streamlit as st

from dashboard import access, state
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
_ONE_A_REP = frozenset(("ics", "gpx", "pdf"))
"""Formats that come as a file a rep, packed together for several."""


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
    row = st.container(horizontal=True)  # as many beside each other as there is room for
    for form, mime in _MIMES.items():
        many = form in _ONE_A_REP and not rep and len(reps) > 1
        stem = f"{'crm' if form == 'crm' else 'plan'}{'-' + rep if rep else ''}"
        row.download_button(
            words(f"file.{form}"),
            data=lambda form=form: results.plan_file(folder, plan, form, locale, rep, places)[1],
            file_name=f"{stem}.{'zip' if many else _ENDINGS.get(form, form)}",
            mime="application/zip" if many else mime,
            icon=":material/download:",
            on_click="ignore",
            disabled=not able,
            help=words(f"file.{form}_help"),
            key=f"file-{form}",
        )
