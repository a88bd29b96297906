"""Scenarios: the library of what-ifs, and the one that is open. For whoever writes a strategy."""

from __future__ import annotations

from typing import Any

import streamlit as st

from dashboard import access, drawn, frame, jobs_panel, live, state
from dashboard.views import run_forecast, scenario_editor
from dashboard.views.compare_tables import changes_nothing
from dashboard.views.scenario_history import FILE, address
from dashboard.words import Words
from twin.errors import ScenarioError
from twin.scenario import files
from twin.tasks.forecasts import scenario_library as library
from twin.tasks.forecasts.scenario_check import changed_parts
from twin.tasks.forecasts.scenario_library import Listed

_MOST = 220
"""Letters of a note that the library shows."""


def render() -> None:
    """The page."""
    words = state.words()
    st.title(words("scenarios.title"))
    found = library.library(state.workspace())
    asked = st.query_params.get(FILE)
    entry = next((each for each in found if address(each.path) == asked), None)
    if entry is not None:
        if st.button(f"← {words('scenarios.back')}", type="tertiary", key="back"):
            st.query_params.pop(FILE, None)
            st.rerun()
        scenario_editor.show(entry, found, words)
        return
    if asked:
        st.warning(words("scenarios.gone", name=frame.plain(asked.partition(".")[2] or asked)))
    _library(found, words)


def _library(found: list[Listed], words: Words) -> None:
    st.markdown(words("scenarios.intro"))
    jobs_panel.panel(("forecast",))
    if access.may("decide"):
        with st.popover(words("scenarios.new"), icon=":material/add:"):
            _new(words)
    results = _results({each.name for each in found})
    own = [each for each in found if each.own]
    st.header(words("scenarios.own"))
    if not own:
        st.caption(words("scenarios.none_own"))
    for each in own:
        _row(each, results, words)
    st.header(words("scenarios.shipped"))
    for each in found:
        if not each.own:
            _row(each, results, words)
    if "calibration" in state.heads():
        run_forecast.form(words)


def _new(words: Words) -> None:
    """Name of a new scenario. A form: what is typed last counts, although nobody has left the field yet."""
    with st.form("fresh", border=False):
        name = st.text_input(words("scenarios.new_name"), key="fresh_name").strip()
        pressed = st.form_submit_button(words("scenarios.make"), type="primary", key="make")
    if pressed and not name:
        st.error(words("scenarios.nameless"))
    elif pressed:
        scenario_editor.opened_new(name)


def _row(each: Listed, results: dict[str, dict[str, Any]], words: Words) -> None:
    """One scenario: what it says, what it touches, what came of it, and the way in."""
    with st.container(border=True):
        name, result, doors = st.columns([6, 3, 1.6], vertical_alignment="center")
        with name:
            st.markdown(f"**{frame.plain(each.name)}**")
            if each.fault:
                st.caption(f":red[✕ {frame.plain(each.fault.splitlines()[0])}]")
            else:
                st.caption("  \n".join(filter(None, (frame.plain(_first_sentence(each.note)), _touches(each, words)))))
        with result:
            _came(each, results.get(each.name), words)
        with doors:
            if st.button(words("scenarios.open"), key=f"open {address(each.path)}", width="stretch"):
                st.query_params[FILE] = address(each.path)
                st.rerun()
            free = access.may("decide") and not each.fault
            key = f"copy {address(each.path)}"
            if free and st.button(words("scenarios.copy"), key=key, width="stretch", type="tertiary"):
                scenario_editor.copied(each.path, words("scenarios.copy_of", name=each.name))


def _touches(each: Listed, words: Words) -> str:
    """The parts of the market that a scenario touches, and who was last at it."""
    try:
        parts = changed_parts(files.load(each.path))
    except ScenarioError:
        return ""
    told = ", ".join(words.named("lever", part) for part in parts) or words("scenarios.touches_nothing")
    last = each.last
    if last is None:
        return f"*{frame.plain(told)}*"
    by = words(
        "scenarios.done_by",
        what=words.named("event", last.what),
        who=frame.plain(last.who),
        when=words.moment(last.when),
    )
    return f"*{frame.plain(told)}* · {by}"


def _came(each: Listed, row: dict[str, Any] | None, words: Words) -> None:
    """What the newest forecast that holds it says of it: of what, over how long, and how sure that is."""
    if not access.company():
        st.caption(words("access.company_only"))
        return
    if row is None or each.fault:
        st.caption(words("scenarios.not_run"))
        return
    gain, weeks = row["versus_baseline"]["own_volume_pct"], words.number(row["weeks"])
    if changes_nothing(row):
        st.markdown(words("scenarios.as_baseline", weeks=weeks))
    else:
        band = words.between(gain["p10"], gain["p90"], words.signed)
        st.markdown(words("scenarios.came_of_it", mean=words.signed(gain["mean"]), band=band, weeks=weeks))
    told = [] if changes_nothing(row) else [
        words("scenarios.chance", chance=words.percent(row["versus_baseline"]["probability_of_gain"]))
    ]  # fmt: skip
    if row["older"]:
        told.append(words("scenarios.of_forecast", when=words.moment(row["created"])))
    if not _says(each, row["text"]):
        told = [f":orange[{words('scenarios.run_before')}]", *told[1:]]
    st.caption(" · ".join(told))


def _results(names: set[str]) -> dict[str, dict[str, Any]]:
    """What is known of scenarios by name, each from the newest forecast that holds it."""
    made: dict[str, dict[str, Any]] = {}
    for place, each in enumerate(live.forecasts()):
        if names <= set(made):
            break
        created = {"created": each.version.created, "weeks": each.horizon_weeks, "older": place > 0}
        for name, row in _in_forecast(each.version.id).items():
            made.setdefault(name, row | created)
    return made


@drawn.kept
def _in_forecast(version: str) -> dict[str, dict[str, Any]]:
    """Differences of a forecast by scenario, each with the text that it was made from: little of a large document."""
    texts = state.document(version, "scenarios")
    return {
        row["name"]: {"versus_baseline": row["versus_baseline"], "text": texts.get(row["name"], "")}
        for row in state.document(version, "forecast")["scenarios"]
        if "versus_baseline" in row
    }


def _says(each: Listed, text: str) -> bool:
    try:
        return files.canonical(each.path) == text
    except ScenarioError:
        return False


def _first_sentence(note: str) -> str:
    text = " ".join(note.split())
    end = text.find(". ")
    if 0 < end < _MOST:
        return text[: end + 1]
    return text if len(text) <= _MOST else f"{text[:_MOST].rpartition(' ')[0]} …"
