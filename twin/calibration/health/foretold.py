"""Foretold cells: what was said beside what came, by place and brand, and whether chance explains the difference.

Knows arrays and names only: not how a year was foretold.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from twin.draws import band

_WORST = 8
_TRACE = 1e-3


@dataclass(frozen=True)
class Cells:
    """What was foretold and what came, by place and brand.

    Parameters
    ----------
    source : str
        ``audit``, ``panel`` or ``books``.
    place : (n,) str
        Brick or territory.
    brand : (n,) str
    actual : (n,) float, units
        Over the year.
    foretold : (d, n) float, units
    """

    source: str
    place: NDArray[np.str_]
    brand: NDArray[np.str_]
    actual: NDArray[np.float64]
    foretold: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.actual)


@dataclass(frozen=True)
class Predictive:
    """How last year fits what had been learned before it.

    Parameters
    ----------
    origin : int, week
        Of the calibration that foretold.
    n_runs : int
    cells : tuple of Cells
        One for each source of records.
    inside_80, inside_90 : mapping of source to float
        Share of cells inside the band.
    p_value : mapping of source to float
        Chance that so many cells or more would miss the 80 % band if one of the runs were the truth: cells move
        together, and the runs know how much.
    p_of_brand : mapping of (source, brand) to float
        Two-sided, of the brand's total over all places; Student's t of logs, which tells beyond the range of the runs.
    """

    origin: int
    n_runs: int
    cells: tuple[Cells, ...]
    inside_80: dict[str, float]
    inside_90: dict[str, float]
    p_value: dict[str, float]
    p_of_brand: dict[str, float]

    def worst(self, most: int = _WORST) -> list[tuple[str, str, str, float, float, float, float]]:
        """Cells farthest from the middle of their band: source, place, brand, actual, p10, p50, p90."""
        rows: list[tuple[float, tuple[str, str, str, float, float, float, float]]] = []
        for cells in self.cells:
            low, middle, high = band(cells.foretold, [0.1, 0.5, 0.9])
            width = np.maximum(high - low, 1e-9)
            off = np.abs(cells.actual - middle) / width
            for k in np.argsort(-off, kind="stable")[:most]:
                figures = (float(cells.actual[k]), float(low[k]), float(middle[k]), float(high[k]))
                rows.append((float(off[k]), (cells.source, str(cells.place[k]), str(cells.brand[k]), *figures)))
        return [row for _, row in sorted(rows, key=lambda one: -one[0])[:most]]


def judge(origin: int, cells: tuple[Cells, ...]) -> Predictive:
    """Coverage and p-values of cells that were foretold."""
    cells = tuple(one for one in cells if len(one))
    inside_80, inside_90, p_value, p_of_brand = {}, {}, {}, {}
    for one in cells:
        inside_80[one.source], p_value[one.source] = _coverage(one, 0.8)
        inside_90[one.source], _ = _coverage(one, 0.9)
        for brand in np.unique(one.brand):
            of = one.brand == brand
            total = one.foretold[:, of].sum(axis=1)
            p_of_brand[f"{one.source}: {brand}"] = _two_sided(total, float(one.actual[of].sum()))
    n_runs = len(cells[0].foretold) if cells else 0
    return Predictive(origin, n_runs, cells, inside_80, inside_90, p_value, p_of_brand)


def _coverage(cells: Cells, level: float) -> tuple[float, float]:
    """Share of cells inside the band, and how often a run held against the others would have fewer inside."""
    n = len(cells.foretold)
    everything = np.vstack([cells.actual, cells.foretold])
    rank = np.empty(everything.shape)
    order = np.argsort(everything, axis=0, kind="stable")
    np.put_along_axis(rank, order, np.arange(n + 1, dtype=float)[:, None] * np.ones(len(cells)), axis=0)
    # ranks of what is held against the n others: inside when in the middle part of n + 1 places
    place = (rank + 0.5) / (n + 1)
    inside = (np.abs(place - 0.5) <= level / 2).mean(axis=1)
    low, high = band(cells.foretold, [(1 - level) / 2, (1 + level) / 2])
    share = float(((cells.actual >= low) & (cells.actual <= high)).mean())
    return share, float((1 + (inside[1:] <= inside[0]).sum()) / (n + 1))


def _two_sided(draws: NDArray[np.float64], actual: float) -> float:
    """Chance that one more run would lie as far off: ranks of n runs never get below 2 / (n + 1), a t of logs does."""
    n, least = len(draws), max(_TRACE * float(draws.mean()), 1e-300)
    logs, here = np.log(np.maximum(draws, least)), np.log(max(actual, least))
    spread = float(logs.std(ddof=1)) * np.sqrt(1.0 + 1.0 / n)
    return float(2.0 * stats.t.sf(abs(here - logs.mean()) / max(spread, 1e-9), n - 1))
