"""Dark half: tables of how many outlets no list holds, of whom to probe, and of how past unknowns were foreseen."""

from __future__ import annotations

from dataclasses import asdict, fields

import numpy as np
import pandas as pd

from twin.calibration.calibration import Calibration
from twin.market.history import History
from twin.market.world import World
from twin.potential.count import DEPENDENT
from twin.potential.probe import SIZE, plan_probe
from twin.potential.time_machine import Score, time_machine
from twin.weeks import monday


def count_table(calibration: Calibration, world: World) -> pd.DataFrame:
    """Outlets by territory: known, listed, and on no list, with an 80 % interval."""
    count, people = calibration.potential.count, world.population
    z = len(world.territories)
    low, high = np.percentile(count.by_territory, [10, 90], axis=0)
    mean = count.by_territory.mean(axis=0)
    return pd.DataFrame(
        {
            "territory_id": world.territories,
            "known": np.bincount(people.territory[people.known], minlength=z),
            "listed": count.listed,
            "unlisted_mean": mean,
            "unlisted_p10": low,
            "unlisted_p90": high,
            "unlisted_if_lists_agree": DEPENDENT * mean,
            "identified": count.unlisted.identified,
            "lower_bound": count.lower_bound,
            "reason": count.reason,
        }
    )


def probe_table(calibration: Calibration, world: World, n: int = SIZE) -> pd.DataFrame:
    """Unknown customers to be visited at random, with what their territory's total would gain in certainty."""
    people = world.population
    plan = plan_probe(world, calibration.potential, n, calibration.seed)
    zone = people.territory[plan.customer]
    return pd.DataFrame(
        {
            "territory_id": world.territories[zone],
            "order": plan.order,
            "customer_id": people.ids[plan.customer],
            "name": people.names[plan.customer],
            "lon": people.lon[plan.customer],
            "lat": people.lat[plan.customer],
            "category_mean": calibration.potential.mean[plan.customer],
            "chance": plan.chance,
            "half_width_now_pct": 100.0 * plan.half_width_now[zone],
            "half_width_after_pct": 100.0 * plan.half_width_then[zone],
            "total_half_width_now_pct": 100.0 * plan.total_now,
            "total_half_width_after_pct": 100.0 * plan.total_then,
        }
    )


def time_machine_table(world: World, history: History, week: int, seed: int = 0) -> pd.DataFrame:
    """Who was unknown at ``week`` and has been found since, against what was predicted then; and both masks."""
    rows = [{"as_of": monday(week), **asdict(score)} for score in time_machine(world, history, week, seed=seed)]
    return pd.DataFrame(rows, columns=["as_of", *(field.name for field in fields(Score))])
