"""Live: what changes whenever somebody publishes or says something, kept until the next change.

Keys are marks of the workspace, see :func:`dashboard.state.mark`, and of the files of scenarios.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pandas as pd
import streamlit as st

from dashboard import access, state
from dashboard.state import mark, workspace
from twin.tasks.calendar import calendar_page as calendar
from twin.tasks.data import data_page
from twin.tasks.forecasts import compared, library_mark
from twin.tasks.links import links_page
from twin.tasks.service import due, jobs

_ENTRIES = 64


def pending_remarks() -> int:
    """How many remarks on the rivals' calendar the newest calibration has not seen."""
    return int(moves()["pending"])


def datasets() -> list[Any]:
    """Datasets of the workspace, newest first."""
    return _datasets(str(workspace()), mark())


def links() -> dict[str, Any]:
    """Pairs that may be one outlet, of the territories that may be seen, and what was said."""
    told = _links(str(workspace()), mark())
    if (allowed := access.territories()) is None:
        return told
    there = state.places().isin(list(allowed))
    mine = set(there.index[there])
    # a prospect that was joined has no place of its own
    return told | {"pairs": [pair for pair in told["pairs"] if mine & {pair["id_a"], pair["id_b"]}]}


def last_reading() -> list[str]:
    """What the run was told that published the newest dataset; nothing where another way published it."""
    newest = state.heads().get("dataset")
    for job in jobs.listed(workspace(), 100):
        if job.verb == "ingest" and job.state == jobs.DONE and newest is not None:
            told = jobs.result(workspace(), job.id) or {}
            if told.get("dataset") == newest.id and told.get("how") != "add":
                return [*(word for word in jobs.arguments_of(job) if word != "--replace"), "--replace"]
    return []


def moves() -> dict[str, Any]:
    """The rivals' calendar and what was said of it."""
    return _moves(str(workspace()), mark())


def said() -> pd.DataFrame:
    """Every remark on the rivals' calendar, newest first."""
    return _said(str(workspace()), mark())


def forecasts() -> list[Any]:
    """The latest forecasts, newest first."""
    return list(_forecasts(str(workspace()), mark()))


def out_of_date(forecast: str) -> dict[str, list[str]]:
    """What has come after a forecast, by what it is; see :func:`twin.tasks.forecasts.compared.out_of_date`."""
    return _out_of_date(str(workspace()), forecast, mark(), library_mark.mark(workspace()))


def drivers_of(forecast: str, name: str) -> dict[str, Any] | None:
    """The newest attribution of a scenario as a forecast ran it; ``None`` where nobody has asked yet."""
    return _drivers_of(str(workspace()), forecast, name, mark())


def decisions(today: dt.date) -> list[due.Due]:
    """What is due, the most urgent first."""
    only = None if access.company() else access.territories()
    return _decisions(str(workspace()), today, only, mark(), library_mark.mark(workspace()))


def changes() -> list[due.Change]:
    """What is not as it was."""
    return _changes(str(workspace()), access.company(), mark())


@st.cache_data(max_entries=8, show_spinner=False)
def _datasets(folder: str, mark: str) -> list[Any]:
    return data_page.datasets(Path(folder))


@st.cache_data(max_entries=8, show_spinner=False)
def _links(folder: str, mark: str) -> dict[str, Any]:
    return links_page.pairs(Path(folder))


@st.cache_data(max_entries=8, show_spinner=False)
def _moves(folder: str, mark: str) -> dict[str, Any]:
    return calendar.moves(Path(folder))


@st.cache_data(max_entries=8, show_spinner=False)
def _said(folder: str, mark: str) -> pd.DataFrame:
    return calendar.said(Path(folder))


@st.cache_resource(max_entries=8, show_spinner=False)
def _forecasts(folder: str, mark: str) -> list[Any]:
    return compared.forecasts(Path(folder))


@st.cache_data(max_entries=_ENTRIES, show_spinner=False)
def _out_of_date(folder: str, forecast: str, mark: str, files: str) -> dict[str, list[str]]:
    return compared.out_of_date(Path(folder), forecast)


@st.cache_data(max_entries=_ENTRIES, show_spinner=False)
def _drivers_of(folder: str, forecast: str, name: str, mark: str) -> dict[str, Any] | None:
    return compared.drivers_of(Path(folder), forecast, name)


@st.cache_data(max_entries=_ENTRIES, show_spinner=False)
def _decisions(folder: str, today: dt.date, only: frozenset[str] | None, mark: str, files: str) -> list[due.Due]:
    return due.decisions(Path(folder), today, only)


@st.cache_data(max_entries=8, show_spinner=False)
def _changes(folder: str, company: bool, mark: str) -> list[due.Change]:
    return due.changes(Path(folder), company)
