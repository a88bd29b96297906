"""Grounds: what the level of potential rests on and what could not be known, in sentences.

Reads the evidence; computes no potential.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from twin.market.world import World
from twin.potential.evidence import Evidence
from twin.potential.settle import tilt_of_half
from twin.potential.size import Size
from twin.potential.total import compared


def source_of(evidence: Evidence) -> str:
    """What the level rests on, in a few words."""
    panel = f"panel of {len(evidence.members)}"
    if evidence.audited:
        n = int((evidence.brick_total > 0).sum())
        return f"brick totals of {n} bricks" + (f" and a {panel}" if len(evidence.members) else "")
    if len(evidence.members):
        return panel
    return "own sales over a prior own share" if evidence.own_total.sum() > 0 else "nothing observed"


def notes_on(
    world: World, evidence: Evidence, size: Size, where_from: str, known: NDArray[np.bool_]
) -> tuple[str, ...]:
    """What could not be known, in sentences."""
    people, notes = world.population, []
    if evidence.years:
        notes.append(f"Less than a year of {', '.join(evidence.years)}: the season is not averaged out.")
    if not evidence.audited and not len(evidence.members):
        notes.append("No market data: the level of category volume is a prior, not an estimate.")
    if evidence.audited:
        listed = np.bincount(people.brick[people.brick >= 0], minlength=len(world.bricks)) > 0
        total = np.nan_to_num(evidence.brick_total)
        if (missing := total[~listed].sum() / total.sum()) > 0.001:
            notes.append(f"{missing:.1%} of the audited volume lies in bricks where no customer is listed.")
        bare = (people.brick < 0) | ~(evidence.brick_total > 0)[people.brick]
        if bare.any():
            notes.append(f"{int(bare.sum())} customers are in no audited brick: they get the regional level.")
    if evidence.audited and not compared(evidence, people.known):
        notes.append("Too few panel members to compare both halves: market totals are split with the help of a prior.")
    for half, name in ((False, "unknown"), (True, "known")):
        tilt = tilt_of_half(size, evidence, known, half)
        if tilt.biased:
            kind = "larger" if tilt.seen > 0 else "smaller"
            notes.append(
                f"{name.capitalize()} panel members look {kind} than the others (t = {tilt.t:.1f}): no random panel. "
                "The level allows for as much that cannot be seen."
            )
    if len(size.buyers) < 60:
        notes.append(f"Only {len(size.buyers)} customers buy from us: size follows attributes coarsely.")
    if (~people.known).any():
        notes.append(f"Our share among the unknown: {where_from}.")
    if evidence.lost.any():
        notes.append(f"{int(evidence.lost.sum())} customers have left: nothing is sold to them now.")
    return tuple(notes)
