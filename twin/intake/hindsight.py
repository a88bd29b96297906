"""Hindsight: canonical tables as they could have been read on an earlier day, with all that came later taken away.

Knows which dates say when something became known. What bears no date (an attribute, a price, the register, the map)
cannot be told apart by time and stays; see docs/recalibration.md.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from twin.intake.codes import column
from twin.intake.observed import days_of, own_kind
from twin.intake.schema import CONSENT

_TOLD_BY_CUSTOMERS = ("prefers_channel", "available_from", "available_to")
_DAY = np.timedelta64(1, "D")


def tables_as_of(tables: Mapping[str, pd.DataFrame], day: dt.date) -> dict[str, pd.DataFrame]:
    """What the tables would have held at the end of ``day``.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        Canonical tables, see :func:`twin.intake.assemble.assemble`.
    day : datetime.date

    Returns
    -------
    dict of str to DataFrame
        Sales, audits, panels and contacts up to that day, whole periods only; customers who became ours later are
        prospects without a consent or a wish; who left later is still there; reps who came later are not, and those
        who left later have no end; campaigns that began later are not known, and of a rival's that runs on its end.
    """
    last = np.datetime64(day, "D")
    kept = {name: _without_later_dates(table, last) for name, table in tables.items() if name not in _DATED}
    for name, cut in _DATED.items():
        if name in tables:
            kept[name] = cut(tables[name], last)
    kept["customers"] = _customers(tables["customers"], kept["sales"], last)
    if "campaigns" in tables:
        kept["campaigns"] = _campaigns(tables["campaigns"], tables["brands"], last)
    # a table in which nothing is left says no more than one that is not there
    return {name: table for name, table in kept.items() if len(table) or name in ("customers", "brands", "sales")}


def _sales(frame: pd.DataFrame, last: np.datetime64) -> pd.DataFrame:
    frame = _rows(frame, days_of(frame["date"]) <= last)
    days = days_of(frame["date"])
    if len(days) and own_kind(days) == "month":
        return _rows(frame, _month_end(days) <= last)
    return frame


def _market_sales(frame: pd.DataFrame, last: np.datetime64) -> pd.DataFrame:
    start = days_of(frame["period_start"])
    monthly = column(frame, "period").fillna("month").to_numpy(dtype=object) == "month"
    return _rows(frame, np.where(monthly, _month_end(start), start + 6 * _DAY) <= last)


def _visits(frame: pd.DataFrame, last: np.datetime64) -> pd.DataFrame:
    return _rows(frame, days_of(frame["date"]) <= last)


def _reps(frame: pd.DataFrame, last: np.datetime64) -> pd.DataFrame:
    if "start_date" in frame:
        start = days_of(frame["start_date"])
        frame = _rows(frame, np.isnat(start) | (start <= last))
    return _without_later_dates(frame, last)


def _consents(frame: pd.DataFrame, last: np.datetime64) -> pd.DataFrame:
    return _rows(frame, days_of(frame["from"]) <= last)


def _absences(frame: pd.DataFrame, last: np.datetime64) -> pd.DataFrame:
    """Those that had begun; when each was applied for is not recorded."""
    return _rows(frame, days_of(frame["first"]) <= last)


_DATED = {"sales": _sales, "market_sales": _market_sales, "visits": _visits, "reps": _reps, "consents": _consents,
          "absences": _absences}  # fmt: skip


def _customers(frame: pd.DataFrame, sales: pd.DataFrame, last: np.datetime64) -> pd.DataFrame:
    """Who was ours; of whom neither a date nor a sale speaks by then, nobody can say that we knew him."""
    frame = frame.reset_index(drop=True)
    since = days_of(frame["known_since"]) if "known_since" in frame else np.full(len(frame), np.datetime64("NaT", "D"))
    bought = frame["customer_id"].isin(sales["customer_id"].unique()).to_numpy()
    was_prospect = column(frame, "status").to_numpy(dtype=object) == "prospect"
    ours = np.where(np.isnat(since), bought, since <= last) & ~was_prospect
    frame = _without_later_dates(frame, last)
    left = frame["left_on"].notna().to_numpy() if "left_on" in frame else np.zeros(len(frame), dtype=bool)
    # an undated "lapsed" is what is known today
    frame["status"] = np.where(ours, np.where(left, "lapsed", "active"), "prospect")
    told = [name for name in frame.columns if name.startswith(CONSENT) or name in _TOLD_BY_CUSTOMERS]
    for name in [*told, *(name for name in ("known_since", "left_on") if name in frame)]:
        frame[name] = frame[name].mask(~ours)
    if "left_reason" in frame:
        frame["left_reason"] = frame["left_reason"].mask(~(ours & left))
    return frame


def _campaigns(frame: pd.DataFrame, brands: pd.DataFrame, last: np.datetime64) -> pd.DataFrame:
    """Our own plans are known to their end; how long a rival's campaign goes on is seen when it is over."""
    frame = _rows(frame, days_of(frame["start"]) <= last)
    owner = frame["brand"].map(brands.set_index("brand")["owner"]).to_numpy(dtype=object)
    end = days_of(frame["end"])
    return frame.assign(end=np.where((owner != "us") & (end > last), last, end))


def _without_later_dates(frame: pd.DataFrame, last: np.datetime64) -> pd.DataFrame:
    """Dates after the day are blanked, in whatever column they stand."""
    dated = [name for name in frame.columns if frame[name].dtype.kind == "M"]
    return frame.assign(**{name: frame[name].mask(days_of(frame[name]) > last) for name in dated})


def _month_end(days: NDArray[np.datetime64]) -> NDArray[np.datetime64]:
    return (days.astype("datetime64[M]") + 1).astype("datetime64[D]") - _DAY


def _rows(frame: pd.DataFrame, keep: NDArray[np.bool_]) -> pd.DataFrame:
    return frame[keep].reset_index(drop=True)
