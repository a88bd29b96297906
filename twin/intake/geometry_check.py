"""Geometry's check: what is told of coordinates and polygons, what is refused, and what is mended on a person's wish.

Nothing is geocoded, and nothing is moved without being said.
"""

from __future__ import annotations

from collections import abc
from typing import Any

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from twin.errors import Problem
from twin.intake import geometry
from twin.intake.codes import column
from twin.intake.places import NEAR_DEGREES, coordinates, shapes_of
from twin.intake.settings import Mapping
from twin.intake.table import Table

SWAPPED_SHARE = 0.01
_HARMLESS = 0.01
_SLIVER_SHARE, _SLIVER_KM2 = 0.01, 0.05
_GAP_KM2 = 0.05
_SHOWN = 3
_PARTIES = ("customers", "prospects")


def mended(tables: abc.Mapping[str, Table], mapping: Mapping) -> tuple[dict[str, Table], list[Problem]]:
    """Tables with what may be mended mended, and what is told; the rest is left to :func:`check_places`."""
    found, told = dict(tables), []
    if "bricks" in found:
        found["bricks"], problems = _sound_polygons(found["bricks"], mapping)
        told += problems
    if mapping.geography.swapped == "exchange":
        box = box_around(found, mapping)
        for name in _PARTIES:
            if name in found and box is not None:
                found[name], problems = _exchanged(found[name], box)
                told += problems
    return found, told


def _sound_polygons(table: Table, mapping: Mapping) -> tuple[Table, list[Problem]]:
    mend = geometry.mend(shapes_of(table.frame))
    allowed = (mend.change <= _HARMLESS) | (mapping.geography.polygons == "mend")
    allowed &= mend.after > 0
    if not allowed.any():
        return table, []
    frame = table.frame.copy()
    texts = frame["geometry"].astype(object).to_numpy().copy()
    texts[mend.rows[allowed]] = shapely.to_geojson(mend.shapes[allowed])
    frame["geometry"] = pd.array(texts, dtype="str")
    told = []
    for at in np.flatnonzero(allowed)[:_SHOWN].tolist():
        row = int(mend.rows[at])
        brick = table.frame["brick_id"].iloc[row]
        found = (
            f"{brick}: {mend.reasons[at]}; mended, its area goes from {mend.before[at]:.4g} to {mend.after[at]:.4g} km2"
        )
        told.append(Problem(table.file_of(row), "geometry", "a polygon that does not cross itself", found,
                            "Look at it on the map.", row=table.line_of(row), count=1))  # fmt: skip
    if allowed.sum() > _SHOWN:
        told.append(Problem(table.file, "geometry", "polygons that do not cross themselves",
                            f"{int(allowed.sum()) - _SHOWN} more, mended", "Look at them on the map."))  # fmt: skip
    return Table(table.name, table.file, frame, table.raw), told


def _exchanged(table: Table, box: tuple[float, float, float, float]) -> tuple[Table, list[Problem]]:
    if not {"lon", "lat"} <= set(table.frame.columns):
        return table, []
    lon, lat = coordinates(table.frame)
    wrong = geometry.swapped(lon, lat, box)
    if not wrong.any():
        return table, []
    frame = table.frame.copy()
    frame["lon"], frame["lat"] = np.where(wrong, lat, lon), np.where(wrong, lon, lat)
    row = int(np.argmax(wrong))
    problem = Problem(table.file_of(row), "lon, lat", "longitude in lon and latitude in lat",
                      f"lon {lon[row]:g}, lat {lat[row]:g}, exchanged", "Nothing to do: the mapping wishes it.",
                      row=table.line_of(row), count=int(wrong.sum()))  # fmt: skip
    return Table(table.name, table.file, frame, table.raw), [problem]


def box_around(tables: abc.Mapping[str, Table], mapping: Mapping) -> tuple[float, float, float, float] | None:
    """West, south, east, north of where customers can be: around the bricks, else the country."""
    if "bricks" not in tables:
        return geometry.BOXES.get(mapping.country)
    frame = tables["bricks"].frame
    placed = {"lon", "lat"} <= set(frame.columns)
    lon, lat = (frame[axis].to_numpy(dtype=float) if placed else None for axis in ("lon", "lat"))
    return geometry.box_of(shapes_of(frame), lon, lat, mapping.country)


