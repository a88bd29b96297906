"""Look: what every form of a plan shares: locale, words, and how its rows are read.

Knows no format of a file.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass

import pandas as pd

WORDS = {
    "": {"visit": "Visit", "task": "Task", "overview": "Overview", "reason": "Why", "gain": "Expected gain"},
    "tr": {"visit": "Ziyaret", "task": "Görev", "overview": "Özet", "reason": "Neden", "gain": "Beklenen kazanç"},
}
"""Words of calendars and workbooks, by locale."""


@dataclass(frozen=True)
class Look:
    """How a plan is written.

    Parameters
    ----------
    locale : str
    timezone : str
    stamp : datetime
        The moment that calendars take for its making.
    """

    locale: str
    timezone: str
    stamp: dt.datetime


def by_rep(frame: pd.DataFrame) -> Iterator[tuple[str, pd.DataFrame]]:
    """Each rep's rows, in the order of their ids."""
    for rep, mine in frame.groupby("rep_id", sort=True):
        yield str(rep), mine


def placed(row: dict) -> bool:
    """Whether the row has a place on the map."""
    return bool(pd.notna(row.get("lon")) and pd.notna(row.get("lat")))


def text(value: object) -> str:
    """The text of a cell, empty where there is none."""
    return "" if value is None or pd.isna(value) else str(value)
