"""State: which workspace is looked at, in which language, and cached readers of what it holds.

Caches are keyed by ids of versions, which never change: a frame as a key would be hashed by sample and could lie.
"""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import pandas as pd
import streamlit as st

from dashboard import access
from dashboard.words import LANGUAGES, Words
from twin.scenario.facts import MarketFacts
from twin.tasks import results
from twin.tasks.calendar import calendar_page as calendar
from twin.tasks.data import data_page
from twin.tasks.forecasts import scenario_check
from twin.tasks.learning import learned, market_figures, market_map

_ENTRIES = 64
_ERASED: dict[str, str] = {}
"""The last erasure that each workspace was read after."""


def workspace() -> Path:
    """Folder of results, from the environment."""
    return Path(os.environ.get("TWIN_WORKSPACE", "workspace")).absolute()


def words() -> Words:
    """The chosen language; it stands in the address of the page."""
    chosen = st.session_state.get("lang") or st.query_params.get("lang")
    return Words(chosen if chosen in LANGUAGES else LANGUAGES[0])


def mark() -> str:
    """What is another one after every change of what was published: the key of whatever is read from more than ids."""
    # while somebody writes nothing is kept: no two moments are the same
    return results.mark(workspace()) or f"at {time.monotonic_ns()}"


def heads() -> dict[str, Any]:
    """Newest version of each kind, by kind."""
    folder = str(workspace())
    found, erased = _heads(folder, mark())
    if _ERASED.setdefault(folder, erased) != erased:
        # ids stay when somebody is erased: what was read before must not show them any longer
        _ERASED[folder] = erased
        st.cache_data.clear()
        st.cache_resource.clear()
    return dict(found)


def table(version: str, part: str) -> pd.DataFrame:
    """A table of a version: rows of the territories that may be seen."""
    return access.within(_table(str(workspace()), version, part), places)


def difference_of(before: str, after: str) -> dict[str, Any]:
    """What changed between two datasets."""
    return _difference_of(str(workspace()), before, after)


def customers(calibration: str) -> pd.DataFrame:
    """Potential of every customer with its name; not to be changed."""
    return access.within(_customers(str(workspace()), calibration))


def why_potential(calibration: str, customer: str) -> dict[str, Any]:
    """Why a customer's potential is what it is."""
    return learned.why_potential(_reasons(str(workspace()), calibration), customer)


def rivals_and_territories(dataset: str) -> tuple[list[str], list[str]]:
    """Names that a remark may hold."""
    return _names(str(workspace()), dataset)


def season_index(calibration: str) -> pd.DataFrame:
    """The natural season by month of the year."""
    return _season_index(str(workspace()), calibration)


def curves(calibration: str) -> pd.DataFrame:
    """What an even rate of contacts does, by channel."""
    return _curves(str(workspace()), calibration)


def whole(version: str, part: str) -> pd.DataFrame:
    """A table of a version, of which the reader holds the only copy: not to be changed.

    For tables of very many rows: nothing is copied at each look.
    """
    found = _whole(str(workspace()), version, part)
    return found if access.territories() is None else access.within(found, places)


def document(version: str, part: str) -> Any:
    """A document of a version."""
    return _document(str(workspace()), version, part)


def parent(version: str) -> str:
    """Id of the version that a version was made from first."""
    return _parent(str(workspace()), version)


def readiness(dataset: str) -> dict[str, Any]:
    """Readiness of a dataset."""
    return _readiness(str(workspace()), dataset)


def figures(calibration: str) -> dict[str, Any]:
    """Figures of the market, of the territories that may be seen."""
    return _figures(str(workspace()), calibration, access.territories())


def past(calibration: str) -> pd.DataFrame:
    """Own volume and share before the origin, of the whole company; see :func:`dashboard.access.company`."""
    return _past(str(workspace()), calibration)


def bricks(calibration: str) -> pd.DataFrame:
    """Bricks with what is unknown in them, of the territories that may be seen."""
    return access.within(_bricks(str(workspace()), calibration))


def difference(forecast: str) -> pd.DataFrame:
    """Comparison by scenario and territory, of those that may be seen."""
    return access.within(_difference(str(workspace()), forecast))


