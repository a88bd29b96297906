"""TwinModel: the market as a Mesa model, and the week as a numbered list of events.

Reps and rival brands are Mesa agents, in ``model.agents``. Customers are not registered there: they are one crowd of
arrays, see :mod:`twin.agents.crowd`, inspected one at a time through :meth:`TwinModel.customer`.
"""

from __future__ import annotations

import copy
import itertools
from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from typing import Self

import mesa
import numpy as np
from mesa.agent import AgentSet
from numpy.typing import NDArray

from twin import draws
from twin.agents import customer_history, customer_view, soundness
from twin.agents.branching import from_now_on, rows_before
from twin.agents.calling import Calling
from twin.agents.competitor import CompetitorAgent
from twin.agents.conditions import Conditions, lay_out
from twin.agents.crowd import CustomerCrowd, Ground, Week, lay_ground
from twin.agents.recorder import Branches, Recorder, SeesCalls
from twin.agents.rep import RepAgent
from twin.draws import Key, Purpose, identity
from twin.market.world import World
from twin.response.market import Market
from twin.scenario.scenario import Scenario


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
    ground : Ground, optional
        Of the same world, market and engine; saves laying it out again for every run.

    Attributes
    ----------
    rep_class : type
        What a rep is; a subclass of the model with a rep of its own sets another one.
    lineage : tuple of (week index, Conditions)
        The conditions that were lived so far, each with the week in which it began: one entry, and one a branch.

    Raises
    ------
    ValueError
        World, market and conditions do not go together; see :mod:`twin.agents.soundness`.
    """

    rep_class: type[RepAgent] = RepAgent

    def __init__(
        self, world: World, market: Market, conditions: Conditions, key: Key, recorder: Recorder,
        engine: str = "compiled", ground: Ground | None = None,
    ) -> None:  # fmt: skip
        super().__init__(rng=0)  # Mesa's own generator is never asked: every draw is keyed
        self.world, self.market, self.conditions, self.key, self.recorder = world, market, conditions, key, recorder
        self.week_index, self.numbers = 0, itertools.count(1)
        self.lineage: tuple[tuple[int, Conditions], ...] = ((0, conditions),)
        soundness.check_conditions(world, conditions)
        self.ground = lay_ground(world, market, engine) if ground is None else ground
        if self.ground.market is not market:
            raise ValueError(
                "ground: expected that of this market, found another's; lay_ground(world, market) makes it"
            )
        self.looks_on = recorder if isinstance(recorder, SeesCalls) else None
        self.crowd = CustomerCrowd(world, self.ground, key, conditions.memory, recorder.single_customers)
        self.calling = Calling(world, market, conditions, self.crowd)
        self.brand_shift = np.zeros(len(world.brands))
        self.last_share: float | None = None
        self.drift, self.demand_path = self._random_walks()
        self.competitors = [CompetitorAgent(self, j) for j in range(market.n_own, len(world.brands))]
        if self.who_calls == "plan":
            _ = self.reps

    @property
    def week(self) -> int:
        """The week that is being lived."""
        return self.market.first_week + self.week_index

    @cached_property
    def reps(self) -> list[RepAgent]:
        """The field force: (r,) agents. While all follow the rule they are made when somebody asks for them."""
        return [self.rep_class(self, r) for r in range(len(self.conditions.rep_ids))]

    @property
    def agents(self) -> AgentSet:  # type: ignore[override]
        """Rivals and reps."""
        _ = self.reps
        return super().agents

    @property
    def agents_by_type(self) -> dict[type[mesa.Agent], AgentSet]:
        """Rivals and reps, by class."""
        _ = self.reps
        return super().agents_by_type

    @property
    def horizon_weeks(self) -> int:
        """Weeks that the conditions cover."""
        return len(self.conditions.demand)

    @property
    def who_calls(self) -> str:
        """Who chooses the visits: the learned or ranked ``rule``, or the reps by a ``plan`` of their own."""
        return "rule" if self.rep_class.plan is RepAgent.plan else "plan"

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
        if t >= self.horizon_weeks:
            raise ValueError(f"week_index: expected below the horizon of {self.horizon_weeks} weeks, got {t}")
        self._hand_over(t)
        self._set_stage(t)
        for rival in self.competitors:
            rival.act()
        self.brand_shift += self.drift[:, t]
        self.crowd.begin(self.week)
        self._call()
        if self.looks_on is not None:
            self.looks_on.see_calls(self)
        self.calling.advance_journeys(t, self.week)
        week = self._live(t)
        total = week.volume.sum()
        self.last_share = float(week.volume[:, :, : self.market.n_own].sum() / total) if total > 0 else None
        self.recorder.record(self, week)
        self.week_index += 1

    def customer(self, customer_id: str) -> customer_view.CustomerView:
        """One customer as it stands now.

        Raises
        ------
        KeyError
            No such customer; the nearest id is named.
        """
        return customer_view.view(self, customer_id)

    def histories(self, customer_ids: Sequence[str]) -> customer_history.Histories:
        """What happened to these customers so far, and why: the run is lived again, once for all of them.

        Raises
        ------
        KeyError
            No such customer; the nearest id is named.
        ValueError
            Somebody has changed this run from outside, and it cannot be lived again.
        """
        return customer_history.histories(self, customer_ids)

    def again(self, recorder: Recorder) -> Self:
        """The same run as it was before its first week; nothing that changes is shared."""
        conditions = self.lineage[0][1]
        return type(self)(
            self.world, self.market, conditions, self.key, recorder, self.ground.machine.name, self.ground
        )

    def branch(
        self, scenario: Scenario | None = None, recorder: Recorder | None = None,
        alignment: NDArray[np.int32] | None = None,
    ) -> Self:  # fmt: skip
        """A copy of this run that goes its own way from here, with the same luck; this run is not touched.

        Parameters
        ----------
        scenario : Scenario, optional
            What holds from now on, its dates as in a run of the whole horizon: what it says of the weeks before this
            one has passed. Missing: all goes on as it does.
        recorder : Recorder, optional
            Missing: a copy of this run's recorder, with the weeks so far.
        alignment : (c,) int32, optional
            Territory of each customer where the scenario changes it. Who is moved by it changes hands now.

        Raises
        ------
        ValueError
            No recorder is given, and that of this run cannot be copied.
        """
        conditions, now = self.conditions, self.week_index
        if scenario is not None:
            laid = lay_out(self.world, self.market, scenario, self.horizon_weeks, alignment)
            conditions = from_now_on(laid, conditions, now)
        elif alignment is not None:
            conditions = from_now_on(replace(conditions, territory=alignment), conditions, now)
        return self.branch_under(conditions, recorder)

    def branch_under(self, conditions: Conditions, recorder: Recorder | None = None) -> Self:
        """As :meth:`branch`, under conditions that are already those of here and now."""
        if recorder is None:
            if not isinstance(self.recorder, Branches):
                kind = type(self.recorder).__name__
                raise ValueError(f"recorder: expected one for the branch, a {kind} has no branch()")
            recorder = self.recorder.branch()
        if conditions is not self.conditions:
            soundness.check_conditions(self.world, conditions)
        twin = object.__new__(type(self))
        mesa.Model.__init__(twin, rng=0)
        anew = set(vars(twin)) - {"steps", "time", "running"} | {"reps"}
        for name, value in vars(self).items():
            if name not in anew:
                setattr(twin, name, value)
        twin.recorder = recorder
        twin.conditions, twin.brand_shift = conditions, self.brand_shift.copy()
        if conditions is not self.conditions:
            earlier = (past for past in self.lineage if past[0] < self.week_index)
            twin.lineage = (*earlier, (self.week_index, conditions))
        twin.crowd = self.crowd.branch(conditions.memory, twin.recorder.single_customers)
        twin.calling = self.calling.branch(twin.crowd, conditions)
        twin.numbers = copy.copy(self.numbers)
        twin.competitors = [rival.branch(twin) for rival in self.competitors]
        if "reps" in vars(self):
            before = rows_before(self.conditions.rep_ids, conditions.rep_ids)
            twin.reps = [
                self.reps[row].branch(twin, r) if row >= 0 else self.rep_class(twin, r) for r, row in enumerate(before)
            ]
        return twin

    def _call(self) -> None:
        """Reps choose whom to visit."""
        self.calling.score(self.week_index)
        if self.who_calls == "plan":
            for rep in self.reps:
                rep.plan()
        else:
            self.calling.choose(self.week_index)

    def demand_now(self) -> float:
        """Factor on every customer's category volume in the week that is being lived."""
        t = self.week_index
        return float(self.conditions.demand[t] * np.exp(self.market.log_demand[t] + self.demand_path[t]))

    def _live(self, t: int) -> Week:
        return self.crowd.step(
            self.week, self.demand_now(), self.brand_shift, self.conditions.channel_factor[:, t], self.calling.visited,
            self.calling.asked, None,
        )  # fmt: skip

    def _random_walks(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        n_weeks = self.conditions.demand.shape[0]
        weeks = identity(np.array([str(self.market.first_week + t) for t in range(n_weeks)]), "week")
        steps = draws.normals(self.key, Purpose.SHOCK, 0, weeks, len(self.world.brands) + 1)
        if n_weeks:
            steps[:, 0] *= np.sqrt(1.0 + self.market.level_age)
        drift = np.cumsum(steps[:-1] * self.market.response.drift[:, None], axis=1)
        if self.market.waves is not None:
            drift = drift + self.market.waves[:, :n_weeks]
        return drift, np.cumsum(steps[-1] * self.market.response.demand_shock)

    def _hand_over(self, t: int) -> None:
        if t in self.conditions.handover_weeks:
            self.crowd.hand_over(self.conditions.handed_over == t)

    def _set_stage(self, t: int) -> None:
        n_own = self.market.n_own
        self.brand_shift[:] = 0.0
        self.brand_shift[:n_own] = self.market.response.promotion[:n_own] * self.conditions.campaigns[:n_own, t]
        if self.conditions.regional is not None:
            strength = self.conditions.regional[:, :, t]
            self.crowd.tilt(self.market.response.promotion * strength if strength.any() else None)
