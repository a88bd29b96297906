"""Places: bricks, territories, and in which of them each customer stands.

Knows polygons and centres; a customer who cannot be placed is said to be unplaced, never put somewhere.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from twin.intake.codes import codes_of, column
from twin.market.world import Bricks

ALL, UNPLACED = "all", "unplaced"
# simplified coasts and borders leave outlets just outside their brick
NEAR_DEGREES = 0.05


def shapes_of(bricks: pd.DataFrame) -> NDArray[np.object_]:
    """Polygons of the bricks: (b,) shapely, ``None`` where there is none."""
    if "geometry" not in bricks:
        return np.full(len(bricks), None, dtype=object)
    texts = bricks["geometry"].astype(object)
    return shapely.from_geojson(texts.where(texts.notna(), None).to_numpy(), on_invalid="ignore")


def place(
    tables: Mapping[str, pd.DataFrame], people: pd.DataFrame, visited_by: NDArray[np.int32]
) -> tuple[Bricks, NDArray[np.str_], NDArray[np.int32], NDArray[np.int32]]:
    """Bricks, territories, and both of every customer.

    Parameters
    ----------
    tables : mapping of str to DataFrame
    people : DataFrame
        Customers and prospects in population order.
    visited_by : (c,) int32
        Row of ``reps`` who visits the customer most; -1 when nobody does.

    Returns
    -------
    bricks : Bricks
    territories : (z,) str
    brick, territory : (c,) int32
        Brick -1 when unplaced; the territory then is ``unplaced``, unless there is one territory only.
    """
    ids = _brick_ids(tables, people)
    brick = codes_of(column(people, "brick_id"), ids)
    if "bricks" in tables:
        brick = _by_geometry(tables["bricks"], people, brick)
    names = _territory_names(tables, people)
    territory = np.full(len(people), -1, dtype=np.int32)
    of_brick = np.full(len(ids), -1, dtype=np.int32)
    if "bricks" in tables:
        of_brick = codes_of(tables["bricks"]["territory_id"], names)
    territory = _first(territory, np.append(of_brick, np.int32(-1))[brick])
    territory = _first(territory, codes_of(column(people, "territory_id"), names))
    if "reps" in tables:
        of_rep = np.append(codes_of(tables["reps"]["territory_id"], names), np.int32(-1))
        territory = _first(territory, of_rep[visited_by])
    of_brick = _first(of_brick, _most_frequent(brick, territory, len(ids)))
    territory = _first(territory, np.append(of_brick, np.int32(-1))[brick])
    names, (of_brick, territory) = _with_unplaced(names, (of_brick, territory))
    lon, lat = _centres(tables, people, brick, len(ids))
    return Bricks(np.asarray(ids, dtype=str), of_brick, lon, lat), names, brick, territory


def _brick_ids(tables: Mapping[str, pd.DataFrame], people: pd.DataFrame) -> pd.Index:
    if "bricks" in tables:
        return pd.Index(tables["bricks"]["brick_id"])
    named = [column(people, "brick_id")]
    if "market_sales" in tables:
        named.append(column(tables["market_sales"], "brick_id"))
    return pd.Index(pd.concat([ids.drop_duplicates() for ids in named]).dropna().unique()).sort_values()


def _territory_names(tables: Mapping[str, pd.DataFrame], people: pd.DataFrame) -> NDArray[np.str_]:
    named = [tables[name]["territory_id"] for name in ("bricks", "reps") if name in tables]
    named.append(column(people, "territory_id"))
    names = sorted(set(pd.concat(named).dropna()))
    return np.asarray(names or [ALL], dtype=str)


def _first(known: NDArray[np.int32], otherwise: NDArray[np.int32]) -> NDArray[np.int32]:
    return np.where(known >= 0, known, otherwise).astype(np.int32)


def _most_frequent(group: NDArray[np.int32], value: NDArray[np.int32], n_groups: int) -> NDArray[np.int32]:
    """Most frequent value (>= 0) in each group; -1 where there is none."""
    found = np.full(n_groups, -1, dtype=np.int32)
    keep = (group >= 0) & (value >= 0)
    pairs, counts = np.unique(np.column_stack([group[keep], value[keep]]), axis=0, return_counts=True)
    order = np.argsort(counts, kind="stable")
    found[pairs[order, 0]] = pairs[order, 1]
    return found


def _with_unplaced(names: NDArray[np.str_], codes: tuple[NDArray[np.int32], ...]) -> tuple[NDArray[np.str_], list]:
    if len(names) == 1:
        return names, [np.zeros_like(code) for code in codes]
    if not any((code < 0).any() for code in codes):
        return names, list(codes)
    if UNPLACED not in names:
        names = np.append(names, UNPLACED)
    last = np.int32(np.flatnonzero(names == UNPLACED)[0])
    return names, [np.where(code < 0, last, code).astype(np.int32) for code in codes]


def _by_geometry(bricks: pd.DataFrame, people: pd.DataFrame, brick: NDArray[np.int32]) -> NDArray[np.int32]:
    """Bricks of customers who name none: by polygon, or by the nearest centre when there are only centres."""
    brick = brick.copy()
    lon, lat = coordinates(people)
    open_ = np.flatnonzero((brick < 0) & np.isfinite(lon) & np.isfinite(lat))
    shapes = shapes_of(bricks)
    drawn = np.flatnonzero(~shapely.is_missing(shapes))
    if not len(open_):
        return brick
    if len(drawn):
        tree = shapely.STRtree(shapes[drawn])
        points = shapely.points(lon[open_], lat[open_])
        point, area = tree.query(points, predicate="intersects")
        # where bricks overlap, the smaller one has the point
        order = np.argsort(-shapely.area(shapes[drawn])[area], kind="stable")
        brick[open_[point[order]]] = drawn[area[order]]
        outside = np.flatnonzero(brick[open_] < 0)
        if len(outside):
            point, area = tree.query_nearest(points[outside], max_distance=NEAR_DEGREES, all_matches=False)
            brick[open_[outside[point]]] = drawn[area]
        return brick
    centre_lon, centre_lat = coordinates(bricks)
    known = np.flatnonzero(np.isfinite(centre_lon) & np.isfinite(centre_lat))
    if len(known):
        nearest = cKDTree(on_sphere(centre_lon[known], centre_lat[known])).query(on_sphere(lon[open_], lat[open_]))[1]
        brick[open_] = known[nearest]
    return brick


def coordinates(frame: pd.DataFrame) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Longitude and latitude, degrees; ``nan`` where missing or at 0, 0."""
    nowhere = pd.Series(np.nan, index=frame.index)
    lon, lat = (frame.get(axis, nowhere).to_numpy(dtype=float, copy=True) for axis in ("lon", "lat"))
    blank = ~(np.isfinite(lon) & np.isfinite(lat)) | ((lon == 0) & (lat == 0))
    lon[blank], lat[blank] = np.nan, np.nan
    return lon, lat


def on_sphere(lon: NDArray[np.float64], lat: NDArray[np.float64]) -> NDArray[np.float64]:
    """Points on the unit sphere: (n, 3) float."""
    lon, lat = np.radians(lon), np.radians(lat)
    return np.column_stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)])


def _centres(
    tables: Mapping[str, pd.DataFrame], people: pd.DataFrame, brick: NDArray[np.int32], n_bricks: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The bricks' own centres; else the mean place of their customers."""
    if "bricks" in tables and {"lon", "lat"} <= set(tables["bricks"].columns):
        return coordinates(tables["bricks"])
    lon, lat = coordinates(people)
    keep = (brick >= 0) & np.isfinite(lon)
    count = np.bincount(brick[keep], minlength=n_bricks).astype(float)
    count[count == 0] = np.nan
    return tuple(np.bincount(brick[keep], axis[keep], n_bricks) / count for axis in (lon, lat))
