"""Scenario editor: one file as a form, as text, beside another, and with its history; the text is the one truth."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import streamlit as st

from dashboard import access, frame, jobs_panel, state
from dashboard.views import run_forecast, scenario_form, scenario_history
from dashboard.views.scenario_fields import Desk, sentence_of
from dashboard.views.scenario_history import FILE, address, who
from dashboard.words import Words
from twin.errors import Problem, ScenarioError, TwinError
from twin.scenario.edit import edited
from twin.scenario.keys import PATHS
from twin.tasks.forecasts import scenario_library as library
from twin.tasks.forecasts import scenario_notes as notes
from twin.tasks.forecasts.scenario_check import Checked, check_text, difference
from twin.tasks.forecasts.scenario_library import ConflictError, Listed

_PANES = ("form", "text", "difference", "history")
_FIELDS = {"_".join(path.split(".")) for path in PATHS}


def show(entry: Listed, others: list[Listed], words: Words) -> None:
    """The page of one scenario.

    Parameters
    ----------
    entry : Listed
    others : list of Listed
        The library, to compare with.
    words : Words
    """
    draft = _draft(entry, words)
    if draft is None:
        return
    checked = check_text(draft["text"], entry.path.name, state.facts(), entry.path.parent)
    locked = not entry.own or not access.may("decide")
    _heading(entry, draft, checked, locked, words)
    _conflict(entry, draft, words)
    if draft["text"] == draft["opened"].text and checked.scenario is not None and "calibration" in state.heads():
        _outcome(entry, words)
    pane = frame.tabs(words("scenarios.pane"), _PANES, "pane", "pane")
    if pane == "text":
        _text(draft, checked, locked, words)
    elif pane == "difference":
        scenario_history.difference(entry, draft, others, words)
    elif pane == "history":
        scenario_history.remarks(entry.path, words)
    else:
        _form(draft, checked, locked, words)


def _draft(entry: Listed, words: Words) -> dict[str, Any] | None:
    """What is being written: in the session until it is saved; begins with what the file says."""
    key = f"draft {entry.path}"
    draft: dict[str, Any] | None = st.session_state.get(key)
    try:
        disk = library.read(entry.path)
    except ScenarioError as error:
        st.error(frame.plain("; ".join(sentence_of(problem, words) for problem in error.problems)))
        return None
    if draft is None or (draft["text"] == draft["opened"].text and disk.state != draft["opened"].state):
        draft = {"opened": disk, "text": disk.text, "base": disk.text, "turn": (draft or {"turn": 0})["turn"] + 1}
        st.session_state[key] = draft
    draft["disk"] = disk
    return draft


def _heading(entry: Listed, draft: dict[str, Any], checked: Checked, locked: bool, words: Words) -> None:
    changed = draft["text"] != draft["opened"].text
    left, middle, right = st.columns([5, 1.4, 1.6], vertical_alignment="bottom")
    with left:
        name = checked.scenario.name if checked.scenario else entry.name
        st.header(frame.plain(name))
        parts = [entry.path.name, _state(entry, changed, words)]
        if checked.errors:
            parts.append(f":red[✕ {words.many('scenarios.errors', len(checked.errors))}]")
        elif checked.warnings:
            parts.append(f":orange[! {words.many('scenarios.warnings', len(checked.warnings))}]")
        else:
            parts.append(f":green[✓ {words('scenarios.sound')}]")
        st.markdown(" · ".join(parts))  # colours would be too faint in a caption
    if not locked:
        dead = not changed or not checked.may_be_saved
        if middle.button(words("scenarios.save"), type="primary", disabled=dead, width="stretch", key="save"):
            _save(entry, draft, words)
    with right:
        _more(entry, draft, changed, locked, words)
    if not entry.own:
        said, door = st.columns([5, 1.4], vertical_alignment="center")
        said.info(words("scenarios.came"), icon=":material/lock:")
        copy = words("scenarios.copy_of", name=entry.name)
        if access.may("decide") and door.button(
            words("scenarios.copy"), type="primary", width="stretch", key="copy_it"
        ):
            copied(entry.path, copy)


def _outcome(entry: Listed, words: Words) -> None:
    """What is saved can be run from here; then the ways to what came of it, and to a plan of visits."""
    jobs_panel.panel(("forecast",))
    ran = entry.name in run_forecast.newest()
    with st.container(horizontal=True):
        if access.may("decide"):
            run_forecast.at_once(entry.path, words, main=not ran)
        if ran:
            frame.go("compare", kind="primary", scenario=entry.name)
        if access.may("plan"):
            frame.go("visit_plan", words("compare.plan_it"), scenario=entry.name)
    if access.may("decide"):
        run_forecast.form(words, wanted=entry.path)


def _state(entry: Listed, changed: bool, words: Words) -> str:
    if changed:
        return f":orange[● {words('scenarios.unsaved')}]"
    last = entry.last
    if last is None:
        return (
            words("scenarios.as_shipped")
            if not entry.own
            else words("scenarios.written", when=words.moment(entry.changed))
        )
    return words(
        "scenarios.done_by",
        what=words.named("event", last.what),
        who=frame.plain(last.who),
        when=words.moment(last.when),
    )


def _save(entry: Listed, draft: dict[str, Any], words: Words) -> None:
    access.require("decide")
    try:
        opened = library.save(state.workspace(), entry.path, draft["text"], draft["opened"].state, who())
    except ConflictError:
        return  # the box below says so, with ways out
    except TwinError as error:
        st.error(frame.plain(str(error)))
        return
    draft |= {"opened": opened, "base": opened.text, "disk": opened}
    st.toast(words("scenarios.saved"))
    st.rerun()


def _more(entry: Listed, draft: dict[str, Any], changed: bool, locked: bool, words: Words) -> None:
    """Copy, rename, undo, delete."""
    if not access.may("decide"):
        return
    with st.popover(words("scenarios.more"), width="stretch"):
        copy = st.text_input(
            words("scenarios.name_of_copy"), words("scenarios.copy_of", name=entry.name), key="copy_name"
        )
        if st.button(words("scenarios.copy"), width="stretch", key="copy"):
            copied(entry.path, copy, draft["text"] if changed else "")
        if locked:
            return
        st.divider()
        name = st.text_input(words("scenarios.new_name"), entry.name, key="new_name")
        if st.button(words("scenarios.rename"), width="stretch", disabled=changed or name == entry.name, key="rename"):
            _act(lambda: library.rename(state.workspace(), entry.path, name, draft["opened"].state, who()))
        if st.button(words("scenarios.undo"), width="stretch", disabled=not changed, key="undo"):
            st.session_state.pop(f"draft {entry.path}", None)
            st.rerun()
        st.divider()
        sure = st.checkbox(words("scenarios.sure"), key="sure")
        if st.button(words("scenarios.delete"), width="stretch", disabled=not sure, key="delete"):
            _act(lambda: library.delete(state.workspace(), entry.path, draft["opened"].state), back=True)


def copied(path: Path, name: str, text: str = "") -> None:
    """Copy a scenario, as it stands or as it is being written, and open the copy."""
    if text:
        _act(lambda: library.create(state.workspace(), name, who(), text, notes.COPIED, path.stem))
    else:
        _act(lambda: library.copy(state.workspace(), path, name, who()))


def opened_new(name: str) -> None:
    """A new scenario under a name, opened."""
    _act(lambda: library.create(state.workspace(), name, who()))


def _act(do: Any, back: bool = False) -> None:
    """Do something with a file and open what came of it, or say why not."""
    access.require("decide")
    try:
        path = do()
    except TwinError as error:
        st.error(frame.plain(str(error)))
        return
    if back:
        st.query_params.pop(FILE, None)
    else:
        st.query_params[FILE] = address(path)
    st.rerun()


def _conflict(entry: Listed, draft: dict[str, Any], words: Words) -> None:
    """The file has changed on the disk while this was written: nobody's work is lost without a word."""
    disk, mine = draft["disk"], draft["text"]
    if disk.state == draft["opened"].state:
        return
    with st.container(border=True):
        st.error(words("scenarios.conflict"), icon=":material/merge:")
        scenario_history.lines(difference(disk.text, mine), words)
        left, right = st.columns(2)
        if left.button(words("scenarios.take_theirs"), width="stretch", key="theirs"):
            st.session_state.pop(f"draft {entry.path}", None)
            st.rerun()
        if right.button(words("scenarios.keep_both"), width="stretch", type="primary", key="both"):
            st.session_state.pop(f"draft {entry.path}", None)
            copied(entry.path, words("scenarios.copy_of", name=entry.name), mine)


