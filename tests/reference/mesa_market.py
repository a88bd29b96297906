"""Mesa market: the whole weekly law as a plain Mesa model: customers, reps and rival brands are agents one by one.

What the engine does in passes over arrays is done here the way a reader of docs/odd.md would write it down with Mesa.
It is slow, and there to be believed: it checks the engine, and says what compiling is worth.
"""

from __future__ import annotations

import heapq
import math
import time
from types import SimpleNamespace

import mesa
import numpy as np

from reference.dice import Dice, KeyedDice, OwnDice, random_walks
from reference.mesa_customer import NEVER, Customer, JourneyOfOne
from reference.scalar_laws import REPEAT, TRIAL
from twin.agents.competitor import MEMORY_WEEKS
from twin.agents.conditions import Conditions, lay_out
from twin.agents.recorder import Run
from twin.draws import Key
from twin.market.channels import VISIT
from twin.market.world import World
from twin.response.market import Market, Response
from twin.scenario.scenario import BASELINE, Scenario


class Rep(mesa.Agent):
    """A rep, who calls on customers of one territory.

    Parameters
    ----------
    model : PureMarket
    index : int
    book : list of Customer
        Shared with the other reps of the territory.
    """

    model: PureMarket

    def __init__(self, model: PureMarket, index: int, book: list[Customer]) -> None:
        super().__init__(model)
        self.book = book
        self.visits_per_week = model.conditions.rep_visits[index].tolist()
        self.credit = self.unknown_credit = 0.0

    def plan(self) -> None:
        """Keep promises first; then give a part of the week to those who do not buy, and the rest to those who do."""
        model = self.model
        self.credit += self.visits_per_week[model.t] * model.factor[VISIT]
        visits = math.floor(self.credit + 1e-9)
        self.credit -= visits
        if visits == 0:
            return
        owed = [customer for customer in self.book if customer.due >= 1.0 and not customer.visited]
        owed = heapq.nlargest(visits, owed, key=lambda customer: (customer.due, -customer.entity))
        self._call_on(owed)
        rest = visits - len(owed)
        self.unknown_credit += rest * model.conditions.unknown_share
        to_others = min(math.floor(self.unknown_credit + 1e-9), rest)
        self.unknown_credit -= to_others
        for buys, wanted in ((False, to_others), (True, rest - to_others)):
            if wanted > 0:
                pool = [c for c in self.book if c.buys == buys and c.score > NEVER and not c.visited]
                self._call_on(heapq.nlargest(wanted, pool, key=lambda customer: (customer.score, -customer.entity)))

    def _call_on(self, customers: list[Customer]) -> None:
        for customer in customers:
            customer.visited = True


class Rival(mesa.Agent):
    """A rival brand.

    Parameters
    ----------
    model : PureMarket
    brand : int
    """

    model: PureMarket

    def __init__(self, model: PureMarket, brand: int) -> None:
        super().__init__(model)
        self.brand, self.seen_share = brand, float(model.market.reference_share)
        self.reaction = float(model.conditions.reaction)

    def act(self) -> None:
        """Run the week's campaign, and answer our share as it was seen of late."""
        model, reference, push = self.model, self.model.market.reference_share, 0.0
        if reference > 0:
            if model.last_share is not None:
                self.seen_share += (model.last_share - self.seen_share) / MEMORY_WEEKS
            gain = self.seen_share / reference - 1.0
            if gain > 0 or not model.conditions.answers_gains_only:
                push = self.reaction * gain
        model.shift[self.brand] = model.campaign(self.brand) + push


class PureMarket(mesa.Model):
    """The market.

    Parameters
    ----------
    world : World
    market : Market
    conditions : Conditions
    dice : Dice
    """

    def __init__(self, world: World, market: Market, conditions: Conditions, dice: Dice) -> None:
        super().__init__(rng=0)  # never asked
        self.world, self.market, self.conditions, self.dice = world, market, conditions, dice
        self.response, self.segments = _plain(market.response), world.population.segments
        self.memory, self.follows_sales = float(conditions.memory), float(market.rule.follows_sales)
        self.evenly = {True: conditions.known_even, False: conditions.unknown_even}
        self.t, self.last_share = 0, None
        self.no_shift = [0.0] * len(world.brands)
        self.shift, self.demand, self.factor = (
            list(self.no_shift),
            1.0,
            conditions.channel_factor[:, :1].ravel().tolist(),
        )
        steps = dice.walks(market.first_week, len(conditions.demand), len(world.brands) + 1)
        response = market.response
        self.drift, self.demand_path = random_walks(steps, response.drift, response.demand_shock, market.level_age)
        self.people = [Customer(self, row) for row in range(len(world.population))]
        self._acquaint()
        books: list[list[Customer]] = [[] for _ in world.territories]
        for customer, zone in zip(self.people, conditions.territory.tolist()):
            books[zone].append(customer)
        self.reps = [Rep(self, r, books[conditions.rep_territory[r]]) for r in range(len(conditions.rep_ids))]
        self.rivals = [Rival(self, j) for j in range(market.n_own, len(world.brands))]
        self.ledger = Ledger(self, len(conditions.demand))

    def _acquaint(self) -> None:
        people, market = self.people, self.market
        buyers = sum(customer.stage in (TRIAL, REPEAT) for customer in people)
        self.typical = max(sum(customer.recent for customer in people) / max(buyers, 1), 1e-12)
        for customer, rows in zip(people, market.neighbours.tolist()):
            customer.meet([people[row] for row in rows if row >= 0], self.typical)
        for chain in self.conditions.chains:
            for row in chain.member.tolist():
                people[row].journey = JourneyOfOne(people[row], chain)

    def campaign(self, brand: int) -> float:
        """Utility of a brand's campaigns this week."""
        return float(self.market.response.promotion[brand] * self.conditions.campaigns[brand, self.t])

    def regional(self, zone: int) -> list[float]:
        """Utility of each brand's campaigns in one territory this week, beyond those everywhere; empty without any."""
        strength = self.conditions.regional
        return [] if strength is None else (self.market.response.promotion * strength[zone, :, self.t]).tolist()

    def step(self) -> None:
        """Live one week, in the order of docs/odd.md."""
        t, conditions, customers = self.t, self.conditions, self.agents_by_type[Customer]
        self.dice.begin(self.market.first_week + t)
        for row in np.flatnonzero(conditions.handed_over == t).tolist():
            self.people[row].change_hands()
        self.shift = [self.campaign(j) for j in range(len(self.no_shift))]
        for rival in self.rivals:
            rival.act()
        self.shift = [shift + path[t] for shift, path in zip(self.shift, self.drift)]
        self.demand = float(conditions.demand[t]) * math.exp(float(self.market.log_demand[t]) + self.demand_path[t])
        self.factor = conditions.channel_factor[:, t].tolist()
        customers.do("look")
        for rep in self.reps:
            rep.plan()
        customers.do("live")
        self.last_share = self.ledger.take(t)
        self.t += 1


