"""Attraction cells: volumes of all brands where rivals are seen, with the goodwill and the campaigns of the time.

Panel members by period, and audited bricks by period. Knows no estimate; see :mod:`twin.calibration.attraction.fit`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import signal, sparse

from twin.calibration.attraction.fit import Cells
from twin.calibration.lives import spells
from twin.market.history import History, Sales
from twin.market.world import World
from twin.response import attraction
from twin.weeks import Periods, year_phase

_KNOT_WEEKS, _HARMONICS = 26.0, 2
_BURN_IN_WEEKS = 26
"""Stocks are too uncertain for so long after the first recorded contact."""
_SETTLED_WEEKS = 13
"""Newcomers are counted from so many weeks after they became known: first orders are no share yet."""
_MOST_NUMBERS = 2.5e6
_GROUPS = 20
_BLOCK = 4096


@dataclass(frozen=True)
class Moves:
    """What was done, week by week.

    Parameters
    ----------
    worth : (h,) float, visits
        Of a contact on each channel.
    carryover : float, per week
    curvature : float
    campaigns : (j, w) float
        Strength, from the first week of history to the origin; 1 = the brand's average.
    """

    worth: NDArray[np.float64]
    carryover: float
    curvature: float
    campaigns: NDArray[np.float64]


@dataclass(frozen=True)
class Source:
    """Cells of one kind, with the meaning of their columns.

    Parameters
    ----------
    name : str
        ``panel`` or ``audit``.
    cells : Cells
    names : tuple of str
        Of the columns: ``campaign:<brand>``, nuisance columns without a name, at last ``goodwill`` where it is seen.
    unit : (u,) int
        Customer or brick.
    periods : int
        Of the record that one period of the cells holds.
    """

    name: str
    cells: Cells
    names: tuple[str, ...]
    unit: NDArray[np.int64]
    periods: int

    @property
    def category(self) -> NDArray[np.float64]:
        """All brands together: (u, p) float, units."""
        return self.cells.volume.sum(axis=2)

    def column(self, name: str) -> int:
        """Place of a named column; -1 where it is not there."""
        return self.names.index(name) if name in self.names else -1


def sources(world: World, history: History, moves: Moves) -> tuple[Source, ...]:
    """Panel and audit, whichever exist and show at least two brands in two units."""
    found = []
    if len(history.panel):
        found.append(_panel(world, history, moves))
    if len(history.audit):
        found.append(_audit(world, history, moves))
    return tuple(source for source in found if source is not None)


def warmth_by_period(
    history: History, moves: Moves, customers: NDArray[np.int64], periods: Periods
) -> NDArray[np.float64]:
    """Goodwill as it is felt, the mean over the weeks of each period: (n, p) float, of some customers."""
    first, n_weeks = history.first_week, history.n_weeks
    place = np.full(int(max(customers.max(initial=-1), history.touches.customer.max(initial=-1))) + 1, -1)
    place[customers] = np.arange(len(customers))
    touches = history.touches.where(history.touches.week >= first)
    row, keep = place[touches.customer], place[touches.customer] >= 0
    weights = periods.weights(first, n_weeks)
    mean = sparse.diags(1.0 / np.maximum(np.asarray(weights.sum(axis=1)).ravel(), 1e-9)) @ weights
    result = np.empty((len(customers), len(periods)))
    for start in range(0, len(customers), _BLOCK):
        mine = keep & (row >= start) & (row < start + _BLOCK)
        n = min(_BLOCK, len(customers) - start)
        flat = (row[mine] - start).astype(np.int64) * n_weeks + (touches.week[mine] - first)
        inflow = np.bincount(flat, moves.worth[touches.channel[mine]], n * n_weeks).reshape(n, n_weeks)
        stock = signal.lfilter([1.0], [1.0, -moves.carryover], inflow, axis=1)
        result[start : start + n] = (mean @ attraction.warmth(stock, moves.curvature).T).T
    return result


def _panel(world: World, history: History, moves: Moves) -> Source | None:
    """Members of the panel, in the periods in which they are ours or never were."""
    sales, n_own = history.panel, world.brands.n_own
    unit = np.unique(sales.unit).astype(np.int64)
    volume = _dense(sales, unit, len(world.brands))
    own = volume[:, :, :n_own].sum(axis=2)
    buys = own.any(axis=1)
    start = np.where(world.population.known, world.population.known_since.astype(np.int64) + _SETTLED_WEEKS, 0)[unit]
    mid = sales.periods.mid_week()
    ours = (mid[None, :] >= start[:, None]) & ~spells.away(own, np.ones(own.shape, dtype=bool))
    volume = np.where((ours | ~buys[:, None])[:, :, None], volume, 0.0)
    goodwill = None
    if len(history.touches):
        goodwill = warmth_by_period(history, moves, unit, sales.periods)
        volume[buys] = np.where(_seen(history, mid)[None, :, None], volume[buys], 0.0)
    return _source("panel", world, history, moves, sales.periods, volume, goodwill, unit, buys)


def _audit(world: World, history: History, moves: Moves) -> Source | None:
    """Audited bricks.

    Their goodwill is left out: where visits win customers, our share of the brick rises for that reason too, and the
    two cannot be told apart in sums over customers.
    """
    sales = history.audit
    unit = np.unique(sales.unit).astype(np.int64)
    volume = _dense(sales, unit, len(world.brands))
    return _source("audit", world, history, moves, sales.periods, volume, None, unit, np.ones(len(unit), bool))


def _seen(history: History, mid: NDArray[np.int32]) -> NDArray[np.bool_]:
    """Periods for which contacts were recorded long enough before."""
    return mid >= int(history.touches.week.min()) + _BURN_IN_WEEKS


def _dense(sales: Sales, unit: NDArray[np.int64], n_brands: int) -> NDArray[np.float64]:
    shape = (len(unit), len(sales.periods), n_brands)
    flat = (np.searchsorted(unit, sales.unit) * shape[1] + sales.period) * n_brands + sales.brand
    return np.maximum(np.bincount(flat, sales.volume, np.prod(shape)).reshape(shape), 0.0)


def _source(
    name: str, world: World, history: History, moves: Moves, periods: Periods, volume: NDArray[np.float64],
    goodwill: NDArray[np.float64] | None, unit: NDArray[np.int64], buys: NDArray[np.bool_],
) -> Source | None:  # fmt: skip
    tells = (volume.sum(axis=1) > 0).sum(axis=1) >= 2  # whoever buys one brand only has no shares that could move
    if tells.sum() < 2:
        return None
    volume, unit, buys = volume[tells], unit[tells], buys[tells]
    goodwill = None if goodwill is None else goodwill[tells]
    weights = periods.weights(history.first_week, history.n_weeks)
    spent = np.maximum(np.asarray(weights.sum(axis=1)).ravel(), 1e-9)
    active = np.asarray(weights @ moves.campaigns.T) / spent[:, None]
    shared, names = _campaign_columns(world, active)
    goodwill = None if goodwill is None else np.where(buys[:, None], goodwill, 0.0)
    if goodwill is not None and goodwill[buys].std() > 1e-6:
        # what moves the goodwill of all at once may be told by other news of the time: only differences count
        ours = np.zeros((1, *shared.shape[1:]))
        ours[0, :, : world.brands.n_own] = goodwill[buys].mean(axis=0)[:, None]
        shared, names, own = np.concatenate([shared, ours]), [*names, ""], goodwill[None]
    else:
        own = np.zeros((0, *volume.shape[:2]))
    nuisance = _level_columns(volume, periods)
    names = [*names, *[""] * len(nuisance), *["goodwill"] * len(own)]
    group = np.arange(len(unit)) % min(_GROUPS, len(unit))
    weeks = float(periods.weeks_in().mean())
    cells = Cells(volume, np.concatenate([shared, nuisance]), own, world.brands.n_own, group, weeks)
    numbers = volume.shape[0] * volume.shape[1] * (cells.n_columns + volume.shape[2] ** 2)
    together = max(1, int(np.ceil(numbers / _MOST_NUMBERS)))
    return Source(name, merged(cells, together), tuple(names), unit, together)


def _campaign_columns(world: World, active: NDArray[np.float64]) -> tuple[NDArray[np.float64], list[str]]:
    """One column for every brand with campaigns in sight."""
    n_brands = active.shape[1]
    found = [j for j in range(n_brands) if active[:, j].std() > 1e-9]
    columns = np.zeros((len(found), *active.shape))
    for place, j in enumerate(found):
        columns[place, :, j] = active[:, j]
    return columns, [f"campaign:{world.brands.names[j]}" for j in found]


def _level_columns(volume: NDArray[np.float64], periods: Periods) -> NDArray[np.float64]:
    """Level and season of every brand but the largest: straight between half-yearly knots, two harmonics."""
    mid = periods.mid_week().astype(float)
    span = mid[-1] - mid[0]
    knots = mid[0] + np.arange(max(1, round(span / _KNOT_WEEKS))) * _KNOT_WEEKS
    basis = [np.maximum(mid - knot, 0.0) / 52.0 for knot in knots]
    if span >= 100:
        phase = 2.0 * np.pi * year_phase(periods.mid_week())
        basis += [f(k * phase) for k in range(1, _HARMONICS + 1) for f in (np.cos, np.sin)]
    total = volume.sum(axis=(0, 1))
    brands = [j for j in range(len(total)) if total[j] > 0 and j != int(np.argmax(total))]
    columns = np.zeros((len(brands) * len(basis), len(mid), len(total)))
    for place, j in enumerate(brands):
        columns[place * len(basis) : (place + 1) * len(basis), :, j] = basis
    return columns


def merged(cells: Cells, together: int) -> Cells:
    """Cells of so many periods together: volumes add up, columns are averaged."""
    if together == 1:
        return cells
    n = cells.volume.shape[1]
    first = np.arange(0, n, together)
    length = np.diff(np.append(first, n))
    return replace(
        cells,
        volume=np.add.reduceat(cells.volume, first, axis=1),
        shared=np.add.reduceat(cells.shared, first, axis=1) / length[:, None],
        own=np.add.reduceat(cells.own, first, axis=2) / length,
        weeks=cells.weeks * together,
    )
