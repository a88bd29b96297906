"""Plan state: cached readers of a plan, and who may change one. Keys are ids of versions, which never change."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pandas as pd
import streamlit as st

from dashboard import access, drawn, state
from twin.tasks import results
from twin.tasks.plans import plan_desk, plan_edits, plan_load
from twin.tasks.plans.plan_applied import Desk, applied
from twin.tasks.plans.plan_edits import Wishes

_PLANS = 4
_ENTRIES = 32


def desk(plan: str) -> Desk:
    """A plan with all that its edits are read against, with the rows that may be seen; shared, never changed."""
    found = _desk(str(state.workspace()), plan, _dataset())
    return replace(found, rows=access.within(found.rows))


def read_in(plan: str) -> None:
    """Read a plan in before anybody asks for it."""
    _desk(str(state.workspace()), plan, _dataset())


def wishes(plan: str) -> tuple[Wishes, Wishes]:
    """What is wished of a plan now, and what it was made with."""
    return _wishes(plan, state.mark())


@drawn.kept
def _wishes(plan: str, mark: str) -> tuple[Wishes, Wishes]:
    folder = state.workspace()
    return plan_edits.wishes_of(folder, plan), plan_edits.made_with(folder, plan)


def load(plan: str, wishes: Wishes) -> tuple[pd.DataFrame, pd.DataFrame]:
    """How full all days are under some wishes, and visits against capacity, see :mod:`twin.tasks.plans.plan_load`."""
    return _load(plan, _dataset(), wishes)


@drawn.kept
def _load(plan: str, dataset: str, wishes: Wishes) -> tuple[pd.DataFrame, pd.DataFrame]:
    opened = desk(plan)
    # somebody else may have added a visit elsewhere
    rows = access.within(applied(opened, wishes))
    return plan_load.load_of(opened, wishes, rows), plan_load.capacity_of(opened, wishes, rows)


def rep_names(dataset: str) -> dict[str, str]:
    """Name and id of every listed rep, by id; of the territories that may be seen."""
    found = _rep_names(str(state.workspace()), dataset)
    if access.territories() is None or not found:
        return found
    mine = state.table(dataset, "table_reps")["rep_id"]
    return {id: found[id] for id in mine if id in found}


def addable(desk: Desk, plan: str, rep: str) -> pd.DataFrame:
    """Customers whom a plan does not visit; see :func:`twin.tasks.plans.plan_desk.who_may_be_added`."""
    return _addable(str(state.workspace()), plan, rep, desk)


def edges(calibration: str) -> pd.DataFrame:
    """Outer rings of all bricks as points in order: ``lon``, ``lat``, ``ring``, ``step``."""
    return _edges(str(state.workspace()), calibration)


def _dataset() -> str:
    """The newest dataset: whoever withdrew, and who is on leave, is read from it."""
    newest = state.heads().get("dataset")
    return newest.id if newest else ""


@st.cache_resource(max_entries=_PLANS, show_spinner=False)
def _desk(folder: str, plan: str, dataset: str) -> Desk:
    return plan_desk.open_desk(Path(folder), plan)


@st.cache_data(max_entries=_ENTRIES, show_spinner=False)
def _rep_names(folder: str, dataset: str) -> dict[str, str]:
    reps = results.table(Path(folder), dataset, "table_reps")
    if not len(reps):
        return {}
    names = reps["name"].fillna("") if "name" in reps else [""] * len(reps)
    return {id: f"{name} ({id})" if name and name != id else id for id, name in zip(reps["rep_id"], names)}


@st.cache_data(max_entries=_ENTRIES, show_spinner=False)
def _addable(folder: str, plan: str, rep: str, _desk: Desk) -> pd.DataFrame:
    return plan_desk.who_may_be_added(_desk, rep)


@st.cache_data(max_entries=_ENTRIES, show_spinner=False)
def _edges(folder: str, calibration: str) -> pd.DataFrame:
    bricks = results.bricks(Path(folder), calibration)
    rows = []
    for place, shape in enumerate(bricks["shape"].dropna() if len(bricks) else ()):
        polygons = [shape["coordinates"]] if shape["type"] == "Polygon" else shape["coordinates"]
        for part, rings in enumerate(polygons):
            rows += [(lon, lat, f"{place}.{part}", step) for step, (lon, lat, *_) in enumerate(rings[0])]
    return pd.DataFrame(rows, columns=["lon", "lat", "ring", "step"])
