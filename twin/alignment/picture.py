"""Picture: a map before and after, as plain lists that any map can show. Draws nothing."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin.alignment.areas import Areas, Territories
from twin.alignment.measures import Measures
from twin.geography.outlines import geometry, outlines


def before_and_after(
    areas: Areas, territories: Territories, territory: NDArray[np.int32], shapes: NDArray[np.object_] | None = None
) -> dict[str, Any]:
    """Areas and outlines of territories as GeoJSON features.

    Parameters
    ----------
    areas, territories
    territory : (b,) int32
        The map afterwards; before is ``areas.today``.
    shapes : (b,) shapely polygons, optional
        Without them areas are points, and territories have no outline.

    Returns
    -------
    dict
        ``areas`` and ``territories``, each a GeoJSON ``FeatureCollection``. An area has the properties ``area_id``,
        ``before``, ``after``, ``moved``, ``workload`` and ``customers``; a territory ``territory_id`` and ``when``
        (``before``, ``after``). What has neither shape nor place has the geometry ``None``.
    """
    moved = territory != areas.today
    features = [
        _feature(
            _place(areas, b, shapes),
            {
                "area_id": str(areas.ids[b]),
                "before": str(territories.ids[areas.today[b]]),
                "after": str(territories.ids[territory[b]]),
                "moved": bool(moved[b]),
                "workload": float(areas.load[0, b]),
                "customers": float(areas.customers[b]),
            },
        )
        for b in range(len(areas))
    ]
    borders = []
    if shapes is not None:
        for when, which in (("before", areas.today), ("after", territory)):
            drawn = outlines(shapes, which, len(territories))
            borders += [
                _feature(shape, {"territory_id": str(territories.ids[z]), "when": when})
                for z, shape in enumerate(drawn)
                if shape is not None
            ]
    return {"areas": _collection(features), "territories": _collection(borders)}


def loads_of(territories: Territories, before: Measures, after: Measures) -> list[dict[str, Any]]:
    """Load of each staffed territory over its target, before and after: one row a territory."""
    rows = []
    for z in np.flatnonzero(territories.staffed):
        rows.append(
            {
                "territory_id": str(territories.ids[z]),
                "reps": float(territories.heads[z]),
                "workload_before": float(before.fill[0, z]),
                "workload_after": float(after.fill[0, z]),
                "potential_before": float(before.fill[-1, z]),
                "potential_after": float(after.fill[-1, z]),
            }
        )
    return rows


def _place(areas: Areas, b: int, shapes: NDArray[np.object_] | None) -> dict[str, Any] | None:
    shape = geometry(shapes[b]) if shapes is not None and shapes[b] is not None else None
    if shape is not None or not areas.placed[b]:
        return shape
    return {"type": "Point", "coordinates": [float(areas.lon[b]), float(areas.lat[b])]}


def _feature(shape: dict[str, Any] | None, properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "Feature", "geometry": shape, "properties": properties}


def _collection(features: list[dict[str, Any]]) -> dict[str, Any]:
    return {"type": "FeatureCollection", "features": features}
