"""Kinds of made-up worlds that calibrations are measured in, and how many of each.

More than a third of the worlds are *foreign*: their truth has a form that the estimators do not assume. What each kind
is stands in ``KINDS``; sizes are small so that forty and more can be lived through.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from measuring import SEED

from twin.market.synthetic_settings import SyntheticSettings, TrueMarket

SMALL = SyntheticSettings(n_outlets=700, n_territories=6, years=4, outlets_per_rep=100)
"""Size of every world, one year ahead included."""


@dataclass(frozen=True)
class Kind:
    """A kind of world.

    Parameters
    ----------
    name : str
    foreign : bool
        Its truth has a form that the estimators do not assume.
    words : str
    world, truth : mapping of str to value
        What differs from the usual settings, and from the usual true parameters.
    """

    name: str
    foreign: bool
    words: str
    world: dict[str, Any] = field(default_factory=dict)
    truth: dict[str, Any] = field(default_factory=dict)

    def settings(self, seed: int) -> SyntheticSettings:
        """The settings of one world of this kind."""
        return replace(SMALL, seed=seed, truth=replace(TrueMarket(), **self.truth), **self.world)


_NOTHING = {"coefficient": 0.0, "discovery_visit": 0.0, "winback": 0.0, "loss_contact": 1.0, "handover": 0.0}
KINDS = (
    Kind("usual", False, "the law of the simulator, parameters of the literature's order"),
    Kind("strong", False, "visits do twice as much, goodwill fades faster",
         truth={"coefficient": 1.0, "carryover": 0.90}),
    Kind("weak", False, "visits do a third as much", truth={"coefficient": 0.19, "discovery_visit": 0.02}),
    Kind("no effect", False, "visits do nothing at all", truth=_NOTHING),
    Kind("quiet rivals", False, "no rival ever campaigns", world={"rival_campaigns": False}),
    Kind("half hidden", False, "known outlets are larger by half for hidden reasons",
         world={"hidden_shift": 0.5, "hidden_sd": 0.8}),
    Kind("chasing", True, "each outlet's demand has waves of its own, and reps run after them",
         world={"wave": 0.35}, truth={"follows_sales": 1.0}),
    Kind("hill", True, "goodwill saturates on Hill's curve, and the category grows with attraction",
         truth={"curvature": -1.0, "coefficient": 4.0, "attraction": (-2.1, 0.30, 0.05, 0.15), "outside": 0.15}),
    Kind("uneven", True, "markets and kiosks care for contacts four times as much as pharmacies, reps run after sales",
         world={"wave": 0.2}, truth={"keen": (0.4, 1.6, 0.8, 1.6), "follows_sales": 0.7}),
    Kind("heavy tails", True, "sizes and orders with heavy tails, in waves",
         world={"size_tail": 0.12, "order_tail": 0.8, "wave": 0.2}),
)  # fmt: skip
"""In the order in which seeds are dealt out."""


def worlds(n: int) -> Iterator[tuple[Kind, int]]:
    """The first n worlds: kinds in turn, one seed after the other."""
    for place in range(n):
        yield KINDS[place % len(KINDS)], SEED + place