def _form(draft: dict[str, Any], checked: Checked, locked: bool, words: Words) -> None:
    if checked.document is None:
        st.warning(words("scenarios.broken"))
        _problems(checked.errors, words)
        return
    _problems([each for each in checked.errors if not _has_field(each.where)], words)
    told: dict[str, list[tuple[bool, str]]] = {}
    for error, found in ((True, checked.errors), (False, checked.warnings)):
        for problem in found:
            told.setdefault(problem.where, []).append((error, sentence_of(problem, words)))
    desk = Desk(words, state.facts(), told, f"{draft['opened'].path}|{draft['turn']}", locked)
    document = scenario_form.form(checked.document, desk)
    if locked:
        return
    if desk.asked:
        document = scenario_form.applied(document, desk.asked, desk.market)
        draft["turn"] += 1
    if document != checked.document:
        draft["text"] = edited(draft["base"], document)
        st.rerun()


def _has_field(where: str) -> bool:
    plain = "_".join(part.partition("[")[0] for part in where.split("."))
    return plain in _FIELDS or plain.rpartition("_")[0] in _FIELDS


def _text(draft: dict[str, Any], checked: Checked, locked: bool, words: Words) -> None:
    st.caption(words("scenarios.text_note"))
    text = st.text_area(
        words("pane.text"), draft["text"], height=520, key=f"text {draft['opened'].path} {draft['turn']}",
        disabled=locked, label_visibility="collapsed",
    )  # fmt: skip
    _problems(checked.errors, words)
    _problems(checked.warnings, words, error=False)
    if text != draft["text"] and not locked:
        draft |= {"text": text, "base": text}
        st.rerun()


def _problems(found: Any, words: Words, error: bool = True) -> None:
    said: list[Problem] = list(found)
    if not said:
        return
    told = "  \n".join(
        f"**{frame.plain(each.where)}**{_row(each, words)}: {frame.plain(sentence_of(each, words))}" for each in said
    )
    (st.error if error else st.warning)(told)


def _row(problem: Problem, words: Words) -> str:
    return f" ({words('scenarios.row', n=words.number(problem.row))})" if problem.row is not None else ""
