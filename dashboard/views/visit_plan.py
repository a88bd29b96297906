"""Visit plan: who is visited when, by whom and why; how full the days are; what found no place. For the planner."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pandas as pd
import streamlit as st

from dashboard import access, drawn, frame, jobs_panel, plan_state, state
from dashboard.charts import plan as charts
from dashboard.views import plan_changes, plan_day, plan_downloads, plan_form
from dashboard.words import Words
from twin.tasks.plans import plan_desk
from twin.tasks.plans.plan_applied import Desk, applied
from twin.tasks.plans.plan_edits import Wishes

_MOST_UNSERVED = 500
_READ_UNSERVED = 12
"""Wishes that are written out with their whole reason; more are a table that is scrolled."""
_CARD = 150
"""Least width of a card with a figure, pixels."""


def render() -> None:
    """The page."""
    words, heads = state.words(), state.heads()
    st.title(words("plan.title"))
    if "calibration" not in heads:
        frame.unlearned(words("plan.no_calibration"))
        return
    jobs_panel.panel(plan_form.VERBS)
    if not state.figures(heads["calibration"].id)["n_reps"]:
        frame.empty(words("plan.no_reps"))
        return
    version = heads.get("plan")
    reps = plan_state.rep_names(heads["dataset"].id)
    wishes = plan_state.wishes(version.id)[0] if version else None
    standing = str(state.document(version.id, "summary").get("scenario", "")) if version else ""
    asked = st.query_params.get("scenario", standing)
    if access.may("plan"):
        plan_form.form(heads, list(reps), wishes, words, expanded=version is None or asked != standing)
    if version is None or wishes is None:
        frame.empty(words("plan.none" if access.may("plan") else "plan.none_to_see"), "twin plan SCENARIO.toml")
        return
    if heads["calibration"].id not in version.parents:
        st.warning(words("plan.stale"), icon=":material/history:")
    _about(state.document(version.id, "summary"), words)
    unserved = _in_language(state.table(version.id, "unserved"), words)
    if not len(state.table(version.id, "plan")):
        frame.empty(words("plan.empty"))
        _unserved(unserved, plan_state.desk(version.id), words)
        return
    _whole(version, wishes, unserved, reps, heads, words)


def _whole(
    version: Any, wishes: Wishes, unserved: pd.DataFrame, names: dict[str, str], heads: dict[str, Any], words: Words
) -> None:
    """A plan with visits in it."""
    desk = plan_state.desk(version.id)
    # somebody else may have added a visit elsewhere
    rows = _in_language(access.within(applied(desk, wishes)), words)
    edited = bool(wishes.edits or wishes.absences)
    breaches = plan_desk.breaches(desk, rows, wishes) if edited else []
    reps = {id: names.get(id, id) for id in sorted(set(desk.rows["rep_id"]) | set(rows["rep_id"]))}
    _figures(desk, rows, unserved, words)
    plan_downloads.downloads(version, reps, words)
    _load(version.id, wishes, {**names, **reps}, words)
    plan_changes.panel(version.id, desk, wishes, breaches, rows, reps, words)
    plan_day.day(version, desk, wishes, rows, reps, heads, words)
    _unserved(unserved, desk, words)


def _figures(desk: Desk, rows: pd.DataFrame, unserved: pd.DataFrame, words: Words) -> None:
    visits = rows[rows["kind"] == "visit"]
    dark, lost = plan_desk.not_buying(desk, visits)
    cells = (
        ("plan.visits", words.number(len(visits)), words.many("plan.tasks", len(rows) - len(visits))),
        (
            "plan.customers",
            words.number(visits["customer_id"].nunique()),
            words("plan.dark", n=words.number(dark), lost=words.number(lost)),
        ),
        (
            "plan.reps",
            words.number(visits["rep_id"].nunique()),
            words("plan.span", first=words.date(rows["date"].min()), last=words.date(visits["date"].max())),
        ),
        (
            "plan.km",
            words.volume(float(visits["travel_km"].sum())),
            words("plan.travel", hours=words.volume(visits["travel_min"].sum() / 60)),
        ),
        ("plan.unserved", words.number(len(unserved)), words("plan.unserved_note")),
    )
    grid = st.grid("auto", min_column_width=_CARD)
    for key, value, note in cells:
        with grid.container(border=True, height="stretch"):
            st.metric(words(key), value)
            st.caption(note)


def _in_language(rows: pd.DataFrame, words: Words) -> pd.DataFrame:
    """Reasons in the reader's language."""
    return rows.assign(reason=rows["reason_tr"]) if words.language == "tr" and "reason_tr" in rows else rows


