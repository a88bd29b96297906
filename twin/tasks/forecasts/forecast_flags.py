"""Forecast flags: what a forecast carries with it: where it left history behind, and what it was made from."""

from __future__ import annotations

from typing import Any

import numpy as np

from twin.agents.conditions import CYCLE_WEEKS
from twin.calibration.visits.reach import Reach, beyond
from twin.forecast.ensemble import Ensemble
from twin.forecast.flags import BEYOND, IDLE, NEW_MAP, NEW_MAP_PCT, NO_VISITS, TOO_GOOD, TOO_GOOD_PCT
from twin.market.world import World
from twin.tasks.learning import examined
from twin.workspace.catalogue import Version
from twin.workspace.store import Workspace

_ALWAYS = {
    TOO_GOOD: f"a simulated gain above {TOO_GOOD_PCT:g} % is taken for a fault until it is explained",
    NO_VISITS: "all visits stop: how customers answer to that has hardly been seen",
    BEYOND: f"more than {Reach.FAR:g} times the contacts of the baseline",
    NEW_MAP: (
        f"a new map of territories is known to bring {NEW_MAP_PCT[0]:g} to {NEW_MAP_PCT[1]:g} %: "
        "look at who changes hands before it is used"
    ),
    IDLE: f"reps find nobody to call on: whoever is ranked is visited once in {CYCLE_WEEKS} weeks",
}


def flag(result: dict[str, Any], ensemble: Ensemble, world: World, reach: Reach | None) -> None:
    """Add flags, and the reasons for them in words, to every scenario of a result.

    Parameters
    ----------
    result : dict
        Of :func:`twin.forecast.forecast.summarise`; each scenario gets ``flags`` and ``flag_reasons``.
    ensemble : Ensemble
    world : World
    reach : Reach, optional
        How far history had gone; without it only the baseline can be compared with.
    """
    for a, row in enumerate(result["scenarios"]):
        flags = list(row.get("flags", ()))
        reasons = {name: _ALWAYS[name] for name in flags}
        if reach is not None and a and (said := _far(ensemble, a, world, reach)):
            reasons[BEYOND] = said
            flags += [BEYOND] if BEYOND not in flags else []
        row["flags"], row["flag_reasons"] = flags, reasons


def provenance(workspace: Workspace, calibration: Version) -> dict[str, Any]:
    """What a forecast came from: ``made_from``, and ``health`` of the calibration, ``None`` where it is not known."""
    health = None
    if workspace.has(calibration, examined.CARD):
        card = workspace.document(calibration, examined.CARD)
        health = {"verdict": card["verdict"], "because": card["because"]} if isinstance(card, dict) else None
    return {"made_from": {"calibration": calibration.id, "dataset": calibration.parents[0]}, "health": health}


def health_note(made: dict[str, Any]) -> list[str]:
    """What is to be said of a calibration that is not sound."""
    health = made["health"]
    if health is None or health["verdict"] == "pass":
        return []
    because = ", ".join(health["because"])
    return [f"Health of the calibration: {health['verdict']}, because of {because}. `twin export health` says why."]


def _far(ensemble: Ensemble, a: int, world: World, reach: Reach) -> str:
    """Where a scenario leaves history behind and the baseline does not; empty where it stays inside."""
    # contacts of one customer are asked for by name
    wished = max((rule.visits_per_month for rule in ensemble.scenarios[a].targeting.frequency), default=0.0)
    most = max(reach.visits_a_month.values(), default=0.0)
    if most > 0 and wished > Reach.FAR * most:
        return f"{wished:g} visits a month are asked for, no customer ever saw more than {most:.1f}"
    new = beyond(reach, ensemble.contacts[a]) & ~beyond(reach, ensemble.contacts[0])
    if not new.any():
        return ""
    h, z = (int(where[0]) for where in np.nonzero(new))
    places = int(new.any(axis=0).sum())
    return (
        f"{world.channels[h]} contacts in {world.territories[z]} exceed {Reach.FAR:g} times the most of any quarter"
        + (f", and so in {places - 1} more territories" if places > 1 else "")
    )
