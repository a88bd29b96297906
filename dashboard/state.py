"""State: which workspace is looked at, in which language, and cached readers of what it holds.

Caches are keyed by ids of versions, which never change: a frame as a key would be hashed by sample and could lie.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pandas as pd
import streamlit as st

from dashboard.words import LANGUAGES, Words
from twin.tasks import results

_ENTRIES = 64


def workspace() -> Path:
    """Folder of results, from the environment."""
    return Path(os.environ.get("TWIN_WORKSPACE", "workspace")).absolute()


def words() -> Words:
    """The chosen language; it stands in the address of the page."""
    chosen = st.session_state.get("lang") or st.query_params.get("lang")
    return Words(chosen if chosen in LANGUAGES else LANGUAGES[0])


def heads() -> dict[str, Any]:
    """Newest version of each kind, by kind. Never cached: it is what changes."""
    return results.heads(workspace())


def table(version: str, part: str) -> pd.DataFrame:
    """A table of a version."""
    return _table(str(workspace()), version, part)


def document(version: str, part: str) -> Any:
    """A document of a version."""
    return _document(str(workspace()), version, part)


def readiness(dataset: str) -> dict[str, Any]:
    """Readiness of a dataset."""
    return _readiness(str(workspace()), dataset)


def figures(calibration: str) -> dict[str, Any]:
    """Figures of the whole market."""
    return _figures(str(workspace()), calibration)


def past(calibration: str) -> pd.DataFrame:
    """Own volume and share before the origin."""
    return _past(str(workspace()), calibration)


def bricks(calibration: str) -> pd.DataFrame:
    """Bricks with what is unknown in them."""
    return _bricks(str(workspace()), calibration)


def difference(forecast: str) -> pd.DataFrame:
    """Comparison by scenario and territory."""
    return _difference(str(workspace()), forecast)


def homes(dataset: str) -> pd.DataFrame:
    """Homes of reps."""
    return _homes(str(workspace()), dataset)


@st.cache_data(max_entries=_ENTRIES, show_spinner=False)
def _table(folder: str, version: str, part: str) -> pd.DataFrame:
    return results.table(Path(folder), version, part)


@st.cache_data(max_entries=_ENTRIES, show_spinner=False)
def _document(folder: str, version: str, part: str) -> Any:
    return results.document(Path(folder), version, part)


@st.cache_data(max_entries=_ENTRIES, show_spinner=False)
def _readiness(folder: str, dataset: str) -> dict[str, Any]:
    return results.readiness(Path(folder), dataset)


@st.cache_data(max_entries=_ENTRIES, show_spinner=False)
def _figures(folder: str, calibration: str) -> dict[str, Any]:
    return results.figures(Path(folder), calibration)


@st.cache_data(max_entries=_ENTRIES, show_spinner=False)
def _past(folder: str, calibration: str) -> pd.DataFrame:
    return results.past(Path(folder), calibration)


@st.cache_data(max_entries=_ENTRIES, show_spinner=False)
def _bricks(folder: str, calibration: str) -> pd.DataFrame:
    return results.bricks(Path(folder), calibration)


@st.cache_data(max_entries=_ENTRIES, show_spinner=False)
def _difference(folder: str, forecast: str) -> pd.DataFrame:
    return results.difference(Path(folder), forecast)


@st.cache_data(max_entries=_ENTRIES, show_spinner=False)
def _homes(folder: str, dataset: str) -> pd.DataFrame:
    return results.homes(Path(folder), dataset)
