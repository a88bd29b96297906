"""Geometry: polygons of bricks mended and measured, points told to be swapped, inside or outside.

Areas are square kilometres on an equal-area projection. Says nothing to anybody, see
:mod:`twin.intake.geometry_check`.
"""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

_WGS84, _EQUAL_AREA = 4326, 6933
_SQUARE_KM = 1e-6
_SNAP_METRES = 1.0
_MOST_UNITED = 20_000
BOXES = {
    "TR": (25.5, 35.5, 45.0, 42.5), "US": (-179.9, 17.5, -64.0, 71.5), "DE": (5.5, 47.0, 15.5, 55.5),
    "GB": (-9.0, 49.5, 2.5, 61.5), "FR": (-5.5, 41.0, 10.0, 51.5), "IT": (6.0, 35.0, 19.0, 47.5),
    "ES": (-18.5, 27.0, 4.5, 44.0), "NL": (3.0, 50.5, 7.5, 54.0), "AZ": (44.5, 38.0, 51.0, 42.0),
    "CY": (32.0, 34.5, 34.7, 35.8), "GR": (19.0, 34.5, 30.0, 42.0), "BG": (22.0, 41.0, 29.0, 44.5),
}  # fmt: skip
"""West, south, east, north of countries, degrees."""
BOX_MARGIN = 0.5


@dataclass(frozen=True)
class Mended:
    """Polygons that were not sound.

    Parameters
    ----------
    rows : (m,) int
    shapes : (m,) shapely
        After mending; only their areas are kept.
    before, after : (m,) float
        Areas, km2.
    reasons : list of str
        What was wrong, and where.
    """

    rows: NDArray[np.int64]
    shapes: NDArray[np.object_]
    before: NDArray[np.float64]
    after: NDArray[np.float64]
    reasons: list[str]

    @property
    def change(self) -> NDArray[np.float64]:
        """How much of its area each polygon gains or loses by mending: 0 to 1."""
        most = np.maximum(np.maximum(self.before, self.after), 1e-12)
        return np.abs(self.after - self.before) / most


def mend(shapes: NDArray[np.object_]) -> Mended:
    """Make sound the polygons that cross or touch themselves."""
    rows = np.flatnonzero(~shapely.is_missing(shapes) & ~shapely.is_valid(shapes))
    broken = shapes[rows]
    whole = np.array([_areas_only(shape) for shape in shapely.make_valid(broken)], dtype=object)
    reasons = [str(reason) for reason in np.atleast_1d(shapely.is_valid_reason(broken))] if len(rows) else []
    return Mended(rows, whole, square_km(broken), square_km(whole), reasons)


def _areas_only(shape: shapely.Geometry) -> shapely.Geometry:
    """The polygons among what mending leaves; lines and points have no area."""
    parts = [part for part in shapely.get_parts(shape) if shapely.get_type_id(part) in (3, 6)]
    return shapely.union_all(parts) if parts else shapely.Polygon()


def square_km(shapes: NDArray[np.object_]) -> NDArray[np.float64]:
    """Areas of shapes in degrees, km2."""
    if not len(shapes):
        return np.zeros(0)
    return shapely.area(_flat(shapes)) * _SQUARE_KM


def _flat(shapes: NDArray[np.object_]) -> NDArray[np.object_]:
    return gpd.GeoSeries(shapes, crs=_WGS84).to_crs(_EQUAL_AREA).to_numpy()


def overlaps(shapes: NDArray[np.object_]) -> pd.DataFrame:
    """Pairs of sound polygons that share ground: ``first``, ``second`` (rows), ``km2``, ``share`` of the smaller."""
    drawn = np.flatnonzero(~shapely.is_missing(shapes) & shapely.is_valid(shapes))
    if len(drawn) < 2:
        return pd.DataFrame({"first": [], "second": [], "km2": [], "share": []})
    tree = shapely.STRtree(shapes[drawn])
    first, second = tree.query(shapes[drawn], predicate="intersects")
    first, second = first[first < second], second[first < second]
    common = shapely.intersection(shapes[drawn[first]], shapes[drawn[second]])
    real = shapely.area(common) > 0
    first, second, common = first[real], second[real], common[real]
    areas = square_km(shapes[drawn])
    km2 = square_km(common)
    share = km2 / np.maximum(np.minimum(areas[first], areas[second]), 1e-12)
    found = pd.DataFrame({"first": drawn[first], "second": drawn[second], "km2": km2, "share": share})
    return found.sort_values("km2", ascending=False, kind="stable", ignore_index=True)


def gaps(shapes: NDArray[np.object_]) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Holes between the polygons: areas (km2, largest first), and longitude and latitude of a point in each."""
    sound = shapes[~shapely.is_missing(shapes) & shapely.is_valid(shapes)]
    nothing = np.zeros(0)
    if len(sound) < 2 or len(sound) > _MOST_UNITED:
        return nothing, nothing, nothing
    united = shapely.union_all(_flat(sound), grid_size=_SNAP_METRES)
    rings = [ring for part in shapely.get_parts(united) for ring in part.interiors]
    if not rings:
        return nothing, nothing, nothing
    holes = shapely.polygons(rings)
    own = shapely.union_all([hole for shape in _flat(sound) for part in shapely.get_parts(shape)
                             for hole in map(shapely.polygons, part.interiors)])  # fmt: skip
    # a hole that one polygon has by itself, such as a lake, is meant
    holes = holes[~shapely.covered_by(holes, own.buffer(_SNAP_METRES))]
    order = np.argsort(-shapely.area(holes), kind="stable")
    holes = holes[order]
    inside = gpd.GeoSeries(shapely.point_on_surface(holes), crs=_EQUAL_AREA).to_crs(_WGS84)
    return shapely.area(holes) * _SQUARE_KM, inside.x.to_numpy(), inside.y.to_numpy()


def box_of(
    shapes: NDArray[np.object_] | None, lon: NDArray | None, lat: NDArray | None, country: str
) -> tuple[float, float, float, float] | None:
    """West, south, east, north of where customers can be: around the bricks, else the country; ``None`` if unknown."""
    bounds = np.zeros((0, 4))
    if shapes is not None:
        bounds = shapely.bounds(shapes[~shapely.is_missing(shapes)]).reshape(-1, 4)
    if lon is not None and lat is not None:
        bounds = np.vstack([bounds, np.column_stack([lon, lat, lon, lat])])
    bounds = bounds[np.isfinite(bounds).all(axis=1)]
    if not len(bounds):
        return BOXES.get(country)
    west, south = bounds[:, :2].min(axis=0) - BOX_MARGIN
    east, north = bounds[:, 2:].max(axis=0) + BOX_MARGIN
    return float(west), float(south), float(east), float(north)


def inside(
    lon: NDArray[np.float64], lat: NDArray[np.float64], box: tuple[float, float, float, float]
) -> NDArray[np.bool_]:
    """Which points lie in a box of west, south, east, north."""
    return (lon >= box[0]) & (lon <= box[2]) & (lat >= box[1]) & (lat <= box[3])


def swapped(
    lon: NDArray[np.float64], lat: NDArray[np.float64], box: tuple[float, float, float, float]
) -> NDArray[np.bool_]:
    """Points outside the box that lie in it once longitude and latitude change places."""
    return np.isfinite(lon) & np.isfinite(lat) & ~inside(lon, lat, box) & inside(lat, lon, box)
