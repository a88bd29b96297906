"""Campaign start: a first guess of what campaigns lift, all rivals together with their levels and natural seasons.

A season fitted by itself takes up a good part of what returns every year, and one rival's campaign is a dip of all
others; here all of it competes from the beginning. Only a guess: see campaign_slots for what is believed.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from twin.calibration.calendar.campaign_baseline import columns
from twin.calibration.calendar.campaign_recurrence import Cycles
from twin.calibration.levels.period_totals import Series

_LENGTHS = (2, 3, 4, 6)
_BLUR = np.array([0.2, 0.6, 0.2])
_LEAST = {"place": 3.2, "single": 4.5}
_MOST_EACH = 12
_WIDER = 1.1
_SWEEPS = 2


def first_lifts(
    series: Series, rivals: Sequence[int], known: NDArray[np.float64], first: int, n_weeks: int,
    table: tuple[sparse.csr_array, NDArray[np.float64]],
) -> NDArray[np.float64]:  # fmt: skip
    """Lift of each period by what looks like campaigns: (p, j) float, log volume.

    Log volumes, centred over the brands of each period, are fitted by level, season and known campaigns of every
    brand; then columns for places of the calendar and for single stretches are taken in one after the other, always
    the one with the largest t value, and each is chosen once more given all others. Only lifts count.

    Parameters
    ----------
    series : Series
    rivals : sequence of int
        Brands that are searched.
    known : (p, j) float in [0, 1]
        Known campaigns.
    first, n_weeks : int, week
        The grid.
    table : (n, w) sparse, (n,) float
        As from :func:`shapes`.
    """
    result = np.zeros(series.totals.shape)
    brands = np.flatnonzero((series.totals > 0).mean(axis=0) > 0.6)
    searched = [int(np.flatnonzero(brands == brand)[0]) for brand in rivals if brand in brands]
    kept = (series.totals[:, brands] > 0).all(axis=1)
    if len(brands) < 2 or not searched or kept.sum() < 20:
        return result
    log = np.log(series.totals[kept][:, brands])
    log = log - log.mean(axis=1, keepdims=True)
    profile, least = _profile(series, first, n_weeks, table[0]), table[1]
    guess = _Guess(columns(series)[kept], log, known[kept][:, brands], profile[kept], least, searched)
    for _ in range(_MOST_EACH * len(searched)):
        if not guess.add():
            break
    for _ in range(_SWEEPS):
        for place in range(len(guess.chosen)):
            guess.choose_again(place)
    for (column, brand), size in zip(guess.chosen, guess.sizes()):
        result[:, brands[brand]] += max(size, 0.0) * profile[:, column]
    return result


class _Guess:
    """A forward choice in progress: columns and what is left of the centred logs."""

    def __init__(
        self, nuisance: NDArray, log: NDArray, known: NDArray, profile: NDArray, least: NDArray, searched: list[int]
    ) -> None:
        self.basis = np.linalg.qr(nuisance)[0]
        self.log = self._free(log)
        self.design, self.least, self.searched = self._free(profile), least, searched
        self.size = np.linalg.norm(self.design, axis=0)
        # what season and level explain nearly by themselves is theirs
        self.usable = self.size > np.maximum(0.3 * np.linalg.norm(profile, axis=0), 1e-9)
        self.known = [(self._free(known[:, [brand]])[:, 0], brand) for brand in np.flatnonzero(known.any(axis=0))]
        self.chosen: list[tuple[int, int]] = []
        self.rest = self._rest()
        change = np.diff(self.rest[:, searched], axis=0)
        self.scale = _WIDER * np.minimum(_sd(self.rest[:, searched]), _sd(change) / np.sqrt(2))

    def add(self) -> bool:
        """Take in the best column; whether there was one."""
        found = self._best()
        if found is not None:
            self.chosen.append(found)
            self.rest = self._rest()
        return found is not None

    def choose_again(self, place: int) -> None:
        """Choose one column once more, given all others."""
        before = self.chosen.pop(place)
        self.rest = self._rest()
        self.chosen.insert(place, self._best() or before)
        self.rest = self._rest()

    def sizes(self) -> NDArray[np.float64]:
        """Lift of each chosen column."""
        return self._fit()[len(self.known) :]

    def _best(self) -> tuple[int, int] | None:
        n_brands = self.log.shape[1]
        length = np.maximum(self.size * np.sqrt(1 - 1 / n_brands), 1e-12)
        t = (self.design.T @ self.rest[:, self.searched]) / length[:, None] / self.scale
        t[~self.usable] = -np.inf
        for column, brand in self.chosen:
            t[column, self.searched.index(brand)] = -np.inf
        column, brand = np.unravel_index(int(np.argmax(t - self.least[:, None])), t.shape)
        return (int(column), self.searched[brand]) if t[column, brand] >= self.least[column] else None

    def _fit(self) -> NDArray[np.float64]:
        pairs = [*self.known, *((self.design[:, column], brand) for column, brand in self.chosen)]
        if not pairs:
            return np.zeros(0)
        x, brand = np.array([one for one, _ in pairs]), np.array([one for _, one in pairs])
        gram = (x @ x.T) * ((brand[:, None] == brand[None, :]) - 1 / self.log.shape[1])
        right = np.array([column @ self.log[:, one] for column, one in pairs])
        return np.linalg.solve(gram + 1e-9 * np.eye(len(gram)) * max(np.trace(gram), 1e-9), right)

    def _rest(self) -> NDArray[np.float64]:
        rest = self.log.copy()
        pairs = [*self.known, *((self.design[:, column], brand) for column, brand in self.chosen)]
        for (column, brand), size in zip(pairs, self._fit()):
            rest += size * column[:, None] / self.log.shape[1]
            rest[:, brand] -= size * column
        return rest

    def _free(self, values: NDArray) -> NDArray[np.float64]:
        return np.asarray(values - self.basis @ (self.basis.T @ values))


def _profile(series: Series, first: int, n_weeks: int, rows: sparse.csr_array) -> NDArray[np.float64]:
    """Shapes by week carried to the periods of a series: (p, n) float."""
    weights = series.periods.weights(first, n_weeks)
    weights = sparse.diags_array(1 / np.maximum(np.asarray(weights.sum(axis=1)).ravel(), 1e-12)) @ weights
    return np.asarray((weights @ rows.T).todense())


def shapes(n_weeks: int, anchors: Sequence[Cycles]) -> tuple[sparse.csr_array, NDArray[np.float64]]:
    """Rows of weeks for every place and single stretch, and the t value that each of them needs."""
    rows, least = [], []
    for length in _LENGTHS:
        shape = np.convolve(np.ones(length), _BLUR)
        for anchor in anchors:
            offsets = np.arange(52) if anchor.anchor == "date" else np.arange(-10, 6)
            start = np.floor(anchor.position[None, :] + offsets[:, None] - 0.5).astype(int)
            for places in start:
                row = np.zeros(n_weeks + 40)
                for place in places[(places > -10) & (places < n_weeks)] + 20:
                    row[place : place + len(shape)] += shape
                rows.append(row[20 : n_weeks + 20])
                least.append(_LEAST["place"])
        for start in range(0, n_weeks - length + 1):
            row = np.zeros(n_weeks)
            row[start : start + length] = 1.0
            rows.append(row)
            least.append(_LEAST["single"])
    return sparse.csr_array(np.array(rows)), np.array(least)


def _sd(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Robust sd of each column."""
    return np.maximum(1.4826 * np.median(np.abs(values - np.median(values, axis=0)), axis=0), 1e-9)
