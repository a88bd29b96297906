"""CompetitorAgent: one rival brand: its campaigns, and how it answers our moves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twin.agents.actor import Actor

if TYPE_CHECKING:
    from twin.agents.model import TwinModel

MEMORY_WEEKS = 8.0
"""Rivals see our share as a moving average over so many weeks."""


class CompetitorAgent(Actor):
    """A rival brand.

    Parameters
    ----------
    model : TwinModel
    brand : int
        Row on axis j.
    """

    def __init__(self, model: TwinModel, brand: int) -> None:
        super().__init__(model)
        self.brand = brand
        self.seen_share = model.market.reference_share

    def act(self) -> None:
        """Run this week's campaign, and push or hold back where our share has moved."""
        model, reference = self.model, self.model.market.reference_share
        if model.last_share is not None and reference > 0:
            self.seen_share += (model.last_share - self.seen_share) / MEMORY_WEEKS
        gain = self.seen_share / reference - 1.0 if reference > 0 else 0.0
        push = model.conditions.reaction * (max(gain, 0.0) if model.conditions.answers_gains_only else gain)
        campaign = model.conditions.campaigns[self.brand, model.week_index]
        model.brand_shift[self.brand] = model.market.response.promotion[self.brand] * campaign + push
