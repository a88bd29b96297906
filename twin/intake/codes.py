"""Codes: ids to positions, for columns of any length.

Every distinct id is looked up once. Knows no table.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import ArrayLike, NDArray

_MOST_KEYS = 2**62


def codes_of(values: pd.Series, known: ArrayLike) -> NDArray[np.int32]:
    """Position of each value among the known ones; -1 for a missing or an unknown value.

    Parameters
    ----------
    values : (m,) text
    known : (n,) text
        The first of equal ids counts.

    Returns
    -------
    (m,) int32
    """
    codes, distinct = parted(values)
    places = pd.Series(np.arange(len(known)), index=pd.Index(known, dtype="str"))
    places = places[~places.index.duplicated()]
    found = places.reindex(pd.Index(distinct, dtype="str")).fillna(-1).to_numpy().astype(np.int32)
    return np.append(found, np.int32(-1))[codes]


def parted(values: pd.Series) -> tuple[NDArray[np.integer], pd.Index]:
    """Code of each value, -1 for a missing one, and what the codes stand for; a categorical column is in parts already.

    Parameters
    ----------
    values : (m,) anything that pandas can factorize

    Returns
    -------
    (m,) int, (k,) Index
    """
    if isinstance(values.dtype, pd.CategoricalDtype):
        return values.cat.codes.to_numpy(), values.cat.categories
    return pd.factorize(values)


def spelled(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with its categorical columns as text."""
    coded = {name: values.cat for name, values in frame.items() if isinstance(values.dtype, pd.CategoricalDtype)}
    texts = {name: one.categories.array.take(one.codes.to_numpy(), allow_fill=True) for name, one in coded.items()}
    return frame.assign(**{str(name): pd.Series(one, index=frame.index, dtype="str") for name, one in texts.items()})


def column(frame: pd.DataFrame, name: str) -> pd.Series:
    """One text column; all missing when the frame does not have it."""
    if name in frame:
        return frame[name]
    return pd.Series(pa.nulls(len(frame), pa.large_string()), index=frame.index, dtype="str")


def renamed(values: pd.Series, new: Mapping[str, str]) -> pd.Series:
    """One text column in which some words stand for others; a categorical column stays one.

    Parameters
    ----------
    values : (m,) text or categorical
    new : mapping of str to str
        What stands there to what shall stand there; other values stay.
    """
    codes, distinct = parted(values)
    words = pd.Series(pd.Index(distinct, dtype="str"), dtype="str")
    hit = words.isin(list(new)).to_numpy()
    if not hit.any():
        return values
    words = words.where(~hit, words.map(new).astype("str"))
    if isinstance(values.dtype, pd.CategoricalDtype):
        again, kinds = pd.factorize(words)
        taken = pd.Categorical.from_codes(np.append(again, -1)[codes], categories=kinds)
        return pd.Series(taken, index=values.index)
    taken = words.array.take(codes, allow_fill=True)
    return pd.Series(taken, index=values.index, dtype="str")


def keys_of(frame: pd.DataFrame, names: Sequence[str]) -> NDArray[np.int64]:
    """A number for each row that rows share when they are equal in all the named columns: (m,) int64."""
    key = np.zeros(len(frame), dtype=np.int64)
    size = 1
    for name in names:
        codes, distinct = parted(frame[name])
        width = len(distinct) + 1
        if size * width >= _MOST_KEYS:
            key, kept = pd.factorize(key)
            size = len(kept)
        if size * width >= _MOST_KEYS:
            raise ValueError(f"{name}: too many different values for one key")
        key *= width
        key += codes
        key += 1
        size *= width
    return key


def repeats(frame: pd.DataFrame) -> NDArray[np.bool_]:
    """Rows that repeat an earlier one in all columns: (m,) bool."""
    key = keys_of(frame, list(frame.columns))
    order = np.sort(key)
    twice = order[1:][order[1:] == order[:-1]]
    found = np.zeros(len(frame), dtype=bool)
    if len(twice):  # few rows are left to be looked at one by one
        rows = np.flatnonzero(np.isin(key, twice))
        found[rows] = pd.Series(key[rows], copy=False).duplicated().to_numpy()
    return found
