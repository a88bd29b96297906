"""Directory: the row of a customer, by its id. Knows nothing else of it."""

from __future__ import annotations

import difflib
from bisect import bisect_left
from collections.abc import Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

_AROUND = 25
"""Ids on either side of the place where one should stand, among which the nearest is looked for."""


class Directory:
    """Rows by id. Sorted once, when it is first asked.

    Parameters
    ----------
    ids : (c,) str
        Numbers are read as they are written.
    """

    def __init__(self, ids: NDArray[np.str_]) -> None:
        self.ids = ids

    @cached_property
    def _order(self) -> NDArray[np.int64]:
        return np.argsort(self._written, kind="stable")

    @cached_property
    def _written(self) -> NDArray[np.str_]:
        return self.ids if self.ids.dtype.kind == "U" else self.ids.astype(str)

    def row(self, customer_id: str) -> int:
        """Row of a customer, found without touching the others.

        Raises
        ------
        KeyError
            No such customer; the nearest id is named.
        """
        name, order, ids = str(customer_id), self._order, self._written
        place = bisect_left(order, name, key=ids.__getitem__)
        if place == len(order) or ids[order[place]] != name:
            raise KeyError(f"customer {name!r}: expected an id of this market, {self._nearest(name)}")
        return int(order[place])

    def rows(self, customer_ids: Sequence[str]) -> NDArray[np.int64]:
        """Rows of customers: (i,) int. See :meth:`row`."""
        names = np.array([str(name) for name in customer_ids], dtype=str)
        if not len(self.ids):
            return np.array([self.row(name) for name in names[:1]], dtype=np.int64)
        place = np.searchsorted(self._written, names, sorter=self._order)
        rows = self._order[np.minimum(place, len(self.ids) - 1)]
        for stranger in names[self._written[rows] != names][:1]:
            self.row(stranger)
        return rows

    def _nearest(self, name: str) -> str:
        """What to say of an id that is not there."""
        if not len(self.ids):
            return "found no customer at all"
        beside: set[str] = set()
        for spelling in {name, name.strip().upper(), name.strip().lower()}:
            place = bisect_left(self._order, spelling, key=self._written.__getitem__)
            beside.update(self._written[self._order[max(place - _AROUND, 0) : place + _AROUND]].tolist())
        found = difflib.get_close_matches(name.upper(), {one.upper() for one in beside}, 1, 0.0)
        spelled = sorted(one for one in beside if one.upper() in found)
        return f"the nearest is {spelled[0]!r}"
