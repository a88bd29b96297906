"""Segments: one grouping of the customers by which results are told apart."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_MOST = 12
EVERYBODY = "all"


@dataclass(frozen=True)
class Segments:
    """A grouping of all customers.

    Parameters
    ----------
    column : str
        The customer column behind it; empty when there is none.
    names : (g,) str
    code : (c,) uint8
        Segment of each customer.
    """

    column: str
    names: NDArray[np.str_]
    code: NDArray[np.uint8]


def segments_in(attributes: Mapping[str, NDArray], n_customers: int) -> Segments:
    """The first attribute of categories, as many as a table can show; everybody together when there is none.

    Customers without a value make a segment of their own, with an empty name.
    """
    for column, values in attributes.items():
        if values.dtype != object:
            continue
        names, code = np.unique(np.array(["" if v is None else str(v) for v in values]), return_inverse=True)
        if 2 <= len(names) <= _MOST:
            return Segments(column, names, code.astype(np.uint8))
    return Segments("", np.array([EVERYBODY]), np.zeros(n_customers, dtype=np.uint8))
