"""Visit plan: who is visited when, by whom and why; what found no place; files to take away. For the planner."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pandas as pd
import streamlit as st

from dashboard import frame, jobs_panel, state
from dashboard.charts import plan as charts
from dashboard.views.run_forecast import label
from dashboard.words import Words
from twin.tasks import results

VERBS = ("plan",)
_MIMES = {
    "csv": "text/csv",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "ics": "text/calendar",
    "geojson": "application/geo+json",
}
_LONGEST_WEEKS = 26


def render() -> None:
    """The page."""
    words, heads = state.words(), state.heads()
    st.title(words("plan.title"))
    if "calibration" not in heads:
        frame.empty(words("plan.no_calibration"), "twin calibrate")
        return
    jobs_panel.panel(VERBS)
    version = heads.get("plan")
    if not state.figures(heads["calibration"].id)["n_reps"]:
        frame.empty(words("plan.no_reps"))
        return
    _form(heads, words, expanded=version is None)
    if version is None:
        frame.empty(words("plan.none"), "twin plan SCENARIO.toml")
        return
    if heads["calibration"].id not in version.parents:
        st.warning(words("plan.stale"), icon=":material/history:")
    rows = _in_language(state.table(version.id, "plan"), words)
    unserved = _in_language(state.table(version.id, "unserved"), words)
    _about(state.document(version.id, "summary"), words)
    if not len(rows):
        frame.empty(words("plan.empty"))
        _unserved(unserved, words)
        return
    rows = rows.assign(day=pd.to_datetime(rows["date"]).dt.normalize())
    _figures(rows, unserved, words)
    with st.container(border=True):
        st.subheader(words("plan.load"))
        st.caption(words("plan.load_note"))
        st.altair_chart(
            charts.load(_load(version.id, rows, words), words), width="stretch", theme=None, alt=words("plan.load")
        )
    _day(rows, heads, words)
    _unserved(unserved, words)
    _downloads(version, rows, words)


def _form(heads: dict[str, Any], words: Words, expanded: bool) -> None:
    """Scenario, first day and weeks of a new plan."""
    found = {str(each.path): each for each in results.scenario_files(state.workspace()) if not each.fault}
    if not found:
        frame.empty(words("run.no_files", folder=str(state.workspace() / results.SCENARIOS)))
        return
    with (
        st.expander(words("plan.make"), expanded=expanded, icon=":material/play_circle:"),
        st.form("make_plan", border=False),
    ):
        first, second, third, fourth = st.columns([3, 1.3, 1, 1.3], vertical_alignment="bottom")
        path = first.selectbox(
            words("plan.scenario"), list(found), format_func=lambda path: label(found[path]), key="plan_scenario"
        )
        origin = dt.date.fromisoformat(str(heads["calibration"].meta["origin"]))
        start = second.date_input(words("plan.start"), origin, min_value=origin, format="DD.MM.YYYY", key="plan_start")
        weeks = third.number_input(words("plan.weeks"), 1, _LONGEST_WEEKS, 4, key="plan_weeks")
        busy = jobs_panel.busy(VERBS)
        pressed = fourth.form_submit_button(words("plan.run"), type="primary", disabled=busy, width="stretch")
    if pressed:
        jobs_panel.start("plan", [path, "--start", start.isoformat(), "--weeks", str(int(weeks))])


def _figures(rows: pd.DataFrame, unserved: pd.DataFrame, words: Words) -> None:
    visits = rows[rows["kind"] == "visit"]
    dark = visits[~visits["known"].astype(bool)]
    cells = (
        ("plan.visits", words.number(len(visits)), words("plan.tasks", n=words.number(len(rows) - len(visits)))),
        (
            "plan.customers",
            words.number(visits["customer_id"].nunique()),
            words("plan.dark", n=words.number(dark["customer_id"].nunique())),
        ),
        (
            "plan.reps",
            words.number(visits["rep_id"].nunique()),
            words("plan.span", first=words.date(rows["day"].min()), last=words.date(visits["day"].max())),
        ),
        (
            "plan.km",
            words.volume(float(visits["travel_km"].sum())),
            words("plan.travel", hours=words.volume(visits["travel_min"].sum() / 60)),
        ),
        ("plan.unserved", words.number(len(unserved)), words("plan.unserved_note")),
    )
    for column, (key, value, note) in zip(st.columns(len(cells)), cells):
        with column.container(border=True, height="stretch"):
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
    remarks = [frame.plain(line) for line in summary.get("remarks", {}).get(words.language, ())]
    rests = [
        f"{words.weekday(dt.date.fromisoformat(day['date']))} ({frame.plain(day['name'])})"
        for day in summary.get("holidays", ())
    ]
    if rests:
        remarks.append(words("plan.holidays", days=", ".join(rests)))
    remarks += [frame.plain(words.sentence(line)) for line in summary.get("warnings", ())]
    if remarks:
        st.caption("  \n".join(remarks))


def _load(version: str, rows: pd.DataFrame, words: Words) -> pd.DataFrame:
    """Hours and visits of every rep and day on which a rep is out."""
    days = state.table(version, "days")
    days = days[(days["visits"] > 0) | (days["minutes"] > 0)]
    names = dict(zip(rows["rep_id"], _rep_names(rows)))
    hours = days["minutes"] / 60
    said = [
        words("plan.load_said", day=words.weekday(day), visits=visits, hours=words.number(long, 1))
        for day, visits, long in zip(days["date"], days["visits"], hours)
    ]
    table = days.assign(rep=days["rep_id"].map(names).fillna(days["rep_id"]), hours=hours, said=said)
    return table.assign(day=[words.weekday(day) for day in days["date"]])[
        ["rep", "day", "date", "hours", "visits", "said"]
    ]


def _rep_names(rows: pd.DataFrame) -> list[str]:
    return [
        f"{name} ({id})" if name and name != id else id for name, id in zip(rows["rep_name"].fillna(""), rows["rep_id"])
    ]


def _day(rows: pd.DataFrame, heads: dict[str, Any], words: Words) -> None:
    """One rep's day: the table with a reason on every row, and the way on a map."""
    st.subheader(words("plan.day_title"))
    reps = rows.drop_duplicates("rep_id").sort_values("rep_id")
    names = dict(zip(reps["rep_id"], _rep_names(reps)))
    left, right = st.columns(2)
    rep = left.selectbox(words("plan.rep"), list(names), format_func=names.__getitem__, key="rep", bind="query-params")
    mine = rows[rows["rep_id"] == rep]
    days = [day.date() for day in sorted(mine["day"].unique())]
    day = right.selectbox(words("plan.day"), days, format_func=words.weekday, key="plan_day")
    today = mine[mine["day"] == pd.Timestamp(day)].sort_values("start")
    table = today.assign(
        time=[f"{a:%H:%M}–{b:%H:%M}" for a, b in zip(today["start"], today["end"])],
        customer=[name or id for name, id in zip(today["customer_name"].fillna(""), today["customer_id"])],
        channel=[words.named("channel", name) for name in today["channel"]],
        reason=[
            " · ".join(filter(None, (why, words.sentence(when))))
            for why, when in zip(today["reason"].fillna(""), today["condition"].fillna(""))
        ],
        way=[
            words("plan.way", minutes=minutes, km=words.number(km, 1))
            for minutes, km in zip(today["travel_min"], today["travel_km"])
        ],
        state=today["known"].astype(bool).map({True: words("chart.known"), False: words("chart.unknown")}),
    )
    order = [
        "seq",
        "time",
        "customer",
        "channel",
        "reason",
        "state",
        "way",
        "expected_gain",
        "customer_id",
    ]
    forms = {"expected_gain": words.volume}
    config = {"reason": st.column_config.TextColumn(width=350), "customer": st.column_config.TextColumn(width=180)}
    frame.shown(table[order], words, forms, config, height="content")
    left, right = st.columns([3, 2], gap="medium")
    with left:
        st.markdown(f"**{words('plan.route')}**")
        _route(today, rep, heads, words)
    with right:
        st.markdown(f"**{words('plan.all_days')}**")
        whole = mine.assign(
            date=[words.weekday(day) for day in mine["day"]],
            time=[f"{a:%H:%M}–{b:%H:%M}" for a, b in zip(mine["start"], mine["end"])],
            customer=[name or id for name, id in zip(mine["customer_name"].fillna(""), mine["customer_id"])],
            channel=[words.named("channel", name) for name in mine["channel"]],
        )
        frame.shown(whole[["date", "time", "customer", "channel", "reason"]], words, height=480)


