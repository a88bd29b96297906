"""Navigation: the pages, their order and their frame. Shows nothing of its own."""

from __future__ import annotations

import streamlit as st

from dashboard import frame, icon, state
from dashboard.views import calibration, compare, overview, visit_plan


def main() -> None:
    """Run the chosen page."""
    # a file of ours as the icon: a named one would be fetched from elsewhere
    st.set_page_config(page_title="Territory twin", page_icon=str(icon.FILE), layout="wide")
    frame.language_switch()
    words = state.words()
    pages = {
        words("menu.decide"): [
            st.Page(
                overview.render,
                title=words("menu.overview"),
                icon=":material/dashboard:",
                url_path="overview",
                default=True,
            ),
            st.Page(compare.render, title=words("menu.compare"), icon=":material/compare_arrows:", url_path="compare"),
        ],
        words("menu.model"): [
            st.Page(
                calibration.render, title=words("menu.calibration"), icon=":material/tune:", url_path="calibration"
            ),
        ],
        words("menu.plan"): [
            st.Page(visit_plan.render, title=words("menu.visit_plan"), icon=":material/route:", url_path="visit-plan"),
        ],
    }
    page = st.navigation(pages)
    frame.header()
    page.run()


main()