def cells(calibration: str) -> pd.DataFrame:
    """Light and dark customers, gathered in cells; only those of territories that may be seen."""
    return _cells(str(workspace()), calibration, access.territories())


def facts() -> MarketFacts | None:
    """What a scenario must fit: of the newest calibration, else of the newest data; ``None`` where there are none."""
    found = heads()
    ids = [found[kind].id for kind in ("calibration", "dataset") if kind in found]
    return _facts(str(workspace()), *ids) if ids else None


def homes(dataset: str) -> pd.DataFrame:
    """Homes of reps."""
    rows = _homes(str(workspace()), dataset)
    if access.territories() is None:
        return rows
    reps = table(dataset, "table_reps")
    return rows[rows["rep_id"].isin(reps["rep_id"])] if "territory_id" in reps else rows.iloc[:0]


@st.cache_resource(max_entries=8, show_spinner=False)
def _heads(folder: str, mark: str) -> tuple[dict[str, Any], str]:
    return results.heads(Path(folder)), results.last_erasure(Path(folder))


@st.cache_data(max_entries=_ENTRIES, show_spinner=False)
def _cells(folder: str, calibration: str, territories: frozenset[str] | None) -> pd.DataFrame:
    return market_map.cells(Path(folder), calibration, territories)


@st.cache_resource(max_entries=4, show_spinner=False)
def _facts(folder: str, *versions: str) -> MarketFacts | None:
    return scenario_check.facts(Path(folder))


@st.cache_data(max_entries=_ENTRIES, show_spinner=False)
def _table(folder: str, version: str, part: str) -> pd.DataFrame:
    return results.table(Path(folder), version, part)


@st.cache_data(max_entries=8, show_spinner=False)
def _difference_of(folder: str, before: str, after: str) -> dict[str, Any]:
    return data_page.change(Path(folder), before, after)


@st.cache_resource(max_entries=4, show_spinner=False)
def _customers(folder: str, calibration: str) -> pd.DataFrame:
    return learned.customers(Path(folder), calibration)


@st.cache_resource(max_entries=2, show_spinner=False)
def _reasons(folder: str, calibration: str) -> learned.Reasons:
    return learned.reasons(Path(folder), calibration)


@st.cache_data(max_entries=8, show_spinner=False)
def _names(folder: str, dataset: str) -> tuple[list[str], list[str]]:
    return calendar.rivals_and_territories(Path(folder), dataset)


@st.cache_data(max_entries=8, show_spinner=False)
def _season_index(folder: str, calibration: str) -> pd.DataFrame:
    return learned.season_index(Path(folder), calibration)


@st.cache_data(max_entries=8, show_spinner=False)
def _curves(folder: str, calibration: str) -> pd.DataFrame:
    return learned.response_curves(Path(folder), calibration)


@st.cache_resource(max_entries=8, show_spinner=False)
def _whole(folder: str, version: str, part: str) -> pd.DataFrame:
    return results.table(Path(folder), version, part)


def places() -> pd.Series:
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
def _parent(folder: str, version: str) -> str:
    return results.parent(Path(folder), version)


@st.cache_data(max_entries=_ENTRIES, show_spinner=False)
def _readiness(folder: str, dataset: str) -> dict[str, Any]:
    return results.readiness(Path(folder), dataset)


@st.cache_data(max_entries=_ENTRIES, show_spinner=False)
def _figures(folder: str, calibration: str, territories: frozenset[str] | None) -> dict[str, Any]:
    return market_figures.figures(Path(folder), calibration, territories)


@st.cache_data(max_entries=_ENTRIES, show_spinner=False)
def _past(folder: str, calibration: str) -> pd.DataFrame:
    return market_figures.past(Path(folder), calibration)


@st.cache_data(max_entries=_ENTRIES, show_spinner=False)
def _bricks(folder: str, calibration: str) -> pd.DataFrame:
    return results.bricks(Path(folder), calibration)


@st.cache_data(max_entries=_ENTRIES, show_spinner=False)
def _difference(folder: str, forecast: str) -> pd.DataFrame:
    return results.difference(Path(folder), forecast)


@st.cache_data(max_entries=_ENTRIES, show_spinner=False)
def _homes(folder: str, dataset: str) -> pd.DataFrame:
    return results.homes(Path(folder), dataset)
