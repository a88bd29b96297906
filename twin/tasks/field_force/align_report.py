"""Report of ``twin align``: the frontier's rows, the tables of the chosen map, its picture, and what to know of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from twin.alignment.frontier import TODAY, Point
from twin.alignment.of_world import Lot
from twin.forecast.earnings import Earnings
from twin.tasks.field_force.align_settings import AlignSettings
from twin.tasks.shelf import Twin
from twin.workspace import atomic
from twin.workspace.alignment_map import write_map

YEAR_WEEKS = 52.0


def frontier_row(point: Point, gain: Earnings) -> dict[str, Any]:
    """One map in figures, with what it earns in the twin against today's."""
    measures = point.measures
    attributes = ("workload", "potential")[: len(measures.cv)]
    return {
        "map": point.name,
        **{f"cv_{name}_pct": 100.0 * float(cv) for name, cv in zip(attributes, measures.cv)},
        **{f"highest_{name}": float(high) for name, high in zip(attributes, measures.highest)},
        **{f"lowest_{name}": float(low) for name, low in zip(attributes, measures.lowest)},
        "moved_customers_pct": 100.0 * measures.moved_customers,
        "moved_sales_pct": 100.0 * measures.moved_sales,
        "moved_areas": measures.moved_areas,
        "least_moved_pct": 100.0 * point.least_moved,
        "mean_km": measures.mean_km if np.isfinite(measures.mean_km) else None,
        "extra_pieces": measures.pieces,
        "pays_back_years": point.pays_back_years if np.isfinite(point.pays_back_years) else None,
        **gain.figures(),
    }


def notes_on(twin: Twin, chosen: Point, gain: Earnings, settings: AlignSettings) -> list[str]:
    """What a person should know before the map is changed."""
    notes = []
    handover = {one.name: one for one in twin.calibration.estimates()}["handover"]
    if not handover.identified:
        notes.append(f"Loss by a change of rep is a prior ({handover.prior}); it is not learned from your data.")
    if not twin.calibration.visit_response.identified:
        notes.append("The effect of visits is a prior, and with it what balance is worth.")
    if chosen.name == TODAY:
        notes.append("No map earns more than today's over the horizon: nothing is written. Name one with --choose.")
    elif gain.probability < 0.8:
        notes.append(f"This map earns more than today's in {gain.probability:.0%} of the runs only.")
    if settings.most_moved < 1.0:
        notes.append(f"At most {settings.most_moved:.0%} of the known customers may change hands, as asked.")
    return notes


def area_table(lot: Lot, chosen: Point) -> pd.DataFrame:
    """Every area with its territory before and after, and what it carries."""
    areas, ids = lot.areas, lot.territories.ids
    names = ("workload", "potential")
    return pd.DataFrame(
        {
            lot.key: areas.ids,
            "territory_id": ids[chosen.territory],
            "territory_before": ids[areas.today],
            "moved": chosen.territory != areas.today,
            "customers": areas.customers,
            "own_sales_a_year": areas.sales,
            **{f"load_{k + 1}" if len(areas.load) > 2 else names[k]: row for k, row in enumerate(areas.load)},
            "lon": areas.lon,
            "lat": areas.lat,
        }
    )


def customer_table(twin: Twin, lot: Lot, chosen: Point) -> pd.DataFrame:
    """Known customers who change hands, with what is at stake: most sales first."""
    people, world = twin.world.population, twin.world
    after = lot.customers(world, chosen.territory)
    moved = np.flatnonzero((after != people.territory) & people.known)
    sales = twin.calibration.potential.own_now[moved] * YEAR_WEEKS
    loss = float(twin.calibration.draws_of("handover").mean())
    table = pd.DataFrame(
        {
            "customer_id": people.ids[moved],
            "name": people.names[moved],
            "territory_before": world.territories[people.territory[moved]],
            "territory_id": world.territories[after[moved]],
            "own_sales_a_year": sales,
            "at_risk_first_year": sales * loss,
            "lon": people.lon[moved],
            "lat": people.lat[moved],
        }
    )
    return table.sort_values(["own_sales_a_year", "customer_id"], ascending=[False, True], ignore_index=True)


def drawn_files(out: Path | None, drawn: dict[str, Any]) -> list[str]:
    """Write the map before and after, where a folder is named; the paths."""
    if out is None:
        return []
    out.mkdir(parents=True, exist_ok=True)
    layers = {"areas.geojson": drawn["areas"], "territories.geojson": drawn["territories"]}
    paths = [_layer(out, name, layer) for name, layer in layers.items() if layer["features"]]
    paths.append(atomic.place(out, lambda file: write_map(drawn, file), lambda _: "map.svg"))
    return [str(path) for path in paths]


def _layer(out: Path, name: str, layer: dict[str, Any]) -> Path:
    return atomic.place(out, lambda file: file.write(json.dumps(layer, ensure_ascii=False).encode()), lambda _: name)
