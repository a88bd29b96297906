"""Seasons: later data added to what stands, table by table.

A row of the new season takes the place of the one with the same key; rows with other keys stay or come in. Knows no
files' forms and nothing of what is published.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from twin.errors import Problem
from twin.intake.codes import column, keys_of
from twin.intake.dialect import Raw
from twin.intake.mapping import Mapping as Stated
from twin.intake.schema import CONTRACT, DATES, PARTIES
from twin.intake.tables import Table

REPLACE, ADD, AUTO = "replace", "add", "auto"
_KEYS = {
    "sales": ("date", "customer_id", "brand"),
    "market_sales": ("period_start", "period", "brick_id", "customer_id", "brand"),
    "visits": ("date", "customer_id", "channel", "rep_id", "brand"),
    "campaigns": ("brand", "start"),
    "links": ("prospect_id", "customer_id"),
    "absences": ("rep_id", "first"),
    "consents": ("customer_id", "channel", "from"),
}
"""Columns that make two rows of a table speak of the same thing; other tables have the key of the contract."""
_MONTH = "month"
_SAME_CUSTOMERS = 0.5
_OF_STANDING = 0


@dataclass(frozen=True)
class Standing:
    """The dataset to which a season is added.

    Parameters
    ----------
    name : str
        What messages call it.
    tables : mapping of str to DataFrame
        Canonical tables before prospects were merged into customers.
    """

    name: str
    tables: Mapping[str, pd.DataFrame]


def lines_of(table: Table) -> NDArray[np.int64]:
    """Physical line of every row of a table: (m,) int64."""
    if table.raw.lines is not None:
        return np.asarray(table.raw.lines, dtype=np.int64)
    return np.arange(len(table.frame), dtype=np.int64) + table.raw.first_line


def is_addition(tables: Mapping[str, Table], standing: Standing) -> bool:
    """Whether tables carry on from what stands rather than take its place.

    They do when their dated rows begin in a later month than those that stand, and speak of the same customers.
    """
    first, before = _first_month({name: table.frame for name, table in tables.items()}), _first_month(standing.tables)
    if first is None or before is None or first <= before:
        return False
    known = pd.Index(standing.tables["customers"]["customer_id"])
    if "prospects" in standing.tables:
        known = known.append(pd.Index(standing.tables["prospects"]["prospect_id"]))
    if "customers" in tables:
        still = known.isin(tables["customers"].frame["customer_id"])
        return bool(still[: len(standing.tables["customers"])].mean() >= _SAME_CUSTOMERS)
    named = pd.Index(tables["sales"].frame["customer_id"].dropna().unique()) if "sales" in tables else known
    return bool(named.isin(known).mean() >= _SAME_CUSTOMERS)


def _first_month(tables: Mapping[str, pd.DataFrame]) -> np.datetime64 | None:
    """Month of the first sale; of the first row of another dated table where there are no sales."""
    for name, date in DATES.items():
        if name in tables and date in tables[name] and tables[name][date].notna().any():
            return np.datetime64(tables[name][date].min(), "M")
    return None


def mapping_of(standing: Standing, mapping: Stated) -> Stated:
    """The mapping with the kinds that further columns have in what stands, where it states none."""
    tables = dict(mapping.tables)
    for name in (name for name in (*PARTIES, "bricks") if name in standing.tables):
        own = mapping.of(name)
        kinds = {
            spec: kind
            for spec, values in standing.tables[name].items()
            if CONTRACT[name].column(str(spec)) is None and (kind := _kind_of(values)) is not None
        }
        if kinds.keys() - own.kinds.keys():
            tables[name] = replace(own, kinds={**kinds, **own.kinds})
    return replace(mapping, tables=tables)


def _kind_of(values: pd.Series) -> str | None:
    if values.notna().sum() == 0:
        return None
    if values.dtype.kind == "M":
        return "date"
    if pd.api.types.is_bool_dtype(values.dtype):
        return "flag"
    return "number" if pd.api.types.is_numeric_dtype(values.dtype) else "category"


def added(standing: Standing, tables: Mapping[str, Table], restate: bool = False) -> dict[str, Table]:
    """Tables of what stands with those of a new season.

    Parameters
    ----------
    standing : Standing
    tables : mapping of str to Table
        Of the new season; a table that is missing stays as it stands.
    restate : bool
        Months of which a table has a row are replaced whole, so that rows which it no longer has go.

    Returns
    -------
    dict of str to Table
        Rows that stood have the line 0.
    """
    whole = {name: _stood(name, frame, standing.name) for name, frame in standing.tables.items() if name not in tables}
    for name, new in tables.items():
        if name not in standing.tables:
            whole[name] = new
        elif CONTRACT[name].key is not None:
            whole[name] = _updated(standing.tables[name], new, str(CONTRACT[name].key))
        else:
            whole[name] = _appended(standing.tables[name], new, restate)
    return whole


def faults(standing: Standing, tables: Mapping[str, Table]) -> list[Problem]:
    """What keeps a season from being added: sales by the month stand, and the new ones are dated by the day."""
    if "sales" not in tables or "sales" not in standing.tables:
        return []
    stood = _days(standing.tables["sales"]["date"])
    days = _days(tables["sales"].frame["date"])
    if not len(stood) or (stood != _month_start(stood)).any():
        return []
    daily = ~np.isnat(days) & (days != _month_start(days))
    if not daily.any():
        return []
    table, row = tables["sales"], int(np.argmax(daily))
    return [Problem(table.file, table.raw.title_of("date"), f"the first day of a month, as in {standing.name}",
                    str(days[row]), "Add monthly totals, or ingest the whole history by the day with --replace.",
                    row=table.line_of(row), count=int(daily.sum()))]  # fmt: skip


def placed(problem: Problem, standing: Standing) -> Problem:
    """A problem of a row that stood, without a line that is in no file."""
    if problem.row != _OF_STANDING:
        return problem
    return replace(problem, row=None, where=f"{problem.where} in {standing.name}")


def _stood(name: str, frame: pd.DataFrame, label: str) -> Table:
    return Table(name, f"{name} of {label}", frame, Raw(name, {}, lines=np.zeros(len(frame), dtype=np.int64)))


def _updated(before: pd.DataFrame, new: Table, key: str) -> Table:
    """Rows by id: the columns that the new table has are taken from it, the others stay."""
    now = new.frame
    if now[key].duplicated().any() or now[key].isna().any():
        return new  # the checks refuse it, with its own lines
    names = [*before.columns, *(name for name in now.columns if name not in before)]
    ids, old = pd.Index(now[key]), pd.Index(before[key])
    # a whole list has an order of its own
    order = ids if old.isin(ids).all() else old.append(ids[~ids.isin(old)])
    at_new, at_old = ids.get_indexer(order), old.get_indexer(order)
    columns = {}
    for name in names:
        if name not in before:
            columns[name] = _picked(now[name], at_new)
        elif name not in now:
            columns[name] = _picked(before[name], at_old)
        else:
            both = _stacked([before[name], now[name]])
            columns[name] = _picked(both, np.where(at_new >= 0, at_new + len(before), at_old))
    lines = np.append(lines_of(new), _OF_STANDING)[at_new]
    return _with_rows(new, pd.DataFrame(columns), lines)


def _appended(before: pd.DataFrame, new: Table, restate: bool) -> Table:
    """Dated rows: those that stood, without the ones that the new table says again, then the new ones."""
    now = new.frame
    names = [*before.columns, *(name for name in now.columns if name not in before)]
    gone = _months_again(new.name, before, now) if restate and new.name in DATES else _said_again(new.name, before, now)
    parts = [before[~gone], now]
    columns = {name: _stacked([_column(part, name, other) for part, other in zip(parts, parts[::-1], strict=True)])
               for name in names}  # fmt: skip
    lines = np.concatenate([np.zeros(int((~gone).sum()), dtype=np.int64), lines_of(new)])
    return _with_rows(new, pd.DataFrame(columns), lines)


def _said_again(name: str, before: pd.DataFrame, now: pd.DataFrame) -> NDArray[np.bool_]:
    """Rows that stood and of whose key the new table has a row."""
    key = [spec for spec in _KEYS[name] if spec in before or spec in now]
    both = pd.DataFrame(
        {spec: _stacked([_key_column(part, name, spec) for part in (before, now)]) for spec in key}
    )  # fmt: skip
    number = keys_of(both, key)
    return np.isin(number[: len(before)], np.unique(number[len(before) :]))


def _key_column(frame: pd.DataFrame, name: str, spec: str) -> pd.Series:
    values = column(frame, spec)
    # an empty period is a month, so that both say the same
    return values.fillna(_MONTH) if (name, spec) == ("market_sales", "period") else values


def _months_again(name: str, before: pd.DataFrame, now: pd.DataFrame) -> NDArray[np.bool_]:
    months = _days(now[DATES[name]]).astype("datetime64[M]")
    return np.isin(_days(before[DATES[name]]).astype("datetime64[M]"), np.unique(months[~np.isnat(months)]))


def _column(frame: pd.DataFrame, name: str, other: pd.DataFrame) -> pd.Series:
    """A column, or nothing of the other frame's kind."""
    if name in frame:
        return frame[name]
    return other[name].iloc[:0].reindex(frame.index)


