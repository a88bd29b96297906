"""Roads: minutes and kilometres between places, from great circles, a table that the planner gives, or a road engine.

A great circle times a factor is an assumption about roads, not a road network: bridges, ferries and rush hours are
unknown to it. Opens no file and calls nobody: an engine is a function that the caller brings.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from twin.geography.distance import haversine_km
from twin.planning.settings import PlanSettings
from twin.planning.travel import drive_minutes

Engine = Callable[[NDArray[np.float64], NDArray[np.float64]], tuple[NDArray[np.float64], NDArray[np.float64]]]
"""Minutes and kilometres between all of some places: (k,) lon and lat to two (k, k) arrays, ``nan`` where unknown."""


@dataclass(frozen=True)
class Ways:
    """Ways that somebody has measured.

    Parameters
    ----------
    names : (k,) str, ascending
        Customers and reps; a rep's name stands for its home.
    origin, target : (p,) int
        Rows of ``names``, in ascending order of both.
    minutes, km : (p,) float
    """

    names: NDArray[np.str_]
    origin: NDArray[np.int64]
    target: NDArray[np.int64]
    minutes: NDArray[np.float64]
    km: NDArray[np.float64]

    @staticmethod
    def of(
        origin: NDArray[np.str_], target: NDArray[np.str_], minutes: NDArray[np.float64], km: NDArray[np.float64]
    ) -> Ways:
        """Ways from one row each; the last of several for a pair counts."""
        names, codes = np.unique(np.concatenate([origin, target]), return_inverse=True)
        o, d = codes[: len(origin)], codes[len(origin) :]
        key = o * len(names) + d
        order = np.argsort(key, kind="stable")
        last = order[np.append(key[order][1:] != key[order][:-1], True)] if len(order) else order
        return Ways(names, o[last].astype(np.int64), d[last].astype(np.int64), minutes[last], km[last])

    def between(self, names: NDArray[np.str_]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Minutes and kilometres between some names: (k, k) float twice, ``nan`` where nobody has measured."""
        k = len(names)
        nothing = np.full((k, k), np.nan)
        if not len(self.names) or not len(self.origin):
            return nothing, nothing.copy()
        row = np.minimum(np.searchsorted(self.names, names), len(self.names) - 1)
        row = np.where(self.names[row] == names, row, -1)
        key = self.origin * len(self.names) + self.target
        asked = row[:, None] * len(self.names) + row
        at = np.minimum(np.searchsorted(key, asked), len(key) - 1)
        there = (key[at] == asked) & (row[:, None] >= 0) & (row >= 0)
        return np.where(there, self.minutes[at], np.nan), np.where(there, self.km[at], np.nan)


@dataclass(frozen=True)
class Roads:
    """How long ways take.

    Parameters
    ----------
    settings : PlanSettings
    ways : Ways, optional
        Count before everything else.
    engine : callable, optional
        Asked for whatever ``ways`` lacks; great circles are the last resort.
    """

    settings: PlanSettings
    ways: Ways | None = None
    engine: Engine | None = field(default=None, compare=False)

    def between(
        self, names: NDArray[np.str_], lon: NDArray[np.float64], lat: NDArray[np.float64]
    ) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Ways between some places.

        Parameters
        ----------
        names : (k,) str
        lon, lat : (k,) float, degrees
            ``nan`` when unknown.

        Returns
        -------
        minutes : (k, k) int
            On the road, parking not counted, rounded up.
        km : (k, k) float
            ``nan`` where a place is unknown.
        """
        km = self.settings.road_factor * haversine_km(lon[:, None], lat[:, None], lon, lat)
        minutes = drive_minutes(km, self.settings)
        if self.engine is not None:
            placed = np.flatnonzero(np.isfinite(lon) & np.isfinite(lat))
            found = self.engine(lon[placed], lat[placed])
            for whole, part in zip((minutes, km), found, strict=True):
                inside = np.ix_(placed, placed)
                whole[inside] = np.where(np.isfinite(part), part, whole[inside])
        if self.ways is not None:
            for whole, part in zip((minutes, km), self.ways.between(names), strict=True):
                whole[...] = np.where(np.isfinite(part), part, whole)
        np.fill_diagonal(minutes, 0.0)
        return np.ceil(minutes - 1e-6).astype(np.int64), km
