"""One rep's day: the visits with their reasons, the way on a map, and what can be done about each of them."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import replace
from typing import Any

import pandas as pd
import streamlit as st

from dashboard import access, drawn, frame, plan_state, state
from dashboard.charts import plan as charts
from dashboard.views import plan_changes
from dashboard.words import Words
from twin.tasks.plans import plan_desk, plan_edits
from twin.tasks.plans.plan_applied import Desk
from twin.tasks.plans.plan_edits import ADD, DROP, LOCK, MOVE, Edit, Wishes

_ORDER = ("seq", "time", "customer", "channel", "change", "reason", "state", "way", "expected_gain", "customer_id")

_LABEL = "plan_day_label"
"""Key of the day that was drawn last, and its label."""
TWO_LINES = 54
"""Height of a row in which a reason takes two lines, pixels."""


def day(
    version: Any, desk: Desk, wishes: Wishes, rows: pd.DataFrame, reps: dict[str, str], heads: dict[str, Any],
    words: Words,
) -> None:  # fmt: skip
    """Choose a rep and a day, see the list and the map, and change what should be otherwise."""
    st.header(words("plan.day_title"))
    left, right = st.columns(2)
    rep = frame.chosen(left.selectbox, words("plan.rep"), list(reps), "rep", format_func=reps.__getitem__)
    mine = rows[rows["rep_id"] == rep]
    planned = {each.date() for each in mine["date"]}
    days = sorted(planned | set(plan_desk.open_days(desk, wishes, str(rep))))
    counts = mine[mine["kind"] == "visit"]["date"].dt.date.value_counts().to_dict()
    labels = {
        each.isoformat(): f"{words.weekday(each)} · {words.many('plan.n_visits', counts.get(each, 0))}" for each in days
    }
    _said_anew(labels)
    shown = frame.chosen(
        right.selectbox, words("plan.day"), list(labels), plan_changes.DAY, format_func=labels.__getitem__
    )
    st.session_state[_LABEL] = (shown, labels.get(shown, ""))
    today = mine[mine["date"] == pd.Timestamp(shown)].sort_values("start") if shown else mine.head(0)
    picked = _list(today, f"{rep}-{shown}-{st.session_state.get(plan_changes.TURN, 0)}", words)
    if not access.may("plan"):
        st.caption(words("plan.only_look"))
    elif len(picked):
        _actions(version.id, desk, wishes, picked, reps, words)
    else:
        st.caption(words("plan.pick"))
    if shown and access.may("plan"):
        _add(version.id, desk, wishes, str(rep), dt.date.fromisoformat(shown), words)
    _ways(mine, today, str(rep), desk, heads, words)


def _list(today: pd.DataFrame, key: str, words: Words) -> pd.DataFrame:
    """The day's visits; those that are ticked."""
    if not len(today):
        st.caption(words("plan.no_visits"))
        return today
    table = today.assign(
        time=[f"{a:%H:%M}–{b:%H:%M}" for a, b in zip(today["start"], today["end"])],
        customer=[name or id for name, id in zip(today["customer_name"].fillna(""), today["customer_id"])],
        channel=[words.named("channel", name) for name in today["channel"]],
        change=[words(f"edited.{kind}") if kind else "" for kind in today["change"]],
        reason=[
            " · ".join(filter(None, (why, words.sentence(when))))
            for why, when in zip(today["reason"].fillna(words("plan.added_reason")), today["condition"].fillna(""))
        ],
        way=[
            words("plan.way", minutes=int(minutes), km=words.number(km, 1))
            for minutes, km in zip(today["travel_min"], today["travel_km"].fillna(0.0))
        ],
        state=today["known"].astype(bool).map({True: words("chart.known"), False: words("chart.unknown")}),
        expected_gain=[gain(value, words) for value in pd.to_numeric(today["expected_gain"])],
    )
    config = {
        "seq": st.column_config.NumberColumn(width=50),
        "reason": st.column_config.TextColumn(width=310),
        "customer": st.column_config.TextColumn(width=150),
    }
    order = [name for name in _ORDER if name != "change" or today["change"].any()]
    chosen = frame.shown(
        table[order],
        words,
        None,
        config,
        height="content",
        row_height=TWO_LINES,
        key=f"rows-{key}",
        on_select="rerun",
        selection_mode="multi-row",
    )
    ticked = [row for row in chosen.selection.rows if row < len(today)]
    if ticked:
        # the grid cuts a long reason off; whoever ticks a visit wants to know it whole
        frame.written(table.iloc[ticked][["time", "customer", "reason"]], words)
    return today.iloc[ticked]


