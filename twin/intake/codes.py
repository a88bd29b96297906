"""Codes: ids to positions, for columns of any length.

Every distinct id is looked up once. Knows no table.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
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
    codes, distinct = pd.factorize(values)
    places = pd.Series(np.arange(len(known)), index=pd.Index(known, dtype="str"))
    places = places[~places.index.duplicated()]
    found = places.reindex(pd.Index(distinct, dtype="str")).fillna(-1).to_numpy().astype(np.int32)
    return np.append(found, np.int32(-1))[codes]


def column(frame: pd.DataFrame, name: str) -> pd.Series:
    """One text column; all missing when the frame does not have it."""
    if name in frame:
        return frame[name]
    return pd.Series(np.full(len(frame), None, dtype=object), index=frame.index, dtype="str")


def renamed(values: pd.Series, new: Mapping[str, str]) -> pd.Series:
    """One text column in which some words stand for others; a categorical column stays one.

    Parameters
    ----------
    values : (m,) text or categorical
    new : mapping of str to str
        What stands there to what shall stand there; other values stay.
    """
    codes, distinct = pd.factorize(values)
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
        codes, distinct = pd.factorize(frame[name])
        width = len(distinct) + 1
        if size * width >= _MOST_KEYS:
            key, kept = pd.factorize(key)
            size = len(kept)
        if size * width >= _MOST_KEYS:
            raise ValueError(f"{name}: too many different values for one key")
        key = key * width + (codes + 1)
        size *= width
    return key