def _route(today: pd.DataFrame, rep: str, heads: dict[str, Any], words: Words) -> None:
    stops = today[(today["kind"] == "visit")].dropna(subset=["lon", "lat"])
    if not len(stops):
        st.caption(words("plan.no_route"))
        return
    state_of = stops["known"].astype(bool).map({True: words("chart.known"), False: words("chart.unknown")})
    said = [f"{r.seq}. {r.customer_name or r.customer_id} · {r.start:%H:%M}" for r in stops.itertuples()]
    stops = stops.assign(state=state_of, said=said)[["lon", "lat", "seq", "state", "said"]]
    homes = state.homes(heads["dataset"].id)
    home = (
        homes[homes["rep_id"] == rep]
        .rename(columns={"home_lon": "lon", "home_lat": "lat"})[["lon", "lat"]]
        .assign(home=True)
    )
    way = pd.concat([home, stops[["lon", "lat"]].assign(home=False), home], ignore_index=True)
    way = way.assign(step=range(len(way)))
    edges = _edges(state.bricks(heads["calibration"].id))
    st.altair_chart(charts.route(stops, way, edges, words), width="stretch", theme=None, alt=words("plan.route"))
    st.caption(words("plan.route_note" if len(home) else "plan.route_no_home"))


def _edges(bricks: pd.DataFrame) -> pd.DataFrame:
    """Outer rings of all bricks as points in order."""
    rows = []
    for place, shape in enumerate(bricks["shape"].dropna() if len(bricks) else ()):
        polygons = [shape["coordinates"]] if shape["type"] == "Polygon" else shape["coordinates"]
        for part, rings in enumerate(polygons):
            rows += [(lon, lat, f"{place}.{part}", step) for step, (lon, lat, *_) in enumerate(rings[0])]
    return pd.DataFrame(rows, columns=["lon", "lat", "ring", "step"])


