"""Potential on real outlets: western Iowa, known customers hidden at random and by size, and outlets found later.

``python tests/bench/real_iowa_potential.py`` prints JSON. Of the unknown only the panel's can be
checked there; the masks are hidden known customers, whose own sales (and, in the panel, whole purchases) were seen.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from measuring import SHARED

from twin.intake.assemble import assemble
from twin.intake.ingest import read_bundle
from twin.potential.potential import learn_potential
from twin.potential.time_machine import time_machine

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
        "count": potential.count.reason,
    }


if __name__ == "__main__":
    print(json.dumps(marks(), indent=1))
