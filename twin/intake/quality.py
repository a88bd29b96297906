"""Quality: how complete, fresh and free of repetition each table is.

Counts and judges nothing; see :mod:`twin.intake.readiness`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from twin.intake.codes import repeats
from twin.intake.fold import each, outlet_name
from twin.intake.places import coordinates

_DATE_COLUMNS = ("date", "period_start", "known_since", "start")


@dataclass(frozen=True)
class TableQuality:
    """How good one table is.

    Parameters
    ----------
    table : str
    rows : int
    completeness : mapping of str to float in [0, 1]
        Share of filled cells by column.
    last_date : str
        Newest date in it, ISO; empty for a table without dates.
    duplicates : int
        Rows that repeat another: all columns, or for customers and prospects the same name at the same place.
    """

    table: str
    rows: int
    completeness: Mapping[str, float]
    last_date: str
    duplicates: int


def quality_of(name: str, frame: pd.DataFrame) -> TableQuality:
    """Quality of one canonical table."""
    filled = {column: round(float(frame[column].notna().mean()), 4) for column in frame.columns}
    dates = [frame[column].max() for column in _DATE_COLUMNS if column in frame]
    last = max((day for day in dates if pd.notna(day)), default=None)
    return TableQuality(name, len(frame), filled, "" if last is None else str(last.date()), _duplicates(name, frame))


def _duplicates(name: str, frame: pd.DataFrame) -> int:
    if name in ("customers", "prospects") and "name" in frame:
        lon, lat = coordinates(frame)
        # three decimals are about 100 m
        places = pd.DataFrame({"lon": np.round(lon, 3), "lat": np.round(lat, 3)})
        # names are folded one by one, which takes long: only where two stand at one place
        shared = (places.duplicated(keep=False) & places["lon"].notna()).to_numpy()
        names = each(outlet_name, frame["name"].fillna("").astype(object).to_numpy()[shared])
        keys = places[shared].assign(name=names)
        return int((keys.duplicated() & (keys["name"] != "")).sum())
    return int(repeats(frame).sum())
