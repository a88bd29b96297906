"""Calendar page: the rivals' calendar as a screen asks for it and speaks to it, by folder instead of by store."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from twin.tasks.calendar.calendar import Wish, list_moves, teach
from twin.tasks.calendar.calendar_remarks import log_of
from twin.tasks.shelf import load_dataset
from twin.workspace.catalogue import FILE_NAME
from twin.workspace.store import Workspace


def moves(workspace: Path) -> dict[str, Any]:
    """The calendar and what was said of it, see ``calendar.list_moves``; nothing without a workspace."""
    if not (Path(workspace) / FILE_NAME).is_file():
        return {"calibration": None, "moves": [], "remarks": [], "pending": 0}
    return list_moves(Workspace.open(workspace, create=False))


def pending(workspace: Path) -> int:
    """How many remarks the newest calibration has not seen."""
    return int(moves(workspace)["pending"])


def said(workspace: Path) -> pd.DataFrame:
    """Every remark ever made, newest first."""
    if not (Path(workspace) / FILE_NAME).is_file():
        return pd.DataFrame()
    return log_of(Workspace.open(workspace, create=False)).iloc[::-1].reset_index(drop=True)


def rivals_and_territories(workspace: Path, dataset: str) -> tuple[list[str], list[str]]:
    """Names of rivals' brands, and of territories."""
    store = Workspace.open(workspace, create=False)
    world, _, _ = load_dataset(store, store.version(dataset))
    brands = [str(name) for name in world.brands.names[world.brands.n_own :]]
    return brands, [str(name) for name in world.territories]


def say(workspace: Path, wishes: Sequence[Wish], now: dt.datetime, whole_series: bool = False) -> dict[str, Any]:
    """Keep what somebody says of moves, see :func:`twin.tasks.calendar.calendar.teach`."""
    return teach(Workspace.open(workspace, create=False), wishes, now, whole_series)


__all__ = ("Wish", "moves", "pending", "rivals_and_territories", "said", "say")
