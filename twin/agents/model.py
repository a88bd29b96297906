"""TwinModel: the market as a Mesa model, and the week as a numbered list of events.

Reps and rival brands are Mesa agents. Customers are not registered as agents: they are one crowd of arrays, see
:mod:`twin.agents.crowd`, inspected one at a time through :meth:`TwinModel.customer`.
"""

from __future__ import annotations

import mesa
import numpy as np
from numpy.typing import NDArray

from twin import draws
from twin.agents.competitor import CompetitorAgent
from twin.agents.conditions import CYCLE_WEEKS, Conditions
from twin.agents.crowd import CustomerCrowd
from twin.agents.programmes import JourneyRunner, running_contacts
from twin.agents.recorder import Recorder
from twin.agents.rep import RepAgent
from twin.draws import Luck, Purpose, identity
from twin.market.channels import VISIT
from twin.market.world import World
from twin.response import journey
from twin.response.market import Market


class TwinModel(mesa.Model):
    """One run of one parameter draw under one scenario.

    Parameters
    ----------
    world : World
    market : Market
        One draw of every parameter.
    conditions : Conditions
        The scenario, laid out.
    luck : Luck
        Its key never depends on the scenario, so that scenarios share their luck.
    recorder : Recorder
    """

    def __init__(self, world: World, market: Market, conditions: Conditions, luck: Luck, recorder: Recorder) -> None:
        super().__init__(rng=0)  # Mesa's own generator is never asked: every draw is keyed
        self.world, self.market, self.conditions, self.luck, self.recorder = world, market, conditions, luck, recorder
        self.week_index = 0
        self.crowd = CustomerCrowd(world, market, luck, conditions.memory)
        n = len(self.crowd)
        self.visited, self.visited_by = np.zeros(n, dtype=bool), np.full(n, -1, dtype=np.int32)
        self.buys = journey.considers_us(self.crowd.stage)
        self.due = np.zeros(n)
        self.score = np.zeros(n)
        self.brand_shift = np.zeros(len(world.brands))
        self.last_share: float | None = None
        self.drift, self.demand_path = self._random_walks()
        self.journeys = [JourneyRunner(self, chain) for chain in conditions.chains]
        self.reps = [RepAgent(self, r) for r in range(len(conditions.rep_ids))]
        self.competitors = [CompetitorAgent(self, j) for j in range(market.n_own, len(world.brands))]

    @property
    def week(self) -> int:
        """The week that is being lived."""
        return self.market.first_week + self.week_index

    def step(self) -> None:
        """Live one week.

        1. Those who change hands feel it.
        2. Our promotions and the market's drift set the stage; rivals run campaigns and react.
        3. Reps choose whom to visit.
        4. Channel programmes and journeys contact customers who consent.
        5. Customers absorb contacts, move along their journey, choose and order.
        6. The recorder takes the week.
        """
        t = self.week_index
        self._hand_over(t)
        self._set_stage(t)
        for rival in self.competitors:
            rival.act()
        self.brand_shift += self.drift[:, t]
        self._score_customers()
        for rep in self.reps:
            rep.plan()
        contacts = self._contacts()
        demand = self.conditions.demand[t] * np.exp(self.market.log_demand[t] + self.demand_path[t])
        week = self.crowd.step(self.week, float(demand), self.brand_shift, contacts)
        total = week.volume.sum()
        self.last_share = float(week.volume[: self.market.n_own].sum() / total) if total > 0 else None
        self.recorder.record(self, week)
        self.week_index += 1

    def customer(self, customer_id: str) -> dict[str, object]:
        """State of one customer now; see :meth:`CustomerCrowd.customer`."""
        return self.crowd.customer(customer_id)

    def _random_walks(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        n_weeks = self.conditions.demand.shape[0]
        weeks = identity(np.array([str(self.market.first_week + t) for t in range(n_weeks)]), "week")
        steps = draws.normals(self.luck.key, Purpose.SHOCK, 0, weeks, len(self.world.brands) + 1)
        if n_weeks:
            steps[:, 0] *= np.sqrt(1.0 + self.market.level_age)
        drift = np.cumsum(steps[:-1] * self.market.response.drift[:, None], axis=1)
        return drift, np.cumsum(steps[-1] * self.market.response.demand_shock)

    def _hand_over(self, t: int) -> None:
        moved = self.conditions.handed_over == t
        if moved.any():
            self.crowd.hand_over(moved)

    def _set_stage(self, t: int) -> None:
        n_own = self.market.n_own
        self.brand_shift[:] = 0.0
        self.brand_shift[:n_own] = self.market.response.promotion[:n_own] * self.conditions.campaigns[:n_own, t]

    def _score_customers(self) -> None:
        """Set how much each customer calls for a visit this week; the highest are visited."""
        rule, plan, crowd = self.market.rule, self.conditions, self.crowd
        self.visited[:] = False
        self.visited_by[:] = -1
        self.buys = journey.considers_us(crowd.stage)
        chance = self.luck.gumbels(Purpose.VISIT, self.week, crowd.entity)
        moved = np.log((crowd.recent_own + crowd.typical_own) / (crowd.recent_at_start + crowd.typical_own))
        usual = np.where(self.buys, rule.known_weight * np.exp(rule.follows_sales * moved), rule.unknown_weight)
        with np.errstate(divide="ignore"):
            as_history = np.log(usual) + chance
        rested = self.week - crowd.last_visit >= CYCLE_WEEKS
        for pool, rank, even in (
            (self.buys, plan.known_rank, plan.known_even),
            (~self.buys, plan.unknown_rank, plan.unknown_even),
        ):
            score = chance if even else as_history if rank is None else np.where(rested, rank, -np.inf)
            self.score = np.where(pool, score, self.score)
        self.score[plan.dropped & self.world.population.known] = -np.inf
        self.score[~crowd.consent[VISIT]] = -np.inf
        promised = np.isfinite(plan.frequency)
        self.due = np.where(promised, self.due + np.nan_to_num(plan.frequency), 0.0)
        self.score[promised] = -np.inf
        self.due[~crowd.consent[VISIT]] = 0.0
        for journey_ in self.journeys:
            self.due[journey_.wanted_visits() & crowd.consent[VISIT] & ~plan.dropped] += 1.0

    def _contacts(self) -> NDArray[np.float64]:
        contacts = running_contacts(self)
        contacts[VISIT] = self.visited
        self.due[self.visited] = np.maximum(self.due[self.visited] - 1.0, 0.0)
        for journey_ in self.journeys:
            contacts = np.maximum(contacts, journey_.contacts(self.visited))
        return contacts