def _unserved(unserved: pd.DataFrame, words: Words) -> None:
    """What was wanted and found no place, with reasons."""
    st.subheader(words("plan.unserved_title"))
    if not len(unserved):
        st.caption(words("plan.all_served"))
        return
    counts = unserved["reason"].value_counts().rename_axis("reason").reset_index(name="count")
    left, right = st.columns([2, 3], gap="medium")
    with left:
        frame.shown(counts, words)
    with right:
        rows = unserved.assign(channel=[words.named("channel", name) for name in unserved["channel"]])
        rows = rows.sort_values("lost_gain", ascending=False).head(500)
        columns = ["week", "rep_id", "customer_id", "channel", "reason", "lost_gain"]
        frame.shown(rows[columns], words, {"week": words.date, "lost_gain": words.volume}, height=320)


def _downloads(version: Any, rows: pd.DataFrame, words: Words) -> None:
    """Files of the plan, written when they are asked for."""
    st.subheader(words("plan.downloads"))
    reps = ["", *sorted(rows["rep_id"].unique())]
    left, right = st.columns(2, vertical_alignment="bottom")
    rep = left.selectbox(
        words("plan.for_rep"), reps, format_func=lambda id: id or words("plan.all_reps"), key="file_rep"
    )
    turkish = right.toggle(
        words("plan.turkish"), value=words.language == "tr", key="file_tr", help=words("plan.turkish_help")
    )
    folder, plan, locale = state.workspace(), version.id, "tr" if turkish else ""
    for column, (form, mime) in zip(st.columns(len(_MIMES)), _MIMES.items()):
        many = form == "ics" and not rep and len(reps) > 2
        name = f"plan{'-' + rep if rep else ''}.{'zip' if many else form}"
        column.download_button(
            form.upper() + (" (zip)" if many else ""),
            data=lambda form=form: results.plan_file(folder, plan, form, locale, rep)[1],
            file_name=name,
            mime="application/zip" if many else mime,
            icon=":material/download:",
            width="stretch",
            on_click="ignore",
        )
