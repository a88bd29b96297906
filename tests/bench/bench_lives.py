"""Bench lives: runs of the engine to be timed, whole or part by part."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from types import SimpleNamespace
from typing import Any

from bench_turns import cpu_ns

from twin.agents.conditions import Conditions, lay_out
from twin.agents.crowd import Ground, lay_ground
from twin.agents.model import TwinModel
from twin.agents.recorder import Totals
from twin.draws import Key
from twin.engine.machine import Machine
from twin.market.world import World
from twin.response.market import Market
from twin.scenario.scenario import BASELINE, Scenario


@dataclass(frozen=True)
class Stand:
    """Everything that a run begins with.

    Parameters
    ----------
    world : World
    market : Market
    ground : Ground
    conditions : Conditions
    """

    world: World
    market: Market
    ground: Ground
    conditions: Conditions

    @property
    def n(self) -> int:
        """Customers."""
        return len(self.world.population)


def stand(world: World, market: Market, scenario: Scenario = BASELINE, engine: str = "compiled") -> Stand:
    """Lay a market out for its runs, over all of its weeks."""
    ground = lay_ground(world, market, engine)
    return Stand(world, market, ground, lay_out(world, market, scenario, market.n_weeks))


def model_of(it: Stand, seed: int = 1) -> TwinModel:
    """A run before its first week, with the recorder that forecasts have."""
    totals = Totals(it.world, it.market.n_weeks)
    return TwinModel(it.world, it.market, it.conditions, Key(seed), totals, ground=it.ground)


def live(model: TwinModel, n_weeks: int) -> TwinModel:
    """Let weeks pass."""
    for _ in range(n_weeks):
        model.step()
    return model


def ns(it: Stand, n_weeks: int | None = None) -> float:
    """CPU time of the whole model's weeks, nanoseconds per customer and week; what comes before them apart."""
    weeks, model = n_weeks or it.market.n_weeks, model_of(it)
    return cpu_ns(lambda: live(model, weeks)) / (weeks * it.n)


class Stopwatch:
    """CPU time of everything compiled that a run calls.

    Parameters
    ----------
    model : TwinModel
        Its crowd is given a machine that is watched.

    Attributes
    ----------
    spent : dict of str to int
        Nanoseconds by the name of what was called.
    """

    def __init__(self, model: TwinModel) -> None:
        self.model, self.spent = model, {}
        given: Machine = model.crowd.machine
        passes, calls = self._watched(given.passes), self._watched(given.calls)
        model.crowd.machine = replace(given, passes=passes, calls=calls, live=self._timed("live", given.live))

    def weeks(self, n_weeks: int) -> dict[str, float]:
        """Nanoseconds per customer and week by part, ``outside`` of compiled code, and in all."""
        self.spent.clear()
        whole = cpu_ns(lambda: live(self.model, n_weeks))
        found = {**self.spent, "outside": whole - sum(self.spent.values()), "whole": whole}
        return {name: value / (n_weeks * len(self.model.crowd)) for name, value in found.items()}

    def _watched(self, module: Any) -> Any:
        called = {name: each for name, each in vars(module).items() if callable(each) and not name.startswith("_")}
        return SimpleNamespace(**{name: self._timed(name, each) for name, each in called.items()})

    def _timed(self, name: str, function: Callable) -> Callable:
        def call(*arguments: Any) -> Any:
            clock = time.thread_time_ns()
            result = function(*arguments)
            self.spent[name] = self.spent.get(name, 0) + time.thread_time_ns() - clock
            return result

        return call
