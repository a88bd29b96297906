"""Scenario history: what was done with a scenario, what differs between two, and how one stands in an address."""

from __future__ import annotations

import getpass
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import streamlit as st

from dashboard import access, frame, state
from dashboard.words import Words
from twin.errors import TwinError
from twin.tasks.forecasts import scenario_check, scenario_notes
from twin.tasks.forecasts import scenario_library as library
from twin.tasks.forecasts.scenario_library import Listed

FILE = "file"
"""In the address: which scenario is open."""
_TINTS = {"+": "#DDF3E4", "-": "#FBE3E0"}
"""Behind what was added and what was taken away; the sign says the same to who sees no colour."""
_PRE = "white-space:pre-wrap;overflow-wrap:anywhere;margin:0;color:#10161D;font-size:0.85rem;line-height:1.45"


def address(path: Path) -> str:
    """How a scenario stands in the address of the page."""
    return f"{'own' if library.is_own(state.workspace(), path) else 'came'}.{path.stem}"


def who() -> str:
    """Who acts: whoever signed in, else the login of this machine."""
    try:
        return access.person() or getpass.getuser()
    except (OSError, KeyError):
        return ""


def difference(entry: Listed, draft: dict[str, Any], others: list[Listed], words: Words) -> None:
    """This scenario beside another, line by line."""
    rest = {address(each.path): each for each in others if each.path != entry.path and not each.fault}
    options = ["baseline", *rest]
    chosen = frame.chosen(
        st.selectbox, words("scenarios.beside"), options, "beside",
        format_func=lambda name: words("compare.baseline") if name == "baseline" else rest[name].name,
    )  # fmt: skip
    other = "" if chosen == "baseline" else library.read(rest[chosen].path).text
    lines(scenario_check.difference(other, draft["text"]), words)


def lines(found: list[tuple[str, str]], words: Words) -> None:
    """Differing lines of two texts."""
    if not found:
        st.caption(words("scenarios.no_difference"))
        return
    rows = "".join(
        f"<div style='background:{_TINTS.get(sign, 'none')};padding:0 0.5rem;min-height:1.45em'>"
        f"{frame.html(f'{sign or chr(32)} {line}')}</div>"
        for sign, line in found
    )
    st.html(f"<pre style='{_PRE}'>{rows}</pre>")


def remarks(path: Path, words: Words, key: str = "remark", border: bool = True) -> None:
    """What was done with a scenario file and said of it, newest first, and a place to say more."""
    if access.may("decide"):
        with st.form(key, clear_on_submit=True, border=border):
            text = st.text_area(words("scenarios.note_text"), height=90, key=f"{key}_text")
            left, right = st.columns(2)
            said = left.form_submit_button(words("scenarios.note_keep"), width="stretch")
            decided = right.form_submit_button(words("scenarios.decide"), width="stretch", type="primary")
        if said or decided:
            access.require("decide")
            what = scenario_notes.DECIDED if decided else scenario_notes.NOTE
            try:
                library.remark(state.workspace(), path, text, who(), what)
            except TwinError:
                st.error(words("scenarios.note_empty"))
    events(library.events_of(state.workspace(), path), words)


def events(found: Sequence[scenario_notes.Event], words: Words) -> None:
    """What was done and said, newest first."""
    if not found:
        st.caption(words("scenarios.no_history"))
    for event in reversed(found):
        head = f"**{words.named('event', event.what)}** · {frame.plain(event.who)} · {words.moment(event.when)}"
        st.markdown(head + (f"  \n{frame.plain(event.text)}" if event.text else ""))
