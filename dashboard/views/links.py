"""Links: which rows of the lists are one outlet, why the twin thinks so, and what a person says of it."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pandas as pd
import streamlit as st

from dashboard import access, frame, jobs_panel, live, state
from dashboard.words import Words
from twin.errors import InputError, TwinError
from twin.tasks.links import links_page
from twin.tasks.links.links_page import Decision

_SHOWN = 1000
_KINDS = ("review", "linked", "all")
_ACTIONS = ("merge", "keep-apart", "undecided", "undo")


def render(heads: dict[str, Any], words: Words) -> None:
    """What waits for a person, and the forms to decide it."""
    if "dataset" not in heads:
        frame.empty(words("overview.no_data"), "twin ingest FOLDER", "data", words("data_tab.bring"))
        return
    told = live.links()
    st.caption(words("links.note"))
    if told["pending"]:
        _pending(told["pending"], words)
    pairs = pd.DataFrame(told["pairs"])
    if not len(pairs):
        frame.empty(words("links.none"))
        return
    kind = frame.tabs(words("links.which"), _KINDS, "links", "links_kind")
    mine = pairs if kind == "all" else pairs[(pairs["decision"] == kind) | (kind == "review") & (pairs["said"] != "")]
    spoken = mine["said"] != ""
    counts = words("links.counts", shown=words.number(len(mine)), all=words.number(len(pairs)))
    if kind == "review":
        counts = words("links.waiting", n=words.number(int((~spoken).sum())), said=words.number(int(spoken.sum())))
        mine = pd.concat([mine[~spoken], mine[spoken]])  # what was decided makes room for the next
    st.caption(counts)
    if not len(mine):
        frame.empty(words("links.nothing_waits"))
        return
    one = _table(mine.head(_SHOWN).reset_index(drop=True), words)
    _pair(one, words)
    if kind == "review":
        _many(words)


def _pending(n: int, words: Words) -> None:
    """Decisions work when the files are read again: by the run that read them last, where that is known."""
    with st.container(border=True):
        left, right = st.columns([4, 1], vertical_alignment="center")
        left.markdown(words.many("links.pending", n))
        last = live.last_reading()
        dead = not last or jobs_panel.busy(("ingest",)) or not access.may("learn")
        if right.button(words("links.read_again"), disabled=dead, help=words("links.read_again_help"), width="stretch"):
            jobs_panel.start("ingest", last)


def _table(rows: pd.DataFrame, words: Words) -> dict[str, Any]:
    """Pairs, those that wait first; the one that is chosen."""
    table = pd.DataFrame(
        {
            "a": [_named(row.name_a, row.id_a) for row in rows.itertuples()],
            "b": [_named(row.name_b, row.id_b) for row in rows.itertuples()],
            "likelihood": 100 * pd.to_numeric(rows["probability"]),
            "distance_m": pd.to_numeric(rows["distance_m"]).round(),
            "decision": [words.named("decision", name) for name in rows["decision"]],
            "spoken": [words.named("links_said", name) if name else "" for name in rows["said"]],
        }
    )
    event = frame.shown(
        table, words, None, {"likelihood": frame.bar(words)}, height="content" if len(table) < 10 else 360, key="pairs",
        on_select="rerun", selection_mode="single-row",
    )  # fmt: skip
    places = event.selection.rows
    return dict(rows.iloc[places[0] if places and places[0] < len(rows) else 0])


def _named(name: Any, id: str) -> str:
    return f"{name} ({id})" if isinstance(name, str) and name else str(id)


def _pair(one: dict[str, Any], words: Words) -> None:
    """One pair side by side, what speaks for and against, and the buttons."""
    with st.container(border=True):
        left, right = st.columns(2, gap="medium")
        for place, side in ((left, "a"), (right, "b")):
            place.markdown(f"**{frame.plain(_named(one[f'name_{side}'], one[f'id_{side}']))}**")
            place.caption(words.named("table", str(one[f"list_{side}"])))
        chance = one["probability"]
        if chance is not None and pd.notna(chance):
            st.markdown(words("links.chance", chance=words.percent(float(chance), 1)))
        reasons = pd.DataFrame(one["reasons"] if isinstance(one["reasons"], list) else [])
        if len(reasons):
            shown = pd.DataFrame(
                {
                    "field": [words.named("field", str(name)) for name in reasons["field"]],
                    "agreement": [words.sentence(str(text)) for text in reasons["agreement"]],
                    "weight": pd.to_numeric(reasons["weight"]),
                }
            )
            frame.shown(shown, words, {"weight": lambda v: words.signed(v, 1)})
            st.caption(words("links.weights"))
        if one["said"]:
            who, what = one["said_who"] or "–", words.named("links_said", one["said"])
            st.info(frame.plain(words("links.before", what=what, why=one["said_why"] or "", who=who)))
        _decide(one, words)


def _decide(one: dict[str, Any], words: Words) -> None:
    """Say what the two are, with a reason."""
    if not access.may("learn"):
        return
    why = st.text_input(words("teach.why"), key=f"why-{one['id']}", placeholder=words("links.why_hint"))
    for place, action in zip(st.columns(4), _ACTIONS):
        dead = action == "undo" and not one["said"]
        if place.button(words.named("links_do", action), key=f"{action}-{one['id']}", disabled=dead, width="stretch",
                        type="primary" if action == "merge" else "secondary"):  # fmt: skip
            _keep([Decision(action, str(one["id"]), why=why, who=access.person())], words)


def _many(words: Words) -> None:
    """The same word on every pair that is likely enough."""
    with st.expander(words("links.many")):
        left, middle, right = st.columns([2, 3, 2], vertical_alignment="bottom")
        above = left.slider(words("links.above"), 50, 99, 95, format="%d%%", key="above")
        why = middle.text_input(words("teach.why"), key="why-many", placeholder=words("links.why_hint"))
        if right.button(words("links.merge_all"), disabled=not access.may("learn"), width="stretch"):
            access.require("learn")
            try:
                links_page.say_above(state.workspace(), above / 100, "merge", why, access.person(), dt.datetime.now())
            except InputError as error:
                jobs_panel.problems(pd.DataFrame([problem.as_dict() for problem in error.problems]), words)
                return
            st.rerun()


def _keep(decisions: list[Decision], words: Words) -> None:
    """Keep it, if whoever speaks may; say what is wrong with it otherwise."""
    access.require("learn")
    try:
        links_page.say(state.workspace(), decisions, dt.datetime.now())
    except InputError as error:
        jobs_panel.problems(pd.DataFrame([problem.as_dict() for problem in error.problems]), words)
        return
    except TwinError as error:
        st.error(frame.plain(words.sentence(str(error))))
        return
    st.toast(words("links.kept"), icon=":material/check:")
    st.rerun()