def gain(value: float, words: Words) -> str:
    """A gain as it is written in tables, a loss with a proper minus."""
    return words.volume(value).replace("-", "\N{MINUS SIGN}")


def _said_anew(labels: dict[str, str]) -> None:
    """Make the browser draw the label of the chosen day again where the number of its visits has changed.

    It keeps what it drew last as long as the choice itself stays: a new plan would show the old plan's number.
    """
    day, drawn_last = st.session_state.get(_LABEL, ("", ""))
    if day in labels and day == st.session_state.get(plan_changes.DAY) and labels[day] != drawn_last:
        st.session_state[plan_changes.DAY] = day


def _actions(plan: str, desk: Desk, wishes: Wishes, picked: pd.DataFrame, reps: dict[str, str], words: Words) -> None:
    """Lock, drop, take back; move one."""
    visits = picked[picked["kind"] == "visit"]
    with st.container(border=True):
        st.markdown(f"**{words.many('plan.chosen', len(visits))}**")
        row = st.container(horizontal=True)
        decided = {edit.key for edit in wishes.edits} & set(visits["visit_id"])
        for label, icon, kind in ((words("plan.lock"), "lock", LOCK), (words("plan.drop"), "block", DROP)):
            row.button(
                label, icon=f":material/{icon}:", disabled=not len(visits), on_click=_note_all,
                args=(plan, visits, kind),
            )  # fmt: skip
        row.button(
            words("plan.unlock"), icon=":material/undo:", disabled=not decided,
            on_click=plan_changes.take_back, args=(plan, decided),
        )  # fmt: skip
        if len(visits) == 1:
            _move(plan, desk, wishes, visits.iloc[0], reps, words)
        else:
            st.caption(words("plan.move_one"))


def _note_all(plan: str, visits: pd.DataFrame, kind: str) -> None:
    def noted(wishes: Wishes) -> Wishes:
        for row in visits.to_dict("records"):
            old = next((edit for edit in wishes.edits if edit.key == row["visit_id"]), None)
            if old is not None and old.kind == ADD:
                wishes = plan_edits.without(wishes, old.key) if kind == DROP else wishes
                continue
            wishes = plan_edits.with_edit(wishes, plan_changes.noted(_edit(row, kind)))
        return wishes

    plan_changes.keep(plan, noted)


def _edit(row: dict[str, Any], kind: str) -> Edit:
    day = pd.Timestamp(row["date"]).date()
    return Edit(kind, str(row["customer_id"]), str(row["rep_id"]), day, str(row["visit_id"]), day)


def _move(plan: str, desk: Desk, wishes: Wishes, row: Any, reps: dict[str, str], words: Words) -> None:
    """Another day or rep for a visit: every day says whether it fits before it is chosen."""
    edit = _edit(dict(row), MOVE)
    able = plan_desk.reps_for(desk, edit.customer_id)
    able = able if edit.rep_id in able else [edit.rep_id, *able]
    first, second, third = st.columns([1.4, 3, 1], vertical_alignment="bottom")
    rep = first.selectbox(
        words("plan.move_rep"), able, able.index(edit.rep_id), format_func=lambda id: reps.get(id, id),
        key=f"move_rep-{edit.key}",
    )  # fmt: skip
    found = _days_for(desk, plan, wishes, edit, str(rep))
    here = edit.date if rep == edit.rep_id else None
    said = {each.date: _place(each, words) for each in found.itertuples() if each.date != here}
    key = f"move-{edit.key}-{rep}"
    target = second.selectbox(
        words("plan.move_day"), list(said), format_func=said.__getitem__, key=key,
        index=_best(found[found["date"] != here]),
    )  # fmt: skip
    third.button(
        words("plan.move"), type="primary", width="stretch", disabled=target is None, on_click=_note_on_day,
        args=(plan, replace(edit, rep_id=str(rep)), key),
    )  # fmt: skip


def _note_on_day(plan: str, edit: Edit, key: str) -> None:
    """Keep an edit on the day that a field holds when the button is pressed."""
    if target := st.session_state.get(key):
        plan_changes.note(plan, replace(edit, date=target))


