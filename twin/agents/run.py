"""run: the only door into the agent-based model."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from twin.agents.conditions import lay_out
from twin.agents.crowd import Ground, lay_ground
from twin.agents.model import TwinModel
from twin.agents.recorder import Recorder, Run, Totals
from twin.draws import Key
from twin.market.world import World
from twin.response.market import Market
from twin.scenario.scenario import Scenario


def run(
    world: World,
    market: Market,
    scenario: Scenario,
    key: Key,
    n_weeks: int,
    alignment: NDArray[np.int32] | None = None,
    engine: str = "compiled",
    ground: Ground | None = None,
) -> Run:
    """Live ``n_weeks`` weeks of one draw under one scenario.

    Parameters
    ----------
    world : World
    market : Market
    scenario : Scenario
    key : Key
        Same key, same luck, whatever the scenario.
    n_weeks : int
        At most ``market.n_weeks``.
    alignment : (c,) int32, optional
        Territory of each customer where the scenario changes it.
    engine, ground
        See :class:`TwinModel`.

    Returns
    -------
    Run

    Raises
    ------
    ValueError
        The draw does not cover the horizon, or does not fit the world; see :mod:`twin.agents.soundness`.
    """
    totals = Totals(world, n_weeks)
    live(world, market, scenario, key, n_weeks, totals, alignment, engine, ground)
    return totals.run()


def live(
    world: World,
    market: Market,
    scenario: Scenario,
    key: Key,
    n_weeks: int,
    recorder: Recorder,
    alignment: NDArray[np.int32] | None = None,
    engine: str = "compiled",
    ground: Ground | None = None,
) -> TwinModel:
    """As :func:`run`, with a recorder of one's own; returns the model as the last week left it."""
    if not 0 <= n_weeks <= market.n_weeks:
        raise ValueError(f"n_weeks: expected 0 to {market.n_weeks}, got {n_weeks}")
    ground = lay_ground(world, market, engine) if ground is None else ground  # first, for it looks at what comes in
    conditions = lay_out(world, market, scenario, n_weeks, alignment)
    model = TwinModel(world, market, conditions, key, recorder, engine, ground)
    for _ in range(n_weeks):
        model.step()
    return model
