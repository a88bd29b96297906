"""Recorder: what is kept of a run. Knows the model only through the week that has just passed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from twin.market.world import World
from twin.response import journey

if TYPE_CHECKING:
    from twin.agents.crowd import Week
    from twin.agents.model import TwinModel

KNOWN, UNKNOWN = 0, 1
"""Axis s of a run: customers known, and unknown, at the origin."""


@dataclass(frozen=True)
class Run:
    """One trajectory.

    Parameters
    ----------
    volume : (z, s, j, w) float, units
        Territories as today, customers known or unknown at the origin, brands, weeks.
    contacts : (h, z, w) float
    buyers : (s, w) int
        Customers who buy from us at the end of the week.
    own_by_customer : (c,) float, units
        Our volume over the whole run.
    """

    volume: NDArray[np.float64]
    contacts: NDArray[np.float64]
    buyers: NDArray[np.int64]
    own_by_customer: NDArray[np.float64]


class Recorder(Protocol):
    """Anything that wants to see every week."""

    def record(self, model: TwinModel, week: Week) -> None:
        """Take what is wanted of the week that has just passed."""


class Totals:
    """Weekly totals by territory, known or unknown, and brand.

    Parameters
    ----------
    world : World
    n_weeks : int
    """

    def __init__(self, world: World, n_weeks: int) -> None:
        self.n_territories = len(world.territories)
        self.unknown = ~world.population.known
        self.group = world.population.territory * 2 + self.unknown
        shape = (self.n_territories, 2, len(world.brands), n_weeks)
        self.volume = np.zeros(shape)
        self.contacts = np.zeros((len(world.channels), self.n_territories, n_weeks))
        self.buyers = np.zeros((2, n_weeks), dtype=np.int64)
        self.own = np.zeros(len(world.population))
        self.territory = world.population.territory

    def record(self, model: TwinModel, week: Week) -> None:
        """Add one week."""
        t = model.week_index
        for j, volume in enumerate(week.volume):
            self.volume[:, :, j, t] = np.bincount(self.group, volume, 2 * self.n_territories).reshape(-1, 2)
        for h in np.flatnonzero(week.contacts.any(axis=1)):
            self.contacts[h, :, t] = np.bincount(self.territory, week.contacts[h], self.n_territories)
        buys = journey.considers_us(model.crowd.stage)
        self.buyers[:, t] = np.bincount(self.unknown[buys], minlength=2)
        self.own += week.volume[: model.market.n_own].sum(axis=0)

    def run(self) -> Run:
        """Everything recorded."""
        return Run(self.volume, self.contacts, self.buyers, self.own)


class Diary:
    """Every order, contact and change of stage, for making histories; too large for ensembles.

    Attributes
    ----------
    orders : list of tuples of arrays
        (week, customer (m,), brand (m,), volume (m,)) a week.
    contacts : list of tuples of arrays
        (week, customer (m,), channel (m,), rep (m,)) a week; rep is -1 without one.
    changes : list of tuples of arrays
        (week, customer (m,), stage (m,)) of those found, lost or regained.
    """

    def __init__(self) -> None:
        self.orders: list[tuple] = []
        self.contacts: list[tuple] = []
        self.changes: list[tuple] = []

    def record(self, model: TwinModel, week: Week) -> None:
        """Write down one week."""
        brand, customer = np.nonzero(week.volume)
        self.orders.append((model.week, customer, brand, week.volume[brand, customer]))
        channel, contacted = np.nonzero(week.contacts)
        rep = np.where(channel == 0, model.visited_by[contacted], -1)
        self.contacts.append((model.week, contacted, channel, rep))
        moved = np.flatnonzero(week.found | week.lost | week.regained)
        self.changes.append((model.week, moved, model.crowd.stage[moved]))