def _stacked(parts: list[pd.Series]) -> pd.Series:
    """One below the other, of the kind that both have; an empty side gives in."""
    if any(isinstance(part.dtype, pd.CategoricalDtype) for part in parts):
        parts = [part.astype("str") for part in parts]
    filled = [part for part in parts if part.notna().any()]
    if filled and len({part.dtype for part in parts}) > 1:
        kind = filled[-1].dtype
        parts = [part if part.notna().any() else pd.Series(np.nan, index=part.index).astype(kind) for part in parts]
    whole = pd.concat(parts, ignore_index=True)
    return whole.dt.as_unit("s") if whole.dtype.kind == "M" else whole


def _picked(values: pd.Series, at: NDArray[np.intp]) -> pd.Series:
    """Values at places; missing at -1."""
    return values.reset_index(drop=True).reindex(at).reset_index(drop=True)


def _with_rows(table: Table, frame: pd.DataFrame, lines: NDArray[np.int64]) -> Table:
    return replace(table, frame=frame, raw=replace(table.raw, columns={}, lines=lines))


def _days(values: pd.Series) -> NDArray[np.datetime64]:
    return values.to_numpy().astype("datetime64[D]")


def _month_start(days: NDArray[np.datetime64]) -> NDArray[np.datetime64]:
    return days.astype("datetime64[M]").astype("datetime64[D]")
