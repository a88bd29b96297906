"""Look back: what the calibrated twin said of months that are history by now, draw by draw, place by place.

A chunk is one parameter draw with all of its seeds, as in an ensemble: any executor runs it. Knows no actual figure but
the contacts, for the run that lives them again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from twin.agents.conditions import lay_out
from twin.agents.crowd import Week, lay_ground
from twin.agents.model import TwinModel
from twin.agents.recorder import UNKNOWN
from twin.agents.replay import ReplayModel
from twin.agents.run import live
from twin.calibration.calibration import Calibration
from twin.calibration.market_draw import lay_out_draw
from twin.draws import Key
from twin.forecast.executors import GivenUp, never
from twin.market.history import History, Touches
from twin.market.world import World
from twin.response.market import Market
from twin.scenario.scenario import BASELINE

_FIRST_WEEKS = 4
_SHOWN_SHARE = 0.02


@dataclass(frozen=True)
class Places:
    """Where customers are counted, and in which months.

    Parameters
    ----------
    market : (c,) int32
        Place of each customer in the market's figures: of everybody with an audit, of panel members with a panel;
        -1 where nobody looks.
    own : (c,) int32
        Place of each customer in our books.
    n_places : int
    market_months, own_months : (m, w) float
        Part of each simulated week in each month of either source.
    """

    market: NDArray[np.int32]
    own: NDArray[np.int32]
    n_places: int
    market_months: NDArray[np.float64]
    own_months: NDArray[np.float64]


@dataclass(frozen=True)
class PastChunk:
    """Runs of one draw. Axis r: seeds of luck, s: known or unknown at the origin, m: months ahead.

    Parameters
    ----------
    market : (r, place, s, j, m) float32, units
    own : (r, place, s, n_own, m) float32, units
    hidden : (r, place) float32, units a week
        Our volume in the first weeks at customers unknown at the origin: audits show it, our books do not.
    weekly : (r, s, j, w) float32, units
    replayed : (place, s, n_own, m) float32, units
        With the contacts that were really made; empty where none were recorded.
    replayed_weekly : (w,) float32, units
        Our brands, everybody; empty as well.
    """

    market: NDArray[np.float32]
    own: NDArray[np.float32]
    hidden: NDArray[np.float32]
    weekly: NDArray[np.float32]
    replayed: NDArray[np.float32]
    replayed_weekly: NDArray[np.float32]


class _ByPlace:
    """Recorder of volume by place, half of the market, brand and month."""

    single_customers = True

    def __init__(self, places: Places, world: World, n_weeks: int) -> None:
        n_brands, n_own, known = len(world.brands), world.brands.n_own, world.population.known
        half = np.where(known, 0, UNKNOWN)
        self._flat = {name: _flat(getattr(places, name), half, places.n_places) for name in ("market", "own")}
        self._months = {"market": places.market_months, "own": places.own_months}
        self._size, self._n_own = 2 * places.n_places, n_own
        brands = {"market": n_brands, "own": n_own}
        self.sums = {
            name: np.zeros((brands[name], self._size, months.shape[0])) for name, months in self._months.items()
        }
        self.first_unknown = np.zeros(places.n_places)
        self.weekly = np.zeros((2, n_brands, n_weeks))

    def record(self, model: TwinModel, week: Week) -> None:
        """Add one week."""
        t = model.week_index
        self.weekly[:, :, t] = week.volume.sum(axis=0)
        for name, months in self._months.items():
            touched = np.flatnonzero(months[:, t])
            early = name == "own" and t < _FIRST_WEEKS
            if not len(touched) and not early:
                continue
            kept, place = self._flat[name]
            sums = self.sums[name]
            for j in range(len(sums)):
                of_place = np.bincount(place, week.volume_of_each[j, kept], self._size)
                for month in touched:
                    sums[j, :, month] += months[month, t] * of_place
                if early:
                    self.first_unknown += of_place[UNKNOWN::2] / _FIRST_WEEKS

    def cells(self, name: str) -> NDArray[np.float32]:
        """(place, s, j, m) float32, units."""
        sums = self.sums[name]
        return np.moveaxis(sums.reshape(len(sums), -1, 2, sums.shape[2]), 0, 2).astype(np.float32)


def _flat(place: NDArray, half: NDArray, n_places: int) -> tuple[NDArray, NDArray]:
    """Customers who count, and the row of each: place and half."""
    kept = np.flatnonzero(place >= 0)
    return kept, place[kept].astype(np.int64) * 2 + half[kept]


@dataclass(frozen=True)
class LookBack:
    """Everything that the runs of one origin share.

    Parameters
    ----------
    world, history : World, History
        As they were known at the origin.
    calibration : Calibration
        Learned from them.
    places : Places
    touches : Touches
        Contacts really made, after the origin as well; empty where none were recorded.
    n_weeks, n_replicates, seed : int
    """

    world: World
    history: History
    calibration: Calibration
    places: Places
    touches: Touches
    n_weeks: int
    n_replicates: int
    seed: int

    def run(self, key: int, stopped: Callable[[], bool] = never) -> PastChunk:
        """Every seed of one draw, and the draw with the real contacts.

        Raises
        ------
        GivenUp
            When ``stopped`` said so.
        """
        world, n_weeks, n_own = self.world, self.n_weeks, self.world.brands.n_own
        market = lay_out_draw(self.calibration, world, self.history, key, n_weeks)
        ground, found = lay_ground(world, market), []
        for seed in range(self.n_replicates):
            if stopped():
                raise GivenUp
            luck = Key(self.seed, key, seed)
            found.append(_ByPlace(self.places, world, n_weeks))
            live(world, market, BASELINE, luck, n_weeks, found[-1], ground=ground)
        # where audits show hardly any of it, all that unknown customers buy from us comes into the books
        shown = self.calibration.potential.unknown_own_share > _SHOWN_SHARE
        replayed, weekly = np.zeros((0, 2, n_own, 0), np.float32), np.zeros(0, np.float32)
        if len(self.touches):
            again = self._with_real_contacts(market, Key(self.seed, key))
            replayed = again.cells("own")
            weekly = again.weekly[:, :n_own].sum(axis=(0, 1)).astype(np.float32)
        return PastChunk(
            np.stack([one.cells("market") for one in found]),
            np.stack([one.cells("own") for one in found]),
            np.stack([one.first_unknown for one in found]).astype(np.float32) * bool(shown),
            np.stack([one.weekly for one in found]).astype(np.float32),
            replayed,
            weekly,
        )

    def _with_real_contacts(self, market: Market, luck: Key) -> _ByPlace:
        nobody = replace(lay_out(self.world, market, BASELINE, self.n_weeks), rep_ids=np.array([], dtype=str))
        recorder = _ByPlace(self.places, self.world, self.n_weeks)
        model = ReplayModel(self.world, market, nobody, luck, recorder)
        model.touches = self.touches
        for _ in range(self.n_weeks):
            model.step()
        return recorder


def places_of(world: World, market_sources: NDArray[np.bool_]) -> tuple[NDArray[np.int32], NDArray[np.int32], int]:
    """Places of customers: their brick, else a place of their own territory.

    Parameters
    ----------
    world : World
    market_sources : (c,) bool
        Customers whom the market's figures see.

    Returns
    -------
    market, own : (c,) int32
    n_places : int
        Bricks, then one place a territory for those without a brick.
    """
    people, n_bricks = world.population, len(world.bricks)
    own = np.where(people.brick >= 0, people.brick, n_bricks + people.territory).astype(np.int32)
    return np.where(market_sources, own, -1).astype(np.int32), own, n_bricks + len(world.territories)


def territory_of_place(world: World) -> NDArray[np.int32]:
    """Territory of each place: (place,) int32."""
    return np.concatenate([world.bricks.territory, np.arange(len(world.territories))]).astype(np.int32)
