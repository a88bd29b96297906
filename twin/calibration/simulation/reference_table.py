"""Reference table: one window of history, simulated under many parameters; what its books would show in each case.

A row is one point of a low-discrepancy sequence for what cannot be seen directly, with one draw of everything else that
was learned before the window. Rows depend on their number alone: a small table is the beginning of a large one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import special
from scipy.stats import qmc

from twin.agents.conditions import Conditions, lay_out
from twin.agents.crowd import lay_ground
from twin.agents.model import TwinModel
from twin.calibration.calibration import Calibration
from twin.calibration.market_draw import lay_out_draw
from twin.calibration.simulation.record import Books, Frame
from twin.calibration.simulation.summaries import Scale, summarise
from twin.draws import Key
from twin.market.channels import VISIT
from twin.market.history import History, Touches
from twin.market.world import World
from twin.response.market import Market
from twin.response.parameters import Prior, parameter_uniforms
from twin.scenario.scenario import BASELINE

ROWS_PER_CHUNK = 8
"""Rows that are run, and kept, as one piece."""
_MOST_ROWS = 1 << 14
_EDGE = 1e-4


class TableGivenUp(Exception):
    """A chunk that was left off because nobody waits for it any more."""


@dataclass(frozen=True)
class ReferenceTable:
    """Everything that the rows share.

    Parameters
    ----------
    world, history : World, History
        As known at the first week of the window.
    calibration : Calibration
        Learned from them.
    frame : Frame
    scale : Scale
    capacity : (z, w) float or None, visits
        What was really done in person in each territory and week; ``None`` without a record.
    priors : mapping of str to Prior
        Of the parameters that the rows vary, in the order of the columns.
    figures : tuple of str
        Summaries, in the order of the columns.
    seed : int
    """

    world: World
    history: History
    calibration: Calibration
    frame: Frame
    scale: Scale
    capacity: NDArray[np.float64] | None
    priors: Mapping[str, Prior]
    figures: tuple[str, ...]
    seed: int

    def run(self, key: int, stopped: Callable[[], bool] = lambda: False) -> NDArray[np.float64]:
        """Figures of one chunk of rows: (ROWS_PER_CHUNK, m) float.

        Parameters
        ----------
        key : int
            Number of the chunk.
        stopped : callable
            Asked before each row.

        Raises
        ------
        TableGivenUp
            When ``stopped`` said so.
        """
        theta = self.parameters((key + 1) * ROWS_PER_CHUNK)
        found = []
        for row in range(key * ROWS_PER_CHUNK, (key + 1) * ROWS_PER_CHUNK):
            if stopped():
                raise TableGivenUp
            found.append(self.figures_of(row, theta[row]))
        return np.stack(found)

    def scores(self, n_rows: int) -> NDArray[np.float64]:
        """Parameters of the first rows as standard normal scores of their priors: (n, k) float."""
        return special.ndtri(_sequence(tuple(self.priors), n_rows, self.seed))

    def parameters(self, n_rows: int) -> NDArray[np.float64]:
        """Parameters of the first rows: (n, k) float, units as in the priors."""
        return values_of(self.priors, self.scores(n_rows))

    def figures_of(self, row: int, theta: NDArray[np.float64]) -> NDArray[np.float64]:
        """Live the window once under given parameters, and read the books: (m,) float."""
        u = parameter_uniforms(f"row {row}", 1, self.seed)[0]
        draw = int(u * self.calibration.n_draws)
        books = live_window(self, self.market_of(theta, draw), Key(self.seed, row, 1))
        found = summarise(self.frame, self.scale, books.finished())
        return np.array([found[name] for name in self.figures])

    def market_of(self, theta: NDArray[np.float64], draw: int) -> Market:
        """One draw of what was learned before the window, with given values of what cannot be seen."""
        given = dict(zip(self.priors, theta))
        others = tuple(
            replace(one, draws=np.full_like(one.draws, given[one.name])) if one.name in given else one
            for one in self.calibration.others
        )
        market = lay_out_draw(
            replace(self.calibration, others=others), self.world, self.history, draw, self.frame.n_weeks
        )
        return replace(market, campaigns=self.frame.campaigns)


def live_window(table: ReferenceTable, market: Market, key: Key) -> Books:
    """Live a window by the learned visit rule, with the capacity that there really was.

    Contacts answer to who is found and lost in this run. Those that were really made followed what really happened: a
    customer who was found in truth is visited from then on, and would be found by those visits in the simulation.
    """
    books = Books(table.frame, market)
    conditions = _as_it_was(lay_out(table.world, market, BASELINE, table.frame.n_weeks), table)
    model = TwinModel(table.world, market, conditions, key, books, ground=lay_ground(table.world, market))
    for _ in range(table.frame.n_weeks):
        model.step()
    return books


def _as_it_was(conditions: Conditions, table: ReferenceTable) -> Conditions:
    """Visits of every rep and week such that each territory makes as many as it did."""
    if table.capacity is None or not len(conditions.rep_ids):
        return conditions
    usual = np.maximum(conditions.rep_visits, 1e-9)  # who serves, and how much beside the others
    together = np.zeros(table.capacity.shape)
    np.add.at(together, conditions.rep_territory, usual)
    part = usual / np.maximum(together[conditions.rep_territory], 1e-300)
    return replace(conditions, rep_visits=part * table.capacity[conditions.rep_territory])


def capacity_of(world: World, touches: Touches, first: int, n_weeks: int) -> NDArray[np.float64] | None:
    """Visits in person by territory and week: (z, w) float; ``None`` where none is on record."""
    inside = (touches.channel == VISIT) & (touches.week >= first) & (touches.week < first + n_weeks)
    if not inside.any():
        return None
    zone = world.population.territory[touches.customer[inside]].astype(np.int64)
    flat = np.bincount(zone * n_weeks + touches.week[inside] - first, minlength=len(world.territories) * n_weeks)
    return flat.reshape(-1, n_weeks).astype(np.float64)


def values_of(priors: Mapping[str, Prior], scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """Parameters behind normal scores: (n, k) float."""
    u = special.ndtr(scores)
    return np.column_stack([prior.quantile(u[:, k]) for k, prior in enumerate(priors.values())])


def _sequence(names: Sequence[str], n_rows: int, seed: int) -> NDArray[np.float64]:
    """Sobol points with a keyed shift (Cranley and Patterson 1976): (n, k) float in (0, 1)."""
    if n_rows > _MOST_ROWS:
        raise ValueError(f"n_rows: expected at most {_MOST_ROWS}, got {n_rows}")
    points = qmc.Sobol(len(names), scramble=False).random(1 << int(np.ceil(np.log2(max(n_rows, 2)))))[:n_rows]
    shift = np.array([parameter_uniforms(f"table {name}", 1, seed)[0] for name in names])
    return np.clip((points + shift) % 1.0, _EDGE, 1.0 - _EDGE)