def _about(summary: dict[str, Any], words: Words) -> None:
    """Which scenario, from when to when, and what the planner should know."""
    name = frame.plain(str(summary.get("scenario", "")))
    st.markdown(
        words("plan.about", name=name, first=words.date(summary.get("start")), last=words.date(summary.get("end")))
    )
    # what is remarked on a plan counts customers and visits of the whole company
    whole = summary if access.company() else {}
    remarks = [frame.plain(line) for line in whole.get("remarks", {}).get(words.language, ())]
    rests = [
        f"{words.weekday(dt.date.fromisoformat(day['date']))} ({frame.plain(words.sentence(day['name']))})"
        for day in summary.get("holidays", ())
    ]
    if rests:
        remarks.append(words("plan.holidays", days=", ".join(rests)))
    remarks += [frame.plain(words.sentence(line)) for line in whole.get("warnings", ())]
    if remarks:
        st.caption("  \n".join(remarks))


def _load(plan: str, wishes: Wishes, reps: dict[str, str], words: Words) -> None:
    """How full every rep's days are; a chosen cell is the day that is shown below."""
    days, counts = plan_state.load(plan, wishes)
    said = [
        words("plan.away_day")
        if not room
        else words("plan.load_said", visits=visits, hours=words.number(minutes / 60, 1), share=words.percent(filled))
        for visits, minutes, room, filled in zip(days["visits"], days["minutes"], days["open_minutes"], days["filled"])
    ]
    days = days.assign(
        rep=days["rep_id"].map(reps), day=[words.weekday(day) for day in days["date"]], said=said,
        iso=days["date"].dt.date.astype(str),
    )  # fmt: skip
    with st.container(border=True):
        st.header(words("plan.load"))
        st.caption(words("plan.load_note"))
        chart = drawn.kept(charts.load)(days.drop(columns="date"), words)
        event = st.altair_chart(
            chart, width="stretch", theme=None, alt=words("plan.load"), key="load", on_select="rerun"
        )
        _follow(event)
        if access.territories() is not None:
            counts = counts[counts["rep_id"].isin(list(reps))]
        counts = counts.assign(
            rep=counts["rep_id"].map(reps).fillna(counts["rep_id"]),
            said=[
                words("plan.against", planned=planned, possible=words.number(possible, 1))
                for planned, possible in zip(counts["planned"], counts["possible"])
            ],
        )
        st.markdown(f"**{words('plan.capacity')}**")
        drawn.chart(charts.capacity, counts, words, alt=words("plan.capacity"))
        with st.expander(words("frame.as_table")):
            table = days.assign(date=days["day"], hours=days["minutes"] / 60, filled=days["filled"])
            frame.shown(
                table[["rep", "date", "visits", "hours", "filled"]],
                words,
                {"hours": lambda hours: words.number(hours, 1), "filled": words.percent},
                height=300,
            )


def _follow(event: Any) -> None:
    """Rep and day of the cell that was chosen last."""
    cell = next(iter(event.selection.get("cell", ())), None) if event else None
    seen = st.session_state.get("load_seen")
    if cell and cell != seen:
        st.session_state["rep"], st.session_state[plan_changes.DAY] = cell["rep_id"], cell["iso"]
    st.session_state["load_seen"] = cell


def _unserved(unserved: pd.DataFrame, desk: Desk, words: Words) -> None:
    """What was wanted and found no place, with reasons."""
    st.header(words("plan.unserved_title"))
    if not len(unserved):
        st.caption(words("plan.all_served"))
        return
    counts = unserved["reason"].value_counts()
    frame.written(pd.DataFrame({"reason": counts.index, "count": [words.number(n) for n in counts]}), words)
    best = unserved.sort_values("lost_gain", ascending=False, kind="stable").head(_MOST_UNSERVED)
    people = desk.world.population
    names = [people.names[desk.customer[id]] if id in desk.customer else "" for id in best["customer_id"]]
    rows = pd.DataFrame({
        "week": [words.date(day) for day in best["week"]],
        "rep_id": best["rep_id"].to_numpy(),
        "customer": [f"{name} ({id})" if name and name != id else id for name, id in zip(names, best["customer_id"])],
        "channel": [words.named("channel", name) for name in best["channel"]],
        "reason": best["reason"].to_numpy(),
        "lost_gain": [plan_day.gain(value, words) for value in best["lost_gain"]],
    })  # fmt: skip
    if len(unserved) > _READ_UNSERVED:
        st.caption(words("plan.unserved_first", n=_READ_UNSERVED, all=words.number(len(unserved))))
    # reasons are sentences: in a grid they would be cut off
    frame.written(rows.head(_READ_UNSERVED), words)
    if len(rows) > _READ_UNSERVED:
        with st.expander(words.many("plan.unserved_more", len(rows))):
            frame.shown(rows, words, height=400)
