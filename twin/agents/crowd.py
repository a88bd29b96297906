"""CustomerCrowd: every customer of the market as arrays, and the one place where a week passes over them.

Customers are deliberately not Mesa agents one by one: a crowd of arrays is a thousand times faster. What one of them is
and has is seen through :meth:`CustomerCrowd.customer`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twin.draws import Luck, Purpose
from twin.market.channels import VISIT
from twin.market.world import World
from twin.response import attraction, goodwill, journey, law, orders
from twin.response.journey import Stage
from twin.response.market import Market

SECONDED_WEEKS = 2
"""For so many weeks a customer remembers what another channel said."""


@dataclass(frozen=True)
class Week:
    """What one week did to the customers.

    Parameters
    ----------
    volume : (j, c) float, units
        Ordered.
    contacts : (h, c) float
    found, lost, regained : (c,) bool
        Changed their stage with us.
    """

    volume: NDArray[np.float64]
    contacts: NDArray[np.float64]
    found: NDArray[np.bool_]
    lost: NDArray[np.bool_]
    regained: NDArray[np.bool_]


class CustomerCrowd:
    """The customers of one run: the only long-lived mutable state beside the reps' books.

    Parameters
    ----------
    world : World
    market : Market
    luck : Luck
    memory : float in [0, 1]
        Part of the contacts that know of one another.
    """

    def __init__(self, world: World, market: Market, luck: Luck, memory: float) -> None:
        start = market.start
        self.market, self.luck, self.memory = market, luck, memory
        self.ids, self.entity = world.population.ids, world.population.entity
        self.consent = world.population.consent
        self.fit = goodwill.channel_fit(world.population.prefers, len(world.channels), market.response.mismatch)
        self.goodwill, self.pressure = start.goodwill.copy(), start.pressure.copy()
        self.habit, self.stage = start.habit.copy(), start.stage.copy()
        self.last_visit = start.last_visit.copy()
        self.heard = np.full((2, len(self.ids)), -(2**30), dtype=np.int32)
        self.handover, self.handover_fade = np.zeros(len(self.ids)), np.zeros(len(self.ids))
        self.recent_own = self._expected_own()
        self.recent_at_start = self.recent_own.copy()
        buyers = max(int(journey.considers_us(self.stage).sum()), 1)
        self.typical_own = max(float(self.recent_own.sum()) / buyers, 1e-12)
        self.ordered_us, self.tried = np.zeros((2, len(self.ids)), dtype=bool)

    def __len__(self) -> int:
        return len(self.ids)

    def step(self, week: int, demand: float, brand_shift: NDArray[np.float64], contacts: NDArray[np.float64]) -> Week:
        """Let one week pass: goodwill, journey, choice, orders, habit.

        Parameters
        ----------
        week : int
        demand : float
            Factor on every customer's category volume.
        brand_shift : (j,) float, utility
        contacts : (h, c) float, contacts

        Returns
        -------
        Week
        """
        response, n_own = self.market.response, self.market.n_own
        luck = self.luck.uniforms(Purpose.ORDER, week, self.entity, len(brand_shift))
        fate = self.luck.uniforms(Purpose.LIFE, week, self.entity, 1)[0]
        self._absorb(week, contacts)
        found, lost, regained = self._move(contacts[VISIT], fate)
        lift = law.own_lift(response, self.goodwill, self.pressure, self.stage == Stage.TRIAL, self.handover)
        utility = law.utilities(self.market, lift, self.habit, brand_shift)
        share = attraction.shares(utility, journey.considers_us(self.stage), n_own)
        probability = orders.ordering_probability(share, response.orders_per_week)
        volume = orders.lumpy_volume(share * (self.market.volume * demand), probability, luck)
        own = volume[:n_own].sum(axis=0)
        self.ordered_us = own > 0
        # the second purchase makes a customer; the first leaves it in trial
        in_trial = (self.stage == Stage.TRIAL) & self.ordered_us
        self.stage[in_trial & self.tried] = Stage.REPEAT
        self.tried |= in_trial
        self.habit = attraction.advance_habit(self.habit, share)
        self.recent_own += (own - self.recent_own) / 13.0
        self.handover = np.maximum(self.handover - self.handover_fade, 0.0)
        return Week(volume, contacts, found, lost, regained)

    def hand_over(self, who: NDArray[np.bool_]) -> None:
        """Give customers to another rep: what that costs fades over a year."""
        share = self._expected_own() / np.maximum(self.market.volume, 1e-12)
        drop = law.handover_utility(self.market.response.handover, share)
        self.handover[who] = drop[who]
        self.handover_fade[who] = drop[who] / 52.0

    def customer(self, customer_id: str) -> dict[str, object]:
        """State of one customer, for inspection."""
        row = int(np.flatnonzero(self.ids == customer_id)[0])
        return {
            "customer_id": customer_id,
            "stage": Stage(int(self.stage[row])).name.lower(),
            "goodwill": float(self.goodwill[row]),
            "pressure": float(self.pressure[row]),
            "own_habit": float(self.habit[: self.market.n_own, row].sum()),
            "last_visit": int(self.last_visit[row]),
            "weekly_potential": float(self.market.volume[row]),
        }

    def _expected_own(self) -> NDArray[np.float64]:
        lift = law.own_lift(
            self.market.response, self.goodwill, self.pressure, self.stage == Stage.TRIAL, self.handover
        )
        utility = law.utilities(self.market, lift, self.habit, np.zeros(len(self.habit)))
        share = attraction.shares(utility, journey.considers_us(self.stage), self.market.n_own)
        return self.market.volume * share[: self.market.n_own].sum(axis=0)

    def _absorb(self, week: int, contacts: NDArray[np.float64]) -> None:
        response = self.market.response
        in_person, remote = contacts[VISIT] > 0, contacts[VISIT + 1 :].any(axis=0)
        recently = week - self.heard <= SECONDED_WEEKS
        seconded = (in_person & (recently[1] | remote)) | (remote & (recently[0] | in_person))
        added = goodwill.inflow(contacts, response.channel_effect, self.fit, seconded, response.synergy, self.memory)
        self.goodwill = goodwill.advance_goodwill(self.goodwill, added, response.carryover)
        self.pressure = goodwill.advance_pressure(self.pressure, contacts, seconded, self.memory)
        self.heard[0, in_person] = week
        self.heard[1, remote] = week
        self.last_visit[in_person] = week

    def _move(
        self, visits: NDArray[np.float64], fate: NDArray[np.float64]
    ) -> tuple[NDArray[np.bool_], NDArray[np.bool_], NDArray[np.bool_]]:
        response = self.market.response
        ours = journey.considers_us(self.stage)
        listed = self.market.neighbours >= 0
        word = (ours[self.market.neighbours] & listed).sum(axis=1) / np.maximum(listed.sum(axis=1), 1)
        finds = journey.discovery(
            response.discovery_base, response.discovery_visit, response.discovery_word, visits, word
        )
        found = (self.stage == Stage.UNAWARE) & (fate < finds)
        lost = ours & (fate < journey.loss(response.loss, response.loss_contact, self.goodwill))
        regained = (self.stage == Stage.LAPSED) & (fate < journey.winback(response.winback, visits))
        self.stage[found] = Stage.TRIAL
        self.stage[lost] = Stage.LAPSED
        self.stage[regained] = Stage.REPEAT
        return found, lost, regained