def check_places(bundle: Any) -> None:
    """Coordinates of customers and prospects; ``bundle`` is that of :mod:`twin.intake.check`."""
    box = box_around(bundle.tables, bundle.mapping)
    for name in _PARTIES:
        if not bundle.has(name):
            continue
        if not {"lon", "lat"} <= set(bundle.frame(name).columns):
            bundle.fact((name, "lon, lat"), "coordinates", "no such columns", "Add lon and lat for a map and routes.",
                        len(bundle.frame(name)))  # fmt: skip
            continue
        lon, lat = (bundle.frame(name)[axis].to_numpy(dtype=float) for axis in ("lon", "lat"))
        missing = np.isnan(lon) | np.isnan(lat)
        zero = (lon == 0) & (lat == 0)
        bundle.rows((name, "lon, lat"), missing, "coordinates", "Geocode them; they are left off the map and routes.",
                    found="an empty cell", refuse=False)  # fmt: skip
        bundle.rows((name, "lon, lat"), zero, "a real place", "Geocode them; they are read as missing.",
                    found="0, 0", refuse=False)  # fmt: skip
        if box is not None and (~missing & ~zero).any():
            _in_the_box(bundle, name, np.where(missing | zero, np.nan, lon), np.where(missing | zero, np.nan, lat), box)


def _in_the_box(bundle: Any, name: str, lon: NDArray, lat: NDArray, box: tuple[float, float, float, float]) -> None:
    usable = np.isfinite(lon)
    outside = usable & ~geometry.inside(lon, lat, box)
    repaired = geometry.swapped(lon, lat, box)
    if repaired.sum() > SWAPPED_SHARE * usable.sum():
        row = int(np.argmax(repaired))
        cure = ('Longitude and latitude are swapped: exchange the two columns in the mapping (lon = "lat", '
                'lat = "lon"), or state swapped = "exchange" under [geography] for these rows alone.')  # fmt: skip
        bundle.rows((name, "lon, lat"), repaired, "longitude in lon and latitude in lat", cure,
                    found=f"lon {lon[row]:g}, lat {lat[row]:g}")  # fmt: skip
    elif outside.any():
        near = "the bricks" if bundle.has("bricks") else f"the country {bundle.mapping.country}"
        far = "a place far from every brick" if bundle.has("bricks") else "a place outside it"
        cure = "Check the coordinates, or the country in the mapping."
        bundle.rows((name, "lon, lat"), outside, f"a place near {near}", cure, found=far, refuse=False)


def check_shapes(bundle: Any) -> None:
    """Polygons of the bricks: sound, side by side, and each customer in one of them."""
    if not bundle.has("bricks"):
        return
    shapes = shapes_of(bundle.frame("bricks"))
    mend = geometry.mend(shapes)
    if len(mend.rows):
        faulty = np.zeros(len(shapes), dtype=bool)
        faulty[mend.rows] = True
        cure = (f'Repair it in the map program, or state polygons = "mend" under [geography] in the mapping: its area '
                f"would go from {mend.before[0]:.4g} to {mend.after[0]:.4g} km2.")  # fmt: skip
        bundle.rows(("bricks", "geometry"), faulty, "a polygon that does not cross itself", cure, found=mend.reasons[0])
        return
    if not (~shapely.is_missing(shapes)).any():
        return
    _overlaps(bundle, shapes)
    _gaps(bundle, shapes)
    for name in _PARTIES:
        if bundle.has(name):
            _in_bricks(bundle, name, shapes)


