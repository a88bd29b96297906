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
from twin.scenario.facts import MarketFacts
from twin.tasks import results
from twin.tasks.calendar import calendar_page as calendar
from twin.tasks.data import data_page
from twin.tasks.forecasts import scenario_check
from twin.tasks.learning import learned, market_figures, market_map
from twin.tasks.links import links_page
from twin.tasks.service import jobs

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


def pending_remarks() -> int:
    """How many remarks on the rivals' calendar the newest calibration has not seen."""
    return int(calendar.pending(workspace()))


def datasets() -> list[Any]:
    """Datasets of the workspace, newest first."""
    return data_page.datasets(workspace())


def difference_of(before: str, after: str) -> dict[str, Any]:
    """What changed between two datasets."""
    return _difference_of(str(workspace()), before, after)


def links() -> dict[str, Any]:
    """Pairs that may be one outlet, of the territories that may be seen, and what was said. Never cached."""
    told = links_page.pairs(workspace())
    if (allowed := access.territories()) is None:
        return told
    there = _places().isin(list(allowed))
    mine = set(there.index[there])
    # a prospect that was joined has no place of its own
    return told | {"pairs": [pair for pair in told["pairs"] if mine & {pair["id_a"], pair["id_b"]}]}


def last_reading() -> list[str]:
    """What the run was told that published the newest dataset; nothing where another way published it."""
    newest = heads().get("dataset")
    for job in jobs.listed(workspace(), 100):
        if job.verb == "ingest" and job.state == jobs.DONE and newest is not None:
            told = jobs.result(workspace(), job.id) or {}
            if told.get("dataset") == newest.id and told.get("how") != "add":
                return [*(word for word in jobs.arguments_of(job) if word != "--replace"), "--replace"]
    return []


def customers(calibration: str) -> pd.DataFrame:
    """Potential of every customer with its name; not to be changed."""
    return access.within(_customers(str(workspace()), calibration))


def why_potential(calibration: str, customer: str) -> dict[str, Any]:
    """Why a customer's potential is what it is."""
    return learned.why_potential(_reasons(str(workspace()), calibration), customer)


def moves() -> dict[str, Any]:
    """The rivals' calendar and what was said of it. Never cached: people speak."""
    return calendar.moves(workspace())


def said() -> pd.DataFrame:
    """Every remark on the rivals' calendar, newest first."""
    return calendar.said(workspace())


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
    return found if access.territories() is None else access.within(found, _places)


def document(version: str, part: str) -> Any:
    """A document of a version."""
    return _document(str(workspace()), version, part)


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
