"""Scenarios: the library of what-ifs and their editor. For whoever writes a strategy."""

from __future__ import annotations

import streamlit as st

from dashboard import state


def render() -> None:
    """The page."""
    words = state.words()
    st.title(words("scenarios.title"))
