"""Recorder: what is kept of a run. Knows the model only through the week that has just passed."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, Self, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from twin.market.channels import VISIT
from twin.market.world import World

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
    own_by_customer : (c,) float32, units
        Our volume over the whole run.
    by_segment : (g, j, w) float, units
        The same orders by segment; see :func:`twin.market.segments.segments_in`.
    """

    volume: NDArray[np.float64]
    contacts: NDArray[np.float64]
    buyers: NDArray[np.int64]
    own_by_customer: NDArray[np.float64]
    by_segment: NDArray[np.float64]


class Recorder(Protocol):
    """Anything that wants to see every week. It may also be one that :class:`SeesCalls`, or that :class:`Branches`.

    Attributes
    ----------
    single_customers : bool
        Whether weeks have to hold the orders and contacts of each customer.
    """

    single_customers: bool

    def record(self, model: TwinModel, week: Week) -> None:
        """Take what is wanted of the week that has just passed."""


@runtime_checkable
class SeesCalls(Protocol):
    """A recorder that also looks on as the reps have chosen and nobody has felt it yet."""

    def see_calls(self, model: TwinModel) -> None:
        """Take what is wanted of the choice of visits, and of customers as they were before."""


@runtime_checkable
class Branches(Protocol):
    """A recorder whose copy can go on with a branch of the run."""

    def branch(self) -> Self:
        """The same weeks so far, in a recorder of its own."""


class Totals:
    """Weekly totals by territory, known or unknown, segment and brand.

    Parameters
    ----------
    world : World
    n_weeks : int
    """

    single_customers = False

    def __init__(self, world: World, n_weeks: int) -> None:
        n_zones, n_brands = len(world.territories), len(world.brands)
        self.volume = np.zeros((n_zones, 2, n_brands, n_weeks))
        self.by_segment = np.zeros((len(world.population.segments.names), n_brands, n_weeks))
        self.contacts = np.zeros((len(world.channels), n_zones, n_weeks))
        self.buyers = np.zeros((2, n_weeks), dtype=np.int64)
        self.own = np.zeros(len(world.population), dtype=np.float32)

    def record(self, model: TwinModel, week: Week) -> None:
        """Add one week."""
        t = model.week_index
        self.volume[..., t], self.by_segment[..., t] = week.volume, week.by_segment
        self.contacts[..., t], self.buyers[:, t] = week.contacts, week.buyers
        self.own = model.crowd.left.own_so_far

    def branch(self) -> Totals:
        """The same weeks so far, in sums of their own."""
        twin = copy.copy(self)
        for name in ("volume", "by_segment", "contacts", "buyers", "own"):
            setattr(twin, name, getattr(self, name).copy())
        return twin

    def run(self) -> Run:
        """Everything recorded."""
        return Run(self.volume, self.contacts, self.buyers, self.own, self.by_segment)


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

    single_customers = True

    def __init__(self) -> None:
        self.orders: list[tuple] = []
        self.contacts: list[tuple] = []
        self.changes: list[tuple] = []

    def branch(self) -> Diary:
        """The same pages so far, in a book of its own."""
        twin = Diary()
        twin.orders, twin.contacts, twin.changes = list(self.orders), list(self.contacts), list(self.changes)
        return twin

    def record(self, model: TwinModel, week: Week) -> None:
        """Write down one week."""
        brand, customer = np.nonzero(week.volume_of_each)
        self.orders.append((model.week, customer, brand, week.volume_of_each[brand, customer].astype(np.float64)))
        channel, contacted = np.nonzero(week.contacts_of_each)
        rep = np.where(channel == VISIT, model.calling.visited_by[contacted], -1)
        self.contacts.append((model.week, contacted, channel, rep))
        moved = np.flatnonzero(week.moved)
        self.changes.append((model.week, moved, model.crowd.stage[moved].astype(np.int8)))
