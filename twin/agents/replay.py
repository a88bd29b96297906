"""Replay: history lived again with the contacts that were really made, instead of those that reps would choose."""

from __future__ import annotations

from dataclasses import replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from twin.agents.conditions import lay_out
from twin.agents.crowd import Week
from twin.agents.model import TwinModel
from twin.agents.recorder import Recorder, Run, Totals
from twin.agents.soundness import MOST_A_WEEK
from twin.draws import Key
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
    given: NDArray[np.uint8]

    @property
    def who_calls(self) -> str:
        """Nobody chooses: the visits are on ``record``."""
        return "record"

    def again(self, recorder: Recorder) -> Self:
        """See :meth:`TwinModel.again`."""
        twin = super().again(recorder)
        twin.touches = self.touches
        return twin

    def _call(self) -> None:
        now = self.touches.week == self.week
        contacts = np.zeros((len(self.world.channels), len(self.crowd)), dtype=np.int64)
        np.add.at(contacts, (self.touches.channel[now], self.touches.customer[now]), 1)
        self.given = np.minimum(contacts, MOST_A_WEEK).astype(np.uint8)

    def _live(self, t: int) -> Week:
        factor = self.conditions.channel_factor[:, t]
        return self.crowd.step(
            self.week, self.demand_now(), self.brand_shift, factor, self.calling.visited, None, self.given
        )


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
    model = ReplayModel(world, market, nobody, key, totals)
    model.touches = touches
    for _ in range(n_weeks):
        model.step()
    return totals.run()
