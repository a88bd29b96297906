"""Purchases: what each customer bought from us, as it was recorded."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from twin.market.history import Sales
from twin.weeks import Periods


@dataclass(frozen=True)
class Record:
    """What was recorded.

    Parameters
    ----------
    sold : (c, r) sparse float, units
        Our brands summed; returns that exceed a period's sales count as zero.
    periods : Periods
        The r periods.
    """

    sold: sparse.csr_matrix
    periods: Periods


def record_of(sales: Sales, own: NDArray[np.bool_], customers: NDArray[np.int32], n_people: int) -> Record:
    """Purchases of some customers in all periods.

    Parameters
    ----------
    sales : Sales
    own : (b,) bool
    customers : (c,) int32
        Indices into a population of ``n_people``.
    """
    place = np.full(n_people, -1)
    place[customers] = np.arange(len(customers))
    row = np.where(sales.unit >= 0, place[sales.unit], -1)
    mine = own[sales.brand] & (row >= 0) & (sales.period >= 0)
    cells = (sales.volume[mine], (row[mine], sales.period[mine]))
    sold = sparse.csr_matrix(cells, shape=(len(customers), len(sales.periods)))
    sold.data = np.maximum(sold.data, 0.0)
    return Record(sold, sales.periods)
