"""Replay: history lived again with the contacts that were really made, instead of those that reps would choose."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from twin.agents.conditions import lay_out
from twin.agents.model import TwinModel
from twin.agents.recorder import Run, Totals
from twin.draws import Key, Luck
from twin.market.channels import VISIT
from twin.market.history import Touches
from twin.market.world import World
from twin.response.market import Market
from twin.scenario.scenario import BASELINE


class ReplayModel(TwinModel):
    """The model with recorded contacts.

    Parameters
    ----------
    touches : Touches
        Contacts of the weeks that are lived; others are passed over.
    """

    touches: Touches

    def _score_customers(self) -> None:
        self.visited[:] = False

    def _contacts(self) -> NDArray[np.float64]:
        now = self.touches.week == self.week
        contacts = np.zeros((len(self.world.channels), len(self.crowd)))
        np.add.at(contacts, (self.touches.channel[now], self.touches.customer[now]), 1.0)
        self.visited = contacts[VISIT] > 0
        return contacts


def replay(world: World, market: Market, touches: Touches, key: Key, n_weeks: int) -> Run:
    """Live weeks that are history by now with the contacts that were recorded in them.

    Parameters
    ----------
    world : World
        As known at ``market.first_week``.
    market : Market
        Learned from what came before.
    touches : Touches
    key : Key
    n_weeks : int

    Returns
    -------
    Run
        What the market law makes of the real contacts: the forecast without its error about the reps.
    """
    nobody = replace(lay_out(world, market, BASELINE, n_weeks), rep_ids=np.array([], dtype=str))
    totals = Totals(world, n_weeks)
    model = ReplayModel(world, market, nobody, Luck(key), totals)
    model.touches = touches
    for _ in range(n_weeks):
        model.step()
    return totals.run()
