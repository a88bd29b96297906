"""Capabilities: what the twin can do with these data, and what it cannot. Scores nothing."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from twin.market.channels import VISIT
from twin.market.history import History
from twin.market.world import World


@dataclass(frozen=True)
class Capability:
    """One thing that the twin can or cannot do with these data.

    Parameters
    ----------
    name : str
    possible : bool
    reason : str
    """

    name: str
    possible: bool
    reason: str


def capabilities(world: World, history: History) -> tuple[Capability, ...]:
    """Everything that is asked of a twin, each possible or not, with the reason."""
    people = world.population
    contacts = np.bincount(history.touches.channel, minlength=len(world.channels))
    placed = float(people.placed.mean())
    dark = int((~people.known).sum())
    listed = world.reps.listed and len(world.reps) > 0
    priced = np.isfinite(world.brands.unit_price[world.brands.own]).any()
    prior = "a literature prior is used and shown as one"
    # name, is it possible, why it is, why it is not
    rows = (
        ("forecast of own sales", len(history.own_sales) > 0, f"{len(history.own_sales)} observed totals", "no sales"),
        ("effect of visits", contacts[VISIT] > 0, f"{contacts[VISIT]} recorded visits",
         f"not identified, no visits in the data: {prior}"),
        ("effect of other channels", contacts.sum() > contacts[VISIT], "from recorded contacts",
         f"not identified, no contacts on other channels in the data: {prior}"),
        ("market share and rivals' campaigns", len(history.audit) + len(history.panel) > 0, "from audits and panels",
         "not known, no market_sales in the data: rivals are one unobserved brand"),
        ("potential of unknown customers", dark > 0, f"{dark} unknown customers listed",
         "no unknown customers listed, no prospects in the data"),
        ("map", placed > 0, f"{placed:.0%} of customers have coordinates", "no map, no customer has coordinates"),
        ("visit plan", listed, f"{len(world.reps)} listed reps", "no plan, no reps in the data"),
        ("routes", listed and placed > 0, "reps and coordinates are there", "no routes without reps and coordinates"),
        ("value and contribution", priced, "the price of our brands is known",
         "volumes only, no price of our brands and no sales value"),
    )  # fmt: skip
    return tuple(
        Capability(name, bool(possible), why if possible else why_not) for name, possible, why, why_not in rows
    )
