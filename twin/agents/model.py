"""TwinModel: the market as a Mesa model, and the week as a numbered list of events.

Reps and rival brands are Mesa agents, in ``model.agents``. Customers are not registered there: they are one crowd of
arrays, see :mod:`twin.agents.crowd`, inspected one at a time through :meth:`TwinModel.customer`.
"""

from __future__ import annotations

import mesa
import numpy as np
from numpy.typing import NDArray

from twin import draws
from twin.agents.calling import Calling
from twin.agents.competitor import CompetitorAgent
from twin.agents.conditions import Conditions
from twin.agents.crowd import CustomerCrowd, Week
from twin.agents.recorder import Recorder
from twin.agents.rep import RepAgent
from twin.draws import Key, Purpose, identity
from twin.market.world import World
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
    key : Key
        Never depends on the scenario, so that scenarios share their luck.
    recorder : Recorder
    engine : str
        ``compiled``, or ``numpy``: the same bits, slower, without a compiler.
    """

    def __init__(
        self, world: World, market: Market, conditions: Conditions, key: Key, recorder: Recorder,
        engine: str = "compiled",
    ) -> None:  # fmt: skip
        super().__init__(rng=0)  # Mesa's own generator is never asked: every draw is keyed
        self.world, self.market, self.conditions, self.key, self.recorder = world, market, conditions, key, recorder
        self.week_index = 0
        self.crowd = CustomerCrowd(world, market, key, conditions.memory, engine, recorder.single_customers)
        self.calling = Calling(world, market, conditions, self.crowd)
        self.brand_shift = np.zeros(len(world.brands))
        self.last_share: float | None = None
        self.drift, self.demand_path = self._random_walks()
        self.reps = [RepAgent(self, r) for r in range(len(conditions.rep_ids))]
        self.competitors = [CompetitorAgent(self, j) for j in range(market.n_own, len(world.brands))]
        self.reps_decide = any(type(rep).plan is not RepAgent.plan for rep in self.reps)

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
        self.crowd.begin(self.week)
        self._call()
        week = self._live(t)
        total = week.volume.sum()
        self.last_share = float(week.volume[:, :, : self.market.n_own].sum() / total) if total > 0 else None
        self.recorder.record(self, week)
        self.week_index += 1

    def _call(self) -> None:
        """Reps choose, and journeys go on."""
        self.calling.score(self.week_index)
        if self.reps_decide:
            for rep in self.reps:
                rep.plan()
        else:
            self.calling.choose(self.week_index)
        self.calling.advance_journeys(self.week_index, self.week)

    def _live(self, t: int) -> Week:
        demand = self.conditions.demand[t] * np.exp(self.market.log_demand[t] + self.demand_path[t])
        return self.crowd.step(
            self.week, float(demand), self.brand_shift, self.conditions.channel_factor[:, t], self.calling.visited,
            self.calling.asked, None,
        )  # fmt: skip

    def _random_walks(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        n_weeks = self.conditions.demand.shape[0]
        weeks = identity(np.array([str(self.market.first_week + t) for t in range(n_weeks)]), "week")
        steps = draws.normals(self.key, Purpose.SHOCK, 0, weeks, len(self.world.brands) + 1)
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
