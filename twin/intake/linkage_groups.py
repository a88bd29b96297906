"""Groups: pairs that are one, put together; and pairs that would bring together what cannot be one."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components


def groups_of(n: int, i: NDArray[np.int64], j: NDArray[np.int64]) -> NDArray[np.int64]:
    """Group of every row: (n,) int; rows joined by pairs, directly or through others, share one."""
    graph = coo_array((np.ones(len(i), dtype=np.int8), (i, j)), shape=(n, n))
    return connected_components(graph, directed=False)[1].astype(np.int64)


def clashing(
    n: int,
    i: NDArray[np.int64],
    j: NDArray[np.int64],
    joined: NDArray[np.bool_],
    tax: NDArray[np.int64],
    apart: tuple[NDArray[np.int64], NDArray[np.int64]],
) -> NDArray[np.bool_]:
    """Pairs that lie in a group which cannot be one outlet.

    Parameters
    ----------
    n : int
        Number of rows.
    i, j : (p,) int
    joined : (p,) bool
        The pairs that make groups.
    tax : (n,) int
        Code of the tax number, -1 without: no group has two.
    apart : two (q,) int
        Rows that a person keeps apart.

    Returns
    -------
    (p,) bool
    """
    group = groups_of(n, i[joined], j[joined])
    given = tax >= 0
    numbers = pd.DataFrame({"group": group[given], "tax": tax[given]}).drop_duplicates()
    bad = np.bincount(numbers["group"], minlength=n) > 1
    together = group[apart[0]] == group[apart[1]]
    bad[group[apart[0]][together]] = True
    return joined & bad[group[i]]


def best_first(i: NDArray[np.int64], j: NDArray[np.int64], score: NDArray[np.float64]) -> NDArray[np.int64]:
    """One-to-one choice: a pair is taken when no better one is left for either side.

    Returns
    -------
    (k,) int
        Positions of the pairs that were taken.
    """
    alive = np.lexsort((j, i, -score))
    chosen = []
    while len(alive):
        first = ~(pd.Series(i[alive]).duplicated() | pd.Series(j[alive]).duplicated()).to_numpy()
        taken = alive[first]
        chosen.append(taken)
        alive = alive[~(np.isin(i[alive], i[taken]) | np.isin(j[alive], j[taken]))]
    return np.concatenate(chosen) if chosen else np.empty(0, dtype=np.int64)
