"""Observed: dated rows of sales, market sales, visits and campaigns as sparse history.

Knows positions on the axes, not who or what stands there. A monthly total is never split into weeks.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from twin.intake.codes import codes_of, column
from twin.market.history import Campaign, Sales, Touches
from twin.weeks import Periods, periods_covering, week_of

_USUAL_SHARE = 0.05
_MID_WEEK = np.timedelta64(3, "D")


def days_of(values: pd.Series) -> NDArray[np.datetime64]:
    """Calendar days: (m,) datetime64[D]."""
    return values.to_numpy().astype("datetime64[D]")


def own_kind(days: NDArray[np.datetime64]) -> str:
    """``month`` when every sale is dated on the first of a month, else ``week``."""
    return "month" if (days == days.astype("datetime64[M]").astype("datetime64[D]")).all() else "week"


def own_sales(frame: pd.DataFrame, ids: NDArray[np.str_], brands: NDArray[np.str_]) -> Sales:
    """Our own sales by customer; a last week that had not ended is left out."""
    days = days_of(frame["date"])
    kind = own_kind(days)
    periods = periods_covering(days, kind)
    if kind == "week" and len(periods) > 1 and _last_week_partial(days):
        periods = Periods(kind, periods.start[:-1], periods.stop[:-1])
    return _summed(codes_of(frame["customer_id"], ids), days, codes_of(frame["brand"], brands),
                   frame["volume"].to_numpy(dtype=float), periods)  # fmt: skip


def _last_week_partial(days: NDArray[np.datetime64]) -> bool:
    """Whether the data stop before the last weekday on which we usually sell."""
    weekday = (days.astype(np.int64) + 3) % 7
    share = np.bincount(weekday, minlength=7) / len(days)
    return bool((days.max().astype(np.int64) + 3) % 7 < np.flatnonzero(share >= _USUAL_SHARE).max())


def market_sales(
    frame: pd.DataFrame | None, unit: str, ids: NDArray[np.str_], brands: NDArray[np.str_]
) -> tuple[Sales, NDArray[np.int32]]:
    """Audit (``unit`` is ``brick_id``) or panel (``customer_id``), and which units it observes.

    All rows of one of the two are brought to the kind of period that most of them have: a week goes to the month of
    its middle; a month among weeks is left out.
    """
    rows = frame.iloc[:0] if frame is not None else None
    if frame is not None:
        rows = frame[column(frame, unit).notna()]
    if rows is None or not len(rows):
        none = np.array([], dtype=np.int32)
        return _summed(none, np.array([], dtype="datetime64[D]"), none, np.array([]), _no_periods()), none
    monthly = column(rows, "period").fillna("month").to_numpy(dtype=object) == "month"
    kind = "month" if monthly.mean() >= 0.5 else "week"
    days = np.where(monthly, days_of(rows["period_start"]), days_of(rows["period_start"]) + _MID_WEEK)
    keep = monthly if kind == "week" else np.zeros(len(rows), dtype=bool)
    rows, days = rows[~keep], days[~keep]
    where = codes_of(rows[unit], ids)
    sales = _summed(where, days, codes_of(rows["brand"], brands), rows["volume"].to_numpy(dtype=float),
                    periods_covering(days, kind))  # fmt: skip
    return sales, np.unique(where[where >= 0]).astype(np.int32)


def _no_periods() -> Periods:
    return periods_covering(np.array([], dtype="datetime64[D]"), "month")


def _summed(
    unit: NDArray[np.int32],
    days: NDArray[np.datetime64],
    brand: NDArray[np.int32],
    volume: NDArray[np.float64],
    periods: Periods,
) -> Sales:
    """One entry for each unit, period and brand with any volume; unknown places are left out."""
    period = periods.index_of(days)
    keep = (unit >= 0) & (brand >= 0) & (period >= 0) & (volume > 0)
    n_brands = int(brand.max(initial=0)) + 1
    key = (unit[keep].astype(np.int64) * max(len(periods), 1) + period[keep]) * n_brands + brand[keep]
    cell, place = np.unique(key, return_inverse=True)
    total = np.bincount(place, volume[keep], len(cell))
    rest, j = np.divmod(cell, n_brands)
    i, p = np.divmod(rest, max(len(periods), 1))
    return Sales(i.astype(np.int32), p.astype(np.int32), j.astype(np.int16), total.astype(float), periods)


def span(*observed: Sales) -> tuple[int, int]:
    """First week with any record, and the week in which the last period ends: the origin."""
    periods = [sales.periods for sales in observed if len(sales.periods)]
    first = min(periods_.start[0] for periods_ in periods)
    last = max(periods_.stop[-1] for periods_ in periods)
    return int(week_of(first)), int(week_of(last))


def touches(
    frame: pd.DataFrame | None, ids: NDArray[np.str_], channels: tuple[str, ...], reps: NDArray[np.str_], origin: int
) -> Touches:
    """Contacts before the origin; a contact of nobody on our lists is left out."""
    if frame is None:
        return Touches(*(np.array([], dtype=kind) for kind in (np.int32, np.int8, np.int32, np.int32)))
    week = week_of(days_of(frame["date"]))
    customer = codes_of(frame["customer_id"], ids)
    channel = codes_of(frame["channel"], np.array(channels)).astype(np.int8)
    rep = codes_of(column(frame, "rep_id"), reps)
    return Touches(customer, channel, week, rep).where((customer >= 0) & (channel >= 0) & (week < origin))


def campaigns(frame: pd.DataFrame | None, brands: NDArray[np.str_]) -> tuple[Campaign, ...]:
    """Recorded promotions; a week counts from its first day of promotion."""
    if frame is None:
        return ()
    brand = codes_of(frame["brand"], brands)
    start, stop = week_of(days_of(frame["start"])), week_of(days_of(frame["end"])) + 1
    strength = frame.get("strength", pd.Series(1.0, index=frame.index)).fillna(1.0).to_numpy(dtype=float)
    kind = column(frame, "kind").fillna("").astype(object).to_numpy()
    order = np.lexsort((stop, start))
    return tuple(
        Campaign(int(brand[k]), int(start[k]), int(stop[k]), float(strength[k]), str(kind[k]))
        for k in order if brand[k] >= 0
    )  # fmt: skip


def first_and_last_sale(sales: Sales, n_customers: int) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Weeks in which each customer's first selling period begins and the last one ends; -1 without sales.

    Returns
    -------
    two (c,) int32, weeks
    """
    first, last = np.full(n_customers, -1, dtype=np.int32), np.full(n_customers, -1, dtype=np.int32)
    if len(sales):
        seen = pd.Series(sales.period, copy=False).groupby(sales.unit).agg(["min", "max"])
        first[seen.index] = week_of(sales.periods.start)[seen["min"]]
        last[seen.index] = week_of(sales.periods.stop - np.timedelta64(1, "D"))[seen["max"]]
    return first, last
