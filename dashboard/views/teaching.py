"""Teaching: forms by which somebody says what they know of a rival's move, with a reason."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

import pandas as pd
import streamlit as st

from dashboard import access, frame, state
from dashboard.words import Words
from twin.errors import InputError, Problem, TwinError
from twin.tasks.calendar import calendar_page
from twin.tasks.calendar.calendar_page import Wish

_KINDS = ("add", "edit", "confirm", "reject")
_CHOSEN = "taught_move"
"""Where the chosen move is kept, whatever fields are shown."""


def render(asked: Sequence[str], rows: pd.DataFrame, heads: dict[str, Any], words: Words) -> None:
    """Choose what to do, and say it.

    Parameters
    ----------
    asked : sequence of str
        Ids of the moves on which a word is awaited, the most pressing first.
    rows : DataFrame
        The calendar.
    heads : dict
    words : Words
    """
    kinds = _KINDS if len(rows) else _KINDS[:1]
    kind = frame.tabs(words("teach.what"), kinds, "teach", "teach_kind")
    st.caption(words.named("teach_note", str(kind)))
    brands, places = state.rivals_and_territories(heads["dataset"].id)
    if kind == "add":
        _add(brands, places, words)
    else:
        _about(str(kind), rows, asked, places, words)


def _add(brands: Sequence[str], places: Sequence[str], words: Words) -> None:
    if not brands:
        st.caption(words("teach.no_rivals"))
        return
    with st.form("teach-add", border=True, clear_on_submit=False):
        left, middle, right = st.columns(3)
        brand = left.selectbox(words("teach.brand"), brands, key="add_brand")
        days = middle.date_input(words("teach.days"), (), format="DD.MM.YYYY", key="add_days")
        slips = {"days": middle.empty()}
        strength = _strength(right, words, "add", 1.0)
        where = st.multiselect(words("teach.where"), places, key="add_where", placeholder=words("teach.everywhere"))
        why = st.text_input(words("teach.why"), key="add_why", placeholder=words("teach.why_hint"))
        slips["why"] = st.empty()
        sent = st.form_submit_button(words.named("teach_do", "add"), type="primary")
    if sent:
        start, end = _span(days)
        wish = Wish("add", brand=str(brand), start=start, end=end, strength=strength, territories=_joined(where),
                    why=why, who=access.person())  # fmt: skip
        _say(wish, False, f"{brand}, {words.date(start)}", slips, words)


def _about(kind: str, rows: pd.DataFrame, asked: Sequence[str], places: Sequence[str], words: Words) -> None:
    """Edit, confirm or reject one move of the calendar."""
    by_id = rows.set_index("id")
    first = [id for id in asked if id in by_id.index]
    names = [*first, *(id for id in rows.sort_values("start", ascending=False)["id"] if id not in first)]
    told = {id: _told(by_id.loc[id], id in first, words) for id in names}
    # a choice is forgotten with its field, and there is no field while a move is added
    if st.session_state.get("move") not in names:
        st.session_state["move"] = st.session_state.get(_CHOSEN) if st.session_state.get(_CHOSEN) in names else names[0]
    move = st.selectbox(words("teach.move"), names, format_func=told.__getitem__, key="move")
    if move is None:
        return
    st.session_state[_CHOSEN] = move
    one = by_id.loc[move]
    if one.get("said_why"):
        st.info(
            frame.plain(words("teach.before", what=words.named("said", str(one["said"])), why=str(one["said_why"])))
        )
    slips: dict[str, Any] = {}
    with st.form(f"teach-{kind}", border=True):
        # what the button is about stands beside it: the list above shows another move after a change there
        st.markdown(f"**{frame.plain(_named(one, words))}**")
        start = end = strength = where = None
        if kind == "edit":
            start, end, strength, where = _changed(one, str(move), places, slips, words)
        series = kind != "edit" and bool(one.get("recurring")) and st.checkbox(words("teach.series"), key=f"all-{move}")
        why = st.text_input(words("teach.why"), key=f"why-{kind}-{move}", placeholder=words("teach.why_hint"))
        slips["why"] = st.empty()
        sent = st.form_submit_button(words.named("teach_do", kind), type="primary")
    if sent:
        wish = Wish(kind, id=str(move), start=start, end=end, strength=strength, territories=where, why=why,
                    who=access.person())  # fmt: skip
        _say(wish, bool(series), _named(one, words), slips, words)


def _told(one: pd.Series, asked: bool, words: Words) -> str:
    """A move as the list has it: with what is expected after it, by which the overview names it."""
    said = f"{one['brand']}: {one['describe']}"
    if pd.notna(one.get("next_start")):
        chance = words.percent(one.get("next_probability"))
        said = words("teach.next", move=said, start=words.date(one["next_start"]), chance=chance)
    return words("teach.awaits", move=said) if asked else said


def _named(one: pd.Series, words: Words) -> str:
    return f"{one['brand']}, {words.date(one['start'])} – {words.date(one['end'])}"


def _changed(
    one: pd.Series, move: str, places: Sequence[str], slips: dict[str, Any], words: Words
) -> tuple[dt.date | None, dt.date | None, float, str]:
    """Fields of a change: first and last day, strength, territories."""
    left, right = st.columns(2)
    days = left.date_input(
        words("teach.days"), (one["start"].date(), one["end"].date()), format="DD.MM.YYYY", key=f"days-{move}"
    )
    slips["days"] = left.empty()
    now = float(one["strength"]) if pd.notna(one["strength"]) else 1.0
    strength = _strength(right, words, f"edit-{move}", now)
    stands = [name.strip() for name in str(one.get("territories") or "").split(",") if name.strip()]
    chosen = st.multiselect(
        words("teach.where"), places, default=[name for name in stands if name in places],
        key=f"where-{move}", placeholder=words("teach.everywhere"),
    )  # fmt: skip
    return *_span(days), strength, _joined(chosen)


def _strength(place: Any, words: Words, key: str, now: float) -> float:
    return float(
        place.number_input(
            words("teach.strength"), 0.1, 10.0, min(max(round(now, 2), 0.1), 10.0), step=0.1, key=f"strength-{key}",
            help=words("teach.strength_help"),
        )
    )  # fmt: skip


def _say(wish: Wish, series: bool, move: str, slips: dict[str, Any], words: Words) -> None:
    """Keep it, if whoever speaks may; say what is wrong with it otherwise, below the field that it is about."""
    access.require("learn")
    if wish.action == "edit" and (wish.start is None or wish.end is None):
        slips["days"].error(words("teach.slip_days"))  # the calendar would take a missing day for one that stays
        return
    try:
        made = calendar_page.say(state.workspace(), [wish], dt.datetime.now(), series)
    except InputError as error:
        _slips(error.problems, slips, words)
        return
    except TwinError as error:
        st.error(frame.plain(words.sentence(str(error))))
        return
    said = words.many("teach.kept", len(made["made"]), what=words.named("said", wish.action), move=frame.plain(move))
    st.toast(said, icon=":material/check:")
    st.rerun()


def _slips(problems: Sequence[Problem], slips: dict[str, Any], words: Words) -> None:
    """One sentence below each field that is at fault; days that were not given are one fault."""
    found: dict[str, str] = {}
    for problem in problems:
        if problem.where == "why":
            found["why"] = words("teach.slip_why")
        elif problem.where in ("start", "end"):
            found["days"] = words("teach.slip_days" if problem.found == "none" else "teach.slip_order")
        else:
            found.setdefault(
                "", words.sentence(f"{problem.where}: expected {problem.expected}, found {problem.found}.")
            )
    for field, text in found.items():
        slips.get(field, st).error(frame.plain(text))


def _span(days: Any) -> tuple[dt.date | None, dt.date | None]:
    """First and last day of what was chosen; a half-made choice has no last day."""
    found = list(days) if isinstance(days, tuple | list) else [days]
    return (found[0] if found else None, found[1] if len(found) > 1 else None)


def _joined(names: Sequence[str]) -> str:
    """Territories as the calendar has them: all, or their names."""
    return ", ".join(names) if names else "all"
