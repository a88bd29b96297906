"""State: which workspace is looked at, in which language, and cached readers of what it holds.

Caches are keyed by ids of versions, which never change: a frame as a key would be hashed by sample and could lie.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pandas as pd
import streamlit as st

from dashboard import access
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
    """A table of a version: rows of the territories that may be seen."""
    return access.within(_table(str(workspace()), version, part), _places)


def whole(version: str, part: str) -> pd.DataFrame:
    """A table of a version, of which the reader holds the only copy: not to be changed.

    For tables of very many rows: nothing is copied at each look.
    """
    found = _whole(str(workspace()), version, part)
    return found if access.territories() is None else access.within(found, _places)


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
    """Bricks with what is unknown in them, of the territories that may be seen."""
    return access.within(_bricks(str(workspace()), calibration))


def difference(forecast: str) -> pd.DataFrame:
    """Comparison by scenario and territory, of those that may be seen."""
    return access.within(_difference(str(workspace()), forecast))


def homes(dataset: str) -> pd.DataFrame:
    """Homes of reps."""
    rows = _homes(str(workspace()), dataset)
    if access.territories() is None:
        return rows
    reps = table(dataset, "table_reps")
    return rows[rows["rep_id"].isin(reps["rep_id"])] if "territory_id" in reps else rows.iloc[:0]


@st.cache_data(max_entries=_ENTRIES, show_spinner=False)
def _table(folder: str, version: str, part: str) -> pd.DataFrame:
    return results.table(Path(folder), version, part)


@st.cache_resource(max_entries=8, show_spinner=False)
def _whole(folder: str, version: str, part: str) -> pd.DataFrame:
    return results.table(Path(folder), version, part)


def _places() -> pd.Series:
    """Territory of each customer, by id, as last calibrated; empty before that."""
    calibration = heads().get("calibration")
    if calibration is None:
        return pd.Series(dtype=object)
    return _places_in(str(workspace()), calibration.id)


@st.cache_resource(max_entries=4, show_spinner=False)
def _places_in(folder: str, calibration: str) -> pd.Series:
    rows = _whole(folder, calibration, "potential")
    return rows.set_index("customer_id")["territory_id"]


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
