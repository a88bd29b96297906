"""Potential's margin: who of the known has left, when and why, and what attributes are called."""

from __future__ import annotations

import pandas as pd

from dashboard import drawn, state
from dashboard.words import NOTHING, Words

ACTIVE, LEFT, UNKNOWN = "active", "left", "unknown"
_LAPSED = "lapsed"
_COLUMNS = ["status", "left_on", "left_reason"]


@drawn.kept
def departures(calibration: str) -> pd.DataFrame:
    """Customers who have left, by id: ``left_on`` and ``left_reason``, empty where the data do not say."""
    rows = state.whole(state.parent(calibration), "table_customers")
    status, day, _ = (rows[name] if name in rows else pd.Series(None, rows.index, dtype=object) for name in _COLUMNS)
    # a day of leaving that is still to come makes nobody a former customer
    gone = rows[(status == _LAPSED).fillna(False) | ((status.isna()) & day.notna())]
    return gone.set_index("customer_id").reindex(columns=_COLUMNS[1:])


@drawn.kept
def left(calibration: str) -> int:
    """How many have left, of the territories that may be seen."""
    return len(departures(calibration))


def told(rows: pd.DataFrame, calibration: str) -> pd.DataFrame:
    """The table of customers with ``standing`` (one of three), ``left_on`` and ``left_reason``."""
    gone = departures(calibration)
    rows = rows.assign(**{name: rows["customer_id"].map(gone[name]) for name in _COLUMNS[1:]})
    standing = rows["known"].map({True: ACTIVE, False: UNKNOWN})
    return rows.assign(standing=standing.where(~rows["customer_id"].isin(gone.index), LEFT))


def said(standing: str, left_on: object, words: Words) -> str:
    """Where a customer stands, in few words."""
    if standing == LEFT and (day := words.date(left_on)) != NOTHING:
        return words("potential.left_on", date=day)
    return words(f"standing.{standing}")


def why(one: pd.Series, words: Words) -> str:
    """One sentence on a customer who has left; empty for the others."""
    if one["standing"] != LEFT:
        return ""
    day, reason = words.date(one["left_on"]), one["left_reason"]
    parts = [words("potential.left_on", date=day) if day != NOTHING else words("standing.left")]
    parts += [words.named("left_reason", str(reason))] if pd.notna(reason) and str(reason) else []
    return words("potential.one_left", what=", ".join(parts))


def attribute(name: str, words: Words) -> str:
    """An attribute in words; one that nobody has given any, with blanks."""
    said = words.named("attribute", name)
    return said if said != name else name.replace("_", " ")
