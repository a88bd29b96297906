"""Past cells: what is scored: a figure of a place, a brand and a month ahead, as it came and as it was foreseen.

Figures: our books' volume, the market's volume and shares by brand, both halves of our volume where they can be seen.
Levels: everything, territories, bricks. Shares are ratios of sums, never means of shares.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twin.agents.recorder import KNOWN, UNKNOWN
from twin.forecast.look_back import PastChunk, Places, territory_of_place
from twin.forecast.months import Months, by_month
from twin.market.history import History, Sales
from twin.market.world import World

ALL, OURS = "all", "ours"
LEVELS = ("all", "territory", "brick")
MOST_CELLS = 20_000
"""Bricks times brands above which bricks are not scored: every run would have to be kept for each."""


@dataclass(frozen=True)
class Cells:
    """One figure at one level. Axis k: places and brands; m: months ahead; d: runs.

    Parameters
    ----------
    measure : str
    level : str
        One of :data:`LEVELS`.
    place, of : (k,) str
        Territory or brick; brand, or ``all``.
    block : (k,) int32
        Territory, by which errors that move together are resampled together.
    is_share : bool
        Between 0 and 1; otherwise units.
    past : (k, t) float
        The figure before the origin, oldest first; ``nan`` where nothing was sold of anything.
    past_weight, weight : (k, t), (k, m) float, units
        What a share is a share of; 1 for volumes.
    actual : (k, m) float
    runs : (d, k, m) float32
    """

    measure: str
    level: str
    place: NDArray[np.str_]
    of: NDArray[np.str_]
    block: NDArray[np.int32]
    is_share: bool
    past: NDArray[np.float64]
    past_weight: NDArray[np.float64]
    weight: NDArray[np.float64]
    actual: NDArray[np.float64]
    runs: NDArray[np.float32]


@dataclass(frozen=True)
class Records:
    """What was really recorded, the months after the origin included.

    Parameters
    ----------
    market : Sales
        Audit, or panel where there is none; may be empty.
    own : Sales
        Our books.
    of_market : (u,) int32
        Place of each unit of the market's record; -1 where it is left out.
    market_months, own_months : Months
    """

    market: Sales
    own: Sales
    of_market: NDArray[np.int32]
    market_months: Months
    own_months: Months


def cells_of(world: World, history: History, records: Records, places: Places, chunks: list[PastChunk]) -> list[Cells]:
    """Every figure at every level.

    Parameters
    ----------
    world : World
        As known at the origin.
    history : History
        As known at the origin.
    records : Records
    places : Places
    chunks : list of PastChunk
        In the order of draws.

    Returns
    -------
    list of Cells
    """
    found: list[Cells] = []
    if len(records.market) and records.market_months.n_ahead:
        found += _of_market(world, records, places, chunks)
    if records.own_months.n_ahead:
        found += _of_books(world, records, places, chunks)
    if len(history.audit) and len(records.own):
        found += _of_halves(world, records, places, chunks)
    return found


@dataclass(frozen=True)
class _Grid:
    """Places of one level as rows."""

    level: str
    names: NDArray[np.str_]
    block: NDArray[np.int32]
    row: NDArray[np.int32]  # of each place; -1 where it has none

    def sums(self, values: NDArray, axis: int) -> NDArray:
        """Sums over the places of each row."""
        moved = np.moveaxis(values, axis, 0)
        total = np.zeros((len(self.names), *moved.shape[1:]))
        np.add.at(total, self.row[self.row >= 0], moved[self.row >= 0])
        return np.moveaxis(total, 0, axis)


def _grids(world: World, seen: NDArray[np.bool_], n_figures: int) -> Iterator[_Grid]:
    """Levels that have more than one row; everything always. ``seen`` (place,): those that hold anything."""
    zone, n_bricks = territory_of_place(world), len(world.bricks)
    one = np.where(seen, 0, -1).astype(np.int32)
    yield _Grid("all", np.array([ALL]), np.zeros(1, np.int32), one)
    zones = np.unique(zone[seen])
    if len(zones) > 1:
        row = np.where(seen, np.searchsorted(zones, zone), -1).astype(np.int32)
        yield _Grid("territory", world.territories[zones].astype(str), zones.astype(np.int32), row)
    bricks = np.flatnonzero(seen[:n_bricks])
    if len(bricks) > 1 and len(bricks) * n_figures <= MOST_CELLS:
        row = np.full(len(seen), -1, np.int32)
        row[bricks] = np.arange(len(bricks))
        yield _Grid("brick", world.bricks.ids[bricks].astype(str), world.bricks.territory[bricks], row)


def _of_market(world: World, records: Records, places: Places, chunks: list[PastChunk]) -> list[Cells]:
    """Category volume, volume and share by brand, and our share."""
    months, n_brands = records.market_months, len(world.brands)
    real = by_month(records.market, months, records.of_market, places.n_places, n_brands)
    seen = real[:, :, : months.n_past].sum(axis=(1, 2)) > 0
    runs = np.concatenate([chunk.market for chunk in chunks])[..., : months.n_ahead].sum(axis=2)
    found: list[Cells] = []
    for grid in _grids(world, seen, n_brands):
        volume = grid.sums(real, 0)
        mine = grid.sums(runs, 1)
        total, my_total = volume.sum(axis=1), mine.sum(axis=2)
        n_own, brands = world.brands.n_own, world.brands.names.astype(str)
        ours, my_ours = volume[:, :n_own].sum(axis=1), mine[:, :, :n_own].sum(axis=2)
        found.append(_cells("category_volume", grid, None, total, None, my_total, None, months.n_past))
        found.append(_cells("own_share", grid, None, ours, total, my_ours, my_total, months.n_past, OURS))
        by_brand = np.repeat(total[:, None], n_brands, axis=1)
        mine_by_brand = np.repeat(my_total[:, :, None], n_brands, axis=2)
        found.append(_cells("brand_share", grid, brands, volume, by_brand, mine, mine_by_brand, months.n_past))
        found.append(_cells("brand_volume", grid, brands, volume, None, mine, None, months.n_past))
    return found


def _of_books(world: World, records: Records, places: Places, chunks: list[PastChunk]) -> list[Cells]:
    """Our volume as the books show it, with the contacts to be expected and with those really made."""
    months, n_own = records.own_months, world.brands.n_own
    real = by_month(records.own, months, places.own, places.n_places, len(world.brands))[:, :n_own].sum(axis=1)
    seen = real[:, : months.n_past].sum(axis=1) > 0
    ahead = slice(None, months.n_ahead)
    hidden = np.concatenate([chunk.hidden for chunk in chunks])
    # what unknown customers buy without our knowing stays out of the books; who is found comes into them
    length = months.weights.sum(axis=1)[ahead]
    runs = np.concatenate([chunk.own for chunk in chunks])[..., ahead].sum(axis=(2, 3)) - hidden[:, :, None] * length
    again = [chunk.replayed for chunk in chunks if chunk.replayed.size]
    found: list[Cells] = []
    for grid in _grids(world, seen, 1):
        volume = grid.sums(real, 0)
        mine = np.maximum(grid.sums(runs, 1), 0.0)
        found.append(_cells("own_volume", grid, None, volume, None, mine, None, months.n_past))
        if again and grid.level != "brick":
            lived = np.stack(again)[..., ahead].sum(axis=(2, 3)) - hidden.mean(axis=0)[None, :, None] * length
            replayed = np.maximum(grid.sums(lived, 1), 0.0)
            name = "own_volume_with_real_contacts"
            found.append(_cells(name, grid, None, volume, None, replayed, None, months.n_past))
    return found


def _of_halves(world: World, records: Records, places: Places, chunks: list[PastChunk]) -> list[Cells]:
    """Our volume at customers known at the origin, and at all others: the audit's less the books' of the known."""
    months, n_own = records.own_months, world.brands.n_own
    if not months.n_ahead:
        return []
    then_known = np.where(world.population.known, places.own, -1)
    known = by_month(records.own, months, then_known, places.n_places, len(world.brands))[:, :n_own].sum(axis=1)
    seen = known[:, : months.n_past].sum(axis=1) > 0
    runs = np.concatenate([chunk.own for chunk in chunks])[..., : months.n_ahead].sum(axis=3)
    other = records.market_months
    same = (other.kind, other.n_ahead) == (months.kind, months.n_ahead)
    found: list[Cells] = []
    for grid in _grids(world, seen, 1):
        if grid.level == "brick":
            continue
        mine = grid.sums(runs[:, :, KNOWN], 1)
        found.append(_cells("own_volume_known", grid, None, grid.sums(known, 0), None, mine, None, months.n_past))
        if same:
            n_past = min(months.n_past, other.n_past)
            shown = by_month(records.market, other, records.of_market, places.n_places, len(world.brands))
            rest = grid.sums(shown[:, :n_own].sum(axis=1), 0)[:, other.n_past - n_past :]
            rest = np.maximum(rest - grid.sums(known, 0)[:, months.n_past - n_past :], 0.0)
            mine = grid.sums(runs[:, :, UNKNOWN], 1)
            found.append(_cells("own_volume_unknown", grid, None, rest, None, mine, None, n_past))
    return found


def _cells(
    measure: str, grid: _Grid, brands: NDArray[np.str_] | None, top: NDArray, bottom: NDArray | None,
    run_top: NDArray, run_bottom: NDArray | None, n_past: int, of: str = ALL,
) -> Cells:  # fmt: skip
    """Rows of places, and of brands within them, with the past and the future told apart.

    ``top`` and ``bottom`` are (place[, j], t + m), ``run_top`` and ``run_bottom`` (d, place[, j], m); a figure without
    a bottom is a volume.
    """
    n_rows = int(np.prod(top.shape[:-1]))
    n_each = 1 if brands is None else len(brands)
    of_row = np.full(n_rows, of) if brands is None else np.tile(brands, len(grid.names))
    top, run_top = top.reshape(n_rows, -1), run_top.reshape(len(run_top), n_rows, -1)
    weight, runs = np.ones_like(top), run_top
    if bottom is not None and run_bottom is not None:
        weight = bottom.reshape(n_rows, -1)
        top = np.divide(top, weight, out=np.full_like(top, np.nan), where=weight > 0)
        below = run_bottom.reshape(run_top.shape)
        runs = np.divide(run_top, below, out=np.zeros_like(run_top), where=below > 0)
    return Cells(
        measure=measure,
        level=grid.level,
        place=np.repeat(grid.names, n_each),
        of=of_row,
        block=np.repeat(grid.block, n_each),
        is_share=bottom is not None,
        past=top[:, :n_past],
        past_weight=weight[:, :n_past],
        weight=weight[:, n_past:],
        actual=top[:, n_past:],
        runs=runs.astype(np.float32),
    )
