"""Facts: what a bundle lacks or repeats, said once and accepted.

Nothing here refuses a bundle; faults that do are in :mod:`twin.intake.check`.
"""

from __future__ import annotations

from collections import abc
from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from twin.errors import Problem
from twin.intake.codes import codes_of, column, repeats
from twin.intake.people import is_free_text
from twin.intake.schema import CONTRACT, PARTIES
from twin.intake.tables import Table
from twin.intake.unvaried import unvaried
from twin.weeks import periods_covering

_SHOWN = 5


def facts(tables: abc.Mapping[str, Table]) -> list[Problem]:
    """Bricks without a rep, months without a row, customers never sold to, rows that repeat or never vary."""
    found: list[Problem] = []
    for rule in (_bricks_without_rep, _gaps, _never_sold, _repeated, _sold_outside_relation, unvaried, _free_text):
        found.extend(rule(tables))
    return found


def _rows(
    table: Table, where: str, bad: NDArray[np.bool_], expected: str, cure: str, *, found: str
) -> list[Problem]:  # fmt: skip
    """One problem for all the rows of which a fact holds; none when it holds of no row."""
    if not bad.any():
        return []
    line, count = table.line_of(int(np.argmax(bad))), int(bad.sum())
    return [Problem(table.file, where, expected, found, cure, row=line, count=count)]


def _some(names: abc.Iterable[object]) -> str:
    names = [str(name) for name in names]
    return ", ".join(names[:_SHOWN]) + (f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else "")


def _bricks_without_rep(tables: abc.Mapping[str, Table]) -> list[Problem]:
    if not {"bricks", "reps"} <= set(tables):
        return []
    bricks, reps = tables["bricks"], tables["reps"].frame
    lone = codes_of(bricks.frame["territory_id"], reps["territory_id"]) < 0
    named = _some(bricks.frame.loc[lone, "brick_id"])
    cure = "Add the rep, or take it that nobody visits there."
    return _rows(bricks, "territory_id", lone, "a rep for every brick's territory", cure, found=f"no rep for {named}")


def _gaps(tables: abc.Mapping[str, Table]) -> list[Problem]:
    found: list[Problem] = []
    for name, spec in (("sales", "date"), ("market_sales", "period_start"), ("visits", "date")):
        if name not in tables:
            continue
        days = tables[name].frame[spec].dropna().to_numpy().astype("datetime64[D]")
        if not len(days):
            continue
        months = periods_covering(days, "month")
        empty = np.bincount(months.index_of(days), minlength=len(months)) == 0
        if empty.any():
            names = _some(months.start[empty].astype("datetime64[M]"))
            cure = "Export these months, or take it that nothing happened."
            problem = Problem(tables[name].file, spec, "a row in every month", f"none in {names}", cure)
            found.append(replace(problem, count=int(empty.sum())))
    return found


def _never_sold(tables: abc.Mapping[str, Table]) -> list[Problem]:
    if not {"customers", "sales"} <= set(tables):
        return []
    customers, sales = tables["customers"], tables["sales"].frame
    ours = column(customers.frame, "status").fillna("active").to_numpy(dtype=object) != "prospect"
    sold = codes_of(customers.frame["customer_id"], pd.unique(sales["customer_id"])) >= 0
    found: list[Problem] = []
    for bad, expected, cure in (
        (ours & ~sold, "a sale to every customer", "Nothing to do; they count as known customers who buy nothing."),
        (~ours & sold, "no sale to a prospect", "Set the status to active or lapsed."),
    ):
        named = _some(customers.frame.loc[bad, "customer_id"])
        found += _rows(customers, "customer_id", bad, expected, cure, found=named)
    return found


def _repeated(tables: abc.Mapping[str, Table]) -> list[Problem]:
    """Rows equal in every column; they are summed, because two equal orders in a day do occur."""
    found: list[Problem] = []
    for name in ("sales", "market_sales", "visits"):
        if name not in tables:
            continue
        again = repeats(tables[name].frame)
        cure = "Remove it if it was exported twice; both are counted."
        found += _rows(tables[name], "all columns", again, "rows that differ", cure, found="a row that repeats another")
    return found


def _sold_outside_relation(tables: abc.Mapping[str, Table]) -> list[Problem]:
    """Sales before ``known_since`` or after ``left_on``."""
    found: list[Problem] = []
    for name in ("sales", "visits"):
        if not {"customers", name} <= set(tables):
            continue
        customers, table = tables["customers"].frame, tables[name]
        place = codes_of(table.frame["customer_id"], customers["customer_id"])
        days = table.frame["date"].to_numpy().astype("datetime64[M]")
        for spec, before in (("known_since", True), ("left_on", False)):
            if spec not in customers or (name == "visits" and before):
                continue
            edge = customers[spec].to_numpy().astype("datetime64[M]")[np.maximum(place, 0)]
            wrong = (place >= 0) & (days < edge if before else days > edge)
            if wrong.any():
                day = str(table.frame["date"].iloc[int(np.argmax(wrong))].date())
                expected = f"no row {'before' if before else 'after'} the month of {spec}"
                found += _rows(table, "date", wrong, expected, f"Check {spec} in customers.", found=day)
    return found


def _free_text(tables: abc.Mapping[str, Table]) -> list[Problem]:
    """Further columns that tell outlets apart rather than group them."""
    found: list[Problem] = []
    for name in (name for name in PARTIES if name in tables):
        frame = tables[name].frame
        known = {spec.name for spec in CONTRACT[name].columns}
        texts = [spec for spec in frame.columns if spec not in known and frame[spec].dtype == "str"]
        for spec in (spec for spec in texts if is_free_text(frame[spec])):
            cure = "Nothing to do; remove personal data that no one needs, such as phone numbers."
            values = f"{frame[spec].nunique()} different values, kept but not learned from"
            found.append(Problem(tables[name].file, spec, "a category that groups outlets", values, cure))
    return found
