"""Shared tables: results for people who must not learn of single customers.

A table of customers becomes sums by territory; sums of fewer than five customers, and those from which the second
largest could tell the largest, are left out, with others so that no total gives them away.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

LEAST = 5
"""Customers whose sum may be shown."""
PRECISION = 0.10
"""A sum is left out when the second largest customer in it could tell the largest within this part."""
CUSTOMER, PLACE, KNOWN, HIDDEN = "customer_id", "territory_id", "known", "left_out"
ALL = "all"


def small_cells(values: NDArray[np.float64], cell: NDArray[np.int64], n_cells: int) -> NDArray[np.bool_]:
    """Cells that tell of single customers: fewer than :data:`LEAST`, or one that dominates.

    Parameters
    ----------
    values : (m, k) float64
        What each customer adds to each measure.
    cell : (m,) int64
    n_cells : int

    Returns
    -------
    (n_cells,) bool
        Empty cells are not among them.
    """
    count = np.bincount(cell, minlength=n_cells)
    small = (count > 0) & (count < LEAST)
    for column in np.nan_to_num(np.abs(values)).T:
        total = np.bincount(cell, column, n_cells)
        order = np.lexsort((-column, cell))
        starts = np.searchsorted(cell[order], np.arange(n_cells))
        filled = np.flatnonzero(count >= LEAST)
        first, second = np.zeros(n_cells), np.zeros(n_cells)
        first[filled] = column[order[starts[filled]]]
        second[filled] = column[order[starts[filled] + 1]]
        small |= (count >= LEAST) & (first > 0) & (total - first - second < PRECISION * first)
    return small


def hidden(small: NDArray[np.bool_], size: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which cells of a table with totals on both sides are left out, so that no difference gives a small one away.

    Parameters
    ----------
    small : (rows, columns) bool
    size : (rows, columns) float64
        Customers in each cell; the smallest others go first. Empty cells hide nothing.

    Returns
    -------
    (rows, columns) bool
        A row or a column has no hidden cell, or at least two that are not empty.
    """
    out = small.copy()
    while True:
        before = int(out.sum())
        for axis in (0, 1):
            lines, sizes = (out, size) if axis == 0 else (out.T, size.T)
            for line in np.flatnonzero((lines & (sizes > 0)).sum(axis=1) == 1):
                others = np.flatnonzero(~lines[line] & (sizes[line] > 0))
                if len(others):
                    lines[line, others[np.argmin(sizes[line, others])]] = True
        if int(out.sum()) == before:
            return out


def shared(frame: pd.DataFrame) -> pd.DataFrame:
    """A table that may be shown to others.

    Parameters
    ----------
    frame : pandas.DataFrame
        With customers: their numbers are summed by territory and by known or not. Without: it is given back as it is.

    Returns
    -------
    pandas.DataFrame
        ``territory_id``, ``known`` where the table tells it, ``customers``, sums, and ``left_out``, where they are
        missing. Totals stand in rows named :data:`ALL`, unless a single line would give itself away by them.
    """
    if CUSTOMER not in frame:
        return frame
    places, place = np.unique(_text(frame, PLACE), return_inverse=True)
    kinds, kind = np.unique(_text(frame, KNOWN), return_inverse=True)
    names = [str(name) for name in frame.columns if _adds_up(str(name), frame[name])]
    values = frame[names].to_numpy(dtype=float) if names else np.zeros((len(frame), 0))
    shape = (len(places), len(kinds))
    cell = place * len(kinds) + kind
    count = np.bincount(cell, minlength=shape[0] * shape[1]).reshape(shape)
    out = hidden(small_cells(values, cell, count.size).reshape(shape), count.astype(float))
    inner = _sums(values, cell, count.size).reshape(*shape, -1)
    rows = [*_rows(inner, count, out, places, kinds), *_totals(inner, count, out, places, kinds)]
    columns = [PLACE, KNOWN, "customers", *names, HIDDEN]
    table = pd.DataFrame(rows, columns=columns).drop_duplicates([PLACE, KNOWN], keep="first", ignore_index=True)
    return table if KNOWN in frame else table.drop(columns=KNOWN).drop_duplicates(PLACE, ignore_index=True)


def _text(frame: pd.DataFrame, name: str) -> NDArray[np.str_]:
    if name not in frame:
        return np.full(len(frame), ALL)
    return frame[name].fillna("").astype(str).to_numpy(dtype=str)


def _adds_up(name: str, values: pd.Series) -> bool:
    """Whether a sum of the column means something: amounts do, places, parts, orders and quantiles do not."""
    if not pd.api.types.is_numeric_dtype(values.dtype) or pd.api.types.is_bool_dtype(values.dtype):
        return False
    odd = ("lon", "lat", "p05", "p10", "p50", "p90", "p95", "share", "probability", "score", "seq", "rank", "chance",
           "pct", "row", "count", "order", "per", "factor")  # fmt: skip
    return not any(part in odd for part in name.casefold().split("_"))


def _sums(values: NDArray[np.float64], cell: NDArray[np.int64], n_cells: int) -> NDArray[np.float64]:
    columns = [np.bincount(cell, column, n_cells) for column in np.nan_to_num(values).T]
    return np.stack(columns, axis=1) if columns else np.zeros((n_cells, 0))


def _rows(inner, count, out, places, kinds) -> list[list]:
    return [
        [places[z], kinds[k], *_shown(inner[z, k], int(count[z, k]), bool(out[z, k]))]
        for z in range(len(places)) for k in range(len(kinds)) if count[z, k]
    ]  # fmt: skip


def _totals(inner, count, out, places, kinds) -> list[list]:
    """Totals of every line, and of all, without those that would give a hidden cell or a hidden total away."""
    by_place, by_kind = count.sum(axis=1), count.sum(axis=0)
    few_places = _with_another(np.array([_few(count[z], out[z]) for z in range(len(places))]), by_place)
    few_kinds = _with_another(np.array([_few(count[:, k], out[:, k]) for k in range(len(kinds))]), by_kind)
    rows = [[places[z], ALL, *_shown(inner[z].sum(axis=0), int(by_place[z]), bool(few_places[z]))]
            for z in range(len(places))]  # fmt: skip
    rows += [[ALL, kinds[k], *_shown(inner[:, k].sum(axis=0), int(by_kind[k]), bool(few_kinds[k]))]
             for k in range(len(kinds))]  # fmt: skip
    alone = few_places.sum() == 1 or few_kinds.sum() == 1 or count.sum() < LEAST
    return [*rows, [ALL, ALL, *_shown(inner.sum(axis=(0, 1)), int(count.sum()), bool(alone))]]


def _with_another(few: NDArray[np.bool_], size: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Hidden totals; a single one takes the smallest other with it, for the total of all would tell it."""
    others = np.flatnonzero(~few)
    if few.sum() == 1 and len(others):
        few[others[np.argmin(size[others])]] = True
    return few


def _few(count: NDArray[np.int64], out: NDArray[np.bool_]) -> bool:
    """Whether a line's total would tell of its hidden cell: it is the only cell there, or the line itself is small."""
    filled = count > 0
    return bool(count.sum() < LEAST or (filled & out).sum() == 1)


def _shown(sums: NDArray[np.float64], customers: int, left_out: bool) -> list:
    return [None if left_out else customers, *([None] * len(sums) if left_out else sums.tolist()), left_out]
