"""Codes: ids to positions, for columns of any length.

Every distinct id is looked up once. Knows no table.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray


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
