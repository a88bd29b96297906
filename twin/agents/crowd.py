"""CustomerCrowd: every customer of the market as arrays, and what a week does to them.

Customers are deliberately not Mesa agents one by one: a crowd of arrays is a thousand times faster. What one of them is
and has is seen through :meth:`twin.agents.model.TwinModel.customer`. The passes over the arrays stand in
:mod:`twin.engine`, and the laws they follow in :mod:`twin.response`.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twin.agents import soundness
from twin.agents.directory import Directory
from twin.draws import Key
from twin.engine import columns, week
from twin.engine.machine import Machine, machine
from twin.market.segments import Segments
from twin.market.world import World
from twin.response import journey, law
from twin.response.market import Market


@dataclass(frozen=True)
class Week:
    """What one week did to the customers.

    Parameters
    ----------
    volume : (z, s, j) float, units
        Ordered; territories as today, known or unknown at the origin.
    by_segment : (g, j) float, units
    contacts : (h, z) int
    buyers : (s,) int
        Who buys from us at the end of the week.
    volume_of_each : (j, c) float32, units
        Empty unless the recorder asks for single customers; so are the next two.
    contacts_of_each : (h, c) uint8
    moved : (c,) bool
        Changed their stage with us.
    """

    volume: NDArray[np.float64]
    by_segment: NDArray[np.float64]
    contacts: NDArray[np.int64]
    buyers: NDArray[np.int64]
    volume_of_each: NDArray[np.float32]
    contacts_of_each: NDArray[np.uint8]
    moved: NDArray[np.bool_]


@dataclass(frozen=True)
class Ground:
    """What all runs of one draw begin with, whatever their scenario and luck: laid out once, shared, never changed.

    Parameters
    ----------
    market : Market
    machine : Machine
    segments : Segments
    terrain : Terrain
    start : State
    coefficients : Coefficients
        With the memory of contacts that the draw has.
    directory : Directory
    """

    market: Market
    machine: Machine
    segments: Segments
    terrain: columns.Terrain
    start: columns.State
    coefficients: columns.Coefficients
    directory: Directory


def lay_ground(world: World, market: Market, engine: str = "compiled") -> Ground:
    """Lay a draw out for its runs.

    Parameters
    ----------
    world : World
    market : Market
    engine : str
        See :func:`twin.engine.machine.machine`.

    Raises
    ------
    ValueError
        World and market do not go together; see :mod:`twin.agents.soundness`.
    """
    soundness.check(world, market)
    works, segments = machine(engine), world.population.segments
    recent = columns.expected_own(market)
    terrain = columns.terrain_of(world, market, segments, recent, works.passes)
    coefficients = columns.coefficients_of(market, market.response.memory, recent)
    start, directory = columns.state_at_start(market, recent), Directory(world.population.ids)
    return Ground(market, works, segments, terrain, start, coefficients, directory)


class CustomerCrowd:
    """The customers of one run: the only long-lived mutable state beside the reps' books.

    Parameters
    ----------
    world : World
    ground : Ground
    key : Key
    memory : float in [0, 1]
        Part of the contacts that know of one another.
    single : bool
        Whether single customers' orders and contacts are kept each week.
    """

    def __init__(self, world: World, ground: Ground, key: Key, memory: float, single: bool = False) -> None:
        self.ids, self.entity = world.population.ids, world.population.entity
        self.market, self.machine, self.segments = ground.market, ground.machine, ground.segments
        self.terrain, self.directory, self.usual_base = ground.terrain, ground.directory, ground.terrain.base
        self.territory = world.population.territory
        self.key = tuple(np.uint32(word) for word in key.words())
        self.coefficients = ground.coefficients._replace(memory=np.float32(memory))
        self.state = columns.State(*(column.copy() for column in ground.start))
        n, n_brands, n_channels = len(self.ids), len(world.brands), len(world.channels)
        self.n_territories = len(world.territories)
        self.chance, self.fate, self.first, self.score = (np.zeros(n, dtype=np.float32) for _ in range(4))
        self.n_brands, self.n_channels = n_brands, n_channels
        self._make_room(single)

    def _make_room(self, single: bool) -> None:
        """Room for what a week leaves behind, and for one block of customers."""
        n, n_brands, n_channels = len(self), self.n_brands, self.n_channels
        block = max(min(self.machine.block, n), 1)
        self.block, self.single = block, single
        width = n if single else block
        self.left = week.Left(
            contacts=np.zeros((n_channels, width), np.uint8),
            volume=np.zeros((n_brands, width), np.float32),
            moved=np.zeros(width, np.uint8),
            own_so_far=np.zeros(n, np.float32),
            by_cell=np.zeros((2 * self.n_territories * len(self.segments.names), n_brands), np.int64),
            by_territory=np.zeros((n_channels, self.n_territories), np.int64),
            buyers=np.zeros(2, np.int64),
        )
        self.room = week.scratch_for(n_brands, block)
        self.nobody, self.nothing = np.zeros(0, np.uint32), np.zeros((n_channels, 0), np.uint8)

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def stage(self) -> NDArray[np.uint8]:
        """See :class:`twin.response.journey.Stage`: (c,) uint8."""
        return self.state.stage

    def begin(self, number: int) -> None:
        """Note who buys from us as week ``number`` begins, and draw what it holds for each customer."""
        t, s, passes = self.terrain, self.state, self.machine.passes
        passes.see(s.stage, t.listener_start, t.listener, s.buys, s.heard)
        passes.draw_week(t.low, t.high, week.WEEK, np.uint32(number), *self.key, self.chance, self.fate, self.first)

    def tilt(self, shift: NDArray[np.float64] | None) -> None:
        """Let brands attract more or less by territory this week; ``shift`` is (z, j) utility, ``None`` is as usual."""
        base = self.usual_base if shift is None else self.usual_base + shift.T[:, self.territory].astype(np.float32)
        self.terrain = self.terrain._replace(base=base)

    def score_as_usual(self) -> None:
        """Score by the learned rule."""
        t, s = self.terrain, self.state
        self.machine.passes.score_as_usual(
            self.coefficients, s.buys, s.recent_own, t.log_known, t.log_unknown, t.log_start, self.chance, self.score
        )

    def step(
        self, number: int, demand: float, shift: NDArray[np.float64], factor: NDArray[np.float64],
        visited: NDArray[np.uint8], asked: NDArray[np.uint32] | None, given: NDArray[np.uint8] | None,
    ) -> Week:  # fmt: skip
        """Let one week pass: contacts, goodwill, journey, choice, orders, habit.

        Parameters
        ----------
        number : int, week
        demand : float
            Factor on every customer's category volume.
        shift : (j,) float, utility
            Campaigns, reaction and drift of each brand.
        factor : (h,) float
            On each channel's contacts.
        visited : (c,) uint8
        asked : (c,) uint32, optional
            Channels of journeys, one bit each.
        given : (h, c) uint8, optional
            Contacts on record, instead of all others.

        Raises
        ------
        ValueError
            What the week brings is nothing that the laws can digest; see :mod:`twin.agents.soundness`.
        """
        soundness.check_week(demand, shift, visited)
        if given is not None:
            soundness.check_given(given, self.left.contacts.shape[:1] + visited.shape)
        brought = week.Brought(
            week=np.uint32(number), key0=self.key[0], key1=self.key[1], demand=np.float32(demand),
            shift=shift.astype(np.float32), factor=factor.astype(np.float32), visited=visited, fate=self.fate,
            first=self.first, asked=self.nobody if asked is None else asked,
            given=self.nothing if given is None else given,
        )  # fmt: skip
        for total in (self.left.by_cell, self.left.by_territory, self.left.buyers):
            total[:] = 0
        self.machine.live(
            0, len(self), self.block, self.single, self.terrain, self.state, self.coefficients, brought, self.left,
            self.room,
        )  # fmt: skip
        return self._week()

    def hand_over(self, who: NDArray[np.bool_]) -> None:
        """Give customers to another rep: what that costs fades over a year."""
        if not len(self.state.handover):
            self.state = self.state._replace(
                handover=np.zeros(len(self), np.float32), fade=np.zeros(len(self), np.float32)
            )
        share = self._expected_share()[who]
        drop = law.handover_utility(self.market.response.handover, share)
        self.state.handover[who], self.state.fade[who] = drop, drop / 52.0

    def agree(self, who: NDArray[np.integer], consent: NDArray[np.bool_]) -> None:
        """Customers say on which channels they may be contacted; ``consent`` is (h, n) bool."""
        bits = self.terrain.consent.copy()  # branches of a run share the terrain, and have not heard of this
        bits[who] = columns.consent_bits(consent)
        self.terrain = self.terrain._replace(consent=bits)

    def close(self, who: NDArray[np.integer]) -> None:
        """Customers who close for good buy nothing, and nobody may call."""
        volume, bits = self.terrain.volume.copy(), self.terrain.consent.copy()
        volume[who], bits[who] = 0.0, 0
        self.terrain = self.terrain._replace(volume=volume, consent=bits)

    def branch(self, memory: float, single: bool) -> CustomerCrowd:
        """A copy that goes its own way from here; what never changes is shared. See :class:`CustomerCrowd`."""
        twin = copy.copy(self)
        twin.coefficients = self.coefficients._replace(memory=np.float32(memory))
        twin.state = columns.State(*(column.copy() for column in self.state))
        for name in ("chance", "fate", "first", "score"):  # each week draws and sets them anew
            setattr(twin, name, np.empty_like(getattr(self, name)))
        twin._make_room(single)
        twin.left.own_so_far[:] = self.left.own_so_far
        return twin

    def _expected_share(self) -> NDArray[np.float64]:
        state, nothing = self.state, np.zeros(len(self))
        handover = state.handover if len(state.handover) else nothing
        trial = state.stage == journey.Stage.TRIAL
        response, stock = self.market.response, state.goodwill.astype(float)
        lift = law.own_lift(response, stock, state.pressure, trial, handover, self.market.keen)
        return law.own_share(self.market, lift, state.habit, journey.considers_us(state.stage))

    def _week(self) -> Week:
        left = self.left
        orders = left.by_cell.reshape(self.n_territories, 2, len(self.segments.names), -1)
        keep = slice(None) if self.single else slice(0, 0)
        return Week(
            volume=orders.sum(axis=2) / self.terrain.scale,
            by_segment=orders.sum(axis=(0, 1)) / self.terrain.scale,
            contacts=left.by_territory.copy(),
            buyers=left.buyers.copy(),
            volume_of_each=left.volume[:, keep],
            contacts_of_each=left.contacts[:, keep],
            moved=left.moved[keep].astype(bool),
        )
