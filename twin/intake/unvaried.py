"""Unvaried: histories from which an effect can hardly be read, because what should differ does not.

Sales that are always the same, visits that everybody gets alike, and visits that fall where our promotions fall.
Nothing is refused: the estimate says by itself how little it knows; this says why, before anybody waits for it.
"""

from __future__ import annotations

from collections import abc

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from twin.errors import Problem
from twin.intake.codes import column
from twin.intake.observed import days_of
from twin.intake.tables import Table
from twin.market.channels import STANDARD, VISIT
from twin.weeks import week_of

COLLINEAR = 10.0
"""Condition number of weekly visits and promotion weeks from which they are told of: from 10 on dependencies begin to
matter, from 30 on they are strong (Belsley, Kuh and Welsch 1980)."""
_NEARLY_ALL, _MOST_WEEKS = 0.95, 0.75
"""So much of the visits in at most so many of the weeks is told of too, however uneven the weeks are."""
_LEAST_WEEKS, _LEAST_ROWS = 26, 20


def unvaried(tables: abc.Mapping[str, Table]) -> list[Problem]:
    """What does not vary in a bundle; each is accepted."""
    return [*_same_volume(tables), *_same_visits(tables), *_visits_with_promotions(tables)]


def condition_number(columns: NDArray[np.float64]) -> float:
    """Of columns that are centred and brought to one length: 1 when they have nothing in common.

    Parameters
    ----------
    columns : (n, k) float64
    """
    centred = columns - columns.mean(axis=0)
    length = np.sqrt((centred**2).sum(axis=0))
    if (length <= 0).any():
        return np.inf
    found = np.linalg.svd(centred / length, compute_uv=False)
    return float(found[0] / found[-1]) if found[-1] > 1e-12 else np.inf


def _same_volume(tables: abc.Mapping[str, Table]) -> list[Problem]:
    if "sales" not in tables:
        return []
    table = tables["sales"]
    volume = table.frame["volume"].to_numpy(dtype=float)
    if len(volume) < _LEAST_ROWS or np.nanmin(volume) != np.nanmax(volume):
        return []
    months = _counts(days_of(table.frame["date"]).astype("datetime64[M]").astype(np.int64))
    if months.min() != months.max():
        return []
    cure = "Check the export; from such sales no effect can be learned, and every one stays a prior."
    found = f"{volume[0]:g} in all {len(volume)} rows, {months[0]} rows in every month"
    return [Problem(table.file, table.raw.title_of("volume"), "sales that differ", found, cure)]


def _same_visits(tables: abc.Mapping[str, Table]) -> list[Problem]:
    """Every customer on the visits' list as often as any other, in every month."""
    if "visits" not in tables:
        return []
    table = tables["visits"]
    face = _face(table)
    month = days_of(table.frame["date"])[face].astype("datetime64[M]").astype(np.int64)
    if len(month) < _LEAST_ROWS or np.ptp(_counts(month)):
        return []
    codes, people = pd.factorize(table.frame.loc[face, "customer_id"])
    span = int(np.ptp(month)) + 1
    each = np.bincount(codes[codes >= 0] * span + (month - month.min())[codes >= 0], minlength=len(people) * span)
    if not len(people) or np.ptp(each):
        return []
    cure = "Check the export; what a visit brings cannot be learned from it, and stays a prior."
    found = f"{each[0]} a month for each of {len(people)} customers"
    return [Problem(table.file, table.raw.title_of("customer_id"), "visits that differ between customers or months",
                    found, cure)]  # fmt: skip


def _visits_with_promotions(tables: abc.Mapping[str, Table]) -> list[Problem]:
    """Weeks with visits are the weeks with a promotion of ours, so that neither shows without the other."""
    if not {"visits", "campaigns", "brands"} <= set(tables):
        return []
    table = tables["visits"]
    week = week_of(days_of(table.frame["date"])[_face(table)]).astype(np.int64)
    if not len(week) or np.ptp(week) + 1 < _LEAST_WEEKS:
        return []
    visits = np.bincount(week - week.min()).astype(float)
    promoted = _promoted(tables, int(week.min()), len(visits))
    if not promoted.any() or promoted.all():
        return []
    number = condition_number(np.column_stack([visits, promoted]))
    share = visits[promoted > 0].sum() / visits.sum()
    if number < COLLINEAR and not (share >= _NEARLY_ALL and promoted.mean() <= _MOST_WEEKS):
        return []
    said = "without bound" if np.isinf(number) else f"{number:.0f}"
    found = f"{share:.0%} of the visits in weeks of a promotion of ours (condition number {said})"
    cure = "Nothing to do; which of the two sold more can only be told from who was visited and who was not."
    return [Problem(table.file, table.raw.title_of("date"), "visits in weeks with and without a promotion", found,
                    cure)]  # fmt: skip


def _promoted(tables: abc.Mapping[str, Table], first: int, n_weeks: int) -> NDArray[np.float64]:
    """Whether one of our brands is promoted, by week: (w,) float of 0 and 1."""
    brands, campaigns = tables["brands"].frame, tables["campaigns"].frame
    ours = set(brands.loc[(column(brands, "owner") == "us").to_numpy(dtype=bool, na_value=False), "brand"])
    mine = campaigns[campaigns["brand"].isin(ours) & campaigns["start"].notna() & campaigns["end"].notna()]
    start, stop = week_of(days_of(mine["start"])), week_of(days_of(mine["end"])) + 1
    steps = np.zeros(n_weeks + 1)
    np.add.at(steps, np.clip(start - first, 0, n_weeks), 1.0)
    np.add.at(steps, np.clip(stop - first, 0, n_weeks), -1.0)
    return (np.cumsum(steps[:-1]) > 0).astype(float)


def _face(visits: Table) -> NDArray[np.bool_]:
    """Rows that are visits in person: (m,) bool."""
    return (visits.frame["channel"] == STANDARD[VISIT]).to_numpy(dtype=bool, na_value=False)


def _counts(values: NDArray[np.int64]) -> NDArray[np.int64]:
    """How often each number between the least and the largest occurs."""
    return np.bincount(values - values.min()) if len(values) else np.zeros(1, dtype=np.int64)