def _overlaps(bundle: Any, shapes: NDArray[np.object_]) -> None:
    pairs = geometry.overlaps(shapes)
    large = pairs[(pairs["share"] >= _SLIVER_SHARE) & (pairs["km2"] >= _SLIVER_KM2)]
    frame = bundle.frame("bricks")

    def named(pair: Any) -> str:
        first, second = (frame.iloc[int(pair[side])] for side in ("first", "second"))
        across = first["territory_id"] != second["territory_id"]
        where = f" (territories {first['territory_id']} and {second['territory_id']})" if across else ""
        share = f"{pair['share']:.1%} of the smaller"
        return f"{first['brick_id']} and {second['brick_id']}{where} share {pair['km2']:.4g} km2, {share}"

    if len(large):
        accepted = bundle.mapping.geography.overlaps == "accept"
        bad = np.zeros(len(shapes), dtype=bool)
        bad[large["second"].to_numpy(dtype=int)] = True
        found = "; ".join(named(pair) for _, pair in large.head(_SHOWN).iterrows())
        found += f"; {len(large) - _SHOWN} more pairs" if len(large) > _SHOWN else ""
        cure = ("Nothing to do: the mapping accepts it; a point in both belongs to the smaller." if accepted else
                'Draw them apart, or state overlaps = "accept" under [geography] in the mapping.')  # fmt: skip
        bundle.rows(("bricks", "geometry"), bad, "bricks side by side", cure, found=found, refuse=not accepted)
    slivers = pairs.drop(large.index)
    slivers = slivers[slivers["km2"] >= 1e-3]
    if len(slivers):
        found = f"{len(slivers)} slivers, {slivers['km2'].sum():.4g} km2 in all; the largest: {named(slivers.iloc[0])}"
        bundle.fact(("bricks", "geometry"), "bricks side by side", found, "Nothing to do; outlines were simplified.",
                    len(slivers))  # fmt: skip


def _gaps(bundle: Any, shapes: NDArray[np.object_]) -> None:
    areas, lon, lat = geometry.gaps(shapes)
    large = areas >= _GAP_KM2
    if large.any():
        found = f"{int(large.sum())} gaps, {areas[large].sum():.4g} km2 in all"
        found += f"; the largest, {areas[0]:.4g} km2, at {lon[0]:.4f}, {lat[0]:.4f}"
        bundle.fact(("bricks", "geometry"), "no ground between the bricks that is in none", found,
                    "Draw them together; customers there get the nearest brick.", int(large.sum()))  # fmt: skip


def _in_bricks(bundle: Any, name: str, shapes: NDArray[np.object_]) -> None:
    """Points outside every brick, points far from the brick that they name, and bricks told by place."""
    frame = bundle.frame(name)
    if not {"lon", "lat"} <= set(frame.columns):
        return
    lon, lat = coordinates(frame)
    placed = np.flatnonzero(np.isfinite(lon))
    drawn = np.flatnonzero(~shapely.is_missing(shapes))
    points = shapely.points(lon[placed], lat[placed])
    tree = shapely.STRtree(shapes[drawn])
    near = np.zeros(len(frame), dtype=bool)
    near[placed[tree.query_nearest(points, max_distance=NEAR_DEGREES, all_matches=False)[0]]] = True
    away = np.zeros(len(frame), dtype=bool)
    away[placed] = ~near[placed]
    key = "customer_id" if name == "customers" else "prospect_id"
    named = ", ".join(frame.loc[away, key].astype(str).head(_SHOWN))
    bundle.rows((name, "lon, lat"), away, "a place in a brick", "Check the coordinates, or add the brick.",
                found=f"{named} outside all bricks", refuse=False)  # fmt: skip
    brick = column(frame, "brick_id")
    stated = brick.notna().to_numpy()
    told = ~stated & near
    found = f"none, of {int(told.sum())} told by their place"
    cure = "Nothing to do: it is told by the coordinates."
    bundle.rows((name, "brick_id"), told, "the brick in which it stands", cure, found=found, refuse=False)
    rows = np.flatnonzero(stated & np.isfinite(lon))
    place = pd.Index(bundle.frame("bricks")["brick_id"]).get_indexer(brick.iloc[rows])
    rows, place = rows[place >= 0], place[place >= 0]
    apart = shapely.distance(shapely.points(lon[rows], lat[rows]), shapes[place]) > NEAR_DEGREES
    wrong = np.zeros(len(frame), dtype=bool)
    wrong[rows[np.nan_to_num(apart, nan=0.0).astype(bool)]] = True
    cure = "Check which is right; the brick that is named counts."
    found = "a brick elsewhere"
    bundle.rows((name, "brick_id"), wrong & ~away, "the brick in which it stands", cure, found=found, refuse=False)
