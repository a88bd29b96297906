"""Potential on real outlets: western Iowa, known customers hidden at random and by size, and outlets found later.

``python tests/bench/real_iowa_potential.py`` prints JSON. Of the unknown only the panel's can be
checked there; the masks are hidden known customers, whose own sales (and, in the panel, whole purchases) were seen.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

import numpy as np
from measuring import SHARED
from scipy.stats import spearmanr

from twin.intake.assemble import assemble
from twin.intake.ingest import read_bundle
from twin.market.history import History
from twin.market.world import World
from twin.potential.potential import learn_potential
from twin.potential.time_machine import LEAST_WEEKS, time_machine

BUNDLE = SHARED / "bundles" / "iowa_west"
YEARS_BACK = (104, 156)


def marks() -> dict[str, Any]:
    """Every figure."""
    bundle = read_bundle(BUNDLE)
    world, history = assemble(bundle.tables, bundle.links)
    potential = learn_potential(world, history, 50, 0)
    known, member = world.population.known, potential.member
    return {
        "customers": len(known),
        "unknown": int((~known).sum()),
        "unknown_panel": int((~known & member).sum()),
        "ranking_spearman_known_blocked": potential.ranking_spearman,
        "spearman_unknown_panel_left_out": potential.spearman_unknown,
        "unknown_total_litres_a_week": float(potential.mean[~known].sum()),
        "unknown_total_half_width_80": float(
            1.2816 * potential.total_unknown.draws.std() / potential.total_unknown.draws.mean()
        ),
        "hidden_size": float(potential.hidden_size.draws.mean()),
        "masks_now": [asdict(score) for score in time_machine(world, history, history.origin, 20, 0)],
        "then": {
            weeks: [asdict(score) for score in time_machine(world, history, history.origin - weeks, 20, 0)]
            for weeks in YEARS_BACK
        },
        "bounds": {weeks: bounds(world, history, history.origin - weeks) for weeks in YEARS_BACK},
        "count": potential.count.reason,
    }


def bounds(world: World, history: History, week: int) -> dict[str, float]:
    """What could be reached at most for outlets found since ``week``: rank correlation with their later own sales.

    Of their first months' own sales, which nobody has before they are won; and of every other month with the rest,
    which says how well own sales tell an outlet's size at all.
    """
    people, own = world.population, history.own_sales
    found = people.known & (people.known_since >= week) & (people.known_since < history.origin)
    rows = np.flatnonzero(found & (np.minimum(people.left, history.origin) - people.known_since >= LEAST_WEEKS))
    volume = np.zeros((len(people), len(own.periods)))
    ours = world.brands.own[own.brand]
    np.add.at(volume, (own.unit[ours], own.period[ours]), own.volume[ours])
    first = (volume[rows] > 0).argmax(axis=1)
    since = [row[start:] for row, start in zip(volume[rows], first, strict=True)]
    said = {"every other month": spearmanr([x[::2].mean() for x in since], [x[1::2].mean() for x in since]).statistic}
    for months in (1, 2, 3):
        long = [x for x in since if len(x) >= months + 3]
        early, late = [x[:months].mean() for x in long], [x[months:].mean() for x in long]
        said[f"first {months} months"] = spearmanr(early, late).statistic
    return {what: float(value) for what, value in said.items()}


if __name__ == "__main__":
    print(json.dumps(marks(), indent=1))
