"""Geometry files: features of GeoJSON, shapefiles and GeoPackages as columns, in WGS84.

Knows coordinate systems; whether the shapes make sense is in :mod:`twin.intake.geometry`.
"""

from __future__ import annotations

import warnings
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyproj
import shapely

from twin.errors import InputError, Problem
from twin.intake.assumed import Assumption
from twin.intake.raw import Raw
from twin.intake.schema import CONTRACT
from twin.intake.settings import TableMapping

_SHAPEFILE_NAME = 10
_WGS84 = 4326
_MOST_VERTICES = 5_000_000
_CRS_EXAMPLES = '"EPSG:5254" (Turkey, TM 30) or "EPSG:32635" (UTM 35 N)'


def read_geometry(path: Path, layer: str, table: str, label: str, settings: TableMapping) -> Raw:
    """Features in WGS84: polygons as GeoJSON text with a point inside, points as coordinates.

    Raises
    ------
    InputError
        No coordinate system, coordinates that are not of it, no geometry.
    """
    encoding = {"encoding": settings.encoding} if settings.encoding else {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what matters is told in our own words
        frame = gpd.read_file(path, layer=layer or None, **encoding)
    if not isinstance(frame, gpd.GeoDataFrame):
        cure = "Export it with its geometry."
        raise InputError([Problem(label, "geometry", "features with geometry", "none", cure)])
    noted = []
    if settings.crs is not None:
        frame = frame.set_crs(_crs(settings.crs, label), allow_override=True)
    elif frame.crs is None:
        cure = f"Export it with its coordinate system (a .prj file), or state crs in the mapping: {_CRS_EXAMPLES}."
        raise InputError([Problem(label, "geometry", "a coordinate reference system", "none", cure)])
    else:
        noted.append(Assumption(label, "", "geometry", "crs", frame.crs.to_string()[:60], "the file says so", True))
    _refuse_metres(frame, label)
    shapes = frame.to_crs(_WGS84).geometry.to_numpy()
    heavy = shapely.get_num_coordinates(shapes) > _MOST_VERTICES
    if heavy.any():
        row = int(np.argmax(heavy))
        found, cure = f"{shapely.get_num_coordinates(shapes[row])}", "Simplify the outline in the map program."
        raise InputError([Problem(label, "geometry", f"at most {_MOST_VERTICES} corners", found, cure, row=row + 1)])
    names = {name: _full_name(str(name), path, table) for name in frame.columns if name != frame.geometry.name}
    columns = {full: _arrow(frame[name]) for name, full in names.items()}
    inside = shapely.point_on_surface(shapes)
    for name, values in (("lon", shapely.get_x(inside)), ("lat", shapely.get_y(inside))):
        columns.setdefault(name, pa.chunked_array([pa.array(values, from_pandas=True)]))
    polygon = np.isin(shapely.get_type_id(shapes), (3, 6))
    if polygon.any() and table == "bricks":
        texts = np.where(polygon, shapely.to_geojson(shapes), None)
        columns["geometry"] = pa.chunked_array([pa.array(texts.tolist(), pa.large_string())])
    return Raw(label, columns, first_line=1, assumed=tuple(noted))


def _crs(text: str, label: str) -> pyproj.CRS:
    try:
        return pyproj.CRS.from_user_input(text)
    except pyproj.exceptions.CRSError as error:
        cure = f"State a code such as {_CRS_EXAMPLES}."
        raise InputError([Problem(label, "crs", "a known coordinate system", repr(text), cure)]) from error


def _refuse_metres(frame: gpd.GeoDataFrame, label: str) -> None:
    """Degrees beyond the globe are metres, or degrees in the wrong order."""
    if frame.crs is None or not frame.crs.is_geographic or not len(frame):
        return
    bounds = frame.geometry.bounds.to_numpy()
    outside = (np.abs(bounds[:, [0, 2]]) > 180.0).any(axis=1) | (np.abs(bounds[:, [1, 3]]) > 90.0).any(axis=1)
    if outside.any():
        row = int(np.argmax(outside))
        found = f"{bounds[row, 0]:g}, {bounds[row, 1]:g}"
        expected = f"degrees, as {frame.crs.to_string()[:40]} has them"
        cure = f"These look like metres: state their coordinate system as crs in the mapping: {_CRS_EXAMPLES}."
        problem = Problem(label, "geometry", expected, found, cure, row=row + 1, count=int(outside.sum()))
        raise InputError([problem])


def to_wgs84(x: np.ndarray, y: np.ndarray, crs: str, label: str) -> tuple[np.ndarray, np.ndarray]:
    """Longitude and latitude (degrees) of points in another coordinate system; ``nan`` where they have none.

    Raises
    ------
    InputError
        An unknown coordinate system.
    """
    lon, lat = pyproj.Transformer.from_crs(_crs(crs, label), _WGS84, always_xy=True).transform(x, y)
    lost = ~(np.isfinite(lon) & np.isfinite(lat))
    return np.where(lost, np.nan, lon), np.where(lost, np.nan, lat)


def _full_name(name: str, path: Path, table: str) -> str:
    """A shapefile cuts names after ten letters; the contract's name when exactly one begins so."""
    if path.suffix.lower() != ".shp" or len(name) < _SHAPEFILE_NAME or table not in CONTRACT:
        return name
    fits = [column.name for column in CONTRACT[table].columns if column.name.startswith(name.lower())]
    return fits[0] if len(fits) == 1 else name


def _arrow(values: pd.Series) -> pa.ChunkedArray:
    try:
        array = pa.array(values, from_pandas=True)
    except (pa.ArrowInvalid, pa.ArrowTypeError):
        array = pa.array([None if value is None else str(value) for value in values], pa.large_string())
    if pa.types.is_nested(array.type) or pa.types.is_binary(array.type):
        array = pa.array([None if value is None else str(value) for value in values], pa.large_string())
    return array if isinstance(array, pa.ChunkedArray) else pa.chunked_array([array])