def _add(plan: str, desk: Desk, wishes: Wishes, rep: str, day: dt.date, words: Words) -> None:
    """A customer whom the plan leaves out, on the day that is shown or on another."""
    with st.expander(words("plan.add"), icon=":material/add:"):
        people = plan_state.addable(desk, plan, rep)
        names = dict(zip(people["customer_id"], people["name"]))
        first, second, third = st.columns([2, 3, 1], vertical_alignment="bottom")
        who = first.selectbox(
            words("plan.add_who"), list(names), None, format_func=lambda id: f"{names[id] or id} ({id})",
            placeholder=words("plan.add_search"), key=f"add-{rep}",
        )  # fmt: skip
        if who is None:
            st.caption(words("plan.add_note"))
            return
        edit = Edit(ADD, str(who), rep, day)
        found = _days_for(desk, plan, wishes, edit, rep)
        said = {each.date: _place(each, words) for each in found.itertuples()}
        days = list(said)
        target = second.selectbox(
            words("plan.move_day"), days, days.index(day) if day in days else 0, format_func=said.__getitem__,
            key=f"add-day-{who}",
        )  # fmt: skip
        third.button(
            words("plan.add_button"), type="primary", width="stretch", disabled=target is None,
            on_click=_note_on_day, args=(plan, edit, f"add-day-{who}"),
        )  # fmt: skip


def _place(found: Any, words: Words) -> str:
    kinds = set(found.kinds)
    verdict = plan_changes.verdict(kinds, set(plan_desk.CROWDED), words)
    more = words("plan.further", minutes=words.signed(found.extra_min, 0))
    return f"{words.weekday(found.date)} · {verdict} · {more}"


def _best(found: pd.DataFrame) -> int | None:
    """Place of the day that breaks least and costs least."""
    if not len(found):
        return None
    hard = found["kinds"].map(lambda kinds: len(set(kinds) - plan_desk.CROWDED))
    order = found.assign(hard=hard, soft=found["kinds"].map(len)).reset_index(drop=True)
    return int(order.sort_values(["hard", "soft", "extra_min"], kind="stable").index[0])


def _days_for(desk: Desk, plan: str, wishes: Wishes, edit: Edit, rep: str) -> pd.DataFrame:
    """The same question about the same wishes is answered once."""
    document = json.dumps(plan_edits.as_document(Wishes(wishes.settings, wishes.absences, (*wishes.edits, edit))))
    return _answered(str(state.workspace()), plan, document, rep, desk, wishes, edit)


@st.cache_data(max_entries=64, show_spinner=False)
def _answered(
    folder: str, plan: str, document: str, rep: str, _desk: Desk, _wishes: Wishes, _edit: Edit
) -> pd.DataFrame:
    return plan_desk.days_for(_desk, _wishes, _edit, rep)


def _ways(mine: pd.DataFrame, today: pd.DataFrame, rep: str, desk: Desk, heads: dict[str, Any], words: Words) -> None:
    """The way of the day, or of the days of its week."""
    span = frame.tabs(words("plan.route"), ("day", "week"), "route", "plan_way")
    if span == "week" and len(today):
        week = today["date"].iloc[0].isocalendar()[:2]
        chosen = mine[[day.isocalendar()[:2] == week for day in mine["date"]]]
    else:
        chosen = today
    stops = chosen[chosen["kind"] == "visit"].dropna(subset=["lon", "lat"])
    if not len(stops):
        st.caption(words("plan.no_route"))
        return
    home = desk.home.get(rep)
    told = stops.assign(
        state=stops["known"].astype(bool).map({True: words("chart.known"), False: words("chart.unknown")}),
        said=[f"{r.seq}. {r.customer_name or r.customer_id} · {r.start:%H:%M}" for r in stops.itertuples()],
        day=[words.weekday(day) for day in stops["date"]],
    )
    told = told[["lon", "lat", "seq", "state", "said", "day", "date"]]
    drawn.chart(_route, told, home, heads["calibration"].id, words, alt=words("plan.route"))
    st.caption(words("plan.route_note" if home and home[0] == home[0] else "plan.route_no_home"))


def _route(stops: pd.DataFrame, home: tuple[float, float] | None, calibration: str, words: Words) -> Any:
    return charts.route(stops, home, plan_state.edges(calibration), words)
