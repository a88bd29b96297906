"""Plan form: scenario, first day, weeks, working hours and absences of a new visit plan."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pandas as pd
import streamlit as st

from dashboard import frame, jobs_panel, state
from dashboard.views.run_forecast import label
from dashboard.words import Words
from twin.planning.settings import PlanSettings
from twin.tasks import results
from twin.tasks.plans.plan_edits import Wishes

VERBS = ("plan",)
_LONGEST_WEEKS = 26
_MOST_A_DAY = 40
_LONGEST_VISIT = 240
_FRESH = dt.timedelta(weeks=13)
_FIELD = 120
"""Least width of a field of hours, pixels."""


def form(heads: dict[str, Any], reps: list[str], standing: Wishes | None, words: Words, expanded: bool) -> None:
    """What a new plan needs to know, and the button that makes it.

    Parameters
    ----------
    heads : dict
        Newest version of each kind.
    reps : list of str
        Who may be away.
    standing : Wishes, optional
        Of the plan that stands: hours begin with it, and its locked visits can be kept.
    words : Words
    expanded : bool
    """
    found = {str(each.path): each for each in results.scenario_files(state.workspace()) if not each.fault}
    if not found:
        frame.empty(words("run.no_files", folder=str(state.workspace() / results.SCENARIOS)))
        return
    with (
        st.expander(words("plan.make"), expanded=expanded, icon=":material/play_circle:"),
        st.form("make_plan", border=False),
    ):
        first, second, third = st.columns([3, 1.3, 1], vertical_alignment="bottom")
        asked = st.query_params.get("scenario")
        paths = list(found)
        chosen = next((place for place, path in enumerate(paths) if asked and found[path].name == asked), 0)
        path = first.selectbox(
            words("plan.scenario"), paths, chosen, format_func=lambda path: label(found[path]), key="plan_scenario"
        )
        origin = dt.date.fromisoformat(str(heads["calibration"].meta["origin"]))
        start = second.date_input(
            words("plan.start"), _first_day(origin), min_value=origin, format="DD.MM.YYYY", key="plan_start",
            help=words("plan.start_help", date=words.date(origin)),
        )  # fmt: skip
        weeks = third.number_input(words("plan.weeks"), 1, _LONGEST_WEEKS, 4, key="plan_weeks")
        limits = _limits(standing.settings if standing else PlanSettings(), words)
        away = _absences(reps, start, words)
        keep = _keep(standing, words)
        pressed = st.form_submit_button(words("plan.run"), type="primary", disabled=jobs_panel.busy(VERBS))
    if pressed:
        given = [path, "--start", start.isoformat(), "--weeks", str(int(weeks)), *limits, *away, *keep]
        jobs_panel.start("plan", given)


def _first_day(origin: dt.date) -> dt.date:
    """Next Monday, while the data are fresh enough to say anything of it; else the first day after them."""
    today = dt.date.today()
    monday = today + dt.timedelta(days=7 - today.weekday())
    return monday if origin <= monday < origin + _FRESH else origin


def _limits(usual: PlanSettings, words: Words) -> list[str]:
    """Hours, lunch and visits a day, as the command line has them."""
    grid = st.grid("auto", min_column_width=_FIELD, vertical_alignment="bottom")
    columns = [grid.container() for _ in range(7)]
    labels = ("plan.day_start", "plan.day_end", "plan.lunch_start", "plan.lunch_end")
    hours = (usual.day_start, usual.day_end, usual.lunch_start, usual.lunch_end)
    opens, closes, lunch, after = (
        column.time_input(words(name), _clock(hour), step=900, key=name.replace(".", "_"))
        for column, name, hour in zip(columns, labels, hours)
    )
    most = columns[4].number_input(words("plan.most"), 1, _MOST_A_DAY, usual.most_a_day, key="plan_most")
    long = columns[5].number_input(words("plan.visit_minutes"), 1, _LONGEST_VISIT, usual.visit_minutes, key="plan_long")
    pause = columns[6].number_input(
        words("plan.lunch_minutes"), 0, _LONGEST_VISIT, usual.lunch_minutes, key="plan_lunch_minutes"
    )
    st.caption(words("plan.limits_note"))
    return [
        "--hours", f"{opens:%H:%M}-{closes:%H:%M}", "--lunch", f"{lunch:%H:%M}-{after:%H:%M}",
        "--most-a-day", str(int(most)), "--visit-minutes", str(int(long)), "--lunch-minutes", str(int(pause)),
    ]  # fmt: skip


def _absences(reps: list[str], start: dt.date, words: Words) -> list[str]:
    """Days on which reps are away, one line each."""
    st.caption(words("plan.absences"))
    empty = pd.DataFrame({"rep": pd.Series(dtype=str), "first": pd.Series(dtype="datetime64[s]"),
                          "last": pd.Series(dtype="datetime64[s]")})  # fmt: skip
    day = st.column_config.DateColumn
    table = st.data_editor(
        empty,
        num_rows="dynamic",
        hide_index=True,
        width="stretch",
        height="content",
        alt=words("plan.absences"),
        key="plan_absences",
        column_config={
            "rep": st.column_config.SelectboxColumn(words("column.rep_id"), options=reps, required=True),
            "first": day(words("plan.first_away"), format="DD.MM.YYYY", min_value=start, required=True),
            "last": day(words("plan.last_away"), format="DD.MM.YYYY", min_value=start),
        },
    )
    given: list[str] = []
    for row in table.dropna(subset=["rep", "first"]).to_dict("records"):
        last = row["first"] if pd.isna(row["last"]) else row["last"]
        given += ["--absent", f"{row['rep']}:{pd.Timestamp(row['first']).date()}:{pd.Timestamp(last).date()}"]
    return given


def _keep(standing: Wishes | None, words: Words) -> list[str]:
    """Whether what was locked by hand stands in the new plan as well."""
    n_edits = len(standing.edits) if standing else 0
    if not n_edits:
        return []
    kept = st.checkbox(words.many("plan.keep_locked", n_edits), value=True, key="plan_keep")
    return ["--keep-edits"] if kept else []


def _clock(hour: float) -> dt.time:
    return dt.time(int(hour), round(60 * (hour % 1)))
