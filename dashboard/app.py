"""Navigation: the pages, their order and their frame. Shows nothing of its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import streamlit as st

from dashboard import access, frame, icon, state
from dashboard.views import (
    calibration,
    compare,
    data,
    diagnostics,
    overview,
    potential,
    rival_calendar,
    runs,
    scenarios,
    visit_plan,
)


class Entry(NamedTuple):
    """One page of the menu: section and name are keys of the group ``menu``; the name is also its address.

    ``right`` is what somebody who signs in must be allowed to do, to see it.
    """

    section: str
    name: str
    render: Callable[[], None]
    icon: str
    right: str = "look"


PAGES = (
    Entry("decide", "overview", overview.render, "dashboard"),
    Entry("decide", "scenarios", scenarios.render, "edit_note"),
    Entry("decide", "compare", compare.render, "compare_arrows"),
    Entry("model", "data", data.render, "upload_file", "learn"),
    Entry("model", "calibration", calibration.render, "tune"),
    Entry("model", "diagnostics", diagnostics.render, "monitor_heart"),
    Entry("model", "rival_calendar", rival_calendar.render, "event"),
    Entry("model", "potential", potential.render, "trending_up", "customers"),
    Entry("plan", "visit_plan", visit_plan.render, "route"),
    Entry("plan", "runs", runs.render, "pending_actions"),
)
"""Every page, in the order of the menu; the first is the one that opens."""
_ROOT = "start"
"""What the first page is called where its address is empty."""


def main() -> None:
    """Run the chosen page."""
    # a file of ours as the icon: a named one would be fetched from elsewhere
    st.set_page_config(page_title="Territory twin", page_icon=str(icon.FILE), layout="wide")
    frame.language_switch()
    access.gate()
    words = state.words()
    menu: dict[str, list] = {}
    for entry in PAGES:
        if not access.may(entry.right):
            continue
        first, path = entry is PAGES[0], entry.name.replace("_", "-")
        page = st.Page(
            access.guarded(entry.right, entry.render),
            title=words(f"menu.{entry.name}"),
            icon=f":material/{entry.icon}:",
            url_path=_ROOT if first else path,
            default=first,
        )
        menu.setdefault(words(f"menu.{entry.section}"), []).append(page)
        frame.register(entry.name, page)
        if first:
            menu[words(f"menu.{entry.section}")].append(_by_name(path, page))
    chosen = st.navigation(menu)
    with st.sidebar:
        access.who()
    frame.header()
    chosen.run()


def _by_name(path: str, page: Any) -> Any:
    """The first page under its own name as well: it stands at the root, and people type what the others have."""

    def lead() -> None:
        st.switch_page(page, query_params=st.query_params.to_dict())

    return st.Page(lead, title=page.title, url_path=path, visibility="hidden")


main()
