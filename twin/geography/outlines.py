"""Outlines: the shapes of groups of areas as plain lists of coordinates. Draws nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray


def outlines(shapes: NDArray[np.object_], group: NDArray[np.integer], n_groups: int) -> list[dict[str, Any] | None]:
    """Outline of each group of areas as a GeoJSON geometry.

    Parameters
    ----------
    shapes : (b,) shapely polygons, degrees
        ``None`` where there is none.
    group : (b,) int
    n_groups : int

    Returns
    -------
    list of dict
        ``Polygon`` or ``MultiPolygon``, outer rings counter-clockwise as the format wants them; ``None`` for a group
        without a shape.
    """
    shapes = np.asarray(shapes, dtype=object)
    drawn = ~shapely.is_missing(shapes)
    found: list[dict[str, Any] | None] = []
    for g in range(n_groups):
        mine = shapes[drawn & (group == g)]
        found.append(geometry(shapely.unary_union(shapely.make_valid(mine))) if len(mine) else None)
    return found


def shapes_of(texts: Sequence[str | None]) -> NDArray[np.object_]:
    """Polygons of GeoJSON geometries: (n,) shapely, ``None`` where there is no text."""
    plain = np.array([text if isinstance(text, str) else None for text in texts], dtype=object)
    return np.asarray(shapely.from_geojson(plain, on_invalid="ignore"), dtype=object)


def geometry(shape: shapely.Geometry) -> dict[str, Any] | None:
    """A polygon, or several, as a GeoJSON geometry in plain lists; ``None`` for anything else."""
    parts = [part for part in shapely.get_parts(shape) if isinstance(part, shapely.Polygon) and not part.is_empty]
    rings = [_rings(shapely.orient_polygons(part, exterior_cw=False)) for part in parts]
    if not rings:
        return None
    if len(rings) == 1:
        return {"type": "Polygon", "coordinates": rings[0]}
    return {"type": "MultiPolygon", "coordinates": rings}


def _rings(polygon: shapely.Polygon) -> list[list[list[float]]]:
    rings = [polygon.exterior, *polygon.interiors]
    return [shapely.get_coordinates(ring).tolist() for ring in rings]
