"""Teaching: forms by which somebody says what they know of a rival's move, with a reason."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

import pandas as pd
import streamlit as st

from dashboard import access, frame, jobs_panel, state
from dashboard.words import Words
from twin.errors import InputError, TwinError
from twin.tasks.calendar import calendar_page
from twin.tasks.calendar.calendar_page import Wish

_KINDS = ("add", "edit", "confirm", "reject")


def render(told: dict[str, Any], rows: pd.DataFrame, heads: dict[str, Any], words: Words) -> None:
    """Choose what to do, and say it."""
    kinds = _KINDS if len(rows) else _KINDS[:1]
    kind = frame.tabs(words("teach.what"), kinds, "teach", "teach_kind")
    st.caption(words.named("teach_note", str(kind)))
    brands, places = state.rivals_and_territories(heads["dataset"].id)
    if kind == "add":
        _add(brands, places, words)
    else:
        _about(str(kind), rows, places, words)


def _add(brands: Sequence[str], places: Sequence[str], words: Words) -> None:
    if not brands:
        st.caption(words("teach.no_rivals"))
        return
    with st.form("teach-add", border=True, clear_on_submit=False):
        left, middle, right = st.columns(3)
        brand = left.selectbox(words("teach.brand"), brands, key="add_brand")
        days = middle.date_input(words("teach.days"), (), format="DD.MM.YYYY", key="add_days")
        strength = _strength(right, words, "add", 1.0)
        where = st.multiselect(words("teach.where"), places, key="add_where", placeholder=words("teach.everywhere"))
        why = st.text_input(words("teach.why"), key="add_why", placeholder=words("teach.why_hint"))
        sent = st.form_submit_button(words.named("teach_do", "add"), type="primary")
    if sent:
        start, end = _span(days)
        _say(Wish("add", brand=str(brand), start=start, end=end, strength=strength, territories=_joined(where), why=why,
                  who=access.person()), False, words)  # fmt: skip


def _about(kind: str, rows: pd.DataFrame, places: Sequence[str], words: Words) -> None:
    """Edit, confirm or reject one move of the calendar."""
    names = list(rows.sort_values("start", ascending=False)["id"])
    by_id = rows.set_index("id")
    told = {id: f"{by_id.at[id, 'brand']}: {by_id.at[id, 'describe']}" for id in names}
    move = st.selectbox(words("teach.move"), names, format_func=told.__getitem__, key="move")
    if move is None:
        return
    one = by_id.loc[move]
    if one.get("said_why"):
        st.info(
            frame.plain(words("teach.before", what=words.named("said", str(one["said"])), why=str(one["said_why"])))
        )
    with st.form(f"teach-{kind}", border=True):
        start = end = strength = where = None
        if kind == "edit":
            left, right = st.columns(2)
            days = left.date_input(
                words("teach.days"), (one["start"].date(), one["end"].date()), format="DD.MM.YYYY", key=f"days-{move}"
            )
            start, end = _span(days)
            now = float(one["strength"]) if pd.notna(one["strength"]) else 1.0
            strength = _strength(right, words, f"edit-{move}", now)
            stands = [name.strip() for name in str(one.get("territories") or "").split(",") if name.strip()]
            chosen = st.multiselect(
                words("teach.where"), places, default=[name for name in stands if name in places],
                key=f"where-{move}", placeholder=words("teach.everywhere"),
            )  # fmt: skip
            where = _joined(chosen)
        series = kind != "edit" and bool(one.get("recurring")) and st.checkbox(words("teach.series"), key=f"all-{move}")
        why = st.text_input(words("teach.why"), key=f"why-{kind}-{move}", placeholder=words("teach.why_hint"))
        sent = st.form_submit_button(words.named("teach_do", kind), type="primary")
    if sent:
        wish = Wish(kind, id=str(move), start=start, end=end, strength=strength, territories=where, why=why,
                    who=access.person())  # fmt: skip
        _say(wish, bool(series), words)


def _strength(place: Any, words: Words, key: str, now: float) -> float:
    return float(
        place.number_input(
            words("teach.strength"), 0.1, 10.0, min(max(round(now, 2), 0.1), 10.0), step=0.1, key=f"strength-{key}",
            help=words("teach.strength_help"),
        )
    )  # fmt: skip


def _say(wish: Wish, series: bool, words: Words) -> None:
    """Keep it, if whoever speaks may; say what is wrong with it otherwise."""
    access.require("learn")
    try:
        made = calendar_page.say(state.workspace(), [wish], dt.datetime.now(), series)
    except InputError as error:
        jobs_panel.problems(pd.DataFrame([problem.as_dict() for problem in error.problems]), words)
        return
    except TwinError as error:
        st.error(frame.plain(str(error)))
        return
    st.toast(words("teach.kept", n=len(made["made"])), icon=":material/check:")
    st.session_state["taught"] = len(made["made"])
    st.rerun()


def _span(days: Any) -> tuple[dt.date | None, dt.date | None]:
    """First and last day of what was chosen; a half-made choice has no last day."""
    found = list(days) if isinstance(days, tuple | list) else [days]
    return (found[0] if found else None, found[1] if len(found) > 1 else None)


def _joined(names: Sequence[str]) -> str:
    """Territories as the calendar has them: all, or their names."""
    return ", ".join(names) if names else "all"