class Ledger:
    """What is kept of the weeks; see :class:`twin.agents.recorder.Run`."""

    def __init__(self, model: PureMarket, n_weeks: int) -> None:
        world = model.world
        n_zones, n_brands, n_channels = len(world.territories), len(world.brands), len(world.channels)
        self.model, self.shape = model, (n_zones, 2, len(model.segments.names), n_brands)
        self.volume = np.zeros((*self.shape, n_weeks))
        self.contacts = np.zeros((n_channels, n_zones, n_weeks))
        self.buyers = np.zeros((2, n_weeks), dtype=np.int64)

    def take(self, t: int) -> float | None:
        """Add one week; returns our share of it."""
        _, _, n_segments, n_brands = self.shape
        volume, contacts = [0.0] * int(np.prod(self.shape)), np.zeros_like(self.contacts[..., 0]).tolist()
        buyers = [0, 0]
        for customer in self.model.people:
            zone, half = customer.place
            cell = ((zone * 2 + half) * n_segments + customer.segment) * n_brands
            for j, amount in enumerate(customer.orders):
                volume[cell + j] += amount
            for h in customer.contacts:
                contacts[h][zone] += 1
            buyers[half] += customer.stage in (TRIAL, REPEAT)
        self.volume[..., t] = np.reshape(volume, self.shape)
        self.contacts[..., t], self.buyers[:, t] = contacts, buyers
        everything = self.volume[..., t].sum()
        return float(self.volume[..., : self.model.market.n_own, t].sum() / everything) if everything > 0 else None

    def run(self) -> Run:
        """Everything recorded."""
        own = np.array([customer.own_so_far for customer in self.model.people])
        return Run(self.volume.sum(axis=2), self.contacts, self.buyers, own, self.volume.sum(axis=(0, 1)))


def pure_market(
    world: World, market: Market, scenario: Scenario, key: Key, n_weeks: int, dice: str = "keyed"
) -> PureMarket:
    """The market before its first week; parameters as in :func:`run_pure`."""
    if dice not in ("keyed", "own"):
        raise ValueError(f"dice: expected keyed or own, got {dice!r}")
    entities = world.population.entity
    chance = OwnDice(key) if dice == "own" else KeyedDice(key, entities, len(world.brands), len(world.channels))
    return PureMarket(world, market, lay_out(world, market, scenario, n_weeks), chance)


def run_pure(world: World, market: Market, scenario: Scenario, key: Key, n_weeks: int, dice: str = "keyed") -> Run:
    """Live ``n_weeks`` weeks of one draw under one scenario, agent by agent.

    Parameters
    ----------
    world : World
    market : Market
    scenario : Scenario
    key : Key
    n_weeks : int
    dice : str
        ``keyed``: the engine's draws; ``own``: Python's generator.
    """
    model = pure_market(world, market, scenario, key, n_weeks, dice)
    for _ in range(n_weeks):
        model.step()
    return model.ledger.run()


def cpu_ns(world: World, market: Market, n_weeks: int) -> float:
    """CPU time of the baseline, nanoseconds per customer and week, building the agents apart; own dice."""
    model = pure_market(world, market, BASELINE, Key(1), n_weeks, "own")
    clock = time.process_time_ns()
    for _ in range(n_weeks):
        model.step()
    return (time.process_time_ns() - clock) / (n_weeks * len(world.population))


def _plain(response: Response) -> SimpleNamespace:
    """Parameters as Python numbers: NumPy's own are slow one at a time."""
    return SimpleNamespace(**{name: np.asarray(value).tolist() for name, value in vars(response).items()})
