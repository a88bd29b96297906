"""Programmes: contacts that no rep makes: running channel programmes, and journeys that answer what came of a step."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from twin.agents.conditions import Chain
from twin.draws import Purpose
from twin.market.channels import VISIT

if TYPE_CHECKING:
    from twin.agents.model import TwinModel

PATIENCE_WEEKS = 8
"""A step that waits for a visit gives up after so many weeks."""
REST_WEEKS = 13
"""A journey that no visit opens begins again after so many weeks."""


def running_contacts(model: TwinModel) -> NDArray[np.float64]:
    """This week's contacts of the programmes that run as in history: (h, c) float."""
    rate = model.market.rule.contact_rate * model.conditions.channel_factor[:, [model.week_index]]
    rate[VISIT] = 0.0
    contacts = np.zeros_like(rate)
    live = np.flatnonzero(rate.any(axis=1))
    if len(live):
        u = model.luck.uniforms(Purpose.CONTACT, model.week, model.crowd.entity, len(rate))
        contacts[live] = (u[live] < rate[live]) & model.crowd.consent[live]
    return contacts


class JourneyRunner:
    """Moves customers along one chain of contacts.

    Parameters
    ----------
    model : TwinModel
    chain : Chain
    """

    def __init__(self, model: TwinModel, chain: Chain) -> None:
        n = len(model.crowd)
        self.model, self.chain = model, chain
        self.step = np.full(n, -1)
        self.due = np.zeros(n, dtype=np.int64)
        self.left = np.zeros(n, dtype=np.int64)
        self.ordered, self.opened = np.zeros(n, dtype=bool), np.zeros(n, dtype=bool)

    def wanted_visits(self) -> NDArray[np.bool_]:
        """Customers whose next step is a visit that has come due: (c,) bool."""
        current = np.where(self.step >= 0, self.chain.channel[self.step], -1)
        return (current == VISIT) & (self.due <= self.model.week_index)

    def contacts(self, visited: NDArray[np.bool_]) -> NDArray[np.float64]:
        """This week's contacts of the chain, visits excepted: (h, c) float."""
        model, now = self.model, self.model.week_index
        self.ordered |= model.crowd.ordered_us
        out = np.zeros((len(model.market.response.channel_effect), len(model.crowd)))
        if self.chain.channel[0] == VISIT:
            opens = self.chain.concerns & visited & (self.step < 0)
            self._reached(opens, np.zeros(len(opens), dtype=np.int64))
        else:
            begins = self.chain.concerns & (self.step < 0) & (self.due <= now)
            self.step[begins], self.due[begins], self.left[begins] = 0, now, self.chain.times[0]
        ready = (self.step >= 0) & (self.due <= now)
        self._end(ready & ~self._holds())
        ready &= self.step >= 0
        channel = np.where(ready, self.chain.channel[self.step], -1)
        late = (channel == VISIT) & ~visited & (now - self.due >= PATIENCE_WEEKS)
        self._end(late)
        met = (channel == VISIT) & visited
        remote = np.flatnonzero(ready & (channel > VISIT))
        # a channel at a part of its strength carries that part of the steps; each step is taken once, however strong
        u = model.luck.uniforms(Purpose.JOURNEY, model.week, model.crowd.entity, 1)[0]
        carried = u[remote] < model.conditions.channel_factor[channel[remote], now]
        allowed = model.crowd.consent[channel[remote], remote] & carried
        out[channel[remote][allowed], remote[allowed]] = 1.0
        done = met.copy()
        done[remote] = True
        self._reached(done, self.step.copy())
        self.opened[remote[~allowed]] = False
        return out

    def _holds(self) -> NDArray[np.bool_]:
        """Whether the condition of each customer's current step holds: (c,) bool."""
        verdict = {
            "always": np.ones(len(self.step), dtype=bool),
            "no_order": ~self.ordered,
            "order": self.ordered,
            "opened": self.opened,
            "not_opened": ~self.opened,
        }
        holds = np.stack([verdict[condition] for condition in self.chain.when])
        # a repetition of the same step asks nothing again
        return holds[np.maximum(self.step, 0), np.arange(len(self.step))] | (self.left < self.chain.times[self.step])

    def _reached(self, who: NDArray[np.bool_], step: NDArray[np.int64]) -> None:
        """Note that these customers were contacted, and set what comes next."""
        model, now = self.model, self.model.week_index
        if not who.any():
            return
        u = model.luck.uniforms(Purpose.OPENING, model.week, model.crowd.entity, 1)[0]
        self.opened[who] = u[who] < model.market.response.opening
        self.ordered[who] = False
        fresh = who & (self.step < 0)
        self.left[fresh] = self.chain.times[0]
        self.left[who] -= 1
        again = who & (self.left > 0)
        self.step[who] = step[who]
        self.due[again] = now + np.maximum(self.chain.wait[step[again]], 1)
        onward = who & ~again
        following = step + 1
        self._end(onward & (following >= len(self.chain.channel)))
        onward &= following < len(self.chain.channel)
        self.step[onward] = following[onward]
        self.due[onward] = now + self.chain.wait[following[onward]]
        self.left[onward] = self.chain.times[following[onward]]

    def _end(self, who: NDArray[np.bool_]) -> None:
        self.step[who] = -1
        self.due[who] = self.model.week_index + REST_WEEKS
